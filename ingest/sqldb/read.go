package sqldb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"millrace/eventlog"
	"millrace/ingest"
)

const (
	defaultPageRows = 20_000
	// keyParameters is how many parameters a statement that asks for keys has
	// at most: SQL Server takes 2,100, and no planner likes many.
	keyParameters = 1_000
)

// Read reads pages in the order of the table's primary key. A table without
// one, or a view, is read by one statement, and a cut in it means reading it
// again: no other key is sure to be unique.
func (s *source) Read(ctx context.Context, q ingest.Query, emit func(ingest.Page) error) error {
	sh, err := s.shapeOf(ctx, q.Table)
	if err != nil {
		return err
	}
	if sh.Problem != "" {
		return errors.New(s.origin() + ": " + sh.Problem)
	}
	r := &reading{source: s, shape: sh, emit: emit, left: q.Limit, pageRows: int64(q.PageRows)}
	if r.pageRows <= 0 {
		r.pageRows = defaultPageRows
	}
	if err := r.prepare(&q); err != nil {
		return errors.New(s.origin() + ": " + err.Error())
	}
	switch {
	case q.Keys != nil:
		return r.byKeys(ctx, q.Keys)
	case len(r.q.order) > 0:
		return r.byPages(ctx, q.After)
	case q.After != "":
		return fmt.Errorf("%s: %s has no primary key, so reading cannot continue behind %q", s.origin(), sh.There, q.After)
	}
	return r.whole(ctx)
}

// A reading is one call of Read.
type reading struct {
	*source
	shape    *shape
	q        question
	page     page
	emit     func(ingest.Page) error
	pageRows int64
	left     int64 // of Limit; 0: no limit
}

// prepare finds the columns.
func (r *reading) prepare(q *ingest.Query) (err error) {
	r.q = question{dialect: r.dialect, table: r.shape.quoted, client: r.shape.client, of: r.client, since: q.Since}
	if r.q.columns, err = r.shape.columnsOf(q.Table, q.Columns); err != nil {
		return err
	}
	if r.q.latest, err = r.shape.columnsOf(q.Table, q.Watermark); err != nil {
		return err
	}
	if q.Since != "" && len(r.q.latest) == 0 {
		return fmt.Errorf("%s: no column says when a row was changed", r.shape.There)
	}
	if q.Buckets != nil {
		key, _, ok := r.bucketValues(r.shape, q)
		if !ok {
			return fmt.Errorf("%s: its rows cannot be asked for by buckets", r.shape.There)
		}
		for _, name := range q.Buckets {
			if _, err := strconv.Atoi(name); err != nil {
				return fmt.Errorf("%s: %q is no bucket", r.shape.There, name)
			}
		}
		r.q.bucket, r.q.buckets = eventlog.BucketName(key), q.Buckets
	}
	asked := len(r.q.columns)
	if q.Keys != nil {
		r.q.keyed, err = r.shape.columnsOf(q.Table, q.Table.Key)
	} else {
		r.q.order, err = r.shape.columnsOf(&eventlog.Table{}, r.shape.order)
	}
	if err != nil {
		return err
	}
	var order []int
	for _, c := range r.q.order {
		at := slices.IndexFunc(r.q.columns, func(x column) bool { return x.name == c.name })
		if at < 0 {
			at = len(r.q.columns)
			r.q.columns = append(r.q.columns, c)
		}
		order = append(order, at)
	}
	r.page = page{columns: r.q.columns, asked: asked, order: order}
	return nil
}

// room is how many rows the page may have still; -1 when the limit is reached.
func (r *reading) room() int64 {
	n := r.pageRows - r.page.len()
	if r.left != 0 {
		n = min(n, r.left-r.page.len())
	}
	return n
}

// flush emits the page. done says that the limit is reached.
func (r *reading) flush(after string) (done bool, err error) {
	n := r.page.len()
	if n == 0 {
		return false, nil
	}
	if err := r.emit(r.page.take(after)); err != nil {
		return true, err
	}
	if r.left != 0 {
		r.left -= n
		return r.left <= 0, nil
	}
	return false, nil
}

// ask runs a statement and collects its rows.
func (r *reading) ask(ctx context.Context) error {
	s, err := r.q.statement()
	if err != nil {
		return errors.New(r.origin() + ": " + r.shape.There + ": " + err.Error())
	}
	c, err := r.session(ctx)
	if err != nil {
		return err
	}
	ctx, w := r.watch(ctx)
	defer w.stop()
	if err := r.dialect.rows(ctx, c, s, r.q.columns, r.page.add); err != nil {
		return r.fail(ctx, r.shape.There, err)
	}
	return nil
}

// byPages reads in the order of the key, a page a statement.
func (r *reading) byPages(ctx context.Context, after string) error {
	if after != "" {
		if err := json.Unmarshal([]byte(after), &r.q.after); err != nil || len(r.q.after) != len(r.q.order) {
			return fmt.Errorf("%s: %s: %q is no key to continue behind", r.origin(), r.shape.There, after)
		}
	}
	for {
		full := false
		for r.q.level = 0; r.q.level < r.q.levels() && !full; r.q.level++ {
			r.q.rows = r.room()
			if err := r.ask(ctx); err != nil {
				return err
			}
			full = r.room() <= 0
		}
		if r.page.len() == 0 {
			return nil
		}
		last := r.page.key()
		if slices.Equal(last, r.q.after) {
			return fmt.Errorf("%s: %s: the server returns the row with key %q when asked for what follows it; its order and its comparison differ", r.origin(), r.shape.There, last)
		}
		text, err := json.Marshal(last)
		if err != nil {
			return err
		}
		done, err := r.flush(string(text))
		if err != nil || done || !full {
			return err
		}
		r.q.after = last
	}
}

// byKeys reads the rows of keys, some of them a statement.
func (r *reading) byKeys(ctx context.Context, keys [][]string) error {
	if len(r.q.keyed) == 0 {
		return fmt.Errorf("%s: %s has no key to read rows by", r.origin(), r.shape.There)
	}
	for batch := range slices.Chunk(keys, max(1, min(int(r.pageRows), keyParameters/len(r.q.keyed)))) {
		r.q.keys = batch
		r.q.rows = max(0, r.left)
		if err := r.ask(ctx); err != nil {
			return err
		}
		done, err := r.flush("")
		if err != nil || done {
			return err
		}
	}
	return nil
}

// whole reads all by one statement.
func (r *reading) whole(ctx context.Context) error {
	r.q.rows = max(0, r.left)
	s, err := r.q.statement()
	if err != nil {
		return errors.New(r.origin() + ": " + r.shape.There + ": " + err.Error())
	}
	c, err := r.session(ctx)
	if err != nil {
		return err
	}
	ctx, w := r.watch(ctx)
	defer w.stop()
	before, after := r.dialect.long(r.timeout)
	if before != "" {
		if _, err := c.ExecContext(ctx, before); err != nil {
			return r.fail(ctx, r.shape.There, err)
		}
	}
	var ours error // not the server's
	err = r.dialect.rows(ctx, c, s, r.q.columns, func(values [][]byte) error {
		if err := r.page.add(values); err != nil {
			return err
		}
		if r.room() > 0 {
			return nil
		}
		w.pause()
		_, ours = r.flush("")
		w.again()
		return ours
	})
	switch {
	case ours != nil:
		r.drop() // in mid-answer
		return ours
	case err != nil:
		return r.fail(ctx, r.shape.There, err)
	}
	if after != "" {
		if _, err := c.ExecContext(ctx, after); err != nil {
			return r.fail(ctx, r.shape.There, err)
		}
	}
	_, err = r.flush("")
	return err
}
