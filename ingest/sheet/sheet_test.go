package sheet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"

	"millrace/eventlog"
)

// Every field has what a field has, and a heading means one fact of its list.
func TestFields(t *testing.T) {
	kinds := []string{"text", "day", "time", "amount", "days", "flag", "flag or day"}
	for _, k := range Kinds() {
		if k.Doc == "" || !strings.HasPrefix(k.mapping, "-- ") {
			t.Errorf("%s: no doc, or no question before its mapping", k.Name)
		}
		for list, fields := range map[string][]Field{k.Name: k.Fields, k.Name + ": payments": k.payments} {
			meant := map[string]string{}
			for _, f := range fields {
				if f.Doc == "" || len(f.Names) == 0 || !slices.Contains(kinds, f.Kind) {
					t.Errorf("%s: %s: no doc, no names, or kind %q", list, f.Name, f.Kind)
				}
				own := map[string]bool{}
				for _, name := range f.Names {
					if other := meant[key(name)]; other != "" && other != f.Name {
						t.Errorf("%s: %q means both %s and %s", list, name, other, f.Name)
					}
					if own[name] || key(name) == "" {
						t.Errorf("%s: %s: %q is there twice, or nothing", list, f.Name, name)
					}
					meant[key(name)], own[name] = f.Name, true
				}
			}
		}
		if len(k.System().Tables) == 0 {
			t.Errorf("%s: no tables", k.Name)
		}
	}
}

// TestLists shows how lists are understood and what rows they make. A list is
// told as a file (the name says the format), and read by read KIND with the
// configuration as YAML.
func TestLists(t *testing.T) {
	datadriven.Walk(t, "testdata/lists", func(t *testing.T, path string) {
		dir := t.TempDir()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "file":
				if err := os.WriteFile(filepath.Join(dir, d.CmdArgs[0].Key), []byte(d.Input+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				return ""
			case "read":
				k, ok := KindOf(d.CmdArgs[0].Key)
				if !ok {
					t.Fatalf("no kind %q", d.CmdArgs[0].Key)
				}
				var c Config
				if err := yaml.UnmarshalWithOptions([]byte(d.Input), &c, yaml.Strict()); err != nil {
					t.Fatal(err)
				}
				return strings.ReplaceAll(show(t, dir, k, c), dir+"/", "")
			}
			t.Fatalf("%s: no command %q", d.Pos, d.Cmd)
			return ""
		})
	})
}

// show reads a list and tells what came of it.
func show(t *testing.T, dir string, k *Kind, c Config) string {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := Open(t.Context(), dir, k, c, berlin)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	defer tables.Close()
	var b strings.Builder
	for _, text := range tables.Understood() {
		fmt.Fprintln(&b, text)
	}
	for _, r := range tables.Rows {
		err := r.Rows(func(line int64, fields []string) error {
			fmt.Fprintf(&b, "%s:", r.Table)
			for i, f := range fields {
				if f != "" {
					fmt.Fprintf(&b, " %s=%s", r.Columns[i], f)
				}
			}
			b.WriteByte('\n')
			return nil
		})
		if err != nil {
			return b.String() + "error: " + err.Error() + "\n"
		}
		if r.Rejected != nil {
			first, total := r.Rejected()
			for _, x := range first {
				fmt.Fprintf(&b, "rejected: %s: %s: %s\n", x.Place, x.Column, x.Reason)
			}
			if total != int64(len(first)) {
				t.Errorf("%d rejects, %d told", total, len(first))
			}
		}
	}
	for _, n := range tables.Notes() {
		fmt.Fprintf(&b, "note: %s\n", n.Text)
	}
	return b.String()
}

// An amount is read the same in whatever way it is written.
func TestAmountsAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.Int64Range(-1e12, 1e12).Draw(t, "cents")
		point := rapid.SampledFrom([]byte{'.', ','}).Draw(t, "decimal")
		group := rapid.SampledFrom([]string{"", string('.' + ',' - point), "'", "\u00a0", " "}).Draw(t, "group")
		whole, part := max(cents, -cents)/100, max(cents, -cents)%100
		digits := fmt.Sprint(whole)
		for i := len(digits) - 3; i > 0; i -= 3 {
			digits = digits[:i] + group + digits[i:]
		}
		text := fmt.Sprintf("%s%c%02d", digits, point, part)
		negative := cents < 0
		switch {
		case negative:
			text = rapid.SampledFrom([]string{"-" + text, text + "-", "(" + text + ")", "−" + text, text + " H", text + " CR"}).Draw(t, "negative")
		default:
			text = rapid.SampledFrom([]string{text, "€" + text, text + " EUR", "EUR " + text, "$" + text, text + " S"}).Draw(t, "positive")
		}
		want := fmt.Sprintf("%d.%02d00", whole, part)
		if negative {
			want = "-" + want
		}
		a, ok := parseAmountText(text)
		if !ok {
			t.Fatalf("%q is no amount", text)
		}
		if d := a.decimal(); d != 0 && d != point {
			t.Fatalf("%q: the decimal sign is %q", text, d)
		}
		if got, err := a.number(point); err != nil || got != want {
			t.Fatalf("%q: %q, %v; want %q", text, got, err, want)
		}
	})
}

// FuzzAmount: what is taken for an amount is one that the store takes.
func FuzzAmount(f *testing.F) {
	for _, text := range []string{"1,234.50", "1.234,50-", "(55.00)", "€ 12", "12.00 CR", "1e3", "1'000", ".", "-", "EUR", "1,2,3", "1.234.567", "99999999999999999999", "5e-324"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, ok := parseAmountText(text)
		if !ok {
			return
		}
		for _, decimal := range []byte(".,") {
			n, err := a.number(decimal)
			if err != nil {
				continue
			}
			whole, part, _ := strings.Cut(strings.TrimPrefix(n, "-"), ".")
			if len(whole) > 14 || len(part) != 4 || strings.Trim(whole+part, "0123456789") != "" {
				t.Errorf("%q makes %q", text, n)
			}
		}
	})
}

// Rows come as often as they are asked for, each time the same.
func TestRowsTwice(t *testing.T) {
	dir := t.TempDir()
	text := "Invoice No,Date,Amount\n1,2026-01-31,5.00\n1,2026-01-31,5.00\n2,2026-02-01,x\n"
	if err := os.WriteFile(filepath.Join(dir, "ar.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	k, _ := KindOf("receivables")
	tables, err := Open(context.Background(), dir, k, Config{Path: "ar.csv"}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	defer tables.Close()
	for range 2 {
		if n, rejected := countRows(t, tables.Rows[0]); n != 1 || rejected != 2 {
			t.Errorf("%d rows and %d rejected, want 1 and 2", n, rejected)
		}
	}
}

func countRows(t *testing.T, r eventlog.TableRows) (n int, rejected int64) {
	t.Helper()
	if err := r.Rows(func(int64, []string) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	_, rejected = r.Rejected()
	return n, rejected
}
