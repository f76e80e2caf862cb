package eventlog

import (
	"slices"
	"testing"
)

// What a table never stores stays out, whatever its case in the extract;
// other columns beyond the contract are text.
func TestLandColumns(t *testing.T) {
	table := Table{Name: "users", Columns: []TableColumn{{"id", "BIGINT"}, {"login", "VARCHAR"}}, Never: []string{"password"}}
	columns, at := landColumns(table, []string{"Password", "id", "team"})
	if want := []TableColumn{{"id", "BIGINT"}, {"login", "VARCHAR"}, {"team", "VARCHAR"}}; !slices.Equal(columns, want) {
		t.Errorf("columns %v, want %v", columns, want)
	}
	if want := []int{1, -1, 2}; !slices.Equal(at, want) {
		t.Errorf("taken from %v, want %v", at, want)
	}
}
