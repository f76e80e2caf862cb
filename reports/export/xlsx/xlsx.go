package xlsx

import (
	"archive/zip"
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/klauspost/compress/flate"

	"millrace/eventlog"
)

// A Book is what is written: a sheet "about", and the tables in their order.
type Book struct {
	Title  string // at the top of "about", and a property of the document; "" is none
	About  []Line
	Notes  []eventlog.Note
	Tables []Table // one at least; names are unique
}

// A Table is one of a book: columns of strings, whole numbers, decimals,
// floats, truth values, dates and times.
type Table struct {
	Name    string // of its sheet: "events"
	Title   string // what it holds, for "about"
	Schema  *arrow.Schema
	Batches iter.Seq2[arrow.RecordBatch, error] // Write releases them
	Columns []Column                            // in the order shown; nil: all fields, by name and type
}

// A Column is how a field of a table is shown.
type Column struct {
	Field  int    // its number in the schema
	Link   int    // 1 + the number of the field with the addresses that its cells link to; 0: none
	Title  string // in the header; "": by the field's name and type
	Format string // of numbers, as Excel writes it: "0.0%"; "": general, and as usual for dates and times
	Zone   *time.Location
	Wrap   bool // long text goes on in further lines
}

// A Line is one line of the first sheet: what it says, and of what.
type Line struct{ Name, Text string }

// maxRows is how many rows a sheet has, its header among them.
const maxRows = 1 << 20

// Write writes a workbook: the sheet "about" with the given lines, the number
// of rows and the notes, and the tables. It returns the notes it added. On an
// error, what w has got is no workbook.
func Write(ctx context.Context, w io.Writer, b Book) ([]eventlog.Note, error) {
	x := &workbook{zip: zip.NewWriter(w), book: b, perSheet: maxRows}
	added, err := x.write(ctx)
	if err != nil {
		return nil, fmt.Errorf("xlsx: %w", err)
	}
	return added, nil
}

// A workbook is being written.
type workbook struct {
	zip      *zip.Writer
	book     Book
	perSheet int
	styles   styles
	out      *bufio.Writer // the sheet being written
	line     []byte
	table    *Table
	columns  []column // of table
	sheets   []sheet  // of all tables
	part1    int      // the table's first sheet
	rows     []int64  // of each table
	links    []link   // of the sheet being written

	cells // what they could not hold
}

func (x *workbook) write(ctx context.Context) ([]eventlog.Note, error) {
	x.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 5) })
	for _, part := range [][2]string{{"[Content_Types].xml", x.contentTypes()}, {"_rels/.rels", x.rootRelations()}} {
		if err := x.part(part[0], part[1]); err != nil {
			return nil, err
		}
	}
	if x.book.Title != "" {
		if err := x.part("docProps/core.xml", x.properties()); err != nil {
			return nil, err
		}
	}
	for i := range x.book.Tables {
		x.take(&x.book.Tables[i])
		if err := x.fill(ctx); err != nil {
			return nil, err
		}
	}
	added := x.notes()
	if len(x.sheets) > len(x.rows) {
		added = append(added, eventlog.Note{Code: "several-sheets", Text: fmt.Sprintf(
			"A sheet of Excel has %d rows; the table goes on in further ones: %d in all.", maxRows, len(x.sheets))})
	}
	if err := x.about(append(x.book.Notes[:len(x.book.Notes):len(x.book.Notes)], added...)); err != nil {
		return nil, err
	}
	for _, part := range [][2]string{{"xl/styles.xml", x.styles.xml()}, {"xl/workbook.xml", x.workbookXML()}, {"xl/_rels/workbook.xml.rels", x.relations()}} {
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

// about writes the first sheet.
func (x *workbook) about(notes []eventlog.Note) error {
	x.line = append(append(x.line[:0], sheetHead...), fitWidth...)
	x.line = append(x.line, `<cols><col min="1" max="1" width="18" customWidth="1"/><col min="2" max="2" width="100" customWidth="1"/></cols><sheetData>`...)
	row := 0
	line := func(style int, name, text string) {
		row++
		number := strconv.Itoa(row)
		x.line = append(append(append(x.line, "\n<row r=\""...), number...), `">`...)
		if name != "" {
			x.text("A"+number, name, style)
		}
		if text != "" || style != styleTitle {
			x.text("B"+number, text, styleWrapped)
		}
		x.line = append(x.line, "</row>"...)
	}
	if x.book.Title != "" {
		line(styleTitle, x.book.Title, "")
	}
	for _, l := range x.book.About {
		line(styleName, l.Name, l.Text)
	}
	for i, t := range x.book.Tables {
		n := strconv.FormatInt(x.rows[i], 10)
		switch {
		case t.Title == "":
			line(styleName, "Rows", n)
		case n == "1":
			line(styleName, sheetName(t.Name), t.Title+": 1 row")
		default:
			line(styleName, sheetName(t.Name), t.Title+": "+n+" rows")
		}
	}
	for i, n := range notes {
		name := ""
		if i == 0 {
			name = "Notes"
		}
		line(styleName, name, n.Text)
	}
	x.line = append(x.line, "\n</sheetData>"+pageLayout+"</worksheet>\n"...)
	return x.part("xl/worksheets/sheet1.xml", string(x.line))
}
