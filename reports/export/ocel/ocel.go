package ocel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"millrace/eventlog"
)

// A Form is one of the three forms a log is written in.
type Form string

const (
	JSON   Form = "json"
	XML    Form = "xml"
	SQLite Form = "sqlite"
)

// A Source yields a log, grouped as the package says, and what it says of
// itself. It stops at the first error of emit, and returns it.
type Source func(emit func(*eventlog.ObjectBatch) error) (eventlog.ObjectMeta, error)

// Options say how to write. The zero value is fine.
type Options struct {
	TempDir string // where what is not written yet waits; default os.TempDir(). As large as the result.
}

// Write writes a log to w and returns what the file cannot say, or says
// otherwise. The source is run once, twice for SQLite, and twice more where ids
// occur twice. On an error, what w has got is no log.
func Write(ctx context.Context, w io.Writer, form Form, source Source, o Options) (notes []eventlog.Note, err error) {
	dir, err := os.MkdirTemp(o.TempDir, ".millrace-ocel-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	plan := plan{}
	for {
		again, notes, err := plan.run(ctx, w, form, source, dir)
		if err != nil {
			return nil, fmt.Errorf("ocel %s: %w", form, err)
		}
		if !again {
			return notes, nil
		}
	}
}

// A plan is what was learnt of a log by running its source, and must be known
// before it can be written.
type plan struct {
	typedIDs bool       // write type:id
	known    *catalogue // the types and their attributes
}

// run runs the source once. It reports whether it must be run again, as the
// plan was wrong; then nothing was written to w.
func (p *plan) run(ctx context.Context, w io.Writer, form Form, source Source, dir string) (again bool, notes []eventlog.Note, err error) {
	s, err := newSink(form, dir, p)
	if err != nil {
		return false, nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	c := newCatalogue()
	g := grouping{catalogue: c, sink: s, typed: p.typedIDs}
	meta, err := source(func(b *eventlog.ObjectBatch) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return g.add(b)
	})
	if err != nil {
		return false, nil, err
	}
	shared, err := c.distinct(ctx, source, p.typedIDs)
	if err != nil {
		return false, nil, err
	}
	c.declare(meta)
	if shared || s.wants(c) {
		p.typedIDs = p.typedIDs || shared
		p.known = c
		return true, nil, nil
	}
	if err := s.finish(ctx, w, c, meta); err != nil {
		return false, nil, err
	}
	return false, append(c.notes(meta, form), append(g.notes(p), s.notes()...)...), nil
}

// A sink writes one form: events and objects as they come, the rest at the end.
type sink interface {
	event(*event) error
	object(*object) error
	// wants says whether the file must be written anew, with what is known now.
	wants(*catalogue) bool
	finish(ctx context.Context, w io.Writer, c *catalogue, meta eventlog.ObjectMeta) error
	notes() []eventlog.Note
	close() error
}

func newSink(form Form, dir string, p *plan) (sink, error) {
	switch form {
	case JSON:
		return newJSON(dir)
	case XML:
		return newXML(dir)
	case SQLite:
		return newSQLite(dir, p)
	}
	return nil, fmt.Errorf("want form %q, %q or %q", JSON, XML, SQLite)
}

// An event is an event with all that belongs to it.
type event struct {
	id, typ   string
	time      int64
	values    []value
	relations []relation
}

// An object is an object with all that belongs to it.
type object struct {
	id, typ   string
	values    []value
	relations []relation
}

// A value is an attribute's value.
type value struct {
	name string
	kind eventlog.Type
	text string // as ObjectValues has it
	time int64  // of objects: from when on
}

// A relation is to an object.
type relation struct{ typ, id, qualifier string }

// timeText writes a time as OCEL has it; NoTime is the beginning of time.
func timeText(us int64) string {
	if us == eventlog.NoTime {
		us = 0
	}
	return eventlog.FormatTime(us)
}
