package extract_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/extract"
	"millrace/ingest/sourcetest"
)

// A lab is a server in memory and a place for a store.
type lab struct {
	*sourcetest.Memory
	path string
	sys  *eventlog.System
}

// newLab has so many things, each a minute after the other.
func newLab(t testing.TB, things int) *lab {
	l := &lab{sourcetest.NewMemory(nil), filepath.Join(t.TempDir(), "a.duckdb"), sourcetest.System()}
	for i := range things {
		l.thing(i+1, "x", i)
	}
	return l
}

var base = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func minute(n int) string {
	return base.Add(time.Duration(n) * time.Minute).Format("2006-01-02 15:04:05.000000")
}

func (l *lab) thing(id int, name string, at int) {
	l.Put(nil, "thing", []string{fmt.Sprint(id), name, "1.00", "true", "2026-01-01", minute(at)})
}

func (l *lab) extract(ctx context.Context, t testing.TB, o extract.Options) (*extract.Extracted, error) {
	t.Helper()
	o.Store = l.path
	src := l.Open(t)
	defer src.Close()
	return extract.Extract(ctx, src, l.sys, o)
}

// ids are the keys of the rows of a table, as they came.
func ids(t testing.TB, e *extract.Extracted, table string) (list []string) {
	t.Helper()
	for _, r := range e.Rows {
		if r.Table != table {
			continue
		}
		err := r.Rows(func(_ int64, row []string) error {
			list = append(list, strings.Clone(row[0]))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
}

func numbers(from, to int) (list []string) {
	for i := from; i <= to; i++ {
		list = append(list, fmt.Sprint(i))
	}
	return list
}

func noteOf(notes []eventlog.Note, code string) string {
	for _, n := range notes {
		if n.Code == code {
			return n.Text
		}
	}
	return ""
}

func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q, want %q in it", err, p)
		}
	}
}

func noSpool(t testing.TB, path string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".millrace-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// failing makes pages fail, one after the other, as the list says; nil is a page that comes.
func (l *lab) failing(errs ...error) {
	l.BeforePage = func(context.Context, *ingest.Query) error {
		if len(errs) == 0 {
			return nil
		}
		err := errs[0]
		errs = errs[1:]
		return err
	}
}

// A page that fails three times is asked for a fourth time, each time after a
// longer pause, or after the one that the source asks for.
func TestRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 5)
		busy := &ingest.Transient{Err: errors.New("status 500")}
		l.failing(nil, busy, busy, busy, nil, &ingest.Transient{Err: errors.New("status 429"), Wait: time.Hour})
		var waits []time.Duration
		var because string
		began := time.Now()
		e, err := l.extract(t.Context(), t, extract.Options{PageRows: 2, Progress: func(p extract.Progress) {
			if p.Wait > 0 {
				waits, because = append(waits, p.Wait), p.Because
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if got := ids(t, e, "thing"); !slices.Equal(got, numbers(1, 5)) {
			t.Errorf("read %v", got)
		}
		if len(waits) != 4 || waits[0] < time.Second/2 || waits[0] > time.Second || waits[2] < 2*time.Second || waits[2] > 4*time.Second || waits[3] != time.Hour || because != "thing: status 429" {
			t.Errorf("waited %v, the last time because of %q", waits, because)
		}
		if took := time.Since(began); took < time.Hour+3*time.Second || took > time.Hour+8*time.Second {
			t.Errorf("it took %v", took)
		}
		asked := l.Asked()
		if n := len(asked); n < 5 || asked[1].After != asked[2].After || asked[1].After != `["2"]` || asked[4].After != `["4"]` {
			t.Errorf("asked for %v", asked)
		}
		if text := noteOf(e.Notes, "snapshots"); !strings.Contains(text, "5 states") && !strings.Contains(text, "3 states") {
			t.Errorf("note %q", text)
		}
	})
}

// What does not recover is given up, and says what is kept; the next run goes
// on behind the last page, and asks for nothing twice.
func TestGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 7)
		busy := &ingest.Transient{Err: errors.New("status 503")}
		l.failing(nil, nil, busy, busy, busy)
		_, err := l.extract(t.Context(), t, extract.Options{PageRows: 2, Retries: 2})
		wantError(t, err, "source lab: thing: status 503 (tried 3 times); kept for 24 hours: 4 rows of thing, 4 in all; run it again, and it continues there")
		l.Asked()
		l.BeforePage = nil
		time.Sleep(23 * time.Hour)
		e, err := l.extract(t.Context(), t, extract.Options{PageRows: 2})
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(t, e, "thing"); !slices.Equal(got, numbers(1, 7)) {
			t.Errorf("read %v", got)
		}
		if asked := l.Asked(); asked[0].Table.Name != "thing" || asked[0].After != `["4"]` {
			t.Errorf("asked for %+v first", asked[0])
		}
		if text := noteOf(e.Notes, "continued"); !strings.HasSuffix(text, "not read again: 4.") {
			t.Errorf("note %q", text)
		}
		_, err = l.extract(t.Context(), t, extract.Options{})
		wantError(t, err, "source lab: is being read by another millrace")
		if err := e.Done(); err != nil {
			t.Fatal(err)
		}
		calm, err := l.extract(t.Context(), t, extract.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if calm.Content != e.Content {
			t.Errorf("content %s after a cut, %s without", e.Content, calm.Content)
		}
		if err := calm.Done(); err != nil {
			t.Fatal(err)
		}
		noSpool(t, l.path)
	})
}

// Pages of another question, and old ones, are not continued.
func TestBegunAnew(t *testing.T) {
	for _, c := range []struct {
		what, want string
		between    func(*lab, *extract.Options)
	}{
		{"the same", "", func(*lab, *extract.Options) {}},
		{"other tables", "something else is asked for", func(l *lab, _ *extract.Options) { l.sys.Tables = l.sys.Tables[:2] }},
		{"other columns", "something else is asked for", func(l *lab, _ *extract.Options) {
			l.sys.Tables[0].Never = []string{"day"}
			l.sys.Tables[0].Required = []string{"id"}
		}},
		{"from a date on", "something else is asked for", func(_ *lab, o *extract.Options) { o.Since = "2026-01-01" }},
		{"everything", "something else is asked for", func(_ *lab, o *extract.Options) { o.Full = true }},
		{"a day later", "its last page is older than 24 hours", func(l *lab, _ *extract.Options) {
			old := time.Now().Add(-25 * time.Hour)
			files, _ := filepath.Glob(filepath.Join(filepath.Dir(l.path), ".millrace-spool-lab", "*"))
			for _, f := range files {
				_ = os.Chtimes(f, old, old)
			}
		}},
	} {
		l := newLab(t, 5)
		l.failing(nil, errors.New("no"))
		_, err := l.extract(t.Context(), t, extract.Options{PageRows: 2})
		wantError(t, err, "source lab: thing: no; kept for 24 hours: 2 rows")
		l.BeforePage = nil
		o := extract.Options{PageRows: 2}
		c.between(l, &o)
		l.Asked()
		e, err := l.extract(t.Context(), t, o)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		note := noteOf(e.Notes, "begun-anew")
		if !strings.Contains(note, c.want) || (note == "") != (c.want == "") {
			t.Errorf("%s: note %q", c.what, note)
		}
		if after := l.Asked()[0].After; (after == "") != (c.want != "") {
			t.Errorf("%s: continued after %q", c.what, after)
		}
		if got := ids(t, e, "thing"); !slices.Equal(got, numbers(1, 5)) {
			t.Errorf("%s: read %v", c.what, got)
		}
		if err := e.Done(); err != nil {
			t.Error(err)
		}
	}
}

// A source that cannot continue behind a page is read again from the start of
// the table, and no row is there twice.
func TestForgetful(t *testing.T) {
	l := newLab(t, 5)
	l.Forgetful = true
	l.Cut(3)
	e, err := l.extract(t.Context(), t, extract.Options{PageRows: 2, Pause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Done()
	if got := ids(t, e, "thing"); !slices.Equal(got, numbers(1, 5)) {
		t.Errorf("read %v", got)
	}
}

// A cancelled extraction ends at once, keeps its pages, and blames nobody.
func TestCancel(t *testing.T) {
	l := newLab(t, 5)
	ctx, cancel := context.WithCancel(t.Context())
	pages := 0
	l.BeforePage = func(context.Context, *ingest.Query) error {
		if pages++; pages == 2 {
			cancel()
		}
		return nil
	}
	_, err := l.extract(ctx, t, extract.Options{PageRows: 2})
	wantError(t, err, "kept for 24 hours: 2 rows of thing")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Where the store cannot be written beside, nothing is asked of the source.
func TestNowhere(t *testing.T) {
	l := newLab(t, 1)
	l.path = filepath.Join(filepath.Dir(l.path), "no", "a.duckdb")
	_, err := l.extract(t.Context(), t, extract.Options{})
	wantError(t, err, "pages are kept beside the store until they are loaded, and nothing can be written there")
	if asked := l.Asked(); len(asked) > 0 {
		t.Errorf("asked for %v", asked)
	}
}

// What stops a source is not tried again, and its pages are for nobody else.
func TestFiles(t *testing.T) {
	l := newLab(t, 5)
	l.failing(nil, errors.New("ORA-00942"))
	_, err := l.extract(t.Context(), t, extract.Options{PageRows: 2})
	wantError(t, err, "source lab: thing: ORA-00942; kept")
	dir := filepath.Join(filepath.Dir(l.path), ".millrace-spool-lab")
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
	// Nothing read: nothing kept.
	fresh := newLab(t, 5)
	fresh.failing(errors.New("ORA-00942"))
	_, err = fresh.extract(t.Context(), t, extract.Options{})
	wantError(t, err, "source lab: thing: ORA-00942")
	noSpool(t, fresh.path)
}

// What is left of cut extractions can be removed without knowing of what: but
// not what is young, nor what is being read.
func TestClean(t *testing.T) {
	l := newLab(t, 5)
	e, err := l.extract(t.Context(), t, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	there := func() bool {
		_, err := os.Stat(filepath.Join(filepath.Dir(l.path), ".millrace-spool-lab"))
		return err == nil
	}
	for _, c := range []struct {
		close bool
		age   time.Duration
		want  bool
	}{{false, 0, true}, {true, time.Hour, true}, {true, 0, false}} {
		if c.close {
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := extract.Clean(l.path, c.age); err != nil {
			t.Fatal(err)
		}
		if there() != c.want {
			t.Errorf("%+v: there is %v", c, there())
		}
	}
}
