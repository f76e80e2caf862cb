package distributor

import (
	"bytes"
	"embed"
	"fmt"
	"sync"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
)

// Kind is what a source of these systems is called in a project.
const Kind = "distributor"

// Sample is a commented configuration of the source.
//
//go:embed sample.yaml
var Sample string

//go:embed tables.yaml
var tablesYAML []byte

//go:embed *.sql
var mappings embed.FS

// system is one entry of tables.yaml.
type system struct {
	Name   string
	Doc    string
	Zone   string // of times without one
	Tables []table
}

type table struct {
	Name     string
	Doc      string
	Key      []string
	Optional bool          // the mapping does without, and says what is lost
	Columns  yaml.MapSlice // DuckDB type → names
	Personal []string      // columns with names of users
	Subject  string        // User or Customer: what each row is about
	Customer []string      // columns that refer to a customer
}

// actors tell kinds of users that the ERP does not list, the same in all
// systems: a badge number is a person, SYSTEM is nobody.
var actors = eventlog.Actors{Patterns: []eventlog.ActorPattern{{Pattern: "^SYSTEM$", Kind: "scheduler"}, {Pattern: "^[0-9]+$", Kind: "human"}}}

var systems = sync.OnceValues(func() ([]system, error) {
	var f struct{ Systems []system }
	if err := yaml.NewDecoder(bytes.NewReader(tablesYAML), yaml.Strict(), yaml.UseOrderedMap()).Decode(&f); err != nil {
		return nil, fmt.Errorf("distributor: tables.yaml: %w", err)
	}
	return f.Systems, nil
})

// Systems returns the six systems in the order in which they are loaded: the
// ERP first, because the others mean its users and its orders. Each is a
// folder of its own, named as the system.
func Systems() []*eventlog.System {
	list, err := systems()
	if err != nil {
		panic(err) // our own embedded file; TestTables reads it
	}
	var all []*eventlog.System
	for _, s := range list {
		text, err := mappings.ReadFile(s.Name + ".sql")
		if err != nil {
			panic(err) // embedded; TestTables loads it
		}
		sys := &eventlog.System{Name: s.Name, Kind: Kind + "-" + s.Name, Timezone: s.Zone, Mapping: string(text), Model: o2c.Model(), Actors: actors}
		if s.Name != "erp" {
			sys.Uses = []string{"erp"}
		}
		for _, t := range s.Tables {
			sys.Tables = append(sys.Tables, eventlog.Table{Name: t.Name, Key: t.Key, Columns: t.columns(), Optional: t.Optional,
				Personal: t.Personal, Subject: t.Subject, Customer: t.Customer})
		}
		all = append(all, sys)
	}
	return all
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
