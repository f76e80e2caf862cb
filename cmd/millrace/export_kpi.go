package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/internal/secrets"
	"millrace/metrics"
	"millrace/reports"
	"millrace/reports/deliver"
	"millrace/reports/export/manifest"
	"millrace/reports/export/sheet"
)

// exportKPICmd is millrace export kpi.
type exportKPICmd struct {
	chosenFlags
	kpiFlags
	anewFlag
	Out string `short:"o" required:"" placeholder:"FILE|NAME" help:"File to write, such as kpi-{period}.xlsx (csv, xlsx, parquet, json, jsonl, arrow), or the name of one of the project's destinations."`
}

func (c *exportKPICmd) Help() string {
	return "Key figures as a workbook or table, with definitions, what was left out, and a manifest beside: inputs, versions, SQL, rows, hashes.\n\n" +
		"Examples:\n  millrace export kpi --out kpi.xlsx\n  millrace export kpi --family cash --period month --out cash.parquet\n  millrace export kpi --out bi"
}

func (c *exportKPICmd) Run(e *env) error {
	to, err := e.Project.destination(c.Out)
	if err != nil {
		return err
	}
	return c.deliver(e, to, "kpi", "")
}

// exportFigures writes all figures to a file, as export kpi does.
func exportFigures(e *env, path string) error {
	to, err := e.Project.destination(path)
	if err != nil {
		return err
	}
	return (&exportKPICmd{}).deliver(e, to, "kpi", "")
}

// deliver evaluates the figures and brings them to a destination.
func (c *exportKPICmd) deliver(e *env, to deliver.To, name, period string) error {
	kpis, err := c.chosen(e)
	if err != nil {
		return err
	}
	o, err := c.options(e)
	if err != nil {
		return err
	}
	return e.ask(o, func(s *eventlog.Store, day metrics.Day) error {
		o.Kept = c.kept(s)
		values, err := metrics.Evaluate(e, s.Query, kpis, o)
		if err != nil {
			return err
		}
		texts := map[string]string{}
		m := manifest.Manifest{Name: name, Period: period, Catalogue: catalogueVersion(kpis)}
		for _, k := range kpis {
			list, err := metrics.SQL(e, s.Query, k, o)
			if err != nil {
				continue // it cannot be asked so, and its value says why
			}
			texts[k.Name] = strings.Join(list, ";\n")
		}
		asked := ""
		if o.Grain != "" {
			asked = "each " + string(o.Grain)
		}
		if o.From != "" || o.To != "" {
			asked = strings.TrimSpace(fmt.Sprintf("%s %s to %s", asked, first(string(o.From), "the beginning"), first(string(o.To), string(day))))
		}
		book := reports.FigureWorkbook(reports.WorkbookInput{Title: "Key figures of order-to-cash", AsOf: day, Period: asked, Filter: strings.Join(c.Only, ", "),
			Maker: "millrace " + version(), Values: values, SQL: texts})
		return e.deliverBook(s, to, book, m, day, o.Zone)
	})
}

// catalogueVersion identifies definitions: names and versions, as a hash.
func catalogueVersion(kpis []*metrics.KPI) string {
	h := sha256.New()
	for _, k := range kpis {
		text, err := json.Marshal(k)
		if err != nil {
			panic(err) // texts and numbers
		}
		h.Write(text)
	}
	return fmt.Sprintf("%d definitions, %s", len(kpis), hex.EncodeToString(h.Sum(nil))[:16])
}

// deliverBook fills in what a manifest says of the store, and delivers.
func (e *env) deliverBook(s *eventlog.Store, to deliver.To, book *sheet.Workbook, m manifest.Manifest, day metrics.Day, zone *time.Location) error {
	m.Program = "millrace " + version()
	if zone == nil {
		zone = time.UTC
	}
	m.AsOf = day.Add(1).In(zone).Add(-time.Second).Format(time.RFC3339) // the last second of the day
	contents, err := s.SourceContents(e)
	if err != nil {
		return err
	}
	for _, name := range sortedNames(contents) {
		m.Inputs = append(m.Inputs, manifest.Input{Name: name, SHA256: sumOf(contents[name]...)})
	}
	in := deliver.Env{Env: e.Project.secrets(), At: time.Now()}
	receipt, err := deliver.Deliver(e, to, deliver.Export{Workbook: book, Manifest: m}, in)
	if err != nil {
		return err
	}
	for _, n := range receipt.Notes {
		fmt.Fprintln(e.Stderr, n.Text)
	}
	fmt.Fprintln(e.Stderr, "wrote", receipt.Place)
	for _, f := range receipt.Files {
		fmt.Fprintf(e.Stderr, "  %s, %s rows\n", f.Name, count(f.Rows))
	}
	return nil
}

// sortedNames are the keys of a map.
func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func sumOf(parts ...string) string {
	h := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(h[:])
}

// destination is one of the project's, by its name, else a file.
func (p *project) destination(text string) (deliver.To, error) {
	if to, ok := p.Destinations[text]; ok {
		return to, nil
	}
	if filepath.Ext(text) == "" && !strings.ContainsAny(text, `/\{`) {
		names := sortedNames(p.Destinations)
		if len(names) == 0 {
			return deliver.To{}, usageError{fmt.Errorf("--out: %q has no end that says a format, such as kpi.xlsx, and the project has no destinations", text)}
		}
		return deliver.To{}, usageError{fmt.Errorf("--out: no destination %q%s; there are %s", text, eventlog.DidYouMean(text, names), strings.Join(names, ", "))}
	}
	to := deliver.To{Path: text}
	if err := to.Check(); err != nil {
		return to, usageError{fmt.Errorf("--out: %w", err)}
	}
	path, err := filepath.Abs(text) // of the command line, not of the project
	to.Path = path
	return to, err
}

// exportStarCmd is millrace export star.
type exportStarCmd struct {
	Table []string `arg:"" optional:"" help:"Which tables; default: all."`
	Out   string   `short:"o" required:"" placeholder:"FILE|NAME" help:"File to write, such as star/{sheet}.parquet, or the name of one of the project's destinations."`
}

func (c *exportStarCmd) Help() string {
	return "Facts and dimensions with stable names, for Power BI and other tools; metrics/star/README.md says what each column is.\n\n" +
		"Examples:\n  millrace export star --out star/{sheet}.parquet\n  millrace export star fact_order dim_customer --out orders.xlsx\n  millrace export star --out bi"
}

func (c *exportStarCmd) Run(e *env) error {
	to, err := e.Project.destination(c.Out)
	if err != nil {
		return err
	}
	if err := knownStarTables(c.Table); err != nil {
		return usageError{err}
	}
	return c.deliver(e, to, "star", "")
}

// deliver brings the tables to a destination, row by row.
func (c *exportStarCmd) deliver(e *env, to deliver.To, name, period string) error {
	zone := e.Project.zone()
	return e.ask(metrics.Options{Zone: zone}, func(s *eventlog.Store, day metrics.Day) error {
		book := &sheet.Workbook{Title: "Order-to-cash, star schema", About: []sheet.Line{{Name: "Data up to", Text: string(day)}, {Name: "Made by", Text: "millrace " + version()}}}
		m := manifest.Manifest{Name: name, Period: period, Catalogue: "star schema 1"}
		for _, t := range metrics.Star() {
			if len(c.Table) > 0 && !slices.Contains(c.Table, t.Name) {
				continue
			}
			x, err := starSheet(e, s, t, zone)
			if err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			book.Sheets = append(book.Sheets, x)
			m.Results = append(m.Results, manifest.Result{Name: t.Name, SQL: t.SQL(zone), Rows: x.Count})
		}
		return e.deliverBook(s, to, book, m, day, zone)
	})
}

// secrets is where the project's secrets are.
func (p *project) secrets() secrets.Env { return secrets.Env{Dir: p.dir, Lookup: os.LookupEnv} }
