package ocelfile

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"millrace/eventlog"
	"millrace/ingest"
)

// generated writes a log of n events in JSON, each with two attributes and two
// objects, and half as many objects.
func generated(t testing.TB, n int) (path string, size int64) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "log.json")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	b := bufio.NewWriter(f)
	b.WriteString(`{"objectTypes":[{"name":"order","attributes":[{"name":"price","type":"float"}]}],"eventTypes":[{"name":"pick","attributes":[{"name":"clerk","type":"string"},{"name":"boxes","type":"integer"}]}],` + "\n" + `"objects":[`)
	for i := range n / 2 {
		fmt.Fprintf(b, "%s\n"+`{"id":"o%d","type":"order","attributes":[{"name":"price","time":"1970-01-01T00:00:00Z","value":"%d.5"}],"relationships":[]}`, map[bool]string{true: ","}[i > 0], i, i)
	}
	b.WriteString(`],"events":[`)
	for i := range n {
		fmt.Fprintf(b, "%s\n"+`{"id":"e%d","type":"pick","time":"2024-03-%02dT%02d:%02d:00+01:00","attributes":[{"name":"clerk","value":"clerk %d"},{"name":"boxes","value":"%d"}],"relationships":[{"objectId":"o%d","qualifier":"order"},{"objectId":"o%d","qualifier":"picked with"}]}`,
			map[bool]string{true: ","}[i > 0], i, i%28+1, i%24, i%60, i%40, i%9, i/2, i/3)
	}
	b.WriteString("]}\n")
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path, info.Size()
}

// BenchmarkJSON reads 200,000 events with two attributes and two objects each.
func BenchmarkJSON(b *testing.B) {
	const n = 200_000
	path, size := generated(b, n)
	b.SetBytes(size)
	b.ReportAllocs()
	read := func() {
		f, err := JSON.Open(b.Context(), path, ingest.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		events := 0
		if err := f.Read(b.Context(), func(x *eventlog.ObjectBatch) error { events += len(x.Events.ID); return nil }); err != nil || events != n {
			b.Fatal(events, err)
		}
	}
	for b.Loop() {
		read()
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.StopTimer()
	runtime.GC()
	b.ReportMetric(float64(peak(read))/(1<<20), "peak-MiB")
}

// BenchmarkXML and BenchmarkSQLite read 4,000 events of the sample.
func BenchmarkXML(b *testing.B) {
	w, m := sampleLog(4_000)
	benchmark(b, XML, write(b, "log.xml", encodeXML2(w, m)), len(w.Events))
}

func BenchmarkSQLite(b *testing.B) {
	w, m := sampleLog(4_000)
	benchmark(b, SQLite, encodeSQLite2(b, w, m), len(w.Events))
}

func benchmark(b *testing.B, f ingest.ObjectFormat, path string, n int) {
	for b.Loop() {
		x, err := f.Open(b.Context(), path, ingest.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := x.Read(b.Context(), func(*eventlog.ObjectBatch) error { return nil }); err != nil {
			b.Fatal(err)
		}
		x.Close()
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
