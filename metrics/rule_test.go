package metrics_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"millrace/eventlog/calendar"
	"millrace/metrics"
)

// TestRules reads testdata/rules: a rule, rows for the views, and what the rule
// says of them as of a day.
func TestRules(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	datadriven.Walk(t, "testdata/rules", func(t *testing.T, path string) {
		given := map[string]string{}
		var rules []*metrics.Rule
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "rule":
				if d.HasArg("builtin") {
					var name string
					d.ScanArgs(t, "builtin", &name)
					rules = nil
					for _, r := range metrics.Rules() {
						if r.Name == name {
							rules = append(rules, r)
						}
					}
					if len(rules) == 0 {
						t.Fatalf("no rule %s", name)
					}
					return ""
				}
				if rules, err = metrics.ParseRules([]byte(d.Input)); err != nil {
					return "error: " + err.Error() + "\n"
				}
				return ""
			case "rows":
				for k := range given {
					delete(given, k)
				}
				view := ""
				for line := range strings.Lines(d.Input) {
					if name, ok := strings.CutSuffix(strings.TrimSpace(line), ":"); ok {
						view = name
						continue
					}
					given[view] += line
				}
				return ""
			}
			o := metrics.Options{AsOf: metrics.Day(d.CmdArgs[0].Key)}
			office, err := calendar.Parse([]byte(`{weekdays: "08:00-18:00"}`), "UTC")
			if err != nil {
				t.Fatal(err)
			}
			o.Calendars.Default = office
			var out strings.Builder
			if d.Cmd == "kept" {
				o.Grain = metrics.Grain(d.CmdArgs[1].Key)
				err = b.With(t.Context(), given, func(ctx context.Context, q metrics.Querier) error {
					list, err := metrics.KeptBy(ctx, q, rules, o)
					for _, k := range list {
						fmt.Fprintf(&out, "%s: met %d, breached %d, rate %.3f, 95%% %.3f to %.3f\n", k.Period, k.Met, k.Breached, k.Rate, k.Interval.Low, k.Interval.High)
					}
					return err
				})
				if err != nil {
					return "error: " + err.Error() + "\n"
				}
				return out.String()
			}
			err = b.With(t.Context(), given, func(ctx context.Context, q metrics.Querier) error {
				list, err := metrics.Standings(ctx, q, rules, metrics.Catalogue(), -1, o)
				for _, s := range list {
					fmt.Fprintf(&out, "n %d: met %d, ok %d, at risk %d, breached %d, resolved late %d", s.N, s.Met, s.OK, s.AtRisk, s.OpenBreached, s.ResolvedLate)
					sum := s.Met + s.OK + s.AtRisk + s.OpenBreached + s.ResolvedLate
					for _, x := range s.Excluded {
						fmt.Fprintf(&out, ", %s %d", x.Reason, x.N)
						sum += x.N
					}
					if s.Figure == nil && sum != s.N {
						t.Errorf("%d objects have a state or a reason, of %d", sum, s.N)
					}
					for _, m := range s.Value {
						fmt.Fprintf(&out, ", %.2f %s at stake", m.Amount, m.Currency)
					}
					if s.Figure != nil {
						fmt.Fprintf(&out, ", figure %.4g, out of bounds %v", s.Figure.V, s.OutOfBounds)
					}
					out.WriteByte('\n')
					for _, w := range s.Worst {
						fmt.Fprintf(&out, "  %s %s (%s): %.4g h, due %s, over by %.4g h", w.Key, w.State, w.Owner, float64(w.AgeS)/3600, w.Due, float64(w.OverS)/3600)
						if w.Amount != nil {
							fmt.Fprintf(&out, ", %.2f %s", *w.Amount, w.Currency)
						}
						out.WriteByte('\n')
					}
					for _, n := range s.Notes {
						fmt.Fprintf(&out, "  %s: %s\n", n.Code, n.Text)
					}
				}
				return err
			})
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			return out.String()
		})
	})
}

// TestRulesAreWhole: the built-in rules are well formed, named once, and run.
func TestRulesAreWhole(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	seen := map[string]bool{}
	for _, r := range metrics.Rules() {
		if seen[r.Name] {
			t.Errorf("two rules are called %s", r.Name)
		}
		seen[r.Name] = true
		if r.Owner == "" || !strings.HasSuffix(r.Doc, ".") {
			t.Errorf("%s: owner %q, doc %q", r.Name, r.Owner, r.Doc)
		}
		err := b.With(t.Context(), nil, func(ctx context.Context, q metrics.Querier) error {
			list, err := metrics.Standings(ctx, q, []*metrics.Rule{r}, nil, 5, metrics.Options{})
			if err == nil && (len(list) != 1 || list[0].N != 0 || len(list[0].Notes) > 0) {
				t.Errorf("%s, of nothing: %+v", r.Name, list)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
