package synthetic

import "millrace/eventlog"

// Read calls emit with the events in the log's order, batch by batch, and
// returns its first error. Each batch is one of its own.
func (l *Log) Read(emit func(*eventlog.Batch) error) error {
	s := l.scribe()
	for b := range rendered(l, l.o.Order, s.batch) {
		if err := emit(b); err != nil {
			return err
		}
	}
	return nil
}

// batch makes a batch of rows.
func (s *scribe) batch(rows []row, place int64) *eventlog.Batch {
	n := len(rows)
	b := &eventlog.Batch{
		Activity: make([]string, n), Time: make([]int64, n), Resource: make([]string, n), Place: make([]int64, n),
	}
	ids := texts{bytes: make([]byte, 0, 10*n), ends: make([]int, 0, n)}
	for i := range rows {
		r := &rows[i]
		ids.bytes = appendID(ids.bytes, 'O', int64(r.number))
		ids.end()
		b.Activity[i], b.Time[i], b.Resource[i], b.Place[i] = s.activity[r.activity], r.time, s.resource[r.resource], place+int64(i)+1
	}
	b.Case = ids.strings(make([]string, 0, n))
	if s.o.Order == Shuffled {
		for i := range rows {
			b.Sequence = append(b.Sequence, int64(rows[i].step)+1)
		}
	}
	if s.o.Attributes {
		s.attributes(b, rows)
	}
	return b
}

// attributes adds those of the rows, and those of cases whose first event is
// among them.
func (s *scribe) attributes(b *eventlog.Batch, rows []row) {
	amount := eventlog.Column{Name: "amount", Type: eventlog.Float}
	lines := eventlog.Column{Name: "line_items", Type: eventlog.Int}
	automated := eventlog.Column{Name: "automated", Type: eventlog.Bool}
	text := make([]eventlog.Column, 4)
	for i, name := range [...]string{"customer", "country", "channel", "site"} {
		text[i] = eventlog.Column{Name: name}
	}
	value := eventlog.Column{Name: "order_value", Type: eventlog.Float}
	for i := range rows {
		r := &rows[i]
		e := s.eventAttributes(r)
		amount.Float = append(amount.Float, float64(max(e.cents, 0))/100)
		amount.Null = append(amount.Null, e.cents < 0)
		lines.Int = append(lines.Int, e.lines)
		auto := int64(0)
		if e.automated {
			auto = 1
		}
		automated.Int = append(automated.Int, auto)
		if r.step > 0 {
			continue
		}
		c := s.caseAttributes(int64(r.number))
		b.CaseIDs = append(b.CaseIDs, b.Case[i])
		for j, v := range [...]string{string(appendCustomer(nil, c.customer)), c.country, c.channel, c.site} {
			text[j].Text = append(text[j].Text, v)
		}
		value.Float = append(value.Float, float64(c.cents)/100)
	}
	b.Attributes = []eventlog.Column{amount, lines, automated}
	b.CaseAttributes = append(text[:3:3], value, text[3])
}
