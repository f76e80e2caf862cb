package eventlog

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// prepare codes the labels between the first and the last event, of which the
// log may have a part only, and makes the query for the rows.
func (r *rowReader) prepare(ctx context.Context) error {
	s := r.span
	unordered, err := r.c.int(ctx, storeText("rows_unordered"), s.lowEvent, s.highEvent)
	if err != nil {
		return err
	}
	holes := []string{"pairs", r.pairs, "high", "0::UBIGINT", "low", "0::UBIGINT"}
	if unordered > 0 {
		holes[3], holes[5] = "(e.id >> 64)::UBIGINT", "(e.id & 18446744073709551615::UHUGEINT)::UBIGINT"
	}
	joins := ""
	r.labels = [4]rowLabels{{column: "activity", at: columnActivity}, {column: "resource", at: columnResource},
		{column: "lifecycle", at: columnLifecycle}, {column: "source", at: columnSource}}
	for i := range r.labels {
		l := &r.labels[i]
		table := "labels_" + l.column
		err := r.c.exec(ctx, storeText("rows_labels", "labels", table, "column", l.column, "low", fmt.Sprint(s.lowEvent), "high", fmt.Sprint(s.highEvent)))
		if err == nil {
			l.texts, err = r.c.strings(ctx, "SELECT label FROM "+table+" ORDER BY code")
		}
		if err != nil {
			return err
		}
		l.used = make([]bool, len(l.texts))
		switch {
		case len(l.texts) == 0:
			holes = append(holes, l.column, "-1::BIGINT")
		case len(l.texts) == 1 && l.column == "source":
			holes = append(holes, l.column, "0::BIGINT")
		default:
			holes = append(holes, l.column, "coalesce("+table+".code, -1)")
			joins += fmt.Sprintf(" LEFT JOIN %s ON %s.label = e.%s", table, table, l.column)
		}
	}
	r.query = storeText("rows_range", append(holes, "joins", joins)...)
	return nil
}

// code gives the labels that occur their codes, and forgets the others, in
// their tables too: whoever keeps rows joins those.
func (r *rowReader) code(ctx context.Context) error {
	r.rows.Labels = &RowLabels{}
	for i, texts := range []*[]string{&r.rows.Labels.Activity, &r.rows.Labels.Resource, &r.rows.Labels.Lifecycle} {
		l := &r.labels[i]
		l.code = make([]uint32, len(l.texts))
		codes := []int64{}
		for n, used := range l.used {
			if used {
				l.code[n] = uint32(len(*texts))
				*texts = append(*texts, l.texts[n])
				codes = append(codes, int64(n))
			}
		}
		if len(codes) == len(l.texts) {
			continue
		}
		if err := r.c.exec(ctx, storeText("rows_labels_used", "labels", "labels_"+l.column), codes); err != nil {
			return err
		}
	}
	return nil
}

// A stretch is a range of numbers, and how many rows have one of it.
type stretch struct{ number, rows int64 }

func (r *rowReader) spread(ctx context.Context, column string, low, width int64) ([]stretch, error) {
	var all []stretch
	err := r.c.each(ctx, storeText("rows_spread", "column", column, "pairs", r.pairs), []any{low, width}, func(scan func(...any) error) error {
		var s stretch
		err := scan(&s.number, &s.rows)
		all = append(all, s)
		return err
	})
	return all, err
}

// cut decides which cases are sorted together.
func (r *rowReader) cut(ctx context.Context) error {
	s := &r.span
	s.width = (s.highCase-s.lowCase)/rowsStretches + 1
	r.parts = []rowPart{{}}
	if s.rows <= r.part {
		return nil
	}
	all, err := r.spread(ctx, "case_object", s.lowCase, s.width)
	if err != nil {
		return err
	}
	r.of = make([]uint16, rowsStretches)
	planned := int64(0)
	for _, x := range all {
		if planned > 0 && planned+x.rows > r.part {
			r.parts, planned = append(r.parts, rowPart{}), 0
		}
		planned += x.rows
		r.of[x.number] = uint16(len(r.parts) - 1)
	}
	if len(r.parts) == 1 {
		return nil
	}
	var temp string
	err = r.c.QueryRowContext(ctx, "SELECT current_setting('temp_directory')").Scan(&temp)
	if err == nil {
		r.file, err = newRowFile(filepath.Dir(temp))
	}
	return err
}

// ranges are the events to ask for at once: the first of each, and the end.
func (r *rowReader) ranges(ctx context.Context) ([]int64, error) {
	s := r.span
	if s.rows <= r.ask {
		return []int64{s.lowEvent, s.highEvent + 1}, nil
	}
	all, err := r.spread(ctx, "event", s.lowEvent, r.ask)
	if err != nil {
		return nil, err
	}
	cuts := []int64{s.lowEvent}
	rows := int64(0)
	for _, x := range all {
		from := s.lowEvent + x.number*r.ask
		if rows > 0 && rows+x.rows > r.ask {
			cuts, rows = append(cuts, from), 0
		}
		rows += x.rows
		for n := x.rows / r.ask; n > 0 && rows > r.ask; n-- { // events of many cases
			cuts = append(cuts, from+r.ask-n*r.ask/(x.rows/r.ask+1))
			rows -= r.ask
		}
	}
	return append(cuts, s.highEvent+1), nil
}

// gather reads the rows, and puts them into their parts: the next ones are
// read while some are put.
func (r *rowReader) gather(ctx context.Context) error {
	if r.span.rows == 0 {
		r.parts = nil
		return nil
	}
	cuts, err := r.ranges(ctx)
	if err != nil {
		return err
	}
	if r.file == nil {
		r.whole = &rowTable{}
	}
	full, free, failed := make(chan *rowTable), make(chan *rowTable, 2), make(chan error, 1)
	go func() {
		var err error
		for t := range full {
			if err == nil {
				err = r.put(t)
			}
			free <- t
		}
		failed <- err
	}()
	free <- &rowTable{}
	if r.file != nil {
		free <- &rowTable{}
	} else {
		r.whole = <-free
	}
	total := 0
	for i := range cuts[1:] {
		t := r.whole
		if r.file != nil {
			t = <-free
			t.reset()
		}
		had := t.n
		if err = r.c.arrow(ctx, r.query, []any{cuts[i], cuts[i+1]}, t.append); err != nil {
			break
		}
		total += t.n - had
		if r.file != nil {
			full <- t
		}
	}
	if r.file == nil {
		r.use(r.whole)
	}
	close(full)
	if bad := <-failed; err == nil {
		err = bad
	}
	if err == nil && int64(total) != r.span.rows {
		err = fmt.Errorf("%d events where %d were counted", total, r.span.rows)
	}
	return err
}

// use notices which labels occur.
func (r *rowReader) use(t *rowTable) {
	for i := range r.labels {
		l := &r.labels[i]
		for _, code := range t.columns[l.at] {
			if code >= 0 {
				l.used[code] = true
			}
		}
	}
}

// put writes rows into their parts.
func (r *rowReader) put(t *rowTable) error {
	r.use(t)
	start := make([]int32, len(r.parts)+1)
	part := make([]uint16, t.n)
	for i, c := range t.columns[columnCase] {
		part[i] = r.of[(c-r.span.lowCase)/r.span.width]
		start[part[i]+1]++
	}
	for i := range r.parts {
		start[i+1] += start[i]
	}
	at, next := make([]int32, t.n), append([]int32(nil), start...)
	for i, p := range part {
		at[next[p]] = int32(i)
		next[p]++
	}
	for i := range r.parts {
		if own := at[start[i]:start[i+1]]; len(own) > 0 {
			if err := r.file.add(&r.parts[i], t, own); err != nil {
				return err
			}
		}
	}
	return nil
}

// append copies a result, column by column.
func (t *rowTable) append(rec arrow.RecordBatch) error {
	for c := range t.columns {
		switch column := rec.Column(c).(type) {
		case *array.Int64:
			t.columns[c] = append(t.columns[c], column.Int64Values()...)
		case *array.Uint64:
			for _, v := range column.Uint64Values() {
				t.columns[c] = append(t.columns[c], int64(v))
			}
		default:
			return fmt.Errorf("column %d is of type %s", c, column.DataType())
		}
	}
	instance := rec.Column(columnColumns).(*array.String)
	for i := range int(rec.NumRows()) {
		if s := instance.Value(i); s == "" {
			t.instance = append(t.instance, "")
		} else {
			t.instance = append(t.instance, string([]byte(s))) // the batch's memory goes
		}
	}
	t.n += int(rec.NumRows())
	return nil
}

// nameCases reads what the cases of the batch are called.
func (r *rowReader) nameCases(ctx context.Context) error {
	b := &r.rows
	b.ID = b.ID[:0]
	first, last := b.Case[0], b.Case[len(b.Case)-1]
	query := storeText("rows_case_range", "name", r.name)
	for low := first; low <= last; low += 4 * rowsCases { // there may be others between
		err := r.c.arrow(ctx, query, []any{low, min(last, low+4*rowsCases-1)}, func(rec arrow.RecordBatch) error {
			text := rec.Column(1).(*array.String)
			for i, object := range rec.Column(0).(*array.Int64).Int64Values() {
				if n := len(b.ID); n < len(b.Case) && object == b.Case[n] {
					b.ID = append(b.ID, string([]byte(text.Value(i))))
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(b.ID) != len(b.Case) {
		return fmt.Errorf("%d cases of which %d are objects", len(b.Case), len(b.ID))
	}
	return nil
}
