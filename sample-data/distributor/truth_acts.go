package distributor

import (
	"fmt"
	"strings"
)

// hand says in the truth's words who acted.
func (k *clerk) hand(by user) string {
	switch u := &k.users[by]; {
	case u.kind == "P":
		return "customer"
	case u.kind != "D":
		return "machine"
	case u.unlisted:
		return "unlisted"
	}
	return "person"
}

// badgeHand is hand for the warehouse, where people have badges.
func badgeHand(by string) string {
	if by == "SYSTEM" {
		return "machine"
	}
	return "person"
}

// act writes a decision, once it was taken.
func (k *clerk) act(what string, at instant, hand, object, number string) {
	if at == 0 {
		return
	}
	t := k.sheets[truthAct]
	t.text(what)
	t.zoned(at, utc)
	t.text(hand)
	t.text(object)
	t.text(number)
	t.end()
}

// truthActs writes every decision that anybody took, from what it decided on.
func (k *clerk) truthActs() {
	for _, o := range k.order {
		no, create := padded(o.no), "Create Sales Order"
		if o.kind == kindReturn {
			create = "Create Return Order"
		}
		k.act(create, o.createdAt, k.hand(o.createdBy), "SalesOrder", no)
		k.act("Confirm Sales Order", o.confirmedAt, k.hand(o.confirmedBy), "SalesOrder", no)
		k.act("Release Sales Order", o.releasedAt, k.hand(o.releasedBy), "SalesOrder", no)
		k.act("Cancel Sales Order", o.cancelledAt, k.hand(o.cancelledBy), "SalesOrder", no)
	}
	for _, q := range k.quote {
		if q.o != nil && q.o.no != 0 {
			k.act("Quote Sales Order", q.sent, k.hand(q.owner), "SalesOrder", padded(q.o.no))
		}
	}
	for _, b := range k.block {
		kind := b.kind[:1] + strings.ToLower(b.kind[1:])
		k.act("Set "+kind+" Block", b.setAt, k.hand(b.setBy), "Block", padded(b.no))
		k.act("Release "+kind+" Block", b.releasedAt, k.hand(b.releasedBy), "Block", padded(b.no))
	}
	for _, c := range k.change {
		object, number := c.subject()
		k.act(changeActs[c.field], c.at, k.hand(c.by), object, number)
	}
	k.deliveryActs()
	k.moneyActs()
	for _, m := range k.message {
		for i, x := range m.attempts {
			if i > 0 {
				hand := "machine"
				if x.by != nobody {
					hand = k.hand(x.by)
				}
				k.act("Message Retried", x.from, hand, "Message", fmt.Sprintf("%s/%d", m.id(), i+1))
			}
		}
	}
}

func (k *clerk) deliveryActs() {
	for _, d := range k.delivery {
		create := "Create Delivery"
		if d.returns {
			create = "Create Return Delivery"
		}
		k.act(create, d.createdAt, k.hand(d.createdBy), "Delivery", padded(d.no))
		k.act("Cancel Delivery", d.cancelledAt, k.hand(d.cancelledBy), "Delivery", padded(d.no))
	}
	type once struct {
		dl *delivery
		at instant
	}
	reserved, givenUp := map[once]bool{}, map[once]bool{} // what is done to a delivery in one go is one act
	for _, a := range k.allocation {
		dl := a.item.dl
		if x := (once{dl, a.at}); !reserved[x] {
			reserved[x] = true
			k.act("Allocate Stock", a.at, badgeHand(a.by), "Delivery", padded(dl.no))
		}
		if x := (once{dl, a.givenUp}); !givenUp[x] {
			givenUp[x] = true
			k.act("Deallocate Stock", a.givenUp, badgeHand(a.givenBy), "Delivery", padded(dl.no))
		}
	}
	for _, m := range k.movement {
		if m.kind == 602 {
			k.act("Reverse Goods Issue", m.at, k.hand(m.by), "Delivery", padded(m.dl.no))
		}
	}
}

func (k *clerk) moneyActs() {
	for _, i := range k.invoice {
		if i.kind == "CAN" { // who cancels does not post: that follows by itself
			k.act("Cancel Invoice", i.createdAt, k.hand(i.createdBy), "Invoice", padded(i.cancels.no))
			k.act("Post Invoice", i.postedAt, "machine", "Invoice", padded(i.no))
			continue
		}
		k.act("Create Invoice", i.createdAt, k.hand(i.createdBy), "Invoice", padded(i.no))
		k.act("Post Invoice", i.postedAt, k.hand(i.postedBy), "Invoice", padded(i.no))
	}
	for _, m := range k.memo {
		k.act("Create Credit Memo", m.createdAt, k.hand(m.by), "Invoice", memoNumber(m.no))
		k.act("Post Invoice", m.postedAt, k.hand(m.by), "Invoice", memoNumber(m.no))
	}
	sent := map[string][2]string{"ORDER": {"Send Order Confirmation", "SalesOrder"}, "DELIVERY": {"Send Delivery Note", "Delivery"}, "INVOICE": {"Send Invoice", "Invoice"}}
	for _, o := range k.output {
		if o.status == "OK" {
			k.act(sent[o.object][0], o.processed, k.hand(o.by), sent[o.object][1], padded(o.objectNo))
		}
	}
	for _, p := range k.dispute {
		no := disputeNumber(p.no)
		k.act("Open Dispute", p.openedAt, k.hand(p.openedBy), "DisputeCase", no)
		decide := "Approve Dispute"
		if p.outcome == "REJECTED" {
			decide = "Reject Dispute"
		}
		k.act(decide, p.decided, k.hand(p.decider), "DisputeCase", no)
		k.act("Close Dispute", p.closedAt, k.hand(p.closer), "DisputeCase", no)
	}
	for _, a := range k.application {
		apply, undo := "Clear Receivable", "Reset Receivable"
		if a.kind == "PAY" {
			apply, undo = "Apply Cash", "Unapply Cash"
		}
		k.act(apply, a.at, k.hand(a.by), "Application", applicationNumber(a.no))
		k.act(undo, a.reversedAt, k.hand(a.reversedBy), "Application", applicationNumber(a.no))
	}
	for _, d := range k.dunning {
		k.act("Dun", utc.at(d.day, 0), "machine", "AREntry", entryNumber(d.e.no))
	}
}

var changeActs = map[string]string{"price": "Change Price", "quantity": "Change Quantity", "material": "Change Material", "requested_date": "Change Requested Date",
	"confirmed_date": "Change Confirmed Date", "terms": "Change Terms", "partner": "Change Partner", "rejection": "Reject Item", "delivery_date": "Change Delivery", "invoice_date": "Change Invoice"}

// subject is what a change is of, in the model's words.
func (c *change) subject() (object, number string) {
	switch {
	case c.object == "DELIVERY":
		return "Delivery", padded(c.objectNo)
	case c.object == "INVOICE":
		return "Invoice", padded(c.objectNo)
	case c.item != 0:
		return "SalesOrderItem", item(c.objectNo, c.item)
	}
	return "SalesOrder", padded(c.objectNo)
}

// truthChanges writes every change of a document. The interface changes an
// order only as a message of the customer asks.
func (k *clerk) truthChanges() {
	creator := map[int64]user{}
	for _, o := range k.order {
		creator[o.no] = o.createdBy
	}
	t := k.sheets[truthChange]
	for _, c := range k.change {
		object, number := c.subject()
		t.text(object)
		t.text(number)
		t.text(c.field)
		t.text(c.old)
		t.text(c.new)
		t.zoned(c.at, utc)
		t.text(k.hand(c.by))
		t.text(yes(c.object == "ORDER" && c.by == creator[c.objectNo]))
		t.text(yes(c.by == ifEDI))
		t.end()
	}
}

// truthBlocks writes every block.
func (k *clerk) truthBlocks() {
	t := k.sheets[truthBlock]
	for _, b := range k.block {
		t.text(padded(b.no))
		t.text(padded(b.o.no))
		if b.l != nil {
			t.number(int64(b.l.no))
		} else {
			t.null(1)
		}
		t.text(strings.ToLower(b.kind))
		t.zoned(b.setAt, utc)
		t.zoned(b.releasedAt, utc)
		t.end()
	}
}

// truthDeliveries writes how far every delivery came.
func (k *clerk) truthDeliveries() {
	started := map[*delivery]instant{}
	for _, p := range k.pick {
		if at := ended(p.from); at != 0 && (started[p.item.dl] == 0 || at < started[p.item.dl]) {
			started[p.item.dl] = at
		}
	}
	t := k.sheets[truthDelivery]
	for _, d := range k.delivery {
		t.text(padded(d.no))
		t.text(map[bool]string{true: "return", false: "outbound"}[d.returns])
		t.text(d.site.code)
		t.zoned(d.createdAt, utc)
		t.zoned(d.allocatedAt, utc)
		t.zoned(started[d], utc)
		t.zoned(d.packedAt, utc)
		t.zoned(d.issuedAt, utc)
		t.zoned(d.deliveredAt, utc)
		t.zoned(d.cancelledAt, utc)
		t.end()
	}
}
