package o2c

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"millrace/eventlog"
)

// newStore returns an empty store.
func newStore(t testing.TB) *eventlog.Store {
	t.Helper()
	s, err := eventlog.Open(t.Context(), filepath.Join(t.TempDir(), "millrace.duckdb"), eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// A storyteller is a system that says what it is told, one fact a line:
//
//	SalesOrderItem A/1: quantity 10, unit pcs
//	SalesOrderItem A/1 -- item of -> SalesOrder A
//	InvoiceItem I1/1 -- bills -> DeliveryItem D1/1: quantity 4, amount 40, currency EUR
//	2024-03-01 09:00 human Create Sales Order: SalesOrder A
//	2024-03-02 10:00 human Change Quantity: SalesOrderItem A/1: quantity 8 => 10
//	2024-03-03 10:00 human Cancel Invoice: Invoice I1, Invoice C1 (by)
//
// Objects that are named without attributes need no line of their own.
//
// A system beside the first describes only what has a line of its own, and may
// tell what it looked for by a business key, and how many objects that may mean:
//
//	Message M1 -- concerns ?> Invoice 9001: attribute number, matches 1, target I1
type storyteller struct {
	t      testing.TB
	name   string                // of a system beside the first
	facts  map[string][][]string // table → rows
	named  map[string]bool       // objects
	events int
}

// factTables are the storyteller's tables; all columns are text.
var factTables = []struct {
	name    string
	columns []string
}{
	{"happened", []string{"key", "time", "actor", "activity"}},
	{"happened_to", []string{"key", "type", "id", "qualifier"}},
	{"thing", []string{"type", "id"}},
	{"value", []string{"type", "id", "name", "value"}},
	{"relation", []string{"source_type", "source_id", "qualifier", "target_type", "target_id", "quantity", "amount", "currency"}},
	{"edit", []string{"key", "type", "id", "attribute", "time", "before", "after"}},
	{"sought", []string{"source_type", "source_id", "qualifier", "target_type", "key", "attribute", "matches", "target_id", "amount", "currency"}},
}

// system maps the facts as they are: each view is one table.
func (s *storyteller) system() eventlog.System {
	sys := eventlog.System{Name: "story", Kind: "story", Origin: "testdata/stories", Timezone: "UTC", Model: Model(), Derived: Refresh()}
	if s.name != "" {
		sys.Name, sys.Uses = s.name, []string{"story"}
	}
	for _, f := range factTables {
		t := eventlog.Table{Name: f.name}
		for _, c := range f.columns {
			t.Columns = append(t.Columns, eventlog.TableColumn{Name: c, SQL: "VARCHAR"})
		}
		sys.Tables = append(sys.Tables, t)
	}
	var b strings.Builder
	b.WriteString(`
		CREATE VIEW event AS SELECT key, activity, time::TIMESTAMP AS time, actor AS resource, actor AS actor_kind, key::BIGINT AS sequence FROM happened;
		CREATE VIEW event_object AS SELECT key AS event_key, type, id, qualifier FROM happened_to;
		CREATE VIEW object_object AS SELECT * EXCLUDE (_load, _line, _n) FROM relation;
		CREATE VIEW link AS SELECT * EXCLUDE (_load, _line, _n) FROM sought;
		CREATE VIEW object_change AS SELECT key AS event_key, type, id, attribute, time::TIMESTAMP AS time, before AS old_value, after AS new_value FROM edit;`)
	for _, typ := range sys.Model.Types {
		fmt.Fprintf(&b, "\nCREATE VIEW %s AS SELECT id", eventlog.Quote("object_"+typ.Name))
		for _, a := range typ.Attributes {
			fmt.Fprintf(&b, ", max(CASE WHEN v.name = '%s' THEN v.value END)::%s AS %s", a.Name, a.SQL, eventlog.Quote(a.Name))
		}
		fmt.Fprintf(&b, " FROM thing LEFT JOIN value AS v USING (type, id) WHERE type = '%s' GROUP BY id;", typ.Name)
	}
	sys.Mapping = b.String()
	return sys
}

// load makes the store hold what was told so far.
func (s *storyteller) load(to *eventlog.Store) {
	s.t.Helper()
	var rows []eventlog.TableRows
	for _, f := range factTables {
		rows = append(rows, eventlog.TableRows{
			Table: f.name, File: f.name, Columns: f.columns, Complete: true,
			Rows: func(fn func(int64, []string) error) error {
				for i, r := range s.facts[f.name] {
					if err := fn(int64(i+1), r); err != nil {
						return err
					}
				}
				return nil
			},
		})
	}
	staged, err := eventlog.StageTables(s.t.Context(), to.Path(), s.system(), rows, eventlog.ExtractOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer staged.Discard()
	receipt, err := to.MergeTables(s.t.Context(), staged)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, n := range receipt.Notes {
		if s.name != "" && n.Code == "dangling-objects" {
			continue // it may refer to what nobody describes
		}
		s.t.Errorf("%s: %s", n.Code, n.Text)
	}
}

func (s *storyteller) fact(table string, row ...string) {
	s.facts[table] = append(s.facts[table], row)
}

// thing returns an object's type and id, and notes that it is there.
func (s *storyteller) thing(name string) (typ, id string) {
	s.t.Helper()
	if s.name != "" {
		return s.split(name)
	}
	return s.described(name)
}

func (s *storyteller) split(name string) (typ, id string) {
	s.t.Helper()
	typ, id, ok := strings.Cut(strings.TrimSpace(name), " ")
	if !ok {
		s.t.Fatalf("want TYPE ID, got %q", name)
	}
	return typ, id
}

func (s *storyteller) described(name string) (typ, id string) {
	s.t.Helper()
	typ, id = s.split(name)
	if !s.named[typ+" "+id] {
		s.named[typ+" "+id] = true
		s.fact("thing", typ, id)
	}
	return typ, id
}

func (s *storyteller) tell(line string) {
	s.t.Helper()
	switch head, tail, _ := strings.Cut(line, ": "); {
	case line[0] >= '0' && line[0] <= '9':
		s.event(head, tail)
	case strings.Contains(head, " ?> "):
		source, rest, _ := strings.Cut(head, " -- ")
		qualifier, key, _ := strings.Cut(rest, " ?> ")
		values := attributes(tail)
		sourceType, sourceID := s.split(source)
		targetType, key := s.split(key)
		s.fact("sought", sourceType, sourceID, qualifier, targetType, key, values["attribute"], values["matches"], values["target"], values["amount"], values["currency"])
	case strings.Contains(head, " -- "):
		source, rest, _ := strings.Cut(head, " -- ")
		qualifier, target, ok := strings.Cut(rest, " -> ")
		if !ok {
			s.t.Fatalf("want SOURCE -- QUALIFIER -> TARGET, got %q", line)
		}
		values := attributes(tail)
		sourceType, sourceID := s.thing(source)
		targetType, targetID := s.thing(target)
		s.fact("relation", sourceType, sourceID, qualifier, targetType, targetID, values["quantity"], values["amount"], values["currency"])
	default:
		typ, id := s.described(strings.TrimSuffix(head, ":"))
		for name, value := range attributes(tail) {
			s.attribute(typ, id, name, value)
		}
	}
}

// attribute replaces what was told of it before.
func (s *storyteller) attribute(typ, id, name, value string) {
	for _, r := range s.facts["value"] {
		if r[0] == typ && r[1] == id && r[2] == name {
			r[3] = value
			return
		}
	}
	s.fact("value", typ, id, name, value)
}

func (s *storyteller) event(head, tail string) {
	s.t.Helper()
	f := strings.SplitN(head, " ", 4)
	objects, change, changed := strings.Cut(tail, ": ")
	s.events++
	key, at := fmt.Sprint(s.events), f[0]+" "+f[1]+":00"
	s.fact("happened", key, at, f[2], f[3])
	for _, name := range strings.Split(objects, ",") {
		name, qualifier, _ := strings.Cut(strings.TrimSuffix(name, ")"), " (")
		typ, id := s.thing(name)
		if qualifier == "" {
			qualifier = "on"
		}
		s.fact("happened_to", key, typ, id, qualifier)
	}
	if changed {
		attribute, values, _ := strings.Cut(change, " ")
		before, after, _ := strings.Cut(values, " => ")
		typ, id := s.thing(objects)
		s.fact("edit", key, typ, id, attribute, at, before, after)
	}
}

func attributes(text string) map[string]string {
	values := map[string]string{}
	for _, p := range strings.Split(text, ", ") {
		if name, value, ok := strings.Cut(strings.TrimSpace(p), " "); ok {
			values[name] = value
		}
	}
	return values
}

// table renders a query's result with aligned columns; nothing is a dot,
// and full minutes in UTC are written short.
func table(t testing.TB, s *eventlog.Store, query string) (string, error) {
	rows, err := s.Query(t.Context(), query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return "", err
	}
	grid := [][]string{names}
	for rows.Next() {
		cells := make([]sql.NullString, len(names))
		into := make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		row := make([]string, len(names))
		for i, c := range cells {
			row[i] = "."
			if c.Valid && c.String != "" {
				row[i] = strings.TrimSuffix(strings.TrimSuffix(c.String, "+00"), ":00")
			}
		}
		grid = append(grid, row)
	}
	width := make([]int, len(names))
	for _, r := range grid {
		for i, c := range r {
			width[i] = max(width[i], len(c))
		}
	}
	var b strings.Builder
	for _, r := range grid {
		var line strings.Builder
		for i, c := range r {
			fmt.Fprintf(&line, "%-*s  ", width[i], c)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String(), rows.Err()
}
