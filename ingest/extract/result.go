package extract

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"millrace/eventlog"
)

// A Reconciled says of a table how many rows the source has, and what became of
// them.
type Reconciled struct {
	Table   string `json:"table"`
	There   string `json:"there"`           // what the source calls it
	Since   string `json:"since,omitempty"` // rows that changed from then on were read; "": all
	Counted int64  `json:"counted"`         // by the source; -1: it cannot say
	Read    int64  `json:"read"`            // rows, to be landed
	Swept   int64  `json:"swept"`           // rows that were compared with what landed
	Keys    int64  `json:"keys"`            // of those swept: by their keys, one by one; the others by sums
	Fetched int64  `json:"fetched"`         // of those read: rows that only the sweep found
	Skipped int64  `json:"skipped"`         // not read, as they have not changed; -1: unknown
}

// result puts together what the next steps need.
func (x *extraction) result() *Extracted {
	e := &Extracted{spool: x.spool, sample: x.o.Limit > 0, Findings: x.findings}
	add := func(code, format string, args ...any) {
		e.Notes = append(e.Notes, eventlog.Note{Code: code, Text: fmt.Sprintf(format, args...)})
	}
	for _, f := range x.findings {
		e.Notes = append(e.Notes, f.Note())
	}
	if x.spool.anew != "" {
		add("begun-anew", "an earlier run that did not finish was not continued: %s.", x.spool.anew)
	}
	if x.kept > 0 {
		add("continued", "rows that an earlier run had read, which did not finish, and that were not read again: %d.", x.kept)
	}
	next := state{Origin: x.src.Origin(), Tables: map[string]tableState{}}
	for name, old := range x.last.Tables {
		next.Tables[name] = old // of a table that is not there this time
	}
	content := xxh3.New()
	for _, t := range x.tables {
		r := t.reconcile(x.o.Limit > 0)
		e.Reconciliation = append(e.Reconciliation, r)
		e.Rows = append(e.Rows, t.tableRows(x.o.Limit > 0))
		e.Notes = append(e.Notes, t.notes...)
		next.Tables[t.Name] = x.next(t)
		var all [2]uint64
		for _, p := range t.parts() {
			for i := range p.pages {
				all = sum(all, xxh3.Uint128{Hi: p.pages[i].head.Sum[0], Lo: p.pages[i].head.Sum[1]})
			}
		}
		fmt.Fprintf(content, "%s %d %x %x\n", t.Name, r.Read, all[0], all[1])
	}
	x.noteStates(add)
	hash := content.Sum128()
	e.Content = fmt.Sprintf("xxh3:%016x%016x", hash.Hi, hash.Lo)
	e.Watermark = next.String()
	return e
}

// parts are the files with the rows of the table, later ones later.
func (t *tableRead) parts() []*part {
	if t.fetched != nil {
		return []*part{t.rows, t.fetched}
	}
	return []*part{t.rows}
}

// next is what the next extract has to know of a table.
func (x *extraction) next(t *tableRead) tableState {
	last := x.last.Tables[t.Name]
	s := tableState{Since: t.floor}
	if len(t.Key) > 0 && len(t.Watermark) > 0 {
		s.By = t.Watermark
		before := parseMark(last.Mark)
		switch {
		case t.since == "" || !slices.Equal(last.By, t.Watermark):
			before = mark{}
			fallthrough
		case x.o.Since == "" || last.Mark == "" || !before.less(parseMark(x.o.Since)):
			s.Mark = t.mark(before, x.zone).text
		default:
			s.Mark = last.Mark // what lies between is still to be read
		}
	}
	all, _ := readColumns(t.Table, t.shape, false)
	for _, name := range all {
		if !slices.ContainsFunc(t.Columns, func(c eventlog.TableColumn) bool { return c.Name == name }) {
			s.Extra = append(s.Extra, name)
		}
	}
	for _, c := range t.Columns {
		if !slices.Contains(t.names, c.Name) {
			s.Lacks = append(s.Lacks, c.Name)
		}
	}
	return s
}

// reconcile compares what was read with what the source counted.
func (t *tableRead) reconcile(sample bool) Reconciled {
	r := Reconciled{Table: t.Name, There: t.shape.There, Since: t.since, Counted: t.counted, Skipped: -1}
	for _, p := range t.parts() {
		r.Read += p.rows
	}
	if t.keys != nil {
		r.Swept, r.Keys, r.Fetched = t.keys.rows+t.same, t.keys.rows, t.fetched.rows
	}
	if t.counted >= 0 {
		r.Skipped = max(0, t.counted-r.Read)
	}
	whole, gave := t.keys, int64(0) // the part that has each row
	if t.since == "" {
		whole = t.rows
	} else if whole != nil {
		gave = t.same
	}
	if sample || whole == nil || !whole.done() || t.floor != "" {
		return r
	}
	a, b := whole.last().Counted[0], whole.last().Counted[1]
	low, high := min(a, b), max(a, b)
	if low < 0 {
		return r
	}
	gave += whole.rows
	t.short = gave < low
	switch {
	case t.short:
		t.note("rows-missing", "%s: the source counts %d rows and gave %d; no row was taken for deleted.", t.Name, low, gave)
	case gave > high:
		t.note("rows-more", "%s: the source counts %d rows and gave %d.", t.Name, high, gave)
	}
	return r
}

// tableRows are the rows for StageTables.
func (t *tableRead) tableRows(sample bool) eventlog.TableRows {
	rows := eventlog.TableRows{
		Table: t.Name, File: t.Name, Columns: t.names,
		Complete: t.since == "" && !sample && !t.short,
		Place:    t.place,
		Rows: func(fn func(int64, []string) error) error {
			before := int64(0)
			for _, p := range t.parts() {
				err := p.each(func(line int64, row []string) error { return fn(before+line, row) })
				if err != nil {
					return err
				}
				before += p.rows
			}
			return nil
		},
	}
	if t.keys != nil && t.floor == "" && !t.short {
		rows.Buckets = t.buckets
		rows.Present = func(fn func([]string) error) error {
			return t.swept(len(t.Key), fn)
		}
	}
	return rows
}

// place names a row by its key, else by its number.
func (t *tableRead) place(line int64) string {
	numbered := fmt.Sprintf("%s:%d", t.Name, line)
	for _, p := range t.parts() {
		if line > p.rows {
			line -= p.rows
			continue
		}
		row, err := p.row(line)
		if err != nil || len(row) != len(t.names) || len(t.Key) == 0 {
			return numbered
		}
		var key []string
		for _, k := range t.Key {
			key = append(key, fmt.Sprintf("%s=%s", k, row[slices.Index(t.names, k)]))
		}
		return t.Name + " " + strings.Join(key, " ")
	}
	return numbered
}

// noteStates says where rows of different tables may not fit together.
func (x *extraction) noteStates(add func(code, format string, args ...any)) {
	var order []int64
	tables := map[int64][]string{}
	live := false
	for _, t := range x.tables {
		for _, p := range t.parts() {
			for i := range p.pages {
				h := &p.pages[i].head
				if h.Done {
					continue
				}
				if !h.Snapshot {
					live = true
					continue
				}
				if tables[h.Start] == nil {
					order = append(order, h.Start)
				}
				if !slices.Contains(tables[h.Start], t.Name) {
					tables[h.Start] = append(tables[h.Start], t.Name)
				}
			}
		}
	}
	if live {
		add("no-snapshot", "the source changed while it was read: a row may refer to one that is missing until the next ingest.")
	}
	if len(order) < 2 {
		return
	}
	slices.Sort(order)
	var list []string
	for _, start := range order {
		list = append(list, strings.Join(tables[start], ", "))
	}
	add("snapshots", "the tables were read in %d states of the source, so that a row may refer to one that is missing until the next ingest: %s.", len(order), strings.Join(list, "; then "))
}
