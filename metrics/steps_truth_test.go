package metrics_test

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"millrace/metrics"
)

// ahead is how far a site's warehouse clock is ahead: a planted defect.
func (c *company) ahead(site string, at time.Time) time.Time {
	if site == "VIE1" && !at.IsZero() && c.day(at) >= "2025-03-01" {
		return at.Add(4 * time.Minute)
	}
	return at
}

// A passage is how one order went, as the systems know it.
type passage struct {
	order                                                  row
	received, created, ready, paid                         time.Time
	delivery, allocated, started, packed, shipped, arrived time.Time
	billed, posted, sent, cash                             time.Time
	receivedToDay, arrivedToDay                            bool // known to the day only
	requested                                              string
	fullShip, delivered                                    time.Time
	deliveredToDay                                         bool
	credit                                                 [2]time.Time
}

// passages are those of the orders that are no returns and were not cancelled.
func (c *company) passages() (list []*passage) {
	byOrder := map[string]*passage{}
	for _, o := range c.truth("order") {
		if o["kind"] == "return" || o["cancelled_at"] != "" {
			continue
		}
		p := &passage{order: o, created: o.at("created_at"), ready: o.at("released_at"), paid: o.at("paid_at"), fullShip: o.at("full_ship_at"), credit: [2]time.Time{o.at("credit_set_at"), o.at("credit_released_at")}}
		if p.ready.IsZero() {
			p.ready = o.at("confirmed_at")
		}
		byOrder[o["order_no"]] = p
		list = append(list, p)
	}
	c.arrive(byOrder)
	c.deliver(byOrder)
	c.bill(byOrder)
	return list
}

// arrive says when orders came, where a system told of it.
func (c *company) arrive(byOrder map[string]*passage) {
	lost := c.defects("missing_row", "message")
	toDay := map[string]bool{}
	for _, d := range c.truth("defect") {
		if d["kind"] == "day_precision" && d["table"] == "desk_call" {
			object, _, _ := strings.Cut(d["doc"], ":")
			toDay[strings.TrimPrefix(object, "SalesOrder ")] = true
		}
	}
	byMessage, brought := map[string]bool{}, map[string]bool{}
	for _, m := range c.truth("message") {
		if m["kind"] == "ORDERS" && !lost[m["message_id"]] {
			byMessage[m["order_no"]], brought[m["message_id"]] = true, true
		}
	}
	for _, l := range c.truth("link") { // also what came a second time and was made a second order
		if l["qualifier"] == "concerns" && brought[l["source_no"]] {
			byMessage[l["target_no"]] = true
		}
	}
	for no, p := range byOrder {
		if p.order["channel"] == "EDI" && !byMessage[no] {
			continue
		}
		p.received = p.order.at("received_at")
		if toDay[no] { // at midnight UTC of the day
			p.received, p.receivedToDay = p.received.In(c.zone), true
			y, m, d := p.received.Date()
			p.received = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		}
	}
}

// deliver gives orders the delivery that shipped last, or is still to ship.
func (c *company) deliver(byOrder map[string]*passage) {
	arrived, toDay := c.arrivals(), c.defects("day_precision", "tracking_event")
	delivery := map[string]row{}
	for _, d := range c.truth("delivery") {
		delivery[d["delivery_no"]] = d
	}
	of := map[string]map[string]bool{}
	known := map[string]time.Time{} // by delivery
	missing, wrong := c.defects("missing_row", "tracking_event"), c.defects("dangling_reference", "tracking_event")
	for _, d := range c.truth("delivery") {
		object := "Delivery " + d["delivery_no"]
		if at := d.at("delivered_at"); !at.IsZero() && !missing[object] && !wrong[object] {
			if toDay[object] {
				at = at.Truncate(24 * time.Hour)
			}
			known[d["delivery_no"]] = at
		}
	}
	for _, l := range c.truth("link") {
		if l["source_type"] == "DeliveryItem" && l["qualifier"] == "fulfils" {
			no, _, _ := strings.Cut(l["source_no"], "/")
			order, _, _ := strings.Cut(l["target_no"], "/")
			if d := delivery[no]; d["kind"] == "outbound" && d["cancelled_at"] == "" && byOrder[order] != nil {
				if of[order] == nil {
					of[order] = map[string]bool{}
				}
				of[order][no] = true
			}
		}
	}
	for order, p := range byOrder {
		var last row
		for no := range of[order] {
			d := delivery[no]
			shipped := d.at("issued_at")
			if shipped.IsZero() && !p.paid.IsZero() {
				continue
			}
			if last == nil || lastOf(d, last, "issued_at", "delivery_no") {
				last = d
			}
		}
		if last == nil { // of none that shipped, what is open
			for no := range of[order] {
				if d := delivery[no]; last == nil || lastOf(d, last, "issued_at", "delivery_no") {
					last = d
				}
			}
		}
		if last != nil {
			site := last["site"]
			p.delivery, p.shipped, p.arrived = last.at("created_at"), last.at("issued_at"), known[last["delivery_no"]]
			p.allocated, p.started, p.packed = c.ahead(site, last.at("allocated_at")), c.ahead(site, last.at("pick_started_at")), c.ahead(site, last.at("packed_at"))
			p.arrivedToDay = toDay["Delivery "+last["delivery_no"]]
		}
		full := true
		for _, l := range c.truth("line") {
			if l["order_no"] != order {
				continue
			}
			p.requested = cmp.Or(min(cmp.Or(p.requested, l["requested_date"]), l["requested_date"]), p.requested)
			at := arrived[itemNo(order, l["item_no"])]
			if l["rejection_reason"] == "" && at.IsZero() {
				full = false
			}
			p.delivered = later(p.delivered, at)
		}
		if !full {
			p.delivered = time.Time{}
		}
		for no := range of[order] {
			p.deliveredToDay = p.deliveredToDay || toDay["Delivery "+no] && known[no].Equal(p.delivered)
		}
	}
}

// lastOf says that a comes after b: what is open still, then the later, then the one made later.
func lastOf(a, b row, by, number string) bool {
	x, y := a.at(by), b.at(by)
	switch {
	case x.IsZero() != y.IsZero():
		return x.IsZero()
	case !x.Equal(y):
		return x.After(y)
	case !a.at("created_at").Equal(b.at("created_at")):
		return a.at("created_at").After(b.at("created_at"))
	}
	return a[number] < b[number]
}

// sendings are when invoices went out, and when the other side said so.
func (c *company) sendings() (sent, arrived map[string]time.Time) {
	sent, arrived = map[string]time.Time{}, map[string]time.Time{}
	first := func(no string, at time.Time) {
		if !at.IsZero() && (sent[no].IsZero() || at.Before(sent[no])) {
			sent[no] = at
		}
	}
	for _, a := range c.truth("act") {
		if a["what"] == "Send Invoice" {
			first(a["object_no"], a.at("at"))
		}
	}
	about := map[string]string{}
	for _, l := range c.truth("link") {
		if l["source_type"] == "Message" && l["target_type"] == "Invoice" {
			about[l["source_no"]] = l["target_no"]
		}
	}
	for _, m := range c.logged() {
		if no := about[m.row["message_id"]]; no != "" && m.row["direction"] == "out" {
			first(no, m.firstSent(c))
			arrived[no] = cmp.Or(m.row.at("acknowledged_at"), m.posted)
		}
	}
	return sent, arrived
}

// bill gives orders the invoice that was posted last, and their cash.
func (c *company) bill(byOrder map[string]*passage) {
	sent, _ := c.sendings()
	invoice := map[string]row{}
	for _, i := range c.truth("invoice") {
		invoice[i["invoice_no"]] = i
	}
	last := map[string]row{}
	orders := map[string]map[string]bool{} // of invoices, and what is about them
	for _, l := range c.truth("link") {
		if l["source_type"] == "InvoiceItem" && l["target_type"] == "SalesOrderItem" {
			no, _, _ := strings.Cut(l["source_no"], "/")
			order, _, _ := strings.Cut(l["target_no"], "/")
			if orders[no] == nil {
				orders[no] = map[string]bool{}
			}
			orders[no][order] = true
		}
	}
	for no, set := range orders {
		i := invoice[no]
		for order := range set {
			p := byOrder[order]
			if p == nil || i["kind"] != "invoice" || i["cancelled_at"] != "" || i["posted_at"] == "" && !p.paid.IsZero() {
				continue
			}
			if last[order] == nil || lastOf(i, last[order], "posted_at", "invoice_no") {
				last[order] = i
			}
		}
	}
	for order, i := range last {
		p := byOrder[order]
		p.billed, p.posted = i.at("created_at"), i.at("posted_at")
		if !p.posted.IsZero() {
			p.sent = later(p.posted, sent[i["invoice_no"]])
		}
	}
	of := map[string]string{}
	for _, l := range c.truth("link") {
		if l["qualifier"] == "receivable of" {
			of[l["source_no"]] = l["target_no"]
		}
	}
	received := map[string]time.Time{}
	for _, r := range c.truth("receipt") {
		received[r["receipt_no"]] = r.at("received_at")
	}
	for _, a := range c.truth("application") {
		if a["kind"] != "cash" || a["reversed_at"] != "" {
			continue
		}
		for order := range orders[of[a["entry_no"]]] {
			if p := byOrder[order]; p != nil && !p.paid.IsZero() {
				p.cash = later(p.cash, received[a["receipt_no"]])
			}
		}
	}
}

// A stretch is a segment of one order.
type stretch struct {
	name     string
	from, to time.Time
	less     time.Duration
	toDay    bool
}

func (p *passage) stretches() []stretch {
	under := time.Duration(0)
	if !p.credit[1].IsZero() && !p.ready.IsZero() {
		to := p.credit[1]
		if to.After(p.ready) {
			to = p.ready
		}
		under = max(0, to.Sub(later(p.credit[0], p.created)))
	}
	return []stretch{{"capture", p.received, p.created, 0, p.receivedToDay}, {"validate", p.created, p.ready, under, false}, {"credit", p.credit[0], p.credit[1], 0, false},
		{"allocate", p.ready, p.allocated, 0, false}, {"warehouse_queue", p.delivery, p.started, 0, false}, {"pick_pack", p.started, p.packed, 0, false}, {"ship", p.packed, p.shipped, 0, false},
		{"transit", p.shipped, p.arrived, 0, p.arrivedToDay}, {"bill", p.shipped, p.billed, 0, false}, {"post", p.billed, p.sent, 0, false}, {"collect", p.posted, p.cash, 0, false}, {"apply", p.cash, p.paid, 0, false}}
}

// parts is who has which part of the whole: the credit block, else what ends first.
func (p *passage) parts() map[string]time.Duration {
	var cuts []time.Time
	running := slices.DeleteFunc(p.stretches()[1:], func(s stretch) bool { return s.from.IsZero() || !s.to.After(s.from) })
	for _, s := range running {
		cuts = append(cuts, s.from, s.to)
	}
	cuts = append(cuts, p.created, p.paid)
	cuts = slices.DeleteFunc(cuts, func(t time.Time) bool { return t.Before(p.created) || t.After(p.paid) })
	slices.SortFunc(cuts, time.Time.Compare)
	parts := map[string]time.Duration{}
	for i := range cuts[1:] {
		name, ends := "unexplained", time.Time{}
		for _, s := range running {
			if s.from.After(cuts[i]) || s.to.Before(cuts[i+1]) {
				continue
			}
			if s.name == "credit" {
				name = s.name
				break
			}
			if ends.IsZero() || s.to.Before(ends) {
				name, ends = s.name, s.to
			}
		}
		parts[name] += cuts[i+1].Sub(cuts[i])
	}
	return parts
}

// steps compares the segments of order to cash, and the other times.
func (c *company) steps() {
	list := c.passages()
	truth, inDays := map[string][]thing{}, map[string]bool{}
	for _, k := range metrics.Catalogue() {
		inDays[k.Name] = k.Unit == metrics.Days
	}
	took := func(name, site string, from, to, when time.Time, less time.Duration, toDay bool) {
		if from.IsZero() || to.IsZero() {
			return
		}
		d := to.Sub(from) - less
		if toDay { // whole days, each floored
			d = time.Duration(metrics.Day(c.day(to)).Since(metrics.Day(c.day(from)))) * 24 * time.Hour
		}
		if d < 0 {
			return
		}
		unit := time.Hour
		if inDays[name] {
			unit = 24 * time.Hour
		}
		truth[name] = append(truth[name], thing{when, site, float64(d) / float64(unit)})
	}
	share := tallies{}
	for _, p := range list {
		site := p.order["site"]
		for _, s := range p.stretches() {
			took("seg."+s.name, site, s.from, s.to, s.to, s.less, s.toDay)
		}
		from := cmp.Or(p.received, p.created)
		to := cmp.Or(p.delivered, p.fullShip)
		toDay := p.receivedToDay || p.deliveredToDay && !p.delivered.IsZero()
		took("ct.order_to_delivery", site, from, to, to, 0, toDay)
		if !to.IsZero() {
			dwell := time.Duration(max(0, metrics.Day(p.requested).Since(metrics.Day(c.day(from)))-5)) * 24 * time.Hour
			began := from.Add(dwell)
			took("ct.order_to_delivery.net", site, began, later(to, began), to, 0, false)
		}
		if p.paid.IsZero() {
			continue
		}
		parts := p.parts()
		took("seg.unexplained", site, p.created, p.created.Add(parts["unexplained"]), p.paid, 0, false)
		for _, name := range []string{"validate", "credit", "allocate", "warehouse_queue", "pick_pack", "ship", "transit", "bill", "post", "collect", "apply", "unexplained"} {
			share.add(parts[name].Hours()/24, 1, c.day(p.paid)[:7], site, name)
		}
	}
	for name, things := range truth {
		c.things(name, things)
	}
	c.compare("seg.contribution", metrics.Options{By: []string{"site"}, Grain: metrics.ByMonth}, share)
	c.weighted(list)
	c.sent()
	c.unapplied()
}

// weighted compares the times in which things count by their value.
func (c *company) weighted(list []*passage) {
	monthly := metrics.Options{By: []string{"site"}, Grain: metrics.ByMonth}
	want := tallies{}
	for _, p := range list {
		if !p.paid.IsZero() {
			v := p.order.number("net_value")
			want.add(v*p.paid.Sub(p.created).Hours()/24, v, c.day(p.paid)[:7], p.order["site"], p.order["currency"])
		}
	}
	c.compare("ct.order_to_cash.weighted", monthly, want)
	price, quantity, line := c.prices(c.asOf), map[string]float64{}, map[string]string{}
	for _, l := range c.truth("link") {
		if l["source_type"] == "DeliveryItem" && l["qualifier"] == "fulfils" {
			quantity[l["source_no"]], line[l["source_no"]] = l.number("quantity"), l["target_no"]
		}
	}
	want = tallies{}
	var worked []thing
	c.shippedLines(func(item, site string, shipped, billed time.Time) {
		if shipped.IsZero() || billed.IsZero() || billed.Before(shipped) {
			return
		}
		order, _, _ := strings.Cut(line[item], "/")
		v := quantity[item] * price[line[item]]
		want.add(v*billed.Sub(shipped).Hours()/24, v, c.day(billed)[:7], site, c.order[order]["currency"])
		worked = append(worked, thing{billed, site, inOffice(shipped, billed).Hours() / 24})
	})
	c.compare("ct.ship_to_invoice.weighted", monthly, want)
	c.things("ct.ship_to_invoice.working", worked)
}

// sent compares how long invoices took to reach the customer.
func (c *company) sent() {
	sent, arrived := c.sendings()
	var list []thing
	for _, i := range c.truth("invoice") {
		if i["kind"] != "invoice" || i["cancelled_at"] != "" {
			continue
		}
		to, byMessage := arrived[i["invoice_no"]]
		if !byMessage {
			to = sent[i["invoice_no"]]
		}
		site := ""
		if i["orders"] == "1" {
			site = i["site"]
		}
		if from := i.at("created_at"); !to.IsZero() && !to.Before(from) {
			list = append(list, thing{to, site, to.Sub(from).Hours()})
		}
	}
	c.things("ct.invoice_send", list)
}

// unapplied compares how long money waited; it has no site.
func (c *company) unapplied() {
	value, paid, applied := map[string]string{}, map[string]float64{}, map[string]time.Time{}
	receipt := map[string]row{}
	for _, r := range c.truth("receipt") {
		receipt[r["receipt_no"]] = r
		value[r["receipt_no"]] = r["value_date"]
	}
	weighted := tallies{}
	for _, a := range c.truth("application") {
		if a["kind"] != "cash" || a["reversed_at"] != "" {
			continue
		}
		no, on := a["receipt_no"], a.day("applied_at")
		paid[no] += a.number("amount")
		applied[no] = later(applied[no], a.at("applied_at"))
		weighted.add(a.number("amount")*float64(days(value[no], on)), a.number("amount"), on[:7], receipt[no]["currency"])
	}
	c.compare("ct.cash_apply.weighted", metrics.Options{Grain: metrics.ByMonth}, weighted)
	want := tallies{}
	for no, r := range receipt {
		if int64(paid[no]*100+0.5) == r.cents("amount") {
			want.time(float64(metrics.Day(c.day(applied[no])).Since(metrics.Day(r["value_date"]))), c.day(applied[no])[:7])
		}
	}
	c.compare("ct.cash_apply", metrics.Options{Grain: metrics.ByMonth}, want)
}
