package metrics_test

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"millrace/metrics"
)

// An actTruth is a decision that was logged, and the order lines it is about.
type actTruth struct {
	what, by string
	at       time.Time
	lines    []string
}

// reach are the order lines of every document, by its type and number.
func (c *company) reach() map[string][]string {
	sets := map[string]map[string]bool{}
	add := func(object string, lines ...string) {
		if sets[object] == nil {
			sets[object] = map[string]bool{}
		}
		for _, l := range lines {
			sets[object][l] = true
		}
	}
	of := func(object string) (lines []string) {
		for l := range sets[object] {
			lines = append(lines, l)
		}
		slices.Sort(lines)
		return lines
	}
	for _, l := range c.truth("line") {
		line := itemNo(l["order_no"], l["item_no"])
		add("SalesOrder "+l["order_no"], line)
		add("SalesOrderItem "+line, line)
	}
	document := func(item string) string { no, _, _ := strings.Cut(item, "/"); return no }
	later := map[string][]row{} // links between documents, in the order in which they are known
	for _, l := range c.truth("link") {
		switch l["source_type"] + " " + l["qualifier"] + " " + l["target_type"] {
		case "DeliveryItem fulfils SalesOrderItem":
			add("Delivery "+document(l["source_no"]), l["target_no"])
		case "InvoiceItem bills SalesOrderItem":
			add("Invoice "+document(l["source_no"]), l["target_no"])
		default:
			later[l["qualifier"]] = append(later[l["qualifier"]], l)
		}
	}
	for _, b := range c.truth("bill") { // a credit memo's lines are those of what it credits
		add("Invoice "+b["invoice_no"], itemNo(b["order_no"], b["item_no"]))
	}
	for _, q := range []string{"corrects", "receivable of", "clears", "disputes", "concerns"} {
		for _, l := range later[q] {
			add(l["source_type"]+" "+l["source_no"], of(l["target_type"]+" "+l["target_no"])...)
		}
	}
	order := map[string]string{} // by what a message says
	for _, m := range c.truth("message") {
		order[m["content"]] = cmp.Or(m["order_no"], order[m["content"]])
	}
	for _, m := range c.truth("message") { // also what was typed in by hand in its place, and what came a second time
		add("Message "+m["message_id"], of("SalesOrder "+order[m["content"]])...)
	}
	for _, b := range c.truth("block") {
		if b["item_no"] == "" {
			add("Block "+b["block_no"], of("SalesOrder "+b["order_no"])...)
		} else {
			add("Block "+b["block_no"], itemNo(b["order_no"], b["item_no"]))
		}
	}
	lists := map[string][]string{}
	for object := range sets {
		lists[object] = of(object)
	}
	return lists
}

// acts are the decisions that the systems know of.
func (c *company) acts(reach map[string][]string) (list []actTruth) {
	lost, lostAttempt := c.defects("missing_row", "message"), c.defects("missing_row", "message_attempt")
	for _, a := range c.truth("act") {
		object := a["object_type"] + " " + a["object_no"]
		if a["object_type"] == "Message" {
			message, _, _ := strings.Cut(a["object_no"], "/")
			if lost[message] || lostAttempt[a["object_no"]] {
				continue
			}
			object = "Message " + message
		}
		if len(reach[object]) > 0 {
			list = append(list, actTruth{a["what"], a["by"], a.at("at"), reach[object]})
		}
	}
	return list
}

// A milestone is how far an order line is, at the end of the data.
type milestone struct {
	line, order               row
	entered, full, bill, paid time.Time
	cancelled, credited       bool // one of its invoices was
}

// milestones are those of the order lines that are not returned or cancelled.
func (c *company) milestones() map[string]*milestone {
	m := map[string]*milestone{}
	for _, l := range c.truth("line") {
		if o := c.order[l["order_no"]]; o["kind"] != "return" {
			m[itemNo(l["order_no"], l["item_no"])] = &milestone{line: l, order: o, entered: later(o.at("confirmed_at")), full: l.at("full_ship_at")}
		}
	}
	for _, x := range m {
		if x.entered.IsZero() {
			x.entered = x.order.at("released_at")
		}
	}
	paid := c.paidInvoices()
	corrected := map[string]bool{}
	for _, i := range c.truth("invoice") {
		corrected[i["corrects"]] = true
	}
	open := map[string]bool{}
	for _, b := range c.truth("bill") {
		x := m[itemNo(b["order_no"], b["item_no"])]
		switch {
		case x == nil || b["kind"] != "invoice":
		case b["cancelled_at"] != "":
			x.cancelled = true
		default:
			x.credited = x.credited || corrected[b["invoice_no"]]
			x.bill = later(x.bill, b.at("posted_at"))
			at := paid[b["invoice_no"]]
			open[itemNo(b["order_no"], b["item_no"])] = open[itemNo(b["order_no"], b["item_no"])] || at.IsZero()
			x.paid = later(x.paid, at)
		}
	}
	for no, x := range m {
		if x.line.number("billed_quantity") < x.line.number("ordered_quantity") || x.line.number("billed_quantity") == 0 {
			x.bill, x.paid = time.Time{}, time.Time{}
		}
		if open[no] {
			x.paid = time.Time{}
		}
	}
	return m
}

// paidInvoices says when invoices were settled, some of each entry by cash.
func (c *company) paidInvoices() map[string]time.Time {
	settled := map[string]time.Time{} // of entries
	for _, a := range c.truth("application") {
		if a["reversed_at"] == "" {
			settled[a["entry_no"]] = later(settled[a["entry_no"]], a.at("applied_at"))
			if a["kind"] == "set_off" {
				settled[a["offset_entry_no"]] = later(settled[a["offset_entry_no"]], a.at("applied_at"))
			}
		}
	}
	entry := map[string]row{}
	for _, e := range c.truth("ledger") {
		entry[e["entry_no"]] = e
	}
	paid, unpaid := map[string]time.Time{}, map[string]bool{}
	for _, l := range c.truth("link") {
		if l["qualifier"] != "receivable of" {
			continue
		}
		e := entry[l["source_no"]]
		if e.number("open_amount") != 0 || e.number("cash_settled") <= 0 {
			unpaid[l["target_no"]] = true
		}
		paid[l["target_no"]] = later(paid[l["target_no"]], settled[l["source_no"]])
	}
	for no := range unpaid {
		delete(paid, no)
	}
	return paid
}

// hands compares the figures of automation: by line, by order, by act.
func (c *company) hands() {
	reach := c.reach()
	acts := c.acts(reach)
	byLine := map[string][]actTruth{}
	share := map[string]story{}
	for _, name := range []string{"auto.event_rate", "auto.unknown_rate"} {
		share[name] = func(tell func(string, string, float64, float64)) {
			for _, a := range acts {
				order, _, _ := strings.Cut(a.lines[0], "/")
				hit := a.by == "machine" || a.by == "customer"
				if name == "auto.unknown_rate" {
					hit = a.by == "unlisted"
				}
				tell(c.day(a.at), c.order[order]["site"], rate(hit), 1)
			}
		}
	}
	for _, a := range acts {
		if (a.by == "person" || a.by == "unlisted") && a.what != "Quote Sales Order" { // before the customer ordered
			for _, l := range a.lines {
				byLine[l] = append(byLine[l], a)
			}
		}
	}
	lines := c.milestones()
	touched := func(line string, until time.Time) bool {
		return slices.ContainsFunc(byLine[line], func(a actTruth) bool { return !a.at.After(until) })
	}
	for scope, end := range map[string]func(*milestone) time.Time{"entry": func(m *milestone) time.Time { return m.entered }, "fulfil": func(m *milestone) time.Time { return m.full },
		"bill": func(m *milestone) time.Time { return m.bill }, "cash": func(m *milestone) time.Time { return m.paid }} {
		share["auto.touchless_order_rate."+scope] = func(tell func(string, string, float64, float64)) {
			for no, m := range lines {
				if m.order["cancelled_at"] == "" && m.line["rejection_reason"] == "" {
					tell(c.day(end(m)), m.order["site"], rate(!touched(no, end(m))), 1)
				}
			}
		}
	}
	perOrder := func(column, until string) story {
		return func(tell func(string, string, float64, float64)) {
			for _, o := range c.truth("order") {
				switch {
				case o["kind"] == "return" || o["cancelled_at"] != "":
				case o[column] == "":
					tell("", o["site"], 0, 0)
				default:
					tell(c.day(o.at(until)), o["site"], o.number(column), 1)
				}
			}
		}
	}
	share["manual_touches_per_order"] = perOrder("touches_bill", "last_invoice_posted_at")
	share["manual_touches_per_order.unknown"] = perOrder("unknown_bill", "last_invoice_posted_at")
	share["manual_touches_per_order.cash"] = perOrder("touches_cash", "paid_at")
	share["auto.touchless_entry_rate"] = func(tell func(string, string, float64, float64)) {
		for _, o := range c.truth("order") {
			if o["kind"] != "return" && o["touches_entry"] != "" {
				tell(c.day(o.at("created_at")), o["site"], rate(o["touches_entry"] == "0" && o["unknown_entry"] == "0"), 1)
			}
		}
	}
	for name, s := range share {
		c.byMonthAndSite(name, s)
	}
	c.rework(reach, acts, lines)
}

// rework compares what was done again, and what was right at first.
func (c *company) rework(reach map[string][]string, acts []actTruth, lines map[string]*milestone) {
	undone := []string{"Deallocate Stock", "Cancel Delivery", "Reverse Goods Issue", "Cancel Invoice", "Unapply Cash", "Reset Receivable"}
	nth, again := map[string]int{}, map[string]int{}
	for _, a := range acts {
		for _, l := range a.lines {
			m := lines[l]
			if m == nil {
				continue
			}
			nth[l+a.what]++
			once := strings.HasPrefix(a.what, "Set ") || slices.Contains([]string{"Confirm Sales Order", "Release Sales Order", "Send Order Confirmation"}, a.what)
			changed := strings.HasPrefix(a.what, "Change ") && m.order["confirmed_at"] != "" && a.at.After(m.order.at("confirmed_at"))
			if changed || once && nth[l+a.what] > 1 || slices.Contains(undone, a.what) {
				again[l]++
			}
		}
	}
	perLine := func(figure func(no string) float64) story {
		return func(tell func(string, string, float64, float64)) {
			for no, m := range lines {
				if m.order["cancelled_at"] == "" {
					tell(c.day(m.order.at("created_at")), m.order["site"], figure(no), 1)
				}
			}
		}
	}
	c.byMonthAndSite("rw.rework_rate", perLine(func(no string) float64 { return rate(again[no] > 0) }))
	c.byMonthAndSite("rw.rework_per_100", perLine(func(no string) float64 { return 100 * float64(again[no]) }))
	c.firstTimeRight(reach, lines)
	c.changes(lines)
}

// changeOf is the order, and the line if it is of one, that a change is about.
func changeOf(r row) (order, line string) {
	switch r["object_type"] {
	case "SalesOrder":
		return r["object_no"], ""
	case "SalesOrderItem":
		order, _, _ = strings.Cut(r["object_no"], "/")
		return order, r["object_no"]
	}
	return "", ""
}

func (c *company) firstTimeRight(reach map[string][]string, lines map[string]*milestone) {
	wrong, ours := map[string]bool{}, map[string]bool{}
	note := func(lines []string, byUs bool) {
		for _, l := range lines {
			wrong[l] = true
			ours[l] = ours[l] || byUs
		}
	}
	for _, r := range c.truth("change") {
		order, line := changeOf(r)
		if order == "" || r["same_hand"] == "Y" && r.at("changed_at").Sub(c.order[order].at("created_at")) <= 15*time.Minute {
			continue
		}
		if line == "" {
			note(reach["SalesOrder "+order], r["asked_by_customer"] == "N")
		} else {
			note([]string{line}, r["asked_by_customer"] == "N")
		}
	}
	for _, b := range c.truth("block") {
		note(reach["Block "+b["block_no"]], true)
	}
	for _, m := range c.logged() {
		if !m.failed.IsZero() && !m.again { // that an order comes a second time and is refused is no failure of it
			note(reach["Message "+m.row["message_id"]], true)
		}
	}
	for name, set := range map[string]map[string]bool{"ftr.first_time_right": wrong, "ftr.first_time_right.ours": ours} {
		c.byMonthAndSite(name, func(tell func(string, string, float64, float64)) {
			for no, m := range lines {
				rejected := m.line["rejection_reason"] != ""
				switch {
				case m.order["cancelled_at"] != "":
				case rejected:
					tell(c.day(m.line.at("rejected_at")), m.order["site"], 0, 1)
				default:
					tell(c.day(m.bill), m.order["site"], rate(!set[no] && !m.cancelled && !m.credited), 1)
				}
			}
		})
	}
}

// changes compares what was changed after the confirmation.
func (c *company) changes(lines map[string]*milestone) {
	price := c.prices(c.asOf)
	for family, fields := range map[string][]string{"chg.price": {"price"}, "chg.qty": {"quantity"}, "chg.date": {"requested_date", "confirmed_date"}} {
		var after []row
		hit := map[string]bool{}
		for _, r := range c.truth("change") {
			order, line := changeOf(r)
			if o := c.order[order]; order != "" && slices.Contains(fields, r["field"]) && o["confirmed_at"] != "" && r.at("changed_at").After(o.at("confirmed_at")) {
				after = append(after, r)
				hit[order+line] = true
			}
		}
		c.byMonthAndSite(family, func(tell func(string, string, float64, float64)) {
			for no, m := range lines {
				if m.order["cancelled_at"] == "" && m.order["confirmed_at"] != "" {
					order := m.order["order_no"]
					tell(c.day(m.order.at("confirmed_at")), m.order["site"], rate(hit[order] || hit[order+no]), 1)
				}
			}
		})
		each := func(by func(r, o row) string, figure func(r row, line string) float64) tallies {
			want := tallies{}
			for _, r := range after {
				order, line := changeOf(r)
				want.add(figure(r, line), 1, c.day(r.at("changed_at"))[:7], by(r, c.order[order]))
			}
			return want
		}
		site := func(_, o row) string { return o["site"] }
		money := func(_, o row) string { return o["site"] + " " + o["currency"] }
		monthly := metrics.Options{By: []string{"site"}, Grain: metrics.ByMonth}
		moved := func(r row) float64 {
			return math.Abs(row{"x": r["new"]}.number("x") - row{"x": r["old"]}.number("x"))
		}
		c.compare(family+".count", monthly, each(site, func(row, string) float64 { return 1 }))
		switch family {
		case "chg.price":
			c.compare("chg.price.value", monthly, each(money, func(r row, line string) float64 { return moved(r) * lines[line].line.number("ordered_quantity") }))
		case "chg.qty":
			c.compare("chg.qty.value", monthly, each(money, func(r row, line string) float64 { return moved(r) * price[line] }))
		case "chg.date":
			c.compare("chg.date.days", monthly, each(site, func(r row, _ string) float64 {
				return math.Abs(float64(metrics.Day(r["new"]).Since(metrics.Day(r["old"]))))
			}))
		}
	}
}
