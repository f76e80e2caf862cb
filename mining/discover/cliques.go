package discover

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
)

// MaxPlaces bounds how many places, or ways to join and split, a net is made
// of: there can be exponentially many.
const MaxPlaces = 10_000

// cliques finds the maximal cliques of a graph (Bron and Kerbosch,
// doi:10.1145/362342.362367, with pivots).
type cliques struct {
	nodes bitset
	near  []bitset // neighbours of each node, itself not
	// hopeful says whether a clique and what may join it can be of use.
	hopeful func(clique []int, candidates bitset) bool
	found   [][]int
}

func newCliques(size int) *cliques {
	c := &cliques{nodes: newBitset(size), near: make([]bitset, size), hopeful: func([]int, bitset) bool { return true }}
	for i := range c.near {
		c.near[i] = newBitset(size)
	}
	return c
}

// find returns the cliques, each ascending, in ascending order.
func (c *cliques) find(ctx context.Context) ([][]int, error) {
	if err := c.grow(ctx, nil, slices.Clone(c.nodes), newBitset(len(c.near))); err != nil {
		return nil, err
	}
	slices.SortFunc(c.found, slices.Compare)
	return c.found, nil
}

func (c *cliques) grow(ctx context.Context, clique []int, candidates, done bitset) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !c.hopeful(clique, candidates) {
		return nil
	}
	pivot, most := -1, -1
	for x := range c.near {
		if candidates.has(x) || done.has(x) {
			if n := candidates.common(c.near[x]); n > most {
				pivot, most = x, n
			}
		}
	}
	if pivot < 0 {
		if len(clique) == 0 {
			return nil
		}
		if len(c.found) == MaxPlaces {
			return fmt.Errorf("the net has more than %d places, which nobody can read; keep fewer activities or variants", MaxPlaces)
		}
		c.found = append(c.found, slices.Sorted(slices.Values(clique)))
		return nil
	}
	for x := range c.near {
		if !candidates.has(x) || c.near[pivot].has(x) {
			continue
		}
		if err := c.grow(ctx, append(slices.Clip(clique), x), candidates.and(c.near[x]), done.and(c.near[x])); err != nil {
			return err
		}
		candidates.remove(x)
		done.add(x)
	}
	return nil
}

// A bitset is a set of small numbers.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(i int) bool { return b[i>>6]>>(i&63)&1 == 1 }
func (b bitset) add(i int)      { b[i>>6] |= 1 << (i & 63) }
func (b bitset) remove(i int)   { b[i>>6] &^= 1 << (i & 63) }

// any says whether a number from lo up to hi is in b.
func (b bitset) any(lo, hi int) bool {
	for i := lo; i < hi; i++ {
		if b.has(i) {
			return true
		}
	}
	return false
}

func (b bitset) and(o bitset) bitset {
	out := make(bitset, len(b))
	for i := range b {
		out[i] = b[i] & o[i]
	}
	return out
}

// common counts what is in both.
func (b bitset) common(o bitset) (n int) {
	for i := range b {
		n += bits.OnesCount64(b[i] & o[i])
	}
	return n
}

// count counts what is in b.
func (b bitset) count() int { return b.common(b) }
