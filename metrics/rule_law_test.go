package metrics_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"millrace/eventlog/calendar"
	"millrace/metrics"
)

// beyond says that an object was not in time.
func beyond(state string) bool {
	return state == string(metrics.Breached) || state == string(metrics.ResolvedLate)
}

// named says that a rule names the reason for which an object is left out.
func named(r *metrics.Rule, reason string) bool {
	for _, l := range r.LeaveOut {
		if l.Reason == reason {
			return true
		}
	}
	return false
}

func office(t testing.TB) metrics.Calendars {
	c, err := calendar.Parse([]byte(`{weekdays: "08:00-18:00"}`), "UTC")
	if err != nil {
		t.Fatal(err)
	}
	return metrics.Calendars{Default: c}
}

// histories are rows of every view that rules look at, with times in any
// order. A column that ends in _at is an instant or nothing, in _date a day.
var histories = map[string]string{
	"orders":         "order_id created_at! site net_value currency cancelled_at",
	"blocks":         "block_id kind=credit,delivery order_id set_at! released_at",
	"order_lines":    "order_line_id order_kind=order created_at! released_at allocated_at first_confirmed_date confirmed_date site net_value currency is_rejected=true,false,false rejected_at cancelled_at first_ship_at full_ship_at ordered_quantity=1,2,3",
	"deliveries":     "delivery_id kind=outbound created_at! planned_date picked_at shipped_at cancelled_at",
	"delivery_lines": "delivery_line_id kind=outbound order_line_id created_at! picked_at shipped_at billed_posted_at cancelled_at net_value currency quantity=1,2",
	"messages":       "message_id kind=invoice direction=in,out first_at! first_failed_at recovered_at processed_at is_closed_unposted=true,false,false,false",
	"disputes":       "dispute_id owner=,K opened_at! closed_at disputed_amount=5 currency",
}

type history map[string][][]any // of each view: rows of cells, time.Time among them

func drawHistory(t *rapid.T) history {
	h := history{}
	for _, view := range []string{"orders", "blocks", "order_lines", "deliveries", "delivery_lines", "messages", "disputes"} {
		for i := range 6 {
			var row []any
			for n, c := range strings.Fields(histories[view]) {
				name, choice, chosen := strings.Cut(c, "=")
				must := strings.HasSuffix(name, "!")
				name = strings.TrimSuffix(name, "!")
				switch {
				case n == 0:
					row = append(row, fmt.Sprintf("%s%d", view[:1], i))
				case name == "order_id" || name == "order_line_id":
					row = append(row, fmt.Sprintf("o%d", rapid.IntRange(0, 5).Draw(t, name)))
				case chosen:
					row = append(row, rapid.SampledFrom(strings.Split(choice, ",")).Draw(t, name))
				case strings.HasSuffix(name, "_at") || strings.HasSuffix(name, "_date"):
					if !must && rapid.IntRange(0, 3).Draw(t, "none") == 0 {
						row = append(row, nil)
						continue
					}
					minute := rapid.IntRange(0, 30*24*60)
					if rapid.IntRange(0, 2).Draw(t, "near") == 0 { // the evening that is asked for: what runs then, and ends in the morning
						minute = rapid.IntRange((3*24+13)*60, (4*24+11)*60)
					}
					at := time.Date(2024, 1, 1, 0, minute.Draw(t, name), 0, 0, time.UTC)
					if strings.HasSuffix(name, "_date") {
						at = at.Truncate(24 * time.Hour)
					}
					row = append(row, at)
				default:
					row = append(row, map[string]string{"site": "X", "net_value": "7", "currency": "EUR"}[name])
				}
			}
			h[view] = append(h[view], row)
		}
	}
	return h
}

// text writes h as rows of a bench, all times later by so many weeks. One order
// is created long after, so that every day that is asked for is past.
func (h history) text(r *metrics.Rule, weeks int) map[string]string {
	out := map[string]string{}
	for view, columns := range histories {
		if view != "orders" && view != r.View && !strings.Contains(fmt.Sprint(r.With), "o2c."+view+" ") {
			continue
		}
		lines := tableText(columns, h[view], weeks)
		if view == "orders" {
			lines += "last | " + time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 7*weeks).Format(time.DateOnly) + " | | | |\n"
		}
		out[view] = lines
	}
	return out
}

// Of any history: what is breached stays breached, or is resolved late, or
// leaves by a reason that the rule names; every object has one state or
// reason; and some weeks later all is as it was.
func TestRuleLaws(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var rules []*metrics.Rule
	for _, r := range metrics.Rules() {
		if r.View != "receipts" { // whose state is made of applications: TestRulesOnStore
			rules = append(rules, r)
		}
	}
	calendars, seen := office(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		r := rapid.SampledFrom(rules).Draw(rt, "rule")
		h := drawHistory(rt)
		weeks := rapid.IntRange(1, 30).Draw(rt, "weeks")
		var days []metrics.Day
		for day := range rapid.IntRange(2, 3).Draw(rt, "days") {
			days = append(days, metrics.Day("2024-01-04").Add(12*day))
		}
		judge := func(weeks int) (list []map[string]string) {
			err := b.With(t.Context(), h.text(r, weeks), func(ctx context.Context, q metrics.Querier) error {
				for _, day := range days {
					o := metrics.Options{AsOf: day.Add(7 * weeks), Calendars: calendars}
					states, err := metrics.Judge(ctx, q, r, o)
					if err != nil {
						return err
					}
					if list = append(list, states); len(list) < len(days) {
						continue
					}
					all, err := metrics.Standings(ctx, q, []*metrics.Rule{r}, nil, 0, o)
					if err != nil {
						return err
					}
					sum := all[0].Met + all[0].OK + all[0].AtRisk + all[0].Breached()
					for _, x := range all[0].Excluded {
						sum += x.N
					}
					if sum != all[0].N || int(sum) != len(states) {
						rt.Fatalf("%s as of %s: %d objects, %d with a state or a reason, of %d", r.Name, day, all[0].N, sum, len(states))
					}
				}
				return nil
			})
			if err != nil {
				rt.Fatal(err)
			}
			return list
		}
		list := judge(0)
		for i, then := range list {
			for key, state := range then {
				if !beyond(state) {
					continue
				}
				seen++
				for j, later := range list[i+1:] {
					if now := later[key]; !beyond(now) && !named(r, now) {
						rt.Fatalf("%s: %s is %s as of %s, and %q as of %s", r.Name, key, state, days[i], now, days[i+1+j])
					}
				}
			}
		}
		for i, then := range judge(weeks) {
			for key, state := range list[i] {
				if then[key] != state {
					rt.Fatalf("%s: %s is %s as of %s, and %q %d weeks later", r.Name, key, state, days[i], then[key], weeks)
				}
			}
		}
	})
	if seen == 0 {
		t.Error("nothing was breached")
	}
}
