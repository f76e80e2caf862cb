package sqldb

import (
	"database/sql"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestSQL shows what each dialect is asked: a table is declared as its
// catalog would have it (name, type, length, precision, scale; - is none).
func TestSQL(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			var columns []column
			datadriven.RunTest(t, path.Join("testdata", "sql_"+d.schemes[0]), func(t *testing.T, in *datadriven.TestData) string {
				if in.Cmd == "table" {
					var out string
					columns, out = declare(d, in.Input)
					return out
				}
				return ask(in, question{dialect: d, table: d.quote("S") + "." + d.quote("T"), columns: columns})
			})
		})
	}
}

func declare(d *dialect, text string) (columns []column, out string) {
	var b strings.Builder
	for _, line := range strings.Split(text, "\n") {
		f := strings.Split(line, ", ")
		number := func(i int) sql.NullInt64 {
			if i >= len(f) || f[i] == "-" {
				return sql.NullInt64{}
			}
			n, err := strconv.ParseInt(f[i], 10, 64)
			return sql.NullInt64{Int64: n, Valid: err == nil}
		}
		c, ok := d.column(f[0], catalogType{f[1], number(2), number(3), number(4)})
		if !ok {
			fmt.Fprintf(&b, "%s is not read\n", f[0])
			continue
		}
		c.name = f[0]
		if c.read == "" {
			c.read = d.quote(c.name)
		}
		columns = append(columns, c)
		fmt.Fprintf(&b, "%s %s: %s", c.name, c.sql, c.read)
		if c.unordered {
			b.WriteString(", no key of pages")
		}
		b.WriteString("\n")
	}
	return columns, b.String()
}

// ask: "first order=(…) rows=N", "behind order=(…) rows=N" with the key as input,
// "since watermark=(…)" with the text as input, "keys key=(…)" with one a line.
func ask(in *datadriven.TestData, q question) string {
	pick := func(arg string) (list []column) {
		for _, a := range in.CmdArgs {
			if a.Key != arg {
				continue
			}
			for _, name := range a.Vals {
				i := slices.IndexFunc(q.columns, func(c column) bool { return c.name == name })
				list = append(list, q.columns[i])
			}
		}
		return list
	}
	q.order, q.latest, q.keyed = pick("order"), pick("watermark"), pick("key")
	for _, a := range in.CmdArgs {
		if a.Key == "rows" {
			q.rows, _ = strconv.ParseInt(a.Vals[0], 10, 64) // none: 0
		}
	}
	if only := pick("columns"); only != nil {
		q.columns = only
	}
	lines := strings.Split(in.Input, "\n")
	switch in.Cmd {
	case "behind":
		q.after = strings.Split(lines[0], "/")
	case "since":
		q.since = lines[0]
	case "keys":
		for _, l := range lines {
			q.keys = append(q.keys, strings.Split(l, "/"))
		}
	}
	var b strings.Builder
	for q.level = 0; q.level < q.levels(); q.level++ {
		if q.level > 0 {
			b.WriteString("then\n")
		}
		s, err := q.statement()
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		b.WriteString(s.text + "\n")
		for i, a := range s.args {
			fmt.Fprintf(&b, "  %d: %T %q\n", i+1, a, fmt.Sprint(a))
		}
	}
	return b.String()
}

// Every text that is asked of a catalog says what it asks, and takes the
// parameters it is given.
func TestCatalogQuestions(t *testing.T) {
	for _, d := range dialects {
		for _, q := range []struct {
			name, text string
			params     int
		}{{"tables", d.tables, 1}, {"columns", d.columns, 2}, {"key", d.key, 2}} {
			first, _, _ := strings.Cut(q.text, "\n")
			if !strings.HasPrefix(first, "-- ") || !strings.Contains(first, "?") {
				t.Errorf("%s: %s: %q is no question", d.name, q.name, first)
			}
			body := strings.TrimPrefix(q.text, first)
			for n := range q.params {
				if p := d.param(n + 1); !strings.Contains(body, p) {
					t.Errorf("%s: %s does not take %s", d.name, q.name, p)
				}
			}
			if !strings.Contains(body, "ORDER BY") {
				t.Errorf("%s: %s is in no order", d.name, q.name)
			}
		}
	}
}

// The list of dialects is whole, and no scheme is in it twice.
func TestDialects(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range dialects {
		for _, s := range d.schemes {
			if seen[s] {
				t.Errorf("%s: %s is there twice", d.name, s)
			}
			seen[s] = true
		}
		if d.connector == nil || d.session == nil || d.begin == nil || d.long == nil || d.quote == nil || d.param == nil || d.first == nil ||
			d.rows == nil || d.column == nil || d.grant == nil || d.classify == nil || d.example == "" || !d.file && d.port == "" {
			t.Errorf("%s lacks something", d.name)
		}
		if _, err := newTarget(&Config{Database: d.example}); err != nil {
			t.Errorf("%s: its example: %v", d.name, err)
		}
		if got := d.quote(`a"b` + "`c]d"); strings.Count(got, `"`) == 3 && got[0] == '"' || strings.Count(got, "`") == 3 || strings.HasSuffix(got, "]") && strings.Count(got, "]") == 2 {
			t.Errorf("%s: quoted %s", d.name, got)
		}
	}
}
