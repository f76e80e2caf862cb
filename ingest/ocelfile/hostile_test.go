package ocelfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"millrace/eventlog"
	"millrace/ingest"
)

// tryRead reads a file of any kind for its error.
func tryRead(t testing.TB, f ingest.ObjectFormat, path string) error {
	t.Helper()
	_, _, err := readLog(t, f, path, ingest.Options{})
	return err
}

func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that has %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not have %q", err, p)
		}
	}
}

// TestTruncated: a file cut anywhere is an error, in the forms that have an end.
func TestTruncated(t *testing.T) {
	w, m := sampleLog(12)
	for _, x := range []struct {
		format ingest.ObjectFormat
		text   string
	}{
		{JSON, encodeJSON2(w, m, false)}, {JSON, encodeJSON1(w)}, {XML, encodeXML2(w, m)}, {XML, encodeXML1(w)},
	} {
		if err := tryRead(t, x.format, write(t, "whole", x.text)); err != nil {
			t.Fatal(err)
		}
		for n := 1; n < len(x.text)-1; n += 7 {
			if err := tryRead(t, x.format, write(t, "cut", x.text[:n])); err == nil {
				t.Fatalf("%s: no error after %d of %d bytes", x.format.Name, n, len(x.text))
			}
		}
	}
	var z bytes.Buffer
	zip := gzip.NewWriter(&z)
	io.WriteString(zip, encodeJSON2(w, m, true))
	zip.Close()
	if err := tryRead(t, JSON, write(t, "l.json.gz", z.String())); err != nil {
		t.Fatal(err)
	}
	wantError(t, tryRead(t, JSON, write(t, "l.json.gz", z.String()[:z.Len()/2])), "unexpected EOF")
}

// TestRandomBytes: bytes of no meaning are an error of every format.
func TestRandomBytes(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	b := make([]byte, 100_000)
	random.Read(b)
	for _, f := range Formats {
		wantError(t, tryRead(t, f, write(t, "noise", string(b))), "noise")
		wantError(t, tryRead(t, f, write(t, "noise", magicSQLite+string(b))), "noise")
		wantError(t, tryRead(t, f, write(t, "nothing", "")), "is empty")
		wantError(t, tryRead(t, f, t.TempDir()), "is a folder")
		wantError(t, tryRead(t, f, write(t, "spaces", " \n\n ")), "spaces")
		wantError(t, tryRead(t, f, filepath.Join(t.TempDir(), "nowhere")), "nowhere")
		for _, g := range Formats {
			if head := []byte(b); f.Name == g.Name && g.Sniff(head) {
				t.Errorf("%s takes noise", g.Name)
			}
		}
	}
}

// A pattern is a text that repeats in the middle.
func pattern(head, middle string, times int, tail string) io.Reader {
	return io.MultiReader(strings.NewReader(head), &repeat{text: middle, left: times * len(middle)}, strings.NewReader(tail))
}

type repeat struct {
	text string
	at   int
	left int
}

func (r *repeat) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(b) && r.left > 0 {
		k := copy(b[n:], r.text[r.at:])
		k = min(k, r.left)
		r.at = (r.at + k) % len(r.text)
		r.left -= k
		n += k
	}
	return n, nil
}

func packed(t testing.TB, r io.Reader) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "big.gz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z, _ := gzip.NewWriterLevel(f, gzip.BestSpeed)
	if _, err := io.Copy(z, r); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// peak runs f and returns how much the heap and the system's memory grew by.
func peak(f func()) uint64 {
	runtime.GC()
	var before, m runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		most := uint64(0)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			runtime.ReadMemStats(&m)
			if m.HeapAlloc > before.HeapAlloc {
				most = max(most, m.HeapAlloc-before.HeapAlloc)
			}
			select {
			case <-stop:
				done <- most
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(stop)
	return <-done
}

// TestLarge: what is too large for memory is an error with its place, and what
// is only long is not.
func TestLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("unpacks a few hundred MB")
	}
	const mb = 1 << 20
	fill := strings.Repeat("x", mb)
	event := `{"eventTypes":[],"objectTypes":[],"objects":[],"events":[` + "\n"
	for _, x := range []struct {
		name   string
		format ingest.ObjectFormat
		text   io.Reader
		want   []string // "": read in full
	}{
		{"JSON: a string of 100 MB", JSON, pattern(event+`{"id":"`, fill, 100, `","type":"a"}]}`), []string{":2", "larger than 64 MiB"}},
		{"JSON: an event of 100 MB", JSON, pattern(event+`{"id":"e","type":"a","relationships":[`, `{"objectId":"o","qualifier":"qualifier"},`, 2_500_000, `{"objectId":"o"}]}]}`), []string{":2", "larger than 64 MiB"}},
		{"JSON: an event of small parts", JSON, pattern(`{"ocel:events":{"e":{"ocel:activity":"a","ocel:omap":[`, `0,`, 10_000_000, `0]}}}`), []string{":1", "too many parts"}},
		{"JSON: a line of 100 MB", JSON, pattern(`{"eventTypes":[],"objectTypes":[],"objects":[],"events":[`, `{"id":"e","type":"a","time":"2024-01-01T00:00:00Z"},`, 2_000_000, `{"id":"e","type":"a"}]}`), nil},
		{"JSON: 100 MB of white space", JSON, pattern(event, strings.Repeat(" ", mb), 100, `]}`), nil},
		{"JSON: 100 MB of what is skipped", JSON, pattern(`{"events":[`, `{"id":"e","type":"a","time":"2024-01-01T00:00:00Z"},`, 2_000_000, `{"id":"e","type":"a"}],"eventTypes":[],"objectTypes":[]}`), nil},
		{"JSON: brackets", JSON, pattern(event+`{"id":"e","type":"a","attributes":[{"name":"x","value":`, "[", 10_000_000, ""), []string{":2", "nested more than 500 deep"}},
		{"JSON: brackets at the top", JSON, pattern(`{"x":`, "[", 10_000_000, ""), []string{":1", "nested more than 500 deep"}},
		{"JSON: a number of 100 MB", JSON, pattern(`{"events":`, "1", 100*mb, "}"), []string{":1", "is no JSON value"}},
		{"XML: a text of 100 MB", XML, pattern(`<log><events><event id="e" type="a"><attributes><attribute name="x">`, fill, 100, `</attribute></attributes></event></events></log>`), []string{":1", "larger than 64 MiB"}},
		{"XML: an attribute of 100 MB", XML, pattern("<log><events>\n<event id=\"", fill, 100, `" type="a"/></events></log>`), []string{":2", "larger than 64 MiB"}},
		{"XML: an event of 100 MB", XML, pattern("<log><event-types/><object-types/><events>\n<event id=\"e\" type=\"a\"><objects>", `<relationship object-id="o" qualifier="qualifier"/>`, 2_000_000, `</objects></event></events></log>`), []string{":2", `event "e"`, "larger than 64 MiB"}},
		{"XML: elements", XML, pattern(`<log><events><event id="e" type="a"><attributes>`, "<a>", 1_000_000, ""), []string{":1", "nested more than 500 deep"}},
		{"XML: a line of 40 MB", XML, pattern(`<log><event-types/><object-types/><events>`, `<event id="e" type="a" time="2024-01-01T00:00:00Z"/>`, 800_000, `</events></log>`), nil},
		{"CSV: a cell of 100 MB", CSV, pattern("ocel:eid,ocel:activity,ocel:type:o\ne,a,\"", fill, 100, "\"\n"), []string{"row 2", "larger than 64 MiB"}},
		{"CSV: a header of 100 MB", CSV, pattern("ocel:eid,ocel:activity,", fill, 100, "\n"), []string{"header", "larger than 64 MiB"}},
		{"CSV: a list of small parts", CSV, pattern("ocel:eid,ocel:activity,ocel:type:o\ne,a,\"[", "0 ", 10_000_000, "]\"\n"), []string{":2", "too many parts"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			path := packed(t, x.text)
			var err error
			grew := peak(func() {
				var file ingest.ObjectFile
				if file, err = x.format.Open(t.Context(), path, ingest.Options{}); err != nil {
					return
				}
				defer file.Close()
				err = file.Read(t.Context(), func(*eventlog.ObjectBatch) error { return nil })
			})
			t.Logf("%d MiB, %v", grew>>20, err)
			if x.want != nil {
				wantError(t, err, x.want...)
			} else if err != nil {
				t.Error(err)
			}
			if limit := uint64(900 << 20); grew > limit {
				t.Errorf("the heap grew by %d MiB, more than %d", grew>>20, limit>>20)
			}
			if x.want == nil && grew > 128<<20 {
				t.Errorf("the heap grew by %d MiB for what is only long", grew>>20)
			}
		})
	}
}

// TestSQLiteIsNotTouched: a log in a folder that cannot be written is read, and
// nothing is left beside it.
func TestSQLiteIsNotTouched(t *testing.T) {
	w, m := sampleLog(500)
	path := encodeSQLite2(t, w, m)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	if err := errors.Join(os.Chmod(path, 0o400), os.Chmod(dir, 0o500)); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	got, _, err := readLog(t, SQLite, path, ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Events) != 500 {
		t.Errorf("%d events, want 500", len(got.Events))
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file has changed (%v)", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("beside the log: %v, %v", left, err)
	}
}

// TestSQLiteInUse: what stands in a write-ahead log is part of a database, so a
// database with one is not read by halves.
func TestSQLiteInUse(t *testing.T) {
	w, m := sampleLog(5)
	path := encodeSQLite2(t, w, m)
	if err := os.WriteFile(path+"-wal", []byte("changes"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantError(t, tryRead(t, SQLite, path), "-wal", "close the program")
}

// TestSQLiteCorrupt: a damaged page is an error that names the file.
func TestSQLiteCorrupt(t *testing.T) {
	w, m := sampleLog(2000)
	path := encodeSQLite2(t, w, m)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	failed := 0
	for at := page; at+page <= len(whole); at += page {
		damaged := bytes.Clone(whole)
		for i := range page {
			damaged[at+i] = 0xa5
		}
		if err := tryRead(t, SQLite, write(t, "damaged", string(damaged))); err != nil {
			wantError(t, err, "damaged")
			failed++
		}
	}
	if pages := len(whole)/page - 1; failed < pages*9/10 {
		t.Errorf("%d of %d damaged pages were noticed", failed, pages)
	}
	wantError(t, tryRead(t, SQLite, write(t, "cut", string(whole[:len(whole)/2]))), "cut")
	wantError(t, tryRead(t, SQLite, write(t, "head", string(whole[:50]))), "head")
}

// TestCancel: reading stops when it is told to.
func TestCancel(t *testing.T) {
	w, m := sampleLog(3000)
	for _, x := range []struct {
		format ingest.ObjectFormat
		path   string
	}{{JSON, write(t, "l", encodeJSON2(w, m, false))}, {SQLite, encodeSQLite2(t, w, m)}} {
		ctx, cancel := context.WithCancel(t.Context())
		f, err := x.format.Open(ctx, x.path, ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := f.Read(ctx, func(*eventlog.ObjectBatch) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want that it was cancelled", x.format.Name, err)
		}
		f.Close()
	}
	stop := errors.New("enough")
	f, err := JSON.Open(t.Context(), write(t, "l", encodeJSON2(w, m, false)), ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Read(t.Context(), func(*eventlog.ObjectBatch) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v, want the consumer's error", err)
	}
}

// sampleLog is a log of n events without surprises.
func sampleLog(n int) (*whole, eventlog.ObjectMeta) {
	m := eventlog.ObjectMeta{
		EventTypes: []eventlog.DeclaredType{{Name: "place order", Attributes: []eventlog.DeclaredAttribute{{Name: "clerk", Type: "string"}, {Name: "lines", Type: "integer"}}},
			{Name: "ship", Attributes: []eventlog.DeclaredAttribute{{Name: "weight", Type: "float"}}}},
		ObjectTypes: []eventlog.DeclaredType{{Name: "order", Attributes: []eventlog.DeclaredAttribute{{Name: "price", Type: "float"}}}, {Name: "parcel"}},
	}
	w := &whole{}
	for i := range n {
		e := event{ID: fmt.Sprintf("e%d", i), Time: 1_700_000_000_000_000 + int64(i)*60_000_000, Place: int64(i + 1)}
		order, parcel := fmt.Sprintf("o%d", i/2), fmt.Sprintf("p%d", i/2)
		w.E2O = append(w.E2O, [4]string{e.ID, "", order, "order"})
		if i%2 == 0 {
			e.Activity, e.Attributes = "place order", map[string]string{"clerk": fmt.Sprintf("text clerk %d", i%7), "lines": fmt.Sprintf("int %d", i%5)}
			w.Objects = append(w.Objects, [2]string{"order", order}, [2]string{"parcel", parcel})
			w.Values = append(w.Values, value{"order", order, "price", eventlog.NoTime, eventlog.Float, fmt.Sprintf("%d.5", i)})
			w.O2O = append(w.O2O, [5]string{"order", order, "", parcel, "in"})
		} else {
			e.Activity, e.Attributes = "ship", map[string]string{"weight": fmt.Sprintf("float %d.25", i)}
			w.E2O = append(w.E2O, [4]string{e.ID, "", parcel, "parcel"})
		}
		w.Events = append(w.Events, e)
	}
	return w, m
}
