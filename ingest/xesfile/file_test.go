package xesfile

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"millrace/eventlog"
	"millrace/ingest"
)

func write(t testing.TB, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	z.Close()
	return b.Bytes()
}

// try opens and reads a file, and returns the first error and the events.
func try(ctx context.Context, path string, o ingest.Options) (events int, err error) {
	f, err := Format.Open(ctx, path, o)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	err = f.Read(ctx, func(b *eventlog.Batch) error {
		events += b.Len()
		return nil
	})
	return events, err
}

const small = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE log>
<!-- two orders -->
<log xes.version="1.0">
	<string key="source" value='a "shop" &amp; more'/>
	<trace><string key="concept:name" value="o1"/>
		<event><string key="concept:name" value="order"/><date key="time:timestamp" value="2026-01-01T00:00:00Z"/></event>
	</trace>
	<trace>
		<event><string key="concept:name" value="bestätigt"><int key="n" value="1"/></string></event>
	</trace>
</log>`

// A file that was cut off anywhere is an error that names file, line and byte;
// the same goes for a gzipped one.
func TestCutAnywhere(t *testing.T) {
	whole := func(name string, text []byte) {
		if n, err := try(t.Context(), write(t, name, text), ingest.Options{}); n != 2 || err != nil {
			t.Fatalf("whole %s: %d events, %v", name, n, err)
		}
	}
	whole("log.xes", []byte(small))
	whole("log.xes.gz", zipped([]byte(small)))
	for _, name := range []string{"log.xes", "log.xes.gz"} {
		text := []byte(small)
		if strings.HasSuffix(name, ".gz") {
			text = zipped(text)
		}
		path := write(t, name, nil)
		for i := range text {
			if err := os.WriteFile(path, text[:i], 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := try(t.Context(), path, ingest.Options{Attributes: true})
			if err == nil {
				t.Fatalf("%s cut at byte %d of %d: no error", name, i, len(text))
			}
			if !strings.HasPrefix(err.Error(), path+":") {
				t.Fatalf("%s cut at byte %d: error does not name the file: %v", name, i, err)
			}
		}
	}
}

// A log that was longer than what the survey reads fails in Read, and says how
// many traces were whole.
func TestCutLate(t *testing.T) {
	text := synthetic(5000)
	for name, text := range map[string][]byte{"log.xes": text[:len(text)-100], "log.xes.gz": zipped(text)[:len(zipped(text))-9]} {
		path := write(t, name, text)
		f, err := Format.Open(t.Context(), path, ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = f.Read(t.Context(), func(*eventlog.Batch) error { return nil })
		f.Close()
		if err == nil || !strings.Contains(err.Error(), "traces complete before that: 499") && !strings.Contains(err.Error(), "traces complete before that: 500") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is checked last counts too: a flipped bit in gzipped data.
func TestDamagedGzip(t *testing.T) {
	z := zipped([]byte(small))
	z[len(z)-6] ^= 1 // in the checksum
	if _, err := try(t.Context(), write(t, "log.xes.gz", z), ingest.Options{}); err == nil {
		t.Error("no error")
	}
}

func TestEncodings(t *testing.T) {
	const name = "Prüfung – fertig"
	for _, c := range []struct {
		label    string
		declared string
		mark     string
		as       encoding.Encoding
		told     string
		detected string
	}{
		{label: "no declaration", detected: "utf-8"},
		{label: "mark", mark: bomUTF8, detected: "utf-8"},
		{label: "declared", declared: "UTF-8", detected: "utf-8"},
		{label: "utf-16le", mark: "\ufeff", declared: "UTF-16", as: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), detected: "utf-16le"},
		{label: "utf-16be", mark: "\ufeff", declared: "utf-16", as: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), detected: "utf-16be"},
		{label: "utf-16le without a mark", as: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), detected: "utf-16le"},
		{label: "utf-16be told", as: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), told: "utf-16be", detected: "utf-16be"},
		{label: "windows-1252", declared: "windows-1252", as: charmap.Windows1252, detected: "windows-1252"},
		{label: "cp1252", declared: "CP1252", as: charmap.Windows1252, detected: "windows-1252"},
		{label: "windows-1252 told", as: charmap.Windows1252, told: "windows-1252", detected: "windows-1252"},
	} {
		for _, zip := range []bool{false, true} {
			text := `<log><trace><event><string key="concept:name" value="` + name + `"/></event></trace></log>`
			if c.declared != "" {
				text = `<?xml version="1.0" encoding="` + c.declared + `"?>` + text
			}
			bytes := []byte(c.mark + text)
			if c.as != nil {
				var err error
				if bytes, err = c.as.NewEncoder().Bytes(bytes); err != nil {
					t.Fatal(err)
				}
			}
			if c.told == "" && !Format.Sniff(bytes) {
				t.Errorf("%s: not sniffed", c.label)
			}
			if zip {
				bytes = zipped(bytes)
			}
			tr, f := readFile(t, write(t, "log.xes", bytes), ingest.Options{Encoding: c.told})
			if got := tr.events[0].ids[1]; got != name {
				t.Errorf("%s: read %q", c.label, got)
			}
			if d := f.Detected()[0]; d.Value != c.detected || d.Told != (c.told != "") {
				t.Errorf("%s: detected %+v", c.label, d)
			}
		}
	}
	latin := []byte("<?xml version='1.0' encoding='ISO-8859-1'?><log><trace><event><string key='concept:name' value='Pr\xfcfung'/></event></trace></log>")
	tr, _ := readFile(t, write(t, "log.xes", latin), ingest.Options{})
	if got := tr.events[0].ids[1]; got != "Prüfung" {
		t.Errorf("latin-1: read %q", got)
	}
	_, err := try(t.Context(), write(t, "log.xes", latin[bytes.Index(latin, []byte("<log")):]), ingest.Options{})
	if err == nil || !strings.Contains(err.Error(), "not UTF-8") {
		t.Errorf("latin-1 undeclared: %v", err)
	}
}

// Deep nesting neither overflows a stack nor costs more than it should.
func TestDeep(t *testing.T) {
	nested := func(depth int) []byte {
		return []byte(`<log><trace><event><string key="concept:name" value="a"/>` +
			strings.Repeat(`<container key="c">`, depth) + strings.Repeat(`</container>`, depth) + `</event></trace></log>`)
	}
	if err := agree(nested(900)); err != nil {
		t.Error(err)
	}
	_, err := try(t.Context(), write(t, "log.xes", nested(100_000)), ingest.Options{Attributes: true})
	if err == nil || !strings.Contains(err.Error(), "nested deeper than 1000") {
		t.Errorf("100,000 elements: %v", err)
	}
}

// One tag, and one attribute with all it holds, have a size limit.
func TestLarge(t *testing.T) {
	for _, text := range []string{
		`<log a="` + strings.Repeat("x", 2<<20) + `"/>`,
		`<log><!--` + strings.Repeat("x", 2<<20) + `--></log>`,
		`<log>` + strings.Repeat("x", 2<<20) + `</log>`,
		`<log><list key="l"><values>` + strings.Repeat(`<int key="a" value="7"/>`, 1<<15) + `</values></list></log>`,
	} {
		s := newScanner(strings.NewReader(text), "log.xes", "byte")
		s.maxMarkup = 1 << 20
		err := newSurvey().run(newDocument(s), ingest.Options{})
		if err == nil || !strings.Contains(err.Error(), "than 1 MiB") {
			t.Errorf("%.20s…: %v", text, err)
		}
	}
}

// Batches end within long traces, but not before their case is known; cases
// come once, when their trace is whole; places go on.
func TestBatches(t *testing.T) {
	const n = 50_000
	for _, late := range []bool{false, true} {
		var b strings.Builder
		b.WriteString(`<log><trace><string key="concept:name" value="short"/></trace><trace>`)
		name := `<string key="concept:name" value="long"/><int key="n" value="7"/>`
		if !late {
			b.WriteString(name)
		}
		for i := range n {
			fmt.Fprintf(&b, `<event><string key="concept:name" value="a%d"/><int key="i" value="%d"/></event>`, i%3, i)
		}
		if late {
			b.WriteString(name)
		}
		b.WriteString(`</trace></log>`)
		tr, _ := readFile(t, write(t, "log.xes", []byte(b.String())), ingest.Options{Attributes: true})
		if len(tr.events) != n || len(tr.cases) != 2 || late != (tr.batches == 1) {
			t.Fatalf("late %v: %d events, %d cases, %d batches", late, len(tr.events), len(tr.cases), tr.batches)
		}
		for i, e := range tr.events {
			if e.ids[0] != "long" || e.place != int64(i+1) || e.plain["i"] != int64(i) {
				t.Fatalf("late %v: event %d is %+v", late, i, e)
			}
		}
		if c := tr.cases[1]; c.plain["n"] != int64(7) {
			t.Errorf("late %v: case is %+v", late, c)
		}
	}
}

// A rejected event leaves nothing of its attributes behind, and only the first
// rejects are listed.
func TestRejects(t *testing.T) {
	var b strings.Builder
	b.WriteString("<log><trace>\n")
	for i := range 3000 {
		fmt.Fprintf(&b, `<event><int key="i" value="%d"/>`, i)
		if i%2 == 1 {
			b.WriteString(`<string key="concept:name" value="a"/>`)
		}
		b.WriteString("</event>\n")
	}
	b.WriteString("</trace></log>")
	tr, f := readFile(t, write(t, "log.xes", []byte(b.String())), ingest.Options{Attributes: true})
	for k, e := range tr.events {
		if e.plain["i"] != int64(2*k+1) {
			t.Fatalf("event %d has %v", k, e.plain)
		}
	}
	rejects, total := f.Rejects()
	if len(rejects) != ingest.MaxRejects || total != 1500 || len(tr.events) != 1500 {
		t.Errorf("%d rejects listed of %d, %d events", len(rejects), total, len(tr.events))
	}
	if want := `log.xes:4: event 3 (trace "#1")`; !strings.HasSuffix(rejects[1].Place, want) {
		t.Errorf("place %q, want %q", rejects[1].Place, want)
	}
}

// Strings outlive the window and the batch they came in.
func TestStringsAreKept(t *testing.T) {
	path := write(t, "log.xes", synthetic(40_000))
	f, err := Format.Open(t.Context(), path, ingest.Options{Attributes: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var kept, copies []string
	err = f.Read(t.Context(), func(b *eventlog.Batch) error {
		for _, s := range [][]string{b.Case, b.Activity, b.Resource, b.Lifecycle, b.CaseIDs} {
			kept = append(kept, s...)
			for _, v := range s {
				copies = append(copies, strings.Clone(v))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range kept {
		if kept[i] != copies[i] {
			t.Fatalf("%q became %q", copies[i], kept[i])
		}
	}
}

func TestStops(t *testing.T) {
	path := write(t, "log.xes", synthetic(100_000))
	ctx, cancel := context.WithCancel(t.Context())
	f, err := Format.Open(ctx, path, ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	batches := 0
	err = f.Read(ctx, func(*eventlog.Batch) error {
		batches++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || batches > 2 {
		t.Errorf("after cancel: %d batches, %v", batches, err)
	}
	if done, total := f.Progress(); done == 0 || done >= total {
		t.Errorf("progress %d of %d", done, total)
	}
	full := errors.New("disk full")
	g, err := Format.Open(t.Context(), path, ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := g.Read(t.Context(), func(*eventlog.Batch) error { return full }); err != full {
		t.Errorf("error of emit came back as %v", err)
	}
}
