package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"millrace/metrics"
	"millrace/reports/figure"
	"millrace/reports/html"
)

// catalogue has the figures by name.
var catalogue = sync.OnceValue(func() map[string]*metrics.KPI {
	of := map[string]*metrics.KPI{}
	for _, k := range metrics.Catalogue() {
		of[k.Name] = k
	}
	return of
})

// A pageFigure is a figure on a page, as its data element has it.
type pageFigure struct {
	Page, KPI, Of, Period, Part, Text string
	Value                             float64
}

func (s pageFigure) key() string { return strings.Join([]string{s.KPI, s.Of, s.Period, s.Part}, "|") }

// readPage opens a report in a browser without script, and reads every figure of
// it and what a reader sees.
func readPage(t *testing.T, file, expression string, into any) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no chromium in PATH; on Debian: apt-get install chromium")
		}
		t.Skip("no chromium in PATH; on Debian: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+file)); err != nil {
		t.Fatal(err)
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("JSON.stringify("+expression+")"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

const readFigures = `({figures: [...document.querySelectorAll("data[data-is]")].map(e => {
		const [KPI, Period, Part, ...of] = e.dataset.is.split(" ");
		return {Page: e.closest(".sheet").id, KPI, Of: of.join(" "), Period, Part, Value: Number(e.value), Text: e.textContent.replace(/\s+/g, " ").trim()};
	}),
	shown: [...document.querySelectorAll(".sheet")].filter(e => e.checkVisibility()).map(e => e.id).join(" "),
	styled: document.querySelectorAll("[style]").length,
	text: document.body.innerText})`

// TestReportSaysWhatTheFiguresAre reads the report of a small company in a
// browser without script: every figure on it is the one that millrace kpi and
// millrace sla say, and one quantity has one value, worded one way, wherever it
// stands.
func TestReportSaysWhatTheFiguresAre(t *testing.T) {
	dir := t.TempDir()
	millrace(t, "demo", "--orders", "400", "--dir", dir)
	project := filepath.Join(dir, "millrace.yaml")
	file := filepath.Join(dir, "report.html")
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// Asked anew, and of what the demo's report left.
	for _, args := range [][]string{{"--anew"}, nil} {
		again := filepath.Join(dir, "again.html")
		millrace(t, append([]string{"report", "--project", project, "--out", again}, args...)...)
		if other, _ := os.ReadFile(again); !bytes.Equal(page, other) {
			t.Errorf("report %v: the same store gives other bytes", args)
		}
	}
	// The hours of work are the project's, not the store's.
	flow := map[string][]byte{}
	own, err := os.ReadFile(project)
	if err != nil {
		t.Fatal(err)
	}
	for _, hours := range []string{"08:00-18:00", "06:00-22:00"} {
		of := filepath.Join(dir, "hours.yaml")
		err := os.WriteFile(of, []byte(string(own)+"calendars: {site: {weekdays: \""+hours+"\"}}\nlogs: {order-to-cash: {calendar: site}}\n"), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"--anew"}, nil, nil} {
			again := filepath.Join(dir, "again.html")
			millrace(t, append([]string{"report", "flow", "--project", of, "--out", again}, args...)...)
			page, err := os.ReadFile(again)
			if err != nil {
				t.Fatal(err)
			}
			if flow[hours] == nil {
				flow[hours] = page
			} else if !bytes.Equal(page, flow[hours]) {
				t.Errorf("flow %v, %s: the same store gives other bytes", args, hours)
			}
		}
	}
	if bytes.Equal(flow["08:00-18:00"], flow["06:00-22:00"]) {
		t.Error("the flow is the same whatever the hours of work are")
	}
	if len(page) > html.MaxSize {
		t.Errorf("the report is %d bytes large", len(page))
	}
	var read struct {
		Figures []pageFigure
		Shown   string
		Styled  int
		Text    string
	}
	readPage(t, file, readFigures, &read)
	if read.Shown != "executive" {
		t.Errorf("pages shown at first: %q", read.Shown)
	}
	if read.Styled > 0 {
		t.Errorf("%d elements have a style of their own", read.Styled)
	}
	if len(read.Figures) < 300 {
		t.Fatalf("the report has %d figures only", len(read.Figures))
	}
	oneValue(t, read.Figures)
	checkFigures(t, project, read.Figures)
	checkSums(t, read.Figures)
	checkFlow(t, project, file)
	checkModel(t, project, file)
}

// readFlow reads the tables of the page about the flow, and that of waits, with the whole names of what is shortened.
const readFlow = `(() => {
	const cells = table => [...table.querySelectorAll("tbody tr")].map(r => [...r.children].map((c, i) => (i === 0 && c.querySelector("[title]") ? c.querySelector("[title]").title : c.textContent).trim()));
	const level = [...document.querySelectorAll("#flow .level")].pop();
	const [paths, activities] = [...level.querySelectorAll("details table")];
	return {
		Shown: [...document.querySelectorAll(".sheet")].filter(e => e.checkVisibility()).map(e => e.id).join(" "),
		Paths: cells(paths), Activities: cells(activities), Waits: cells(document.querySelector("#waiting table")),
		Variants: [...document.querySelectorAll("#flow .ranking.r0 > ol > li")].map(li => [li.querySelector(".part-of b").textContent, li.querySelector(".part-of small").textContent,
			...[...li.querySelectorAll(".figures .at")].map(a => a.querySelector("small").textContent + " " + a.querySelector("b").textContent)]),
	};
})()`

// checkFlow compares every number of the most detailed map's tables, of the
// variants and of the waits with what millrace mine says.
func checkFlow(t *testing.T, project, file string) {
	t.Helper()
	var page struct {
		Shown                              string
		Paths, Activities, Waits, Variants [][]string
	}
	readPage(t, file+"#flow", readFlow, &page)
	if page.Shown != "flow" {
		t.Errorf("pages shown at #flow: %q", page.Shown)
	}
	seconds := func(s float64) string { return figure.English.Duration(s * 1e6) }
	count := func(n int64) string { return figure.English.Count(n) }
	same := func(what string, got, want []string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: the page has %q, mine says %q", what, got, want)
		}
	}
	mine := func(into any, args ...string) {
		decode(t, millrace(t, append(append([]string{"mine"}, args...), "order-to-cash", "--json", "--project", project)...), into)
	}

	var graph struct {
		Activities []struct {
			Name                  string
			Events, Cases, Rework int64
		}
		Edges []struct {
			From, To     string
			Count, Cases int64
			Median       *float64 `json:"median_s"`
		}
	}
	mine(&graph, "dfg")
	activities, paths := map[string][]string{}, map[string][]string{}
	for _, a := range graph.Activities {
		activities[a.Name] = []string{count(a.Events), count(a.Cases), count(a.Rework)}
	}
	for _, e := range graph.Edges {
		median := figure.None
		if e.Median != nil {
			median = seconds(*e.Median)
		}
		paths[e.From+" → "+e.To] = []string{count(e.Count), count(e.Cases), median}
	}
	if len(page.Activities) != len(graph.Activities) || len(page.Paths) < 50 {
		t.Errorf("the page has %d activities of %d, and %d paths", len(page.Activities), len(graph.Activities), len(page.Paths))
	}
	for _, r := range page.Activities {
		same(r[0], r[1:4], activities[r[0]])
	}
	for _, r := range page.Paths {
		name := strings.TrimSuffix(r[0], " *")
		same(name, r[1:4], paths[name])
	}

	var variants struct {
		Variants []struct {
			Cases             int64
			Share, Cumulative float64
			Median            float64 `json:"median_s"`
		}
	}
	mine(&variants, "variants")
	for i, r := range page.Variants {
		v := variants.Variants[i]
		said := []string{r[0], strings.Fields(r[1])[0]}
		for _, x := range r[2:] {
			for _, word := range []string{"median ", "so far "} {
				if y, ok := strings.CutPrefix(x, word); ok {
					said = append(said, y)
				}
			}
		}
		same(fmt.Sprint("variant ", i+1), said, []string{figure.English.Share(v.Share), count(v.Cases), seconds(v.Median), figure.English.Share(v.Cumulative)})
	}
	if len(page.Variants) != 10 {
		t.Errorf("the page has %d variants", len(page.Variants))
	}

	var waits struct {
		Waits []struct {
			From, To string
			Cases    int64
			Median   float64 `json:"median_s"`
			Value    []struct {
				Currency string
				Amount   float64
			} `json:"value_waiting"`
		}
	}
	mine(&waits, "bottlenecks")
	of := map[string][]string{}
	for _, w := range waits.Waits {
		var value []string
		for _, m := range w.Value {
			value = append(value, figure.English.Money(m.Currency, int64(math.Round(m.Amount*1e4))))
		}
		of[w.From+" → "+w.To] = []string{count(w.Cases), seconds(w.Median), cmp.Or(strings.Join(value, ", "), figure.None)}
	}
	for _, r := range page.Waits {
		same("wait "+r[0], []string{r[1], r[2], r[6]}, of[r[0]])
	}
	if len(page.Waits) != 15 {
		t.Errorf("the page has %d waits", len(page.Waits))
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// oneValue fails where one quantity has two values or is worded in two ways.
// What is a state, or looks back over the same days, is one quantity at the end
// of a month and of the quarter that ends with it.
func oneValue(t *testing.T, list []pageFigure) {
	t.Helper()
	first := map[string]pageFigure{}
	for _, s := range list {
		keys := []string{s.key()}
		if k := catalogue()[s.KPI]; k != nil && s.Part == "value" && (k.Kind == metrics.StockKind || s.KPI == "dso.rolling3") {
			keys = append(keys, s.KPI+"|"+s.Of+"|at the end of "+endOf(s.Period))
		}
		for _, key := range keys {
			f, ok := first[key]
			if !ok {
				first[key] = s
				continue
			}
			if f.Value != s.Value || s.Part != "contribution" && f.Text != s.Text {
				t.Errorf("%s: %q (%v) on page %s, and %q (%v) on page %s", key, f.Text, f.Value, f.Page, s.Text, s.Value, s.Page)
			}
		}
	}
}

// endOf is the last month of a period.
func endOf(period string) string {
	var y, q int
	if n, _ := fmt.Sscanf(period, "%d-Q%d", &y, &q); n == 2 {
		return fmt.Sprintf("%d-%02d", y, q*3)
	}
	return period
}

// checkFigures asks millrace kpi and millrace sla for what the page says.
func checkFigures(t *testing.T, project string, list []pageFigure) {
	t.Helper()
	type asked struct{ grain, by string }
	names := map[asked][]string{}
	dimensions := func(s pageFigure) string {
		k := catalogue()[s.KPI]
		if k == nil {
			t.Fatalf("the page has a figure %q", s.KPI)
		}
		var by []string
		for _, l := range strings.Split(s.Of, ",") {
			if d, _, ok := strings.Cut(l, "="); ok && d != "currency" && k.Split[d] == "" {
				by = append(by, d)
			}
		}
		return strings.Join(by, ",")
	}
	grain := func(period string) string {
		if strings.Contains(period, "Q") {
			return "quarter"
		}
		return "month"
	}
	for _, s := range list {
		if strings.HasPrefix(s.KPI, "sla:") || s.Part == "contribution" {
			continue
		}
		a := asked{grain(s.Period), dimensions(s)}
		if !slices.Contains(names[a], s.KPI) {
			names[a] = append(names[a], s.KPI)
		}
	}
	truth := map[string]float64{}
	for a, n := range names {
		args := append([]string{"kpi", "--anew"}, n...)
		args = append(args, "--period", a.grain, "--json", "--project", project)
		if a.by != "" {
			args = append(args, "--by", a.by)
		}
		var out struct {
			KPIs []struct {
				Name, Period, Currency string
				By                     map[string]string
				Value                  *float64
				Used                   int64
			}
		}
		decode(t, millrace(t, args...), &out)
		for _, v := range out.KPIs {
			var of []string
			for d, x := range v.By {
				of = append(of, d+"="+x)
			}
			if v.By["currency"] == "" && v.Currency != "" {
				of = append(of, "currency="+v.Currency)
			}
			sort.Strings(of)
			s := pageFigure{KPI: v.Name, Of: strings.Join(of, ","), Period: v.Period, Part: "used"}
			truth[s.key()] = float64(v.Used)
			if v.Value != nil {
				s.Part = "value"
				truth[s.key()] = *v.Value
			}
		}
	}
	var levels struct {
		AsOf  string `json:"as_of"`
		Rules []struct {
			Name         string
			OpenBreached float64 `json:"open_breached"`
			AtRisk       float64 `json:"at_risk"`
		}
	}
	decode(t, millrace(t, "sla", "--anew", "--json", "--project", project), &levels)
	for _, r := range levels.Rules {
		truth[pageFigure{KPI: "sla:" + r.Name, Period: levels.AsOf, Part: "open_breached"}.key()] = r.OpenBreached
		truth[pageFigure{KPI: "sla:" + r.Name, Period: levels.AsOf, Part: "at_risk"}.key()] = r.AtRisk
	}
	wrong := 0
	for _, s := range list {
		want, ok := truth[s.key()]
		switch s.Part {
		case "contribution":
			continue
		case "delta", "season":
			back := map[string]int{"delta": 1, "season": 4}[s.Part]
			x := s
			x.Part = "value"
			now, is := truth[x.key()]
			x.Period = quartersBefore(s.Period, back)
			was, there := truth[x.key()]
			want, ok = now-was, is && there
		}
		if !ok || math.Abs(s.Value-want) > 1e-9*max(1, math.Abs(want)) {
			if wrong++; wrong < 10 {
				t.Errorf("page %s says %s is %q (%v); the figure is %v (known: %v)", s.Page, s.key(), s.Text, s.Value, want, ok)
			}
		}
	}
}

// quartersBefore is the quarter n quarters before another.
func quartersBefore(quarter string, n int) string {
	var y, q int
	fmt.Sscanf(quarter, "%d-Q%d", &y, &q)
	q += 4*y - n - 1
	return fmt.Sprintf("%d-Q%d", q/4, q%4+1)
}

// checkSums adds up what changes come of: in each table, the rows are the whole.
func checkSums(t *testing.T, list []pageFigure) {
	t.Helper()
	sums, totals := map[string]float64{}, map[string]float64{}
	seen := map[string]bool{}
	for _, s := range list {
		key := s.Page + " " + s.KPI
		switch {
		case s.Part != "contribution" || seen[s.Page+s.key()]: // the lead says one of them, too
			continue
		case s.Of == "total":
			totals[key] = s.Value
		default:
			sums[key] += s.Value
		}
		seen[s.Page+s.key()] = true
	}
	tables := 0
	for key, total := range totals {
		if strings.HasPrefix(key, "executive") {
			continue // it has no table, and names one part
		}
		tables++
		if math.Abs(sums[key]-total) > 1e-9 {
			t.Errorf("%s: the parts add up to %v, the whole is %v", key, sums[key], total)
		}
	}
	if tables == 0 {
		t.Error("no page says what a change comes of")
	}
}
