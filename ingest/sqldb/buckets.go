package sqldb

import (
	"context"
	"errors"
	"strings"

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
	name, sum, ok := s.bucketsOf(sh, &q)
	if !ok {
		return nil, false, nil
	}
	c, err := s.session(ctx)
	if err != nil {
		return nil, false, err
	}
	ctx, watch := s.watch(ctx)
	defer watch.stop()
	rows, err := c.QueryContext(ctx, "SELECT "+name+", count(*), "+sum+"\nFROM "+sh.quoted+"\nGROUP BY 1")
	if err != nil {
		return nil, false, s.fail(ctx, sh.There, err)
	}
	defer rows.Close() // Err says what there is to say
	for rows.Next() {
		var b eventlog.Bucket
		if err := rows.Scan(&b.Name, &b.Rows, &b.Sum); err != nil {
			return nil, false, s.fail(ctx, sh.There, err)
		}
		list = append(list, b)
	}
	if err := rows.Err(); err != nil {
		return nil, false, s.fail(ctx, sh.There, err)
	}
	return list, true, nil
}

// bucketsOf is SQL that names the bucket of a row, and that sums one up; not ok
// where the dialect cannot, or does not know the text of a column.
func (s *source) bucketsOf(sh *shape, q *ingest.Query) (name, sum string, ok bool) {
	if s.dialect.buckets == nil || len(q.Table.Key) == 0 {
		return "", "", false
	}
	key, err := sh.columnsOf(q.Table, q.Table.Key)
	marks, err2 := sh.columnsOf(q.Table, q.Watermark)
	if err != nil || err2 != nil {
		return "", "", false
	}
	var texts []string
	for _, c := range append(key, marks...) {
		text := s.dialect.bucketText(&c)
		if text == "" {
			return "", "", false
		}
		texts = append(texts, text)
	}
	const between = " || '|' || "
	name, sum = s.dialect.buckets(strings.Join(texts[:len(key)], between), strings.Join(texts, between))
	return name, sum, true
}
