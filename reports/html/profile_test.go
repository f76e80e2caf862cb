package html_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"millrace/reports"
	"millrace/reports/html"
	"millrace/reports/pagetest"
)

var pdfPage = regexp.MustCompile(`/Type\s*/Page\b`)

func renderProfile(t testing.TB, in reports.ProfileInput) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := html.Render(&b, reports.Profile(in)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func profilePages(t testing.TB) map[string][]byte {
	return map[string][]byte{"profile": renderProfile(t, pagetest.Profile()), "hostile_profile": renderProfile(t, pagetest.HostileProfile())}
}

// TestProfileFits: the page is as wide as the screen, prints on a few sheets,
// asks for nothing, and none of its words runs.
func TestProfileFits(t *testing.T) {
	b := newBrowser(t)
	for name, page := range profilePages(t) {
		for _, width := range screens {
			b.open(page, width)
			if wide := eval[int64](b, `document.documentElement.scrollWidth`); wide > width {
				who := eval[string](b, `[...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll") && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + "." + e.getAttribute("class")).slice(0, 6).join(" ")`)
				t.Errorf("%s page at %d pixels is %d wide: %s", name, width, wide, who)
			}
		}
		if ran := eval[string](b, `String(window.PWN)`); ran != "undefined" {
			t.Errorf("%s: a name ran: %s", name, ran)
		}
		if n := eval[int64](b, `document.querySelectorAll("img, script:not(body > script:last-child), iframe, [onload], [onerror], [onmouseover]").length`); n != 0 {
			t.Errorf("%s: names made %d elements", name, n)
		}
		pdf, err := chromedp.Run(b, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground(), chromedp.PDFOutlineAndTagged()))
		b.must(err)
		if n := len(pdfPage.FindAll(pdf, -1)); n == 0 || n > 5 {
			t.Errorf("%s page prints on %d sheets, want 1 to 5", name, n)
		}
		keep(t, name+".pdf", pdf)
	}
	b.quiet()
}

// TestProfileAccessible runs axe-core over the page, light and dark, wide and narrow.
func TestProfileAccessible(t *testing.T) {
	axe := axeCore(t)
	b := newBrowser(t)
	page := renderProfile(t, pagetest.Profile())
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 390} {
			b.media(&emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme})
			b.open(page, width)
			eval[bool](b, axe+"\ntrue")
			found := eval[[]string](b, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
				.then(r => r.violations.map(v => v.id + ": " + v.nodes.slice(0, 4).map(n => n.html.slice(0, 160) + " " + (n.any[0] || n.all[0] || n.none[0] || {}).message).join("\n    ")))`)
			for _, f := range found {
				t.Errorf("%s, %d pixels: %s", scheme, width, f)
			}
			if os.Getenv("MILLRACE_PICTURES") != "" {
				png, err := chromedp.Run(b, chromedp.FullScreenshot(100))
				b.must(err)
				keep(t, fmt.Sprintf("profile_%s_%d.png", scheme, width), png)
			}
		}
	}
}

// TestProfileSameBytes: made twice, the page is the same.
func TestProfileSameBytes(t *testing.T) {
	if !bytes.Equal(renderProfile(t, pagetest.Profile()), renderProfile(t, pagetest.Profile())) {
		t.Error("the same input gives different bytes")
	}
}
