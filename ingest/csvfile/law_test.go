package csvfile

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"millrace/ingest"
	"millrace/ingest/filetest"
)

// What is written is read again, with any delimiter, quote and line end, and in
// any encoding that can hold it.
func TestWriteThenRead(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		delimiter := rapid.SampledFrom([]string{",", ";", "tab", "|", ":"}).Draw(t, "delimiter")
		quote := rapid.SampledFrom([]string{`"`, "'"}).Draw(t, "quote")
		eol := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "eol")
		c := mustCharset(rapid.SampledFrom([]string{"utf-8", "utf-16le", "utf-16be"}).Draw(t, "encoding"))
		bom := rapid.Bool().Draw(t, "bom")
		columns := rapid.IntRange(2, 5).Draw(t, "columns")
		field := rapid.StringOfN(rapid.SampledFrom([]rune("ab7 ,;|:\t\"'\n\r\\éß案😀")), 0, 8, -1)
		rows := rapid.SliceOfN(rapid.SliceOfN(field, columns, columns), 0, 20).Draw(t, "rows")
		rows = slices.DeleteFunc(rows, func(row []string) bool { return strings.TrimSpace(strings.Join(row, "")) == "" })
		header := []string{"alpha", "beta", "gamma", "delta", "epsilon"}[:columns]

		var text strings.Builder
		for _, row := range slices.Insert(slices.Clone(rows), 0, header) {
			for i, f := range row {
				if i > 0 {
					text.WriteString(strings.ReplaceAll(delimiter, "tab", "\t"))
				}
				text.WriteString(quote + strings.ReplaceAll(f, quote, quote+quote) + quote)
			}
			text.WriteString(eol)
		}
		data := []byte(text.String())
		if c.codec != nil {
			var err error
			if data, err = c.codec.NewEncoder().Bytes(data); err != nil {
				t.Fatal(err)
			}
		}
		if bom {
			data = append([]byte(c.bom), data...)
		}
		path := filepath.Join(dir, "law.csv")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		table, err := OpenTable(context.Background(), path, ingest.Options{Delimiter: delimiter, Quote: quote, Encoding: c.name})
		if err != nil {
			t.Fatal(err)
		}
		var got [][]string
		if err := table.Rows(context.Background(), func(_ int64, fields []string) error {
			got = append(got, slices.Clone(fields))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if first, n := table.Rejects(); n > 0 {
			t.Fatalf("rejected: %v", first[0])
		}
		if !slices.EqualFunc(got, rows, slices.Equal) {
			t.Fatalf("wrote %q\nread  %q", rows, got)
		}
	})
}

// The scanner agrees with encoding/csv wherever that takes a file, but for line
// ends inside of quotes, which encoding/csv changes; it never panics, and gives
// the same records however small the pieces are that it reads.
func FuzzScanner(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "a,\"b\nc\",\"\"\"\"\r\n", "\"a", "\"a\"b,c\nd", "\r\n\r\na\r", ",\n,,", "\xff\xfe", "a,b\"c,d\n", "\"\"", "\"\r", "\"a\"\r",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := dialect{delimiter: ',', quote: '"', eol: '\n'}
		got, gotErr := collect(newScanner(bytes.NewReader(data), d, false))
		slow := newScanner(oneByteReader{bytes.NewReader(data)}, d, false)
		slow.buf = slow.buf[:1]
		again, againErr := collect(slow)
		if fmt.Sprint(got, gotErr) != fmt.Sprint(again, againErr) {
			t.Fatalf("at once %v %v, byte by byte %v %v", got, gotErr, again, againErr)
		}
		if bytes.Contains(data, []byte("\r")) {
			return
		}
		r := csv.NewReader(bytes.NewReader(data))
		r.FieldsPerRecord = -1
		var want []row
		for {
			fields, err := r.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return // stricter than we are, or broken
			}
			line, _ := r.FieldPos(0)
			want = append(want, row{int64(line), fields})
		}
		if gotErr != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v %v, encoding/csv %v", got, gotErr, want)
		}
	})
}

type row struct {
	line   int64
	fields []string
}

func collect(s *scanner) ([]row, error) {
	var rows []row
	for {
		rec, err := s.next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		if rec.bad != "" {
			rows = append(rows, row{rec.line, []string{rec.bad}})
			continue
		}
		rows = append(rows, row{rec.line, texts(rec.fields)})
	}
}

type oneByteReader struct{ r io.Reader }

func (o oneByteReader) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

// Whatever the bytes, a file is read, rejected or refused, never a panic.
func FuzzFile(f *testing.F) {
	f.Add([]byte("case,activity,time\n1,a,2024-01-01\n"))
	f.Add([]byte("\xff\xfec\x00a\x00s\x00e\x00"))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Add([]byte("sep=;\ncase;activity;time\n1;a;1.1.24\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "fuzz.csv")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		filetest.Log(Format, path, ingest.Options{Attributes: true})
		showTable(path, ingest.Options{})
	})
}
