package edi

import (
	_ "embed"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/preset"
)

// Kind is what a source of interchanges is called in a project.
const Kind = "edi"

// Sample is a commented configuration of the source.
//
//go:embed sample.yaml
var Sample string

//go:embed tables.yaml
var tablesYAML []byte

//go:embed mapping.sql
var mapping string

// System returns what is known of interchanges. Whoever reads them gives it
// its Name and Origin, and the Timezone of clocks that do not tell theirs.
// Messages are linked to the orders, deliveries, invoices and receipts of the
// sources it Uses, which are to be loaded before it.
func System() *eventlog.System {
	tables, err := preset.Tables(tablesYAML)
	if err != nil {
		panic(err) // our own embedded file; TestSystem reads it
	}
	return &eventlog.System{Name: Kind, Kind: Kind, Timezone: "UTC", Mapping: mapping, Model: o2c.Model(), Tables: tables}
}
