package conform

import (
	"context"
	"maps"
	"math"
	"math/bits"
	"slices"

	"millrace/eventlog"
	"millrace/mining/petri"
)

// A Precision says how much of what a net allows is in a log.
type Precision struct {
	// Value is 1 − escaping/allowed; 1 if nothing is allowed.
	Value float64
	// Known is false if there were too many places at which the net could be
	// at once, or over all prefixes: silent moves, or tokens, that a bound does
	// not hold. Nothing else is said then.
	Known bool
	// Cases that went on from each prefix, times the activities that the net
	// allowed next, and those among them that no case does after the prefix.
	Allowed, Escaping int64
}

// mostStands bounds how many places a net is looked for at once.
const mostStands = 1000

// mostMarkings bounds the markings of a net that is no machine that are looked at for all
// prefixes, some 500 MB. One in which tokens pile up has others after each prefix.
const mostMarkings = 1 << 20

// FindPrecision computes ETC: over all prefixes of the log that the net can
// do, weighted with the cases that go on from there, the share of the
// activities allowed next that some case does next (Muñoz-Gama and Carmona,
// doi:10.1007/978-3-642-15618-2_16).
//
// What the net allows is what can be next after silent moves, wherever the net
// may be after the prefix: it does not depend on an alignment or a replay. Where
// a case leaves the net, the rest of it is not looked at, so precision says
// little of a log with a low fitness.
func FindPrecision(ctx context.Context, s *eventlog.Summary, n *petri.Net) (Precision, error) {
	return findPrecision(ctx, s, n, mostMarkings)
}

func findPrecision(ctx context.Context, s *eventlog.Summary, n *petri.Net, most int) (Precision, error) {
	labels, byName := number(n)
	letter := make([]int32, len(s.Activities))
	for i, name := range s.Activities {
		letter[i] = -1
		if x, ok := byName[name]; ok {
			letter[i] = x
		}
	}
	var root *machine
	if n.Final != nil {
		root = fold(n, labels, len(byName))
	}
	t := &prefixTree{outlook: newOutlook(func() bool { return ctx.Err() != nil }, n, labels, root, DefaultStates), child: map[prefixStep]int32{}, number: map[string]int32{}, known: true}
	t.add(t.area([]stand{t.outlook.first()}))
	for i := range s.Variants {
		node := int32(0)
		for _, x := range s.Variants[i].Path {
			node = t.step(node, letter[x], s.Variants[i].Cases)
			// Before more is looked at: what is not known for lack of time is no result.
			if err := ctx.Err(); err != nil {
				return Precision{}, err
			}
			if !t.known || t.outlook.markings() > most {
				return Precision{Value: 1}, nil // nothing behind makes it known
			}
			if node < 0 {
				break
			}
		}
	}
	return t.precision(), nil
}

// A prefixTree has the prefixes of a log that a net can do.
type prefixTree struct {
	outlook *outlook
	nodes   []prefix
	child   map[prefixStep]int32 // -1 if the net cannot do it
	areas   []area
	number  map[string]int32 // of an area
	known   bool
}

type prefix struct {
	cases int64    // that went on
	done  labelSet // next, by some case
	area  int32    // where the net may be
}

// An area is all places where the net may be at once; many prefixes share one.
type area struct {
	stands  []stand
	allowed labelSet
	next    map[int32]int32 // by label: the area behind, -1 if there is none
}

type prefixStep struct{ node, label int32 }

func (t *prefixTree) add(area int32) int32 {
	t.nodes = append(t.nodes, prefix{done: newLabelSet(t.outlook.count), area: area})
	return int32(len(t.nodes) - 1)
}

// area returns the number of the area with these places, sorted by their keys.
func (t *prefixTree) area(stands []stand) int32 {
	var key []byte
	for _, s := range stands {
		key = s.appendKey(key)
	}
	if i, ok := t.number[string(key)]; ok {
		return i
	}
	a := area{stands: stands, allowed: newLabelSet(t.outlook.count), next: map[int32]int32{}}
	for _, s := range stands {
		if t.outlook.stop() {
			break
		}
		t.known = t.outlook.next(s, a.allowed) && t.known
	}
	i := int32(len(t.areas))
	t.number[string(key)] = i
	t.areas = append(t.areas, a)
	return i
}

// after is the area that label leads to, or -1.
func (t *prefixTree) after(from, label int32) int32 {
	if to, ok := t.areas[from].next[label]; ok {
		return to
	}
	found := map[string]stand{}
	for _, s := range t.areas[from].stands {
		if t.outlook.stop() {
			break
		}
		all, ok := t.outlook.after(s, label)
		t.known = t.known && ok
		for _, x := range all {
			found[string(x.appendKey(nil))] = x
		}
	}
	keys := slices.Sorted(maps.Keys(found))
	if len(keys) > mostStands {
		t.known, keys = false, keys[:mostStands]
	}
	stands := make([]stand, len(keys))
	for i, key := range keys {
		stands[i] = found[key]
	}
	to := int32(-1)
	if len(stands) > 0 {
		to = t.area(stands)
	}
	t.areas[from].next[label] = to
	return to
}

// step notes that cases did label after what led to node; -1 is what the net
// does not know. It returns the node behind, or -1.
func (t *prefixTree) step(node, label int32, cases int64) int32 {
	p := &t.nodes[node]
	p.cases += cases
	if label < 0 {
		return -1
	}
	p.done.add(label)
	key := prefixStep{node, label}
	to, ok := t.child[key]
	if ok {
		return to
	}
	if to = t.after(p.area, label); to >= 0 {
		to = t.add(to)
	}
	t.child[key] = to
	return to
}

func (t *prefixTree) precision() Precision {
	x := Precision{Value: 1, Known: t.known}
	for i := range t.nodes {
		p := &t.nodes[i]
		for k, allowed := range t.areas[p.area].allowed {
			x.Allowed += p.cases * int64(bits.OnesCount64(allowed))
			x.Escaping += p.cases * int64(bits.OnesCount64(allowed&^p.done[k]))
		}
	}
	if x.Allowed > 0 {
		x.Value = 1 - float64(x.Escaping)/float64(x.Allowed)
	}
	return x
}

// Generalization says how likely the net is to hold for cases to come: 1 minus
// the mean over transitions of 1/√(times fired), 1 for those never fired
// (Buijs, van Dongen and van der Aalst, doi:10.1142/S0218843014400012), here in
// the aligned runs.
func (a *Alignments) Generalization() float64 {
	fired := make([]int64, len(a.Net.Transitions))
	for i := range a.Variants {
		for _, m := range a.Variants[i].Moves {
			if m.Transition >= 0 {
				fired[m.Transition] += a.Summary.Variants[i].Cases
			}
		}
	}
	return generalization(fired)
}

func generalization(fired []int64) float64 {
	if len(fired) == 0 {
		return 1
	}
	lost := 0.0
	for _, times := range fired {
		lost += 1 / math.Sqrt(float64(max(times, 1)))
	}
	return 1 - lost/float64(len(fired))
}

// Simplicity is 1/(1 + max(0, d−2)), d being the mean number of arcs at a node:
// the inverse arc degree (Vázquez-Barreiros, Mucientes and Lama,
// doi:10.1016/j.ins.2014.09.057), where 2 is a sequence.
func Simplicity(n *petri.Net) float64 {
	nodes := len(n.Places) + len(n.Transitions)
	if nodes == 0 {
		return 1
	}
	return 1 / (1 + max(0, 2*float64(n.Arcs())/float64(nodes)-2))
}

// Aligned returns the log as its alignments have it: of each variant the activities of its
// moves in the net, so that all of it fits; variants may be alike, and have no times.
//
// The precision of it is that of alignments (Adriansyah, Munoz-Gama, Carmona, van Dongen and
// van der Aalst, doi:10.1007/s10257-014-0234-7, with one optimal alignment a trace): what a
// case does after it left the net counts, too, where [FindPrecision] of the log itself stops
// there. It depends on which of several optimal alignments is taken, here always the
// same. Places of the paper's automaton are told apart by transitions, here by activities.
func (a *Alignments) Aligned() *eventlog.Summary {
	s := &eventlog.Summary{Activities: a.Net.Labels(), Cases: a.Summary.Cases}
	number := map[string]eventlog.Activity{}
	for i, name := range s.Activities {
		number[name] = eventlog.Activity(i)
	}
	for i := range a.Variants {
		v := eventlog.Variant{Cases: a.Summary.Variants[i].Cases}
		for _, m := range a.Variants[i].Moves {
			if m.Transition >= 0 && !a.Net.Transitions[m.Transition].Silent() {
				v.Path = append(v.Path, number[a.Net.Transitions[m.Transition].Label])
			}
		}
		s.Events += v.Cases * int64(len(v.Path))
		s.Variants = append(s.Variants, v)
	}
	return s
}
