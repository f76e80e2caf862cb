package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"millrace/eventlog"
	"millrace/mining/constraints"
)

// mineRulesCmd is millrace mine rules.
type mineRulesCmd struct {
	logFlags
	jsonFlag
	Kind       string  `enum:"declare,skeleton,footprints,follows,profile" default:"declare" placeholder:"KIND" help:"What to find: ${enum}. declare: rules such as response(A, B); skeleton: what always or never holds; footprints: order by direct succession; follows: how often B comes after A; profile: how long it takes from A to a later B."`
	Support    float64 `placeholder:"SHARE" help:"Of declare: the least share of cases in which a rule can be violated; default, with --confidence: 80 % of the best rule's."`
	Confidence float64 `placeholder:"SHARE" help:"Of declare: the least share of those in which it holds."`
	Noise      float64 `placeholder:"SHARE" help:"Of skeleton: the share of occurrences for which a relation need not hold; 0 to 1."`
	Top        int     `default:"40" help:"How many to print of each kind; 0 prints all. JSON has all of them."`
}

func (c *mineRulesCmd) Help() string {
	return "Examples:\n  millrace mine rules orders.csv --support 0.5 --confidence 0.95\n  millrace mine rules order-to-cash --kind profile --json"
}

// A ruled is what was found, of one kind.
type ruled struct {
	Kind       string                   `json:"kind"`
	Cases      int64                    `json:"cases"`
	Rules      *[]constraints.Rule      `json:"rules,omitempty"`
	Skeleton   *constraints.Skeleton    `json:"skeleton,omitempty"`
	Footprints *constraints.Footprints  `json:"footprints,omitempty"`
	Follows    *[]constraints.Following `json:"follows,omitempty"`
	Profile    *[]constraints.Span      `json:"profile,omitempty"`
	Notes      []eventlog.Note          `json:"notes"`
}

func (c *mineRulesCmd) Run(e *env) (err error) {
	if err := c.shares(); err != nil {
		return err
	}
	l, s, err := c.summarize(e, nil, eventlog.SummaryOptions{WithoutWaits: true, WithoutVariants: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	r := &ruled{Kind: c.Kind, Cases: s.Cases, Notes: append([]eventlog.Note{}, s.Notes...)}
	switch c.Kind {
	case "declare":
		var rules []constraints.Rule
		rules, err = constraints.Declare(e, s, constraints.DeclareOptions{MinSupport: c.Support, MinConfidence: c.Confidence})
		r.Rules = &rules
	case "skeleton":
		r.Skeleton, err = constraints.FindSkeleton(s, c.Noise)
	case "footprints":
		r.Footprints, err = constraints.FindFootprints(s)
	case "follows":
		var follows []constraints.Following
		follows, err = constraints.EventuallyFollows(s)
		r.Follows = &follows
	case "profile":
		var p *constraints.TemporalProfile
		if p, err = eventlog.Fold(e, l.Log, constraints.Profile(l.Label)); err == nil {
			spans := p.Spans()
			r.Profile = &spans
		}
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.Stdout, r)
	}
	for i, t := range c.tables(r) {
		if i > 0 {
			fmt.Fprintln(e.Stdout)
		}
		if err := t.write(e.Stdout); err != nil {
			return err
		}
		if t.more > 0 {
			fmt.Fprintf(e.Stdout, "… %s more; --top 0 prints all\n", count(int64(t.more)))
		}
	}
	printNotes(e.Stdout, r.Notes)
	return nil
}

// shares refuses flags that are of another kind, or no shares.
func (c *mineRulesCmd) shares() error {
	for _, x := range []struct {
		flag, kind string
		share      float64
	}{{"support", "declare", c.Support}, {"confidence", "declare", c.Confidence}, {"noise", "skeleton", c.Noise}} {
		if x.share != 0 && c.Kind != x.kind {
			return usageError{fmt.Errorf("--%s is of --kind %s, not of %s", x.flag, x.kind, c.Kind)}
		}
		if !(x.share >= 0 && x.share <= 1) {
			return usageError{fmt.Errorf("--%s is a share between 0 and 1 (0.8 is 80 %%), not %v", x.flag, x.share)}
		}
	}
	return nil
}

// A listing is a table of which the first rows are printed.
type listing struct {
	*table
	top, rows, more int
}

func (l *listing) row(cells ...string) {
	if l.rows++; l.top > 0 && l.rows > l.top {
		l.more++
		return
	}
	l.add(cells...)
}

func (c *mineRulesCmd) tables(r *ruled) (all []*listing) {
	list := func(headings ...string) *listing {
		l := &listing{table: newTable(headings...), top: c.Top}
		all = append(all, l)
		return l
	}
	related := func(what string, pairs []constraints.Pair) {
		if len(pairs) == 0 {
			return
		}
		t := list(what, "")
		for _, p := range pairs {
			t.row(printable(p.A), printable(p.B))
		}
	}
	switch c.Kind {
	case "declare":
		t := list("rule", "of", "and", " cases", " hold", " confidence")
		for _, x := range *r.Rules {
			t.row(string(x.Template), printable(x.A), printable(x.B), count(x.Support), count(x.Satisfied), percent(x.Confidence()))
		}
	case "skeleton":
		related("as often as", r.Skeleton.Equivalent)
		related("always before", r.Skeleton.AlwaysAfter)
		related("always after", r.Skeleton.AlwaysBefore)
		related("directly before", r.Skeleton.DirectlyFollows)
		related("never with", r.Skeleton.NeverTogether)
		t := list("activity", "times in a case")
		for _, f := range r.Skeleton.Frequencies {
			var words []string
			for _, n := range f.Times {
				words = append(words, strconv.FormatInt(n, 10))
			}
			t.row(printable(f.Activity), strings.Join(words, ", "))
		}
	case "footprints":
		related("then", r.Footprints.Sequence)
		related("beside", r.Footprints.Parallel)
	case "follows":
		t := list("from", "to", " count")
		for _, f := range *r.Follows {
			t.row(printable(f.A), printable(f.B), count(f.Count))
		}
	case "profile":
		t := list("from", "to", " count", " mean", " deviation")
		for _, s := range *r.Profile {
			deviation := "–"
			if s.N > 1 {
				deviation = span(s.SD * 1e6)
			}
			t.row(printable(s.A), printable(s.B), count(s.N), span(s.Mean*1e6), deviation)
		}
	}
	return all
}
