package constraints

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"millrace/eventlog"
)

// many makes a log of 26 activities whose cases have some 30 events of 14, each another variant.
func many(t testing.TB, variants int) *eventlog.Summary {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	for range variants {
		text.WriteString("1:")
		some := r.Perm(26)[:14]
		for range 15 + r.IntN(30) {
			fmt.Fprintf(&text, " a%02d", some[r.IntN(len(some))])
		}
		text.WriteString("\n")
	}
	s, err := eventlog.ParseSummary(text.String())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func BenchmarkDeclare(b *testing.B) {
	s := many(b, 2000)
	b.ReportAllocs()
	for b.Loop() {
		rules, err := Declare(context.Background(), s, DeclareOptions{})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(rules)), "rules")
	}
}

func BenchmarkCheckDeclare(b *testing.B) {
	s := many(b, 2000)
	rules, err := Declare(context.Background(), s, DeclareOptions{MinSupport: -1, MinConfidence: -1})
	if err != nil {
		b.Fatal(err)
	}
	set := &Set{Kind: KindDeclare, Rules: &rules}
	b.ReportAllocs()
	for b.Loop() {
		c, err := set.Check(context.Background(), s)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(c.Rules)), "rules")
	}
}
