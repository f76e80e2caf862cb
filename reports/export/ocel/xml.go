package ocel

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"millrace/eventlog"
	"millrace/reports/export/xmltext"
)

// xmlSink writes the XML form as its schema has it: a reference to an object
// is an element <object> with object-id, qualifier and type.
type xmlSink struct {
	events, objects *spill
	escaper         xmltext.Escaper
	line            []byte
}

func newXML(dir string) (sink, error) {
	e, err := newSpill(dir, "events")
	if err != nil {
		return nil, err
	}
	o, err := newSpill(dir, "objects")
	if err != nil {
		return nil, errors.Join(err, e.f.Close())
	}
	return &xmlSink{events: e, objects: o}, nil
}

// attr appends an attribute of an element.
func (s *xmlSink) attr(name, value string) {
	s.line = append(s.line, ' ')
	s.line = append(s.line, name...)
	s.line = append(s.line, '=', '"')
	s.line = s.escaper.Append(s.line, value)
	s.line = append(s.line, '"')
}

func (s *xmlSink) text(t string) { s.line = append(s.line, t...) }

func (s *xmlSink) event(e *event) error {
	s.line = append(s.line[:0], "<event"...)
	s.attr("id", e.id)
	s.attr("type", e.typ)
	s.attr("time", timeText(e.time))
	s.text("><attributes>")
	s.values(e.values, false)
	s.text("</attributes><objects>")
	s.relations(e.relations)
	s.text("</objects></event>\n")
	_, err := s.events.w.Write(s.line)
	return err
}

func (s *xmlSink) object(o *object) error {
	s.line = append(s.line[:0], "<object"...)
	s.attr("id", o.id)
	s.attr("type", o.typ)
	s.text("><attributes>")
	s.values(o.values, true)
	s.text("</attributes><objects>")
	s.relations(o.relations)
	s.text("</objects></object>\n")
	_, err := s.objects.w.Write(s.line)
	return err
}

func (s *xmlSink) values(values []value, timed bool) {
	for i := range values {
		v := &values[i]
		s.text("<attribute")
		s.attr("name", v.name)
		if timed {
			s.attr("time", timeText(v.time))
		}
		s.text(">")
		s.line = s.escaper.Append(s.line, v.text)
		s.text("</attribute>")
	}
}

func (s *xmlSink) relations(relations []relation) {
	for _, r := range relations {
		s.text("<object")
		s.attr("object-id", r.id)
		s.attr("qualifier", r.qualifier)
		s.attr("type", r.typ)
		s.text("/>")
	}
}

func (s *xmlSink) wants(*catalogue) bool { return false }

func (s *xmlSink) finish(ctx context.Context, w io.Writer, c *catalogue, _ eventlog.ObjectMeta) error {
	out := bufio.NewWriterSize(w, 1<<18)
	s.line = append(s.line[:0], "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<log>\n"...)
	s.types("object-type", c.objects.declared)
	s.types("event-type", c.events.declared)
	s.text("<objects>\n")
	if _, err := out.Write(s.line); err != nil {
		return err
	}
	if err := s.objects.copy(ctx, out); err != nil {
		return err
	}
	out.WriteString("</objects>\n<events>\n")
	if err := s.events.copy(ctx, out); err != nil {
		return err
	}
	out.WriteString("</events>\n</log>\n")
	return out.Flush()
}

func (s *xmlSink) types(element string, types []eventlog.DeclaredType) {
	s.text("<" + element + "s>\n")
	for _, t := range types {
		s.text("<" + element)
		s.attr("name", t.Name)
		s.text("><attributes>")
		for _, a := range t.Attributes {
			s.text("<attribute")
			s.attr("name", a.Name)
			s.attr("type", standardType(a.Type))
			s.text("/>")
		}
		s.text("</attributes></" + element + ">\n")
	}
	s.text("</" + element + "s>\n")
}

func (s *xmlSink) notes() []eventlog.Note {
	if s.escaper.Replaced == 0 {
		return nil
	}
	return []eventlog.Note{{Code: "characters-replaced", Text: fmt.Sprintf(
		"Characters that XML does not have, as control characters, were written as U+FFFD: %d.", s.escaper.Replaced)}}
}

func (s *xmlSink) close() error { return errors.Join(s.events.f.Close(), s.objects.f.Close()) }
