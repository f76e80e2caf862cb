package tree

import (
	"fmt"
	"slices"
	"strings"
)

// Language returns all traces of t of at most length activities, shortest
// first, then in the order of labels. It is the definition of what a tree
// means, written down, and as slow as that: it is an error if there are more
// than limit traces at any node.
func (t *Tree) Language(length, limit int) ([][]string, error) {
	b := &bounded{length: length, limit: limit}
	set, err := b.of(t)
	if err != nil {
		return nil, err
	}
	return set.sorted(), nil
}

type bounded struct{ length, limit int }

// traces are distinct traces by a key.
type traces map[string][]string

func (s traces) add(trace []string) { s[strings.Join(trace, "\x00")+fmt.Sprint(len(trace))] = trace }

func (s traces) sorted() [][]string {
	out := make([][]string, 0, len(s))
	for _, t := range s {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b []string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return slices.Compare(a, b)
	})
	return out
}

func (b *bounded) of(t *Tree) (traces, error) {
	var parts []traces
	for _, c := range t.Children {
		s, err := b.of(c)
		if err != nil {
			return nil, err
		}
		parts = append(parts, s)
	}
	out := traces{}
	switch t.Op {
	case Tau:
		out.add(nil)
	case Activity:
		if b.length > 0 {
			out.add([]string{t.Label})
		}
	case Choice:
		for _, s := range parts {
			for _, trace := range s {
				out.add(trace)
			}
		}
	case Sequence, Parallel:
		out.add(nil)
		for _, s := range parts {
			var err error
			if out, err = b.combine(t.Op, out, s); err != nil {
				return nil, err
			}
		}
	case Partial:
		if err := b.shuffle(t, parts, nil, out); err != nil {
			return nil, err
		}
	case Loop:
		once := parts[0]
		again, err := b.combine(Sequence, parts[1], once)
		if err != nil {
			return nil, err
		}
		out = traces{}
		for _, trace := range once {
			out.add(trace)
		}
		for grown := -1; grown != len(out); {
			grown = len(out)
			more, err := b.combine(Sequence, out, again)
			if err != nil {
				return nil, err
			}
			for _, trace := range more {
				out.add(trace)
			}
			if err := b.check(out); err != nil {
				return nil, err
			}
		}
	}
	return out, b.check(out)
}

func (b *bounded) check(s traces) error {
	if len(s) > b.limit {
		return fmt.Errorf("more than %d traces of at most %d activities", b.limit, b.length)
	}
	return nil
}

// combine puts each trace of one set after, or in between, each of another.
func (b *bounded) combine(op Operator, left, right traces) (traces, error) {
	out := traces{}
	for _, l := range left {
		for _, r := range right {
			if len(l)+len(r) > b.length {
				continue
			}
			if op == Sequence {
				out.add(slices.Concat(l, r))
			} else {
				interleave(nil, l, r, out.add)
			}
			if err := b.check(out); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func interleave(done, l, r []string, add func([]string)) {
	if len(l) == 0 || len(r) == 0 {
		add(slices.Concat(done, l, r))
		return
	}
	interleave(append(slices.Clone(done), l[0]), l[1:], r, add)
	interleave(append(slices.Clone(done), r[0]), l, r[1:], add)
}

// shuffle adds to out the interleavings of every choice of one trace a child, of
// which those of the first children are chosen, such that a child begins when
// all that come before it in the order are over.
func (b *bounded) shuffle(t *Tree, parts []traces, chosen [][]string, out traces) error {
	if len(chosen) < len(parts) {
		for _, trace := range parts[len(chosen)] {
			if err := b.shuffle(t, parts, append(chosen[:len(chosen):len(chosen)], trace), out); err != nil {
				return err
			}
		}
		return nil
	}
	length := 0
	for _, trace := range chosen {
		length += len(trace)
	}
	if length > b.length {
		return nil
	}
	before := precedes(len(parts), t.Order)
	at := make([]int, len(chosen)) // how much of each is done
	var next func(done []string) error
	next = func(done []string) error {
		if len(done) == length {
			out.add(slices.Clone(done))
			return b.check(out)
		}
		for i, trace := range chosen {
			waits := func(j int) bool { return before.has(j, i) && at[j] < len(chosen[j]) }
			if at[i] == len(trace) || slices.ContainsFunc(indices(len(parts)), waits) {
				continue
			}
			at[i]++
			if err := next(append(done, trace[at[i]-1])); err != nil {
				return err
			}
			at[i]--
		}
		return nil
	}
	return next(make([]string, 0, length))
}
