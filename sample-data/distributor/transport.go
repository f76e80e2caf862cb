package distributor

import "fmt"

// depart is a truck that leaves with the deliveries packed for its carrier.
func (s *sim) depart(k truckKey) {
	deliveries := s.trucks[k]
	delete(s.trucks, k)
	s.numbers.truck++
	st := s.sites[k.site]
	t := &truck{no: s.numbers.truck, site: st, carrier: k.carrier, at: s.now, deliveries: deliveries,
		planned: st.zone.at(st.warehouse.next(st.zone.day(s.now)), 17*hour)}
	t.consignment = fmt.Sprintf("%s%08d", carrierNames[k.carrier][:2], t.no)
	s.truck = append(s.truck, t)
	for _, dl := range deliveries {
		dl.truck = t
		s.waited(wait{o: dl.orders[0], object: "Delivery", number: padded(dl.no), kind: "truck", from: dl.packedAt, to: s.now})
		s.at(s.now+dl.d.between(2*minute, 24*minute), func() { s.goodsIssue(dl) })
		s.transit(dl)
	}
}

// goodsIssue posts in the ERP what the warehouse says has left.
func (s *sim) goodsIssue(dl *delivery) {
	d := &dl.d
	day := dl.site.zone.day(dl.truck.at)
	if d.chance(120) {
		day = dl.site.warehouse.minus(day, 1) // posted back
	}
	m := s.moved(dl, 601, day, ifWMS, nil)
	s.issued(dl, m)
	s.sendOutput("DELIVERY", dl.no, dl.c, "DESADV", d, dl.key, batchOutput, dl.orders...)
	if !d.chance(70) {
		s.toBill(dl)
		return
	}
	// A wrong batch: taken back by hand, and issued again.
	by := desk(d, firstLog, logDesks)
	s.at(dl.site.office.after(s.now, hour+d.between(0, 5*hour)), func() {
		back := s.moved(dl, 602, dl.site.zone.day(s.now), by, m)
		s.acted(by, dl.orders...)
		s.unissued(dl, back)
		s.at(dl.site.office.after(s.now, 30*minute+d.between(0, 3*hour)), func() {
			s.issued(dl, s.moved(dl, 601, dl.site.zone.day(s.now), ifWMS, nil))
			s.toBill(dl)
		})
	})
}

func (s *sim) moved(dl *delivery, kind int, posting date, by user, reverses *movement) *movement {
	s.numbers.movement++
	m := &movement{no: s.numbers.movement, dl: dl, kind: kind, at: s.now, posting: posting, by: by, reverses: reverses}
	for _, it := range dl.items {
		m.items = append(m.items, movedItem{it, it.quantity})
	}
	s.movement = append(s.movement, m)
	return m
}

// issued makes a goods issue stand.
func (s *sim) issued(dl *delivery, m *movement) {
	dl.issue, dl.issuedAt, dl.issueDay = m, s.now, m.posting
	for _, it := range dl.items {
		l := it.l
		l.shipped += it.quantity
		if l.firstShip == 0 {
			l.firstShip = s.now
		}
		if l.fullAt == 0 && l.shipped >= l.quantity {
			l.fullAt = s.now
		}
	}
}

// unissued takes a goods issue back.
func (s *sim) unissued(dl *delivery, _ *movement) {
	dl.issue, dl.issuedAt, dl.issueDay = nil, 0, 0
	for _, it := range dl.items {
		l := it.l
		l.shipped -= it.quantity
		l.firstShip, l.fullAt = 0, 0
		for _, other := range l.items {
			if at := other.dl.issuedAt; at != 0 && (l.firstShip == 0 || at < l.firstShip) {
				l.firstShip = at
			}
		}
	}
}

// transit decides the delivery's way, and what the carrier tells of it.
func (s *sim) transit(dl *delivery) {
	d, st := &dl.d, dl.site
	days := s.transitDays(dl.c) + d.pick(86, 11, 3)
	cause, day := noCause, st.zone.day(s.now)
	plain := st.office.plus(day, days)
	to := plain
	if carrierNames[dl.carrier] == "NORDEX" && causes[winterCarrier].during(day) && d.chance(7000) {
		cause = winterCarrier
		to = st.office.plus(day, days+2)
	}
	clock := 8*hour + d.between(0, 9*hour)
	arrived := st.zone.at(to, clock)
	s.track(dl, "PICKED_UP", st.code, s.now+d.between(2*minute, 50*minute))
	if days > 1 || d.chance(4000) {
		s.track(dl, "IN_TRANSIT", "HUB "+cityNames[d.below(len(cityNames))], s.now+d.between(4*hour, 9*hour))
	}
	if cause != noCause || d.chance(90) {
		s.track(dl, "EXCEPTION", "HUB "+cityNames[d.below(len(cityNames))], max(arrived-d.between(20*hour, 30*hour), s.now+9*hour))
	}
	s.track(dl, "OUT_FOR_DELIVERY", dl.c.country, arrived-d.between(40*minute, 3*hour))
	if d.chance(50) {
		s.track(dl, "REFUSED", dl.c.country, arrived)
		s.at(arrived, func() { s.returned(dl, true) })
		return
	}
	left := s.now
	s.at(arrived, func() {
		dl.deliveredAt = s.now
		s.waited(wait{o: dl.orders[0], object: "Delivery", number: padded(dl.no), kind: "transit", from: left, to: s.now,
			extra: st.zone.at(to, clock) - st.zone.at(plain, clock), cause: cause})
		if d.chance(210) {
			s.at(s.now+d.around(6*fullDay), func() { s.returned(dl, false) })
		}
	})
	s.track(dl, "DELIVERED", dl.c.country, arrived)
}

// track is a carrier's event, which reaches us some minutes later.
func (s *sim) track(dl *delivery, status, place string, at instant) {
	s.at(at, func() {
		s.numbers.tracking++
		t := &tracking{no: s.numbers.tracking, dl: dl, status: status, place: place, at: at, received: at + dl.d.between(second, 15*minute)}
		s.tracking = append(s.tracking, t)
	})
}
