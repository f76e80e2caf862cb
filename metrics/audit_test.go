package metrics_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"millrace/metrics"
)

// balance is what customers owe.
const balance = `
- name: balance
  title: Receivables
  family: cash
  unit: money
  kind: stock
  of: entries
  one: entry
  view: receivable_entries
  value: open_amount
  currency: currency
  leave_out: [{reason: settled, when: open_amount = 0}]
  doc: What customers owe.
- {name: invoices, title: Invoices, family: billing, unit: count, kind: count, of: invoices, one: invoice, view: invoices, attributed_to: posted_at, doc: Invoices posted.}`

func parse(t *testing.T, text string) []*metrics.KPI {
	t.Helper()
	list, err := metrics.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// opened is a file of items in memory.
func opened(text string) func(string) (io.ReadCloser, error) {
	return func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

const entries = `entry_id | posting_date | amount | open_amount | currency
e1 | 2025-01-10 | 100 | 100 | EUR
e2 | 2025-01-20 | 50.25 | 50.25 | EUR
e3 | 2025-01-20 | 70 | 70 | SEK
e4 | 2025-01-21 | 20 | 0 | EUR`

func TestControls(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	kpis := parse(t, balance)
	x := func(v float64) *float64 { return &v }
	eur := map[string]string{"currency": "EUR"}
	given := map[string]string{"receivable_entries": entries, "invoices": "invoice_id | created_at | posted_at\ni1 | 2025-01-03 | 2025-01-03\ni2 | 2025-02-03 | 2025-02-03"}
	for _, c := range []struct {
		control    metrics.Control
		items      string
		reconciled string
		difference float64
		unmatched  string
		note       string
	}{
		{control: metrics.Control{Name: "same", KPI: "balance", By: eur, Value: x(150.25)}, reconciled: "yes"},
		{control: metrics.Control{Name: "near", KPI: "balance", By: eur, Value: x(150.26), Tolerance: 0.01}, reconciled: "yes", difference: -0.01},
		{control: metrics.Control{Name: "not so near", KPI: "balance", By: eur, Value: x(150.27), Tolerance: 0.01}, reconciled: "no", difference: -0.02},
		{control: metrics.Control{Name: "items", KPI: "balance", By: eur, Value: x(145), Items: "f"}, items: "key,amount\ne1,100\ne2,40\ne9,5\n", reconciled: "no", difference: 5.25,
			unmatched: "ours 2, theirs 3, matched 1; [] [{e9 5}] [{e2 50.25 40 10.25}]"},
		{control: metrics.Control{Name: "offset", KPI: "balance", By: eur, Value: x(150.25), Items: "f"}, items: "\ufeffamount;key\n100;e1\n50.25;e7\n", reconciled: "yes",
			unmatched: "ours 2, theirs 2, matched 1; [{e2 50.25}] [{e7 50.25}] []", note: "items-offset"},
		{control: metrics.Control{Name: "items of another sum", KPI: "balance", By: eur, Value: x(150.25), Items: "f"}, items: "key,amount\ne1,1\n", reconciled: "yes",
			unmatched: "ours 2, theirs 1, matched 0; [{e2 50.25}] [] [{e1 100 1 99}]", note: "items-sum"},
		{control: metrics.Control{Name: "which currency", KPI: "balance", Value: x(1)}, reconciled: "?", note: "several"},
		{control: metrics.Control{Name: "none of it", KPI: "balance", By: map[string]string{"currency": "USD"}, Value: x(0)}, reconciled: "yes"},
		{control: metrics.Control{Name: "documents", KPI: "invoices", From: "2025-01-01", To: "2025-01-31", Value: x(1), Items: "f"}, items: "key\ni1\n", reconciled: "yes",
			unmatched: "ours 1, theirs 1, matched 1; [] [] []"},
	} {
		err := b.With(t.Context(), given, func(ctx context.Context, q metrics.Querier) error {
			list, err := metrics.Reconcile(ctx, q, kpis, []metrics.Control{c.control}, metrics.Options{}, opened(c.items))
			if err != nil {
				return err
			}
			r := list[0]
			state := "?"
			if r.Reconciled != nil {
				state = map[bool]string{true: "yes", false: "no"}[*r.Reconciled]
			}
			if state != c.reconciled || state != "?" && math.Abs(r.Difference-c.difference) > 1e-9 {
				t.Errorf("%s: reconciled %s by %g, want %s by %g; %v", c.control.Name, state, r.Difference, c.reconciled, c.difference, r.Notes)
			}
			unmatched := ""
			if i := r.Items; i != nil {
				unmatched = fmt.Sprintf("ours %d, theirs %d, matched %d; %v %v %v", i.Ours, i.Theirs, i.Matched, i.OnlyOurs, i.OnlyTheirs, i.Differing)
			}
			if unmatched != c.unmatched {
				t.Errorf("%s: %s, want %s", c.control.Name, unmatched, c.unmatched)
			}
			if (c.note == "") != (len(r.Notes) == 0) || c.note != "" && r.Notes[0].Code != c.note {
				t.Errorf("%s: notes %v, want %q", c.control.Name, r.Notes, c.note)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", c.control.Name, err)
		}
	}
	// A value says what the controls about it say, and no other does.
	err = b.With(t.Context(), given, func(ctx context.Context, q metrics.Querier) error {
		list, err := metrics.Reconcile(ctx, q, kpis, []metrics.Control{{Name: "gl", KPI: "balance", By: eur, Value: x(150.25)}, {Name: "other", KPI: "balance", By: map[string]string{"currency": "SEK"}, Value: x(71)}}, metrics.Options{}, nil)
		if err != nil {
			return err
		}
		values, err := metrics.Evaluate(ctx, q, kpis, metrics.Options{})
		if err != nil {
			return err
		}
		metrics.Reconciled(values, list)
		var told []string
		for _, v := range values {
			state := "null"
			if v.Reconciled != nil {
				state = fmt.Sprint(*v.Reconciled)
			}
			told = append(told, fmt.Sprintf("%s %s %s: %s", v.KPI.Name, v.Currency, state, v.Notes[len(v.Notes)-1].Text))
		}
		want := []string{"balance EUR true: Reconciled with gl.", "balance SEK false: Not reconciled with other: differs by -1.", "invoices  null: Not reconciled: no control of the project is about it."}
		if !slices.Equal(told, want) {
			t.Errorf("values say %q, want %q", told, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for _, text := range []string{"", "number,amount\n1,2\n", "key,amount\ne1,many\n", "key,amount\ne1\n", "key,amount\ne1,NaN\n"} {
		err := b.With(t.Context(), given, func(ctx context.Context, q metrics.Querier) error {
			_, err := metrics.Reconcile(ctx, q, kpis, []metrics.Control{{Name: "gl", KPI: "balance", By: eur, Value: x(1), Items: "f"}}, metrics.Options{}, opened(text))
			return err
		})
		if err == nil || !strings.HasPrefix(err.Error(), "control gl: f: ") {
			t.Errorf("items %q: %v", text, err)
		}
	}
}

// What the unmatched items differ by is what the sums of both sides differ by.
func TestUnmatchedExplainTheDifference(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	kpis := parse(t, balance)
	rapid.Check(t, func(rt *rapid.T) {
		side := rapid.MapOfN(rapid.StringMatching(`k[0-9]`), rapid.IntRange(1, 9999), 1, 8)
		ours, theirs := side.Draw(rt, "ours"), side.Draw(rt, "theirs")
		rows, items, sum := "entry_id | posting_date | amount | open_amount | currency\n", "key,amount\n", 0.0
		for _, k := range slices.Sorted(keys(ours)) {
			rows += fmt.Sprintf("%s | 2025-01-01 | %d.%02d | %d.%02d | EUR\n", k, ours[k]/100, ours[k]%100, ours[k]/100, ours[k]%100)
		}
		for _, k := range slices.Sorted(keys(theirs)) {
			items += fmt.Sprintf("%s,%d.%02d\n", k, theirs[k]/100, theirs[k]%100)
			sum += float64(theirs[k]) / 100
		}
		err := b.With(t.Context(), map[string]string{"receivable_entries": rows}, func(ctx context.Context, q metrics.Querier) error {
			list, err := metrics.Reconcile(ctx, q, kpis, []metrics.Control{{Name: "gl", KPI: "balance", By: map[string]string{"currency": "EUR"}, Value: &sum, Items: "f"}}, metrics.Options{}, opened(items))
			if err != nil {
				return err
			}
			r, explained := list[0], 0.0
			for _, x := range r.Items.OnlyOurs {
				explained += x.Amount
			}
			for _, x := range r.Items.OnlyTheirs {
				explained -= x.Amount
			}
			for _, x := range r.Items.Differing {
				explained += x.Difference
			}
			if math.Abs(explained-r.Difference) > 1e-6 || r.Items.Matched+len(r.Items.OnlyOurs)+len(r.Items.Differing) != len(ours) {
				return fmt.Errorf("unmatched items make %g, the difference is %g: %+v", explained, r.Difference, r.Items)
			}
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
	})
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// TestSample: a sample is the same each time, a bigger one holds a smaller, of
// each fate there is something, and one of everything adds up to the figure.
func TestSample(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var rows strings.Builder
	rows.WriteString("order_id | created_at | paid_at | net_value | currency | is_return\n")
	for i := range 60 {
		paid := fmt.Sprintf("2024-02-%02d", i%28+1)
		if i%10 == 3 {
			paid = ""
		}
		fmt.Fprintf(&rows, "o%02d | 2024-01-01 | %s | %d.50 | EUR | %v\n", i, paid, i+1, i%10 == 7)
	}
	k := parse(t, `
- {name: paid, title: P, unit: money, kind: sum, of: orders, one: order, view: orders, value: net_value, currency: currency, attributed_to: paid_at, open: paid_at IS NULL,
   leave_out: [{reason: returns, when: is_return}], doc: P., needs: [orders.net_value]}`)[0]
	err = b.With(t.Context(), map[string]string{"orders": rows.String()}, func(ctx context.Context, q metrics.Querier) error {
		draw := func(n int, seed string) *metrics.Sample {
			s, err := metrics.Draw(ctx, q, k, metrics.SampleOptions{N: n, Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		all := draw(1000, "1")
		values, err := metrics.Evaluate(ctx, q, []*metrics.KPI{k}, metrics.Options{})
		if err != nil {
			return err
		}
		sum, used := 0.0, 0
		value := slices.Index(all.Columns, "value used")
		for _, r := range all.Rows {
			if r[1] == "used" {
				var x float64
				fmt.Sscan(r[value], &x)
				sum += x
				used++
			}
		}
		if math.Abs(sum-values[0].V) > 1e-9 || int64(used) != values[0].Used || len(all.Rows) != 60 {
			t.Errorf("%d rows, %d used, %g; the figure is %v", len(all.Rows), used, sum, values[0])
		}
		if want := []metrics.Stratum{{"used", 48, 48}, {"open", 6, 6}, {"returns", 6, 6}}; !slices.Equal(all.Strata, want) {
			t.Errorf("strata %v, want %v", all.Strata, want)
		}
		for _, c := range []string{"key", "fate", "orders.order_number", "orders.net_value", "orders.paid_at", "left out: returns", "open"} {
			if !slices.Contains(all.Columns, c) {
				t.Errorf("no column %q in %q", c, all.Columns)
			}
		}
		small, again, big, other := draw(9, "1"), draw(9, "1"), draw(30, "1"), draw(9, "2")
		if want := []metrics.Stratum{{"used", 48, 3}, {"open", 6, 3}, {"returns", 6, 3}}; !slices.Equal(small.Strata, want) {
			t.Errorf("strata of 9: %v, want %v", small.Strata, want)
		}
		has := func(s *metrics.Sample, row []string) bool {
			return slices.ContainsFunc(s.Rows, func(r []string) bool { return slices.Equal(r, row) })
		}
		differs := false
		for i, r := range small.Rows {
			if !slices.Equal(r, again.Rows[i]) || !has(big, r) {
				t.Errorf("%v is not drawn again", r)
			}
			differs = differs || !has(other, r)
		}
		if !differs || len(big.Rows) != 30 {
			t.Errorf("another seed draws the same, or %d are not 30", len(big.Rows))
		}
		_, err = metrics.Draw(ctx, q, withField(t, "sql", "SELECT 1.0 AS value"), metrics.SampleOptions{})
		if err == nil {
			t.Error("SQL of its own has a sample")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAccept: what is written is what is read, a changed file is seen, and the
// hash is of what makes the figure.
func TestAccept(t *testing.T) {
	var list []metrics.Acceptance
	for _, k := range metrics.Catalogue() {
		list = append(list, metrics.Accept(k, `Head of "receivables": A & B`, "2026-01-31", "as in the\nboard report"))
	}
	text, err := metrics.WriteAcceptances(list)
	if err != nil {
		t.Fatal(err)
	}
	read, err := metrics.ReadAcceptances(text)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range read {
		if a.Hash != list[i].Hash || a.By != list[i].By || a.Note != list[i].Note || a.Definition.Hash() != list[i].Hash || a.Changed(list[i].Definition) {
			t.Errorf("%s: read %+v, wrote %+v", a.Name, a, list[i])
		}
	}
	if _, err := metrics.ReadAcceptances([]byte(strings.Replace(string(text), "paid_at IS NULL", "paid_at IS NOT NULL", 1))); err == nil || !strings.Contains(err.Error(), "the hash differs") {
		t.Errorf("a changed definition: %v", err)
	}
	a, b := *list[0].Definition, *list[0].Definition
	b.Title, b.Doc, b.Owner, b.Examples = "Other", "Other.", "other", nil
	if a.Hash() != b.Hash() {
		t.Error("words change the hash")
	}
	b.Scope = "TRUE"
	if a.Hash() == b.Hash() {
		t.Error("a scope does not change the hash")
	}
	last := metrics.Accepted(list, &b)
	if err := last.Unsaid(&b); err == nil || !strings.Contains(err.Error(), "version: 2") {
		t.Errorf("a change under the same version: %v", err)
	}
	b.Version = 2
	if err := last.Unsaid(&b); err != nil || !last.Changed(&b) || metrics.Earlier(list, &b) == nil || metrics.Earlier(list, &a) != nil {
		t.Errorf("a change under another version: %v", err)
	}
}
