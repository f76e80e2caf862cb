package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/mining"
	simulator "millrace/sample-data/distributor"
	sample "millrace/sample-data/tryton"
)

// demoCmd is millrace demo.
type demoCmd struct {
	Source string `enum:"distributor,tryton" default:"distributor" help:"Sample data: distributor, simulated, whose truth is known; or tryton, an extract of a live ERP."`
	Dir    string `default:"demo" help:"Folder to work in."`
	Orders int64  `default:"25000" help:"Orders that the distributor's customers send in, over 18 months."`
	Seed   uint64 `default:"1" help:"Another seed is another company."`
}

func (c *demoCmd) Help() string {
	return "Examples:\n  millrace demo --dir /tmp/millrace\n  millrace demo --orders 2000\n  millrace demo --source tryton"
}

func (c *demoCmd) Run(e *env) error {
	if err := c.project(e); err != nil {
		return err
	}
	load := c.distributor
	if c.Source == "tryton" {
		load = c.tryton
	}
	trace, err := load(e, filepath.Join(c.Dir, "extract"))
	if err != nil {
		return err
	}
	report := filepath.Join(c.Dir, "report.html")
	if _, err := writeReport(e, &logFlags{Log: orderToCash.Name, readFlags: readFlags{Quiet: true}}, reportWanted{}, report); err != nil {
		return err
	}
	figures := filepath.Join(c.Dir, "kpi.xlsx")
	if err := exportFigures(e, figures); err != nil {
		return err
	}
	orders := &logFlags{Log: orderToCash.Name}
	l, err := orders.open(e)
	if err != nil {
		return err
	}
	if err := errors.Join(c.results(e, l, report, figures), l.Close()); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, `
next, in %s:
  millrace mine bottlenecks %s
  millrace trace %s
  millrace mine variants YOUR-LOG.csv
`, c.Dir, orderToCash.Name, trace)
	return nil
}

// project makes the folder a project, unless it is one, so that ingest and the
// other commands go on there as they began.
func (c *demoCmd) project(e *env) (err error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	name := "sample"
	if c.Source == "tryton" {
		name = "erp"
	}
	path := filepath.Join(c.Dir, "millrace.yaml")
	text := fmt.Sprintf("# The demo. Its people do not exist, so their names are kept.\nnames: keep\nsources:\n  %s:\n    %s: {path: extract}\n", name, c.Source)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	e.Project, err = readProject(path)
	return err
}

// distributor simulates the distributor, unless it is there already, and loads
// its systems. It returns an order worth tracing.
func (c *demoCmd) distributor(e *env, extract string) (trace string, err error) {
	if there, _ := distributorIn(extract); len(there) == 0 || !c.isMade(extract) {
		if err := c.make(e, extract); err != nil {
			return "", err
		}
	}
	fmt.Fprintf(e.Stderr, "A distributor, simulated: six systems over 18 months, and in %s what really happened.\n", filepath.Join(extract, "truth"))
	_, err = loadDistributor(e, extract, true, false)
	return "0010000013", err
}

// madeOf is the file that says with what a simulated extract was made.
const madeOf = "made-of.txt"

func (c *demoCmd) made() string { return fmt.Sprintf("orders %d\nseed %d\n", c.Orders, c.Seed) }

func (c *demoCmd) isMade(extract string) bool {
	text, err := os.ReadFile(filepath.Join(extract, madeOf))
	return err == nil && string(text) == c.made()
}

// make writes the distributor's tables. What another demo made is replaced;
// anything else in the way is left alone, and an error.
func (c *demoCmd) make(e *env, extract string) error {
	if _, err := os.Stat(filepath.Join(extract, madeOf)); err == nil {
		if err := os.RemoveAll(extract); err != nil {
			return err
		}
	}
	orders := atomic.Int64{}
	p := startProgress(e.Stderr, "simulating a distributor", func() (int64, int64) { return orders.Load(), c.Orders }, nil)
	_, err := simulator.Generate(e, extract, simulator.Options{Seed: c.Seed, Orders: c.Orders, Progress: orders.Store})
	p.done()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(extract, madeOf), []byte(c.made()), 0o600)
}

// tryton loads the extract of a live ERP.
func (c *demoCmd) tryton(e *env, extract string) (trace string, err error) {
	if err := unpack(extract); err != nil {
		return "", err
	}
	fmt.Fprintln(e.Stderr, "An extract of a live ERP, Tryton 7.0: its order tables, as they were.")
	receipt, err := loadFolder(e, "erp", c.Source, extract, true)
	if err != nil {
		return "", err
	}
	printReceipt(e.Stdout, extract, receipt)
	return "sale:22", nil
}

// results writes the exports and says where all is.
func (c *demoCmd) results(e *env, l *openedLog, report, figures string) error {
	s, err := eventlog.Summarize(e, l.Log, eventlog.SummaryOptions{})
	if err != nil {
		return err
	}
	b, err := bottlenecks(e, l, s)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.Stdout, "\nlongest waits, agreed payment terms apart:")
	t := newTable("between", "and", " orders", " median", " total", " value waiting")
	for _, w := range b.Waits {
		if o2c.AgreedWait(w.From, w.To) {
			continue
		}
		if len(t.rows) == 5 {
			break
		}
		t.add(printable(w.From), printable(w.To), count(w.Cases), quantile(w.Wait, .5), span(w.Wait.Total()), moneyText(w.Value))
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	if c.Source == "distributor" {
		if err := c.planted(e.Stdout, b.Waits); err != nil {
			return err
		}
	}
	fmt.Fprintln(e.Stdout, "\nreport:  "+report)
	fmt.Fprintln(e.Stdout, "store:   "+e.Project.storePath())
	fmt.Fprintln(e.Stdout, "export:  "+figures)
	for _, x := range []struct{ what, file string }{{"events", "events.csv"}, {"cases", "cases.parquet"}, {"variants", "variants.csv"}} {
		path := filepath.Join(c.Dir, x.file)
		if err := exportTo(e, l.Log, x.what, formatOfName(path), path); err != nil {
			return err
		}
		fmt.Fprintf(e.Stdout, "export:  %s\n", path)
	}
	return nil
}

// plantedWaits says in which wait of the log a planted cause is to be seen.
var plantedWaits = []struct{ cause, from, to string }{
	{"billing-public-pricecheck", "Proof of Delivery", "Release Billing Block"},
	{"stock-tools-q1", "Send Order Confirmation", "Create Delivery"},
	{"carrier-nordex-winter", "Send Invoice", "Proof of Delivery"},
	{"wave-lds1-afternoon", "Allocate Stock", "Start Picking"},
}

// planted prints what the simulator says it planted beside what the log shows.
func (c *demoCmd) planted(w io.Writer, waits []mining.Wait) error {
	f, err := os.Open(filepath.Join(c.Dir, "extract", "truth", "cause.csv"))
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	fmt.Fprintln(w, "\nwhat was planted (extract/truth/cause.csv), and where it shows:")
	t := newTable("cause", " orders", " adds", "shows between", "and", " orders", " total")
	for _, p := range plantedWaits {
		at := slices.IndexFunc(rows, func(r []string) bool { return r[0] == p.cause })
		seen := slices.IndexFunc(waits, func(x mining.Wait) bool { return x.From == p.from && x.To == p.to })
		if at < 0 || seen < 0 {
			continue // a small company may have none
		}
		cell := func(name string) int64 {
			n, _ := strconv.ParseInt(rows[at][slices.Index(rows[0], name)], 10, 64) // written by the simulator
			return n
		}
		x := waits[seen]
		t.add(p.cause, count(cell("orders")), span(float64(cell("total_seconds"))*1e6), p.from, p.to, count(x.Cases), span(x.Wait.Total()))
	}
	return t.write(w)
}

// unpack writes the sample's tables to a folder, as they are in the binary.
func unpack(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files, err := fs.ReadDir(sample.Files, ".")
	if err != nil {
		return err
	}
	for _, f := range files {
		content, err := fs.ReadFile(sample.Files, f.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name()), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
