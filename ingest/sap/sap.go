package sap

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/preset"
)

// Kind is what a source of this system is called in a project.
const Kind = "sap"

// Sample is a commented configuration of the source.
//
//go:embed sample.yaml
var Sample string

//go:embed tables.yaml
var tablesYAML []byte

//go:embed mapping/*.sql
var mappingFiles embed.FS

var tables = sync.OnceValues(func() ([]eventlog.Table, error) { return preset.Tables(tablesYAML) })

// mapping is the mapping's text: its files in the order of their names.
var mapping = sync.OnceValue(func() string {
	files, err := fs.Glob(mappingFiles, "mapping/*.sql")
	if err != nil {
		panic(err) // the pattern is our own
	}
	var b strings.Builder
	for _, f := range files {
		text, err := fs.ReadFile(mappingFiles, f)
		if err != nil {
			panic(err) // embedded
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	return b.String()
})

// actors tell what a program is for from the name of its user. What people are
// called says nothing: table USR02 says who is one.
var actors = eventlog.Actors{Fold: true, Patterns: []eventlog.ActorPattern{
	{Pattern: "(^|[._-])(RPA|BOT|ROBOT)([._0-9-]|$)", Kind: "bot"},
	{Pattern: "(^|[._-])(SAP|WF)?(EDI|IDOC|ALE|RFC|API|CPI|WEB|SHOP|WEBSHOP)(USER|USR|COMM|REMOTE|BATCH|SVC|TECH|IN|OUT)?([._0-9-]|$)", Kind: "interface"},
}}

// System returns what is known of an SAP ECC 6.0 or S/4HANA. Whoever reads one
// gives it its Name and Origin, and the Timezone of its application server:
// documents have that server's time. All tables are optional.
func System() *eventlog.System {
	list, err := tables()
	if err != nil {
		panic(err) // our own embedded file; TestTables reads it
	}
	return &eventlog.System{Name: Kind, Kind: Kind, Timezone: "UTC", Tables: slices.Clone(list), Mapping: mapping(), Model: o2c.Model(), Actors: actors}
}
