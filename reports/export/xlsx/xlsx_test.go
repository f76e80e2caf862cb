package xlsx

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"millrace/eventlog"
)

var schema = arrow.NewSchema([]arrow.Field{
	{Name: "case_id", Type: arrow.BinaryTypes.String},
	{Name: "events", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "duration_s", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "first", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, Nullable: true},
	{Name: "open", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
}, nil)

// A row is one of the table; a nil pointer is no value.
type row struct {
	id    string
	n     *int64
	d     *float64
	first *int64
	open  *bool
}

func table(alloc memory.Allocator, name string, batches ...[]row) Table {
	return Table{Name: name, Schema: schema, Batches: func(yield func(arrow.RecordBatch, error) bool) {
		for _, rows := range batches {
			b := array.NewRecordBuilder(alloc, schema)
			for _, r := range rows {
				b.Field(0).(*array.StringBuilder).Append(r.id)
				put(b.Field(1), r.n != nil, func() { b.Field(1).(*array.Int64Builder).Append(*r.n) })
				put(b.Field(2), r.d != nil, func() { b.Field(2).(*array.Float64Builder).Append(*r.d) })
				put(b.Field(3), r.first != nil, func() { b.Field(3).(*array.TimestampBuilder).Append(arrow.Timestamp(*r.first)) })
				put(b.Field(4), r.open != nil, func() { b.Field(4).(*array.BooleanBuilder).Append(*r.open) })
			}
			rec := b.NewRecordBatch()
			b.Release()
			if !yield(rec, nil) {
				return
			}
		}
	}}
}

func put(b array.Builder, has bool, value func()) {
	if has {
		value()
	} else {
		b.AppendNull()
	}
}

func write(t testing.TB, perSheet int, batches ...[]row) ([]byte, []eventlog.Note) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	var out bytes.Buffer
	x := &workbook{zip: zip.NewWriter(&out), perSheet: perSheet, book: Book{
		About:  []Line{{"What", "cases of =log"}, {"Filter", "none"}},
		Notes:  []eventlog.Note{{Code: "x", Text: "said before"}},
		Tables: []Table{table(alloc, "cases", batches...)},
	}}
	notes, err := x.write(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), notes
}

func open(t testing.TB, text []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func of[T any](v T) *T { return &v }

func TestWorkbook(t *testing.T) {
	moment := time.Date(2024, 1, 31, 9, 5, 7, 0, time.UTC).UnixMicro()
	rows := []row{
		{"=1+1", of(int64(-5)), of(.25), &moment, of(true)},
		{"@x", nil, nil, nil, nil},
		{"a\r\nb\x01_x0041_", of(int64(math.MaxInt64)), of(math.NaN()), of(int64(-5e15)), of(false)},
		{strings.Repeat("𝕏", 20000), nil, nil, nil, nil},
	}
	text, notes := write(t, maxRows, rows[:1], rows[1:])
	f := open(t, text)
	if got := f.GetSheetList(); !cmp.Equal(got, []string{"about", "cases"}) {
		t.Fatalf("sheets %q", got)
	}
	got, err := f.GetRows("cases")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"case_id", "events", "duration (s)", "first (UTC)", "open"},
		{"=1+1", "-5", "0.25", "2024-01-31 09:05:07", "TRUE"},
		{"@x"},
		{"a\r\nb\x01_x0041_", "9223372036854775807", "NaN", "1811-07-23T15:06:40Z", "FALSE"},
		{strings.Repeat("𝕏", maxCell/2)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	about, err := f.GetRows("about")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{
		{"What", "cases of =log"}, {"Filter", "none"}, {"Rows", "4"}, {"Notes", "said before"},
		{"", "Texts longer than the 32767 characters a cell holds were cut: 1."},
		{"", "Cells with characters that Excel does not show, as control characters: 1."},
		{"", "Numbers that Excel cannot hold, of more than 15 digits or none, were written as text: 2."},
		{"", "Times before 1900-03-01 or after 9999, which Excel does not have, were written as text: 1."},
	}, about); diff != "" {
		t.Error(diff)
	}
	if len(notes) != 4 {
		t.Errorf("notes %v", notes)
	}
	for _, cell := range []string{"A2", "A3"} {
		if formula, err := f.GetCellFormula("cases", cell); formula != "" || err != nil {
			t.Errorf("%s is the formula %q (%v)", cell, formula, err)
		}
	}
	if raw, _ := f.GetCellValue("cases", "D2", excelize.Options{RawCellValue: true}); raw[:11] != "45322.37855" {
		t.Errorf("the time is %s, no date", raw)
	}
	panes, err := f.GetPanes("cases")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the header is not frozen: %+v %v", panes, err)
	}
	if names := f.GetDefinedName(); len(names) != 2 || names[0].RefersTo != "'cases'!$A$1:$E$5" {
		t.Errorf("filter %+v", names)
	}
}

func TestManyRowsGoOnInFurtherSheets(t *testing.T) {
	var rows []row
	for i := range 7 {
		rows = append(rows, row{id: strconv.Itoa(i)})
	}
	text, notes := write(t, 4, rows[:5], rows[5:])
	f := open(t, text)
	if got := f.GetSheetList(); !cmp.Equal(got, []string{"about", "cases", "cases (2)", "cases (3)"}) {
		t.Fatalf("sheets %q", got)
	}
	var got []string
	for _, s := range f.GetSheetList()[1:] {
		sheet, err := f.GetRows(s)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range sheet {
			if i == 0 != (r[0] == "case_id") {
				t.Errorf("%s row %d: %q", s, i, r)
			}
			if i > 0 {
				got = append(got, r[0])
			}
		}
	}
	if want := "0 1 2 3 4 5 6"; strings.Join(got, " ") != want {
		t.Errorf("rows %q", got)
	}
	if len(notes) != 1 || notes[0].Code != "several-sheets" {
		t.Errorf("notes %v", notes)
	}
}

func TestNoRows(t *testing.T) {
	text, _ := write(t, maxRows)
	got, err := open(t, text).GetRows("cases")
	if err != nil || len(got) != 1 {
		t.Fatalf("%q %v", got, err)
	}
}

// Any text comes back; all parts are XML; the same rows are the same bytes.
func TestEveryTextComesBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("=+-@_x0041_\x00\x1f\t\n\r<&>\"'\uFFFE\U0001F600 ")))).Draw(rt, "text")
		text, _ := write(t, maxRows, []row{{id: s}})
		again, _ := write(t, maxRows, []row{{id: s}})
		if !bytes.Equal(text, again) {
			rt.Fatal("two runs give other bytes")
		}
		z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			rt.Fatal(err)
		}
		for _, part := range z.File {
			r, err := part.Open()
			if err != nil {
				rt.Fatal(err)
			}
			d := xml.NewDecoder(r)
			for err == nil {
				_, err = d.Token()
			}
			if err != io.EOF {
				rt.Fatalf("%s: %v", part.Name, err)
			}
		}
		got, err := open(t, text).GetCellValue("cases", "A2")
		if want := strings.ToValidUTF8(s, string(utf8.RuneError)); err != nil || got != want {
			rt.Fatalf("%q came back as %q (%v)", want, got, err)
		}
	})
}

func TestSheetNames(t *testing.T) {
	for name, want := range map[string]string{"events": "events", "a/b[c]": "a_b_c_", "'x'": "x", "": "table", "About": "table", strings.Repeat("ü", 40): strings.Repeat("ü", 31)} {
		if got := sheetName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA"} {
		if got := columnName(i); got != want {
			t.Errorf("column %d is %s, want %s", i, got, want)
		}
	}
}
