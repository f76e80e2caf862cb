package distributor

import (
	"fmt"
	"strings"
)

var truthKinds = [...]string{"order", "return", "free_of_charge"}

// writeTruth writes what happened, from the decisions alone.
func (k *clerk) writeTruth() {
	for _, o := range k.order {
		k.truthOrder(o)
	}
	k.truthWaits()
	k.truthLinks()
	k.truthIssues()
	k.truthPicks()
	k.truthBills()
	k.truthMessages()
	k.truthDocuments()
	k.truthLedger()
	k.truthMoney()
	k.truthActs()
	k.truthChanges()
	k.truthBlocks()
	k.truthDeliveries()
	k.countShares()
}

// fulfilment is how far an order or line is.
type fulfilment struct {
	first, full, delivered, allocated instant
}

func (l *line) fulfilment() fulfilment {
	f := fulfilment{first: l.firstShip, full: l.fullAt}
	if l.o.kind == kindReturn {
		return f
	}
	all := true
	for _, it := range l.items {
		if it.dl.cancelledAt != 0 {
			continue
		}
		f.delivered = max(f.delivered, it.dl.deliveredAt)
		f.allocated = max(f.allocated, it.dl.allocatedAt)
		all = all && it.dl.allocatedAt != 0
	}
	if !all {
		f.allocated = 0
	}
	return f
}

func (o *order) fulfilment() (f fulfilment) {
	full, delivered := true, true
	for _, l := range o.lines {
		x := l.fulfilment()
		if x.first != 0 && (f.first == 0 || x.first < f.first) {
			f.first = x.first
		}
		f.full, f.delivered = max(f.full, x.full), max(f.delivered, x.delivered)
		full = full && (x.full != 0 || l.rejected != "")
		delivered = delivered && (x.delivered != 0 || l.rejected != "")
	}
	if !full {
		f.full = 0
	}
	if !delivered {
		f.delivered = 0
	}
	return f
}

// settlement is how far an order is billed and paid.
type settlement struct {
	first, posted, cleared, paid instant
	billed                       bool
}

func (o *order) settlement() (s settlement) {
	s.billed = true
	some := false
	for _, l := range o.lines {
		done := l.billed >= l.quantity && l.billed > 0
		some = some || done
		s.billed = s.billed && (done || l.rejected != "")
	}
	s.billed = s.billed && some
	cleared, cash, n := true, true, 0
	for _, i := range o.invoices {
		if i.cancelled != nil {
			continue
		}
		n++
		if s.first == 0 || i.createdAt < s.first {
			s.first = i.createdAt
		}
		s.posted = max(s.posted, i.postedAt)
		cleared = cleared && len(i.entries) > 0
		for _, e := range i.entries {
			cleared = cleared && e.open() == 0
			cash = cash && e.cash > 0
			s.cleared = max(s.cleared, e.clearedAt)
		}
	}
	if n == 0 || !cleared || !s.billed {
		s.cleared = 0
	} else if cash {
		s.paid = s.cleared
	}
	return s
}

// touches counts acts up to an instant: of known persons, and of users nobody listed.
func (o *order) touches(until instant) (known, unlisted int64) {
	for _, a := range o.acts {
		switch {
		case a.at > until:
		case a.unknown:
			unlisted++
		default:
			known++
		}
	}
	return known, unlisted
}

func (o *order) state(f fulfilment, s settlement) string {
	live := 0
	for _, l := range o.lines {
		if l.rejected == "" {
			live++
		}
	}
	switch {
	case o.cancelledAt != 0:
		return "cancelled"
	case o.kind == kindReturn && len(o.lines) > 0 && o.lines[0].returned > 0:
		return "returned"
	case o.kind == kindReturn:
		return "released"
	case live == 0 && f.first == 0:
		return "rejected"
	case s.paid != 0:
		return "paid"
	case s.cleared != 0:
		return "cleared"
	case s.billed && (f.full != 0 || live == 0):
		return "billed"
	case f.full != 0 || live == 0:
		return "shipped"
	case f.first != 0:
		return "shipping"
	case o.releasedAt != 0:
		return "released"
	case o.credit != nil && o.credit.releasedAt == 0:
		return "credit"
	}
	return "entered"
}

func (k *clerk) truthOrder(o *order) {
	f, s := o.fulfilment(), o.settlement()
	sign := int64(1)
	if o.kind == kindReturn {
		sign = -1
	}
	t := k.sheets[truthOrder]
	no := padded(o.no)
	t.text(no)
	t.text(truthKinds[o.kind])
	t.text(channelNames[o.channel])
	t.text(o.c.site.code)
	t.text(padded(o.c.no))
	t.text(o.c.currency)
	t.decimal(sign * o.net())
	t.number(int64(len(o.lines)))
	if o.kind == kindReturn {
		t.null(1)
	} else {
		t.zoned(o.receivedAt, utc)
	}
	t.zoned(o.createdAt, utc)
	t.zoned(o.confirmedAt, utc)
	if o.credit != nil {
		t.zoned(o.credit.setAt, utc)
		t.zoned(o.credit.releasedAt, utc)
	} else {
		t.null(2)
	}
	t.zoned(o.releasedAt, utc)
	t.zoned(f.first, utc)
	t.zoned(f.full, utc)
	t.zoned(f.delivered, utc)
	t.zoned(s.first, utc)
	t.zoned(s.posted, utc)
	t.zoned(s.cleared, utc)
	t.zoned(s.paid, utc)
	t.zoned(o.cancelledAt, utc)
	t.text(o.state(f, s))
	bound := o.confirmedAt
	if bound == 0 {
		bound = o.releasedAt
	}
	billed := s.posted
	if !s.billed {
		billed = 0
	}
	ends := [...]instant{bound, f.full, billed, s.paid}
	var unlisted [4]int64
	for i, end := range ends {
		if end == 0 {
			t.null(1)
			continue
		}
		var known int64
		known, unlisted[i] = o.touches(end)
		t.number(known)
	}
	for i, end := range ends {
		if end == 0 {
			t.null(1)
		} else {
			t.number(unlisted[i])
		}
	}
	t.end()

	t = k.sheets[truthLine]
	for _, l := range o.lines {
		f := l.fulfilment()
		t.text(no)
		t.number(int64(l.no))
		t.decimal(sign * l.quantity)
		t.decimal(sign * money(l.quantity, l.price))
		t.decimal(l.shipped)
		t.decimal(l.billed)
		t.decimal(l.billedNet)
		t.decimal(l.returned)
		t.decimal(l.credited)
		t.day(l.requested)
		if len(l.promises) > 0 {
			t.day(l.firstPromise())
		} else {
			t.null(1)
		}
		t.zoned(f.allocated, utc)
		t.zoned(f.first, utc)
		t.zoned(f.full, utc)
		t.zoned(f.delivered, utc)
		t.zoned(l.firstBill, utc)
		t.zoned(l.rejectedAt, utc)
		t.decimal(l.short)
		t.text(l.state())
		t.text(l.m.unit)
		last, inTime := l.promised()
		if len(l.promises) > 0 {
			t.day(last)
		} else {
			t.null(1)
		}
		t.decimal(inTime)
		t.text(l.rejected)
		switch {
		case l.rejected == "":
			t.null(1)
		case l.byCustomer:
			t.text("customer")
		default:
			t.text("internal")
		}
		t.end()
		for _, r := range l.revisions {
			k.truthRevision(l, r)
		}
	}
}

// firstPromise is the day by which all of the line was first promised.
func (l *line) firstPromise() (d date) {
	for _, p := range l.promises {
		d = max(d, p.first)
	}
	return d
}

func (l *line) state() string {
	switch {
	case l.o.cancelledAt != 0:
		return "cancelled"
	case l.o.kind == kindReturn && l.returned > 0:
		return "returned"
	case l.rejected != "":
		return "rejected"
	case l.billed >= l.quantity && l.fullAt != 0:
		return "billed"
	case l.fullAt != 0:
		return "shipped"
	case l.shipped > 0:
		return "shipping"
	}
	return "open"
}

func (k *clerk) truthWaits() {
	t := k.sheets[truthWait]
	seen := map[*order]map[int]bool{}
	for i := range k.wait {
		w := &k.wait[i]
		if w.o != nil {
			t.text(padded(w.o.no))
		} else {
			t.null(1)
		}
		t.text(w.object)
		t.text(w.number)
		t.text(w.kind)
		t.zoned(w.from, utc)
		t.zoned(w.to, utc)
		t.number(int64((w.to - w.from) / second))
		t.number(int64(w.extra / second))
		t.text(causes[w.cause].name)
		t.end()
		if w.cause == noCause {
			continue
		}
		c := &k.books.causes[w.cause]
		c.waits++
		c.seconds += int64(w.extra / second)
		if w.o == nil {
			continue
		}
		if seen[w.o] == nil {
			seen[w.o] = map[int]bool{}
		}
		if !seen[w.o][w.cause] {
			seen[w.o][w.cause] = true
			c.orders++
		}
	}
}

// item is a line's number as the truth writes it.
func item(no int64, position int) string { return fmt.Sprintf("%s/%d", padded(no), position) }

// A linked is what one relation says besides its ends.
type linked struct {
	quantity, amount       int64
	hasQuantity, hasAmount bool
}

func (k *clerk) link(sourceType, source, qualifier, targetType, target string, x linked) {
	t := k.sheets[truthLink]
	t.text(sourceType)
	t.text(source)
	t.text(qualifier)
	t.text(targetType)
	t.text(target)
	if x.hasQuantity {
		t.decimal(x.quantity)
	} else {
		t.null(1)
	}
	if x.hasAmount {
		t.decimal(x.amount)
	} else {
		t.null(1)
	}
	t.end()
}

func quantity(q int64) linked { return linked{quantity: q, hasQuantity: true} }
func amount(a int64) linked   { return linked{amount: a, hasAmount: true} }

func (k *clerk) truthLinks() {
	for _, o := range k.order {
		if o.reference != nil {
			k.link("SalesOrder", padded(o.no), "returns", "SalesOrder", padded(o.reference.no), linked{})
		}
	}
	for _, d := range k.delivery {
		for _, it := range d.items {
			q := it.quantity
			if d.returns {
				q = -q
			}
			k.link("DeliveryItem", item(d.no, it.no), "fulfils", "SalesOrderItem", item(it.l.o.no, it.l.no), quantity(q))
			if it.returns != nil {
				k.link("DeliveryItem", item(d.no, it.no), "returns", "DeliveryItem", item(it.returns.dl.no, it.returns.no), quantity(q))
			}
		}
		if d.truck != nil {
			k.link("Delivery", padded(d.no), "shipped with", "Shipment", "T"+padded(d.truck.no), linked{})
		}
	}
	for _, i := range k.invoice {
		no := padded(i.no)
		for _, x := range i.items {
			both := linked{x.quantity, x.net, true, true}
			k.link("InvoiceItem", item(i.no, x.no), "bills", "SalesOrderItem", item(x.l.o.no, x.l.no), both)
			k.link("InvoiceItem", item(i.no, x.no), "bills", "DeliveryItem", item(x.item.dl.no, x.item.no), both)
		}
		if i.cancels != nil {
			k.link("Invoice", no, "cancels", "Invoice", padded(i.cancels.no), linked{})
		}
	}
	for _, m := range k.memo {
		k.link("Invoice", memoNumber(m.no), "corrects", "Invoice", padded(m.inv.no), amount(m.net))
	}
	for _, e := range k.entry {
		no := entryNumber(e.no)
		switch {
		case e.memo != nil:
			k.link("AREntry", no, "receivable of", "Invoice", memoNumber(e.memo.no), amount(e.amount))
		case e.inv != nil:
			k.link("AREntry", no, "receivable of", "Invoice", padded(e.inv.no), amount(e.amount))
		}
		if e.residual != nil {
			k.link("AREntry", no, "residual of", "AREntry", entryNumber(e.residual.no), amount(e.amount))
		}
	}
	for _, a := range k.application {
		no := applicationNumber(a.no)
		k.link("Application", no, "clears", "AREntry", entryNumber(a.e.no), amount(a.amount))
		if a.kind == "SET" {
			k.link("Application", no, "clears", "AREntry", entryNumber(a.offset.no), amount(-a.amount))
		}
		if a.r != nil {
			k.link("Application", no, "applies", "Receipt", receiptNumber(a.r.no), amount(a.amount))
		}
	}
	for _, p := range k.dispute {
		k.link("DisputeCase", disputeNumber(p.no), "disputes", "Invoice", padded(p.inv.no), amount(p.amount))
	}
	for _, m := range k.message {
		if m.about != 0 {
			object, no, _ := strings.Cut(m.subject(), " ")
			k.link("Message", m.id(), "concerns", object, no, linked{})
		}
	}
}

// A paper is a row of truth/document.
type paper struct {
	kind, number, state                   string
	created, posted, effective, cancelled instant
	amount                                int64
	currency                              string
}

func (k *clerk) paper(p paper) {
	t := k.sheets[truthDocument]
	t.text(p.kind)
	t.text(p.number)
	t.zoned(p.created, utc)
	t.zoned(p.posted, utc)
	t.zoned(p.effective, utc)
	t.zoned(p.cancelled, utc)
	t.text(p.state)
	if p.currency == "" {
		t.null(2)
	} else {
		t.decimal(p.amount)
		t.text(p.currency)
	}
	t.end()
}

func (k *clerk) truthDocuments() {
	for _, d := range k.delivery {
		state := "open"
		switch {
		case d.cancelledAt != 0:
			state = "cancelled"
		case d.returns && d.issuedAt != 0:
			state = "returned"
		case d.deliveredAt != 0:
			state = "delivered"
		case d.issuedAt != 0:
			state = "shipped"
		case d.packedAt != 0:
			state = "packed"
		}
		k.paper(paper{kind: "Delivery", number: padded(d.no), created: d.createdAt, effective: d.issuedAt, cancelled: d.cancelledAt, state: state})
	}
	for _, i := range k.invoice {
		p := paper{kind: "Invoice", number: padded(i.no), created: i.createdAt, posted: i.postedAt, state: "open", amount: i.gross(), currency: i.c.currency}
		open, n := int64(0), 0
		for _, e := range i.entries {
			open += abs(e.open())
			n++
		}
		switch {
		case i.kind == "CAN":
			p.state = "cancellation"
		case i.cancelled != nil:
			p.state, p.cancelled = "cancelled", i.cancelled.createdAt
		case i.postedAt == 0:
			p.state = "draft"
		case n > 0 && open == 0:
			p.state = "settled"
		}
		k.paper(p)
	}
	for _, m := range k.memo {
		state := "posted"
		if m.postedAt == 0 {
			state = "draft"
		}
		k.paper(paper{kind: "CreditMemo", number: memoNumber(m.no), created: m.createdAt, posted: m.postedAt, state: state, amount: m.net + m.tax, currency: m.c.currency})
	}
	for _, r := range k.receipt {
		p := paper{kind: "Receipt", number: receiptNumber(r.no), created: r.createdAt, state: "unapplied", amount: r.line.amount, currency: r.line.c.currency}
		switch {
		case r.applied == r.line.amount:
			p.state, p.effective = "applied", r.lastApply
		case r.applied > 0:
			p.state = "partly"
		}
		k.paper(p)
	}
	for _, d := range k.dispute {
		p := paper{kind: "DisputeCase", number: disputeNumber(d.no), created: d.openedAt, posted: d.decided, effective: d.closedAt, amount: d.amount, currency: d.inv.c.currency}
		p.state = map[string]string{"OPEN": "open", "DECIDED": "decided", "CLOSED": "closed"}[d.state()]
		k.paper(p)
	}
}

func abs(v int64) int64 { return max(v, -v) }

func (k *clerk) truthLedger() {
	t := k.sheets[truthLedger]
	for _, e := range k.entry {
		t.text(entryNumber(e.no))
		t.text(e.kind)
		t.text(padded(e.c.no))
		t.text(e.c.currency)
		t.day(e.posting)
		t.day(e.due)
		t.decimal(e.amount)
		t.decimal(e.cash)
		t.decimal(e.other)
		t.decimal(e.open())
		if e.open() == 0 {
			t.day(utc.day(e.clearedAt))
		} else {
			t.null(1)
		}
		t.end()
	}
}

// writeBooks writes what is added up over the whole company.
func writeBooks(sheets []*sheet, b *books) {
	t := sheets[truthBalance]
	sums := map[string][2]int64{}
	for i := range 18 {
		for _, currency := range [...]string{"EUR", "GBP"} {
			m := month{i, currency}
			s := sums[currency]
			s[0] += b.receivable[m]
			s[1] += b.unapplied[m]
			sums[currency] = s
			t.day(dateOf(2024+(i+7)/12, (i+7)%12+1, 1) - 1)
			t.text(currency)
			t.decimal(s[0])
			t.decimal(s[1])
			t.decimal(b.sales[m])
			t.end()
		}
	}
	t = sheets[truthShare]
	for _, x := range shares {
		n := b.shares[x.name]
		if n == nil {
			n = &tally{}
		}
		t.text(x.name)
		t.decimal(x.stated)
		t.number(n.count)
		t.number(n.of)
		t.text(x.doc)
		t.end()
	}
	t = sheets[truthCause]
	for i := noCause + 1; i < causeCount; i++ {
		c, n := &causes[i], b.causes[i]
		t.text(c.name)
		t.text(c.doc)
		t.text(c.where)
		t.day(c.from)
		t.day(c.to)
		t.text(c.effect)
		t.number(n.waits)
		t.number(n.orders)
		t.number(n.seconds)
		t.end()
	}
}
