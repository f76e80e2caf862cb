package eventlog

import (
	"context"
	"errors"
	"fmt"
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
// number. Cases without events are left out, and noted.
//
// Memory is bounded by half a million rows, or the longest case, a few times
// over. More than that are put into parts by case first, in a file beside the
// store, 10 to 40 bytes a row, which is gone when the process is.
func (s *Store) LogRows(ctx context.Context, def LogDefinition, model *Model, emit func(*CaseRows) error) ([]Note, error) {
	return s.logRows(ctx, def, model, &rowReader{emit: emit})
}

func (s *Store) logRows(ctx context.Context, def LogDefinition, model *Model, r *rowReader) ([]Note, error) {
	var notes []Note
	err := s.session(ctx, func(c *storeConn) error {
		r.c = c
		w := &caseWalk{c: c, def: def, unlisted: true}
		if err := w.walk(ctx, model); err != nil {
			return err
		}
		if w.direct {
			var err error
			if r.pairs, err = c.directPairs(ctx, def.CaseType); err != nil {
				return err
			}
		}
		if err := r.read(ctx); err != nil {
			return err
		}
		all, err := c.int(ctx, "SELECT count(*) FROM main.object WHERE type = $1", def.CaseType)
		if err != nil {
			return err
		}
		notes = w.notes
		if empty := all - r.cases; empty > 0 {
			notes = append(notes, idleObjects(def.CaseType, empty))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("log %q: %w", def.Name, err)
	}
	return notes, nil
}

// directPairs is what stands after FROM to read which events touch the objects
// of a type. Those of an imported log have their numbers to themselves, as a
// rule, and need not be looked up one by one.
func (c *storeConn) directPairs(ctx context.Context, typ string) (string, error) {
	pairs := ""
	err := c.each(ctx, storeText("rows_object"), []any{typ}, func(scan func(...any) error) error {
		var n, low, high int64
		err := scan(&n, &low, &high)
		among := ""
		if n != high-low+1 {
			among = storeText("rows_among", "type", storeLiteral(typ))
		}
		pairs = storeText("rows_direct", "low", fmt.Sprint(low), "high", fmt.Sprint(high), "among", among)
		return err
	})
	return pairs, err
}

// A rowReader reads the rows of cases in order.
type rowReader struct {
	c     *storeConn
	emit  func(*CaseRows) error
	pairs string // what stands after FROM to read the cases' events; "" is the table case_event
	name  string // column of table object that a case is called by; "" is its id
	part  int64  // rows that are sorted at once, unless a case has more; 0 is rowsPart
	ask   int64  // rows that are asked for at once; 0 is rowsRange

	cases  int64 // that have events
	query  string
	labels [4]rowLabels
	file   *rowFile // nil where one part holds all
	parts  []rowPart
	whole  *rowTable // the rows of the only part
	of     []uint16  // which part each stretch of cases is of
	span   rowSpan
	rows   CaseRows
}

// A rowLabels is the texts of one column, and which of them occur.
type rowLabels struct {
	column string
	at     int // in a rowTable
	texts  []string
	used   []bool
	code   []uint32
}

// A rowSpan is between which numbers rows stand.
type rowSpan struct {
	rows, lowCase, highCase, lowEvent, highEvent int64
	width                                        int64 // of a stretch of cases
}

const (
	rowsRange     = 1 << 20 // rows that are asked for at once
	rowsPart      = 1 << 19 // rows that are sorted at once
	rowsStretches = 1 << 16 // of cases, to cut parts at
)

// read emits batch after batch of whole cases.
func (r *rowReader) read(ctx context.Context) (err error) {
	if r.pairs == "" {
		r.pairs = "case_event"
	}
	if r.name == "" {
		r.name = "id"
	}
	if r.part == 0 {
		r.part, r.ask = rowsPart, rowsRange
	}
	err = r.c.each(ctx, storeText("rows_span", "pairs", r.pairs), nil, func(scan func(...any) error) error {
		var n [4]*int64
		if err := scan(&r.span.rows, &n[0], &n[1], &n[2], &n[3]); err != nil || r.span.rows == 0 {
			return err
		}
		r.span.lowCase, r.span.highCase, r.span.lowEvent, r.span.highEvent = *n[0], *n[1], *n[2], *n[3]
		return nil
	})
	if err != nil {
		return err
	}
	defer func() {
		if r.file != nil {
			err = errors.Join(err, r.file.Close())
		}
	}()
	for _, step := range []func(context.Context) error{r.prepare, r.cut, r.gather, r.emitParts} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// emitParts sorts part after part, the next one while one is passed on.
func (r *rowReader) emitParts(ctx context.Context) error {
	if err := r.code(ctx); err != nil {
		return err
	}
	type sorted struct {
		rows *rowTable
		at   []int32
		err  error
	}
	next, free := make(chan sorted), make(chan *rowTable, 2)
	stop := make(chan struct{})
	go func() {
		defer close(next)
		for i := range r.parts {
			s := sorted{rows: r.whole}
			if r.file != nil {
				select {
				case s.rows = <-free:
				case <-stop:
					return
				}
				s.err = r.file.read(&r.parts[i], s.rows)
			}
			if s.err == nil {
				s.at = s.rows.sorted()
			}
			select {
			case next <- s:
			case <-stop:
				return
			}
		}
	}()
	free <- &rowTable{}
	free <- &rowTable{}
	defer func() {
		close(stop)
		for range next { // until nobody reads the file any more
		}
	}()
	for s := range next {
		if s.err != nil {
			return s.err
		}
		if err := r.emitSorted(ctx, s.rows, s.at); err != nil {
			return err
		}
		if r.file != nil {
			free <- s.rows
		}
	}
	return ctx.Err()
}

// emitSorted emits the rows of a part, which are whole cases in order.
func (r *rowReader) emitSorted(ctx context.Context, t *rowTable, at []int32) error {
	of := t.columns[columnCase]
	for len(at) > 0 {
		b := &r.rows
		b.Case, b.Offsets = b.Case[:0], append(b.Offsets[:0], 0)
		n := 0
		for n < len(at) {
			end := n + 1
			for end < len(at) && of[at[end]] == of[at[n]] {
				end++
			}
			if len(b.Case) == rowsCases || n > 0 && end > rowsEvents {
				break
			}
			b.Case, b.Offsets = append(b.Case, of[at[n]]), append(b.Offsets, end)
			n = end
		}
		if err := r.nameCases(ctx); err != nil {
			return err
		}
		r.take(t, at[:n])
		r.cases += int64(len(b.Case))
		if err := r.emit(b); err != nil {
			return err
		}
		at = at[n:]
	}
	return nil
}

// take fills the batch with the rows at the given places.
func (r *rowReader) take(t *rowTable, at []int32) {
	b := &r.rows
	b.Event, b.Activity, b.Time, b.Start, b.Day, b.Rank = b.Event[:0], b.Activity[:0], b.Time[:0], b.Start[:0], b.Day[:0], b.Rank[:0]
	b.Resource, b.Lifecycle, b.Instance, b.Sequence = b.Resource[:0], b.Lifecycle[:0], b.Instance[:0], b.Sequence[:0]
	code := func(out []uint32, l *rowLabels) []uint32 {
		for _, i := range at {
			c := NoCode
			if n := t.columns[l.at][i]; n >= 0 {
				c = l.code[n]
			}
			out = append(out, c)
		}
		return out
	}
	number := func(out []int64, column int) []int64 {
		for _, i := range at {
			out = append(out, t.columns[column][i])
		}
		return out
	}
	b.Activity = code(b.Activity, &r.labels[0])
	b.Resource = code(b.Resource, &r.labels[1])
	b.Lifecycle = code(b.Lifecycle, &r.labels[2])
	b.Event, b.Sequence = number(b.Event, columnEvent), number(b.Sequence, columnSequence)
	b.Time, b.Start = number(b.Time, columnTime), number(b.Start, columnStart)
	for _, i := range at {
		b.Day = append(b.Day, t.columns[columnDay][i] != 0)
		b.Rank = append(b.Rank, int32(t.columns[columnRank][i]))
		b.Instance = append(b.Instance, t.instance[i])
	}
}
