package html_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A row's cells are marked where they begin and where they end, in letters too
// small to change a line: a row of several lines that is cut leaves its marks on two
// sheets.
const markStyle = "<style>.rowmark{font-size:.4px;line-height:0;letter-spacing:0}</style></head>"

var (
	policyTag = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)
	tableRow  = regexp.MustCompile(`(?s)<tr>.*?</tr>`)
	cellStart = regexp.MustCompile(`<t[hd](?: [^>]*)?>`)
	cellEnd   = regexp.MustCompile(`</t[hd]>`)
	rowMark   = regexp.MustCompile(`zq([0-9]+)z`)
)

// markRows marks the rows of a page's tables, and adds a style of ours, which the
// policy would not let in.
func markRows(page []byte, style string) (marked []byte, rows int) {
	text := policyTag.ReplaceAllString(string(page), "")
	text = tableRow.ReplaceAllStringFunc(text, func(row string) string {
		mark := fmt.Sprintf(`<span class="rowmark">zq%dz</span>`, rows)
		rows++
		row = cellStart.ReplaceAllStringFunc(row, func(s string) string { return s + mark })
		return cellEnd.ReplaceAllStringFunc(row, func(s string) string { return mark + s })
	})
	return []byte(strings.Replace(text, "</head>", "<style>"+style+"</style>"+markStyle, 1)), rows
}

// cutRows are the rows, by their number, whose marks are on several sheets, other than
// the head of a table, which each sheet repeats.
func (p printed) cutRows(heads map[int]bool) (cut []int, seen int) {
	sheets := map[int]map[int]bool{}
	for i, sheet := range p.sheets {
		for _, m := range rowMark.FindAllStringSubmatch(sheet, -1) {
			row, _ := strconv.Atoi(m[1])
			if sheets[row] == nil {
				sheets[row] = map[int]bool{}
			}
			sheets[row][i] = true
		}
	}
	for row, on := range sheets {
		if len(on) > 1 && !heads[row] {
			cut = append(cut, row)
		}
	}
	return cut, len(sheets)
}

// headRows are the numbers of the rows of heads.
func headRows(page []byte) map[int]bool {
	heads := map[int]bool{}
	text := string(page)
	for i, at := range tableRow.FindAllStringIndex(text, -1) {
		if strings.HasSuffix(text[:at[0]], "<thead>") {
			heads[i] = true
		}
	}
	return heads
}

// TestPrintCutsNothing: wherever a page begins on its sheet, no row of a table is
// on two sheets, and no sheet but the last is less than half full, whatever comes before
// the pictures. That both can be seen is shown by a style that lets them happen.
func TestPrintCutsNothing(t *testing.T) {
	page := reportIn(t, "de")
	heads := headRows(page)
	for _, before := range []int{0, 14, 32} { // lines before the map, of 5 mm
		style := fmt.Sprintf("@media print{#cash::after{content:'%s';display:block;white-space:pre;line-height:5mm}}", strings.Repeat(`x\a `, before))
		marked, rows := markRows(page, style)
		_, p := readPDF(t, fmt.Sprint("print_", before), marked)
		cut, seen := p.cutRows(heads)
		if len(cut) > 0 {
			t.Errorf("with %d lines before the map, rows %v are cut", before, cut)
		}
		if seen < 100 || rows < seen {
			t.Errorf("%d of %d rows are on paper", seen, rows)
		}
		for _, text := range p.halfEmpty() {
			t.Errorf("with %d lines before the map, %s", before, text)
		}
	}
	careless := "@media print{*{break-inside:auto!important;break-before:auto!important;break-after:auto!important;orphans:1;widows:1}td,tbody th{line-height:18mm}.sheet{break-before:page!important}}"
	marked, _ := markRows(page, careless)
	_, p := readPDF(t, "print_careless", marked)
	if cut, _ := p.cutRows(heads); len(cut) == 0 {
		t.Error("where rows may be cut, none is seen to be: the test tells nothing")
	}
	if len(p.halfEmpty()) == 0 {
		t.Error("where each page begins a sheet, none is seen to be half empty: the test tells nothing")
	}
}
