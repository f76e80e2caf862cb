package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"golang.org/x/sync/errgroup"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/metrics"
	"millrace/reports"
	"millrace/reports/html"
	"millrace/reports/words"
)

// pages are those of the project: those that come with Millrace, and
// its own; one of the same name takes the place of ours.
func (p *project) pages() ([]*reports.PageSpec, error) {
	own, err := definitions(p, "pages", p.Pages, reports.ParsePages)
	if err != nil {
		return nil, err
	}
	return replaced(reports.Pages(), own, func(s *reports.PageSpec) string { return s.Name }, "pages")
}

// pagesNamed finds pages by name; none is all of them.
func (p *project) pagesNamed(names []string) ([]*reports.PageSpec, error) {
	all, err := p.pages()
	if err != nil {
		return nil, err
	}
	kpis, err := p.kpis()
	if err != nil {
		return nil, err
	}
	if err := reports.CheckPages(all, kpis); err != nil {
		return nil, usageError{fmt.Errorf("pages: %s", yaml.FormatError(err, false, true))}
	}
	if len(names) == 0 {
		return all, nil
	}
	var list []*reports.PageSpec
	known := pageNames(all)
	for _, n := range names {
		i := slices.Index(known, n)
		if i < 0 {
			return nil, usageError{fmt.Errorf("there is no page %q%s; there are %s", n, eventlog.DidYouMean(n, known), strings.Join(known, ", "))}
		}
		list = append(list, all[i])
	}
	return list, nil
}

func pageNames(pages []*reports.PageSpec) []string {
	var names []string
	for _, p := range pages {
		names = append(names, p.Name)
	}
	return names
}

// A reportPeriod says of what a report is.
type reportPeriod struct {
	Period string `default:"quarter" placeholder:"GRAIN" help:"Report of the last whole month, quarter or year (fiscal-quarter, fiscal-year), compared with the one before and a year before."`
	AsOf   string `placeholder:"DATE" help:"As if it were the end of this day: what happened later is not known."`
}

// answer asks all that pages need, each thing once.
func (e *env) answer(s *eventlog.Store, pages []*reports.PageSpec, of reportPeriod, kept *eventlog.Kept) (*reports.Answers, error) {
	kpis, err := e.Project.kpis()
	if err != nil {
		return nil, err
	}
	flags := kpiFlags{AsOf: of.AsOf, Period: cmp.Or(of.Period, string(metrics.ByQuarter))}
	o, err := flags.options(e)
	if err != nil {
		return nil, err
	}
	o.Kept = kept
	if o.Seen, err = metrics.Look(e, s.Query); err != nil {
		return nil, err
	}
	first, last, err := metrics.Span(e, s.Query, o)
	if err != nil {
		return nil, err
	}
	periods, err := metrics.PeriodsOf(o.Grain, first, last, e.Project.zone(), o.FiscalYear)
	if err != nil {
		return nil, err
	}
	a := &reports.Answers{Grain: o.Grain, AsOf: last, KPIs: kpis, Values: map[reports.Question][]metrics.Value{}, Worst: map[string][]metrics.Case{}, Distributions: map[string]*metrics.Distribution{}}
	a.Now, a.Before, a.Season = reports.Periods(periods, first, last)
	asked := reports.Ask(pages, o.Grain)
	one := o
	one.Grain, one.From, one.To = "", a.Now.First, a.Now.Last
	named := func(name string) *metrics.KPI {
		return kpis[slices.IndexFunc(kpis, func(k *metrics.KPI) bool { return k.Name == name })] // CheckPages has seen it
	}
	if err := reports.CheckDimensions(pages, named, o.Seen.CanAsk); err != nil {
		return nil, usageError{fmt.Errorf("pages: %s", yaml.FormatError(err, false, true))}
	}
	// What has a place of its own in a is asked beside the rest.
	g, within := errgroup.WithContext(e)
	g.SetLimit(max(1, o.Parallel))
	g.Go(func() error { return e.evaluate(within, s, a, asked, o, first) })
	if asked.ServiceLevels {
		g.Go(func() error {
			rules, err := e.Project.rules()
			if err != nil {
				return err
			}
			now := o
			now.Grain, now.Now = "", e.now()
			a.Standings, err = metrics.Standings(within, s.Query, rules, kpis, 5, now)
			return err
		})
	}
	g.Go(func() (err error) {
		plain := o
		plain.Grain = ""
		open := func(name string) (io.ReadCloser, error) { return os.Open(e.Project.path(name)) }
		a.Controls, err = metrics.Reconcile(within, s.Query, kpis, e.Project.Controls, plain, open)
		return err
	})
	if asked.Sources {
		g.Go(func() (err error) {
			a.Loaded, err = s.SourcesLoaded(within)
			return err
		})
	}
	if asked.Coverage {
		g.Go(func() error {
			filled, err := eventlog.Remember(kept, "coverage", func() (o2c.Filled, error) { return o2c.FilledBy(within, s.Query, "") })
			if err == nil {
				a.Coverage = filled.Coverage()
			}
			return err
		})
	}
	g.Go(func() (err error) {
		for name, n := range asked.Worst {
			if a.Worst[name], err = metrics.Worst(within, s.Query, named(name), n, one); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() (err error) {
		for name, d := range asked.Distributions {
			if a.Distributions[name], err = metrics.Distribute(within, s.Query, named(name), cmp.Or(d.Width, 5), cmp.Or(d.Bars, 24), one); err != nil {
				return err
			}
		}
		return nil
	})
	return a, g.Wait()
}

// evaluate asks for the figures: those of the same grain and dimensions together.
func (e *env) evaluate(ctx context.Context, s *eventlog.Store, a *reports.Answers, asked reports.Asked, o metrics.Options, first metrics.Day) error {
	type kind struct {
		grain metrics.Grain
		by    string
	}
	var order []kind
	of := map[kind][]*metrics.KPI{}
	for _, q := range asked.Questions {
		k := kind{q.Grain, q.By}
		if of[k] == nil {
			order = append(order, k)
		}
		i := slices.IndexFunc(a.KPIs, func(x *metrics.KPI) bool { return x.Name == q.KPI })
		of[k] = append(of[k], a.KPIs[i])
	}
	back := max(first, a.Now.First.YearBefore()) // as far as anything is compared
	var inquiries []metrics.Inquiry
	var whose []int // which of order
	for i, k := range order {
		in := metrics.Inquiry{KPIs: flows(of[k]), Grain: k.grain, From: back, To: a.Now.Last}
		if k.by != "" {
			in.By = strings.Split(k.by, ",")
			if a.Before.Label != "" {
				in.From = a.Before.First
			}
		}
		inquiries, whose = append(inquiries, in), append(whose, i)
		in.KPIs = statesOf(of[k])
		for _, in := range stateInquiries(a, in) {
			inquiries, whose = append(inquiries, in), append(whose, i)
		}
	}
	lists, err := metrics.EvaluateAll(ctx, s.Query, inquiries, o)
	if err != nil {
		return fmt.Errorf("pages: %w", err)
	}
	answers := make([][]metrics.Value, len(order))
	for i, list := range lists {
		answers[whose[i]] = append(answers[whose[i]], list...)
	}
	for i, k := range order {
		if k.by == "" && k.grain == o.Grain {
			if err := e.marked(s, a.KPIs, answers[i], o); err != nil {
				return err
			}
		}
		for _, v := range answers[i] {
			q := reports.Question{KPI: v.KPI.Name, Grain: k.grain, By: k.by}
			a.Values[q] = append(a.Values[q], v)
		}
	}
	return nil
}

// stateInquiries are those of figures of a day's end. Each period is an inquiry of
// its own, so that only those that are shown are asked.
func stateInquiries(a *reports.Answers, in metrics.Inquiry) []metrics.Inquiry {
	if len(in.KPIs) == 0 {
		return nil
	}
	if in.Grain != a.Grain {
		return []metrics.Inquiry{in}
	}
	var list []metrics.Inquiry
	for _, p := range []metrics.Period{a.Season, a.Before, a.Now} {
		if p.Label == "" || p.Label == a.Season.Label && len(in.By) > 0 {
			continue
		}
		in.From, in.To = p.First, p.Last
		list = append(list, in)
	}
	return list
}

func isState(k *metrics.KPI) bool { return k.AsOf || k.Kind == metrics.SQLKind }

func flows(kpis []*metrics.KPI) []*metrics.KPI {
	return slices.DeleteFunc(slices.Clone(kpis), isState)
}

func statesOf(kpis []*metrics.KPI) []*metrics.KPI {
	return slices.DeleteFunc(slices.Clone(kpis), func(k *metrics.KPI) bool { return !isState(k) })
}

// composed builds the report of the store that a log is of, and closes the log:
// figures, whose SQL may be a user's, are asked of a store of their own.
func composed(e *env, l *openedLog, want reportWanted, lang *words.Language) (*reports.Report, error) {
	in := reports.ReportInput{Title: want.Title, Zone: e.Project.zone()}
	profile, err := func() (p *eventlog.Profile, err error) {
		defer func() { err = errors.Join(err, l.Close()) }()
		if in.Pages, err = e.Project.pagesNamed(want.Pages); err != nil {
			return nil, err
		}
		l.Kept = want.Anew.kept(l.Stored)
		asked := reports.Ask(in.Pages, "")
		if in.Flow, err = flowInput(e, l, want.Title, lang, flowWanted{asked.Flow, asked.Models}); err != nil || !want.Profile {
			return nil, err
		}
		return l.Stored.Profile(e, l.Name, e.logOptions())
	}()
	if err != nil {
		return nil, err
	}
	if len(in.Flow.Levels) > 0 { // while the store answers
		var laying sync.WaitGroup
		defer laying.Wait()
		laying.Go(func() { _ = html.LayOut(lang, reports.FlowMap(in.Flow)) }) // who writes the page meets the same error
	}
	s, err := e.openClosed()
	if err != nil {
		return nil, err
	}
	if in.Answers, err = e.answer(s, in.Pages, want.Of, want.Anew.kept(s)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	in.Profile = profile
	return reports.Compose(in), s.Close()
}

// hasPages says whether a report of several pages can be made of a log: the
// figures are of all orders of a store.
func (l *openedLog) hasPages() bool { return l.Stored != nil && l.ofOrders() && !l.Narrowed }

var errNoPages = errors.New("pages of figures are of all orders of a project's store: leave out the file and the filters")
