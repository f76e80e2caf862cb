package xesfile

import (
	"strings"

	"millrace/eventlog"
)

// A header gathers what a log says of itself. Its parts may stand anywhere
// among the traces, although the standard wants them first.
type header struct {
	extensions  []eventlog.Extension
	classifiers []eventlog.Classifier
	globals     []eventlog.Global
	attributes  []byte // the members of a JSON array
	taken       bool   // it has a part
}

// take adds a part of the document that is of no trace.
func (h *header) take(d *document, p part) {
	h.taken = true
	text := func(name string) string {
		v, _ := d.scan.tag.attr(name)
		return string(v)
	}
	switch {
	case p == extension:
		h.extensions = append(h.extensions, eventlog.Extension{Name: text("name"), Prefix: text("prefix"), URI: text("uri")})
	case p == classifier:
		c := eventlog.Classifier{Name: text("name"), Scope: text("scope")}
		if c.Scope == "" {
			c.Scope = "event"
		}
		c.Keys = h.splitKeys(text("keys"), c.Scope)
		if keys := text("keys"); keys != strings.Join(c.Keys, " ") {
			c.Text = keys
		}
		h.classifiers = append(h.classifiers, c)
	case p == attribute && d.of == inGlobal:
		g := eventlog.Global{Scope: d.globalScope, Key: string(d.key), Type: d.kind.String(), Value: string(d.value)}
		if d.tree != nil || !d.valued {
			g.Tree = string(d.appendJSON(nil))
		}
		h.globals = append(h.globals, g)
	case p == attribute && d.of == inLog:
		h.attributes = d.appendJSON(comma(h.attributes))
	}
}

// splitKeys splits the keys of a classifier at spaces. A key with spaces is in
// single quotes (IEEE 1849-2016, §4.5); where the quotes were forgotten, it is
// known by its global.
func (h *header) splitKeys(keys, scope string) []string {
	for _, g := range h.globals {
		if g.Scope == scope && g.Key == keys {
			return []string{keys}
		}
	}
	var split []string
	for {
		keys = strings.TrimLeft(keys, " \t\r\n")
		if keys == "" {
			return split
		}
		key, rest, quoted := "", "", false
		if keys[0] == '\'' {
			key, rest, quoted = strings.Cut(keys[1:], "'")
		}
		if !quoted {
			end := strings.IndexAny(keys+" ", " \t\r\n")
			key, rest = keys[:end], keys[end:]
		}
		split = append(split, key)
		keys = rest
	}
}

// meta is what the log says of itself; the reader adds how it was read.
func (h *header) meta() eventlog.Meta {
	m := eventlog.Meta{Extensions: h.extensions, Classifiers: h.classifiers, Globals: h.globals}
	if len(h.attributes) > 0 {
		m.Attributes = "[" + string(h.attributes) + "]"
	}
	return m
}

// meta is what the log says of itself, and how its rows were written.
func (r *reader) meta() eventlog.Meta {
	m := r.header.meta()
	m.XES = &eventlog.XESMeta{
		Header: r.doc.header,
		Keys: eventlog.XESKeys{
			Case: r.roles.caseID, Time: r.roles.time, Start: r.roles.start, Resource: r.roles.resource,
			Lifecycle: r.roles.lifecycle, Instance: r.roles.instance,
		},
	}
	if len(r.roles.classifier) == 1 {
		m.XES.Keys.Activity = r.roles.classifier[0]
	}
	if r.all {
		m.XES.Types = append(r.keys.types("event"), r.traceKeys.types("trace")...)
	}
	return m
}

// classifier returns the event classifier with the given name, nil if there is
// none.
func (h *header) classifier(name string) *eventlog.Classifier {
	for i := range h.classifiers {
		if c := &h.classifiers[i]; c.Scope == "event" && c.Name == name {
			return c
		}
	}
	return nil
}
