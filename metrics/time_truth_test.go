package metrics_test

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
	simulator "millrace/sample-data/distributor"
)

// truthTable reads a table that the simulator wrote by its own path.
func truthTable(t *testing.T, dir, name string) (list []row) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "truth", name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		r := row{}
		for i, c := range lines[0] {
			r[c] = line[i]
		}
		list = append(list, r)
	}
	return list
}

// A thing is one object of a figure as the truth has it: in which period it
// counts (zero: it is open, or never counts), at which site, and what of it.
type thing struct {
	when  time.Time
	site  string
	value float64 // of a duration in days; of a rate 1 if it is hit
}

// A timeTally is what a figure must be in one period or at one site.
type timeTally struct {
	used  int64
	value float64
}

// timeTallies groups things by quarter and by site.
func timeTallies(list []thing, sum func([]float64) float64) (periods, sites map[string]timeTally) {
	byPeriod, bySite := map[string][]float64{}, map[string][]float64{}
	for _, x := range list {
		if x.when.IsZero() {
			continue
		}
		q := fmt.Sprintf("%d-Q%d", x.when.Year(), (x.when.Month()+2)/3)
		byPeriod[q] = append(byPeriod[q], x.value)
		bySite[x.site] = append(bySite[x.site], x.value)
	}
	of := func(m map[string][]float64) map[string]timeTally {
		all := map[string]timeTally{}
		for k, v := range m {
			all[k] = timeTally{int64(len(v)), sum(v)}
		}
		return all
	}
	return of(byPeriod), of(bySite)
}

func mean(v []float64) float64 {
	total := 0.0
	for _, x := range v {
		total += x
	}
	return total / float64(len(v))
}

// median is the one between the two in the middle, as quantile_cont's.
func median(v []float64) float64 {
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// The figures of time, automation and blocks on the simulated company are what
// its truth says, in three quarters and at every site.
func TestTimeTruth(t *testing.T) {
	c := simulated(t)
	truth := timeTruth(t, c.dir)
	for _, name := range slices.Sorted(maps.Keys(truth)) {
		t.Run(name, func(t *testing.T) { compareThings(t, c.store, name, truth[name]) })
	}
	t.Run("contributions", func(t *testing.T) { contributions(t, c.store) })
}

// compareThings compares a figure in three quarters and by site.
func compareThings(t *testing.T, s *eventlog.Store, name string, list []thing) {
	kpis := metrics.Named(name)
	if len(kpis) != 1 {
		t.Fatalf("there are %d figures %s", len(kpis), name)
	}
	sum := mean
	if kpis[0].Kind == metrics.DurationKind {
		sum = median
	}
	periods, sites := timeTallies(list, sum)
	check := func(what string, got metrics.Value, want timeTally) {
		if kpis[0].Kind == metrics.CountKind {
			want.value = float64(want.used)
		}
		if got.Used != want.used || want.used > 0 && !(math.Abs(got.V-want.value) <= 1e-5*max(1, math.Abs(want.value))) {
			t.Errorf("%s %s: %v, in truth %d with %v", name, what, got, want.used, want.value)
		}
	}
	byQuarter, err := metrics.Evaluate(t.Context(), s.Query, kpis, metrics.Options{Grain: metrics.ByQuarter})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"2024-Q4", "2025-Q1", "2025-Q2"} {
		if periods[q].used == 0 {
			t.Errorf("the truth has nothing in %s", q)
		}
		i := slices.IndexFunc(byQuarter, func(v metrics.Value) bool { return v.Period == q })
		if i < 0 {
			t.Errorf("%s has nothing in %s", name, q)
			continue
		}
		check(q, byQuarter[i], periods[q])
	}
	bySite, err := metrics.Evaluate(t.Context(), s.Query, kpis, metrics.Options{By: []string{"site"}})
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, v := range bySite {
		check("at "+v.By[0].Value, v, sites[v.By[0].Value])
		compared++
	}
	if compared < 2 {
		t.Errorf("%s has %d sites", name, compared)
	}
}

// timeTruth reads the figures off the truth, by loops over its rows.
func timeTruth(t *testing.T, dir string) map[string][]thing {
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
	orders := map[string]row{}
	for _, o := range truthTable(t, dir, "order") {
		orders[o["order_no"]] = o
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
	for _, w := range truthTable(t, dir, "wait") {
		if w["kind"] == "billing_block" {
			billing[w["order_no"]] = [2]time.Time{w.at("from_at"), w.at("to_at")}
		}
	}
	for _, l := range truthTable(t, dir, "line") {
		o := orders[l["order_no"]]
		if o["kind"] == "return" {
			continue
		}
		hit("blk.rate.credit", o["site"], o.at("created_at"), o["credit_set_at"] != "")
		if o["cancelled_at"] == "" {
			hours("blk.time.credit", o["site"], o.at("credit_set_at"), o.at("credit_released_at"))
			hours("blk.time.billing", o["site"], billing[l["order_no"]][0], billing[l["order_no"]][1])
		}
	}
	disputes(t, dir, orders, func(site string, opened, closed time.Time) {
		days("ct.dispute_resolution", site, opened, closed, closed)
	})
	shippedLines(t, dir, orders, func(site string, shipped, billed time.Time) {
		days("ct.ship_to_invoice", site, shipped, billed, billed)
	})
	return truth
}

// disputes calls fn for every dispute; one about several orders has no site.
func disputes(t *testing.T, dir string, orders map[string]row, fn func(site string, opened, closed time.Time)) {
	papers := map[string]row{}
	for _, p := range truthTable(t, dir, "document") {
		if p["type"] == "DisputeCase" {
			papers[p["number"]] = p
		}
	}
	links := truthTable(t, dir, "link")
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
				found[order], site = true, orders[order]["site"]
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
func shippedLines(t *testing.T, dir string, orders map[string]row, fn func(site string, shipped, billed time.Time)) {
	papers := map[string]row{}
	for _, p := range truthTable(t, dir, "document") {
		papers[p["type"]+" "+p["number"]] = p
	}
	order, billed := map[string]row{}, map[string]time.Time{}
	returns := map[string]bool{}
	for _, l := range truthTable(t, dir, "link") {
		switch l["source_type"] + " " + l["qualifier"] + " " + l["target_type"] {
		case "DeliveryItem fulfils SalesOrderItem":
			no, _, _ := strings.Cut(l["target_no"], "/")
			order[l["source_no"]] = orders[no]
			q, err := strconv.ParseFloat(l["quantity"], 64)
			if err != nil {
				t.Fatal(err)
			}
			returns[l["source_no"]] = q < 0
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
			t.Fatalf("delivery %s has no paper", no)
		}
		if !returns[item] && d["state"] != "cancelled" && o["kind"] == "order" {
			fn(o["site"], d.at("effective_at"), billed[item])
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
