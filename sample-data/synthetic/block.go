package synthetic

import (
	"iter"
	"math/bits"
	"math/rand/v2"
	"sync"
)

// blockRows is how many rows a block has on average, where the log has as many.
const blockRows = 8192

// A block is consecutive rows of the log.
type block struct {
	rows  []row
	place int64  // of the first row, from 0
	span  [2]int // of rows that are of the part that is written
	// since is where the time slice of an unsorted block begins; its rows stand
	// in the order of cases and steps. width is 0 for a block in its order.
	since, width int64
}

// blocks yields the log in its order, in blocks that are not yet sorted.
func (l *Log) blocks(order Order, free *stock) iter.Seq[*block] {
	var in iter.Seq[*block]
	switch order {
	case ByTime:
		in = l.slices(free)
	case ByCase:
		in = parallel(l.chunks(), func(first int64) *block { return &block{rows: l.chunk(first, free)} })
	case Shuffled:
		in = l.dealt(free)
	}
	return func(yield func(*block) bool) {
		place := int64(0)
		for b := range in {
			b.place = place
			place += int64(len(b.rows))
			from, to := max(l.from, b.place), min(l.to, place)
			if from < to {
				b.span = [2]int{int(from - b.place), int(to - b.place)}
				if !yield(b) {
					return
				}
			} else {
				free.give(b.rows)
			}
			if place >= l.to {
				return
			}
		}
	}
}

// rendered yields what render makes of each block of the part that is written,
// in order. Render gets the rows, and the place of the first.
func rendered[R any](l *Log, order Order, render func(rows []row, place int64) R) iter.Seq[R] {
	free := &stock{}
	type made struct {
		rows   int
		result R
	}
	work := func(b *block) made {
		if b.width > 0 {
			b.rows = sortByTime(b.rows, b.since, b.width, free)
		}
		part := b.rows[b.span[0]:b.span[1]]
		r := render(part, b.place+int64(b.span[0]))
		free.give(b.rows)
		return made{len(part), r}
	}
	return func(yield func(R) bool) {
		done := int64(0)
		for m := range parallel(l.blocks(order, free), work) {
			if !yield(m.result) {
				return
			}
			if done += int64(m.rows); l.o.Progress != nil {
				l.o.Progress(done)
			}
		}
	}
}

// perChunk is how many cases are filled at a time.
func (l *Log) perChunk() int64 {
	slices := max(1, l.o.Events/blockRows)
	return (l.Cases + slices - 1) / slices
}

// chunks yields the first case of each chunk.
func (l *Log) chunks() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for first := int64(0); first < l.Cases && yield(first); first += l.perChunk() {
		}
	}
}

// chunk makes the cases of a chunk, one after the other.
func (l *Log) chunk(first int64, free *stock) []row {
	m, rows := l.maker(), free.take()
	for number := first; number < min(first+l.perChunk(), l.Cases); number++ {
		rows = m.fill(rows, number)
	}
	return rows
}

// slices yields slices of time, the earliest first. Only the events of cases
// that have begun are in memory.
func (l *Log) slices(free *stock) iter.Seq[*block] {
	slices := max(1, l.o.Events/blockRows)
	width := (span/1000 + slices - 1) / slices * 1000
	return func(yield func(*block) bool) {
		var open [][]row // by slice, from since on
		since := begin
		emit := func() bool {
			b := &block{rows: open[0], since: since, width: width}
			open, since = open[1:], since+width
			return len(b.rows) == 0 || yield(b)
		}
		next := int64(0)
		for rows := range parallel(l.chunks(), func(first int64) []row { return l.chunk(first, free) }) {
			for i := range rows {
				at := int((rows[i].time - since) / width)
				for at >= len(open) {
					open = append(open, nil)
				}
				if open[at] == nil {
					open[at] = free.take()
				}
				open[at] = append(open[at], rows[i])
			}
			free.give(rows)
			next += l.perChunk()
			for len(open) > 0 && since+width <= l.slot(float64(next)) {
				if !emit() {
					return
				}
			}
		}
		for len(open) > 0 {
			if !emit() {
				return
			}
		}
	}
}

// sortByTime sorts the rows of a slice of time by time; rows of one time stay as
// they stand. By digits: a comparison for each of the log's rows would take as
// long as all else.
func sortByTime(rows []row, since, width int64, free *stock) []row {
	const digit = 11
	n := len(rows)
	at := bits.Len(uint(n))
	keys := make([]uint64, 2*n)
	from, to := keys[:n], keys[n:]
	for i := range rows {
		from[i] = uint64((rows[i].time-since)/1000)<<at | uint64(i)
	}
	top := at + bits.Len64(uint64(width/1000))
	for shift := at; shift < top; shift += digit {
		var ends [1 << digit]int
		for _, k := range from {
			ends[k>>shift&(1<<digit-1)]++
		}
		sum := 0
		for i, c := range ends {
			ends[i] = sum
			sum += c
		}
		for _, k := range from {
			d := k >> shift & (1<<digit - 1)
			to[ends[d]] = k
			ends[d]++
		}
		from, to = to, from
	}
	sorted := free.take()
	for _, k := range from {
		sorted = append(sorted, rows[k&(1<<at-1)])
	}
	free.give(rows)
	return sorted
}

const (
	dealings  = 4       // parts a case's events are dealt to
	perDealer = 1 << 15 // cases whose events are mixed, a part at a time
)

// dealt yields the blocks of a shuffled log. Each case is made once a part: to
// keep its other events would be to keep the log.
func (l *Log) dealt(free *stock) iter.Seq[*block] {
	dealers := (l.Cases + perDealer - 1) / perDealer
	units := make([]int64, dealers*dealings)
	for i := range units {
		units[i] = int64(i)
	}
	r := rand.New(rand.NewPCG(l.hash(ofBlocks, 0, 0), 0))
	r.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
	each := func(yield func(int64) bool) {
		for _, u := range units {
			if !yield(u) {
				return
			}
		}
	}
	return parallel(each, func(unit int64) *block {
		m, rows := l.maker(), free.take()
		var whole []row
		first, dealing := unit/dealings*perDealer, uint64(unit%dealings)
		for i := first; i < min(first+perDealer, l.Cases); i++ {
			whole = m.fill(whole[:0], l.anyCase(i))
			for _, r := range whole {
				if l.hash(ofDealing, int64(r.number), uint64(r.step))%dealings == dealing {
					rows = append(rows, r)
				}
			}
		}
		r := rand.New(rand.NewPCG(l.hash(ofMixing, unit, 0), 0))
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		return &block{rows: rows}
	})
}

// anyCase is a permutation of the cases' numbers: four rounds of a Feistel
// network over the next even number of bits, again until it is one of them.
func (l *Log) anyCase(i int64) int64 {
	half := (bits.Len64(uint64(l.Cases-1)) + 1) / 2
	mask := uint64(1)<<half - 1
	x := uint64(i)
	for {
		left, right := x>>half, x&mask
		for round := range uint64(4) {
			left, right = right, left^l.hash(ofCases, int64(right), round)&mask
		}
		if x = left<<half | right; x < uint64(l.Cases) {
			return int64(x)
		}
	}
}

// A stock keeps slices of rows to be used again.
type stock struct {
	mu    sync.Mutex
	spare [][]row
}

func (s *stock) take() []row {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.spare); n > 0 {
		rows := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return rows
	}
	return []row{}
}

func (s *stock) give(rows []row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spare = append(s.spare, rows[:0])
}
