package parquetfile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/ingest"
)

// A fataler is a test, or one of rapid's.
type fataler interface {
	Helper()
	Fatal(...any)
}

// makeFile writes what a query gives to a Parquet file.
func makeFile(t fataler, path, query string, with ...string) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	options := strings.Join(append([]string{"FORMAT parquet"}, with...), ", ")
	statement := fmt.Sprintf("SET TimeZone = 'UTC'; COPY (%s) TO '%s' (%s)", query, strings.ReplaceAll(path, "'", "''"), options)
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// The tests are a query that gives the file's rows; arguments are the options.
func TestParquet(t *testing.T) {
	datadriven.RunTest(t, "testdata/logs", func(t *testing.T, d *datadriven.TestData) string {
		path := filepath.Join(t.TempDir(), "orders.parquet")
		makeFile(t, path, d.Input)
		if arg, ok := d.Arg("cut"); ok {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var n int
			fmt.Sscan(arg.Vals[0], &n)
			if err := os.WriteFile(path, data[:max(0, len(data)-n)], 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o := ingest.Options{Attributes: d.HasArg("attributes")}
		for key, option := range map[string]*string{
			"case": &o.Case, "activity": &o.Activity, "time": &o.Time, "timezone": &o.Timezone, "time-layout": &o.TimeLayout,
			"sequence": &o.Sequence,
		} {
			if arg, ok := d.Arg(key); ok {
				*option = strings.Join(arg.Vals, ",")
			}
		}
		return strings.ReplaceAll(show(path, o), filepath.Dir(path)+string(filepath.Separator), "")
	})
}

func show(path string, o ingest.Options) string {
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
	first, _ := f.Rejects()
	for _, r := range first {
		fmt.Fprintf(&b, "reject %s: %s: %s\n", r.Place, r.Column, r.Reason)
	}
	for _, n := range f.Notes() {
		fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
	}
	if err != nil {
		fmt.Fprintf(&b, "error: %s\n", err)
	}
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
		case c.Type == eventlog.Nested:
			s.WriteString(c.Text[i])
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

// A name is a name: quotes end nothing, and patterns match nothing else.
func TestPathsAreLiteral(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"it's.parquet", "a*.parquet", "a?.parquet", "[ab].parquet", `"q".parquet`, "x=1 y.parquet", "größe.parquet"} {
		plain := filepath.Join(dir, "plain.parquet")
		makeFile(t, plain, fmt.Sprintf("SELECT %d AS case_id, 'a' AS activity, DATE '2024-01-01' AS time", len(name)))
		if err := os.Rename(plain, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"ab.parquet", "a.parquet", "b.parquet"} { // what the patterns would match
		makeFile(t, filepath.Join(dir, name), "SELECT 99 AS case_id, 'wrong' AS activity, DATE '2024-01-01' AS time")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got := show(filepath.Join(dir, e.Name()), ingest.Options{Attributes: true})
		id, activity := len(e.Name()), "a"
		if strings.Contains("ab.parquet a.parquet b.parquet", e.Name()) {
			id, activity = 99, "wrong"
		}
		if want := fmt.Sprintf("\n1: %d | %s | 2024-01-01T00:00:00Z\n", id, activity); !strings.Contains(got, want) {
			t.Errorf("%s: %s", e.Name(), got)
		}
	}
	if got := show(filepath.Join(dir, "*.parquet"), ingest.Options{}); !strings.Contains(got, "no such file") {
		t.Errorf("a pattern gave %s", got)
	}
	parts := filepath.Join(dir, "year=2024")
	if err := os.Mkdir(parts, 0o700); err != nil {
		t.Fatal(err)
	}
	makeFile(t, filepath.Join(parts, "p.parquet"), "SELECT 1 AS case_id, 'a' AS activity, DATE '2024-01-01' AS time")
	if got := show(filepath.Join(parts, "p.parquet"), ingest.Options{Attributes: true}); strings.Contains(got, "year=") && strings.Contains(got, "2024)") {
		t.Errorf("a folder gave a column: %s", got)
	}
}

// Rows come in the order of the file, each once, whatever the row groups.
func TestOrderIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "order.parquet")
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.IntRange(0, rangeRows*3/2).Draw(rt, "rows")
		group := rapid.SampledFrom([]int{2048, 10_000, rangeRows, 1_000_000}).Draw(rt, "group")
		makeFile(t, path, fmt.Sprintf("SELECT hash(i)%%1000 AS case_id, 'a' || i%%7 AS activity, make_timestamp(i) AS time, i AS n FROM range(%d) r(i)", rows),
			fmt.Sprintf("ROW_GROUP_SIZE %d", group))
		f, err := Format.Open(context.Background(), path, ingest.Options{Attributes: true})
		if err != nil {
			rt.Fatal(err)
		}
		defer f.Close()
		next := int64(0)
		if err := f.Read(context.Background(), func(b *eventlog.Batch) error {
			for i := range b.Case {
				if b.Place[i] != next+1 || b.Time[i] != next || b.Attributes[0].Int[i] != next || b.Activity[i] != fmt.Sprintf("a%d", next%7) {
					rt.Fatalf("row %d is %s", next, showEvent(b, i))
				}
				next++
			}
			return nil
		}); err != nil {
			rt.Fatal(err)
		}
		if next != int64(rows) {
			rt.Fatalf("%d rows of %d", next, rows)
		}
	})
}

// However many goroutines read, and however few rows a batch has, the log is the
// same, and so is what is said of it.
func TestWorkersChangeNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "workers.parquet")
	makeFile(t, path, `SELECT CASE WHEN i%97 = 5 THEN ' ' ELSE 'c' || hash(i)%300 END AS "case:concept:name",
		CASE WHEN i%89 <> 3 THEN 'a' || i%7 END AS "concept:name", CASE WHEN i%50 <> 1 THEN TIMESTAMP '2024-10-27 02:30:00' + INTERVAL (i) HOUR END AS "time:timestamp",
		'u' || i%11 AS "org:resource", i//900 AS "case:limit", i*0.5 AS amount, CASE WHEN i%3 = 0 THEN 'x' || i END AS note FROM range(20000) r(i)`, "ROW_GROUP_SIZE 2048")
	read := func(workers int, rows int64, attributes bool) string {
		f, err := open(context.Background(), path, ingest.Options{Attributes: attributes, Workers: workers, Timezone: "Europe/Berlin"})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		f.rangeRows = rows
		var b strings.Builder
		if err := f.Read(context.Background(), func(batch *eventlog.Batch) error {
			checkCodes(t, batch)
			for i := range batch.Case {
				fmt.Fprintf(&b, "%d: %s\n", batch.Place[i], showEvent(batch, i))
			}
			for i, id := range batch.CaseIDs {
				fmt.Fprintf(&b, "case %s:%s\n", id, showAttributes(batch.CaseAttributes, i))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		first, total := f.Rejects()
		if done, size := f.Progress(); done != size {
			t.Errorf("read %d bytes of %d", done, size)
		}
		return fmt.Sprint(b.String(), first, total, f.Notes())
	}
	for _, rows := range []int64{1000, 7001, rangeRows} {
		want := read(1, rows, true)
		for workers := 2; workers < 5; workers++ {
			if got := read(workers, rows, true); got != want {
				t.Errorf("%d rows a batch: %d workers read another log than one", rows, workers)
			}
		}
		// Attributes of cases are told once a batch; the rest knows no batches.
		if got, want := read(3, rows, false), read(1, rangeRows, false); got != want {
			t.Errorf("%d rows a batch give another log than all", rows)
		}
	}
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

// A file that is damaged in its middle is an error, not half a log.
func TestDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "damaged.parquet")
	makeFile(t, path, "SELECT i//10 AS case_id, 'activity ' || hash(i) AS activity, make_timestamp(i) AS time FROM range(300000) r(i)")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(data) * 6 / 10; i < len(data)*7/10; i++ {
		data[i] = 0xff
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := show(path, ingest.Options{}); !strings.Contains(got, "error: "+path+": not a whole Parquet file") {
		t.Errorf("got %s", got[max(0, len(got)-300):])
	}
}

func TestReadStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stop.parquet")
	makeFile(t, path, "SELECT i AS case_id, 'a' AS activity, make_timestamp(i) AS time FROM range(300000) r(i)")
	open := func() ingest.File {
		f, err := Format.Open(context.Background(), path, ingest.Options{Case: "case_id"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	full := errors.New("full")
	if err := open().Read(context.Background(), func(*eventlog.Batch) error { return full }); err != full {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := open().Read(ctx, func(*eventlog.Batch) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// A public log that is rewritten as Parquet reads as it did.
func TestRealLog(t *testing.T) {
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		_, here, _, _ := runtime.Caller(0)
		dir = filepath.Join(filepath.Dir(here), "..", "..", "..", "shared")
	}
	source := filepath.Join(dir, "data", "logs", "PurchasingExample.csv.gz")
	if _, err := os.Stat(source); err != nil {
		t.Skip("logs/PurchasingExample.csv.gz is missing: it is read from ../shared, or where MILLRACE_SHARED says")
	}
	path := filepath.Join(t.TempDir(), "purchasing.parquet")
	makeFile(t, path, "SELECT * FROM read_csv('"+strings.ReplaceAll(source, "'", "''")+"')")
	f, err := Format.Open(context.Background(), path, ingest.Options{Attributes: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	events, cases := 0, map[string]bool{}
	if err := f.Read(context.Background(), func(b *eventlog.Batch) error {
		events += b.Len()
		for _, id := range b.Case {
			cases[id] = true
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if events != 9119 || len(cases) != 608 { // counted with Python's csv.DictReader
		t.Errorf("%d events of %d cases, detected %v", events, len(cases), f.Detected())
	}
}

// cpuSeconds is what this process has used of all processors: wall clock on a
// machine that is shared tells little.
func cpuSeconds() float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return math.NaN()
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
}

func BenchmarkParquet(b *testing.B) {
	const rows = 1_000_000
	for _, group := range []int{rangeRows, rows} {
		path := filepath.Join(b.TempDir(), "bench.parquet")
		makeFile(b, path, fmt.Sprintf("SELECT 'C' || i//10 AS case_id, 'activity number ' || i%%20 AS activity, make_timestamp(i*60000000) AS time, 'user' || i%%100 AS resource, i%%1000/10 AS amount FROM range(%d) r(i)", rows),
			fmt.Sprintf("ROW_GROUP_SIZE %d", group))
		for i := range 4 {
			attributes, workers := i&1 > 0, 1+i/2
			b.Run(fmt.Sprintf("group=%d,attributes=%v,workers=%d", group, attributes, workers), func(b *testing.B) {
				before := cpuSeconds()
				for b.Loop() {
					f, err := Format.Open(context.Background(), path, ingest.Options{Attributes: attributes, Workers: workers})
					if err != nil {
						b.Fatal(err)
					}
					if err := f.Read(context.Background(), func(*eventlog.Batch) error { return nil }); err != nil {
						b.Fatal(err)
					}
					f.Close()
				}
				b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
				b.ReportMetric(float64(b.N)*rows/(cpuSeconds()-before), "rows/cpu-s")
			})
		}
	}
}
