package tryton

import (
	_ "embed"
	"sync"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/preset"
)

// Sample is a commented configuration of the source.
//
//go:embed sample.yaml
var Sample string

//go:embed tables.yaml
var tablesYAML []byte

//go:embed mapping.sql
var mapping string

var tables = sync.OnceValues(func() ([]eventlog.Table, error) { return preset.Tables(tablesYAML) })

func mustTables() []eventlog.Table {
	t, err := tables()
	if err != nil {
		panic(err) // our own embedded file; TestTables reads it
	}
	return t
}

// System returns what is known of a Tryton 7.0. Whoever reads one gives it
// its Name and Origin. Tryton's times are naive UTC.
func System() *eventlog.System {
	return &eventlog.System{Name: "tryton", Kind: "tryton", Timezone: "UTC", Tables: mustTables(), Mapping: mapping, Model: o2c.Model(),
		Actors: eventlog.Actors{Else: "human"}} // Tryton has no other users than people and those that are named for what they do
}
