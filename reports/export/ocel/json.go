package ocel

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"millrace/eventlog"
)

// A spill is a file of what is written after something that is known later.
type spill struct {
	f *os.File
	w *bufio.Writer
	n int64 // rows
}

func newSpill(dir, name string) (*spill, error) {
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	return &spill{f: f, w: bufio.NewWriterSize(f, 1<<18)}, nil
}

// copy writes all of the spill.
func (s *spill) copy(ctx context.Context, w io.Writer) error {
	if err := s.w.Flush(); err != nil {
		return err
	}
	if _, err := s.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, &until{ctx, s.f})
	return err
}

// until reads until a context ends.
type until struct {
	ctx context.Context
	r   io.Reader
}

func (u *until) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}

// jsonSink writes the JSON form. Every value is a string there, as the schema
// of OCEL 2.0 wants it; its type is the declared one.
type jsonSink struct {
	events, objects *spill
	line            []byte
}

func newJSON(dir string) (sink, error) {
	e, err := newSpill(dir, "events")
	if err != nil {
		return nil, err
	}
	o, err := newSpill(dir, "objects")
	if err != nil {
		return nil, errors.Join(err, e.f.Close())
	}
	return &jsonSink{events: e, objects: o}, nil
}

func (s *jsonSink) event(e *event) error {
	b := append(s.line[:0], "\n{\"id\":"...)
	b = appendString(b, e.id)
	b = append(b, `,"type":`...)
	b = appendString(b, e.typ)
	b = append(b, `,"time":"`...)
	b = append(b, timeText(e.time)...)
	b = append(b, `","attributes":[`...)
	for i := range e.values {
		v := &e.values[i]
		b = comma(b, i)
		b = append(b, `{"name":`...)
		b = appendString(b, v.name)
		b = append(b, `,"value":`...)
		b = appendString(b, v.text)
		b = append(b, '}')
	}
	b = appendRelations(b, e.relations)
	s.line = b
	return s.row(s.events)
}

func (s *jsonSink) object(o *object) error {
	b := append(s.line[:0], "\n{\"id\":"...)
	b = appendString(b, o.id)
	b = append(b, `,"type":`...)
	b = appendString(b, o.typ)
	b = append(b, `,"attributes":[`...)
	for i := range o.values {
		v := &o.values[i]
		b = comma(b, i)
		b = append(b, `{"name":`...)
		b = appendString(b, v.name)
		b = append(b, `,"time":"`...)
		b = append(b, timeText(v.time)...)
		b = append(b, `","value":`...)
		b = appendString(b, v.text)
		b = append(b, '}')
	}
	b = appendRelations(b, o.relations)
	s.line = b
	return s.row(s.objects)
}

// row writes the line, after a comma if it is not the first.
func (s *jsonSink) row(to *spill) error {
	if to.n++; to.n > 1 {
		if err := to.w.WriteByte(','); err != nil {
			return err
		}
	}
	_, err := to.w.Write(s.line)
	return err
}

func appendRelations(b []byte, relations []relation) []byte {
	b = append(b, `],"relationships":[`...)
	for i, r := range relations {
		b = comma(b, i)
		b = append(b, `{"objectId":`...)
		b = appendString(b, r.id)
		b = append(b, `,"qualifier":`...)
		b = appendString(b, r.qualifier)
		b = append(b, '}')
	}
	return append(b, "]}"...)
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

func (s *jsonSink) wants(*catalogue) bool { return false }

func (s *jsonSink) finish(ctx context.Context, w io.Writer, c *catalogue, meta eventlog.ObjectMeta) error {
	out := bufio.NewWriterSize(w, 1<<18)
	b := append(s.line[:0], `{"objectTypes":[`...)
	b = appendTypes(b, c.objects.declared)
	b = append(b, "],\n\"eventTypes\":["...)
	b = appendTypes(b, c.events.declared)
	b = append(b, "],\n\"objects\":["...)
	if _, err := out.Write(b); err != nil {
		return err
	}
	if err := s.objects.copy(ctx, out); err != nil {
		return err
	}
	out.WriteString("],\n\"events\":[")
	if err := s.events.copy(ctx, out); err != nil {
		return err
	}
	out.WriteByte(']')
	more := members(meta)
	for _, name := range slices.Sorted(maps.Keys(more)) {
		if keptMember(meta, name) {
			out.WriteString(",\n")
			out.Write(appendString(nil, name))
			out.WriteByte(':')
			out.Write(more[name])
		}
	}
	out.WriteString("}\n")
	return out.Flush()
}

func appendTypes(b []byte, types []eventlog.DeclaredType) []byte {
	for i, t := range types {
		b = comma(b, i)
		b = append(b, "\n{\"name\":"...)
		b = appendString(b, t.Name)
		b = append(b, `,"attributes":[`...)
		for j, a := range t.Attributes {
			b = comma(b, j)
			b = append(b, `{"name":`...)
			b = appendString(b, a.Name)
			b = append(b, `,"type":`...)
			typ := a.Type
			if typ == "" {
				typ = "string"
			}
			b = appendString(b, typ)
			b = append(b, '}')
		}
		b = append(b, "]}"...)
	}
	return b
}

// members are what a log has at its top besides the standard's four.
func members(meta eventlog.ObjectMeta) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if meta.Attributes == "" || json.Unmarshal([]byte(meta.Attributes), &m) != nil {
		return nil
	}
	return m
}

// keptMember says whether a member of a log can be one of OCEL 2.0's JSON.
func keptMember(meta eventlog.ObjectMeta, name string) bool {
	return meta.Version != "1.0" && !slices.Contains([]string{"objectTypes", "eventTypes", "objects", "events"}, name)
}

// leftMembers are the names of those that are left out.
func leftMembers(meta eventlog.ObjectMeta, form Form) []string {
	var left []string
	for _, name := range slices.Sorted(maps.Keys(members(meta))) {
		if form != JSON || !keptMember(meta, name) {
			left = append(left, name)
		}
	}
	return left
}

func (s *jsonSink) notes() []eventlog.Note { return nil }

func (s *jsonSink) close() error { return errors.Join(s.events.f.Close(), s.objects.f.Close()) }

// appendString appends s as a string of JSON; bytes that are no UTF-8 become
// U+FFFD.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[done:i]...), "\uFFFD"...)
				done = i + 1
			}
			i += n
			continue
		}
		dst = append(dst, s[done:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		done = i
	}
	return append(append(dst, s[done:]...), '"')
}
