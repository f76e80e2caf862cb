package extract

import (
	"context"
	"fmt"

	"millrace/eventlog"
)

// sum asks the source to sum up its rows where they are, and keeps which buckets
// differ from what landed: only of these are the keys read. Where the source
// cannot, most of them differ, or all keys are hardly more than a page, all are.
func (x *extraction) sum(ctx context.Context, t *tableRead) (err error) {
	if t.floor != "" || t.counted <= int64(x.o.PageRows) {
		return nil // what landed is not all that the source has, or the keys are no work
	}
	if t.sums, err = x.spool.part(fmt.Sprintf("%d-sums", t.at)); err != nil {
		return err
	}
	if !t.sums.done() {
		if err := x.spool.fault(t.sums.empty()); err != nil { // it was being written
			return err
		}
		if err := x.differ(ctx, t); err != nil {
			return err
		}
	}
	if t.same = t.sums.last().Counted[0]; t.same < 0 {
		t.same = 0
		return nil
	}
	t.buckets = []string{}
	return t.sums.each(func(_ int64, row []string) error {
		t.buckets = append(t.buckets, row[0])
		return nil
	})
}

// differ writes the buckets that differ; Counted is how many rows the others
// have, or -1 if all keys are to be read.
func (x *extraction) differ(ctx context.Context, t *tableRead) error {
	var source []eventlog.Bucket
	var able bool
	q := x.query(t, nil, "", 0)
	q.Watermark = t.thereOf(t.compared())
	err := x.again(ctx, t.Name, true, func(ctx context.Context) (bool, error) {
		return false, x.within(ctx, func(ctx context.Context) (err error) {
			source, able, err = x.src.Buckets(ctx, q)
			return err
		})
	})
	if err != nil {
		return err
	}
	var names []string
	same := int64(-1)
	if able {
		var rows int64
		if names, rows, able, err = eventlog.Differing(ctx, x.o.Store, x.o.Open, x.seen(t), source); err != nil {
			return err
		}
		if able && rows >= t.counted/2 {
			same = rows
		}
	}
	var page [][]string
	if same >= 0 {
		for _, name := range names {
			page = append(page, []string{name})
		}
		if len(page) > 0 {
			if err := x.spool.fault(t.sums.write(pageHead{}, page)); err != nil {
				return err
			}
		}
	}
	return x.spool.fault(t.sums.write(pageHead{Done: true, Counted: [2]int64{same, same}}, nil))
}
