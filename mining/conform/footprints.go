package conform

import (
	"context"

	"millrace/eventlog"
	"millrace/mining/petri"
)

// Footprints say which steps of a log a net has, looking at two activities at a
// time (van der Aalst, doi:10.1007/978-3-662-49851-4, chapter 8).
type Footprints struct {
	// Fitness is the share of directly-follows steps that the net can do too,
	// weighted with how many different steps, first and last activities there
	// are; these count once each.
	Fitness float64
	// Known is false if the net has too many markings to know what it can do.
	Known bool
	Steps []Step   // of the log, which the net cannot do, sorted by names
	Start []string // activities with which a case begins, and no run of the net
	End   []string // the same of ends
}

// A Step is one activity directly after another.
type Step struct {
	From, To string
	Count    int64 // in all cases
}

// FindFootprints compares the directly-follows steps of a log with those that a
// net can do, silent moves left out. Nets of process trees are not searched;
// of others, up to states markings are looked at ([DefaultStates] if 0), and what
// they can do counts whether or not the net can come to its end then. Where
// cases may still go on, what they end with so far is not compared.
func FindFootprints(ctx context.Context, s *eventlog.Summary, n *petri.Net, opt FootprintsOptions) (*Footprints, error) {
	states := opt.States
	if states <= 0 {
		states = DefaultStates
	}
	labels, byName := number(n)
	var root *machine
	if n.Final != nil {
		root = fold(n, labels, len(byName))
	}
	o := newOutlook(func() bool { return ctx.Err() != nil }, n, labels, root, states)
	model := newSteps(o.count)
	known := true
	if root != nil {
		o.steps(root, model)
		model.start, model.end = o.ahead[root][root.start], model.last
	} else if known = o.explore(ctx, model); ctx.Err() != nil {
		return nil, ctx.Err()
	}
	f := &Footprints{Known: known}
	f.compare(s, byName, model, opt)
	return f, nil
}

// FootprintsOptions say how to compare footprints. The zero value is the default.
type FootprintsOptions struct {
	States int  // markings to look at in a net that is searched; 0 is [DefaultStates]
	Prefix bool // cases may still go on; see [Options]
}

// steps are which activities a net can begin with, end with and do after another.
type steps struct {
	start, end labelSet
	follows    []labelSet
	last       labelSet // of the machine looked at
}

func newSteps(count int) *steps {
	s := &steps{start: newLabelSet(count), end: newLabelSet(count), follows: make([]labelSet, count)}
	for i := range s.follows {
		s.follows[i] = newLabelSet(count)
	}
	return s
}

func (s *steps) after(first, then labelSet) {
	for a := range s.follows {
		if first.has(int32(a)) {
			s.follows[a].union(then)
		}
	}
}

// steps adds what m can do, and leaves its last activities.
func (o *outlook) steps(m *machine, s *steps) {
	first, last := make([]labelSet, len(m.edges)), make([]labelSet, len(m.edges))
	for i := range m.edges {
		e := &m.edges[i]
		first[i], last[i] = newLabelSet(o.count), newLabelSet(o.count)
		switch {
		case e.label >= 0:
			first[i].add(e.label)
			last[i].add(e.label)
		case e.block != nil:
			for k, branch := range e.block.branches {
				o.steps(branch, s)
				first[i].union(o.ahead[branch][branch.start])
				last[i].union(s.last)
				mine, others := newLabelSet(o.count), newLabelSet(o.count)
				for x, b := range e.block.branchOf {
					if b == int32(k) {
						mine.add(int32(x))
					} else if b >= 0 {
						others.add(int32(x))
					}
				}
				s.after(mine, others)
			}
		}
	}
	s.last = newLabelSet(o.count)
	for i := range m.edges {
		row := m.dist[int(m.edges[i].to)*m.states:]
		for j := range m.edges {
			if row[m.edges[j].from] == 0 {
				s.after(last[i], first[j])
			}
		}
		if row[m.end] == 0 {
			s.last.union(last[i])
		}
	}
}

// explore adds what a net can do that is no machine, marking by marking; it
// says whether that were all.
func (o *outlook) explore(ctx context.Context, s *steps) bool {
	type stop struct {
		after, next labelSet
		ends        bool
	}
	stops := map[int32]*stop{}
	var todo []int32
	at := func(marking int32) *stop {
		x := stops[marking]
		if x == nil {
			x = &stop{after: newLabelSet(o.count), next: newLabelSet(o.count)}
			stops[marking] = x
			todo = append(todo, marking)
		}
		return x
	}
	first := at(o.first()[0])
	known := true
	for len(todo) > 0 {
		marking := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if len(o.search.markings) > o.search.most || ctx.Err() != nil {
			return false
		}
		here := stops[marking]
		seen, ok := o.silently(marking, func(f firing) {
			label := o.labels[f.transition]
			here.next.add(label)
			at(f.to).after.add(label)
		})
		here.ends = seen[o.search.final]
		known = known && ok
	}
	s.start = first.next
	for _, x := range stops {
		s.after(x.after, x.next)
		if x.ends {
			s.end.union(x.after)
		}
	}
	return known
}

// compare fills in what the log has and the model has not.
func (f *Footprints) compare(s *eventlog.Summary, byName map[string]int32, model *steps, opt FootprintsOptions) {
	size := len(s.Activities)
	letter := make([]int32, size)
	for i, name := range s.Activities {
		letter[i] = -1
		if x, ok := byName[name]; ok {
			letter[i] = x
		}
	}
	count := make([]int64, size*size)
	start, end := make([]bool, size), make([]bool, size)
	for i := range s.Variants {
		v := &s.Variants[i]
		for k, a := range v.Path {
			if k == 0 {
				start[a] = true
			} else {
				count[int(v.Path[k-1])*size+int(a)] += v.Cases
			}
			if k == len(v.Path)-1 && !opt.Prefix {
				end[a] = true
			}
		}
	}
	has := func(set labelSet, a int) bool { return letter[a] >= 0 && set.has(letter[a]) }
	var different, all, lost, ends int64
	for a, from := range s.Activities {
		for b, to := range s.Activities {
			n := count[a*size+b]
			if n == 0 {
				continue
			}
			different++
			all += n
			if letter[a] < 0 || !has(model.follows[letter[a]], b) {
				lost += n
				f.Steps = append(f.Steps, Step{from, to, n})
			}
		}
		if start[a] {
			if ends++; !has(model.start, a) {
				f.Start = append(f.Start, from)
			}
		}
		if end[a] {
			if ends++; !has(model.end, a) {
				f.End = append(f.End, from)
			}
		}
	}
	f.Fitness = 1
	if bad := int64(len(f.Start) + len(f.End)); ends > 0 && lost+bad > 0 {
		share := 1.0
		if all > 0 {
			share -= float64(lost) / float64(all)
		}
		f.Fitness = (float64(share*float64(different)) + float64(ends-bad)) / float64(different+ends)
	}
}
