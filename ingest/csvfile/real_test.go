package csvfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"millrace/eventlog"
	"millrace/ingest"
)

// shared returns a file of the data folder that is not in the repository.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		_, here, _, _ := runtime.Caller(0)
		dir = filepath.Join(filepath.Dir(here), "..", "..", "..", "shared")
	}
	path := filepath.Join(dir, "data", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is missing: it is read from ../shared, or where MILLRACE_SHARED says", name)
	}
	return path
}

// The roles of public logs are guessed without a flag, and every row is taken.
func TestRealLogs(t *testing.T) {
	for _, c := range []struct {
		name, roles   string
		events, cases int // counted with Python's csv.DictReader
	}{
		{"logs/order_to_cash_suwa.csv", "order_id order_status status_changed_at employee_id", 540, 50},
		{"jp_o2c_opm/raw_order_to_cash_2024.csv", "order_id order_status status_changed_at employee_id", 540, 50},
		{"logs/PurchasingExample.csv.gz", "case:concept:name concept:name time:timestamp start_timestamp org:resource", 9119, 608},
		{"logs/patients_eventdataR.csv.gz", "case:concept:name concept:name time:timestamp org:resource lifecycle:transition handling_id", 5442, 500},
	} {
		t.Run(filepath.Base(c.name), func(t *testing.T) {
			f, err := Format.Open(context.Background(), shared(t, c.name), ingest.Options{Attributes: true})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var roles []string
			for _, d := range f.Detected() {
				switch d.Option {
				case "case", "activity", "time", "start", "resource", "lifecycle", "sequence", "instance":
					roles = append(roles, d.Value)
				}
			}
			if got := strings.Join(roles, " "); got != c.roles {
				t.Errorf("roles %q, want %q", got, c.roles)
			}
			events, cases := 0, map[string]bool{}
			if err := f.Read(context.Background(), func(b *eventlog.Batch) error {
				events += b.Len()
				for i, id := range b.Case {
					cases[id] = true
					if b.Time[i] == eventlog.NoTime {
						t.Fatalf("line %d has no time", b.Place[i])
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if first, n := f.Rejects(); n > 0 {
				t.Errorf("%d rejected: %v", n, first[0])
			}
			if events != c.events || len(cases) != c.cases {
				t.Errorf("%d events of %d cases, want %d of %d", events, len(cases), c.events, c.cases)
			}
		})
	}
}

// Every table of an ERP's extract opens, and no row of it is lost.
func TestRealTables(t *testing.T) {
	dir := filepath.Dir(shared(t, "tryton_o2c/csv/sale_sale.csv"))
	paths, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		table, err := OpenTable(context.Background(), path, ingest.Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		if err := table.Rows(context.Background(), func(int64, []string) error { return nil }); err != nil {
			t.Error(err)
		}
		if first, n := table.Rejects(); n > 0 {
			t.Errorf("%d rejected: %v", n, first[0])
		}
		if !table.header {
			t.Errorf("%s: no header found", path)
		}
	}
}

func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "big.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A row that tells days from months decides for all, however late it comes.
func TestAmbiguousDatesSettleLate(t *testing.T) {
	text := "case,activity,time\n" + strings.Repeat("1,a,01/02/2024\n", 2*sampleRows) + "1,a,01/31/2024\n"
	f, err := Format.Open(context.Background(), write(t, text), ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(f.Detected()); !strings.Contains(got, "01/02/2006") {
		t.Errorf("detected %s", got)
	}
	if err := f.Read(context.Background(), func(b *eventlog.Batch) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if first, n := f.Rejects(); n > 0 {
		t.Errorf("%d rejected: %v", n, first[0])
	}
}

// A value that does not fit the sample makes its column text, and loses nothing
// of how the batch's other values were written.
func TestAttributeWidens(t *testing.T) {
	text := "case,activity,time,amount\n" + strings.Repeat("1,a,2024-01-01,1.50\n", 2*ingest.BatchRows+100) + "1,a,2024-01-01,none\n1,a,2024-01-01,\n"
	path := write(t, text)
	// The sample is longer than a batch: make sure the odd row is beyond it.
	if 2*ingest.BatchRows+100 < sampleRows {
		t.Fatal("too short")
	}
	f, err := Format.Open(context.Background(), path, ingest.Options{Attributes: true})
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	var last eventlog.Column
	if err := f.Read(context.Background(), func(b *eventlog.Batch) error {
		last = b.Attributes[0]
		types = append(types, last.Type.String())
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(types, " "); got != "float float text" {
		t.Errorf("types %s", got)
	}
	if n := len(last.Text); last.Text[0] != "1.50" || last.Text[n-2] != "none" || !last.Null[n-1] || last.Null[0] {
		t.Errorf("texts %q … %q", last.Text[0], last.Text[n-2:])
	}
	if notes := fmt.Sprint(f.Notes()); !strings.Contains(notes, "attribute-widened") {
		t.Errorf("notes %s", notes)
	}
}

func TestHugeField(t *testing.T) {
	for _, quote := range []string{"", `"`} {
		text := "case,activity,time\n1,a,2024-01-01\n2," + quote + strings.Repeat("x", maxField+1) + quote + ",2024-01-01\n"
		_, err := Format.Open(context.Background(), write(t, text), ingest.Options{})
		if err == nil || !strings.Contains(err.Error(), "big.csv:3: a field is longer than 16 MiB") {
			t.Errorf("error %v", err)
		}
	}
}

// Reading stops when told, by the context and by the taker.
func TestReadStops(t *testing.T) {
	text := "case,activity,time\n" + strings.Repeat("1,a,2024-01-01\n", 1_000_000)
	open := func() ingest.File {
		f, err := Format.Open(context.Background(), write(t, text), ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	full := errors.New("full")
	if err := open().Read(context.Background(), func(*eventlog.Batch) error { return full }); err != full {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	batches := 0
	err := open().Read(ctx, func(*eventlog.Batch) error { batches++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || batches != 1 {
		t.Errorf("%d batches, error %v", batches, err)
	}
}

func TestSniff(t *testing.T) {
	for text, want := range map[string]bool{
		"a,b\n1,2": true, "a;b": true, "\xff\xfea\x00;\x00b\x00\n\x00": true, "": false, "{\"a\":1,\"b\":2}": false,
		"<?xml version=\"1.0\"?><log a=\",\">": false, "PK\x03\x04,": false, "PAR1,": false, "word": false,
	} {
		if got := Format.Sniff([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// A gzip stream that is cut off far behind the sample is an error that says on
// which line.
func TestCutGzip(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprintln(z, "case,activity,time")
	for i := range 100_000 {
		fmt.Fprintf(z, "%d,a%x,2024-01-01\n", i, i*i)
	}
	z.Close()
	f, err := Format.Open(context.Background(), write(t, b.String()[:b.Len()/2]), ingest.Options{Case: "case"})
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	err = f.Read(context.Background(), func(b *eventlog.Batch) error { rows += b.Len(); return nil })
	if err == nil || !regexp.MustCompile(`big\.csv:\d{5}: the gzip stream is cut off`).MatchString(err.Error()) {
		t.Errorf("%d rows, error %v", rows, err)
	}
	if done, total := f.Progress(); done != total || total == 0 {
		t.Errorf("progress %d of %d", done, total)
	}
}

// Bytes that are not UTF-8 behind a sample of plain ASCII reject their row.
func TestLateWindows1252(t *testing.T) {
	text := "case,activity,time\n" + strings.Repeat("1,abcdefghij,2024-01-01\n", headSize/10) + "1,caf\xe9,2024-01-01\n"
	f, err := Format.Open(context.Background(), write(t, text), ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Read(context.Background(), func(*eventlog.Batch) error { return nil }); err != nil {
		t.Fatal(err)
	}
	first, n := f.Rejects()
	if n != 1 || !strings.Contains(first[0].Reason, "say --encoding") || first[0].Place != fmt.Sprintf("big.csv:%d", headSize/10+2) {
		t.Errorf("%d rejected: %v", n, first)
	}
}

// Whole numbers of the sample that get a fraction later are floats from then
// on; one that could also have the other decimal sign makes them text.
func TestWholeNumbersBecomeFloats(t *testing.T) {
	for value, want := range map[string]eventlog.Type{"1.5": eventlog.Float, "-2.5e-3": eventlog.Float, "1,500": eventlog.Text, "n/a": eventlog.Text} {
		text := "case,activity,time,amount\n" + strings.Repeat("1,a,2024-01-01,7\n", sampleRows) + `1,a,2024-01-01,"` + value + "\"\n"
		f, err := Format.Open(context.Background(), write(t, text), ingest.Options{Attributes: true})
		if err != nil {
			t.Fatal(err)
		}
		var last eventlog.Column
		err = f.Read(context.Background(), func(b *eventlog.Batch) error {
			last = b.Attributes[0]
			if n := b.Len(); last.Type == eventlog.Float && (last.Float[0] != 7 || last.Float[n-1] == 7) {
				t.Errorf("%s: %v … %v", value, last.Float[0], last.Float[n-1])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if last.Type != want {
			t.Errorf("%s: type %v, want %v", value, last.Type, want)
		}
	}
}
