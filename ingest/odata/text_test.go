package odata

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"millrace/eventlog"
	"millrace/ingest/web"
)

// show says what a set is read as.
func show(m *metadata) string {
	var b strings.Builder
	version := 2
	if m.v4 {
		version = 4
	}
	fmt.Fprintf(&b, "version %d\n", version)
	for _, name := range m.list {
		e := m.sets[name]
		fmt.Fprintf(&b, "%s, key %s", name, strings.Join(e.key, " "))
		if e.byKey() {
			b.WriteString(", which pages can be asked for by")
		}
		b.WriteByte('\n')
		for _, x := range e.properties {
			fmt.Fprintf(&b, "  %s %s\n", x.name, x.sql())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.odd)) {
		fmt.Fprintf(&b, "%s cannot be read: %v\n", name, m.odd[name])
	}
	return b.String()
}

func TestMetadata(t *testing.T) {
	datadriven.RunTest(t, "testdata/metadata", func(t *testing.T, d *datadriven.TestData) string {
		m, err := parseMetadata(strings.NewReader(d.Input))
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		return show(m)
	})
}

// A line is a type and a value as JSON has it.
func TestValues(t *testing.T) {
	datadriven.RunTest(t, "testdata/values", func(t *testing.T, d *datadriven.TestData) string {
		var b strings.Builder
		for line := range strings.Lines(d.Input) {
			edm, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			x := &property{edm: "Edm." + edm}
			if edm == "SAPDate" {
				x = &property{edm: "Edm.DateTime", date: true}
			}
			fmt.Fprintf(&b, "%s\n", x.text(json.RawMessage(value)))
		}
		return b.String()
	})
}

// Filters of a set "v2" or "v4" with one property of every type, named as it.
func TestFilters(t *testing.T) {
	datadriven.RunTest(t, "testdata/filter", func(t *testing.T, d *datadriven.TestData) string {
		e := &entitySet{name: "Set", v4: d.HasArg("v4"), entityType: &entityType{named: map[string]*property{}}}
		for _, edm := range []string{"String", "Int32", "Int64", "Decimal", "DateTime", "DateTimeOffset", "Date", "Guid", "Boolean", "Time", "TimeOfDay", "Binary"} {
			x := &property{name: edm, edm: "Edm." + edm, filter: true}
			e.properties = append(e.properties, x)
			e.named[edm] = x
		}
		for _, x := range []*property{
			{name: "Empty", edm: "Edm.DateTimeOffset", filter: true, nullable: true},
			{name: "Empty2", edm: "Edm.DateTime", filter: true, nullable: true, date: true},
			{name: "Unfiltered", edm: "Edm.DateTimeOffset"},
			{name: "Enum", edm: "M.NoYes", enum: "Microsoft.NoYes"},
		} {
			e.properties = append(e.properties, x)
			e.named[x.name] = x
		}
		var b strings.Builder
		for line := range strings.Lines(d.Input) {
			names, text, _ := strings.Cut(strings.TrimSpace(line), "=")
			columns := strings.Fields(names)
			var out string
			var err error
			switch d.Cmd {
			case "since":
				if out = e.since(text, columns); out == "" {
					out = "everything is read"
				}
			case "key":
				var list []*property
				for _, c := range columns {
					list = append(list, e.there(&eventlog.Table{}, c))
				}
				out, err = e.keyed(&eventlog.Table{Name: "T"}, list, strings.Split(text, "|"))
			case "behind":
				e.key = columns
				out, err = e.behind(strings.Split(text, "|"))
			}
			if err != nil {
				out = "error: " + err.Error()
			}
			fmt.Fprintln(&b, out)
		}
		return b.String()
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add(`<edmx:Edmx Version="1.0" xmlns:edmx="e"><edmx:DataServices><Schema Namespace="N" Alias="S"><EntityType Name="T" BaseType="S.B"><Property Name="a" Type="Edm.String"/></EntityType><EntityType Name="B"><Key><PropertyRef Name="k"/></Key><Property Name="k" Type="S.E"/></EntityType><EnumType Name="E"/><TypeDefinition Name="D" UnderlyingType="Edm.Date"/><EntityContainer><EntitySet Name="Ts" EntityType="N.T"/></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`)
	f.Add(`<!DOCTYPE x [<!ENTITY a "b">]><Edmx Version="4.0"/>`)
	f.Add(`<Edmx Version="4.0"><Schema Namespace="N"><EntityType Name="T" BaseType="N.T"/><EntitySet Name="x" EntityType="N.T"/></Schema></Edmx>`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMetadata(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, name := range m.list {
			e := m.sets[name]
			for _, k := range e.key {
				if e.named[k] == nil {
					t.Errorf("%s: the key %q is no property", name, k)
				}
			}
			if e.sql(); e.byKey() && len(e.key) == 0 {
				t.Errorf("%s has no key to be read by", name)
			}
		}
	})
}

func (e *entitySet) sql() (list []string) {
	for _, x := range e.properties {
		list = append(list, x.sql())
	}
	return list
}

// Whatever a value is, it becomes text; what is nested, becomes JSON.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{`"/Date(1492098664000+0060)/"`, `"PT12H3M4.5S"`, `{"results":[{"__metadata":{},"a":1}]}`, `{"__deferred":{"uri":"x"}}`, `"2024-02-30T00:00:00Z"`, `12.50`, `"q83v"`} {
		f.Add("Edm.DateTimeOffset", seed)
	}
	f.Fuzz(func(t *testing.T, edm, value string) {
		value = strings.TrimSpace(value)
		if !json.Valid([]byte(value)) {
			return
		}
		x := &property{edm: edm}
		text := x.text(json.RawMessage(value))
		if (value[0] == '{' || value[0] == '[') && text != "" && !json.Valid([]byte(text)) {
			t.Errorf("%s became %s", value, text)
		}
		// An instant that is kept as a watermark is the same when it is asked for.
		if t1, ok := jsonTime(web.Text(json.RawMessage(value))); ok && t1.Year() > 0 && t1.Year() < 10000 {
			instant := (&property{edm: "Edm.DateTimeOffset"}).text(json.RawMessage(value))
			if t2, zoned, ok := parseTime(instant); !ok || !zoned || !t2.Equal(t1.Truncate(time.Microsecond)) {
				t.Errorf("%s became %s, which is %v", value, instant, t2)
			}
		}
	})
}
