package sheet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"millrace/eventlog"
)

// jsonFormat is written into every document; a change that a reader may notice
// gets a new number.
const jsonFormat = "millrace.workbook/1"

// writeJSON writes a workbook as one document: {format, title, about: [{name,
// text}], notes: [{code, text}], sheets: [{name, title, notes, columns: [{name,
// title, type, unit, zone, doc}], rows: [{…}]}]}. Rows are objects as in JSON
// lines, one a line.
func writeJSON(ctx context.Context, w io.Writer, b *Workbook) ([]eventlog.Note, error) {
	out := bufio.NewWriterSize(w, 1<<16)
	put := func(before string, v any) {
		out.WriteString(before)
		out.Write(marshal(v))
	}
	type line struct {
		Name string `json:"name"`
		Text string `json:"text"`
	}
	about := []line{}
	for _, l := range b.About {
		about = append(about, line(l))
	}
	put("{\"format\": ", jsonFormat)
	put(",\n\"title\": ", b.Title)
	put(",\n\"about\": ", about)
	put(",\n\"notes\": ", some(b.Notes))
	out.WriteString(",\n\"sheets\": [")
	for i, s := range b.All() {
		if i > 0 {
			out.WriteByte(',')
		}
		put("\n{\"name\": ", s.Name)
		put(", \"title\": ", s.Title)
		put(", \"notes\": ", some(s.Notes))
		out.WriteString(", \"columns\": [")
		for j, c := range s.Columns {
			before := "\n  "
			if j > 0 {
				before = ",\n  "
			}
			put(before, struct {
				Name  string `json:"name"`
				Title string `json:"title"`
				Type  Type   `json:"type"`
				Unit  string `json:"unit,omitempty"`
				Scale int    `json:"scale,omitempty"`
				Zone  string `json:"zone,omitempty"`
				Doc   string `json:"doc,omitempty"`
			}{c.Name, c.Title, c.Type, c.Unit, c.Scale, c.zone(), c.Doc})
		}
		out.WriteString("], \"rows\": [")
		between := "\n  "
		for row, err := range s.each(ctx) {
			if err != nil {
				return nil, fmt.Errorf("sheet %s: %w", s.Name, err)
			}
			out.WriteString(between)
			between = ",\n  "
			s.object(out, row)
		}
		out.WriteString("]}")
	}
	out.WriteString("\n]}\n")
	return nil, out.Flush()
}

// writeJSONLines writes a sheet, an object a row: names in the order of the
// columns, numbers as they are (a decimal with all its digits), dates and times
// as texts of ISO 8601, null for no value.
func writeJSONLines(ctx context.Context, w io.Writer, s *Sheet) error {
	out := bufio.NewWriterSize(w, 1<<16)
	for row, err := range s.each(ctx) {
		if err != nil {
			return err
		}
		s.object(out, row)
		out.WriteByte('\n')
	}
	return out.Flush()
}

func (s *Sheet) object(out *bufio.Writer, row []Value) {
	for i, f := range s.fields() {
		before := ", "
		if i == 0 {
			before = "{"
		}
		out.WriteString(before + strconv.Quote(f.name) + ": ")
		switch v := f.flat(row); v.kind {
		case "":
			out.WriteString("null")
		case IntegerType, DecimalType, ShareType, DaysType, HoursType:
			out.WriteString(v.Text(s.Columns[f.column]))
		default:
			out.Write(marshal(v.Text(s.Columns[f.column])))
		}
	}
	out.WriteByte('}')
}

// zone names the zone of a column's moments.
func (c Column) zone() string {
	switch {
	case c.Type != TimestampType:
		return ""
	case c.Zone == nil:
		return "UTC"
	}
	return c.Zone.String()
}

func some(notes []eventlog.Note) []eventlog.Note {
	if notes == nil {
		return []eventlog.Note{}
	}
	return notes
}

// marshal is json.Marshal of what cannot fail, with <, > and & as they are.
func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // texts, and structs of them
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
