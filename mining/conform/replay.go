package conform

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"millrace/eventlog"
	"millrace/mining/petri"
)

// Replays are the variants of a log replayed on a net, token by token.
type Replays struct {
	Summary  *eventlog.Summary
	Net      *petri.Net
	Variants []Replay // of each variant of the Summary
	// Fired counts how often each transition was fired, over all cases.
	Fired []int64
}

// A Replay counts the tokens of one case, those of the initial marking as
// produced and those of the final one as consumed.
type Replay struct {
	Produced, Consumed int64
	Missing            int64   // were added because the case went on regardless
	Remaining          int64   // were left at the end
	Forced             []int32 // events for which tokens were added
	Unknown            []int32 // events that the net has no transition for: they are passed over
	Short              bool    // tokens were added to reach the final marking
	Left               []int32 // places where tokens remain
}

// Fits says whether the case needed no help.
func (r *Replay) Fits() bool { return r.Missing == 0 && r.Remaining == 0 && len(r.Unknown) == 0 }

// ReplayTokens replays each variant of s on n (Rozinat and van der Aalst,
// doi:10.1016/j.is.2007.07.001): an event fires the first transition with its
// label that is enabled, or can be enabled by silent transitions, those that
// are fewest as far as was looked; else the one that lacks the fewest tokens,
// which are added. At the end silent transitions lead to the final marking, if
// they can.
//
// Replay is fast and never searches far, and therefore a heuristic: silent
// transitions are chosen for the next event and not for those behind. The cost
// of alignments is the measure to trust. progress, if not nil, is told how many
// cases are done, by several goroutines.
func ReplayTokens(ctx context.Context, s *eventlog.Summary, n *petri.Net, progress func(done, of int64)) (*Replays, error) {
	if n.Final == nil {
		return nil, errors.New("the net declares no final marking, so nobody knows where a case should end")
	}
	out := &Replays{Summary: s, Net: n, Variants: make([]Replay, len(s.Variants)), Fired: make([]int64, len(n.Transitions))}
	index := n.Index()
	var next, done atomic.Int64
	var mu sync.Mutex
	var g errgroup.Group
	for range min(runtime.GOMAXPROCS(0), len(s.Variants)) {
		g.Go(func() error {
			r := newReplayer(n, index)
			fired := make([]int64, len(n.Transitions))
			for i := next.Add(1) - 1; i < int64(len(s.Variants)); i = next.Add(1) - 1 {
				if err := ctx.Err(); err != nil {
					return err
				}
				v := &s.Variants[i]
				out.Variants[i] = r.replay(s, v.Path)
				for _, t := range r.fired {
					fired[t] += v.Cases
				}
				if cases := done.Add(v.Cases); progress != nil {
					progress(cases, s.Cases)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for t, times := range fired {
				out.Fired[t] += times
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return out, ctx.Err()
}

func newReplayer(n *petri.Net, index *petri.Index) *replayer {
	r := &replayer{net: n, index: index, free: index.Silent, nears: map[int32][]int32{}, ways: map[string]way{}, needed: make([]bool, len(n.Transitions))}
	r.initial, r.final = sum(n.Initial), sum(n.Final)
	for p, tokens := range n.Final {
		if tokens > 0 {
			r.end = append(r.end, petri.Arc{Place: int32(p), Weight: tokens})
		}
	}
	return r
}

func sum(m petri.Marking) (tokens int64) {
	for _, x := range m {
		tokens += int64(x)
	}
	return tokens
}

type replayer struct {
	net            *petri.Net
	index          *petri.Index
	initial, final int64       // tokens
	end            []petri.Arc // the final marking
	free           []int32     // transitions that may be fired on the way to others: the silent ones
	ways           map[string]way
	near           []int32 // those of them that can bring tokens to the goal at hand
	nears          map[int32][]int32
	kept           int     // bytes of ways, about
	spent          int64   // transitions that plans looked at, those of ways that were known counted again
	fired          []int32 // in the case at hand
	price          []int32 // by place: silent transitions to get a token there
	giver          []int32 // by place: the last of them
	needed         []bool  // by transition, while a plan is made
}

func (r *replayer) replay(s *eventlog.Summary, path []eventlog.Activity) Replay {
	x := Replay{Produced: r.initial, Consumed: r.final}
	r.fired = r.fired[:0]
	m := r.net.Initial.Clone()
	fire := func(t int32) {
		r.net.Fire(m, int(t))
		r.fired = append(r.fired, t)
		x.Consumed += weights(r.net.Transitions[t].In)
		x.Produced += weights(r.net.Transitions[t].Out)
	}
	for i, a := range path {
		all := r.index.ByLabel[s.Activities[a]]
		if len(all) == 0 {
			x.Unknown = append(x.Unknown, int32(i))
			continue
		}
		t, way, ok := r.choose(m, all)
		for _, silent := range way {
			fire(silent)
		}
		if !ok {
			x.Missing += supply(m, r.net.Transitions[t].In)
			x.Forced = append(x.Forced, int32(i))
		}
		fire(t)
	}
	if way, ok := r.way(m, -1, r.end); ok {
		for _, silent := range way {
			fire(silent)
		}
	}
	if lacking := supply(m, r.end); lacking > 0 {
		x.Missing += lacking
		x.Short = true
	}
	for p, tokens := range m {
		if left := tokens - r.net.Final[p]; left > 0 {
			x.Remaining += int64(left)
			x.Left = append(x.Left, int32(p))
		}
	}
	return x
}

func weights(arcs []petri.Arc) (tokens int64) {
	for _, a := range arcs {
		tokens += int64(a.Weight)
	}
	return tokens
}

// supply adds the tokens that m lacks, and counts them.
func supply(m petri.Marking, arcs []petri.Arc) (added int64) {
	for _, a := range arcs {
		if lacks := a.Weight - m[a.Place]; lacks > 0 {
			m[a.Place] += lacks
			added += int64(lacks)
		}
	}
	return added
}

// choose picks one of the transitions, and the silent ones that enable it; ok
// is false if none can be enabled.
func (r *replayer) choose(m petri.Marking, all []int32) (t int32, way []int32, ok bool) {
	for _, t := range all {
		if r.net.Enabled(m, int(t)) {
			return t, nil, true
		}
	}
	lacks := int64(-1)
	for _, c := range all {
		in := r.net.Transitions[c].In
		if w, can := r.way(m, c, in); can && (!ok || len(w) < len(way)) {
			t, way, ok = c, w, true
		}
		if ok {
			continue
		}
		var missing int64
		for _, a := range in {
			missing += int64(max(0, a.Weight-m[a.Place]))
		}
		if lacks < 0 || missing < lacks {
			t, lacks = c, missing
		}
	}
	return t, way, ok
}

// mostLooks bounds how many markings are looked at for one way, and mostSpent how many
// transitions, some 10 ns each: with 90,000 silent ones a way that is not there would take seconds.
const (
	mostLooks = 500
	mostSpent = 1 << 24
)

// way finds silent transitions that lead from m to the tokens wanted. If tokens
// were not used up, that would be easy: such a plan is made for each marking
// looked at. Where there is none, there is no way; else those transitions of it
// are tried that can be fired, and markings with a shorter plan are looked at
// first (additive heuristic and helpful actions: Bonet and Geffner,
// doi:10.1016/S0004-3702(01)00108-4; Hoffmann and Nebel, doi:10.1613/jair.855).
// A plan may lack what is wanted twice, so where that finds nothing all silent
// transitions are tried.
func (r *replayer) way(m petri.Marking, goal int32, wanted []petri.Arc) (fired []int32, ok bool) {
	key := string(m.AppendKey(strconv.AppendInt(nil, int64(goal), 10)))
	w, known := r.ways[key]
	if known {
		r.spent += w.spent
		return w.fired, w.fired != nil
	}
	w.spent = -r.spent
	r.towards(goal, wanted)
	w.fired = r.look(m, wanted)
	w.spent += r.spent
	if r.kept += len(key) + 4*len(w.fired) + 100; r.kept > mostKept {
		clear(r.ways)
		r.kept = 0
	}
	r.ways[key] = w
	return w.fired, w.fired != nil
}

// towards finds the free transitions that can bring tokens to a goal, by way of others: of
// thousands that a net of many splits has, some. Estimates and plans need no other.
func (r *replayer) towards(goal int32, wanted []petri.Arc) {
	near, known := r.nears[goal]
	if known {
		r.near = near
		return
	}
	seen := make([]bool, len(r.net.Transitions))
	for _, t := range r.free {
		seen[t] = true // for now: it is free
	}
	for todo := [][]petri.Arc{wanted}; len(todo) > 0; {
		last := len(todo) - 1
		arcs := todo[last]
		todo = todo[:last]
		for _, a := range arcs {
			for _, t := range r.index.Givers[a.Place] {
				if seen[t] {
					seen[t] = false
					near, todo = append(near, t), append(todo, r.net.Transitions[t].In)
				}
			}
		}
	}
	slices.Sort(near)
	if 8*len(near) > len(r.free) {
		near = r.free // not worth the memory
	}
	r.nears[goal], r.near = near, near
}

// A way is transitions to fire; nil if none were found.
type way struct {
	fired []int32
	spent int64
}

// mostKept bounds the memory for ways. Where tokens pile up few of them are asked for again.
const mostKept = 64 << 20

type look struct {
	marking petri.Marking
	parent  int
	fired   int32
	steps   int32
	next    []int32
}

func (r *replayer) look(m petri.Marking, wanted []petri.Arc) []int32 {
	left, ok := r.estimate(m, wanted)
	if !ok {
		return nil
	}
	if way := r.climb(m.Clone(), wanted, left); way != nil {
		return way
	}
	way, all := r.search(m, wanted, left, r.plan)
	if way == nil && all {
		way, _ = r.search(m, wanted, left, r.enabled)
	}
	return way
}

// search looks for a way on which each marking is left by one of the
// transitions that next names for it, once the marking was estimated; all says
// whether every such way was seen.
func (r *replayer) search(m petri.Marking, wanted []petri.Arc, left int32, next func(petri.Marking, []petri.Arc) []int32) (way []int32, all bool) {
	began := r.spent
	r.estimate(m, wanted)
	looks := []look{{m.Clone(), -1, -1, 0, next(m, wanted)}}
	seen := map[string]bool{string(m.AppendKey(nil)): true}
	queue := make([][]int, left+1) // by steps and what is left; the last found goes first
	queue[left] = []int{0}
	for at := int32(0); int(at) < len(queue); {
		if len(queue[at]) == 0 {
			at++
			continue
		}
		last := len(queue[at]) - 1
		i := queue[at][last]
		queue[at] = queue[at][:last]
		if covers(looks[i].marking, wanted) {
			way = []int32{}
			for ; looks[i].parent >= 0; i = looks[i].parent {
				way = append(way, looks[i].fired)
			}
			slices.Reverse(way)
			return way, true
		}
		if len(looks) > mostLooks || r.spent-began > mostSpent {
			return nil, false
		}
		for _, t := range looks[i].next {
			to := looks[i].marking.Clone()
			r.net.Fire(to, int(t))
			key := string(to.AppendKey(nil))
			if seen[key] {
				continue
			}
			seen[key] = true
			left, ok := r.estimate(to, wanted)
			if !ok {
				continue
			}
			steps := looks[i].steps + 1
			looks = append(looks, look{to, i, t, steps, next(to, wanted)})
			total := min(steps+left, mostLooks)
			for int(total) >= len(queue) {
				queue = append(queue, nil)
			}
			queue[total] = append(queue[total], len(looks)-1)
			at = min(at, total)
		}
	}
	return nil, true
}

// climb fires what shortens the plan, as long as something does: mostly that is
// all the way.
func (r *replayer) climb(m petri.Marking, wanted []petri.Arc, left int32) []int32 {
	way := []int32{}
	for !covers(m, wanted) {
		if _, ok := r.estimate(m, wanted); !ok {
			return nil
		}
		shorter := false
		for _, t := range r.plan(m, wanted) {
			r.net.Fire(m, int(t))
			if l, ok := r.estimate(m, wanted); ok && l < left {
				way, left, shorter = append(way, t), l, true
				break
			}
			r.net.Unfire(m, int(t))
		}
		if !shorter {
			return nil
		}
	}
	return way
}

func covers(m petri.Marking, wanted []petri.Arc) bool {
	for _, a := range wanted {
		if m[a.Place] < a.Weight {
			return false
		}
	}
	return true
}

// estimate says how many silent transitions the tokens wanted seem to take; ok
// is false if no number is enough. Numbers of tokens above one are not told apart.
func (r *replayer) estimate(m petri.Marking, wanted []petri.Arc) (steps int32, ok bool) {
	const never = far
	if r.price == nil {
		r.price, r.giver = make([]int32, len(m)), make([]int32, len(m))
	}
	for p, tokens := range m {
		if r.price[p] = never; tokens > 0 {
			r.price[p] = 0
		}
	}
	sum := func(arcs []petri.Arc) (total int32) {
		for _, a := range arcs {
			total = min(total+r.price[a.Place], never)
		}
		return total
	}
	for changed := true; changed; {
		changed = false
		r.spent += int64(len(r.near))
		for _, t := range r.near {
			cost := sum(r.net.Transitions[t].In) + 1
			if cost >= never {
				continue
			}
			for _, a := range r.net.Transitions[t].Out {
				if cost < r.price[a.Place] {
					r.price[a.Place], r.giver[a.Place] = cost, t
					changed = true
				}
			}
		}
	}
	steps = sum(wanted)
	return steps, steps < never
}

// plan are the transitions by which the tokens wanted can be got, as just
// estimated, that can be fired in m, ascending.
func (r *replayer) plan(m petri.Marking, wanted []petri.Arc) (enabled []int32) {
	clear(r.needed)
	var need func([]petri.Arc)
	need = func(arcs []petri.Arc) {
		for _, a := range arcs {
			if r.price[a.Place] == 0 {
				continue
			}
			t := r.giver[a.Place]
			if r.needed[t] {
				continue
			}
			r.needed[t] = true
			if r.net.Enabled(m, int(t)) {
				enabled = append(enabled, t)
			}
			need(r.net.Transitions[t].In)
		}
	}
	need(wanted)
	slices.Sort(enabled)
	return enabled
}

// enabled are those of the free transitions that can be fired in m, ascending.
func (r *replayer) enabled(m petri.Marking, _ []petri.Arc) (out []int32) {
	for _, t := range r.free {
		if r.net.Enabled(m, int(t)) {
			out = append(out, t)
		}
	}
	return out
}

// A Tokens adds up the tokens of all cases.
type Tokens struct{ Produced, Consumed, Missing, Remaining int64 }

// Tokens returns the tokens of all cases.
func (r *Replays) Tokens() (x Tokens) {
	for i := range r.Variants {
		v, n := &r.Variants[i], r.Summary.Variants[i].Cases
		x.Produced += v.Produced * n
		x.Consumed += v.Consumed * n
		x.Missing += v.Missing * n
		x.Remaining += v.Remaining * n
	}
	return x
}

// fitness is ½(1 − missing/consumed) + ½(1 − remaining/produced).
func (x Tokens) fitness() float64 {
	f := 1.0
	if x.Missing > 0 {
		f -= float64(x.Missing) / float64(x.Consumed) / 2
	}
	if x.Remaining > 0 {
		f -= float64(x.Remaining) / float64(x.Produced) / 2
	}
	return f
}

// Fitness returns the fitness by tokens, of the cases on average and of the
// tokens of all cases; events that the net does not know cost nothing, but
// their cases do not fit.
func (r *Replays) Fitness() Fitness {
	f := Fitness{AverageTrace: 1, Log: r.Tokens().fitness()}
	var cases int64
	var lost float64
	for i := range r.Variants {
		v, n := &r.Variants[i], r.Summary.Variants[i].Cases
		cases += n
		lost += float64(float64(n) * (1 - Tokens{v.Produced, v.Consumed, v.Missing, v.Remaining}.fitness()))
		if v.Fits() {
			f.FittingCases += n
		}
	}
	if lost > 0 {
		f.AverageTrace = 1 - lost/float64(cases)
	}
	return f
}

// Generalization is that of [Alignments.Generalization] for replayed cases.
func (r *Replays) Generalization() float64 { return generalization(r.Fired) }
