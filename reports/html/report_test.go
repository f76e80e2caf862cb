package html_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"millrace/metrics"
	"millrace/reports"
	"millrace/reports/brand"
	"millrace/reports/html"
	"millrace/reports/pagetest"
)

// hostileReport renders hostile.
func hostileReport(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := html.RenderReport(&b, hostile(t)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hostile is a report of all pages whose figures are made up, and whose
// dimensions have the names that an attacker would choose.
func hostile(t testing.TB) *reports.Report {
	t.Helper()
	grain := metrics.ByQuarter
	periods, err := metrics.PeriodsOf(grain, "2024-10-01", "2025-12-31", time.UTC, 1)
	if err != nil {
		t.Fatal(err)
	}
	months, err := metrics.PeriodsOf(metrics.ByMonth, "2024-10-01", "2025-12-31", time.UTC, 1)
	if err != nil {
		t.Fatal(err)
	}
	a := &reports.Answers{Grain: grain, AsOf: "2025-12-31", KPIs: metrics.Catalogue(), Values: map[reports.Question][]metrics.Value{}, Worst: map[string][]metrics.Case{}}
	a.Now, a.Before, a.Season = reports.Periods(periods, "2024-10-01", "2025-12-31")
	names := []string{`</script><script>window.PWN=1</script>`, `" onmouseover="window.PWN=2`, strings.Repeat("W", 300), "日本語の名前", "\u202eevil"}
	of := map[string]*metrics.KPI{}
	for _, k := range a.KPIs {
		of[k.Name] = k
	}
	nan := math.NaN()
	asked := reports.Ask(reports.Pages(), grain)
	for n, q := range asked.Questions {
		k, list := of[q.KPI], periods
		if q.Grain == metrics.ByMonth {
			list = months
		}
		groups := []string{""}
		if q.By != "" || len(k.Split) > 0 {
			groups = names
		}
		for i, p := range list {
			for j, g := range groups {
				x := .3 + .1*float64((n+i*3+j)%5)
				v := metrics.Value{KPI: k, Period: p.Label, V: x, N: 1000, Used: 900, Open: 60, Excluded: []metrics.Exclusion{{Reason: names[0], N: 40}}, Numerator: 900 * x, Denominator: 900,
					P50: x, P90: 2 * x, Mean: 1.1 * x, Survival: nan, Interval: metrics.Interval{Low: x - .02, High: x + .02}}
				if g != "" {
					v.By = []metrics.Label{{Dimension: "site", Value: g}, {Dimension: "step", Value: fmt.Sprint("collect", j)}}
				}
				a.Values[q] = append(a.Values[q], v)
			}
		}
	}
	flow := pagetest.O2C().Flow()
	flow.Models = pagetest.HostileFlow().Models
	r := reports.Compose(reports.ReportInput{Title: names[0], Pages: reports.Pages(), Answers: a, Flow: flow})
	logo := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40" onload="window.PWN=4"><script>window.PWN=5</script><image href="http://127.0.0.1:9/x.png"/><rect width="120" height="40" rx="6" fill="#7a0f3c"/></svg>`
	r.Brand = &brand.Brand{Logo: "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(logo)), Accent: "#7a0f3c", AccentDark: "#f0a0c0", Lead: "#2a1020"}
	return r
}

// TestReportFitsAndIsAccessible: all pages, on screens narrow and wide, with
// hostile names, light and dark: nothing runs, nothing sticks out, and axe-core
// finds nothing.
func TestReportFitsAndIsAccessible(t *testing.T) {
	page := hostileReport(t)
	if !bytes.Equal(page, hostileReport(t)) {
		t.Error("the same answers give different bytes")
	}
	if bytes.Contains(page, []byte(` style="`)) {
		t.Error("an element has a style of its own")
	}
	axe := axeCore(t)
	b := newBrowser(t)
	for _, width := range []int64{320, 1280} {
		b.open(page, width)
		for _, name := range eval[[]string](b, `[...document.querySelectorAll(".sheet")].map(e => e.id)`) {
			eval[bool](b, `(location.hash = "#`+name+`", document.querySelectorAll("details").forEach(d => d.open = true), true)`)
			if got := eval[string](b, `[...document.querySelectorAll(".sheet")].filter(e => e.checkVisibility()).map(e => e.id).join()`); got != name {
				t.Errorf("at #%s the pages shown are %s", name, got)
			}
			if wide := eval[int64](b, `document.documentElement.scrollWidth`); wide > width {
				t.Errorf("page %s at %d pixels is %d wide", name, width, wide)
			}
		}
	}
	// The logo is a picture, and colours are where ours would be.
	if w := eval[int64](b, `document.querySelector("img.logo").naturalWidth`); w == 0 {
		t.Error("the logo is not shown")
	}
	if got := eval[string](b, `(location.hash = "#cash", getComputedStyle(document.querySelector(".tabs a[href='#cash']")).backgroundColor + getComputedStyle(document.querySelector(".lead")).backgroundColor)`); got != "rgb(122, 15, 60)rgb(42, 16, 32)" {
		t.Errorf("the colours are %s", got)
	}
	eval[bool](b, axe+"\ntrue")
	for _, name := range []string{"executive", "cycle-time", "cash", "definitions"} {
		eval[bool](b, `(location.hash = "#`+name+`", true)`)
		for _, f := range eval[[]string](b, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
			.then(r => r.violations.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + (n.any[0] || n.all[0] || n.none[0] || {}).message).join("\n    ")))`) {
			t.Errorf("page %s: %s", name, f)
		}
	}
	if ran := eval[string](b, `String(window.PWN)`); ran != "undefined" {
		t.Errorf("a name ran: %s", ran)
	}

	// The mail that goes with it, as wide as mail programs show it, and narrow.
	mail := hostile(t).Mail("report.pdf", true)
	for _, width := range []int64{600, 320} {
		b.open(renderMail(t, mail), width)
		if wide := eval[int64](b, `document.documentElement.scrollWidth`); wide > width {
			t.Errorf("the mail at %d pixels is %d wide", width, wide)
		}
		png, err := chromedp.Run(b, chromedp.FullScreenshot(100))
		b.must(err)
		keep(t, fmt.Sprintf("mail_%d.png", width), png)
	}
	eval[bool](b, axe+"\ntrue")
	for _, f := range eval[[]string](b, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).then(r => r.violations.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join("\n    ")))`) {
		t.Errorf("the mail: %s", f)
	}
	if ran := eval[string](b, `String(window.PWN)`); ran != "undefined" {
		t.Errorf("a name ran in a mail: %s", ran)
	}
	b.quiet()
}
