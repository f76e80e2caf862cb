package distributor

var (
	truthBills   = map[string]string{"INV": "invoice", "REB": "invoice", "CAN": "cancellation"}
	truthReasons = map[string]string{"PRICE": "price", "QTY": "quantity", "QUANTITY": "quantity", "QUALITY": "quality", "PAPER": "paperwork", "RETURN": "return", "REBATE": "rebate"}
	truthSettled = map[string]string{"PAY": "cash", "SET": "set_off", "DIS": "discount", "WOF": "write_off", "RES": "residual"}
	truthHands   = map[string]string{"D": "person", "B": "rule", "R": "robot"}
)

// truthReason is a reason in the truth's words.
func truthReason(r string) string {
	if word, ok := truthReasons[r]; ok {
		return word
	}
	return "other"
}

// truthMoney writes what was billed, paid, applied, promised and disputed.
func (k *clerk) truthMoney() {
	k.truthInvoices()
	t := k.sheets[truthApplication]
	for _, a := range k.application {
		t.text(applicationNumber(a.no))
		t.text(truthSettled[a.kind])
		t.text(entryNumber(a.e.no))
		if a.offset != nil {
			t.text(entryNumber(a.offset.no))
		} else {
			t.null(1)
		}
		if a.r != nil {
			t.text(receiptNumber(a.r.no))
		} else {
			t.null(1)
		}
		t.decimal(a.amount)
		t.zoned(a.at, utc)
		t.text(truthHands[k.users[a.by].kind])
		t.zoned(a.reversedAt, utc)
		t.end()
	}
	t = k.sheets[truthReceipt]
	for _, r := range k.receipt {
		t.text(receiptNumber(r.no))
		t.text(padded(r.line.c.no))
		t.text(r.line.c.currency)
		t.decimal(r.line.amount)
		t.day(r.line.value)
		t.zoned(r.createdAt, utc)
		t.end()
	}
	of := map[*entry][]*application{}
	for _, a := range k.application {
		of[a.e] = append(of[a.e], a)
	}
	t = k.sheets[truthPromise]
	for _, p := range k.pledges {
		t.text(promiseNumber(p.no))
		t.text(entryNumber(p.e.no))
		t.text(padded(p.e.c.no))
		t.text(p.e.c.currency)
		t.decimal(p.amount)
		t.day(p.on)
		t.day(p.due)
		if kept := p.kept(of[p.e]); kept != 0 {
			t.day(kept)
		} else {
			t.null(1)
		}
		t.end()
	}
	t = k.sheets[truthDispute]
	for _, p := range k.dispute {
		t.text(disputeNumber(p.no))
		t.text(padded(p.inv.no))
		t.text(padded(p.inv.c.no))
		t.text(p.inv.c.currency)
		t.text(truthReason(p.reason))
		t.decimal(p.amount)
		t.decimal(p.credited)
		t.zoned(p.openedAt, utc)
		t.zoned(p.decided, utc)
		t.zoned(p.closedAt, utc)
		t.end()
	}
}

// truthInvoices writes invoices, their cancellations, and credit memos.
func (k *clerk) truthInvoices() {
	t := k.sheets[truthInvoice]
	for _, i := range k.invoice {
		t.text(padded(i.no))
		t.text(truthBills[i.kind])
		t.text(padded(i.c.no))
		t.text(i.c.site.code)
		t.number(int64(len(i.orders)))
		t.text(i.c.currency)
		t.decimal(i.gross())
		t.number(int64(i.terms))
		t.zoned(i.createdAt, utc)
		t.zoned(i.postedAt, utc)
		if i.cancelled != nil {
			t.zoned(i.cancelled.createdAt, utc)
		} else {
			t.null(1)
		}
		t.null(2)
		t.end()
	}
	for _, m := range k.memo {
		t.text(memoNumber(m.no))
		t.text("credit_memo")
		t.text(padded(m.c.no))
		t.text(m.c.site.code)
		t.null(1)
		t.text(m.c.currency)
		t.decimal(m.net + m.tax)
		t.null(1)
		t.zoned(m.createdAt, utc)
		t.zoned(m.postedAt, utc)
		t.null(1)
		t.text(padded(m.inv.no))
		t.text(truthReason(m.reason))
		t.end()
	}
}
