package xlsxfile

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"millrace/ingest/filetest"
)

// The tests are sheets as a person sees them, written as workbooks by the
// obvious encoder below. A line "== NAME" begins a sheet; "(hidden)" may
// follow. A line is a row, its cells between bars; "row 7:" begins one that
// stands further down. A cell is a text, but
//
//	=1234.5        a number; =4711 as 0000000000 one with that format
//	@2024-02-16    a date; @2024-02-16 10:00:00 with a time of day; @10:00:00 that alone
//	TRUE, #N/A     what they are in Excel
//	=? and =?text  formulas without a value, and with a text
//
// Lines "merge B1:C1", "hide row 3", "hide column C" say more. Arguments: the
// options; 1904, the other system of dates; inline, texts in the cells; and
// strict, dates as ISO 8601 as ISO/IEC 29500 Strict has them.
func TestXLSX(t *testing.T) {
	datadriven.RunTest(t, "testdata/sheets.txt", func(t *testing.T, d *datadriven.TestData) string {
		path := filepath.Join(t.TempDir(), "orders.xlsx")
		w := writer{from1904: d.HasArg("1904"), inline: d.HasArg("inline"), strict: d.HasArg("strict")}
		if err := os.WriteFile(path, w.workbook(t, d.Input), 0o600); err != nil {
			t.Fatal(err)
		}
		out := filetest.Log(Format, path, filetest.Options(argument(d)))
		return strings.ReplaceAll(out, filepath.Dir(path)+string(filepath.Separator), "")
	})
}

// A writer writes workbooks in the plainest way there is.
type writer struct {
	from1904, inline, strict bool
	texts                    []string
	formats                  []string // codes of cell styles, from 1
}

func (w *writer) workbook(t testing.TB, text string) []byte {
	var names, states, sheets []string
	for _, part := range strings.Split("\n"+text, "\n== ")[1:] {
		head, body, _ := strings.Cut(part, "\n")
		name, hidden := strings.CutSuffix(head, " (hidden)")
		names = append(names, name)
		states = append(states, map[bool]string{true: ` state="hidden"`}[hidden])
		sheets = append(sheets, w.sheet(t, body))
	}
	var list, rels strings.Builder
	for i, name := range names {
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d"%s r:id="rId%d"/>`, escape(name), i+1, states[i], i+1)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, i+1)
	}
	pr := ""
	if w.from1904 {
		pr = `<workbookPr date1904="1"/>`
	}
	parts := [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`},
		{"_rels/.rels", `<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="x">` + pr + "<sheets>" + list.String() + "</sheets></workbook>"},
		{"xl/_rels/workbook.xml.rels", "<Relationships>" + rels.String() +
			`<Relationship Id="s" Type="x/styles" Target="/xl/styles.xml"/><Relationship Id="t" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`},
		{"xl/styles.xml", w.styles()},
		{"xl/sharedStrings.xml", w.shared()},
	}
	for i, s := range sheets {
		parts = append(parts, [2]string{fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), s})
	}
	return archive(t, parts)
}

func archive(t testing.TB, parts [][2]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		f, err := z.Create(p[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(p[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func escape(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err)
	}
	return b.String()
}

func (w *writer) styles() string {
	var formats, cells strings.Builder
	for i, code := range w.formats {
		fmt.Fprintf(&formats, `<numFmt numFmtId="%d" formatCode="%s"/>`, 164+i, escape(code))
		fmt.Fprintf(&cells, `<xf numFmtId="%d"/>`, 164+i)
	}
	return `<styleSheet><numFmts>` + formats.String() + `</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>` + cells.String() + `</cellXfs></styleSheet>`
}

func (w *writer) shared() string {
	var b strings.Builder
	for i, s := range w.texts {
		if i%2 == 1 { // as Excel writes a text with two fonts, and how it is pronounced
			half := len(s) / 2
			for half > 0 && s[half]&0xc0 == 0x80 {
				half--
			}
			fmt.Fprintf(&b, `<si><r><t>%s</t></r><r><rPr><b/></rPr><t xml:space="preserve">%s</t></r><rPh sb="0" eb="1"><t>sound</t></rPh></si>`, escape(s[:half]), escape(s[half:]))
			continue
		}
		fmt.Fprintf(&b, `<si><t>%s</t></si>`, escape(s))
	}
	return `<sst>` + b.String() + `</sst>`
}

func (w *writer) style(code string) int {
	for i, c := range w.formats {
		if c == code {
			return i + 1
		}
	}
	w.formats = append(w.formats, code)
	return len(w.formats)
}

func (w *writer) sheet(t testing.TB, body string) string {
	var rows, cols, merges strings.Builder
	hidden := map[string]bool{}
	number := 0
	for line := range strings.SplitSeq(strings.TrimRight(body, "\n"), "\n") {
		if rest, ok := strings.CutPrefix(line, "hide row "); ok {
			hidden[rest] = true
		}
	}
	for line := range strings.SplitSeq(strings.TrimRight(body, "\n"), "\n") {
		if rest, ok := strings.CutPrefix(line, "merge "); ok {
			fmt.Fprintf(&merges, `<mergeCell ref="%s"/>`, rest)
			continue
		}
		if rest, ok := strings.CutPrefix(line, "hide column "); ok {
			fmt.Fprintf(&cols, `<col min="%d" max="%d" hidden="1"/>`, columnOf([]byte(rest))+1, columnOf([]byte(rest))+1)
			continue
		}
		if strings.HasPrefix(line, "hide row ") {
			continue
		}
		number++
		if rest, ok := strings.CutPrefix(line, "row "); ok {
			n, cells, _ := strings.Cut(rest, ":")
			number, line = mustInt(t, n), strings.TrimPrefix(cells, " ")
		}
		attr := ""
		if hidden[strconv.Itoa(number)] {
			attr = ` hidden="1"`
		}
		fmt.Fprintf(&rows, `<row r="%d"%s>`, number, attr)
		for i, c := range strings.Split(line, "|") {
			rows.WriteString(w.cell(t, ColumnName(i)+strconv.Itoa(number), strings.TrimSpace(c)))
		}
		rows.WriteString(`</row>`)
	}
	return `<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="x"><cols>` + cols.String() + `</cols><sheetData>` + rows.String() + `</sheetData><mergeCells>` + merges.String() + `</mergeCells></worksheet>`
}

func mustInt(t testing.TB, s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (w *writer) cell(t testing.TB, ref, c string) string {
	switch {
	case c == "":
		return fmt.Sprintf(`<c r="%s"/>`, ref)
	case c == "=?":
		return fmt.Sprintf(`<c r="%s"><f>A1</f></c>`, ref)
	case strings.HasPrefix(c, "=?"):
		return fmt.Sprintf(`<c r="%s" t="str"><f>A1</f><v>%s</v></c>`, ref, escape(c[2:]))
	case c[0] == '=':
		number, code, has := strings.Cut(c[1:], " as ")
		if has {
			return fmt.Sprintf(`<c r="%s" s="%d"><v>%s</v></c>`, ref, w.style(code), number)
		}
		return fmt.Sprintf(`<c r="%s"><v>%s</v></c>`, ref, number)
	case c[0] == '@':
		return w.moment(t, ref, c[1:])
	case c == "TRUE":
		return fmt.Sprintf(`<c r="%s" t="b"><v>1</v></c>`, ref)
	case c[0] == '#':
		return fmt.Sprintf(`<c r="%s" t="e"><v>%s</v></c>`, ref, c)
	case w.inline:
		return fmt.Sprintf(`<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, ref, escape(c))
	}
	w.texts = append(w.texts, c)
	return fmt.Sprintf(`<c r="%s" t="s"><v>%d</v></c>`, ref, len(w.texts)-1)
}

// moment counts days as ISO/IEC 29500-1 §18.17.4 says, a date at a time.
func (w *writer) moment(t testing.TB, ref, text string) string {
	code, layout := "dd\\.mm\\.yyyy hh:mm:ss", "2006-01-02 15:04:05"
	switch {
	case len(text) == len("2006-01-02"):
		code, layout = "yyyy-mm-dd;@", "2006-01-02"
	case !strings.Contains(text, "-"):
		code, layout = "[$-409]h:mm:ss AM/PM", "15:04:05"
	}
	m, err := time.Parse(layout, text)
	if err != nil {
		t.Fatal(err)
	}
	if w.strict {
		return fmt.Sprintf(`<c r="%s" t="d"><v>%s</v></c>`, ref, strings.Replace(text, " ", "T", 1))
	}
	since := time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)
	if w.from1904 {
		since = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if layout == "15:04:05" {
		since = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	days := m.Sub(since).Hours() / 24
	if days >= 60 && !w.from1904 {
		days++ // 1900-02-29
	}
	return fmt.Sprintf(`<c r="%s" s="%d"><v>%s</v></c>`, ref, w.style(code), strconv.FormatFloat(days, 'g', 17, 64))
}

// argument returns one of a test's arguments.
func argument(d *datadriven.TestData) func(key string) (string, bool) {
	return func(key string) (string, bool) {
		arg, ok := d.Arg(key)
		return strings.Join(arg.Vals, ","), ok
	}
}
