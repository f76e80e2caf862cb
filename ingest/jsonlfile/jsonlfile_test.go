package jsonlfile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/klauspost/compress/gzip"
	"pgregory.net/rapid"

	"millrace/ingest"
	"millrace/ingest/filetest"
)

// The tests are files as they lie there, ⍰ standing for the byte E9 that is no
// UTF-8. Arguments are the options, gzip, and cut=BYTES from the end.
func TestJSONL(t *testing.T) {
	datadriven.RunTest(t, "testdata/lines.txt", func(t *testing.T, d *datadriven.TestData) string {
		data := []byte(strings.NewReplacer("⍰", "\xe9").Replace(d.Input) + "\n")
		if d.HasArg("gzip") {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			z.Write(data)
			z.Close()
			data = b.Bytes()
		}
		if arg, ok := d.Arg("cut"); ok {
			var n int
			fmt.Sscan(arg.Vals[0], &n)
			data = data[:len(data)-n]
		}
		path := write(t, data)
		out := filetest.Log(Format, path, filetest.Options(argument(d)))
		return strings.ReplaceAll(out, filepath.Dir(path)+string(filepath.Separator), "")
	})
}

func write(t testing.TB, data []byte) string {
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What is an object for encoding/json is one here, with the same values, and
// nothing else is. The one difference: a string must be UTF-8.
func FuzzObject(f *testing.F) {
	for _, s := range []string{
		`{"a":1,"b":{"c":[1,{"d":null}],"":true},"e":"\ud83d\ude00\n"}`, `{}`, `{"a":-0.5e+10}`, `{"a":01}`, `{"a":"\ud83d"}`, `{"a":1}x`, `{"a":{"a":`, "{\"a\":\"\x01\"}",
		`{"\u0061":1,"a":2}`, `{"a":tru}`, `{"a" : "\/\b" , }`, `[1]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := map[string]string{}
		p := parser{emit: func(path []byte, v value) {
			text := string(v.text)
			if v.kind == array {
				text = ingest.CanonicalJSON(string(v.raw))
			}
			got[string(path)] = fmt.Sprint(v.kind, " ", text)
		}}
		err := p.object(data)
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		var want map[string]any
		valid := json.Valid(data) && d.Decode(&want) == nil && want != nil
		if valid != (err == nil) {
			if err != nil && (strings.Contains(err.Error(), "UTF-8") || strings.Contains(err.Error(), "deep")) {
				return
			}
			t.Fatalf("%q: %v, encoding/json says %v", data, err, valid)
		}
		if !valid || bytes.Count(data, []byte(`"`)) != 2*len(got) {
			return // a key may be there twice, or as "a.b" and as b in a
		}
		flat := map[string]string{}
		flatten("", want, flat)
		if fmt.Sprint(got) != fmt.Sprint(flat) {
			t.Fatalf("%q: got %v, encoding/json %v", data, got, flat)
		}
	})
}

// flatten is the obvious way.
func flatten(prefix string, object map[string]any, to map[string]string) {
	for key, v := range object {
		switch v := v.(type) {
		case map[string]any:
			flatten(prefix+key+".", v, to)
		case nil:
			to[prefix+key] = "0 null"
		case string:
			to[prefix+key] = "1 " + v
		case json.Number:
			to[prefix+key] = "2 " + v.String()
		case bool:
			to[prefix+key] = fmt.Sprint("3 ", v)
		default:
			var b strings.Builder
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			e.Encode(v)
			to[prefix+key] = "4 " + strings.TrimSuffix(b.String(), "\n")
		}
	}
}

// Whatever the bytes, a file is read, rejected or refused, never a panic.
func FuzzJSONL(f *testing.F) {
	f.Add([]byte("{\"case\":1,\"activity\":\"a\",\"time\":\"2024-01-01\"}\n{\"case\":2}\n"))
	f.Add([]byte("[{\"case\":1,\"activity\":\"a\",\"time\":\"2024-01-01\"},\n{\"case\":\"]}\"}]"))
	f.Add([]byte("\xef\xbb\xbf[ ]"))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		filetest.Log(Format, write(t, data), ingest.Options{Attributes: true})
	})
}

// What encoding/json writes is read again, lines or an array, in one piece or
// byte by byte.
func TestWriteThenRead(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab7 ,:{}[]\"\\\n\té案😀")), 0, 8, -1)
		rows := rapid.SliceOfN(rapid.MapOfN(rapid.SampledFrom([]string{"a", "b.c", "d", "ä\"", "e"}), text, 1, 5), 1, 20).Draw(t, "rows")
		indent := rapid.Bool().Draw(t, "indent")
		var data []byte
		if array := rapid.Bool().Draw(t, "array"); array {
			data, _ = json.Marshal(rows)
			if indent {
				data, _ = json.MarshalIndent(rows, "", "  ")
			}
		} else {
			for _, row := range rows {
				line, _ := json.Marshal(row)
				data = append(append(data, line...), '\n')
			}
		}
		path := filepath.Join(dir, "law.json")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		table, err := OpenTable(context.Background(), path, ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []map[string]string
		err = table.Scan(context.Background(), func(row *ingest.Row) error {
			one := map[string]string{}
			for i, f := range row.Fields {
				if f != nil {
					one[table.Columns()[i]] = string(f)
				}
			}
			got = append(got, one)
			return nil
		})
		want := slices.DeleteFunc(rows, func(row map[string]string) bool {
			for _, v := range row {
				if strings.TrimSpace(v) != "" {
					return false
				}
			}
			return true
		})
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("wrote %v\nread  %v %v", want, got, err)
		}
	})
}

// A line of 100 MB, plain, in an array and compressed, is an error that says
// where, and is not held in memory.
func TestHugeLine(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	line := []byte(`{"case":1,"activity":"a","time":"2024-01-01"}` + "\n" + `{"case":"` + strings.Repeat("x", 100<<20) + `"}`)
	w.Write(line)
	w.Close()
	for name, data := range map[string][]byte{"lines": line, "array": append([]byte("["), bytes.Replace(line, []byte("\n"), []byte(",\n"), 1)...), "gzip": z.Bytes()} {
		path := write(t, data)
		peak := filetest.PeakHeap(func() {
			_, err := Format.Open(context.Background(), path, ingest.Options{})
			if err == nil || !strings.Contains(err.Error(), "orders.jsonl:2: the ") || !strings.Contains(err.Error(), "longer than 16 MiB") {
				t.Errorf("%s: error %v", name, err)
			}
		})
		if peak > 100<<20 {
			t.Errorf("%s: %d MiB of heap", name, peak>>20)
		}
	}
}

// argument returns one of a test's arguments.
func argument(d *datadriven.TestData) func(key string) (string, bool) {
	return func(key string) (string, bool) {
		arg, ok := d.Arg(key)
		return strings.Join(arg.Vals, ","), ok
	}
}
