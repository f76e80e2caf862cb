package sqldb

import (
	"context"
	"errors"

	"millrace/eventlog"
	"millrace/ingest"
)

// Buckets lets the server sum up: it reads the whole table, and answers with a
// row for each bucket.
func (s *source) Buckets(ctx context.Context, q ingest.Query) (list []eventlog.Bucket, ok bool, err error) {
	sh, err := s.shapeOf(ctx, q.Table)
	if err != nil {
		return nil, false, err
	}
	if sh.Problem != "" {
		return nil, false, errors.New(s.origin() + ": " + sh.Problem)
	}
	key, marks, ok := s.bucketValues(sh, &q)
	if !ok {
		return nil, false, nil
	}
	c, err := s.session(ctx)
	if err != nil {
		return nil, false, err
	}
	ctx, watch := s.watch(ctx)
	defer watch.stop()
	rows, err := c.QueryContext(ctx, eventlog.BucketQuery(sh.quoted, key, marks, s.dialect.fence))
	if err != nil {
		return nil, false, s.fail(ctx, sh.There, err)
	}
	defer rows.Close() // Err says what there is to say
	for rows.Next() {
		var b eventlog.Bucket
		var sum, sum2 string
		if err := rows.Scan(&b.Name, &b.Rows, &sum, &sum2); err != nil {
			return nil, false, s.fail(ctx, sh.There, err)
		}
		b.Sum = sum + " " + sum2
		list = append(list, b)
	}
	if err := rows.Err(); err != nil {
		return nil, false, s.fail(ctx, sh.There, err)
	}
	return list, true, nil
}

// bucketValues are SQL of the whole numbers of a row's key and watermark; not ok
// where the dialect cannot sum up, or does not know the number of a column.
func (s *source) bucketValues(sh *shape, q *ingest.Query) (key, marks []string, ok bool) {
	if s.dialect.bucketValue == nil || len(q.Table.Key) == 0 {
		return nil, nil, false
	}
	var values []string
	for _, names := range [][]string{q.Table.Key, q.Watermark} {
		columns, err := sh.columnsOf(q.Table, names)
		if err != nil {
			return nil, nil, false
		}
		for i := range columns {
			v := s.dialect.bucketValue(&columns[i])
			if v == "" {
				return nil, nil, false
			}
			values = append(values, v)
		}
	}
	return values[:len(q.Table.Key)], values[len(q.Table.Key):], true
}
