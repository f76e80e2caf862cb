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
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/klauspost/compress/gzip"

	"millrace/eventlog"
	"millrace/ingest"
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
				out = showTable(path, optionsOf(d))
			} else {
				out = showLog(path, optionsOf(d))
			}
			return strings.ReplaceAll(out, filepath.Dir(path)+string(filepath.Separator), "")
		})
	})
}

func optionsOf(d *datadriven.TestData) ingest.Options {
	o := ingest.Options{Attributes: d.HasArg("attributes")}
	for key, option := range map[string]*string{
		"case": &o.Case, "activity": &o.Activity, "time": &o.Time, "start": &o.Start, "resource": &o.Resource, "sequence": &o.Sequence,
		"lifecycle": &o.Lifecycle, "timezone": &o.Timezone, "time-layout": &o.TimeLayout, "delimiter": &o.Delimiter, "quote": &o.Quote,
		"encoding": &o.Encoding, "decimal": &o.Decimal,
	} {
		if arg, ok := d.Arg(key); ok {
			*option = strings.ReplaceAll(strings.Join(arg.Vals, ","), "_", " ")
		}
	}
	return o
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
	showRest(&b, table, err)
	return b.String()
}

func showLog(path string, o ingest.Options) string {
	f, err := Format.Open(context.Background(), path, o)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	defer f.Close()
	var b strings.Builder
	var found []string
	for _, d := range f.Detected() {
		value := d.Value
		if d.Told {
			value += " (told)"
		}
		found = append(found, d.Option+" "+value)
	}
	fmt.Fprintf(&b, "detected: %s\n", strings.Join(found, " · "))
	err = f.Read(context.Background(), func(batch *eventlog.Batch) error {
		for i := range batch.Case {
			fmt.Fprintf(&b, "%d: %s\n", batch.Place[i], showEvent(batch, i))
		}
		for i, id := range batch.CaseIDs {
			fmt.Fprintf(&b, "case %s:%s\n", id, showAttributes(batch.CaseAttributes, i))
		}
		return nil
	})
	showRest(&b, f, err)
	return b.String()
}

func showEvent(b *eventlog.Batch, i int) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s | %s", b.Case[i], b.Activity[i])
	if b.Start != nil {
		fmt.Fprintf(&s, " | %s →", showTime(b.Start[i]))
	}
	if b.Time != nil {
		fmt.Fprintf(&s, " | %s", showTime(b.Time[i]))
	}
	if b.Day != nil && b.Day[i] {
		s.WriteString(" (day)")
	}
	for _, c := range [][]string{b.Resource, b.Lifecycle, b.Instance} {
		if c != nil {
			fmt.Fprintf(&s, " | %s", c[i])
		}
	}
	if b.Sequence != nil {
		fmt.Fprintf(&s, " | #%d", b.Sequence[i])
	}
	s.WriteString(showAttributes(b.Attributes, i))
	return s.String()
}

func showAttributes(columns []eventlog.Column, i int) string {
	var s strings.Builder
	for _, c := range columns {
		fmt.Fprintf(&s, " %s=", c.Name)
		switch {
		case c.Null != nil && c.Null[i]:
			s.WriteString("∅")
		case c.Type == eventlog.Text:
			fmt.Fprintf(&s, "%q", c.Text[i])
		case c.Type == eventlog.Float:
			fmt.Fprintf(&s, "float(%v)", c.Float[i])
		case c.Type == eventlog.Time:
			s.WriteString(showTime(c.Int[i]))
		default:
			fmt.Fprintf(&s, "%s(%d)", c.Type, c.Int[i])
		}
	}
	return s.String()
}

func showTime(us int64) string {
	if us == eventlog.NoTime {
		return "no time"
	}
	return time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.999999Z")
}

func showRest(b *strings.Builder, f interface {
	Rejects() ([]eventlog.Reject, int64)
	Notes() []eventlog.Note
}, err error) {
	first, total := f.Rejects()
	for _, r := range first {
		column := ""
		if r.Column != "" {
			column = r.Column + ": "
		}
		fmt.Fprintf(b, "reject %s: %s%s\n", r.Place, column, r.Reason)
	}
	if int64(len(first)) != total {
		fmt.Fprintf(b, "rejects in all: %d\n", total)
	}
	for _, n := range f.Notes() {
		fmt.Fprintf(b, "note %s: %s\n", n.Code, n.Text)
	}
	if err != nil {
		fmt.Fprintf(b, "error: %s\n", err)
	}
}
