package tryton

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
)

// Sample is a commented configuration of the source.
//
//go:embed sample.yaml
var Sample string

//go:embed tables.yaml
var tablesYAML []byte

//go:embed mapping.sql
var mapping string

// table is one entry of tables.yaml.
type table struct {
	Name     string
	Doc      string
	Key      []string
	Optional bool // the mapping does without, and says what is lost
	Required []string
	Columns  yaml.MapSlice // DuckDB type → names
	Never    []string      // left out where an extract has them
	Personal []string      // columns with names of users
	Subject  string        // User or Customer: what each row is about
	Customer []string      // columns that refer to a party
}

var tables = sync.OnceValues(func() ([]table, error) {
	var f struct{ Tables []table }
	if err := yaml.NewDecoder(bytes.NewReader(tablesYAML), yaml.Strict(), yaml.UseOrderedMap()).Decode(&f); err != nil {
		return nil, fmt.Errorf("tryton: tables.yaml: %w", err)
	}
	return f.Tables, nil
})

func mustTables() []table {
	t, err := tables()
	if err != nil {
		panic(err) // our own embedded file; TestTables reads it
	}
	return t
}

// System returns what is known of a Tryton 7.0. Whoever reads one gives it
// its Name and Origin. Tryton's times are naive UTC.
func System() *eventlog.System {
	s := &eventlog.System{Name: "tryton", Kind: "tryton", Timezone: "UTC", Mapping: mapping, Model: o2c.Model(),
		Actors: eventlog.Actors{Else: "human"}} // Tryton has no other users than people and those that are named for what they do
	for _, t := range mustTables() {
		s.Tables = append(s.Tables, eventlog.Table{
			Name: t.Name, Key: t.Key, Columns: t.columns(), Never: t.Never, Optional: t.Optional,
			Required: slices.Concat(t.Key, t.Required), // none would mean all
			Personal: t.Personal, Subject: t.Subject, Customer: t.Customer,
		})
	}
	return s
}

func (t *table) columns() []eventlog.TableColumn {
	var list []eventlog.TableColumn
	for _, c := range t.Columns {
		for _, name := range c.Value.([]any) {
			list = append(list, eventlog.TableColumn{Name: name.(string), SQL: c.Key.(string)})
		}
	}
	return list
}
