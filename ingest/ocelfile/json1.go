package ocelfile

import (
	"bytes"
	"slices"
)

// member1 reads a member of an event or object of OCEL 1.0, and of what PM4Py
// adds to it: qualifiers, relations between objects.
func (l *jsonLog) member1(name string, t token) (err error) {
	r := &l.record
	event := r.what == "event"
	switch {
	case event && (name == "ocel:id" || name == "ocel:eid"), !event && (name == "ocel:id" || name == "ocel:oid"):
		return l.identity(name, t, &r.id, &r.hasID)
	case event && name == "ocel:activity", !event && name == "ocel:type":
		return l.identity(name, t, &r.typ, &r.hasType)
	case event && name == "ocel:timestamp":
		r.time, err = l.moment(t)
		return err
	case event && name == "ocel:omap", event && name == "ocel:typedOmap", !event && name == "ocel:o2o":
		if !l.listed(name, t) {
			return l.skip(t)
		}
		if err := l.each(name, t, func(_ string, t token) error { return l.relation1(name, t) }); err != nil {
			return err
		}
		r.mergeQualifiers()
		return nil
	case event && name == "ocel:vmap", !event && name == "ocel:ovmap":
		if !l.listed(name, t) {
			return l.skip(t)
		}
		return l.each(name, t, func(key string, t token) (err error) {
			a := attribute{name: key, time: datum{form: asNull}}
			a.value, err = l.put(t)
			r.attrs = append(r.attrs, a)
			if err == nil {
				err = r.tooLarge()
			}
			return err
		})
	}
	a := attribute{name: name, time: datum{form: asNull}}
	a.value, err = l.put(t)
	r.attrs = append(r.attrs, a)
	return err
}

// relation1 reads an id, or {"ocel:oid": …, "ocel:qualifier": …}.
func (l *jsonLog) relation1(list string, t token) error {
	r := &l.record
	x := relation{qualified: true, typed: list == "ocel:typedOmap"}
	var has bool
	switch t {
	case tokenString, tokenNumber:
		x.object, has = l.ids.get(l.text), true
	case '{':
		if err := l.members(func(member string, t token) error {
			switch member {
			case "ocel:oid":
				return l.identity(list, t, &x.object, &has)
			case "ocel:qualifier":
				x.qualifier = l.words.get(l.scalar(t))
			}
			return l.skip(t)
		}); err != nil {
			return err
		}
	default:
		if err := l.skip(t); err != nil {
			return err
		}
	}
	if !has {
		r.refuse(list, "want the id of an object, got %v", t)
	}
	r.relations = append(r.relations, x)
	return r.tooLarge()
}

// mergeQualifiers leaves out of ocel:omap what ocel:typedOmap says again.
func (r *record) mergeQualifiers() {
	var said map[string]bool
	for _, x := range r.relations {
		if x.typed {
			if said == nil {
				said = map[string]bool{}
			}
			said[x.object] = true
		}
	}
	if len(said) > 0 {
		r.relations = slices.DeleteFunc(r.relations, func(x relation) bool { return !x.typed && said[x.object] })
	}
}

// changes reads the list that PM4Py adds for values that change.
func (l *jsonLog) changes(t token) error {
	n := int64(0)
	return l.each("ocel:objectChanges", t, func(_ string, t token) error {
		n++
		r := &l.record
		l.begin()
		r.reset("change", l.file.path, l.line, n)
		if t != '{' {
			r.refuse("", "want an object that describes a change, got %v", t)
			if err := l.skip(t); err != nil {
				return err
			}
		} else if err := l.members(func(name string, t token) (err error) {
			switch name {
			case "ocel:oid":
				return l.identity(name, t, &r.id, &r.hasID)
			case "ocel:type":
				return l.identity(name, t, &r.typ, &r.hasType)
			case "ocel:timestamp":
				r.time, err = l.moment(t)
				return err
			case "ocel:field", "@@cumcount":
				return l.skip(t) // the attribute says it
			}
			a := attribute{name: name, dated: true}
			a.value, err = l.put(t)
			r.attrs = append(r.attrs, a)
			return err
		}); err != nil {
			return err
		}
		if !r.hasID {
			r.refuse("ocel:oid", "the change is of no object")
		}
		if r.reject.Reason != "" {
			l.refuse(r, r.reject)
			return nil
		}
		for i := range r.attrs {
			r.attrs[i].time = r.time
		}
		l.takeValues(r)
		return l.mayFlush()
	})
}

// globals takes the names that OCEL 1.0 declares from its global log.
func (l *jsonLog) globals(v []byte) error {
	g := &jsonLog{builder: l.builder, jsonText: newJSONText(bytes.NewReader(v), l.file.path), file: l.file}
	if t, err := g.next(); err != nil || t != '{' {
		return err
	}
	return g.members(func(name string, t token) error {
		if t != '[' {
			if name == "ocel:version" && t == tokenString {
				l.meta.Version = string(g.text)
			}
			return g.skip(t)
		}
		return g.each(name, t, func(_ string, t token) error {
			if b := g.scalar(t); b != nil {
				l.declare1(name, string(b))
			}
			return g.skip(t)
		})
	})
}
