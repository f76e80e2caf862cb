package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	sample "millrace/sample-data/tryton"
)

// demoCmd is millrace demo.
type demoCmd struct {
	Source string `enum:"tryton" default:"tryton" help:"Sample data: ${enum}."`
	Dir    string `default:"demo" help:"Folder to work in."`
}

func (c *demoCmd) Help() string {
	return "Example: millrace demo --dir /tmp/millrace"
}

func (c *demoCmd) Run(e *env) error {
	extract := filepath.Join(c.Dir, "extract")
	if err := unpack(extract); err != nil {
		return err
	}
	e.Project = &project{Store: "millrace.duckdb", Timezone: "UTC", dir: c.Dir}
	fmt.Fprintln(e.Stderr, "An extract of a live ERP, Tryton 7.0: its order tables, as they were.")
	receipt, err := loadFolder(e, "erp", c.Source, extract, true)
	if err != nil {
		return err
	}
	printReceipt(e.Stdout, extract, receipt)
	orders := &logFlags{Log: orderToCash.Name}
	l, err := orders.open(e)
	if err != nil {
		return err
	}
	if err := errors.Join(c.results(e, l), l.Close()); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, `
next, in %s:
  millrace mine bottlenecks %s
  millrace trace sale:22
  millrace mine variants YOUR-LOG.csv
`, c.Dir, orderToCash.Name)
	return nil
}

// results writes the report and the exports and says where they are.
func (c *demoCmd) results(e *env, l *openedLog) error {
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
		if len(t.rows) == 3 {
			break
		}
		t.add(printable(w.From), printable(w.To), count(w.Cases), quantile(w.Wait, .5), span(w.Wait.Total()), moneyText(w.Value))
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	report := filepath.Join(c.Dir, "report.html")
	if err := writeReport(e, l, "", report); err != nil {
		return err
	}
	fmt.Fprintln(e.Stdout, "\nreport:  "+report)
	fmt.Fprintln(e.Stdout, "store:   "+e.Project.storePath())
	for _, x := range []struct{ what, file string }{{"events", "events.csv"}, {"cases", "cases.parquet"}, {"variants", "variants.csv"}} {
		path := filepath.Join(c.Dir, x.file)
		if err := exportTo(e, l.Log, x.what, formatOfName(path), path); err != nil {
			return err
		}
		fmt.Fprintf(e.Stdout, "export:  %s\n", path)
	}
	return nil
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
