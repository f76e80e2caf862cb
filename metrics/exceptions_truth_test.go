package metrics_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"millrace/metrics"
)

// span is from when to when something stood; the zero time: it does.
type span struct{ from, to time.Time }

// union makes of spans that overlap or follow one another one.
func union(list []span) (joined []span) {
	slices.SortFunc(list, func(a, b span) int { return a.from.Compare(b.from) })
	for _, s := range list {
		if n := len(joined); n > 0 && (joined[n-1].to.IsZero() || !s.from.After(joined[n-1].to)) {
			if last := &joined[n-1]; !last.to.IsZero() && (s.to.IsZero() || s.to.After(last.to)) {
				last.to = s.to
			}
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// blocks compares which lines were blocked, and for how long.
func (c *company) blocks() {
	reach, byLine := c.reach(), map[string]map[string][]span{"any": {}, "credit": {}, "delivery": {}, "billing": {}}
	for _, b := range c.truth("block") {
		for _, l := range reach["Block "+b["block_no"]] {
			for _, kind := range []string{"any", b["kind"]} {
				byLine[kind][l] = append(byLine[kind][l], span{b.at("set_at"), b.at("released_at")})
			}
		}
	}
	for kind, spans := range byLine {
		suffix := "." + kind
		if kind == "any" {
			suffix = ""
		}
		c.byMonthAndSite("blk.rate"+suffix, func(tell func(string, string, float64, float64)) {
			for _, l := range c.truth("line") {
				if o := c.order[l["order_no"]]; o["kind"] != "return" {
					tell(c.day(o.at("created_at")), o["site"], rate(len(spans[itemNo(l["order_no"], l["item_no"])]) > 0), 1)
				}
			}
		})
		var list []thing
		for line, all := range spans {
			order, _, _ := strings.Cut(line, "/")
			joined := union(all)
			last, total := joined[len(joined)-1].to, time.Duration(0)
			for _, s := range joined {
				total += s.to.Sub(s.from)
			}
			if o := c.order[order]; o["cancelled_at"] == "" && !last.IsZero() {
				list = append(list, thing{last, o["site"], total.Hours()})
			}
		}
		c.things("blk.time"+suffix, list)
	}
}

// A trouble is an exception that is open at the end of a day.
type trouble struct {
	site, currency string
	raised         time.Time
	value          float64
	valued         bool
}

// troubles are the exceptions that somebody would have seen at the end of a day.
func (c *company) troubles(day metrics.Day, reach map[string][]string, messages []*sent) (list []trouble) {
	end := day.Add(1).In(c.zone)
	within := func(from, to time.Time) bool {
		return !from.IsZero() && from.Before(end) && (to.IsZero() || !to.Before(end))
	}
	for _, b := range c.truth("block") {
		o, ended := c.order[b["order_no"]], b.at("released_at")
		if gone := o.at("cancelled_at"); !gone.IsZero() && (ended.IsZero() || gone.Before(ended)) {
			ended = gone
		}
		if within(b.at("set_at"), ended) {
			list = append(list, trouble{o["site"], o["currency"], b.at("set_at"), o.number("net_value"), true})
		}
	}
	// siteOf is the site of what is about one order only.
	siteOf := func(object string) string {
		site, only := "", ""
		for _, l := range reach[object] {
			order, _, _ := strings.Cut(l, "/")
			if only != "" && only != order {
				return ""
			}
			only, site = order, c.order[order]["site"]
		}
		return site
	}
	for _, m := range messages {
		recovered := time.Time{}
		if m.recovered {
			recovered = m.posted
		}
		if within(m.failed, recovered) {
			list = append(list, trouble{site: siteOf("Message " + m.row["message_id"]), raised: m.failed})
		}
	}
	list = append(list, c.goodsTroubles(day, end)...)
	b := bookOf(c.truthTables)
	for _, r := range b.receipts {
		received, open := r.at("received_at"), r.cents("amount")
		for _, a := range b.applications {
			if a["receipt_no"] == r["receipt_no"] && stands(a, string(day)) {
				open -= a.cents("amount")
			}
		}
		if received.Before(end) && open != 0 {
			list = append(list, trouble{"", r["currency"], received, float64(open) / 100, true})
		}
	}
	for _, d := range c.truth("dispute") {
		if within(d.at("opened_at"), d.at("closed_at")) {
			list = append(list, trouble{siteOf("Invoice " + d["invoice_no"]), d["currency"], d.at("opened_at"), d.number("disputed"), true})
		}
	}
	return list
}

// goodsTroubles are goods that were not all found, or that nobody billed.
func (c *company) goodsTroubles(day metrics.Day, end time.Time) (list []trouble) {
	price := c.prices(c.asOf)
	issued, billed := map[string]time.Time{}, map[string]bool{}
	for _, i := range c.truth("issue") {
		if stood(i, "issued_at", "taken_back_at", end) {
			issued[itemNo(i["delivery_no"], i["delivery_item_no"])] = i.at("issued_at")
		}
	}
	for _, b := range c.truth("bill") {
		if b["kind"] == "invoice" && stood(b, "posted_at", "cancelled_at", end) {
			billed[itemNo(b["delivery_no"], b["delivery_item_no"])] = true
		}
	}
	for _, i := range c.truth("issue") {
		o, item := c.order[i["order_no"]], itemNo(i["delivery_no"], i["delivery_item_no"])
		if stood(i, "issued_at", "taken_back_at", end) && !billed[item] && o["kind"] == "order" {
			list = append(list, trouble{o["site"], o["currency"], i.at("issued_at"), i.number("quantity") * price[itemNo(i["order_no"], i["item_no"])], true})
		}
	}
	picked := map[string]time.Time{} // the delivery's last pick is when it is known
	for _, p := range c.truth("pick") {
		picked[p["delivery_no"]] = later(picked[p["delivery_no"]], p.at("finished_at"))
	}
	for _, p := range c.truth("pick") {
		o, short := c.order[p["order_no"]], p.number("target_quantity")-p.number("picked_quantity")
		at := c.ahead(o["site"], picked[p["delivery_no"]])
		if short > 0 && at.Before(end) && issued[itemNo(p["delivery_no"], p["delivery_item_no"])].IsZero() {
			list = append(list, trouble{o["site"], o["currency"], at, short * price[itemNo(p["order_no"], p["item_no"])], true})
		}
	}
	return list
}

// exceptions compares what was open on earlier days and is now.
func (c *company) exceptions() {
	reach, messages := c.reach(), c.logged()
	for _, day := range []metrics.Day{earlier[0], earlier[2], c.asOf} {
		end := day.Add(1).In(c.zone)
		age, open, value, aging, valueAging := tallies{}, tallies{}, tallies{}, tallies{}, tallies{}
		for _, x := range c.troubles(day, reach, messages) {
			old := day.Since(metrics.Day(c.day(x.raised)))
			bucket := "15+ days"
			for _, b := range []struct {
				to   int
				name string
			}{{14, "08-14"}, {7, "04-07"}, {3, "02-03"}, {1, "00-01"}} {
				if old <= b.to {
					bucket = b.name + " days"
				}
			}
			age.time(end.Sub(x.raised).Hours()/24, x.site)
			open.add(1, 0, x.site)
			aging.add(1, 0, x.site, bucket)
			if x.valued {
				value.add(x.value, 0, x.site, x.currency)
				valueAging.add(x.value, 0, x.site, bucket, x.currency)
			}
		}
		o := metrics.Options{AsOf: day, By: []string{"site"}}
		for name, want := range map[string]tallies{"exc.age": age, "exc.open": open, "exc.value": value, "exc.aging": aging, "exc.value_aging": valueAging} {
			c.compare(name, o, want)
		}
		c.unbilledLines(day, end)
	}
}

// unbilledLines compares the delivery lines shipped and not invoiced.
func (c *company) unbilledLines(day metrics.Day, end time.Time) {
	price := c.prices(c.asOf)
	billed := map[string]bool{}
	for _, b := range c.truth("bill") {
		if b["kind"] == "invoice" && stood(b, "posted_at", "cancelled_at", end) {
			billed[itemNo(b["delivery_no"], b["delivery_item_no"])] = true
		}
	}
	open, value, aging, valueAging := tallies{}, tallies{}, tallies{}, tallies{}
	for _, i := range c.truth("issue") {
		o := c.order[i["order_no"]]
		if !stood(i, "issued_at", "taken_back_at", end) || billed[itemNo(i["delivery_no"], i["delivery_item_no"])] || o["kind"] != "order" {
			continue
		}
		old, bucket := day.Since(metrics.Day(c.day(i.at("issued_at")))), "15+ days"
		for _, b := range [][2]int{{14, 8}, {7, 4}, {3, 2}, {1, 0}} {
			if old <= b[0] {
				bucket = fmt.Sprintf("%02d-%02d days", b[1], b[0])
			}
		}
		v := i.number("quantity") * price[itemNo(i["order_no"], i["item_no"])]
		open.add(1, 0, o["site"])
		value.add(v, 0, o["site"], o["currency"])
		aging.add(1, 0, o["site"], bucket)
		valueAging.add(v, 0, o["site"], bucket, o["currency"])
	}
	options := metrics.Options{AsOf: day, By: []string{"site"}}
	for suffix, want := range map[string]tallies{"open": open, "open_value": value, "open_aging": aging, "open_value_aging": valueAging} {
		c.compare("ct.ship_to_invoice."+suffix, options, want)
	}
}
