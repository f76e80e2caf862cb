package metrics_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"millrace/metrics"
)

// lasting are columns of the views that durations are taken from, as those of histories.
var lasting = map[string]string{
	"orders":         "order_id created_at! received_at full_ship_at delivered_at paid_at cancelled_at requested_date net_value=7 currency=EUR site=X",
	"order_segments": "order_id segment=capture,validate,credit,allocate,warehouse_queue,pick_pack,ship,transit,bill,post,collect,apply,unexplained created_at! began_at ended_at paid_at cancelled_at less_us=0,60000000",
	"order_lines":    "order_line_id created_at! order_kind=order cancelled_at ordered_quantity=5 shipped_quantity=0,3 requested_date line_object=1,2,3 net_price=2 currency=EUR",
	"line_blocks":    "order_line_id kind=any,credit,delivery,billing began_at! ended_at line_object=1,2,3",
	"delivery_lines": "delivery_line_id kind=outbound created_at! shipped_at billed_at cancelled_at is_billing_relevant=true site=X",
	"invoices":       "invoice_id kind=invoice created_at! sent_at is_cancelled=false",
	"disputes":       "dispute_id opened_at! closed_at",
	"receipts":       "receipt_id received_at! value_date fully_applied_at amount=5",
	"messages":       "message_id kind=invoice first_at! occurred_at first_failed_at recovered_at processed_at",
	"exceptions":     "exception_id kind=block raised_at! resolved_at",
}

// drawRows draws rows of some views; a cell is nil, a text or a time.
func drawRows(t *rapid.T, columns map[string]string, views ...string) history {
	h := history{}
	for _, view := range views {
		for i := range rapid.IntRange(2, 9).Draw(t, view) {
			var cells []any
			for n, c := range strings.Fields(columns[view]) {
				name, choice, chosen := strings.Cut(c, "=")
				switch {
				case n == 0:
					cells = append(cells, fmt.Sprintf("%s%d", view[:1], i))
				case chosen:
					cells = append(cells, rapid.SampledFrom(strings.Split(choice, ",")).Draw(t, name))
				case !strings.HasSuffix(name, "!") && rapid.IntRange(0, 4).Draw(t, "none") == 0:
					cells = append(cells, nil)
				default:
					cells = append(cells, time.Date(2024, 1, 1, 0, rapid.IntRange(0, 40*24*60).Draw(t, name), 0, 0, time.UTC))
				}
			}
			h[view] = append(h[view], cells)
		}
	}
	return h
}

// rows writes a history as rows of a bench, so many weeks later. One order is
// entered long after, so that there are earlier days to ask for.
func (h history) rows(columns map[string]string, weeks int) map[string]string {
	given := map[string]string{}
	for view, list := range h {
		given[view] = tableText(columns[view], list, weeks)
	}
	last := time.Date(2024, 6, 3, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 7*weeks).Format(time.DateOnly)
	if given["orders"] == "" {
		given["orders"] = "order_id | created_at\n"
	}
	given["orders"] += "last | " + last + strings.Repeat(" | ", strings.Count(strings.SplitN(given["orders"], "\n", 2)[0], "|")-1) + "\n"
	return given
}

// tableText writes rows as an example does, all times so many weeks later.
func tableText(columns string, rows [][]any, weeks int) string {
	var names []string
	for _, c := range strings.Fields(columns) {
		name, _, _ := strings.Cut(c, "=")
		names = append(names, strings.TrimSuffix(name, "!"))
	}
	text := strings.Join(names, " | ") + "\n"
	for _, row := range rows {
		var line []string
		for i, c := range row {
			at, isTime := c.(time.Time)
			switch at = at.AddDate(0, 0, 7*weeks); {
			case c == nil:
				line = append(line, "")
			case isTime && strings.HasSuffix(names[i], "_date"):
				line = append(line, at.Format(time.DateOnly))
			case isTime:
				line = append(line, at.Format("2006-01-02 15:04"))
			default:
				line = append(line, fmt.Sprint(c))
			}
		}
		text += strings.Join(line, " | ") + "\n"
	}
	return text
}

// weekLater is the label of the ISO week so many weeks after another.
func weekLater(label string, weeks int) string {
	var year, week int
	if n, _ := fmt.Sscanf(label, "%d-W%d", &year, &week); n != 2 {
		return label
	}
	day := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 7*(week-1+weeks)) // the 4th is in the first week
	year, week = day.ISOWeek()
	return fmt.Sprintf("%d-W%02d", year, week)
}

// told writes values, their periods so many weeks later.
func told(t *rapid.T, b *metrics.Bench, given map[string]string, kpis []*metrics.KPI, o metrics.Options, weeks int) (list []string) {
	err := b.With(context.Background(), given, func(ctx context.Context, q metrics.Querier) error {
		values, err := metrics.Evaluate(ctx, q, kpis, o)
		for _, v := range values {
			list = append(list, fmt.Sprintf("%s %s %v: %v of %d, mean %v, p90 %v, open %d, %v", v.KPI.Name, weekLater(v.Period, weeks), v.By, v.V, v.Used, v.Mean, v.P90, v.Open, v.Excluded))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// All times later by whole weeks change no duration, elapsed or by a calendar
// without holidays, and move the periods in which they count by as many.
func TestWeeksLater(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	durations := kpisNamed(func(k *metrics.KPI) bool { return k.Kind == metrics.DurationKind })
	for _, k := range durations {
		if lasting[k.View] == "" {
			t.Fatalf("no rows are drawn for %s, over %s", k.Name, k.View)
		}
	}
	alike := map[string][]*metrics.KPI{} // asked of the same rows
	for _, k := range durations {
		kind := fmt.Sprint(k.View, k.AsOf, strings.HasPrefix(k.Name, "blk."))
		alike[kind] = append(alike[kind], k)
	}
	kinds := slices.Sorted(maps.Keys(alike))
	calendars, met := office(t), map[string]bool{}
	law := func(rt *rapid.T) {
		kpis := alike[kinds[rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "figures"), 0)).IntN(len(kinds))]] // rapid's own choice is mostly of the first
		k := kpis[0]
		views := []string{k.View}
		if strings.HasPrefix(k.Name, "blk.") {
			views = append(views, "line_blocks")
		}
		h, weeks := drawRows(rt, lasting, views...), rapid.IntRange(1, 200).Draw(rt, "weeks")
		o := metrics.Options{AsOf: metrics.Day("2024-02-04").Add(7 * rapid.IntRange(0, 3).Draw(rt, "as of")), Calendars: calendars, Grain: metrics.ByWeek}
		if k.AsOf {
			o.Grain = ""
		}
		was := told(rt, b, h.rows(lasting, 0), kpis, o, weeks)
		o.AsOf = o.AsOf.Add(7 * weeks)
		if is := told(rt, b, h.rows(lasting, weeks), kpis, o, 0); !slices.Equal(was, is) {
			rt.Fatalf("%d weeks later\n%s\nwas\n%s", weeks, strings.Join(is, "\n"), strings.Join(was, "\n"))
		}
		for _, v := range was {
			if !strings.Contains(v, " of 0, ") {
				met[strings.Fields(v)[0]] = true
			}
		}
	}
	rapid.Check(t, law)
	t.Logf("%d of %d figures had a value", len(met), len(durations))
	if len(met) < len(durations)/3 { // 15 to 20 have
		t.Errorf("only these were looked at: %v of %d", met, len(durations))
	}
}

// billed are columns of what is billed, and of messages.
var billed = map[string]string{
	"order_lines":    "order_line_id line_object=1,2,3 created_at! ordered_quantity=8,10 shipped_quantity=8,10 unit=PC net_price=5 net_value=50 currency=EUR first_ship_at last_ship_at order_kind=order",
	"delivery_lines": "delivery_line_id line_object=1,2,3 order_line_id=o0,o1,o2 order_line_object=1,2,3 kind=outbound created_at! shipped_at quantity=8,10 net_value=40,50 currency=EUR",
	"messages":       "message_id kind=order,invoice direction=in,out first_at! attempts=1,2,3 failures=0,1,2 first_attempt_failed=true,false first_failed_at recovered_at processed_at acknowledged_at duplicate_of is_closed_unposted=true,false,false",
}

// An invoice and its own cancellation, and an invoice in two parts, change no
// figure of what was billed; a message that came again changes no rate of failures.
func TestNothingChanges(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	matched := kpisNamed(func(k *metrics.KPI) bool {
		return strings.HasPrefix(k.Name, "match.") || strings.HasPrefix(k.Name, "cutoff.") || strings.HasPrefix(k.Name, "ct.ship_to_invoice.open_v")
	})
	failed := kpisNamed(func(k *metrics.KPI) bool {
		return slices.Contains([]string{"int.failure_rate", "int.final_failure_rate", "int.retry_rate", "int.closed_unposted", "int.mttr", "int.latency", "int.ack_timeliness"}, k.Name)
	})
	o, seen := metrics.Options{AsOf: "2024-05-31"}, map[string]int{}
	const head = "order_line_id | target_type | target_object | kind | quantity | price | invoice_date | posted_at | created_at | cancelled_at | is_cancelled | delivery_lines\n"
	rapid.Check(t, func(rt *rapid.T) {
		law := rapid.SampledFrom([]string{"cancelled", "in two parts", "a message again"}).Draw(rt, "law")
		if law == "a message again" {
			h := drawRows(rt, billed, "messages")
			for _, cells := range h["messages"] {
				cells[11] = nil // the first of its content
			}
			was := told(rt, b, h.rows(billed, 0), failed, o, 0)
			for i := range rapid.IntRange(1, 4).Draw(rt, "again") {
				m := slices.Clone(rapid.SampledFrom(h["messages"]).Draw(rt, "of"))
				m[0], m[11] = fmt.Sprintf("again%d", i), m[0]
				h["messages"] = append(h["messages"], m)
			}
			same(rt, law, was, told(rt, b, h.rows(billed, 0), failed, o, 0), seen)
			return
		}
		given := drawRows(rt, billed, "order_lines", "delivery_lines").rows(billed, 0)
		// bill writes an invoice of an order line and of a delivery line.
		bill := func(n, quantity, price int, posted, cancelled string) (text string) {
			for _, target := range []string{"SalesOrderItem", "DeliveryItem"} {
				text += fmt.Sprintf("o%d | %s | %d | invoice | %d | %d | 2024-02-20 | %s | %s | %s | %v | 1\n", n-1, target, n, quantity, price, posted, posted, cancelled, cancelled != "")
			}
			return text
		}
		one := func() (n, quantity, price int, posted string) {
			return rapid.IntRange(1, 3).Draw(rt, "line"), rapid.IntRange(2, 10).Draw(rt, "quantity"), rapid.IntRange(4, 6).Draw(rt, "price"), fmt.Sprintf("2024-02-%02d", rapid.IntRange(10, 28).Draw(rt, "posted"))
		}
		bills := ""
		for range rapid.IntRange(0, 3).Draw(rt, "bills") {
			n, quantity, price, posted := one()
			bills += bill(n, quantity, price, posted, "")
		}
		n, quantity, price, posted := one()
		var more string
		if law == "cancelled" {
			more = bills + bill(n, quantity, price, posted, fmt.Sprintf("2024-03-%02d", rapid.IntRange(1, 28).Draw(rt, "cancelled")))
		} else {
			part := rapid.IntRange(1, quantity-1).Draw(rt, "part")
			more = bills + bill(n, part, price, posted, "") + bill(n, quantity-part, price, posted, "")
			bills += bill(n, quantity, price, posted, "")
		}
		given["billings"] = head + bills
		was := told(rt, b, given, matched, o, 0)
		given["billings"] = head + more
		same(rt, law, was, told(rt, b, given, matched, o, 0), seen)
	})
	if len(seen) != 3 {
		t.Errorf("laws looked at: %v", seen)
	}
}

// same compares what is told, but for how many objects were looked at and left out.
func same(t *rapid.T, law string, was, is []string, seen map[string]int) {
	t.Helper()
	cut := func(list []string) (short []string) {
		for _, s := range list {
			head, _, _ := strings.Cut(s, ", open")
			short = append(short, head)
		}
		return short
	}
	if a, b := cut(was), cut(is); !slices.Equal(a, b) {
		t.Fatalf("%s\n%s\nwas\n%s", law, strings.Join(b, "\n"), strings.Join(a, "\n"))
	}
	seen[law]++
}
