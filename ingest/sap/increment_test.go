package sap

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/extract"
	"millrace/ingest/sourcetest"
)

// An editor edits rows of an SAP as its programs do: with a date, entered late,
// without a date in columns that nothing dates, or away.
type editor struct {
	server *sourcetest.Memory
	rows   map[string]map[string][]string // table → key → row
	gone   map[string]bool                // table and key of rows deleted since the last reading
	now    time.Time
}

// words are what columns of a name may have; others have one of few texts. None
// of a key is empty: such a row is rejected, and nothing is deleted beside it.
var words = map[string][]string{
	"vbeln": {"0000000001", "0000000002"}, "vbelv": {"0000000001", "0000000002"}, "vgbel": {"0000000001", ""}, "aubel": {"0000000001", ""}, "belnr": {"0000000001", "0000000002"},
	"augbl": {"", "0000000002"}, "sfakn": {"", "0000000001"}, "posnr": {"000010", "000020"}, "posnv": {"000010"}, "posnn": {"000010"}, "vgpos": {"000010"}, "aupos": {"000010"},
	"objectclas": {"VERKBELEG"}, "objectid": {"0000000001", "0000000002"}, "changenr": {"0000000101", "0000000102"}, "tabname": {"VBAK"}, "tabkey": {"1000000000001", "1000000000002"}, "fname": {"LIFSK", "VDATU"}, "chngind": {"U"},
	"bukrs": {"1000"}, "gjahr": {"2026"}, "buzei": {"001"}, "koart": {"D"}, "kunnr": {"0000004711"}, "vbtyp": {""}, "vbtyp_n": {"J", "N"}, "kostk": {"", "C"},
	"fksto": {"", "X"}, "abgru": {"", "61"}, "lifsk": {"", "01"}, "cmgst": {"", "B", "D"}, "rebzg": {""}, "rebzt": {""}, "bschl": {"01", "15"}, "umskz": {""}, "fkart": {"F2"}, "xreversal": {""}, "sjahr": {""},
}

func (e *editor) word(rt *rapid.T, column string) string {
	list := words[column]
	if list == nil {
		list = []string{"", "1", "20260105"}
	}
	return rapid.SampledFrom(list).Draw(rt, column)
}

func (e *editor) edit(rt *rapid.T, t testing.TB, table *eventlog.Table) {
	at := func(column string) int {
		return slices.IndexFunc(table.Columns, func(c eventlog.TableColumn) bool { return c.Name == column })
	}
	var key []string
	for _, k := range table.Key {
		key = append(key, e.word(rt, k))
	}
	rows := e.rows[table.Name]
	text := strings.Join(key, "/")
	row := slices.Clone(rows[text])
	today := e.now.Format("20060102")
	how := rapid.SampledFrom([]string{"dated", "dated", "undated", "late", "delete"}).Draw(rt, "how")
	if how == "delete" {
		e.server.Delete(t, table.Name, key)
		if rows[text] != nil {
			e.gone[table.Name+" "+text] = true
		}
		delete(rows, text)
		return
	}
	isNew := row == nil
	if isNew {
		row = make([]string, len(table.Columns))
	}
	for i, c := range table.Columns {
		switch {
		case slices.Contains(table.Key, c.Name):
			row[i] = key[slices.Index(table.Key, c.Name)]
		case slices.Contains(table.Watermark, c.Name):
		case isNew || how == "dated" || len(table.Watermark) == 0 || slices.Contains(table.Swept, c.Name):
			row[i] = e.word(rt, c.Name)
		}
	}
	if len(table.Watermark) > 0 {
		created := at(table.Watermark[0])
		switch {
		case isNew && how == "late" && !e.gone[table.Name+" "+text]: // deleted, made again and dated back in between, it is the old row to all but a full reading
			row[created] = "20260102"
		case isNew:
			row[created] = today
		case how == "dated":
			row[at(table.Watermark[len(table.Watermark)-1])] = today
		}
	}
	rows[text] = row
	e.server.Put(t, table.Name, row)
}

// later puts a row of four days later, so that those before it are older than
// what an increment reads again.
func (e *editor) later(t testing.TB, table *eventlog.Table) {
	if len(table.Watermark) == 0 {
		return
	}
	row := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		switch {
		case slices.Contains(table.Key, c.Name):
			row[i] = "0000000009"
		case c.Name == table.Watermark[0]:
			row[i] = e.now.AddDate(0, 0, 4).Format("20060102")
		}
	}
	e.server.Put(t, table.Name, row)
}

// For any edits, what increments leave is what one reading of all leaves: rows,
// and what follows from them.
func TestIncrementsAreTheWhole(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue { // each maps a dozen times
		if err := f.Value.Set("3"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
	}
	var tables []eventlog.Table
	for _, x := range System().Tables {
		if slices.Contains([]string{"VBAK", "VBAP", "VBFA", "LIKP", "LIPS", "VBRK", "VBRP", "BSEG", "CDHDR", "CDPOS"}, x.Name) {
			tables = append(tables, x)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "law")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		e := &editor{server: sourcetest.NewMemory(tables), rows: map[string]map[string][]string{}, gone: map[string]bool{}, now: time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)}
		for i := range tables {
			e.rows[tables[i].Name] = map[string][]string{}
		}
		path := filepath.Join(dir, "long.duckdb")
		for range 2 {
			for i := range tables {
				for range rapid.IntRange(1, 4).Draw(rt, "edits") {
					e.edit(rt, t, &tables[i])
				}
			}
			for i := range tables {
				e.later(t, &tables[i])
			}
			extractOnce(t, e.server, path, extract.Options{Overlap: 48 * time.Hour})
			clear(e.gone)
			e.now = e.now.AddDate(0, 0, 5)
		}
		fresh := filepath.Join(dir, "fresh.duckdb")
		extractOnce(t, e.server, fresh, extract.Options{Full: true})
		if got, want := loaded(t, path, tables), loaded(t, fresh, tables); got != want {
			rt.Fatalf("increments left\n%s\nand a reading of all\n%s", got, want)
		}
	})
}

// extractOnce extracts, stages and merges, as the program does.
func extractOnce(t testing.TB, server *sourcetest.Memory, path string, o extract.Options) {
	t.Helper()
	ctx := context.Background()
	src, sys := server.Open(t), System()
	defer src.Close()
	sys.Origin, sys.Derived, o.Store = src.Origin(), o2c.Refresh(), path
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); err == nil {
		s, err := eventlog.Open(ctx, path, eventlog.OpenOptions{ReadOnly: true})
		must(err)
		o.Last, err = s.Watermark(ctx, sys.Name)
		must(err)
		must(s.Close())
	}
	x, err := extract.Extract(ctx, src, sys, o)
	must(err)
	defer x.Close()
	staged, err := eventlog.StageTables(ctx, path, *sys, x.Rows, eventlog.ExtractOptions{Watermark: x.Watermark, Content: x.Content, Names: eventlog.Names{Keep: true}})
	must(err)
	defer staged.Discard()
	s, err := eventlog.Open(ctx, path, eventlog.OpenOptions{})
	must(err)
	_, err = s.MergeTables(ctx, staged)
	must(err)
	must(s.Close())
	must(x.Done())
}

// loaded tells what a store has: the rows, and the events, objects and relations.
func loaded(t testing.TB, path string, tables []eventlog.Table) string {
	t.Helper()
	db := ask(t, path)
	defer db.Close()
	queries := []string{
		"SELECT activity, time, precision, resource, source_table, source_key FROM main.event",
		"SELECT type, id, defined FROM main.object",
		"SELECT source_type, source_id, qualifier, target_type, target_id FROM o2c.links",
		`SELECT o.type, o.id, c.attribute, c.time, c.old_value, c.new_value FROM main.object_change c JOIN main.object o USING (object)`,
	}
	for _, x := range tables {
		queries = append(queries, "SELECT * EXCLUDE (_load, _line) FROM landing_sap."+eventlog.Quote(x.Name))
	}
	var b strings.Builder
	for _, q := range queries {
		fmt.Fprintf(&b, "== %s\n%s\n", q, strings.Join(rows(t, db, "SELECT * FROM ("+q+") ORDER BY ALL"), "\n"))
	}
	return b.String()
}
