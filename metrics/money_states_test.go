package metrics_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/metrics"
)

// testBalances: receivables, unapplied cash and sales at every month's end, in
// both currencies, are those of the company's books, and the roll-forward goes
// from one to the next.
func testBalances(t *testing.T, balances []row, store *eventlog.Store) {
	chosen := []*metrics.KPI{}
	for _, k := range metrics.Catalogue() {
		if slices.Contains([]string{"ar.net", "cash.unapplied.amount", "ar.rollforward", "ar.balance", "ar.aging"}, k.Name) {
			chosen = append(chosen, k)
		}
	}
	last := balances[len(balances)-1]["day"]
	values, err := metrics.Evaluate(t.Context(), store.Query, chosen, metrics.Options{Grain: metrics.ByMonth, AsOf: metrics.Day(last)})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, v := range values {
		key := v.KPI.Name + " " + v.Period + " " + v.Currency
		for _, l := range v.By {
			if l.Dimension == "movement" {
				key += " " + l.Value
				if l.Value != "closing" {
					got["moved "+v.Period+" "+v.Currency] += v.V
				}
			}
		}
		got[key] += v.V
	}
	before := map[string]float64{}
	for _, r := range balances {
		key := r["day"][:7] + " " + r["currency"]
		receivable := float64(r.cents("receivable")) / 100
		for _, x := range []struct {
			name      string
			want, got float64
		}{
			{"receivable", receivable, got["ar.net "+key]},
			{"unapplied cash", float64(r.cents("unapplied_cash")) / 100, got["cash.unapplied.amount "+key]},
			{"opening", before[r["currency"]], got["ar.rollforward "+key+" 1 opening"]},
			{"sales", float64(r.cents("sales_gross")) / 100, got["ar.rollforward "+key+" 2 sales"] + got["ar.rollforward "+key+" 3 cancellations"]},
			{"closing", receivable, got["ar.rollforward "+key+" closing"]},
			{"opening and what moved", receivable, got["moved "+key]},
			{"set-offs", 0, got["ar.rollforward "+key+" 8 set off"]},
			{"residuals", 0, got["ar.rollforward "+key+" 8 residuals"]},
			{"ages", got["ar.balance "+key], got["ar.aging "+key]},
		} {
			if math.Abs(x.want-x.got) > 0.005 {
				t.Errorf("%s %s: %.2f, want %.2f", key, x.name, x.got, x.want)
			}
		}
		before[r["currency"]] = receivable
	}
}

// testStates: the state of the ledger's views at the end of the data is the
// views, and on earlier days what their rows say, looked at one by one.
func testStates(t *testing.T, store *eventlog.Store) {
	ctx := t.Context()
	types := map[string]map[string]string{}
	read(t, store.Query, "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'o2c'", func(c []string) {
		if types[c[0]] == nil {
			types[c[0]] = map[string]string{}
		}
		types[c[0]][c[1]] = c[2]
	})
	state := func(view, day string) string {
		at := metrics.Day(day).Add(1).In(time.UTC)
		text, ok := o2c.StateOf(view, types[view], day, at)
		if !ok {
			t.Fatalf("%s has no state", view)
		}
		return text
	}
	for _, view := range []string{"receivable_entries", "applications", "receipts", "disputes", "invoices"} {
		for _, way := range []string{"FROM (%[1]s) EXCEPT ALL FROM o2c.%[2]s", "FROM o2c.%[2]s EXCEPT ALL FROM (%[1]s)"} {
			n := 0
			read(t, store.Query, fmt.Sprintf("SELECT count(*) FROM ("+way+")", state(view, "2030-01-01"), view), func(c []string) { fmt.Sscan(c[0], &n) })
			if n != 0 {
				t.Errorf("%s: %d rows differ at the end of the data", view, n)
			}
		}
	}
	type application struct{ object, entry, receipt, on, reversed, by, amount string }
	var applications []application
	read(t, store.Query, "SELECT application_object, entry_object, coalesce(receipt_id, ''), applied_on, coalesce(CAST(reversed_on AS VARCHAR), '9999'), actor_kind, amount FROM o2c.applications", func(c []string) {
		applications = append(applications, application{c[0], c[1], c[2], c[3], c[4], c[5], c[6]})
	})
	for _, day := range []string{"2024-07-31", "2024-10-17", "2025-03-31", "2025-11-03"} {
		n := 0
		read(t, store.Query, "SELECT entry_object, amount, posting_date, settled_amount, open_amount, is_cleared, coalesce(CAST(cleared_on AS VARCHAR), '') FROM ("+state("receivable_entries", day)+")", func(c []string) {
			n++
			var settled int64
			on := ""
			for _, a := range applications {
				if a.entry == c[0] && a.on <= day && a.reversed > day {
					settled += row{"x": a.amount}.cents("x")
					on = max(on, a.on)
				}
			}
			amount := row{"x": c[1]}.cents("x")
			if settled != amount {
				on = ""
			}
			if got := (row{"x": c[3], "y": c[4]}); c[2] > day || got.cents("x") != settled || got.cents("y") != amount-settled || (c[5] == "true") != (settled == amount) || c[6] != on {
				t.Errorf("%s: entry %v; settled are %d by %s", day, c, settled, on)
			}
		})
		receipts := 0
		read(t, store.Query, "SELECT receipt_id, amount, received_at, applied_amount, unapplied_amount, human_applications, reversed_applications, applications FROM ("+state("receipts", day)+")", func(c []string) {
			receipts++
			var applied, human, reversed, all int64
			seen := map[string]bool{}
			for _, a := range applications {
				if a.receipt != c[0] || a.on > day || seen[a.object] {
					continue
				}
				seen[a.object] = true
				all++
				human += one(a.by == "human")
				reversed += one(a.reversed <= day)
				if a.reversed > day {
					applied += row{"x": a.amount}.cents("x")
				}
			}
			want := []string{fmt.Sprint(applied), fmt.Sprint(row{"x": c[1]}.cents("x") - applied), fmt.Sprint(human), fmt.Sprint(reversed), fmt.Sprint(all)}
			got := []string{fmt.Sprint(row{"x": c[3]}.cents("x")), fmt.Sprint(row{"x": c[4]}.cents("x")), c[5], c[6], c[7]}
			if c[2][:10] > day || !slices.Equal(got, want) {
				t.Errorf("%s: receipt %v; want %v", day, c, want)
			}
		})
		if n == 0 || receipts == 0 && day > "2024-08" {
			t.Errorf("%s: %d entries and %d receipts were compared", day, n, receipts)
		}
	}
	_ = ctx
}

// read calls fn with the cells of every row, as text.
func read(t testing.TB, q metrics.Querier, text string, fn func(cells []string)) {
	t.Helper()
	rows, err := q(context.Background(), "SELECT CAST(columns(*) AS VARCHAR) FROM ("+strings.TrimSpace(text)+")")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		cells := make([]string, len(names))
		into := make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		fn(cells)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
