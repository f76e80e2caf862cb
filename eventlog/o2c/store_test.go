package o2c

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
)

// newStore returns an empty store in memory. Its business views are there
// after script, one of Views and Refresh.
func newStore(t testing.TB, script string) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1) // one connection, one time zone
	schema, err := os.ReadFile("../sql/migrations/0001_store.sql")
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, db, string(schema))
	mustExec(t, db, "SET TimeZone = 'UTC'")
	mustExec(t, db, script)
	return db
}

func mustExec(t testing.TB, db *sql.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.Exec(text, args...); err != nil {
		t.Fatal(err)
	}
}

// A storyteller fills a store from text, one fact a line:
//
//	SalesOrderItem A/1: quantity 10, unit pcs
//	SalesOrderItem A/1 -- item of -> SalesOrder A
//	InvoiceItem I1/1 -- bills -> DeliveryItem D1/1: quantity 4, amount 40, currency EUR
//	2024-03-01 09:00 human Create Sales Order: SalesOrder A
//	2024-03-02 10:00 human Change Quantity: SalesOrderItem A/1: quantity 8 => 10
//
// Objects that are named without attributes need no line of their own.
type storyteller struct {
	t       testing.TB
	db      *sql.DB
	objects map[string]int64
	events  int64
}

func (s *storyteller) object(name string) int64 {
	s.t.Helper()
	name = strings.TrimSpace(name)
	if n, ok := s.objects[name]; ok {
		return n
	}
	typ, id, ok := strings.Cut(name, " ")
	if !ok {
		s.t.Fatalf("want TYPE ID, got %q", name)
	}
	n := int64(len(s.objects) + 1)
	s.objects[name] = n
	mustExec(s.t, s.db, "INSERT INTO object VALUES (?, ?, ?, 'story', NULL, NULL, 1)", n, typ, id)
	mustExec(s.t, s.db, fmt.Sprintf("INSERT INTO objects.%q (object) VALUES (?)", typ), n)
	return n
}

func (s *storyteller) tell(line string) {
	s.t.Helper()
	switch head, tail, _ := strings.Cut(line, ": "); {
	case line[0] >= '0' && line[0] <= '9':
		s.event(head, tail)
	case strings.Contains(head, " -- "):
		source, rest, _ := strings.Cut(head, " -- ")
		qualifier, target, ok := strings.Cut(rest, " -> ")
		if !ok {
			s.t.Fatalf("want SOURCE -- QUALIFIER -> TARGET, got %q", line)
		}
		values := attributes(tail)
		mustExec(s.t, s.db, "INSERT INTO object_object VALUES (?, ?, ?, ?, ?, ?, 'story', 1)", s.object(source), s.object(target),
			qualifier, values["quantity"], values["amount"], values["currency"])
	default:
		n := s.object(head)
		typ, _, _ := strings.Cut(head, " ")
		for name, value := range attributes(tail) {
			mustExec(s.t, s.db, fmt.Sprintf("UPDATE objects.%q SET %q = ? WHERE object = ?", typ, name), value, n)
		}
	}
}

func (s *storyteller) event(head, tail string) {
	s.t.Helper()
	f := strings.SplitN(head, " ", 4)
	objects, change, changed := strings.Cut(tail, ": ")
	s.events++
	mustExec(s.t, s.db, `INSERT INTO event (event, id, activity, time, precision, rank, actor_kind, resource, source, sequence, load)
		VALUES (?, ?, ?, ?::TIMESTAMPTZ, 'exact', 0, ?, ?, 'story', ?, 1)`,
		s.events, s.events, f[3], f[0]+" "+f[1]+":00+00", f[2], f[2], s.events)
	for _, name := range strings.Split(objects, ",") {
		mustExec(s.t, s.db, "INSERT INTO event_object VALUES (?, ?, 'on', NULL, NULL, NULL, 1)", s.events, s.object(name))
	}
	if changed {
		attribute, values, _ := strings.Cut(change, " ")
		before, after, _ := strings.Cut(values, " => ")
		mustExec(s.t, s.db, "INSERT INTO object_change VALUES (?, ?, ?::TIMESTAMPTZ, ?, ?, ?, 'story', 1)",
			s.object(objects), attribute, f[0]+" "+f[1]+":00+00", before, after, s.events)
	}
}

func attributes(text string) map[string]any {
	values := map[string]any{}
	for _, p := range strings.Split(text, ", ") {
		if name, value, ok := strings.Cut(strings.TrimSpace(p), " "); ok {
			values[name] = value
		}
	}
	return values
}

// table renders a query's result with aligned columns; nothing is a dot,
// and full minutes in UTC are written short.
func table(db *sql.DB, query string) (string, error) {
	rows, err := db.Query(query)
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
