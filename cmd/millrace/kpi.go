package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports"
)

// kpiFlags say of what figures are, and how they are split.
type kpiFlags struct {
	Period   string   `placeholder:"GRAIN" help:"One value a day, week, month, quarter, year, fiscal-quarter or fiscal-year."`
	AsOf     string   `placeholder:"DATE" help:"Look at the end of this day: what happened later is not known. Default: the last day of the data."`
	From     string   `placeholder:"DATE" help:"What happened from this day on."`
	To       string   `placeholder:"DATE" help:"What happened up to the end of this day."`
	By       []string `placeholder:"DIMENSION" help:"One value of each: site, region, channel, customer, segment, product, organisation, or any text of the view."`
	Only     []string `placeholder:"DIMENSION=VALUE" help:"Only what has this value."`
	Currency string   `placeholder:"CODE" help:"Convert amounts to this currency, by the project's rates. Default: one value of each currency."`
}

// options are those of metrics.
func (f *kpiFlags) options(e *env) (metrics.Options, error) {
	p := e.Project
	o := metrics.Options{LinkRate: p.LinkRate, Zone: p.zone(), Grain: metrics.Grain(f.Period), By: f.By, Calendars: p.siteCalendars(), FiscalYear: p.fiscalYear(), Timeout: p.KPITimeout, Parallel: runtime.GOMAXPROCS(0)}
	for _, d := range []struct {
		flag, text string
		to         *metrics.Day
	}{{"--as-of", f.AsOf, &o.AsOf}, {"--from", f.From, &o.From}, {"--to", f.To, &o.To}} {
		if d.text == "" {
			continue
		}
		day, err := metrics.ParseDay(d.text)
		if err != nil {
			return o, usageError{fmt.Errorf("%s: %w", d.flag, err)}
		}
		*d.to = day
	}
	if o.Grain != "" && !slices.Contains(metrics.Grains, o.Grain) {
		return o, usageError{fmt.Errorf("--period must be one of %s but got %q", quotedList(metrics.Grains), f.Period)}
	}
	for _, text := range f.Only {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return o, usageError{fmt.Errorf("--only: %q is not DIMENSION=VALUE, as region=DE", text)}
		}
		o.Only = append(o.Only, metrics.Label{Dimension: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	o.Currency = f.Currency
	if o.Currency == "" {
		o.Currency = p.Rates.Currency
	}
	if o.Currency != "" {
		var err error
		if o.Rates, err = p.rates(); err != nil {
			return o, err
		}
	}
	return o, nil
}

func quotedList[T ~string](list []T) string {
	names := make([]string, len(list))
	for i, x := range list {
		names[i] = fmt.Sprintf("%q", string(x))
	}
	return strings.Join(names, ",")
}

// kpiCmd is millrace kpi NAME.
type kpiCmd struct {
	chosenFlags
	Baseline string `placeholder:"FROM..TO" help:"Compare --from to --to with these days, and with the same days of the year before: by how much, and whether it may be chance."`
	kpiFlags
	fileFlags
	anewFlag
	jsonFlag
}

func (c *kpiCmd) Help() string {
	return "Key figures, each with how many objects it rests on, what is left out and why, and its interval.\n" +
		"Where there are fewer than 30, people see the counts and not the figure; --json has both.\n\n" +
		"Examples:\n  millrace kpi\n  millrace kpi dso --period month\n  millrace kpi ct.order_to_cash --by site --from 2025-07-01 --to 2025-09-30\n  millrace kpi --family cash --as-of 2025-06-30 --json\n  millrace kpi ct.order_to_cash --baseline 2025-01-01..2025-03-31 --from 2025-04-01 --to 2025-06-30\n" +
		"  millrace kpi --file ar.csv --as-of 2025-06-30                 a list of invoices or orders, with nothing set up\n" +
		"  millrace kpi dso --file ar.csv --map ar.yaml --period month   ar.yaml: columns: {invoice: \"No.\", cleared: \"Paid off\"}"
}

func (c *kpiCmd) Run(e *env) (err error) {
	o, err := c.options(e)
	if err != nil {
		return err
	}
	var kpis []*metrics.KPI
	var reading errgroup.Group // while the store opens: a tenth of a second
	reading.Go(func() (err error) { kpis, err = c.chosen(e); return err })
	s, err := c.store(e)
	if wrong := reading.Wait(); wrong != nil {
		if err == nil {
			err = s.Close()
		}
		return wrong
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	o.Kept = c.kept(s.Store)
	if o.Seen, err = metrics.Look(e, s.Query); err != nil {
		return err
	}
	if c.Baseline != "" {
		return c.compare(e, s.Store, kpis, o)
	}
	values, err := metrics.Evaluate(e, s.Query, kpis, o)
	if err != nil {
		return err
	}
	if err := e.marked(s.Store, kpis, values, o); err != nil {
		return err
	}
	day, err := metrics.AsOf(e, s.Query, o)
	if err != nil {
		return err
	}
	if c.File != "" && len(c.KPI) == 0 && c.Family == "" {
		values = tellable(e.Stderr, values)
	}
	if c.JSON {
		return printJSON(e.Stdout, struct {
			AsOf metrics.Day     `json:"as_of"`
			KPIs []metrics.Value `json:"kpis"`
		}{day, values})
	}
	return printKPIs(e.Stdout, day, values)
}

// chosenFlags say which figures are meant.
type chosenFlags struct {
	KPI    []string `arg:"" optional:"" help:"Which ones, by name, or by the beginning of it: dso. Default: all."`
	Family string   `placeholder:"NAME" help:"Only those of a family: time, automation, delivery, billing, cash, integration, exceptions."`
}

// chosen finds the figures that are meant, in the project's order.
func (c *chosenFlags) chosen(e *env) ([]*metrics.KPI, error) {
	all, err := e.Project.kpis()
	if err != nil {
		return nil, err
	}
	return chooseKPIs(all, c.KPI, c.Family)
}

// ask opens the store, as it is at the end of a day, for as long as fn asks it.
func (e *env) ask(o metrics.Options, fn func(s *eventlog.Store, day metrics.Day) error) (err error) {
	s, err := e.openClosed()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	day, err := metrics.AsOf(e, s.Query, o)
	if err != nil {
		return err
	}
	return fn(s, day)
}

// openClosed opens the store for figures whose SQL may be a user's.
func (e *env) openClosed() (*eventlog.Store, error) {
	// Many small questions side by side: a thread each costs half of what all
	// threads for each do.
	return eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{Closed: true, Wait: e.Wait, Memory: e.Memory, Threads: 1})
}

// chooseKPIs finds the figures that are meant by names, or their beginnings.
func chooseKPIs(all []*metrics.KPI, names []string, family string) ([]*metrics.KPI, error) {
	families := map[string]bool{}
	var known []string
	for _, k := range all {
		families[k.Family] = true
		known = append(known, k.Name)
	}
	if family != "" && !families[family] {
		return nil, usageError{fmt.Errorf("--family must be one of %s but got %q", quotedList(slices.Sorted(maps.Keys(families))), family)}
	}
	meant := map[string]bool{}
	for _, n := range names {
		found := false
		for _, k := range known {
			if k == n || strings.HasPrefix(k, n+".") || strings.HasPrefix(k, n+"_") {
				meant[k], found = true, true
			}
		}
		if !found {
			return nil, usageError{fmt.Errorf("no key figure %q%s", n, eventlog.DidYouMean(n, known))}
		}
	}
	var chosen []*metrics.KPI
	for _, k := range all {
		if (len(names) == 0 || meant[k.Name]) && (family == "" || k.Family == family) {
			chosen = append(chosen, k)
		}
	}
	if len(chosen) == 0 {
		return nil, usageError{fmt.Errorf("none of these is of family %s", family)}
	}
	return chosen, nil
}

func printKPIs(w io.Writer, day metrics.Day, values []metrics.Value) error {
	fmt.Fprintf(w, "as of the end of %s\n\n", day)
	t := newTable("figure", "of", " value", "", " used", " of", " open", "95 % between", "left out", "")
	for _, v := range values {
		of := []string{}
		if v.Period != "" {
			of = append(of, v.Period)
		}
		for _, l := range v.By {
			if l.Dimension == "currency" && v.KPI.Unit == metrics.Money { // its number says so
				continue
			}
			of = append(of, printable(first(l.Value, "(none)")))
		}
		number, unit := reports.FigureText(v)
		var left []string
		for _, x := range v.Excluded {
			left = append(left, count(x.N)+" "+x.Reason)
		}
		open, interval, note := "", "", ""
		if v.Open > 0 {
			open = count(v.Open)
		}
		if v.Interval.Known() && !v.Few() {
			low, _ := reports.FigureNumber(v, v.Interval.Low)
			high, _ := reports.FigureNumber(v, v.Interval.High)
			interval = low + "–" + high
		}
		switch i := slices.IndexFunc(v.Notes, func(n eventlog.Note) bool { return n.Code == "changed" }); {
		case !v.Known() && len(v.Notes) > 0:
			note = printable(v.Notes[0].Text)
		case i >= 0:
			note = printable(v.Notes[i].Text)
		case v.Reconciled != nil:
			note = map[bool]string{true: "reconciled", false: "not reconciled"}[*v.Reconciled]
		}
		t.add(v.KPI.Name, strings.Join(of, ", "), number, unit, count(v.Used), count(v.N), open, interval, strings.Join(left, ", "), note)
	}
	return t.write(w)
}

// first returns the first of its arguments that is not empty.
func first(list ...string) string {
	for _, x := range list {
		if x != "" {
			return x
		}
	}
	return ""
}

// rates reads the project's exchange rates.
func (p *project) rates() (*metrics.Rates, error) {
	if p.Rates.File == "" {
		return nil, usageError{errors.New("a reporting currency needs exchange rates: name a table of date,from,to,rate in millrace.yaml, as rates: {file: rates.csv, currency: EUR}")}
	}
	f, err := os.Open(p.path(p.Rates.File))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := metrics.ReadRates(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Rates.File, err)
	}
	return r, nil
}
