package xes

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"

	"millrace/eventlog"
	"millrace/reports/export/xmltext"
)

// Keys of the standard extensions.
var standardKeys = eventlog.XESKeys{
	Case: "concept:name", Activity: "concept:name", Time: "time:timestamp", Resource: "org:resource",
	Lifecycle: "lifecycle:transition", Instance: "concept:instance",
}

// Write writes a log to w. cases is run once; it yields the log as the package
// says, and stops at the first error of emit. Write returns what the file
// cannot say, or says otherwise. On an error, what w has got is no log.
//
// Memory is a batch, and the trace whose attributes come after its events.
func Write(ctx context.Context, w io.Writer, meta eventlog.Meta, cases func(emit func(*eventlog.Batch) error) error) ([]eventlog.Note, error) {
	x := &writer{out: bufio.NewWriterSize(w, 1<<18), meta: meta, keys: standardKeys, types: map[eventlog.XESType]string{}}
	if meta.XES != nil {
		x.keys = meta.XES.Keys
		for _, t := range meta.XES.Types {
			x.types[eventlog.XESType{Scope: t.Scope, Key: t.Key}] = t.Type
		}
	}
	if err := x.header(); err != nil {
		return nil, fmt.Errorf("xes: %w", err)
	}
	err := cases(func(b *eventlog.Batch) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return x.batch(b)
	})
	if err == nil {
		err = x.end()
	}
	if err != nil {
		return nil, fmt.Errorf("xes: %w", err)
	}
	return x.notes(), nil
}

// A writer writes a log, element by element into line, and traces into out.
type writer struct {
	out     *bufio.Writer
	meta    eventlog.Meta
	keys    eventlog.XESKeys
	types   map[eventlog.XESType]string // of the first value of a key
	escaper xmltext.Escaper
	line    []byte

	eventKinds, traceKinds []string // of the columns of the batch
	trace                  trace

	split, days int64
}

// tag starts an element with a key.
func (x *writer) tag(element, key string) {
	x.line = append(x.line, '<')
	x.line = append(x.line, element...)
	x.attr("key", key)
}

// attr appends an attribute of an element.
func (x *writer) attr(name, value string) {
	x.line = append(x.line, ' ')
	x.line = append(x.line, name...)
	x.line = append(x.line, '=', '"')
	x.line = x.escaper.Append(x.line, value)
	x.line = append(x.line, '"')
}

func (x *writer) text(s string) { x.line = append(x.line, s...) }

// value writes an attribute that has nothing inside.
func (x *writer) value(kind, key, value string) {
	x.tag(kind, key)
	x.attr("value", value)
	x.text("/>")
}

// column writes the value of a row, which has one. kind is the type of its key,
// "" where the column tells.
func (x *writer) column(kind string, c *eventlog.Column, row int) error {
	if c.Type == eventlog.Nested || c.Type == eventlog.Text && (kind == "list" || kind == "container") {
		n, err := parseNode(c.Text[row])
		if err == nil {
			n.Key = c.Name
			x.node(n)
			return nil
		}
		kind = "string" // JSON of another format
	}
	if kind == "" {
		kind = [...]string{"string", "int", "float", "boolean", "date", "string"}[c.Type]
	}
	x.value(kind, c.Name, valueText(kind, c, row))
	return nil
}

// valueText is a value as the type of an attribute has it.
func valueText(kind string, c *eventlog.Column, row int) string {
	if c.Type == eventlog.Float {
		f := c.Float[row]
		switch {
		case math.IsInf(f, 1):
			return "INF"
		case math.IsInf(f, -1):
			return "-INF"
		case kind == "int" && f == math.Trunc(f) && math.Abs(f) < 1<<53:
			return strconv.FormatInt(int64(f), 10) // a store widened the column
		}
	}
	return c.ValueText(row)
}

// kinds are the types that the log has for columns.
func (x *writer) kinds(into []string, scope string, columns []eventlog.Column) []string {
	into = into[:0]
	for i := range columns {
		into = append(into, x.types[eventlog.XESType{Scope: scope, Key: columns[i].Name}])
	}
	return into
}

func (x *writer) notes() []eventlog.Note {
	var notes []eventlog.Note
	add := func(n int64, code, format string) {
		if n > 0 {
			notes = append(notes, eventlog.Note{Code: code, Text: fmt.Sprintf(format, n)})
		}
	}
	add(x.split, "split-events", "Events that last became two, start and complete, tied by concept:instance: %d.")
	add(x.days, "day-precision", "Times known to the day only were written as that day's midnight, which XES cannot tell from midnight: %d.")
	add(x.escaper.Replaced, "characters-replaced", "Characters that XML does not have, as control characters, were written as U+FFFD: %d.")
	return notes
}
