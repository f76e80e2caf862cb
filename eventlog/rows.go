package eventlog

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// CaseRows are whole cases of a log and their events, before these are put in
// the log's declared order: within a case they are by source, sequence and id,
// so a stable sort by what stands before those in the declaration is enough.
//
// The slices belong to the store, and are good until emit returns; strings and
// labels may be kept.
type CaseRows struct {
	Case    []int64  // object number; ascending over all batches
	ID      []string // of each case
	Offsets []int    // events of case i are Offsets[i] to Offsets[i+1]; one more than cases

	Event     []int64
	Activity  []uint32 // code in Labels.Activity
	Time      []int64  // µs since 1970-01-01 UTC; NoTime where missing
	Start     []int64  // same; NoTime where the event has no duration of its own
	Day       []bool   // precision is a day
	Rank      []int32
	Resource  []uint32 // code in Labels.Resource; NoCode where missing
	Lifecycle []uint32 // code in Labels.Lifecycle; NoCode where missing
	Instance  []string // "" where missing
	Sequence  []int64

	Labels *RowLabels
}

// NoCode marks a missing label.
const NoCode = ^uint32(0)

// RowLabels are the texts of a log's codes, each list sorted. They are the
// same for all batches.
type RowLabels struct{ Activity, Resource, Lifecycle []string }

// A batch of rows has at most so many cases, and so many events unless its
// only case has more.
const (
	rowsCases  = 65_536
	rowsEvents = 1 << 20
)

// LogRows calls emit with all cases of a log, in batches, by ascending object
// number. Cases without events are left out, and noted. Memory is bounded by
// a batch; DuckDB sorts beside the store.
func (s *Store) LogRows(ctx context.Context, def LogDefinition, model *Model, emit func(*CaseRows) error) ([]Note, error) {
	var notes []Note
	err := s.session(ctx, func(c *storeConn) error {
		w := &caseWalk{c: c, def: def}
		if err := w.walk(ctx, model); err != nil {
			return err
		}
		r := &rowReader{c: c, rows: CaseRows{Labels: &RowLabels{}}, emit: emit}
		if err := r.prepare(ctx); err != nil {
			return err
		}
		empty, err := c.int(ctx, storeText("rows_without"), def.CaseType)
		if err != nil {
			return err
		}
		notes = w.notes
		if empty > 0 {
			notes = append(notes, Note{Code: "cases-without-events", Text: fmt.Sprintf("Objects of type %s without events, which make no case: %d.", def.CaseType, empty)})
		}
		return r.read(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("log %q: %w", def.Name, err)
	}
	return notes, nil
}

// A rowReader reads the sorted rows of a log.
type rowReader struct {
	c    *storeConn
	rows CaseRows
	emit func(*CaseRows) error
	row  int64 // first row not read yet
}

// prepare codes the labels and sorts the rows.
func (r *rowReader) prepare(ctx context.Context) error {
	l := r.rows.Labels
	for _, d := range []struct {
		column string
		labels *[]string
	}{{"activity", &l.Activity}, {"resource", &l.Resource}, {"lifecycle", &l.Lifecycle}} {
		err := r.c.exec(ctx, storeText("rows_labels", "labels", "labels_"+d.column, "column", d.column))
		if err == nil {
			*d.labels, err = r.c.strings(ctx, "SELECT label FROM labels_"+d.column+" ORDER BY code")
		}
		if err != nil {
			return err
		}
	}
	for _, name := range []string{"rows_sorted", "rows_cases"} {
		if err := r.c.exec(ctx, storeText(name)); err != nil {
			return err
		}
	}
	return nil
}

// read emits batch after batch of whole cases.
func (r *rowReader) read(ctx context.Context) error {
	total, err := r.c.int(ctx, "SELECT count(*) FROM log_case")
	if err != nil {
		return err
	}
	for at := int64(0); at < total; at += rowsCases {
		var cases []int64
		var ids []string
		var counts []int64
		err := r.c.arrow(ctx, storeText("rows_case_range"), []any{at, at + rowsCases}, func(b arrow.RecordBatch) error {
			cases = append(cases, b.Column(0).(*array.Int64).Int64Values()...)
			for i := range int(b.NumRows()) {
				ids = append(ids, string([]byte(b.Column(1).(*array.String).Value(i))))
			}
			counts = append(counts, b.Column(2).(*array.Int64).Int64Values()...)
			return nil
		})
		if err != nil {
			return err
		}
		for len(cases) > 0 {
			n, events := 1, counts[0]
			for n < len(cases) && events+counts[n] <= rowsEvents {
				events += counts[n]
				n++
			}
			if err := r.batch(ctx, cases[:n], ids[:n], counts[:n], events); err != nil {
				return err
			}
			cases, ids, counts = cases[n:], ids[n:], counts[n:]
		}
	}
	return nil
}

// batch reads the events of some cases, and passes them on.
func (r *rowReader) batch(ctx context.Context, cases []int64, ids []string, counts []int64, events int64) error {
	b := &r.rows
	b.Case, b.ID = cases, ids
	b.Offsets = append(b.Offsets[:0], 0)
	for i, n := range counts {
		b.Offsets = append(b.Offsets, b.Offsets[i]+int(n))
	}
	b.Event, b.Activity, b.Time, b.Start, b.Day, b.Rank = b.Event[:0], b.Activity[:0], b.Time[:0], b.Start[:0], b.Day[:0], b.Rank[:0]
	b.Resource, b.Lifecycle, b.Instance, b.Sequence = b.Resource[:0], b.Lifecycle[:0], b.Instance[:0], b.Sequence[:0]
	err := r.c.arrow(ctx, storeText("rows_range"), []any{r.row, r.row + events}, b.append)
	if err != nil {
		return err
	}
	if len(b.Event) != int(events) {
		return fmt.Errorf("%d events where %d were counted", len(b.Event), events)
	}
	r.row += events
	return r.emit(b)
}

// append copies a result, column by column.
func (b *CaseRows) append(rec arrow.RecordBatch) error {
	n := int(rec.NumRows())
	ints := func(i int) []int64 { return rec.Column(i).(*array.Int64).Int64Values() }
	codes := func(i int) []uint32 { return rec.Column(i).(*array.Uint32).Uint32Values() }
	b.Event = append(b.Event, ints(0)...)
	b.Activity = append(b.Activity, codes(1)...)
	b.Time = append(b.Time, ints(2)...)
	b.Start = append(b.Start, ints(3)...)
	day, instance := rec.Column(4).(*array.Boolean), rec.Column(8).(*array.String)
	b.Rank = append(b.Rank, rec.Column(5).(*array.Int32).Int32Values()...)
	b.Resource = append(b.Resource, codes(6)...)
	b.Lifecycle = append(b.Lifecycle, codes(7)...)
	b.Sequence = append(b.Sequence, ints(9)...)
	for i := range n {
		b.Day = append(b.Day, day.Value(i))
		if s := instance.Value(i); s == "" {
			b.Instance = append(b.Instance, "")
		} else {
			b.Instance = append(b.Instance, string([]byte(s))) // the batch's memory goes
		}
	}
	return nil
}
