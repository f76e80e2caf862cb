package xes

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"millrace/eventlog"
)

// checks makes rapid do with fewer checks than it does by default: each costs a
// load.
func checks(t *testing.T, n int) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set(strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
	}
}

// A shelf is a store that logs are put through.
type shelf struct {
	t    testing.TB
	s    *eventlog.Store
	logs int
}

func newShelf(t testing.TB) *shelf {
	t.Helper()
	s, err := eventlog.Open(t.Context(), filepath.Join(t.TempDir(), "log.duckdb"), eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &shelf{t: t, s: s}
}

// name is that of a log that is not there yet.
func (h *shelf) name() string {
	h.logs++
	return fmt.Sprint("log ", h.logs)
}

// load adds a file, or a part of one, to a log.
func (h *shelf) load(log, kind string, meta eventlog.Meta, batches []*eventlog.Batch) eventlog.LoadReceipt {
	h.t.Helper()
	ctx := h.t.Context()
	staged, err := eventlog.Stage(ctx, h.s.Path(), eventlog.ImportOptions{Log: log, Kind: kind},
		func(_ context.Context, emit func(*eventlog.Batch) error) error {
			for _, b := range batches {
				if err := emit(b); err != nil {
					return err
				}
			}
			return nil
		}, func() (eventlog.ImportEnd, error) { return eventlog.ImportEnd{Meta: meta}, nil })
	if err != nil {
		h.t.Fatal(err)
	}
	defer staged.Discard()
	r, err := h.s.Merge(ctx, staged)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// written is a log as the store gives it back, in XES.
func (h *shelf) written(log string) string {
	h.t.Helper()
	ctx := h.t.Context()
	meta, err := h.s.LogMeta(ctx, log)
	if err != nil {
		h.t.Fatal(err)
	}
	var out strings.Builder
	_, err = Write(ctx, &out, meta, func(emit func(*eventlog.Batch) error) error {
		known, err := h.s.Cases(ctx, log, eventlog.LogOptions{}, emit)
		if diff := cmp.Diff(known, meta); err == nil && diff != "" {
			h.t.Errorf("the store says two things of the log: %s", diff)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out.String()
}

// XES → reader → store → writer keeps every trace and event, in order, every
// attribute with its type and parts, and the header.
func TestAStoreKeepsAll(t *testing.T) {
	checks(t, 40)
	h := newShelf(t)
	rapid.Check(t, func(rt *rapid.T) {
		text := (&pen{t: rt}).log()
		meta, batches, rejects := read(t, file(t, text))
		if rejects > 0 {
			rt.Skip("the generator drew a time that cannot be read")
		}
		log := h.name()
		h.load(log, "xes", meta, batches)
		out := h.written(log)
		if diff := cmp.Diff(said(t, text), said(t, out)); diff != "" {
			rt.Fatalf("after the store it says otherwise (-want +got):\n%s\n%s\n%s", diff, text, out)
		}
	})
}

// traces is what is said of traces and events.
func traces(said []string) []string {
	i := slices.IndexFunc(said, func(line string) bool { return strings.HasPrefix(line, "trace") })
	if i < 0 {
		return nil
	}
	return said[i:]
}

// Several files make one log: its traces are theirs, one file after the other,
// whatever types their attributes have there. A file that comes again adds
// nothing.
func TestAStoreKeepsTheTracesOfSeveralFiles(t *testing.T) {
	checks(t, 30)
	h := newShelf(t)
	rapid.Check(t, func(rt *rapid.T) {
		log := h.name()
		var want, texts []string
		for i := range rapid.IntRange(2, 3).Draw(rt, "files") {
			text := (&pen{t: rt, file: fmt.Sprint("file ", i, " ")}).log()
			meta, batches, rejects := read(t, file(t, text))
			if rejects > 0 {
				rt.Skip("the generator drew a time that cannot be read")
			}
			h.load(log, "xes", meta, batches)
			if r := h.load(log, "xes", meta, batches); r.Events.New+r.Objects.New > 0 {
				rt.Fatalf("again, the file brought %d events of %d cases", r.Events.New, r.Objects.New)
			}
			want, texts = append(want, traces(said(t, text))...), append(texts, text)
		}
		out := h.written(log)
		if diff := cmp.Diff(want, traces(said(t, out))); diff != "" {
			rt.Fatalf("after the store it says otherwise (-want +got):\n%s\n%s\n%s", diff, strings.Join(texts, "\n"), out)
		}
	})
}

// What was a table before, or is one later, keeps its types beside XES.
func TestAStoreKeepsTypesBesideTables(t *testing.T) {
	table := func(id string) []*eventlog.Batch {
		return []*eventlog.Batch{{
			Case: []string{id}, Activity: []string{"pay"}, Time: []int64{2e6}, Start: []int64{1e6}, Resource: []string{"ann"},
			Attributes: []eventlog.Column{{Name: "x", Type: eventlog.Int, Int: []int64{5}}, {Name: "y", Type: eventlog.Nested, Text: []string{`["a"]`}}},
		}}
	}
	const text = `<log><trace><string key="concept:name" value="XES"/><event><string key="concept:name" value="pick"/><id key="x" value="five"/>` +
		`<float key="y" value="1.5"/></event></trace></log>`
	meta, batches, _ := read(t, file(t, text))
	tabled := []string{
		`trace string "concept:name"="TABLE"`,
		`  event date "start_timestamp"="1970-01-01T00:00:01Z" date "time:timestamp"="1970-01-01T00:00:02Z" int "x"="5" string "concept:name"="pay" string "org:resource"="ann" string "y"="[\"a\"]"`,
	}
	h := newShelf(t)
	for _, xesFirst := range []bool{true, false} {
		log := h.name()
		want := slices.Concat(tabled, traces(said(t, text)))
		if xesFirst {
			h.load(log, "xes", meta, batches)
			want = slices.Concat(traces(said(t, text)), tabled)
		}
		h.load(log, "csv", eventlog.Meta{}, table("TABLE"))
		if !xesFirst {
			h.load(log, "xes", meta, batches)
		}
		if diff := cmp.Diff(want, traces(said(t, h.written(log)))); diff != "" {
			t.Errorf("XES first %v (-want +got):\n%s", xesFirst, diff)
		}
	}
}

// Every public log of XES comes out of a store as it went in.
func TestAStoreKeepsPublicLogs(t *testing.T) {
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "data", "logs", "*.xes*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Skipf("no public logs in %s; set MILLRACE_SHARED to the folder that has data/logs", dir)
	}
	h := newShelf(t)
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if testing.Short() && info.Size() > 100_000 {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			meta, batches, rejects := read(t, path)
			want := said(t, unpack(t, path))
			if rejects > 0 {
				// its one event has no activity, so there is nothing to keep
				if filepath.Base(path) != "xes_20.xes" || rejects != 1 {
					t.Errorf("%d events are rejected", rejects)
				}
				return
			}
			log := h.name()
			h.load(log, "xes", meta, batches)
			got := said(t, h.written(log))
			if len(want) != len(got) {
				t.Fatalf("%d lines, want %d", len(got), len(want))
			}
			for i := range want {
				if want[i] != got[i] {
					t.Fatalf("line %d is\n%s\nwant\n%s", i, got[i], want[i])
				}
			}
		})
	}
}
