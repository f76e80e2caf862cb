package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"millrace/eventlog"
	"millrace/mining"
	"millrace/mining/constraints"
)

// A rulesChecked is what JSON says of rules held against a log.
type rulesChecked struct {
	*constraints.Checked
	Zeta float64 `json:"zeta,omitempty"` // of profile: standard deviations that are allowed
	// Rule and Violating are of the rule that was asked for.
	Rule      string          `json:"rule,omitempty"`
	Violating *[]violating    `json:"violating_cases,omitempty"`
	Notes     []eventlog.Note `json:"notes"`
}

// A violating is a case that breaks a rule.
type violating struct {
	Case string  `json:"case"`
	Took float64 `json:"took_s,omitempty"` // of profile: the time furthest from the mean
	Off  float64 `json:"off_s,omitempty"`  // how far
}

// check holds the log against rules from a file.
func (c *mineRulesCmd) check(e *env) (err error) {
	set, err := readRules(c.Check)
	if err != nil {
		return err
	}
	if c.Zeta != 0 && set.Kind != constraints.KindProfile {
		return usageError{fmt.Errorf("--zeta is of rules of kind profile, and those of %s are of kind %s", c.Check, set.Kind)}
	}
	if c.Rule != "" {
		if err := set.Has(c.Rule); err != nil {
			return usageError{fmt.Errorf("--rule: %w", err)}
		}
	}
	l, s, err := c.summarize(e, nil, eventlog.SummaryOptions{WithoutWaits: true, WithoutVariants: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	r := &rulesChecked{Rule: c.Rule, Notes: slices.Concat([]eventlog.Note{}, s.Notes, unknownActivities(set, s))}
	if n := set.Unjudged(); n > 0 {
		r.Notes = append(r.Notes, eventlog.Note{Code: "seen-once", Text: fmt.Sprintf("Not judged, because the profile has seen them once: %s pairs of activities.", count(int64(n)))})
	}
	var off []violating
	if set.Kind == constraints.KindProfile {
		r.Zeta = c.zeta()
		off, err = c.times(e, l, set, r)
	} else if r.Checked, err = set.Check(e, s); err == nil && c.Rule != "" {
		off, err = c.violating(e, l, s, set)
	}
	if err != nil {
		return err
	}
	if c.Rule != "" {
		r.Violating = &off
	}
	if c.JSON {
		return printJSON(e.Stdout, r)
	}
	return c.printChecked(e, r)
}

func (c *mineRulesCmd) zeta() float64 {
	if c.Zeta == 0 {
		return constraints.DefaultZeta
	}
	return c.Zeta
}

func readRules(path string) (*constraints.Set, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	set, err := constraints.ReadSet(f)
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	return set, nil
}

// unknownActivities are notes about activities of rules that the log lacks: a
// rule about one is vacuous, or always violated.
func unknownActivities(set *constraints.Set, s *eventlog.Summary) []eventlog.Note {
	var words []string
	for _, a := range set.Activities() {
		if _, ok := slices.BinarySearch(s.Activities, a); !ok {
			word := strconv.Quote(a)
			if guess, ok := strings.CutPrefix(eventlog.DidYouMean(a, s.Activities), "; "); ok {
				word += " (" + guess + ")"
			}
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return nil
	}
	return []eventlog.Note{{Code: "unknown-activities", Text: "Rules are about activities that the log does not have: " + strings.Join(words, ", ") + "."}}
}

// times holds the log to a profile.
func (c *mineRulesCmd) times(e *env, l *openedLog, set *constraints.Set, r *rulesChecked) ([]violating, error) {
	t, err := eventlog.Fold(e, l.Log, set.Times(l.Label, r.Zeta, c.Rule))
	if err != nil {
		return nil, err
	}
	r.Checked = t.Checked()
	if c.Rule == "" {
		return nil, nil
	}
	var numbers []int64
	off := t.Off()
	for _, o := range off {
		numbers = append(numbers, o.Case)
	}
	ids, err := l.CaseIDs(e, numbers)
	if err != nil {
		return nil, err
	}
	out := []violating{}
	for i, o := range off {
		out = append(out, violating{ids[i], float64(o.Took) / 1e6, o.Off})
	}
	slices.SortStableFunc(out, func(x, y violating) int { // numbers of cases depend on how the log was loaded
		return cmp.Or(cmp.Compare(y.Off, x.Off), cmp.Compare(x.Case, y.Case))
	})
	return out, nil
}

// violating lists the cases that break the rule that was asked for.
func (c *mineRulesCmd) violating(e *env, l *openedLog, s *eventlog.Summary, set *constraints.Set) ([]violating, error) {
	variants, err := set.Violating(e, s, c.Rule)
	if err != nil {
		return nil, err
	}
	ids, err := casesOf(e, l, s, variants)
	out := []violating{}
	for _, id := range ids {
		out = append(out, violating{Case: id})
	}
	return out, err
}

// casesOf returns the ids of the cases that follow some variants, sorted.
func casesOf(e *env, l *openedLog, s *eventlog.Summary, variants []int) ([]string, error) {
	f, err := eventlog.Fold(e, l.Log, mining.VariantCases(s, l.Label))
	if err != nil {
		return nil, err
	}
	var numbers []int64
	for _, v := range variants {
		for _, x := range f.Of(v) {
			numbers = append(numbers, x.Case)
		}
	}
	ids, err := l.CaseIDs(e, numbers)
	slices.Sort(ids)
	return ids, err
}

func (c *mineRulesCmd) printChecked(e *env, r *rulesChecked) error {
	if r.Violating != nil {
		for i, v := range *r.Violating {
			if c.Top > 0 && i == c.Top {
				fmt.Fprintf(e.Stdout, "… %s more; --top 0 prints all\n", count(int64(len(*r.Violating)-c.Top)))
				break
			}
			line := printable(v.Case)
			if r.Kind == constraints.KindProfile {
				line += fmt.Sprintf("  took %s, %s from the mean", span(v.Took*1e6), span(v.Off*1e6))
			}
			fmt.Fprintln(e.Stdout, line)
		}
		fmt.Fprintf(e.Stdout, "\n%s of %s cases violate %s.\n", count(int64(len(*r.Violating))), count(r.Cases), printable(r.Rule))
		printNotes(e.Stdout, r.Notes)
		return nil
	}
	fmt.Fprintf(e.Stdout, "%s of %s cases keep to all %s rules.\n", count(r.Fitness.FittingCases), count(r.Cases), count(int64(len(r.Rules))))
	fmt.Fprintf(e.Stdout, "fitness %s of what is activated, %s of a case on average\n\n", exact(r.Fitness.Fulfilment), exact(r.Fitness.AverageCase))
	t := &listing{table: newTable("rule", " activated", " satisfied", " violated", " vacuous", " fitness"), top: c.Top}
	for _, v := range r.Rules {
		fitness := "–"
		if v.Activated > 0 {
			fitness = exact(float64(v.Satisfied) / float64(v.Activated))
		}
		t.row(printable(v.Rule), count(v.Activated), count(v.Satisfied), count(v.Violated), count(v.Vacuous), fitness)
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	if t.more > 0 {
		fmt.Fprintf(e.Stdout, "… %s more; --top 0 prints all\n", count(int64(t.more)))
	}
	printNotes(e.Stdout, r.Notes)
	return nil
}
