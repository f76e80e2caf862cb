package eventlog

import (
	"cmp"
	"runtime"
	"slices"
	"sort"
	"sync"

	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"
)

// paths are the variants that the cases of a log follow, by number: distinct
// sequences of activity codes. They do not change once a log has them.
type paths struct {
	ends  []int64 // of path v in steps
	steps []uint16

	slots []uint32 // open addressing: number of a path + 1; nil until one is added
	tags  []uint32 // by path: of its hash, what slots do not use first

	ordered sync.Once
	order   []uint32 // see canonical

	linked sync.Once
	arcs   *pathArcs // see links
}

// len returns how many paths there are.
func (p *paths) len() int { return len(p.ends) }

// at returns the steps of path v.
func (p *paths) at(v uint32) []uint16 {
	from := int64(0)
	if v > 0 {
		from = p.ends[v-1]
	}
	return p.steps[from:p.ends[v]]
}

// add returns the number of a path, which it copies if it is new.
func (p *paths) add(path []uint16) uint32 {
	if 2*len(p.ends) >= len(p.slots) {
		p.grow()
	}
	hash := xxh3.Hash(bytesOf(path))
	mask := uint64(len(p.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := p.slots[i]
		if s == 0 {
			p.steps = append(p.steps, path...)
			p.ends = append(p.ends, int64(len(p.steps)))
			p.tags = append(p.tags, uint32(hash>>32))
			p.slots[i] = uint32(len(p.ends))
			return uint32(len(p.ends)) - 1
		}
		if p.tags[s-1] == uint32(hash>>32) && slices.Equal(p.at(s-1), path) {
			return s - 1
		}
	}
}

// grow doubles the table, or makes it for paths that were read from a file.
func (p *paths) grow() {
	p.slots = make([]uint32, max(256, 2*len(p.slots), nextPower(4*len(p.ends))))
	mask := uint64(len(p.slots) - 1)
	p.tags = p.tags[:0]
	for v := range p.ends {
		hash := xxh3.Hash(bytesOf(p.at(uint32(v))))
		p.tags = append(p.tags, uint32(hash>>32))
		i := hash & mask
		for p.slots[i] != 0 {
			i = (i + 1) & mask
		}
		p.slots[i] = uint32(v + 1)
	}
}

func nextPower(n int) int {
	p := 1
	for p < n {
		p *= 2
	}
	return p
}

// clone returns paths that can be added to.
func (p *paths) clone() *paths {
	return &paths{ends: slices.Clone(p.ends), steps: slices.Clone(p.steps)}
}

// from returns the paths from number first on, numbered from 0.
func (p *paths) from(first int) *paths {
	if first == 0 {
		return p
	}
	start := p.ends[first-1]
	out := &paths{steps: p.steps[start:]}
	for _, end := range p.ends[first:] {
		out.ends = append(out.ends, end-start)
	}
	return out
}

// with returns the paths of p and, numbered on, those of more, which both know
// their order by labels. It takes O(paths) time.
func (p *paths) with(more *paths, labels []string) *paths {
	if p.len() == 0 {
		return more
	}
	if more.len() == 0 {
		return p
	}
	out := &paths{steps: slices.Concat(p.steps, more.steps), ends: slices.Grow(slices.Clone(p.ends), more.len())}
	for _, end := range more.ends {
		out.ends = append(out.ends, int64(len(p.steps))+end)
	}
	rank := ranks(labels)
	less := func(a, b uint32) bool {
		x, y := out.at(a), out.at(b)
		for i := range min(len(x), len(y)) {
			if x[i] != y[i] {
				return rank[x[i]] < rank[y[i]]
			}
		}
		return len(x) < len(y)
	}
	first := uint32(p.len())
	rest := p.order
	for _, v := range more.order {
		n := sort.Search(len(rest), func(i int) bool { return !less(rest[i], v+first) })
		out.order = append(append(out.order, rest[:n]...), v+first)
		rest = rest[n:]
	}
	out.order = append(out.order, rest...)
	return out
}

// code says of each case of c which path it follows.
func (p *paths) code(c *Cases) {
	c.Variant = make([]uint32, c.Len())
	for i := range c.Variant {
		c.Variant[i] = p.add(c.path(i))
	}
}

// codePaths numbers the paths of the batches, in the order in which cases
// first follow them, on all processors.
func codePaths(batches []*Cases) *paths {
	own := make([]*paths, len(batches))
	each := func(do func(n int)) {
		var g errgroup.Group
		g.SetLimit(runtime.GOMAXPROCS(0))
		for n := range batches {
			g.Go(func() error { do(n); return nil })
		}
		_ = g.Wait() // no function of the group fails
	}
	each(func(n int) {
		own[n] = &paths{}
		own[n].code(batches[n])
	})
	all := &paths{}
	number := make([][]uint32, len(batches))
	for n, p := range own {
		number[n] = make([]uint32, p.len())
		for v := range number[n] {
			number[n][v] = all.add(p.at(uint32(v)))
		}
		own[n] = nil
	}
	each(func(n int) {
		for i, v := range batches[n].Variant {
			batches[n].Variant[i] = number[n][v]
		}
	})
	return all
}

// canonical returns the numbers of all paths, sorted by the labels of their
// steps. It is found once, in O(Σ|path| log n) time.
func (p *paths) canonical(labels []string) []uint32 {
	p.ordered.Do(func() {
		if p.order == nil {
			p.order = p.sort(labels)
		}
	})
	return p.order
}

func (p *paths) sort(labels []string) []uint32 {
	rank := ranks(labels)
	ranked := make([]uint16, len(p.steps)) // so that comparing takes one look
	for i, s := range p.steps {
		ranked[i] = rank[s]
	}
	by := &paths{ends: p.ends, steps: ranked}
	order := make([]uint32, p.len())
	for v := range order {
		order[v] = uint32(v)
	}
	slices.SortFunc(order, func(a, b uint32) int { return slices.Compare(by.at(a), by.at(b)) })
	return order
}

// ranks returns the place of each label among all, sorted.
func ranks(labels []string) []uint16 {
	codes := make([]int, len(labels))
	for c := range codes {
		codes[c] = c
	}
	slices.SortFunc(codes, func(a, b int) int { return cmp.Compare(labels[a], labels[b]) })
	rank := make([]uint16, len(labels))
	for place, c := range codes {
		rank[c] = uint16(place)
	}
	return rank
}

// pathArcs are the directly-follows pairs of paths.
type pathArcs struct {
	from, to []uint16 // of each arc
	of       []uint32 // arc into each step of paths.steps; none into the first of a path
}

// noArc stands where a path begins.
const noArc = ^uint32(0)

// denseArcs is the largest vocabulary for which arcs are found by a table of
// activities × activities; above it, by hashing.
const denseArcs = 1024

// links returns the arcs of the paths over so many activities, in the order in
// which the paths first have them. They are found once.
func (p *paths) links(codes int) *pathArcs {
	p.linked.Do(func() {
		a := &pathArcs{of: make([]uint32, len(p.steps))}
		var dense []uint32
		var hashed map[uint32]uint32
		if codes <= denseArcs {
			dense = make([]uint32, codes*codes)
		} else {
			hashed = map[uint32]uint32{}
		}
		from := int64(0)
		for _, end := range p.ends {
			for j := from; j < end; j++ {
				if j == from {
					a.of[j] = noArc
					continue
				}
				x, y := p.steps[j-1], p.steps[j]
				var n uint32 // number + 1
				if dense != nil {
					n = dense[int(x)*codes+int(y)]
				} else {
					n = hashed[uint32(x)<<16|uint32(y)]
				}
				if n == 0 {
					a.from, a.to = append(a.from, x), append(a.to, y)
					n = uint32(len(a.from))
					if dense != nil {
						dense[int(x)*codes+int(y)] = n
					} else {
						hashed[uint32(x)<<16|uint32(y)] = n
					}
				}
				a.of[j] = n - 1
			}
			from = end
		}
		p.arcs = a
	})
	return p.arcs
}
