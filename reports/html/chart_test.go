package html_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"millrace/reports"
	"millrace/reports/html"
	"millrace/reports/pagetest"
	"millrace/reports/words"
)

// A tip is what a chart says under the pointer, beside what the table below it
// says of the same.
type tip struct {
	Kind, Card string
	At         int
	Tip        []string // lines
	Row        []string // cells of the row of the same place
	Rows       [][]string
}

// pointAt goes over a chart and reads what it says. It stands in for a mouse:
// ECharts listens to the same events.
const pointAt = `(async () => {
	const plain = s => s.replace(/\s+/g, " ").trim(), said = [], wait = ms => new Promise(r => setTimeout(r, ms));
	const until = async what => { for (let i = 0; i < 400 && !what(); i++) await wait(25); return what(); };
	for (const plot of document.querySelectorAll(".plot")) {
		location.hash = plot.closest(".sheet").id;
		await wait(20);
		const data = JSON.parse(plot.querySelector("script").textContent);
		plot.scrollIntoView({block: "center"});
		plot.dispatchEvent(new PointerEvent("pointerenter"));
		if (!await until(() => plot.querySelector(".host svg"))) { said.push({Kind: data.kind, Tip: ["no chart"]}); continue; }
		const host = plot.querySelector(".host"), svg = host.querySelector("svg"), box = host.getBoundingClientRect();
		const rows = [...plot.parentNode.querySelectorAll("details tbody tr")].map(r => [...r.children].map(c => plain(c.textContent)));
		const n = data.kind === "trend" ? data.labels.length : data.bars.length;
		const labels = data.labels || data.bars.map(b => data.kind === "columns" ? b[0] : b.Label), tips = {};
		for (let k = 0; k <= 4 * n; k++) { // along the axis, which begins somewhere
			const x = data.kind === "stack" ? 3 : Math.min(box.width - 3, box.width * k / 4 / n), y = data.kind === "stack" ? box.height * k / 4 / n : box.height / 2;
			svg.parentNode.dispatchEvent(new MouseEvent("mousemove", {bubbles: true, clientX: box.left + x, clientY: box.top + y}));
			await 0;
			const head = [...host.querySelectorAll("strong")].find(e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}));
			// In the middle of a column it is of this column.
			if (head && (data.kind !== "columns" || k % 4 === 2 && labels[k >> 2] === head.textContent)) tips[head.textContent] = [...head.parentNode.children].map(e => plain(e.textContent));
		}
		labels.forEach((label, i) => said.push({Kind: data.kind, Card: plot.parentNode.getAttribute("aria-labelledby"), At: i, Tip: tips[label] || [], Row: rows[i] || [], Rows: rows}));
		if (window.stay && window.stay === plot.parentNode.getAttribute("aria-labelledby")) return said;
		plot.dispatchEvent(new PointerEvent("pointerleave"));
	}
	return said;
})()`

// TestChartsTell: a chart that is pointed at says what the table below it says,
// in the words of the page; nothing is asked for, nothing is complained of, and
// left alone it is the picture again.
func TestChartsTell(t *testing.T) {
	for _, lang := range []string{"en", "de"} {
		page := reportIn(t, lang)
		b := newBrowser(t)
		b.open(page, 1280)
		kinds := map[string]int{}
		for _, s := range eval[[]tip](b, pointAt) {
			kinds[s.Kind]++
			if len(s.Tip) < 2 {
				t.Errorf("%s: %s %s says nothing of %d: %q", lang, s.Kind, s.Card, s.At, s.Tip)
				continue
			}
			if s.Kind == "stack" { // a bar is a column of the table, a part of it a row
				part, value, _ := strings.Cut(s.Tip[1], ": ")
				if !slices.ContainsFunc(s.Rows, func(r []string) bool { return r[0] == part && slices.Contains(r[1:], value) }) {
					t.Errorf("%s: stack %s: its tip says %q, no row of its table does", lang, s.Card, s.Tip)
				}
				continue
			}
			if len(s.Row) < 2 || s.Row[0] != s.Tip[0] || !strings.HasSuffix(s.Tip[1], s.Row[1]) {
				t.Errorf("%s: %s %s: its tip says %q, its table %q", lang, s.Kind, s.Card, s.Tip, s.Row)
			}
		}
		for _, kind := range []string{"trend", "stack", "columns"} {
			if kinds[kind] == 0 {
				t.Errorf("%s: no %s was pointed at", lang, kind)
			}
		}
		// A finger that is lifted has read nothing yet; one that points elsewhere has.
		touched := eval[[]bool](b, `(async () => {
			const plot = document.querySelector(".plot"), live = () => plot.classList.contains("live");
			location.hash = plot.closest(".sheet").id;
			const shown = [];
			plot.dispatchEvent(new PointerEvent("pointerenter", {pointerType: "touch"}));
			for (let i = 0; i < 400 && !live(); i++) await new Promise(r => setTimeout(r, 25));
			plot.dispatchEvent(new PointerEvent("pointerleave", {pointerType: "touch"}));
			shown.push(live());
			document.querySelector("h1").dispatchEvent(new PointerEvent("pointerdown", {bubbles: true}));
			shown.push(live());
			return shown;
		})()`)
		if !slices.Equal(touched, []bool{true, false}) {
			t.Errorf("%s: touched, lifted, elsewhere: %v", lang, touched)
		}
		if n := eval[int](b, `document.querySelectorAll(".host, .live, body [style]").length`); n != 0 {
			t.Errorf("%s: %d elements are left of charts that nobody points at", lang, n)
		}
		b.quiet()
	}
}

// TestChartsOfHostileNames: what is told of names that an attacker would choose
// is text.
func TestChartsOfHostileNames(t *testing.T) {
	b := newBrowser(t)
	b.open(hostileReport(t), 1280)
	if list := eval[[]tip](b, pointAt); len(list) == 0 {
		t.Error("no chart was pointed at")
	}
	if n := eval[int](b, `Number(window.PWN || 0)`); n != 0 {
		t.Errorf("a name ran: PWN is %d", n)
	}
	b.quiet()
}

// TestChartsInTheDark takes pictures of charts that are pointed at, for people,
// and sees that what is drawn has the colour that it has in the picture.
func TestChartsInTheDark(t *testing.T) {
	page := reportIn(t, "en")
	for _, scheme := range []string{"light", "dark"} {
		for kind, mark := range map[string][2]string{"trend": {".line", "stroke"}, "stack": {".t0", "fill"}, "columns": {".bar", "fill"}} {
			b := newBrowser(t)
			b.media(&emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme})
			b.open(page, 1280)
			found := fmt.Sprintf(`const mark = [...document.querySelectorAll(".plot")].find(p => JSON.parse(p.querySelector("script").textContent).kind === %q).querySelector(%q)`, kind, mark[0])
			card := eval[string](b, found+`; mark.closest(".card").getAttribute("aria-labelledby")`)
			colour := eval[string](b, "(() => {"+found+"; return getComputedStyle(mark)."+mark[1]+"})()")
			eval[[]tip](b, fmt.Sprintf("window.stay = %q; %s", card, pointAt))
			drawn := eval[[]string](b, `[...document.querySelectorAll(".host path, .host rect")].map(p => getComputedStyle(p).`+mark[1]+`)`)
			if !slices.Contains(drawn, colour) {
				t.Errorf("%s, %s: nothing is %s: %q", scheme, kind, colour, drawn)
			}
			png, err := chromedp.Run(b, chromedp.CaptureScreenshot())
			b.must(err)
			keep(t, fmt.Sprintf("chart_%s_%s.png", kind, scheme), png)
			b.quiet()
		}
	}
}

// TestChartsWhereThereIsRoom: a report that is too large with ECharts has
// pictures only, one without charts has no ECharts, and the largest part of the
// others is not it.
func TestChartsWhereThereIsRoom(t *testing.T) {
	has := func(r *reports.Report) (bool, int) {
		var b bytes.Buffer
		if err := html.RenderReport(&b, r); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(b.String(), `class="echarts"`), b.Len()
	}
	l, err := words.Find("en")
	if err != nil {
		t.Fatal(err)
	}
	if live, _ := has(pagetest.Report(l)); !live {
		t.Error("a report with charts has no ECharts")
	}
	r := pagetest.Report(l)
	_, size := has(r)
	r.Pages[0].Blocks = append(r.Pages[0].Blocks, &reports.Prose{Paragraphs: []string{strings.Repeat("x", html.MaxSize-size+1)}})
	if live, size := has(r); live || size > html.MaxSize {
		t.Errorf("a report of %d bytes has ECharts: %v", size, live)
	}
	r = pagetest.Report(l)
	endless := &reports.Trend{ID: "endless", Series: []reports.Series{{Points: []reports.Point{{Label: "x", V: math.Inf(1)}, {Label: "y", V: 1}}}},
		Ticks: []reports.Tick{{At: 0}, {At: 1}}, Table: &reports.Table{}}
	without := *endless
	without.Limits = &reports.LimitLines{High: math.Inf(1)} // no JSON has it
	for _, c := range []*reports.Trend{endless, &without} {
		r.Pages[0].Blocks = append(r.Pages[0].Blocks, c)
		if live, _ := has(r); !live {
			t.Error("a value without end takes ECharts from the report")
		}
	}
	r = pagetest.Report(l)
	for _, p := range r.Pages {
		p.Blocks = []reports.Block{&reports.Prose{Title: "none"}}
	}
	if live, _ := has(r); live {
		t.Error("a report without charts has ECharts")
	}
}

// TestEChartsIsMadeOfItsSource: the script that reports have is what the pinned
// versions and slim.js give: make echarts.
func TestEChartsIsMadeOfItsSource(t *testing.T) {
	modules, err := filepath.Abs("../../.build/echarts/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(modules); err != nil {
		missing(t, "no .build/echarts/node_modules: make needs")
	}
	dir := t.TempDir()
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"build.mjs", "slim.js"} {
		text, err := os.ReadFile(filepath.Join("echarts", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made := filepath.Join(dir, "made.js")
	if out, err := exec.Command("node", filepath.Join(dir, "build.mjs"), made).CombinedOutput(); err != nil {
		t.Fatalf("node build.mjs: %v %s", err, out)
	}
	want, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := os.Open("echarts/slim.z")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	got, err := io.ReadAll(flate.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("slim.z has a script of %d bytes, its source gives %d others: make echarts", len(got), len(want))
	}
}
