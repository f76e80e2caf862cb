// Package filetest shows, for tests, how a file was understood and what was
// read from it, in a form that an analyst can check. It knows no format.
package filetest

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

// Options reads the options of a test from its arguments; _ stands for a blank.
func Options(arg func(key string) (value string, ok bool)) ingest.Options {
	var o ingest.Options
	_, o.Attributes = arg("attributes")
	for key, option := range map[string]*string{
		"case": &o.Case, "activity": &o.Activity, "time": &o.Time, "start": &o.Start, "resource": &o.Resource, "sequence": &o.Sequence,
		"lifecycle": &o.Lifecycle, "timezone": &o.Timezone, "time-layout": &o.TimeLayout, "delimiter": &o.Delimiter, "quote": &o.Quote,
		"encoding": &o.Encoding, "decimal": &o.Decimal, "sheet": &o.Sheet, "header": &o.Header, "totals": &o.Totals, "case-zeros": &o.CaseZeros,
	} {
		if value, ok := arg(key); ok {
			*option = strings.ReplaceAll(value, "_", " ")
		}
	}
	return o
}

// Log shows a file read as a log: what was detected, its events and cases, what
// was rejected, and the notes.
func Log(format ingest.Format, path string, o ingest.Options) string {
	f, err := format.Open(context.Background(), path, o)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	defer f.Close()
	var b strings.Builder
	var found []string
	for _, d := range f.Detected() {
		value := d.Value
		if d.Told {
			value += " (told)"
		}
		found = append(found, d.Option+" "+value)
	}
	fmt.Fprintf(&b, "detected: %s\n", strings.Join(found, " · "))
	err = f.Read(context.Background(), func(batch *eventlog.Batch) error {
		for i := range batch.Case {
			fmt.Fprintf(&b, "%d: %s\n", batch.Place[i], showEvent(batch, i))
		}
		for i, id := range batch.CaseIDs {
			fmt.Fprintf(&b, "case %s:%s\n", id, showAttributes(batch.CaseAttributes, i))
		}
		return nil
	})
	Rest(&b, f, err)
	return b.String()
}

func showEvent(b *eventlog.Batch, i int) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s | %s", b.Case[i], b.Activity[i])
	if b.Start != nil {
		fmt.Fprintf(&s, " | %s →", showTime(b.Start[i]))
	}
	if b.Time != nil {
		fmt.Fprintf(&s, " | %s", showTime(b.Time[i]))
	}
	if b.Day != nil && b.Day[i] {
		s.WriteString(" (day)")
	}
	for _, c := range [][]string{b.Resource, b.Lifecycle, b.Instance} {
		if c != nil {
			fmt.Fprintf(&s, " | %s", c[i])
		}
	}
	if b.Sequence != nil {
		fmt.Fprintf(&s, " | #%d", b.Sequence[i])
	}
	s.WriteString(showAttributes(b.Attributes, i))
	return s.String()
}

func showAttributes(columns []eventlog.Column, i int) string {
	var s strings.Builder
	for _, c := range columns {
		fmt.Fprintf(&s, " %s=", c.Name)
		switch {
		case c.Null != nil && c.Null[i]:
			s.WriteString("∅")
		case c.Type == eventlog.Nested:
			fmt.Fprintf(&s, "nested(%s)", c.Text[i])
		case c.Type == eventlog.Text:
			fmt.Fprintf(&s, "%q", c.Text[i])
		case c.Type == eventlog.Float:
			fmt.Fprintf(&s, "float(%v)", c.Float[i])
		case c.Type == eventlog.Time:
			s.WriteString(showTime(c.Int[i]))
		default:
			fmt.Fprintf(&s, "%s(%d)", c.Type, c.Int[i])
		}
	}
	return s.String()
}

func showTime(us int64) string {
	if us == eventlog.NoTime {
		return "no time"
	}
	return time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.999999Z")
}

// Rest shows what is known after reading.
func Rest(b *strings.Builder, f interface {
	Rejects() ([]eventlog.Reject, int64)
	Notes() []eventlog.Note
}, err error) {
	first, total := f.Rejects()
	for _, r := range first {
		column := ""
		if r.Column != "" {
			column = r.Column + ": "
		}
		fmt.Fprintf(b, "reject %s: %s%s\n", r.Place, column, r.Reason)
	}
	if int64(len(first)) != total {
		fmt.Fprintf(b, "rejects in all: %d\n", total)
	}
	for _, n := range f.Notes() {
		fmt.Fprintf(b, "note %s: %s\n", n.Code, n.Text)
	}
	if err != nil {
		fmt.Fprintf(b, "error: %s\n", err)
	}
}

// PeakHeap returns how much the heap grew at most while f ran, seen every
// millisecond.
func PeakHeap(f func()) uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, peak := m.HeapAlloc, uint64(0)
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		for {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	f()
	close(stop)
	done.Wait()
	return peak - min(peak, before)
}
