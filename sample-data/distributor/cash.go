package distributor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (s *sim) newEntry(kind string, c *customer, amount int64, posting, due date) *entry {
	s.numbers.entry++
	e := &entry{no: s.numbers.entry, kind: kind, c: c, amount: amount, posting: posting, due: due, createdAt: s.now}
	s.entry = append(s.entry, e)
	c.open = append(c.open, e)
	s.books.posted(e, kind)
	return e
}

// expect plans when the customer pays an entry: its payment run after due, late as is its way.
func (s *sim) expect(e *entry) {
	if e.open() <= 0 || e.planned {
		return
	}
	d := rolled(s.seed, aPayment, uint64(e.no)<<8^uint64(s.org)<<44)
	if e.kind == "RES" && d.chance(3500) {
		s.forget(e, &d)
		return
	}
	if d.chance(45) {
		s.forget(e, &d) // never paid
		return
	}
	day := e.due + date(e.c.lateness) + date(d.below(3))
	if e.c.discount {
		day = e.posting + date(5+d.below(5))
	}
	day = max(day, utc.day(s.now)+1)
	office := s.sites[ham].office
	for e.c.payday != 7 && day.weekday() != e.c.payday {
		day++
	}
	for !office.works(day) {
		day++
	}
	e.planned, e.payOn = true, day
	k := payKey{e.c, day}
	if _, ok := s.pays[k]; !ok {
		s.at(utc.at(day, 10*hour), func() { s.pay(k) })
	}
	s.pays[k] = append(s.pays[k], e)
}

// forget leaves an entry unpaid until it is written off.
func (s *sim) forget(e *entry, d *dice) {
	by := desk(d, firstCash, cashDesks)
	s.at(utc.at(e.due+date(60+d.below(80)), 9*hour)+d.between(0, 6*hour), func() {
		if e.open() > 0 && !e.held {
			s.apply("WOF", e, nil, nil, e.open(), by, 0)
		}
	})
}

// pay is a customer's payment run: one transfer for all that is due.
func (s *sim) pay(k payKey) {
	entries := s.pays[k]
	delete(s.pays, k)
	c := k.c
	d := rolled(s.seed, aPayment, mix(uint64(c.no)<<20|uint64(k.at)))
	var intended []payment
	var total int64
	var words []string
	for _, e := range entries {
		e.planned = false
		open := e.open()
		if open <= 0 || e.held || e.inv != nil && e.inv.held && e.kind == "INV" {
			continue
		}
		p := payment{e: e, cash: open}
		switch {
		case e.c.discount && k.at <= e.posting+10 && e.kind == "INV" && e.cash == 0:
			p.discount = percent(open, 200)
			p.cash -= p.discount
		case e.c.shortPays && e.kind == "INV" && d.chance(1400):
			p.short = percent(open, int64(100+d.below(900)))
			p.cash -= p.short
			p.shortReason = [...]string{"PRICE", "QTY", "FREIGHT", "DAMAGE"}[d.below(4)]
			p.disputed = d.chance(4000)
		case e.kind == "INV" && open > 100_000 && d.chance(350):
			p.cash = open / 2
			p.later = true
		}
		if p.cash <= 0 {
			continue
		}
		total += p.cash
		e.paying = true
		intended = append(intended, p)
		if e.inv != nil {
			words = append(words, fmt.Sprint(e.inv.no))
		}
	}
	if len(intended) == 0 {
		return
	}
	if d.chance(130) {
		total += percent(total, int64(50+d.below(2000))) + 100 // too much
	}
	if d.chance(40) {
		total += intended[0].cash // one invoice twice
	}
	text := "INV " + strings.Join(words, " ")
	if len(words) > 12 {
		text = fmt.Sprintf("INV %s AND %d MORE PER ADVICE", strings.Join(words[:12], " "), len(words)-12)
	}
	if d.chance(900) || c.country == "NL" {
		text = [...]string{"PAYMENT", "THANK YOU", "OUR REF " + fmt.Sprint(c.no), "AS AGREED"}[d.below(4)]
	}
	office := s.sites[ham].office
	imported := utc.at(office.next(k.at), 5*hour+30*minute)
	value := k.at
	s.at(imported, func() { s.imported(c, intended, total, value, text, d) })
}

// imported reads a line of the bank's statement; it becomes a receipt.
func (s *sim) imported(c *customer, intended []payment, total int64, value date, text string, d dice) {
	day := utc.day(s.now)
	k := bankKey{c.currency, day}
	st := s.banks[k]
	if st == nil {
		y, m, dd := day.civil()
		st = &statement{name: fmt.Sprintf("%s-%04d%02d%02d-%d", c.currency, y, m, dd, s.org)}
		s.banks[k] = st
	}
	st.lines++
	b := &bankLine{statement: st, no: st.lines, c: c, amount: total, value: value, imported: s.now, text: text}
	s.bankLine = append(s.bankLine, b)
	s.numbers.receipt++
	r := &receipt{no: s.numbers.receipt, line: b, createdAt: s.now + d.between(5*second, 4*minute), intended: intended}
	s.receipt = append(s.receipt, r)
	s.books.received(r)
	if c.edi && d.chance(6000) {
		own := rolled(s.seed, aMessage, uint64(r.no)^0x8E)
		m := s.newMessage(&own, true, "REMADV", "EDI", fmt.Sprintf("EDI%d", c.no), fmt.Sprintf("PAY%d", r.no))
		m.about = r.no
		m.occurred = s.now - own.between(hour, 14*hour)
		s.process(&own, m, s.now+own.between(second, 2*minute), 0, func(instant, user) {})
	}
	s.match(r, d)
}

// match decides who applies a receipt, and when.
func (s *sim) match(r *receipt, d dice) {
	c := r.line.c
	office := s.sites[ham].office
	at, by, cause, plain := r.createdAt+d.between(minute, 20*minute), batchBank, noCause, instant(0)
	hand := desk(&d, firstCash, cashDesks)
	exact := strings.HasPrefix(r.line.text, "INV") && !strings.Contains(r.line.text, "MORE")
	switch {
	case c.country == "NL":
		plain = office.after(r.createdAt, d.around(4*hour))
		at, by, cause = office.after(plain, 36*hour+d.between(0, 45*hour)), hand, handCash
	case exact && d.chance(8600):
	case d.chance(2500):
		at, by = r.createdAt+d.between(30*minute, 3*hour), robotCash
	default:
		at, by = office.after(r.createdAt, d.around(8*hour)), hand
	}
	if d.chance(90) { // nobody knows what it is for; some the customer explains
		if d.chance(3500) {
			return
		}
		at, by, cause = office.after(r.createdAt+20*fullDay, d.around(200*hour)), hand, noCause
	}
	s.at(at, func() {
		extra := instant(0)
		if cause != noCause {
			extra = at - plain
		}
		var o *order
		if inv := r.intended[0].e.inv; inv != nil {
			o = inv.orders[0]
		}
		s.applyReceipt(r, by, &d)
		if r.applied > 0 { // else all was settled meanwhile, and it goes on waiting
			s.waited(wait{o: o, object: "Receipt", number: receiptNumber(r.no), kind: "cash", from: r.createdAt, to: s.now, extra: extra, cause: cause})
		}
	})
}

// applyReceipt applies a receipt to what it was sent for.
func (s *sim) applyReceipt(r *receipt, by user, d *dice) {
	s.numbers.clearing++
	clearing := s.numbers.clearing
	for _, p := range r.intended {
		e := p.e
		e.paying = false
		if e.open() < p.cash || e.inv != nil && e.inv.cancelled != nil {
			continue // cancelled or settled meanwhile: stays unapplied
		}
		a := s.apply("PAY", e, r, nil, p.cash, by, clearing)
		if p.discount > 0 && e.open() == p.discount {
			s.apply("DIS", e, nil, nil, p.discount, by, clearing)
		}
		if p.short > 0 && e.open() == p.short {
			s.residual(e, p, by, clearing, d)
		}
		if p.later {
			e.due += 21
			s.expect(e)
			e.due -= 21
		}
		if d.chance(120) {
			s.misapplied(a, r, d)
		}
	}
	if rest := r.line.amount - r.applied; rest > 0 {
		c := r.line.c
		c.credit = append(c.credit, r)
		s.at(s.sites[ham].office.after(s.now+14*fullDay, d.around(60*hour)), func() { s.useCredit(r, desk(d, firstCash, cashDesks)) })
	}
}

// misapplied finds the application of a person or rule wrong, takes it back and applies it again.
func (s *sim) misapplied(a *application, r *receipt, d *dice) {
	by := desk(d, firstCash, cashDesks)
	s.at(s.sites[ham].office.after(s.now, d.around(9*hour)), func() {
		e := a.e
		if e.open() != 0 || e.other != 0 {
			return
		}
		a.reversedAt, a.reversedBy = s.now, by
		e.cash -= a.amount
		e.clearedAt = 0
		r.applied -= a.amount
		s.books.takenBack(a)
		s.entryActed(by, e)
		s.at(s.now+d.between(5*minute, 50*minute), func() {
			s.numbers.clearing++
			s.apply("PAY", e, r, nil, a.amount, by, s.numbers.clearing)
		})
	})
}

// residual closes a short-paid entry and opens another for what is missing.
func (s *sim) residual(e *entry, p payment, by user, clearing int64, d *dice) {
	r := s.newEntry("RES", e.c, p.short, utc.day(s.now), e.due)
	r.inv, r.residual, r.reason = e.inv, e, p.shortReason
	e.inv.entries = append(e.inv.entries, r)
	s.apply("RES", e, nil, r, p.short, by, clearing)
	if p.disputed {
		s.at(s.sites[ham].office.after(s.now, d.around(5*hour)), func() { s.disputed(e.inv, r, p.short, true) })
		return
	}
	r.due = utc.day(s.now) + 30
	s.expect(r)
	r.due = e.due
}

// useCredit applies money left over to something of the customer's that is open.
func (s *sim) useCredit(r *receipt, by user) {
	c := r.line.c
	rest := r.line.amount - r.applied
	for i := len(c.open) - 1; i >= 0; i-- {
		e := c.open[i]
		if rest > 0 && e.kind == "INV" && e.open() > 0 && !e.held && !e.paying && !e.inv.held {
			part := min(rest, e.open())
			rest -= part
			s.apply("PAY", e, r, nil, part, by, 0)
		}
	}
}

// setOff settles an entry by a credit of the same size, or a part of it.
func (s *sim) setOff(e, credit *entry, amount int64, by user) {
	if amount <= 0 {
		return
	}
	amount = min(amount, -credit.open())
	s.numbers.clearing++
	s.apply("SET", e, nil, credit, amount, by, s.numbers.clearing)
}

// apply settles amount of an entry.
func (s *sim) apply(kind string, e *entry, r *receipt, offset *entry, amount int64, by user, clearing int64) *application {
	s.numbers.application++
	if clearing == 0 {
		s.numbers.clearing++
		clearing = s.numbers.clearing
	}
	a := &application{no: s.numbers.application, kind: kind, e: e, r: r, offset: offset, clearing: clearing, by: by, amount: amount, at: s.now}
	s.application = append(s.application, a)
	if kind == "PAY" {
		e.cash += amount
		r.applied += amount
		r.lastApply = s.now
	} else {
		e.other += amount
	}
	e.touched = s.now
	if e.open() == 0 {
		e.clearedAt = s.now
	}
	if kind == "SET" {
		offset.other -= amount
		offset.touched = s.now
		if offset.open() == 0 {
			offset.clearedAt = s.now
		}
	}
	s.books.applied(a)
	s.entryActed(by, e)
	if kind == "SET" && offset.memo != nil && offset.memo.returns != nil {
		s.acted(by, offset.memo.returns)
	}
	return a
}

// entryActed notes an act on every order an entry is of.
func (s *sim) entryActed(by user, e *entry) {
	if e.inv != nil {
		s.acted(by, e.inv.orders...)
	}
}

// dun is the weekly reminder run.
func (s *sim) dun(day date) {
	for _, c := range s.people {
		kept := c.open[:0]
		for _, e := range c.open {
			if e.open() == 0 && s.now-e.touched > 40*fullDay {
				continue
			}
			kept = append(kept, e)
			if e.open() <= 0 || e.kind != "INV" && e.kind != "RES" || e.held {
				continue
			}
			late := int(day - e.due)
			level := 0
			switch {
			case late > 42:
				level = 3
			case late > 21:
				level = 2
			case late > 7:
				level = 1
			}
			if level > e.dunned {
				e.dunned = level
				s.numbers.dunning++
				m := &dunning{no: s.numbers.dunning, e: e, level: level, day: day}
				s.dunning = append(s.dunning, m)
				s.pledge(m)
			}
		}
		clear(c.open[len(kept):])
		c.open = kept
	}
}

// pledge is what the customer says to a reminder: by when it will pay what is
// open. Most know their payment run, some hope for the best.
func (s *sim) pledge(m *dunning) {
	e := m.e
	d := rolled(s.seed, aPledge, uint64(e.no)<<8^uint64(m.level)^uint64(s.org)<<44)
	if m.pledged = d.chance(4500); !m.pledged {
		return
	}
	due := m.day + 4 + date(d.below(11))
	if e.planned && d.chance(7500) {
		due = max(m.day+1, e.payOn+date(d.below(3)))
	}
	s.numbers.pledge++
	s.pledges = append(s.pledges, &pledge{s.numbers.pledge, e, e.open(), m.day, due})
}

// kept is the bank's day by which all that was promised had come in, but for a
// fiftieth at most; 0 if it has not.
func (p *pledge) kept(applications []*application) date {
	came := map[date]int64{}
	for _, a := range applications {
		if a.kind == "PAY" && a.reversedAt == 0 && a.r.line.value >= p.on {
			came[a.r.line.value] += a.amount
		}
	}
	var sum int64
	for _, day := range slices.Sorted(maps.Keys(came)) {
		if sum += came[day]; 50*sum >= 49*p.amount {
			return day
		}
	}
	return 0
}

func promiseNumber(no int64) string { return "P" + padded(no) }

func receiptNumber(no int64) string { return "Z" + padded(no) }
