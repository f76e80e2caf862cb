package sheet

import (
	"context"
	"io"
	"strings"

	"millrace/eventlog"
	"millrace/reports/export/xlsx"
)

// writeXLSX writes a workbook as one: a sheet "about", and one a sheet.
func writeXLSX(ctx context.Context, w io.Writer, b *Workbook) ([]eventlog.Note, error) {
	book := xlsx.Book{Title: b.Title, Notes: b.Notes[:len(b.Notes):len(b.Notes)]}
	for _, l := range b.About {
		book.About = append(book.About, xlsx.Line(l))
	}
	for _, s := range b.All() {
		for _, n := range s.Notes {
			book.Notes = append(book.Notes, eventlog.Note{Code: n.Code, Text: s.Name + ": " + n.Text})
		}
		t := xlsx.Table{Name: s.Name, Title: s.Title, Schema: s.schema(), Batches: s.batches(ctx)}
		for i, f := range s.fields() {
			if f.url {
				t.Columns[len(t.Columns)-1].Link = i + 1
				continue
			}
			c := s.Columns[f.column]
			t.Columns = append(t.Columns, xlsx.Column{Field: i, Title: c.heading(), Format: c.format(), Zone: c.Zone, Wrap: c.long(s)})
		}
		book.Tables = append(book.Tables, t)
	}
	return xlsx.Write(ctx, w, book)
}

// heading is what a column is called, with its unit.
func (c Column) heading() string {
	title := c.Title
	if title == "" {
		title = c.Name
	}
	unit := c.Unit
	switch c.Type {
	case DaysType, HoursType:
		unit = string(c.Type)
	case DecimalType:
	default:
		unit = ""
	}
	if unit == "" || strings.Contains(title, unit) {
		return title
	}
	return title + " (" + unit + ")"
}

// format is how numbers of a column are shown.
func (c Column) format() string {
	switch c.Type {
	case IntegerType:
		return "#,##0"
	case DecimalType:
		if c.Scale == 0 {
			return "#,##0"
		}
		return "#,##0." + strings.Repeat("0", c.Scale)
	case ShareType:
		return "0.0%"
	case DaysType, HoursType:
		return "#,##0.0"
	}
	return ""
}

// long says that a column has texts to be read in several lines.
func (c Column) long(s *Sheet) bool {
	if c.Type != TextType {
		return false
	}
	for i, d := range s.Columns {
		if d.Name != c.Name {
			continue
		}
		for _, row := range s.Rows {
			if len(row[i].s) > 60 || strings.Contains(row[i].s, "\n") {
				return true
			}
		}
	}
	return false
}
