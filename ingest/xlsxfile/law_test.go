package xlsxfile

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/filetest"
)

// What excelize writes, by cells or as a stream, is read again.
func TestExcelizeWritesAndWeRead(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		type event struct {
			id, activity string
			at           time.Time
			amount       float64
		}
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab7 ,;:\"'<>&é案😀_x")), 1, 8, -1).Filter(func(s string) bool { return strings.TrimSpace(s) == s })
		events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) event {
			return event{
				text.Draw(t, "id"), text.Draw(t, "activity"),
				time.UnixMilli(rapid.Int64Range(-2e12, 4e12).Draw(t, "at")).UTC(),
				float64(rapid.IntRange(-1e9, 1e9).Draw(t, "cents")) / 100,
			}
		}), 1, 20).Draw(t, "events")
		from1904 := rapid.Bool().Draw(t, "1904")
		if from1904 {
			events = slices.DeleteFunc(events, func(e event) bool { return e.at.Year() < 1905 })
		}
		f := excelize.NewFile()
		defer f.Close()
		if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &from1904}); err != nil {
			t.Fatal(err)
		}
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: ptr("yyyy-mm-dd hh:mm:ss.000")})
		if err != nil {
			t.Fatal(err)
		}
		set := func(row int, values ...any) {
			for i, v := range values {
				cell := ColumnName(i) + fmt.Sprint(row)
				if at, ok := v.(time.Time); ok { // excelize's own is off by parts of a second
					v = float64(at.Sub(epoch(from1904)).Milliseconds()) / 86400e3
					if err := f.SetCellStyle("Sheet1", cell, cell, style); err != nil {
						t.Fatal(err)
					}
				}
				if err := f.SetCellValue("Sheet1", cell, v); err != nil {
					t.Fatal(err)
				}
			}
		}
		set(1, "case", "activity", "time", "amount")
		for i, e := range events {
			set(i+2, e.id, e.activity, e.at, e.amount)
		}
		path := filepath.Join(dir, "law.xlsx")
		if err := f.SaveAs(path); err != nil {
			t.Fatal(err)
		}
		file, err := Format.Open(context.Background(), path, ingest.Options{Attributes: true, Case: "case", Activity: "activity", Time: "time", Header: "1", Totals: "keep"})
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		var got []event
		err = file.Read(context.Background(), func(b *eventlog.Batch) error {
			for i := range b.Case {
				a := b.Attributes[0]
				amount := 0.0
				if a.Type == eventlog.Float {
					amount = a.Float[i]
				} else {
					amount = float64(a.Int[i])
				}
				got = append(got, event{b.Case[i], b.Activity[i], time.UnixMicro(b.Time[i]).UTC(), amount})
			}
			return nil
		})
		if _, n := file.Rejects(); err != nil || n > 0 || !slices.Equal(got, events) {
			first, _ := file.Rejects()
			t.Fatalf("wrote %v\nread  %v %v %v", events, got, err, first)
		}
	})
}

func ptr[T any](v T) *T { return &v }

func epoch(from1904 bool) time.Time {
	if from1904 {
		return time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
}

// The scanner agrees with encoding/xml wherever that takes a document, and
// gives the same tokens however small the pieces are that it reads.
func FuzzXML(f *testing.F) {
	for _, s := range []string{
		`<?xml version="1.0"?><a b="1>2" c='"'><x:d/>te&lt;xt&#x41;<!-- < --><![CDATA[<&]]></a>`, `<a>`, `<a></a><b/>`, `</a>`, `<a b="`, "<a\n b = '1'/>", `<a>&bad;</a>`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := tokens(bytes.NewReader(data), 64<<10)
		again, errAgain := tokens(oneByteReader{bytes.NewReader(data)}, 1)
		if got != again || fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Fatalf("%q: at once %s %v, byte by byte %s %v", data, got, err, again, errAgain)
		}
		d := xml.NewDecoder(bytes.NewReader(data))
		var want strings.Builder
		depth, roots := 0, 0
		for {
			tok, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				return // stricter than we are, or broken
			}
			switch tok := tok.(type) {
			case xml.StartElement:
				if depth == 0 {
					roots++
				}
				depth++
				fmt.Fprintf(&want, "<%s>", tok.Name.Local)
			case xml.EndElement:
				depth--
				fmt.Fprintf(&want, "</%s>", tok.Name.Local)
			case xml.CharData:
				if depth > 0 {
					want.Write(tok)
				} else if len(bytes.TrimSpace(tok)) > 0 {
					return // encoding/xml does not mind text around the root
				}
			case xml.Directive:
				return
			}
		}
		// encoding/xml makes one line end of two, and takes names in other
		// ways than by their last part.
		if roots == 1 && !bytes.ContainsAny(data, "\r:") && (err != nil || got != want.String()) {
			t.Fatalf("%q: got %s %v, encoding/xml %s", data, got, err, &want)
		}
	})
}

func tokens(r io.Reader, size int) (string, error) {
	x := newXML(r)
	x.buf = x.buf[:size]
	var b strings.Builder
	for {
		t, err := x.next()
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
		switch {
		case t.kind == textNode:
			b.Write(t.text)
		case t.kind == endTag:
			fmt.Fprintf(&b, "</%s>", t.name)
		case t.empty:
			fmt.Fprintf(&b, "<%s></%s>", t.name, t.name)
		default:
			fmt.Fprintf(&b, "<%s>", t.name)
		}
	}
}

type oneByteReader struct{ r io.Reader }

func (o oneByteReader) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

// Whatever the parts of a workbook say, it is read, rejected or refused, never
// a panic.
func FuzzXLSX(f *testing.F) {
	f.Add(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>case</t></is></c><c t="str"><v>activity</v></c><c><v>1</v></c></row><row><c r="B2" s="1"><v>45338.5</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells></worksheet>`,
		`<sst><si><t>a</t></si></sst>`, `<styleSheet><cellXfs><xf/><xf numFmtId="22"/></cellXfs></styleSheet>`)
	f.Add(`<worksheet><cols><col min="1" max="99999999" hidden="1"/></cols><sheetData><row r="1048576"><c r="XFD1" t="s"><v>7</v></c></row></sheetData></worksheet>`, `<sst/>`, `<a/>`)
	f.Fuzz(func(t *testing.T, sheet, shared, styles string) {
		path := filepath.Join(t.TempDir(), "fuzz.xlsx")
		if err := os.WriteFile(path, withParts(t, sheet, shared, styles), 0o600); err != nil {
			t.Fatal(err)
		}
		filetest.Log(Format, path, ingest.Options{Attributes: true})
	})
}

// withParts is a workbook of one sheet.
func withParts(t testing.TB, sheet, shared, styles string) []byte {
	return archive(t, [][2]string{
		{"xl/workbook.xml", `<workbook><sheets><sheet name="S" r:id="1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="1" Type="worksheet" Target="sheet.xml"/><Relationship Id="2" Type="styles" Target="styles.xml"/><Relationship Id="3" Type="sharedStrings" Target="shared.xml"/></Relationships>`},
		{"xl/sheet.xml", sheet}, {"xl/shared.xml", shared}, {"xl/styles.xml", styles},
	})
}

// FuzzArchive takes any bytes for a workbook.
func FuzzArchive(f *testing.F) {
	f.Add(withParts(f, "<worksheet/>", "<sst/>", "<styleSheet/>"))
	f.Add([]byte(oleMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "fuzz.xlsx")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		filetest.Log(Format, path, ingest.Options{})
	})
}

// What is no workbook, or not a whole one, is an error that says what to do,
// and costs no memory.
func TestHostile(t *testing.T) {
	good := withParts(t, `<worksheet><sheetData><row r="1"><c t="str"><v>case</v></c><c t="str"><v>activity</v></c><c t="str"><v>time</v></c></row></sheetData></worksheet>`, "<sst/>", "<a/>")
	const sheetStart = `<worksheet><sheetData><row r="1">`
	blanks := strings.Repeat(" ", 100<<20)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":            {nil, "the file is empty"},
		"text":             {[]byte("case,activity,time\n"), "does not begin like a ZIP archive"},
		"xls":              {[]byte(oleMagic + strings.Repeat("\x00", 1000)), "Excel 97 to 2003 (.xls)"},
		"encrypted":        {[]byte(oleMagic + strings.Repeat("\x00", 1000) + "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00"), "is encrypted"},
		"xlsb":             {archive(t, [][2]string{{"xl/workbook.bin", "x"}}), "binary workbook (.xlsb)"},
		"ods":              {archive(t, [][2]string{{"content.xml", "x"}}), "OpenDocument"},
		"zip":              {archive(t, [][2]string{{"orders.csv", "x"}}), "no workbook of Excel"},
		"cut":              {good[:len(good)-30], "cut off or damaged"},
		"random":           {append([]byte(zipMagic), noise(100_000)...), "cut off or damaged"},
		"sheet cut":        {withParts(t, sheetStart+`<c t="str"><v>ca`, "<sst/>", "<a/>"), "it ends in the middle"},
		"sheet is noise":   {withParts(t, string(noise(100_000)), "<sst/>", "<a/>"), ""},
		"wrong text":       {withParts(t, sheetStart+`<c t="s"><v>5</v></c></row></sheetData></worksheet>`, "<sst/>", "<a/>"), `A1 refers to the text "5"`},
		"no such part":     {archive(t, [][2]string{{"xl/workbook.xml", "<workbook/>"}}), "is missing"},
		"no sheets":        {archive(t, [][2]string{{"xl/workbook.xml", "<workbook/>"}, {"xl/_rels/workbook.xml.rels", "<Relationships/>"}}), "no sheet with cells"},
		"rows backwards":   {withParts(t, `<worksheet><sheetData><row r="2"/><row r="1"/></sheetData></worksheet>`, "<sst/>", "<a/>"), "row 1 comes after row 2"},
		"entities":         {withParts(t, `<!DOCTYPE lolz [<!ENTITY lol "lol">]><worksheet>&lol;</worksheet>`, "<sst/>", "<a/>"), "document type declaration"},
		"bomb of blanks":   {withParts(t, sheetStart+blanks+`</row></sheetData></worksheet>`, "<sst/>", "<a/>"), "a ZIP bomb?"},
		"bomb of texts":    {withParts(t, sheetStart+`</row></sheetData></worksheet>`, "<sst>"+strings.Repeat("<si><t>xxxxxxxx</t></si>", 4<<20)+"</sst>", "<a/>"), "a ZIP bomb?"},
		"bomb of styles":   {withParts(t, sheetStart+`</row></sheetData></worksheet>`, "<sst/>", "<a>"+blanks+"</a>"), "more than the 64 MiB it may have"},
		"one text":         {withParts(t, sheetStart+`<c t="str"><v>`+string(hexNoise(20<<20))+`</v></c></row></sheetData></worksheet>`, "<sst/>", "<a/>"), "longer than 4 MiB"},
		"one long tag":     {withParts(t, sheetStart+`<c t="`+string(hexNoise(20<<20))+`"/></row></sheetData></worksheet>`, "<sst/>", "<a/>"), "longer than 4 MiB"},
		"too many parts":   {manyParts(t, maxParts+1), "parts, more than"},
		"part twice":       {archive(t, [][2]string{{"xl/workbook.xml", ""}, {"XL/Workbook.xml", ""}}), "twice"},
		"beyond XFD":       {withParts(t, sheetStart+`<c r="XFE1"><v>1</v></c></row></sheetData></worksheet>`, "<sst/>", "<a/>"), "beyond column XFD"},
		"checksum wrong":   {damaged(good), ""},
		"lies on its size": {lying(t), ""},
	} {
		path := filepath.Join(t.TempDir(), "hostile.xlsx")
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		c.data = nil
		peak := filetest.PeakHeap(func() {
			_, err := Format.Open(context.Background(), path, ingest.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "hostile.xlsx") {
				t.Errorf("%s: error %v, want %q", name, err, c.want)
			}
		})
		if peak > 48<<20 {
			t.Errorf("%s: %d MiB of heap", name, peak>>20)
		}
	}
}

func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

// hexNoise does not shrink much, and is text.
func hexNoise(n int) []byte { return fmt.Appendf(nil, "%x", noise(n/2)) }

func manyParts(t testing.TB, n int) []byte {
	parts := make([][2]string, n)
	for i := range parts {
		parts[i][0] = fmt.Sprint("xl/", i)
	}
	return archive(t, parts)
}

// damaged changes one byte of the first part.
func damaged(data []byte) []byte {
	data = slices.Clone(data)
	data[len(zipMagic)+60] ^= 0x55
	return data
}

// lying is a workbook whose sheet unpacks to more than it says.
func lying(t testing.TB) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	parts := [][2]string{
		{"xl/workbook.xml", `<workbook><sheets><sheet name="S" r:id="1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="1" Type="worksheet" Target="sheet.xml"/></Relationships>`},
		{"xl/sheet.xml", `<worksheet><sheetData><row r="1">` + strings.Repeat(" ", 1000) + `</row></sheetData></worksheet>`},
	}
	for _, p := range parts {
		w, err := z.CreateRaw(&zip.FileHeader{Name: p[0], Method: zip.Store, UncompressedSize64: uint64(len(p[1])), CompressedSize64: uint64(len(p[1]))})
		if err != nil {
			t.Fatal(err)
		}
		if p[0] == "xl/sheet.xml" {
			p[1] = strings.Replace(p[1], "  ", "xx", 1)
		}
		io.WriteString(w, p[1])
	}
	z.Close()
	return b.Bytes()
}

// BenchmarkSheet reads 300,000 rows of eight columns, texts shared and not.
func BenchmarkSheet(b *testing.B) {
	path := filepath.Join(b.TempDir(), "bench.xlsx")
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	style, _ := f.NewStyle(&excelize.Style{NumFmt: 22})
	w.SetRow("A1", []any{"case", "activity", "timestamp", "resource", "amount", "quantity", "country", "note"})
	const rows = 300_000
	for i := range rows {
		w.SetRow(fmt.Sprint("A", i+2), []any{
			fmt.Sprint("C", i/10), fmt.Sprint("activity ", i%20), excelize.Cell{StyleID: style, Value: 45000 + float64(i)/1000}, fmt.Sprint("user", i%100),
			float64(i%1000) + 0.25, i % 7, []string{"DE", "FR"}[i%2], fmt.Sprint("note of ", i),
		})
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.SaveAs(path); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	peak := uint64(0)
	for b.Loop() {
		peak = max(peak, filetest.PeakHeap(func() {
			file, err := Format.Open(context.Background(), path, ingest.Options{Attributes: true})
			if err != nil {
				b.Fatal(err)
			}
			defer file.Close()
			n := 0
			if err := file.Read(context.Background(), func(batch *eventlog.Batch) error { n += batch.Len(); return nil }); err != nil || n != rows {
				b.Fatal(n, err)
			}
		}))
	}
	b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(peak)/(1<<20), "MiB-heap")
}
