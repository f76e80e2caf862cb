package ocelfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"millrace/eventlog"
	"millrace/ingest"
)

// seeds returns the inputs of the texts for a format.
func seeds(f *testing.F, name string) (list []string) {
	paths, err := filepath.Glob("testdata/text/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range strings.Split(string(text), "\n\n") {
			input, _, _ := strings.Cut(part, "\n----")
			if _, input, ok := strings.Cut(input, name); ok {
				_, input, _ = strings.Cut(input, "\n")
				list = append(list, input)
			}
		}
	}
	if len(list) == 0 {
		f.Fatalf("no seeds for %s", name)
	}
	w, m := sampleLog(4)
	switch name {
	case JSON.Name:
		list = append(list, encodeJSON2(w, m, true), encodeJSON1(w))
	case XML.Name:
		list = append(list, encodeXML2(w, m), encodeXML1(w))
	}
	return list
}

// readFuzzed reads bytes with a format and checks what holds of any log.
func readFuzzed(t *testing.T, f ingest.ObjectFormat, data []byte) (*whole, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fuzzed")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	x, err := f.Open(ctx, path, ingest.Options{})
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			t.Fatal("it hangs")
		}
		return nil, err
	}
	defer x.Close()
	w := &whole{}
	err = x.Read(ctx, func(b *eventlog.ObjectBatch) error {
		if err := w.add(b); err != nil {
			t.Fatal(err)
		}
		return nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		t.Fatal("it hangs")
	}
	check := func(list ...string) {
		for _, s := range list {
			if !utf8.ValidString(s) {
				t.Fatalf("%q is not valid UTF-8", s)
			}
		}
	}
	for _, e := range w.Events {
		if e.ID == "" || e.Activity == "" || e.Place < 1 {
			t.Fatalf("event %+v", e)
		}
		check(e.ID, e.Activity)
		for name, v := range e.Attributes {
			check(name, v)
			if nested, ok := strings.CutPrefix(v, "nested "); ok && !json.Valid([]byte(nested)) {
				t.Fatalf("nested %s", nested)
			}
		}
	}
	for _, v := range w.Values {
		check(v.Object, v.Attribute, v.Value)
		if v.Kind == eventlog.Nested && !json.Valid([]byte(v.Value)) {
			t.Fatalf("nested %s", v.Value)
		}
	}
	for _, o := range w.Objects {
		check(o[:]...)
	}
	for _, r := range w.E2O {
		check(r[:]...)
	}
	if a := x.Meta().Attributes; a != "" && !json.Valid([]byte(a)) {
		t.Fatalf("meta %s", a)
	}
	x.Notes()
	return w, err
}

// tokens reads a text to its end, and returns its values as canonical JSON.
func tokens(j *jsonText) (string, error) {
	var out []byte
	for {
		t, err := j.next()
		if err != nil || t == tokenEnd {
			return string(out), err
		}
		if out, err = j.value(out, t); err != nil {
			return string(out), err
		}
	}
}

// FuzzJSON holds our scanner against encoding/json: it takes the same texts,
// and reads the same values; in one piece and byte by byte. And no text makes
// the reader of logs fail in another way than by an error.
func FuzzJSON(f *testing.F) {
	for _, s := range append(seeds(f, JSON.Name), `{"a":"\ud83d\ude00\u0000\/"}`, `[1e400,-0,0.1e-7,1E+2,-0.0]`, `"`+"\xff"+`"`, `[NaN,Infinity,-Infinity]`) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := tokens(newJSONText(bytes.NewReader(data), ""))
		slow, slowErr := tokens(newJSONText(iotest.OneByteReader(bytes.NewReader(data)), ""))
		if got != slow || (err == nil) != (slowErr == nil) {
			t.Fatalf("in one piece %q, %v; byte by byte %q, %v", got, err, slow, slowErr)
		}
		odd := bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("Infinity"))
		deep := err != nil && strings.Contains(err.Error(), "nested more than")
		if valid := json.Valid(data); !odd && !deep && (err == nil && got != "") != valid {
			t.Fatalf("we say %v, encoding/json %v", err, valid)
		} else if valid && !odd && !deep {
			var a, b any
			if json.Unmarshal(data, &a) == nil && !repeats(data) {
				if err := json.Unmarshal([]byte(got), &b); err != nil || !cmp.Equal(a, b) {
					t.Fatalf("read as %s: %v\n%s", got, err, cmp.Diff(a, b))
				}
			}
		}
		readFuzzed(t, JSON, data)
	})
}

// repeats says whether some object may have a name twice, of which
// encoding/json keeps the last.
func repeats(data []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(data))
	seen := map[string]bool{}
	for {
		t, err := dec.Token()
		if err != nil {
			return false
		}
		if s, ok := t.(string); ok {
			if seen[s] {
				return true
			}
			seen[s] = true
		}
	}
}

// FuzzXML: no text makes the reader fail in another way than by an error.
func FuzzXML(f *testing.F) {
	for _, s := range seeds(f, XML.Name) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { readFuzzed(t, XML, data) })
}

// FuzzCSV: the same for CSV; and what sniffs as such has a header that can be
// read.
func FuzzCSV(f *testing.F) {
	for _, s := range seeds(f, CSV.Name) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { readFuzzed(t, CSV, data) })
}

// FuzzSQLite damages two small databases: data is pairs of where and what.
func FuzzSQLite(f *testing.F) {
	w, m := sampleLog(6)
	var whole [][]byte
	for _, path := range []string{encodeSQLite2(f, w, m), encodeSQLite1(f, w)} {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		whole = append(whole, b)
	}
	f.Add(false, []byte{})
	f.Add(true, []byte{0, 0, 16, 9, 0, 0, 24, 7})
	f.Add(false, []byte{0, 0, 100, 5, 0, 16, 0, 13})
	f.Fuzz(func(t *testing.T, one bool, data []byte) {
		db := bytes.Clone(whole[0])
		if one {
			db = bytes.Clone(whole[1])
		}
		for ; len(data) >= 4; data = data[4:] {
			db[int(binary.BigEndian.Uint32(data)>>8)%len(db)] = data[3]
		}
		readFuzzed(t, SQLite, db)
	})
}
