package sheet

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/cockroachdb/datadriven"
	"github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// The formats that are text, as they are.
func TestText(t *testing.T) {
	datadriven.RunTest(t, "testdata/formats", func(t *testing.T, d *datadriven.TestData) string {
		var out strings.Builder
		for _, text := range written(t, d.Cmd, sample(t)) {
			out.WriteString(strings.ReplaceAll(string(text), "\r", "␍") + "\n")
		}
		return out.String()
	})
}

// readCSV reads RFC 4180 sign by sign: "" in quotes is a text, nothing is nil.
func readCSV(t interface{ Fatalf(string, ...any) }, text string) [][]any {
	var rows [][]any
	var line []any
	for len(text) > 0 {
		var v any
		if strings.HasPrefix(text, `"`) {
			var b strings.Builder
			for text = text[1:]; ; {
				i := strings.IndexByte(text, '"')
				if i < 0 {
					t.Fatalf("a quote is not closed")
				}
				b.WriteString(text[:i])
				text = text[i+1:]
				if !strings.HasPrefix(text, `"`) {
					break
				}
				b.WriteByte('"')
				text = text[1:]
			}
			v = b.String()
		} else if i := strings.IndexAny(text, ",\r"); i > 0 {
			v, text = text[:i], text[i:]
		}
		line = append(line, v)
		switch {
		case strings.HasPrefix(text, ","):
			text = text[1:]
		case strings.HasPrefix(text, "\r\n"):
			text = text[2:]
			rows, line = append(rows, line), nil
		default:
			t.Fatalf("neither comma nor line end at %q", text)
		}
	}
	return rows
}

func TestCSVComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := workbooks(t)
		for i, text := range written(t, "csv", b) {
			s := b.Sheets[i]
			got := readCSV(t, string(text))[1:]
			want := flat(s)
			for r, row := range got {
				for c, f := range s.fields() {
					text, is := row[c].(string)
					if typ := s.Columns[f.column].Type; !is || typ != TextType && typ != LinkType {
						continue
					}
					if text != "" && strings.ContainsAny(text[:1], "=+-@\t\r\n") || strings.HasPrefix(text, "＝") {
						t.Fatalf("%q would be run", text)
					}
					rest := strings.TrimLeft(text, "'")
					if rest != text && rest != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(rest)[0]) {
						row[c] = text[1:]
					}
				}
				if len(s.fields()) == 1 && row[0] == "" {
					want[r][0] = "" // no value is not told from an empty text there
				}
			}
			if len(got) == 0 {
				got = [][]any{}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func TestJSONComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := workbooks(t)
		var doc struct {
			Format, Title string
			About, Notes  []any
			Sheets        []struct {
				Name, Title string
				Notes       []any
				Columns     []map[string]any
				Rows        []map[string]any
			}
		}
		dec := json.NewDecoder(bytes.NewReader(written(t, "json", b)[0]))
		dec.UseNumber()
		dec.DisallowUnknownFields()
		if err := dec.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		lines := written(t, "jsonl", b)
		if doc.Title != strings.ToValidUTF8(b.Title, "\uFFFD") || len(doc.Sheets) != len(b.Sheets) {
			t.Fatalf("%q, %d sheets", doc.Title, len(doc.Sheets))
		}
		for i, s := range b.Sheets {
			dec := json.NewDecoder(bytes.NewReader(lines[i]))
			dec.UseNumber()
			var rows []map[string]any
			for dec.More() {
				var row map[string]any
				if err := dec.Decode(&row); err != nil {
					t.Fatal(err)
				}
				rows = append(rows, row)
			}
			for _, rows := range [][]map[string]any{doc.Sheets[i].Rows, rows} {
				got := [][]any{}
				for _, row := range rows {
					var line []any
					for _, f := range s.fields() {
						v, is := row[f.name]
						if n, number := v.(json.Number); number {
							v = n.String()
						}
						if !is || len(row) != len(s.fields()) {
							t.Fatalf("%v lacks %s, or has more than it should", row, f.name)
						}
						line = append(line, v)
					}
					got = append(got, line)
				}
				if diff := cmp.Diff(flat(s), got); diff != "" {
					t.Fatal(diff)
				}
			}
		}
	})
}

func TestArrowComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := workbooks(t)
		for i, text := range written(t, "arrow", b) {
			s := b.Sheets[i]
			r, err := ipc.NewFileReader(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			got := [][]any{}
			for n := range r.NumRecords() {
				rec, err := r.RecordBatch(n)
				if err != nil {
					t.Fatal(err)
				}
				for row := range int(rec.NumRows()) {
					var line []any
					for c, f := range s.fields() {
						line = append(line, arrowText(rec.Column(c), row, s.Columns[f.column]))
					}
					got = append(got, line)
				}
			}
			if diff := cmp.Diff(flat(s), got); diff != "" {
				t.Fatal(diff)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func arrowText(a arrow.Array, row int, c Column) any {
	if a.IsNull(row) {
		return nil
	}
	switch a := a.(type) {
	case *array.Float64:
		return strconv.FormatFloat(a.Value(row), 'f', -1, 64)
	case *array.Decimal128:
		return a.Value(row).ToString(int32(c.Scale))
	case *array.Timestamp:
		zone := time.UTC
		if c.Zone != nil {
			zone = c.Zone
		}
		if got := a.DataType().(*arrow.TimestampType).TimeZone; got != zone.String() {
			return "zone " + got
		}
		return a.Value(row).ToTime(arrow.Microsecond).In(zone).Format("2006-01-02T15:04:05.999999Z07:00")
	}
	return a.ValueStr(row)
}

// DuckDB reads Parquet, with types.
func TestDuckDBReads(t *testing.T) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	dir := t.TempDir()
	read := func(t *rapid.T, s *Sheet, from string) ([][]any, []string) {
		rows, err := db.Query("FROM " + from)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		kinds, err := rows.ColumnTypes()
		if err != nil {
			t.Fatal(err)
		}
		var types []string
		for _, k := range kinds {
			types = append(types, k.DatabaseTypeName())
		}
		got := [][]any{}
		for rows.Next() {
			cells := make([]any, len(kinds))
			for i := range cells {
				cells[i] = &cells[i]
			}
			if err := rows.Scan(cells...); err != nil {
				t.Fatal(err)
			}
			for i, f := range s.fields() {
				c := s.Columns[f.column]
				switch v := cells[i].(type) {
				case int64:
					cells[i] = strconv.FormatInt(v, 10)
				case float64:
					cells[i] = strconv.FormatFloat(v, 'f', -1, 64)
				case duckdb.Decimal:
					if int(v.Scale) != c.Scale || v.Width != 18 {
						t.Fatalf("DECIMAL(%d, %d)", v.Width, v.Scale)
					}
					cells[i] = Decimal(v.Value.Int64()).Text(c)
				case time.Time:
					if c.Type == DateType {
						cells[i] = v.Format(time.DateOnly)
					} else {
						cells[i] = Timestamp(v).Text(c)
					}
				}
			}
			got = append(got, cells)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return got, types
	}
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		b := workbooks(t)
		for i, text := range written(t, "parquet", b) {
			// Each by a name of its own: DuckDB keeps what it read of a file, and
			// by its name, size and time does not see it written anew at once.
			n++
			path := filepath.Join(dir, fmt.Sprint(n, ".parquet"))
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			s := b.Sheets[i]
			got, types := read(t, s, "read_parquet('"+path+"')")
			if diff := cmp.Diff(flat(s), got); diff != "" {
				t.Fatal(diff)
			}
			for j, f := range s.fields() {
				want := map[Type]string{TextType: "VARCHAR", LinkType: "VARCHAR", IntegerType: "BIGINT", DecimalType: "DECIMAL", ShareType: "DOUBLE",
					DaysType: "DOUBLE", HoursType: "DOUBLE", DateType: "DATE", TimestampType: "TIMESTAMPTZ"}[s.Columns[f.column].Type]
				if !strings.HasPrefix(types[j], want) {
					t.Fatalf("column %s is %s, want %s", f.name, types[j], want)
				}
			}
		}
	})
}

func TestXLSXComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := workbooks(t)
		f, err := excelize.OpenReader(bytes.NewReader(written(t, "xlsx", b)[0]))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for _, s := range b.Sheets {
			for r, row := range s.Rows {
				for c, v := range row {
					ref, _ := excelize.CoordinatesToCellName(c+1, r+2) // in range
					got, err := f.GetCellValue(s.Name, ref, excelize.Options{RawCellValue: true})
					if err != nil {
						t.Fatal(err)
					}
					if formula, _ := f.GetCellFormula(s.Name, ref); formula != "" {
						t.Fatalf("%s is the formula %q", ref, formula)
					}
					if !same(got, v, s.Columns[c]) {
						t.Fatalf("%s: %q, want %q", ref, got, v.Text(s.Columns[c]))
					}
					if _, url, _ := f.GetCellHyperLink(s.Name, ref); url != v.url {
						t.Fatalf("%s leads to %q, want %q", ref, url, v.url)
					}
				}
			}
		}
	})
}

// same says whether a raw cell holds a value: times as days since 1899-12-30 by
// the clock of the column's zone, to the millisecond.
func same(cell string, v Value, c Column) bool {
	want := v.Text(c)
	if v.kind == DateType || v.kind == TimestampType {
		days, err := strconv.ParseFloat(cell, 64)
		if err != nil {
			return v.n < -25508*microDay || v.kind == DateType && v.n < -25508 || v.n > (lastDay-1)*microDay // before 1900-03-01, or past the last day
		}
		at := time.Unix(v.n*86_400, 0).UTC()
		if v.kind == TimestampType {
			at = v.Time(c)
		}
		wall := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
		epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
		return math.Abs(days-(float64(wall.Unix()-epoch.Unix())+float64(wall.Nanosecond())/1e9)/86_400)*86_400 < .001
	}
	if v.kind == TextType || v.kind == LinkType || want == "" {
		return cell == want
	}
	got, err := strconv.ParseFloat(cell, 64)
	w, _ := strconv.ParseFloat(want, 64) // it is one
	return err == nil && got == w
}

// What a format cannot hold is said before anything is written.
func TestCheck(t *testing.T) {
	column := func(c Column, rows ...Value) *Sheet {
		s := &Sheet{Name: "s", Columns: []Column{c}}
		for _, v := range rows {
			s.Rows = append(s.Rows, []Value{v})
		}
		return s
	}
	for want, sheets := range map[string][]*Sheet{
		`workbook "w": has no sheets`: nil,
		`sheet "S": a name is at most 24 lower case letters, digits and underscores`:                          {{Name: "S"}},
		`sheet "about": the name is taken by XLSX`:                                                            {{Name: "about"}},
		`sheet s: has no columns`:                                                                             {{Name: "s"}},
		`sheet "s": there are two of that name`:                                                               {column(Column{Name: "a", Type: TextType}), column(Column{Name: "a", Type: TextType})},
		`sheet s: column a: type "money" is none`:                                                             {column(Column{Name: "a", Type: "money"})},
		`sheet s: row 1, column a: a value of type integer in a column of type text`:                          {column(Column{Name: "a", Type: TextType}, Integer(1))},
		`sheet s: row 2, column a: a link is https://…, http://… or mailto:…`:                                 {column(Column{Name: "a", Type: LinkType}, Link("x", ""), Link("x", "javascript:alert(1)"))},
		`sheet s: row 1, column a: 10000000000000000.00 has more than 18 digits`:                              {column(Column{Name: "a", Type: DecimalType, Scale: 2}, Decimal(maxDecimal))},
		`sheet s: column a: "Local" is no IANA time zone such as Europe/Berlin`:                               {column(Column{Name: "a", Type: TimestampType, Zone: time.Local})},
		`sheet s: row 1, column a: a time outside of the years 1 to 9999`:                                     {column(Column{Name: "a", Type: DateType}, Date(10_000, 1, 1))},
		`sheet s: column a: scale 2: a decimal has 0 to 18 digits after the point, and no other type has any`: {column(Column{Name: "a", Type: DaysType, Scale: 2})},
		`sheet s: column a_url: there are two of that name`:                                                   {{Name: "s", Columns: []Column{{Name: "a", Type: LinkType}, {Name: "a_url", Type: TextType}}}},
		`sheet s: row 1: has 0 values for 1 columns`:                                                          {{Name: "s", Columns: []Column{{Name: "a", Type: TextType}}, Rows: [][]Value{{}}}},
	} {
		err := (&Workbook{Title: "w", Sheets: sheets}).Check()
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := FormatOf("x.xls"); err == nil || !strings.Contains(err.Error(), `"x.xls" ends in none of .csv, .xlsx`) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, f := range Formats {
		files, err := f.Files(sample(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := files[0].Write(ctx, io.Discard); err == nil {
			t.Errorf("%s goes on after it was cancelled", f.Name)
		}
	}
}
