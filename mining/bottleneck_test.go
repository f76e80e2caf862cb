package mining

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
)

func TestBottlenecks(t *testing.T) {
	datadriven.RunTest(t, "testdata/bottlenecks", func(t *testing.T, d *datadriven.TestData) string {
		l, s, err := input(t, d)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		var v *ValueWaiting
		for _, arg := range d.CmdArgs {
			if arg.Key == "value" {
				v = fold(t, l, WaitingValue(l.Label, parseValues(t, l, arg.Vals)))
			}
		}
		b := FindBottlenecks(s, v)
		return output(t, d, b, b.Notes)
	})
}

// parseValues reads "case:amount:currency" of testdata.
func parseValues(t *testing.T, l *eventlog.Log, words []string) func(int64) (Money, bool) {
	byID := map[string]Money{}
	for _, w := range words {
		part := strings.Split(w, ":")
		if len(part) != 3 {
			t.Fatalf("%q is not CASE:AMOUNT:CURRENCY", w)
		}
		amount, err := strconv.ParseInt(part[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		byID[part[0]] = Money{part[2], amount * 10000}
	}
	return func(number int64) (Money, bool) {
		ids, err := l.CaseIDs(context.Background(), []int64{number})
		if err != nil {
			t.Error(err)
			return Money{}, false
		}
		m, ok := byID[ids[0]]
		return m, ok
	}
}

func TestBottlenecksAreTheSlowCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := build(t, stories().Draw(t, "log"))
		amounts := map[int64]Money{}
		for number := range int64(8) {
			if c := rapid.SampledFrom([]string{"EUR", "USD", "", "none"}).Draw(t, "currency"); c != "none" {
				amounts[number] = Money{c, rapid.Int64().Draw(t, "amount") / 16}
			}
		}
		b := FindBottlenecks(summarize(t, l), fold(t, l, WaitingValue(l.Label, func(n int64) (Money, bool) {
			m, ok := amounts[n]
			return m, ok
		})))

		sums := map[[3]string]*big.Rat{}
		first, last := int64(math.MaxInt64), int64(math.MinInt64)
		for c := range l.Batches() {
			starts := c.Starts()
			for i, number := range c.Case {
				for e := c.Offsets[i]; e < c.Offsets[i+1]; e++ {
					if c.Time[e] == eventlog.NoTime {
						continue
					}
					first, last = min(first, starts[e]), max(last, c.Time[e])
					if e == c.Offsets[i] || c.Time[e-1] == eventlog.NoTime || starts[e] < c.Time[e-1] || amounts[number].Currency == "" {
						continue
					}
					k := [3]string{l.Label(c.Activity[e-1]), l.Label(c.Activity[e]), amounts[number].Currency}
					if sums[k] == nil {
						sums[k] = new(big.Rat)
					}
					x := new(big.Rat).SetInt64(amounts[number].Amount)
					sums[k].Add(sums[k], x.Mul(x, new(big.Rat).SetInt64(starts[e]-c.Time[e-1])))
				}
			}
		}
		found, share := 0, 0.0
		for i, w := range b.Waits {
			share += w.Share
			if i > 0 && w.Wait.Total() > b.Waits[i-1].Wait.Total() {
				t.Fatalf("not ranked by total:\n%s", b)
			}
			for _, m := range w.Value {
				found++
				exact := sums[[3]string{w.From, w.To, m.Currency}]
				exact.Quo(exact, new(big.Rat).SetInt64(last-first))
				want, ok := new(big.Int).SetString(exact.FloatString(0), 10) // rounds halves away from zero
				if !ok || want.Cmp(big.NewInt(m.Amount)) != 0 {
					t.Fatalf("%s → %s: %d %s waiting, want %s", w.From, w.To, m.Amount, m.Currency, exact.FloatString(3))
				}
			}
		}
		if last > first && found != len(sums) {
			t.Fatalf("%d values, want %d", found, len(sums))
		}
		if b.Total > 0 && math.Abs(share-1) > 1e-9 {
			t.Fatalf("shares add up to %v", share)
		}
	})
}

// Little's law, with every case worth one: what stands at a wait is its total
// over the period.
func TestValueOfOneIsTotalOverPeriod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := build(t, stories().Draw(t, "log"))
		one := func(int64) (Money, bool) { return Money{"EUR", 10000}, true }
		b := FindBottlenecks(summarize(t, l), fold(t, l, WaitingValue(l.Label, one)))
		for _, w := range b.Waits {
			if b.Period == 0 {
				if len(w.Value) > 0 {
					t.Fatalf("a period of nothing has a value: %v", w)
				}
				continue
			}
			want := int64(math.Round(w.Wait.Total() * 10000 / float64(b.Period)))
			if len(w.Value) != 1 || w.Value[0].Amount != want {
				t.Fatalf("%s → %s: %v, want %d", w.From, w.To, w.Value, want)
			}
		}
	})
}

// However the cases are cut into batches and merged, the result is the same.
func TestValueWaitingIsAMonoid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := build(t, stories().Draw(t, "log"))
		s, f := summarize(t, l), WaitingValue(l.Label, worth(t, l))
		want := string(marshal(t, FindBottlenecks(s, fold(t, l, f))))

		accs := []*ValueWaiting{f.New()}
		for c := range l.Batches() {
			for i := range c.Case {
				if rapid.Bool().Draw(t, "another worker") {
					accs = append(accs, f.New())
				}
				one := &eventlog.Cases{Case: c.Case[i : i+1], Offsets: c.Offsets[i : i+2],
					Activity: c.Activity, Time: c.Time, Start: c.Start}
				f.Add(accs[len(accs)-1], one)
			}
		}
		accs = rapid.Permutation(accs).Draw(t, "order")
		all := f.New()
		for _, a := range accs {
			f.Merge(all, a)
		}
		if got := string(marshal(t, FindBottlenecks(s, all))); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	})
}

func TestDivideRoundsHalvesAway(t *testing.T) {
	for _, c := range []struct {
		amount   int64
		wait     uint64
		by, want int64
		ok       bool
	}{
		{5, 1, 2, 3, true},
		{-5, 1, 2, -3, true},
		{4, 1, 3, 1, true},
		{-4, 1, 3, -1, true},
		{math.MinInt64, 1, 1, math.MinInt64, true},
		{math.MinInt64, math.MaxUint64, math.MaxInt64, math.MinInt64, false},
		{math.MaxInt64, math.MaxUint64, 1, math.MaxInt64, false},
		{0, 7, 3, 0, true},
	} {
		var s sum192
		s.addProduct(c.amount, c.wait)
		if got, ok := s.divide(c.by); got != c.want || ok != c.ok {
			t.Errorf("%d × %d / %d = %d, %v; want %d, %v", c.amount, c.wait, c.by, got, ok, c.want, c.ok)
		}
	}
}

func TestMoney(t *testing.T) {
	for amount, want := range map[int64][2]string{
		0:             {"0.00 EUR", `{"currency":"EUR","amount":0}`},
		12_500_000:    {"1250.00 EUR", `{"currency":"EUR","amount":1250}`},
		-1:            {"-0.0001 EUR", `{"currency":"EUR","amount":-0.0001}`},
		12_345:        {"1.2345 EUR", `{"currency":"EUR","amount":1.2345}`},
		math.MinInt64: {"-922337203685477.5808 EUR", `{"currency":"EUR","amount":-922337203685477.5808}`},
	} {
		m := Money{"EUR", amount}
		if m.String() != want[0] || string(marshal(t, m)) != want[1] {
			t.Errorf("%d: %s, %s; want %s", amount, m, marshal(t, m), want)
		}
	}
}

func BenchmarkWaitingValue(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var in []story
	for i := range 60_000 {
		s := story{id: strconv.Itoa(i)}
		for j := range 10 {
			s.steps = append(s.steps, event{fmt.Sprint("activity ", r.IntN(20)), eventlog.NoTime, int64(j) * 1e9})
		}
		in = append(in, s)
	}
	l := build(b, in)
	f := WaitingValue(l.Label, func(n int64) (Money, bool) { return Money{"EUR", n}, true })
	for b.Loop() {
		fold(b, l, f)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/600_000, "ns/event")
}
