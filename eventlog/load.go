package eventlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A LoadReceipt says what a load did to the store.
type LoadReceipt struct {
	Source string `json:"source"`
	Load   int64  `json:"load"` // 0: it brought nothing new, and wrote nothing

	RowsIn       int64 `json:"rows_in"`  // read, rejected ones too
	RowsNew      int64 `json:"rows_new"` // changed the store
	RowsKnown    int64 `json:"rows_known"`
	RowsRejected int64 `json:"rows_rejected"`

	Tables    []TableReceipt `json:"tables,omitempty"` // of a system: what landed
	Events    Delta          `json:"events"`
	Objects   Delta          `json:"objects"`
	Relations Delta          `json:"relations"` // of events to objects, and among objects
	Changes   Delta          `json:"changes"`   // of attributes over time

	Coverage *Coverage `json:"coverage,omitempty"` // of a system: how much of the model it fills, if that was asked
	Rejects  []Reject  `json:"rejects,omitempty"`  // the first ones
	Notes    []Note    `json:"notes,omitempty"`
}

// A Delta counts the rows of one kind that a load wrote.
type Delta struct {
	New     int64 `json:"new"`
	Changed int64 `json:"changed"`
	Gone    int64 `json:"gone"`
}

func (d Delta) any() bool { return d != Delta{} }

// wrote says whether a load changed events, objects or what ties them.
func (r *LoadReceipt) wrote() bool {
	return r.Events.any() || r.Objects.any() || r.Relations.any() || r.Changes.any()
}

// A loadRow is a row of table load, before it has its number.
type loadRow struct {
	source, kind, origin, options, content, watermark string
	started                                           time.Time
}

// maxStoredRejects is how many rejected rows of a load the store lists.
const maxStoredRejects = 1000

// Merge adds a staged log to the store in one transaction. Events that the
// store knows are not added again, so merging the same log, or one that
// overlaps, changes only what is new.
func (s *Store) Merge(ctx context.Context, staged *Staged) (LoadReceipt, error) {
	m := &logMerge{Staged: staged}
	m.receipt = LoadReceipt{
		Source: staged.options.Log, RowsIn: staged.events.rows + staged.end.Rejected,
		RowsRejected: staged.end.Rejected, Rejects: staged.end.Rejects, Notes: staged.end.Notes,
	}
	err := s.write(ctx, func(c *storeConn) error {
		m.c = c
		if err := s.threadsFor(ctx, c, staged.events.rows); err != nil {
			return err
		}
		return m.run(ctx)
	})
	if err != nil {
		return LoadReceipt{}, fmt.Errorf("log %q: %w", staged.options.Log, err)
	}
	return m.receipt, nil
}

// Import stages a case-centric source, opens the store at path, merges, and
// closes it again: the store is held for the merge only.
func Import(ctx context.Context, path string, open OpenOptions, o ImportOptions,
	read func(ctx context.Context, emit func(*Batch) error) error, finish func() (ImportEnd, error)) (receipt LoadReceipt, err error) {
	staged, err := Stage(ctx, path, o, read, finish)
	if err != nil {
		return LoadReceipt{}, err
	}
	defer func() { err = errors.Join(err, staged.Discard()) }()
	open.ReadOnly = false
	s, err := Open(ctx, path, open)
	if err != nil {
		return LoadReceipt{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Merge(ctx, staged)
}

// A logMerge is the state of one Merge.
type logMerge struct {
	*Staged
	c       *storeConn
	receipt LoadReceipt
	load    int64
	changed bool                         // something other than rows: a log, its header
	retyped map[string]map[string]string // by owner and name, attributes that the log has in another type: see agree

	// How staged events, s, are read.
	event    int64  // last event number that is taken
	id       string // the identity of s
	repeated string // join of what id needs
	fresh    string // join that leaves out what the store knows
	object   string // the case of s
	ofCase   string // join of what object needs
}

func (m *logMerge) run(ctx context.Context) error {
	// How starts and completions are put together is the log's, not the load's.
	if err := m.c.exec(ctx, storeText("merge_lifecycle"), m.options.Log, m.options.Lifecycle.String()); err != nil {
		return err
	}
	same, err := m.c.sameContent(ctx, m.options, m.json)
	if err != nil || same {
		m.receipt.RowsKnown = m.events.rows
		return err
	}
	if m.load, err = m.c.int(ctx, storeText("load_next")); err != nil {
		return err
	}
	steps := []struct {
		what string
		run  func(context.Context) error
	}{{"what is known", m.identify}, {"cases", m.addCases}, {"events", m.addEvents}, {"attributes of events", m.addEventAttributes}, {"attributes of cases", m.addCaseAttributes}}
	if err := m.log(ctx); err != nil {
		return err
	}
	for i, step := range steps {
		if m.options.Step != nil {
			m.options.Step(i+1, len(steps), step.what)
		}
		if err := step.run(ctx); err != nil {
			return err
		}
	}
	m.receipt.RowsNew = m.receipt.Events.New
	m.receipt.RowsKnown = m.events.rows - m.receipt.Events.New
	if !m.changed && !m.receipt.wrote() {
		return nil
	}
	return m.c.commitLoad(ctx, m.load, loadRow{
		source: m.options.Log, kind: m.options.Kind, origin: m.options.Origin, options: m.json,
		content: m.options.Content, started: m.started,
	}, &m.receipt)
}

// sameContent says whether a committed load read the very same bytes in the
// same way.
func (c *storeConn) sameContent(ctx context.Context, o ImportOptions, options string) (bool, error) {
	if o.Content == "" {
		return false, nil
	}
	same := false
	err := c.each(ctx, storeText("load_of_content"), []any{o.Log, o.Content}, func(scan func(...any) error) error {
		var load int64
		var how string
		if err := scan(&load, &how); err != nil {
			return err
		}
		if how == options {
			same = true
			return nil
		}
		return fmt.Errorf("load %d read the same file with other options (%s, now %s), so each event would be there twice; use another --log", load, how, options)
	})
	return same, err
}

// log declares the log, and keeps its header.
func (m *logMerge) log(ctx context.Context) error {
	foreign, err := m.c.strings(ctx, storeText("merge_type_owner"), m.options.Log)
	if err != nil {
		return err
	}
	objects, err := m.c.int(ctx, "SELECT count(*) FROM main.object_log WHERE source = $1", m.options.Log)
	if err != nil {
		return err
	}
	if objects > 0 {
		return errors.New("it is an object-centric log; use another --log")
	}
	if len(foreign) > 0 {
		return fmt.Errorf("source %q has objects of a type of this name; use another --log", foreign[0])
	}
	made, err := m.c.count(ctx, storeText("merge_log"), m.options.Log, m.options.Lifecycle.String())
	if err != nil {
		return err
	}
	old, err := m.c.strings(ctx, storeText("merge_meta_old"), m.options.Log)
	if err != nil {
		return err
	}
	now := m.end.Meta
	if len(old) > 0 {
		var was Meta
		if err := json.Unmarshal([]byte(old[0]), &was); err != nil {
			return err
		}
		if now, err = m.agree(ctx, was); err != nil {
			return err
		}
	}
	meta, err := json.Marshal(now)
	if err != nil {
		return err
	}
	m.changed = made > 0
	if len(old) == 1 && old[0] == string(meta) {
		return nil
	}
	m.changed = true
	if err := m.c.exec(ctx, "DELETE FROM main.log_meta WHERE source = $1", m.options.Log); err != nil {
		return err
	}
	return m.c.exec(ctx, "INSERT INTO main.log_meta VALUES ($1, $2)", m.options.Log, string(meta))
}

// identify finds the events and cases that are new, and says how they are
// numbered.
func (m *logMerge) identify(ctx context.Context) (err error) {
	if m.event, err = m.c.int(ctx, "SELECT max(event) FROM main.event"); err != nil {
		return err
	}
	if err := m.identifyEvents(ctx); err != nil {
		return err
	}
	return m.identifyCases(ctx)
}

// identifyEvents makes two tables, of the events that say what another one
// says, and of those that the store knows. A first load of a source in which
// none is repeated needs neither.
func (m *logMerge) identifyEvents(ctx context.Context) error {
	m.id = "(s.high::UHUGEINT << 64) | s.low::UHUGEINT"
	if f := &m.filter; f.maybe > 0 {
		maybe := storeText("merge_maybe", "repeats", m.repeats.from())
		if f.maybe > f.rows/4 {
			maybe = "" // it rules out too few
		}
		if err := m.c.exec(ctx, storeText("merge_repeated", "staged", m.events.from(), "maybe", maybe)); err != nil {
			return err
		}
		m.id = "coalesce(r.id, " + m.id + ")"
		m.repeated = "LEFT JOIN repeated AS r ON r.ord = s.ord"
	}
	loaded, err := m.c.int(ctx, storeText("merge_first"), m.options.Log)
	if err != nil || loaded == 0 {
		return err
	}
	m.fresh = "ANTI JOIN known AS k ON k.ord = s.ord"
	return m.c.exec(ctx, storeText("merge_known", "id", m.id, "staged", m.events.from(), "repeated", m.repeated), m.options.Log)
}

// identifyCases makes the table of the cases.
func (m *logMerge) identifyCases(ctx context.Context) error {
	last, err := m.c.int(ctx, "SELECT max(object) FROM main.object")
	if err != nil {
		return err
	}
	known, err := m.c.int(ctx, "SELECT count(*) FROM main.object WHERE type = $1", m.options.Log)
	if err != nil {
		return err
	}
	if known == 0 && m.cases.rows == 0 && !m.numbers.again {
		m.object = fmt.Sprintf("%d + s.number + 1", last)
		return m.c.exec(ctx, storeText("merge_case_first", "labels", m.labels.from()), last)
	}
	if err := m.c.exec(ctx, storeText("merge_case", "labels", m.labels.from(), "cases", m.cases.from()), m.options.Log, last); err != nil {
		return err
	}
	m.object, m.ofCase = "n.object", "JOIN case_number AS n ON n.number = s.number"
	return m.c.exec(ctx, storeText("merge_case_number", "labels", m.labels.from()))
}

func (m *logMerge) addCases(ctx context.Context) (err error) {
	m.receipt.Objects.New, err = m.c.count(ctx, storeText("merge_object"), m.options.Log, m.load)
	return err
}

func (m *logMerge) addEvents(ctx context.Context) error {
	last, err := m.c.int(ctx, storeText("merge_sequence"), m.options.Log)
	if err != nil {
		return err
	}
	staged := m.events.from()
	m.receipt.Events.New, err = m.c.count(ctx, storeText("merge_event", "id", m.id, "staged", staged, "fresh", m.repeated+" "+m.fresh),
		m.options.Log, last, m.options.File, m.load, m.event)
	if err != nil || m.receipt.Events.New == 0 {
		return err
	}
	m.receipt.Relations.New, err = m.c.count(ctx, storeText("merge_event_object", "object", m.object, "staged", staged, "fresh", m.fresh, "case", m.ofCase),
		m.load, m.event)
	return err
}

// addEventAttributes writes the attributes of the new events.
func (m *logMerge) addEventAttributes(ctx context.Context) error {
	if m.receipt.Events.New == 0 || len(m.events.attributes) == 0 {
		return nil
	}
	t, values, err := m.attributeColumns(ctx, "event", m.options.Log, m.events)
	if err != nil {
		return err
	}
	var columns, exprs strings.Builder
	for _, v := range values {
		fmt.Fprintf(&columns, ", %s", Quote(v.column))
		fmt.Fprintf(&exprs, ", %s", v.expr)
	}
	return m.c.exec(ctx, storeText("merge_event_attributes",
		"table", t.table(), "columns", columns.String(), "values", exprs.String(), "staged", m.events.from(), "fresh", m.fresh), m.event)
}

// A stagedValue is where an attribute goes, and the expression for it over the
// staged table.
type stagedValue struct {
	attributeColumn
	expr string
}

// attributeColumns makes room for a staged table's attributes. One that was
// read in several types has the wider one.
func (m *logMerge) attributeColumns(ctx context.Context, owner, typ string, staged *stageTable) (*attributeTable, []stagedValue, error) {
	t, err := m.c.attributes(ctx, owner, typ)
	if err != nil {
		return nil, nil, err
	}
	byName := map[string][]stageAttribute{}
	var want []Attribute
	for _, a := range staged.attributes {
		if byName[a.name] == nil {
			want = append(want, Attribute{Name: a.name, SQL: storeSQLType(a.typ)})
		}
		byName[a.name] = append(byName[a.name], a)
	}
	if len(m.retyped[owner]) > 0 && byName[XESRest] == nil {
		want = append(want, Attribute{Name: XESRest, SQL: storeSQLType(Nested)})
	}
	for i, a := range want {
		for _, other := range byName[a.Name] {
			want[i].SQL = widerType(want[i].SQL, storeSQLType(other.typ))
		}
	}
	if _, err := t.ensure(ctx, m.c, want); err != nil {
		return nil, nil, err
	}
	values := make([]stagedValue, len(want))
	for i, a := range want {
		column, _ := t.column(a.Name)
		values[i] = stagedValue{attributeColumn: column, expr: stagedExpr(column.sql, byName[a.Name])}
		if a.Name == XESRest && len(m.retyped[owner]) > 0 {
			rest := ""
			if byName[a.Name] != nil {
				rest = values[i].expr
			}
			values[i].expr = fmt.Sprintf("CAST(%s AS %s)", m.restExpr(owner, rest, byName), column.sql)
		}
	}
	return t, values, nil
}

// stagedExpr is an attribute's value as the store's column takes it.
func stagedExpr(sqlType string, staged []stageAttribute) string {
	if len(staged) == 1 && storeSQLType(staged[0].typ) == sqlType {
		return fmt.Sprintf("CAST(%s AS %s)", staged[0].column, sqlType)
	}
	parts := make([]string, len(staged))
	for i, a := range staged {
		t := storeSQLType(a.typ)
		if sqlType == "DOUBLE" {
			parts[i] = "CAST(" + a.column + " AS DOUBLE)"
			continue
		}
		if a.typ == Nested {
			t = "VARCHAR"
		}
		parts[i] = storeAsText(t, a.column)
	}
	return "coalesce(" + strings.Join(parts, ", ") + ")"
}

// commitLoad writes the load's row, its rejects and its notes.
func (c *storeConn) commitLoad(ctx context.Context, load int64, l loadRow, r *LoadReceipt) error {
	r.Load = load
	notes, err := json.Marshal(r.Notes)
	if err != nil {
		return err
	}
	err = c.exec(ctx, storeText("load_insert"), load, l.source, l.kind, l.origin, l.options, l.content, l.watermark,
		l.started, time.Now().UTC(), r.RowsIn, r.RowsNew, r.RowsKnown, r.RowsRejected, string(notes))
	if err != nil {
		return err
	}
	for _, bad := range r.Rejects[:min(len(r.Rejects), maxStoredRejects)] {
		err := c.exec(ctx, "INSERT INTO main.reject VALUES ($1, $2, nullif($3, ''), $4)", load, bad.Place, bad.Column, bad.Reason)
		if err != nil {
			return err
		}
	}
	return nil
}

// A TableReceipt says what landed of one source table.
type TableReceipt struct {
	Table string `json:"table"`
	In    int64  `json:"in"` // rows read, rejected ones too
	Delta
	Rejected int64 `json:"rejected"`
}
