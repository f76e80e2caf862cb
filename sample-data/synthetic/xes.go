package synthetic

import (
	"errors"
	"io"
)

const (
	xesHead = `<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
	<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
	<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
	<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
	<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
	<global scope="trace">
		<string key="concept:name" value=""/>
	</global>
	<global scope="event">
		<string key="concept:name" value=""/>
		<date key="time:timestamp" value="1970-01-01T00:00:00.000Z"/>
	</global>
	<classifier name="Activity" scope="event" keys="concept:name"/>
	<string key="concept:name" value="synthetic order-to-cash"/>
`
	xesTail = "</log>\n"
)

// WriteXES writes the same events, case by case in the order of their numbers,
// whatever the order of the log's tables; with attributes, those of the case
// stand at the trace.
func (l *Log) WriteXES(w io.Writer) error {
	if !l.whole() {
		return errors.New("a part of a log has no whole cases for XES")
	}
	s := l.scribe()
	if err := l.write(w, xesHead, ByCase, s.xesRow); err != nil {
		return err
	}
	_, err := io.WriteString(w, xesTail)
	return err
}

// xesRow appends an event, with the beginning of its trace before the first and
// the end after the last. No value needs escaping.
func (s *scribe) xesRow(b []byte, rows []row, i int) []byte {
	r := &rows[i]
	if r.step == 0 {
		b = append(b, "\t<trace>\n\t\t<string key=\"concept:name\" value=\""...)
		b = append(appendID(b, 'O', int64(r.number)), "\"/>\n"...)
		if s.o.Attributes {
			c := s.caseAttributes(int64(r.number))
			b = append(b, "\t\t<string key=\"customer\" value=\""...)
			b = appendCustomer(b, c.customer)
			b = append(append(b, "\"/>\n\t\t<string key=\"country\" value=\""...), c.country...)
			b = append(append(b, "\"/>\n\t\t<string key=\"channel\" value=\""...), c.channel...)
			b = appendMoney(append(b, "\"/>\n\t\t<float key=\"order_value\" value=\""...), c.cents)
			b = append(append(b, "\"/>\n\t\t<string key=\"site\" value=\""...), c.site...)
			b = append(b, "\"/>\n"...)
		}
	}
	b = append(b, "\t\t<event>\n\t\t\t<string key=\"concept:name\" value=\""...)
	b = append(b, s.activity[r.activity]...)
	b = append(b, "\"/>\n\t\t\t<date key=\"time:timestamp\" value=\""...)
	b = append(s.appendTime(b, r.time, 'T'), 'Z')
	b = append(b, "\"/>\n\t\t\t<string key=\"org:resource\" value=\""...)
	b = append(b, s.resource[r.resource]...)
	b = append(b, "\"/>\n\t\t\t<string key=\"lifecycle:transition\" value=\"complete\"/>\n"...)
	if s.o.Attributes {
		e := s.eventAttributes(r)
		if e.cents >= 0 {
			b = append(appendMoney(append(b, "\t\t\t<float key=\"amount\" value=\""...), e.cents), "\"/>\n"...)
		}
		b = append(appendInt(append(b, "\t\t\t<int key=\"line_items\" value=\""...), e.lines), "\"/>\n"...)
		b = append(appendBool(append(b, "\t\t\t<boolean key=\"automated\" value=\""...), e.automated), "\"/>\n"...)
	}
	b = append(b, "\t\t</event>\n"...)
	if i+1 == len(rows) || rows[i+1].number != r.number {
		b = append(b, "\t</trace>\n"...)
	}
	return b
}
