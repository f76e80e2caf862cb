package synthetic

import (
	"errors"

	"millrace/eventlog"
)

// The types of the objects. A case is one order with its items, which are
// shipped in one delivery or two, and one invoice.
var objectTypes = []string{"order", "item", "delivery", "invoice"}

const (
	orderType = iota
	itemType
	deliveryType
	invoiceType
)

// A touch says which of a case's objects an event of an activity touches.
type touch struct {
	order, items, item bool // the order, all items of what is touched, or one
	delivery, invoice  bool
	deliveries         bool // all deliveries
}

// touches are those of the core activities, by code.
var touches = []touch{
	{order: true, items: true},                   // Create Sales Order
	{order: true},                                // Check Credit Limit
	{order: true, items: true},                   // Confirm Order
	{order: true, deliveries: true, items: true}, // Create Delivery
	{delivery: true, items: true},                // Pick Goods
	{delivery: true, items: true},                // Pack Goods
	{delivery: true, items: true},                // Post Goods Issue
	{order: true, invoice: true, items: true},    // Create Invoice
	{order: true, invoice: true},                 // Send Invoice
	{order: true, invoice: true},                 // Receive Payment
	{order: true, invoice: true},                 // Clear Invoice
	{order: true, item: true},                    // Change Price
	{order: true, item: true},                    // Change Quantity
	{order: true, items: true},                   // Change Delivery Date
	{order: true},                                // Set Delivery Block
	{order: true},                                // Remove Delivery Block
	{order: true},                                // Set Billing Block
	{order: true},                                // Remove Billing Block
	{order: true},                                // Request Approval
	{order: true},                                // Approve Order
	{order: true, items: true},                   // Reject Order
	{order: true, items: true},                   // Cancel Order
	{delivery: true},                             // Reschedule Delivery
	{delivery: true, items: true},                // Partial Delivery
	{delivery: true, items: true},                // Return Goods
	{order: true, invoice: true},                 // Create Credit Memo
	{invoice: true},                              // Send Dunning Notice
	{invoice: true},                              // Second Dunning Notice
	{order: true, invoice: true},                 // Write Off
	{order: true, item: true},                    // Customer Complaint
}

// itemCounts are how many items an order has, each as probable.
var itemCounts = []int{1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 6}

// A family is the objects of one case.
type family struct {
	number            int64
	items, deliveries int
}

func (l *Log) family(number int64) family {
	f := family{number, itemCounts[l.pick(len(itemCounts), ofItems, number, 0)], 1}
	if f.items > 1 && l.pick(5, ofSplit, number, 0) == 0 {
		f.deliveries = 2
	}
	return f
}

// shippedIn is the delivery that an item is shipped in.
func (f family) shippedIn(item int) int { return item % f.deliveries }

// An object is one of a family.
type object struct {
	kind int
	n    int // of items and deliveries, from 0
}

// touched appends the objects that an event touches, the document first.
func (l *Log) touched(to []object, f family, r *row) []object {
	t := touch{order: true, item: true} // detours beyond the core, by turns
	if int(r.activity) < len(touches) {
		t = touches[r.activity]
	} else if r.activity%3 == 1 {
		t = touch{delivery: true}
	} else if r.activity%3 == 2 {
		t = touch{invoice: true}
	}
	delivery := l.pick(f.deliveries, ofSplit, f.number, uint64(r.step)+1)
	if t.delivery {
		to = append(to, object{deliveryType, delivery})
	}
	if t.invoice {
		to = append(to, object{invoiceType, 0})
	}
	if t.order {
		to = append(to, object{orderType, 0})
	}
	for n := range f.deliveries {
		if t.deliveries {
			to = append(to, object{deliveryType, n})
		}
	}
	one := -1
	if t.item {
		one = l.pick(f.items, ofItem, f.number, uint64(r.step)+1)
	}
	for n := range f.items {
		if n == one || t.items && (!t.delivery || f.shippedIn(n) == delivery) {
			to = append(to, object{itemType, n})
		}
	}
	return to
}

// appendObject appends the id of an object, which is unique in the log.
func appendObject(b []byte, number int64, o object) []byte {
	switch o.kind {
	case orderType:
		return appendID(b, 'O', number)
	case itemType:
		return appendInt(append(appendID(b, 'O', number), '-'), int64(o.n)+1)
	case deliveryType:
		return appendInt(append(appendID(b, 'D', number), '-'), int64(o.n)+1)
	}
	return appendID(b, 'I', number)
}

// objectMeta is what the log declares.
func (s *scribe) objectMeta() eventlog.ObjectMeta {
	meta := eventlog.ObjectMeta{Version: "2.0"}
	for _, name := range s.activity {
		meta.EventTypes = append(meta.EventTypes, eventlog.DeclaredType{Name: name,
			Attributes: []eventlog.DeclaredAttribute{{Name: "resource", Type: "string"}, {Name: "automated", Type: "boolean"}}})
	}
	meta.ObjectTypes = []eventlog.DeclaredType{
		{Name: "order", Attributes: []eventlog.DeclaredAttribute{{Name: "customer", Type: "string"}, {Name: "country", Type: "string"},
			{Name: "channel", Type: "string"}, {Name: "order_value", Type: "float"}, {Name: "site", Type: "string"}}},
		{Name: "item", Attributes: []eventlog.DeclaredAttribute{{Name: "quantity", Type: "integer"}}},
		{Name: "delivery", Attributes: []eventlog.DeclaredAttribute{{Name: "site", Type: "string"}}},
		{Name: "invoice", Attributes: []eventlog.DeclaredAttribute{{Name: "amount", Type: "float"}}},
	}
	return meta
}

// ReadObjects yields the log object-centric: the same events, of orders, their
// items, deliveries and invoices; with two items or three to an order an event
// touches three objects on average. First come the batches with objects, their
// values and relations, then those with events and theirs, in order of time.
func (l *Log) ReadObjects(emit func(*eventlog.ObjectBatch) error) (eventlog.ObjectMeta, error) {
	if !l.whole() || l.o.Order != ByTime {
		return eventlog.ObjectMeta{}, errors.New("an object-centric log is made whole, and in the order of time")
	}
	s := l.scribe()
	for b := range rendered(l.quiet(), ByCase, s.objectRows) {
		if err := emit(b); err != nil {
			return eventlog.ObjectMeta{}, err
		}
	}
	for b := range rendered(l, ByTime, s.objectEvents) {
		if err := emit(b); err != nil {
			return eventlog.ObjectMeta{}, err
		}
	}
	return s.objectMeta(), nil
}

// quiet is the log without a progress to tell.
func (l *Log) quiet() *Log {
	q := *l
	q.o.Progress = nil
	return &q
}

// objectEvents makes a batch of events and the objects they touch.
func (s *scribe) objectEvents(rows []row, place int64) *eventlog.ObjectBatch {
	n := len(rows)
	b := &eventlog.ObjectBatch{}
	e, r := &b.Events, &b.EventObject
	e.Activity, e.Time, e.Place = make([]string, n), make([]int64, n), make([]int64, n)
	resource := eventlog.Column{Name: "resource", Text: make([]string, n)}
	automated := eventlog.Column{Name: "automated", Type: eventlog.Bool, Int: make([]int64, n)}
	events := texts{bytes: make([]byte, 0, 10*n), ends: make([]int, 0, n)}
	objects := texts{bytes: make([]byte, 0, 32*n), ends: make([]int, 0, 3*n)}
	var touched []object
	per := make([]int, n)
	for i := range rows {
		x := &rows[i]
		at := place + int64(i) + 1
		events.bytes = appendID(events.bytes, 'E', at)
		events.end()
		e.Activity[i], e.Time[i], e.Place[i] = s.activity[x.activity], x.time, at
		resource.Text[i] = s.resource[x.resource]
		if s.eventAttributes(x).automated {
			automated.Int[i] = 1
		}
		touched = s.touched(touched[:0], s.family(int64(x.number)), x)
		per[i] = len(touched)
		for _, o := range touched {
			objects.bytes = appendObject(objects.bytes, int64(x.number), o)
			objects.end()
			r.Type = append(r.Type, objectTypes[o.kind])
		}
	}
	e.ID = events.strings(make([]string, 0, n))
	e.Attributes = []eventlog.Column{resource, automated}
	r.Object = objects.strings(make([]string, 0, len(objects.ends)))
	r.Event = make([]string, 0, len(r.Object))
	for i, k := range per {
		for range k {
			r.Event = append(r.Event, e.ID[i])
		}
	}
	return b
}

// existing returns the objects of a case that its events touch; the order
// always is.
func (s *scribe) existing(rows []row, f family) []object {
	var seen []object
	known := map[object]bool{}
	for i := range rows {
		for _, o := range s.touched(nil, f, &rows[i]) {
			if !known[o] {
				known[o] = true
				seen = append(seen, o)
			}
		}
	}
	return seen
}

// objectRows makes a batch of the objects of cases.
func (s *scribe) objectRows(rows []row, _ int64) *eventlog.ObjectBatch {
	b := &eventlog.ObjectBatch{}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].number == rows[0].number {
			n++
		}
		f := s.family(int64(rows[0].number))
		s.addFamily(b, f, s.existing(rows[:n], f))
		rows = rows[n:]
	}
	return b
}

func (s *scribe) addFamily(b *eventlog.ObjectBatch, f family, objects []object) {
	c := s.caseAttributes(f.number)
	var order string
	ids := make([]string, len(objects))
	for i, o := range objects {
		ids[i] = string(appendObject(nil, f.number, o))
		if o.kind == orderType {
			order = ids[i]
		}
	}
	for i, o := range objects {
		typ := objectTypes[o.kind]
		b.Objects.ID = append(b.Objects.ID, ids[i])
		b.Objects.Type = append(b.Objects.Type, typ)
		value := func(name string, kind eventlog.Type, text string) {
			v := &b.Values
			v.Type, v.Object, v.Attribute = append(v.Type, typ), append(v.Object, ids[i]), append(v.Attribute, name)
			v.Time, v.Kind, v.Value = append(v.Time, eventlog.NoTime), append(v.Kind, kind), append(v.Value, text)
		}
		relate := func(to int, target, qualifier string) {
			r := &b.ObjectObject
			r.SourceType, r.Source = append(r.SourceType, typ), append(r.Source, ids[i])
			r.TargetType, r.Target = append(r.TargetType, objectTypes[to]), append(r.Target, target)
			r.Qualifier = append(r.Qualifier, qualifier)
		}
		switch o.kind {
		case orderType:
			value("customer", eventlog.Text, string(appendCustomer(nil, c.customer)))
			value("country", eventlog.Text, c.country)
			value("channel", eventlog.Text, c.channel)
			value("order_value", eventlog.Float, floatText(c.cents))
			value("site", eventlog.Text, c.site)
			for j, p := range objects {
				if p.kind == itemType {
					relate(itemType, ids[j], "has item")
				}
			}
		case itemType:
			value("quantity", eventlog.Int, string(appendInt(nil, 1+int64(s.pick(20, ofLines, f.number, 1<<15+uint64(o.n))))))
		case deliveryType:
			value("site", eventlog.Text, c.site)
			relate(orderType, order, "delivers")
			for j, p := range objects {
				if p.kind == itemType && f.shippedIn(p.n) == o.n {
					relate(itemType, ids[j], "ships")
				}
			}
		case invoiceType:
			value("amount", eventlog.Float, floatText(c.cents))
			relate(orderType, order, "bills")
		}
	}
}
