package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"millrace/eventlog"
	"millrace/mining/constraints"
)

// mineRulesCmd is millrace mine rules.
type mineRulesCmd struct {
	logFlags
	jsonFlag
	Kind       string  `enum:",declare,skeleton,footprints,follows,profile" default:"" placeholder:"declare|skeleton|footprints|follows|profile" help:"What to find; default: declare. declare: rules such as response(A, B); skeleton: what always or never holds; footprints: order by direct succession; follows: how often B comes after A; profile: how long it takes from A to a later B."`
	Support    float64 `placeholder:"SHARE" help:"Of declare: the least share of cases in which a rule can be violated; default, with --confidence: 80 % of the best rule's."`
	Confidence float64 `placeholder:"SHARE" help:"Of declare: the least share of those in which it holds."`
	Noise      float64 `placeholder:"SHARE" help:"Of skeleton: the share of occurrences for which a relation need not hold; 0 to 1."`
	Check      string  `placeholder:"FILE" help:"Hold the log against rules: what --json wrote of kind declare, skeleton or profile, or the same in YAML."`
	Pack       string  `placeholder:"NAME|FILE" help:"Say how rules of conduct are kept in the project's store: o2c, or a file of your own in its form."`
	Rule       string  `placeholder:"RULE" help:"With --check or --pack: list the cases that violate this rule, such as \"response(Ship, Send Invoice)\" or four_eyes_credit_memo."`
	SQL        bool    `name:"sql" help:"With --pack: print the SQL that lists the cases."`
	Fail       bool    `help:"With --pack: exit with code 3 if anything is violated."`
	Zeta       float64 `placeholder:"NUMBER" help:"With --check, of a profile: how many standard deviations from its mean a time may be; default: 3."`
	Top        int     `default:"40" help:"How many to print of each kind; 0 prints all. JSON has all of them."`
}

func (c *mineRulesCmd) Help() string {
	return `Examples:
  millrace mine rules orders.csv --support 0.5 --confidence 0.95
  millrace mine rules order-to-cash --kind profile --json > times.json
  millrace mine rules order-to-cash --from 2026-01-01 --check times.json --zeta 4
  millrace mine rules orders.csv --check rules.yaml --rule "response(ship, bill)"
  millrace mine rules --pack o2c
  millrace mine rules --pack o2c --rule no_shipment_on_block --sql
A file of rules for --check needs no more than this:
  kind: declare
  rules:
    - {template: response, a: ship, b: bill}`
}

func (c *mineRulesCmd) Run(e *env) (err error) {
	if err := c.shares(); err != nil {
		return err
	}
	switch {
	case c.Pack != "":
		return c.pack(e)
	case c.Check != "":
		return c.check(e)
	}
	l, s, err := c.summarize(e, nil, eventlog.SummaryOptions{WithoutWaits: true, WithoutVariants: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	r := &constraints.Set{Kind: c.kind(), Cases: s.Cases, Notes: append([]eventlog.Note{}, s.Notes...)}
	switch r.Kind {
	case constraints.KindDeclare:
		var rules []constraints.Rule
		rules, err = constraints.Declare(e, s, constraints.DeclareOptions{MinSupport: c.Support, MinConfidence: c.Confidence})
		r.Rules = &rules
	case constraints.KindSkeleton:
		r.Skeleton, err = constraints.FindSkeleton(s, c.Noise)
	case constraints.KindFootprints:
		r.Footprints, err = constraints.FindFootprints(s)
	case constraints.KindFollows:
		var follows []constraints.Following
		follows, err = constraints.EventuallyFollows(s)
		r.Follows = &follows
	case constraints.KindProfile:
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

func (c *mineRulesCmd) kind() constraints.Kind { return constraints.Kind(cmp.Or(c.Kind, "declare")) }

// shares refuses flags that are of another kind, or no shares.
func (c *mineRulesCmd) shares() error {
	switch {
	case c.Pack != "" && (c.Log != "" || c.Check != "" || c.Kind != "" || c.Support != 0 || c.Confidence != 0 || c.Noise != 0 || c.Zeta != 0):
		return usageError{errors.New("--pack is about the project's store, not one log: it goes with --rule, --sql, --fail and --json")}
	case c.Pack == "" && (c.SQL || c.Fail):
		return usageError{errors.New("--sql and --fail are of --pack")}
	case c.Check == "" && (c.Zeta != 0 || c.Rule != "" && c.Pack == ""):
		return usageError{errors.New("--rule and --zeta are of --check")}
	case c.Check != "" && (c.Kind != "" || c.Support != 0 || c.Confidence != 0 || c.Noise != 0):
		return usageError{errors.New("--check takes kind and rules from the file; leave out --kind, --support, --confidence and --noise")}
	case !(c.Zeta >= 0) || math.IsInf(c.Zeta, 0):
		return usageError{fmt.Errorf("--zeta is a number of standard deviations such as 3, not %v", c.Zeta)}
	}
	for _, x := range []struct {
		flag  string
		kind  constraints.Kind
		share float64
	}{{"support", constraints.KindDeclare, c.Support}, {"confidence", constraints.KindDeclare, c.Confidence}, {"noise", constraints.KindSkeleton, c.Noise}} {
		if x.share != 0 && c.kind() != x.kind {
			return usageError{fmt.Errorf("--%s is of --kind %s, not of %s", x.flag, x.kind, c.kind())}
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

func (c *mineRulesCmd) tables(r *constraints.Set) (all []*listing) {
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
	switch r.Kind {
	case constraints.KindDeclare:
		t := list("rule", "of", "and", " cases", " hold", " confidence")
		for _, x := range *r.Rules {
			t.row(string(x.Template), printable(x.A), printable(x.B), count(x.Support), count(x.Satisfied), percent(x.Confidence()))
		}
	case constraints.KindSkeleton:
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
	case constraints.KindFootprints:
		related("then", r.Footprints.Sequence)
		related("beside", r.Footprints.Parallel)
	case constraints.KindFollows:
		t := list("from", "to", " count")
		for _, f := range *r.Follows {
			t.row(printable(f.A), printable(f.B), count(f.Count))
		}
	case constraints.KindProfile:
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
