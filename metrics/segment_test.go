package metrics_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"millrace/eventlog/o2c"
	"millrace/metrics"
)

// minutes are milestones of one order, in minutes since an origin; none is -1.
type minutes map[string]int

const none = -1

// An orderStory is one order with what may belong to it.
type orderStory struct {
	order      minutes   // received, created, confirmed, released, paid
	deliveries []minutes // created, allocated, pick_started, packed, shipped, delivered
	invoices   []minutes // created, posted, sent
	receipts   []minutes // received
	blocks     []minutes // set, released
}

// stories draws orders of which milestones are missing, out of order, shared and
// doubled. They come from a seed: rapid's own numbers are mostly small, and
// then hardly two segments meet.
var stories = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) orderStory {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	some := func(names ...string) minutes {
		m := minutes{}
		for _, n := range names {
			m[n] = max(none, r.IntN(48)-8) // one in six is missing
		}
		return m
	}
	list := func(names ...string) (list []minutes) {
		for range r.IntN(4) {
			list = append(list, some(names...))
		}
		return list
	}
	s := orderStory{order: some("received", "confirmed", "released")}
	s.order["created"] = r.IntN(10)
	s.order["paid"] = s.order["created"] + r.IntN(36)
	s.deliveries = list("created", "allocated", "pick_started", "packed", "shipped", "delivered")
	s.invoices = list("created", "posted", "sent")
	s.receipts = list("received")
	s.blocks = list("set", "released")
	return s
}), 10, 25)

// given writes stories as rows of the business views, all times later by shift.
func given(list []orderStory, shift time.Duration) map[string]string {
	r := map[string]*strings.Builder{}
	add := func(view, columns string, cells ...string) {
		if r[view] == nil {
			r[view] = &strings.Builder{}
			r[view].WriteString(strings.ReplaceAll(columns, " ", " | ") + "\n")
		}
		r[view].WriteString(strings.Join(cells, " | ") + "\n")
	}
	at := func(m int) string {
		if m == none {
			return ""
		}
		return time.Date(2024, 1, 8, 6, 0, 0, 0, time.UTC).Add(shift + time.Duration(m)*29*time.Minute).Format(time.DateTime)
	}
	id := 1000
	next := func() string { id++; return fmt.Sprint(id) }
	for i, s := range list {
		o := fmt.Sprint(i + 1)
		add("orders", "order_id created_at received_at confirmed_at released_at paid_at cleared_at order_object", "o"+o, at(s.order["created"]), at(s.order["received"]), at(s.order["confirmed"]), at(s.order["released"]), at(s.order["paid"]), at(s.order["paid"]), o)
		add("order_lines", "order_line_id created_at order_object line_object", "l"+o, at(s.order["created"]), o, "5"+o)
		part := func(kind string) string {
			object := next()
			add("order_objects", "order_object object object_type", o, object, kind)
			return object
		}
		for _, d := range s.deliveries {
			n := part("Delivery")
			add("deliveries", "delivery_id kind created_at allocated_at pick_started_at packed_at shipped_at delivered_at delivery_object", "d"+n, "outbound", at(d["created"]), at(d["allocated"]), at(d["pick_started"]), at(d["packed"]), at(d["shipped"]), at(d["delivered"]), n)
		}
		for _, v := range s.invoices {
			n := part("Invoice")
			add("invoices", "invoice_id kind created_at posted_at sent_at invoice_object", "i"+n, "invoice", at(v["created"]), at(v["posted"]), at(v["sent"]), n)
		}
		for _, c := range s.receipts {
			n, receipt := part("Application"), next()
			add("applications", "application_id kind application_object", "a"+n, "cash", n)
			add("links", "source_object source_type qualifier target_object target_type", n, "Application", "applies", receipt, "Receipt")
			add("receipts", "receipt_id received_at receipt_object", "r"+receipt, at(c["received"]), receipt)
		}
		for _, b := range s.blocks {
			n := part("Block")
			add("blocks", "block_id kind set_at released_at block_object", "b"+n, "credit", at(b["set"]), at(b["released"]), n)
		}
	}
	texts := map[string]string{}
	for view, b := range r {
		texts[view] = b.String()
	}
	return texts
}

// last is the one with the highest milestone; ties go to the one created later, then to the first.
func last(list []minutes, by string) minutes {
	var found minutes
	for _, m := range list {
		if m[by] == none {
			continue
		}
		if found == nil || m[by] > found[by] || m[by] == found[by] && m["created"] > found["created"] {
			found = m
		}
	}
	if found == nil && len(list) > 0 { // nothing has come so far: the one created last
		for _, m := range list {
			if found == nil || m["created"] > found["created"] {
				found = m
			}
		}
	}
	if found == nil {
		found = minutes{}
		for _, n := range []string{"created", "allocated", "pick_started", "packed", "shipped", "delivered", "posted", "sent"} {
			found[n] = none
		}
	}
	return found
}

// parts is the slow, obvious sweep: for every minute of an order, who runs, and of those who ends first.
func (s orderStory) parts() map[string]int {
	d, v := last(s.deliveries, "shipped"), last(s.invoices, "posted")
	ready := s.order["released"]
	if ready == none {
		ready = s.order["confirmed"]
	}
	cash := none
	for _, c := range s.receipts {
		cash = max(cash, c["received"])
	}
	sent := none
	if v["posted"] != none {
		sent = max(v["posted"], v["sent"])
	}
	type span struct {
		name     string
		from, to int
	}
	spans := []span{{"validate", s.order["created"], ready}, {"allocate", ready, d["allocated"]}, {"warehouse_queue", d["created"], d["pick_started"]},
		{"pick_pack", d["pick_started"], d["packed"]}, {"ship", d["packed"], d["shipped"]}, {"transit", d["shipped"], d["delivered"]},
		{"bill", d["shipped"], v["created"]}, {"post", v["created"], sent}, {"collect", v["posted"], cash}, {"apply", cash, s.order["paid"]}}
	got := map[string]int{}
	for m := s.order["created"]; m < s.order["paid"]; m++ {
		name, end := "unexplained", 1<<30
		for _, x := range spans {
			if x.from != none && x.to != none && x.from <= m && m < x.to && x.to < end {
				name, end = x.name, x.to
			}
		}
		for _, b := range s.blocks {
			if b["set"] != none && b["released"] != none && b["set"] <= m && m < b["released"] && !s.creditOpenAt(m) {
				name = "credit"
			}
		}
		got[name]++
	}
	return got
}

// creditOpenAt says that a block without an end stands then: how long it stands is not known.
func (s orderStory) creditOpenAt(m int) bool {
	// a stretch of blocks is open if one of them is
	open := map[int]bool{}
	for i, b := range s.blocks {
		if b["set"] != none && b["released"] == none {
			open[i] = true
		}
	}
	for range s.blocks {
		for i, b := range s.blocks {
			for j, c := range s.blocks {
				if open[j] && !open[i] && b["set"] != none && b["released"] >= b["set"] && b["released"] >= c["set"] {
					open[i] = true
				}
			}
		}
	}
	for i, b := range s.blocks {
		if open[i] && b["set"] <= m {
			return true
		}
	}
	return false
}

// viewQuery is the SELECT of a business view, to be asked of rows of those it reads.
func viewQuery(t testing.TB, name string) string {
	t.Helper()
	for _, v := range o2c.ViewList() {
		if v.Name == name {
			_, text, _ := strings.Cut(v.SQL, "AS\n")
			return strings.TrimSuffix(strings.TrimSpace(text), ";")
		}
	}
	t.Fatalf("there is no view %s", name)
	return ""
}

// What each segment has of an order is what a sweep minute by minute gives,
// so the parts add up to the whole; and all times later by weeks change nothing.
func TestSegments(t *testing.T) {
	bench, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer bench.Close()
	query := viewQuery(t, "order_segments")
	sums := func(rt *rapid.T, list []orderStory, shift time.Duration) (parts map[string]map[string]int64, took map[string]int64) {
		parts, took = map[string]map[string]int64{}, map[string]int64{}
		err := bench.With(t.Context(), given(list, shift), func(ctx context.Context, q metrics.Querier) error {
			r, err := q(ctx, "SELECT order_id, segment, coalesce(part_us, 0), coalesce(epoch_us(ended_at) - epoch_us(began_at) - less_us, -1) FROM ("+query+")")
			if err != nil {
				return err
			}
			defer r.Close()
			for r.Next() {
				var order, segment string
				var part, all int64
				if err := r.Scan(&order, &segment, &part, &all); err != nil {
					return err
				}
				if parts[order] == nil {
					parts[order] = map[string]int64{}
				}
				parts[order][segment] = part
				took[order+" "+segment] = all
			}
			return r.Err()
		})
		if err != nil {
			rt.Fatal(err)
		}
		return parts, took
	}
	met := map[string]int{} // orders in which a segment has a part
	const unit = int64(29 * time.Minute / time.Microsecond)
	rapid.Check(t, func(rt *rapid.T) {
		list := stories.Draw(rt, "orders")
		parts, took := sums(rt, list, 0)
		for i, s := range list {
			id, want, whole := fmt.Sprintf("o%d", i+1), s.parts(), int64(0)
			if len(parts[id]) != 13 {
				rt.Fatalf("%s has %d segments", id, len(parts[id]))
			}
			for segment, us := range parts[id] {
				if us != int64(want[segment])*unit {
					rt.Fatalf("%s: %s has %d, by the sweep %d (%+v)", id, segment, us/unit, want[segment], s)
				}
				whole += us
				if us > 0 {
					met[segment]++
				}
			}
			if want := int64(s.order["paid"]-s.order["created"]) * unit; whole != want {
				rt.Fatalf("%s: segments are %d µs, the whole %d", id, whole, want)
			}
		}
		if rapid.IntRange(0, 3).Draw(rt, "shifted") > 0 {
			return
		}
		later, tookLater := sums(rt, list, time.Duration(rapid.IntRange(1, 100).Draw(rt, "weeks"))*7*24*time.Hour)
		if fmt.Sprint(later) != fmt.Sprint(parts) || fmt.Sprint(tookLater) != fmt.Sprint(took) {
			rt.Fatalf("later by weeks, segments are\n%v\n, were\n%v", later, parts)
		}
	})
	if len(met) != 12 {
		t.Errorf("of the segments, only these were met: %v", met)
	}
}
