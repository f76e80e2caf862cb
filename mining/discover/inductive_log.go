package discover

import (
	"encoding/binary"
	"slices"

	"millrace/eventlog"
	"millrace/mining/tree"
)

// A log is a part of a log: distinct traces with how many cases they have.
// Activities are numbered within it, in the order of names.
type log struct {
	names  []eventlog.Activity // ascending; all occur
	traces []trace             // distinct, none of them empty
	empty  int64               // cases without events
	leads  []int64             // see [log.follows]
}

type trace struct {
	path  []uint16 // indices in names
	cases int64
}

func newLog(s *eventlog.Summary) *log {
	all := make([]int, len(s.Activities))
	names := make([]eventlog.Activity, len(s.Activities))
	for i := range all {
		all[i], names[i] = i, eventlog.Activity(i)
	}
	b := newBuilder(names, all)
	var path []uint16
	for i := range s.Variants {
		path = path[:0]
		for _, a := range s.Variants[i].Path {
			path = append(path, uint16(a))
		}
		b.add(path, s.Variants[i].Cases)
	}
	return b.log()
}

func (l *log) cases() int64 {
	n := l.empty
	for i := range l.traces {
		n += l.traces[i].cases
	}
	return n
}

// A builder collects traces, each once.
type builder struct {
	to    log
	local []int32 // numbers of the parent's activities here; -1 where it has none
	used  []bool
	index map[string]int32
	key   []byte
	paths []uint16
}

// newBuilder prepares a log of some of its parent's activities, in ascending order.
func newBuilder(parent []eventlog.Activity, activities []int) *builder {
	b := &builder{local: make([]int32, len(parent)), used: make([]bool, len(activities)), index: map[string]int32{}}
	for i := range b.local {
		b.local[i] = -1
	}
	for i, a := range activities {
		b.local[a] = int32(i)
		b.to.names = append(b.to.names, parent[a])
	}
	return b
}

// add adds cases with what a path has of the activities of b.
func (b *builder) add(path []uint16, cases int64) {
	b.key = b.key[:0]
	for _, a := range path {
		if at := b.local[a]; at >= 0 {
			b.key = binary.LittleEndian.AppendUint16(b.key, uint16(at))
		}
	}
	if len(b.key) == 0 {
		b.to.empty += cases
		return
	}
	if i, ok := b.index[string(b.key)]; ok {
		b.to.traces[i].cases += cases
		return
	}
	from := len(b.paths)
	for k := 0; k < len(b.key); k += 2 {
		a := binary.LittleEndian.Uint16(b.key[k:])
		b.used[a] = true
		b.paths = append(b.paths, a)
	}
	b.index[string(b.key)] = int32(len(b.to.traces))
	b.to.traces = append(b.to.traces, trace{b.paths[from:len(b.paths):len(b.paths)], cases})
}

// log returns what was collected. Activities that did not occur are left out.
func (b *builder) log() *log {
	if !slices.Contains(b.used, false) {
		return &b.to
	}
	renumber := make([]uint16, len(b.used))
	var names []eventlog.Activity
	for i, used := range b.used {
		if used {
			renumber[i] = uint16(len(names))
			names = append(names, b.to.names[i])
		}
	}
	b.to.names = names
	for i := range b.to.traces {
		for j, a := range b.to.traces[i].path {
			b.to.traces[i].path[j] = renumber[a]
		}
	}
	return &b.to
}

// split divides l by a cut. Where the cut was found without infrequent edges, a
// trace may not fit; what of it fits least is left out.
func (l *log) split(c *cut) []*log {
	parts := make([]*builder, len(c.groups))
	group := make([]int, len(l.names)) // of each activity
	for i, activities := range c.groups {
		parts[i] = newBuilder(l.names, activities)
		for _, a := range activities {
			group[a] = i
		}
	}
	switch c.op {
	case tree.Choice:
		l.splitChoice(parts, group)
	case tree.Sequence:
		l.splitSequence(parts, group)
	case tree.Parallel, tree.Partial:
		for _, t := range l.traces {
			for _, b := range parts {
				b.add(t.path, t.cases)
			}
		}
	case tree.Loop:
		l.splitLoop(parts, group)
	}
	out := make([]*log, len(parts))
	for i, b := range parts {
		out[i] = b.log()
	}
	return out
}

// splitChoice gives a trace to the group that most of its events belong to, the
// last of them if there are several.
func (l *log) splitChoice(parts []*builder, group []int) {
	events := make([]int, len(parts))
	for _, t := range l.traces {
		clear(events)
		for _, a := range t.path {
			events[group[a]]++
		}
		most := 0
		for i, n := range events {
			if n >= events[most] {
				most = i
			}
		}
		parts[most].add(t.path, t.cases)
	}
}

// splitSequence cuts a trace into one piece a group, such that few events are
// in the piece of another group: group by group, the piece ends where it has
// most of its group's events less those of later groups, the shortest such.
func (l *log) splitSequence(parts []*builder, group []int) {
	for _, t := range l.traces {
		from := 0
		for i, b := range parts {
			to, gain, most := from, 0, 0
			for j := from; j < len(t.path); j++ {
				switch g := group[t.path[j]]; {
				case g == i:
					gain++
				case g > i:
					gain--
				}
				if gain > most {
					most, to = gain, j+1
				}
			}
			b.add(t.path[from:to], t.cases)
			from = to
		}
	}
}

// splitLoop cuts a trace wherever it enters or leaves what is done again. What
// is done is done first and last, unseen if need be.
func (l *log) splitLoop(parts []*builder, group []int) {
	do := parts[0]
	for _, t := range l.traces {
		from := 0
		for j := 1; j <= len(t.path); j++ {
			if j < len(t.path) && group[t.path[j]] == group[t.path[from]] {
				continue
			}
			parts[group[t.path[from]]].add(t.path[from:j], t.cases)
			from = j
		}
		if group[t.path[0]] != 0 {
			do.add(nil, t.cases)
		}
		if group[t.path[len(t.path)-1]] != 0 {
			do.add(nil, t.cases)
		}
	}
}

// oncePerTrace returns the first activity that occurs in every trace once.
func (l *log) oncePerTrace() (activity int, ok bool) {
	candidate := make([]bool, len(l.names))
	for i := range candidate {
		candidate[i] = true
	}
	times := make([]int, len(l.names))
	for _, t := range l.traces {
		clear(times)
		for _, a := range t.path {
			times[a]++
		}
		for a, n := range times {
			candidate[a] = candidate[a] && n == 1
		}
	}
	activity = slices.Index(candidate, true)
	return activity, activity >= 0
}

// tauLoop cuts traces wherever an activity that traces start with follows, if
// strict, one that traces end with; it is of use if there is such a place.
func (l *log) tauLoop(g *graph, strict bool) (once *log, ok bool) {
	all := make([]int, len(l.names))
	for i := range all {
		all[i] = i
	}
	b := newBuilder(l.names, all)
	for _, t := range l.traces {
		from := 0
		for j := 1; j < len(t.path); j++ {
			if g.start[t.path[j]] > 0 && (!strict || g.end[t.path[j-1]] > 0) {
				b.add(t.path[from:j], t.cases)
				from, ok = j, true
			}
		}
		b.add(t.path[from:], t.cases)
	}
	if !ok {
		return nil, false
	}
	return b.log(), true
}
