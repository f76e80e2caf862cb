package xesfile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/ingest"
)

// readPieces reads a file in pieces of the given size, and writes down all
// there is to see. Where it ends in an error, that is all.
func readPieces(t testing.TB, path string, o ingest.Options, size int) string {
	opened, err := Format.Open(context.Background(), path, o)
	if err != nil {
		return "error: " + err.Error()
	}
	defer opened.Close()
	f := opened.(*file)
	f.pieceBytes = size
	var b strings.Builder
	tr := &transcript{}
	if err := f.Read(context.Background(), func(batch *eventlog.Batch) error {
		checkCodes(t, batch)
		return tr.emit(batch)
	}); err != nil {
		return "error: " + err.Error()
	}
	for _, e := range tr.events {
		fmt.Fprintln(&b, e.place, e.ids, e.times, e.day)
	}
	for _, c := range tr.cases {
		fmt.Fprintln(&b, "case", c.ids[0])
	}
	first, total := f.Rejects()
	fmt.Fprintln(&b, first, total, f.Notes())
	meta, err := json.Marshal(f.Meta())
	if err != nil {
		t.Fatal(err)
	}
	return b.String() + string(meta)
}

// checkCodes holds a batch to what eventlog.Codes promises.
func checkCodes(t testing.TB, b *eventlog.Batch) {
	t.Helper()
	for _, x := range []struct {
		codes eventlog.Codes
		texts []string
	}{{b.Codes.Case, b.Case}, {b.Codes.Activity, b.Activity}, {b.Codes.Resource, b.Resource}} {
		if len(x.codes.Of) != len(x.texts) {
			t.Fatalf("%d codes of %d rows", len(x.codes.Of), len(x.texts))
		}
		number := map[string]uint32{}
		for i, text := range x.texts {
			code, seen := number[text]
			if !seen {
				code = uint32(len(number))
				number[text] = code
			}
			if x.codes.Of[i] != code || x.codes.Labels[code] != text {
				t.Fatalf("row %d: %q has code %d, not %d", i, text, x.codes.Of[i], code)
			}
		}
		if len(number) != len(x.codes.Labels) {
			t.Fatalf("labels %q, used are %d", x.codes.Labels, len(number))
		}
	}
}

// A log in pieces is the whole log: wherever it is cut, however many read it,
// and whatever stands between traces, or pretends to end one.
func TestPiecesAreTheWhole(t *testing.T) {
	tt := t
	path := filepath.Join(t.TempDir(), "log.xes")
	failed, read := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p := &pen{t, rapid.SampledFrom([]string{"", "", "", "xes:"}).Draw(t, "prefix")}
		plain := func(n int) string {
			return fmt.Sprintf("<trace><string key=\"concept:name\" value=\"case %d\"/>\n<event><string key=\"concept:name\" value=\"a%d\"/>"+
				"<date key=\"time:timestamp\" value=\"2024-01-02T03:04:05\"/><string key=\"org:resource\" value=\"u\"/></event></trace>\n", n, n%3)
		}
		body := "<string key=\"concept:name\" value=\"log\"/>\n"
		for i := range rapid.IntRange(0, 12).Draw(t, "parts") {
			switch rapid.IntRange(0, 15).Draw(t, "part") {
			case 0:
				body += p.trace()
			case 1:
				body += p.head()
			case 2:
				body += rapid.SampledFrom([]string{
					"<!-- </trace> -->", "<?pi </trace> ?>", "<!-- x --><trace></trace>", "<odd><trace></trace><trace></trace></odd>", "stray", "<trace/>",
					"<trace><event></event></trace>", "<string key=\"l\" value=\"x\"><trace></trace></string>", "<trace><!-- <event> --></trace>\n\n",
					"<trace><string key=\"concept:name\" value=\"c\"/><odd></trace></odd></trace>", "<![CDATA[ </trace> ]]>", "<!x </trace> \"", "</trace>",
					"<global scope=\"event\"></global>", "<event/>", "<string key=\"concept:name\" value=\"</trace>\"/>", "<?", "<!--",
				}).Draw(t, "odd")
			}
			for j := range rapid.IntRange(0, 4).Draw(t, "plain") {
				body += plain(10*i + j)
			}
		}
		text := []byte("<?xml version=\"1.0\"?>\n<" + p.prefix + "log xes.version=\"1.0\">" + body + "</" + p.prefix + "log>\n")
		if rapid.IntRange(0, 9).Draw(t, "cut") == 0 {
			text = text[:rapid.IntRange(0, len(text)-1).Draw(t, "length")]
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		o := ingest.Options{Workers: 1, Timezone: "Europe/Berlin"}
		want := readPieces(tt, path, o, 0)
		if strings.HasPrefix(want, "error") {
			failed++
		} else {
			read++
		}
		for _, size := range []int{1, rapid.IntRange(2, 2000).Draw(t, "size")} {
			o.Workers = rapid.IntRange(2, 4).Draw(t, "workers")
			if got := readPieces(tt, path, o, size); got != want {
				t.Fatalf("%s\nin pieces of %d: %s\nwhole: %s", text, size, got, want)
			}
		}
	})
	if 20*failed < read || 5*read < failed {
		t.Errorf("%d logs failed, %d did not: this tests little", failed, read)
	}
}

// A log of several pieces as they usually are, packed and not.
func TestManyPieces(t *testing.T) {
	text := synthetic(60_000)
	for name, data := range map[string][]byte{"log.xes": text, "log.xes.gz": zipped(text)} {
		path := write(t, name, data)
		want := readPieces(t, path, ingest.Options{Workers: 1}, 0)
		for workers := 2; workers < 5; workers++ {
			if got := readPieces(t, path, ingest.Options{Workers: workers}, 200_000); got != want || len(got) < 100_000 {
				t.Errorf("%s, %d workers: %d bytes, want %d", name, workers, len(got), len(want))
			}
		}
	}
}

// Whoever stops reading leaves no goroutine behind, and a stream that breaks
// off is the error it is for one reader.
func TestCrewStops(t *testing.T) {
	text := synthetic(60_000)
	path := write(t, "log.xes", text)
	before := runtime.NumGoroutine()
	full := errors.New("full")
	for range 10 {
		opened, err := Format.Open(context.Background(), path, ingest.Options{Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		f := opened.(*file)
		f.pieceBytes = 100_000
		n := 0
		if err := f.Read(context.Background(), func(*eventlog.Batch) error {
			if n++; n == 3 {
				return full
			}
			return nil
		}); err != full {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		if err := f.Read(ctx, func(*eventlog.Batch) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		f.Close()
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	packed := zipped(text)
	path = write(t, "cut.xes.gz", packed[:len(packed)*3/4])
	want := readPieces(t, path, ingest.Options{Workers: 1}, 0)
	if got := readPieces(t, path, ingest.Options{Workers: 2}, 100_000); got != want || !strings.HasPrefix(want, "error") {
		t.Errorf("got %.300s, want %.300s", got, want)
	}
}

// The cutter cuts where it may, and loses nothing.
func TestCutterKeepsAll(t *testing.T) {
	text := []byte("<log><!-- </trace> --><trace></trace> <![CDATA[</trace>]]><trace> </trace></log>")
	for size := 1; size < len(text)+2; size++ {
		c := cutter{r: bytes.NewReader(text), size: size, line: 1}
		var all []byte
		for {
			p := c.next(nil)
			if !p.last && !bytes.HasSuffix(p.text, traceEndTag) || bytes.HasSuffix(all, []byte("CDATA[</trace>")) {
				t.Errorf("size %d: piece %q", size, p.text)
			}
			all = append(all, p.text...)
			if p.last {
				break
			}
		}
		if !bytes.Equal(all, text) {
			t.Errorf("size %d: %q", size, all)
		}
	}
}
