package parquetfile

import (
	"math"
	"os"
	"slices"

	"millrace/eventlog"
	"millrace/ingest"
)

// A direct reader takes the numbers of texts as the file has them, in its
// dictionaries: DuckDB writes every text out. It knows what programs write
// most; all else is left to DuckDB ([errIndirect]).
type direct struct {
	*plan
	os     *os.File
	footer *footer
	time   scale
	start  scale
}

// A scale says how a column counts times.
type scale struct{ times, parts int64 } // µs = value · times / parts

// newDirect returns nil for a file that is not to be read so.
func newDirect(p *plan) *direct {
	f := p.file
	if f.options.Attributes || f.indirect {
		return nil
	}
	file, err := os.Open(f.path)
	if err != nil {
		return nil
	}
	x := &direct{plan: p, os: file}
	if x.footer, err = readFooter(file, f.size); err != nil || !x.knows() {
		file.Close()
		return nil
	}
	return x
}

// knows says whether the columns that have a role are such as it can read.
func (x *direct) knows() bool {
	if !slices.EqualFunc(x.footer.columns, x.columns, func(l leaf, c column) bool { return l.name == c.name }) {
		return false
	}
	rows := int64(0)
	for _, g := range x.footer.groups {
		if g.rows > maxGroup {
			return false
		}
		rows += g.rows
	}
	ro := &x.roles
	ok := rows == x.rows && ro.Sequence < 0
	for _, c := range [...]int{ro.Case, ro.Activity, ro.Resource, ro.Lifecycle, ro.Instance} {
		ok = ok && (c < 0 || x.text(c))
	}
	var known bool
	if ro.Time >= 0 {
		x.time, known = x.scale(ro.Time)
		ok = ok && known
	}
	if ro.Start >= 0 {
		x.start, known = x.scale(ro.Start)
		ok = ok && known
	}
	return ok
}

// text says whether a column is of texts, or of numbers whose text is plain.
func (x *direct) text(column int) bool {
	switch l := &x.footer.columns[column]; x.columns[column].sqlType {
	case "VARCHAR":
		return l.physical == physByteArray
	case "BIGINT":
		return l.physical == physInt64
	case "INTEGER", "SMALLINT", "TINYINT":
		return l.physical == physInt32
	}
	return false
}

func (x *direct) scale(column int) (scale, bool) {
	l, kind := &x.footer.columns[column], x.columns[column].kind
	if l.physical != physInt64 || kind != clock && kind != instant {
		return scale{}, false
	}
	switch l.unit {
	case 1e3:
		return scale{1000, 1}, true
	case 1e6:
		return scale{1, 1}, true
	case 1e9:
		return scale{1, 1000}, true
	}
	return scale{}, false
}

// micros makes µs of what the file counts.
func (s scale) micros(values []int64) error {
	if s.times == 1 && s.parts == 1 {
		for _, v := range values {
			if v == math.MaxInt64 || v == -math.MaxInt64 { // infinity
				return errIndirect
			}
		}
		return nil
	}
	for i, v := range values {
		switch {
		case v == eventlog.NoTime:
		case v > math.MaxInt64/2000 && s.times > 1, v < 0 && s.parts > 1, v < -math.MaxInt64/2000, v == math.MaxInt64:
			return errIndirect
		default:
			values[i] = v * s.times / s.parts
		}
	}
	return nil
}

// A groupReader reads groups, one after the other. It is for one goroutine.
type groupReader struct {
	*direct
	decoder *decoder

	cases, activities, resources, lifecycles, instances numbered
	times, starts                                       []int64
	kept                                                []uint32 // rows of a batch
}

// A numbered column is one of a group, by number.
type numbered struct {
	of     []uint32
	labels ingest.Coder
	blank  []bool   // of the labels; nil: none is
	to     []uint32 // code → one more than the code in the batch; 0: it has none yet
}

func (x *direct) newReader() (*groupReader, error) {
	d, err := newDecoder()
	if err != nil {
		return nil, err
	}
	return &groupReader{direct: x, decoder: d}, nil
}

// read decodes a group.
func (g *groupReader) read(number int) error {
	from := &g.footer.groups[number]
	ro := &g.roles
	for _, c := range [...]struct {
		column int
		to     *numbered
	}{{ro.Case, &g.cases}, {ro.Activity, &g.activities}, {ro.Resource, &g.resources}, {ro.Lifecycle, &g.lifecycles}, {ro.Instance, &g.instances}} {
		if c.column < 0 {
			continue
		}
		n := c.to
		n.of = sized(n.of, int(from.rows))
		if err := g.decoder.texts(n.of, &n.labels, g.os, &g.footer.columns[c.column], &from.chunks[c.column]); err != nil {
			return err
		}
		labels := n.labels.Codes().Labels
		n.to, n.blank = sized(n.to, len(labels)), nil
		if slices.ContainsFunc(labels, blank) {
			n.blank = make([]bool, len(labels))
			for i, label := range labels {
				n.blank[i] = blank(label)
			}
		}
	}
	for _, c := range [...]struct {
		column int
		to     *[]int64
		scale  scale
	}{{ro.Time, &g.times, g.time}, {ro.Start, &g.starts, g.start}} {
		if c.column < 0 {
			continue
		}
		*c.to = sized(*c.to, int(from.rows))
		if err := g.decoder.ints(*c.to, eventlog.NoTime, g.os, &g.footer.columns[c.column], &from.chunks[c.column]); err != nil {
			return err
		}
		if err := c.scale.micros(*c.to); err != nil {
			return err
		}
	}
	return nil
}

// batch makes a batch of some rows of the group. first is the number of the
// group's first row in the file, from 1.
func (g *groupReader) batch(r *reader, first int64, from, to int) {
	g.keep(r, first, from, to)
	b, ro := &r.batch, &r.roles
	for _, row := range g.kept {
		b.Place = append(b.Place, first+int64(row))
	}
	r.codes = eventlog.BatchCodes{Case: g.cases.recode(g.kept, r.old.Case), Activity: g.activities.recode(g.kept, r.old.Activity)}
	if ro.Resource >= 0 {
		r.codes.Resource = g.resources.recode(g.kept, r.old.Resource)
	}
	if ro.Time >= 0 {
		b.Time = g.moments(b.Time, g.times, ro.Time, r.counts.time)
		for _, us := range b.Time {
			if us == eventlog.NoTime {
				r.counts.missing++
			}
		}
	}
	if ro.Start >= 0 {
		b.Start = g.moments(b.Start, g.starts, ro.Start, r.counts.start)
	}
	if ro.Lifecycle >= 0 {
		b.Lifecycle = g.lifecycles.texts(b.Lifecycle, g.kept)
	}
	if ro.Instance >= 0 {
		b.Instance = g.instances.texts(b.Instance, g.kept)
	}
	b.Case, b.Activity = textsOf(b.Case[:0], r.codes.Case), textsOf(b.Activity[:0], r.codes.Activity)
	if ro.Resource >= 0 {
		b.Resource = textsOf(b.Resource[:0], r.codes.Resource)
	}
	b.Codes, r.old = &r.codes, r.codes
}

// keep lists the rows that have a case and an activity, and rejects the others.
func (g *groupReader) keep(r *reader, first int64, from, to int) {
	g.kept = sized(g.kept, to-from)[:0]
	for row := from; row < to; row++ {
		for _, c := range [...]struct {
			of     *numbered
			column int
		}{{&g.cases, g.roles.Case}, {&g.activities, g.roles.Activity}} {
			if c.of.blank != nil && c.of.blank[c.of.of[row]] {
				r.place = first + int64(row)
				r.reject(c.column, "is empty")
				goto next
			}
		}
		g.kept = append(g.kept, uint32(row))
	next:
	}
}

func (g *groupReader) moments(to, values []int64, column int, format *ingest.TimeFormat) []int64 {
	kind := g.columns[column].kind
	for _, row := range g.kept {
		us := values[row]
		if us != eventlog.NoTime {
			us = onClock(kind, format, us)
		}
		to = append(to, us)
	}
	return to
}

// recode numbers the labels of some rows in the order in which they come, in
// the memory of another column.
func (n *numbered) recode(rows []uint32, memory eventlog.Codes) eventlog.Codes {
	labels := n.labels.Codes().Labels
	clear(n.to)
	of, used := sized(memory.Of, len(rows)), memory.Labels[:0]
	for i, row := range rows {
		code := n.of[row]
		to := n.to[code]
		if to == 0 {
			used = append(used, labels[code])
			to = uint32(len(used))
			n.to[code] = to
		}
		of[i] = to - 1
	}
	return eventlog.Codes{Of: of, Labels: used}
}

func (n *numbered) texts(to []string, rows []uint32) []string {
	labels := n.labels.Codes().Labels
	for _, row := range rows {
		to = append(to, labels[n.of[row]])
	}
	return to
}

func textsOf(to []string, c eventlog.Codes) []string {
	to = slices.Grow(to, len(c.Of))[:len(c.Of)]
	for i, code := range c.Of {
		to[i] = c.Labels[code]
	}
	return to
}
