package petri

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// A Net is a place/transition net with an initial and a final marking.
//
// [Net.Validate] holds of every net this module makes or reads: ids are unique
// and not empty, arcs are sorted by place, once each, with weights from 1 to
// [MaxTokens], and markings have a number for each place.
type Net struct {
	Name        string
	Places      []Place
	Transitions []Transition
	Initial     Marking
	Final       Marking // nil if none is declared
}

// A Place holds tokens.
type Place struct {
	ID   string
	Name string // for people; may be empty
}

// A Transition takes tokens from the places of In and puts tokens into those of Out.
type Transition struct {
	ID    string
	Label string // activity; "" is silent
	In    []Arc  // sorted by Place
	Out   []Arc
}

// An Arc leads from or to a place; which, says the slice it is in.
type Arc struct {
	Place  int32
	Weight int32 // tokens; at least 1
}

// A Marking is how many tokens are on each place.
type Marking []int32

// MaxTokens bounds weights of arcs and numbers of tokens that a net may
// declare, so that sums of a few fit in 32 bits.
const MaxTokens = 1 << 16

// Silent says whether nobody sees the transition.
func (t *Transition) Silent() bool { return t.Label == "" }

// Enabled says whether transition t may fire in m.
func (n *Net) Enabled(m Marking, t int) bool {
	for _, a := range n.Transitions[t].In {
		if m[a.Place] < a.Weight {
			return false
		}
	}
	return true
}

// Fire fires transition t, changing m. It does not ask whether t is enabled:
// if not, numbers of tokens become negative, which replay with missing tokens
// makes use of.
func (n *Net) Fire(m Marking, t int) {
	for _, a := range n.Transitions[t].In {
		m[a.Place] -= a.Weight
	}
	for _, a := range n.Transitions[t].Out {
		m[a.Place] += a.Weight
	}
}

// Unfire takes back what [Net.Fire] did.
func (n *Net) Unfire(m Marking, t int) {
	for _, a := range n.Transitions[t].Out {
		m[a.Place] -= a.Weight
	}
	for _, a := range n.Transitions[t].In {
		m[a.Place] += a.Weight
	}
}

// Effect returns what firing transition t adds to each place, those that stay
// the same left out: a column of the incidence matrix. Weights may be negative.
func (n *Net) Effect(t int) []Arc {
	var out []Arc
	in := n.Transitions[t].In
	for _, a := range n.Transitions[t].Out {
		for len(in) > 0 && in[0].Place < a.Place {
			out = append(out, Arc{in[0].Place, -in[0].Weight})
			in = in[1:]
		}
		w := a.Weight
		if len(in) > 0 && in[0].Place == a.Place {
			w -= in[0].Weight
			in = in[1:]
		}
		if w != 0 {
			out = append(out, Arc{a.Place, w})
		}
	}
	for _, a := range in {
		out = append(out, Arc{a.Place, -a.Weight})
	}
	return out
}

// Labels returns the activities of the visible transitions, sorted, once each.
func (n *Net) Labels() []string {
	var out []string
	for i := range n.Transitions {
		if t := &n.Transitions[i]; !t.Silent() {
			out = append(out, t.Label)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Arcs counts the arcs, whatever their weights.
func (n *Net) Arcs() (count int) {
	for i := range n.Transitions {
		count += len(n.Transitions[i].In) + len(n.Transitions[i].Out)
	}
	return count
}

// SilentTransitions counts the silent ones.
func (n *Net) SilentTransitions() (count int) {
	for i := range n.Transitions {
		if n.Transitions[i].Silent() {
			count++
		}
	}
	return count
}

// An Index is what replay wants to look up in a Net.
type Index struct {
	ByLabel map[string][]int32 // visible transitions of each activity, ascending
	Silent  []int32            // ascending
	Takers  [][]int32          // by place: transitions that take from it
	Givers  [][]int32          // by place: transitions that put into it
	Effects [][]Arc            // by transition: see [Net.Effect]
}

// Index makes the index of n, in O(places + transitions + arcs) time.
func (n *Net) Index() *Index {
	x := &Index{
		ByLabel: map[string][]int32{},
		Takers:  make([][]int32, len(n.Places)),
		Givers:  make([][]int32, len(n.Places)),
		Effects: make([][]Arc, len(n.Transitions)),
	}
	for i := range n.Transitions {
		t := &n.Transitions[i]
		if t.Silent() {
			x.Silent = append(x.Silent, int32(i))
		} else {
			x.ByLabel[t.Label] = append(x.ByLabel[t.Label], int32(i))
		}
		for _, a := range t.In {
			x.Takers[a.Place] = append(x.Takers[a.Place], int32(i))
		}
		for _, a := range t.Out {
			x.Givers[a.Place] = append(x.Givers[a.Place], int32(i))
		}
		x.Effects[i] = n.Effect(i)
	}
	return x
}

// Validate says what is wrong with n; see [Net].
func (n *Net) Validate() error {
	ids := make(map[string]bool, len(n.Places)+len(n.Transitions))
	unique := func(what, id string) error {
		if id == "" {
			return fmt.Errorf("a %s has no id", what)
		}
		if ids[id] {
			return fmt.Errorf("two nodes have the id %q", id)
		}
		ids[id] = true
		return nil
	}
	for i := range n.Places {
		if err := unique("place", n.Places[i].ID); err != nil {
			return err
		}
	}
	for i := range n.Transitions {
		t := &n.Transitions[i]
		if err := unique("transition", t.ID); err != nil {
			return err
		}
		for _, arcs := range [][]Arc{t.In, t.Out} {
			for j, a := range arcs {
				switch {
				case a.Place < 0 || int(a.Place) >= len(n.Places):
					return fmt.Errorf("transition %q has an arc to place %d, of %d", t.ID, a.Place, len(n.Places))
				case a.Weight < 1 || a.Weight > MaxTokens:
					return fmt.Errorf("an arc between transition %q and place %q has the weight %d, not 1 to %d", t.ID, n.Places[a.Place].ID, a.Weight, MaxTokens)
				case j > 0 && arcs[j-1].Place >= a.Place:
					return fmt.Errorf("the arcs of transition %q are not sorted by place, once each", t.ID)
				}
			}
		}
	}
	if err := n.check("initial", n.Initial); err != nil {
		return err
	}
	if n.Final == nil {
		return nil
	}
	return n.check("final", n.Final)
}

func (n *Net) check(which string, m Marking) error {
	if len(m) != len(n.Places) {
		return fmt.Errorf("the %s marking has %d numbers for %d places", which, len(m), len(n.Places))
	}
	for p, tokens := range m {
		if tokens < 0 || tokens > MaxTokens {
			return fmt.Errorf("the %s marking has %d tokens on place %q, not 0 to %d", which, tokens, n.Places[p].ID, MaxTokens)
		}
	}
	return nil
}

// Clone copies m.
func (m Marking) Clone() Marking { return slices.Clone(m) }

// Equal compares markings place by place.
func (m Marking) Equal(o Marking) bool { return slices.Equal(m, o) }

// Covers says whether m has at least the tokens of o everywhere.
func (m Marking) Covers(o Marking) bool {
	for p, tokens := range o {
		if m[p] < tokens {
			return false
		}
	}
	return true
}

// AppendKey appends bytes that are equal for equal markings of one net only:
// one a place while a place has fewer than 64 tokens.
func (m Marking) AppendKey(key []byte) []byte {
	for _, tokens := range m {
		key = binary.AppendVarint(key, int64(tokens))
	}
	return key
}

// sortArcs brings arcs in order, adding up those of one place.
func sortArcs(arcs []Arc) []Arc {
	slices.SortFunc(arcs, func(a, b Arc) int { return cmp.Compare(a.Place, b.Place) })
	out := arcs[:0]
	for _, a := range arcs {
		if len(out) > 0 && out[len(out)-1].Place == a.Place {
			out[len(out)-1].Weight += a.Weight
		} else {
			out = append(out, a)
		}
	}
	return out
}

// String writes one transition a line, from what it takes to what it puts:
// "p0 -> 'pack' -> p1 + 2*p2". Places are written by their ids.
func (n *Net) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "initial %s\n", n.text(n.Initial))
	for i := range n.Transitions {
		t := &n.Transitions[i]
		name := "tau"
		if !t.Silent() {
			name = fmt.Sprintf("'%s'", t.Label)
		}
		fmt.Fprintf(&out, "%s -> %s -> %s\n", n.side(t.In), name, n.side(t.Out))
	}
	if n.Final == nil {
		out.WriteString("no final marking\n")
	} else {
		fmt.Fprintf(&out, "final %s\n", n.text(n.Final))
	}
	return out.String()
}

func (n *Net) text(m Marking) string {
	var arcs []Arc
	for p, tokens := range m {
		if tokens != 0 {
			arcs = append(arcs, Arc{int32(p), tokens})
		}
	}
	return n.side(arcs)
}

func (n *Net) side(arcs []Arc) string {
	if len(arcs) == 0 {
		return "0"
	}
	words := make([]string, len(arcs))
	for i, a := range arcs {
		words[i] = n.Places[a.Place].ID
		if a.Weight != 1 {
			words[i] = fmt.Sprintf("%d*%s", a.Weight, words[i])
		}
	}
	return strings.Join(words, " + ")
}
