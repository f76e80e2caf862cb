package distributor

import "fmt"

// The tables below say what happened at each step, also what was taken back
// later: they answer what somebody would have said on an earlier day.

// promised is the day by which all of the line is promised now, and how much
// of it by the day that the customer asks for.
func (l *line) promised() (last date, inTime int64) {
	for _, p := range l.promises {
		last = max(last, p.confirmed)
		if p.confirmed <= p.requested {
			inTime += p.confirmedQuantity
		}
	}
	return last, inTime
}

func (k *clerk) truthRevision(l *line, r revision) {
	t := k.sheets[truthRevision]
	t.text(padded(l.o.no))
	t.number(int64(l.no))
	t.zoned(r.at, utc)
	t.decimal(r.quantity)
	t.decimal(r.price)
	t.day(r.requested)
	t.end()
}

// truthIssues writes every goods issue, taken back or not.
func (k *clerk) truthIssues() {
	back := map[*movement]instant{}
	for _, m := range k.movement {
		if m.reverses != nil {
			back[m.reverses] = m.at
		}
	}
	t := k.sheets[truthIssue]
	for _, m := range k.movement {
		if m.kind != 601 {
			continue
		}
		for _, x := range m.items {
			t.text(padded(m.dl.no))
			t.number(int64(x.item.no))
			t.text(padded(x.item.l.o.no))
			t.number(int64(x.item.l.no))
			t.decimal(x.quantity)
			t.zoned(m.at, utc)
			t.zoned(back[m], utc)
			t.end()
		}
	}
}

// truthPicks writes what was reserved how often, and what was found.
func (k *clerk) truthPicks() {
	reservations := map[*deliveryItem]int64{}
	for _, a := range k.allocation {
		reservations[a.item]++
	}
	t := k.sheets[truthPick]
	for _, p := range k.pick {
		t.text(padded(p.item.dl.no))
		t.number(int64(p.item.no))
		t.text(padded(p.item.l.o.no))
		t.number(int64(p.item.l.no))
		t.number(reservations[p.item])
		t.decimal(p.target)
		t.decimal(p.picked)
		t.zoned(p.to, utc)
		t.end()
	}
}

// truthBills writes every line of a bill, cancelled or not, and of a credit memo.
func (k *clerk) truthBills() {
	t := k.sheets[truthBill]
	for _, i := range k.invoice {
		if i.kind == "CAN" {
			continue
		}
		for _, x := range i.items {
			t.text(padded(i.no))
			t.number(int64(x.no))
			t.text("invoice")
			t.null(1)
			t.text(padded(x.l.o.no))
			t.number(int64(x.l.no))
			t.text(padded(x.item.dl.no))
			t.number(int64(x.item.no))
			t.decimal(x.quantity)
			t.decimal(x.price)
			t.decimal(x.net)
			t.day(i.day)
			t.zoned(i.createdAt, utc)
			t.zoned(i.postedAt, utc)
			if i.cancelled != nil {
				t.zoned(i.cancelled.createdAt, utc)
			} else {
				t.null(1)
			}
			t.end()
		}
	}
	for _, m := range k.memo {
		for n, x := range m.items {
			t.text(memoNumber(m.no))
			t.number(int64(n+1) * 10)
			t.text("credit_memo")
			t.text(m.reason)
			t.text(padded(x.l.o.no))
			t.number(int64(x.l.no))
			t.null(2)
			t.decimal(x.quantity)
			t.null(1)
			t.decimal(x.net)
			t.day(m.day)
			t.zoned(m.createdAt, utc)
			t.zoned(m.postedAt, utc)
			t.null(1)
			t.end()
		}
	}
}

// truthMessages writes every message and every attempt, logged or not.
func (k *clerk) truthMessages() {
	t, a := k.sheets[truthMessage], k.sheets[truthAttempt]
	for _, m := range k.message {
		t.text(m.id())
		t.text(map[bool]string{true: "in", false: "out"}[m.in])
		t.text(m.kind)
		t.text(m.partner)
		t.text(m.key)
		t.text(fmt.Sprintf("%016x", m.hash))
		if m.order != nil && m.order.no != 0 {
			t.text(padded(m.order.no))
		} else {
			t.null(1)
		}
		t.zoned(m.occurred, utc)
		t.zoned(m.acked, utc)
		t.text(yes(m.closed))
		t.end()
		for i, x := range m.attempts {
			a.text(m.id())
			a.number(int64(i + 1))
			a.zoned(x.from, utc)
			a.zoned(x.to, utc)
			a.text(x.code)
			a.end()
		}
	}
}
