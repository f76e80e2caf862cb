package distributor

import (
	"fmt"
	"strings"
)

// item is a line's number as the truth writes it.
func item(no int64, position int) string { return fmt.Sprintf("%s/%d", padded(no), position) }

// A linked is what one relation says besides its ends.
type linked struct {
	quantity, amount       int64
	hasQuantity, hasAmount bool
}

func (k *clerk) link(sourceType, source, qualifier, targetType, target string, x linked) {
	t := k.sheets[truthLink]
	t.text(sourceType)
	t.text(source)
	t.text(qualifier)
	t.text(targetType)
	t.text(target)
	if x.hasQuantity {
		t.decimal(x.quantity)
	} else {
		t.null(1)
	}
	if x.hasAmount {
		t.decimal(x.amount)
	} else {
		t.null(1)
	}
	t.end()
}

func quantity(q int64) linked { return linked{quantity: q, hasQuantity: true} }
func amount(a int64) linked   { return linked{amount: a, hasAmount: true} }

func (k *clerk) truthLinks() {
	for _, o := range k.order {
		if o.reference != nil {
			k.link("SalesOrder", padded(o.no), "returns", "SalesOrder", padded(o.reference.no), linked{})
		}
	}
	for _, d := range k.delivery {
		for _, it := range d.items {
			q := it.quantity
			if d.returns {
				q = -q
			}
			k.link("DeliveryItem", item(d.no, it.no), "fulfils", "SalesOrderItem", item(it.l.o.no, it.l.no), quantity(q))
			if it.returns != nil {
				k.link("DeliveryItem", item(d.no, it.no), "returns", "DeliveryItem", item(it.returns.dl.no, it.returns.no), quantity(q))
			}
		}
		if d.truck != nil {
			k.link("Delivery", padded(d.no), "shipped with", "Shipment", "T"+padded(d.truck.no), linked{})
		}
	}
	for _, i := range k.invoice {
		no := padded(i.no)
		for _, x := range i.items {
			both := linked{x.quantity, x.net, true, true}
			k.link("InvoiceItem", item(i.no, x.no), "bills", "SalesOrderItem", item(x.l.o.no, x.l.no), both)
			k.link("InvoiceItem", item(i.no, x.no), "bills", "DeliveryItem", item(x.item.dl.no, x.item.no), both)
		}
		if i.cancels != nil {
			k.link("Invoice", no, "cancels", "Invoice", padded(i.cancels.no), linked{})
		}
	}
	for _, m := range k.memo {
		k.link("Invoice", memoNumber(m.no), "corrects", "Invoice", padded(m.inv.no), amount(m.net))
	}
	for _, e := range k.entry {
		no := entryNumber(e.no)
		switch {
		case e.memo != nil:
			k.link("AREntry", no, "receivable of", "Invoice", memoNumber(e.memo.no), amount(e.amount))
		case e.inv != nil:
			k.link("AREntry", no, "receivable of", "Invoice", padded(e.inv.no), amount(e.amount))
		}
		if e.residual != nil {
			k.link("AREntry", no, "residual of", "AREntry", entryNumber(e.residual.no), amount(e.amount))
		}
	}
	for _, a := range k.application {
		no := applicationNumber(a.no)
		k.link("Application", no, "clears", "AREntry", entryNumber(a.e.no), amount(a.amount))
		if a.kind == "SET" {
			k.link("Application", no, "clears", "AREntry", entryNumber(a.offset.no), amount(-a.amount))
		}
		if a.r != nil {
			k.link("Application", no, "applies", "Receipt", receiptNumber(a.r.no), amount(a.amount))
		}
	}
	for _, p := range k.pledges {
		k.link("PromiseToPay", promiseNumber(p.no), "promises", "AREntry", entryNumber(p.e.no), amount(p.amount))
	}
	for _, p := range k.dispute {
		k.link("DisputeCase", disputeNumber(p.no), "disputes", "Invoice", padded(p.inv.no), amount(p.amount))
	}
	for _, m := range k.message {
		if m.about != 0 {
			object, no, _ := strings.Cut(m.subject(), " ")
			k.link("Message", m.id(), "concerns", object, no, linked{})
		}
	}
}
