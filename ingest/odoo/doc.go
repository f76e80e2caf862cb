// Package odoo knows the tables of an Odoo 16, 17 or 18 ERP and what they say
// about order-to-cash.
//
// It is a preset: a list of tables (tables.yaml), a mapping in SQL (mapping.sql
// is what happened, objects.sql what it happened to) and a commented sample of
// its configuration. It does not know how the tables get here (a folder of
// files, a database), nor how they are stored.
package odoo

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

// actors tell what a login is for. What people call themselves says nothing:
// table res_users says who is one.
var actors = eventlog.Actors{Patterns: []eventlog.ActorPattern{
	{Pattern: "^__system__$", Kind: "scheduler"},
	{Pattern: "(^|[._-])(edi|api|webshop|shop|interface|import|integration|connector)([._@-]|$)", Kind: "interface"},
	{Pattern: "(^|[._-])(bot|robot|rpa)([._@-]|$)", Kind: "bot"},
	{Pattern: "^(public|portal)$", Kind: "customer"}, // visitors of the web site
}}

// System returns what is known of an Odoo. Whoever reads one gives it its Name
// and Origin. Odoo's times are naive UTC.
func System() *eventlog.System {
	list, err := tables()
	if err != nil {
		panic(fmt.Sprintf("odoo: %v", err)) // our own embedded file; the tests read it
	}
	return &eventlog.System{Name: "odoo", Kind: "odoo", Timezone: "UTC", Tables: list, Mapping: events + "\n" + objects, Model: o2c.Model(), Actors: actors}
}
