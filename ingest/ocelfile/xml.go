package ocelfile

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"millrace/eventlog"
	"millrace/ingest"
)

// XML is OCEL 2.0 and 1.0 in XML.
var XML = ingest.ObjectFormat{
	Name:       "ocel-xml",
	Doc:        "OCEL 2.0 or 1.0 in XML, plain or gzipped",
	Extensions: []string{".xmlocel", ".xmlocel.gz", ".xml", ".xml.gz"},
	Sniff:      sniffXML,
	Open:       openXML,
}

// sniffXML looks for what XES, whose root is <log> too, does not have.
func sniffXML(head []byte) bool {
	dec := xml.NewDecoder(decoded(head))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	root := false
	for {
		t, err := dec.Token()
		if err != nil {
			return false
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		if !root {
			if root = e.Name.Local == "log"; !root {
				return false
			}
			continue
		}
		switch e.Name.Local {
		case "object-types", "event-types", "events", "objects":
			return true
		case "global":
			if s := attr(e, "scope"); s == "object" || s == "log" {
				return true
			}
		case "trace", "extension", "classifier":
			return false
		}
		if strings.HasPrefix(attr(e, "key"), "ocel:") {
			return true
		}
	}
}

func attr(e xml.StartElement, name string) string {
	v, _ := find(e, name)
	return v
}

func find(e xml.StartElement, name string) (string, bool) {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// An xmlLog reads a log in XML.
type xmlLog struct {
	*builder
	file   *file
	dec    *xml.Decoder
	ration *ration
	depth  int
	record record
	note   string
}

func openXML(ctx context.Context, path string, o ingest.Options) (ingest.ObjectFile, error) {
	x, err := openFile(path, o)
	if err != nil {
		return nil, err
	}
	l := &xmlLog{builder: x.builder, file: x}
	x.read = func(ctx context.Context) error {
		if err := l.restart(ctx); err != nil {
			return err
		}
		return l.root(l.child)
	}
	if err := l.survey(ctx); err != nil {
		x.close()
		return nil, err
	}
	if l.note != "" {
		l.extra = append(l.extra, eventlog.Note{Code: "encoding", Text: l.note})
	}
	return x, nil
}

func (l *xmlLog) restart(ctx context.Context) error {
	src, err := l.file.source(ctx)
	if err != nil {
		return err
	}
	l.ration = &ration{r: src}
	l.ration.refill()
	l.depth = 0
	l.dec = xml.NewDecoder(l.ration)
	l.dec.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		if src.encoding != "utf-8" || l.file.o.Encoding != "" {
			return r, nil // it is in UTF-8 already
		}
		if s := squeeze(label); strings.HasPrefix(s, "utf16") || s == "ucs2" {
			// Written by programs that encode a text after they declared it.
			l.note = fmt.Sprintf("the file declares encoding %q, but is not in it; it was read as utf-8", label)
			return r, nil
		}
		enc, err := encodingOf(label)
		if enc == nil {
			return r, err
		}
		return enc.NewDecoder().Reader(r), nil
	}
	return nil
}

func (l *xmlLog) place() string {
	line, _ := l.dec.InputPos()
	return fmt.Sprintf("%s:%d", l.file.path, line)
}

func (l *xmlLog) fail(format string, args ...any) error {
	return fmt.Errorf("%s: %w", l.place(), fmt.Errorf(format, args...))
}

// next returns the next token. It is io.EOF at the end, after a whole document.
func (l *xmlLog) next() (xml.Token, error) {
	t, err := l.dec.Token()
	if err != nil {
		if s, ok := errors.AsType[*xml.SyntaxError](err); ok {
			return nil, l.fail("%s", s.Msg)
		}
		if err == io.EOF {
			return nil, err
		}
		return nil, l.fail("%w", err)
	}
	switch t.(type) {
	case xml.StartElement:
		if l.depth++; l.depth > maxDepth {
			return nil, l.fail("elements are nested more than %d deep", maxDepth)
		}
	case xml.EndElement:
		l.depth--
	}
	return t, nil
}

// children calls do for each child of an element that has begun, and returns
// its text. do reads the child to its end.
func (l *xmlLog) children(do func(e xml.StartElement) error) (content []byte, err error) {
	for {
		t, err := l.next()
		if err != nil {
			return content, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := do(t); err != nil {
				return content, err
			}
		case xml.EndElement:
			return content, nil
		case xml.CharData:
			content = append(content, t...)
		}
	}
}

// within is children, of which the text does not count.
func (l *xmlLog) within(do func(e xml.StartElement) error) error {
	for {
		t, err := l.next()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := do(t); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// skip reads an element to its end. It may be larger than a record.
func (l *xmlLog) skip(xml.StartElement) error {
	return l.within(func(e xml.StartElement) error {
		l.ration.refill()
		return l.skip(e)
	})
}

// root calls do for each child of the log.
func (l *xmlLog) root(do func(e xml.StartElement) error) error {
	seen := false
	for {
		t, err := l.next()
		if err == io.EOF && seen {
			return nil
		} else if err == io.EOF {
			return l.fail("the file has no XML in it")
		} else if err != nil {
			return err
		}
		e, ok := t.(xml.StartElement)
		switch {
		case !ok:
			continue
		case seen:
			return l.fail("there is a second root, <%s>", short(e.Name.Local))
		case e.Name.Local != "log":
			return l.fail("this is no log: its root is <%s>, not <log>", short(e.Name.Local))
		}
		seen = true
		if err := l.within(func(e xml.StartElement) error {
			l.ration.refill()
			return do(e)
		}); err != nil {
			return err
		}
	}
}

// survey finds out the version, and what attributes are declared to be:
// programs write the parts of a log in any order.
func (l *xmlLog) survey(ctx context.Context) error {
	if err := l.restart(ctx); err != nil {
		return err
	}
	types, log, xes := 0, false, false
	err := l.root(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "object-types", "event-types":
			l.meta.Version = version2
			d, m := &l.eventTypes, &l.meta.EventTypes
			if e.Name.Local == "object-types" {
				d, m = &l.objectTypes, &l.meta.ObjectTypes
			}
			if err := l.declared(d, m); err != nil {
				return err
			}
			if types++; types == 2 {
				return errEnough
			}
			return nil
		case "global":
			if s := attr(e, "scope"); s == "object" || s == "log" {
				l.meta.Version = version1
				return errEnough
			}
		case "events", "objects":
			log = true
			if l.meta.Version == "" {
				return l.within(func(e xml.StartElement) error {
					l.ration.refill()
					if l.meta.Version == "" {
						l.meta.Version = version1
						if _, ok := find(e, "id"); ok {
							l.meta.Version = version2
						}
					}
					return l.skip(e)
				})
			}
		case "trace":
			xes = true
			return errEnough
		}
		return l.skip(e)
	})
	l.file.done.Store(0)
	switch {
	case xes:
		return fmt.Errorf("%s is a log of cases (XES), not an object-centric one", l.file.path)
	case err != nil && err != errEnough:
		return err
	case l.meta.Version == "" && !log:
		return fmt.Errorf("%s is XML but no OCEL log: it has neither <object-types>, <event-types> (OCEL 2.0), <global> (OCEL 1.0), nor <events>, <objects>", l.file.path)
	case l.meta.Version == "":
		l.meta.Version = version2
	}
	return nil
}

// declared reads the declarations of types.
func (l *xmlLog) declared(d *declarations, m *[]eventlog.DeclaredType) error {
	if *d == nil {
		*d = declarations{}
	}
	return l.within(func(e xml.StartElement) error {
		l.ration.refill()
		typ := eventlog.DeclaredType{Name: attr(e, "name")}
		err := l.within(func(e xml.StartElement) error {
			if e.Name.Local != "attributes" {
				return l.skip(e)
			}
			return l.within(func(e xml.StartElement) error {
				typ.Attributes = append(typ.Attributes, eventlog.DeclaredAttribute{Name: attr(e, "name"), Type: attr(e, "type")})
				return l.skip(e)
			})
		})
		d.declare(typ)
		*m = append(*m, typ)
		return err
	})
}

// child reads a child of the log.
func (l *xmlLog) child(e xml.StartElement) error {
	switch e.Name.Local {
	case "object-types", "event-types": // the survey has them
		return l.skip(e)
	case "events":
		return l.records("event", l.takeEvent)
	case "objects":
		return l.records("object", l.takeObject)
	case "global":
		return l.global(e)
	case "o2o":
		return l.within(l.relation)
	}
	v, err := l.tree(e)
	l.top = append(l.top, member{e.Name.Local, v})
	return err
}

// records reads events or objects.
func (l *xmlLog) records(what string, take func(*record) error) error {
	n := int64(0)
	return l.within(func(e xml.StartElement) error {
		n++
		l.ration.refill()
		r := &l.record
		line, _ := l.dec.InputPos()
		r.reset(what, l.file.path, int64(line), n)
		for _, a := range e.Attr {
			switch a.Name.Local {
			case "id":
				r.id, r.hasID = a.Value, a.Value != ""
			case "type":
				r.typ, r.hasType = l.words.get([]byte(a.Value)), a.Value != ""
			case "time":
				r.time = r.put(asText, []byte(a.Value))
			}
		}
		if err := l.within(l.part); err != nil {
			if errors.Is(err, errTooLarge) {
				return fmt.Errorf("%s: %s: %w", r.place(), r.name(), errTooLarge)
			}
			return err
		}
		return take(r)
	})
}

// part reads a child of an event or an object.
func (l *xmlLog) part(e xml.StartElement) error {
	switch e.Name.Local {
	case "attributes":
		return l.within(l.attribute2)
	case "objects":
		return l.within(l.relation2)
	}
	return l.part1(e)
}

// attribute2 reads <attribute name=… time=…>value</attribute>.
func (l *xmlLog) attribute2(e xml.StartElement) error {
	r := &l.record
	a := attribute{value: datum{form: asNull}, time: datum{form: asNull}, dated: r.what == "object"}
	name, named := find(e, "name")
	if !named || name == "" {
		r.refuse("attributes", "an attribute has no name")
	}
	a.name = l.words.get([]byte(name))
	if v, ok := find(e, "time"); ok {
		a.time = r.put(asText, []byte(v))
	}
	if v, ok := find(e, "type"); ok {
		a.given = wantOf(v)
	}
	var parts [][]byte
	content, err := l.children(func(e xml.StartElement) error {
		v, err := l.tree(e)
		parts = append(parts, v)
		return err
	})
	if err != nil {
		return err
	}
	a.value = r.put(asText, content)
	if len(parts) > 0 {
		a.value = r.put(asNested, list(parts))
	}
	r.attrs = append(r.attrs, a)
	return r.tooLarge()
}

// relation2 reads <relationship object-id=… qualifier=…/>, which the schema
// calls object.
func (l *xmlLog) relation2(e xml.StartElement) error {
	r := &l.record
	x := relation{typ: l.words.get([]byte(attr(e, "type")))}
	id, ok := find(e, "object-id")
	if !ok {
		id, ok = find(e, "id")
	}
	if !ok || id == "" {
		r.refuse("objects", "<%s> has no object-id", short(e.Name.Local))
	}
	x.object = l.ids.get([]byte(id))
	x.qualifier, x.qualified = find(e, "qualifier")
	x.qualifier = l.words.get([]byte(x.qualifier))
	r.relations = append(r.relations, x)
	if err := r.tooLarge(); err != nil {
		return err
	}
	return l.skip(e)
}

// relation reads a relation of objects that stands by itself, as PM4Py writes
// it into its OCEL 1.0.
func (l *xmlLog) relation(e xml.StartElement) error {
	l.ration.refill()
	x := &l.batch.ObjectObject
	x.SourceType = append(x.SourceType, "")
	x.Source = append(x.Source, attr(e, "source"))
	x.TargetType = append(x.TargetType, "")
	x.Target = append(x.Target, attr(e, "target"))
	x.Qualifier = append(x.Qualifier, attr(e, "qualifier"))
	l.bytes += 80
	if err := l.mayFlush(); err != nil {
		return err
	}
	return l.skip(e)
}
