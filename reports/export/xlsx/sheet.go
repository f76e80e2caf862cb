package xlsx

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// A sheet is one of a table's.
type sheet struct {
	name    string
	rows    int // the header among them
	columns int
}

// A column is one that is being written.
type column struct {
	Column
	field        arrow.Field
	style        int
	shown        int         // its width in the sheet, in characters
	values, urls arrow.Array // of the batch
}

// A link is where a cell leads to.
type link struct{ ref, url string }

// Excel opens a workbook of more links in a sheet, or longer ones, as damaged.
const maxLinks, maxURL = 65_530, 2_079

// take makes a table the one that is written.
func (x *workbook) take(t *Table) {
	x.table, x.rows, x.columns, x.part1 = t, append(x.rows, 0), nil, len(x.sheets)
	shown := t.Columns
	if shown == nil {
		for i := range t.Schema.NumFields() {
			shown = append(shown, Column{Field: i})
		}
	}
	for _, c := range shown {
		f := t.Schema.Field(c.Field)
		x.columns = append(x.columns, column{Column: c, field: f, style: x.styles.of(c, f)})
	}
}

// fill writes the table's sheets.
func (x *workbook) fill(ctx context.Context) error {
	for rec, err := range x.table.Batches {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		err = x.batch(rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
	if x.out == nil {
		if err := x.begin(0); err != nil {
			return err
		}
	}
	return x.end()
}

func (x *workbook) batch(rec arrow.RecordBatch) error {
	for i := range x.columns {
		c := &x.columns[i]
		c.values = rec.Column(c.Field)
		if c.Link > 0 {
			c.urls = rec.Column(c.Link - 1)
		}
	}
	rows := int(rec.NumRows())
	if x.out == nil {
		if err := x.begin(rows); err != nil {
			return err
		}
	}
	for row := range rows {
		s := &x.sheets[len(x.sheets)-1]
		if s.rows == x.perSheet {
			if err := x.end(); err != nil {
				return err
			}
			if err := x.begin(rows); err != nil {
				return err
			}
			s = &x.sheets[len(x.sheets)-1]
		}
		s.rows++
		x.rows[len(x.rows)-1]++
		number := strconv.Itoa(s.rows)
		x.line = append(append(append(x.line[:0], `<row r="`...), number...), '"')
		if lines := x.lines(row); lines > 1 {
			x.line = fmt.Appendf(x.line, ` ht="%d" customHeight="1"`, min(lines*15, 405))
		}
		x.line = append(x.line, '>')
		for i := range x.columns {
			if c := &x.columns[i]; !c.values.IsNull(row) {
				x.cell(columnName(i)+number, c, row)
			}
		}
		x.line = append(x.line, "</row>\n"...)
		if _, err := x.out.Write(x.line); err != nil {
			return err
		}
	}
	return nil
}

// lines is how many lines the texts of a row that are wrapped take. Programs
// count that on loading only in part: LibreOffice not where a text has lines of
// its own.
func (x *workbook) lines(row int) int {
	most := 1
	for i := range x.columns {
		c := &x.columns[i]
		text, ok := c.values.(*array.String)
		if !c.Wrap || !ok || text.IsNull(row) {
			continue
		}
		n := 0
		for line := range strings.SplitSeq(text.Value(row), "\n") {
			n += 1 + max(0, utf8.RuneCountInString(line)-1)/max(1, c.shown-2)
		}
		most = max(most, n)
	}
	return most
}

// begin starts a sheet with its header. The columns have rows of the table,
// its first or earlier ones, from which they get their widths.
func (x *workbook) begin(rows int) error {
	name := sheetName(x.table.Name)
	if n := len(x.sheets) - x.part1; n > 0 {
		name = sheetName(fmt.Sprintf("%s (%d)", cut(x.table.Name, 24), n+1))
	}
	x.sheets = append(x.sheets, sheet{name: name, rows: 1, columns: len(x.columns)})
	w, err := x.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(x.sheets)+1))
	if err != nil {
		return err
	}
	x.out = bufio.NewWriterSize(w, 1<<18)
	x.line = append(x.line[:0], sheetHead...)
	x.line = append(x.line, fitWidth+frozenView...)
	if len(x.columns) > 0 {
		x.line = append(x.line, "<cols>"...)
		for i := range x.columns {
			x.columns[i].shown = x.columns[i].width(rows)
			x.line = fmt.Appendf(x.line, `<col min="%d" max="%[1]d" width="%d" customWidth="1"/>`, i+1, x.columns[i].shown)
		}
		x.line = append(x.line, "</cols>"...)
	}
	x.line = append(x.line, "<sheetData>\n<row r=\"1\">"...)
	for i := range x.columns {
		style := styleHeader
		if x.columns[i].right() {
			style = styleHeaderRight
		}
		x.text(columnName(i)+"1", x.columns[i].header(), style)
	}
	x.line = append(x.line, "</row>\n"...)
	_, err = x.out.Write(x.line)
	return err
}

func (x *workbook) end() error {
	s := x.sheets[len(x.sheets)-1]
	x.line = append(x.line[:0], "</sheetData>"...)
	if s.columns > 0 {
		x.line = fmt.Appendf(x.line, `<autoFilter ref="A1:%s%d"/>`, columnName(s.columns-1), s.rows)
	}
	if len(x.links) > 0 {
		x.line = append(x.line, "<hyperlinks>"...)
		for i, l := range x.links {
			x.line = fmt.Appendf(x.line, `<hyperlink ref="%s" r:id="rId%d"/>`, l.ref, i+1)
		}
		x.line = append(x.line, "</hyperlinks>"...)
	}
	x.line = append(x.line, pageLayout+"</worksheet>\n"...)
	if _, err := x.out.Write(x.line); err != nil {
		return err
	}
	if err := x.out.Flush(); err != nil {
		return err
	}
	x.out = nil
	if len(x.links) == 0 {
		return nil
	}
	rels := x.linkRelations()
	x.links = nil
	return x.part(fmt.Sprintf("xl/worksheets/_rels/sheet%d.xml.rels", len(x.sheets)+1), rels)
}

// header is what a column is called: units in words' place, and the zone of
// times.
func (c *column) header() string {
	zone := "UTC"
	if c.Zone != nil {
		zone = c.Zone.String()
	}
	switch name, ok := strings.CutSuffix(c.field.Name, "_s"); {
	case c.Title != "" && c.field.Type.ID() == arrow.TIMESTAMP:
		return c.Title + " (" + zone + ")"
	case c.Title != "":
		return c.Title
	case ok && c.field.Type.ID() == arrow.FLOAT64:
		return name + " (s)"
	case c.field.Type.ID() == arrow.TIMESTAMP:
		return c.field.Name + " (" + zone + ")"
	}
	return c.field.Name
}

// right says that values stand at the right of a cell, as numbers do; a table
// whose columns are not described keeps its header as it was.
func (c *column) right() bool {
	switch c.field.Type.ID() {
	case arrow.INT64, arrow.FLOAT64, arrow.DECIMAL128, arrow.DATE32, arrow.TIMESTAMP:
		return c.Title != ""
	}
	return false
}

// width is how many characters wide a column is: as wide as its header, with
// room for the filter's button, and as most of its first values.
func (c *column) width(rows int) int {
	const looked, most = 200, 60
	w := max(10, len([]rune(c.header()))+4)
	switch c.field.Type.ID() {
	case arrow.TIMESTAMP:
		return max(w, len("2006-01-02 15:04:05")+2)
	case arrow.DATE32:
		return max(w, len("2006-01-02")+2)
	case arrow.DECIMAL128:
		for row := range min(looked, rows) {
			n := len(c.values.ValueStr(row))
			w = max(w, n+n/3+2) // with signs between thousands
		}
	case arrow.STRING:
		s := c.values
		for row := range min(looked, rows) {
			if !s.IsNull(row) {
				w = max(w, min(most, len([]rune(cut(s.(*array.String).Value(row), 2*most)))+2))
			}
		}
	}
	return min(w, most)
}

// columnName is A for 0, Z for 25, AA for 26.
func columnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// sheetName makes a name that a sheet may have: 31 characters, without []:*?/\
// and quotes at its ends.
func sheetName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) || r < ' ' {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	name = strings.Trim(cut(name, 31), "'")
	if name == "" || strings.EqualFold(name, "about") || strings.EqualFold(name, "history") {
		return "table" // of Excel itself, or of ours
	}
	return name
}
