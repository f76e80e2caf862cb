package feeds

import (
	"embed"
	"fmt"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/preset"
)

//go:embed keys.sql */tables.yaml */mapping.sql */sample.yaml
var files embed.FS

// A Preset is a kind of feed.
type Preset struct {
	Kind string // what it is called in a project
	Doc  string // one line
}

// Presets lists every kind of feed, in the order help shows them. Where they
// are loaded together this is a good order: carriers quote the warehouse's
// shipments.
var Presets = []Preset{
	{"wms", "what happened in a warehouse"},
	{"carrier", "tenders, and what carriers report"},
	{"crm", "quotes, orders taken by people, disputes, credit decisions"},
	{"shop", "orders, payments and returns of a web shop"},
	{"messages", "attempts to pass business messages, from an integration platform's log"},
}

// System returns what is known of a feed of this kind. Whoever reads one gives
// it its Name, Origin, Timezone, and the sources it refers to as Uses.
func (p Preset) System() *eventlog.System {
	tables, err := preset.Tables(p.file("tables.yaml"))
	if err != nil {
		panic(fmt.Sprintf("feeds: %s: %v", p.Kind, err)) // our own embedded file; TestPresets reads it
	}
	return &eventlog.System{
		Name: p.Kind, Kind: p.Kind, Timezone: "UTC", Tables: tables,
		Mapping: Keys() + string(p.file("mapping.sql")), Model: o2c.Model(),
	}
}

// Sample is a commented configuration of the source.
func (p Preset) Sample() string { return string(p.file("sample.yaml")) }

// Keys is the SQL that every mapping of a feed begins with: how the documents
// of other systems are called, and which one a reference means.
func Keys() string { return string(read("keys.sql")) }

func (p Preset) file(name string) []byte { return read(p.Kind + "/" + name) }

func read(name string) []byte {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("feeds: %v", err)) // embedded; TestPresets reads it
	}
	return text
}
