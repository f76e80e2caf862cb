package constraints

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"millrace/eventlog"
)

// A Verdict says in how many cases a rule holds. A case that does not activate
// a rule can neither keep nor break it, which is told apart as vacuous
// (Burattin, Maggi, van der Aalst, Sperduti 2012, doi:10.1109/EDOC.2012.15).
//
// Activated is Satisfied and Violated; with Vacuous it is all cases.
type Verdict struct {
	Rule      string `json:"rule"` // as in "response(A, B)"
	A         string `json:"a"`
	B         string `json:"b,omitempty"`
	Activated int64  `json:"activated"`
	Satisfied int64  `json:"satisfied"`
	Violated  int64  `json:"violated"`
	Vacuous   int64  `json:"vacuous"`
}

// A Fitness says how well a log keeps to a set of rules, 1 being entirely.
type Fitness struct {
	// Fulfilment is, over all rules and cases, the share of the activations
	// that are satisfied: the fulfilment ratio of Burattin and others, with
	// cases in the place of events.
	Fulfilment float64 `json:"fulfilment"`
	// AverageCase is the mean over cases of the share of the rules activated in
	// it that it satisfies; 1 for a case that activates none.
	AverageCase  float64 `json:"average_case"`
	FittingCases int64   `json:"fitting_cases"` // that violate no rule
}

// Checked is what became of a set of rules on a log.
type Checked struct {
	Kind    Kind      `json:"kind"`
	Cases   int64     `json:"cases"`
	Fitness Fitness   `json:"fitness"`
	Rules   []Verdict `json:"rules"` // most violated first, then as in the set
}

// A named is a rule of any kind.
type named struct {
	Verdict
	judge ruling // nil of a span
	span  *Span
}

func name(kind, a, b string) string {
	if b == "" {
		return fmt.Sprintf("%s(%s)", kind, a)
	}
	return fmt.Sprintf("%s(%s, %s)", kind, a, b)
}

// A relation of a skeleton says something of every occurrence of A.
type relation struct {
	name  string
	pairs []Pair
	judge func(c *looked, as, bs []int, b eventlog.Activity) bool // of a case with some A
}

func (k *Skeleton) relations() []relation {
	return []relation{
		{"equivalence", k.Equivalent, func(_ *looked, as, bs []int, _ eventlog.Activity) bool { return len(as) == len(bs) }},
		{"always_after", k.AlwaysAfter, func(_ *looked, as, bs []int, _ eventlog.Activity) bool {
			return response(as, bs)
		}},
		{"always_before", k.AlwaysBefore, func(_ *looked, as, bs []int, _ eventlog.Activity) bool { return precedence(bs, as) }},
		{"never_together", k.NeverTogether, func(_ *looked, _, bs []int, _ eventlog.Activity) bool { return len(bs) == 0 }},
		{"directly_follows", k.DirectlyFollows, func(c *looked, as, _ []int, b eventlog.Activity) bool {
			return c.followed(as, b)
		}},
	}
}

// list returns the rules of s, in its order.
func (s *Set) list() (out []named) {
	switch s.Kind {
	case KindDeclare:
		for _, r := range *s.Rules {
			out = append(out, named{Verdict: Verdict{Rule: name(string(r.Template), r.A, r.B), A: r.A, B: r.B}, judge: r.Template.judge()})
		}
	case KindSkeleton:
		for _, x := range s.Skeleton.relations() {
			for _, p := range x.pairs {
				out = append(out, named{Verdict: Verdict{Rule: name(x.name, p.A, p.B), A: p.A, B: p.B},
					judge: func(c *looked, a, b eventlog.Activity) verdict {
						as := c.at(a)
						if len(as) == 0 {
							return 0
						}
						return is(x.judge(c, as, c.at(b), b))
					}})
			}
		}
		for _, f := range s.Skeleton.Frequencies {
			out = append(out, named{Verdict: Verdict{Rule: name("frequency", f.Activity, ""), A: f.Activity},
				judge: func(c *looked, a, _ eventlog.Activity) verdict {
					return is(slices.Contains(f.Times, int64(len(c.at(a)))))
				}})
		}
	case KindProfile:
		for _, x := range *s.Profile {
			out = append(out, named{Verdict: Verdict{Rule: name("within", x.A, x.B), A: x.A, B: x.B}, span: &x})
		}
	}
	return out
}

// activityOf returns the number of an activity in a summary, or nowhere.
func activityOf(s *eventlog.Summary, name string) eventlog.Activity {
	if i, ok := slices.BinarySearch(s.Activities, name); ok {
		return eventlog.Activity(i)
	}
	return nowhere
}

// Check holds a log to rules of DECLARE (Burattin and others 2012) or to a log
// skeleton (Verbeek, Medeiros de Carvalho 2018), in O(Σ over variants of rules ×
// their occurrences) time. An activity that the log does not have occurs in no
// case. It can be cancelled. A profile needs times: see [Set.Times].
func (s *Set) Check(ctx context.Context, log *eventlog.Summary) (*Checked, error) {
	t := newTally(s)
	err := s.each(ctx, log, t.rules, func(variant int, verdicts []verdict) {
		t.add(verdicts, log.Variants[variant].Cases)
	})
	if err != nil {
		return nil, err
	}
	return t.checked(s.Kind), nil
}

// Violating returns which variants of the log violate the rule of that name,
// as a [Verdict] has it. The name of no rule is an error with the nearest.
func (s *Set) Violating(ctx context.Context, log *eventlog.Summary, rule string) (variants []int, err error) {
	r, err := s.find(rule)
	if err != nil {
		return nil, err
	}
	err = s.each(ctx, log, s.list()[r:r+1], func(variant int, verdicts []verdict) {
		if verdicts[0] < 0 {
			variants = append(variants, variant)
		}
	})
	return variants, err
}

// Has returns an error with the nearest name if no rule is called so.
func (s *Set) Has(rule string) error {
	_, err := s.find(rule)
	return err
}

// find returns the place of a rule in the set.
func (s *Set) find(rule string) (int, error) {
	var names []string
	for i, r := range s.list() {
		if r.Rule == rule {
			return i, nil
		}
		names = append(names, r.Rule)
	}
	return 0, fmt.Errorf("no rule is called %q%s", rule, eventlog.DidYouMean(rule, names))
}

// each calls do with the verdicts on each variant. They are overwritten by the next.
func (s *Set) each(ctx context.Context, log *eventlog.Summary, rules []named, do func(variant int, verdicts []verdict)) error {
	if s.Kind == KindProfile {
		return fmt.Errorf("a profile is of times, which variants do not have")
	}
	at := make([][2]eventlog.Activity, len(rules))
	for i, r := range rules {
		at[i] = [2]eventlog.Activity{activityOf(log, r.A), activityOf(log, r.B)}
	}
	c, verdicts := newLooked(log), make([]verdict, len(rules))
	for v := range log.Variants {
		if v%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		c.look(log.Variants[v].Path)
		for i := range rules { // which are large, and many
			verdicts[i] = rules[i].judge(c, at[i][0], at[i][1])
		}
		do(v, verdicts)
	}
	return nil
}

// A tally counts verdicts. Its numbers are integers, so that it can be merged in
// any order.
type tally struct {
	rules []named
	cases int64
	fit   int64
	of    map[[2]int64]int64 // rules satisfied and activated in a case → cases
}

func newTally(s *Set) *tally { return &tally{rules: s.list(), of: map[[2]int64]int64{}} }

func (t *tally) add(verdicts []verdict, cases int64) {
	var satisfied, activated int64
	for i, v := range verdicts {
		r := &t.rules[i]
		switch {
		case v > 0:
			r.Satisfied += cases
			satisfied++
			activated++
		case v < 0:
			r.Violated += cases
			activated++
		}
	}
	t.cases += cases
	if satisfied == activated {
		t.fit += cases
	}
	t.of[[2]int64{satisfied, activated}] += cases
}

func (t *tally) merge(o *tally) {
	t.cases, t.fit = t.cases+o.cases, t.fit+o.fit
	for i := range o.rules {
		t.rules[i].Satisfied += o.rules[i].Satisfied
		t.rules[i].Violated += o.rules[i].Violated
	}
	for k, n := range o.of { // adding commutes, so the map's order does not show
		t.of[k] += n
	}
}

func (t *tally) checked(kind Kind) *Checked {
	c := &Checked{Kind: kind, Cases: t.cases, Rules: []Verdict{}, Fitness: Fitness{Fulfilment: 1, AverageCase: 1, FittingCases: t.fit}}
	var satisfied, activated int64
	for _, r := range t.rules {
		v := r.Verdict
		v.Activated = v.Satisfied + v.Violated
		v.Vacuous = t.cases - v.Activated
		satisfied, activated = satisfied+v.Satisfied, activated+v.Activated
		c.Rules = append(c.Rules, v)
	}
	slices.SortStableFunc(c.Rules, func(x, y Verdict) int { return cmp.Compare(y.Violated, x.Violated) })
	if activated > 0 {
		c.Fitness.Fulfilment = float64(satisfied) / float64(activated)
	}
	// In one order, as sums of fractions depend on it.
	var shares [][2]int64
	for k := range t.of {
		shares = append(shares, k)
	}
	slices.SortFunc(shares, func(x, y [2]int64) int { return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1])) })
	if t.cases > 0 {
		lost := 0.0
		for _, k := range shares {
			if k[1] > 0 {
				lost += float64(k[1]-k[0]) / float64(k[1]) * float64(t.of[k])
			}
		}
		c.Fitness.AverageCase = 1 - lost/float64(t.cases)
	}
	return c
}
