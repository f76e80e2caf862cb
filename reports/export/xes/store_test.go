package xes

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"millrace/eventlog"
)

// A casesReader is a store that gives its logs back.
type casesReader interface {
	Cases(ctx context.Context, log string, o eventlog.LogOptions, emit func(*eventlog.Batch) error) (eventlog.Meta, error)
}

// stored puts a log through a store.
func stored(t testing.TB, meta eventlog.Meta, batches []*eventlog.Batch) (eventlog.Meta, []*eventlog.Batch) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log.duckdb")
	ctx := context.Background()
	_, err := eventlog.Import(ctx, path, eventlog.OpenOptions{}, eventlog.ImportOptions{Log: "log", Kind: "xes"},
		func(_ context.Context, emit func(*eventlog.Batch) error) error {
			for _, b := range batches {
				if err := emit(b); err != nil {
					return err
				}
			}
			return nil
		}, func() (eventlog.ImportEnd, error) { return eventlog.ImportEnd{Meta: meta}, nil })
	if err != nil {
		t.Fatal(err)
	}
	s, err := eventlog.Open(ctx, path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, ok := any(s).(casesReader)
	if !ok {
		t.Skip("this store does not give the cases of a log back")
	}
	var out []*eventlog.Batch
	meta, err = r.Cases(ctx, "log", eventlog.LogOptions{}, func(b *eventlog.Batch) error {
		out = append(out, clone(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	known, err := s.LogMeta(ctx, "log")
	if diff := cmp.Diff(known, meta); err != nil || diff != "" {
		t.Fatalf("the store says two things of the log: %v\n%s", err, diff)
	}
	return meta, out
}

// byTrace sorts what is said of traces: a store puts those without events last,
// and the events of a trace in order of their times.
func byTrace(said []string) []string {
	var head, traces []string
	for _, line := range said {
		switch {
		case strings.HasPrefix(line, "trace"):
			traces = append(traces, line)
		case strings.HasPrefix(line, "  event"):
			traces[len(traces)-1] += "\n" + line
		default:
			head = append(head, line)
		}
	}
	for i, t := range traces {
		lines := strings.Split(t, "\n")
		slices.Sort(lines[1:])
		traces[i] = strings.Join(lines, "\n")
	}
	slices.Sort(traces)
	return append(head, traces...)
}

// XES → reader → store → writer keeps every event and attribute, their types
// and parts, and the header.
func TestAStoreKeepsAll(t *testing.T) {
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > 25 {
			return // each makes a store
		}
		text := (&pen{t: rt}).log()
		meta, batches, rejects := read(t, file(t, text))
		if rejects > 0 {
			rt.Skip("the generator drew a time that cannot be read")
		}
		meta, batches = stored(t, meta, batches)
		out, _ := write(t, meta, batches)
		if diff := cmp.Diff(byTrace(said(t, text)), byTrace(said(t, out))); diff != "" {
			rt.Fatalf("after the store it says otherwise (-want +got):\n%s\n%s\n%s", diff, text, out)
		}
	})
}
