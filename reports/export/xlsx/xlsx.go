package xlsx

import (
	"archive/zip"
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/klauspost/compress/flate"

	"millrace/eventlog"
)

// A Table is what is written: columns of strings, whole numbers, floats, truth
// values and times.
type Table struct {
	Name    string // of its sheet: "events"
	Schema  *arrow.Schema
	Batches iter.Seq2[arrow.RecordBatch, error] // Write releases them
}

// A Line is one line of the first sheet: what it says, and of what.
type Line struct{ Name, Text string }

// maxRows is how many rows a sheet has, its header among them.
const maxRows = 1 << 20

// Write writes a workbook of two sheets: "about" with the given lines, the
// number of rows and the notes, and the table. It returns the notes it added.
// On an error, what w has got is no workbook.
func Write(ctx context.Context, w io.Writer, about []Line, notes []eventlog.Note, t Table) ([]eventlog.Note, error) {
	x := &workbook{zip: zip.NewWriter(w), table: t, perSheet: maxRows}
	added, err := x.write(ctx, about, notes)
	if err != nil {
		return nil, fmt.Errorf("xlsx: %w", err)
	}
	return added, nil
}

// A workbook is being written.
type workbook struct {
	zip      *zip.Writer
	table    Table
	perSheet int
	out      *bufio.Writer // the sheet being written
	line     []byte
	sheets   []sheet // of the table
	rows     int64

	cells // what they could not hold
}

// A sheet is one of the table's.
type sheet struct {
	name string
	rows int // the header among them
}

func (x *workbook) write(ctx context.Context, about []Line, notes []eventlog.Note) ([]eventlog.Note, error) {
	x.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 5) })
	for _, part := range [][2]string{{"[Content_Types].xml", contentTypes}, {"_rels/.rels", rootRelations}, {"xl/styles.xml", styles}} {
		if err := x.part(part[0], part[1]); err != nil {
			return nil, err
		}
	}
	if err := x.fill(ctx); err != nil {
		return nil, err
	}
	added := x.notes()
	if len(x.sheets) > 1 {
		added = append(added, eventlog.Note{Code: "several-sheets", Text: fmt.Sprintf(
			"A sheet of Excel has %d rows; the table goes on in further ones: %d in all.", maxRows, len(x.sheets))})
	}
	if err := x.about(about, append(notes[:len(notes):len(notes)], added...)); err != nil {
		return nil, err
	}
	for _, part := range [][2]string{{"xl/workbook.xml", x.workbookXML()}, {"xl/_rels/workbook.xml.rels", x.relations()}} {
		if err := x.part(part[0], part[1]); err != nil {
			return nil, err
		}
	}
	return added, x.zip.Close()
}

// part writes a whole part of the package.
func (x *workbook) part(name, text string) error {
	w, err := x.zip.Create(name)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	return err
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
		if err := x.begin(nil); err != nil {
			return err
		}
	}
	return x.end()
}

func (x *workbook) batch(rec arrow.RecordBatch) error {
	if x.out == nil {
		if err := x.begin(rec); err != nil {
			return err
		}
	}
	for row := range int(rec.NumRows()) {
		s := &x.sheets[len(x.sheets)-1]
		if s.rows == x.perSheet {
			if err := x.end(); err != nil {
				return err
			}
			if err := x.begin(rec); err != nil {
				return err
			}
			s = &x.sheets[len(x.sheets)-1]
		}
		s.rows++
		x.rows++
		number := strconv.Itoa(s.rows)
		x.line = append(append(append(x.line[:0], `<row r="`...), number...), `">`...)
		for i, col := range rec.Columns() {
			if !col.IsNull(row) {
				x.cell(columnName(i)+number, col, row)
			}
		}
		x.line = append(x.line, "</row>\n"...)
		if _, err := x.out.Write(x.line); err != nil {
			return err
		}
	}
	return nil
}

// begin starts a sheet with its header. rec holds its first rows, or earlier
// ones, from which columns get their widths.
func (x *workbook) begin(rec arrow.RecordBatch) error {
	name := sheetName(x.table.Name)
	if n := len(x.sheets); n > 0 {
		name = sheetName(fmt.Sprintf("%s (%d)", cut(x.table.Name, 24), n+1))
	}
	x.sheets = append(x.sheets, sheet{name: name, rows: 1})
	w, err := x.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(x.sheets)+1))
	if err != nil {
		return err
	}
	x.out = bufio.NewWriterSize(w, 1<<18)
	x.line = append(x.line[:0], sheetHead...)
	x.line = append(x.line, frozenView...)
	if x.table.Schema.NumFields() > 0 {
		x.line = append(x.line, "<cols>"...)
		for i, f := range x.table.Schema.Fields() {
			x.line = fmt.Appendf(x.line, `<col min="%d" max="%[1]d" width="%d" customWidth="1"/>`, i+1, width(f, rec, i))
		}
		x.line = append(x.line, "</cols>"...)
	}
	x.line = append(x.line, "<sheetData>\n<row r=\"1\">"...)
	for i, f := range x.table.Schema.Fields() {
		x.text(columnName(i)+"1", header(f), styleHeader)
	}
	x.line = append(x.line, "</row>\n"...)
	_, err = x.out.Write(x.line)
	return err
}

func (x *workbook) end() error {
	s := x.sheets[len(x.sheets)-1]
	x.line = append(x.line[:0], "</sheetData>"...)
	if n := x.table.Schema.NumFields(); n > 0 {
		x.line = fmt.Appendf(x.line, `<autoFilter ref="A1:%s%d"/>`, columnName(n-1), s.rows)
	}
	x.line = append(x.line, "</worksheet>\n"...)
	if _, err := x.out.Write(x.line); err != nil {
		return err
	}
	return x.out.Flush()
}

// about writes the first sheet.
func (x *workbook) about(lines []Line, notes []eventlog.Note) error {
	x.line = append(x.line[:0], sheetHead...)
	x.line = append(x.line, `<cols><col min="1" max="1" width="18" customWidth="1"/><col min="2" max="2" width="100" customWidth="1"/></cols><sheetData>`...)
	lines = append(lines[:len(lines):len(lines)], Line{"Rows", strconv.FormatInt(x.rows, 10)})
	for i, n := range notes {
		name := ""
		if i == 0 {
			name = "Notes"
		}
		lines = append(lines, Line{name, n.Text})
	}
	for i, l := range lines {
		number := strconv.Itoa(i + 1)
		x.line = append(append(append(x.line, "\n<row r=\""...), number...), `">`...)
		if l.Name != "" {
			x.text("A"+number, l.Name, styleName)
		}
		x.text("B"+number, l.Text, styleWrapped)
		x.line = append(x.line, "</row>"...)
	}
	x.line = append(x.line, "\n</sheetData></worksheet>\n"...)
	return x.part("xl/worksheets/sheet1.xml", string(x.line))
}

// header is what a column is called: units in words' place, and UTC for times.
func header(f arrow.Field) string {
	if name, ok := strings.CutSuffix(f.Name, "_s"); ok && f.Type.ID() == arrow.FLOAT64 {
		return name + " (s)"
	}
	if f.Type.ID() == arrow.TIMESTAMP {
		return f.Name + " (UTC)"
	}
	return f.Name
}

// width is how many characters wide a column is: as wide as its header, with
// room for the filter's button, and as most of its first values.
func width(f arrow.Field, rec arrow.RecordBatch, i int) int {
	const looked, most = 200, 60
	w := max(10, len([]rune(header(f)))+4)
	if f.Type.ID() == arrow.TIMESTAMP {
		return max(w, len("2006-01-02 15:04:05")+2)
	}
	if rec == nil {
		return min(w, most)
	}
	if s, ok := rec.Column(i).(*array.String); ok {
		for row := range min(looked, s.Len()) {
			if !s.IsNull(row) {
				w = max(w, min(most, len([]rune(cut(s.Value(row), 2*most)))+2))
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
