package csvfile

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

const benchRows = 2_000_000

// benchFile is a log of four columns: cases of ten events, twenty activities, a
// hundred resources; or eight with attributes.
func benchFile(b *testing.B, attributes bool) string {
	var text strings.Builder
	text.WriteString("case_id,activity,timestamp,resource")
	if attributes {
		text.WriteString(",amount,quantity,country,posted_at")
	}
	text.WriteByte('\n')
	for i := range benchRows {
		fmt.Fprintf(&text, "C%07d,activity number %d,2024-%02d-%02d %02d:%02d:%02d,user%d",
			i/10, i%20, i/40000%12+1, i/1440%28+1, i/60%24, i%60, i%60, i%100)
		if attributes {
			fmt.Fprintf(&text, ",%d.%02d,%d,%s,2024-01-%02d", i%1000, i%100, i%7, []string{"DE", "FR", "IT"}[i%3], i%28+1)
		}
		text.WriteByte('\n')
	}
	return write(b, text.String())
}

// cpuSeconds is what this process has used of all processors: wall clock on a
// machine that is shared tells little.
func cpuSeconds() float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return math.NaN()
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
}

func BenchmarkCSV(b *testing.B) {
	perSecond := func(b *testing.B) {
		b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "rows/s")
	}
	read := func(b *testing.B, path string, o ingest.Options) {
		before := cpuSeconds()
		defer func() { b.ReportMetric(float64(b.N)*benchRows/(cpuSeconds()-before), "rows/cpu-s") }()
		for b.Loop() {
			f, err := Format.Open(context.Background(), path, o)
			if err != nil {
				b.Fatal(err)
			}
			events := 0
			if err := f.Read(context.Background(), func(batch *eventlog.Batch) error { events += batch.Len(); return nil }); err != nil {
				b.Fatal(err)
			}
			if events != benchRows {
				b.Fatal(events)
			}
		}
		perSecond(b)
	}
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("roles,workers=%d", workers), func(b *testing.B) { read(b, benchFile(b, false), ingest.Options{Workers: workers}) })
	}
	b.Run("roles,Berlin", func(b *testing.B) { read(b, benchFile(b, false), ingest.Options{Timezone: "Europe/Berlin"}) })
	b.Run("attributes", func(b *testing.B) { read(b, benchFile(b, true), ingest.Options{Attributes: true}) })
	b.Run("table", func(b *testing.B) {
		path := benchFile(b, false)
		for b.Loop() {
			t, err := OpenTable(context.Background(), path, ingest.Options{})
			if err != nil {
				b.Fatal(err)
			}
			if err := t.Rows(context.Background(), func(int64, []string) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b)
	})
	b.Run("encoding/csv", func(b *testing.B) {
		path := benchFile(b, false)
		for b.Loop() {
			file, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			r := csv.NewReader(file)
			r.ReuseRecord = true
			for {
				if _, err := r.Read(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
			file.Close()
		}
		perSecond(b)
	})
}
