package sheet

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// streamed is a workbook whose rows come one by one, each in the same slice.
func streamed(b *Workbook) *Workbook {
	out := *b
	out.Sheets = nil
	for _, s := range b.Sheets {
		x := *s
		x.Rows, x.Count = nil, int64(len(s.Rows))
		x.Stream = func(context.Context) iter.Seq2[[]Value, error] {
			return func(yield func([]Value, error) bool) {
				row := make([]Value, len(s.Columns))
				for _, r := range s.Rows {
					copy(row, r)
					if !yield(row, nil) {
						return
					}
				}
			}
		}
		out.Sheets = append(out.Sheets, &x)
	}
	return &out
}

// Rows that come one by one make the files that rows at hand make, but for how
// wide XLSX takes a column of texts. Parquet is made of the batches that Arrow has.
func TestStreamedAsHeld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := workbooks(t)
		for _, format := range []string{"csv", "json", "jsonl", "arrow"} {
			held, came := written(t, format, b), written(t, format, streamed(b))
			for i := range held {
				if len(held) != len(came) || !bytes.Equal(held[i], came[i]) {
					t.Fatalf("%s: file %d differs", format, i+1)
				}
			}
		}
		for i, s := range b.Sheets {
			_, held := s.Flat(context.Background())
			_, came := streamed(b).Sheets[i].Flat(context.Background())
			next, stop := iter.Pull2(held)
			for row, err := range came {
				want, _, ok := next()
				if err != nil || !ok || len(row) != len(want) {
					t.Fatalf("%v: %v, held %v", err, row, want)
				}
				for j := range row {
					if row[j] != want[j] {
						t.Fatalf("%v, held %v", row, want)
					}
				}
			}
			if _, _, more := next(); more {
				t.Fatal("rows are missing")
			}
			stop()
		}
	})
}

// A stream that breaks off, or has other rows than it said, makes no file.
func TestStreamFails(t *testing.T) {
	broken := errors.New("the store was closed")
	for _, c := range []struct {
		what string
		row  []Value
		err  error
		n    int64
		want string
	}{
		{"an error", nil, broken, 1, "the store was closed"},
		{"fewer rows", []Value{Text("a")}, nil, 2, "1 rows came, and 2 were said to"},
		{"more rows", []Value{Text("a")}, nil, 0, "1 rows came, and 0 were said to"},
		{"another type", []Value{Integer(1)}, nil, 1, "row 1, column name: a value of type integer in a column of type text"},
		{"two values", []Value{Text("a"), Text("b")}, nil, 1, "row 1: has 2 values for 1 columns"},
	} {
		s := &Sheet{Name: "t", Title: "T", Columns: []Column{{Name: "name", Title: "Name", Type: TextType}}, Count: c.n}
		s.Stream = func(context.Context) iter.Seq2[[]Value, error] {
			return func(yield func([]Value, error) bool) { yield(c.row, c.err) }
		}
		for _, f := range Formats {
			files, err := f.Files(&Workbook{Title: "W", Sheets: []*Sheet{s}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := files[0].Write(t.Context(), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s in %s: %v, want %s", c.what, f.Name, err, c.want)
			}
		}
	}
}
