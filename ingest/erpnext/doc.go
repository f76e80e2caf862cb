// Package erpnext knows the tables of an ERPNext 14 or 15 and what they say
// about order-to-cash.
//
// It is a preset: a list of tables (tables.yaml), a mapping in SQL (mapping.sql
// is what happened, objects.sql what it happened to) and a commented sample of
// its configuration. It does not know how the tables get here (a folder of
// files, a database), nor how they are stored.
package erpnext

import (
	_ "embed"
	"fmt"
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
var events string

//go:embed objects.sql
var objects string

var tables = sync.OnceValues(func() ([]eventlog.Table, error) { return preset.Tables(tablesYAML) })

// actors tell what a login is for: human is one that does not say, and table
// tabUser says whose it is.
var actors = eventlog.Actors{Else: "human", Patterns: []eventlog.ActorPattern{
	{Pattern: "^Administrator$", Kind: "unknown"}, // people log in as it, and scheduled jobs run as it
	{Pattern: "^__default$", Kind: "scheduler"},   // whose settings are the site's
	{Pattern: "^Guest$", Kind: "customer"},        // visitors of the web site
	{Pattern: "(^|[._+-])(edi|api|webshop|shop|interface|import|integration|connector)([._@+-]|$)", Kind: "interface"},
	{Pattern: "(^|[._+-])(bot|robot|rpa)([._@+-]|$)", Kind: "bot"},
}}

// System returns what is known of an ERPNext. Whoever reads one gives it its
// Name and Origin. Its times are those of the site's zone, which the mapping
// reads from the site's own settings: Timezone is of no consequence.
func System() *eventlog.System {
	list, err := tables()
	if err != nil {
		panic(fmt.Sprintf("erpnext: %v", err)) // our own embedded file; the tests read it
	}
	return &eventlog.System{Name: "erpnext", Kind: "erpnext", Timezone: "UTC", Tables: list, Mapping: events + "\n" + objects, Model: o2c.Model(), Actors: actors}
}
