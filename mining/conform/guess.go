package conform

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"millrace/mining/petri"
)

// A guesser finds alignments soon, which are not the cheapest there are.
//
// It replays a trace, and a trace that replay says fits costs nothing: an event fires
// a transition that has its label and is enabled, or that silent moves enable. Where none is, moves
// in the model alone enable one, or the event is a move in the log. What was best is known later
// only, so those ways to have dealt with the events so far are kept that seem the cheapest.
type guesser struct {
	*aligner
	silent, bold *replayer // the bold one makes visible moves in the model, too
	labelled     [][]int32 // by label: the transitions that have it
	most         int       // guesses that are kept from event to event
	guesses      []guess
	spent, limit int64   // for the trace, as replayers count it; beyond the limit nothing is planned
	left         []int64 // by events done, and by bound: the prices of those left
	unknown      []int32 // by events done: how many are left that the net does not know
}

// mostGuesses is how many ways are kept from event to event at most. With 4, fitness was 0.58 for 0.73 on
// the Heuristics net of `receipt`.
const mostGuesses = 12

// mostLate bounds what is spent on the traces of a log that are looked at although
// there is no time left, as [replayer] counts it, which does not see what it knows already: some
// 1 s of work.
const mostLate = 1 << 30

// A guess is a way to have dealt with the events so far.
type guess struct {
	marking petri.Marking
	cost    int64
	total   int64             // with what is left to pay at least
	tokens  [mostPrices]int64 // what prices say of the marking
	parent  int32             // among all guesses of the trace
	moves   []Move
}

func (a *aligner) guesser(most int) *guesser {
	index := a.Net.Index()
	g := &guesser{aligner: a, most: most, silent: newReplayer(a.Net, index), bold: newReplayer(a.Net, index)}
	g.bold.free = make([]int32, len(a.Net.Transitions))
	for t := range g.bold.free {
		g.bold.free[t] = int32(t)
	}
	for _, name := range a.Net.Labels() { // as they are numbered
		g.labelled = append(g.labelled, index.ByLabel[name])
	}
	return g
}

// guess returns an alignment of a trace, the one that lets it and a run of the net
// pass by each other if it finds none that costs less.
func (g *guesser) guess(ctx context.Context, letters []int32) Alignment {
	g.price(letters)
	first := guess{marking: g.Net.Initial, parent: -1}
	for k, b := range g.prices {
		first.tokens[k] = b.tokens(g.Net.Initial)
	}
	best, least := g.apart(letters), g.least(&first, 0)
	best.Least = least
	g.guesses, g.spent = append(g.guesses[:0], first), 0
	g.limit = mostSpent + int64(len(letters))<<15
	now := []int32{0}
	for e, letter := range letters {
		if ctx.Err() != nil {
			return best
		}
		first := int32(len(g.guesses))
		for _, i := range now {
			g.follow(i, int32(e), letter)
		}
		now = g.cheapest(first)
	}
	for _, i := range now {
		if g.guesses[i].cost >= best.Cost {
			continue
		}
		if moves, cost, ok := g.end(i); ok && cost < best.Cost {
			if g.Prefix {
				moves, cost = nil, g.guesses[i].cost
			}
			for ; i >= 0; i = g.guesses[i].parent {
				moves = slices.Concat(g.guesses[i].moves, moves)
			}
			best = Alignment{moves, cost, least}
		}
	}
	return best
}

// price works out what prices say of what is left of a trace.
func (g *guesser) price(letters []int32) {
	n := len(g.prices)
	g.left, g.unknown = make([]int64, (len(letters)+1)*n), make([]int32, len(letters)+1)
	for i := len(letters) - 1; i >= 0; i-- {
		copy(g.left[i*n:(i+1)*n], g.left[(i+1)*n:])
		if g.unknown[i] = g.unknown[i+1]; letters[i] < 0 {
			g.unknown[i]++
			continue
		}
		for k, b := range g.prices {
			g.left[i*n+k] += b.event[letters[i]]
		}
	}
}

// least is what is left to pay at least.
func (g *guesser) least(x *guess, done int) int64 {
	sum := int64(0)
	for k := range g.prices {
		sum = max(sum, x.tokens[k]+g.left[done*len(g.prices)+k])
	}
	return int64(whole(sum) + g.unknown[done])
}

// findPrices makes bounds that serve all traces: one is good for the mean of all
// cases; the others, if there is time, for the most frequent variants.
func (a *aligner) findPrices(ctx context.Context, stopped func() bool) {
	index, goal := a.Net.Index(), a.Net.Final
	if a.Prefix {
		goal = nil
	}
	labels := len(a.Net.Labels())
	a.prices = nil
	mean, sums, each := make([]int32, labels), make([]int64, labels), [][]int32{nil}
	for i := range a.Variants {
		v, one := &a.Summary.Variants[i], make([]int32, labels)
		for _, x := range v.Path {
			if l := a.letter[x]; l >= 0 {
				sums[l] += v.Cases
				one[l]++
			}
		}
		if len(each) < mostPrices {
			each = append(each, one)
		}
	}
	for l, sum := range sums {
		mean[l] = int32((sum + a.Summary.Cases - 1) / a.Summary.Cases)
	}
	each[0] = mean
	stop := (&worker{stop: ctx.Done()}).stopped // the first takes some 1 s at most
	for _, events := range each {
		if b := newBound(a.Net, index.Effects, a.labels, a.Net.Initial, goal, events, stop); b != nil {
			a.prices = append(a.prices, b)
		}
		if stop = stopped; stop() {
			break
		}
	}
}

// mostPrices is how many bounds serve all traces.
const mostPrices = 4

// follow adds what may be made of event e after guess i.
func (g *guesser) follow(i, e, letter int32) {
	m := g.guesses[i].marking
	skip := letter < 0
	if letter >= 0 {
		all := g.labelled[letter]
		synchronous := false
		for _, t := range all {
			if g.Net.Enabled(m, int(t)) {
				g.add(i, e, nil, Move{e, t})
				synchronous = true
			}
		}
		if !synchronous {
			skip = true
			if !g.after(g.silent, i, e, all) {
				g.after(g.bold, i, e, all)
			}
		}
	}
	if skip {
		g.add(i, e, nil, Move{e, -1})
	}
}

// after adds the transitions that r can enable after guess i, those behind the
// shortest way first, so that what replay takes is never behind others.
func (g *guesser) after(r *replayer, i, e int32, all []int32) bool {
	type next struct {
		way []int32
		t   int32
	}
	var some []next
	for _, t := range all {
		if way, ok := g.way(r, g.guesses[i].marking, t); ok {
			some = append(some, next{way, t})
		}
	}
	slices.SortStableFunc(some, func(x, y next) int { return cmp.Compare(len(x.way), len(y.way)) })
	for _, x := range some {
		g.add(i, e, x.way, Move{e, x.t})
	}
	return len(some) > 0
}

// way asks for a way to where t can be fired, if there is something left to spend.
func (g *guesser) way(r *replayer, m petri.Marking, t int32) (way []int32, ok bool) {
	if g.spent > g.limit {
		return nil, false
	}
	wanted := r.end
	if t >= 0 {
		wanted = g.Net.Transitions[t].In
	}
	before := r.spent
	way, ok = r.way(m, t, wanted)
	g.spent += r.spent - before
	return way, ok
}

// add adds moves in the model alone and one more to guess i.
func (g *guesser) add(i, e int32, way []int32, last Move) {
	x := g.guesses[i]
	x.parent, x.moves = i, make([]Move, 0, len(way)+1)
	if len(way) > 0 || last.Transition >= 0 {
		x.marking = x.marking.Clone()
	}
	for _, t := range way {
		g.fire(&x, Move{-1, t})
	}
	g.fire(&x, last)
	x.total = x.cost + g.least(&x, int(e)+1)
	g.guesses = append(g.guesses, x)
}

// fire makes a move after guess x, whose marking is its own.
func (g *guesser) fire(x *guess, move Move) {
	x.moves = append(x.moves, move)
	if move.Transition < 0 || move.Event < 0 && g.labels[move.Transition] >= 0 {
		x.cost++
	}
	if move.Transition >= 0 {
		g.Net.Fire(x.marking, int(move.Transition))
		for k, b := range g.prices {
			x.tokens[k] -= b.fired[move.Transition]
		}
	}
}

// cheapest are the cheapest guesses from one on, one for each marking; of
// several that cost the same the first.
func (g *guesser) cheapest(first int32) (now []int32) {
	for i := first; int(i) < len(g.guesses); i++ {
		now = append(now, i)
	}
	if len(now) < 2 {
		return now
	}
	slices.SortStableFunc(now, func(x, y int32) int { return cmp.Compare(g.guesses[x].total, g.guesses[y].total) })
	kept := now[:0]
	for _, i := range now {
		same := func(k int32) bool { return g.guesses[k].marking.Equal(g.guesses[i].marking) }
		if len(kept) < g.most && !slices.ContainsFunc(kept, same) {
			kept = append(kept, i)
		}
	}
	return kept
}

// end finds moves from guess i to the final marking, and their cost with those
// of the guess.
func (g *guesser) end(i int32) (moves []Move, cost int64, ok bool) {
	for _, r := range []*replayer{g.silent, g.bold} {
		way, ok := g.way(r, g.guesses[i].marking, -1)
		if !ok {
			continue
		}
		x := g.guesses[i]
		x.marking, x.moves = x.marking.Clone(), nil
		for _, t := range way {
			g.fire(&x, Move{-1, t})
		}
		if x.marking.Equal(g.Net.Final) { // and no tokens are left elsewhere
			return x.moves, x.cost, true
		}
	}
	return nil, 0, false
}

// guessAll guesses an alignment for each variant whose costs are not known, the most
// frequent ones first, until there is no time left, and then as long as no more than late was
// spent. First one guess is followed, which is fast and finds what replay does, then many.
func (a *aligner) guessAll(ctx context.Context, late int64) error {
	stop := a.stop // the channel of ctx if nothing else ends the work
	if a.o.Guess != nil {
		stop = a.o.Guess.Done()
	}
	w := &worker{stop: stop}
	spent := int64(0)
	for _, most := range []int{1, mostGuesses} {
		var open []int
		for i := range a.Variants {
			if !a.Variants[i].Optimal() {
				open = append(open, i)
			}
		}
		if most == 1 && len(open) > 0 {
			a.findPrices(ctx, w.stopped)
		}
		guessers := make([]*guesser, a.o.Workers)
		for len(open) > 0 && (spent < late || !w.stopped()) {
			now := open[:min(64, len(open))] // so that what is spent is summed up at the same places each time
			open = open[len(now):]
			x, err := a.guessSome(ctx, now, most, guessers)
			if err != nil {
				return err
			}
			spent += x
		}
	}
	return nil
}

// guessSome guesses alignments for some variants, and says what that took.
func (a *aligner) guessSome(ctx context.Context, variants []int, most int, guessers []*guesser) (int64, error) {
	var next, spent atomic.Int64
	var g errgroup.Group
	for k := range guessers {
		g.Go(func() error {
			if guessers[k] == nil {
				guessers[k] = a.guesser(most)
			}
			for i := next.Add(1) - 1; int(i) < len(variants); i = next.Add(1) - 1 {
				letters, _ := a.trace(variants[i], nil, nil)
				a.Variants[variants[i]].better(guessers[k].guess(ctx, letters))
				if err := ctx.Err(); err != nil {
					return err
				}
				spent.Add(guessers[k].spent + int64(len(letters)*len(a.Net.Places)*most))
			}
			return nil
		})
	}
	err := g.Wait()
	return spent.Load(), err
}

// better takes over what b knows better of the same trace.
func (a *Alignment) better(b Alignment) {
	least := max(a.Least, b.Least)
	if b.Cost < a.Cost {
		*a = b
	}
	a.Least = least
}
