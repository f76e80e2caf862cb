package distributor

import "fmt"

// A portion is what is to be delivered of a line in one go.
type portion struct {
	l        *line
	promise  int // index; -1: a back order of quantity
	quantity int64
	plan     date
}

// deliveryRuns are the local times at which deliveries are made.
var deliveryRuns = []instant{6 * hour, 10 * hour, 14 * hour}

// schedule puts a released line before the delivery runs.
func (s *sim) schedule(l *line) {
	if l.rejected != "" {
		return
	}
	for i := range l.promises {
		s.enqueue(portion{l, i, 0, l.promises[i].confirmed}, s.now)
	}
}

// enqueue asks for a portion to be delivered by the run that fits its day.
func (s *sim) enqueue(p portion, from instant) {
	st := p.l.o.c.site
	day := st.warehouse.minus(p.plan, 1+s.transitDays(p.l.o.c))
	// Most is due in the morning; some customers are served by the later runs.
	clock := [...]instant{0, 0, 0, 0, 0, 0, 9 * hour, 9 * hour, 12 * hour, 12 * hour}[mix(uint64(p.l.o.c.no))%10]
	ready := max(from, st.zone.at(day, clock))
	k := runKey{st.short - 1, st.warehouse.slot(ready, deliveryRuns...)}
	if _, ok := s.due[k]; !ok {
		s.at(k.at, func() { s.deliver(k) })
	}
	s.due[k] = append(s.due[k], p)
}

// transitDays is what planning allows for the way.
func (s *sim) transitDays(c *customer) int {
	if c.country == "DE" && c.site.code == "HAM1" || c.country == "AT" || c.country == "GB" {
		return 1
	}
	return 2
}

// deliver is a delivery run: what is due becomes deliveries, one for an order,
// or one for all of a customer's.
func (s *sim) deliver(k runKey) {
	portions := s.due[k]
	delete(s.due, k)
	st := s.sites[k.site]
	type target struct {
		o *order
		c *customer
	}
	var made []*delivery
	byTarget := map[target]*delivery{}
	for _, p := range portions {
		l, quantity, plan := p.l, p.quantity, p.plan
		if l.rejected != "" || l.o.cancelledAt != 0 {
			continue
		}
		if p.promise >= 0 {
			if p.promise >= len(l.promises) {
				continue
			}
			pr := l.promises[p.promise]
			if pr.confirmed > plan {
				p.plan = pr.confirmed
				s.enqueue(p, s.now+minute)
				continue
			}
			quantity = pr.confirmedQuantity
		}
		t := target{o: l.o}
		if l.o.c.combine {
			t = target{c: l.o.c}
		}
		dl := byTarget[t]
		if dl == nil {
			dl = s.newDelivery(l, plan)
			dl.backorder = p.promise < 0
			byTarget[t] = dl
			made = append(made, dl)
		}
		dl.items = append(dl.items, &deliveryItem{dl: dl, no: (len(dl.items) + 1) * 10, l: l, quantity: quantity})
		dl.plan = max(dl.plan, plan)
		dl.first = dl.plan
		l.inDelivery = true
		l.items = append(l.items, dl.items[len(dl.items)-1])
		dl.join(l.o)
	}
	for _, dl := range made {
		s.delivery = append(s.delivery, dl)
		s.acted(dl.createdBy, dl.orders...)
		d := &dl.d
		if late := st.warehouse.zone.day(s.now); dl.plan <= late {
			dl.plan, dl.first = st.warehouse.next(late), st.warehouse.next(late)
		}
		s.at(s.now+d.between(2*minute, 14*minute), func() { s.allocate(dl) })
		if d.chance(130) {
			s.at(s.now+d.between(15*minute, 50*minute), func() { s.cancelDelivery(dl, desk(d, firstLog, logDesks)) })
		}
		if d.chance(250) {
			s.at(s.now+d.between(15*minute, 50*minute), func() { s.replan(dl) })
		}
	}
}

func (s *sim) newDelivery(l *line, plan date) *delivery {
	s.numbers.delivery++
	o := l.o
	dl := &delivery{no: s.numbers.delivery, site: o.c.site, c: o.c, carrier: o.c.carrier, createdAt: s.now, createdBy: batchDelivery, first: plan, plan: plan}
	dl.key = mix(o.key*31 + uint64(len(o.deliveries)) + 7)
	dl.d = rolled(s.seed, aDelivery, dl.key)
	if o.urgent && dl.d.chance(2500) || dl.d.chance(200) {
		dl.createdBy = desk(&dl.d, firstLog, logDesks)
	}
	if dl.d.chance(600) {
		dl.carrier = dl.d.below(len(carrierNames))
	}
	return dl
}

// join notes that the delivery serves o.
func (dl *delivery) join(o *order) {
	for _, known := range dl.orders {
		if known == o {
			return
		}
	}
	dl.orders = append(dl.orders, o)
	o.deliveries = append(o.deliveries, dl)
}

// replan is a person who moves the delivery's day.
func (s *sim) replan(dl *delivery) {
	if dl.cancelledAt != 0 || dl.waveAt != 0 {
		return
	}
	old := dl.plan
	dl.plan = dl.site.warehouse.plus(old, 1)
	s.numbers.change++
	s.changed(&change{object: "DELIVERY", objectNo: dl.no, field: "delivery_date", old: dateText(old), new: dateText(dl.plan), by: desk(&dl.d, firstLog, logDesks)}, dl.orders...)
}

// cancelDelivery gives a delivery up before the wave; its lines go before a later run.
func (s *sim) cancelDelivery(dl *delivery, by user) {
	if dl.cancelledAt != 0 || dl.waveAt != 0 {
		return
	}
	dl.cancelledAt, dl.cancelledBy = s.now, by
	s.acted(by, dl.orders...)
	for _, it := range dl.items {
		if it.alloc != nil {
			it.alloc.givenUp, it.alloc.givenBy = s.now, "SYSTEM"
		}
		plan := dl.site.warehouse.plus(dl.plan, 1)
		s.enqueue(portion{it.l, -1, it.quantity, plan}, s.now+hour)
	}
}

// allocate reserves stock for every line of the delivery, and finds it a wave.
func (s *sim) allocate(dl *delivery) {
	if dl.cancelledAt != 0 {
		return
	}
	d := &dl.d
	dl.allocatedAt = s.now
	by := "SYSTEM"
	if d.chance(500) {
		by = badge(d)
	}
	if by != "SYSTEM" {
		s.actedAt(s.now, dl.orders...)
	}
	for _, it := range dl.items {
		s.reserve(it, by)
		if d.chance(180) {
			s.at(s.now+d.between(10*minute, 50*minute), func() { s.reallocate(it) })
		}
	}
	s.waited(wait{o: dl.orders[0], object: "Delivery", number: padded(dl.no), kind: "allocate", from: dl.createdAt, to: s.now})
	s.toWave(dl)
}

func (s *sim) reserve(it *deliveryItem, by string) {
	d := &it.dl.d
	s.numbers.allocation++
	it.batch = fmt.Sprintf("C%05d", d.below(100000))
	it.alloc = &allocation{no: s.numbers.allocation, item: it, batch: it.batch, location: fmt.Sprintf("%c%02d-%03d", 'A'+rune(d.below(8)), 1+d.below(40), d.below(400)),
		quantity: it.quantity, at: s.now, by: by}
	s.allocation = append(s.allocation, it.alloc)
}

// actedAt notes a decision of a person who is no user of the ERP, as warehouse people are.
func (s *sim) actedAt(t instant, orders ...*order) {
	for _, o := range orders {
		o.acts = append(o.acts, act{at: t})
	}
}

// reallocate gives a reservation up and makes another.
func (s *sim) reallocate(it *deliveryItem) {
	if it.dl.cancelledAt != 0 || it.dl.waveAt != 0 {
		return
	}
	by := "SYSTEM"
	if it.dl.d.chance(6000) {
		by = badge(&it.dl.d)
	}
	it.alloc.givenUp, it.alloc.givenBy = s.now, by
	if by != "SYSTEM" { // giving up and reserving again are two decisions
		s.actedAt(s.now, it.dl.orders...)
		s.actedAt(s.now, it.dl.orders...)
	}
	s.reserve(it, by)
}

func badge(d *dice) string { return fmt.Sprintf("%04d", 1000+d.below(60)*7) }

// toWave finds the wave the delivery goes with.
func (s *sim) toWave(dl *delivery) {
	w := dl.site.warehouse
	clocks := []instant{7 * hour, 9 * hour, 11 * hour, 13 * hour, 15 * hour, 17 * hour}
	from := s.now + 20*minute
	at, cause := w.slot(from, clocks...), noCause
	plain := at
	if dl.site.code == "LDS1" && causes[waveLeeds].during(london.day(s.now)) && london.clock(at) > 14*hour {
		cause = waveLeeds
		at = london.at(w.next(london.day(at)), 9*hour)
	}
	k := runKey{dl.site.short - 1, at}
	if _, ok := s.waves[k]; !ok {
		s.at(at, func() { s.release(k) })
	}
	s.waves[k] = append(s.waves[k], dl)
	dl.waveCause, dl.waveExtra = cause, at-plain
}

// release lets a wave go: one pick for each line of its deliveries.
func (s *sim) release(k runKey) {
	st := s.sites[k.site]
	s.numbers.wave++
	w := &wave{no: s.numbers.wave, site: st, at: s.now, by: "SYSTEM"}
	deliveries := s.waves[k]
	delete(s.waves, k)
	for _, dl := range deliveries {
		if dl.cancelledAt == 0 {
			w.deliveries = append(w.deliveries, dl)
		}
	}
	if len(w.deliveries) == 0 {
		s.numbers.wave--
		return
	}
	s.wave = append(s.wave, w)
	for _, dl := range w.deliveries {
		d := &dl.d
		dl.waveAt = s.now
		s.waited(wait{o: dl.orders[0], object: "Delivery", number: padded(dl.no), kind: "wave", from: dl.allocatedAt, to: s.now, extra: dl.waveExtra, cause: dl.waveCause})
		at := s.now + d.between(4*minute, 20*minute) + d.around(25*minute)
		who := badge(d)
		var last instant
		for _, it := range dl.items {
			s.numbers.pick++
			p := &pick{no: s.numbers.pick, wave: w, item: it, location: it.alloc.location, by: who, target: it.quantity, picked: it.quantity, from: at}
			at += d.between(40*second, 6*minute)
			p.to, last = at, at
			at += d.between(10*second, 2*minute)
			if it.quantity >= 2000 && d.chance(240) {
				p.picked = 1000 * int64(d.below(int(it.quantity/1000)-1)+1)
				p.reason = [...]string{"BIN EMPTY", "DAMAGED", "NOT FOUND"}[d.below(3)]
			}
			s.pick = append(s.pick, p)
			if p.reason != "" {
				s.at(p.to, func() { s.shortPicked(p) })
			}
		}
		w.closed = max(w.closed, last)
		s.at(last+d.between(4*minute, 30*minute), func() { s.packed(dl) })
	}
}

// shortPicked is less in the bin than reserved: the rest follows, or never.
func (s *sim) shortPicked(p *pick) {
	it := p.item
	rest := p.target - p.picked
	it.quantity = p.picked
	l := it.l
	l.short += rest
	d := &it.dl.d
	if d.chance(7000) {
		wh := it.dl.site.warehouse
		s.enqueue(portion{l, -1, rest, wh.plus(it.dl.plan, 3+d.below(6))}, s.now+hour)
		return
	}
	by := desk(d, firstLog, logDesks)
	s.at(it.dl.site.office.after(s.now, d.around(2*hour)), func() { s.reject(l, "N1", false, by) })
}

// packed packs a delivery and puts it before the next truck.
func (s *sim) packed(dl *delivery) {
	d := &dl.d
	dl.packedAt = s.now
	grams := int64(0)
	for _, it := range dl.items {
		grams += it.quantity * int64(120+len(it.l.m.name)*13) / 1000
	}
	n := int(min(4, 1+grams/60_000))
	for i := range n {
		s.numbers.pack++
		at := s.now - instant(n-1-i)*40*second
		s.pack = append(s.pack, &pack{no: s.numbers.pack, dl: dl, by: badge(d), kilo: grams / int64(n), at: at})
	}
	w := dl.site.warehouse
	at := w.slot(s.now+15*minute, 12*hour+30*minute, 16*hour+30*minute, 19*hour)
	k := truckKey{dl.site.short - 1, dl.carrier, at}
	if _, ok := s.trucks[k]; !ok {
		s.at(at, func() { s.depart(k) })
	}
	s.trucks[k] = append(s.trucks[k], dl)
}
