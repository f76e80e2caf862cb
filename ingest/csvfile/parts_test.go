package csvfile

import (
	"context"
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

// unparted hides that a table has parts: it is then read row by row.
type unparted struct{ ingest.Table }

// smallParts cuts a table in parts of another size than it is asked for.
type smallParts struct {
	*Table
	size int
}

func (t smallParts) Parts(ctx context.Context, _ int, fn func(ingest.Part) error) error {
	return t.Table.Parts(ctx, t.size, fn)
}

// readWhole reads a table as a log, and writes down everything there is to see.
func readWhole(t *testing.T, table ingest.Table, o ingest.Options) string {
	f, err := ingest.NewTableLog(context.Background(), table, o)
	if err != nil {
		return "error: " + err.Error()
	}
	var rows, cases, ends strings.Builder
	err = f.Read(context.Background(), func(b *eventlog.Batch) error {
		checkCodes(t, b)
		for i := range b.Case {
			fmt.Fprintf(&rows, "%d: %s\n", b.Place[i], showEvent(b, i))
		}
		for i, id := range b.CaseIDs {
			fmt.Fprintf(&cases, "%s:%s\n", id, showAttributes(b.CaseAttributes, i))
		}
		for _, c := range b.Attributes {
			fmt.Fprintf(&ends, "%s %s %d,", c.Name, c.Type, b.Len())
		}
		return nil
	})
	if err != nil { // what came before it does not count
		return "error: " + err.Error()
	}
	first, total := f.Rejects()
	return fmt.Sprint(rows.String(), cases.String(), ends.String(), first, total, f.Notes(), f.Detected())
}

// checkCodes holds a batch to what eventlog.Codes promises.
func checkCodes(t *testing.T, b *eventlog.Batch) {
	t.Helper()
	if b.Codes == nil {
		t.Fatal("no codes")
	}
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

func showEvent(b *eventlog.Batch, i int) string {
	s := fmt.Sprint(b.Case[i], "|", b.Activity[i])
	if b.Time != nil {
		s += fmt.Sprint("|", b.Time[i])
	}
	if b.Resource != nil {
		s += "|" + b.Resource[i]
	}
	return s + showAttributes(b.Attributes, i)
}

func showAttributes(columns []eventlog.Column, i int) string {
	s := ""
	for _, c := range columns {
		if c.Null == nil || !c.Null[i] {
			s += " " + c.Name + "=" + c.ValueText(i)
		} else {
			s += " " + c.Name + "=∅"
		}
	}
	return s
}

// Reading in parts is reading row by row: whatever the text, wherever it is cut,
// and however many goroutines read.
func TestPartsAreTheWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "law.csv")
	rapid.Check(t, func(rt *rapid.T) {
		eol := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(rt, "eol")
		times := rapid.SampledFrom([]string{"2024-01-02 03:04:05", "2024-01-02", "2024-03-31 02:30:00", "2024-10-27 02:30:00"})
		if rapid.Bool().Draw(rt, "clocks") { // a column of dates and texts
			times = rapid.SampledFrom([]string{"1.2.2024", "13.2.2024 08:00", "2024-01-02 03:04:05"})
		}
		row := rapid.Custom(func(rt *rapid.T) string {
			switch rapid.IntRange(0, 12).Draw(rt, "row") {
			case 0:
				return rapid.SampledFrom([]string{
					"", "  ,,, ,", "case,activity,time,user,n", "a,b", "\"a\"b,c\"\n,d", "\"x\"\"\r\ny\"z,\"q\n", ",Total,,,5", "\r", "\xff,a,2024-01-02,u,1",
					"1,a,never,u,1", "1,,2024-01-02,u,1", "a,\"\n\n\",2024-01-02,u,", "\"",
				}).Draw(rt, "odd")
			case 1:
				return rapid.StringOfN(rapid.SampledFrom([]rune("a1,\"\n\r .")), 0, 12, -1).Draw(rt, "noise")
			}
			id := rapid.SampledFrom([]string{"1", "01", "0002", "\"c,1\"", "\"c\n2\"", "24\" screen", "\"\"\"\""}).Draw(rt, "case")
			name := rapid.SampledFrom([]string{"pick", "\"pa\"\"ck\"", "ship it", "\"one" + eol + "two\""}).Draw(rt, "activity")
			return strings.Join([]string{id, name, times.Draw(rt, "time"), rapid.SampledFrom([]string{"", "ann", "bob"}).Draw(rt, "user"),
				rapid.SampledFrom([]string{"1", "2", "1.5", "x", ""}).Draw(rt, "n")}, ",")
		})
		rows := rapid.SliceOfN(row, 0, 40).Draw(rt, "rows")
		text := strings.Join(append([]string{"case,activity,time,user,n"}, rows...), eol) + rapid.SampledFrom([]string{"", eol}).Draw(rt, "end")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			rt.Fatal(err)
		}
		o := ingest.Options{
			Case: "case", Activity: "activity", Time: "time", Header: "1", Delimiter: ",",
			Quote:      rapid.SampledFrom([]string{"", "\"", "none"}).Draw(rt, "quote"),
			Attributes: rapid.Bool().Draw(rt, "attributes"),
			CaseZeros:  rapid.SampledFrom([]string{"", "strip"}).Draw(rt, "zeros"),
			Timezone:   "Europe/Berlin",
			Encoding:   rapid.SampledFrom([]string{"", "windows-1252"}).Draw(rt, "encoding"),
		}
		read := func(of func(*Table) ingest.Table) string {
			table, err := openTable(context.Background(), path, o)
			if err != nil {
				return "error: " + err.Error()
			}
			return readWhole(t, of(table), o)
		}
		want := read(func(t *Table) ingest.Table { return unparted{t} })
		for _, size := range []int{1, rapid.IntRange(2, 200).Draw(rt, "size"), 1 << 20} {
			o.Workers = rapid.IntRange(1, 4).Draw(rt, "workers")
			if got := read(func(t *Table) ingest.Table { return smallParts{t, size} }); got != want {
				rt.Fatalf("text %q\nin parts of %d:\n%s\nwhole:\n%s", text, size, got, want)
			}
		}
	})
}

// A log of many parts and batches: attributes widen where they do row by row.
func TestManyPartsAreTheWhole(t *testing.T) {
	var b strings.Builder
	b.WriteString("case,activity,time,amount,case:limit\n")
	for i := range 3*ingest.BatchRows + 100 {
		amount := fmt.Sprint(i)
		if i > 2*ingest.BatchRows {
			amount = "about " + amount
		}
		fmt.Fprintf(&b, "%d,\"act, %d\",2024-01-01 00:00:%02d,%s,%d\n", i/7, i%5, i%60, amount, i/7000)
	}
	path := write(t, b.String())
	for _, attributes := range []bool{false, true} {
		o := ingest.Options{Attributes: attributes}
		read := func(of func(*Table) ingest.Table, workers int) string {
			table, err := openTable(context.Background(), path, o)
			if err != nil {
				t.Fatal(err)
			}
			o.Workers = workers
			return readWhole(t, of(table), o)
		}
		want := read(func(t *Table) ingest.Table { return unparted{t} }, 1)
		if !strings.Contains(want, "amount") && attributes {
			t.Fatal("no attributes")
		}
		for workers := 1; workers < 4; workers++ {
			if got := read(func(t *Table) ingest.Table { return smallParts{t, 100_000} }, workers); got != want {
				t.Errorf("attributes %v, %d workers: %d bytes, want %d", attributes, workers, len(got), len(want))
			}
		}
	}
}

// A field that is too long, or never ends, is the error it is row by row, and a
// stream that breaks off too: behind many parts.
func TestPartsFailAlike(t *testing.T) {
	head := "case,activity,time\n" + strings.Repeat("1,a,2024-01-01\n", 300_000)
	for name, text := range map[string]string{
		"huge":   head + strings.Repeat("2,a,2024-01-01\n", 10) + "3," + strings.Repeat("x", maxField+1) + ",2024-01-01\n",
		"open":   head + "3,\"" + strings.Repeat("x\n", maxField/2+10),
		"large":  head + "3,\"" + strings.Repeat("x\n", maxField/2-10) + "\",2024-01-01\n" + head,
		"broken": head + "3,\"",
	} {
		path := write(t, text)
		read := func(of func(*Table) ingest.Table) string {
			table, err := openTable(context.Background(), path, ingest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return readWhole(t, of(table), ingest.Options{})
		}
		want := read(func(t *Table) ingest.Table { return unparted{t} })
		if got := read(func(t *Table) ingest.Table { return smallParts{t, 1 << 16} }); got != want {
			t.Errorf("%s: %d bytes %.300s, want %d %.300s", name, len(got), got, len(want), want)
		}
		if failed := strings.HasPrefix(want, "error"); failed != (name != "large") {
			t.Errorf("%s: %.200s", name, want)
		}
	}
}

// Whoever stops reading leaves no goroutine behind.
func TestPartsLeaveNothing(t *testing.T) {
	path := write(t, "case,activity,time\n"+strings.Repeat("1,a,2024-01-01\n", 200_000))
	before := runtime.NumGoroutine()
	for range 20 {
		table, err := openTable(context.Background(), path, ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := ingest.NewTableLog(context.Background(), smallParts{table, 10_000}, ingest.Options{Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		full, n := fmt.Errorf("full"), 0
		err = f.Read(ctx, func(*eventlog.Batch) error {
			if n++; n == 3 {
				return full
			}
			return nil
		})
		if err != full {
			t.Fatal(err)
		}
		cancel()
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
