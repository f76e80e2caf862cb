package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"millrace/metrics"
	"millrace/mining"
	"millrace/reports/figure"
	"millrace/reports/words"
)

// Ways are what is known of the cases of each variant besides their number. A
// function is given the variant's activities; what is nil is not known.
type Ways struct {
	// Touchless returns of how many cases it can be said whether a person took
	// a decision in them, and in how many none did. TouchlessMeans says when a
	// case counts, as a definition.
	Touchless      func(activities []string) (judged, touchless int64)
	TouchlessMeans string
	// Avoidable returns in how many cases the waits are known, and the time in
	// them that was avoidable (see mining.Avoidable), in microseconds.
	Avoidable func(activities []string) (known, us int64)
	Working   bool // that time is in working time
	// Open returns in how many cases it is known whether they are finished,
	// and how many are not.
	Open func(activities []string) (known, open int64)
}

// Variants are the ways through the process that matter most.
type Variants struct {
	Title, About  string
	Empty         string // why there is nothing to show; "" if there is
	ShareNote     int
	TimeNote      int
	TouchlessNote int // 0: it is not known
	AvoidableNote int // 0: it is not known
	Cases         words.Noun
	Rankings      []Ranking
	Marks         bool // some steps are marked, so the legend is needed
}

// A Ranking lists variants by one of their figures, the largest first.
type Ranking struct {
	Name  string
	About string
	Rows  []VariantRow
}

// A VariantRow is one way.
type VariantRow struct {
	Share      float64
	ShareText  string
	Cases      string
	Steps      []Step
	Difference string // from the most frequent variant, in words
	Median     string
	Cumulative string // share of this and all before it in the ranking
	Touchless  string // share of its cases; "" if it is not known
	NoTouch    bool   // most of them are
	Avoidable  string // time in all its cases; "" if it is not known
	Part       string // of all avoidable time
}

// A Step of a variant.
type Step struct {
	Name string // shortened
	Full string
	// Times is how often it occurs in a row, More how many steps are left out here.
	Times, More int
	Mark        StepMark
}

// A StepMark says how a step differs from the most frequent variant.
type StepMark string

// The marks there are.
const (
	Usual StepMark = ""
	Extra StepMark = "extra" // the most frequent variant has no such step
	Again StepMark = "again" // it happens more often than in the most frequent variant
)

// mostSteps is how many steps of a variant are shown; of a longer one the
// middle is left out.
const mostSteps = 20

// stepWidth is how much of a name a step shows, in ems.
const stepWidth = 12.0

// mostlyTouchless is the share of touchless cases from which a variant has
// the mark.
const mostlyTouchless = 0.5

func (b *builder) variants() *Variants {
	v := b.in.Variants
	out := &Variants{Title: b.Word("ways.title"), Cases: b.cases, Empty: b.emptiness()}
	if out.Empty == "" && len(v.Variants) == 0 {
		out.Empty = b.Say("ways.none", words.Args{"cases": b.cases})
	}
	if out.Empty != "" {
		return out
	}
	out.ShareNote = b.define(b.Word("ways.share.term"), b.Say("ways.share.doc", words.Args{"cases": b.cases}), b.sample(v.Cases, b.cases, nil, 0))
	if d := v.CaseDuration; d != nil && d.N > 0 {
		out.TimeNote = b.throughput()
	}
	ways := b.in.Ways
	frequent := Ranking{Name: b.Word("ways.frequent")}
	n := min(mostVariants, len(v.Variants))
	if all := len(v.Variants); all > n {
		frequent.About = b.Say("ways.cover", words.Args{"n": b.Small(n), "all": b.Count(int64(all)), "share": b.Share(v.Variants[n-1].Cumulative), "cases": b.cases})
	} else {
		frequent.About = b.Say("ways.all", words.Args{"n": b.countCases(v.Cases)})
		switch {
		case v.Cases == 1:
			frequent.About = b.Word("ways.single")
		case all == 1:
			frequent.About = b.Say("ways.same", words.Args{"n": b.countCases(v.Cases)})
		}
	}
	out.About = b.fewness()
	if ways.Touchless != nil {
		var judged int64
		for _, w := range v.Variants {
			n, _ := ways.Touchless(w.Activities)
			judged += n
		}
		if judged > 0 {
			out.TouchlessNote = b.define(b.Say("ways.touchless.term", words.Args{"cases": b.cases}), b.Text(ways.TouchlessMeans), b.sample(judged, b.cases, []metrics.Exclusion{{Reason: "not invoiced in full, returned or cancelled", N: v.Cases - judged}}, 0))
		}
	}
	all := b.avoidable()
	if all.us > 0 {
		clock := b.Word("clock.elapsed")
		if ways.Working {
			clock = b.Word("clock.working")
		}
		out.AvoidableNote = b.define(b.Word("ways.avoidable.term"), b.Say("ways.avoidable.doc", words.Args{"clock": clock, "cases": b.cases}), b.sample(all.known, b.cases, nil, 0))
	}
	for _, w := range v.Variants[:n] {
		frequent.Rows = append(frequent.Rows, b.variantRow(w, out, all))
	}
	out.Rankings = append(out.Rankings, frequent)
	if out.AvoidableNote > 0 && len(v.Variants) > 1 {
		out.Rankings = append(out.Rankings, b.byAvoidable(out, all))
	}
	for _, r := range out.Rankings {
		for _, row := range r.Rows {
			out.Marks = out.Marks || slices.ContainsFunc(row.Steps, func(s Step) bool { return s.Mark != Usual })
		}
	}
	return out
}

// avoidableTime is that of all variants.
type avoidableTime struct{ known, us int64 }

func (b *builder) avoidable() (all avoidableTime) {
	if b.in.Ways.Avoidable == nil {
		return all
	}
	for _, w := range b.in.Variants.Variants {
		n, us := b.in.Ways.Avoidable(w.Activities)
		all.known, all.us = all.known+n, all.us+us
	}
	return all
}

// open returns how many cases are known to be open.
func (b *builder) open() (n int64) {
	if b.in.Ways.Open == nil {
		return 0
	}
	for _, w := range b.in.Variants.Variants {
		_, open := b.in.Ways.Open(w.Activities)
		n += open
	}
	return n
}

// byAvoidable ranks the variants by the avoidable time in all their cases.
func (b *builder) byAvoidable(out *Variants, all avoidableTime) Ranking {
	type way struct {
		at int
		us int64
	}
	var list []way
	for i, w := range b.in.Variants.Variants {
		if _, us := b.in.Ways.Avoidable(w.Activities); us > 0 {
			list = append(list, way{i, us})
		}
	}
	slices.SortStableFunc(list, func(a, b way) int { return cmp.Compare(b.us, a.us) }) // ties: the more frequent
	n := min(mostVariants, len(list))
	r := Ranking{Name: b.Word("ways.by-avoidable")}
	var cases, us int64
	for _, x := range list[:n] {
		w := b.in.Variants.Variants[x.at]
		cases, us = cases+w.Cases, us+x.us
		row := b.variantRow(w, out, all)
		row.Cumulative = b.Share(float64(us) / float64(all.us))
		r.Rows = append(r.Rows, row)
	}
	r.About = b.Say("ways.avoidable.about", words.Args{"n": b.Small(n), "share": b.Share(float64(us) / float64(all.us)), "hours": b.Hours(float64(all.us)),
		"part": b.Share(float64(cases) / float64(b.in.Variants.Cases)), "cases": b.cases})
	if n == 1 {
		r.About = b.Word("ways.avoidable.one", "hours", b.Hours(float64(all.us)))
	}
	return r
}

func (b *builder) variantRow(w mining.Variant, out *Variants, all avoidableTime) VariantRow {
	usual := b.in.Variants.Variants[0].Activities
	r := VariantRow{Share: w.Share, ShareText: b.Share(w.Share), Cases: b.countCases(w.Cases).String(),
		Median: b.quantile(w.Duration, .5), Cumulative: b.Share(w.Cumulative), Steps: steps(w, usual), Difference: b.wayDifference(w.Activities, usual)}
	if out.TouchlessNote > 0 {
		r.Touchless = figure.None
		if n, touchless := b.in.Ways.Touchless(w.Activities); n > 0 {
			share := float64(touchless) / float64(n)
			r.Touchless, r.NoTouch = b.Share(share), share >= mostlyTouchless
		}
	}
	if out.AvoidableNote > 0 {
		r.Avoidable = figure.None
		if n, us := b.in.Ways.Avoidable(w.Activities); n > 0 {
			r.Avoidable, r.Part = b.Hours(float64(us)), b.Share(float64(us)/float64(all.us))
		}
	}
	return r
}

// steps folds repetitions, marks what differs from the usual way, and leaves
// out the middle of what is too long.
func steps(v mining.Variant, usual []string) []Step {
	var list []Step
	left := map[string]int{} // how often each may still come, as it does the usual way
	for _, a := range usual {
		left[a]++
	}
	known := maps.Clone(left)
	for i, a := range v.Activities {
		left[a]--
		mark := Usual
		switch {
		case known[a] == 0 && left[a] == -1:
			mark = Extra
		case left[a] < 0:
			mark = Again
		}
		if i > 0 && v.Activities[i-1] == a {
			last := &list[len(list)-1]
			last.Times++
			if mark == Again {
				last.Mark = Again
			}
			continue
		}
		s := Step{Name: figure.Fit(a, stepWidth), Times: 1, Mark: mark}
		if full := figure.Name(a); full != s.Name {
			s.Full = full
		}
		list = append(list, s)
	}
	if n := len(list) - mostSteps; n > 0 {
		head := mostSteps * 2 / 3
		list = slices.Concat(list[:head], []Step{{More: n}}, list[head+n:])
	}
	return list
}

// wayDifference says in words how a way differs from the usual one: what it
// leaves out, adds, repeats, and does in another order.
func (s speech) wayDifference(way, usual []string) string {
	count := func(list []string) (n map[string]int, order []string) {
		n = map[string]int{}
		for _, a := range list {
			if n[a]++; n[a] == 1 {
				order = append(order, a)
			}
		}
		return n, order
	}
	here, order := count(way)
	there, usualOrder := count(usual)
	var left, added, again, moved []string
	for _, a := range usualOrder {
		switch {
		case here[a] == 0:
			left = append(left, stepName(a))
		case here[a] < there[a]:
			again = append(again, s.Word("way.instead", "step", stepName(a), "times", s.times(here[a]), "usual", s.Count(int64(there[a]))))
		}
	}
	for _, a := range order {
		switch {
		case there[a] == 0 && here[a] > 1:
			added = append(added, s.Word("way.times", "step", stepName(a), "times", s.times(here[a])))
		case there[a] == 0:
			added = append(added, stepName(a))
		case here[a] > there[a]:
			again = append(again, s.Word("way.times", "step", stepName(a), "times", s.times(here[a])))
		}
	}
	for _, a := range displaced(way, usual) {
		moved = append(moved, stepName(a))
	}
	var parts []string
	add := func(key string, names []string) {
		const most = 3
		if n := len(names) - most; n > 0 {
			names = append(names[:most], s.Word("more", "n", s.Count(int64(n))))
		}
		if len(names) > 0 {
			parts = append(parts, s.Word(key, "steps", s.List(names)))
		}
	}
	add("way.without", left)
	add("way.with", added)
	add("way.again", again)
	add("way.moved", moved)
	return strings.Join(parts, "; ")
}

func stepName(a string) string { return figure.Isolated(figure.Fit(a, stepWidth)) }

func (s speech) times(n int) string {
	if n < 3 {
		return s.Word(fmt.Sprintf("times.%d", n))
	}
	return s.Word("times", "n", s.Count(int64(n)))
}

// longestCompared is how long ways are whose order is compared, which takes
// time by the product of their lengths.
const longestCompared = 500

// displaced names the activities that both ways have as often, but that one of
// them has in another place: those that are not in their longest common
// subsequence (Hirschberg 1975, doi:10.1145/360825.360861).
func displaced(way, usual []string) (names []string) {
	if len(way) > longestCompared || len(usual) > longestCompared {
		return nil
	}
	n := map[string]int{}
	for _, a := range way {
		n[a]++
	}
	for _, a := range usual {
		n[a]--
	}
	both := func(list []string) (kept []string) {
		for _, a := range list {
			if n[a] == 0 {
				kept = append(kept, a)
			}
		}
		return kept
	}
	x, y := both(way), both(usual)
	length := make([][]int, len(x)+1) // of the longest common subsequence of what is left
	for i := range length {
		length[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for k := len(y) - 1; k >= 0; k-- {
			if x[i] == y[k] {
				length[i][k] = length[i+1][k+1] + 1
			} else {
				length[i][k] = max(length[i+1][k], length[i][k+1])
			}
		}
	}
	for i, k := 0, 0; i < len(x); {
		switch {
		case k < len(y) && x[i] == y[k]:
			i, k = i+1, k+1
		case k == len(y) || length[i+1][k] >= length[i][k+1]:
			if !slices.Contains(names, x[i]) {
				names = append(names, x[i])
			}
			i++
		default:
			k++
		}
	}
	return names
}
