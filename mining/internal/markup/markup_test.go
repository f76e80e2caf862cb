package markup

import (
	"bytes"
	"encoding/xml"
	"io"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "the file is empty, or no XML"},
		{"no XML", "place,transition\n", "the file is empty, or no XML"},
		{"cut off", "<a>\n<b>", "the file ends within <b> of line 2: was it cut off?"},
		{"wrong end", "<a>\n</b>", "line 2: </b> closes no element that is open"},
		{"two roots", "<a/>\n<b/>", "line 2: a second root element <b>"},
		{"a bomb", "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]>\n<a>&c;</a>", "line 2: entity &c; is not expanded: only &lt; &gt; &amp; &quot; &apos; and numbers are"},
		{"a file of the system", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>\n<a>&b;</a>", "line 2: entity &b; is not expanded: only &lt; &gt; &amp; &quot; &apos; and numbers are"},
		{"depth", strings.Repeat("<a>", 100_000), "line 1: elements are nested deeper than 200"},
		{"elements", "<a>" + strings.Repeat("<b/>", MaxElements) + "</a>", "line 1: more than 200000 elements: that is no model for people"},
		{"encoding", `<?xml version="1.0" encoding="klingon"?><a/>`, `xml: opening charset "klingon": the encoding "klingon" is not known; save the file as UTF-8`},
	} {
		if _, err := Read(strings.NewReader(c.text)); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// endless repeats a text for ever.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.text[e.at%len(e.text)]
		e.at++
	}
	return len(p), nil
}

func TestReadIsBounded(t *testing.T) {
	for name, r := range map[string]io.Reader{
		"text":      io.MultiReader(strings.NewReader("<a>"), &endless{text: "x"}),
		"skipped":   io.MultiReader(strings.NewReader("<a><skipped>"), &endless{text: "<b></b>"}),
		"attribute": io.MultiReader(strings.NewReader("<a b='"), &endless{text: "x"}),
		"comment":   io.MultiReader(strings.NewReader("<!-- "), &endless{text: "x"}),
		"doctype":   io.MultiReader(strings.NewReader("<!DOCTYPE a ["), &endless{text: "x"}),
		"attributes": io.MultiReader(strings.NewReader("<a "),
			&endless{text: "x='' "}),
	} {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := read(r, 1<<20, 1<<20, []string{"skipped"})
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "more than 16 MB") {
			t.Errorf("%s: got %v", name, err)
		}
		if grown := int64(after.Sys) - int64(before.Sys); grown > 64<<20 {
			t.Errorf("%s: %d MB more memory", name, grown>>20)
		}
	}
}

func TestReadStopsAtTheLimit(t *testing.T) {
	blank := strings.Repeat(" ", MaxBytes-4)
	if _, err := Read(strings.NewReader(blank + "<a/>")); err != nil {
		t.Error(err)
	}
	if _, err := Read(strings.NewReader(blank + " <a/>")); err == nil || err.Error() != tooLong {
		t.Errorf("got %v, want %s", err, tooLong)
	}
}

// What is skipped leaves no trace, and counts to no bound but those of depth and
// its own bytes.
func TestReadSkips(t *testing.T) {
	long := strings.Repeat("<c d='e'/>", 2*MaxElements)
	e, err := Read(strings.NewReader("<a>1<b>"+long+"<b/></b>2<c><b/>3<d/></c><b/></a>"), "b")
	if err != nil {
		t.Fatal(err)
	}
	if e.Text != "12" || len(e.Children) != 1 || e.Children[0].Text != "3" || len(e.Children[0].Children) != 1 {
		t.Errorf("got %+v", e)
	}
	for text, want := range map[string]string{
		"<a><b>" + strings.Repeat("<c>", 300): "line 1: elements are nested deeper than 200",
		"<a><b><c></b></c></a>":               "line 1: </b> closes no element that is open",
		"<a><b>":                              "the file ends within <b> of line 1: was it cut off?",
		"<a><b/>" + strings.Repeat("<c/>", MaxElements) + "</a>": "line 1: more than 200000 elements: that is no model for people",
	} {
		if _, err := Read(strings.NewReader(text), "b"); err == nil || err.Error() != want {
			t.Errorf("%.20s: got %v, want %s", text, err, want)
		}
	}
	// Seven bytes are left when all that may be skipped was: as many as end it.
	if _, err := read(strings.NewReader("<a><b>"+strings.Repeat("<c/>", 99)+"</b>"), 13, 4*99, []string{"b"}); err == nil || err.Error() == tooLong {
		t.Errorf("got %v", err)
	}
	if _, err := read(strings.NewReader("<a><b>"+strings.Repeat("<c/>", 101)+"</b>"), 13, 4*99, []string{"b"}); err == nil || err.Error() != tooLong {
		t.Errorf("got %v, want %s", err, tooLong)
	}
}

func TestReadEncodings(t *testing.T) {
	e, err := Read(strings.NewReader("\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><p:a xmlns:p='u' p:b='\xfc'>1 <c/> &#50;&amp;</p:a>"))
	if err != nil {
		t.Fatal(err)
	}
	if e.Name != "a" || e.Attr("b") != "ü" || e.Text != "1  2&" || e.Child("c") == nil || e.Path("c", "d") != nil {
		t.Errorf("got %+v", e)
	}
}

// What is written reads back.
func TestWriteReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.SampledFrom([]string{"a", "<", ">", "&", `"`, "'", "\n", "\r", "\t", " ", "ü", "\x00", "\x0b", "\uFFFF", "\xff", "]]>"})).Draw(t, "text")
		want := strings.Map(func(r rune) rune {
			if r == 0 || r == 0x0b || r == 0xFFFF {
				return 0xFFFD
			}
			return r
		}, strings.Join(text, ""))
		var out bytes.Buffer
		w := NewWriter(&out)
		w.Open("a", "b", strings.Join(text, ""))
		w.Text("c", strings.Join(text, ""))
		w.Empty("d")
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		e, err := Read(&out)
		if err != nil {
			t.Fatalf("%v in %s", err, out.String())
		}
		if got := e.Attr("b"); got != want {
			t.Fatalf("attribute %q, want %q", got, want)
		}
		if got := e.Child("c").Text; got != want {
			t.Fatalf("text %q, want %q", got, want)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"<a b='c'>d<e/></a>", "<!DOCTYPE a [<!ENTITY b 'b'>]><a>&b;</a>", "<a>", "<?xml encoding='x'?>"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := Read(bytes.NewReader(text))
		if (e == nil) == (err == nil) {
			t.Fatalf("%v, %v", e, err)
		}
		// Whatever we take for XML, the standard decoder does too, as far as it looks.
		if err == nil && xml.NewDecoder(bytes.NewReader(text)).Skip() != nil && e.Name == "" {
			t.Fatal("a root without a name")
		}
	})
}
