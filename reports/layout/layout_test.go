package layout_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"millrace/mining"
	"millrace/reports/layout"
	"millrace/reports/pagetest"
	"millrace/reports/words"
)

func draw(t *testing.T, g *mining.Graph, mode layout.Mode, o layout.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := layout.SVG(&b, g, mode, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// wellFormed returns the text of an SVG, and fails if it is not well formed.
func wellFormed(t *testing.T, svg string) string {
	t.Helper()
	var text strings.Builder
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return text.String()
		}
		if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			if name := token.Name.Local; name == "script" || name == "img" || name == "foreignObject" {
				t.Fatalf("the picture has an element %q", name)
			}
		}
	}
}

// TestPicture keeps a picture to look at: MILLRACE_PICTURES=dir.
func TestPicture(t *testing.T) {
	dir := os.Getenv("MILLRACE_PICTURES")
	if dir == "" {
		return // it takes pictures for people, when told where to
	}
	l := pagetest.O2C()
	svg := draw(t, l.Graph(math.MaxInt), layout.Waiting, layout.Options{Spine: l.Spine(), Backward: l.Backward(), Cases: words.Noun{One: "order", Many: "orders"}})
	if err := os.WriteFile(dir+"/map.svg", []byte(svg), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestHostileNames: whatever a name is, the picture is well formed, holds
// nothing but shapes and text, and says the name.
func TestHostileNames(t *testing.T) {
	l := pagetest.O2C().Rename(pagetest.Hostile)
	text := wellFormed(t, draw(t, l.Graph(math.MaxInt), layout.Waiting, layout.Options{Spine: l.Spine(), Backward: l.Backward()}))
	for _, want := range []string{`</script><script>`, `DROP TABLE`, `請求書を作成`, `📦`, "(no name)", "__f__(window.PWN=9)__f__"} {
		if !strings.Contains(text, want) {
			t.Errorf("the picture does not say %q", want)
		}
	}
}

// TestSameDrawing: the same graph is drawn the same, whichever way it was made.
func TestSameDrawing(t *testing.T) {
	l := pagetest.O2C()
	o := layout.Options{Spine: l.Spine(), Backward: l.Backward()}
	first := draw(t, l.Graph(math.MaxInt), layout.Frequency, o)
	if again := draw(t, pagetest.O2C().Graph(math.MaxInt), layout.Frequency, o); again != first {
		t.Error("two drawings of the same graph differ")
	}
}

// TestCaps: a graph too large to read is cut, and says so.
func TestCaps(t *testing.T) {
	g := &mining.Graph{Cases: 10}
	names := pagetest.Numbered("step ", 40)
	for i, a := range names {
		g.Activities = append(g.Activities, mining.Activity{Name: a, Events: int64(100 - i), Cases: 10})
		for k := range names {
			if k != i {
				g.Edges = append(g.Edges, mining.Edge{From: a, To: names[k], Count: int64(1 + (i*7+k*3)%11), Cases: 1})
			}
		}
	}
	g.Start = []mining.Terminal{{Activity: names[0], Cases: 10}}
	g.End = []mining.Terminal{{Activity: names[5], Cases: 10}}
	d, err := layout.Lay(g, layout.Options{MaxActivities: 20, MaxPaths: 60})
	if err != nil {
		t.Fatal(err)
	}
	if d.Activities != 20 || d.Paths != 60 {
		t.Errorf("drawn: %d activities and %d paths, want 20 and 60", d.Activities, d.Paths)
	}
	if d.Coverage <= 0 || d.Coverage >= 1 {
		t.Errorf("coverage %g, want a part", d.Coverage)
	}
	var codes []string
	for _, n := range d.Notes {
		codes = append(codes, n.Code)
	}
	if got := strings.Join(codes, " "); got != "map-activities map-paths" {
		t.Errorf("notes %q", got)
	}
}

// TestSmallGraphs: none of them is an error.
func TestSmallGraphs(t *testing.T) {
	for name, g := range map[string]*mining.Graph{
		"nothing": {},
		"one activity": {Cases: 3, Activities: []mining.Activity{{Name: "a", Events: 3, Cases: 3}},
			Start: []mining.Terminal{{Activity: "a", Cases: 3}}, End: []mining.Terminal{{Activity: "a", Cases: 3}}},
		"only a loop": {Cases: 3, Activities: []mining.Activity{{Name: "a", Events: 6, Cases: 3, Rework: 3}},
			Edges: []mining.Edge{{From: "a", To: "a", Count: 3, Cases: 3}}},
	} {
		t.Run(name, func(t *testing.T) { wellFormed(t, draw(t, g, layout.Waiting, layout.Options{})) })
	}
}

// TestSpineIsStraight: the activities of the usual way stand one under the
// other, and an edge against the usual order is drawn upwards.
func TestSpineIsStraight(t *testing.T) {
	l := pagetest.O2C()
	svg := draw(t, l.Graph(math.MaxInt), layout.Waiting, layout.Options{Spine: l.Spine(), Backward: l.Backward()})
	place := func(name string) (x, y string) {
		t.Helper()
		_, rest, ok := strings.Cut(svg, "<title>"+name+": ")
		if !ok {
			t.Fatalf("no box %q", name)
		}
		_, rest, _ = strings.Cut(rest, `<rect x="`)
		x, rest, _ = strings.Cut(rest, `" y="`)
		y, _, _ = strings.Cut(rest, `"`)
		return x, y
	}
	want, _ := place("Create sales order")
	for _, a := range l.Spine() {
		if x, _ := place(a); x != want {
			t.Errorf("%q is at %s, the spine at %s", a, x, want)
		}
	}
}

// TestAgreed: agreed payment terms, the longest and largest wait of all, take
// no colour and no width, and do not push the others down the scale.
func TestAgreed(t *testing.T) {
	l := pagetest.O2C()
	agreed := func(from, to string) bool { return from == "Send invoice" && to != "Raise dispute" }
	g := l.Graph(math.MaxInt)
	facts := l.Facts(g)
	facts.Agreed = agreed
	with := layout.NewScale(layout.Layer{Graph: g, Facts: facts})
	svg := draw(t, g, layout.Waiting, layout.Options{Spine: l.Spine(), Backward: l.Backward(), Scale: with, Facts: facts})
	path := func(from, to string) string {
		t.Helper()
		_, rest, ok := strings.Cut(svg, "<title>"+from+" → "+to+": ")
		if !ok {
			t.Fatalf("no path %s → %s", from, to)
		}
		before := svg[:len(svg)-len(rest)]
		head := before[strings.LastIndex(before, "<g class"):]
		line, _, _ := strings.Cut(rest, "</g>")
		return head + line
	}
	terms := path("Send invoice", "Receive payment")
	for _, want := range []string{`class="path agreed`, "wp0", "ws0", "wk0", "wv0", "; agreed<"} {
		if !strings.Contains(terms, want) {
			t.Errorf("the terms of payment lack %q: %s", want, terms)
		}
	}
	if other := path("Confirm order", "Create delivery"); strings.Contains(other, "agreed") || !strings.Contains(other, "wp9") {
		t.Errorf("of the waits that are not agreed, the largest is not the widest: %s", other)
	}
	if !strings.Contains(layout.CSS(), ".map .path:is(.end,.agreed){--path:var(--agreed)}") {
		t.Error("the style gives agreed waits no colour of their own")
	}
	without := layout.NewScale(layout.Layer{Graph: g})
	if with.Waits[3] > without.Waits[3] || !with.Agreed() || without.Agreed() {
		t.Errorf("thresholds %v with terms that are agreed, %v without", with.Waits, without.Waits)
	}
}

// TestUntimed: a log without times shows how often, not empty labels of waits.
func TestUntimed(t *testing.T) {
	l := pagetest.O2C()
	g := l.Graph(math.MaxInt)
	for i := range g.Edges {
		g.Edges[i].Wait = nil
	}
	d, err := layout.Lay(g, layout.Options{Spine: l.Spine()})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := d.Inline(&b, layout.Frequency, "m"); err != nil {
		t.Fatal(err)
	}
	if svg := b.String(); !strings.Contains(svg, `class="map frequency`) || strings.Contains(svg, `class="lp`) || !strings.Contains(svg, `<text class="lf">4,827</text>`) {
		t.Error("a map without times does not show frequencies, or shows waits")
	}
}

// TestSameColours: a colour of the palette has one meaning, in both schemes.
func TestSameColours(t *testing.T) {
	meaning := map[string]string{}
	for part := range strings.SplitSeq(layout.CSS(), ":root{") {
		clear(meaning)
		part, _, _ = strings.Cut(part, "}")
		for _, m := range regexp.MustCompile(`--([pfv])([0-4]):(#[0-9a-f]{3,6})`).FindAllStringSubmatch(part, -1) {
			if other, used := meaning[m[3]]; used {
				t.Errorf("%s is both %s and %s%s", m[3], other, m[1], m[2])
			}
			meaning[m[3]] = m[1] + m[2]
		}
	}
}

// TestStraightBesideGaps: the usual way is straight even where the picture
// does not draw one of its steps.
func TestStraightBesideGaps(t *testing.T) {
	l := pagetest.O2C()
	g := l.Graph(math.MaxInt)
	g.Edges = slices.DeleteFunc(g.Edges, func(e mining.Edge) bool { return e.From == "Create delivery" && e.To == "Pick" })
	d, err := layout.Lay(g, layout.Options{Spine: l.Spine(), Backward: l.Backward()})
	if err != nil {
		t.Fatal(err)
	}
	last := 0.0
	for _, a := range l.Spine() {
		x, y, _, ok := d.Place(a)
		if !ok || math.Abs(x) > 1 || y <= last {
			t.Errorf("%s is at %.0f, %.0f, want under the start and below %.0f", a, x, y, last)
		}
		last = y
	}
}
