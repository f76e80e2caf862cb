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
		t.Skip("MILLRACE_PICTURES names no directory")
	}
	l := pagetest.O2C()
	svg := draw(t, l.Graph(math.MaxInt), layout.Waiting, layout.Options{Spine: l.Spine(), Backward: l.Backward(), Cases: "orders"})
	if err := os.WriteFile(dir+"/map.svg", []byte(svg), 0o600); err != nil {
		t.Fatal(err)
	}
}
