package xes

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"millrace/eventlog"
)

// BenchmarkXES writes a public log again and again.
func BenchmarkXES(b *testing.B) {
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	path := filepath.Join(dir, "data", "logs", "BPIC2013_incidents.xes.gz")
	if _, err := os.Stat(path); err != nil {
		b.Skipf("no %s", path)
	}
	meta, batches, _ := read(b, path)
	events := 0
	for _, x := range batches {
		events += x.Len()
	}
	b.ReportAllocs()
	for b.Loop() {
		_, err := Write(b.Context(), io.Discard, meta, func(emit func(*eventlog.Batch) error) error {
			for _, x := range batches {
				if err := emit(x); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
}
