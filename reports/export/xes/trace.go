package xes

import (
	"errors"
	"slices"
	"strconv"

	"millrace/eventlog"
)

// A trace is the one being written.
type trace struct {
	open   bool
	id     string
	headed bool // its attributes are written
	events []encoded
	buf    []byte // of the events, until the attributes are known, or the order
	count  int64
	split  bool
	gap    bool // some event has no time
}

// An encoded event is a part of trace.buf.
type encoded struct {
	time       int64
	start, end int
}

// batch writes the events of a batch and the traces it completes.
func (x *writer) batch(b *eventlog.Batch) error {
	n := b.Len()
	if len(b.Activity) != n {
		return errors.New("batch has events without activity")
	}
	x.eventKinds = x.kinds(x.eventKinds, "event", b.Attributes)
	x.traceKinds = x.kinds(x.traceKinds, "trace", b.CaseAttributes)
	place := make(map[string]int, len(b.CaseIDs))
	for i, id := range b.CaseIDs {
		place[id] = i
	}
	hasEvents := make([]bool, len(b.CaseIDs))
	for row := 0; row < n; row++ {
		if i, ok := place[b.Case[row]]; ok {
			hasEvents[i] = true
		}
	}
	next := 0 // of CaseIDs
	rest := restColumn(b.Attributes)
	for row := 0; row < n; row++ {
		id := b.Case[row]
		if !x.trace.open || x.trace.id != id {
			if err := x.close(); err != nil {
				return err
			}
			i, known := place[id]
			if !known && b.Case[n-1] == id {
				i = len(b.CaseIDs) // it will be named in another batch: all here come before it
			}
			for ; next < i; next++ {
				if err := x.empty(b, next, hasEvents); err != nil {
					return err
				}
			}
			x.trace = trace{open: true, id: id, events: x.trace.events[:0], buf: x.trace.buf[:0]}
		}
		if i, ok := place[id]; ok && !x.trace.headed {
			if err := x.head(b, i); err != nil {
				return err
			}
			next = max(next, i+1)
		}
		if err := x.event(b, row, rest); err != nil {
			return err
		}
	}
	// What is left are cases without events, and the trace that waited for
	// its attributes only.
	for ; next < len(b.CaseIDs); next++ {
		if x.trace.open && x.trace.id == b.CaseIDs[next] {
			if !x.trace.headed {
				if err := x.head(b, next); err != nil {
					return err
				}
			}
			continue
		}
		if err := x.empty(b, next, hasEvents); err != nil {
			return err
		}
	}
	return nil
}

// empty writes a trace without events.
func (x *writer) empty(b *eventlog.Batch, i int, hasEvents []bool) error {
	if hasEvents[i] {
		return nil
	}
	if x.trace.open && x.trace.id == b.CaseIDs[i] && !x.trace.headed {
		return x.head(b, i)
	}
	if err := x.close(); err != nil {
		return err
	}
	x.trace = trace{open: true, id: b.CaseIDs[i], events: x.trace.events[:0], buf: x.trace.buf[:0]}
	if err := x.head(b, i); err != nil {
		return err
	}
	return x.close()
}

// head writes the start of the trace and its attributes, those of row i of the
// cases, or its name alone.
func (x *writer) head(b *eventlog.Batch, i int) error {
	x.trace.headed = true
	x.text("<trace>")
	if b == nil {
		if x.keys.Case != "" {
			x.value("string", x.keys.Case, x.trace.id)
		}
		return x.flush()
	}
	over, err := parseRest(restColumn(b.CaseAttributes), i)
	if err != nil {
		return err
	}
	if x.keys.Case != "" && !over.has(x.keys.Case) {
		x.value("string", x.keys.Case, x.trace.id)
	}
	if err := x.columns(x.traceKinds, b.CaseAttributes, i, over); err != nil {
		return err
	}
	return x.flush()
}

// columns writes the attributes of a row, and what they do not say: what stands
// in the place of a column at its place, so that who reads it again finds the
// columns in the same order.
func (x *writer) columns(kinds []string, columns []eventlog.Column, row int, over overrides) error {
	var placed []*node
	for i := range columns {
		c := &columns[i]
		if n := over.of(c.Name); n != nil {
			if !n.Absent && !slices.Contains(placed, n) {
				x.node(n)
				placed = append(placed, n)
			}
			continue
		}
		if c.Null != nil && c.Null[row] || c.Name == eventlog.XESRest {
			continue
		}
		if err := x.column(kinds[i], c, row); err != nil {
			return err
		}
	}
	for _, n := range over {
		if !n.Absent && !slices.Contains(placed, n) {
			x.node(n)
		}
	}
	return nil
}

// overrides are the attributes that stand in the place of columns.
type overrides []*node

func (o overrides) has(key string) bool { return o.of(key) != nil }

// of is the attribute in the place of a column, nil if the column holds it.
func (o overrides) of(key string) *node {
	if i := slices.IndexFunc(o, func(n *node) bool { return n.Key == key && !n.Again }); i >= 0 {
		return o[i]
	}
	return nil
}

func restColumn(columns []eventlog.Column) *eventlog.Column {
	for i := range columns {
		if columns[i].Name == eventlog.XESRest {
			return &columns[i]
		}
	}
	return nil
}

func parseRest(c *eventlog.Column, row int) (overrides, error) {
	if c == nil || c.Null != nil && c.Null[row] || c.Text[row] == "" {
		return nil, nil
	}
	return parseNodes(c.Text[row])
}

// event writes an event into the trace.
func (x *writer) event(b *eventlog.Batch, row int, rest *eventlog.Column) error {
	over, err := parseRest(rest, row)
	if err != nil {
		return err
	}
	x.trace.count++
	start, end := timeAt(b.Start, row), timeAt(b.Time, row)
	instance := textAt(b.Instance, row)
	lifecycle := textAt(b.Lifecycle, row)
	if x.meta.XES == nil {
		if b.Day != nil && b.Day[row] {
			x.days++
		}
		if start != eventlog.NoTime && start != end {
			x.split++
			x.trace.split = true
			if instance == "" {
				instance = "#" + strconv.FormatInt(x.trace.count, 10)
			}
			from := len(x.line)
			x.text("<event>")
			x.roles(b, row, nil, start, eventlog.NoTime, "start", instance)
			x.text("</event>\n")
			if err := x.add(start, from); err != nil {
				return err
			}
			if lifecycle == "" {
				lifecycle = "complete"
			}
		}
		start = eventlog.NoTime
	}
	from := len(x.line)
	x.text("<event>")
	x.roles(b, row, over, end, start, lifecycle, instance)
	if err := x.columns(x.eventKinds, b.Attributes, row, over); err != nil {
		return err
	}
	x.text("</event>\n")
	return x.add(end, from)
}

// roles writes what the columns of a batch with a name of their own hold.
func (x *writer) roles(b *eventlog.Batch, row int, over overrides, at, start int64, lifecycle, instance string) {
	k := &x.keys
	var done [6]string
	n := 0
	role := func(kind, key, value string) {
		if key == "" || value == "" || over.has(key) || slices.Contains(done[:n], key) {
			return
		}
		done[n] = key
		n++
		x.value(kind, key, value)
	}
	role("string", k.Activity, b.Activity[row])
	role("date", k.Time, eventlog.FormatTime(at))
	role("date", k.Start, eventlog.FormatTime(start))
	role("string", k.Resource, textAt(b.Resource, row))
	role("string", k.Lifecycle, lifecycle)
	role("string", k.Instance, instance)
}

// add takes the event that stands in line from on. It goes out at once if all
// before it did, and it may.
func (x *writer) add(at int64, from int) error {
	t := &x.trace
	if t.headed && x.meta.XES != nil && len(t.events) == 0 {
		return x.flush()
	}
	t.gap = t.gap || at == eventlog.NoTime
	t.buf = append(t.buf, x.line[from:]...)
	t.events = append(t.events, encoded{at, len(t.buf) - (len(x.line) - from), len(t.buf)})
	x.line = x.line[:from]
	return nil
}

// close writes the end of the trace, and its events if they waited.
func (x *writer) close() error {
	t := &x.trace
	if !t.open {
		return nil
	}
	if !t.headed {
		if err := x.head(nil, 0); err != nil {
			return err
		}
	}
	if t.split && !t.gap {
		slices.SortStableFunc(t.events, func(a, b encoded) int {
			if a.time < b.time {
				return -1
			} else if a.time > b.time {
				return 1
			}
			return 0
		})
	}
	for _, e := range t.events {
		if _, err := x.out.Write(t.buf[e.start:e.end]); err != nil {
			return err
		}
	}
	t.open = false
	x.text("</trace>\n")
	return x.flush()
}

func (x *writer) end() error {
	if err := x.close(); err != nil {
		return err
	}
	x.text("</log>\n")
	if err := x.flush(); err != nil {
		return err
	}
	return x.out.Flush()
}

func timeAt(s []int64, i int) int64 {
	if len(s) == 0 {
		return eventlog.NoTime
	}
	return s[i]
}

func textAt(s []string, i int) string {
	if len(s) == 0 {
		return ""
	}
	return s[i]
}
