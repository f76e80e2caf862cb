package metrics_test

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"millrace/metrics"
)

// metricFlowName is what dbt-semantic-interfaces 0.10 takes for a name
// (TRANSFORM_OBJECT_NAME_PATTERN): no double underscore besides.
var metricFlowName = regexp.MustCompile(`^[a-z][a-z0-9_]*[a-z0-9]$`)

func semantic(t *testing.T, kpis []*metrics.KPI) (*metrics.Bench, *metrics.SemanticLayer) {
	t.Helper()
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	l, err := b.Semantic(t.Context(), kpis, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return b, l
}

// TestSemanticRules: the layer keeps the rules of MetricFlow: names, kinds, and
// that what is referred to is there, once.
func TestSemanticRules(t *testing.T) {
	same := &metrics.KPI{} // two figures may have one title
	for _, k := range metrics.Catalogue() {
		if k.Name == "ct.order_to_cash" {
			same = k
		}
	}
	same.Name = "ct.again"
	all := append(metrics.Catalogue(), same)
	_, l := semantic(t, all)
	measures, names, labels := map[string]bool{}, map[string]bool{}, map[string]bool{}
	check := func(seen map[string]bool, name, what string) {
		if seen[name] || !metricFlowName.MatchString(name) || strings.Contains(name, "__") {
			t.Errorf("%s %q: twice, or no name", what, name)
		}
		seen[name] = true
	}
	models, primaries := map[string]bool{}, map[string]bool{}
	for _, m := range l.Models {
		check(models, m.Name, "model")
		elements, times := map[string]bool{}, map[string]bool{}
		primary := 0
		for _, e := range m.Entities {
			check(elements, e.Name, "entity")
			if e.Type == "primary" {
				primary++
				if primaries[e.Name] { // a dimension is then of either: MetricFlow's validator refuses it
					t.Errorf("%s: entity %s is primary in another model, too", m.Name, e.Name)
				}
				primaries[e.Name] = true
			} else if e.Type != "foreign" {
				t.Errorf("%s: entity of type %q", m.Name, e.Type)
			}
		}
		if (primary == 1) == (m.Primary != "") || primary > 1 {
			t.Errorf("%s: %d primary entities, and %q", m.Name, primary, m.Primary)
		}
		for _, d := range m.Dimensions {
			check(elements, d.Name, "dimension")
			if (d.Type == "time") != (d.Params != nil) || d.Type != "time" && d.Type != "categorical" {
				t.Errorf("%s.%s: type %q, params %v", m.Name, d.Name, d.Type, d.Params)
			}
			times[d.Name] = d.Type == "time"
		}
		for _, x := range m.Measures {
			check(measures, x.Name, "measure")
			if !slices.Contains([]string{"sum", "count", "average", "percentile"}, x.Agg) || (x.Agg == "percentile") != (x.AggParams != nil) || !times[x.AggTimeDimension] || x.Expr == "" {
				t.Errorf("measure %+v", x)
			}
			if strings.Contains(x.Expr, "{") || strings.Contains(x.Expr, "1970") || strings.Count(x.Expr, "86400000000") > 1 || regexp.MustCompile(`\bv\.`).MatchString(x.Expr) {
				t.Errorf("measure %s: %s", x.Name, x.Expr)
			}
		}
	}
	for _, x := range l.Metrics {
		check(names, x.Name, "metric")
		if labels[x.Label] {
			t.Errorf("two metrics have the label %q", x.Label)
		}
		labels[x.Label] = true
		p := x.Params
		ok := false
		switch x.Type {
		case "simple":
			ok = measures[p.Measure] && p.Numerator == nil && p.Expr == ""
		case "ratio":
			ok = names[p.Numerator.Name] && names[p.Denominator.Name] && p.Measure == ""
		case "derived":
			ok = len(p.Metrics) == 1 && names[p.Metrics[0].Name] && strings.Contains(p.Expr, p.Metrics[0].Name)
		}
		if !ok {
			t.Errorf("metric %+v", x)
		}
	}
	mapped := len(all) - len(l.Unmapped)
	if mapped < 5 || len(l.Metrics) < mapped {
		t.Errorf("%d of %d figures are mapped, to %d metrics", mapped, len(all), len(l.Metrics))
	}
	for _, u := range l.Unmapped {
		if u.Reason == "" {
			t.Errorf("%s is not mapped, without a reason", u.Name)
		}
	}
}

// TestSemanticKeys: a primary entity is a key of its view's rows.
func TestSemanticKeys(t *testing.T) {
	_, l := semantic(t, metrics.Catalogue())
	c, keys := simulated(t), 0
	for _, m := range l.Models {
		if m.Primary != "" {
			continue
		}
		keys++
		rows, err := c.store.Query(t.Context(), fmt.Sprintf("SELECT count(*), count(DISTINCT %s) FROM o2c.%s", m.Entities[0].Expr, m.View))
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var n, distinct int64
			if err := rows.Scan(&n, &distinct); err != nil {
				t.Fatal(err)
			}
			if n != distinct || n == 0 {
				t.Errorf("%s: %d rows have %d values of %s", m.Name, n, distinct, m.Entities[0].Name)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if keys < 6 {
		t.Errorf("only %d models have a primary entity", keys)
	}
}

// TestSemanticValues: over the rows of each figure's examples, the aggregates
// of the layer give what the figure gives.
func TestSemanticValues(t *testing.T) {
	compared := map[metrics.Kind]int{}
	kpis := append(metrics.Catalogue(), parse(t, balance)...)
	kpis = append(kpis, parse(t, `
- {name: percent.of, title: P, unit: percent, kind: ratio, of: orders, one: order, view: orders, numerator: v.net_value, denominator: 200, attributed_to: created_at, doc: P.,
   examples: [{given: {orders: "order_id | created_at | net_value\no1 | 2024-01-01 | 100"}, gives: [{value: 50}]}]}
- {name: summed, title: S, unit: quantity, kind: sum, of: orders, one: order, view: orders, value: net_value, attributed_to: local(created_at), scope: "kind = 'v.x'", doc: S.,
   examples: [{given: {orders: "order_id | created_at | net_value | kind\no1 | 2024-01-01 | 100 | v.x\no2 | 2024-01-01 | 10 | x"}, gives: [{value: 100}]}]}`)...)
	b, l := semantic(t, kpis)
	measures := map[string]string{} // SQL of each measure
	for _, m := range l.Models {
		for _, x := range m.Measures {
			agg := map[string]string{"sum": "sum(%s)", "count": "count(%s)", "average": "avg(%s)"}[x.Agg]
			if x.AggParams != nil {
				agg = fmt.Sprintf("quantile_cont(%%s, %g)", x.AggParams.Percentile)
			}
			measures[x.Name] = fmt.Sprintf("(SELECT %s::DOUBLE FROM o2c.%s)", fmt.Sprintf(agg, x.Expr), m.View)
		}
	}
	metric := map[string]string{}
	for _, x := range l.Metrics {
		switch x.Type {
		case "simple":
			metric[x.Name] = measures[x.Params.Measure]
		case "ratio":
			metric[x.Name] = fmt.Sprintf("(%s / nullif(%s, 0))", metric[x.Params.Numerator.Name], metric[x.Params.Denominator.Name])
		case "derived":
			metric[x.Name] = strings.ReplaceAll(x.Params.Expr, x.Params.Metrics[0].Name, metric[x.Params.Metrics[0].Name])
		}
	}
	for _, k := range kpis {
		name := strings.ReplaceAll(k.Name, ".", "_")
		if metric[name] == "" {
			continue
		}
		for i, e := range k.Examples {
			if e.AsOf != "" && e.AsOf < "2024-01-31" || e.Timezone != "" || e.Period != "" || e.From != "" || len(e.By) > 0 || len(e.Gives) != 1 {
				continue
			}
			err := b.With(t.Context(), e.Given, func(ctx context.Context, q metrics.Querier) error {
				values, err := metrics.Evaluate(ctx, q, []*metrics.KPI{k}, metrics.Options{})
				if err != nil || len(values) != 1 {
					return err
				}
				rows, err := q(ctx, "SELECT coalesce("+metric[name]+", 'nan'::DOUBLE)")
				if err != nil {
					return err
				}
				defer rows.Close()
				var got float64
				for rows.Next() {
					if err := rows.Scan(&got); err != nil {
						return err
					}
				}
				if want := values[0].V; math.Abs(got-want) > 1e-9 && !(math.IsNaN(got) && math.IsNaN(want)) {
					t.Errorf("%s, example %d: the layer gives %g, the figure is %g", k.Name, i+1, got, want)
				}
				compared[k.Kind]++
				return rows.Err()
			})
			if err != nil {
				t.Errorf("%s: %v", k.Name, err)
			}
		}
	}
	for _, kind := range []metrics.Kind{metrics.DurationKind, metrics.RatioKind, metrics.SumKind} {
		if compared[kind] == 0 {
			t.Errorf("nothing of kind %s was compared: %v", kind, compared)
		}
	}
}
