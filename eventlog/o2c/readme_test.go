package o2c

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// README.md says of every key figure which columns it is computed from, as
// figures.yaml does, and the views have them.
func TestReadmeTable(t *testing.T) {
	s := newStore(t)
	if err := s.ExecViews(t.Context(), Refresh()); err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	rows, err := s.Query(t.Context(), "SELECT table_name || '.' || column_name FROM duckdb_columns() WHERE schema_name = 'o2c'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		have[name] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	told := readme(t)
	for id, from := range told {
		for _, view := range strings.Split(from, "; ") {
			name, columns, ok := strings.Cut(view, ": ")
			if !ok {
				if from != "–" {
					t.Errorf("%s: want VIEW: COLUMNS, got %q", id, view)
				}
				continue
			}
			for _, c := range strings.Split(columns, ", ") {
				if !have[name+"."+c] {
					t.Errorf("%s: no column %s.%s", id, name, c)
				}
			}
		}
	}
	text, err := os.ReadFile("testdata/kpis.txt")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for line := range strings.Lines(string(text)) {
		if id := strings.TrimSpace(line); id != "" && id[0] != '#' {
			ids = append(ids, id)
			if _, ok := told[id]; !ok {
				t.Errorf("README.md says nothing of %s", id)
			}
		}
	}
	for id := range told {
		if !slices.Contains(ids, id) {
			t.Errorf("README.md has %s, testdata/kpis.txt does not", id)
		}
	}
}

// figures.yaml says what README.md says, and its lists name columns that there are.
func TestFigures(t *testing.T) {
	k, err := loadFigures()
	if err != nil {
		t.Fatal(err)
	}
	told := readme(t)
	for _, f := range k.list {
		var views []string
		columns := map[string][]string{}
		for _, n := range f.Needs {
			view, column, _ := strings.Cut(n, ".")
			if columns[view] == nil {
				views = append(views, view)
			}
			columns[view] = append(columns[view], column)
		}
		var parts []string
		for _, v := range views {
			parts = append(parts, v+": "+strings.Join(columns[v], ", "))
		}
		want := strings.Join(parts, "; ")
		if f.Lacks != "" {
			want = "–"
		}
		if told[f.ID] != want {
			t.Errorf("%s: README.md has %q, figures.yaml has %q", f.ID, told[f.ID], want)
		}
		delete(told, f.ID)
	}
	for id := range told {
		t.Errorf("figures.yaml has no %s", id)
	}
	s := newStore(t)
	if err := s.ExecViews(t.Context(), Refresh()); err != nil {
		t.Fatal(err)
	}
	have, err := viewColumns(t.Context(), s.Query)
	if err != nil {
		t.Fatal(err)
	}
	for name := range k.seldom {
		if !have[name] {
			t.Errorf("seldom: no column %s", name)
		}
	}
	for name, view := range k.counts {
		if _, ok := k.objects[view]; !ok || !have[name] {
			t.Errorf("counts: no column %s, or no view %s", name, view)
		}
	}
	for _, source := range []string{"", "story"} {
		filled, err := FilledBy(t.Context(), s.Query, source)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range filled.Coverage() {
			if c.Computable() {
				t.Errorf("%s can be computed from nothing", c.ID)
			}
		}
	}
}

// readme returns the table's second column by its first.
func readme(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(line, "|")
		if len(f) < 4 || strings.HasPrefix(f[1], "-") || strings.Contains(f[1], "key figure") {
			continue
		}
		m[strings.TrimSpace(f[1])] = strings.TrimSpace(f[2])
	}
	return m
}
