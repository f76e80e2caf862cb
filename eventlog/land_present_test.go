package eventlog

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// texts calls fn for each line, its fields parted by commas.
func texts(lines ...string) func(fn func([]string) error) error {
	return func(fn func([]string) error) error {
		for _, l := range lines {
			if err := fn(strings.Split(l, ",")); err != nil {
				return err
			}
		}
		return nil
	}
}

func landedKeys(t testing.TB, s *Store, table string) (keys []string) {
	t.Helper()
	err := s.session(context.Background(), func(c *storeConn) (err error) {
		keys, err = c.strings(context.Background(), `SELECT "order" || '/' || pos FROM landing_shop.`+table+` ORDER BY ALL`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// Rows that changed, and the keys that there are: what is neither is gone.
func TestLandPresent(t *testing.T) {
	for _, c := range []struct {
		what, rows string
		present    []string
		want       string
		note       string
	}{
		{"two gone", "order,pos,qty\n1,1,6", []string{"1,1", "1,2"}, "1/1 1/2", ""},
		{"none gone, in another way of writing", "order,pos,qty", []string{"01,1", "1,2 ", "2,1", "2,2"}, "1/1 1/2 2/1 2/2", ""},
		{"what was read is there, though the list was made before", "order,pos,qty\n3,1,1", []string{"1,1"}, "1/1 3/1", ""},
		{"all gone", "order,pos,qty", nil, "", ""},
		{"a row that cannot be taken is there", "order,pos,qty\n1,1,many", []string{"1,1"}, "1/1", ""},
		{"a key that is none", "order,pos,qty", []string{"1,1", "1,x"}, "1/1 1/2 2/1 2/2", "unreadable-keys"},
		{"a key that is missing", "order,pos,qty", []string{"1,1", ","}, "1/1 1/2 2/1 2/2", "unreadable-keys"},
	} {
		s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
		rows := shopRows()
		rows[1] = lines("lines", "order,pos,qty\n1,1,5\n1,2,7\n2,1,1\n2,2,9")
		mustMerge(t, s, shop(), rows...)
		rows[1] = lines("lines", c.rows)
		rows[1].Complete = false
		rows[1].Present = texts(c.present...)
		r := mustMerge(t, s, shop(), rows...)
		if got := strings.Join(landedKeys(t, s, "lines"), " "); got != c.want {
			t.Errorf("%s: landed %q, want %q", c.what, got, c.want)
		}
		if said := strings.Contains(fmt.Sprint(r.Notes), c.note); !said || c.note == "" && strings.Contains(fmt.Sprint(r.Notes), "kept") {
			t.Errorf("%s: notes %v, want %q", c.what, r.Notes, c.note)
		}
	}
}

// What was seen is compared with what landed as values, not as texts.
func TestUnlanded(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	rows := shopRows()
	rows[1] = lines("lines", "order,pos,qty\n1,1,5\n1,2,\n2,1,1.5")
	mustMerge(t, s, shop(), rows...)
	s.Close()
	for _, c := range []struct {
		table     string
		watermark []string
		seen, had []string
		want      string
	}{
		{"lines", []string{"qty"}, []string{"1,1,5", "1,2,", "2,1,1.50"}, nil, ""},
		{"lines", []string{"qty"}, []string{"01,1,5.0000", "1,2,0", "2,1,", "2,9,1"}, nil, "1,2 2,1 2,9"},
		{"lines", []string{"qty"}, []string{"1,1,6", "1,2,3", "2,1,4"}, []string{"1,1,6", "1,2,4"}, "1,2 2,1"},
		{"lines", []string{"qty"}, []string{"x,1,6", "2,1,soon"}, nil, "x,1 2,1"},
		{"lines", []string{"qty", "changed"}, []string{"1,1,5,", "1,2,,2026-01-01"}, nil, "1,2"}, // a column that never landed
		{"fresh", []string{"qty"}, []string{"1,1,5", "1,2,"}, []string{"1,2,"}, "1,1"},           // a table that never landed
	} {
		var got []string
		seen := SeenTable{Source: "shop", Table: c.table, Key: []string{"order", "pos"}, Watermark: c.watermark, Seen: texts(c.seen...), Had: texts(c.had...)}
		err := Unlanded(ctx, s.Path(), OpenOptions{}, seen, func(key []string) error {
			// The store is nobody's now.
			writer, err := Open(ctx, s.Path(), OpenOptions{Wait: -1})
			if err != nil {
				return err
			}
			got = append(got, strings.Join(key, ","))
			return writer.Close()
		})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: got %q, want %q", c.seen, got, c.want)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(s.Path()), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// More rows than are read from the file at once, in their order.
func TestUnlandedMany(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	s.Close()
	const n = stageChunk + 17
	var got []string
	seen := SeenTable{Source: "shop", Table: "t", Key: []string{"id"}, Had: texts(), Seen: func(fn func([]string) error) error {
		for i := range n {
			if err := fn([]string{fmt.Sprint(n - i)}); err != nil {
				return err
			}
		}
		return nil
	}}
	err := Unlanded(context.Background(), s.Path(), OpenOptions{}, seen, func(key []string) error {
		got = append(got, key[0])
		return nil
	})
	if err != nil || len(got) != n || got[0] != fmt.Sprint(n) || got[n-1] != "1" || slices.Index(got, "17") != n-17 {
		t.Errorf("%d rows of %d, %v", len(got), n, err)
	}
}

// The watermark is that of the last load, whatever earlier ones said.
// A load that brings nothing but another watermark is kept: else the next
// would begin where this one did, and tell the same changes of columns again.
func TestWatermarkAlone(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	for i, c := range []struct {
		watermark string
		load      int64
	}{{"a", 1}, {"a", 0}, {"b", 2}, {"b", 0}, {"", 0}} {
		staged, err := StageTables(ctx, s.Path(), shop(), shopRows(), ExtractOptions{Watermark: c.watermark})
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.MergeTables(ctx, staged)
		if err != nil || r.Load != c.load {
			t.Errorf("time %d: load %d, %v; want %d", i+1, r.Load, err, c.load)
		}
		staged.Discard()
	}
}

func TestWatermark(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	for i, c := range []struct{ source, watermark, want string }{{"shop", "a", "a"}, {"other", "b", "a"}, {"shop", "c", "c"}, {"shop", "", ""}} {
		sys, rows := shop(), shopRows()
		sys.Name = c.source
		rows[1] = lines("lines", fmt.Sprint("order,pos,qty\n1,1,", i+1))
		staged, err := StageTables(ctx, s.Path(), sys, rows, ExtractOptions{Watermark: c.watermark})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.MergeTables(ctx, staged); err != nil {
			t.Fatal(err)
		}
		staged.Discard()
		if got, err := s.Watermark(ctx, "shop"); err != nil || got != c.want {
			t.Errorf("after load %d: %q, %v; want %q", i+1, got, err, c.want)
		}
	}
	if got, err := s.Watermark(ctx, "nobody"); err != nil || got != "" {
		t.Errorf("a source that was never loaded: %q, %v", got, err)
	}
}
