package extract_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/extract"
)

func (l *lab) ingest(t testing.TB, o extract.Options) (*extract.Extracted, eventlog.LoadReceipt) {
	t.Helper()
	e, r, err := ingestOnce(t.Context(), t, l, l.path, o)
	if err != nil {
		t.Fatal(err)
	}
	return e, r
}

func reconciled(e *extract.Extracted, table string) string {
	for _, r := range e.Reconciliation {
		if r.Table == table {
			return fmt.Sprintf("since %q: counted %d, read %d, swept %d, fetched %d, skipped %d", r.Since, r.Counted, r.Read, r.Swept, r.Fetched, r.Skipped)
		}
	}
	return ""
}

func (l *lab) wantLanded(t testing.TB, want ...string) {
	t.Helper()
	_, rest, _ := strings.Cut(landed(t.Context(), t, l.path), "== thing\n")
	rest, _, _ = strings.Cut(rest, "==")
	var got []string
	for line := range strings.Lines(rest) {
		id, name := "", ""
		fmt.Sscanf(line, "{'id': %s 'name': %s", &id, &name)
		got = append(got, strings.Trim(id, ",")+strings.Trim(name, ","))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("landed %q, want %q", got, want)
	}
}

func tableReceipt(r eventlog.LoadReceipt, table string) (t eventlog.TableReceipt) {
	for _, x := range r.Tables {
		if x.Table == table {
			return x
		}
	}
	return t
}

func TestIncrement(t *testing.T) {
	l := newLab(t, 5)
	e, _ := l.ingest(t, extract.Options{})
	if got, want := reconciled(e, "thing"), `since "": counted 5, read 5, swept 0, fetched 0, skipped 0`; got != want {
		t.Errorf("first: %s, want %s", got, want)
	}
	var mark struct {
		Tables map[string]struct{ Mark string }
	}
	if err := json.Unmarshal([]byte(e.Watermark), &mark); err != nil || mark.Tables["thing"].Mark != minute(4) || mark.Tables["plain"].Mark != "" {
		t.Errorf("watermark %s, %v", e.Watermark, err)
	}
	// New, changed, late, deleted.
	l.thing(6, "x", 100)
	l.thing(2, "y", 101)
	l.thing(7, "x", -5000)
	l.thing(3, "z", -6000)
	l.Delete(t, "thing", []string{"1"})
	e, r := l.ingest(t, extract.Options{})
	if got, want := reconciled(e, "thing"), `since "2025-12-31 23:54:00": counted 6, read 6, swept 6, fetched 2, skipped 0`; got != want {
		t.Errorf("second: %s, want %s", got, want)
	}
	if x := tableReceipt(r, "thing"); x.New != 2 || x.Changed != 2 || x.Gone != 1 {
		t.Errorf("second: %+v", x)
	}
	l.wantLanded(t, "2y", "3z", "4x", "5x", "6x", "7x")
	// Nothing.
	e, r = l.ingest(t, extract.Options{})
	if got, want := reconciled(e, "thing"), `since "2026-01-01 01:31:00": counted 6, read 2, swept 6, fetched 0, skipped 4`; got != want || r.Load != 0 {
		t.Errorf("third: %s, want %s; load %d", got, want, r.Load)
	}
}

// Where a sweep is left out, it is said what that misses; a full ingest finds
// it, and an update that leaves its watermark as it was, too.
func TestSweepLeftOut(t *testing.T) {
	l := newLab(t, 3)
	l.Countless = true
	l.ingest(t, extract.Options{})
	l.Delete(t, "thing", []string{"1"})
	l.thing(9, "x", -5000)
	l.thing(2, "unseen", 1)
	for _, c := range []struct {
		sweep extract.Sweep
		note  string
	}{
		{extract.SweepAuto, "thing: rows that were deleted, or came late, were not looked for, because the source does not say how many it has; ingest --full finds them, and so does sweep: always."},
		{extract.SweepNever, `thing: only rows that changed since 2025-12-31 23:52:00 were read; rows that were deleted, or came late, were not looked for.`},
	} {
		e, _ := l.ingest(t, extract.Options{Sweep: c.sweep, Overlap: 10 * time.Minute})
		if got := noteOf(e.Notes, "not-swept"); got != c.note {
			t.Errorf("%q: note %q, want %q", c.sweep, got, c.note)
		}
		l.wantLanded(t, "1x", "2unseen", "3x") // the overlap is read again, so this change is seen
	}
	l.thing(2, "again", 1)
	e, _ := l.ingest(t, extract.Options{Sweep: extract.SweepAlways, Overlap: time.Microsecond})
	if noteOf(e.Notes, "not-swept") != "" {
		t.Error("swept, and said not to be")
	}
	l.wantLanded(t, "2unseen", "3x", "9x")
	l.ingest(t, extract.Options{Full: true})
	l.wantLanded(t, "2again", "3x", "9x")
}

// A row that cannot be taken is named by its key, and does not keep others
// from being loaded or found deleted; one whose key cannot be read does.
func TestMalformed(t *testing.T) {
	l := newLab(t, 4)
	l.ingest(t, extract.Options{})
	l.Put(t, "thing", []string{"2", "bad", "12,5", "true", "2026-01-01", minute(50)})
	l.Put(t, "thing", []string{"3", "short", "1.00", "true", "2026-01-01"})
	l.Delete(t, "thing", []string{"1"})
	_, r := l.ingest(t, extract.Options{})
	var places []string
	for _, x := range r.Rejects {
		places = append(places, x.Place+" "+x.Column+" "+x.Reason)
	}
	// The short row comes twice: without a watermark it is in every increment, and its sweep differs from what landed.
	want := []string{"thing:2  the row has 5 fields, the header 6", "thing:4  the row has 5 fields, the header 6", `thing id=2 amount "12,5" is not a DECIMAL(18,2)`}
	if !slices.Equal(places, want) {
		t.Errorf("rejected %q, want %q", places, want)
	}
	l.wantLanded(t, "2x", "3x", "4x")
}

func TestUnreadableKey(t *testing.T) {
	l := newLab(t, 3)
	l.ingest(t, extract.Options{})
	l.Put(t, "thing", []string{"4a", "bad", "1.00", "true", "2026-01-01", minute(50)})
	l.Delete(t, "thing", []string{"1"})
	_, r := l.ingest(t, extract.Options{})
	if got := noteOf(r.Notes, "unreadable-keys"); got != "thing: rows that the source has no more were kept, because keys there are not of their columns' types: 1." {
		t.Errorf("note %q", got)
	}
	l.wantLanded(t, "1x", "2x", "3x")
	l.Delete(t, "thing", []string{"4a"})
	l.ingest(t, extract.Options{})
	l.wantLanded(t, "2x", "3x")
}

// Where most rows are lacking, the table is read as a whole.
func TestInstead(t *testing.T) {
	l := newLab(t, 12)
	l.ingest(t, extract.Options{})
	for i := range 8 {
		l.thing(i+1, "y", -1000-i)
	}
	l.Delete(t, "thing", []string{"12"})
	e, r := l.ingest(t, extract.Options{PageRows: 5})
	if got, want := reconciled(e, "thing"), `since "": counted 11, read 11, swept 0, fetched 0, skipped 0`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if x := tableReceipt(r, "thing"); x.Changed != 8 || x.Gone != 1 {
		t.Errorf("%+v", x)
	}
}

// A row that is dated in the future does not hide what comes before.
func TestFuture(t *testing.T) {
	l := newLab(t, 2)
	l.Put(t, "thing", []string{"3", "x", "1.00", "true", "2026-01-01", "9999-12-31 00:00:00.000000"})
	e, _ := l.ingest(t, extract.Options{})
	if strings.Contains(e.Watermark, "9999") {
		t.Errorf("watermark %s", e.Watermark)
	}
}

// Since stands in for the watermark. In the first load it also says what is
// never wanted; later it leaves no gap.
func TestSince(t *testing.T) {
	l := newLab(t, 3)
	l.thing(10, "new", 10_000)
	e, _ := l.ingest(t, extract.Options{Since: "2026-01-05"})
	if got, want := reconciled(e, "thing"), `since "2026-01-05": counted 4, read 1, swept 0, fetched 0, skipped 3`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	l.wantLanded(t, "10new")
	l.thing(11, "late", 9_000)
	l.thing(12, "new", 11_000)
	l.ingest(t, extract.Options{})
	l.wantLanded(t, "10new", "11late", "12new")
	l.thing(13, "between", 12_000)
	l.thing(14, "last", 20_000)
	l.ingest(t, extract.Options{Since: minute(15_000)})
	l.wantLanded(t, "10new", "11late", "12new", "14last")
	l.ingest(t, extract.Options{Sweep: extract.SweepNever})
	l.wantLanded(t, "10new", "11late", "12new", "13between", "14last")
	l.ingest(t, extract.Options{Full: true})
	l.wantLanded(t, "1x", "2x", "3x", "10new", "11late", "12new", "13between", "14last")
	l.thing(1, "late", -9000)
	l.ingest(t, extract.Options{})
	l.wantLanded(t, "1late", "2x", "3x", "10new", "11late", "12new", "13between", "14last")
	for _, c := range []struct {
		o    extract.Options
		want string
	}{
		{extract.Options{Since: "yesterday"}, `since "yesterday": want a date such as 2026-01-31, or a date and time such as 2026-01-31 18:00:00`},
		{extract.Options{Since: "2026-01-01", Full: true}, "full and since exclude each other"},
		{extract.Options{Sweep: "sometimes"}, `sweep: "sometimes": want always, never, or nothing`},
		{extract.Options{Last: "{"}, "the watermark of the last load is not readable"},
	} {
		_, err := l.extract(t.Context(), t, c.o)
		wantError(t, err, c.want)
	}
}

// A sample is a few rows of each table, and leaves nothing behind, nor does it
// disturb what was cut.
func TestSample(t *testing.T) {
	l := newLab(t, 9)
	l.failing(nil, fmt.Errorf("no"))
	_, err := l.extract(t.Context(), t, extract.Options{PageRows: 2})
	wantError(t, err, "kept for 24 hours")
	l.BeforePage = nil
	l.Cut(1)
	e, err := l.extract(t.Context(), t, extract.Options{Limit: 3, PageRows: 2, Pause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(t, e, "thing"); !slices.Equal(got, numbers(1, 3)) {
		t.Errorf("read %v", got)
	}
	if e.Rows[0].Complete || e.Rows[0].Present != nil {
		t.Error("a sample is said to be complete")
	}
	if got, want := reconciled(e, "thing"), `since "": counted 9, read 3, swept 0, fetched 0, skipped 6`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if e, err = l.extract(t.Context(), t, extract.Options{PageRows: 2}); err != nil {
		t.Fatal(err)
	}
	if text := noteOf(e.Notes, "continued"); !strings.HasSuffix(text, ": 2.") {
		t.Errorf("note %q", text)
	}
	if err := e.Done(); err != nil {
		t.Fatal(err)
	}
	noSpool(t, l.path)
}

// What was extracted and could not be merged is not asked for again.
func TestKeptForMerge(t *testing.T) {
	l := newLab(t, 4)
	e, err := l.extract(t.Context(), t, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	l.Asked()
	if e, err = l.extract(t.Context(), t, extract.Options{}); err != nil {
		t.Fatal(err)
	}
	if asked := l.Asked(); len(asked) > 0 {
		t.Errorf("asked for %v", asked)
	}
	if got := ids(t, e, "thing"); !slices.Equal(got, numbers(1, 4)) {
		t.Errorf("read %v", got)
	}
	if err := e.Done(); err != nil {
		t.Fatal(err)
	}
}

// A shortServer counts the row 5 of things, and does not give it: as a service
// does whose pages shift while they are read.
type shortServer struct{ *lab }

type shortSource struct{ ingest.Source }

func (s shortServer) Open(t testing.TB) ingest.Source { return shortSource{s.lab.Open(t)} }

// Buckets says that it cannot: a service whose pages shift does not sum up.
func (s shortSource) Buckets(context.Context, ingest.Query) ([]eventlog.Bucket, bool, error) {
	return nil, false, nil
}

func (s shortSource) Read(ctx context.Context, q ingest.Query, emit func(ingest.Page) error) error {
	return s.Source.Read(ctx, q, func(p ingest.Page) error {
		p.Rows = slices.DeleteFunc(p.Rows, func(row []string) bool { return row[0] == "5" })
		return emit(p)
	})
}

// Where the source gives fewer rows than it counts, none is taken for deleted.
func TestFewerRows(t *testing.T) {
	for _, live := range []bool{false, true} {
		l := newLab(t, 6)
		l.Live = live
		l.ingest(t, extract.Options{})
		for _, o := range []extract.Options{{Full: true}, {}} {
			e, _, err := ingestOnce(t.Context(), t, shortServer{l}, l.path, o)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := noteOf(e.Notes, "rows-missing"), "thing: the source counts 6 rows and gave 5; no row was taken for deleted."; got != want {
				t.Errorf("live %v, %+v: note %q", live, o, got)
			}
			l.wantLanded(t, "1x", "2x", "3x", "4x", "5x", "6x")
		}
	}
}

// A column that is gone, is new, or of another type is told before anything is
// read; one that the mapping needs stops it.
func TestDrift(t *testing.T) {
	l := newLab(t, 2)
	l.sys.Tables[0].Required = []string{"id", "changed"}
	e, err := l.extract(t.Context(), t, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	last := e.Watermark
	e.Done()
	l.Shape(ingest.TableShape{Table: "thing", There: "public.thing", Key: []string{"id", "open"}, Columns: []ingest.ColumnShape{
		{Name: "ID", SQL: "BIGINT"}, {Name: "open", SQL: "VARCHAR"}, {Name: "amount", SQL: "DOUBLE"}, {Name: "changed", SQL: "TIMESTAMP"}, {Name: "extra", SQL: ""}, {Name: "name", SQL: "BIGINT"}, {Name: "raw", SQL: "BLOB"}}})
	src := l.Open(t)
	shapes, err := src.Describe(t.Context(), l.sys.Tables)
	if err != nil {
		t.Fatal(err)
	}
	known, err := extract.Known(last, l.sys)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range extract.Check(shapes, l.sys, known) {
		got = append(got, fmt.Sprint(f.Code, " ", f.Error, " ", f.Text))
	}
	want := []string{
		"types false table thing: columns of other types than declared; a value that is not of the declared type rejects its row: open is VARCHAR, not BOOLEAN",
		"key false table thing: its key is declared as id, and is there: id, open",
		"new-columns false table thing: new since the last load; rows that do not change lack them until ingest --full: extra",
		"gone-columns false table thing: not there any more since the last load; rows keep the values they had: day",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	l.Shape(ingest.TableShape{Table: "thing", There: "public.thing", Columns: []ingest.ColumnShape{{Name: "id", SQL: "BIGINT"}}})
	l.Shape(ingest.TableShape{Table: "plain", Problem: "the user may not read it; GRANT SELECT ON plain TO reader"})
	l.Shape(ingest.TableShape{Table: "nothing", Problem: "it is not there"})
	l.sys.Tables[3].Optional = true
	l.Asked()
	_, err = l.extract(t.Context(), t, extract.Options{Last: last})
	wantError(t, err, "source lab: memory://lab is not as declared; nothing was read: table thing: columns that the mapping needs are not in public.thing, or may not be read: changed; "+
		"table plain: the user may not read it; GRANT SELECT ON plain TO reader")
	if strings.Contains(err.Error(), "nothing:") || len(l.Asked()) > 0 {
		t.Errorf("got %v", err)
	}
	noSpool(t, l.path)
}
