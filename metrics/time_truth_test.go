package metrics_test

import (
	"cmp"

	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
	simulator "millrace/sample-data/distributor"
)

// A thing is one object of a figure as the truth has it: in which period it
// counts (zero: it is open, or never counts), at which site, and what of it.
type thing struct {
	when  time.Time
	site  string
	value float64 // of a duration in days; of a rate 1 if it is hit
}

// things compares a figure in every quarter, by site.
func (c *company) things(name string, list []thing) {
	c.t.Helper()
	kpis := metrics.Named(name)
	if len(kpis) != 1 {
		c.t.Fatalf("there are %d figures %s", len(kpis), name)
	}
	want := tallies{}
	for _, x := range list {
		if x.when.IsZero() {
			continue
		}
		day := x.when.In(c.zone)
		quarter := fmt.Sprintf("%d-Q%d", day.Year(), (day.Month()+2)/3)
		if kpis[0].Kind == metrics.DurationKind {
			want.time(x.value, quarter, x.site)
		} else {
			want.add(x.value, 1, quarter, x.site)
		}
	}
	c.compare(name, metrics.Options{By: []string{"site"}, Grain: metrics.ByQuarter, Calendars: office(c.t)}, want)
}

// times compares the figures of time, automation and blocks that one row of the truth tells.
func (c *company) times() {
	truth := c.timeTruth()
	for _, name := range slices.Sorted(maps.Keys(truth)) {
		c.things(name, truth[name])
	}
	contributions(c.t, c.store)
}

// timeTruth reads the figures off the truth, by loops over its rows.
func (c *company) timeTruth() map[string][]thing {
	truth := map[string][]thing{}
	days := func(name, site string, from, to time.Time, when time.Time) {
		if !from.IsZero() && !to.IsZero() && !to.Before(from) {
			truth[name] = append(truth[name], thing{when, site, to.Sub(from).Hours() / 24})
		}
	}
	hours := func(name, site string, from, to time.Time) {
		if !from.IsZero() && !to.IsZero() && !to.Before(from) {
			truth[name] = append(truth[name], thing{to, site, to.Sub(from).Hours()})
		}
	}
	hit := func(name, site string, when time.Time, yes bool) {
		truth[name] = append(truth[name], thing{when, site, map[bool]float64{true: 1}[yes]})
	}
	for _, o := range c.truth("order") {
		if o["kind"] == "return" {
			continue
		}
		created, site := o.at("created_at"), o["site"]
		hit("orders", site, created, true)
		if o["cancelled_at"] != "" {
			continue
		}
		days("ct.order_to_cash", site, created, o.at("paid_at"), o.at("paid_at"))
		blocked := time.Duration(0)
		if o["credit_released_at"] != "" {
			blocked = o.at("credit_released_at").Sub(o.at("credit_set_at"))
		}
		if !o.at("released_at").IsZero() {
			hours("seg.validate", site, created.Add(blocked), o.at("released_at"))
		}
		hours("seg.credit", site, o.at("credit_set_at"), o.at("credit_released_at"))
		ready := o.at("confirmed_at")
		if ready.IsZero() {
			ready = o.at("released_at")
		}
		for scope, end := range map[string]time.Time{"entry": ready, "fulfil": o.at("full_ship_at"), "bill": o.at("last_invoice_posted_at"), "cash": o.at("paid_at")} {
			if o["touches_"+scope] != "" {
				hit("auto.touchless_order_rate."+scope+".orders", site, end, o["touches_"+scope] == "0" && o["unknown_"+scope] == "0")
			}
		}
	}
	billing := map[string][2]time.Time{}
	for _, w := range c.truth("wait") {
		if w["kind"] == "billing_block" {
			billing[w["order_no"]] = [2]time.Time{w.at("from_at"), w.at("to_at")}
		}
	}
	for _, l := range c.truth("line") {
		o := c.order[l["order_no"]]
		if o["kind"] == "return" {
			continue
		}
		hit("blk.rate.credit", o["site"], o.at("created_at"), o["credit_set_at"] != "")
		if o["cancelled_at"] == "" {
			hours("blk.time.credit", o["site"], o.at("credit_set_at"), o.at("credit_released_at"))
			hours("blk.time.billing", o["site"], billing[l["order_no"]][0], billing[l["order_no"]][1])
		}
	}
	c.disputes(func(site string, opened, closed time.Time) {
		days("ct.dispute_resolution", site, opened, closed, closed)
	})
	c.shippedLines(func(_, site string, shipped, billed time.Time) {
		days("ct.ship_to_invoice", site, shipped, billed, billed)
	})
	return truth
}

// disputes calls fn for every dispute; one about several orders has no site.
func (c *company) disputes(fn func(site string, opened, closed time.Time)) {
	papers := map[string]row{}
	for _, p := range c.truth("document") {
		if p["type"] == "DisputeCase" {
			papers[p["number"]] = p
		}
	}
	links := c.truth("link")
	about, of := map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, l := range links {
		from, _, _ := strings.Cut(l["source_no"], "/")
		to, _, _ := strings.Cut(l["target_no"], "/")
		m := map[string]map[string]map[string]bool{"DisputeCase disputes Invoice": about, "InvoiceItem bills SalesOrderItem": of}[l["source_type"]+" "+l["qualifier"]+" "+l["target_type"]]
		if m == nil {
			continue
		}
		if m[from] == nil {
			m[from] = map[string]bool{}
		}
		m[from][to] = true
	}
	for no, p := range papers {
		found, site := map[string]bool{}, ""
		for invoice := range about[no] {
			for order := range of[invoice] {
				found[order], site = true, c.order[order]["site"]
			}
		}
		if len(found) != 1 {
			site = ""
		}
		fn(site, p.at("created_at"), p.at("effective_at"))
	}
}

// shippedLines calls fn for every delivery line that left and is to be billed,
// with the earliest invoice of it that stands.
func (c *company) shippedLines(fn func(item, site string, shipped, billed time.Time)) {
	papers := map[string]row{}
	for _, p := range c.truth("document") {
		papers[p["type"]+" "+p["number"]] = p
	}
	order, billed := map[string]row{}, map[string]time.Time{}
	returns := map[string]bool{}
	for _, l := range c.truth("link") {
		switch l["source_type"] + " " + l["qualifier"] + " " + l["target_type"] {
		case "DeliveryItem fulfils SalesOrderItem":
			no, _, _ := strings.Cut(l["target_no"], "/")
			order[l["source_no"]] = c.order[no]
			returns[l["source_no"]] = l.number("quantity") < 0
		case "InvoiceItem bills DeliveryItem":
			no, _, _ := strings.Cut(l["source_no"], "/")
			p := papers["Invoice "+no]
			if p["state"] == "cancelled" || p["state"] == "cancellation" {
				continue
			}
			if b := billed[l["target_no"]]; b.IsZero() || p.at("created_at").Before(b) {
				billed[l["target_no"]] = p.at("created_at")
			}
		}
	}
	for item, o := range order {
		no, _, _ := strings.Cut(item, "/")
		d := papers["Delivery "+no]
		if d == nil {
			c.t.Fatalf("delivery %s has no paper", no)
		}
		if !returns[item] && d["state"] != "cancelled" && o["kind"] == "order" {
			fn(item, o["site"], d.at("effective_at"), billed[item])
		}
	}
}

// contributions: what the segments have of order to cash adds up to its mean,
// in every quarter and at every site, and to the whole of each paid order.
func contributions(t *testing.T, s *eventlog.Store) {
	for _, o := range []metrics.Options{{}, {Grain: metrics.ByQuarter}, {By: []string{"site"}}} {
		values, err := metrics.Evaluate(t.Context(), s.Query, metrics.Named("ct.order_to_cash", "seg.contribution"), o)
		if err != nil {
			t.Fatal(err)
		}
		whole, parts := map[string]metrics.Value{}, map[string]float64{}
		for _, v := range values {
			key := v.Period
			if len(o.By) > 0 {
				key = v.By[0].Value
			}
			if v.KPI.Name == "ct.order_to_cash" {
				whole[key] = v
			} else if v.Known() {
				parts[key] += v.V
			}
		}
		if len(parts) == 0 || len(parts) > len(whole) {
			t.Errorf("%v: %d sums of segments of %d wholes", o, len(parts), len(whole))
		}
		for key, sum := range parts {
			if w := whole[key]; !(math.Abs(sum-w.Mean) < 1e-9*max(1, w.Mean)) {
				t.Errorf("%q: segments have %v days on average, the whole %v", key, sum, w.Mean)
			}
		}
	}
	if n := count(t, s, `SELECT count(*) FROM (
		SELECT s.order_id FROM o2c.order_segments s JOIN o2c.orders o ON o.order_id = s.order_id
		WHERE o.paid_at >= o.created_at GROUP BY s.order_id, o.paid_at, o.created_at
		HAVING sum(s.part_us) IS DISTINCT FROM epoch_us(o.paid_at) - epoch_us(o.created_at) OR min(s.part_us) < 0)`); n != 0 {
		t.Errorf("of %d orders the segments do not add up to the whole", n)
	}
	if paid := count(t, s, "SELECT count(*) FROM o2c.orders WHERE paid_at >= created_at"); paid < 100 {
		t.Errorf("%d orders are paid", paid)
	}
}

// Rows told twice change no figure of time, automation and exceptions: a
// carrier's, a warehouse's, and an integration log's.
func TestToldTwice(t *testing.T) {
	dir := t.TempDir()
	if _, err := simulator.Generate(t.Context(), dir, simulator.Options{Seed: 7, Orders: 150}); err != nil {
		t.Fatal(err)
	}
	once := familyTexts(t, dir)
	for _, file := range []string{"carrier/tracking_event.csv", "wms/pick.csv", "messages/message_attempt.csv", "erp/change_log.csv", "erp/order_block.csv"} {
		path := filepath.Join(dir, filepath.FromSlash(file))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "\n")
		if err := os.WriteFile(path, []byte(string(text)+rest), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	twice := familyTexts(t, dir)
	if len(once) < 60 {
		t.Errorf("there are %d values", len(once))
	}
	for i := range min(len(once), len(twice)) {
		if once[i] != twice[i] {
			t.Errorf("%s\nand told twice\n%s", once[i], twice[i])
		}
	}
	if len(once) != len(twice) {
		t.Errorf("%d values, and told twice %d", len(once), len(twice))
	}
}

// familyTexts loads dir and writes the values of three families.
func familyTexts(t *testing.T, dir string) (list []string) {
	var kpis []*metrics.KPI
	for _, k := range metrics.Catalogue() {
		if slices.Contains([]string{"time", "automation", "exceptions"}, k.Family) {
			kpis = append(kpis, k)
		}
	}
	values, err := metrics.Evaluate(t.Context(), load(t, dir).Query, kpis, metrics.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		list = append(list, v.String())
	}
	slices.SortFunc(list, cmp.Compare[string])
	return list
}
