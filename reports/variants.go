package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"millrace/mining"
	"millrace/reports/figure"
)

// mostSteps is how many steps of a variant are shown; of a longer one the
// middle is left out.
const mostSteps = 20

// stepWidth is how much of a name a step shows, in ems.
const stepWidth = 12.0

func (b *builder) variants() *Variants {
	v := b.in.Variants
	if len(v.Variants) == 0 {
		return nil
	}
	rows := v.Variants[:min(mostVariants, len(v.Variants))]
	out := &Variants{Title: "The usual ways", Cases: b.cases,
		ShareNote: b.define("Share of a variant", "Part of all "+b.cases+" that go exactly this way, from their first to their last event.", sample(v.Cases, b.one(), b.cases, nil, 0))}
	if d := v.CaseDuration; d != nil && d.N > 0 {
		out.TimeNote = b.throughput()
	}
	covered := rows[len(rows)-1].Cumulative
	if n := len(v.Variants); n > len(rows) {
		out.About = fmt.Sprintf("The %s most frequent of %s variants cover %s of the %s.", small(len(rows)), figure.Count(int64(n)), figure.Share(covered), b.cases)
	} else {
		out.About = fmt.Sprintf("All %s go one of these ways.", b.countCases(v.Cases))
		if n == 1 {
			out.About = fmt.Sprintf("All %s go the same way.", b.countCases(v.Cases))
		}
	}
	usual := rows[0].Activities
	for _, w := range rows {
		r := VariantRow{Share: w.Share, ShareText: figure.Share(w.Share), Cases: figure.Plural(w.Cases, b.one(), b.cases),
			Median: quantile(w.Duration, .5), Cumulative: figure.Share(w.Cumulative)}
		r.Steps = steps(w, usual)
		r.Without = without(w, usual)
		for _, s := range r.Steps {
			out.Marks = out.Marks || s.Mark != Usual
		}
		out.Rows = append(out.Rows, r)
	}
	return out
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

// without names what the usual way has and v has not.
func without(v mining.Variant, usual []string) string {
	var missing []string
	for i, a := range usual {
		if !slices.Contains(v.Activities, a) && !slices.Contains(usual[:i], a) {
			missing = append(missing, figure.Isolated(figure.Fit(a, stepWidth)))
		}
	}
	const most = 3
	if n := len(missing) - most; n > 0 {
		missing = append(missing[:most], fmt.Sprintf("%d more", n))
	}
	return strings.Join(missing, ", ")
}
