package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"millrace/eventlog"
	"millrace/mining"
	"millrace/reports/export/xlsx"
)

// exportCmd is millrace export.
type exportCmd struct {
	logFlags
	What   string `enum:"events,cases,variants,dfg" default:"events" help:"What to export: ${enum}."`
	Format string `enum:",csv,parquet,json,arrow,xlsx,xes,ocel,ocel-json,ocel-xml,ocel-sqlite" default:"" placeholder:"FORMAT" help:"A table: csv, parquet, json (a line a row), arrow (IPC file) or xlsx. The whole log with all attributes: xes. The source it comes from, object-centric: ocel-json (also ocel), ocel-xml or ocel-sqlite. Default: by the name of --out, else csv."`
	Out    string `short:"o" placeholder:"FILE" help:"Write here instead of standard output."`
}

func (c *exportCmd) Help() string {
	return "Examples:\n  millrace export order-to-cash --what cases --out cases.xlsx\n  millrace export order-to-cash --out orders.xes.gz --contains ship"
}

func (c *exportCmd) Run(e *env) (err error) {
	format := c.Format
	if format == "" {
		if err := outIs(strings.TrimSuffix(c.Out, ".gz"), "that is no format to export to, or say which by --format", exportExtensions...); err != nil {
			return err
		}
		format = formatOfName(c.Out)
	}
	if format == "ocel" {
		format = "ocel-json"
	}
	packed := strings.HasSuffix(strings.ToLower(c.Out), ".gz")
	if packed && format != "xes" {
		return usageError{fmt.Errorf("--out %s: only XES is written packed; leave out .gz", c.Out)}
	}
	if c.Out == "" && slices.Contains([]string{"parquet", "arrow", "xlsx", "ocel-sqlite"}, format) && isTerminal(e.Stdout) {
		return usageError{fmt.Errorf("%s is binary: give a file by --out", format)}
	}
	if format == "xes" || strings.HasPrefix(format, "ocel-") {
		return c.exportLog(e, format, packed)
	}
	l, err := c.open(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if c.Out != "" {
		if err := exportTo(e, l.Log, c.What, format, c.Out); err != nil {
			return err
		}
		fmt.Fprintln(e.Stderr, "wrote", c.Out)
		return nil
	}
	rows, err := exported(e, l.Log, c.What)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(e.Stdout, 1<<20)
	return errors.Join(writeTable(e, out, l.Log, c.What, format, rows), out.Flush())
}

// exportExtensions are the ends of names that say a format.
var exportExtensions = []string{".csv", ".txt", ".parquet", ".json", ".arrow", ".xlsx", ".xes", ".jsonocel", ".xmlocel", ".sqlite"}

// formatOfName is the format that a file's name says, else csv.
func formatOfName(path string) string {
	path = strings.ToLower(path)
	for _, x := range [][2]string{
		{".parquet", "parquet"}, {".json", "json"}, {".arrow", "arrow"}, {".xlsx", "xlsx"}, {".xes", "xes"}, {".xes.gz", "xes"},
		{".jsonocel", "ocel-json"}, {".xmlocel", "ocel-xml"}, {".sqlite", "ocel-sqlite"},
	} {
		if strings.HasSuffix(path, x[0]) {
			return x[1]
		}
	}
	return "csv"
}

// exportTo writes what of a log is asked for to a file, whole or not at all.
func exportTo(ctx context.Context, l *eventlog.Log, what, format, path string) error {
	rows, err := exported(ctx, l, what)
	if err != nil {
		return err
	}
	return writeFile(path, func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 1<<20)
		return errors.Join(writeTable(ctx, out, l, what, format, rows), out.Flush())
	})
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// rows are a table to export, in batches that the writer releases.
type rows struct {
	schema  *arrow.Schema
	batches iter.Seq2[arrow.RecordBatch, error]
}

var exportTime = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}

// exported returns what of a log is asked for.
func exported(ctx context.Context, l *eventlog.Log, what string) (rows, error) {
	switch what {
	case "events":
		return eventRows(ctx, l), nil
	case "cases":
		return caseRows(ctx, l), nil
	}
	s, err := eventlog.Summarize(ctx, l, eventlog.SummaryOptions{WithoutWaits: what == "variants", WithoutVariants: what != "variants"})
	if err != nil {
		return rows{}, err
	}
	if what == "variants" {
		return variantRows(mining.FindVariants(s)), nil
	}
	return edgeRows(mining.DFG(s)), nil
}

func eventRows(ctx context.Context, l *eventlog.Log) rows {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "case_id", Type: arrow.BinaryTypes.String},
		{Name: "activity", Type: arrow.BinaryTypes.String},
		{Name: "start_timestamp", Type: exportTime, Nullable: true},
		{Name: "timestamp", Type: exportTime, Nullable: true},
		{Name: "resource", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	return rows{schema, func(yield func(arrow.RecordBatch, error) bool) {
		for c := range l.Batches() {
			ids, err := l.CaseIDs(ctx, c.Case)
			if err != nil {
				yield(nil, err)
				return
			}
			b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
			starts := c.Starts()
			for i := range c.Case {
				for e := c.Offsets[i]; e < c.Offsets[i+1]; e++ {
					b.Field(0).(*array.StringBuilder).Append(ids[i])
					b.Field(1).(*array.StringBuilder).Append(l.Label(c.Activity[e]))
					begin := starts[e]
					if begin == c.Time[e] {
						begin = eventlog.NoTime // it does not last
					}
					appendTime(b.Field(2), begin)
					appendTime(b.Field(3), c.Time[e])
					if c.Resource != nil && c.Resource[e] >= 0 {
						b.Field(4).(*array.StringBuilder).Append(l.Resource(c.Resource[e]))
					} else {
						b.Field(4).AppendNull()
					}
				}
			}
			rec := b.NewRecordBatch()
			b.Release()
			if !yield(rec, nil) {
				return
			}
		}
	}}
}

func appendTime(b array.Builder, us int64) {
	if us == eventlog.NoTime {
		b.AppendNull()
		return
	}
	b.(*array.TimestampBuilder).Append(arrow.Timestamp(us))
}

func caseRows(ctx context.Context, l *eventlog.Log) rows {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "case_id", Type: arrow.BinaryTypes.String},
		{Name: "events", Type: arrow.PrimitiveTypes.Int64},
		{Name: "first", Type: exportTime, Nullable: true},
		{Name: "last", Type: exportTime, Nullable: true},
		{Name: "duration_s", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "variant", Type: arrow.BinaryTypes.String},
	}, nil)
	return rows{schema, func(yield func(arrow.RecordBatch, error) bool) {
		for c := range l.Batches() {
			ids, err := l.CaseIDs(ctx, c.Case)
			if err != nil {
				yield(nil, err)
				return
			}
			b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
			for i := range c.Case {
				lo, hi := c.Offsets[i], c.Offsets[i+1]
				first, last := c.Ends(i)
				var path []string
				for e := lo; e < hi; e++ {
					path = append(path, l.Label(c.Activity[e]))
				}
				b.Field(0).(*array.StringBuilder).Append(ids[i])
				b.Field(1).(*array.Int64Builder).Append(int64(hi - lo))
				appendTime(b.Field(2), first)
				appendTime(b.Field(3), last)
				if first != eventlog.NoTime {
					b.Field(4).(*array.Float64Builder).Append(float64(last-first) / 1e6)
				} else {
					b.Field(4).AppendNull()
				}
				b.Field(5).(*array.StringBuilder).Append(strings.Join(path, " → "))
			}
			rec := b.NewRecordBatch()
			b.Release()
			if !yield(rec, nil) {
				return
			}
		}
	}}
}

// oneBatch is a table that fits in memory.
func oneBatch(schema *arrow.Schema, fill func(*array.RecordBuilder)) rows {
	return rows{schema, func(yield func(arrow.RecordBatch, error) bool) {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		defer b.Release()
		fill(b)
		yield(b.NewRecordBatch(), nil)
	}}
}

func variantRows(v *mining.Variants) rows {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "activities", Type: arrow.BinaryTypes.String},
		{Name: "cases", Type: arrow.PrimitiveTypes.Int64},
		{Name: "share", Type: arrow.PrimitiveTypes.Float64},
		{Name: "median_s", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "p95_s", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	}, nil)
	return oneBatch(schema, func(b *array.RecordBuilder) {
		for _, x := range v.Variants {
			b.Field(0).(*array.StringBuilder).Append(strings.Join(x.Activities, " → "))
			b.Field(1).(*array.Int64Builder).Append(x.Cases)
			b.Field(2).(*array.Float64Builder).Append(x.Share)
			appendQuantile(b.Field(3), x.Duration, .5)
			appendQuantile(b.Field(4), x.Duration, .95)
		}
	})
}

func edgeRows(g *mining.Graph) rows {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "from", Type: arrow.BinaryTypes.String},
		{Name: "to", Type: arrow.BinaryTypes.String},
		{Name: "count", Type: arrow.PrimitiveTypes.Int64},
		{Name: "cases", Type: arrow.PrimitiveTypes.Int64},
		{Name: "total_s", Type: arrow.PrimitiveTypes.Float64},
		{Name: "median_s", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "p95_s", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	}, nil)
	return oneBatch(schema, func(b *array.RecordBuilder) {
		for _, x := range g.Edges {
			b.Field(0).(*array.StringBuilder).Append(x.From)
			b.Field(1).(*array.StringBuilder).Append(x.To)
			b.Field(2).(*array.Int64Builder).Append(x.Count)
			b.Field(3).(*array.Int64Builder).Append(x.Cases)
			b.Field(4).(*array.Float64Builder).Append(x.Wait.Total() / 1e6)
			appendQuantile(b.Field(5), x.Wait, .5)
			appendQuantile(b.Field(6), x.Wait, .95)
		}
	})
}

func appendQuantile(b array.Builder, d *eventlog.Durations, q float64) {
	if d.N == 0 {
		b.AppendNull()
		return
	}
	b.(*array.Float64Builder).Append(d.Quantile(q) / 1e6)
}

// writeTable writes r in a format, a workbook with what it is.
func writeTable(ctx context.Context, w io.Writer, l *eventlog.Log, what, format string, r rows) error {
	if format != "xlsx" {
		return writeRows(ctx, w, format, r)
	}
	about := []xlsx.Line{{Name: "What", Text: what + " of log " + l.Name}}
	filters := 0
	var notes []eventlog.Note
	for _, n := range l.Notes() {
		if n.Code == "filtered" {
			filters++
			about = append(about, xlsx.Line{Name: "Filter", Text: n.Text})
		} else {
			notes = append(notes, n)
		}
	}
	if filters == 0 {
		about = append(about, xlsx.Line{Name: "Filter", Text: "none"})
	}
	_, err := xlsx.Write(ctx, w, xlsx.Book{About: about, Notes: notes, Tables: []xlsx.Table{{Name: what, Schema: r.schema, Batches: r.batches}}})
	return err
}

// writeRows writes r in a format and releases its batches.
func writeRows(ctx context.Context, w io.Writer, format string, r rows) error {
	switch format {
	case "parquet":
		return eventlog.WriteParquet(ctx, w, r.schema, r.batches)
	case "arrow":
		return writeArrow(w, r)
	}
	table := csv.NewWriter(w)
	line := make([]string, r.schema.NumFields())
	if format == "csv" {
		for i, f := range r.schema.Fields() {
			line[i] = f.Name
		}
		if err := table.Write(line); err != nil {
			return err
		}
	}
	for rec, err := range r.batches {
		if err != nil {
			return err
		}
		for i := range int(rec.NumRows()) {
			if format == "json" {
				if err := writeJSONLine(w, r.schema, rec, i); err != nil {
					return err
				}
				continue
			}
			for j := range line {
				line[j] = cellText(rec.Column(j), i)
			}
			if err := table.Write(line); err != nil {
				return err
			}
		}
		rec.Release()
	}
	table.Flush()
	return table.Error()
}

func cellText(col arrow.Array, i int) string {
	if col.IsNull(i) {
		return ""
	}
	switch c := col.(type) {
	case *array.Timestamp:
		return eventlog.FormatTime(int64(c.Value(i)))
	case *array.Int64:
		return strconv.FormatInt(c.Value(i), 10)
	case *array.Float64:
		return strconv.FormatFloat(c.Value(i), 'f', -1, 64)
	}
	return col.(*array.String).Value(i)
}

func writeJSONLine(w io.Writer, schema *arrow.Schema, rec arrow.RecordBatch, i int) error {
	var line strings.Builder
	for j, f := range schema.Fields() {
		name, err := json.Marshal(f.Name)
		if err != nil {
			return err
		}
		value := "null"
		switch col := rec.Column(j); {
		case col.IsNull(i):
		case f.Type.ID() == arrow.INT64 || f.Type.ID() == arrow.FLOAT64:
			value = cellText(col, i)
		default:
			text, err := json.Marshal(cellText(col, i))
			if err != nil {
				return err
			}
			value = string(text)
		}
		sep := ","
		if j == 0 {
			sep = "{"
		}
		line.WriteString(sep + string(name) + ":" + value)
	}
	_, err := io.WriteString(w, line.String()+"}\n")
	return err
}

func writeArrow(w io.Writer, r rows) error {
	aw, err := ipc.NewFileWriter(w, ipc.WithSchema(r.schema))
	if err != nil {
		return err
	}
	for rec, err := range r.batches {
		if err == nil {
			err = aw.Write(rec)
			rec.Release()
		}
		if err != nil {
			return errors.Join(err, aw.Close())
		}
	}
	return aw.Close()
}
