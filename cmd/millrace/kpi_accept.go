package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports"
)

// acceptedFile is beside millrace.yaml, for version control.
const acceptedFile = "accepted.yaml"

// accepted reads who stands behind which definition; nobody, if there is no file.
func (p *project) accepted() ([]metrics.Acceptance, error) {
	path := p.path(acceptedFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list, err := metrics.ReadAcceptances(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, true))
	}
	return list, nil
}

// kpiAcceptCmd is millrace kpi accept.
type kpiAcceptCmd struct {
	KPI  string `arg:"" help:"Which figure."`
	By   string `required:"" placeholder:"WHO" help:"Who stands behind it."`
	Date string `placeholder:"DATE" help:"Since when. Default: today."`
	Note string `placeholder:"TEXT" help:"What else is to be known of it."`
}

func (c *kpiAcceptCmd) Help() string {
	return "Writes the definition as a whole, with its version and hash, into " + acceptedFile + " beside millrace.yaml: put it under version control. " +
		"From then on figures say if they have changed since, millrace kpi restate computes both, and a change under the same version is an error of millrace kpi check.\n\n" +
		"Example: millrace kpi accept dso.simple --by \"Head of receivables\" --note \"as in the board report\""
}

func (c *kpiAcceptCmd) Run(e *env) error {
	k, err := e.oneKPI(c.KPI)
	if err != nil {
		return err
	}
	on := metrics.DayOf(time.Now().In(e.Project.zone()))
	if c.Date != "" {
		if on, err = metrics.ParseDay(c.Date); err != nil {
			return usageError{fmt.Errorf("--date: %w", err)}
		}
	}
	if strings.TrimSpace(c.By) == "" {
		return usageError{errors.New("--by: who stands behind it?")}
	}
	list, err := e.Project.accepted()
	if err != nil {
		return err
	}
	last := metrics.Accepted(list, k)
	if last != nil {
		if err := last.Unsaid(k); err != nil {
			return fmt.Errorf("kpi %s: %w", k.Name, err)
		}
	}
	list = append(list, metrics.Accept(k, c.By, on, c.Note))
	text, err := metrics.WriteAcceptances(list)
	if err != nil {
		return err
	}
	path := e.Project.path(acceptedFile)
	head := "# Who stands behind which key figure, oldest first; written by millrace kpi accept.\n"
	if err := writeFile(path, func(w io.Writer) error { _, err := io.WriteString(w, head+string(text)); return err }); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "%s, version %d, accepted by %s on %s: %s\n", k.Name, k.Version, printable(c.By), on, path)
	if last != nil && last.Changed(k) {
		fmt.Fprintf(e.Stdout, "before: version %d, by %s on %s; millrace kpi restate %s computes both\n", last.Version, printable(last.By), last.On, k.Name)
	}
	return nil
}

// oneKPI finds one figure by its whole name.
func (e *env) oneKPI(name string) (*metrics.KPI, error) {
	all, err := e.Project.kpis()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, k := range all {
		if k.Name == name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	return nil, usageError{fmt.Errorf("no key figure %q%s", name, eventlog.DidYouMean(name, names))}
}

// marked adds to values what acceptances and controls say of them.
func (e *env) marked(s *eventlog.Store, kpis []*metrics.KPI, values []metrics.Value, o metrics.Options) error {
	accepted, err := e.Project.accepted()
	if err != nil {
		return err
	}
	metrics.MarkAccepted(values, accepted)
	var about []metrics.Control // those that may be about one of the values
	for _, c := range e.Project.Controls {
		for _, v := range values {
			if v.KPI.Name == c.KPI && (c.AsOf == "" || c.AsOf == v.AsOf) {
				c.Items = "" // the sums are enough
				about = append(about, c)
				break
			}
		}
	}
	list, err := metrics.Reconcile(e, s.Query, kpis, about, o, nil)
	if err != nil {
		return err
	}
	metrics.Reconciled(values, list)
	return nil
}

// kpiRestateCmd is millrace kpi restate.
type kpiRestateCmd struct {
	KPI string `arg:"" help:"Which figure."`
	kpiFlags
	jsonFlag
}

func (c *kpiRestateCmd) Help() string {
	return "Computes the figure as it is defined, and as it was when it was last accepted otherwise, side by side.\n\nExample: millrace kpi restate dso.simple --period month"
}

// restatedJSON is a value by both definitions.
type restatedJSON struct {
	Period     string             `json:"period"`
	By         map[string]string  `json:"by"`
	Old        *metrics.Value     `json:"old"`
	New        *metrics.Value     `json:"new"`
	Difference *float64           `json:"difference"`
	pair       metrics.Comparison `json:"-"`
}

func (c *kpiRestateCmd) Run(e *env) (err error) {
	k, err := e.oneKPI(c.KPI)
	if err != nil {
		return err
	}
	accepted, err := e.Project.accepted()
	if err != nil {
		return err
	}
	last := metrics.Earlier(accepted, k)
	if last == nil {
		return usageError{fmt.Errorf("kpi %s: no other definition of it was accepted, so that there is nothing to restate; millrace kpi accept writes down who stands behind one", k.Name)}
	}
	o, err := c.options(e)
	if err != nil {
		return err
	}
	s, err := e.openClosed()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	old, err := metrics.Evaluate(e, s.Query, []*metrics.KPI{last.Definition}, o)
	if err != nil {
		return fmt.Errorf("as accepted by %s on %s: %w", last.By, last.On, err)
	}
	now, err := metrics.Evaluate(e, s.Query, []*metrics.KPI{k}, o)
	if err != nil {
		return err
	}
	list := restated(old, now)
	if c.JSON {
		type side struct {
			Version int         `json:"version"`
			Hash    string      `json:"hash"`
			By      string      `json:"by,omitempty"`
			On      metrics.Day `json:"on,omitempty"`
		}
		return printJSON(e.Stdout, struct {
			Name   string         `json:"name"`
			Old    side           `json:"old"`
			New    side           `json:"new"`
			Values []restatedJSON `json:"values"`
		}{k.Name, side{last.Version, last.Hash, last.By, last.On}, side{Version: k.Version, Hash: k.Hash()}, list})
	}
	fmt.Fprintf(e.Stdout, "%s: old is version %d, accepted by %s on %s; new is version %d\n\n", k.Name, last.Version, printable(last.By), last.On, k.Version)
	t := newTable("of", " old", "", " new", "", " difference", " used, old", " new")
	for _, r := range list {
		a, b := r.pair.Before, r.pair.Now
		x, xUnit := reports.FigureText(a)
		y, yUnit := reports.FigureText(b)
		d := ""
		if r.Difference != nil {
			d, _ = reports.FigureNumber(b, *r.Difference)
		}
		t.add(ofText(b), x, xUnit, y, yUnit, d, count(a.Used), count(b.Used))
	}
	return t.write(e.Stdout)
}

// restated puts the values of the same period and dimensions side by side, in
// the order of the new ones and then of those that only the old ones have.
func restated(old, now []metrics.Value) []restatedJSON {
	key := func(v metrics.Value) string { return fmt.Sprintf("%q %q", v.Period, v.By) }
	byKey := map[string]metrics.Value{}
	for _, v := range old {
		byKey[key(v)] = v
	}
	var list []restatedJSON
	add := func(of metrics.Value, a, b *metrics.Value) {
		r := restatedJSON{Period: of.Period, By: map[string]string{}, Old: a, New: b, pair: metrics.Comparison{Before: metrics.Value{KPI: of.KPI, V: math.NaN()}, Now: metrics.Value{KPI: of.KPI, V: math.NaN(), Period: of.Period, By: of.By}}}
		for _, l := range of.By {
			r.By[l.Dimension] = l.Value
		}
		if a != nil {
			r.pair.Before = *a
		}
		if b != nil {
			r.pair.Now = *b
		}
		if d := r.pair.Now.V - r.pair.Before.V; !math.IsNaN(d) {
			r.Difference = &d
		}
		list = append(list, r)
	}
	for _, v := range now {
		if a, ok := byKey[key(v)]; ok {
			add(v, &a, &v)
			delete(byKey, key(v))
		} else {
			add(v, nil, &v)
		}
	}
	for _, v := range old {
		if _, ok := byKey[key(v)]; ok {
			add(v, &v, nil)
		}
	}
	return list
}

// ofText says of what a value is: its period and dimensions.
func ofText(v metrics.Value) string {
	var of []string
	if v.Period != "" {
		of = append(of, v.Period)
	}
	for _, l := range v.By {
		of = append(of, printable(first(l.Value, "(none)")))
	}
	return strings.Join(of, ", ")
}
