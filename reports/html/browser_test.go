package html_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"millrace/reports/pagetest"
)

// missing skips the test where something is not installed, and fails it in CI.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// A browser shows pages and keeps what they asked for and complained of.
type browser struct {
	context.Context
	t *testing.T

	mu         sync.Mutex
	requests   []string
	complaints []string
}

// startBrowser starts the one Chromium of this package's tests: a start costs
// more than most tests do. TestMain stops it.
var startBrowser = sync.OnceValues(func() (context.Context, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(ctx)
	stopBrowser = func() { stop(); stopAllocator() }
	return ctx, chromedp.Do(ctx)
})

var stopBrowser = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

// newBrowser is a window of the one browser, with nothing that another test
// has stored or set.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	started, err := startBrowser()
	if errors.Is(err, exec.ErrNotFound) {
		missing(t, "no chromium in PATH; on Debian: apt-get install chromium fonts-noto-cjk")
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(started, 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &browser{Context: ctx, t: t}
	b.must(chromedp.Listen(ctx, b.hear))
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	b.must(err)
	return b
}

func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, fmt.Sprint("console.", e.Type))
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, e.Entry.Text)
	}
}

func (b *browser) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// open shows a page of a width, in CSS pixels.
func (b *browser) open(page []byte, width int64) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "report.html")
	b.must(os.WriteFile(file, page, 0o600))
	b.must(chromedp.Do(b, chromedp.EmulateViewport(width, 900), chromedp.Navigate("file://"+file)))
}

func (b *browser) media(features ...*emulation.MediaFeature) {
	b.t.Helper()
	_, err := chromedp.Call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
	b.must(err)
}

func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	b.must(err)
	return v
}

// quiet fails if the page asked for anything but itself, or complained.
func (b *browser) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, url := range b.requests {
		if !strings.HasPrefix(url, "data:") && (!strings.HasPrefix(url, "file://") || !strings.HasSuffix(url, "/report.html")) {
			b.t.Errorf("the page asks for %s", url)
		}
	}
	for _, text := range b.complaints {
		b.t.Errorf("the browser says: %s", text)
	}
}

var screens = []int64{320, 390, 820, 1280, 1600}

func TestFitsEveryScreen(t *testing.T) {
	b := newBrowser(t)
	pages := map[string][]byte{"sample": render(t, sample()), "hostile": render(t, pagetest.HostileFlow())}
	for _, name := range []string{"sample", "hostile"} {
		for _, width := range screens {
			b.open(pages[name], width)
			eval[bool](b, `document.querySelectorAll("details").forEach(d => d.open = true), true`)
			if wide := eval[int64](b, `document.documentElement.scrollWidth`); wide > width {
				who := eval[string](b, `[...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll") && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + "." + e.getAttribute("class")).slice(0, 6).join(" ")`)
				t.Errorf("%s page at %d pixels is %d wide: %s", name, width, wide, who)
			}
		}
	}
	b.quiet()
}

func TestHostileWordsAreInert(t *testing.T) {
	b := newBrowser(t)
	b.open(render(t, pagetest.HostileFlow()), 1280)
	// Both weights of the typeface inside are taken, and nothing beside them is loaded.
	if got := eval[string](b, `document.fonts.ready.then(f => [...f].map(x => x.family + " " + x.weight + " " + x.status).join())`); got != `"Millrace Sans" 100 549 loaded,"Millrace Sans" 550 900 loaded` && got != "Millrace Sans 100 549 loaded,Millrace Sans 550 900 loaded" {
		t.Errorf("typefaces: %s", got)
	}
	if ran := eval[string](b, `String(window.PWN)`); ran != "undefined" {
		t.Errorf("a name ran: %s", ran)
	}
	eval[bool](b, `document.querySelectorAll(".level.l3 .act, .level.l1 .act").forEach(a => a.dispatchEvent(new MouseEvent("click", {bubbles: true}))), true`)
	if n := eval[int64](b, `document.querySelectorAll("img, script:not(body > script:last-child, .replay-data), iframe, [onload], [onerror], [onmouseover]").length`); n != 0 {
		t.Errorf("names made %d elements", n)
	}
	if ran := eval[string](b, `String(window.PWN)`); ran != "undefined" {
		t.Errorf("a name ran on a click: %s", ran)
	}
	if text := eval[string](b, `document.querySelector(".l1").textContent`); !strings.Contains(text, `</script><script>window.PWN=1</script>`) {
		t.Error("the hostile name is not shown as it is")
	}
	b.quiet()
}

// TestPolicyHolds: what the policy does not allow does not run.
func TestPolicyHolds(t *testing.T) {
	b := newBrowser(t)
	page := strings.Replace(string(render(t, sample())), "</main>", `<script>window.PWN=1</script><style>body{outline:7px solid}</style></main>`, 1)
	b.open([]byte(page), 1280)
	if ran := eval[string](b, `String(window.PWN)`); ran != "undefined" {
		t.Error("an inline script ran")
	}
	if width := eval[string](b, `getComputedStyle(document.body).outlineWidth`); width == "7px" {
		t.Error("an inline style took effect")
	}
	if b.complaints == nil {
		t.Error("the browser did not complain of either")
	}
}

func TestReadsWithoutScript(t *testing.T) {
	b := newBrowser(t)
	_, err := chromedp.Call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.must(err)
	b.open(render(t, sample()), 1280)
	text := eval[string](b, `document.body.innerText`)
	for _, want := range []string{"The costliest wait", "36.6", "42.1", "Send reminder → Receive payment", "Definitions", "Post goods issue"} {
		if !strings.Contains(text, want) {
			t.Errorf("without script the page does not say %q", want)
		}
	}
	visible := `[...document.querySelectorAll(".level")].filter(e => e.checkVisibility()).map(e => e.classList[1]).join()`
	if got := eval[string](b, visible); got != "l1" {
		t.Errorf("levels shown: %q, want l1", got)
	}
	b.must(chromedp.Do(b, chromedp.Click(`.choice label:has(.pick-0)`)))
	if got := eval[string](b, visible); got != "l0" {
		t.Errorf("levels shown after a choice: %q, want l0", got)
	}
	if eval[bool](b, `document.querySelector(".l0 .lf").checkVisibility()`) {
		t.Error("frequencies are shown beside waits")
	}
	b.must(chromedp.Do(b, chromedp.Click(`.choice label:has(.show-frequency)`)))
	if !eval[bool](b, `document.querySelector(".l0 .lf").checkVisibility() && !document.querySelector(".l0 .lp").checkVisibility()`) {
		t.Error("the switch does not show frequencies")
	}
	b.quiet()
}

// TestModesWithoutScript: every mode shows its own labels, colours and legend,
// and every ranking its own ways, by radio buttons and style alone.
func TestModesWithoutScript(t *testing.T) {
	b := newBrowser(t)
	_, err := chromedp.Call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.must(err)
	b.open(render(t, sample()), 1280)
	// the hand-over from Create delivery to Pick, as each mode tells it
	const label = `(() => {
		const l1 = document.querySelector(".l1"), n = name => [...l1.querySelectorAll(".act")].find(a => a.querySelector(".name").textContent === name).dataset.n;
		const of = s => l1.querySelector(s + "[data-way='" + n("Create delivery") + " " + n("Pick") + "']");
		const text = [...of(".label").querySelectorAll("text")].filter(t => t.checkVisibility()).map(t => t.textContent);
		const key = [...document.querySelectorAll(".key")].filter(k => k.checkVisibility()).map(k => k.classList[1]);
		const heads = [...of(".path").querySelectorAll(".head")].filter(k => k.checkVisibility()).length;
		return text.join() + " " + key.join() + " " + heads + " " + getComputedStyle(of(".path").querySelector(".line")).stroke;
	})()`
	seen := map[string]bool{}
	for _, c := range []struct{ mode, want string }{
		{"waiting", "6.3 h key-waiting 1 "}, {"slow", "12 h key-slow 1 "}, {"working", "2.6 h key-working 1 "}, {"value", "€19.8k key-value 1 "}, {"frequency", "4,827 key-frequency 1 "},
	} {
		b.must(chromedp.Do(b, chromedp.Click(`.choice label:has(.show-`+c.mode+`)`)))
		got := eval[string](b, label)
		if !strings.HasPrefix(strings.ReplaceAll(got, "\u00a0", " "), c.want) {
			t.Errorf("%s: the map shows %q, want %q", c.mode, got, c.want)
		}
		seen[got[strings.Index(got, "rgb"):]] = true
	}
	if len(seen) < 3 { // the modes of waits share their colours
		t.Errorf("waits, values and frequencies have %d colours for a path", len(seen))
	}
	const first = `[...document.querySelectorAll(".ranking")].filter(r => r.checkVisibility()).map(r => r.querySelector("li:nth-child(2) .difference").textContent).join()`
	if got := eval[string](b, first); got != "with Confirm delivery" {
		t.Errorf("second most frequent: %q", got)
	}
	b.must(chromedp.Do(b, chromedp.Click(`.choice label:has(.rank-1)`)))
	if got := eval[string](b, first); got != "with Send reminder" {
		t.Errorf("second by avoidable time: %q", got)
	}
	if eval[bool](b, `document.querySelector(".replay").checkVisibility()`) {
		t.Error("a replay that cannot play is offered")
	}
	b.quiet()
}

// TestReplay: dots move when a reader says so, never before, and not where
// less motion is wanted, where the slider still shows any moment.
func TestReplay(t *testing.T) {
	b := newBrowser(t)
	page := render(t, sample())
	const dots = `document.querySelectorAll(".l1 .token").length`
	const where = `[...document.querySelectorAll(".token")].map(d => d.getAttribute("cx") + " " + d.getAttribute("cy")).join() + document.querySelector(".replay output").textContent`
	later := func(ms int) string {
		return eval[string](b, fmt.Sprintf(`new Promise(r => setTimeout(() => r(%s), %d))`, where, ms))
	}
	// Click waits for a page at rest, which a replay is not.
	press := func() {
		t.Helper()
		if !eval[bool](b, `(() => {
			const button = document.querySelector(".replay button");
			button.scrollIntoView({block: "center"});
			const r = button.getBoundingClientRect();
			if (document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2) !== button) return false;
			button.click();
			return true;
		})()`) {
			t.Error("something lies over the button")
		}
	}
	b.open(page, 1280)
	if n := eval[int64](b, dots); n != 0 || later(300) != eval[string](b, where) {
		t.Errorf("before anybody plays it there are %d dots, or they move", n)
	}
	if got := eval[string](b, where); got != "4 Feb 2026" {
		t.Errorf("it begins at %q", got)
	}
	eval[bool](b, `{ const s = document.querySelector(".replay input"); s.value = 500; s.dispatchEvent(new Event("input")); } true`)
	if n := eval[int64](b, dots); n == 0 || n > 62 {
		t.Errorf("in the middle there are %d dots, want some of 61", n)
	}
	// every dot is on the line it is said to be on
	if off := eval[int64](b, `(() => {
		const near = [];
		document.querySelectorAll(".l1 .line").forEach(l => { const n = l.getTotalLength(); for (let i = 0; i <= 60; i++) near.push(l.getPointAtLength(n * i / 60)); });
		return [...document.querySelectorAll(".l1 .token")].filter(d => !near.some(p => Math.hypot(p.x - d.getAttribute("cx"), p.y - d.getAttribute("cy")) < 10)).length;
	})()`); off != 0 {
		t.Errorf("%d dots are beside the lines", off)
	}
	still := eval[string](b, where)
	press()
	if later(900) == still {
		t.Error("nothing moves after Play")
	}
	if got := eval[string](b, `document.querySelector(".replay button").textContent`); got != "Pause" {
		t.Errorf("while it plays the button says %q", got)
	}
	press()
	if still = eval[string](b, where); later(400) != still {
		t.Error("it moves after Pause")
	}
	eval[bool](b, `document.querySelector(".pick-0").click(), true`)
	if n := eval[int64](b, `document.querySelectorAll(".l1 .token").length * 1000 + document.querySelectorAll(".l0 .token").length`); n == 0 || n >= 1000 {
		t.Errorf("after another level is chosen: %d dots (thousands: on the old one)", n)
	}

	b.media(&emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	b.open(page, 1280)
	if eval[bool](b, `document.querySelector(".replay button").checkVisibility()`) || !eval[bool](b, `document.querySelector(".replay .still").checkVisibility()`) {
		t.Error("with reduced motion there is a button to play, or no word on why not")
	}
	eval[bool](b, `document.querySelector(".replay button").click(), true`)
	if still = eval[string](b, where); later(500) != still || eval[int64](b, dots) != 0 {
		t.Error("it plays although less motion is wanted")
	}
	eval[bool](b, `{ const s = document.querySelector(".replay input"); s.value = 500; s.dispatchEvent(new Event("input")); } true`)
	if eval[int64](b, dots) == 0 {
		t.Error("the slider shows nothing with reduced motion")
	}
	b.quiet()
}

func TestChoosesAnActivityByKeyboard(t *testing.T) {
	b := newBrowser(t)
	b.open(render(t, sample()), 1280)
	said := eval[string](b, `(() => {
		const act = [...document.querySelectorAll(".l1 .act")].find(a => a.textContent.includes("Create invoice"));
		act.focus();
		act.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
		return document.querySelector(".chosen-activity").innerText;
	})()`)
	if !strings.Contains(said, "Create invoice: 4,870 events") || !strings.Contains(said, "Post goods issue → Create invoice") {
		t.Errorf("chosen: %q", said)
	}
	b.quiet()
}

// TestAccessible runs axe-core over the page, light and dark, wide and narrow,
// with everything open.
func TestAccessible(t *testing.T) {
	axe := axeCore(t)
	b := newBrowser(t)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 390} {
			for _, open := range []string{"true", "false"} {
				b.media(&emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme})
				b.open(render(t, sample()), width)
				eval[bool](b, `document.querySelectorAll("details").forEach(d => d.open = `+open+`), true`)
				eval[bool](b, axe+"\ntrue")
				found := eval[[]string](b, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
					.then(r => r.violations.map(v => v.id + ": " + v.nodes.slice(0, 4).map(n => n.html.slice(0, 160) + " " + (n.any[0] || n.all[0] || n.none[0] || {}).message).join("\n    ")))`)
				for _, f := range found {
					t.Errorf("%s, %d pixels, details open %s: %s", scheme, width, open, f)
				}
			}
		}
	}
}

// axeCore returns the source of axe-core. It is somebody else's, so it is not
// kept here but fetched with npm, once, into the user's cache.
func axeCore(t *testing.T) string {
	t.Helper()
	const name = "axe-core-4.14.1"
	cache, err := os.UserCacheDir()
	if err != nil {
		missing(t, "no cache directory for axe-core: %v", err)
	}
	dir := filepath.Join(cache, "millrace-test")
	file := filepath.Join(dir, name+".tgz")
	if _, err := os.Stat(file); err != nil {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		pack := exec.Command("npm", "pack", "--silent", "--pack-destination", dir, "axe-core@4.14.1")
		if out, err := pack.CombinedOutput(); err != nil {
			missing(t, "axe-core cannot be fetched: npm pack: %v %s", err, out)
		}
	}
	source, err := exec.Command("tar", "-xzOf", file, "package/axe.min.js").Output()
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return string(source)
}

// keep writes a file to look at, if MILLRACE_PICTURES names a directory.
func keep(t *testing.T, name string, data []byte) {
	t.Helper()
	if dir := os.Getenv("MILLRACE_PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPictures(t *testing.T) {
	if os.Getenv("MILLRACE_PICTURES") == "" {
		return // it takes pictures for people, when told where to
	}
	b := newBrowser(t)
	pages := map[string][]byte{"sample": render(t, sample()), "generic": render(t, pagetest.O2C().Flow()), "hostile": render(t, pagetest.HostileFlow())}
	for name, page := range pages {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1280, 390} {
				b.media(&emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme})
				b.open(page, width)
				png, err := chromedp.Run(b, chromedp.FullScreenshot(100))
				b.must(err)
				keep(t, fmt.Sprintf("%s_%s_%d.png", name, scheme, width), png)
			}
		}
	}
}
