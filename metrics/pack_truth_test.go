package metrics_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"millrace/metrics"
)

// TestPackAgainstTruth compares what the rules of conduct find in the simulated
// company with what really happened there, by its own path. The truth knows who
// acted by kind and not by name; so of changes of invoices and prices it says how many
// there are, and which must be violated as no person acted after them at all. Who bills and
// books cash is not compared: see testdata/packs.
func TestPackAgainstTruth(t *testing.T) {
	c := simulated(t)
	list, _, err := metrics.Conducts(t.Context(), c.store.Query, o2cPack(t), -1, metrics.Options{Zone: c.zone, AsOf: c.asOf})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]bool{}
	checked := map[string]int64{}
	for _, v := range list {
		keys := map[string]bool{}
		for _, x := range v.Cases {
			keys[x.Key] = true
		}
		found[v.Rule.Name], checked[v.Rule.Name] = keys, v.Checked
		if len(v.Notes) > 0 {
			t.Errorf("%s: %v", v.Rule.Name, v.Notes)
		}
	}
	// same compares the cases found with those that are there.
	same := func(rule string, n int64, want map[string]bool) {
		t.Helper()
		if checked[rule] != n {
			t.Errorf("%s: %d checked, want %d", rule, checked[rule], n)
		}
		for _, k := range lackOf(want, found[rule]) {
			t.Errorf("%s: %s is not found", rule, k)
		}
		for _, k := range lackOf(found[rule], want) {
			t.Errorf("%s: %s is found, and keeps it", rule, k)
		}
	}
	c.blocksKept(same)
	c.changesKept(same)
	c.billsKept(same)
	c.handsKept(t, checked, found)
	c.memosKept(same)
}

// lackOf are the first keys of all that are not in of.
func lackOf(all, of map[string]bool) (keys []string) {
	for k := range all {
		if !of[k] {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys[:min(len(keys), 5)]
}

type sameCases func(rule string, n int64, want map[string]bool)

// blocksAt says whether a block stood at an instant.
func blocksAt(b row, at time.Time) bool {
	released := b.at("released_at")
	return !at.IsZero() && !at.Before(b.at("set_at")) && (released.IsZero() || at.Before(released))
}

func (c *company) blocksKept(same sameCases) {
	var passed int64
	early := map[string]bool{}
	byOrder := map[string][]row{}
	for _, b := range c.truth("block") {
		byOrder[b["order_no"]] = append(byOrder[b["order_no"]], b)
		if b["kind"] != "credit" {
			continue
		}
		o := c.order[b["order_no"]]
		if o["first_goods_issue_at"] != "" || o["released_at"] != "" {
			passed++
		}
		if blocksAt(b, o.at("first_goods_issue_at")) || blocksAt(b, o.at("released_at")) {
			early[b["block_no"]] = true
		}
	}
	same("credit_check_before_release", passed, early)
	var issues int64
	under := map[string]bool{}
	for _, i := range c.truth("issue") {
		if i["taken_back_at"] != "" || c.order[i["order_no"]]["kind"] == "return" {
			continue
		}
		issues++
		for _, b := range byOrder[i["order_no"]] {
			if (b["kind"] == "credit" || b["kind"] == "delivery") && (b["item_no"] == "" || b["item_no"] == i["item_no"]) && blocksAt(b, i.at("issued_at")) {
				under[i["delivery_no"]+"/"+i["delivery_item_no"]] = true
			}
		}
	}
	same("no_shipment_on_block", issues, under)
}

func (c *company) changesKept(same sameCases) {
	var confirmed int64
	for _, o := range c.truth("order") {
		if o["kind"] != "return" && o["confirmed_at"] != "" {
			confirmed++
		}
	}
	changed := map[string]bool{}
	for _, x := range c.truth("change") {
		order, _ := orderOf(x)
		o := c.order[order]
		if o == nil || o["kind"] == "return" || o["confirmed_at"] == "" || x["asked_by_customer"] == "Y" || x["by"] != "person" && x["by"] != "unlisted" {
			continue
		}
		if x.at("changed_at").After(o.at("confirmed_at")) {
			changed[order] = true
		}
	}
	same("no_change_after_confirmation", confirmed, changed)
}

// orderOf is the order that a change is of.
func orderOf(x row) (order string, ok bool) {
	switch x["object_type"] {
	case "SalesOrder", "SalesOrderItem":
		return x["object_no"][:10], true
	}
	return "", false
}

func (c *company) billsKept(same sameCases) {
	issued := map[string]time.Time{}
	for _, i := range c.truth("issue") {
		key := i["delivery_no"] + "/" + i["delivery_item_no"]
		if at := i.at("issued_at"); i["taken_back_at"] == "" && (issued[key].IsZero() || at.Before(issued[key])) {
			issued[key] = at
		}
	}
	var n int64
	before := map[string]bool{}
	for _, b := range c.truth("bill") {
		if b["kind"] != "invoice" || b["posted_at"] == "" || b["cancelled_at"] != "" {
			continue
		}
		n++
		if at := issued[b["delivery_no"]+"/"+b["delivery_item_no"]]; at.IsZero() || b.at("posted_at").Before(at) {
			before[b["invoice_no"]+"/"+b["invoice_item_no"]] = true
		}
	}
	same("goods_issue_before_invoice", n, before)
}

// handsKept checks the rules that compare names.
func (c *company) handsKept(t *testing.T, checked map[string]int64, found map[string]map[string]bool) {
	people := map[string]int64{} // acts of people
	lastPosted := map[string]time.Time{}
	for _, a := range c.truth("act") {
		if a["by"] == "person" || a["by"] == "unlisted" {
			people[a["what"]]++
			if a["what"] == "Post Invoice" {
				lastPosted[a["object_no"]] = a.at("at")
			}
		}
	}
	for _, x := range []struct {
		rule string
		want int64
	}{
		{"credit_override_approved", people["Release Credit Block"]},
		{"invoice_change_approved", people["Change Invoice"] + people["Cancel Invoice"]},
	} {
		if checked[x.rule] != x.want {
			t.Errorf("%s: %d checked, want %d", x.rule, checked[x.rule], x.want)
		}
	}
	must := 0
	for _, a := range c.truth("act") {
		if a["by"] != "person" || a["what"] != "Change Invoice" && a["what"] != "Cancel Invoice" || !lastPosted[a["object_no"]].Before(a.at("at")) {
			continue
		}
		must++
		if !found["invoice_change_approved"][a["object_no"]] {
			t.Errorf("invoice_change_approved: %s of %s is not found, and nobody else looked at it", a["what"], a["object_no"])
		}
	}
	if must < 20 {
		t.Errorf("only %d changes of invoices must be found", must)
	}
	// Of price changes it is known when they were made, and by whose kind of hand.
	var prices int64
	for _, x := range c.truth("change") {
		order, _ := orderOf(x)
		created := c.order[order].at("created_at")
		entry := x["same_hand"] == "Y" && !x.at("changed_at").After(created.Add(16*time.Minute))
		if x["field"] == "price" && x["asked_by_customer"] != "Y" && x["by"] != "machine" && !entry {
			prices++
		}
	}
	if checked["price_exception_approved"] != prices {
		t.Errorf("price_exception_approved: %d checked, want %d", checked["price_exception_approved"], prices)
	}
}

// memosKept compares names, as they stand in the files of the finance system.
func (c *company) memosKept(same sameCases) {
	approved := map[string]string{} // by case: who
	for _, d := range readRows(c.t, filepath.Join(c.dir, "finance", "dispute.csv")) {
		if d["outcome"] != "REJECTED" {
			approved[d["case_no"]] = d["decided_by"]
		}
	}
	var n int64
	alone := map[string]bool{}
	for _, m := range readRows(c.t, filepath.Join(c.dir, "finance", "credit_memo.csv")) {
		if m["posted_at"] == "" {
			continue
		}
		n++
		if who := approved[m["case_no"]]; m["posted_by"] == m["created_by"] && (who == "" || who == m["created_by"]) {
			alone[m["credit_memo_no"]] = true
		}
	}
	same("four_eyes_credit_memo", n, alone)
}
