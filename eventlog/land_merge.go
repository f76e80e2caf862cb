package eventlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// landingSchema and mapSchema are where a source's tables and views are.
func landingSchema(source string) string { return "landing_" + source }
func mapSchema(source string) string     { return "map_" + source }

// MergeTables lands a staged extract and maps what landed to events, objects
// and relations, in one transaction. Only what is new, changed or gone is
// written; where nothing is, nothing is written at all.
func (s *Store) MergeTables(ctx context.Context, staged *StagedTables) (LoadReceipt, error) {
	m, err := s.mergeTables(ctx, staged, s.few(staged.rowsRead))
	if errors.Is(err, errPiece) { // alone; where it is named, rows may be left out that it cannot read
		m, err = s.mergeTables(ctx, staged, false)
	}
	if err == nil && m.stale {
		err = s.Rewrite(ctx) // names that were in clear
	}
	if err != nil {
		return LoadReceipt{}, fmt.Errorf("source %s: %w", staged.system.Name, err)
	}
	return m.receipt, nil
}

func (s *Store) mergeTables(ctx context.Context, staged *StagedTables, few bool) (*tablesMerge, error) {
	m := &tablesMerge{StagedTables: staged, few: few}
	m.receipt = LoadReceipt{
		Source: staged.system.Name, RowsIn: staged.rowsRead, RowsRejected: staged.rejected,
		Rejects: staged.rejects, Notes: append([]Note(nil), staged.notes...),
	}
	return m, s.write(ctx, func(c *storeConn) error {
		m.c = c
		if err := s.threadsFor(ctx, c, staged.rowsRead); err != nil {
			return err
		}
		return m.run(ctx)
	})
}

// A tablesMerge is the state of one MergeTables.
type tablesMerge struct {
	*StagedTables
	c       *storeConn
	load    int64
	receipt LoadReceipt
	shape   bool // a landing table's columns changed
	tables  bool // an attribute table was made or changed
	people  *forgetting
	stale   bool                     // blocks of the file have what must not be there any more
	have    map[string][]TableColumn // of the landing tables, before this load
	few     bool                     // rows, in a small store
	pieces  []string                 // views of the mapping that are temporary tables meanwhile
}

func (m *tablesMerge) run(ctx context.Context) (err error) {
	if m.load, err = m.c.int(ctx, storeText("load_next")); err != nil {
		return err
	}
	if err := m.c.exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+Quote(landingSchema(m.system.Name))); err != nil {
		return err
	}
	if m.have, err = m.c.columnsIn(ctx, landingSchema(m.system.Name)); err != nil {
		return err
	}
	renamed, err := m.checkNames(ctx)
	if err != nil {
		return err
	}
	if m.people, err = m.c.forgetting(ctx, m.options.Names); err != nil {
		return err
	}
	if err := m.declarePeople(ctx); err != nil {
		return err
	}
	if err := m.ghosts(ctx); err != nil {
		return err
	}
	landed := false
	for i, t := range m.StagedTables.tables {
		r, err := m.land(ctx, i, t)
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		m.receipt.Tables = append(m.receipt.Tables, r)
		m.receipt.RowsNew += r.New + r.Changed + r.Gone
		m.receipt.RowsKnown += r.In - r.Rejected - r.New - r.Changed
		landed = landed || r.any()
	}
	if err := m.mapRows(ctx, landed); err != nil {
		return err
	}
	r := &m.receipt
	moved, err := m.moved(ctx)
	if err != nil || !landed && !m.shape && !r.wrote() && !m.tables && !renamed && !moved {
		return err
	}
	if m.system.Derived != "" {
		if err := m.c.derive(ctx, m.system.Derived, m.load); err != nil {
			return err
		}
	}
	return m.c.commitLoad(ctx, m.load, loadRow{
		source: m.system.Name, kind: m.system.Kind, origin: m.system.Origin, options: m.json,
		content: m.options.Content, watermark: m.options.Watermark, started: m.started,
	}, r)
}

// moved says whether the next extract continues elsewhere than the last load said.
func (m *tablesMerge) moved(ctx context.Context) (bool, error) {
	if m.options.Watermark == "" {
		return false, nil
	}
	last, err := m.c.strings(ctx, storeText("load_watermark"), m.system.Name)
	return len(last) == 0 || last[0] != m.options.Watermark, err
}

// land merges one table by its key.
func (m *tablesMerge) land(ctx context.Context, i int, t *stagedTable) (TableReceipt, error) {
	r := TableReceipt{Table: t.Name, In: t.in, Rejected: t.rejected}
	table := Quote(landingSchema(m.system.Name)) + "." + Quote(t.Name)
	if err := m.shapeTable(ctx, t, table); err != nil {
		return r, err
	}
	match, columns := landMatch(t)
	rows, err := m.c.int(ctx, "SELECT count(*) FROM (SELECT 1 FROM "+table+" LIMIT 1)")
	if err != nil || rows == 0 && t.in == 0 {
		return r, err
	}
	file, err := m.fresh(ctx, t)
	if err != nil {
		return r, err
	}
	if rows == 0 {
		// Nothing to compare with: straight from the file.
		r.New, err = m.c.count(ctx, storeText("land_insert", "fresh", file, "table", table, "columns", columns), m.load)
		return r, err
	}
	temp := fmt.Sprintf("landed_%d", i)
	fresh := fmt.Sprintf("fresh_%d", i)
	if err := m.c.exec(ctx, storeText("land_stage", "temp", temp, "file", file)); err != nil {
		return r, err
	}
	differs := "false"
	if t.keyed() {
		var b strings.Builder
		b.WriteString(differs)
		for _, c := range t.columns {
			if landColumn(t.Key, c.Name) < 0 {
				fmt.Fprintf(&b, " OR s.%[1]s IS DISTINCT FROM l.%[1]s", Quote(c.Name))
			}
		}
		differs = b.String()
	}
	err = m.c.exec(ctx, storeText("land_fresh", "temp", temp, "fresh", fresh, "table", table, "match", match, "differs", differs))
	if err != nil {
		return r, err
	}
	if t.complete && t.rejected > 0 && t.present == "" {
		m.receipt.Notes = append(m.receipt.Notes, Note{Code: "rejected-kept", Text: fmt.Sprintf(
			"%s: rows that are not in the extract any more were kept, because some were rejected: %d.", t.Name, t.rejected)})
	}
	switch {
	case t.present != "":
		present := fmt.Sprintf("present_%d", i)
		if err := m.c.exec(ctx, storeText("land_stage", "temp", present, "file", t.presentKeys())); err != nil {
			return r, err
		}
		r.Gone, err = m.c.count(ctx, storeText("land_absent", "among", t.among(), "temp", temp, "present", present, "table", table, "match", match))
	case t.complete && t.rejected == 0:
		r.Gone, err = m.c.count(ctx, storeText("land_gone", "temp", temp, "table", table, "match", match))
	}
	if err != nil {
		return r, err
	}
	if r.Gone > 0 && t.in == 0 && t.complete {
		m.receipt.Notes = append(m.receipt.Notes, Note{Code: "emptied", Text: fmt.Sprintf(
			"%s: it is empty now, and its %d rows were removed; if that is not so in the source, mend the extract and load again.", t.Name, r.Gone)})
	}
	if r.Changed, err = m.c.count(ctx, storeText("land_replaced", "fresh", fresh, "table", table, "match", match)); err != nil {
		return r, err
	}
	n, err := m.c.count(ctx, storeText("land_insert", "fresh", fresh, "table", table, "columns", columns), m.load)
	r.New = n - r.Changed
	return r, err
}

// fresh is the query of the staged rows that may land: not of those who were
// forgotten, and not those that were removed because of their age.
func (m *tablesMerge) fresh(ctx context.Context, t *stagedTable) (string, error) {
	from, err := m.unsettled(ctx, t, t.from())
	if err != nil || m.people.nobody() {
		return from, err
	}
	tables, err := m.c.personTables(ctx, m.system.Name)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(tables, func(p *personTable) bool { return p.name == t.Name })
	return tables[i].without(ctx, m.c, from, m.people)
}

// landMatch is the condition that a staged row s and a landed row l are the
// same, and the list of columns.
func landMatch(t *stagedTable) (match, columns string) {
	var on, list []string
	for _, c := range t.columns {
		name := Quote(c.Name)
		list = append(list, name)
		switch {
		case !t.keyed():
			on = append(on, fmt.Sprintf("s.%[1]s IS NOT DISTINCT FROM l.%[1]s", name))
		case landColumn(t.Key, c.Name) >= 0:
			on = append(on, fmt.Sprintf("s.%[1]s = l.%[1]s", name))
		}
	}
	list = append(list, "_line")
	if !t.keyed() {
		on = append(on, "s._n = l._n")
		list = append(list, "_n")
	}
	return strings.Join(on, " AND "), strings.Join(list, ", ")
}

// shapeTable makes the landing table have the columns of the extract. One
// that the extract lacks stays, as do its values.
func (m *tablesMerge) shapeTable(ctx context.Context, t *stagedTable, table string) error {
	have := map[string]TableColumn{}
	for _, c := range m.have[t.Name] {
		have[strings.ToLower(c.Name)] = c
	}
	if len(have) == 0 {
		return m.createTable(ctx, t, table)
	}
	for _, c := range t.columns {
		old, ok := have[strings.ToLower(c.Name)]
		change := ""
		switch {
		case !ok:
			change = fmt.Sprintf("ADD COLUMN %s %s", Quote(c.Name), c.SQL)
		case old.SQL != c.SQL:
			change = fmt.Sprintf("ALTER COLUMN %[1]s TYPE %[2]s USING TRY_CAST(%[1]s AS %[2]s)", Quote(c.Name), c.SQL)
		default:
			continue
		}
		m.shape = true
		if err := m.c.exec(ctx, "ALTER TABLE "+table+" "+change); err != nil {
			return err
		}
	}
	return nil
}

func (m *tablesMerge) createTable(ctx context.Context, t *stagedTable, table string) error {
	m.shape = true
	var b strings.Builder
	for _, c := range t.columns {
		fmt.Fprintf(&b, "%s %s, ", Quote(c.Name), c.SQL)
	}
	b.WriteString("_load INTEGER, _line BIGINT")
	if !t.keyed() {
		b.WriteString(", _n BIGINT")
	}
	if err := m.c.exec(ctx, "CREATE TABLE "+table+" ("+b.String()+")"); err != nil {
		return err
	}
	key := t.Key
	if key == nil {
		key = []string{}
	}
	return m.c.exec(ctx, "INSERT INTO main.landing_table VALUES ($1, $2, $3)", m.system.Name, t.Name, key)
}
