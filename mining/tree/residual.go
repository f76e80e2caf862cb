package tree

import (
	"encoding/binary"
	"errors"
	"slices"
)

// ErrTooLarge says that deciding needs more states than allowed; whether or
// not a trace is in a language, or two languages are equal, is then unknown.
var ErrTooLarge = errors.New("the tree has too many states")

// MaxStates bounds how many states an [Acceptor] makes: some 100 MB.
const MaxStates = 1 << 20

// An Acceptor says which traces are in the language of a tree. It keeps what
// it found out, so that many traces of one log are faster than one by one.
// It is not for concurrent use.
//
// A state is an expression for what may still happen; the next is its
// derivative by the next activity (Brzozowski, doi:10.1145/321239.321249, with
// interleaving). Expressions are kept once each, so equal states are equal
// numbers. If no label occurs twice in the tree, a step costs O(size of the
// tree) mostly; if some do, the number of states may explode: [ErrTooLarge].
type Acceptor struct {
	e     *expressions
	start int32
}

// NewAcceptor prepares a valid tree. Labels of the traces that are not in the
// tree cost nothing.
func NewAcceptor(t *Tree) *Acceptor {
	e := newExpressions()
	return &Acceptor{e: e, start: e.of(t)}
}

// Accepts says whether a trace is in the language.
func (a *Acceptor) Accepts(trace []string) (bool, error) {
	state := a.start
	for _, label := range trace {
		letter, ok := a.e.letters[label]
		if !ok {
			return false, nil
		}
		if state = a.e.after(state, letter); state == nothing {
			return false, nil
		}
		if len(a.e.nodes) > MaxStates {
			return false, ErrTooLarge
		}
	}
	return a.e.nodes[state].nullable, nil
}

// Difference returns a shortest trace that is in the language of one tree and
// not in that of the other, the first in the order of labels, and whether there
// is one; [ErrTooLarge] if more than limit pairs of states do not tell.
func Difference(a, b *Tree, limit int) (trace []string, differ bool, err error) {
	e := newExpressions()
	type pair struct {
		a, b   int32
		from   int // index in all of where the last letter was read
		letter int32
	}
	all := []pair{{e.of(a), e.of(b), -1, 0}}
	labels := make([]string, len(e.letters))
	var order []int32
	for label, letter := range e.letters {
		labels[letter] = label
		order = append(order, letter)
	}
	slices.SortFunc(order, func(x, y int32) int {
		if labels[x] < labels[y] {
			return -1
		}
		return 1
	})
	type states struct{ a, b int32 }
	seen := map[states]bool{{all[0].a, all[0].b}: true}
	for i := 0; i < len(all); i++ {
		p := all[i]
		if e.nodes[p.a].nullable != e.nodes[p.b].nullable {
			for ; i > 0; i = all[i].from {
				trace = append(trace, labels[all[i].letter])
			}
			slices.Reverse(trace)
			return trace, true, nil
		}
		for _, letter := range order {
			next := states{e.after(p.a, letter), e.after(p.b, letter)}
			if next.a == next.b || seen[next] {
				continue
			}
			if len(seen) >= limit || len(e.nodes) > MaxStates {
				return nil, false, ErrTooLarge
			}
			seen[next] = true
			all = append(all, pair{next.a, next.b, i, letter})
		}
	}
	return nil, false, nil
}

// expressions are regular expressions with interleaving, each kept once and
// called by its number.
type expressions struct {
	nodes   []expression
	ids     map[string]int32
	letters map[string]int32
	steps   map[uint64]int32 // derivatives, by expression and letter
	orders  []relation       // of partial orders, once each
	numbers map[string]int32 // of orders
}

type expression struct {
	kind     kind
	letter   int32   // of an atom; of a partial order, the number of the order
	parts    []int32 // sorted, except of a sequence, which has two, and a partial order
	nullable bool
	alphabet []uint64 // set of letters that occur
}

type kind uint8

const (
	kindNothing kind = iota // no trace at all
	kindEmpty               // the empty trace
	kindAtom
	kindThen // the first part, then the second
	kindEither
	kindBoth // all parts, interleaved
	kindStar
	kindOrder // all parts, interleaved as an order allows
)

const (
	nothing int32 = 0
	empty   int32 = 1
)

func newExpressions() *expressions {
	e := &expressions{ids: map[string]int32{}, letters: map[string]int32{}, steps: map[uint64]int32{}, numbers: map[string]int32{}}
	e.intern(kindNothing, 0, nil)
	e.intern(kindEmpty, 0, nil)
	return e
}

func (e *expressions) intern(k kind, letter int32, parts []int32) int32 {
	key := make([]byte, 0, 2+5*len(parts))
	key = binary.AppendUvarint(append(key, byte(k)), uint64(letter))
	for _, p := range parts {
		key = binary.AppendUvarint(key, uint64(p))
	}
	if id, ok := e.ids[string(key)]; ok {
		return id
	}
	x := expression{kind: k, letter: letter, parts: slices.Clone(parts)}
	switch k {
	case kindEmpty, kindStar:
		x.nullable = true
	case kindThen, kindBoth, kindOrder:
		x.nullable = true
		for _, p := range parts {
			x.nullable = x.nullable && e.nodes[p].nullable
		}
	case kindEither:
		for _, p := range parts {
			x.nullable = x.nullable || e.nodes[p].nullable
		}
	case kindAtom:
		x.alphabet = make([]uint64, letter/64+1)
		x.alphabet[letter/64] = 1 << (letter % 64)
	}
	for _, p := range parts {
		x.alphabet = union(x.alphabet, e.nodes[p].alphabet)
	}
	id := int32(len(e.nodes))
	e.nodes = append(e.nodes, x)
	e.ids[string(key)] = id
	return id
}

// union returns a or b where that has it all, so that sets are shared.
func union(a, b []uint64) []uint64 {
	if len(a) < len(b) {
		a, b = b, a
	}
	missing := false
	for i := range b {
		missing = missing || b[i]&^a[i] != 0
	}
	if !missing {
		return a
	}
	out := slices.Clone(a)
	for i := range b {
		out[i] |= b[i]
	}
	return out
}

func (e *expressions) has(id, letter int32) bool {
	set := e.nodes[id].alphabet
	return int(letter/64) < len(set) && set[letter/64]>>(letter%64)&1 == 1
}

func (e *expressions) then(a, b int32) int32 {
	switch {
	case a == nothing || b == nothing:
		return nothing
	case a == empty:
		return b
	case b == empty:
		return a
	case e.nodes[a].kind == kindThen:
		p := e.nodes[a].parts
		return e.then(p[0], e.then(p[1], b))
	}
	return e.intern(kindThen, 0, []int32{a, b})
}

func (e *expressions) either(parts ...int32) int32 {
	var flat []int32
	for _, p := range parts {
		switch {
		case p == nothing:
		case e.nodes[p].kind == kindEither:
			flat = append(flat, e.nodes[p].parts...)
		default:
			flat = append(flat, p)
		}
	}
	slices.Sort(flat)
	flat = slices.Compact(flat)
	flat = e.withoutSubsumed(flat)
	switch len(flat) {
	case 0:
		return nothing
	case 1:
		return flat[0]
	}
	return e.intern(kindEither, 0, flat)
}

// withoutSubsumed leaves out parts all whose traces another part has too, as
// far as is seen at a glance. Without it, a loop around what may be skipped has a
// part for every place where its last round may have begun.
func (e *expressions) withoutSubsumed(parts []int32) []int32 {
	const many = 64 // it takes quadratic time
	if len(parts) < 2 || len(parts) > many {
		return parts
	}
	gone := make([]bool, len(parts))
	for i, x := range parts {
		for j, y := range parts {
			if i != j && !gone[j] && e.subsumes(y, x) {
				gone[i] = true
				break
			}
		}
	}
	out := parts[:0]
	for i, x := range parts {
		if !gone[i] {
			out = append(out, x)
		}
	}
	return out
}

// subsumes says yes only if y has every trace of x.
func (e *expressions) subsumes(y, x int32) bool {
	if x == y || x == empty && e.nodes[y].nullable {
		return true
	}
	a, b := &e.nodes[x], &e.nodes[y]
	switch b.kind {
	case kindThen:
		if x == b.parts[1] {
			return e.nodes[b.parts[0]].nullable
		}
		return a.kind == kindThen && a.parts[1] == b.parts[1] && e.subsumes(b.parts[0], a.parts[0])
	case kindBoth:
		// What y has besides the parts of x need not be done.
		left := []int32{x}
		if a.kind == kindBoth {
			left = a.parts
		}
		for _, p := range b.parts {
			switch {
			case len(left) > 0 && left[0] == p:
				left = left[1:]
			case !e.nodes[p].nullable:
				return false
			}
		}
		return len(left) == 0
	}
	return false
}

func (e *expressions) both(parts ...int32) int32 {
	var flat []int32
	for _, p := range parts {
		switch {
		case p == nothing:
			return nothing
		case p == empty:
		case e.nodes[p].kind == kindBoth:
			flat = append(flat, e.nodes[p].parts...)
		default:
			flat = append(flat, p)
		}
	}
	slices.Sort(flat)
	switch len(flat) {
	case 0:
		return empty
	case 1:
		return flat[0]
	}
	return e.intern(kindBoth, 0, flat)
}

func (e *expressions) star(a int32) int32 {
	switch x := &e.nodes[a]; {
	case a == nothing || a == empty:
		return empty
	case x.kind == kindStar:
		return a
	case x.kind == kindEither && x.parts[0] == empty:
		return e.star(e.either(x.parts[1:]...))
	}
	return e.intern(kindStar, 0, []int32{a})
}

// ordered is what parts are that are done in an order. Those that are over are
// left out, and what is then in no order is interleaved.
func (e *expressions) ordered(before relation, parts []int32) int32 {
	var left []int
	for i, p := range parts {
		if p == nothing {
			return nothing
		}
		if p != empty {
			left = append(left, i)
		}
	}
	rest, some := make([]int32, len(left)), false
	order := newRelation(len(left))
	key := make([]byte, 0, 8*len(left))
	for x, i := range left {
		rest[x] = parts[i]
		for y, j := range left {
			if before.has(i, j) {
				order.set(x, y)
				some = true
			}
		}
		for _, word := range order[x] {
			key = binary.LittleEndian.AppendUint64(key, word)
		}
	}
	if !some {
		return e.both(rest...)
	}
	number, ok := e.numbers[string(key)]
	if !ok {
		number = int32(len(e.orders))
		e.orders, e.numbers[string(key)] = append(e.orders, order), number
	}
	return e.intern(kindOrder, number, rest)
}

// of writes a tree as an expression; a loop is A·(B·A)*.
func (e *expressions) of(t *Tree) int32 {
	parts := make([]int32, len(t.Children))
	for i, c := range t.Children {
		parts[i] = e.of(c)
	}
	switch t.Op {
	case Activity:
		letter, ok := e.letters[t.Label]
		if !ok {
			letter = int32(len(e.letters))
			e.letters[t.Label] = letter
		}
		return e.intern(kindAtom, letter, nil)
	case Sequence:
		all := empty
		for _, p := range slices.Backward(parts) {
			all = e.then(p, all)
		}
		return all
	case Choice:
		return e.either(parts...)
	case Parallel:
		return e.both(parts...)
	case Partial:
		return e.ordered(precedes(len(parts), t.Order), parts)
	case Loop:
		return e.then(parts[0], e.star(e.then(parts[1], parts[0])))
	}
	return empty
}

// after returns the derivative of an expression by a letter: what may follow it.
func (e *expressions) after(id, letter int32) int32 {
	if !e.has(id, letter) {
		return nothing
	}
	key := uint64(id)<<32 | uint64(letter)
	if next, ok := e.steps[key]; ok {
		return next
	}
	x := e.nodes[id] // a copy: nodes may move
	next := nothing
	switch x.kind {
	case kindAtom:
		next = empty
	case kindThen:
		next = e.then(e.after(x.parts[0], letter), x.parts[1])
		if e.nodes[x.parts[0]].nullable {
			next = e.either(next, e.after(x.parts[1], letter))
		}
	case kindEither:
		all := make([]int32, len(x.parts))
		for i, p := range x.parts {
			all[i] = e.after(p, letter)
		}
		next = e.either(all...)
	case kindBoth:
		var all []int32
		for i, p := range x.parts {
			if i > 0 && x.parts[i-1] == p {
				continue // equal parts give equal derivatives
			}
			if step := e.after(p, letter); step != nothing {
				rest := slices.Clone(x.parts)
				rest[i] = step
				all = append(all, e.both(rest...))
			}
		}
		next = e.either(all...)
	case kindStar:
		next = e.then(e.after(x.parts[0], letter), id)
	case kindOrder:
		order := e.orders[x.letter]
		var all []int32
		for i, p := range x.parts {
			step := e.after(p, letter)
			rest := slices.Clone(x.parts)
			for j, q := range x.parts {
				if order.has(j, i) { // it has to be over, and may be if it need do nothing
					if rest[j] = empty; !e.nodes[q].nullable {
						step = nothing
					}
				}
			}
			if rest[i] = step; step != nothing {
				all = append(all, e.ordered(order, rest))
			}
		}
		next = e.either(all...)
	}
	e.steps[key] = next
	return next
}
