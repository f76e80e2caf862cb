package distributor

import "fmt"

var errorCodes = [...]string{"PARTNER_UNKNOWN", "MATERIAL_UNKNOWN", "UNIT_INVALID", "TIMEOUT", "LOCKED", "SCHEMA"}

// orderMessage brings an order in, at the first attempt or after some.
func (s *sim) orderMessage(o *order, channel, partner string, by user) {
	d := rolled(s.seed, aMessage, o.key)
	m := s.newMessage(&d, true, "ORDERS", channel, partner, o.po)
	m.hash, m.order = mix(o.key^s.seed), o
	m.occurred = s.now - d.between(second, 3*minute) - instant(d.below(1000))
	if channel == "API" {
		m.occurred = s.now
		m.received = s.now + d.between(second, 8*second)
	}
	o.duplicateOf = nil
	if d.chance(140) {
		again := s.now + d.between(4*minute, 6*hour)
		accepted := d.chance(3000)
		copied := d
		s.at(again, func() { s.again(m, o, accepted, by, copied) })
	}
	s.process(&d, m, m.received+d.between(second, 20*second), 420, func(t instant, hand user) {
		creator := by
		if hand != nobody && d.chance(2500) {
			// Typed in by hand; the message is closed, and nothing came of it.
			m.attempts = m.attempts[:len(m.attempts)-1]
			m.closed, creator = true, hand
		} else if hand != nobody {
			s.actedLater(t-second, hand, o)
		}
		s.create(o, creator)
		if !m.closed {
			m.about = o.no
		}
	})
}

// actedLater is acted for an instant other than now.
func (s *sim) actedLater(t instant, by user, orders ...*order) {
	u := &s.users[by]
	if u.kind != "D" {
		return
	}
	for _, o := range orders {
		o.acts = append(o.acts, act{t, u.unlisted})
	}
}

// again is the same order once more: most are refused, some make a second order.
func (s *sim) again(first *message, o *order, accepted bool, by user, d dice) {
	m := s.newMessage(&d, true, "ORDERS", first.channel, first.partner, first.key)
	m.hash = first.hash
	m.occurred = s.now - d.between(second, minute)
	if !accepted || o.createdAt == 0 {
		t := m.received + d.between(second, 20*second)
		m.attempts = append(m.attempts, attempt{t, t + d.between(second, 4*second), "DUPLICATE", nobody})
		m.closed = true
		return
	}
	twin := &order{key: mix(o.key + 1), c: o.c, channel: o.channel, po: o.po, terms: o.terms, kind: o.kind, requested: o.requested, duplicateOf: o, receivedAt: s.now}
	twin.d = rolled(s.seed, anOrder, twin.key)
	for _, l := range o.lines {
		twin.lines = append(twin.lines, &line{o: twin, no: l.no, m: l.m, quantity: l.quantity, price: l.price, requested: l.requested})
	}
	s.process(&d, m, m.received+d.between(second, 20*second), 0, func(instant, user) {
		s.create(twin, by)
		m.about = twin.no
	})
}

// orderChange is a change the customer sends by EDI; the interface posts it.
func (s *sim) orderChange(o *order, l *line) {
	d := rolled(s.seed, aMessage, o.key^0xC4)
	m := s.newMessage(&d, true, "ORDCHG", "EDI", fmt.Sprintf("EDI%d", o.c.no), o.po)
	m.hash, m.order = mix(m.hash^o.key), o
	m.occurred = s.now - d.between(second, 2*minute)
	s.process(&d, m, m.received+d.between(second, 20*second), 500, func(t instant, hand user) {
		if o.no != 0 {
			m.about = o.no
		}
		if hand != nobody {
			s.actedLater(t-second, hand, o)
		}
		if l.free() && !o.d.chance(3500) {
			s.requantified(l, ifEDI)
		} else if l.free() {
			s.postponed(o, 1+o.d.below(5), ifEDI)
		}
	})
}

func (s *sim) newMessage(d *dice, in bool, kind, channel, partner, key string) *message {
	s.numbers.message++
	m := &message{no: s.numbers.message, in: in, kind: kind, channel: channel, partner: partner, key: key, hash: d.pcg.Uint64(), occurred: s.now, received: s.now}
	s.message = append(s.message, m)
	return m
}

// process has a message tried until it is posted, then does so. failures is
// how many of 10,000 fail at first.
func (s *sim) process(d *dice, m *message, t instant, failures int, post func(t instant, hand user)) {
	s.at(t, func() {
		end := s.now + d.between(second, 6*second)
		if d.chance(failures) {
			code := errorCodes[d.below(len(errorCodes))]
			m.attempts = append(m.attempts, attempt{s.now, end, code, nobody})
			m.owner = "EDI-DESK"
			s.retried(d, m, end, code, 1, post)
			return
		}
		m.attempts = append(m.attempts, attempt{s.now, end, "", nobody})
		s.at(end, func() { post(s.now, nobody) })
	})
}

// retried is the next attempt after a failed one: the platform's own, or a person's.
func (s *sim) retried(d *dice, m *message, failed instant, code string, n int, post func(t instant, hand user)) {
	if n < 3 && (code == "TIMEOUT" || code == "LOCKED" || d.chance(2500)) {
		s.at(failed+15*minute, func() {
			end := s.now + d.between(second, 6*second)
			if d.chance(4000) {
				m.attempts = append(m.attempts, attempt{s.now, end, code, nobody})
				s.retried(d, m, end, code, n+1, post)
				return
			}
			m.attempts = append(m.attempts, attempt{s.now, end, "", nobody})
			s.at(end, func() { post(s.now, nobody) })
		})
		return
	}
	hand := desk(d, firstSales, salesDesks)
	office := s.sites[ham].office
	s.at(office.after(failed, 10*minute+d.around(3*hour)), func() {
		end := s.now + second
		m.attempts = append(m.attempts, attempt{s.now, end, "", hand})
		s.at(end, func() { post(s.now, hand) })
	})
}

// sendOutput sends a document to the customer: by EDI where agreed, else by mail or on paper.
func (s *sim) sendOutput(object string, no int64, c *customer, kind string, d *dice, key uint64, by user, orders ...*order) {
	if s.users[by].kind != "D" || !d.chance(3500) {
		by = batchOutput
	}
	medium := "EDI"
	if !c.edi {
		medium = [...]string{"MAIL", "PRINT"}[d.pick(78, 22)]
	}
	s.numbers.output++
	o := &output{no: s.numbers.output, object: object, objectNo: no, medium: medium, status: "OK", by: by, at: s.now, processed: s.now + d.between(2*second, 40*second)}
	s.output = append(s.output, o)
	if medium == "EDI" {
		s.actedLater(o.processed, by, orders...)
		if kind != "" {
			s.sendMessage(kind, no, c, d, key, orders)
		}
		return
	}
	if d.chance(160) {
		o.status = "ERROR"
		hand := desk(d, firstBill, billDesks)
		s.at(c.site.office.after(s.now, 30*minute+d.around(6*hour)), func() {
			s.numbers.output++
			s.output = append(s.output, &output{no: s.numbers.output, object: object, objectNo: no, medium: medium, status: "OK", by: hand, at: s.now, processed: s.now + 3*second})
			s.actedLater(s.now+3*second, hand, orders...)
		})
		return
	}
	s.actedLater(o.processed, by, orders...)
}

// sendMessage hands a document to the partner, who acknowledges it most times.
func (s *sim) sendMessage(kind string, no int64, c *customer, d *dice, key uint64, orders []*order) {
	own := rolled(s.seed, aMessage, key^uint64(len(kind))<<48^uint64(kind[0])<<40)
	m := s.newMessage(&own, false, kind, "EDI", fmt.Sprintf("EDI%d", c.no), "")
	m.about = no
	m.key = fmt.Sprint(no)
	if len(orders) > 0 && kind == "ORDRSP" {
		m.key = orders[0].po
	}
	failures := 170
	if kind == "INVOIC" {
		failures = 260
	}
	s.process(&own, m, s.now+own.between(second, 30*second), failures, func(t instant, hand user) {
		if hand != nobody {
			s.actedLater(m.attempts[len(m.attempts)-1].from, hand, orders...)
		}
		if own.chance(9500) {
			at := t + own.between(20*second, 90*minute)
			s.at(at, func() { m.acked = at + instant(own.below(1000)) })
		}
	})
}
