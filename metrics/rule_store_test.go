package metrics_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"millrace/eventlog"
	"millrace/metrics"
)

// tenMonthEnds are ten of the simulated months' last days.
func tenMonthEnds() (days []metrics.Day) {
	for m := range 10 {
		days = append(days, metrics.DayOf(time.Date(2024, time.Month(9+m+1), 0, 0, 0, 0, 0, time.UTC)))
	}
	return days
}

// On the simulated distributor: what is breached at a month's end is breached
// or resolved late at every later one, or left by a reason that the rule
// names; and the counts by state are those of the truth.
func TestRulesOnStore(t *testing.T) {
	c := simulated(t)
	s := c.store
	o := metrics.Options{Calendars: office(t)}
	for _, r := range metrics.Rules() {
		t.Run("law/"+r.Name, func(t *testing.T) { checkNeverUnbreached(t, s, r, o) })
	}
	truth := c.truthTables
	for _, day := range []metrics.Day{"2024-12-31", "2025-06-30", "2025-12-31"} {
		o.AsOf = day
		end := day.Add(1).In(time.UTC)
		for name, want := range map[string]map[string]string{
			"credit_review": truth.credit(end), "unmatched_cash": truth.cash(end), "dispute_open": truth.disputes(end), "shipped_not_invoiced": truth.shipped(end),
		} {
			t.Run("truth/"+name+"/"+string(day), func(t *testing.T) {
				compareTruth(t, s, name, o, want)
			})
		}
	}
}

func checkNeverUnbreached(t *testing.T, s *eventlog.Store, r *metrics.Rule, o metrics.Options) {
	days := tenMonthEnds()
	var list []map[string]string
	for _, day := range days {
		o.AsOf = day
		states, err := metrics.Judge(t.Context(), s.Query, r, o)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, states)
	}
	late, left := 0, map[string]int{}
	for key, now := range list[len(list)-1] {
		was := ""
		for i, states := range list {
			state := states[key]
			switch {
			case beyond(state):
				was = state
			case was != "" && named(r, state):
				left[state]++
				was = ""
			case was != "":
				t.Errorf("%s was %s and is %q as of %s", key, was, state, days[i])
				was = ""
			}
		}
		if beyond(now) {
			late++
		}
	}
	t.Logf("%d objects, %d not in time; left since they were: %v", len(list[len(list)-1]), late, left)
	if late == 0 && r.Name != "overdue_for_picking" { // nobody is late there: they pick days ahead
		t.Error("nothing was ever breached")
	}
}

// compareTruth compares the state of every object with the truth's. Blocks have
// no number there but their order's: of them the counts.
func compareTruth(t *testing.T, s *eventlog.Store, name string, o metrics.Options, want map[string]string) {
	all := metrics.Rules()
	r := all[slices.IndexFunc(all, func(r *metrics.Rule) bool { return r.Name == name })]
	got, err := metrics.Judge(t.Context(), s.Query, r, o)
	if err != nil {
		t.Fatal(err)
	}
	counts := func(m map[string]string) map[string]int {
		n := map[string]int{}
		for _, state := range m {
			n[state]++
		}
		return n
	}
	if diff := cmp.Diff(counts(want), counts(got)); diff != "" || len(got) == 0 {
		t.Errorf("%d objects, in truth %d: (-truth +rule)\n%s", len(got), len(want), diff)
	}
	if name == "credit_review" {
		return
	}
	for key, state := range want {
		if got[key] != state {
			t.Errorf("%s is %q, in truth %q", key, got[key], state)
		}
	}
}

// when reads an instant, if it was before the end.
func when(text string, end time.Time) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, text)
	return at, err == nil && at.Before(end)
}

// inOffice is the time from 08:00 to 18:00 of Mondays to Fridays, minute by second.
func inOffice(from, to time.Time) (d time.Duration) {
	for day := from.Truncate(24 * time.Hour); day.Before(to); day = day.AddDate(0, 0, 1) {
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			continue
		}
		start, stop := day.Add(8*time.Hour), day.Add(18*time.Hour)
		if start.Before(from) {
			start = from
		}
		if stop.After(to) {
			stop = to
		}
		d += max(0, stop.Sub(start))
	}
	return d
}

// elapsed is the time on the clock.
func elapsed(from, to time.Time) time.Duration { return to.Sub(from) }

// state is what a rule should say of from and to.
func state(from, to string, end time.Time, limit time.Duration, clock func(a, b time.Time) time.Duration) string {
	began, _ := when(from, end)
	ended, is := when(to, end)
	if is {
		if clock(began, ended) <= limit {
			return string(metrics.Met)
		}
		return string(metrics.ResolvedLate)
	}
	switch age := clock(began, end); {
	case age > limit:
		return string(metrics.Breached)
	case age >= limit*8/10:
		return string(metrics.AtRisk)
	}
	return string(metrics.OK)
}

func (x truthTables) credit(end time.Time) map[string]string {
	m := map[string]string{}
	for _, o := range x.truth("order") {
		if _, is := when(o["credit_set_at"], end); !is {
			continue
		}
		released, isReleased := when(o["credit_released_at"], end)
		cancelled, isCancelled := when(o["cancelled_at"], end)
		m[o["order_no"]] = state(o["credit_set_at"], o["credit_released_at"], end, 4*time.Hour, inOffice)
		if isCancelled && (!isReleased || cancelled.Before(released)) {
			m[o["order_no"]] = "open as their order was cancelled"
		}
	}
	return m
}

func (x truthTables) cash(end time.Time) map[string]string {
	m := map[string]string{}
	for _, d := range x.truth("document") {
		if _, is := when(d["created_at"], end); is && d["type"] == "Receipt" && !strings.HasPrefix(d["amount"], "-") {
			m[d["number"]] = state(d["created_at"], d["effective_at"], end, 20*time.Hour, inOffice)
		}
	}
	return m
}

func (x truthTables) disputes(end time.Time) map[string]string {
	m := map[string]string{}
	for _, d := range x.truth("document") {
		if _, is := when(d["created_at"], end); is && d["type"] == "DisputeCase" {
			m[d["number"]] = state(d["created_at"], d["effective_at"], end, 30*24*time.Hour, elapsed)
		}
	}
	return m
}

func (x truthTables) shipped(end time.Time) map[string]string {
	docs, kinds, billed := map[string]row{}, map[string]string{}, map[string]string{}
	for _, d := range x.truth("document") {
		docs[d["type"]+" "+d["number"]] = d
	}
	for _, o := range x.truth("order") {
		kinds[o["order_no"]] = o["kind"]
	}
	number := func(item string) string { before, _, _ := strings.Cut(item, "/"); return before }
	for _, b := range x.truth("bill") { // an invoice counts as long as it stood
		_, posted := when(b["posted_at"], end)
		_, cancelled := when(b["cancelled_at"], end)
		if item := itemNo(b["delivery_no"], b["delivery_item_no"]); b["kind"] == "invoice" && posted && !cancelled && (billed[item] == "" || b["posted_at"] < billed[item]) {
			billed[item] = b["posted_at"]
		}
	}
	m := map[string]string{}
	for _, l := range x.truth("link") {
		if l["source_type"] != "DeliveryItem" || l["qualifier"] != "fulfils" || kinds[number(l["target_no"])] != "order" {
			continue
		}
		d := docs["Delivery "+number(l["source_no"])]
		if _, is := when(d["created_at"], end); !is {
			continue
		}
		shipped, isShipped := when(d["effective_at"], end)
		posted, isPosted := when(billed[l["source_no"]], end)
		_, isCancelled := when(d["cancelled_at"], end)
		switch {
		case !isShipped:
			m[l["source_no"]] = "not shipped yet"
		case isCancelled:
			m[l["source_no"]] = "cancelled"
		case isPosted && posted.Before(shipped):
			m[l["source_no"]] = "billed before they were shipped"
		default:
			m[l["source_no"]] = state(d["effective_at"], billed[l["source_no"]], end, 24*time.Hour, elapsed)
		}
	}
	return m
}
