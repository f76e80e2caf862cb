package xesfile

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

// synthetic writes a log of n events in traces of ten.
func synthetic(n int) []byte {
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<log xes.version=\"1.0\" xmlns=\"http://www.xes-standard.org/\">\n")
	steps := []string{"receive order", "check credit", "confirm", "pick", "pack", "ship", "invoice", "dun", "receive payment", "close"}
	t := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		if i%10 == 0 {
			fmt.Fprintf(&b, "\t<trace>\n\t\t<string key=\"concept:name\" value=\"order %d\"/>\n\t\t<string key=\"country\" value=\"DE\"/>\n", i/10)
		}
		t = t.Add(time.Duration(i*7919%1000) * time.Second)
		fmt.Fprintf(&b, "\t\t<event>\n\t\t\t<string key=\"org:resource\" value=\"user %d\"/>\n\t\t\t<date key=\"time:timestamp\" value=\"%s\"/>\n\t\t\t<string key=\"concept:name\" value=\"%s\"/>\n\t\t\t<string key=\"lifecycle:transition\" value=\"complete\"/>\n\t\t\t<int key=\"lines\" value=\"%d\"/>\n\t\t</event>\n",
			i*31%50, t.Format("2006-01-02T15:04:05.000+01:00"), steps[i%10], i%7)
		if i%10 == 9 {
			b.WriteString("\t</trace>\n")
		}
	}
	b.WriteString("</log>\n")
	return b.Bytes()
}

// benchEvents are several pieces.
const benchEvents = 200_000

// cpuSeconds is what this process has used of all processors: wall clock on a
// machine that is shared tells little.
func cpuSeconds() float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return math.NaN()
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
}

// BenchmarkXES reads the same events with the scanner alone, with all
// of this package, and with encoding/xml's tokens alone; ×xml is how many times
// faster than the last it is.
func BenchmarkXES(b *testing.B) {
	text := synthetic(benchEvents)
	path := filepath.Join(b.TempDir(), "log.xes")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	tokens := func(b *testing.B) {
		d := xml.NewDecoder(bytes.NewReader(text))
		for {
			if _, err := d.RawToken(); err == io.EOF {
				return
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
	var per time.Duration
	run := func(name string, f func(b *testing.B)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			before := cpuSeconds()
			for b.Loop() {
				f(b)
			}
			if name == "encoding-xml" {
				per = b.Elapsed() / time.Duration(b.N)
			}
			b.ReportMetric(float64(per)/(float64(b.Elapsed())/float64(b.N)), "×xml")
			b.ReportMetric(benchEvents*float64(b.N)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(benchEvents*float64(b.N)/(cpuSeconds()-before), "events/cpu-s")
		})
	}
	run("encoding-xml", tokens)
	run("scanner", func(b *testing.B) {
		s := newScanner(bytes.NewReader(text), "", "")
		for {
			if err := s.next(); err == io.EOF {
				return
			} else if err != nil {
				b.Fatal(err)
			}
		}
	})
	read := func(o ingest.Options) func(b *testing.B) {
		return func(b *testing.B) {
			f, err := Format.Open(context.Background(), path, o)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			if err := f.Read(context.Background(), func(*eventlog.Batch) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, workers := range []int{1, 2} {
		run(fmt.Sprintf("roles,workers=%d", workers), read(ingest.Options{Workers: workers}))
	}
	run("attributes", read(ingest.Options{Attributes: true}))
}
