// Package oracletest reads, for tests, what PM4Py 2.7.23.11 found out about
// public logs; ../shared/oracle/README.md has the definitions.
package oracletest

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
)

// A Log is what the oracle found out about a log of cases.
type Log struct {
	Name     string
	Start    bool      // it has a start beside the time of each event
	Variants []Variant // in the order of the file
	Sorted   []Variant // in the order of times; nil where that is the file's
	sections map[string]json.RawMessage
}

// A Variant is a way that cases took.
type Variant struct {
	Path  []string
	Cases int64
}

func (v *Variant) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&v.Path, &v.Cases})
}

// Dir is the oracle's folder, in ../shared beside the project or where
// MILLRACE_SHARED says; without it, the test is skipped.
func Dir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared") // of a package below mining
	}
	dir = filepath.Join(dir, "oracle")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no %s; set MILLRACE_SHARED to the folder that has the oracle", dir)
	}
	return dir
}

// Open opens a gzip file of the oracle; nil if there is none.
func Open(t testing.TB, path ...string) io.Reader {
	t.Helper()
	f, err := os.Open(filepath.Join(append([]string{Dir(t)}, path...)...))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// Logs reads all logs of cases that have variants.
func Logs(t testing.TB) (all []*Log) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(Dir(t), "*.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		l := &Log{Name: strings.TrimSuffix(filepath.Base(file), ".json.gz")}
		if err := json.NewDecoder(Open(t, filepath.Base(file))).Decode(&l.sections); err != nil {
			t.Fatal(err)
		}
		var log struct {
			Start bool `json:"has_start_timestamp"`
		}
		var variants struct {
			List   []Variant
			Sorted []Variant `json:"list_time_sorted"`
		}
		l.Read("log", &log)
		if !l.Read("variants", &variants) || len(variants.List) == 0 {
			continue
		}
		l.Start, l.Variants, l.Sorted = log.Start, variants.List, variants.Sorted
		all = append(all, l)
	}
	if len(all) < 15 {
		t.Fatalf("only %d logs have variants", len(all))
	}
	return all
}

// Read reads a section. Where there is none, or it has an error in its place,
// it is false.
func (l *Log) Read(section string, into any) bool {
	raw, ok := l.sections[section]
	return ok && !strings.Contains(string(raw), `"_error"`) && json.Unmarshal(raw, into) == nil
}

// ByTime returns the cases in the order of times, that of most sections.
func (l *Log) ByTime(t testing.TB) *eventlog.Summary {
	if l.Sorted == nil {
		return l.InFile(t)
	}
	return Summary(t, l.Sorted)
}

// InFile returns the cases in the order of the file.
func (l *Log) InFile(t testing.TB) *eventlog.Summary { return Summary(t, l.Variants) }

// ByStart returns the cases in the order of starts, which is the file's where
// the log has any, else of times.
func (l *Log) ByStart(t testing.TB) *eventlog.Summary {
	if l.Start {
		return l.InFile(t)
	}
	return l.ByTime(t)
}

// Summary makes a log of variants.
func Summary(t testing.TB, variants []Variant) *eventlog.Summary {
	t.Helper()
	var names []string
	for _, v := range variants {
		names = append(names, v.Path...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var text strings.Builder
	for _, v := range variants {
		fmt.Fprintf(&text, "%d:", v.Cases)
		for _, a := range v.Path { // by number, as names have spaces
			i, _ := slices.BinarySearch(names, a)
			fmt.Fprintf(&text, " %05d", i)
		}
		text.WriteByte('\n')
	}
	s, err := eventlog.ParseSummary(text.String())
	if err != nil {
		t.Fatal(err)
	}
	s.Activities = names // in the same order
	return s
}
