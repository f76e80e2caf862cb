package layout_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"millrace/eventlog"
	"millrace/mining/bpmn"
	"millrace/mining/conform"
	"millrace/mining/petri"
	"millrace/mining/tree"
	"millrace/reports/layout"
	"millrace/reports/pagetest"
	"millrace/reports/words"
)

func drawModel(t *testing.T, m layout.Model) string {
	t.Helper()
	var b bytes.Buffer
	if err := layout.LayModel(m).Inline(&b, "p"); err != nil {
		t.Fatal(err)
	}
	svg, pieces, _ := strings.Cut(b.String(), `<div class="pieces">`)
	wellFormed(t, svg)
	wellFormed(t, `<div class="pieces">`+pieces)
	return svg + "\n"
}

// TestModels: small models, alone and with what a log makes of them, are drawn
// as they were.
func TestModels(t *testing.T) {
	datadriven.RunTest(t, "testdata/model", func(t *testing.T, d *datadriven.TestData) string {
		model, log, _ := strings.Cut(d.Input, "\nlog\n")
		var m layout.Model
		var n *petri.Net
		if d.Cmd == "net" {
			n = netOf(t, model)
			m.Diagram = bpmn.OfNet(n)
		} else {
			tr, err := tree.Parse(strings.TrimSpace(model))
			if err != nil {
				return err.Error() + "\n"
			}
			n, m.Diagram = tr.Net(), bpmn.FromTree(tr)
		}
		if d.HasArg("de") {
			m.Language, _ = words.Find("de")
		}
		if log != "" {
			s, err := eventlog.ParseSummary(log)
			if err != nil {
				return err.Error() + "\n"
			}
			a, err := conform.Align(context.Background(), s, n, conform.Options{})
			if err != nil {
				return err.Error() + "\n"
			}
			m.Use = layout.UseOf(m.Diagram, bpmn.TasksOf(m.Diagram, n), a)
		}
		svg := drawModel(t, m)
		if dir := os.Getenv("MILLRACE_PICTURES"); dir != "" {
			var b bytes.Buffer
			if err := layout.LayModel(m).Write(&b); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("model_%s.svg", strings.ReplaceAll(filepath.Base(d.Pos), ":", "_"))), b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return svg
	})
}

// netOf reads arcs, "place > transition" or the other way round; transitions are in
// quotation marks, those without a name silent. The first place has a token at
// first, the last one at the end.
func netOf(t *testing.T, text string) *petri.Net {
	t.Helper()
	n := &petri.Net{}
	places := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var label string
		var in, out []int
		sides := strings.Split(line, ">")
		label = strings.Trim(sides[1], "' ")
		for i, side := range []string{sides[0], sides[2]} {
			for _, p := range strings.Fields(side) {
				if _, ok := places[p]; !ok {
					places[p] = n.AddPlace(p)
				}
				if i == 0 {
					in = append(in, places[p])
				} else {
					out = append(out, places[p])
				}
			}
		}
		n.AddTransition(label, in, out)
	}
	n.Mark([]int{0}, []int{len(n.Places) - 1})
	return n
}

// TestModelOfHostileNames: what is in a picture is shapes and text, and the same each
// time.
func TestModelOfHostileNames(t *testing.T) {
	draw := func() string {
		f := pagetest.HostileFlow().Models[""]
		return drawModel(t, layout.Model{Diagram: f.Diagram, Use: f.Use})
	}
	svg := draw()
	if draw() != svg {
		t.Error("the same model is drawn in two ways")
	}
	text := wellFormed(t, svg)
	for _, want := range []string{`</script><script>`, `DROP TABLE`, "請求書を作成", "(no name)", "__f__(window.PWN=9)__f__"} {
		if !strings.Contains(text, want) {
			t.Errorf("the picture does not say %q", want)
		}
	}
	f := pagetest.O2C().Models()[""]
	before := slices.Clone(f.Diagram.Nodes)
	layout.LayModel(layout.Model{Diagram: f.Diagram, Use: f.Use})
	if !slices.Equal(before, f.Diagram.Nodes) {
		t.Error("drawing a diagram changes it")
	}
}

// TestModelAddsUp: the numbers in a picture, read from it, are those of the
// alignments: what is done, skipped and beside, whatever the place.
func TestModelAddsUp(t *testing.T) {
	f := pagetest.O2C().Models()[""]
	svg := drawModel(t, layout.Model{Diagram: f.Diagram, Use: f.Use})
	var skipped, beside int64
	for _, d := range f.Deviations {
		if d.Kind == conform.InModel {
			skipped += d.Moves
		} else {
			beside += d.Moves
		}
	}
	sums := map[string]int64{}
	for class, texts := range textsByClass(t, svg) {
		for _, text := range texts {
			digits := strings.Map(func(r rune) rune {
				if r < '0' || r > '9' {
					return -1
				}
				return r
			}, text)
			var n int64
			if _, err := fmt.Sscan(digits, &n); err == nil {
				sums[class] += n
			}
		}
	}
	if sums["task/sub skipped"] != skipped || sums["behind/"] != beside || sums["aside/sub"] != beside {
		t.Errorf("the picture has %v, alignments %d skipped and %d beside", sums, skipped, beside)
	}
	if skipped == 0 || beside == 0 {
		t.Error("nothing is tested")
	}
}

// textsByClass are the texts of a picture by the classes of their group and of
// themselves.
func textsByClass(t *testing.T, svg string) map[string][]string {
	t.Helper()
	of := map[string][]string{}
	group, text := "", ""
	class := func(e xml.StartElement) string {
		for _, a := range e.Attr {
			if a.Name.Local == "class" {
				return a.Value
			}
		}
		return ""
	}
	for dec := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return of
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "g":
				group = class(e)
			case "text":
				text = class(e)
				var s string
				if err := dec.DecodeElement(&s, &e); err != nil {
					t.Fatal(err)
				}
				of[group+"/"+text] = append(of[group+"/"+text], s)
			}
		}
	}
}
