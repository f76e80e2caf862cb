package metrics_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"millrace/metrics"
)

// o2cPack are the rules of conduct that come with Millrace.
func o2cPack(t *testing.T) []*metrics.Rule {
	t.Helper()
	text, err := metrics.PackText("o2c")
	if err != nil {
		t.Fatal(err)
	}
	sheet := metrics.ReadPack(text, metrics.Rules())
	if len(sheet.Problems) > 0 {
		t.Fatalf("%+v", sheet.Problems)
	}
	return sheet.Rules
}

// TestPacks reads testdata/packs: a rule, rows for the views, and what the rule
// says of them.
func TestPacks(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	broken, kept := map[string]bool{}, map[string]bool{}
	datadriven.Walk(t, "testdata/packs", func(t *testing.T, path string) {
		given := map[string]string{}
		var rules []*metrics.Rule
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "rule": // of a user
				sheet := metrics.ReadPack([]byte(d.Input), metrics.Rules())
				if rules = sheet.Rules; len(sheet.Problems) > 0 {
					p := sheet.Problems[0]
					return fmt.Sprintf("error: %d:%d: %s\n%s\n", p.Line, p.Column, p.Text, p.Excerpt)
				}
				return ""
			case "builtin":
				rules = slices.DeleteFunc(o2cPack(t), func(r *metrics.Rule) bool { return r.Name != d.CmdArgs[0].Key })
				clear(given)
				view := ""
				for line := range strings.Lines(d.Input) {
					if name, ok := strings.CutSuffix(strings.TrimSpace(line), ":"); ok {
						view = name
						continue
					}
					given[view] += line
				}
			}
			var out strings.Builder
			err := b.With(t.Context(), given, func(ctx context.Context, q metrics.Querier) error {
				list, _, err := metrics.Conducts(ctx, q, rules, -1, metrics.Options{})
				for _, v := range list {
					fmt.Fprintf(&out, "of %d: checked %d, violated %d, open %d", v.N, v.Checked, v.Violated, v.Open)
					sum := v.Checked + v.Open
					for _, x := range v.Excluded {
						fmt.Fprintf(&out, ", %s %d", x.Reason, x.N)
						sum += x.N
					}
					if sum != v.N || v.Violated > v.Checked || int64(len(v.Cases)) != v.Violated {
						t.Errorf("%s: %+v", v.Rule.Name, v)
					}
					for _, m := range v.Value {
						fmt.Fprintf(&out, "; %.2f %s", m.Amount, m.Currency)
					}
					out.WriteByte('\n')
					for _, c := range v.Cases {
						fmt.Fprintf(&out, "  %s at %s: %s\n", c.Key, c.At, c.Detail)
					}
					for _, n := range v.Notes {
						fmt.Fprintf(&out, "  %s: %s\n", n.Code, n.Text)
					}
					broken[v.Rule.Name] = broken[v.Rule.Name] || v.Violated > 0
					kept[v.Rule.Name] = kept[v.Rule.Name] || v.Checked > v.Violated
				}
				return err
			})
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			return out.String()
		})
	})
	for _, r := range o2cPack(t) {
		if !broken[r.Name] || !kept[r.Name] {
			t.Errorf("%s: no example breaks it, or none keeps it", r.Name)
		}
	}
}

// TestPackIsWhole: the rules are well formed, run on a store without rows, and
// need what there is.
func TestPackIsWhole(t *testing.T) {
	rules := o2cPack(t)
	if len(rules) != 10 {
		t.Errorf("%d rules", len(rules))
	}
	s := closedStore(t)
	list, _, err := metrics.Conducts(t.Context(), s.Query, rules, 5, metrics.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		if r := v.Rule; v.N != 0 || len(v.Notes) > 0 || r.Owner == "" || !strings.HasSuffix(r.Doc, ".") || len(r.Needs) == 0 || !strings.HasPrefix(v.SQL, "-- "+r.Name) {
			t.Errorf("%s: %+v", r.Name, v)
		}
	}
}
