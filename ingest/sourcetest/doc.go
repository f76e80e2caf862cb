// Package sourcetest holds what every source of tables must survive: pages, and
// reading on behind each of them; an increment; empty tables; cancelling; a
// connection that drops. It does not know any source but one in memory, nor what
// is done with the rows.
package sourcetest

import (
	"testing"

	"millrace/eventlog"
	"millrace/ingest"
)

// A Server is what a source reads, in the hands of a test. It has the tables of
// [Tables], empty at first.
type Server interface {
	// Open opens the source anew, as another process would. The test closes it.
	Open(t testing.TB) ingest.Source
	// Put writes rows of a table, each in place of one with its key. Values are
	// texts as in a Page, in the order of the table's columns.
	Put(t testing.TB, table string, rows ...[]string)
	// Delete removes the rows with these keys.
	Delete(t testing.TB, table string, keys ...[]string)
	// Clear empties all tables.
	Clear(t testing.TB)
	// Cut drops every connection, once, when about so many more rows have been
	// read. It is false where the server cannot.
	Cut(rows int) bool
	// Secret is what no error may contain; "" if there is none.
	Secret() string
}

// Tables are the tables that a Server has.
//
//	thing    a key of one column, one watermark, a value of every type
//	pair     a key of two columns, two watermarks, each of which may be missing
//	plain    no watermark
//	nothing  stays empty
func Tables() []eventlog.Table {
	return []eventlog.Table{
		{Name: "thing", Key: []string{"id"}, Watermark: []string{"changed"}, Columns: []eventlog.TableColumn{
			{Name: "id", SQL: "BIGINT"}, {Name: "name", SQL: "VARCHAR"}, {Name: "amount", SQL: "DECIMAL(18,2)"},
			{Name: "open", SQL: "BOOLEAN"}, {Name: "day", SQL: "DATE"}, {Name: "changed", SQL: "TIMESTAMP"}}},
		{Name: "pair", Key: []string{"doc", "pos"}, Watermark: []string{"created", "written"}, Columns: []eventlog.TableColumn{
			{Name: "doc", SQL: "VARCHAR"}, {Name: "pos", SQL: "BIGINT"}, {Name: "note", SQL: "VARCHAR"},
			{Name: "created", SQL: "TIMESTAMP"}, {Name: "written", SQL: "TIMESTAMP"}}},
		{Name: "plain", Key: []string{"id"}, Columns: []eventlog.TableColumn{{Name: "id", SQL: "BIGINT"}, {Name: "name", SQL: "VARCHAR"}}},
		{Name: "nothing", Key: []string{"id"}, Columns: []eventlog.TableColumn{{Name: "id", SQL: "BIGINT"}, {Name: "name", SQL: "VARCHAR"}}},
	}
}

// System is a system of these tables, whose mapping makes an object of a thing.
func System() *eventlog.System {
	return &eventlog.System{
		Name: "lab", Kind: "sourcetest", Timezone: "UTC", Tables: Tables(),
		Mapping: `CREATE VIEW object_Thing AS SELECT id, name FROM thing`,
	}
}
