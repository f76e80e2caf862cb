package metrics_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"millrace/metrics"
)

// TestContributionsAddUp: the parts of a change are the change, whatever the
// groups, those included that only one of the periods has; and they are nothing
// where nothing changed.
func TestContributionsAddUp(t *testing.T) {
	k := metrics.Named("seg.contribution")[0]
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (list []metrics.Value, total float64) {
			sum, n := 0.0, 0.0
			for site := range rapid.IntRange(1, 5).Draw(t, name+" sites") {
				if site > 0 && rapid.Bool().Draw(t, "missing") {
					continue
				}
				w := float64(rapid.IntRange(1, 1000).Draw(t, "objects"))
				n += w
				for step := range rapid.IntRange(1, 4).Draw(t, "steps") {
					x := rapid.Float64Range(0, 60).Draw(t, "days")
					sum += w * x
					list = append(list, metrics.Value{KPI: k, V: x, Denominator: w, Used: int64(w), By: []metrics.Label{{Dimension: "site", Value: fmt.Sprint(site)}, {Dimension: "step", Value: fmt.Sprint(step)}}})
				}
			}
			return list, sum / n
		}
		before, x := draw("before")
		now, y := draw("now")
		parts, total := metrics.Contribute(before, now, "step")
		sum := 0.0
		for _, p := range parts {
			sum += p.Delta
		}
		if math.Abs(total-(y-x)) > 1e-9 || math.Abs(sum-total) > 1e-9 {
			t.Fatalf("from %g to %g: total %g, parts %g", x, y, total, sum)
		}
		parts, total = metrics.Contribute(now, now, "step")
		for _, p := range parts {
			if p.Delta != 0 {
				t.Fatalf("nothing changed, and %v has %g", p.By, p.Delta)
			}
		}
		if total != 0 {
			t.Fatalf("nothing changed by %g", total)
		}
		if parts, total = metrics.Contribute(nil, now, "step"); len(parts) > 0 || !math.IsNaN(total) {
			t.Fatalf("without a period before: %v, %g", parts, total)
		}
	})
}

// A change that is all mix, and one that is none of it.
func TestContributionOfTheMix(t *testing.T) {
	k := metrics.Named("auto.touchless_order_rate.bill")[0]
	v := func(channel string, rate float64, n float64) metrics.Value {
		return metrics.Value{KPI: k, V: rate, Denominator: n, By: []metrics.Label{{Dimension: "channel", Value: channel}}}
	}
	parts, total := metrics.Contribute([]metrics.Value{v("edi", .8, 70), v("phone", .1, 30)}, []metrics.Value{v("edi", .8, 40), v("phone", .1, 60)}, "")
	if !parts[0].Mix || math.Abs(parts[0].Delta-total) > 1e-12 || math.Abs(total+.21) > 1e-12 {
		t.Errorf("all mix: %+v, total %g", parts, total)
	}
	parts, total = metrics.Contribute([]metrics.Value{v("edi", .8, 70), v("phone", .1, 30)}, []metrics.Value{v("edi", .5, 70), v("phone", .1, 30)}, "")
	if parts[0].By[0].Value != "edi" || math.Abs(parts[0].Delta+.21) > 1e-12 || math.Abs(total+.21) > 1e-12 {
		t.Errorf("all edi: %+v, total %g", parts, total)
	}
}

// Limits: the month that is out does not widen what it is judged by.
func TestLimits(t *testing.T) {
	even := []float64{42, 43, 42, 43, 42, 43, 42, 43}
	l, ok := metrics.Limits(even, 0, math.Inf(1))
	if !ok || math.Abs(l.Low-(42.5-3.145)) > 1e-9 || math.Abs(l.High-(42.5+3.145)) > 1e-9 || l.Outside(45) || !l.Outside(46) {
		t.Errorf("limits %+v", l)
	}
	l, _ = metrics.Limits(append(even, 52, 42), 0, math.Inf(1))
	if !l.Outside(52) || l.Outside(42) {
		t.Errorf("a month of its own is within %+v", l)
	}
	if _, ok := metrics.Limits(even[:7], 0, 1); ok {
		t.Error("seven months have limits")
	}
	if l, _ := metrics.Limits([]float64{.01, .9, .01, .9, .01, .9, .01, .9}, 0, 1); l.Low != 0 || l.High != 1 {
		t.Errorf("a share has limits %+v", l)
	}
}
