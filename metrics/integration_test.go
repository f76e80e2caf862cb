package metrics_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"millrace/metrics"
)

// figures are the figures of delivery, integration and the match of some rows
// of the views, without the counts of what was looked at.
func figures(t *testing.T, b *metrics.Bench, given map[string]string) map[string]string {
	t.Helper()
	var list []*metrics.KPI
	for _, k := range metrics.Catalogue() {
		if k.Family == "delivery" || k.Family == "integration" || strings.HasPrefix(k.Name, "match.") || strings.HasPrefix(k.Name, "cutoff.") {
			list = append(list, k)
		}
	}
	m := map[string]string{}
	err := b.With(t.Context(), given, func(ctx context.Context, q metrics.Querier) error {
		values, err := metrics.Evaluate(ctx, q, list, metrics.Options{AsOf: "2024-02-28"})
		for _, v := range values {
			if v.Known() {
				m[v.KPI.Name] += fmt.Sprintf("%s %v; ", v.Currency, v.V)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A sent message is what the platform logged of one.
type sent struct {
	row
	attempts         int
	first            time.Time // of its events
	failed, posted   time.Time
	failedFirst      bool
	recovered, again bool
}

// logged are the messages that the platform has, each with the attempts it has.
func (c *company) logged() []*sent {
	lost, lostAttempt := c.defects("missing_row", "message"), c.defects("missing_row", "message_attempt")
	byID := map[string]*sent{}
	var list []*sent
	for _, m := range c.truth("message") {
		if !lost[m["message_id"]] {
			x := &sent{row: m, first: m.at("acknowledged_at")}
			byID[m["message_id"]] = x
			list = append(list, x)
		}
	}
	for _, a := range c.truth("attempt") {
		m := byID[a["message_id"]]
		if m == nil || lostAttempt[a["message_id"]+"/"+a["attempt_no"]] {
			continue
		}
		if at := a.at("started_at"); m.first.IsZero() || at.Before(m.first) {
			m.first = at
		}
		m.attempts++
		end := a.at("ended_at")
		switch {
		case a["error"] == "":
			m.posted = end
		case m.failed.IsZero():
			m.failed = end
			m.failedFirst = m.posted.IsZero()
		}
	}
	seen := map[string]bool{}
	slices.SortStableFunc(list, func(a, b *sent) int {
		if a.first.IsZero() != b.first.IsZero() { // what has no time comes last
			if a.first.IsZero() {
				return 1
			}
			return -1
		}
		return a.first.Compare(b.first)
	})
	for _, m := range list {
		content := strings.Join([]string{m.row["direction"], m.row["kind"], m.row["partner"], m.row["business_key"], m.row["content"]}, "\x00")
		m.again = seen[content]
		seen[content] = true
		m.recovered = !m.failed.IsZero() && m.posted.After(m.failed)
	}
	return list
}

var messageKinds = map[string]string{"ORDERS": "order", "ORDRSP": "order_response", "ORDCHG": "order_change", "DESADV": "despatch_advice", "INVOIC": "invoice", "REMADV": "remittance"}

// integration: the figures of messages, by month and kind, are what
// the simulator's decisions come to, less what the platform did not log.
func (c *company) integration() {
	t := c.t
	list := c.logged()
	const day = 24 * time.Hour
	end := c.asOf.Add(1).In(c.zone)
	// each compares a figure, in whole and by month, by the kind of message. tell
	// says when it counts, and by how much; the zero time: open. Not ok: left out.
	each := func(name string, figure func(m *sent) (at time.Time, numerator float64, ok bool)) {
		t.Helper()
		whole, monthly := tallies{}, tallies{}
		for _, m := range list {
			at, x, ok := figure(m)
			kind := messageKinds[m.row["kind"]]
			switch {
			case !ok:
			case at.IsZero():
				whole.waits(kind)
			default:
				whole.add(x, 1, kind)
				monthly.add(x, 1, c.day(at)[:7], kind)
			}
		}
		c.compare(name, metrics.Options{By: []string{"kind"}}, whole)
		c.compare(name, metrics.Options{By: []string{"kind"}, Grain: metrics.ByMonth}, monthly)
	}
	tried := func(m *sent) bool { return !m.again && m.attempts > 0 }
	closed := func(m *sent) bool { return m.row["closed_unposted"] == "Y" }
	each("int.failure_rate", func(m *sent) (time.Time, float64, bool) { return m.first, rate(m.failedFirst), tried(m) })
	each("int.retry_rate", func(m *sent) (time.Time, float64, bool) { return m.first, float64(m.attempts - 1), tried(m) })
	each("int.final_failure_rate", func(m *sent) (time.Time, float64, bool) {
		if !closed(m) && !m.failed.IsZero() && !m.recovered && !m.failed.Add(day).Before(end) {
			return time.Time{}, 0, tried(m)
		}
		mended := m.recovered && !m.posted.After(m.failed.Add(day))
		return m.first, rate(!m.failed.IsZero() && !mended || closed(m) && m.posted.IsZero()), tried(m)
	})
	each("int.closed_unposted", func(m *sent) (time.Time, float64, bool) {
		return m.first, 1, !m.again && closed(m) && m.posted.IsZero() && !m.first.IsZero()
	})
	each("int.duplicate_rate", func(m *sent) (time.Time, float64, bool) { return m.first, rate(m.again), !m.first.IsZero() })
	each("int.duplicate_rate.accepted", func(m *sent) (time.Time, float64, bool) {
		return m.first, rate(m.again && !m.posted.IsZero()), !m.first.IsZero()
	})
	each("int.duplicate_rate.rejected", func(m *sent) (time.Time, float64, bool) {
		return m.first, rate(m.again && m.posted.IsZero()), !m.first.IsZero()
	})
	each("int.ack_timeliness", func(m *sent) (time.Time, float64, bool) {
		acked := m.row.at("acknowledged_at")
		from := m.posted
		if from.IsZero() {
			from = m.firstSent(c)
		}
		if m.row["direction"] != "out" || m.again || from.IsZero() || acked.IsZero() && m.posted.IsZero() && !m.failed.IsZero() {
			return time.Time{}, 0, false
		}
		if acked.IsZero() && !from.Add(day).Before(end) {
			return time.Time{}, 0, true
		}
		return from, rate(!acked.IsZero() && !acked.After(from.Add(day))), true
	})
	each("int.clock_skew", func(m *sent) (time.Time, float64, bool) {
		return m.posted, rate(m.posted.Before(m.row.at("occurred_at"))), true
	})
	created := map[string]time.Time{}
	for _, o := range c.truth("order") {
		created[o["order_no"]] = o.at("created_at")
	}
	each("int.reconciliation_gap", func(m *sent) (time.Time, float64, bool) {
		if m.again || m.row["direction"] != "in" || m.row["kind"] == "REMADV" || m.first.IsZero() {
			return time.Time{}, 0, false
		}
		made := created[m.row["order_no"]]
		if made.IsZero() && !m.first.Add(day).Before(end) {
			return time.Time{}, 0, true
		}
		return m.first, rate(made.IsZero() || made.After(m.first.Add(day))), true
	})
	c.messageTimes(list)
	c.departures()
}

// firstSent is when the first logged attempt was the first attempt.
func (m *sent) firstSent(c *company) time.Time {
	for _, a := range c.truth("attempt") {
		if a["message_id"] == m.row["message_id"] && a["attempt_no"] == "1" && !c.defects("missing_row", "message_attempt")[a["message_id"]+"/1"] {
			return a.at("started_at")
		}
	}
	return time.Time{}
}

// messageTimes compares durations, by their mean and quantiles.
func (c *company) messageTimes(list []*sent) {
	for _, x := range []struct {
		name     string
		quantile float64
		unit     time.Duration
		from     func(m *sent) time.Time
	}{
		{"int.mttr", 0.5, time.Hour, func(m *sent) time.Time { return m.failed }},
		{"int.mttr.business", 0.5, time.Hour, func(m *sent) time.Time { return m.failed }},
		{"int.latency", 0.5, time.Minute, func(m *sent) time.Time { return m.row.at("occurred_at") }},
		{"int.latency.p95", 0.95, time.Minute, func(m *sent) time.Time { return m.row.at("occurred_at") }},
		{"int.latency.p99", 0.99, time.Minute, func(m *sent) time.Time { return m.row.at("occurred_at") }},
	} {
		for _, span := range [][2]metrics.Day{{"", ""}, {"2025-01-01", "2025-03-31"}, {"2025-04-01", "2025-06-30"}, {"2025-07-01", "2025-09-30"}} {
			var took []float64
			for _, m := range list {
				from, day := x.from(m), metrics.Day(c.day(m.posted))
				if m.again || from.IsZero() || !m.posted.After(from) || strings.HasPrefix(x.name, "int.mttr") && !m.recovered || span[0] != "" && (day < span[0] || day > span[1]) {
					continue
				}
				length := m.posted.Sub(from)
				if x.name == "int.mttr.business" {
					length = inOffice(from, m.posted)
				}
				took = append(took, float64(length)/float64(x.unit))
			}
			slices.Sort(took)
			v := c.evaluate(x.name, metrics.Options{From: span[0], To: span[1], Calendars: office(c.t)})[0]
			if want := quantileOf(took, x.quantile); v.Used != int64(len(took)) || len(took) == 0 || abs(v.V-want) > 1e-6*want {
				c.t.Errorf("%s of %v: %v, in truth %v of %d", x.name, span, v, want, len(took))
			}
		}
	}
}

func abs(x float64) float64 { return max(x, -x) }

// quantileOf is a quantile of sorted numbers, between two of them if need be.
func quantileOf(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// departures compares what the warehouse saw leave with the goods issues.
func (c *company) departures() {
	first := map[string]time.Time{}
	for _, i := range c.truth("issue") {
		if at := i.at("issued_at"); first[i["delivery_no"]].IsZero() || at.Before(first[i["delivery_no"]]) {
			first[i["delivery_no"]] = at
		}
	}
	end := c.asOf.Add(1).In(c.zone)
	want, seen := tallies{}, map[string]bool{}
	for _, w := range c.truth("wait") {
		if w["kind"] != "truck" {
			continue
		}
		left, issued, site := w.at("to_at"), first[w["object_no"]], c.order[w["order_no"]]["site"]
		if site == "VIE1" && c.day(left) >= "2025-03-01" {
			left = left.Add(4 * time.Minute) // the warehouse's clock
		}
		seen[w["object_no"]] = true
		if issued.IsZero() && !left.Add(24*time.Hour).Before(end) {
			want.waits(site)
			continue
		}
		want.one(issued.IsZero() || issued.After(left.Add(24*time.Hour)), site)
	}
	if len(seen) < 1000 {
		c.t.Errorf("%d deliveries left", len(seen))
	}
	c.compare("int.reconciliation_gap.shipments", metrics.Options{By: []string{"site"}}, want)
}
