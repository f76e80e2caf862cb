package main

import (
	"bytes"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/mining"
	"millrace/reports"
	"millrace/reports/html"
)

// TestLargeMap: of a log of 300 activities and 5,000 edges, the page shows
// first a map that can be read, and all levels are drawn within three seconds
// of one processor.
func TestLargeMap(t *testing.T) {
	rows := &eventlog.Batch{}
	for i := range 4000 {
		at := i * 37 % 15 // cases enter, and skip, at different places
		for k := range 14 {
			rows.Case = append(rows.Case, fmt.Sprint("case ", i))
			rows.Activity = append(rows.Activity, fmt.Sprintf("Step %03d of the process", at%300))
			rows.Time = append(rows.Time, int64(i)*3600e6+int64(k)*5400e6*int64(1+at%9))
			at += 1 + i%17 + k*i%11*(i%3)
		}
	}
	e := &env{Context: t.Context(), Project: &project{}}
	b := eventlog.NewBuilder(eventlog.BuilderOptions{Name: "large"})
	defer b.Close()
	if err := b.Add(rows); err != nil {
		t.Fatal(err)
	}
	log, err := b.LogContext(e)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s, err := eventlog.Summarize(e, log, eventlog.SummaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Activities) != 300 || len(s.Arcs) < 5000 {
		t.Fatalf("the log has %d activities and %d edges, want 300 and 5,000", len(s.Activities), len(s.Arcs))
	}
	begin, used := time.Now(), processorTime(t)
	in := reports.FlowInput{Variants: mining.FindVariants(s), Waits: mining.FindBottlenecks(s, nil)}
	if err := flowFacts(e, &openedLog{Log: log}, s, &in); err != nil {
		t.Fatal(err)
	}
	page := reports.Flow(in)
	var out bytes.Buffer
	if err := html.Render(&out, page); err != nil {
		t.Fatal(err)
	}
	used = processorTime(t) - used
	t.Logf("%d bytes in %v, %v of a processor", out.Len(), time.Since(begin), used)
	if used > 3*time.Second {
		t.Errorf("the page takes %v of a processor, want 3 s", used)
	}
	for _, block := range page.Blocks {
		m, ok := block.(*reports.Map)
		if !ok {
			continue
		}
		if first := m.Levels[m.Shown].Graph; len(first.Activities) > 24 || len(first.Edges) > 44 {
			t.Errorf("the level shown first has %d activities and %d paths, want at most 24 and 44", len(first.Activities), len(first.Edges))
		}
		last := m.Levels[len(m.Levels)-1]
		if len(last.Graph.Activities) != 80 || last.LeftOut != 220 {
			t.Errorf("the most detailed level has %d activities and leaves out %d, want 80 and 220", len(last.Graph.Activities), last.LeftOut)
		}
		if !strings.HasPrefix(last.About, "220 activities") {
			t.Errorf("the most detailed level says %q, not what it leaves out", last.About)
		}
	}
}

// processorTime is what this program has used so far, in all threads: another
// program on the machine does not change it.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
