package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports/export/xlsx"
)

// kpiSampleCmd is millrace kpi sample.
type kpiSampleCmd struct {
	KPI  string `arg:"" help:"Which figure."`
	N    int    `short:"n" default:"30" help:"How many cases: as many that are used, open, and left out for each reason, as there are."`
	Seed string `default:"1" help:"Another one draws other cases; the same one draws the same."`
	Out  string `required:"" placeholder:"FILE" help:"Where to: a .csv or .xlsx file."`
	kpiFlags
	jsonFlag
}

func (c *kpiSampleCmd) Help() string {
	return "For an audit: each case with its key in the source, why it is used or left out, what it brings to the figure, and every value that was read for that.\n\n" +
		"Example: millrace kpi sample ct.order_to_cash -n 50 --from 2025-01-01 --to 2025-03-31 --out sample.xlsx"
}

func (c *kpiSampleCmd) Run(e *env) (err error) {
	lower := strings.ToLower(c.Out)
	if !strings.HasSuffix(lower, ".csv") && !strings.HasSuffix(lower, ".xlsx") {
		return usageError{fmt.Errorf("--out: %q is neither .csv nor .xlsx", c.Out)}
	}
	if c.N < 1 {
		return usageError{fmt.Errorf("-n: %d is no number of cases", c.N)}
	}
	k, err := e.oneKPI(c.KPI)
	if err != nil {
		return err
	}
	o, err := c.options(e)
	if err != nil {
		return err
	}
	var sample *metrics.Sample
	var day metrics.Day
	err = e.ask(o, func(s *eventlog.Store, at metrics.Day) (err error) {
		day = at
		sample, err = metrics.Draw(e, s.Query, k, metrics.SampleOptions{N: c.N, Seed: c.Seed, Options: o})
		return err
	})
	if err != nil {
		return err
	}
	err = writeFile(c.Out, func(w io.Writer) error {
		if strings.HasSuffix(lower, ".csv") {
			return writeSample(w, sample)
		}
		_, err := xlsx.Write(e, w, c.book(k, sample, day))
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.Stdout, struct {
			Name   string            `json:"name"`
			AsOf   metrics.Day       `json:"as_of"`
			Seed   string            `json:"seed"`
			Out    string            `json:"out"`
			Strata []metrics.Stratum `json:"strata"`
		}{k.Name, day, c.Seed, c.Out, sample.Strata})
	}
	t := newTable("fate", " drawn", " of")
	for _, x := range sample.Strata {
		t.add(x.Fate, count(x.Drawn), count(x.N))
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.Stdout, "\nwrote %s\n", c.Out)
	return err
}

// writeSample writes a sample as CSV. A spreadsheet takes a cell that begins
// with =, +, - or @ for a formula: such text gets a ' before it, unless it is a
// number.
func writeSample(w io.Writer, s *metrics.Sample) error {
	out := csv.NewWriter(w)
	if err := out.Write(s.Columns); err != nil {
		return err
	}
	for _, row := range s.Rows {
		line := make([]string, len(row))
		for i, cell := range row {
			line[i] = harmless(cell)
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func harmless(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) || strings.Trim(cell, "+-0123456789.eE") == "" {
		return cell
	}
	return "'" + cell
}

// book is a sample as a workbook, with what it is of on its first sheet.
func (c *kpiSampleCmd) book(k *metrics.KPI, s *metrics.Sample, day metrics.Day) xlsx.Book {
	about := []xlsx.Line{{Name: "Figure", Text: k.Name}, {Name: "Title", Text: k.Title}, {Name: "Definition", Text: k.Doc}, {Name: "Version", Text: fmt.Sprint(k.Version)}, {Name: "Hash", Text: k.Hash()},
		{Name: "As of the end of", Text: string(day)}, {Name: "Seed", Text: c.Seed}}
	if c.From != "" || c.To != "" {
		about = append(about, xlsx.Line{Name: "Period", Text: c.From + ".." + c.To})
	}
	for _, x := range s.Strata {
		about = append(about, xlsx.Line{Name: "Cases " + x.Fate, Text: fmt.Sprintf("%d of %d", x.Drawn, x.N)})
	}
	fields := make([]arrow.Field, len(s.Columns))
	for i, name := range s.Columns {
		fields[i] = arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}
	}
	schema := arrow.NewSchema(fields, nil)
	r := oneBatch(schema, func(b *array.RecordBuilder) {
		for _, row := range s.Rows {
			for i, cell := range row {
				b.Field(i).(*array.StringBuilder).Append(cell)
			}
		}
	})
	return xlsx.Book{About: about, Tables: []xlsx.Table{{Name: "sample", Title: "Sampled cases of " + k.Title, Schema: schema, Batches: r.batches}}}
}
