package sourcetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/ingest/extract"
)

// Ingest extracts, stages and merges once, as the program does. The store is
// that at path.
func Ingest(ctx context.Context, t testing.TB, server Server, path string, o extract.Options) (*extract.Extracted, eventlog.LoadReceipt, error) {
	src := server.Open(t)
	defer src.Close()
	sys := System()
	o.Store = path
	if _, err := os.Stat(path); err == nil {
		s, err := eventlog.Open(ctx, path, eventlog.OpenOptions{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		if o.Last, err = s.Watermark(ctx, sys.Name); err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	sys.Origin = src.Origin()
	e, err := extract.Extract(ctx, src, sys, o)
	if err != nil {
		return nil, eventlog.LoadReceipt{}, err
	}
	defer e.Close()
	staged, err := eventlog.StageTables(ctx, path, *sys, e.Rows, eventlog.ExtractOptions{Watermark: e.Watermark, Content: e.Content})
	if err != nil {
		return nil, eventlog.LoadReceipt{}, err
	}
	defer staged.Discard()
	s, err := eventlog.Open(ctx, path, eventlog.OpenOptions{})
	if err != nil {
		return nil, eventlog.LoadReceipt{}, err
	}
	defer s.Close()
	r, err := s.MergeTables(ctx, staged)
	if err != nil {
		return nil, r, err
	}
	return e, r, e.Done()
}

// Landed writes what landed in a store, without when and in which order.
func Landed(ctx context.Context, t testing.TB, path string) string {
	t.Helper()
	s, err := eventlog.Open(ctx, path, eventlog.OpenOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b strings.Builder
	for _, table := range Tables() {
		rows, err := s.Query(ctx, "SELECT CAST(t AS VARCHAR) FROM (SELECT * EXCLUDE (_load, _line) FROM landing_lab."+eventlog.Quote(table.Name)+") AS t ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, "==", table.Name)
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, text)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// A changer changes a server at random. Every change has a moment of its own:
// one that leaves the watermark as it was cannot be seen by an increment.
type changer struct {
	server Server
	now    time.Time
}

const markLayout = "2006-01-02 15:04:05.000000"

// moment is now, or, for a row that is committed late, days ago.
func (c *changer) moment(rt *rapid.T, late bool) string {
	c.now = c.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(rt, "minutes"))*time.Minute + time.Microsecond)
	at := c.now
	if late {
		at = at.Add(-time.Duration(rapid.IntRange(1, 9).Draw(rt, "days late")) * 24 * time.Hour)
	}
	return at.Format(markLayout)
}

func (c *changer) change(rt *rapid.T, t testing.TB, late bool) {
	id := fmt.Sprint(rapid.IntRange(1, 14).Draw(rt, "id"))
	word := rapid.SampledFrom([]string{"", "a", "it's \"b\"", "c\nd", "é\\", "0010"})
	maybe := func(text string) string {
		if rapid.IntRange(0, 3).Draw(rt, "missing") == 0 {
			return ""
		}
		return text
	}
	switch rapid.SampledFrom([]string{"put thing", "put thing", "put pair", "put pair", "put plain", "delete thing", "delete pair", "delete plain"}).Draw(rt, "change") {
	case "put thing":
		c.server.Put(t, "thing", []string{id, word.Draw(rt, "name"), maybe("12.50"), maybe("true"), maybe("2026-02-03"), c.moment(rt, late)})
	case "put pair":
		created := c.moment(rt, true)
		c.server.Put(t, "pair", []string{"D" + id, fmt.Sprint(rapid.IntRange(1, 3).Draw(rt, "pos")), word.Draw(rt, "note"), maybe(created), maybe(c.moment(rt, late))})
	case "put plain":
		c.server.Put(t, "plain", []string{id, word.Draw(rt, "name")})
	case "delete thing":
		c.server.Delete(t, "thing", []string{id})
	case "delete pair":
		c.server.Delete(t, "pair", []string{"D" + id, fmt.Sprint(rapid.IntRange(1, 3).Draw(rt, "pos"))})
	case "delete plain":
		c.server.Delete(t, "plain", []string{id})
	}
}

// Law checks that for any sequence of inserts, updates, deletions and rows that
// come late, with ingests in between, whatever breaks in them, the last ingest
// of what has changed leaves what one ingest of everything does.
func Law(t *testing.T, server Server) {
	ctx := t.Context()
	rapid.Check(t, func(rt *rapid.T) {
		server.Clear(t)
		dir, err := os.MkdirTemp(t.TempDir(), "law")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "long.duckdb")
		c := &changer{server: server, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		for i := range 10 {
			c.now = c.now.Add(time.Hour)
			at := c.now.Format(markLayout)
			server.Put(t, "thing", []string{fmt.Sprint(i + 1), "first", "1.00", "true", "", at})
			server.Put(t, "pair", []string{fmt.Sprint("D", i/2+1), fmt.Sprint(i%2 + 1), "first", at, ""})
			server.Put(t, "plain", []string{fmt.Sprint(i + 1), "first"})
		}
		for range rapid.IntRange(2, 4).Draw(rt, "ingests") {
			o := extract.Options{
				PageRows: rapid.IntRange(1, 4).Draw(rt, "rows a page"), Pause: time.Millisecond,
				Sweep: rapid.SampledFrom([]extract.Sweep{extract.SweepAuto, extract.SweepAlways, extract.SweepNever}).Draw(rt, "sweep"),
			}
			if rapid.Bool().Draw(rt, "cut") && server.Cut(rapid.IntRange(1, 40).Draw(rt, "cut after")) && rapid.Bool().Draw(rt, "give up") {
				o.Retries = -1
			}
			_, _, err := Ingest(ctx, t, server, path, o)
			server.Cut(-1)
			if err != nil && o.Retries >= 0 {
				rt.Fatalf("an ingest that may try again: %v", err)
			}
			for range rapid.IntRange(3, 9).Draw(rt, "changes") {
				c.change(rt, t, rapid.Bool().Draw(rt, "late"))
			}
		}
		// The first may continue what was cut before the last changes.
		for range 2 {
			if _, _, err := Ingest(ctx, t, server, path, extract.Options{PageRows: 3}); err != nil {
				rt.Fatal(err)
			}
		}
		fresh := filepath.Join(dir, "fresh.duckdb")
		if _, _, err := Ingest(ctx, t, server, fresh, extract.Options{Full: true}); err != nil {
			rt.Fatal(err)
		}
		if got, want := Landed(ctx, t, path), Landed(ctx, t, fresh); got != want {
			rt.Fatalf("increments left\n%s\nand a full ingest\n%s", got, want)
		}
		left, err := filepath.Glob(filepath.Join(dir, ".*"))
		if err != nil || len(left) > 0 {
			rt.Fatalf("left behind: %v, %v", left, err)
		}
	})
}

// LawInOrder checks that without a sweep an increment has every insert and
// update whose watermark is that of the moment at which it was committed,
// however the extractions in between were cut.
func LawInOrder(t *testing.T, server Server) {
	ctx := t.Context()
	rapid.Check(t, func(rt *rapid.T) {
		server.Clear(t)
		dir, err := os.MkdirTemp(t.TempDir(), "order")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "long.duckdb")
		put := func(id int) {
			time.Sleep(10 * time.Microsecond)
			server.Put(t, "thing", []string{fmt.Sprint(id), "n", "1.00", "true", "", time.Now().UTC().Format(markLayout)})
		}
		for i := range 8 {
			put(i + 1)
		}
		for range rapid.IntRange(2, 4).Draw(rt, "ingests") {
			o := extract.Options{PageRows: rapid.IntRange(1, 3).Draw(rt, "rows a page"), Pause: time.Millisecond, Sweep: extract.SweepNever, Overlap: time.Microsecond}
			cut := rapid.Bool().Draw(rt, "cut") && server.Cut(rapid.IntRange(1, 9).Draw(rt, "cut after"))
			if cut && rapid.Bool().Draw(rt, "give up") {
				o.Retries = -1
			}
			if _, _, err := Ingest(ctx, t, server, path, o); err != nil && o.Retries >= 0 {
				rt.Fatal(err)
			}
			server.Cut(-1)
			for range rapid.IntRange(2, 6).Draw(rt, "changes") {
				put(rapid.IntRange(1, 12).Draw(rt, "id"))
			}
		}
		for range 2 {
			if _, _, err := Ingest(ctx, t, server, path, extract.Options{PageRows: 2, Sweep: extract.SweepNever, Overlap: time.Microsecond}); err != nil {
				rt.Fatal(err)
			}
		}
		fresh := filepath.Join(dir, "fresh.duckdb")
		if _, _, err := Ingest(ctx, t, server, fresh, extract.Options{}); err != nil {
			rt.Fatal(err)
		}
		if got, want := Landed(ctx, t, path), Landed(ctx, t, fresh); got != want {
			rt.Fatalf("increments left\n%s\nand a full ingest\n%s", got, want)
		}
	})
}
