package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/ingest"
)

// fill puts rows into the tables that an analyst would find there: texts with
// everything that a format might trip over, missing values, exact amounts.
func fill(t testing.TB, s Server) (things, pairs [][]string) {
	s.Clear(t)
	texts := []string{"plain", "it's \"quoted\", with\\backslash", "two\nlines\tand a tab", "größer 漢字 🙂", "0010", "null", " blanks ", "%_[]"}
	for i := range 23 {
		things = append(things, []string{
			fmt.Sprint(i + 1), texts[i%len(texts)], fmt.Sprintf("%d.%02d", i*i*1_000_003, i), []string{"true", "false", ""}[i%3],
			fmt.Sprintf("2026-01-%02d", i%28+1), fmt.Sprintf("2026-02-%02d 10:00:%02d.%06d", i/4+1, i, i),
		})
	}
	things[4][2], things[5][4], things[6][5], things[7][1] = "", "", "", ""
	for i := range 11 {
		p := []string{fmt.Sprintf("%c/%d", 'a'+i/4, i/4), fmt.Sprint(i % 4), texts[i%len(texts)], fmt.Sprintf("2026-02-%02d 08:00:00", i+1), fmt.Sprintf("2026-03-%02d 08:00:00", i+1)}
		switch i % 3 {
		case 1:
			p[4] = ""
		case 2:
			p[3], p[4] = "", ""
		}
		pairs = append(pairs, p)
	}
	s.Put(t, "thing", things...)
	s.Put(t, "pair", pairs...)
	return things, pairs
}

// A probe reads a table of a server and holds the answer against what is there.
type probe struct {
	t     *testing.T
	s     Server
	table *eventlog.Table
}

func newProbe(t *testing.T, s Server, table string) *probe {
	tables := Tables()
	i := slices.IndexFunc(tables, func(x eventlog.Table) bool { return x.Name == table })
	return &probe{t, s, &tables[i]}
}

// query asks for all columns.
func (p *probe) query() ingest.Query {
	q := ingest.Query{Table: p.table, Watermark: p.table.Watermark}
	for _, c := range p.table.Columns {
		q.Columns = append(q.Columns, c.Name)
	}
	return q
}

// begun opens the source, ready to be read.
func (p *probe) begun(ctx context.Context) ingest.Source {
	p.t.Helper()
	src := p.s.Open(p.t)
	p.t.Cleanup(func() { src.Close() })
	if _, err := src.Describe(ctx, Tables()); err != nil {
		p.t.Fatalf("Describe: %v", err)
	}
	if _, err := src.Begin(ctx); err != nil {
		p.t.Fatalf("Begin: %v", err)
	}
	return src
}

// pages reads pages, copied.
func (p *probe) pages(src ingest.Source, q ingest.Query) (pages []ingest.Page, err error) {
	err = src.Read(p.t.Context(), q, func(page ingest.Page) error {
		c := ingest.Page{After: page.After}
		for _, row := range page.Rows {
			c.Rows = append(c.Rows, slices.Clone(row))
		}
		pages = append(pages, c)
		return nil
	})
	return pages, err
}

func rowsOf(pages []ingest.Page) (rows [][]string) {
	for _, p := range pages {
		rows = append(rows, p.Rows...)
	}
	return rows
}

// wants reads and compares.
func (p *probe) wants(what string, q ingest.Query, want [][]string) {
	p.t.Helper()
	src := p.begun(p.t.Context())
	pages, err := p.pages(src, q)
	if err != nil {
		p.t.Errorf("%s: %v", what, err)
		return
	}
	p.same(what, rowsOf(pages), want)
}

func (p *probe) same(what string, got, want [][]string) {
	p.t.Helper()
	g, w := p.canonical(got), p.canonical(want)
	var lacks, has []string
	for _, row := range w {
		if !slices.ContainsFunc(g, func(x []string) bool { return slices.Equal(x, row) }) {
			lacks = append(lacks, fmt.Sprintf("%q", row))
		}
	}
	for _, row := range g {
		if !slices.ContainsFunc(w, func(x []string) bool { return slices.Equal(x, row) }) {
			has = append(has, fmt.Sprintf("%q", row))
		}
	}
	if len(g) != len(w) || len(lacks)+len(has) > 0 {
		p.t.Errorf("%s: %d rows, want %d\nmissing:\n%s\nnot wanted:\n%s", what, len(g), len(w), strings.Join(lacks, "\n"), strings.Join(has, "\n"))
	}
}

// canonical sorts rows, and writes moments alike: a fraction of zeros may be
// there or not.
func (p *probe) canonical(rows [][]string) [][]string {
	var out [][]string
	for _, row := range rows {
		row = slices.Clone(row)
		for i, v := range row {
			if head, fraction, ok := strings.Cut(v, "."); ok && len(head) == len("2026-01-01 00:00:00") && strings.Trim(fraction, "0123456789") == "" {
				row[i] = strings.TrimRight(head+"."+strings.TrimRight(fraction, "0"), ".")
			}
		}
		out = append(out, row)
	}
	slices.SortFunc(out, slices.Compare[[]string])
	return out
}

// Run checks what every source must survive.
func Run(t *testing.T, s Server) {
	things, pairs := fill(t, s)
	t.Run("describe", func(t *testing.T) { runDescribe(t, s) })
	t.Run("whole", func(t *testing.T) {
		newProbe(t, s, "thing").whole(things)
		newProbe(t, s, "pair").whole(pairs)
	})
	t.Run("since", func(t *testing.T) { runSince(t, s, things, pairs) })
	t.Run("keys", func(t *testing.T) { runKeys(t, s, things, pairs) })
	t.Run("buckets", func(t *testing.T) { runBuckets(t, s, things, pairs) })
	t.Run("resume", func(t *testing.T) {
		newProbe(t, s, "thing").resume(things)
		newProbe(t, s, "pair").resume(pairs)
	})
	t.Run("cancel", func(t *testing.T) { runCancel(t, s) })
	t.Run("dropped connection", func(t *testing.T) { runDropped(t, s, things) })
	t.Run("snapshot", func(t *testing.T) { runSnapshot(t, s, things) })
}

func runDescribe(t *testing.T, s Server) {
	src := s.Open(t)
	defer src.Close()
	if origin := src.Origin(); origin == "" || s.Secret() != "" && strings.Contains(origin, s.Secret()) {
		t.Errorf("origin %q: want a name without a secret", origin)
	}
	asked := append(Tables(), eventlog.Table{Name: "no_such_table", Key: []string{"id"}, Columns: []eventlog.TableColumn{{Name: "id", SQL: "BIGINT"}}})
	shapes, err := src.Describe(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	if len(shapes) != len(asked) {
		t.Fatalf("%d shapes of %d tables", len(shapes), len(asked))
	}
	for i, shape := range shapes {
		table := asked[i]
		if shape.Table != table.Name {
			t.Errorf("shape %d is of %q, not %s", i, shape.Table, table.Name)
		}
		if missing := table.Name == "no_such_table"; missing != (shape.Problem != "") {
			t.Errorf("%s: problem %q", table.Name, shape.Problem)
		} else if missing {
			continue
		}
		for _, c := range table.Columns {
			if !slices.ContainsFunc(shape.Columns, func(x ingest.ColumnShape) bool { return x.Name == c.Name }) {
				t.Errorf("%s: no column %s in %v", table.Name, c.Name, shape.Columns)
			}
		}
	}
}

func (p *probe) whole(want [][]string) {
	p.t.Helper()
	q := p.query()
	p.wants(p.table.Name+", a page", q, want)
	q.PageRows = 4
	src := p.begun(p.t.Context())
	pages, err := p.pages(src, q)
	if err != nil {
		p.t.Fatal(err)
	}
	p.same(p.table.Name+", pages", rowsOf(pages), want)
	for i, page := range pages {
		if len(page.Rows) > q.PageRows || len(page.Rows) == 0 {
			p.t.Errorf("%s: page %d has %d rows, of at most %d", p.table.Name, i, len(page.Rows), q.PageRows)
		}
	}
	if n, err := src.Count(p.t.Context(), p.table); err != nil || n >= 0 && n != int64(len(want)) {
		p.t.Errorf("%s: counts %d rows of %d, %v", p.table.Name, n, len(want), err)
	}
	q.Limit = 6
	if pages, err = p.pages(src, q); err != nil || len(rowsOf(pages)) != 6 {
		p.t.Errorf("%s: %d rows with a limit of 6, %v", p.table.Name, len(rowsOf(pages)), err)
	}
	// Some columns, in another order.
	a, b := len(p.table.Columns)-1, 0
	var some [][]string
	for _, row := range want {
		some = append(some, []string{row[a], row[b]})
	}
	p.wants(p.table.Name+", two columns", ingest.Query{Table: p.table, Columns: []string{p.table.Columns[a].Name, p.table.Columns[b].Name}}, some)
	// Nothing.
	empty := newProbe(p.t, p.s, "nothing")
	empty.wants("an empty table", empty.query(), nil)
	if err := src.End(p.t.Context()); err != nil {
		p.t.Errorf("End: %v", err)
	}
}

func runSince(t *testing.T, s Server, things, pairs [][]string) {
	p := newProbe(t, s, "thing")
	for _, since := range []string{things[9][5], "2026-02-03", "2026-02-03 10:00:08", "2030-01-01"} {
		var want [][]string
		for _, row := range things {
			if row[5] == "" || row[5] >= since {
				want = append(want, row)
			}
		}
		q := p.query()
		q.Since, q.PageRows = since, 3
		p.wants("since "+since, q, want)
	}
	p = newProbe(t, s, "pair")
	q := p.query()
	q.Since = "2026-02-08 08:00:00"
	var want [][]string
	for _, row := range pairs {
		if row[3] >= q.Since || row[4] >= q.Since || row[3]+row[4] == "" {
			want = append(want, row)
		}
	}
	p.wants("two watermarks, since "+q.Since, q, want)
}

func runKeys(t *testing.T, s Server, things, pairs [][]string) {
	p := newProbe(t, s, "thing")
	q := p.query()
	q.PageRows, q.Keys = 2, [][]string{{"23"}, {"1"}, {"7"}, {"4711"}, {"8"}}
	p.wants("keys", q, [][]string{things[22], things[0], things[6], things[7]})
	q.Keys = [][]string{{"4711"}}
	p.wants("a key that is not there", q, nil)
	q.Keys = nil
	for i := range 3000 { // more than any statement has room for
		q.Keys = append(q.Keys, []string{fmt.Sprint(3000 - i)})
	}
	p.wants("3000 keys", q, things)
	p = newProbe(t, s, "pair")
	q = p.query()
	q.Keys = [][]string{{"b/1", "2"}, {"a/0", "0"}, {"a/0", "9"}, {"b/2", "1"}}
	p.wants("keys of two columns", q, [][]string{pairs[0], pairs[6]})
}

// resume continues behind each page, on another connection. A source that
// cannot says so by an empty After.
func (p *probe) resume(want [][]string) {
	p.t.Helper()
	q := p.query()
	q.PageRows = 4
	pages, err := p.pages(p.begun(p.t.Context()), q)
	if err != nil {
		p.t.Fatal(err)
	}
	var before [][]string
	for i, page := range pages {
		before = append(before, page.Rows...)
		if page.After == "" {
			p.t.Logf("%s: the source cannot continue behind a page", p.table.Name)
			return
		}
		q.After = page.After
		rest, err := p.pages(p.begun(p.t.Context()), q)
		if err != nil {
			p.t.Errorf("%s: behind page %d: %v", p.table.Name, i, err)
			continue
		}
		p.same(fmt.Sprintf("%s, continued behind page %d", p.table.Name, i), append(before[:len(before):len(before)], rowsOf(rest)...), want)
	}
}

func runCancel(t *testing.T, s Server) {
	p := newProbe(t, s, "thing")
	q := p.query()
	q.PageRows = 2
	ctx, cancel := context.WithCancel(t.Context())
	src := p.begun(ctx)
	pages := 0
	err := src.Read(ctx, q, func(ingest.Page) error {
		pages++
		cancel()
		return nil
	})
	if _, again := ingest.IsTransient(err); err == nil || again || pages > 2 {
		t.Errorf("cancelled in its first page, a source gave %d and the error %v", pages, err)
	}
	stop := errors.New("stop")
	src = p.begun(t.Context())
	if err := src.Read(t.Context(), q, func(ingest.Page) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of emit came back as %v", err)
	}
	// It can be asked again.
	if pages, err := p.pages(src, q); err != nil || len(rowsOf(pages)) != 23 {
		t.Errorf("after an error of emit: %d rows, %v", len(rowsOf(pages)), err)
	}
}

func runDropped(t *testing.T, s Server, things [][]string) {
	p := newProbe(t, s, "thing")
	src := p.begun(t.Context())
	if !s.Cut(9) {
		t.Log("the server cannot drop a connection")
		return
	}
	defer s.Cut(-1)
	q := p.query()
	q.PageRows = 3
	var got [][]string
	cuts := 0
	for range 5 {
		err := src.Read(t.Context(), q, func(page ingest.Page) error {
			for _, row := range page.Rows {
				got = append(got, slices.Clone(row))
			}
			q.After = page.After
			return nil
		})
		if err == nil {
			break
		}
		cuts++
		if _, again := ingest.IsTransient(err); !again {
			t.Fatalf("a dropped connection is not Transient: %v", err)
		}
		if s.Secret() != "" && strings.Contains(err.Error(), s.Secret()) {
			t.Errorf("the error has the secret in it")
		}
		if _, err := src.Begin(t.Context()); err != nil {
			t.Fatalf("Begin after a dropped connection: %v", err)
		}
		if q.After == "" {
			got = nil
		}
	}
	if cuts == 0 {
		t.Error("nothing was dropped")
	}
	p.same("with a dropped connection", got, things)
}

// runSnapshot holds a source that promises one state to it.
func runSnapshot(t *testing.T, s Server, things [][]string) {
	ctx := t.Context()
	src := s.Open(t)
	defer src.Close()
	if _, err := src.Describe(ctx, Tables()); err != nil {
		t.Fatal(err)
	}
	one, err := src.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !one {
		t.Log("the source has no snapshots")
		return
	}
	p := newProbe(t, s, "thing")
	if _, err := p.pages(src, ingest.Query{Table: p.table, Columns: []string{"id"}, Limit: 1}); err != nil { // some servers take it with the first question
		t.Fatal(err)
	}
	s.Put(t, "thing", []string{"99", "late", "1.00", "true", "", "2026-05-05 00:00:00"})
	s.Delete(t, "thing", []string{"1"})
	defer func() {
		s.Delete(t, "thing", []string{"99"})
		s.Put(t, "thing", things[0])
	}()
	pages, err := p.pages(src, p.query())
	if err != nil {
		t.Fatal(err)
	}
	p.same("in a snapshot, after changes", rowsOf(pages), things)
}
