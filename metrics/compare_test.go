package metrics_test

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"testing"

	"millrace/metrics"
)

// drawnPairs has, of 200 pairs of samples, rows of two sides: of side a 120, of
// b 150. Of a, 30 % hit and of b 40 %; times are exponential with medians of 10
// and 12 minutes; num is half of den, and 0.55 of it. The numbers are drawn by
// md5, the same every time.
const drawnPairs = `CREATE SCHEMA o2c;
CREATE TABLE o2c.r AS
WITH drawn AS (
	SELECT sim, side, i, b, list_transform(range(4), k -> (('0x' || substr(md5(concat_ws('/', sim, side, i, k)), 1, 8))::BIGINT + 0.5) / 4294967296.0) AS u
	FROM range(200) s(sim), (VALUES ('a', FALSE, 120), ('b', TRUE, 150)) sides(side, b, n), range(n) r(i)
)
SELECT sim::VARCHAR AS sim, side, u[1] < CASE WHEN b THEN 0.4 ELSE 0.3 END AS hit,
       TIMESTAMPTZ '2024-01-01 00:00:00+00' AS began, TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_microseconds((-ln(u[2]) / ln(2) * CASE WHEN b THEN 12 ELSE 10 END * 60e6)::BIGINT) AS ended,
       1 + 9 * u[3] AS den, (1 + 9 * u[3]) * (CASE WHEN b THEN 0.55 ELSE 0.5 END + 0.6 * (u[4] - 0.5)) AS num
FROM drawn`

// TestCompareCovers: of 200 pairs of samples, the interval holds the true
// difference in about 95 of 100; and the other way round it has the other sign.
func TestCompareCovers(t *testing.T) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(drawnPairs); err != nil {
		t.Fatal(err)
	}
	kpis, err := metrics.Parse([]byte(`
- {name: share, title: S, unit: share, kind: rate, of: rows, one: row, view: r, hit: hit, doc: S., better: higher}
- {name: median, title: M, unit: minutes, kind: duration, of: rows, one: row, view: r, from: began, to: ended, doc: M., better: lower}
- {name: p80, title: P, unit: minutes, kind: duration, quantile: 0.8, of: rows, one: row, view: r, from: began, to: ended, doc: P., better: lower}
- {name: ratio, title: Q, unit: times, kind: ratio, of: rows, one: row, view: r, numerator: num, denominator: den, doc: Q.}`))
	if err != nil {
		t.Fatal(err)
	}
	truth := map[string]float64{"share": 0.1, "median": 2, "p80": 2 * math.Log(5) / math.Log(2), "ratio": 0.05}
	side := func(name string) []metrics.Value {
		values, err := metrics.Evaluate(t.Context(), db.QueryContext, kpis, metrics.Options{By: []string{"sim"}, Only: []metrics.Label{{Dimension: "side", Value: name}}})
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	a, b := side("a"), side("b")
	covered, n, clear := map[string]int{}, map[string]int{}, map[string]int{}
	back := metrics.CompareAll(b, a)
	for i, c := range metrics.CompareAll(a, b) {
		name := c.Now.KPI.Name
		n[name]++
		if c.Interval.Low <= truth[name] && truth[name] <= c.Interval.High {
			covered[name]++
		}
		holds0 := c.Interval.Low <= 0 && c.Interval.High >= 0
		if holds0 != (c.Verdict == metrics.Unclear) || c.Verdict == "" {
			t.Errorf("%s: %v is %q", name, c.Interval, c.Verdict)
		}
		if !holds0 {
			clear[name]++
			rose := c.Delta > 0
			want := map[string]metrics.Verdict{"share": metrics.IsBetter, "median": metrics.IsWorse, "p80": metrics.IsWorse, "ratio": metrics.IsHigher}[name]
			if !rose {
				want = map[string]metrics.Verdict{"share": metrics.IsWorse, "median": metrics.IsBetter, "p80": metrics.IsBetter, "ratio": metrics.IsLower}[name]
			}
			if c.Verdict != want {
				t.Errorf("%s: by %g is %q, want %q", name, c.Delta, c.Verdict, want)
			}
		}
		r := back[i]
		if r.Delta != -c.Delta || math.Abs(r.Interval.Low+c.Interval.High) > 1e-9 || math.Abs(r.Interval.High+c.Interval.Low) > 1e-9 {
			t.Errorf("%s: %g %v, and the other way round %g %v", name, c.Delta, c.Interval, r.Delta, r.Interval)
		}
	}
	for name := range truth {
		if share := float64(covered[name]) / float64(n[name]); n[name] != 200 || share < 0.905 || share > 0.995 {
			t.Errorf("%s: the interval holds the truth in %d of %d", name, covered[name], n[name])
		}
		t.Logf("%s: covered %d, clear %d of %d", name, covered[name], clear[name], n[name])
	}
}

// TestCompareNewcombe: his table II, method 10, with the sides the other way
// round, as ours is later less earlier.
func TestCompareNewcombe(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	k := withField(t, "hit", "is_return")
	k.MinN = 1
	rate := func(hits, n int) metrics.Value {
		rows := "order_id | created_at | is_return\n"
		for i := range n {
			rows += fmt.Sprintf("o%d | 2024-01-01 | %v\n", i, i < hits)
		}
		var v metrics.Value
		err := b.With(t.Context(), map[string]string{"orders": rows}, func(ctx context.Context, q metrics.Querier) error {
			values, err := metrics.Evaluate(ctx, q, []*metrics.KPI{k}, metrics.Options{})
			if err == nil {
				v = values[0]
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, x := range []struct {
		a, m, b, n int
		low, high  float64
	}{
		{56, 70, 48, 80, 0.0524, 0.3339}, {9, 10, 3, 10, 0.1705, 0.8090}, {6, 7, 2, 7, 0.0582, 0.8062}, {5, 56, 0, 29, -0.0381, 0.1926}, {0, 10, 0, 20, -0.1611, 0.2775}, {10, 10, 0, 10, 0.6075, 1},
	} {
		c := metrics.Compare(rate(x.b, x.n), rate(x.a, x.m))
		if math.Abs(c.Interval.Low-x.low) > 6e-5 || math.Abs(c.Interval.High-x.high) > 6e-5 {
			t.Errorf("%d/%d less %d/%d: %.4f to %.4f, want %.4f to %.4f", x.a, x.m, x.b, x.n, c.Interval.Low, c.Interval.High, x.low, x.high)
		}
	}
}
