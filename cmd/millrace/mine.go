package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/mining"
)

// summaryFlags are on the mining commands.
type summaryFlags struct {
	Exact bool `help:"Exact quantiles instead of ones within 0.8 %; keeps every duration in memory."`
}

// mineVariantsCmd is millrace mine variants.
type mineVariantsCmd struct {
	logFlags
	summaryFlags
	workingFlags
	jsonFlag
	Top int `default:"20" help:"How many to print; 0 prints all. JSON has all of them."`
}

func (c *mineVariantsCmd) Help() string {
	return "Example: millrace mine variants orders.csv --variants cover:80%"
}

func (c *mineVariantsCmd) Run(e *env) (err error) {
	l, s, err := c.summarize(e, &c.workingFlags, eventlog.SummaryOptions{Exact: c.Exact, WithoutWaits: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	v := mining.FindVariants(s)
	if c.JSON {
		return printJSON(e.Stdout, v)
	}
	fmt.Fprintf(e.Stdout, "%s cases, %s events, %s variants\n\n", count(v.Cases), count(v.Events), count(int64(len(v.Variants))))
	in := clock(v.Clock)
	in.heading(e.Stdout)
	t := newTable(" ", " cases", " share", " so far", " median", " p95", "activities")
	for i, x := range v.Variants {
		if c.Top > 0 && i == c.Top {
			break
		}
		t.add(fmt.Sprint(i+1), count(x.Cases), percent(x.Share), percent(x.Cumulative),
			in.quantile(x.Duration, .5), in.quantile(x.Duration, .95), printable(strings.Join(x.Activities, " → ")))
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	if c.Top > 0 && len(v.Variants) > c.Top {
		fmt.Fprintf(e.Stdout, "… %s more; --top 0 prints all\n", count(int64(len(v.Variants)-c.Top)))
	}
	printNotes(e.Stdout, v.Notes)
	return nil
}

// summarize opens the log and folds it, in working time if that is wanted.
func (c *logFlags) summarize(e *env, w *workingFlags, o eventlog.SummaryOptions) (*openedLog, *eventlog.Summary, error) {
	c.working, o.Working = w, w.wanted()
	l, err := c.open(e)
	if err != nil {
		return nil, nil, err
	}
	s, err := eventlog.Summarize(e, l.Log, o)
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	return l, s, nil
}

// mineDFGCmd is millrace mine dfg.
type mineDFGCmd struct {
	logFlags
	summaryFlags
	workingFlags
	jsonFlag
	Top int `default:"40" help:"How many edges to print; 0 prints all. JSON has all of them."`
}

func (c *mineDFGCmd) Help() string {
	return "Example: millrace mine dfg orders.xes.gz --lifecycle all --json"
}

func (c *mineDFGCmd) Run(e *env) (err error) {
	l, s, err := c.summarize(e, &c.workingFlags, eventlog.SummaryOptions{Exact: c.Exact, WithoutVariants: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	g := mining.DFG(s)
	if c.JSON {
		return printJSON(e.Stdout, g)
	}
	fmt.Fprintf(e.Stdout, "%s cases, %s events, %s activities, %s edges\n\n",
		count(g.Cases), count(g.Events), count(int64(len(g.Activities))), count(int64(len(g.Edges))))
	in := clock(g.Clock)
	in.heading(e.Stdout)
	t := newTable("from", "to", " count", " cases", " median", " p95", " mean", " total")
	for _, x := range g.Start {
		t.add("▶", printable(x.Activity), count(x.Cases), count(x.Cases), "", "", "", "")
	}
	for i, x := range g.Edges {
		if c.Top > 0 && i == c.Top {
			break
		}
		mean, total := "–", "–"
		if x.Wait.N > 0 {
			mean, total = in.span(x.Wait.Mean()), in.span(x.Wait.Total())
		}
		t.add(printable(x.From), printable(x.To), count(x.Count), count(x.Cases), in.quantile(x.Wait, .5), in.quantile(x.Wait, .95), mean, total)
	}
	for _, x := range g.End {
		t.add(printable(x.Activity), "■", count(x.Cases), count(x.Cases), "", "", "", "")
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	if c.Top > 0 && len(g.Edges) > c.Top {
		fmt.Fprintf(e.Stdout, "… %s more edges; --top 0 prints all\n", count(int64(len(g.Edges)-c.Top)))
	}
	printNotes(e.Stdout, g.Notes)
	return nil
}

// mineReworkCmd is millrace mine rework.
type mineReworkCmd struct {
	logFlags
	jsonFlag
}

func (c *mineReworkCmd) Help() string { return "Example: millrace mine rework orders.csv" }

func (c *mineReworkCmd) Run(e *env) (err error) {
	l, s, err := c.summarize(e, nil, eventlog.SummaryOptions{WithoutWaits: true, WithoutVariants: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	r := mining.FindRework(s)
	if c.JSON {
		return printJSON(e.Stdout, r)
	}
	t := newTable("activity", " cases with it", " repeat it", " share", " extra occurrences")
	for _, x := range r.Activities {
		t.add(printable(x.Name), count(x.Cases), count(x.ReworkCases), percent(x.Share), count(x.Extra))
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	printNotes(e.Stdout, r.Notes)
	return nil
}

// mineBottlenecksCmd is millrace mine bottlenecks.
type mineBottlenecksCmd struct {
	logFlags
	summaryFlags
	workingFlags
	jsonFlag
	Top int `default:"10" help:"How many to print; 0 prints all. JSON has all of them."`
}

func (c *mineBottlenecksCmd) Help() string {
	return "Example: millrace mine bottlenecks order-to-cash --top 5"
}

func (c *mineBottlenecksCmd) Run(e *env) (err error) {
	l, s, err := c.summarize(e, &c.workingFlags, eventlog.SummaryOptions{Exact: c.Exact, WithoutVariants: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	b, err := bottlenecks(e, l, s)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.Stdout, b)
	}
	in := clock(b.Clock)
	in.heading(e.Stdout)
	t := newTable("waiting between", "and", " cases", " total", " share", " median", " p95", " value waiting")
	for i, x := range b.Waits {
		if c.Top > 0 && i == c.Top {
			break
		}
		total := "–"
		if x.Wait.N > 0 {
			total = in.span(x.Wait.Total())
		}
		t.add(printable(x.From), printable(x.To), count(x.Cases), total, percent(x.Share),
			in.quantile(x.Wait, .5), in.quantile(x.Wait, .95), moneyText(x.Value))
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	if c.Top > 0 && len(b.Waits) > c.Top {
		fmt.Fprintf(e.Stdout, "… %s more; --top 0 prints all\n", count(int64(len(b.Waits)-c.Top)))
	}
	printNotes(e.Stdout, b.Notes)
	return nil
}

// moneyText writes amounts without their decimals, each with its currency.
func moneyText(ms []mining.Money) string {
	var words []string
	for _, m := range ms {
		words = append(words, m.Currency+" "+count((m.Amount+5000)/10000))
	}
	return strings.Join(words, ", ")
}

// mineMapCmd is millrace mine map.
type mineMapCmd struct {
	logFlags
	workingFlags
	jsonFlag
	Activities float64 `default:"1" placeholder:"SHARE" help:"Share of events whose activities to keep, from the most frequent on: 0 to 1. The others are projected away, and the counts are those of what is left."`
	Paths      float64 `default:"0.9" placeholder:"SHARE" help:"Share of the steps to draw, from the most frequent on; what connects the map is always drawn."`
	Mode       string  `enum:"waiting,slow,value,frequency" default:"waiting" help:"What colours and labels tell: ${enum}. slow is the wait that 90 % do not exceed, value what stands on a path on average."`
	Out        string  `short:"o" placeholder:"FILE.svg" help:"Write the picture here instead of standard output."`
}

func (c *mineMapCmd) Help() string {
	return "Example: millrace mine map orders.xes --activities 0.8 --paths 0.7 --out map.svg"
}

func (c *mineMapCmd) Run(e *env) (err error) {
	for _, x := range []struct {
		flag  string
		share float64
	}{{"activities", c.Activities}, {"paths", c.Paths}} {
		if !(x.share >= 0 && x.share <= 1) {
			return usageError{fmt.Errorf("--%s is a share between 0 and 1 (0.8 is 80 %%), not %v", x.flag, x.share)}
		}
	}
	if err := outIs(c.Out, "the map is an SVG picture", ".svg"); err != nil {
		return err
	}
	l, s, err := c.summarize(e, &c.workingFlags, eventlog.SummaryOptions{WithoutVariants: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	level, err := mapLevel(e, l, l.Log, s, mining.KeepActivities(s, c.Activities, 0), detail{paths: c.Paths})
	if err != nil {
		return err
	}
	if level.Automatic, err = automationOf(e, l, l.Log, s); err != nil {
		return err
	}
	level.Agreed = l.agreed()
	if c.JSON {
		return printJSON(e.Stdout, level.Graph)
	}
	write := func(w io.Writer) error { return writeMap(w, level, c.Mode) }
	if c.Out == "" {
		return write(e.Stdout)
	}
	if err := writeFile(c.Out, write); err != nil {
		return err
	}
	fmt.Fprintln(e.Stderr, "wrote", c.Out)
	printNotes(e.Stderr, level.Graph.Notes)
	return nil
}

// outIs refuses the name of a file that promises another format than what will
// be in it.
func outIs(path, what string, extensions ...string) error {
	ext := strings.ToLower(filepath.Ext(path))
	if ext == "" || slices.Contains(extensions, ext) {
		return nil
	}
	return usageError{fmt.Errorf("--out %s: %s; end its name in %s", path, what, strings.Join(extensions, ", "))}
}

// beside makes an empty file in the folder of another one, which it is to become.
func beside(path string) (*os.File, error) {
	f, err := os.CreateTemp(dirOf(path), ".millrace-*")
	if reason := (*fs.PathError)(nil); errors.As(err, &reason) { // it names a file that nobody asked for
		err = fmt.Errorf("%s cannot be written: %w", path, reason.Err)
	}
	return f, err
}

// writeFile writes a file whole or not at all.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := beside(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
