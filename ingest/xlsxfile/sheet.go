package xlsxfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"millrace/ingest"
)

// What Excel knows of rows and columns.
const (
	maxRows    = 1_048_576
	maxColumns = 16_384
)

// A cell is one that has a value.
type cell struct {
	column int // from 0
	kind   cellKind
	text   []byte // valid until the next row
}

type cellKind int8

const (
	textCell cellKind = iota
	numberCell
	momentCell // a date, and perhaps a time of day: 2006-01-02 15:04:05
	clockCell  // a time of day: 15:04:05
	boolCell
	errorCell // #N/A
)

// A sheetReader reads the rows of a sheet.
type sheetReader struct {
	w     *Workbook
	x     *xmlScanner
	close func() error

	number int // of the row, from 1
	hidden bool
	cells  []cell
	text   []byte
	spans  []int // ends of the cells' texts

	hiddenColumns []span
	uncalculated  int64 // formulas without a value
	unplaced      int64 // cells out of order
	value, inline []byte
}

// A span is columns from one to another, from 0.
type span struct{ from, to int }

// read opens a sheet.
func (w *Workbook) read(s *sheet) (*sheetReader, error) {
	if _, err := w.texts(); err != nil {
		return nil, err
	}
	r, err := w.part(s.part, maxUnpacked)
	if err != nil {
		return nil, err
	}
	return &sheetReader{w: w, x: newXML(r), close: r.Close}, nil
}

// next reads the next row that the sheet has, or io.EOF.
func (r *sheetReader) next() error {
	for {
		t, err := r.x.next()
		if err != nil {
			return err // the end of the part, or of what is whole
		}
		if t.kind != startTag {
			continue
		}
		switch string(t.name) {
		case "col":
			from, ok1 := t.attrInt("min")
			to, ok2 := t.attrInt("max")
			if ok1 && ok2 && t.attrBool("hidden") && len(r.hiddenColumns) < maxColumns {
				r.hiddenColumns = append(r.hiddenColumns, span{from - 1, to - 1})
			}
		case "row":
			return r.row(t)
		}
	}
}

func (r *sheetReader) row(t *xmlToken) error {
	n, ok := t.attrInt("r")
	if !ok {
		n = r.number + 1
	}
	if n <= r.number || n > maxRows {
		return fmt.Errorf("row %d comes after row %d: the sheet is damaged", n, r.number)
	}
	r.number, r.hidden = n, t.attrBool("hidden")
	r.cells, r.text, r.spans = r.cells[:0], r.text[:0], r.spans[:0]
	if t.empty {
		return nil
	}
	column := -1
	for {
		t, err := r.x.next()
		if err != nil {
			return cut(err)
		}
		switch {
		case t.kind == startTag && string(t.name) == "c":
			if column, err = r.cell(t, column); err != nil {
				return err
			}
		case t.kind == endTag && string(t.name) == "row":
			from := 0
			for i := range r.cells {
				r.cells[i].text = r.text[from:r.spans[i]]
				from = r.spans[i]
			}
			return nil
		}
	}
}

func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return errCut
	}
	return err
}

// cell reads one cell; last is the column of the one before.
func (r *sheetReader) cell(t *xmlToken, last int) (column int, err error) {
	column = last + 1
	if ref, ok := t.attr("r"); ok {
		if c := columnOf(ref); c >= 0 {
			column = c
		}
	}
	if column >= maxColumns {
		return 0, fmt.Errorf("row %d has a cell beyond column XFD: the sheet is damaged", r.number)
	}
	kind, _ := t.attr("t")
	typ := string(kind)
	index, _ := t.attrInt("s")
	r.value, r.inline = r.value[:0], r.inline[:0]
	formula, has := false, false
	if !t.empty {
		if formula, has, err = r.content(); err != nil {
			return 0, err
		}
	}
	if column <= last {
		r.unplaced++ // whatever it is, a row has one value a column
		return last, nil
	}
	if formula && !has {
		r.uncalculated++
	}
	if !has {
		return column, nil
	}
	return column, r.add(column, typ, index)
}

// content reads what is in a cell.
func (r *sheetReader) content() (formula, has bool, err error) {
	inValue := false
	for {
		t, err := r.x.next()
		if err != nil {
			return false, false, cut(err)
		}
		switch name := string(t.name); {
		case t.kind == textNode:
			if inValue {
				if r.value = append(r.value, t.text...); len(r.value) > maxToken {
					return false, false, errTooLong
				}
				has = has || len(r.value) > 0
			}
		case t.kind == startTag && name == "v":
			inValue = !t.empty
		case t.kind == startTag && name == "f":
			formula = true
		case t.kind == startTag && name == "is" && !t.empty:
			if r.inline, err = r.x.richText(r.inline, "is"); err != nil {
				return false, false, err
			}
			has = true
		case t.kind == endTag && name == "v":
			inValue = false
		case t.kind == endTag && name == "c":
			return formula, has, nil
		}
	}
}

// add appends a cell's value as text.
func (r *sheetReader) add(column int, typ string, index int) error {
	kind := textCell
	switch typ {
	case "s":
		n, err := strconv.Atoi(string(bytes.TrimSpace(r.value)))
		text, ok := r.w.shared.text(n)
		if err != nil || !ok {
			return fmt.Errorf("%s%d refers to the text %q, which the workbook does not have: it is damaged", ColumnName(column), r.number, r.value)
		}
		r.text = append(r.text, text...)
	case "inlineStr":
		r.text = append(r.text, r.inline...)
	case "str":
		r.text = append(r.text, unescapeX(r.value, 0)...)
	case "b":
		kind = boolCell
		if v := bytes.TrimSpace(r.value); len(v) == 1 && v[0] == '1' || string(v) == "true" {
			r.text = append(r.text, "true"...)
		} else {
			r.text = append(r.text, "false"...)
		}
	case "e":
		kind = errorCell
		r.text = append(r.text, r.value...)
	case "d":
		kind = momentCell
		r.text = append(r.text, bytes.Replace(bytes.TrimSpace(r.value), []byte("T"), []byte(" "), 1)...)
	default:
		kind = r.numeric(index)
	}
	r.cells = append(r.cells, cell{column: column, kind: kind})
	r.spans = append(r.spans, len(r.text))
	return nil
}

// numeric appends a number, as its format has it if that is one of dates.
func (r *sheetReader) numeric(index int) cellKind {
	v := bytes.TrimSpace(r.value)
	var f style
	if index >= 0 && index < len(r.w.styles) {
		f = r.w.styles[index]
	}
	if f.kind != plainNumber {
		if x, err := strconv.ParseFloat(string(v), 64); err == nil {
			if kind, ok := r.moment(x, f.kind); ok {
				return kind
			}
		}
	}
	if f.width > 0 && len(v) < f.width && len(bytes.Trim(v, "0123456789")) == 0 {
		for range f.width - len(v) {
			r.text = append(r.text, '0')
		}
		r.text = append(r.text, v...)
		return textCell
	}
	if bytes.ContainsAny(v, "eE") {
		x, err := strconv.ParseFloat(string(v), 64)
		if size := math.Abs(x); err == nil && size < 1e21 && (size > 1e-7 || size == 0) {
			r.text = strconv.AppendFloat(r.text, x, 'f', -1, 64)
			return numberCell
		}
	}
	r.text = append(r.text, bytes.TrimSuffix(v, []byte(".0"))...)
	return numberCell
}

// moment appends a date or time of day, good for milliseconds.
func (r *sheetReader) moment(x float64, kind numberKind) (cellKind, bool) {
	if x < 0 || x >= 2958466 || math.IsNaN(x) {
		return 0, false
	}
	const day = 24 * 60 * 60 * 1000
	ms := ingest.SerialMillis(x, r.w.from1904)
	t := time.UnixMilli(ms).UTC()
	clock, layout := "15:04:05", ""
	if ms%1000 != 0 {
		clock = "15:04:05.000"
	}
	switch {
	case x < 1 && (kind == clockNumber || !r.w.from1904 && kind != dateNumber):
		r.text = t.AppendFormat(r.text, clock)
		return clockCell, true
	case kind == clockNumber && ms%day == 0, kind == dateNumber && ms%day == 0:
		layout = "2006-01-02"
	default:
		layout = "2006-01-02 " + clock
	}
	if x < 1 && !r.w.from1904 {
		return 0, false // a date that is none: 1900-01-00
	}
	r.text = t.AppendFormat(r.text, layout)
	return momentCell, true
}

// columnOf reads the column off a reference such as B17, -1 if it is none.
func columnOf(ref []byte) int {
	n := 0
	for i, c := range ref {
		c &^= 0x20
		if c < 'A' || c > 'Z' {
			if i == 0 {
				return -1
			}
			break
		}
		if n = n*26 + int(c-'A') + 1; n > maxColumns {
			return maxColumns
		}
	}
	return n - 1
}

// ColumnName is what Excel calls a column, from 0: A, B, …, AA.
func ColumnName(column int) string {
	var b [4]byte
	i := len(b)
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		i--
		b[i] = byte('A' + (n-1)%26)
	}
	return string(b[i:])
}

// merges reads which cells are one, of the first rows: they stand behind all
// rows of a sheet.
func (w *Workbook) merges(s *sheet, rows int) ([]rectangle, error) {
	r, err := w.part(s.part, maxUnpacked)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	x := newXML(r)
	var list []rectangle
	for {
		t, err := x.next()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		if t.kind != startTag || string(t.name) != "mergeCell" {
			continue
		}
		ref, _ := t.attr("ref")
		from, to, ok := bytes.Cut(ref, []byte(":"))
		m := rectangle{columnOf(from), rowOf(from), columnOf(to), rowOf(to)}
		if ok && m.left >= 0 && m.right >= m.left && m.top > 0 && m.bottom >= m.top && m.top <= rows && len(list) < 10_000 {
			list = append(list, m)
		}
	}
}

// A rectangle is cells: columns from 0, rows from 1, all inclusive.
type rectangle struct{ left, top, right, bottom int }

func rowOf(ref []byte) int {
	i := bytes.IndexAny(ref, "0123456789")
	if i < 0 || len(ref)-i > 8 {
		return 0
	}
	n, err := strconv.Atoi(string(ref[i:]))
	if err != nil {
		return 0
	}
	return n
}
