package xes

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The judge reads a log in the most obvious way there is, and writes all it
// says as lines: what two logs must have in common to be the same. Traces and
// events are in order, attributes of one of them sorted, as they have no order.

type element struct {
	name     string
	attrs    []xml.Attr
	children []*element
}

func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (e *element) all(names ...string) (out []*element) {
	for _, c := range e.children {
		if slices.Contains(names, c.name) {
			out = append(out, c)
		}
	}
	return out
}

func parse(t testing.TB, text string) *element {
	d := xml.NewDecoder(strings.NewReader(text))
	root := &element{}
	open := []*element{root}
	for {
		tok, err := d.RawToken()
		if err == io.EOF {
			return root.children[0]
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		switch x := tok.(type) {
		case xml.StartElement:
			e := &element{name: x.Name.Local, attrs: slices.Clone(x.Attr)}
			top := open[len(open)-1]
			top.children = append(top.children, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

var kinds = []string{"string", "date", "int", "float", "boolean", "id", "list", "container"}

// said is what a log says.
func said(t testing.TB, text string) []string {
	log := parse(t, text)
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, a := range log.attrs {
		add("log %s:%s=%q", a.Name.Space, a.Name.Local, a.Value)
	}
	for _, e := range log.all("extension") {
		add("extension %q %q %q", e.attr("name"), e.attr("prefix"), e.attr("uri"))
	}
	var scopes []string
	for _, g := range log.all("global") {
		if s := g.attr("scope"); !slices.Contains(scopes, s) && len(g.children) > 0 {
			scopes = append(scopes, s)
		}
	}
	for _, s := range scopes {
		for _, g := range log.all("global") {
			if g.attr("scope") == s {
				for _, a := range g.all(kinds...) {
					add("global %q %s", s, spelled(a, false))
				}
			}
		}
	}
	for _, c := range log.all("classifier") {
		scope := c.attr("scope")
		if scope == "" {
			scope = "event"
		}
		add("classifier %q %s %q", c.attr("name"), scope, c.attr("keys"))
	}
	for _, a := range log.all(kinds...) {
		add("attribute %s", spelled(a, false))
	}
	for _, tr := range log.all("trace") {
		add("trace %s", attributes(tr))
		for _, e := range tr.all("event") {
			add("  event %s", attributes(e))
		}
	}
	return out
}

func attributes(e *element) string {
	var list []string
	for _, a := range e.all(kinds...) {
		list = append(list, spelled(a, true))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// spelled writes an attribute and all inside it. top is one of a trace or an
// event, whose times are in UTC and whose numbers have one spelling.
func spelled(a *element, top bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q", a.name, a.attr("key"))
	if slices.ContainsFunc(a.attrs, func(x xml.Attr) bool { return x.Name.Local == "value" }) && a.name != "list" && a.name != "container" {
		v := a.attr("value")
		if top {
			v = canonical(a.name, v)
		}
		fmt.Fprintf(&b, "=%q", v)
	}
	for _, c := range a.all(kinds...) {
		b.WriteString(" (" + spelled(c, false) + ")")
	}
	for _, v := range a.all("values") {
		for _, c := range v.all(kinds...) {
			b.WriteString(" [" + spelled(c, false) + "]")
		}
	}
	return b.String()
}

func canonical(kind, v string) string {
	switch kind {
	case "date":
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
			if x, err := time.Parse(layout, v); err == nil {
				return x.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
			}
		}
	case "int":
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return strconv.FormatInt(n, 10)
		}
	case "float":
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
	case "boolean":
		switch strings.ToLower(v) {
		case "true", "1":
			return "true"
		case "false", "0":
			return "false"
		}
	}
	return v
}

// inOrder checks the order of the parts of a log and of a trace (IEEE
// 1849-2023, §5).
func inOrder(t testing.TB, text string) error {
	rank := func(name string) int {
		return map[string]int{"extension": 1, "global": 2, "classifier": 3, "trace": 5}[name]
	}
	last := 0
	for _, e := range parse(t, text).children {
		r := rank(e.name)
		if r == 0 {
			r = 4 // an attribute
		}
		if r < last {
			return fmt.Errorf("<%s> comes too late", e.name)
		}
		last = r
		if e.name != "trace" {
			continue
		}
		events := false
		for _, c := range e.children {
			if c.name != "event" && events {
				return fmt.Errorf("<%s> of a trace comes after its events", c.name)
			}
			events = events || c.name == "event"
		}
	}
	return nil
}
