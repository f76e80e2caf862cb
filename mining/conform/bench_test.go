package conform

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/mining/discover"
	"millrace/mining/petri"
)

// large makes a log like that of BPI Challenge 2012 (24 activities, some
// 260,000 events; 4,366 variants if that many are asked for), of a process with
// three threads, rework and noise, and the net of IMf, to which many cases do
// not fit.
func large(t testing.TB, variants int) (*eventlog.Summary, *petri.Net) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	seen := map[string]bool{}
	for len(seen) < variants {
		path := []string{"a00", "a01"}
		var threads [3][]string
		for k := range threads {
			for range 1 + r.IntN(6) {
				step := 2 + 7*k + r.IntN(3)
				threads[k] = append(threads[k], fmt.Sprintf("a%02d", step), fmt.Sprintf("a%02d", step+2+r.IntN(2)))
			}
		}
		for len(threads[0])+len(threads[1])+len(threads[2]) > 0 {
			k := r.IntN(3)
			if len(threads[k]) > 0 {
				path, threads[k] = append(path, threads[k][0]), threads[k][1:]
			}
		}
		path = append(path, "a23")
		for range r.IntN(3) { // noise
			i, j := r.IntN(len(path)), r.IntN(len(path))
			path[i], path[j] = path[j], path[i]
		}
		line := strings.Join(path, " ")
		if seen[line] {
			continue
		}
		seen[line] = true
		cases := 1
		if len(seen) <= variants/50 {
			cases = 100
		}
		fmt.Fprintf(&text, "%d: %s\n", cases, line)
	}
	s, err := eventlog.ParseSummary(text.String())
	if err != nil {
		t.Fatal(err)
	}
	m, err := discover.Inductive(t.Context(), s, discover.InductiveOptions{Variant: discover.IMf, Noise: .2})
	if err != nil {
		t.Fatal(err)
	}
	return s, m.Net()
}

func BenchmarkAlign(b *testing.B) {
	for _, variants := range []int{846, 4366} {
		s, n := large(b, variants)
		b.Run(fmt.Sprint(variants), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				a, err := Align(context.Background(), s, n, Options{})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(a.Fitness().AverageTrace, "fitness")
				b.ReportMetric(float64(s.Events), "events")
			}
		})
	}
}

func BenchmarkAlignPrefixes(b *testing.B) {
	s, n := large(b, 4366)
	half := beginnings(s)
	b.ReportAllocs()
	for b.Loop() {
		a, err := Align(context.Background(), half, n, Options{Prefix: true})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(a.Fitness().AverageTrace, "fitness")
	}
}

func BenchmarkPrecision(b *testing.B) {
	s, n := large(b, 4366)
	b.ReportAllocs()
	for b.Loop() {
		p, err := FindPrecision(context.Background(), s, n)
		if err != nil || !p.Known {
			b.Fatal(p, err)
		}
		b.ReportMetric(p.Value, "precision")
	}
}

func BenchmarkReplay(b *testing.B) {
	s, n := large(b, 4366)
	b.ReportAllocs()
	for b.Loop() {
		r, err := ReplayTokens(context.Background(), s, n, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(r.Fitness().AverageTrace, "fitness")
	}
}
