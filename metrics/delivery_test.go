package metrics_test

import (
	"math"
	"strings"
	"time"

	"millrace/metrics"
)

// delivery: the figures of delivery, by month and site, are what the
// simulator's decisions come to.
func (c *company) delivery() {
	t := c.t
	for _, x := range []struct{ name, due string }{{"otif.requested", "requested_date"}, {"otif.confirmed", "first_confirmed_date"}, {"otif.last_confirmed", "confirmed_date"}} {
		c.byMonthAndSite(x.name, c.linesDue(x.due, func(l *lineTruth) bool { return l.full && l.onTime }))
	}
	c.byMonthAndSite("otif.order", c.ordersDue("first_confirmed_date", func(l *lineTruth) bool { return l.full && l.onTime }))
	c.byMonthAndSite("otif.order.requested", c.ordersDue("requested_date", func(l *lineTruth) bool { return l.full && l.onTime }))
	parts := map[string]func(*lineTruth) bool{
		"perfect_order.in_full":     func(l *lineTruth) bool { return l.full },
		"perfect_order.commit_date": func(l *lineTruth) bool { return l.onTime },
		"perfect_order.documents":   func(l *lineTruth) bool { return l.papers },
		"perfect_order.condition":   func(l *lineTruth) bool { return l.condition },
	}
	product := 1.0
	for name, hit := range parts {
		c.byMonthAndSite(name, c.linesDue("first_confirmed_date", hit))
		product *= c.evaluate(name, metrics.Options{})[0].V
	}
	c.byMonthAndSite("perfect_order", c.ordersDue("first_confirmed_date", func(l *lineTruth) bool { return l.full && l.onTime && l.papers && l.condition }))
	if v := c.evaluate("perfect_order.product", metrics.Options{})[0]; math.Abs(v.V-product) > 1e-9 {
		t.Errorf("perfect_order.product is %v, that of its parts %v", v.V, product)
	}
	c.fill()
	c.allocation()
	c.returns()
	c.rejections()
	c.byMonthAndSite("backorder_rate", func(tell func(string, string, float64, float64)) {
		for _, l := range c.truth("line") {
			o := c.order[l["order_no"]]
			if o["kind"] == "return" || o["cancelled_at"] != "" || l["rejected_by"] == "customer" {
				continue
			}
			if l["requested_date"] > string(c.asOf) {
				tell("", o["site"], 0, 0)
				continue
			}
			tell(l["requested_date"], o["site"], rate(l.number("confirmed_in_time") < l.number("ordered_quantity")), 1)
		}
	})
}

// A lineTruth is an order line judged by a date.
type lineTruth struct {
	due                             string
	full, onTime, papers, condition bool
}

// arrivals are the latest known arrivals of the order lines. What the carrier
// did not say, or said of another number, nobody knows.
func (c *company) arrivals() map[string]time.Time {
	missing, wrong, toDay := c.defects("missing_row", "tracking_event"), c.defects("dangling_reference", "tracking_event"), c.defects("day_precision", "tracking_event")
	arrived := map[string]time.Time{}
	for _, w := range c.truth("wait") {
		if d := "Delivery " + w["object_no"]; w["kind"] == "transit" && !missing[d] && !wrong[d] {
			at := w.at("to_at")
			if toDay[d] {
				at = at.Truncate(24 * time.Hour)
			}
			arrived[w["object_no"]] = at
		}
	}
	gone := map[string]bool{}
	for _, d := range c.truth("document") {
		gone[d["number"]] = d["type"] == "Delivery" && d["cancelled_at"] != ""
	}
	lines := map[string]time.Time{}
	for _, l := range c.truth("link") {
		if delivery, _, _ := strings.Cut(l["source_no"], "/"); l["source_type"] == "DeliveryItem" && l["qualifier"] == "fulfils" && !gone[delivery] {
			lines[l["target_no"]] = later(lines[l["target_no"]], arrived[delivery])
		}
	}
	return lines
}

// faults are when each order line's papers, and its goods, were first found wrong.
func (c *company) faults() (papers, quality map[string]time.Time) {
	papers, quality = map[string]time.Time{}, map[string]time.Time{}
	note := func(m map[string]time.Time, line string, at time.Time) {
		if m[line].IsZero() || at.Before(m[line]) {
			m[line] = at
		}
	}
	lines := map[string][]string{}
	for _, b := range c.truth("bill") {
		line := itemNo(b["order_no"], b["item_no"])
		if b["kind"] == "invoice" {
			lines[b["invoice_no"]] = append(lines[b["invoice_no"]], line)
			if b["cancelled_at"] != "" {
				note(papers, line, b.at("cancelled_at"))
			}
			continue
		}
		switch b["reason"] {
		case "PRICE", "QUANTITY":
			note(papers, line, b.at("posted_at"))
		case "QUALITY":
			note(quality, line, b.at("posted_at"))
		}
	}
	for _, d := range c.truth("dispute") {
		for _, line := range lines[d["invoice_no"]] {
			switch d["reason"] {
			case "paperwork":
				note(papers, line, d.at("opened_at"))
			case "quality":
				note(quality, line, d.at("opened_at"))
			}
		}
	}
	return papers, quality
}

// lastIssues are the last standing goods issues of the order lines.
func (c *company) lastIssues() map[string]time.Time {
	last := map[string]time.Time{}
	for _, i := range c.truth("issue") {
		if line := itemNo(i["order_no"], i["item_no"]); i["taken_back_at"] == "" {
			last[line] = later(last[line], i.at("issued_at"))
		}
	}
	return last
}

// judged tells of every line that is due at all, by a column of truth/line.
func (c *company) judged(due string, tell func(o row, l *lineTruth)) {
	arrived, last := c.arrivals(), c.lastIssues()
	papers, quality := c.faults()
	for _, r := range c.truth("line") {
		o := c.order[r["order_no"]]
		key := itemNo(r["order_no"], r["item_no"])
		if o["kind"] == "return" || r[due] == "" {
			continue
		}
		if r["first_goods_issue_at"] == "" {
			if o["cancelled_at"] != "" && c.day(o.at("cancelled_at")) <= r[due] || r["rejected_by"] == "customer" && (r["rejected_at"] == "" || c.day(r.at("rejected_at")) <= r[due]) {
				continue
			}
		}
		x := &lineTruth{due: r[due], full: r["full_ship_at"] != ""}
		there := later(arrived[key], r.at("full_ship_at"))
		if !x.full {
			there = later(arrived[key], last[key])
		}
		x.onTime = !there.IsZero() && c.day(there) <= x.due
		x.papers = papers[key].IsZero()
		limit := later(arrived[key], last[key]).Add(60 * 24 * time.Hour)
		x.condition = quality[key].IsZero() || last[key].IsZero() || quality[key].After(limit)
		tell(o, x)
	}
}

func (c *company) linesDue(due string, hit func(*lineTruth) bool) story {
	return func(tell func(string, string, float64, float64)) {
		c.judged(due, func(o row, l *lineTruth) {
			if l.due > string(c.asOf) {
				tell("", o["site"], 0, 0)
				return
			}
			tell(l.due, o["site"], rate(hit(l)), 1)
		})
	}
}

func (c *company) ordersDue(due string, hit func(*lineTruth) bool) story {
	return func(tell func(string, string, float64, float64)) {
		last, perfect := map[string]string{}, map[string]bool{}
		c.judged(due, func(o row, l *lineTruth) {
			no := o["order_no"]
			if _, known := last[no]; !known {
				perfect[no] = true
			}
			last[no] = max(last[no], l.due)
			perfect[no] = perfect[no] && hit(l)
		})
		for no, day := range last {
			if day > string(c.asOf) {
				tell("", c.order[no]["site"], 0, 0)
				continue
			}
			tell(day, c.order[no]["site"], rate(perfect[no]), 1)
		}
	}
}

// fill compares the fill rates.
func (c *company) fill() {
	type filled struct {
		first    time.Time
		day, all float64
	}
	lines := map[string]*filled{}
	for _, i := range c.truth("issue") {
		if line := itemNo(i["order_no"], i["item_no"]); i["taken_back_at"] == "" {
			if f := lines[line]; f == nil {
				lines[line] = &filled{first: i.at("issued_at")}
			} else if at := i.at("issued_at"); at.Before(f.first) {
				f.first = at
			}
		}
	}
	for _, i := range c.truth("issue") {
		f := lines[itemNo(i["order_no"], i["item_no"])]
		if i["taken_back_at"] != "" {
			continue
		}
		if c.day(i.at("issued_at")) == c.day(f.first) {
			f.day += i.number("quantity")
		}
		if c.day(i.at("issued_at")) <= c.day(f.first.In(c.zone).AddDate(0, 0, 30)) {
			f.all += i.number("quantity")
		}
	}
	end := c.asOf.Add(1).In(c.zone)
	each := func(days int, tell func(l, o row, month string, quantity float64)) {
		for _, l := range c.truth("line") {
			o := c.order[l["order_no"]]
			f := lines[itemNo(l["order_no"], l["item_no"])]
			if o["kind"] == "return" || f == nil && (o["cancelled_at"] != "" || l["rejected_by"] == "customer") {
				continue
			}
			at, quantity := l.at("rejected_at"), 0.0
			if f != nil {
				at, quantity = f.first, f.day
				if days > 0 {
					quantity = f.all
				}
			}
			month := ""
			if !at.IsZero() && at.Add(time.Duration(days)*24*time.Hour).Before(end) {
				month = c.day(at.Add(time.Duration(days) * 24 * time.Hour))
			}
			tell(l, o, month, min(quantity, l.number("ordered_quantity")))
		}
	}
	for name, days := range map[string]int{"": 0, ".final": 30} {
		c.byMonthAndSite("fill.line"+name, func(tell func(string, string, float64, float64)) {
			each(days, func(l, o row, month string, quantity float64) {
				tell(month, o["site"], rate(quantity == l.number("ordered_quantity")), 1)
			})
		})
		c.byMonthAndSite("fill.qty"+name, func(tell func(string, string, float64, float64)) {
			each(days, func(l, o row, month string, quantity float64) {
				tell(month, o["site"]+" "+l["unit"], quantity, l.number("ordered_quantity"))
			})
		})
		c.byMonthAndSite("fill.value"+name, func(tell func(string, string, float64, float64)) {
			each(days, func(l, o row, month string, quantity float64) {
				tell(month, o["site"]+" "+o["currency"], l.number("net_value")*quantity/l.number("ordered_quantity"), l.number("net_value"))
			})
		})
	}
	for _, name := range []string{"fill.line", "fill.line.final", "fill.qty", "fill.qty.final", "fill.value", "fill.value.final"} {
		for _, v := range c.evaluate(name, metrics.Options{Grain: metrics.ByMonth}) {
			if v.Known() && (v.V < 0 || v.V > 1) {
				c.t.Errorf("%v: a fill rate is 0 to 1", v)
			}
		}
	}
}

// allocation compares what was reserved with what was picked.
func (c *company) allocation() {
	picked := map[string]time.Time{} // by delivery: the last of it
	for _, p := range c.truth("pick") {
		picked[p["delivery_no"]] = later(picked[p["delivery_no"]], p.at("finished_at"))
	}
	unit := map[string]string{}
	for _, l := range c.truth("line") {
		unit[itemNo(l["order_no"], l["item_no"])] = l["unit"]
	}
	type line struct {
		since time.Time
		short bool
	}
	lines := map[string]*line{}
	for _, p := range c.truth("pick") {
		key := itemNo(p["order_no"], p["item_no"])
		if lines[key] == nil {
			lines[key] = &line{since: picked[p["delivery_no"]]}
		}
		l := lines[key]
		if at := picked[p["delivery_no"]]; at.Before(l.since) {
			l.since = at
		}
		l.short = l.short || p.number("picked_quantity") < p.number("target_quantity")
	}
	deliveries := map[string]row{}
	for _, d := range c.truth("document") {
		if d["type"] == "Delivery" {
			deliveries[d["number"]] = d
		}
	}
	done := map[string]bool{}
	for _, p := range c.truth("pick") {
		done[itemNo(p["delivery_no"], p["delivery_item_no"])] = true
	}
	// waiting tells of the delivery lines that are to be picked.
	waiting := func(tell func(order, line string)) {
		for _, l := range c.truth("link") {
			delivery, _, _ := strings.Cut(l["source_no"], "/")
			order, _, _ := strings.Cut(l["target_no"], "/")
			if l["qualifier"] == "fulfils" && !done[l["source_no"]] && deliveries[delivery]["cancelled_at"] == "" && c.order[order]["kind"] != "return" {
				tell(order, l["target_no"])
			}
		}
	}
	c.byMonthAndSite("alloc.accuracy", func(tell func(string, string, float64, float64)) {
		for _, p := range c.truth("pick") {
			tell(c.day(picked[p["delivery_no"]]), c.order[p["order_no"]]["site"], rate(p["reservations"] == "1" && p["picked_quantity"] == p["target_quantity"]), 1)
		}
		waiting(func(order, _ string) { tell("", c.order[order]["site"], 0, 0) })
	})
	c.byMonthAndSite("alloc.short_pick", func(tell func(string, string, float64, float64)) {
		for _, p := range c.truth("pick") {
			tell(c.day(picked[p["delivery_no"]]), c.order[p["order_no"]]["site"]+" "+unit[itemNo(p["order_no"], p["item_no"])], p.number("target_quantity")-p.number("picked_quantity"), p.number("target_quantity"))
		}
		waiting(func(order, line string) { tell("", c.order[order]["site"]+" "+unit[line], 0, 0) })
	})
	c.byMonthAndSite("alloc.promise", func(tell func(string, string, float64, float64)) {
		for _, l := range c.truth("line") {
			o := c.order[l["order_no"]]
			switch p := lines[itemNo(l["order_no"], l["item_no"])]; {
			case o["kind"] == "return":
			case p != nil:
				tell(c.day(p.since), o["site"], rate(!p.short), 1)
			case o["cancelled_at"] == "" && l["rejected_by"] == "":
				tell("", o["site"], 0, 0)
			}
		}
	})
}

// returns compares what came back of what was shipped.
func (c *company) returns() {
	back, arrived := map[string]float64{}, map[string]bool{}
	returned := map[string]row{}
	for _, d := range c.truth("document") {
		if d["type"] == "Delivery" && d["state"] == "returned" {
			returned[d["number"]] = d
		}
	}
	for _, l := range c.truth("link") {
		if delivery, _, _ := strings.Cut(l["source_no"], "/"); l["source_type"] == "DeliveryItem" && l["qualifier"] == "returns" && returned[delivery] != nil {
			back[l["target_no"]] += math.Abs(l.number("quantity"))
		}
	}
	missing, wrong := c.defects("missing_row", "tracking_event"), c.defects("dangling_reference", "tracking_event")
	for _, w := range c.truth("wait") {
		if d := "Delivery " + w["object_no"]; w["kind"] == "transit" {
			arrived[w["object_no"]] = !missing[d] && !wrong[d]
		}
	}
	each := func(tell func(i row, item string)) {
		for _, i := range c.truth("issue") {
			if i["taken_back_at"] == "" && i.number("quantity") > 0 {
				tell(i, itemNo(i["delivery_no"], i["delivery_item_no"]))
			}
		}
	}
	price := c.prices(c.asOf)
	monthly := func(name string, site func(i row) string, figure func(i row, item string) (float64, float64)) {
		want := tallies{}
		each(func(i row, item string) {
			numerator, denominator := figure(i, item)
			want.add(numerator, denominator, c.day(i.at("issued_at"))[:7], site(i))
		})
		c.compare(name, metrics.Options{By: []string{"site"}, Grain: metrics.ByMonth}, want)
	}
	site := func(i row) string { return c.order[i["order_no"]]["site"] }
	monthly("return_rate.lines", site, func(i row, item string) (float64, float64) { return rate(back[item] > 0), 1 })
	monthly("return_rate.refused", site, func(i row, item string) (float64, float64) {
		return rate(back[item] > 0 && !arrived[i["delivery_no"]]), 1
	})
	monthly("return_rate.value", func(i row) string { return site(i) + " " + c.order[i["order_no"]]["currency"] }, func(i row, item string) (float64, float64) {
		p := price[itemNo(i["order_no"], i["item_no"])]
		return back[item] * p, i.number("quantity") * p
	})
	reason := map[string]string{}
	for _, b := range c.truth("bill") {
		if b["kind"] == "credit_memo" {
			reason[itemNo(b["order_no"], b["item_no"])] = strings.ToLower(b["reason"])
		}
	}
	want := tallies{}
	for _, l := range c.truth("link") {
		delivery, _, _ := strings.Cut(l["source_no"], "/")
		order, _, _ := strings.Cut(l["target_no"], "/")
		if l["qualifier"] != "fulfils" || returned[delivery] == nil {
			continue
		}
		why := reason[l["target_no"]]
		if why == "" {
			why = "not credited"
		}
		want.one(true, c.day(returned[delivery].at("effective_at"))[:7], c.order[order]["site"], why)
	}
	c.compare("returns", metrics.Options{By: []string{"site"}, Grain: metrics.ByMonth}, want)
}

// rejections compares lines that were rejected and orders that were cancelled.
func (c *company) rejections() {
	byLine := func(hit func(l, o row) bool) story {
		return func(tell func(string, string, float64, float64)) {
			for _, l := range c.truth("line") {
				if o := c.order[l["order_no"]]; o["kind"] != "return" {
					tell(c.day(o.at("created_at")), o["site"], rate(hit(l, o)), 1)
				}
			}
		}
	}
	c.byMonthAndSite("rejection_rate", byLine(func(l, o row) bool { return l["rejected_by"] != "" }))
	c.byMonthAndSite("rejection_rate.customer", byLine(func(l, o row) bool { return l["rejected_by"] == "customer" }))
	c.byMonthAndSite("rejection_rate.internal", byLine(func(l, o row) bool { return l["rejected_by"] == "internal" }))
	want := tallies{}
	for _, l := range c.truth("line") {
		if o := c.order[l["order_no"]]; l["rejected_by"] != "" {
			at := l.at("rejected_at")
			if at.IsZero() {
				at = o.at("cancelled_at")
			}
			want.one(true, c.day(at)[:7], o["site"], l["rejection_reason"], l["rejected_by"])
		}
	}
	c.compare("rejections", metrics.Options{By: []string{"site"}, Grain: metrics.ByMonth}, want)
	byOrder := func(hit func(o row) bool) story {
		return func(tell func(string, string, float64, float64)) {
			for _, o := range c.truth("order") {
				if o["kind"] != "return" {
					tell(c.day(o.at("created_at")), o["site"], rate(o["cancelled_at"] != "" && hit(o)), 1)
				}
			}
		}
	}
	released := func(o row) bool {
		return o["released_at"] != "" && !o.at("released_at").After(o.at("cancelled_at"))
	}
	c.byMonthAndSite("cancel_rate", byOrder(func(row) bool { return true }))
	c.byMonthAndSite("cancel_rate.before_release", byOrder(func(o row) bool { return !released(o) }))
	c.byMonthAndSite("cancel_rate.after_release", byOrder(released))
}
