package distributor

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// From skewDay on VIE1's warehouse clock is skewBy ahead.
var (
	skewDay = instant(dateOf(2025, 3, 1)) * fullDay
	skewBy  = 4 * minute
)

// shown is what a site's warehouse clock shows at t.
func shown(t instant, s *site) instant {
	if t != 0 && s.short-1 == vie && t >= skewDay {
		return t + skewBy
	}
	return t
}

// reference is a delivery's number as the warehouse writes it: without zeros.
func (d *delivery) ref() string { return strconv.FormatInt(d.no, 10) }

func (k *clerk) writeWarehouse() {
	t := k.sheets[tAllocation]
	for _, a := range k.allocation {
		st := a.item.dl.site
		t.text("L" + padded(a.no))
		t.text(st.code)
		t.text(a.item.dl.ref())
		t.number(int64(a.item.no))
		t.text(a.batch)
		t.text(a.location)
		t.decimal(a.quantity)
		t.local(shown(a.at, st), st.zone)
		t.text(a.by)
		t.local(shown(a.givenUp, st), st.zone)
		t.text(a.givenBy)
		t.end()
	}
	t = k.sheets[tWave]
	for _, w := range k.wave {
		t.text("W" + padded(w.no))
		t.text(w.site.code)
		t.local(shown(w.at, w.site), w.site.zone)
		t.text(w.by)
		t.local(shown(ended(w.closed), w.site), w.site.zone)
		t.end()
	}
	t = k.sheets[tPick]
	for _, p := range k.pick {
		st := p.wave.site
		from, to := ended(p.from), ended(p.to)
		if from == 0 {
			continue // not begun by the end of the data
		}
		t.text("P" + padded(p.no))
		t.text("W" + padded(p.wave.no))
		t.text(st.code)
		t.text(p.item.dl.ref())
		t.number(int64(p.item.no))
		t.text(p.location)
		t.decimal(p.target)
		t.decimal(p.picked)
		t.text(p.reason)
		t.text(p.by)
		t.local(shown(from, st), st.zone)
		t.local(shown(to, st), st.zone)
		t.end()
	}
	t = k.sheets[tPackage]
	for _, p := range k.pack {
		t.text("K" + padded(p.no))
		t.text(p.dl.site.code)
		t.text(p.dl.ref())
		t.decimal(p.kilo)
		t.text(p.by)
		t.local(shown(p.at, p.dl.site), p.dl.site.zone)
		t.end()
	}
	t, of := k.sheets[tShipment], k.sheets[tShipmentDelivery]
	for _, x := range k.truck {
		no := "T" + padded(x.no)
		t.text(no)
		t.text(x.site.code)
		t.text(carrierNames[x.carrier])
		t.text(x.consignment)
		t.local(shown(x.at, x.site), x.site.zone)
		t.local(x.planned, x.site.zone)
		t.end()
		for _, d := range x.deliveries {
			of.text(no)
			of.text(d.ref())
			of.end()
		}
	}
	if k.org == 0 {
		k.defect("clock_skew", tAllocation, "VIE1", "VIE1: the warehouse clock is 240 seconds ahead from 2025-03-01 on, in all tables of wms")
	}
}

// ended is t, or never if the data ended before.
func ended(t instant) instant {
	if t >= cut {
		return 0
	}
	return t
}

// subject is what the event is of, in the model's words.
func (e *tracking) subject() string { return "Delivery " + padded(e.dl.no) }

// A told event is one row of the carriers' file.
type told struct {
	*tracking
	id       string
	at       instant
	received instant
	ref      string
	dayOnly  bool
}

// writeTracking writes what the carriers sent, in the order in which it came:
// most of it in time, some late, twice, out of order, to the day, or never.
func (k *clerk) writeTracking() {
	rows := make([]told, 0, len(k.tracking))
	for _, e := range k.tracking {
		d := rolled(k.seed, aRow, trackingRows<<48^uint64(e.no))
		id := fmt.Sprintf("%s%016x", carrierNames[e.dl.carrier][:2], mix(uint64(e.no)*2))
		r := told{e, id, e.at, e.received, "DEL-" + e.dl.ref(), false}
		missing, late, twice, order := d.chance(120), d.chance(150), d.chance(80), d.chance(200)
		day, wrong := d.chance(2000), d.chance(40)
		switch {
		case missing:
			k.defect("missing_row", tTracking, id, e.subject()+": "+e.status+" never sent")
			k.books.share("tracking_missing", true)
			continue
		case late:
			r.received += d.between(20*hour, 90*hour)
			k.defect("late_row", tTracking, id, e.subject()+": "+e.status+" sent a day or more late")
		case order && e.status == "OUT_FOR_DELIVERY":
			r.received += d.between(4*hour, 9*hour)
			k.defect("out_of_order", tTracking, id, e.subject()+": OUT_FOR_DELIVERY sent hours late, after DELIVERED")
		}
		k.books.share("tracking_missing", false)
		k.books.share("tracking_late", late)
		if r.received >= cut {
			k.defect("missing_row", tTracking, id, e.subject()+": "+e.status+" not received by the end of the data")
			continue
		}
		if carrierNames[e.dl.carrier] == "PARCELWAY" && e.status == "DELIVERED" {
			k.books.share("tracking_to_the_day", day)
			if day {
				r.dayOnly = true
				k.defect("day_precision", tTracking, id, e.subject()+": DELIVERED has the day, no time")
			}
		}
		k.books.share("tracking_mistyped", wrong)
		if wrong {
			r.ref += r.ref[len(r.ref)-1:] // a digit too many: no delivery has that number
			k.defect("dangling_reference", tTracking, id, e.subject()+": "+e.status+" says "+r.ref)
		}
		rows = append(rows, r)
		k.books.share("tracking_twice", twice)
		if twice {
			r.id = fmt.Sprintf("%s%016x", carrierNames[e.dl.carrier][:2], mix(uint64(e.no)*2+1))
			r.received += d.between(minute, 7*hour)
			if r.received < cut {
				k.defect("duplicate_row", tTracking, r.id, e.subject()+": "+e.status+" sent twice, first as "+id)
				rows = append(rows, r)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b told) int { return cmp.Or(cmp.Compare(a.received, b.received), cmp.Compare(a.no, b.no)) })
	t := k.sheets[tTracking]
	for i := range rows {
		r := &rows[i]
		z := r.dl.site.zone
		t.text(r.id)
		t.text(carrierNames[r.dl.carrier])
		t.text(r.dl.truck.consignment)
		t.text(r.ref)
		t.text(r.status)
		t.text(r.place)
		if r.dayOnly {
			t.zoned(z.at(z.day(r.at), 0), z)
		} else {
			t.zoned(r.at, z)
		}
		t.zoned(r.received, utc)
		t.end()
	}
}
