package html_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"millrace/reports"
	"millrace/reports/html"
	"millrace/reports/pagetest"
)

func render(t testing.TB, in reports.FlowInput) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := html.Render(&b, reports.Flow(in)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sample() reports.FlowInput {
	in := pagetest.O2C().Flow()
	in.Tiles = pagetest.Values()
	return in
}

// TestSameBytes: rendered twice, from results made twice, a page is the same.
func TestSameBytes(t *testing.T) {
	a, b := render(t, sample()), render(t, sample())
	if !bytes.Equal(a, b) {
		t.Error("the same input gives different bytes")
	}
	own := regexp.MustCompile(`url\(data:font/[^)]*\)`).ReplaceAll(a, nil) // the typeface is the same in every page
	if len(own) == len(a) || len(own) > html.MaxSize/4 {
		t.Errorf("the sample page is %d bytes large, of which %d are its own", len(a), len(own))
	}
	keep(t, "report.html", a)
}

// TestEmptyPage: where there is nothing, each block says so, and the page is
// whole.
func TestEmptyPage(t *testing.T) {
	page := string(render(t, reports.FlowInput{Cases: "orders"}))
	if n := strings.Count(page, `<p class="empty">There are no orders in this period.</p>`); n != 2 {
		t.Errorf("%d blocks say that there is nothing, want the map and the variants", n)
	}
	if strings.Contains(page, "<svg xmlns") || !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
		t.Error("the page of nothing has a map, or no end")
	}
}
