package distributor

import "fmt"

func (k *clerk) writeReceivables() {
	t := k.sheets[tReceivable]
	for _, e := range k.entry {
		t.text(entryNumber(e.no))
		t.text(e.kind)
		if e.inv != nil {
			t.text(financeNumber(e.inv.no))
		} else {
			t.null(1)
		}
		if e.memo != nil {
			t.text(memoNumber(e.memo.no))
		} else {
			t.null(1)
		}
		t.text(financeNumber(e.c.no))
		if e.residual != nil {
			t.text(entryNumber(e.residual.no))
		} else {
			t.null(1)
		}
		t.text(e.reason)
		t.day(e.posting)
		t.day(e.due)
		t.text(e.c.currency)
		t.decimal(e.amount)
		t.local(e.createdAt, utc)
		t.end()
	}
	t = k.sheets[tBankLine]
	for _, b := range k.bankLine {
		t.text(b.statement.name)
		t.number(int64(b.no))
		t.day(b.value)
		t.text(b.c.currency)
		t.decimal(b.amount)
		t.text(b.c.name)
		t.text(b.text)
		t.local(b.imported, utc)
		t.end()
	}
	t = k.sheets[tReceipt]
	for _, r := range k.receipt {
		t.text(receiptNumber(r.no))
		t.text(r.line.statement.name)
		t.number(int64(r.line.no))
		t.text(financeNumber(r.line.c.no))
		t.text(r.line.c.currency)
		t.decimal(r.line.amount)
		t.text(k.name(batchBank))
		t.local(r.createdAt, utc)
		t.end()
	}
	t = k.sheets[tApplication]
	kinds := map[string]string{"D": "PERSON", "B": "RULE", "R": "ROBOT"}
	for _, a := range k.application {
		t.text(applicationNumber(a.no))
		t.text(a.kind)
		t.text(entryNumber(a.e.no))
		if a.r != nil {
			t.text(receiptNumber(a.r.no))
		} else {
			t.null(1)
		}
		if a.offset != nil {
			t.text(entryNumber(a.offset.no))
		} else {
			t.null(1)
		}
		t.text(fmt.Sprintf("CL%08d", a.clearing))
		t.decimal(a.amount)
		t.local(a.at, utc)
		t.text(k.name(a.by))
		t.text(kinds[k.users[a.by].kind])
		t.local(a.reversedAt, utc)
		t.text(k.name(a.reversedBy))
		t.end()
	}
	t = k.sheets[tDunning]
	for _, d := range k.dunning {
		t.text("M" + padded(d.no))
		t.text(entryNumber(d.e.no))
		t.number(int64(d.level))
		t.day(d.day)
		t.end()
	}
}

func (k *clerk) writePromises() {
	t := k.sheets[tPromise]
	for _, p := range k.pledges {
		t.text(promiseNumber(p.no))
		t.text(entryNumber(p.e.no))
		t.text(p.e.c.currency)
		t.decimal(p.amount)
		t.day(p.on)
		t.day(p.due)
		t.end()
	}
}

func (k *clerk) writeClaims() {
	t := k.sheets[tDispute]
	for _, p := range k.dispute {
		t.text(disputeNumber(p.no))
		t.text(financeNumber(p.inv.c.no))
		t.text(financeNumber(p.inv.no))
		t.text(entryNumber(p.entry.no))
		t.text(p.reason)
		t.text(p.state())
		t.text(p.outcome)
		t.text(p.owner)
		t.text(p.inv.c.currency)
		t.decimal(p.amount)
		if p.outcome != "" {
			t.decimal(p.credited)
		} else {
			t.null(1)
		}
		t.local(p.openedAt, utc)
		t.text(k.name(p.openedBy))
		t.local(p.decided, utc)
		t.text(k.name(p.decider))
		t.local(p.closedAt, utc)
		t.text(k.name(p.closer))
		t.end()
	}
	t, items := k.sheets[tMemo], k.sheets[tMemoItem]
	for _, m := range k.memo {
		no := memoNumber(m.no)
		t.text(no)
		t.text(financeNumber(m.inv.no))
		if m.dispute != nil {
			t.text(disputeNumber(m.dispute.no))
		} else {
			t.null(1)
		}
		if m.returns != nil {
			t.text(financeNumber(m.returns.no))
		} else {
			t.null(1)
		}
		t.text(financeNumber(m.c.no))
		t.text(m.reason)
		t.day(m.day)
		t.text(m.c.currency)
		t.decimal(m.net)
		t.decimal(m.net + m.tax)
		t.local(m.createdAt, utc)
		t.text(k.name(m.by))
		t.local(m.postedAt, utc)
		if m.postedAt != 0 {
			t.text(k.name(m.by))
		} else {
			t.null(1)
		}
		t.end()
		for n, x := range m.items {
			items.text(no)
			items.number(int64(n+1) * 10)
			items.text(financeNumber(x.l.o.no))
			items.number(int64(x.l.no))
			items.text(financeNumber(x.item.inv.no))
			items.number(int64(x.item.no))
			items.decimal(x.quantity)
			items.decimal(x.net)
			items.end()
		}
	}
}

func (p *dispute) state() string {
	switch {
	case p.closedAt != 0:
		return "CLOSED"
	case p.decided != 0:
		return "DECIDED"
	}
	return "OPEN"
}
