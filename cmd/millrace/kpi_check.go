package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports"
)

// kpiCheckCmd is millrace kpi check.
type kpiCheckCmd struct {
	File []string `arg:"" optional:"" help:"Files with figures or service levels. Default: those that the project names."`
	All  bool     `help:"Those that come with Millrace as well."`
	SQL  bool     `name:"sql" help:"Show the SQL of each figure."`
	jsonFlag
}

func (c *kpiCheckCmd) Help() string {
	return "Every fault is shown with file, line and caret: unknown keys, SQL that does more than read the business views, columns that are not there, examples that do not hold, a definition that differs from the accepted one and has its version. " +
		"Examples are run on a store in memory; where the project has a store, each figure is tried on it too. Nothing is written. Exit code 1 if something is wrong.\n\n" +
		"Examples:\n  millrace kpi check\n  millrace kpi check kpis/ours.yaml --sql"
}

// A checkedFile is a file of definitions and what is wrong with it.
type checkedFile struct {
	File     string         `json:"file"`
	Kind     string         `json:"kind"` // kpis or rules
	Names    []checkedName  `json:"definitions"`
	Problems []problemJSON  `json:"problems"`
	sheet    *metrics.Sheet `json:"-"`
}

type checkedName struct {
	Name     string          `json:"name"`
	Version  int             `json:"version"`
	Examples int             `json:"examples"`
	Values   []metrics.Value `json:"values,omitempty"` // on the project's store
	SQL      []string        `json:"sql,omitempty"`
}

type problemJSON struct {
	metrics.Problem
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

func (c *kpiCheckCmd) Run(e *env) (err error) {
	files, err := c.files(e)
	if err != nil {
		return err
	}
	accepted, err := e.Project.accepted()
	if err != nil {
		return err
	}
	bench, err := metrics.OpenBench(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bench.Close()) }()
	store, err := e.openClosed()
	if err != nil && !errors.Is(err, eventlog.ErrNoStore) {
		return err
	}
	if err == nil {
		defer func() { err = errors.Join(err, store.Close()) }()
	}
	o, err := (&kpiFlags{}).options(e)
	if err != nil {
		return err
	}
	check := &checking{env: e, bench: bench, store: store, accepted: accepted, o: o, sql: c.SQL}
	check.sayTwice(files)
	kpis := check.known(files)
	problems := 0
	for _, f := range files {
		if err := check.file(f, kpis); err != nil {
			return err
		}
		problems += len(f.Problems)
	}
	if c.JSON {
		err = printJSON(e.Stdout, struct {
			OK    bool           `json:"ok"`
			Files []*checkedFile `json:"files"`
		}{problems == 0, files})
	} else {
		err = printChecked(e.Stdout, files, c.SQL)
	}
	if err == nil && problems > 0 {
		err = fmt.Errorf("%s in %s", plural(problems, "problem", "problems"), plural(len(files), "file", "files"))
	}
	return err
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(int64(n)) + " " + many
}

// files reads what is to be checked.
func (c *kpiCheckCmd) files(e *env) ([]*checkedFile, error) {
	var list []*checkedFile
	read := func(path, kind string) error {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if kind == "" {
			kind = kindOfDefinitions(text)
		}
		f := &checkedFile{File: path, Kind: kind, Names: []checkedName{}, Problems: []problemJSON{}}
		if kind == "rules" {
			f.sheet = metrics.ReadRules(text)
		} else {
			f.sheet = metrics.ReadKPIs(text)
		}
		list = append(list, f)
		return nil
	}
	for _, path := range c.File {
		if err := read(path, ""); err != nil {
			return nil, err
		}
	}
	if len(c.File) == 0 {
		for _, x := range []struct {
			kind     string
			patterns []string
		}{{"kpis", e.Project.KPIs}, {"rules", e.Project.Rules}} {
			for _, pattern := range x.patterns {
				files, err := filepath.Glob(e.Project.path(pattern))
				if err != nil || len(files) == 0 {
					return nil, usageError{fmt.Errorf("%s: %q names no file", x.kind, pattern)}
				}
				for _, f := range files {
					if err := read(f, x.kind); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	if c.All {
		list = append(list, &checkedFile{File: "(Millrace)", Kind: "kpis", Names: []checkedName{}, Problems: []problemJSON{}, sheet: &metrics.Sheet{KPIs: metrics.Catalogue()}},
			&checkedFile{File: "(Millrace)", Kind: "rules", Names: []checkedName{}, Problems: []problemJSON{}, sheet: &metrics.Sheet{Rules: metrics.Rules()}})
	}
	if len(list) == 0 {
		return nil, usageError{errors.New("the project has no definitions of its own: name files under kpis or rules in millrace.yaml, or here; --all checks those that come with Millrace")}
	}
	return list, nil
}

// kindOfDefinitions tells rules from figures: they have keys that figures do not.
func kindOfDefinitions(text []byte) string {
	var list []map[string]any
	if err := yaml.Unmarshal(text, &list); err == nil {
		for _, item := range list {
			for _, key := range []string{"limit", "above", "below", "at_risk", "cool_down", "severity", "owner_by"} {
				if _, ok := item[key]; ok {
					return "rules"
				}
			}
		}
	}
	return "kpis"
}

// A checking is what a check knows.
type checking struct {
	*env
	bench    *metrics.Bench
	store    *eventlog.Store // nil: there is none
	accepted []metrics.Acceptance
	o        metrics.Options
	sql      bool
}

// sayTwice faults names that are defined twice.
func (c *checking) sayTwice(files []*checkedFile) {
	seen := map[string]string{}
	for _, f := range files {
		one := func(i int, name string) {
			if at, ok := seen[f.Kind+name]; ok && f.File != "(Millrace)" {
				f.sheet.Fault(i, name, metrics.FieldError{Field: "name", Err: fmt.Errorf("%s is defined twice; the other is in %s", name, at)})
			}
			seen[f.Kind+name] = f.File
		}
		for i, k := range f.sheet.KPIs {
			one(i, k.Name)
		}
		for i, r := range f.sheet.Rules {
			one(i, r.Name)
		}
	}
}

// known are the figures that rules may bound.
func (c *checking) known(files []*checkedFile) []*metrics.KPI {
	var own []*metrics.KPI
	for _, f := range files {
		if len(f.sheet.Problems) == 0 {
			own = append(own, f.sheet.KPIs...)
		}
	}
	list := metrics.Catalogue()
	for _, k := range own {
		if i := slices.IndexFunc(list, func(x *metrics.KPI) bool { return x.Name == k.Name }); i >= 0 {
			list[i] = k
		} else {
			list = append(list, k)
		}
	}
	return list
}

// file checks the definitions that are well formed, one by one.
func (c *checking) file(f *checkedFile, kpis []*metrics.KPI) error {
	malformed := map[string]bool{}
	whole := true
	for _, p := range f.sheet.Problems {
		malformed[p.Name] = true
		whole = whole && p.Name != ""
	}
	for i, k := range f.sheet.KPIs {
		if !whole || malformed[k.Name] {
			continue
		}
		n := checkedName{Name: k.Name, Version: k.Version, Examples: len(k.Examples)}
		faults := c.bench.Inspect(c, k)
		if a := metrics.Accepted(c.accepted, k); a != nil {
			if err := a.Unsaid(k); err != nil {
				faults = append(faults, err)
			}
		}
		if len(faults) == 0 {
			var err error
			if n.Values, err = c.try(k); err != nil {
				faults = append(faults, fmt.Errorf("on the project's store: %w", err))
			}
		}
		if c.sql {
			var err error
			if n.SQL, err = c.bench.SQL(c, k, c.o); err != nil && len(faults) == 0 {
				faults = append(faults, err)
			}
		}
		for _, err := range faults {
			f.sheet.Fault(i, k.Name, err)
		}
		f.Names = append(f.Names, n)
	}
	for i, r := range f.sheet.Rules {
		if !whole || malformed[r.Name] {
			continue
		}
		faults := c.bench.InspectRule(c, r, kpis)
		if c.store != nil && len(faults) == 0 {
			if _, err := metrics.Standings(c, c.store.Query, []*metrics.Rule{r}, kpis, 0, c.o); err != nil {
				faults = append(faults, fmt.Errorf("on the project's store: %w", err))
			}
		}
		for _, err := range faults {
			f.sheet.Fault(i, r.Name, err)
		}
		f.Names = append(f.Names, checkedName{Name: r.Name, Version: r.Version})
	}
	for _, p := range f.sheet.Problems {
		f.Problems = append(f.Problems, problemJSON{p, f.File, p.Line, p.Column})
	}
	return c.Err()
}

// try evaluates a figure on the project's store.
func (c *checking) try(k *metrics.KPI) ([]metrics.Value, error) {
	if c.store == nil {
		return nil, nil
	}
	return metrics.Evaluate(c, c.store.Query, []*metrics.KPI{k}, c.o)
}

func printChecked(w io.Writer, files []*checkedFile, sql bool) error {
	var b bytes.Buffer
	for _, f := range files {
		for _, p := range f.Problems {
			place := p.File
			if p.Line > 0 {
				place = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
			}
			text := printableLines(p.Text)
			if p.Name != "" && !strings.HasPrefix(text, "kpi "+p.Name) && !strings.HasPrefix(text, "rule "+p.Name) {
				text = p.Name + ": " + text
			}
			fmt.Fprintf(&b, "%s: %s\n", place, text)
			if p.Excerpt != "" {
				fmt.Fprintf(&b, "%s\n", printableLines(strings.TrimRight(p.Excerpt, "\n")))
			}
		}
		for _, n := range f.Names {
			if slices.ContainsFunc(f.Problems, func(p problemJSON) bool { return p.Name == n.Name }) {
				continue
			}
			fmt.Fprintf(&b, "ok  %s, version %d", n.Name, n.Version)
			if f.Kind == "kpis" {
				fmt.Fprintf(&b, ", %s", plural(n.Examples, "example", "examples"))
			}
			if len(n.Values) > 0 {
				v := n.Values[0]
				number, unit := reports.FigureText(v)
				fmt.Fprintf(&b, "; on the store %s, used %s of %s", strings.TrimSpace(number+" "+unit), count(v.Used), count(v.N))
				if len(n.Values) > 1 {
					fmt.Fprintf(&b, ", and %s", plural(len(n.Values)-1, "other value", "other values"))
				}
				if !v.Known() && len(v.Notes) > 0 {
					fmt.Fprintf(&b, " (%s)", printable(v.Notes[0].Text))
				}
			}
			b.WriteString("\n")
			if sql {
				for _, text := range n.SQL {
					fmt.Fprintf(&b, "\n%s\n\n", text)
				}
			}
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// printableLines is printable that leaves line ends and tabs.
func printableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = printable(strings.ReplaceAll(l, "\t", "    "))
	}
	return strings.Join(lines, "\n")
}
