package bench

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/csvfile"
	"millrace/ingest/parquetfile"
	"millrace/ingest/xesfile"
	"millrace/sample-data/synthetic"
)

// An importCase is one format, and another way to get from a file of it to
// the same answer.
type importCase struct {
	format  ingest.Format
	fewer   int64 // events are divided by this; XES takes ten times the room
	write   func(l *synthetic.Log, path string) error
	against string
	do      func(tb testing.TB, path string) func(testing.TB) answer
}

var importCases = []importCase{
	{csvfile.Format, 1, toFile((*synthetic.Log).WriteCSV), "DuckDB: read_csv into a table, then SQL", sqlOver("read_csv")},
	{parquetfile.Format, 1, writeParquet, "DuckDB: read_parquet into a table, then SQL", sqlOver("read_parquet")},
	{xesfile.Format, 10, toFile((*synthetic.Log).WriteXES), "encoding/xml into a Millrace log, then fold", encodingXML},
}

func toFile(write func(*synthetic.Log, io.Writer) error) func(*synthetic.Log, string) error {
	return func(l *synthetic.Log, path string) error {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		return errors.Join(write(l, f), f.Close())
	}
}

func writeParquet(l *synthetic.Log, path string) error {
	return l.WriteParquet(context.Background(), path)
}

// sqlOver loads a file with one of DuckDB's table functions. The number of a
// row in the table, which costs nothing, is the order of the file.
func sqlOver(function string) func(testing.TB, string) func(testing.TB) answer {
	return func(tb testing.TB, path string) func(testing.TB) answer {
		load := `CREATE OR REPLACE TABLE imported AS
			SELECT case_id, activity, epoch_us(timestamp) AS time_us, resource FROM ` + function + `('` + path + `')`
		if _, err := fixture.db.ExecContext(tb.Context(), load); err != nil {
			tb.Fatal(err)
		}
		ask(tb, "(SELECT *, rowid AS seq FROM imported)")
		return answerOfSQL
	}
}

// millrace reads a file as the command line does.
func millrace(tb testing.TB, format ingest.Format, path string) func(testing.TB) answer {
	tb.Helper()
	ctx := tb.Context()
	f, err := format.Open(ctx, path, ingest.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	b := eventlog.NewBuilder(eventlog.BuilderOptions{})
	if err := f.Read(ctx, b.Add); err != nil {
		tb.Fatal(err)
	}
	if rejects, n := f.Rejects(); n > 0 {
		tb.Fatalf("%d rejects, first %v", n, rejects[0])
	}
	return folded(tb, b)
}

func folded(tb testing.TB, b *eventlog.Builder) func(testing.TB) answer {
	tb.Helper()
	l, err := b.Log()
	if err != nil {
		tb.Fatal(err)
	}
	s, err := eventlog.Summarize(tb.Context(), l, eventlog.SummaryOptions{Exact: true})
	if err != nil {
		tb.Fatal(err)
	}
	return func(testing.TB) answer { return answerOf(s) }
}

// encodingXML reads XES with the standard library, as one would write it in
// an hour: this log only, no more of XES than it has.
func encodingXML(tb testing.TB, path string) func(testing.TB) answer {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	builder := eventlog.NewBuilder(eventlog.BuilderOptions{})
	batch := &eventlog.Batch{}
	var id, activity, resource string
	var at int64
	inTrace, inEvent := false, false
	d := xml.NewDecoder(f)
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			break
		} else if err != nil {
			tb.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch token.Name.Local {
			case "trace":
				inTrace = true
			case "event":
				inEvent = true
			default:
				if !inTrace || len(token.Attr) != 2 {
					continue
				}
				switch key, value := token.Attr[0].Value, token.Attr[1].Value; {
				case key == "concept:name" && inEvent:
					activity = value
				case key == "concept:name":
					id = value
				case key == "org:resource":
					resource = value
				case key == "time:timestamp":
					t, err := time.Parse(time.RFC3339, value)
					if err != nil {
						tb.Fatal(err)
					}
					at = t.UnixMicro()
				}
			}
		case xml.EndElement:
			switch token.Name.Local {
			case "trace":
				inTrace = false
			case "event":
				inEvent = false
				batch.Case = append(batch.Case, id)
				batch.Activity = append(batch.Activity, activity)
				batch.Time = append(batch.Time, at)
				batch.Resource = append(batch.Resource, resource)
				if batch.Len() == 8192 {
					if err := builder.Add(batch); err != nil {
						tb.Fatal(err)
					}
					*batch = eventlog.Batch{Case: batch.Case[:0], Activity: batch.Activity[:0], Time: batch.Time[:0], Resource: batch.Resource[:0]}
				}
			}
		}
	}
	if err := builder.Add(batch); err != nil {
		tb.Fatal(err)
	}
	return folded(tb, builder)
}

// file writes the events for c, once a run.
func (c importCase) file(tb testing.TB) (path string, n int64) {
	tb.Helper()
	n = max(1, events(tb)/c.fewer)
	path = filepath.Join(fixture.dir, "import."+c.format.Name)
	if _, err := os.Stat(path); err == nil {
		return path, n
	}
	l, err := synthetic.New(synthetic.Options{Events: n, Seed: 1})
	if err != nil {
		tb.Fatal(err)
	}
	if err := c.write(l, path); err != nil {
		tb.Fatal(err)
	}
	return path, n
}

// TestImportsAgree holds that both ways lead from a file to the same answer.
func TestImportsAgree(t *testing.T) {
	setup(t)
	for _, c := range importCases {
		t.Run(c.format.Name, func(t *testing.T) {
			path, _ := c.file(t)
			want := c.do(t, path)(t)
			agree(t, c.against, millrace(t, c.format, path)(t), want, 1e-12)
		})
	}
}

// BenchmarkImport measures the way from a file to arcs, variants, starts,
// ends and exact medians.
func BenchmarkImport(b *testing.B) {
	setup(b)
	for _, c := range importCases {
		path, n := c.file(b)
		question := fmt.Sprintf("From a file to the same: %s, %d events", strings.ToUpper(c.format.Name), n)
		var ours, theirs func(testing.TB) answer
		b.Run(c.format.Name+"/Millrace", func(b *testing.B) {
			for b.Loop() {
				measure(b, question, "Millrace: ingest/"+c.format.Name+"file, Builder, fold", n, func() { ours = millrace(b, c.format, path) })
			}
		})
		b.Run(c.format.Name+"/"+c.against, func(b *testing.B) {
			for b.Loop() {
				measure(b, question, c.against, n, func() { theirs = c.do(b, path) })
			}
		})
		if ours != nil && theirs != nil {
			agree(b, c.against, ours(b), theirs(b), 1e-12)
		}
	}
}
