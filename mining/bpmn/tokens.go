package bpmn

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"millrace/mining/petri"
)

// Net returns the Petri net of d. Several starts are a choice; what flows into
// a task from several sides starts it each time, what flows out of it goes all
// ways; nodes that nothing leads out of are ends. An end takes the token and
// waits for no other, so a diagram that forks and does not join has a net that is not
// sound. That there are inclusive gateways of which it is not known what they
// wait for is an error: see [Diagram.Undecided].
func (d *Diagram) Net() (*petri.Net, error) {
	p, undecided := d.plan()
	if len(undecided) > 0 {
		return nil, d.refuse(p, undecided)
	}
	b := &netBuilder{plan: p, net: &petri.Net{Name: d.Name}, before: make([]int, len(p.kinds)), flow: make([]int, len(p.flows)), none: make([]int, len(p.flows))}
	source, sink := b.net.AddPlace("source"), b.net.AddPlace("sink")
	starts := false
	for i, n := range d.Nodes {
		if n.Kind == Start {
			starts = true
		} else if len(b.in[i]) == 0 {
			return nil, fmt.Errorf("nothing leads to %q, which is no start event", n.ID)
		}
	}
	if !starts {
		return nil, errors.New("the process has no start event")
	}
	b.places(source, sink)
	for i, kind := range b.kinds {
		var to []int
		for _, f := range b.out[i] {
			to = append(to, b.on(f)...)
		}
		if len(b.out[i]) == 0 {
			to = []int{sink}
		}
		switch kind {
		case Task:
			b.net.AddTransition(d.Nodes[i].Name, []int{b.before[i]}, to)
		case Event:
			b.net.AddTransition("", []int{b.before[i]}, to)
		case Parallel:
			b.net.AddTransition("", b.coming(i), to)
		case Start:
			if len(to) > 1 || to[0] != source {
				b.net.AddTransition("", []int{source}, to)
			}
		case Exclusive:
			for _, f := range b.out[i] {
				if b.flow[f] != b.before[i] {
					b.net.AddTransition("", []int{b.before[i]}, b.on(f))
				}
			}
		case Inclusive:
			b.some(i)
		}
	}
	first := len(b.net.Transitions)
	for i := range b.kinds {
		if w := b.waits[i]; w != nil {
			b.wait(i, w)
		}
	}
	b.net.Mark([]int{source}, []int{sink})
	if len(b.waits) > 0 {
		b.prune(first)
	}
	return b.net, nil
}

// mostStates bounds the markings that are looked at to see what a join need not wait for; of
// nets of more than 500 places they are fewer.
const mostStates = 20_000

// prune takes out those of the last transitions, which joins wait by, that can never fire,
// and places that nothing leads to then: which ways come together is known only when all is
// put together.
func (b *netBuilder) prune(first int) {
	n := b.net
	dead := n.Dead(min(mostStates, mostStates*500/len(n.Places)+1))
	if dead == nil {
		return
	}
	kept := n.Transitions[:first]
	for t, x := range n.Transitions[first:] {
		if !dead[first+t] {
			x.ID = "t" + strconv.Itoa(len(kept)+1)
			kept = append(kept, x)
		}
	}
	n.Transitions = kept
	used := make([]bool, len(n.Places))
	for _, t := range n.Transitions {
		for _, a := range slices.Concat(t.In, t.Out) {
			used[a.Place] = true
		}
	}
	at := make([]int32, len(n.Places))
	var places []petri.Place
	var initial, final petri.Marking
	for p, x := range n.Places {
		if at[p] = int32(len(places)); used[p] || n.Initial[p]+n.Final[p] > 0 {
			places, initial, final = append(places, x), append(initial, n.Initial[p]), append(final, n.Final[p])
		}
	}
	n.Places, n.Initial, n.Final = places, initial, final
	for _, t := range n.Transitions {
		for _, arcs := range [][]petri.Arc{t.In, t.Out} {
			for i := range arcs {
				arcs[i].Place = at[arcs[i].Place]
			}
		}
	}
}

// A netBuilder knows the place of each flow. A flow to what waits for several has a place of
// its own, one to another node that node's.
type netBuilder struct {
	*plan
	net    *petri.Net
	before []int // place before each node
	flow   []int // place of each flow
	none   []int // place of each flow that says that nothing comes; 0 if that is never said
}

func (b *netBuilder) places(source, sink int) {
	fresh := func() int { return b.net.AddPlace(fmt.Sprintf("p%d", len(b.net.Places)-1)) }
	for i, kind := range b.kinds {
		switch kind {
		case Start:
			b.before[i] = source
		case End:
			b.before[i] = sink
		case Exclusive:
			b.before[i] = fresh()
		case Inclusive:
			if b.waits[i] == nil {
				b.before[i] = fresh()
			}
		case Task, Event:
			b.before[i] = -1
		}
	}
	for i, kind := range b.kinds {
		if kind != Task && kind != Event {
			continue
		}
		if len(b.in[i]) == 1 {
			f := b.in[i][0]
			from := b.flows[f].From
			// A choice goes on to a task by the task itself, unless it is to be said before
			// the task is done what was chosen.
			if k := b.kinds[from]; (k == Exclusive || k == Start && len(b.out[from]) == 1) && len(b.also[f]) == 0 {
				b.before[i] = b.before[from]
				continue
			}
		}
		b.before[i] = fresh()
	}
	for f, x := range b.flows {
		if b.kinds[x.To] == Parallel || b.waits[x.To] != nil {
			b.flow[f] = fresh()
		} else {
			b.flow[f] = b.before[x.To]
		}
	}
	say := func(flows []int) {
		for _, f := range flows {
			switch to := b.flows[f].To; {
			case b.none[f] != 0:
			case b.kinds[to] == Inclusive && b.waits[to].sure:
				b.none[f] = b.flow[f]
			default:
				b.none[f] = fresh()
			}
		}
	}
	for f := range b.flows {
		say(b.dead[f])
		say(b.also[f])
	}
	for i := range b.kinds {
		if w := b.waits[i]; w != nil && !w.sure {
			say(w.dead)
		}
	}
}

// on are the places that a token on a flow is put into: its own, and those that
// say that nothing comes elsewhere.
func (b *netBuilder) on(f int) []int {
	return append([]int{b.flow[f]}, b.nothing(b.also[f])...)
}

func (b *netBuilder) nothing(flows []int) (places []int) {
	for _, f := range flows {
		places = append(places, b.none[f])
	}
	return places
}

func (b *netBuilder) coming(i int) (places []int) {
	for _, f := range b.in[i] {
		places = append(places, b.flow[f])
	}
	return places
}

// some has a transition for each set of ways out of an inclusive split, the empty one left out.
func (b *netBuilder) some(i int) {
	if len(b.out[i]) < 2 {
		return
	}
	for set := 1; set < 1<<len(b.out[i]); set++ {
		var places []int
		for k, f := range b.out[i] {
			if set>>k&1 == 0 {
				places = append(places, b.nothing(b.dead[f])...)
			} else {
				places = append(places, b.on(f)...)
			}
		}
		b.net.AddTransition("", []int{b.before[i]}, places)
	}
}

// wait has the transitions of a join that waits for a token a way.
func (b *netBuilder) wait(i int, w *wait) {
	come, in := b.coming(i), b.in[i]
	nothing := b.nothing(in)
	silent := !w.sure && len(w.dead) > 0 && !slices.Contains(nothing, 0)
	switch {
	case b.kinds[i] == Parallel: // its own transition is for all
		if silent {
			b.net.AddTransition("", nothing, b.nothing(w.dead))
		}
		return
	case b.kinds[i] == Inclusive && w.sure:
		b.net.AddTransition("", come, b.on(b.out[i][0]))
		return
	case b.kinds[i] == Inclusive:
		b.count(i, w)
		return
	}
	for k := range in {
		from := slices.Clone(nothing)
		if from[k] = come[k]; slices.Contains(from, 0) {
			continue
		}
		to := []int{b.before[i]}
		if b.kinds[i] == passage {
			to = b.on(b.out[i][k])
		}
		b.net.AddTransition("", from, to)
	}
	if silent {
		b.net.AddTransition("", nothing, b.nothing(w.dead))
	}
}

// count has the transitions of an inclusive join to which nothing may come at all: it
// looks at one way after the other, so that they are few.
func (b *netBuilder) count(i int, w *wait) {
	in := b.in[i]
	some, no := b.flow[in[0]], b.none[in[0]]
	for k, f := range in[1:] {
		yes, not := b.on(b.out[i][0]), b.nothing(w.dead)
		if last := k == len(in)-2; !last {
			yes, not = []int{b.net.AddPlace(fmt.Sprintf("p%d", len(b.net.Places)-1))}, nil
			if no != 0 && b.none[f] != 0 {
				not = []int{b.net.AddPlace(fmt.Sprintf("p%d", len(b.net.Places)-1))}
			}
		}
		b.net.AddTransition("", []int{some, b.flow[f]}, yes)
		if b.none[f] != 0 {
			b.net.AddTransition("", []int{some, b.none[f]}, yes)
		}
		if no != 0 {
			b.net.AddTransition("", []int{no, b.flow[f]}, yes)
		}
		if no != 0 && b.none[f] != 0 && len(not) > 0 {
			b.net.AddTransition("", []int{no, b.none[f]}, not)
		}
		some = yes[0]
		if no = 0; len(not) > 0 {
			no = not[0]
		}
	}
}
