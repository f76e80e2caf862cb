package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkReport times millrace report over the simulated company in
// MILLRACE_COMPANY, of MILLRACE_ORDERS orders (default 25000): with all figures
// asked, and with those that a report before has asked. A company that is
// not there yet is made and loaded first, which is not timed and takes minutes.
func BenchmarkReport(b *testing.B) {
	orders := 25_000
	if text := os.Getenv("MILLRACE_ORDERS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n <= 0 {
			b.Fatalf("MILLRACE_ORDERS: %q is no number of orders", text)
		}
		orders = n
	}
	dir := os.Getenv("MILLRACE_COMPANY")
	if dir == "" {
		dir = b.TempDir()
	}
	project := filepath.Join(dir, "millrace.yaml")
	if _, err := os.Stat(filepath.Join(dir, "report.html")); err != nil { // the demo's last file but exports
		benchRun(b, "demo", "--orders", strconv.Itoa(orders), "--dir", dir)
	}
	out := filepath.Join(b.TempDir(), "report.html")
	for _, c := range []struct {
		name string
		args []string
	}{{"asked", []string{"--anew"}}, {"kept", nil}} {
		b.Run(c.name, func(b *testing.B) {
			args := append([]string{"report", "--project", project, "--out", out}, c.args...)
			if c.args == nil {
				benchRun(b, args...) // the first keeps what the others take
			}
			for b.Loop() {
				benchRun(b, args...)
			}
			info, err := os.Stat(out)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(info.Size()), "bytes")
		})
	}
}

func benchRun(b *testing.B, args ...string) {
	b.Helper()
	var out, errs bytes.Buffer
	if code := run(b.Context(), args, strings.NewReader(""), &out, &errs); code != done {
		b.Fatalf("millrace %v: exit %d\n%s", args, code, errs.String())
	}
}
