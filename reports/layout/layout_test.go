package layout_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"millrace/mining"
	"millrace/reports/layout"
	"millrace/reports/pagetest"
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
	svg := draw(t, l.Graph(math.MaxInt), layout.Waiting, layout.Options{Spine: l.Spine(), Backward: l.Backward(), Cases: "orders"})
	if err := os.WriteFile(dir+"/map.svg", []byte(svg), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestHostileNames: whatever a name is, the picture is well formed, holds
// nothing but shapes and text, and says the name.
func TestHostileNames(t *testing.T) {
	l := pagetest.O2C().Rename(pagetest.Hostile)
	text := wellFormed(t, draw(t, l.Graph(math.MaxInt), layout.Waiting, layout.Options{Spine: l.Spine(), Backward: l.Backward()}))
	for _, want := range []string{`</script><script>`, `DROP TABLE`, `請求書を作成`, `📦`, "(no name)"} {
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
