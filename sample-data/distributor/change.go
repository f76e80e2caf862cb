package distributor

import "fmt"

// plan decides which changes the order will see.
func (s *sim) plan(o *order) {
	d, c := &o.d, o.c
	office := c.site.office
	sales := func() user { return c.site.sales[d.below(len(c.site.sales))] }
	soon := func(median instant) instant { return office.after(s.now, 3*minute+d.around(median)) }
	l := o.lines[d.below(len(o.lines))]
	if d.chance(420) {
		by := sales()
		s.at(soon(3*hour), func() { s.requantified(l, by) })
	}
	if d.chance(330) {
		by := sales()
		s.at(soon(4*hour), func() { s.repriced(o, l, by) })
	}
	if d.chance(110) {
		by := sales()
		s.at(soon(3*hour), func() { s.substituted(l, by) })
	}
	if d.chance(280) {
		by, days := sales(), 1+d.below(9)
		s.at(soon(5*hour), func() { s.postponed(o, days, by) })
	}
	if d.chance(90) {
		by := sales()
		s.at(soon(4*hour), func() {
			if o.cancelledAt == 0 {
				old := o.terms
				o.terms = map[int]int{14: 30, 30: 45, 45: 60, 60: 30}[old]
				s.numbers.change++
				s.changed(&change{object: "ORDER", objectNo: o.no, field: "terms", old: fmt.Sprint(old), new: fmt.Sprint(o.terms), by: by}, o)
			}
		})
	}
	if d.chance(60) {
		by := sales()
		s.at(soon(4*hour), func() {
			if o.cancelledAt == 0 {
				s.numbers.change++
				s.changed(&change{object: "ORDER", objectNo: o.no, field: "partner", old: padded(c.no), new: padded(9_000_000_000 + c.no), by: by}, o)
			}
		})
	}
	if o.channel == chEDI && d.chance(250) {
		s.at(s.now+d.between(20*minute, 30*hour), func() { s.orderChange(o, l) })
	}
	if d.chance(220) {
		by := sales()
		s.at(soon(6*hour), func() { s.reject(l, "C1", true, by) })
	}
	if d.chance(600) {
		// The nightly check finds that stock comes later, and moves the promise.
		s.at(berlin.at(berlin.day(s.now)+1+date(d.below(3)), 4*hour+40*minute+d.between(0, 10*minute)), func() { s.rescheduled(l, 1+d.below(4)) })
	}
}

// changed notes one field of one object; several of one save share a number.
func (s *sim) changed(c *change, orders ...*order) {
	c.no, c.at = s.numbers.change, s.now
	if n := len(s.change); n > 0 && s.change[n-1].no == c.no {
		c.position = s.change[n-1].position + 1
	} else {
		c.position = 1
	}
	s.change = append(s.change, c)
	s.acted(c.by, orders...)
}

// free reports whether a line can still be changed.
func (l *line) free() bool {
	return !l.inDelivery && l.rejected == "" && l.o.cancelledAt == 0 && l.o.createdAt != 0
}

// revised notes what the line asks for now.
func (l *line) revised(at instant) {
	l.revisions = append(l.revisions, revision{at, l.quantity, l.price, l.requested})
}

func (s *sim) requantified(l *line, by user) {
	if !l.free() {
		return
	}
	d := &l.o.d
	old := l.quantity
	if d.chance(5500) || old < 2000 {
		l.quantity += 1000 * int64(1+d.below(8))
	} else {
		l.quantity -= 1000 * int64(1+d.below(int(old/1000)-1))
	}
	s.resize(l)
	l.revised(s.now)
	s.numbers.change++
	s.changed(&change{object: "ORDER", objectNo: l.o.no, item: l.no, field: "quantity", old: quantityText(old), new: quantityText(l.quantity), by: by}, l.o)
}

// resize makes the promises fit the quantity: the first takes the difference.
func (s *sim) resize(l *line) {
	l.promises = l.promises[:1]
	l.promises[0].quantity, l.promises[0].confirmedQuantity = l.quantity, l.quantity
}

func (s *sim) repriced(o *order, l *line, by user) {
	if !l.free() || o.kind == kindFree {
		return
	}
	old := l.price
	l.price = old * int64(88+o.d.below(22)) / 100
	l.price -= l.price % 100
	if l.price == old {
		l.price += 100
	}
	l.revised(s.now)
	s.numbers.change++
	s.changed(&change{object: "ORDER", objectNo: o.no, item: l.no, field: "price", old: priceText(old), new: priceText(l.price), by: by}, o)
}

func (s *sim) substituted(l *line, by user) {
	if !l.free() {
		return
	}
	old := l.m
	l.m = &s.goods[(l.o.d.below(materialCount))]
	if l.m == old {
		return
	}
	s.numbers.change++
	s.changed(&change{object: "ORDER", objectNo: l.o.no, item: l.no, field: "material", old: old.no, new: l.m.no, by: by}, l.o)
}

// postponed is the customer who wants everything later; header and lines are saved together.
func (s *sim) postponed(o *order, days int, by user) {
	if o.cancelledAt != 0 {
		return
	}
	for _, l := range o.lines {
		if l.inDelivery {
			return
		}
	}
	old := o.requested
	o.requested = o.c.site.office.plus(old, days)
	s.numbers.change++
	s.changed(&change{object: "ORDER", objectNo: o.no, field: "requested_date", old: dateText(old), new: dateText(o.requested), by: by}, o)
	for _, l := range o.lines {
		l.requested = o.requested
		l.revised(s.now)
		for i := range l.promises {
			p := &l.promises[i]
			p.requested = o.requested
			if p.confirmed < o.requested {
				p.confirmed = o.requested
			}
		}
	}
}

func (s *sim) rescheduled(l *line, days int) {
	if !l.free() || l.o.confirmedAt == 0 {
		return
	}
	p := &l.promises[len(l.promises)-1]
	old := p.confirmed
	p.confirmed = l.o.c.site.office.plus(old, days)
	s.numbers.change++
	s.changed(&change{object: "ORDER", objectNo: l.o.no, item: l.no, field: "confirmed_date", old: dateText(old), new: dateText(p.confirmed), by: batchATP}, l.o)
}

// reject ends a line: nothing more of it will be delivered.
func (s *sim) reject(l *line, reason string, byCustomer bool, by user) {
	if l.rejected != "" || l.o.cancelledAt != 0 || (byCustomer && l.inDelivery) {
		return
	}
	l.rejected, l.byCustomer, l.rejectedAt = reason, byCustomer, s.now
	s.numbers.change++
	s.changed(&change{object: "ORDER", objectNo: l.o.no, item: l.no, field: "rejection", new: reason, by: by}, l.o)
}
