package synthetic

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"millrace/eventlog"
)

func log(t testing.TB, o Options) *Log {
	t.Helper()
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// summarize reads a log into a Builder and folds it.
func summarize(t *testing.T, l *Log) *eventlog.Summary {
	t.Helper()
	b := eventlog.NewBuilder(eventlog.BuilderOptions{})
	if err := l.Read(b.Add); err != nil {
		t.Fatal(err)
	}
	built, err := b.Log()
	if err != nil {
		t.Fatal(err)
	}
	s, err := eventlog.Summarize(t.Context(), built, eventlog.SummaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSameOptionsSameBytes(t *testing.T) {
	for name, write := range map[string]func(*Log, string) error{
		"csv":     func(l *Log, path string) error { return toFile(path, l.WriteCSV) },
		"xes":     func(l *Log, path string) error { return toFile(path, l.WriteXES) },
		"parquet": func(l *Log, path string) error { return l.WriteParquet(context.Background(), path) },
	} {
		t.Run(name, func(t *testing.T) {
			made := func(seed uint64) []byte {
				path := filepath.Join(t.TempDir(), "log")
				if err := write(log(t, Options{Events: 3000, Seed: seed}), path); err != nil {
					t.Fatal(err)
				}
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				return text
			}
			first := made(7)
			if !bytes.Equal(first, made(7)) {
				t.Error("the same options gave other bytes")
			}
			if bytes.Equal(first, made(8)) {
				t.Error("another seed gave the same bytes")
			}
		})
	}
}

// TestDefaultKeepsItsBytes holds the logs that figures were measured with: what
// an option adds, it adds to other logs. The sums are of the generator before
// it had options.
func TestDefaultKeepsItsBytes(t *testing.T) {
	for _, want := range []struct {
		o        Options
		csv, xes string
	}{
		{Options{}, "b499d6bf2f3bb545", "7a3d47342cb2d71a"},
		{Options{Events: 500, Seed: 1}, "c4e2aba58437b2b4", "ee6964d9b73cc76a"},
	} {
		l := log(t, want.o)
		table, xes := sha256.New(), sha256.New()
		if err := errors.Join(l.WriteCSV(table), l.WriteXES(xes)); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%.8x", table.Sum(nil)); got != want.csv {
			t.Errorf("%+v: CSV is %s, was %s", want.o, got, want.csv)
		}
		if got := fmt.Sprintf("%.8x", xes.Sum(nil)); got != want.xes {
			t.Errorf("%+v: XES is %s, was %s", want.o, got, want.xes)
		}
	}
}

func toFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		return err
	}
	return f.Close()
}

// TestFormatsHoldTheSameLog compares lines "case activity time resource".
func TestFormatsHoldTheSameLog(t *testing.T) {
	l := log(t, Options{Events: 2500})
	var yielded []string
	last := int64(0)
	err := l.Read(func(b *eventlog.Batch) error {
		for i := range b.Case {
			if b.Time[i] < last {
				t.Fatalf("event %d is earlier than the one before", b.Place[i])
			}
			last = b.Time[i]
			at := time.UnixMicro(b.Time[i]).UTC().Format("2006-01-02 15:04:05.000")
			yielded = append(yielded, strings.Join([]string{b.Case[i], b.Activity[i], at, b.Resource[i]}, ","))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(yielded) != 2500 {
		t.Errorf("%d events, want 2500", len(yielded))
	}
	var csv bytes.Buffer
	if err := l.WriteCSV(&csv); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(csv.String()), "\n")[1:]
	if d := cmp.Diff(yielded, lines); d != "" {
		t.Errorf("CSV (-yielded +written):\n%s", d)
	}
	if d := cmp.Diff(yielded, parquetLines(t, l)); d != "" {
		t.Errorf("Parquet (-yielded +written):\n%s", d)
	}
	byCase := func(a, b string) int { return strings.Compare(a[:8], b[:8]) }
	slices.SortStableFunc(yielded, byCase)
	if d := cmp.Diff(yielded, xesLines(t, l)); d != "" {
		t.Errorf("XES (-yielded +written):\n%s", d)
	}
}

func parquetLines(t *testing.T, l *Log) (lines []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "it's.parquet")
	if err := l.WriteParquet(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT concat_ws(',', case_id, activity, strftime(timestamp, '%Y-%m-%d %H:%M:%S.%g'), resource) FROM read_parquet(?)", path)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

func xesLines(t *testing.T, l *Log) (lines []string) {
	t.Helper()
	var text bytes.Buffer
	if err := l.WriteXES(&text); err != nil {
		t.Fatal(err)
	}
	type attribute struct {
		Key   string `xml:"key,attr"`
		Value string `xml:"value,attr"`
	}
	var doc struct {
		Traces []struct {
			Strings []attribute `xml:"string"`
			Events  []struct {
				Strings []attribute `xml:"string"`
				Dates   []attribute `xml:"date"`
			} `xml:"event"`
		} `xml:"trace"`
	}
	if err := xml.Unmarshal(text.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for _, trace := range doc.Traces {
		for _, e := range trace.Events {
			at := strings.TrimSuffix(strings.Replace(e.Dates[0].Value, "T", " ", 1), "Z")
			lines = append(lines, strings.Join([]string{trace.Strings[0].Value, e.Strings[0].Value, at, e.Strings[1].Value}, ","))
		}
	}
	return lines
}

func TestStopsAtAnError(t *testing.T) {
	l := log(t, Options{Events: 100_000})
	stop := fmt.Errorf("enough")
	calls := 0
	if err := l.Read(func(*eventlog.Batch) error { calls++; return stop }); err != stop || calls != 1 {
		t.Errorf("got %v after %d batches, want %v after 1", err, calls, stop)
	}
	for _, bad := range []Options{{Events: -1}, {Events: maxEvents + 1}, {Activities: 29}, {Activities: 301}, {Long: 1.1}, {Long: math.NaN()}, {Order: 3}} {
		if _, err := New(bad); err == nil {
			t.Errorf("%+v is no error", bad)
		}
	}
}
