package conform

import (
	"encoding/binary"

	"millrace/mining/petri"
)

// A labelSet has numbers of labels.
type labelSet []uint64

func newLabelSet(labels int) labelSet { return make(labelSet, (labels+63)/64) }

func (s labelSet) add(x int32)      { s[x>>6] |= 1 << (x & 63) }
func (s labelSet) has(x int32) bool { return s[x>>6]>>(x&63)&1 == 1 }
func (s labelSet) union(o labelSet) {
	for i, w := range o {
		s[i] |= w
	}
}

// An outlook says which activities can be next, after silent moves only, and
// where they lead.
//
// A place it knows is where a net is just after what was visible, before the
// silent moves that may follow: those are made when something needs them.
// Where the net is folded, that is a number for each machine, -1 if it does
// nothing, its state, or its number of states and the block that it is in; where
// it is not, it is the number of a marking.
type outlook struct {
	net    *petri.Net
	labels []int32
	count  int

	root   *machine
	ahead  map[*machine][]labelSet // by state
	number map[*machine]int

	search *search
	stop   func() bool
}

func newOutlook(stop func() bool, n *petri.Net, labels []int32, root *machine, states int) *outlook {
	o := &outlook{net: n, labels: labels, root: root, stop: stop}
	for _, x := range labels {
		o.count = max(o.count, int(x)+1)
	}
	if root == nil {
		o.search = newSearch(n, labels, states)
		return o
	}
	o.ahead, o.number = map[*machine][]labelSet{}, map[*machine]int{}
	o.look(root)
	return o
}

// look fills ahead for m and what is in it.
func (o *outlook) look(m *machine) {
	here := make([]labelSet, m.states) // without moves of m
	ahead := make([]labelSet, m.states)
	for x := range here {
		here[x], ahead[x] = newLabelSet(o.count), newLabelSet(o.count)
	}
	for i := range m.edges {
		e := &m.edges[i]
		switch {
		case e.block != nil:
			for _, branch := range e.block.branches {
				o.look(branch)
				here[e.from].union(o.ahead[branch][branch.start])
			}
		case e.label >= 0:
			here[e.from].add(e.label)
		}
	}
	for x := range ahead {
		for y := range here {
			if m.dist[x*m.states+y] == 0 {
				ahead[x].union(here[y])
			}
		}
	}
	o.ahead[m] = ahead
	o.number[m] = len(o.number)
}

// A stand is where a net is; see [outlook].
type stand []int32

func (s stand) appendKey(key []byte) []byte {
	for _, x := range s {
		key = binary.AppendVarint(key, int64(x))
	}
	return key
}

// markings is how many markings are kept.
func (o *outlook) markings() int {
	if o.search == nil {
		return 0
	}
	return len(o.search.markings)
}

// first is where the net begins.
func (o *outlook) first() stand {
	if o.root == nil {
		return stand{0}
	}
	s := make(stand, len(o.number))
	for i := range s {
		s[i] = -1
	}
	s[o.number[o.root]] = o.root.start
	return s
}

// next adds what can be next to labels; ok is false if there are more markings
// to look at than allowed.
func (o *outlook) next(s stand, labels labelSet) (ok bool) {
	if o.root == nil {
		_, ok := o.silently(s[0], func(f firing) { labels.add(o.labels[f.transition]) })
		return ok
	}
	o.in(o.root, s, labels)
	return true
}

// in adds what can be next in m, which may be at its end silently.
func (o *outlook) in(m *machine, s stand, labels labelSet) (ends bool) {
	x := int(s[o.number[m]])
	if x >= m.states {
		e := &m.edges[x-m.states]
		ends := true
		for _, branch := range e.block.branches {
			ends = o.in(branch, s, labels) && ends
		}
		if !ends {
			return false
		}
		x = int(e.to)
	}
	labels.union(o.ahead[m][x])
	return m.dist[x*m.states+int(m.end)] == 0
}

// ends says whether m may be at its end silently.
func (o *outlook) ends(m *machine, s stand) bool {
	x := int(s[o.number[m]])
	if x >= m.states {
		e := &m.edges[x-m.states]
		for _, branch := range e.block.branches {
			if !o.ends(branch, s) {
				return false
			}
		}
		x = int(e.to)
	}
	return m.dist[x*m.states+int(m.end)] == 0
}

// after are all places where label may lead to.
func (o *outlook) after(s stand, label int32) (all []stand, ok bool) {
	if o.root == nil {
		_, ok = o.silently(s[0], func(f firing) {
			if o.labels[f.transition] == label {
				all = append(all, stand{f.to})
			}
		})
		return all, ok
	}
	o.move(o.root, s, label, func(to stand) { all = append(all, to) })
	return all, true
}

// move finds where label leads to in m, given all others stay where they are.
func (o *outlook) move(m *machine, s stand, label int32, found func(stand)) {
	x := int(s[o.number[m]])
	if x >= m.states {
		e := &m.edges[x-m.states]
		if k := e.block.branchOf[label]; k >= 0 {
			o.move(e.block.branches[k], s, label, found)
		}
		for _, branch := range e.block.branches {
			if !o.ends(branch, s) {
				return
			}
		}
		s = append(stand(nil), s...)
		o.leave(e.block, s)
		x = int(e.to)
	}
	at := func(state int32) stand {
		to := append(stand(nil), s...)
		to[o.number[m]] = state
		return to
	}
	row := m.dist[x*m.states:]
	for _, i := range m.steps[label] {
		if e := &m.edges[i]; row[e.from] == 0 {
			found(at(e.to))
		}
	}
	for _, i := range m.blocks {
		e := &m.edges[i]
		if k := e.block.branchOf[label]; k >= 0 && row[e.from] == 0 {
			to := at(int32(m.states) + i)
			for _, branch := range e.block.branches {
				to[o.number[branch]] = branch.start
			}
			o.move(e.block.branches[k], to, label, found)
		}
	}
}

// leave forgets where the branches of b were.
func (o *outlook) leave(b *block, s stand) {
	for _, branch := range b.branches {
		x := int(s[o.number[branch]])
		if x >= branch.states {
			o.leave(branch.edges[x-branch.states].block, s)
		}
		s[o.number[branch]] = -1
	}
}

// silently looks at all markings that silent moves lead to, and what is visible
// from them; ok is false if these are too many, or if there is no time left.
func (o *outlook) silently(from int32, visible func(firing)) (seen map[int32]bool, ok bool) {
	s := o.search
	seen = map[int32]bool{from: true}
	for todo := []int32{from}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, f := range s.firings(at) {
			if o.labels[f.transition] >= 0 {
				visible(f)
			} else if !seen[f.to] {
				if len(seen) >= s.most || len(seen)%256 == 0 && o.stop() {
					return seen, false
				}
				seen[f.to] = true
				todo = append(todo, f.to)
			}
		}
	}
	return seen, true
}
