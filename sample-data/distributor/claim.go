package distributor

// disputed opens a case over an invoice; its entry waits for the decision.
func (s *sim) disputed(i *invoice, e *entry, amount int64, short bool) {
	if i.cancelled != nil || e.open() <= 0 {
		i.held = false
		return
	}
	d := &i.d
	s.numbers.dispute++
	p := &dispute{no: s.numbers.dispute, inv: i, entry: e, amount: min(amount, e.open()), openedAt: s.now,
		reason: [...]string{"PRICE", "PRICE", "QTY", "QUALITY", "PAPER", "OTHER"}[d.below(6)]}
	p.openedBy = desk(d, firstClaim, claimDesks)
	if d.chance(2000) {
		p.openedBy = portal
	}
	if !d.chance(1500) {
		p.owner = "CLAIMS-" + i.c.site.code
	}
	s.dispute = append(s.dispute, p)
	s.acted(p.openedBy, i.orders...)
	e.held, i.held = true, false
	i.disputes++
	office := s.sites[ham].office
	s.at(office.after(s.now, 4*hour+d.around(50*hour)), func() {
		p.decided, p.decider = s.now, desk(d, firstClaim, claimDesks)
		s.acted(p.decider, i.orders...)
		p.outcome = "REJECTED"
		if d.chance(6200) {
			p.outcome = "UPHELD"
			p.credited = p.amount
			if d.chance(2500) {
				p.credited = p.amount * int64(30+d.below(60)) / 100
			}
		}
		s.at(office.after(s.now, 10*minute+d.around(5*hour)), func() {
			p.closedAt, p.closer = s.now, p.decider
			s.acted(p.closer, i.orders...)
			e.held = false
			if p.credited > 0 {
				s.credit(i, p)
			}
			s.expect(e)
		})
	})
}

// credit writes a credit memo for what a dispute was found right in.
func (s *sim) credit(i *invoice, p *dispute) {
	m := s.newMemo(i.c, i, map[string]string{"PRICE": "PRICE", "QTY": "QUANTITY", "QUALITY": "QUALITY", "PAPER": "OTHER", "OTHER": "OTHER"}[p.reason], desk(&i.d, firstClaim, claimDesks))
	m.dispute = p
	gross := p.credited
	m.net = -(gross * 10000 / (10000 + taxRate(i.c)))
	m.tax = -gross - m.net
	left := m.net
	for n, x := range i.items {
		part := m.net * x.net / max(i.net, 1)
		if n == len(i.items)-1 {
			part = left
		}
		left -= part
		if part != 0 {
			m.items = append(m.items, memoItem{x.l, x, 0, part})
			x.l.credited += part
		}
	}
	s.enterMemo(m, p.entry)
}

func (s *sim) newMemo(c *customer, i *invoice, reason string, by user) *memo {
	s.numbers.memo++
	return &memo{no: s.numbers.memo, c: c, inv: i, reason: reason, createdAt: s.now, by: by, day: utc.day(s.now)}
}

// enterMemo posts a credit memo and sets it off against an entry, if one is open.
func (s *sim) enterMemo(m *memo, against *entry) {
	s.memo = append(s.memo, m)
	var orders []*order
	if m.inv != nil {
		orders = append(orders, m.inv.orders...)
		m.inv.credited = true
	}
	if m.returns != nil {
		orders = append(orders, m.returns)
	}
	s.acted(m.by, orders...)
	s.at(s.now+5*minute, func() {
		m.postedAt = s.now
		s.acted(m.by, orders...)
		e := s.newEntry("CRM", m.c, m.net+m.tax, m.day, m.day)
		e.memo, m.entry = m, e
		s.at(s.now+20*minute, func() {
			if against != nil && against.open() > 0 {
				s.setOff(against, e, min(against.open(), -e.open()), m.by)
			}
			if e.open() < 0 {
				s.useMemo(e)
			}
		})
	})
}

// useMemo sets what is left of a credit off against the customer's next invoice.
func (s *sim) useMemo(e *entry) {
	s.at(s.now+9*fullDay, func() {
		for i := len(e.c.open) - 1; i >= 0; i-- {
			x := e.c.open[i]
			if x.kind == "INV" && x.open() > -e.open() && !x.held && !x.paying && !x.inv.held && x.inv.cancelled == nil {
				s.setOff(x, e, -e.open(), batchBank)
				return
			}
		}
	})
}

// creditAndRebill credits an invoice in full and bills it again at the right price.
func (s *sim) creditAndRebill(i *invoice, by user) {
	e := i.entries[0]
	if e.open() != e.amount {
		return
	}
	m := s.newMemo(i.c, i, "PRICE", by)
	m.net, m.tax = -i.net, -i.tax
	for _, x := range i.items {
		m.items = append(m.items, memoItem{x.l, x, -x.quantity, -x.net})
		x.l.credited -= x.net
	}
	s.enterMemo(m, e)
	i.rebilled = true
	s.at(s.sites[ham].office.after(s.now, 30*minute+i.d.around(4*hour)), func() { s.rebill(i, by) })
}

// returned brings goods back: all of a refused delivery, or a line or two of one.
func (s *sim) returned(dl *delivery, refused bool) {
	d := &dl.d
	if dl.issuedAt == 0 || dl.returns {
		return
	}
	c := dl.c
	origin := dl.items[0].l.o
	if origin.kind != kindOrder {
		return
	}
	by := c.site.sales[d.below(len(c.site.sales))]
	s.at(c.site.office.after(s.now, 20*minute+d.around(6*hour)), func() {
		s.numbers.order++
		o := &order{no: s.numbers.order, kind: kindReturn, c: c, channel: chPhone, po: origin.po, createdAt: s.now, createdBy: by,
			reference: origin, terms: origin.terms, requested: c.site.zone.day(s.now), key: mix(dl.key + 99), receivedAt: s.now}
		o.d = rolled(s.seed, anOrder, o.key)
		s.order = append(s.order, o)
		s.acted(by, o)
		for _, it := range dl.items {
			if it.l.o != origin || it.quantity == 0 || !refused && len(o.lines) > 0 && d.chance(6000) {
				continue
			}
			quantity := it.quantity
			if !refused && quantity >= 2000 && d.chance(5000) {
				quantity = 1000 * int64(1+d.below(int(quantity/1000)))
			}
			l := &line{o: o, no: (len(o.lines) + 1) * 10, m: it.l.m, quantity: quantity, price: it.l.price, createdAt: s.now, requested: o.requested, reference: it.l}
			l.revised(s.now)
			o.lines = append(o.lines, l)
		}
		o.confirmedAt, o.confirmedBy = s.now, by
		o.releasedAt, o.releasedBy = s.now, by
		s.acted(by, o)
		s.acted(by, o)
		s.at(c.site.warehouse.after(s.now, 60*hour+d.around(30*hour)), func() { s.returnDelivery(o, dl) })
	})
}

// returnDelivery is the arrival of what is sent back: its delivery, its receipt, its credit.
func (s *sim) returnDelivery(o *order, from *delivery) {
	s.numbers.delivery++
	day := o.c.site.zone.day(s.now)
	dl := &delivery{no: s.numbers.delivery, returns: true, site: o.c.site, c: o.c, carrier: from.carrier, createdAt: s.now,
		createdBy: desk(&o.d, firstLog, logDesks), first: day, plan: day, key: mix(from.key + 5)}
	dl.d = rolled(s.seed, aDelivery, dl.key)
	s.delivery = append(s.delivery, dl)
	dl.join(o)
	s.acted(dl.createdBy, o)
	for _, l := range o.lines {
		var back *deliveryItem
		for _, it := range from.items {
			if it.l == l.reference {
				back = it
			}
		}
		it := &deliveryItem{dl: dl, no: (len(dl.items) + 1) * 10, l: l, quantity: l.quantity, batch: back.batch, returns: back}
		dl.items = append(dl.items, it)
		l.items = append(l.items, it)
		l.inDelivery = true
	}
	s.at(o.c.site.warehouse.after(s.now, 20*minute+dl.d.between(0, 4*hour)), func() {
		m := s.moved(dl, 651, day, desk(&dl.d, firstLog, logDesks), nil)
		dl.issue, dl.issuedAt, dl.issueDay = m, s.now, day
		for _, it := range dl.items {
			it.l.returned += it.quantity
			it.l.reference.returned += it.quantity
		}
		s.at(s.sites[ham].office.after(s.now, hour+dl.d.around(8*hour)), func() { s.creditReturn(o, dl) })
	})
}

// creditReturn credits what came back, as far as an invoice for it stands.
func (s *sim) creditReturn(o *order, dl *delivery) {
	var m *memo
	for _, it := range dl.items {
		for _, x := range it.returns.invoiced {
			if x.inv.cancelled != nil || x.inv.credited && x.inv.kind == "INV" && len(x.inv.entries) > 0 && x.inv.entries[0].cash == 0 && x.inv.entries[0].open() == 0 {
				continue
			}
			if m == nil {
				m = s.newMemo(o.c, x.inv, "RETURN", desk(&dl.d, firstClaim, claimDesks))
				m.returns = o
			}
			if m.inv != x.inv {
				continue
			}
			net := -money(it.quantity, x.price)
			m.items = append(m.items, memoItem{it.l, x, -it.quantity, net})
			m.net += net
			it.l.reference.credited += net
			it.l.credited += net
			break
		}
	}
	if m == nil || m.net == 0 {
		return
	}
	m.tax = percent(m.net, taxRate(o.c))
	var against *entry
	if len(m.inv.entries) > 0 && !m.inv.held {
		against = m.inv.entries[0]
	}
	s.enterMemo(m, against)
}
