package eventlog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// generated yields n events of cases of ten, in batches of size.
func generated(n, size int) func(context.Context, func(*Batch) error) error {
	return func(_ context.Context, emit func(*Batch) error) error {
		for from := 0; from < n; from += size {
			b := &Batch{}
			price := Column{Name: "price", Type: Float}
			note := Column{Name: "note", Type: Text}
			for i := from; i < min(from+size, n); i++ {
				b.Case = append(b.Case, fmt.Sprintf("case %d", i/10))
				b.Activity = append(b.Activity, fmt.Sprintf("activity %d", i%10))
				b.Time = append(b.Time, int64(i)*1e6)
				b.Resource = append(b.Resource, fmt.Sprintf("user %d", i%50))
				b.Place = append(b.Place, int64(i+2))
				price.Float = append(price.Float, float64(i)/4)
				note.Text = append(note.Text, fmt.Sprintf("note %d", i%1000))
			}
			b.Attributes = []Column{price, note}
			if err := emit(b); err != nil {
				return err
			}
		}
		return nil
	}
}

// batches yields what it is given.
func batches(list ...*Batch) func(context.Context, func(*Batch) error) error {
	return func(_ context.Context, emit func(*Batch) error) error {
		for _, b := range list {
			if err := emit(b); err != nil {
				return err
			}
		}
		return nil
	}
}

func mustImport(t testing.TB, s *Store, o ImportOptions, read func(context.Context, func(*Batch) error) error) LoadReceipt {
	t.Helper()
	ctx := context.Background()
	staged, err := Stage(ctx, s.Path(), o, read, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer staged.Discard()
	r, err := s.Merge(ctx, staged)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A row is one event of a small world, so that rows collide.
type row struct {
	kase, activity string
	second         int64
	amount         int64 // 0: none
}

// rowBatch makes one batch of some rows; a typed file has its amounts as numbers.
func rowBatch(rows []row, typed bool) *Batch {
	b := &Batch{}
	amount := Column{Name: "amount", Type: Text}
	if typed {
		amount.Type = Int
	}
	for _, r := range rows {
		b.Case = append(b.Case, r.kase)
		b.Activity = append(b.Activity, r.activity)
		b.Time = append(b.Time, r.second*1e6)
		amount.Null = append(amount.Null, r.amount == 0)
		amount.Int = append(amount.Int, r.amount)
		amount.Text = append(amount.Text, fmt.Sprint(r.amount))
	}
	b.Attributes = []Column{amount}
	return b
}

// content lists a log's events without the numbers that depend on the order
// of loads: what a user sees.
func content(t testing.TB, s *Store, log string) []string {
	t.Helper()
	var list []string
	err := s.session(context.Background(), func(c *storeConn) (err error) {
		list, err = c.strings(context.Background(), `
			SELECT concat_ws(' ', e.id, o.id, e.activity, epoch_us(e.time), CAST(a.amount AS VARCHAR))
			FROM event AS e JOIN event_object AS eo USING (event) JOIN object AS o USING (object)
			LEFT JOIN events.`+Quote(log)+` AS a USING (event)
			WHERE e.source = $1 ORDER BY ALL`, log)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func rowsGen() *rapid.Generator[[]row] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) row {
		return row{
			kase:     rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "case"),
			activity: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "activity"),
			second:   rapid.Int64Range(0, 3).Draw(t, "second"),
			amount:   rapid.Int64Range(0, 2).Draw(t, "amount"),
		}
	}), 1, 12)
}

// Loading twice is loading once; slices may overlap, come in any order, be cut
// into batches anywhere, and type their columns differently.
func TestImportLaws(t *testing.T) {
	dir := t.TempDir()
	n := 0
	s := openStore(t, filepath.Join(dir, "a.duckdb"))
	checks(t, 30) // each is four or five loads, and as many tables more
	rapid.Check(t, func(rt *rapid.T) {
		rows := rowsGen().Draw(rt, "rows")
		n++
		whole, sliced := fmt.Sprintf("whole %d", n), fmt.Sprintf("sliced %d", n)
		mustImport(t, s, ImportOptions{Log: whole}, batches(rowBatch(rows, true)))

		// Slices of a file: from i to j, with all of it covered.
		at := rapid.IntRange(0, len(rows)).Draw(rt, "cut")
		back := rapid.IntRange(0, at).Draw(rt, "overlap")
		slicesOf := [][]row{rows[:at], rows[at-back:]}
		if distinct(rows) && rapid.Bool().Draw(rt, "reversed") {
			slices.Reverse(slicesOf)
		}
		if !distinct(rows) {
			// A row that is repeated across a cut cannot be told from an
			// overlap; whole files are merged by counting instead.
			slicesOf = [][]row{rows, rows[:at], rows[at-back:]}
		}
		for i, part := range slicesOf {
			typed := rapid.Bool().Draw(rt, "typed")
			mid := rapid.IntRange(0, len(part)).Draw(rt, "batch")
			mustImport(t, s, ImportOptions{Log: sliced}, batches(rowBatch(part[:mid], typed), rowBatch(part[mid:], i%2 == 0)))
		}
		want, got := content(t, s, whole), content(t, s, sliced)
		if a, b := stripID(want), stripID(got); !slices.Equal(a, b) {
			rt.Fatalf("whole:\n%s\nsliced:\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
		before := ""
		if n%10 == 0 {
			before = s.dump(t)
		}
		r := mustImport(t, s, ImportOptions{Log: sliced}, batches(rowBatch(rows, false)))
		if r.RowsKnown != int64(len(rows)) || r.RowsNew != 0 || r.Load != 0 {
			rt.Fatalf("again: %+v", r)
		}
		if n%10 == 0 && s.dump(t) != before {
			rt.Fatal("a load of nothing new wrote something")
		}
	})
}

func distinct(rows []row) bool {
	seen := map[row]bool{}
	for _, r := range rows {
		if seen[r] {
			return false
		}
		seen[r] = true
	}
	return true
}

// stripID drops the identities: they differ between two logs, by design.
func stripID(list []string) []string {
	out := make([]string, len(list))
	for i, l := range list {
		_, out[i], _ = strings.Cut(l, " ")
	}
	slices.Sort(out)
	return out
}

// A file that has a row twice, then one that has it once, then one with three.
func TestImportCountsIdenticalRows(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	x := row{"1", "a", 1, 0}
	for i, c := range []struct{ rows, fresh, known int64 }{{2, 2, 0}, {1, 0, 1}, {3, 1, 2}, {2, 0, 2}} {
		rows := make([]row, c.rows)
		for j := range rows {
			rows[j] = x
		}
		r := mustImport(t, s, ImportOptions{Log: "l"}, batches(rowBatch(rows, true)))
		if r.RowsNew != c.fresh || r.RowsKnown != c.known {
			t.Errorf("import %d: new %d, known %d; want %+v", i, r.RowsNew, r.RowsKnown, c)
		}
	}
}

// Names that break what is pasted together, and values that break what is not text.
func TestImportHostileNames(t *testing.T) {
	names := []string{
		"", " ", `"`, `""`, "'", `'; DROP TABLE event; --`, "a\x00b", "Amount", "amount", "AMOUNT", "event", "Event", "object",
		"größe", "価格", "🙂", "a.b", "select", "a\nb", strings.Repeat("x", 5000), "ord", "id", "case", "a0", "rowid", "\xff\xfe", "{table}", "$1", "?",
	}
	for _, log := range []string{"plain", `x"; DROP TABLE event; --`, "Ö '1'", "event", "load", "{columns}", "$1"} {
		ctx := context.Background()
		s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
		b := &Batch{Case: []string{"c'\"\x00"}, Activity: []string{"\xff; DROP"}, CaseIDs: []string{"c'\"\x00"}}
		for i, name := range names {
			c := Column{Name: name, Type: Text, Text: []string{fmt.Sprintf("value %d of %s", i, name)}}
			b.Attributes, b.CaseAttributes = append(b.Attributes, c), append(b.CaseAttributes, c)
		}
		for want := int64(1); want >= 0; want-- {
			if r := mustImport(t, s, ImportOptions{Log: log}, batches(b)); r.RowsNew != want {
				t.Errorf("log %q: %d new, want %d", log, r.RowsNew, want)
			}
		}
		err := s.session(ctx, func(c *storeConn) error {
			for _, owner := range []string{"event", "object"} {
				table, err := c.attributes(ctx, owner, log)
				if err != nil {
					return err
				}
				tr := &tracer{c: c}
				rows, err := tr.attributeValues(ctx, owner, log, "true")
				if err != nil {
					return err
				}
				if len(rows) != 1 || len(rows["1"]) != len(names) || len(table.columns) != len(names) {
					t.Errorf("log %q: %d rows, %d of %d values of %s", log, len(rows), len(rows["1"]), len(names), owner)
				}
				for i, v := range rows["1"] {
					if v.Name != strings.ToValidUTF8(names[i], "\uFFFD") || !strings.HasPrefix(v.Value, fmt.Sprintf("value %d of ", i)) {
						t.Errorf("log %q: %s attribute %d is %q = %q", log, owner, i, v.Name, v.Value)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("log %q: %v", log, err)
		}
		s.Close()
	}
}

func TestImportManyAttributes(t *testing.T) {
	many := 10_000
	if testing.Short() {
		many = 500
	}
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	for _, kind := range []string{"x", "y"} { // the second load adds as many columns again
		b := &Batch{Case: []string{"1"}, Activity: []string{kind}}
		for i := range many {
			b.Attributes = append(b.Attributes, Column{Name: fmt.Sprintf("%s %d", kind, i), Type: Int, Int: []int64{int64(i)}})
		}
		mustImport(t, s, ImportOptions{Log: "l"}, batches(b))
	}
	err := s.session(context.Background(), func(c *storeConn) error {
		n, err := c.int(context.Background(), "SELECT count(*) FROM attribute")
		if n != int64(2*many) {
			t.Errorf("%d attributes, want %d", n, 2*many)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Every type of value survives, and one that meets another type becomes text.
func TestImportTypes(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	at := int64(1_700_000_000_123_456)
	typed := func(activity, suffix string) *Batch {
		return &Batch{Case: []string{"1"}, Activity: []string{activity}, Attributes: []Column{
			{Name: "int" + suffix, Type: Int, Int: []int64{5}},
			{Name: "float" + suffix, Type: Float, Float: []float64{5}},
			{Name: "half" + suffix, Type: Float, Float: []float64{0.5}},
			{Name: "bool" + suffix, Type: Bool, Int: []int64{1}},
			{Name: "time" + suffix, Type: Time, Int: []int64{at}},
			{Name: "nested" + suffix, Type: Nested, Text: []string{`{"a":[1]}`}},
		}}
	}
	text := &Batch{Case: []string{"1"}, Activity: []string{"text"}}
	for _, name := range []string{"int", "float", "half", "bool", "time", "nested"} {
		text.Attributes = append(text.Attributes, Column{Name: name, Type: Text, Text: []string{"n/a"}})
		text.Attributes = append(text.Attributes, Column{Name: name + " later", Type: Text, Text: []string{"n/a"}})
	}
	mustImport(t, s, ImportOptions{Log: "l"}, batches(typed("typed", " later"), typed("kept", " kept")))
	mustImport(t, s, ImportOptions{Log: "l"}, batches(typed("typed", ""), text))
	trace, err := s.Trace(ctx, "1", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range trace.Objects[0].Events {
		fmt.Fprintln(&b, e.Activity, e.Attributes)
	}
	// Columns stand in the order in which they came up.
	want := `typed [{int later 5} {float later 5} {half later 0.5} {bool later true} {time later 2023-11-14T22:13:20.123456Z} {nested later {"a":[1]}}]
kept [{int kept 5} {float kept 5} {half kept 0.5} {bool kept true} {time kept 2023-11-14T22:13:20.123456Z} {nested kept {"a":[1]}}]
typed [{int 5} {float 5} {half 0.5} {bool true} {time 2023-11-14T22:13:20.123456Z} {nested {"a":[1]}}]
text [{int later n/a} {float later n/a} {half later n/a} {bool later n/a} {time later n/a} {nested later n/a} {int n/a} {float n/a} {half n/a} {bool n/a} {time n/a} {nested n/a}]
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A later value of a case attribute wins, once, and is remembered as a change.
func TestImportCaseAttributes(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	load := func(value string, null bool) LoadReceipt {
		return mustImport(t, s, ImportOptions{Log: "l"}, batches(&Batch{
			Case: []string{"1"}, Activity: []string{"a"}, CaseIDs: []string{"1", "2"},
			CaseAttributes: []Column{{Name: "status", Text: []string{value, "same"}, Null: []bool{null, false}}},
		}))
	}
	for i, c := range []struct {
		value   string
		null    bool
		changed int64
	}{{"open", false, 0}, {"open", false, 0}, {"", true, 0}, {"closed", false, 1}, {"closed", false, 0}} {
		if r := load(c.value, c.null); r.Objects.Changed != c.changed || r.Changes.New != c.changed {
			t.Errorf("load %d: %+v, want %d changed", i, r, c.changed)
		}
	}
	trace, err := s.Trace(ctx, "1", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(trace.Objects[0].Attributes, trace.Objects[0].Changes); got != "[{status closed}] [{status <nil> open closed}]" {
		t.Error(got)
	}
}

func TestImportSameContent(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	o := ImportOptions{Log: "l", Content: "c0ffee", Options: map[string]string{"delimiter": ";"}}
	mustImport(t, s, o, generated(100, 30))
	if r := mustImport(t, s, o, generated(100, 30)); r.RowsKnown != 100 || r.Load != 0 {
		t.Errorf("got %+v", r)
	}
	o.Options = map[string]string{"delimiter": ","}
	staged, err := Stage(ctx, s.Path(), o, generated(100, 30), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer staged.Discard()
	if _, err := s.Merge(ctx, staged); err == nil || !strings.Contains(err.Error(), "with other options") {
		t.Errorf("got %v", err)
	}
}

// An error of the reader, a cancelled import, and an empty file leave no trace.
func TestImportNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.duckdb")
	ctx, cancel := context.WithCancel(context.Background())
	broken := errors.New("orders.csv:3: broken")
	_, err := Import(ctx, path, OpenOptions{}, ImportOptions{Log: "l"}, func(ctx context.Context, emit func(*Batch) error) error {
		if err := generated(1000, 100)(ctx, emit); err != nil {
			return err
		}
		return broken
	}, nil)
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	_, err = Import(ctx, path, OpenOptions{}, ImportOptions{Log: "l"}, func(ctx context.Context, emit func(*Batch) error) error {
		cancel()
		return generated(1000, 100)(ctx, emit)
	}, nil)
	if err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("got %v", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	r, err := Import(context.Background(), path, OpenOptions{}, ImportOptions{Log: "l"}, generated(0, 1), func() (ImportEnd, error) {
		return ImportEnd{Rejected: 2, Rejects: []Reject{{Place: "orders.csv:2", Reason: "no case"}, {Place: "orders.csv:3", Column: "t", Reason: "no time"}}}, nil
	})
	if err != nil || r.RowsIn != 2 || r.RowsRejected != 2 || r.Load != 1 {
		t.Errorf("empty: %+v, %v", r, err)
	}
}

func BenchmarkImport(b *testing.B) {
	const n = 1_000_000
	for b.Loop() {
		path := filepath.Join(b.TempDir(), fmt.Sprintf("%d.duckdb", rand.Int64()))
		if _, err := Import(context.Background(), path, OpenOptions{}, ImportOptions{Log: "l"}, generated(n, 10_000), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
}
