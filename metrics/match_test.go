package metrics_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"millrace/metrics"
)

// Days before the end of the data, for states: on the first an invoice stood
// that was cancelled later, on the second a goods issue that was taken back later.
var earlier = []metrics.Day{"2024-11-08", "2024-12-28", "2025-06-30"}

// prices are what each order line asked for at the end of a day, by line.
func (c *company) prices(day metrics.Day) map[string]float64 {
	m := map[string]float64{}
	for line, r := range c.revisions(day) {
		m[line] = r.number("net_price")
	}
	return m
}

// revisions are the order lines as they were at the end of a day.
func (c *company) revisions(day metrics.Day) map[string]row {
	end := day.Add(1).In(c.zone)
	m := map[string]row{}
	for _, r := range c.truth("revision") {
		if line := itemNo(r["order_no"], r["item_no"]); r.at("valid_from").Before(end) && (m[line] == nil || !r.at("valid_from").Before(m[line].at("valid_from"))) {
			m[line] = r
		}
	}
	return m
}

// stood says that something of a row was true at the end of a day.
func stood(r row, from, to string, end time.Time) bool {
	return r[from] != "" && r.at(from).Before(end) && (r[to] == "" || !r.at(to).Before(end))
}

// backlog: the backlog is what somebody would have said on the day,
// before what was changed, taken back or cancelled later.
func (c *company) backlog() {
	t := c.t
	undone := 0
	for _, day := range append(earlier, c.asOf) {
		end := day.Add(1).In(c.zone)
		shipped := map[string]float64{}
		for _, i := range c.truth("issue") {
			if stood(i, "issued_at", "taken_back_at", end) {
				if i["taken_back_at"] != "" {
					undone++
				}
				shipped[itemNo(i["order_no"], i["item_no"])] += i.number("quantity")
			}
		}
		asked := c.revisions(day)
		value, aged := tallies{}, tallies{}
		ages := tallies{}
		for _, l := range c.truth("line") {
			o, key := c.order[l["order_no"]], itemNo(l["order_no"], l["item_no"])
			r := asked[key]
			if o["kind"] == "return" || r == nil || !o.at("created_at").Before(end) || o["cancelled_at"] != "" && o.at("cancelled_at").Before(end) || l["rejected_at"] != "" && l.at("rejected_at").Before(end) {
				continue
			}
			rest := r.number("ordered_quantity") - shipped[key]
			if rest <= 0 {
				continue
			}
			value.add(rest*r.number("net_price"), 0, o["site"], o["currency"])
			late := int(day.Since(metrics.Day(r["requested_date"])))
			bucket := "3 over 30 days"
			switch {
			case late <= 0:
				bucket = "0 not due"
			case late <= 7:
				bucket = "1 to 7 days"
			case late <= 30:
				bucket = "2 to 30 days"
			}
			aged.add(rest*r.number("net_price"), 0, o["site"], bucket, o["currency"])
			ages.time(end.Sub(o.at("created_at")).Hours()/24, o["site"])
		}
		c.compare("backlog.value", metrics.Options{AsOf: day, By: []string{"site"}}, value)
		c.compare("backlog.aging", metrics.Options{AsOf: day, By: []string{"site"}}, aged)
		c.compare("backlog.age", metrics.Options{AsOf: day, By: []string{"site"}}, ages)
	}
	if undone == 0 {
		t.Error("on none of the days a goods issue stood that was taken back later")
	}
}

// unbilled: what was shipped and not billed is what somebody would
// have said on the day, before invoices were posted or cancelled later.
func (c *company) unbilled() {
	t := c.t
	undone := 0
	for _, day := range append(earlier, c.asOf) {
		end := day.Add(1).In(c.zone)
		billed, dated := map[string]bool{}, map[string]bool{}
		for _, b := range c.truth("bill") {
			if item := itemNo(b["delivery_no"], b["delivery_item_no"]); b["kind"] == "invoice" && stood(b, "posted_at", "cancelled_at", end) {
				if b["cancelled_at"] != "" {
					undone++
				}
				billed[item] = true
				dated[item] = dated[item] || b["invoice_date"] <= string(day)
			}
		}
		price := c.prices(c.asOf)
		unbilled, cut := tallies{}, tallies{}
		for _, i := range c.truth("issue") {
			o := c.order[i["order_no"]]
			if !stood(i, "issued_at", "taken_back_at", end) || o["kind"] == "free_of_charge" || i.number("quantity") == 0 {
				continue
			}
			value := i.number("quantity") * price[itemNo(i["order_no"], i["item_no"])]
			item := itemNo(i["delivery_no"], i["delivery_item_no"])
			if !billed[item] {
				unbilled.add(value, 0, o["site"], o["currency"])
			}
			if !dated[item] {
				cut.add(value, 0, o["site"], o["currency"])
			}
		}
		c.compare("match.unbilled", metrics.Options{AsOf: day, By: []string{"site"}}, unbilled)
		c.compare("cutoff.shipped_not_billed", metrics.Options{AsOf: day, By: []string{"site"}}, cut)
	}
	if undone == 0 {
		t.Error("on none of the days an invoice stood that was cancelled later")
	}
}

// match: order, shipment and invoice are compared as a clerk would,
// and the prices put right by a bill that takes another's place are found.
func (c *company) match() {
	t := c.t
	type line struct {
		quantity, charged float64
		last              time.Time
		some, disputed    bool
	}
	lines := map[string]*line{}
	at := func(key string) *line {
		if lines[key] == nil {
			lines[key] = &line{}
		}
		return lines[key]
	}
	billed := map[string]bool{}
	disputed := map[string]bool{}
	for _, d := range c.truth("dispute") {
		disputed[d["invoice_no"]] = true
	}
	for _, b := range c.truth("bill") {
		l := at(itemNo(b["order_no"], b["item_no"]))
		l.disputed = l.disputed || b["kind"] == "invoice" && disputed[b["invoice_no"]]
		if b["posted_at"] == "" || b["cancelled_at"] != "" || b.number("quantity") == 0 {
			continue
		}
		l.quantity += b.number("quantity")
		if b["kind"] == "credit_memo" {
			l.charged += b.number("net_amount")
			continue
		}
		l.charged += b.number("quantity") * b.number("net_price")
		l.last, l.some = later(l.last, b.at("posted_at")), true
		billed[itemNo(b["delivery_no"], b["delivery_item_no"])] = true
	}
	waiting := map[string]bool{}
	for _, i := range c.truth("issue") {
		if i["taken_back_at"] == "" && i.number("quantity") > 0 && !billed[itemNo(i["delivery_no"], i["delivery_item_no"])] {
			waiting[itemNo(i["order_no"], i["item_no"])] = true
		}
	}
	price := c.prices(c.asOf)
	sums := map[string]tallies{"match.overbilled.quantity": {}, "match.overbilled.price": {}, "match.underbilled.quantity": {}, "match.underbilled.price": {}}
	wrong := tallies{}
	planted := 0
	c.byMonthAndSite("match.rate", func(tell func(string, string, float64, float64)) {
		for _, r := range c.truth("line") {
			o, key := c.order[r["order_no"]], itemNo(r["order_no"], r["item_no"])
			l := at(key)
			if o["kind"] != "order" || !l.some && r.number("shipped_quantity") == 0 {
				continue
			}
			if waiting[key] || !l.some {
				tell("", o["site"], 0, 0)
			}
			if !l.some {
				continue
			}
			month := c.day(l.last)
			add := func(name string, value float64) {
				sums[name].add(value, 0, month[:7], o["site"], o["currency"])
			}
			gap, paid := l.quantity-r.number("shipped_quantity"), l.charged-l.quantity*price[key]
			switch {
			case gap > 1e-9:
				add("match.overbilled.quantity", gap*price[key])
			case gap < -1e-9 && !waiting[key]:
				add("match.underbilled.quantity", -gap*price[key])
			}
			// A credit memo is rounded to cents; a price that differs does so by more.
			switch {
			case paid >= 0.01:
				add("match.overbilled.price", paid)
			case paid <= -0.01:
				add("match.underbilled.price", -paid)
				planted++
			}
			if waiting[key] {
				continue
			}
			good := math.Abs(gap) < 1e-9 && math.Abs(paid) < 0.01
			tell(month, o["site"], rate(good), 1)
			if !good {
				wrong.one(l.disputed, month[:7], o["site"])
			}
		}
	})
	for name, want := range sums {
		if name != "match.underbilled.price" && len(want) == 0 {
			c.nothing(name) // of the kind is planted
			continue
		}
		c.compare(name, metrics.Options{By: []string{"site"}, Grain: metrics.ByMonth}, want)
	}
	c.compare("match.disputed", metrics.Options{By: []string{"site"}, Grain: metrics.ByMonth}, wrong)
	if planted == 0 {
		t.Error("no bill at another price is planted")
	}
}

// TestMatchLaws: an invoice and its own cancellation, and an invoice in two
// parts, change no figure of the match; a delivery in two parts of one day
// changes no fill rate; a message that comes again changes no failure rate.
func TestMatchLaws(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	const head = "order_line_id | target_type | target_object | kind | quantity | price | posted_at | created_at | cancelled_at | is_cancelled | delivery_lines\n"
	const issues = "order_line_id | order_line_object | line_object | quantity | issued_at\n"
	const messages = "message_id | first_at | attempts | failures | first_attempt_failed | first_failed_at | processed_at | duplicate_of | is_closed_unposted\n"
	lines := map[string]string{
		"order_lines": "order_line_id | line_object | created_at | ordered_quantity | shipped_quantity | unit | net_price | net_value | currency | first_ship_at | last_ship_at | full_ship_at | order_kind | requested_date | first_confirmed_date | confirmed_date\n" +
			"a | 1 | 2024-01-01 | 10 | 10 | PC | 5 | 50 | EUR | 2024-01-02 08:00 | 2024-01-02 08:00 | 2024-01-02 08:00 | order | 2024-01-03 | 2024-01-03 | 2024-01-03\nb | 2 | 2024-01-01 | 10 | 8 | PC | 5 | 50 | EUR | 2024-01-02 08:00 | 2024-01-02 08:00 | | order | 2024-01-03 | 2024-01-03 | 2024-01-03\n",
		"delivery_lines": "delivery_line_id | line_object | order_line_id | order_line_object | kind | created_at | shipped_at | quantity | net_value | currency\n" +
			"x | 11 | a | 1 | outbound | 2024-01-01 | 2024-01-02 | 10 | 50 | EUR\ny | 12 | b | 2 | outbound | 2024-01-01 | 2024-01-02 | 8 | 40 | EUR\n",
		"billings": head +
			"a | SalesOrderItem | 1 | invoice | 10 | 4 | 2024-01-03 | 2024-01-03 | | false | 1\na | DeliveryItem | 11 | invoice | 10 | 4 | 2024-01-03 | 2024-01-03 | | false | 1\n",
		"goods_issues": issues + "a | 1 | 11 | 10 | 2024-01-02 08:00\nb | 2 | 12 | 8 | 2024-01-02 08:00\n",
		"messages":     messages + "m | 2024-01-02 | 1 | 1 | true | 2024-01-02 | | | false\nn | 2024-01-02 | 1 | 0 | false | | 2024-01-02 | | false\n",
	}
	with := func(view, text string) map[string]string {
		m := map[string]string{}
		for k, v := range lines {
			m[k] = v
		}
		m[view] = text
		return m
	}
	want := figures(t, b, lines)
	if len(want) < 30 || !strings.Contains(want["match.underbilled.price"], "10") || !strings.Contains(want["match.unbilled"], "40") {
		t.Fatalf("the figures to compare with: %v", want)
	}
	for name, given := range map[string]map[string]string{
		"an invoice and its cancellation": with("billings", lines["billings"]+"a | SalesOrderItem | 1 | invoice | 10 | 9 | 2024-01-04 | 2024-01-04 | 2024-01-04 | true | 1\nb | DeliveryItem | 12 | invoice | 8 | 5 | 2024-01-04 | 2024-01-04 | 2024-01-04 | true | 1\n"),
		"an invoice in two parts": with("billings", head+
			"a | SalesOrderItem | 1 | invoice | 7 | 4 | 2024-01-03 | 2024-01-03 | | false | 1\na | SalesOrderItem | 1 | invoice | 3 | 4 | 2024-01-03 | 2024-01-03 | | false | 1\n"+
			"a | DeliveryItem | 11 | invoice | 7 | 4 | 2024-01-03 | 2024-01-03 | | false | 1\na | DeliveryItem | 11 | invoice | 3 | 4 | 2024-01-03 | 2024-01-03 | | false | 1\n"),
		"a delivery in two parts": with("goods_issues", issues+"a | 1 | 11 | 4 | 2024-01-02 08:00\na | 1 | 13 | 6 | 2024-01-02 19:00\nb | 2 | 12 | 8 | 2024-01-02 08:00\n"),
		"a message again":         with("messages", lines["messages"]+"o | 2024-01-02 | 1 | 1 | true | 2024-01-02 | | m | true\np | 2024-01-02 | 3 | 2 | true | 2024-01-02 | 2024-01-02 | n | false\n"),
	} {
		for kpi, text := range figures(t, b, given) {
			if strings.HasPrefix(kpi, "int.duplicate") || strings.HasPrefix(kpi, "int.clock") {
				continue // they tell of it
			}
			if want[kpi] != text {
				t.Errorf("%s: %s is %s, was %s", name, kpi, text, want[kpi])
			}
		}
	}
}
