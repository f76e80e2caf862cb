package extract_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"millrace/ingest"
	"millrace/ingest/extract"
)

// A source that falls silent is asked again; the time that the rate takes is
// not held against it.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 6)
		silent := 1
		l.BeforePage = func(ctx context.Context, q *ingest.Query) error {
			if q.After == `["2"]` && silent > 0 {
				silent--
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		began := time.Now()
		e, err := l.extract(t.Context(), t, extract.Options{PageRows: 2, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Done()
		if took := time.Since(began); took > 0 && silent == 1 {
			t.Errorf("it took %v without a silence", took)
		}
		// The first page ends no request: the second is silent only if asked for anew.
		l.Cut(3)
		began = time.Now()
		e.Done()
		e, err = l.extract(t.Context(), t, extract.Options{PageRows: 2, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Done()
		if took := time.Since(began); silent != 0 || took < time.Minute || took > time.Minute+5*time.Second {
			t.Errorf("a silence of more than a minute: it took %v", took)
		}
		if got := ids(t, e, "thing"); !slices.Equal(got, numbers(1, 6)) {
			t.Errorf("read %v", got)
		}
		l.BeforePage = func(ctx context.Context, _ *ingest.Query) error {
			<-ctx.Done()
			return ctx.Err()
		}
		e.Done()
		_, err = l.extract(t.Context(), t, extract.Options{Timeout: time.Minute, Retries: -1})
		wantError(t, err, "source lab: thing: no rows within 1m0s")
	})
}

// Rows come no faster than asked for, and not in one blow.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 50)
		began := time.Now()
		e, err := l.extract(t.Context(), t, extract.Options{RowsPerSecond: 5, Timeout: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Done()
		if took := time.Since(began); took < 9*time.Second || took > 11*time.Second {
			t.Errorf("50 rows, 5 a second, took %v", took)
		}
		if asked := l.Asked(); asked[0].PageRows != 5 {
			t.Errorf("a page had %d rows", asked[0].PageRows)
		}
	})
}

// Outside of its window a source is not asked for anything; when the window
// closes, an extraction ends with its page, and goes on when it is open again.
func TestWindowCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is midnight UTC
		l := newLab(t, 9)
		window := func(text string) extract.Window {
			w, err := extract.ParseWindow(text, "UTC")
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		_, err := l.extract(t.Context(), t, extract.Options{Window: window("20:00-23:00")})
		wantError(t, err, "source lab: outside of its window 20:00-23:00 (UTC), which opens at 2000-01-01 20:00 UTC")
		if asked := l.Asked(); len(asked) > 0 {
			t.Errorf("asked for %v", asked)
		}
		o := extract.Options{Window: window("22:00-00:01"), RowsPerSecond: 1, PageRows: 1}
		l.BeforePage = func(context.Context, *ingest.Query) error {
			time.Sleep(14 * time.Second)
			return nil
		}
		o.Timeout = 20 * time.Second
		_, err = l.extract(t.Context(), t, o)
		wantError(t, err, "source lab: thing: outside of its window 22:00-00:01 (UTC), which opens at 2000-01-01 22:00 UTC; kept for 24 hours: 5 rows of thing")
		time.Sleep(22 * time.Hour)
		l.BeforePage = nil
		e, err := l.extract(t.Context(), t, o)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Done()
		if got := ids(t, e, "thing"); !slices.Equal(got, numbers(1, 9)) {
			t.Errorf("read %v", got)
		}
		if text := noteOf(e.Notes, "continued"); !strings.HasSuffix(text, ": 5.") {
			t.Errorf("note %q", text)
		}
	})
}
