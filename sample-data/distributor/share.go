package distributor

// A share is how often something is not one-to-one; stated in ten-thousandths.
type shareInfo struct {
	name   string
	stated int64
	doc    string
}

// shares lists what truth/share holds. What is stated are the company's
// habits as set in this package, seen at 25,000 orders.
var shares = []shareInfo{
	{"lines_over_several_deliveries", 380, "order lines on two or more standing deliveries, of those on any"},
	{"orders_over_several_deliveries", 2600, "orders with two or more standing deliveries, of those with any"},
	{"deliveries_of_several_orders", 310, "standing outbound deliveries with lines of two or more orders"},
	{"deliveries_cancelled", 130, "outbound deliveries given up"},
	{"goods_issues_reversed", 70, "goods issues (601) taken back by a 602"},
	{"collective_invoices", 880, "invoices (INV) with items of two or more orders"},
	{"orders_over_several_invoices", 2700, "orders on two or more standing invoices, of those on any"},
	{"deliveries_over_several_invoices", 130, "deliveries billed by two or more invoices of kind INV, of those billed"},
	{"invoices_cancelled", 145, "invoices (INV, REB) taken back by a cancellation"},
	{"invoices_rebilled", 200, "bills of kind REB, of those of kind INV and REB"},
	{"credit_and_rebill", 70, "invoices (INV) credited in full without a dispute and billed again"},
	{"invoices_disputed", 340, "dispute cases, of posted bills (INV, REB)"},
	{"receipts_over_several_invoices", 2950, "receipts with standing applications to two or more invoices, of those with any"},
	{"receipts_unapplied", 115, "receipts of which some is not applied at the end"},
	{"entries_paid_in_parts", 265, "invoice entries with two or more standing payments, of those with any"},
	{"short_payments", 175, "residual entries, of payments (PAY)"},
	{"short_payments_disputed", 4000, "residual entries with a dispute"},
	{"discounts_taken", 720, "discounts (DIS), of payments (PAY)"},
	{"reminders_promised", 4500, "reminders that the customer answers by when it will pay"},
	{"write_offs", 66, "entries written off (WOF), of invoice and residual entries"},
	{"payments_taken_back", 100, "payments (PAY) reversed"},
	{"orders_returned", 300, "return orders (RE), of orders (OR)"},
	{"orders_cancelled", 160, "orders (OR, FD) cancelled as a whole"},
	{"orders_credit_blocked", 520, "orders (OR, FD) that had a credit block"},
	{"trade_credit_blocked_before", 1500, "orders (OR) of customer group TRADE blocked for credit, until the policy of 2025-04-01"},
	{"trade_credit_blocked_since", 500, "the same since the policy"},
	{"orders_delivery_blocked", 385, "orders (OR, FD) that had a delivery block"},
	{"lines_rejected_by_customer", 42, "lines of orders not cancelled, rejected by the customer"},
	{"lines_rejected_by_us", 70, "lines of orders not cancelled, rejected for want of stock"},
	{"picks_short", 227, "picks with less than reserved"},
	{"allocations_given_up", 300, "allocations given up, of all"},
	{"messages_failed_first", 256, "messages whose first attempt failed, duplicates apart"},
	{"messages_retried_by_hand", 133, "messages with an attempt by a person"},
	{"messages_refused_as_duplicate", 98, "inbound orders sent twice and refused"},
	{"orders_twice", 27, "orders (OR, FD) made a second time from a duplicate"},
	{"messages_closed_unposted", 51, "messages closed by hand and never posted"},
	{"orders_untouched_at_entry", 6600, "confirmed orders (OR, FD) without an act of a person until then"},
	{"orders_open", 1030, "orders (OR, FD) neither cancelled, rejected, paid nor cleared at the end"},
	{"tracking_missing", 120, "carrier events never sent"},
	{"tracking_late", 150, "carrier events sent a day or more late, of those sent"},
	{"tracking_twice", 80, "carrier events sent twice, of those received"},
	{"tracking_to_the_day", 2000, "PARCELWAY's DELIVERED with a day and no time"},
	{"tracking_mistyped", 40, "carrier events with a delivery number that is none"},
	{"messages_missing", 20, "messages not logged"},
	{"attempts_missing", 30, "attempts not logged, of messages that were"},
	{"attempts_twice", 20, "attempts logged twice"},
	{"shop_links_lost", 300, "shop orders whose ERP number was not written back"},
	{"mails_to_the_day", 500, "mailed orders stamped with the day"},
}

// countShares counts the shares of one organisation, each by its own words.
func (k *clerk) countShares() {
	share := k.books.share
	for _, o := range k.order {
		if o.kind == kindReturn {
			continue
		}
		if o.kind == kindOrder {
			share("orders_returned", false)
		}
		k.orderShares(o)
	}
	for _, o := range k.order {
		if o.kind == kindReturn {
			k.books.shares["orders_returned"].count++
		}
	}
	for _, d := range k.delivery {
		if d.returns {
			continue
		}
		share("deliveries_cancelled", d.cancelledAt != 0)
		if d.cancelledAt == 0 {
			share("deliveries_of_several_orders", len(d.orders) > 1)
		}
		bills := map[*invoice]bool{}
		for _, it := range d.items {
			for _, x := range it.invoiced {
				if x.inv.kind == "INV" {
					bills[x.inv] = true
				}
			}
		}
		if len(bills) > 0 {
			share("deliveries_over_several_invoices", len(bills) > 1)
		}
	}
	taken := map[*movement]bool{}
	for _, m := range k.movement {
		if m.kind == 602 {
			taken[m.reverses] = true
		}
	}
	for _, m := range k.movement {
		if m.kind == 601 {
			share("goods_issues_reversed", taken[m])
		}
	}
	k.moneyShares()
	for _, p := range k.pick {
		if ended(p.from) != 0 {
			share("picks_short", p.reason != "")
		}
	}
	for _, a := range k.allocation {
		share("allocations_given_up", a.givenUp != 0)
	}
	for _, m := range k.message {
		if len(m.attempts) == 0 {
			continue
		}
		hand := false
		for _, a := range m.attempts {
			hand = hand || a.by != nobody
		}
		refused := m.attempts[0].code == "DUPLICATE"
		if !refused {
			share("messages_failed_first", m.attempts[0].code != "")
		}
		share("messages_retried_by_hand", hand)
		if m.in && m.kind == "ORDERS" {
			share("messages_refused_as_duplicate", refused)
		}
		share("messages_closed_unposted", m.closed)
	}
}

func (k *clerk) orderShares(o *order) {
	share := k.books.share
	f, s := o.fulfilment(), o.settlement()
	share("orders_cancelled", o.cancelledAt != 0)
	share("orders_credit_blocked", o.credit != nil)
	if o.c.group == groupTrade && o.kind == kindOrder {
		if o.c.site.zone.day(o.createdAt) < policyDay {
			share("trade_credit_blocked_before", o.credit != nil)
		} else {
			share("trade_credit_blocked_since", o.credit != nil)
		}
	}
	share("orders_delivery_blocked", o.held)
	share("orders_twice", o.duplicateOf != nil)
	if o.confirmedAt != 0 {
		known, unlisted := o.touches(o.confirmedAt)
		share("orders_untouched_at_entry", known+unlisted == 0)
	}
	switch o.state(f, s) {
	case "cancelled", "rejected", "paid", "cleared":
		share("orders_open", false)
	default:
		share("orders_open", true)
	}
	standing := 0
	for _, d := range o.deliveries {
		if d.cancelledAt == 0 {
			standing++
		}
	}
	if standing > 0 {
		share("orders_over_several_deliveries", standing > 1)
	}
	bills := 0
	for _, i := range o.invoices {
		if i.cancelled == nil {
			bills++
		}
	}
	if bills > 0 {
		share("orders_over_several_invoices", bills > 1)
	}
	for _, l := range o.lines {
		n := map[*delivery]bool{}
		for _, it := range l.items {
			if it.dl.cancelledAt == 0 {
				n[it.dl] = true
			}
		}
		if len(n) > 0 {
			share("lines_over_several_deliveries", len(n) > 1)
		}
		if o.cancelledAt == 0 {
			share("lines_rejected_by_customer", l.rejected != "" && l.byCustomer)
			share("lines_rejected_by_us", l.rejected != "" && !l.byCustomer)
		}
	}
}

func (k *clerk) moneyShares() {
	share := k.books.share
	for _, i := range k.invoice {
		switch i.kind {
		case "INV":
			share("collective_invoices", len(i.orders) > 1)
			share("credit_and_rebill", i.rebilled && i.cancelled == nil)
			fallthrough
		case "REB":
			share("invoices_cancelled", i.cancelled != nil)
			share("invoices_rebilled", i.kind == "REB")
			if i.postedAt != 0 {
				share("invoices_disputed", i.disputes > 0)
			}
		}
	}
	uses := map[*receipt]map[*invoice]bool{}
	parts := map[*entry]int{}
	offs := map[*entry]bool{}
	payments, discounts := int64(0), int64(0)
	for _, a := range k.application {
		switch a.kind {
		case "DIS":
			discounts++
		case "WOF":
			offs[a.e] = true
		case "PAY":
			payments++
			share("payments_taken_back", a.reversedAt != 0)
			share("discounts_taken", false)
			share("short_payments", false)
			if a.reversedAt != 0 {
				continue
			}
			if uses[a.r] == nil {
				uses[a.r] = map[*invoice]bool{}
			}
			uses[a.r][a.e.inv] = true
			parts[a.e]++
		}
	}
	for _, r := range k.receipt {
		share("receipts_unapplied", r.applied != r.line.amount)
		if n := len(uses[r]); n > 0 {
			share("receipts_over_several_invoices", n > 1)
		}
	}
	for _, m := range k.dunning {
		share("reminders_promised", m.pledged)
	}
	residuals := int64(0)
	claimed := map[*entry]bool{}
	for _, p := range k.dispute {
		claimed[p.entry] = true
	}
	for _, e := range k.entry {
		if e.kind == "INV" && parts[e] > 0 {
			share("entries_paid_in_parts", parts[e] > 1)
		}
		if e.kind == "RES" {
			residuals++
			share("short_payments_disputed", claimed[e])
		}
		if e.kind == "RES" || e.kind == "INV" {
			share("write_offs", offs[e])
		}
	}
	if payments > 0 {
		k.books.shares["discounts_taken"].count += discounts
		k.books.shares["short_payments"].count += residuals
	}
}
