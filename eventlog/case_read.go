package eventlog

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Cases calls emit with all cases of a log, whole, by ascending object number,
// which for an imported log is the order of its files: every event that is
// stored, with its lifecycle transition and its attributes, and the attributes
// of the cases. Cases without events stand in their place. What is emitted may
// be kept.
//
// Events of a case are in the log's declared order; those of an imported XES
// log in the order of their file, unless several loads brought events of the
// case.
//
// An attribute that has values of several types has a column for each, of
// which a row has one. Meta is the header of an imported XES log, else empty.
//
// Memory is bounded by a million events, or the longest case, with their
// attributes, and the ids of the cases without events among them; each million
// costs one reading of the source's attributes.
func (s *Store) Cases(ctx context.Context, log string, o LogOptions, emit func(*Batch) error) (Meta, error) {
	key, err := s.columnsKey(ctx, log, o)
	if err != nil {
		return Meta{}, err
	}
	return s.CasesOf(ctx, key.Definition, o, emit)
}

// CasesOf is [Store.Cases] of a case notion that need not be kept in the store.
func (s *Store) CasesOf(ctx context.Context, def LogDefinition, o LogOptions, emit func(*Batch) error) (meta Meta, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		r := &caseReader{c: c, o: o, emit: emit}
		said, err := c.strings(ctx, storeText("read_case_meta"), def.CaseType)
		if err == nil && len(said) > 0 {
			err = json.Unmarshal([]byte(said[0]), &meta)
		}
		if err != nil {
			return err
		}
		if err := r.prepare(ctx, def, meta.XES != nil); err != nil {
			return err
		}
		if _, err := s.LogRows(ctx, def, o.Model, func(rows *CaseRows) error { return r.take(ctx, rows) }); err != nil {
			return err
		}
		return r.idle(ctx, math.MaxInt64)
	})
	return meta, err
}

// A caseReader is the state of one Cases.
type caseReader struct {
	c      *storeConn // for attributes; the events come by another
	o      LogOptions
	emit   func(*Batch) error
	events []attributeSource
	cases  attributeSource
	loads  []int64 // the last event of each load, ascending, where events stay in the order of their file
	empty  emptyCases
}

// An attributeSource is a table of attributes and how they are read.
type attributeSource struct {
	table   *attributeTable
	columns []readColumn
}

func (r *caseReader) source(ctx context.Context, owner, typ string) (attributeSource, error) {
	t, err := r.c.attributes(ctx, owner, typ)
	a := attributeSource{table: t}
	if err == nil {
		for _, c := range t.columns {
			a.columns = append(a.columns, readColumnOf(c.name, c.sql, "a."+Quote(c.column)))
		}
	}
	return a, err
}

// prepare finds the tables of attributes, and the cases without events.
func (r *caseReader) prepare(ctx context.Context, def LogDefinition, filed bool) (err error) {
	if err := r.c.exec(ctx, storeText("read_case_empty"), def.CaseType, len(def.Follow) == 0); err != nil {
		return err
	}
	if err := r.c.exec(ctx, storeText("read_number")); err != nil {
		return err
	}
	if filed {
		err := r.c.each(ctx, storeText("read_case_loads"), []any{def.CaseType}, func(scan func(...any) error) error {
			var last int64
			err := scan(&last)
			r.loads = append(r.loads, last)
			return err
		})
		if err != nil {
			return err
		}
	}
	if r.cases, err = r.source(ctx, "object", def.CaseType); err != nil {
		return err
	}
	types := slices.Concat([]string{def.CaseType}, def.Follow, def.Items)
	return r.c.each(ctx, storeText("event_sources"), []any{types}, func(scan func(...any) error) error {
		var source string
		var has bool
		err := scan(&source, &has)
		if err != nil || !has {
			return err
		}
		a, err := r.source(ctx, "event", source)
		r.events = append(r.events, a)
		return err
	})
}

// caseBatch is how many events a batch that is emitted has, unless one case
// has more.
const caseBatch = 32_768

// take puts whole cases in order, and emits them with their attributes.
func (r *caseReader) take(ctx context.Context, rows *CaseRows) error {
	var log []*Cases
	w := &casesWriter{emit: func(c *Cases) error { log = append(log, c); return nil }}
	err := newOrdering(All, r.o.Zone).writeRows(w, rows)
	if err == nil {
		err = w.flush()
	}
	if err != nil {
		return err
	}
	// Ordering moves times of day precision; the rows have what is stored.
	at := make(map[int64]int, len(rows.Event))
	for i, e := range rows.Event {
		at[e] = i
	}
	if err := r.idle(ctx, rows.Case[0]); err != nil {
		return err
	}
	var events, cases []int64
	var ids []string
	lengths := []int{}
	n := 0 // of rows
	for _, c := range log {
		for i := range c.Case {
			for {
				some, names, err := r.empty.before(ctx, r.c, rows.Case[n])
				if err != nil {
					return err
				}
				if len(some) == 0 {
					break
				}
				cases, ids, lengths = append(cases, some...), append(ids, names...), append(lengths, make([]int, len(some))...)
			}
			cases, ids = append(cases, rows.Case[n]), append(ids, rows.ID[n])
			own := c.Event[c.Offsets[i]:c.Offsets[i+1]]
			if filed := rows.Event[rows.Offsets[n]:rows.Offsets[n+1]]; r.oneLoad(filed) {
				own = filed
			}
			events, lengths = append(events, own...), append(lengths, len(own))
			n++
		}
	}
	for i, a := range r.events {
		if err := r.join(ctx, fmt.Sprintf("y_event_%d", i), events, a); err != nil {
			return err
		}
	}
	if err := r.join(ctx, "y_case", cases, r.cases); err != nil {
		return err
	}
	for first, from := 0, 0; first < len(cases); {
		last, to := first+1, from+lengths[first]
		for last < len(cases) && to-from+lengths[last] <= caseBatch {
			to += lengths[last]
			last++
		}
		out := &Batch{CaseIDs: ids[first:last]}
		for i := first; i < last; i++ {
			for range lengths[i] {
				out.Case = append(out.Case, ids[i])
			}
		}
		for _, e := range events[from:to] {
			out.addRow(rows, at[e])
		}
		for i, a := range r.events {
			if out.Attributes, err = r.attributes(ctx, out.Attributes, fmt.Sprintf("y_event_%d", i), a, from, to); err != nil {
				return err
			}
		}
		if out.CaseAttributes, err = r.attributes(ctx, nil, "y_case", r.cases, first, last); err != nil {
			return err
		}
		if err := r.emit(out); err != nil {
			return err
		}
		first, from = last, to
	}
	return nil
}

// addRow copies what an event says apart from its case and attributes.
func (b *Batch) addRow(rows *CaseRows, i int) {
	label := func(labels []string, code uint32) string {
		if code == NoCode {
			return ""
		}
		return labels[code]
	}
	b.Activity = append(b.Activity, rows.Labels.Activity[rows.Activity[i]])
	b.Time = append(b.Time, rows.Time[i])
	b.Start = append(b.Start, rows.Start[i])
	b.Day = append(b.Day, rows.Day[i])
	b.Resource = append(b.Resource, label(rows.Labels.Resource, rows.Resource[i]))
	b.Lifecycle = append(b.Lifecycle, label(rows.Labels.Lifecycle, rows.Lifecycle[i]))
	b.Instance = append(b.Instance, rows.Instance[i])
}

// join leaves a temporary table of the attributes of some events or cases, by
// their place in the list.
func (r *caseReader) join(ctx context.Context, name string, numbers []int64, a attributeSource) error {
	if !a.table.exists {
		return nil
	}
	if err := r.c.numbers(ctx, numbers); err != nil {
		return err
	}
	var exprs strings.Builder
	for i, c := range a.columns {
		fmt.Fprintf(&exprs, ", %s AS a%d", c.expr, i)
	}
	return r.c.exec(ctx, storeText("read_attributes", "name", name, "attributes", exprs.String(), "table", a.table.table(), "owner", a.table.owner))
}

// numbers leaves the temporary table y_number(i, number). It is filled by an
// appender: a view of Arrow's would need a store that can be written.
func (c *storeConn) numbers(ctx context.Context, numbers []int64) error {
	if err := c.exec(ctx, "CREATE OR REPLACE TEMP TABLE y_number (i BIGINT, number BIGINT)"); err != nil {
		return err
	}
	return c.append(ctx, "y_number", func(row func(...driver.Value) error) error {
		for i, n := range numbers {
			if err := row(int64(i), n); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}

// attributes adds the attributes of rows from up to to, those that have values.
func (r *caseReader) attributes(ctx context.Context, columns []Column, name string, a attributeSource, from, to int) ([]Column, error) {
	if !a.table.exists || len(a.columns) == 0 {
		return columns, nil
	}
	for _, c := range a.columns {
		if !slices.ContainsFunc(columns, func(x Column) bool { return x.Name == c.name && x.Type == c.typ }) {
			columns = append(columns, Column{Name: c.name, Type: c.typ, Null: []bool{}})
			columns[len(columns)-1].pad(to - from)
		}
	}
	err := r.c.arrow(ctx, storeText("read_attributes_range", "name", name), []any{int64(from), int64(to)}, func(rec arrow.RecordBatch) error {
		rows := rec.Column(0).(*array.Int64).Int64Values()
		for j, c := range a.columns {
			var read Column
			read.appendArrow(rec.Column(j + 1))
			read.Type = c.typ
			at := slices.IndexFunc(columns, func(x Column) bool { return x.Name == c.name && x.Type == c.typ })
			for i, row := range rows {
				columns[at].set(int(row)-from, &read, i)
			}
		}
		return nil
	})
	return slices.DeleteFunc(columns, func(c Column) bool { return !slices.Contains(c.Null, false) }), err
}

// oneLoad says whether the events of a case are to stay as their file has them.
func (r *caseReader) oneLoad(events []int64) bool {
	if len(r.loads) == 0 {
		return false
	}
	first, _ := slices.BinarySearch(r.loads, slices.Min(events))
	last, _ := slices.BinarySearch(r.loads, slices.Max(events))
	return first == last
}

// idle emits the cases without events whose numbers are lower.
func (r *caseReader) idle(ctx context.Context, number int64) error {
	for {
		numbers, ids, err := r.empty.before(ctx, r.c, number)
		if err != nil || len(numbers) == 0 {
			return err
		}
		out := &Batch{CaseIDs: ids}
		if err = r.join(ctx, "y_case", numbers, r.cases); err == nil {
			out.CaseAttributes, err = r.attributes(ctx, nil, "y_case", r.cases, 0, len(numbers))
		}
		if err == nil {
			err = r.emit(out)
		}
		if err != nil {
			return err
		}
	}
}

// emptyCases reads the temporary table y_empty, the cases without events, page
// by page.
type emptyCases struct {
	row     int64 // the first that is not in the page, nor was
	numbers []int64
	ids     []string
}

// before returns the next cases whose numbers are lower, at most a page of
// them; none when there are no more.
func (e *emptyCases) before(ctx context.Context, c *storeConn, number int64) ([]int64, []string, error) {
	if len(e.numbers) == 0 && e.row >= 0 {
		err := c.arrow(ctx, storeText("read_case_empty_range"), []any{e.row, e.row + caseBatch}, func(rec arrow.RecordBatch) error {
			e.numbers = append(e.numbers, rec.Column(0).(*array.Int64).Int64Values()...)
			e.ids = appendTexts(e.ids, rec.Column(1))
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		if e.row += caseBatch; len(e.numbers) == 0 {
			e.row = -1
		}
	}
	n, _ := slices.BinarySearch(e.numbers, number)
	numbers, ids := e.numbers[:n:n], e.ids[:n:n]
	e.numbers, e.ids = e.numbers[n:], e.ids[n:]
	if len(e.numbers) == 0 {
		e.numbers, e.ids = nil, nil // what was returned may be kept
	}
	return numbers, ids, nil
}
