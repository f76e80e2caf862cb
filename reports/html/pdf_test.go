package html_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"millrace/reports/pagetest"
	"millrace/reports/pdf"
)

// A printed is what poppler, which is not of the browser's making, reads in a
// PDF.
type printed struct {
	info      string
	sheets    []string  // their text
	filled    []float64 // how far down words stand on each, of its height, but for its foot
	bookmarks []bookmark
}

type bookmark struct {
	Level, Page int
	Title       string
}

// readPDF prints a page and reads it back.
func readPDF(t *testing.T, name string, page []byte) (bytes []byte, p printed) {
	t.Helper()
	browser, err := pdf.Find("")
	if err != nil {
		missing(t, "%v", err)
	}
	for _, tool := range []string{"pdfinfo", "pdftotext", "pdftohtml"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, "no %s in PATH; on Debian: apt-get install poppler-utils", tool)
		}
	}
	bytes, err = pdf.Print(t.Context(), browser, page, "millrace test")
	if err != nil {
		t.Fatal(err)
	}
	keep(t, name+".pdf", bytes)
	file := filepath.Join(t.TempDir(), name+".pdf")
	if err := os.WriteFile(file, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(tool string, args ...string) string {
		out, err := exec.Command(tool, args...).Output()
		if err != nil {
			t.Fatalf("%s: %v", tool, err)
		}
		return string(out)
	}
	p.info = run("pdfinfo", file)
	p.sheets = strings.Split(strings.TrimSuffix(run("pdftotext", "-layout", file, "-"), "\f"), "\f")
	for _, sheet := range strings.Split(run("pdftotext", "-bbox", file, "-"), "<page ")[1:] {
		bottom := 0.
		for _, m := range regexp.MustCompile(`yMax="([0-9.]+)"`).FindAllStringSubmatch(sheet, -1) {
			if y, _ := strconv.ParseFloat(m[1], 64); y < 800 { // points; the foot is below
				bottom = max(bottom, y)
			}
		}
		p.filled = append(p.filled, bottom/800)
	}
	level := 0
	for dec := xml.NewDecoder(strings.NewReader(run("pdftohtml", "-xml", "-i", "-stdout", file))); ; {
		token, err := dec.Token()
		if err != nil {
			return bytes, p
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "outline":
				level++
			case "item":
				b := bookmark{Level: level}
				if _, err := fmt.Sscan(e.Attr[0].Value, &b.Page); err != nil {
					t.Fatal(err)
				}
				if err := dec.DecodeElement(&b.Title, &e); err != nil {
					t.Fatal(err)
				}
				p.bookmarks = append(p.bookmarks, b)
			}
		case xml.EndElement:
			if e.Name.Local == "outline" {
				level--
			}
		}
	}
}

// check holds what is so of each PDF: sheets have their number, the title and
// the day at their foot, and none but the last is left half empty.
func (p printed) check(t *testing.T, foot string) {
	t.Helper()
	for i, text := range p.sheets {
		lines := strings.Split(strings.TrimRight(text, "\n "), "\n")
		last := lines[len(lines)-1]
		if want := fmt.Sprintf("%d/%d", i+1, len(p.sheets)); !strings.HasSuffix(strings.ReplaceAll(last, " ", ""), want) || !strings.Contains(last, foot) {
			t.Errorf("the foot of sheet %d is %q, want %q and %q", i+1, last, foot, want)
		}
	}
	for _, text := range p.halfEmpty() {
		t.Error(text)
	}
	if strings.Contains(p.info, "CreationDate") || !strings.Contains(p.info, "millrace test") || !regexp.MustCompile(`Tagged:\s+yes`).MatchString(p.info) {
		t.Errorf("the file says of itself:\n%s", p.info)
	}
}

// halfEmpty says which sheets but the last are less than half full.
func (p printed) halfEmpty() (list []string) {
	for i := range len(p.sheets) - 1 {
		if p.filled[i] < .5 {
			list = append(list, fmt.Sprintf("sheet %d is filled to %.0f %%", i+1, 100*p.filled[i]))
		}
	}
	return list
}

func TestPrints(t *testing.T) {
	page := render(t, sample())
	first, p := readPDF(t, "sample", page)
	p.check(t, "Order-to-cash performance · as of ")
	if again, _ := readPDF(t, "again", page); !bytes.Equal(first, again) {
		t.Error("the same page printed twice gives different bytes")
	}
	if len(p.sheets) > 4 {
		t.Errorf("the sample prints on %d sheets", len(p.sheets))
	}
	if len(p.bookmarks) < 5 || p.bookmarks[0] != (bookmark{1, 1, "Order-to-cash performance"}) || !slices.ContainsFunc(p.bookmarks, func(b bookmark) bool { return b.Title == "How orders really flow" }) {
		t.Errorf("bookmarks: %v", p.bookmarks)
	}
	_, p = readPDF(t, "hostile", render(t, pagetest.HostileFlow()))
	if len(p.sheets) > 6 {
		t.Errorf("the page of hostile names prints on %d sheets", len(p.sheets))
	}
}

// TestPrintsReport: all pages on paper, with hostile names: bookmarks lead to
// the pages and their blocks, names are text, heads are repeated.
func TestPrintsReport(t *testing.T) {
	_, p := readPDF(t, "report", hostileReport(t))
	title := `</script><script>window.PWN=1</script>`
	p.check(t, title+" · as of 31 Dec 2025")
	if !strings.Contains(p.info, title) {
		t.Errorf("the title is not that of the page:\n%s", p.info)
	}
	var pages []string
	for _, page := range hostile(t).Pages {
		pages = append(pages, page.Title)
	}
	var marked []string
	at, blocks := 0, 0
	for _, b := range p.bookmarks {
		if b.Page < at {
			t.Errorf("bookmark %q leads back to sheet %d", b.Title, b.Page)
		}
		at = b.Page
		if b.Level == 1 {
			marked = append(marked, b.Title)
		} else {
			blocks++
		}
		if !strings.Contains(p.sheets[b.Page-1], strings.Fields(b.Title)[0]) {
			t.Errorf("bookmark %q leads to sheet %d, which does not say it", b.Title, b.Page)
		}
	}
	if !slices.Equal(marked, pages) {
		t.Errorf("bookmarks are of %q, want the pages %q", marked, pages)
	}
	if blocks < 40 {
		t.Errorf("there are bookmarks of %d blocks", blocks)
	}
	text := strings.Join(p.sheets, "\n")
	for _, want := range []string{"window.PWN=2", "日本語の名前", "window.PWN=1"} {
		if !strings.Contains(text, want) {
			t.Errorf("the paper does not say %s", want)
		}
	}
	heads := 0
	for _, sheet := range p.sheets {
		if regexp.MustCompile(`Figure +n +Looked at`).MatchString(sheet) {
			heads++
		}
	}
	if heads < 2 {
		t.Errorf("the head of a table of several sheets is on %d of them", heads)
	}
}
