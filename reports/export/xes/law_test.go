package xes

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/xesfile"
	"millrace/reports/export/xmltext"
)

// read reads a file into batches of its own.
func read(t testing.TB, path string) (eventlog.Meta, []*eventlog.Batch, int64) {
	t.Helper()
	f, err := xesfile.Format.Open(t.Context(), path, ingest.Options{Attributes: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var batches []*eventlog.Batch
	err = f.Read(t.Context(), func(b *eventlog.Batch) error {
		batches = append(batches, clone(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, rejects := f.Rejects()
	return f.Meta(), batches, rejects
}

func clone(b *eventlog.Batch) *eventlog.Batch {
	c := *b
	c.Case, c.Activity, c.Time, c.Start = slices.Clone(b.Case), slices.Clone(b.Activity), slices.Clone(b.Time), slices.Clone(b.Start)
	c.Resource, c.Lifecycle, c.Instance = slices.Clone(b.Resource), slices.Clone(b.Lifecycle), slices.Clone(b.Instance)
	c.Day, c.Place, c.CaseIDs = slices.Clone(b.Day), slices.Clone(b.Place), slices.Clone(b.CaseIDs)
	columns := func(in []eventlog.Column) (out []eventlog.Column) {
		for _, x := range in {
			x.Text, x.Int, x.Float, x.Null = slices.Clone(x.Text), slices.Clone(x.Int), slices.Clone(x.Float), slices.Clone(x.Null)
			out = append(out, x)
		}
		return out
	}
	c.Attributes, c.CaseAttributes = columns(b.Attributes), columns(b.CaseAttributes)
	if b.Codes != nil {
		codes := func(x eventlog.Codes) eventlog.Codes {
			return eventlog.Codes{Of: slices.Clone(x.Of), Labels: slices.Clone(x.Labels)}
		}
		c.Codes = &eventlog.BatchCodes{Case: codes(b.Codes.Case), Activity: codes(b.Codes.Activity), Resource: codes(b.Codes.Resource)}
	}
	return &c
}

// widen makes all columns text, and one of those of one name: what a store does
// with an attribute of several types, at worst. What xes:rest holds stays.
func widen(columns []eventlog.Column, n int) (out []eventlog.Column) {
	place := map[string]int{}
	for i := range columns {
		c := &columns[i]
		at, ok := place[c.Name]
		if !ok {
			at = len(out)
			place[c.Name] = at
			w := eventlog.Column{Name: c.Name, Text: make([]string, n), Null: make([]bool, n)}
			for row := range n {
				w.Null[row] = true
			}
			out = append(out, w)
		}
		for row := range n {
			if w := &out[at]; (c.Null == nil || !c.Null[row]) && w.Null[row] {
				w.Null[row], w.Text[row] = false, c.ValueText(row)
			}
		}
	}
	return out
}

func write(t testing.TB, meta eventlog.Meta, batches []*eventlog.Batch) (string, []eventlog.Note) {
	t.Helper()
	var out strings.Builder
	notes, err := Write(t.Context(), &out, meta, func(emit func(*eventlog.Batch) error) error {
		for _, b := range batches {
			if err := emit(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), notes
}

func file(t testing.TB, text string) string {
	path := filepath.Join(t.TempDir(), "log.xes")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A pen draws logs of XES whose events are all taken.
type pen struct {
	t    *rapid.T
	e    xmltext.Escaper
	file string // begins the names of traces, which all have one then
}

func (p *pen) quote(s string) string { return string(p.e.Append(nil, s)) }

func (p *pen) text(label string) string {
	return rapid.OneOf(rapid.SampledFrom([]string{"", " ", "a", "pick & pack", "<\"'>", "a\n\tb\r", "日本", "#1", "007"}), rapid.StringMatching(`[a-z ]{0,5}`)).Draw(p.t, label)
}

func (p *pen) attribute(key string, depth int) string {
	kind := rapid.SampledFrom(append(kinds, "string", "int", "date")).Draw(p.t, "kind")
	return p.typed(kind, key, depth)
}

func (p *pen) typed(kind, key string, depth int) string {
	value := ""
	switch kind {
	case "date":
		value = rapid.SampledFrom([]string{"2010-12-30T14:32:00.000+01:00", "2010-12-30T14:32:00Z", "1969-12-31T23:59:59.999999-05:30", "2010-12-30"}).Draw(p.t, "date")
	case "int":
		value = rapid.SampledFrom([]string{"0", "-42", "007", "9007199254740993", "9223372036854775807", "12345678901234567890"}).Draw(p.t, "int")
	case "float":
		value = rapid.SampledFrom([]string{"0", "1.50", "-1e300", "0.1", "5", "INF", "NaN"}).Draw(p.t, "float")
	case "boolean":
		value = rapid.SampledFrom([]string{"true", "false", "1", "True"}).Draw(p.t, "boolean")
	default:
		value = p.text("value")
	}
	if key != "concept:name" && key != "time:timestamp" && key != "start_timestamp" {
		switch rapid.IntRange(0, 11).Draw(p.t, "odd") {
		case 0:
			value = p.text("odd value")
		case 1:
			value = ""
		}
	}
	attrs := ` key="` + p.quote(key) + `"`
	if kind != "list" && kind != "container" && (key == "concept:name" || rapid.IntRange(0, 11).Draw(p.t, "valued") > 0) {
		attrs += ` value="` + p.quote(value) + `"`
	}
	inside := ""
	if depth < 3 && (kind == "list" || kind == "container" || rapid.IntRange(0, 7).Draw(p.t, "nested") == 0) {
		for range rapid.IntRange(0, 2).Draw(p.t, "children") {
			inside += p.attribute(rapid.SampledFrom([]string{"a", "b", "unit"}).Draw(p.t, "child"), depth+1)
		}
		if kind == "list" && rapid.Bool().Draw(p.t, "values") {
			values := ""
			for range rapid.IntRange(0, 2).Draw(p.t, "items") {
				values += p.attribute(rapid.SampledFrom([]string{"item", "a"}).Draw(p.t, "item"), depth+1)
			}
			inside += "<values>" + values + "</values>"
		}
	}
	return "<" + kind + attrs + ">" + inside + "</" + kind + ">"
}

func (p *pen) attributes(keys ...string) string {
	var b strings.Builder
	for range rapid.IntRange(0, 4).Draw(p.t, "attributes") {
		b.WriteString(p.attribute(rapid.SampledFrom(keys).Draw(p.t, "key"), 0))
	}
	return b.String()
}

func (p *pen) log() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><log`)
	if rapid.Bool().Draw(p.t, "versioned") {
		b.WriteString(` xes.version="1.0" xes.features="nested-attributes" openxes.version="1.0RC7" xmlns="http://www.xes-standard.org/" xmlns:x="urn:x" x:y="z"`)
	}
	b.WriteString(">")
	if rapid.Bool().Draw(p.t, "extensions") {
		b.WriteString(`<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/><extension name="O &amp; M" prefix="" uri=""/>`)
	}
	if rapid.Bool().Draw(p.t, "globals") {
		b.WriteString(`<global scope="trace">` + p.attributes("concept:name", "a b") + `</global><global scope="event">` + p.attributes("concept:name", "c") + `</global>`)
	}
	if rapid.Bool().Draw(p.t, "classifiers") {
		b.WriteString(`<classifier name="A" scope="event" keys="concept:name lifecycle:transition"/><classifier name="B" keys="'a b'  c"/><classifier name="C" scope="trace" keys=""/>`)
	}
	b.WriteString(p.attributes("concept:name", "source", "source", "a"))
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"1", "2", "case <&>", "#9", "ü", " "}), 0, 4, rapid.ID[string]).Draw(p.t, "traces")
	for _, name := range names {
		name = p.file + name
		b.WriteString("<trace>")
		before := rapid.Bool().Draw(p.t, "name first")
		kind := rapid.SampledFrom([]string{"string", "string", "string", "int", "id", "none"}).Draw(p.t, "kind of name")
		named := "<" + kind + ` key="concept:name" value="` + p.quote(name) + `"/>`
		if kind == "none" && p.file == "" {
			named = ""
		} else if kind == "none" {
			named = `<string key="concept:name" value="` + p.quote(name) + `"/>`
		}
		if before {
			b.WriteString(named)
		}
		b.WriteString(p.attributes("a", "b", "xes:rest", "A", "cost:total", "a b"))
		for range rapid.IntRange(0, 4).Draw(p.t, "events") {
			b.WriteString("<event>")
			b.WriteString(p.attributes("a", "b", "A", "xes:rest", "org:role", "start_timestamp"))
			b.WriteString(rapid.SampledFrom([]string{
				`<string key="concept:name" value="pick"/>`, `<string key="concept:name" value="pick"/>`, `<int key="concept:name" value="7"/>`,
				`<string key="concept:name" value="pick"><string key="by" value="hand"/></string>`, `<string key="concept:name" value="pick"/><string key="concept:name" value="pack"/>`,
			}).Draw(p.t, "name"))
			b.WriteString(rapid.SampledFrom([]string{
				``, `<date key="time:timestamp" value="2010-12-30T14:32:00.000+01:00"/>`, `<date key="time:timestamp" value="2010-12-30"/>`,
				`<string key="time:timestamp" value="2010-12-30T14:32:00"/>`, `<date key="time:timestamp" value=""/>`,
				`<date key="time:timestamp" value="2010-12-30T14:32:00.123456Z"><string key="zone" value="x"/></date>`,
			}).Draw(p.t, "time"))
			b.WriteString(rapid.SampledFrom([]string{``, `<date key="start_timestamp" value="2010-12-30T14:00:00Z"/>`, `<string key="org:resource" value="Ann"/>`,
				`<string key="org:resource" value=""/><id key="concept:instance" value="i1"/>`, `<string key="lifecycle:transition" value="start"/><string key="concept:instance" value="i"/>`,
				`<int key="org:resource" value="07"/>`}).Draw(p.t, "who"))
			b.WriteString("</event>")
		}
		if !before {
			b.WriteString(named)
		}
		b.WriteString("</trace>")
	}
	b.WriteString("</log>")
	return b.String()
}

// XES → reader → writer is the same log, and writing that again the same
// bytes; a store's wider columns lose nothing either.
func TestWhatIsReadIsWritten(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := (&pen{t: rt}).log()
		meta, batches, rejects := read(t, file(t, text))
		if rejects > 0 {
			rt.Skip("the generator drew a time that cannot be read")
		}
		same(rt, t, text, meta, batches)
	})
}

func same(rt interface{ Fatalf(string, ...any) }, t testing.TB, text string, meta eventlog.Meta, batches []*eventlog.Batch) {
	want := said(t, text)
	once, _ := write(t, meta, batches)
	if diff := cmp.Diff(want, said(t, once)); diff != "" {
		rt.Fatalf("what was written says otherwise (-want +got):\n%s\n%s\n%s", diff, text, once)
	}
	if err := inOrder(t, once); err != nil {
		rt.Fatalf("%v", err)
	}
	for _, b := range batches {
		b.Attributes, b.CaseAttributes = widen(b.Attributes, b.Len()), widen(b.CaseAttributes, len(b.CaseIDs))
	}
	wide, _ := write(t, meta, batches)
	if diff := cmp.Diff(want, said(t, wide)); diff != "" {
		rt.Fatalf("with columns of text it says otherwise (-want +got):\n%s\n%s\n%s", diff, text, wide)
	}
	meta, batches, rejects := read(t, file(t, once))
	if rejects > 0 {
		rt.Fatalf("%d rejects of what was written", rejects)
	}
	if again, _ := write(t, meta, batches); again != once {
		rt.Fatalf("written again, it has other bytes:\n%s\n%s", once, again)
	}
}

// Cutting a log into batches anywhere, with a case's attributes at its first
// event or its last, changes no byte.
func TestBatchesDoNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var whole eventlog.Batch
		var parts []*eventlog.Batch
		cost := eventlog.Column{Name: "cost", Type: eventlog.Int}
		n := rapid.IntRange(1, 4).Draw(rt, "cases")
		part := &eventlog.Batch{Attributes: []eventlog.Column{cost}, CaseAttributes: []eventlog.Column{{Name: "size", Type: eventlog.Int}}}
		whole.Attributes, whole.CaseAttributes = []eventlog.Column{cost}, []eventlog.Column{{Name: "size", Type: eventlog.Int}}
		parts = append(parts, part)
		for c := range n {
			id := fmt.Sprint("c", c)
			events := rapid.IntRange(0, 3).Draw(rt, "events")
			early := rapid.Bool().Draw(rt, "early")
			takeCase := func(b *eventlog.Batch) {
				b.CaseIDs = append(b.CaseIDs, id)
				b.CaseAttributes[0].Int = append(b.CaseAttributes[0].Int, int64(c))
			}
			takeCase(&whole)
			for e := range events {
				if rapid.Bool().Draw(rt, "cut") {
					part = &eventlog.Batch{Attributes: []eventlog.Column{cost}, CaseAttributes: []eventlog.Column{{Name: "size", Type: eventlog.Int}}}
					parts = append(parts, part)
				}
				for _, b := range []*eventlog.Batch{&whole, part} {
					b.Case, b.Activity = append(b.Case, id), append(b.Activity, fmt.Sprint("a", e))
					b.Attributes[0].Int = append(b.Attributes[0].Int, int64(e))
				}
				if early && e == 0 || !early && e == events-1 {
					takeCase(part)
				}
			}
			if events == 0 {
				takeCase(part)
			}
		}
		want, _ := write(t, eventlog.Meta{}, []*eventlog.Batch{&whole})
		if got, _ := write(t, eventlog.Meta{}, parts); got != want {
			rt.Fatalf("%s\nfrom %d batches; from one it is\n%s", got, len(parts), want)
		}
	})
}

// The public logs come out as they went in. xes_20.xes is not among them: its
// one event has no name, so it is rejected.
func TestPublicLogs(t *testing.T) {
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	names := []string{"CCC19.xes", "L1_missing_timestamp.xes", "L1_start_complete_overlapping.xes", "roadtraffic100traces.xes", "running-example.xes",
		"receipt.xes.gz", "repairExample.xes.gz", "reviewing.xes.gz", "interval_event_log.xes.gz"}
	if testing.Short() {
		names = names[:5]
	}
	for _, name := range names {
		path := filepath.Join(dir, "data", "logs", name)
		if _, err := os.Stat(path); err != nil {
			t.Skipf("no public logs in %s; set MILLRACE_SHARED to the folder that has data/logs", dir)
		}
		t.Run(name, func(t *testing.T) {
			meta, batches, rejects := read(t, path)
			if rejects > 0 {
				t.Fatalf("%d rejects", rejects)
			}
			same(t, t, unpack(t, path), meta, batches)
		})
	}
}

func unpack(t testing.TB, path string) string {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
