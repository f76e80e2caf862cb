package distributor

// creditChecked sets a credit block where the check wants one, and has it reviewed.
func (s *sim) creditChecked(o *order) bool {
	d, c := &o.d, o.c
	today := c.site.zone.day(s.now)
	after := today >= policyDay
	rate := [...]int{150, 1500, 700, 200, 500}[c.group]
	if after {
		rate = [...]int{150, 500, 450, 200, 350}[c.group]
	}
	if o.kind != kindOrder || !d.chance(rate) {
		return false
	}
	b := s.blocked(o, nil, "CREDIT", [...]string{"LIMIT", "LIMIT", "OVERDUE", "NEWCUST"}[d.below(4)], true, creditCheck)
	o.credit = b
	office := c.site.office
	if d.chance(2200) {
		s.at(s.now+d.between(4*minute, 15*minute), func() { s.released(b, robotCredit, noCause, 0); s.confirmSoon(o) })
		return true
	}
	work := 20*minute + d.around(7*hour)
	if after {
		work = 10*minute + d.around(150*minute)
	}
	cause, plain := noCause, office.after(s.now, work)
	switch {
	case c.site.code == "VIE1" && today.weekday() == 1:
		cause = creditMonday
		work += d.between(6*hour, 12*hour)
	case c.site.code == "HAM1" && causes[creditAbsence].during(today):
		cause = creditAbsence
		work += d.between(8*hour, 20*hour)
	}
	due := office.after(s.now, work)
	by := desk(d, firstCredit, creditDesks)
	s.at(due, func() {
		if o.cancelledAt != 0 {
			return
		}
		if d.chance(350) {
			s.cancel(o, by)
			return
		}
		s.released(b, by, cause, due-plain)
		s.confirmSoon(o)
	})
	return true
}

// deliveryHold stops an order, or a line of it, from being delivered for a while.
func (s *sim) deliveryHold(o *order) {
	d := &o.d
	var l *line
	if d.chance(3000) {
		l = o.lines[d.below(len(o.lines))]
	}
	by := o.createdBy
	if s.users[by].kind != "D" {
		by = batchATP
	}
	reason := [...]string{"EXPORT", "CALLOFF", "ADDRESS"}[d.below(3)]
	release := desk(d, firstLog, logDesks)
	at, atCreation := s.now, true
	if d.chance(3000) { // found in the first half minute, before anything is confirmed
		at, atCreation = s.now+d.between(15*second, 35*second), false
	}
	stop := func() {
		b := s.blocked(o, l, "DELIVERY", reason, atCreation, by)
		o.held = true
		s.at(o.c.site.office.after(s.now, 30*minute+d.around(10*hour)), func() {
			if o.cancelledAt != 0 {
				return
			}
			s.released(b, release, noCause, 0)
			s.releaseIfFree(o)
		})
	}
	if atCreation {
		stop()
		return
	}
	s.at(at, stop)
}

func (s *sim) blocked(o *order, l *line, kind, reason string, atCreation bool, by user) *block {
	s.numbers.block++
	b := &block{no: s.numbers.block, o: o, l: l, kind: kind, reason: reason, atCreation: atCreation, setAt: s.now, setBy: by}
	s.block = append(s.block, b)
	s.acted(by, o)
	if kind != "BILLING" {
		o.holds++
	}
	return b
}

// released ends a block; extra is what a cause added to it.
func (s *sim) released(b *block, by user, cause int, extra instant) {
	b.releasedAt, b.releasedBy = s.now, by
	s.acted(by, b.o)
	if b.kind != "BILLING" {
		b.o.holds--
	}
	kind := map[string]string{"CREDIT": "credit", "DELIVERY": "delivery_block", "BILLING": "billing_block"}[b.kind]
	s.waited(wait{o: b.o, object: "Block", number: padded(b.no), kind: kind, from: b.setAt, to: s.now, extra: extra, cause: cause})
}
