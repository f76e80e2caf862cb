package synthetic

import (
	"bufio"
	"io"
	"time"

	"millrace/eventlog"
)

// WriteCSV writes the events in order of time: case_id, activity, timestamp
// (UTC, milliseconds) and resource.
func (l *Log) WriteCSV(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<20)
	out.WriteString("case_id,activity,timestamp,resource\n")
	var line []byte
	err := l.Read(func(b *eventlog.Batch) error {
		for i := range b.Case {
			line = append(append(line[:0], b.Case[i]...), ',')
			line = append(append(line, b.Activity[i]...), ',')
			line = append(time.UnixMicro(b.Time[i]).UTC().AppendFormat(line, "2006-01-02 15:04:05.000"), ',')
			line = append(append(line, b.Resource[i]...), '\n')
			if _, err := out.Write(line); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

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

// WriteXES writes the same events, case by case in the order of their numbers.
func (l *Log) WriteXES(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<20)
	out.WriteString(xesHead)
	names := users()
	var t trace
	var text []byte
	for number := range l.Cases {
		l.fill(&t, number)
		text = append(text[:0], "\t<trace>\n\t\t<string key=\"concept:name\" value=\""...)
		text = append(append(text, t.id()...), "\"/>\n"...)
		for _, s := range t.steps { // no name needs escaping
			text = append(text, "\t\t<event>\n\t\t\t<string key=\"concept:name\" value=\""...)
			text = append(text, activities[s.activity]...)
			text = append(text, "\"/>\n\t\t\t<date key=\"time:timestamp\" value=\""...)
			text = time.UnixMicro(s.time).UTC().AppendFormat(text, "2006-01-02T15:04:05.000Z07:00")
			text = append(text, "\"/>\n\t\t\t<string key=\"org:resource\" value=\""...)
			text = append(text, names[s.resource]...)
			text = append(text, "\"/>\n\t\t\t<string key=\"lifecycle:transition\" value=\"complete\"/>\n\t\t</event>\n"...)
		}
		text = append(text, "\t</trace>\n"...)
		if _, err := out.Write(text); err != nil {
			return err
		}
	}
	out.WriteString(xesTail)
	return out.Flush()
}
