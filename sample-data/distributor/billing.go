package distributor

// toBill puts a delivery before the billing run that takes it.
func (s *sim) toBill(dl *delivery) {
	if dl.c.group == groupPublic {
		s.checkPrices(dl)
		return
	}
	s.toRun(dl, s.now)
}

// nightly is when the billing run takes place, on working days of the head office.
const nightly = 22*hour + 30*minute

func (s *sim) toRun(dl *delivery, from instant) {
	office := s.sites[ham].office
	at := office.slot(from+minute, nightly)
	if dl.c.weekly {
		for berlin.day(at).weekday() != 5 {
			at = office.slot(at+minute, nightly)
			if day := berlin.day(at); day.weekday() != 5 && office.next(day).weekday() < day.weekday() {
				break // Friday is a holiday
			}
		}
	}
	if _, ok := s.bills[at]; !ok {
		s.at(at, func() { s.bill(at) })
	}
	s.bills[at] = append(s.bills[at], dl)
	if at < cut {
		s.waited(wait{o: dl.orders[0], object: "Delivery", number: padded(dl.no), kind: "billing_run", from: from, to: at})
	}
}

// checkPrices is the planted billing block of one customer group: a person
// compares prices before the run may take the delivery's orders.
func (s *sim) checkPrices(dl *delivery) {
	d := &dl.d
	work := 27*hour + d.between(0, 45*hour) // working hours: three to eight days
	by := desk(d, firstBill, billDesks)
	var blocks []*block
	for _, o := range dl.orders {
		if o.priceCheck == nil {
			o.priceCheck = s.blocked(o, nil, "BILLING", "PRICECHECK", false, batchBilling)
			blocks = append(blocks, o.priceCheck)
		}
	}
	from := s.now
	s.at(s.sites[ham].office.after(s.now, work), func() {
		for _, b := range blocks {
			s.released(b, by, noCause, 0)
		}
		s.waited(wait{o: dl.orders[0], object: "Delivery", number: padded(dl.no), kind: "price_check", from: from, to: s.now, extra: s.now - from, cause: priceCheck})
		s.toRun(dl, s.now)
	})
}

// bill is a billing run.
func (s *sim) bill(at instant) {
	deliveries := s.bills[at]
	delete(s.bills, at)
	byCustomer := map[*customer]*invoice{}
	var made []*invoice
	for _, dl := range deliveries {
		var shared *invoice
		together := dl.c.weekly || dl.c.daily
		if together {
			shared = byCustomer[dl.c]
		}
		for half := range 2 {
			inv := shared
			for _, it := range dl.items {
				if it.quantity == 0 || it.l.o.kind == kindFree || it.billed || dl.c.splitBill && it.l.m.group%2 != half {
					continue
				}
				if inv == nil || len(inv.items) >= 300 {
					inv = s.newInvoice("INV", dl.c, mix(dl.key+uint64(half)), it.l.o.terms)
					made = append(made, inv)
					if together {
						byCustomer[dl.c] = inv
						shared = inv
					}
				}
				it.billed = true
				inv.add(it.l, it, it.quantity, it.l.price)
			}
			if !dl.c.splitBill {
				break
			}
		}
	}
	for i, inv := range made {
		s.finish(inv)
		inv.createdAt += instant(i) * second / 2
		inv.createdAt -= inv.createdAt % second
		inv.createdBy = batchBilling
		s.enterInvoice(inv)
	}
}

func (s *sim) newInvoice(kind string, c *customer, key uint64, terms int) *invoice {
	return &invoice{kind: kind, c: c, createdAt: s.now, day: berlin.day(s.now), terms: terms, key: key, d: rolled(s.seed, anInvoice, key)}
}

func (i *invoice) add(l *line, it *deliveryItem, quantity, price int64) *invoiceItem {
	x := &invoiceItem{inv: i, no: (len(i.items) + 1) * 10, l: l, item: it, quantity: quantity, price: price, net: money(quantity, price)}
	i.items = append(i.items, x)
	for _, o := range i.orders {
		if o == l.o {
			return x
		}
	}
	i.orders = append(i.orders, l.o)
	return x
}

// taxRate is in hundredths of a percent: goods that cross a border bear none.
func taxRate(c *customer) int64 {
	switch {
	case c.country == "DE" && c.site.code == "HAM1":
		return 1900
	case c.country == "AT", c.country == "GB":
		return 2000
	}
	return 0
}

// finish adds an invoice up.
func (s *sim) finish(i *invoice) {
	s.numbers.invoice++
	i.no = s.numbers.invoice
	for _, x := range i.items {
		i.net += x.net
	}
	i.tax = percent(i.net, taxRate(i.c))
}

// enterInvoice makes the invoice known, and has it posted.
func (s *sim) enterInvoice(i *invoice) {
	s.invoice = append(s.invoice, i)
	d := &i.d
	s.actedLater(i.createdAt, i.createdBy, i.orders...)
	for _, o := range i.orders {
		if i.kind != "CAN" {
			o.invoices = append(o.invoices, i)
		}
	}
	if i.kind != "CAN" {
		for _, x := range i.items {
			if x.item != nil {
				x.item.invoiced = append(x.item.invoiced, x)
			}
			if x.l.firstBill == 0 {
				x.l.firstBill = i.createdAt
			}
		}
	}
	post, by := i.createdAt+d.between(3*minute, 25*minute), batchBilling
	if i.kind == "INV" && d.chance(450) {
		by = desk(d, firstBill, billDesks)
		post = s.sites[ham].office.after(i.createdAt, 20*minute+d.around(2*hour))
		if d.chance(2500) {
			hand := by
			s.at(post-10*minute, func() {
				old := i.day
				i.day = berlin.day(s.now)
				if i.day != old {
					s.numbers.change++
					s.changed(&change{object: "INVOICE", objectNo: i.no, field: "invoice_date", old: dateText(old), new: dateText(i.day), by: hand}, i.orders...)
				}
			})
		}
	}
	if i.kind != "INV" {
		post, by = i.createdAt+d.between(5*second, 5*minute), i.createdBy
	}
	s.at(post, func() { s.post(i, by) })
}

// post is when the invoice is owed.
func (s *sim) post(i *invoice, by user) {
	i.postedAt, i.postedBy = s.now, by
	if i.kind != "CAN" {
		s.acted(by, i.orders...)
		for _, x := range i.items {
			x.l.billed += x.quantity
			x.l.billedNet += x.net
		}
	}
	kind, due := "INV", i.day+date(i.terms)
	if i.kind == "CAN" {
		kind, due = "CAN", i.day
	}
	e := s.newEntry(kind, i.c, i.gross(), i.day, due)
	e.inv = i
	i.entries = append(i.entries, e)
	if i.kind == "CAN" {
		s.cancelled(i, e)
		return
	}
	s.sendOutput("INVOICE", i.no, i.c, "INVOIC", &i.d, i.key, batchOutput, i.orders...)
	s.fate(i, e)
}

// fate decides what becomes of a posted invoice.
func (s *sim) fate(i *invoice, e *entry) {
	d := &i.d
	office := s.sites[ham].office
	if i.kind == "INV" {
		by := desk(d, firstBill, billDesks)
		switch d.pick(9780, 150, 70) {
		case 1:
			i.held = true
			s.at(office.after(s.now, 2*hour+d.around(20*hour)), func() { s.cancelInvoice(i, by) })
			return
		case 2:
			i.held = true
			s.at(office.after(s.now, 2*hour+d.around(30*hour)), func() { s.creditAndRebill(i, by) })
			return
		}
	}
	if d.chance(290) {
		i.held = true
		s.at(office.after(s.now, 4*hour+d.around(40*hour)), func() { s.disputed(i, e, i.gross()*int64(5+d.below(60))/100, false) })
		return
	}
	s.expect(e)
}

// cancelInvoice takes an invoice back by a cancellation, and bills again.
func (s *sim) cancelInvoice(i *invoice, by user) {
	c := s.newInvoice("CAN", i.c, mix(i.key+11), i.terms)
	c.cancels, c.createdBy = i, by
	for _, x := range i.items {
		c.add(x.l, x.item, -x.quantity, x.price)
	}
	c.d = rolled(s.seed, anInvoice, c.key)
	s.finish(c)
	c.net, c.tax = -i.net, -i.tax
	i.cancelled = c
	s.enterInvoice(c)
	s.undoBilling(i)
	if i.d.chance(600) {
		return // nobody bills it again
	}
	s.at(s.sites[ham].office.after(s.now, 20*minute+i.d.around(4*hour)), func() { s.rebill(i, by) })
}

// undoBilling takes back what an invoice billed of its lines.
func (s *sim) undoBilling(i *invoice) {
	for _, x := range i.items {
		x.l.billed -= x.quantity
		x.l.billedNet -= x.net
		x.l.firstBill = 0
		for _, it := range x.l.items {
			for _, other := range it.invoiced {
				if at := other.inv.createdAt; other.inv.cancelled == nil && (x.l.firstBill == 0 || at < x.l.firstBill) {
					x.l.firstBill = at
				}
			}
		}
	}
}

// rebill bills once more what an invoice billed, with the price put right.
func (s *sim) rebill(i *invoice, by user) {
	r := s.newInvoice("REB", i.c, mix(i.key+13), i.terms)
	r.reference, r.createdBy = i, by
	for n, x := range i.items {
		price := x.price
		if n == 0 {
			price = price * 97 / 100
		}
		r.add(x.l, x.item, x.quantity, price)
	}
	s.finish(r)
	s.enterInvoice(r)
}

// cancelled sets the receivables of an invoice and its cancellation off against each other: no cash.
func (s *sim) cancelled(c *invoice, e *entry) {
	i := c.cancels
	if len(i.entries) == 0 {
		return
	}
	s.at(s.now+2*minute, func() {
		s.setOff(i.entries[0], e, i.entries[0].open(), batchBilling)
	})
}
