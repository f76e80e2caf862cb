package bank

import (
	_ "embed"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/preset"
)

// Kind is what a source of bank statements is called in a project.
const Kind = "bank"

// Sample is a commented configuration of the source.
//
//go:embed sample.yaml
var Sample string

//go:embed tables.yaml
var tablesYAML []byte

//go:embed mapping.sql
var mapping string

// System returns what is known of bank statements. Whoever reads them gives it
// its Name and Origin, and the Timezone of days and of times without one.
// Receipts are linked to the invoices of the sources it Uses, which are to be
// loaded before it.
func System() *eventlog.System {
	tables, err := preset.Tables(tablesYAML)
	if err != nil {
		panic(err) // our own embedded file; TestSystem reads it
	}
	return &eventlog.System{Name: Kind, Kind: Kind, Timezone: "UTC", Mapping: mapping, Model: o2c.Model(), Tables: tables}
}
