package ocelfile

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// part1 reads a part of an event or object of OCEL 1.0: <string key="id"
// value="e1"/>, or a list of such.
func (l *xmlLog) part1(e xml.StartElement) error {
	r := &l.record
	event := r.what == "event"
	key, value := strings.TrimPrefix(attr(e, "key"), "ocel:"), attr(e, "value")
	switch {
	case key == "id":
		r.id, r.hasID = value, value != ""
	case event && key == "activity", !event && key == "type":
		r.typ, r.hasType = l.words.get([]byte(value)), value != ""
	case event && key == "timestamp":
		r.time = r.put(asText, []byte(value))
	case event && key == "omap":
		return l.within(l.relation1)
	case event && key == "vmap", !event && key == "ovmap":
		return l.within(l.attribute1)
	case attr(e, "key") != "":
		return l.attribute1(e)
	}
	return l.skip(e)
}

func (l *xmlLog) relation1(e xml.StartElement) error {
	r := &l.record
	id := attr(e, "value")
	if id == "" {
		r.refuse("omap", "<%s> has no value", short(e.Name.Local))
	}
	r.relations = append(r.relations, relation{
		object: l.ids.get([]byte(id)), qualifier: l.words.get([]byte(attr(e, "qualifier"))), qualified: true,
	})
	if err := r.tooLarge(); err != nil {
		return err
	}
	return l.skip(e)
}

// attribute1 reads a typed value by key; a list is nested.
func (l *xmlLog) attribute1(e xml.StartElement) error {
	r := &l.record
	a := attribute{time: datum{form: asNull}}
	key := attr(e, "key")
	if key == "" {
		r.refuse("vmap", "<%s> has no key", short(e.Name.Local))
	}
	a.name = l.words.get([]byte(key))
	if v, ok := find(e, "timestamp"); ok { // PM4Py's, of values that change
		a.time = r.put(asText, []byte(v))
	}
	value, valued := find(e, "value")
	v, parts, err := l.nested(e, false)
	if err != nil {
		return err
	}
	switch {
	case parts || e.Name.Local == "list" || e.Name.Local == "container":
		a.value = r.put(asNested, v)
	case valued:
		a.value = r.put(asText, []byte(value))
		a.given = wantOf(e.Name.Local)
	default:
		a.value = datum{form: asNull}
	}
	r.attrs = append(r.attrs, a)
	return r.tooLarge()
}

// nested reads an element to its end and returns it as canonical JSON, in the
// form package xesfile has for nested attributes, and whether it has parts.
func (l *xmlLog) nested(e xml.StartElement, withKey bool) (v []byte, parts bool, err error) {
	var all [][]byte
	if err := l.within(func(e xml.StartElement) error {
		v, _, err := l.nested(e, true)
		all = append(all, v)
		return err
	}); err != nil {
		return nil, false, err
	}
	ms := members{{"type", appendString(nil, []byte(e.Name.Local))}}
	if withKey {
		ms = append(ms, member{"key", appendString(nil, []byte(attr(e, "key")))})
	}
	if value, ok := find(e, "value"); ok {
		ms = append(ms, member{"value", appendString(nil, []byte(value))})
	}
	switch {
	case e.Name.Local == "list":
		ms = append(ms, member{"values", list(all)})
	case len(all) > 0:
		ms = append(ms, member{"children", list(all)})
	}
	return ms.append(nil), len(all) > 0, nil
}

// list is a JSON list of values in JSON.
func list(values [][]byte) []byte {
	return append(append([]byte{'['}, bytes.Join(values, []byte{','})...), ']')
}

// tree reads any element to its end and returns it as canonical JSON: its
// attributes, children, name and text.
func (l *xmlLog) tree(e xml.StartElement) ([]byte, error) {
	var parts [][]byte
	content, err := l.children(func(e xml.StartElement) error {
		v, err := l.tree(e)
		parts = append(parts, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	ms := members{{"name", appendString(nil, []byte(e.Name.Local))}}
	if len(e.Attr) > 0 {
		var as members
		for _, a := range e.Attr {
			as = append(as, member{a.Name.Local, appendString(nil, []byte(a.Value))})
		}
		ms = append(ms, member{"attributes", as.append(nil)})
	}
	if len(parts) > 0 {
		ms = append(ms, member{"children", list(parts)})
	}
	if content = bytes.TrimSpace(content); len(content) > 0 {
		ms = append(ms, member{"text", appendString(nil, content)})
	}
	return ms.append(nil), nil
}

// global reads what OCEL 1.0 says of the whole log, and turns it into what its
// form in JSON would have.
func (l *xmlLog) global(e xml.StartElement) error {
	var ms members
	scope := attr(e, "scope")
	if err := l.within(func(e xml.StartElement) error {
		key := attr(e, "key")
		if !strings.HasPrefix(key, "ocel:") {
			key = "ocel:" + key
		}
		if e.Name.Local != "list" {
			v := attr(e, "value")
			ms = append(ms, member{key, jsonOf(e.Name.Local, v)})
			if scope == "log" && key == "ocel:version" {
				l.meta.Version = v
			}
			return l.skip(e)
		}
		var all [][]byte
		err := l.within(func(e xml.StartElement) error {
			v := attr(e, "value")
			all = append(all, jsonOf(e.Name.Local, v))
			if scope == "log" {
				l.declare1(key, v)
			}
			return l.skip(e)
		})
		ms = append(ms, member{key, list(all)})
		return err
	}); err != nil {
		return err
	}
	l.top = append(l.top, member{"ocel:global-" + scope, ms.append(nil)})
	return nil
}

// jsonOf is a typed value of XML in JSON.
func jsonOf(kind, value string) []byte {
	switch kind {
	case "int", "float":
		if isJSONNumber([]byte(value)) {
			return appendNumber(nil, []byte(value))
		}
	case "boolean":
		if value == "true" || value == "false" {
			return []byte(value)
		}
	}
	return appendString(nil, []byte(value))
}
