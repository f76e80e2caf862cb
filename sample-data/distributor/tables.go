package distributor

import "fmt"

// A clerk writes what one simulation made into the sheets: the systems' tables
// here and in tables_*.go, the truth in truth.go. Neither reads the other's.
type clerk struct {
	*simulation
	sheets []*sheet
}

// write writes everything of the simulation, table by table.
func (k *clerk) write() {
	k.writeMasters()
	k.writeOrders()
	k.writeDeliveries()
	k.writeInvoices()
	k.writeWarehouse()
	k.writeTracking()
	k.writeReceivables()
	k.writePromises()
	k.writeClaims()
	k.writeMessages()
	k.writeIntake()
	k.writeTruth()
}

// name returns a user's name; nobody has none.
func (k *clerk) name(u user) string { return k.users[u].name }

// defect notes that a table says other than what happened.
func (k *clerk) defect(kind string, table int, key, doc string) {
	t := k.sheets[truthDefect]
	t.text(kind)
	t.text(k.sheets[table].system)
	t.text(k.sheets[table].table)
	t.text(key)
	t.text(doc)
	t.end()
}

// numberOf is a padded number, empty for none.
func numberOf(no int64) string {
	if no == 0 {
		return ""
	}
	return padded(no)
}

// financeNumber is a document's number as finance pads it: to twelve digits.
func financeNumber(no int64) string {
	if no == 0 {
		return ""
	}
	return "00" + padded(no)
}

func entryNumber(no int64) string       { return "R" + padded(no) }
func applicationNumber(no int64) string { return "A" + padded(no) }
func memoNumber(no int64) string        { return "G" + padded(no) }
func disputeNumber(no int64) string     { return "D" + padded(no) }
func (k *clerk) organisation() string   { return fmt.Sprint(1000 + k.org) }

func yes(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

func (k *clerk) writeMasters() {
	t := k.sheets[tCustomer]
	for _, c := range k.people {
		t.text(padded(c.no))
		t.text(c.name)
		t.text(c.country)
		t.text(groupNames[c.group])
		t.text(c.currency)
		t.number(int64(c.terms))
		t.decimal(c.limit * 100)
		t.day(c.created)
		t.end()
	}
	if k.org > 0 {
		return // the assortment and the users are the whole company's
	}
	t = k.sheets[tMaterial]
	for i := range k.goods {
		m := &k.goods[i]
		t.text(m.no)
		t.text(m.name)
		t.text(materialGroups[m.group])
		t.text(m.unit)
		t.decimal(m.price)
		t.end()
	}
	t = k.sheets[tUser]
	for _, u := range k.users {
		if u.name == "" || u.unlisted {
			continue
		}
		t.text(u.name)
		t.text(u.kind)
		t.text(u.department)
		t.end()
	}
}

var orderTypes = [...]string{"OR", "RE", "FD"}

func (o *order) net() (net int64) {
	for _, l := range o.lines {
		net += money(l.quantity, l.price)
	}
	return net
}

func (k *clerk) writeOrders() {
	t, items, lines := k.sheets[tOrder], k.sheets[tItem], k.sheets[tSchedule]
	for _, o := range k.order {
		no := padded(o.no)
		reference := ""
		if o.reference != nil {
			reference = padded(o.reference.no)
		}
		t.text(no)
		t.text(orderTypes[o.kind])
		t.text(padded(o.c.no))
		t.text(o.c.site.code)
		t.text(k.organisation())
		t.text(channelNames[o.channel])
		t.text(o.po)
		t.day(o.requested)
		t.number(int64(o.terms))
		t.text(o.c.currency)
		t.decimal(o.net())
		t.local(o.createdAt, berlin)
		t.text(k.name(o.createdBy))
		t.local(o.confirmedAt, berlin)
		t.text(k.name(o.confirmedBy))
		t.local(o.releasedAt, berlin)
		t.text(k.name(o.releasedBy))
		t.text(reference)
		t.local(o.cancelledAt, berlin)
		t.text(k.name(o.cancelledBy))
		t.end()
		for _, l := range o.lines {
			items.text(no)
			items.number(int64(l.no))
			items.text(l.m.no)
			items.decimal(l.quantity)
			items.text(l.m.unit)
			items.decimal(l.price)
			items.decimal(money(l.quantity, l.price))
			items.text(o.c.site.code)
			items.day(l.requested)
			items.local(l.createdAt, berlin)
			items.text(l.rejected)
			if l.rejected != "" {
				items.text(yes(l.byCustomer))
			} else {
				items.null(1)
			}
			items.text(reference)
			if l.reference != nil {
				items.number(int64(l.reference.no))
			} else {
				items.null(1)
			}
			items.end()
			for i, p := range l.promises {
				lines.text(no)
				lines.number(int64(l.no))
				lines.number(int64(i + 1))
				lines.day(p.requested)
				lines.day(p.first)
				lines.day(p.confirmed)
				lines.decimal(p.quantity)
				lines.decimal(p.confirmedQuantity)
				lines.end()
			}
		}
	}
	t = k.sheets[tBlock]
	for _, b := range k.block {
		t.text(padded(b.no))
		t.text(padded(b.o.no))
		if b.l != nil {
			t.number(int64(b.l.no))
		} else {
			t.null(1)
		}
		t.text(b.kind)
		t.text(b.reason)
		t.text(yes(b.atCreation))
		t.local(b.setAt, berlin)
		t.text(k.name(b.setBy))
		t.local(b.releasedAt, berlin)
		t.text(k.name(b.releasedBy))
		t.end()
	}
	t = k.sheets[tChange]
	for _, c := range k.change {
		t.text(padded(c.no))
		t.number(int64(c.position))
		t.text(c.object)
		t.text(padded(c.objectNo))
		t.numberOr(int64(c.item))
		t.text(c.field)
		t.text(c.old)
		t.text(c.new)
		t.text(k.name(c.by))
		t.day(berlin.day(c.at))
		s := berlin.clock(c.at) / second
		t.text(fmt.Sprintf("%02d%02d%02d", s/3600, s/60%60, s%60))
		t.end()
	}
}

func (k *clerk) writeDeliveries() {
	t, items := k.sheets[tDelivery], k.sheets[tDeliveryItem]
	for _, d := range k.delivery {
		no := padded(d.no)
		kind := "OUT"
		if d.returns {
			kind = "RET"
		}
		t.text(no)
		t.text(kind)
		t.text(d.site.code)
		t.text(padded(d.c.no))
		t.text(carrierNames[d.carrier])
		t.day(d.first)
		t.day(d.plan)
		t.local(d.createdAt, berlin)
		t.text(k.name(d.createdBy))
		t.local(d.cancelledAt, berlin)
		t.text(k.name(d.cancelledBy))
		t.end()
		for _, it := range d.items {
			items.text(no)
			items.number(int64(it.no))
			items.text(padded(it.l.o.no))
			items.number(int64(it.l.no))
			items.text(it.l.m.no)
			items.decimal(it.quantity)
			items.text(it.l.m.unit)
			items.text(it.batch)
			items.end()
		}
	}
	t = k.sheets[tMovement]
	for _, m := range k.movement {
		kind, reverses := fmt.Sprint(m.kind), ""
		if m.reverses != nil {
			reverses = padded(m.reverses.no)
		}
		for i, x := range m.items {
			t.text(padded(m.no))
			t.number(int64(i + 1))
			t.text(padded(m.dl.no))
			t.number(int64(x.item.no))
			t.text(kind)
			t.decimal(x.quantity)
			t.day(m.posting)
			t.local(m.at, berlin)
			t.text(k.name(m.by))
			t.text(reverses)
			t.end()
		}
	}
}

func (k *clerk) writeInvoices() {
	t, items := k.sheets[tInvoice], k.sheets[tInvoiceItem]
	for _, i := range k.invoice {
		no := padded(i.no)
		t.text(no)
		t.text(i.kind)
		t.text(padded(i.c.no))
		t.text(k.organisation())
		t.day(i.day)
		t.number(int64(i.terms))
		t.text(i.c.currency)
		t.decimal(i.net)
		t.decimal(i.tax)
		t.decimal(i.gross())
		t.local(i.createdAt, berlin)
		t.text(k.name(i.createdBy))
		t.local(i.postedAt, berlin)
		t.text(k.name(i.postedBy))
		if i.cancels != nil {
			t.text(padded(i.cancels.no))
		} else {
			t.null(1)
		}
		if i.reference != nil {
			t.text(padded(i.reference.no))
		} else {
			t.null(1)
		}
		t.end()
		for _, x := range i.items {
			items.text(no)
			items.number(int64(x.no))
			items.text(padded(x.l.o.no))
			items.number(int64(x.l.no))
			items.text(padded(x.item.dl.no))
			items.number(int64(x.item.no))
			items.text(x.l.m.no)
			items.decimal(x.quantity)
			items.text(x.l.m.unit)
			items.decimal(x.price)
			items.decimal(x.net)
			items.end()
		}
	}
	t = k.sheets[tOutput]
	for _, o := range k.output {
		t.text(padded(o.no))
		t.text(o.object)
		t.text(padded(o.objectNo))
		t.text(o.medium)
		t.text(o.status)
		t.local(o.at, berlin)
		t.text(k.name(o.by))
		t.local(o.processed, berlin)
		t.end()
	}
}
