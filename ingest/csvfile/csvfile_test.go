package csvfile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/klauspost/compress/gzip"

	"millrace/ingest"
	"millrace/ingest/filetest"
)

// The tests are files as a person sees them, with → for a tab, ␍ for a carriage
// return, ⍰ for the byte E9 that is no UTF-8, and a line "« file »" for none.
// Arguments are the options, and how the file is stored: as=utf-16le, bom,
// gzip, cut=BYTES from its end.
func TestCSV(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			path := filepath.Join(t.TempDir(), "orders.csv")
			if err := os.WriteFile(path, stored(t, d), 0o600); err != nil {
				t.Fatal(err)
			}
			var out string
			if d.Cmd == "table" {
				out = showTable(path, filetest.Options(argument(d)))
			} else {
				out = filetest.Log(Format, path, filetest.Options(argument(d)))
			}
			return strings.ReplaceAll(out, filepath.Dir(path)+string(filepath.Separator), "")
		})
	})
}

// stored returns the bytes of a test's file.
func stored(t *testing.T, d *datadriven.TestData) []byte {
	t.Helper()
	text := strings.TrimSuffix(d.Input, "« file »")
	if text == d.Input {
		text += "\n"
	}
	text = strings.NewReplacer("→", "\t", "␍\n", "\r\n", "␍", "\r", "⍰", "\xe9", "\\\n", "").Replace(text)
	c := mustCharset("utf-8")
	data := []byte(text)
	if arg, ok := d.Arg("as"); ok {
		c = mustCharset(arg.Vals[0])
		var err error
		if data, err = c.codec.NewEncoder().Bytes(data); err != nil {
			t.Fatal(err)
		}
	}
	if d.HasArg("bom") {
		data = append([]byte(c.bom), data...)
	}
	if d.HasArg("gzip") {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(data)
		z.Close()
		data = b.Bytes()
	}
	if arg, ok := d.Arg("cut"); ok {
		n, err := strconv.Atoi(arg.Vals[0])
		if err != nil {
			t.Fatal(err)
		}
		data = data[:len(data)-n]
	}
	return data
}

func showTable(path string, o ingest.Options) string {
	var b strings.Builder
	table, err := OpenTable(context.Background(), path, o)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	fmt.Fprintf(&b, "columns: %q\n", table.Columns())
	err = table.Rows(context.Background(), func(line int64, fields []string) error {
		fmt.Fprintf(&b, "%d: %q\n", line, fields)
		return nil
	})
	filetest.Rest(&b, table, err)
	return b.String()
}

// argument returns one of a test's arguments.
func argument(d *datadriven.TestData) func(key string) (string, bool) {
	return func(key string) (string, bool) {
		arg, ok := d.Arg(key)
		return strings.Join(arg.Vals, ","), ok
	}
}
