package synthetic

import "io"

// WriteCSV writes a table with a row an event: case_id, activity, timestamp
// (UTC, milliseconds) and resource; of a shuffled log, then sequence; with
// attributes, then amount (empty where an event is not of money), line_items,
// automated, and those of the case, which are the same in all its rows:
// case:customer, case:country, case:channel, case:order_value and case:site.
func (l *Log) WriteCSV(w io.Writer) error {
	s := l.scribe()
	head := "case_id,activity,timestamp,resource"
	if l.o.Order == Shuffled {
		head += ",sequence"
	}
	if l.o.Attributes {
		head += ",amount,line_items,automated,case:customer,case:country,case:channel,case:order_value,case:site"
	}
	return l.write(w, head+"\n", l.o.Order, s.csvRow)
}

// csvRow appends a row's line. No value needs quotes.
func (s *scribe) csvRow(b []byte, rows []row, i int) []byte {
	r := &rows[i]
	b = append(appendID(b, 'O', int64(r.number)), ',')
	b = append(append(b, s.activity[r.activity]...), ',')
	b = append(s.appendTime(b, r.time, ' '), ',')
	b = append(b, s.resource[r.resource]...)
	if s.o.Order == Shuffled {
		b = appendInt(append(b, ','), int64(r.step)+1)
	}
	if s.o.Attributes {
		e := s.eventAttributes(r)
		b = append(b, ',')
		if e.cents >= 0 {
			b = appendMoney(b, e.cents)
		}
		b = appendInt(append(b, ','), e.lines)
		b = appendBool(append(b, ','), e.automated)
		c := s.caseAttributes(int64(r.number))
		b = append(appendCustomer(append(b, ','), c.customer), ',')
		b = append(append(b, c.country...), ',')
		b = append(append(b, c.channel...), ',')
		b = append(appendMoney(b, c.cents), ',')
		b = append(b, c.site...)
	}
	return append(b, '\n')
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}

// write writes head and what appendRow makes of each row.
func (l *Log) write(w io.Writer, head string, order Order, appendRow func(b []byte, rows []row, i int) []byte) error {
	if _, err := io.WriteString(w, head); err != nil {
		return err
	}
	var spare buffers
	render := func(rows []row, _ int64) []byte {
		b := spare.take()
		for i := range rows {
			b = appendRow(b, rows, i)
		}
		return b
	}
	for text := range rendered(l, order, render) {
		if _, err := w.Write(text); err != nil {
			return err
		}
		spare.give(text)
	}
	return nil
}
