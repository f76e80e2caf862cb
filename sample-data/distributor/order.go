package distributor

import (
	"fmt"
	"sort"
)

// arrive lets the n-th order of the organisation come in on a day.
func (s *sim) arrive(day date, n int) {
	o := &order{key: uint64(s.org)<<32 | uint64(n), d: rolled(s.seed, anOrder, uint64(s.org)<<32|uint64(n))}
	d := &o.d
	o.c = s.people[sort.SearchInts(s.chance, d.below(s.chance[len(s.chance)-1])+1)]
	c := o.c
	o.channel = d.pick(channelMix[c.group]...)
	o.terms = c.terms
	office := c.site.office
	var at instant
	switch o.channel {
	case chEDI:
		at = c.site.zone.at(day, 5*hour+d.between(0, 17*hour))
		if d.chance(800) {
			at = c.site.zone.at(day, 21*hour+d.between(0, 2*hour))
		}
	case chShop:
		at = c.site.zone.at(day, 6*hour+d.between(0, 17*hour))
	case chMail:
		at = c.site.zone.at(day, 6*hour+d.between(0, 14*hour))
	default:
		at = office.after(c.site.zone.at(day, 8*hour), d.between(0, 9*hour-minute))
	}
	o.po = fmt.Sprintf("%s%05d-%d", [...]string{"PO", "B", "4500", "EK", "W"}[int(c.no)%5], n+1, c.no%1000)
	s.compose(o, day)
	s.at(at, func() { s.receive(o) })
}

// compose decides what is ordered.
func (s *sim) compose(o *order, day date) {
	d, c := &o.d, o.c
	if d.chance(60) {
		o.kind = kindFree
	}
	n := 1 + d.pick(18, 19, 17, 13, 9, 7, 5, 4, 3, 2, 1, 1, 1)
	lead := 2 + d.pick(6, 18, 22, 18, 12, 8, 6, 4, 2, 1, 1, 1)
	o.urgent = lead <= 2
	o.requested = c.site.office.plus(day, lead)
	for i := range n {
		m := &s.goods[(d.below(materialCount)*d.below(materialCount))/materialCount]
		l := &line{o: o, no: (i + 1) * 10, m: m, requested: o.requested, quantity: int64(1+d.below([...]int{12, 60, 40, 8}[d.below(4)])) * 1000}
		if c.group == groupKey {
			l.quantity *= 3
		}
		l.price = m.price * int64(86+d.below(20)) / 100
		if c.currency == "GBP" {
			l.price = l.price * 85 / 100
		}
		l.price -= l.price % 100
		if o.kind == kindFree {
			l.price = 0
		}
		o.lines = append(o.lines, l)
	}
}

// receive is when the order reaches the company, by its channel.
func (s *sim) receive(o *order) {
	d, c := &o.d, o.c
	o.receivedAt = s.now
	if c.site.zone.day(s.now) >= o.requested {
		o.requested = c.site.office.plus(c.site.zone.day(s.now), 2)
	}
	switch o.channel {
	case chEDI:
		s.orderMessage(o, "EDI", fmt.Sprintf("EDI%d", c.no), ifEDI)
	case chShop:
		s.numbers.shop++
		w := &shopOrder{no: s.numbers.shop, c: c, po: o.po, method: [...]string{"INVOICE", "INVOICE", "DIRECT_DEBIT"}[d.below(3)], o: o, at: s.now}
		s.shop = append(s.shop, w)
		w.lost, w.small = d.chance(300), d.chance(250)
		s.orderMessage(o, "API", "SHOP", ifShop)
	case chCRM:
		s.quoted(o)
	default:
		s.numbers.call++
		desk := c.site.sales[d.below(len(c.site.sales))]
		call := &call{no: s.numbers.call, medium: channelNames[o.channel], c: c, po: o.po, by: desk, o: o, at: s.now}
		s.call = append(s.call, call)
		typing := 4*minute + d.between(0, 12*minute)
		if o.channel == chMail {
			typing = 10*minute + d.around(2*hour)
		}
		s.at(c.site.office.after(s.now, typing), func() { s.create(o, desk) })
	}
}

// quoted is an accepted quote of the CRM; others come to nothing.
func (s *sim) quoted(o *order) {
	d, c := &o.d, o.c
	s.numbers.quote++
	owner := c.site.sales[d.below(len(c.site.sales))]
	q := &quote{no: s.numbers.quote, c: c, po: o.po, owner: owner, status: "WON", o: o, accepted: s.now}
	q.sent = s.now - d.between(2*hour, 9*fullDay)
	q.created = q.sent - d.between(20*minute, 26*hour)
	for _, l := range o.lines {
		q.net += money(l.quantity, l.price)
	}
	s.quote = append(s.quote, q)
	if d.chance(4500) {
		s.numbers.quote++
		lost := &quote{no: s.numbers.quote, c: c, status: [...]string{"LOST", "LOST", "SENT"}[d.below(3)], owner: owner, net: q.net * int64(60+d.below(90)) / 100}
		lost.created = s.now - d.between(hour, 6*fullDay)
		lost.sent = lost.created + d.between(hour, 20*hour)
		if lost.sent > s.now {
			lost.sent = s.now
		}
		s.quote = append(s.quote, lost)
	}
	if d.chance(6000) {
		s.at(s.now+d.between(minute, 6*minute), func() { s.create(o, ifCRM) })
		return
	}
	s.at(c.site.office.after(s.now, 15*minute+d.around(50*minute)), func() { s.create(o, owner) })
}

// create enters the order into the ERP.
func (s *sim) create(o *order, by user) {
	d, c := &o.d, o.c
	s.numbers.order++
	o.no, o.createdAt, o.createdBy = s.numbers.order, s.now, by
	s.order = append(s.order, o)
	s.acted(by, o)
	s.waited(wait{o: o, object: "SalesOrder", number: padded(o.no), kind: "entry", from: o.receivedAt, to: s.now})
	for _, l := range o.lines {
		l.createdAt = s.now
	}
	s.promiseAll(o)
	for _, l := range o.lines {
		l.revised(s.now)
	}
	hold := s.creditChecked(o)
	if d.chance(380) {
		s.deliveryHold(o)
	}
	if !hold {
		s.confirmSoon(o)
	}
	if o.duplicateOf != nil {
		s.at(c.site.office.after(s.now, d.around(5*hour)), func() {
			s.cancel(o, c.site.sales[d.below(len(c.site.sales))])
		})
		return
	}
	s.plan(o)
	if d.chance(190) {
		s.at(c.site.office.after(s.now, d.around(7*hour)), func() {
			s.cancel(o, c.site.sales[d.below(len(c.site.sales))])
		})
	}
}

// promiseAll says when what can be delivered: the first confirmation.
func (s *sim) promiseAll(o *order) {
	d, c := &o.d, o.c
	today := c.site.zone.day(s.now)
	earliest := c.site.office.plus(today, 2)
	for _, l := range o.lines {
		l.requested = o.requested
		day := max(l.requested, earliest)
		short := d.chance(450)
		if causes[toolShortage].during(today) && materialGroups[l.m.group] == "TOOLS" && d.chance(6000) {
			late := day + date(8+d.below(18))
			for !c.site.office.works(late) {
				late++
			}
			s.stockWait(l, day, late, toolShortage)
			l.promises = []promise{{l.requested, late, late, l.quantity, l.quantity}}
			continue
		}
		if !short {
			l.promises = []promise{{l.requested, day, day, l.quantity, l.quantity}}
			continue
		}
		late := c.site.office.plus(day, 2+d.below(7))
		s.stockWait(l, day, late, noCause)
		if l.quantity >= 4000 && d.chance(6500) {
			some := l.quantity / 2000 * 1000
			l.promises = []promise{{l.requested, day, day, some, some}, {l.requested, late, late, l.quantity - some, l.quantity - some}}
			continue
		}
		l.promises = []promise{{l.requested, late, late, l.quantity, l.quantity}}
	}
}

// stockWait notes, once it is over, that a line waited for stock that it could have had on a day.
func (s *sim) stockWait(l *line, from, to date, cause int) {
	z := l.o.c.site.zone
	w := wait{o: l.o, object: "SalesOrderItem", number: item(l.o.no, l.no), kind: "stock", from: z.at(from, 6*hour), to: z.at(to, 6*hour), cause: cause}
	if cause != noCause {
		w.extra = w.to - w.from
	}
	s.at(w.to, func() {
		if l.rejected == "" {
			s.waited(w)
		}
	})
}

// confirmSoon has the order confirmed: by the availability check within minutes, or by hand.
func (s *sim) confirmSoon(o *order) {
	d := &o.d
	if s.users[o.createdBy].kind == "D" {
		s.at(o.c.site.office.after(s.now, 2*minute+d.around(10*minute)), func() { s.confirm(o, o.createdBy) })
		return
	}
	if d.chance(300) { // a price or a unit that does not fit
		by := o.c.site.sales[d.below(len(o.c.site.sales))]
		s.at(o.c.site.office.after(s.now, d.around(90*minute)), func() {
			if o.cancelledAt != 0 {
				return
			}
			s.repriced(o, o.lines[d.below(len(o.lines))], by)
			s.confirm(o, by)
		})
		return
	}
	s.at(s.now+d.between(40*second, 4*minute), func() { s.confirm(o, batchATP) })
}

// confirm binds both sides, and tells the customer.
func (s *sim) confirm(o *order, by user) {
	if o.cancelledAt != 0 {
		return
	}
	o.confirmedAt, o.confirmedBy = s.now, by
	s.acted(by, o)
	s.at(s.now+o.d.between(5*second, 90*second), func() { s.sendOutput("ORDER", o.no, o.c, "ORDRSP", &o.d, o.key, o.createdBy, o) })
	s.releaseIfFree(o)
}

// releaseIfFree hands the order to fulfilment once it is confirmed and nothing holds it.
func (s *sim) releaseIfFree(o *order) {
	if o.confirmedAt == 0 || o.holds > 0 || o.releasedAt != 0 || o.cancelledAt != 0 {
		return
	}
	by := batchDelivery
	if s.users[o.confirmedBy].kind == "D" && o.d.chance(2500) {
		by = o.confirmedBy
	}
	s.at(s.now+o.d.between(second, 50*second), func() {
		if o.holds > 0 || o.releasedAt != 0 || o.cancelledAt != 0 {
			return
		}
		o.releasedAt, o.releasedBy = s.now, by
		s.acted(by, o)
		for _, l := range o.lines {
			s.schedule(l)
		}
	})
}

// cancel takes the whole order back, if nothing was delivered yet.
func (s *sim) cancel(o *order, by user) {
	if o.cancelledAt != 0 {
		return
	}
	for _, l := range o.lines {
		if l.inDelivery {
			return
		}
	}
	o.cancelledAt, o.cancelledBy = s.now, by
	s.acted(by, o)
	for _, l := range o.lines {
		if l.rejected == "" {
			l.rejected, l.byCustomer = "C9", o.duplicateOf == nil
		}
	}
}

// padded is a document number as the ERP writes it.
func padded(no int64) string {
	var b [10]byte
	for i := 9; i >= 0; i-- {
		b[i] = byte('0' + no%10)
		no /= 10
	}
	return string(b[:])
}
