package distributor

import (
	"fmt"
	"strconv"
)

func (m *message) id() string { return fmt.Sprintf("M%012d", m.no) }

// document is the number of what the message is about, as the platform has it:
// EDI as the ERP pads it, the API without zeros.
func (m *message) document() string {
	switch {
	case m.about == 0:
		return ""
	case m.kind == "REMADV":
		return receiptNumber(m.about)
	case m.channel == "API":
		return strconv.FormatInt(m.about, 10)
	}
	return padded(m.about)
}

// subject is what the message is about, in the model's words; itself if that is not known.
func (m *message) subject() string {
	switch {
	case m.about == 0:
		return "Message " + m.id()
	case m.kind == "REMADV":
		return "Receipt " + receiptNumber(m.about)
	case m.kind == "DESADV":
		return "Delivery " + padded(m.about)
	case m.kind == "INVOIC":
		return "Invoice " + padded(m.about)
	}
	return "SalesOrder " + padded(m.about)
}

func (k *clerk) writeMessages() {
	var held *message
	for _, m := range k.message {
		d := rolled(k.seed, aRow, messageRows<<48^uint64(m.no))
		missing, back := d.chance(20), d.chance(60)
		k.books.share("messages_missing", missing)
		if missing {
			k.defect("missing_row", tMessage, m.id(), m.subject()+": neither the message nor its attempts were logged")
			continue
		}
		if back && held == nil {
			held = m
			k.defect("out_of_order", tMessage, m.id(), m.subject()+": stands after a later message")
			continue
		}
		k.writeMessage(m)
		if held != nil {
			k.writeMessage(held)
			held = nil
		}
	}
	if held != nil {
		k.writeMessage(held)
	}
}

func (k *clerk) writeMessage(m *message) {
	t := k.sheets[tMessage]
	t.text(m.id())
	if m.in {
		t.text("IN")
	} else {
		t.text("OUT")
	}
	t.text(m.kind)
	t.text(m.channel)
	t.text(m.partner)
	t.text(m.key)
	t.text(fmt.Sprintf("%016x", m.hash))
	t.text(m.document())
	t.text(yes(m.closed))
	t.text(m.owner)
	t.number(int64(m.occurred))
	if m.in {
		t.number(int64(m.received))
	} else {
		t.null(1)
	}
	t.numberOr(int64(m.acked))
	t.end()
	a := k.sheets[tAttempt]
	for i, x := range m.attempts {
		d := rolled(k.seed, aRow, attemptRows<<48^uint64(m.no)<<4^uint64(i))
		missing, twice := d.chance(30), d.chance(20)
		key := fmt.Sprintf("%s/%d", m.id(), i+1)
		k.books.share("attempts_missing", missing)
		if missing {
			k.defect("missing_row", tAttempt, key, m.subject()+": the attempt was not logged")
			continue
		}
		n := 1
		k.books.share("attempts_twice", twice)
		if twice {
			n = 2
			k.defect("duplicate_row", tAttempt, key, m.subject()+": the attempt was logged twice")
		}
		for range n {
			a.text(m.id())
			a.number(int64(i + 1))
			a.number(int64(x.from))
			a.number(int64(x.to))
			if x.code == "" {
				a.text("OK")
			} else {
				a.text("ERROR")
			}
			a.text(x.code)
			if x.by == nobody {
				a.text("SYSTEM")
			} else {
				a.text(k.name(x.by))
			}
			a.end()
		}
	}
}

func (k *clerk) writeIntake() {
	t := k.sheets[tShop]
	for _, w := range k.shop {
		id := fmt.Sprintf("WEB-%d-%d", k.org+1, w.no)
		t.text(id)
		t.text(strconv.FormatInt(w.c.no, 10))
		t.text(w.po)
		t.text(w.method)
		t.zoned(w.at, utc)
		switch {
		case w.o.no == 0:
			t.null(1)
		case w.lost:
			t.null(1)
			k.defect("lost_link", tShop, id, "SalesOrder "+padded(w.o.no)+": its number was not written back")
		case w.small:
			t.text(fmt.Sprintf("so-%d", w.o.no))
		default:
			t.text(fmt.Sprintf("SO-%d", w.o.no))
		}
		if w.o.no != 0 {
			k.books.share("shop_links_lost", w.lost)
		}
		t.end()
	}
	t = k.sheets[tQuote]
	for _, q := range k.quote {
		t.text("Q" + padded(q.no))
		t.text(strconv.FormatInt(q.c.no, 10))
		t.text(q.po)
		t.text(k.name(q.owner))
		t.text(q.status)
		t.text(q.c.currency)
		t.decimal(q.net)
		t.zoned(q.created, utc)
		t.zoned(q.sent, utc)
		t.zoned(q.accepted, utc)
		if q.o != nil && q.o.no != 0 {
			t.text(strconv.FormatInt(q.o.no, 10))
		} else {
			t.null(1)
		}
		t.end()
	}
	t = k.sheets[tCall]
	for _, c := range k.call {
		d := rolled(k.seed, aRow, callRows<<48^uint64(c.no))
		no := "C" + padded(c.no)
		t.text(no)
		t.text(c.medium)
		t.text(strconv.FormatInt(c.c.no, 10))
		t.text(c.po)
		t.text(k.name(c.by))
		day := c.medium == "MAIL" && d.chance(500)
		if day {
			t.zoned(instant(utc.day(c.at))*fullDay, utc)
			k.defect("day_precision", tCall, no, "SalesOrder "+numberOf(c.o.no)+": received on the day, no time")
		} else {
			t.zoned(c.at, utc)
		}
		if c.medium == "MAIL" {
			k.books.share("mails_to_the_day", day)
		}
		if c.o.no != 0 {
			t.text(strconv.FormatInt(c.o.no, 10))
		} else {
			t.null(1)
		}
		t.end()
	}
}
