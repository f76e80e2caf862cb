package extract_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"millrace/eventlog"
	"millrace/ingest/extract"
	"millrace/ingest/sourcetest"
)

// A meter is time of the processor in seconds: of this process, and of the
// server with its children, dead or alive.
type meter struct{ ours, server float64 }

func (p *postgres) meter(b *testing.B) (m meter) {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	m.ours = float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
	var dir string
	if err := p.admin.QueryRow("SHOW data_directory").Scan(&dir); err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		b.Fatal(err)
	}
	master, _, _ := strings.Cut(string(text), "\n")
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(files) == 0 {
		b.Skip("no /proc to see what the server takes")
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it is gone
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		f := strings.Fields(rest) // from state on: proc_pid_stat(5)
		if filepath.Base(filepath.Dir(name)) != master && f[1] != master {
			continue
		}
		for _, ticks := range f[11:15] { // utime, stime, cutime, cstime
			n, err := strconv.ParseFloat(ticks, 64)
			if err != nil {
				b.Fatal(err)
			}
			m.server += n / 100
		}
	}
	return m
}

// BenchmarkSweep reads a table of a million rows on a real PostgreSQL as a
// whole, then what has changed of it: 100 rows changed, 5 deleted, 5 late. What
// counts is the ratio of both in one run, in seconds of the processor: of ours,
// and of the server's.
func BenchmarkSweep(b *testing.B) {
	const rows = 1_000_000
	p := newPostgres(b)
	for range b.N {
		p.Clear(b)
		p.exec(b, `INSERT INTO thing SELECT i, 'name ' || i, i % 1000, true, '2026-01-01', timestamp '2026-01-01' + i * interval '1 second' FROM generate_series(1, 1000000) AS i`)
		p.exec(b, "VACUUM ANALYZE thing")
		path := filepath.Join(b.TempDir(), "a.duckdb")
		load := func(what string) meter {
			src := p.Open(b)
			defer src.Close()
			sys := sourcetest.System()
			sys.Tables, sys.Origin = sys.Tables[:1], src.Origin()
			sys.Mapping = `CREATE VIEW object_Thing AS SELECT id, name FROM thing WHERE id <= 0` // what a mapping takes is measured elsewhere
			o := extract.Options{Store: path}
			if what != "full" {
				s, err := eventlog.Open(b.Context(), path, eventlog.OpenOptions{ReadOnly: true})
				if err != nil {
					b.Fatal(err)
				}
				if o.Last, err = s.Watermark(b.Context(), sys.Name); err != nil {
					b.Fatal(err)
				}
				s.Close()
			}
			all := p.meter(b)
			step := all
			told := func(name string) {
				now := p.meter(b)
				b.Logf("%s: %s: ours %.2f s, the server's %.2f s", what, name, now.ours-step.ours, now.server-step.server)
				step = now
			}
			e, err := extract.Extract(b.Context(), src, sys, o)
			if err != nil {
				b.Fatal(err)
			}
			told("extract")
			staged, err := eventlog.StageTables(b.Context(), path, *sys, e.Rows, eventlog.ExtractOptions{Watermark: e.Watermark, Content: e.Content})
			if err != nil {
				b.Fatal(err)
			}
			told("stage")
			s, err := eventlog.Open(b.Context(), path, eventlog.OpenOptions{})
			if err != nil {
				b.Fatal(err)
			}
			r, err := s.MergeTables(b.Context(), staged)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			told("merge")
			if x := tableReceipt(r, "thing"); what == "full" && x.New != rows || what != "full" && (x.New != 5 || x.Changed != 100 || x.Gone != 5) {
				b.Fatalf("%s: %+v", what, x)
			}
			b.Logf("%s: %s; keys %d", what, reconciled(e, "thing"), e.Reconciliation[0].Keys)
			if err := staged.Discard(); err != nil {
				b.Fatal(err)
			}
			if err := e.Done(); err != nil {
				b.Fatal(err)
			}
			return meter{step.ours - all.ours, step.server - all.server}
		}
		full := load("full")
		p.exec(b, `UPDATE thing SET name = 'changed', changed = timestamp '2026-02-01' WHERE id % 10000 = 77`)
		p.exec(b, `DELETE FROM thing WHERE id % 200000 = 99`)
		p.exec(b, `INSERT INTO thing SELECT 1000000 + i, 'late', 1, true, '2026-01-01', timestamp '2026-01-01' FROM generate_series(1, 5) AS i`)
		part := load("increment")
		b.ReportMetric(full.ours/part.ours, "full/increment")
		b.ReportMetric(full.server/part.server, "full/increment-server")
		b.ReportMetric(part.ours, "processor-s")
		b.ReportMetric(part.server, "server-s")
	}
}
