package html_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// A look is a way to see a report: how wide, in which colours, what is unfolded.
type look struct {
	width    int64
	features []*emulation.MediaFeature
	unfolded bool
}

func feature(name, value string) *emulation.MediaFeature {
	return &emulation.MediaFeature{Name: name, Value: value}
}

// looks are every width, every scheme, folded and unfolded, each with each of the
// others at least once, and high contrast.
var looks = []look{
	{1280, []*emulation.MediaFeature{feature("prefers-color-scheme", "light")}, false},
	{390, []*emulation.MediaFeature{feature("prefers-color-scheme", "light")}, true},
	{1280, []*emulation.MediaFeature{feature("prefers-color-scheme", "dark")}, true},
	{320, []*emulation.MediaFeature{feature("prefers-color-scheme", "dark")}, false},
	{1280, []*emulation.MediaFeature{feature("forced-colors", "active")}, true},
}

// TestReportLooks goes through the looks of a report in German, whose words are
// the longest, with all its pages shown at once: nothing sticks out, axe-core
// finds nothing, in high contrast no text is left in a colour of ours, and the
// first screen looks as it did (testdata/looks; UPDATE=1 writes it anew).
func TestReportLooks(t *testing.T) {
	report := reportIn(t, "de")
	axe := axeCore(t)
	b := newBrowser(t)
	var pictures []*image.Gray
	for _, l := range looks {
		name := fmt.Sprintf("%d_%s_%s", l.width, l.features[0].Value, map[bool]string{true: "unfolded", false: "folded"}[l.unfolded])
		b.media(l.features...)
		b.open(report, l.width)
		shot := b.picture(l.width)
		pictures = append(pictures, shot)
		sameLook(t, name, shot)
		eval[bool](b, fmt.Sprintf(`(document.querySelectorAll(".sheet").forEach(s => s.style.display = "block"), document.querySelectorAll("details").forEach(d => d.open = %v), true)`, l.unfolded))
		if wide := eval[int64](b, `document.documentElement.scrollWidth`); wide > l.width {
			t.Errorf("%s: the report is %d pixels wide", name, wide)
		}
		if l.features[0].Name == "forced-colors" {
			if !eval[bool](b, `matchMedia("(forced-colors: active)").matches`) {
				t.Error("the browser forces no colours: nothing is tested")
			}
			// Chromium forces the colours of text; fills of SVG are the page's to give.
			if left := eval[[]string](b, `[...document.querySelectorAll("svg.map .name, svg.map .sub, svg.chart text, .share .part")].filter(e => e.checkVisibility()).map(e => getComputedStyle(e).fill)
				.filter((c, i, all) => all.indexOf(c) === i)`); len(left) > 3 {
				t.Errorf("in high contrast texts and bars of pictures have the colours %v", left)
			}
			continue
		}
		eval[bool](b, axe+"\ntrue")
		for _, f := range eval[[]string](b, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"]})
			.then(r => r.violations.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + (n.any[0] || n.all[0] || n.none[0] || {}).message).join("\n    ")))`) {
			t.Errorf("%s: %s", name, f)
		}
	}
	if differs(pictures[0], pictures[2]) == "" {
		t.Error("light and dark are taken to look the same: the comparison tells nothing")
	}
	b.quiet()
}

// block is how many pixels, across and down, are one of a stored picture: so
// coarse that it is of where things are and how dark, not of a face's letters.
const block = 16

// picture takes the first screen, coarse and grey.
func (b *browser) picture(width int64) *image.Gray {
	b.t.Helper()
	const height = 1600
	b.must(chromedp.Do(b, chromedp.EmulateViewport(width, height)))
	shot, err := chromedp.Call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: "png"})
	b.must(err)
	whole, err := png.Decode(bytes.NewReader(shot.Data))
	b.must(err)
	coarse := image.NewGray(image.Rect(0, 0, int(width)/block, height/block))
	for y := range coarse.Rect.Dy() {
		for x := range coarse.Rect.Dx() {
			sum := 0
			for dy := range block {
				for dx := range block {
					sum += int(color.GrayModel.Convert(whole.At(x*block+dx, y*block+dy)).(color.Gray).Y)
				}
			}
			coarse.SetGray(x, y, color.Gray{Y: uint8(sum / block / block)})
		}
	}
	return coarse
}

// differs says how two pictures differ beyond what other versions of a browser
// and of its faces do; "" if they do not.
func differs(a, b *image.Gray) string {
	if a.Rect != b.Rect {
		return fmt.Sprintf("%v large, was %v", a.Rect, b.Rect)
	}
	const (
		most  = 40  // by which a block may differ, of 255
		parts = .06 // of all blocks that may differ by more
		mean  = 7.0 // by which they may differ on average
	)
	far, sum := 0, 0
	for i := range a.Pix {
		d := int(a.Pix[i]) - int(b.Pix[i])
		d = max(d, -d)
		sum += d
		if d > most {
			far++
		}
	}
	n := float64(len(a.Pix))
	if float64(far)/n > parts || float64(sum)/n > mean {
		return fmt.Sprintf("%.1f %% of it differs much, on average by %.1f of 255", 100*float64(far)/n, float64(sum)/n)
	}
	return ""
}

func sameLook(t *testing.T, name string, got *image.Gray) {
	t.Helper()
	file := filepath.Join("testdata", "looks", name+".png")
	if os.Getenv("UPDATE") != "" {
		var b bytes.Buffer
		if err := png.Encode(&b, got); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	was, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	grey, ok := was.(*image.Gray)
	if !ok {
		t.Fatalf("%s is not grey", file)
	}
	if d := differs(got, grey); d != "" {
		t.Errorf("%s: it looks otherwise: %s; if it is to, UPDATE=1 go test -run TestReportLooks", name, d)
	}
}
