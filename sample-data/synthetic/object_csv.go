package synthetic

import (
	"errors"
	"io"
)

// WriteObjectCSV writes the events of [Log.ReadObjects] as OCEL 1.0 in CSV: a
// row an event, with the ids of the objects of a type in a column. It is the
// smallest of the object-centric forms and the fastest to write; objects have
// no attributes and no relations among them there.
func (l *Log) WriteObjectCSV(w io.Writer) error {
	if !l.whole() || l.o.Order != ByTime {
		return errors.New("an object-centric log is made whole, and in the order of time")
	}
	s := l.scribe()
	head := "ocel:eid,ocel:activity,ocel:timestamp,resource,automated"
	for _, t := range objectTypes {
		head += ",ocel:type:" + t
	}
	if _, err := io.WriteString(w, head+"\n"); err != nil {
		return err
	}
	var spare buffers
	for text := range rendered(l, ByTime, func(rows []row, place int64) []byte { return s.objectLines(spare.take(), rows, place) }) {
		if _, err := w.Write(text); err != nil {
			return err
		}
		spare.give(text)
	}
	return nil
}

// objectLines appends the rows of events. A list of one object is its id.
func (s *scribe) objectLines(b []byte, rows []row, place int64) []byte {
	var touched []object
	for i := range rows {
		r := &rows[i]
		b = append(appendID(b, 'E', place+int64(i)+1), ',')
		b = append(append(b, s.activity[r.activity]...), ',')
		b = append(s.appendTime(b, r.time, ' '), ',')
		b = append(append(b, s.resource[r.resource]...), ',')
		b = appendBool(b, s.eventAttributes(r).automated)
		touched = s.touched(touched[:0], s.family(int64(r.number)), r)
		for kind := range objectTypes {
			b = append(b, ',')
			n := 0
			for _, o := range touched {
				if o.kind == kind {
					n++
				}
			}
			b = s.appendList(b, r, touched, kind, n)
		}
		b = append(b, '\n')
	}
	return b
}

// appendList appends the n objects of a kind: nothing, an id, or several as
// Python writes lists.
func (s *scribe) appendList(b []byte, r *row, touched []object, kind, n int) []byte {
	before, between, after := "", "", ""
	if n > 1 {
		before, between, after = `"['`, `', '`, `']"`
	}
	for _, o := range touched {
		if o.kind == kind {
			b = appendObject(append(b, before...), int64(r.number), o)
			before = between
		}
	}
	return append(b, after...)
}
