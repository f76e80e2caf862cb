package ocel

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"millrace/eventlog"
)

// TestText writes the logs in testdata/*.txt and shows what the judge reads. A
// command is the form; each line of its input is one of
//
//	event-type TYPE ATTRIBUTE:KIND…      declare; a type "-" has no name
//	object-type TYPE ATTRIBUTE:KIND…
//	version 1.0
//	also JSON                            other members
//	event ID TYPE TIME NAME=VALUE… →TYPE/OBJECT/QUALIFIER…
//	object TYPE/ID NAME@TIME=VALUE… →TYPE/OBJECT/QUALIFIER…
//	relation EVENT→OBJECT                of an event that may not be there
//	batch                                starts another
//
// with _ for a space, and values as 7, 7.5, true, 2024-01-31, [nested] or text.
func TestText(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if filepath.Ext(path) != ".txt" {
			return
		}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			m := parseModel(t, d)
			var out strings.Builder
			notes, err := Write(context.Background(), &out, Form(d.Cmd), m.source, Options{TempDir: t.TempDir()})
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			if len(d.CmdArgs) > 0 {
				return out.String()
			}
			return judge(t, Form(d.Cmd), []byte(out.String())).text() + noteLines(notes)
		})
	})
}

func noteLines(notes []eventlog.Note) string {
	var b strings.Builder
	for _, n := range notes {
		fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
	}
	return b.String()
}

func (j judged) text() string {
	var b strings.Builder
	types := func(word string, types []eventlog.DeclaredType) {
		for _, d := range types {
			fmt.Fprintf(&b, "%s %q", word, d.Name)
			for _, a := range d.Attributes {
				fmt.Fprintf(&b, " %s:%s", a.Name, a.Type)
			}
			b.WriteString("\n")
		}
	}
	rows := func(word string, rows []judgedRow) {
		for _, r := range rows {
			fmt.Fprintf(&b, "%s %q %q", word, r.ID, r.Type)
			if word == "event" {
				b.WriteString(" " + eventlog.FormatTime(r.Time))
			}
			for _, v := range r.Values {
				at := ""
				if v.Time != 0 {
					at = "@" + eventlog.FormatTime(v.Time)
				}
				fmt.Fprintf(&b, " %s%s=%q", v.Name, at, v.Text)
			}
			for _, x := range r.Relations {
				fmt.Fprintf(&b, " →%s/%s", x[0], x[1])
			}
			b.WriteString("\n")
		}
	}
	types("object-type", j.ObjectTypes)
	types("event-type", j.EventTypes)
	rows("object", j.Objects)
	rows("event", j.Events)
	if j.More != "" {
		b.WriteString("also " + j.More + "\n")
	}
	return b.String()
}

var dateText = regexp.MustCompile(`^\d{4}-\d\d-\d\d(T[0-9:.]+Z)?$`)

// parseValue gives a value's type and its canonical text.
func parseValue(s string) (eventlog.Type, string) {
	switch {
	case s == "true" || s == "false":
		return eventlog.Bool, s
	case strings.HasPrefix(s, "["):
		return eventlog.Nested, s
	case dateText.MatchString(s):
		return eventlog.Time, eventlog.FormatTime(parseMoment(s))
	case strings.HasPrefix(s, "'"):
		return eventlog.Text, s[1:]
	}
	if _, err := strconv.ParseInt(s, 10, 64); err == nil {
		return eventlog.Int, s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return eventlog.Float, s
	}
	return eventlog.Text, s
}

func parseMoment(s string) int64 {
	if s == "-" {
		return eventlog.NoTime
	}
	if len(s) == 10 {
		s += "T00:00:00Z"
	}
	x, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return x.UnixMicro()
}

func parseModel(t *testing.T, d *datadriven.TestData) *model {
	m := &model{meta: eventlog.ObjectMeta{Version: "2.0"}}
	b := &eventlog.ObjectBatch{}
	m.batches = append(m.batches, b)
	for line := range strings.Lines(d.Input) {
		words := strings.Fields(line)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "_", " ")
		}
		rest := words[1:]
		switch words[0] {
		case "batch":
			b = &eventlog.ObjectBatch{}
			m.batches = append(m.batches, b)
		case "version":
			m.meta.Version = rest[0]
		case "also":
			m.meta.Attributes = rest[0]
		case "event-type", "object-type":
			x := eventlog.DeclaredType{Name: strings.TrimPrefix(rest[0], "-")}
			for _, a := range rest[1:] {
				name, typ, _ := strings.Cut(a, ":")
				x.Attributes = append(x.Attributes, eventlog.DeclaredAttribute{Name: name, Type: typ})
			}
			if words[0] == "event-type" {
				m.meta.EventTypes = append(m.meta.EventTypes, x)
			} else {
				m.meta.ObjectTypes = append(m.meta.ObjectTypes, x)
			}
		case "relation":
			event, object, _ := strings.Cut(rest[0], "→")
			relate(&b.EventObject, event, "", object, "")
		case "event":
			parseEvent(b, rest)
		case "object":
			parseObject(b, rest)
		default:
			t.Fatalf("%s: %q", d.Pos, line)
		}
	}
	return m
}

func relate(o *eventlog.EventObjects, event, typ, object, qualifier string) {
	o.Event, o.Type = append(o.Event, event), append(o.Type, typ)
	o.Object, o.Qualifier = append(o.Object, object), append(o.Qualifier, qualifier)
}

func parseEvent(b *eventlog.ObjectBatch, words []string) {
	e := &b.Events
	row := len(e.ID)
	e.ID, e.Activity, e.Time = append(e.ID, words[0]), append(e.Activity, words[1]), append(e.Time, parseMoment(words[2]))
	for _, w := range words[3:] {
		if to, ok := strings.CutPrefix(w, "→"); ok {
			x := strings.Split(to, "/")
			relate(&b.EventObject, words[0], x[0], x[1], x[2])
			continue
		}
		name, text, _ := strings.Cut(w, "=")
		k, text := parseValue(text)
		i := 0
		for i < len(e.Attributes) && e.Attributes[i].Name != name {
			i++
		}
		if i == len(e.Attributes) {
			e.Attributes = append(e.Attributes, eventlog.Column{Name: name, Type: k})
		}
		grow(&e.Attributes[i], row)
		if k == eventlog.Nested {
			c := &e.Attributes[i]
			grow(c, row+1)
			c.Null[row], c.Text[row] = false, text
			continue
		}
		set(&e.Attributes[i], text)
	}
	for i := range e.Attributes {
		grow(&e.Attributes[i], row+1)
	}
}

func parseObject(b *eventlog.ObjectBatch, words []string) {
	typ, id, _ := strings.Cut(words[0], "/")
	b.Objects.Type, b.Objects.ID = append(b.Objects.Type, typ), append(b.Objects.ID, id)
	for _, w := range words[1:] {
		if to, ok := strings.CutPrefix(w, "→"); ok {
			x, o := strings.Split(to, "/"), &b.ObjectObject
			o.SourceType, o.Source = append(o.SourceType, typ), append(o.Source, id)
			o.TargetType, o.Target, o.Qualifier = append(o.TargetType, x[0]), append(o.Target, x[1]), append(o.Qualifier, x[2])
			continue
		}
		name, text, _ := strings.Cut(w, "=")
		name, at, timed := strings.Cut(name, "@")
		if !timed {
			at = "-"
		}
		k, text := parseValue(text)
		v := &b.Values
		v.Type, v.Object, v.Attribute = append(v.Type, typ), append(v.Object, id), append(v.Attribute, name)
		v.Time, v.Kind, v.Value = append(v.Time, parseMoment(at)), append(v.Kind, k), append(v.Value, text)
	}
}
