package ocelfile

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"millrace/eventlog"
	"millrace/ingest"
)

// JSON is OCEL 2.0 and 1.0 in JSON.
var JSON = ingest.ObjectFormat{
	Name:       "ocel-json",
	Doc:        "OCEL 2.0 or 1.0 in JSON, plain or gzipped",
	Extensions: []string{".jsonocel", ".jsonocel.gz", ".json", ".json.gz"},
	Sniff:      sniffJSON,
	Open:       openJSON,
}

// Versions of OCEL.
const (
	version1 = "1.0"
	version2 = "2.0"
)

// sniffJSON looks for a member of OCEL at the top of an object.
func sniffJSON(head []byte) bool {
	j := newJSONText(decoded(head), "")
	if t, err := j.next(); err != nil || t != '{' {
		return false
	}
	plain := 0
	likely := func() bool { return plain > 1 || plain == 1 && bytes.Contains(head, []byte(`"relationships"`)) }
	for {
		t, err := j.next()
		if err != nil || t != tokenString {
			return likely()
		}
		name := string(j.text)
		switch name {
		case "objectTypes", "eventTypes":
			return true
		case "events", "objects": // many files have one of them
			plain++
		default:
			if strings.HasPrefix(name, "ocel:") {
				return true
			}
		}
		if t, err = j.next(); err != nil {
			return likely()
		}
		if err = j.skip(t); err != nil {
			return likely()
		}
	}
}

// A jsonLog reads a log in JSON.
type jsonLog struct {
	*builder
	*jsonText
	file    *file
	record  record
	version string
}

func openJSON(ctx context.Context, path string, o ingest.Options) (ingest.ObjectFile, error) {
	x, err := openFile(path, o)
	if err != nil {
		return nil, err
	}
	l := &jsonLog{builder: x.builder, file: x}
	x.read = func(ctx context.Context) error {
		if err := l.restart(ctx); err != nil {
			return err
		}
		return l.top(l.readMember)
	}
	if err := l.survey(ctx); err != nil {
		x.close()
		return nil, err
	}
	l.meta.Version = l.version
	return x, nil
}

func (l *jsonLog) restart(ctx context.Context) error {
	src, err := l.file.source(ctx)
	if err != nil {
		return err
	}
	l.jsonText = newJSONText(src, l.file.path)
	return nil
}

// errEnough ends a survey.
var errEnough = fmt.Errorf("enough was seen")

// survey finds out the version, and what attributes are declared to be:
// members come in any order, and values are read by their declaration.
func (l *jsonLog) survey(ctx context.Context) error {
	if err := l.restart(ctx); err != nil {
		return err
	}
	events, types := false, 0
	err := l.top(func(name string, t token) error {
		switch name {
		case "eventTypes", "objectTypes":
			l.version = version2
			d, m := &l.eventTypes, &l.meta.EventTypes
			if name == "objectTypes" {
				d, m = &l.objectTypes, &l.meta.ObjectTypes
			}
			if err := l.declared(name, t, d, m); err != nil {
				return err
			}
			if types++; types == 2 {
				return errEnough
			}
			return nil
		case "events", "objects":
			events = true
		default:
			if strings.HasPrefix(name, "ocel:") && l.version == "" {
				l.version = version1
				return errEnough
			}
		}
		return l.skip(t)
	})
	l.file.done.Store(0)
	switch {
	case err == errEnough:
		return nil
	case err != nil:
		return err
	case l.version == "" && !events:
		return fmt.Errorf("%s is JSON but no OCEL log: it has none of the members events, objects, eventTypes, objectTypes (OCEL 2.0), ocel:events, ocel:objects (OCEL 1.0)", l.file.path)
	}
	l.version = version2
	return nil
}

// top calls do for each member of the log.
func (l *jsonLog) top(do func(name string, t token) error) error {
	t, err := l.next()
	if err != nil {
		return err
	}
	if t != '{' {
		return l.fail("a log in JSON is an object, but this is %v", t)
	}
	for {
		l.begin()
		t, err := l.next()
		if err != nil {
			return err
		}
		if t == '}' {
			break
		}
		name := string(l.text)
		if t, err = l.next(); err != nil {
			return err
		}
		if err := do(name, t); err != nil {
			return err
		}
	}
	l.begin()
	_, err = l.next() // nothing may follow
	return err
}

// declared reads the declarations of types: a list, or an object by name as
// PM4Py writes into its OCEL 1.0.
func (l *jsonLog) declared(name string, t token, d *declarations, m *[]eventlog.DeclaredType) error {
	if *d == nil {
		*d = declarations{}
	}
	return l.each(name, t, func(key string, t token) error {
		l.begin()
		typ := eventlog.DeclaredType{Name: key}
		if t != '{' {
			return l.fail("%s: want an object that declares a type, got %v", name, t)
		}
		err := l.members(func(member string, t token) error {
			switch {
			case key != "":
				typ.Attributes = append(typ.Attributes, eventlog.DeclaredAttribute{Name: member, Type: string(l.scalar(t))})
				return l.skip(t)
			case member == "name":
				typ.Name = string(l.scalar(t))
				return l.skip(t)
			case member == "attributes":
				return l.each(member, t, func(_ string, t token) error {
					if t != '{' {
						return l.skip(t)
					}
					var a eventlog.DeclaredAttribute
					err := l.members(func(member string, t token) error {
						switch member {
						case "name":
							a.Name = string(l.scalar(t))
						case "type":
							a.Type = string(l.scalar(t))
						}
						return l.skip(t)
					})
					typ.Attributes = append(typ.Attributes, a)
					return err
				})
			}
			return l.skip(t)
		})
		d.declare(typ)
		*m = append(*m, typ)
		return err
	})
}

// members calls do for each member of an object that has begun. do reads the
// value, of which it gets the first token.
func (l *jsonLog) members(do func(name string, t token) error) error {
	for {
		t, err := l.next()
		if err != nil || t == '}' {
			return err
		}
		name := l.known(l.text)
		if t, err = l.next(); err != nil {
			return err
		}
		if err := do(name, t); err != nil {
			return err
		}
	}
}

// known is the name of a member as a string, without a look into a dictionary
// for those that all logs have.
func (l *jsonLog) known(b []byte) string {
	switch string(b) {
	case "id":
		return "id"
	case "type":
		return "type"
	case "time":
		return "time"
	case "name":
		return "name"
	case "value":
		return "value"
	case "attributes":
		return "attributes"
	case "relationships":
		return "relationships"
	case "objectId":
		return "objectId"
	case "qualifier":
		return "qualifier"
	case "ocel:activity":
		return "ocel:activity"
	case "ocel:timestamp":
		return "ocel:timestamp"
	case "ocel:omap":
		return "ocel:omap"
	case "ocel:vmap":
		return "ocel:vmap"
	case "ocel:type":
		return "ocel:type"
	case "ocel:ovmap":
		return "ocel:ovmap"
	}
	return l.words.get(b)
}

// each calls do for each element of a list that has begun, and for each member
// of an object. null is an empty list.
func (l *jsonLog) each(what string, t token, do func(name string, t token) error) error {
	switch t {
	case tokenNull:
		return nil
	case '{':
		return l.members(do)
	case '[':
		for {
			t, err := l.next()
			if err != nil || t == ']' {
				return err
			}
			if err := do("", t); err != nil {
				return err
			}
		}
	}
	return l.fail("%s: want a list, got %v", what, t)
}

// scalar is the text of a string, a number or a boolean, else nil. It is valid
// until the next token.
func (l *jsonLog) scalar(t token) []byte {
	switch t {
	case tokenString, tokenNumber, tokenTrue, tokenFalse:
		return l.text
	}
	return nil
}

// put copies the value that begins with t into the record.
func (l *jsonLog) put(t token) (datum, error) {
	r := &l.record
	switch t {
	case tokenString:
		return r.put(asText, l.text), nil
	case tokenNumber:
		return r.put(asNumber, l.text), nil
	case tokenTrue, tokenFalse:
		return r.put(asBoolean, l.text), nil
	case tokenNull:
		return datum{form: asNull}, nil
	}
	from := len(r.arena)
	var err error
	r.arena, err = l.value(r.arena, t)
	return datum{asNested, from, len(r.arena)}, err
}

// readMember reads a member of the log.
func (l *jsonLog) readMember(name string, t token) error {
	defer func() { l.builder.badUTF8 = l.jsonText.badUTF8 }()
	switch name {
	case "eventTypes", "objectTypes": // the survey has them
		return l.skip(t)
	case "events", "objects":
		if l.version == version2 {
			return l.records(name, t, l.member2)
		}
	case "ocel:events", "ocel:objects":
		return l.records(name, t, l.member1)
	case "ocel:objectChanges":
		return l.changes(t)
	}
	v, err := l.value(nil, t)
	if err != nil {
		return err
	}
	l.builder.top = append(l.builder.top, member{name, v})
	if strings.HasPrefix(name, "ocel:global-log") {
		return l.globals(v)
	}
	return nil
}

// records reads events or objects.
func (l *jsonLog) records(name string, t token, member func(name string, t token) error) error {
	what, take := "event", l.takeEvent
	if strings.HasSuffix(name, "objects") {
		what, take = "object", l.takeObject
	}
	n, keyed := int64(0), t == '{'
	return l.each(name, t, func(key string, t token) error {
		n++
		r := &l.record
		l.begin()
		r.reset(what, l.file.path, l.line, n)
		if keyed && key != "" {
			r.id, r.hasID = key, true
		}
		if t != '{' {
			r.refuse("", "want an object that describes the %s, got %v", what, t)
			if err := l.skip(t); err != nil {
				return err
			}
		} else if err := l.members(member); err != nil {
			return err
		}
		l.begin()
		if err := r.tooLarge(); err != nil {
			return err
		}
		return take(r)
	})
}

// identity reads an id or a type, which is to be a string; a number will do.
func (l *jsonLog) identity(what string, t token, s *string, has *bool) error {
	switch b := l.scalar(t); {
	case len(b) > 0 && what == "id":
		*s, *has = string(b), true // nearly all are new
	case len(b) > 0:
		*s, *has = l.ids.get(b), true
	case t == '{' || t == '[':
		l.record.refuse(what, "want a string, got %v", t)
		return l.skip(t)
	}
	return nil
}

// moment reads the time of a record.
func (l *jsonLog) moment(t token) (d datum, err error) {
	if t == '{' || t == '[' || t == tokenTrue || t == tokenFalse {
		l.record.refuse("time", "want a time, got %v", t)
		return datum{form: asNull}, l.skip(t)
	}
	return l.put(t)
}
