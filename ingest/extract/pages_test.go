package extract

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"
	"pgregory.net/rapid"
)

func openTestPart(t rapid.TB, path string) *part {
	t.Helper()
	pack, err := newPacker()
	if err != nil {
		t.Fatal(err)
	}
	p, err := openPart(path, pack)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func rowsOfPart(t rapid.TB, p *part) (rows [][]string) {
	t.Helper()
	err := p.each(func(line int64, row []string) error {
		if line != int64(len(rows)+1) {
			t.Fatalf("row %d is numbered %d", len(rows)+1, line)
		}
		rows = append(rows, slices.Clone(row))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Whatever bytes the last write of a dead process left, what was whole before
// is there, and reading continues behind it.
func TestPagesTorn(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		path := filepath.Join(dir, fmt.Sprint(n))
		pages := rapid.SliceOfN(rapid.SliceOfN(rapid.SliceOfN(rapid.String(), 0, 3), 1, 4), 1, 4).Draw(rt, "pages")
		p := openTestPart(rt, path)
		ends := []int64{0}
		for i, rows := range pages {
			if err := p.write(pageHead{After: fmt.Sprint(i)}, rows); err != nil {
				rt.Fatal(err)
			}
			ends = append(ends, p.end)
		}
		p.file.Close()
		text, err := os.ReadFile(path)
		if err != nil {
			rt.Fatal(err)
		}
		cut := rapid.IntRange(0, len(text)).Draw(rt, "cut")
		whole := len(pages)
		for whole > 0 && ends[whole] > int64(cut) {
			whole--
		}
		rest := text[cut:]
		switch rapid.SampledFrom([]string{"cut", "zeros", "another byte"}).Draw(rt, "what") {
		case "cut":
			text = text[:cut]
		case "zeros":
			clear(rest)
		case "another byte":
			if len(rest) > 0 {
				rest[0] ^= 0x55
			}
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			rt.Fatal(err)
		}
		p = openTestPart(rt, path)
		defer p.file.Close()
		if len(p.pages) < whole || p.after() != "" && p.after() != fmt.Sprint(len(p.pages)-1) {
			rt.Fatalf("%d pages of %d that are whole; after %q", len(p.pages), whole, p.after())
		}
		if err := p.write(pageHead{After: "again", Done: true}, [][]string{{"again"}}); err != nil {
			rt.Fatal(err)
		}
		want := append(slices.Concat(pages[:len(p.pages)-1]...), []string{"again"})
		if got := rowsOfPart(rt, p); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			rt.Fatalf("got %q, want %q", got, want)
		}
	})
}

// Content does not depend on where pages end.
func TestPagesSum(t *testing.T) {
	sums := map[[2]uint64]bool{}
	for _, size := range []int{1, 3, 10} {
		p := openTestPart(t, filepath.Join(t.TempDir(), "p"))
		var all [][]string
		for i := range 10 {
			all = append(all, []string{fmt.Sprint(i), strings.Repeat("x", i*100)})
		}
		var total [2]uint64
		for page := range slices.Chunk(all, size) {
			if err := p.write(pageHead{}, page); err != nil {
				t.Fatal(err)
			}
			total = sum(total, xxh3.Uint128{Hi: p.last().Sum[0], Lo: p.last().Sum[1]})
		}
		sums[total] = true
		if row, err := p.row(8); err != nil || row[0] != "7" {
			t.Errorf("row 8 is %q, %v", row, err)
		}
		p.file.Close()
	}
	if len(sums) != 1 {
		t.Errorf("sums of the same rows differ: %v", sums)
	}
}

func FuzzPages(f *testing.F) {
	f.Add([]byte("\x10\x00\x00\x00\x00\x00\x00\x00abcdefgh{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "p")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		p := openTestPart(t, path)
		defer p.file.Close()
		n := int64(0)
		if err := p.each(func(int64, []string) error { n++; return nil }); err == nil && n != p.rows {
			t.Errorf("%d rows of %d", n, p.rows)
		}
	})
}
