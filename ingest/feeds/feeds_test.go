package feeds

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/folder"
	"millrace/ingest/preset/presettest"
)

// Every preset has what a preset has, and its README says what each column means.
func TestPresets(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Presets {
		if seen[p.Kind] || p.Doc == "" {
			t.Errorf("%s: twice, or without a doc", p.Kind)
		}
		seen[p.Kind] = true
		sys := p.System()
		if !strings.HasPrefix(sys.Mapping, "-- ") || !strings.Contains(sys.Mapping, "CREATE VIEW link AS FROM resolve('reference');") {
			t.Errorf("%s: the mapping has no view link", p.Kind)
		}
		readme, err := os.ReadFile(filepath.Join(p.Kind, "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range sys.Tables {
			_, part, ok := strings.Cut(string(readme), "\n## `"+table.Name+"`")
			if !ok {
				t.Errorf("%s/README.md: no heading for table %s", p.Kind, table.Name)
				continue
			}
			part, _, _ = strings.Cut(part, "\n## ")
			for _, c := range table.Columns {
				if !strings.Contains(part, "`"+c.Name+"`") {
					t.Errorf("%s/README.md: %s: nothing of column `%s`", p.Kind, table.Name, c.Name)
				}
			}
		}
	}
}

// A sample is a project's sources, and nothing that would not be read.
func TestSamples(t *testing.T) {
	type block struct {
		Path, Timezone, Mapping, Extend string
		Uses                            []string
	}
	for _, p := range Presets {
		var sample struct{ Sources map[string]map[string]block }
		dec := yaml.NewDecoder(strings.NewReader(p.Sample()), yaml.Strict())
		if err := dec.Decode(&sample); err != nil {
			t.Errorf("%s: %v", p.Kind, err)
		}
		for _, source := range sample.Sources {
			if b := source[p.Kind]; b.Path == "" || len(b.Uses) == 0 || len(source) != 1 {
				t.Errorf("%s: sample.yaml: %+v", p.Kind, source)
			}
		}
	}
}

// What the store's contract asks of a mapping, and the convention of links.
func TestContract(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.sample(t, "erp", nil)
	for _, kind := range Presets {
		p.sample(t, kind.Kind, nil)
	}
	if err := p.derive(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, kind := range Presets {
		for query, doc := range map[string]string{
			"SELECT activity FROM event WHERE activity NOT IN (SELECT activity FROM o2c.activities)":                                                        "activities that the model does not have",
			"SELECT actor_kind FROM event WHERE actor_kind NOT IN ('human', 'bot', 'interface', 'scheduler', 'customer', 'unknown')":                        "actor kinds",
			"SELECT key FROM event WHERE key NOT IN (SELECT event_key FROM event_object)":                                                                   "events without object",
			"SELECT event_key FROM event_object WHERE event_key NOT IN (SELECT key FROM event)":                                                             "event_object without event",
			"SELECT event_key FROM event_object GROUP BY event_key, type, id, qualifier HAVING count(*) > 1":                                                "event_object twice",
			"SELECT type || ' ' || id FROM main.object WHERE NOT defined":                                                                                   "objects that nobody describes",
			"SELECT source_id FROM link WHERE matches = 1 AND target_id IS NULL OR matches <> 1 AND target_id IS NOT NULL":                                  "links that are none or several and yet one",
			"SELECT source_id FROM link GROUP BY source_type, source_id, qualifier, target_type, key HAVING count(*) > 1":                                   "links twice",
			"SELECT target_id FROM link WHERE target_id IS NOT NULL AND (target_type, target_id) NOT IN (SELECT (type, id) FROM main.object WHERE defined)": "links to nothing",
		} {
			out, err := p.ask(kind.Kind, query)
			if err != nil || out != "" {
				t.Errorf("%s: %s: %s %v", kind.Kind, doc, out, err)
			}
		}
		columns, err := p.ask(kind.Kind, "SELECT string_agg(column_name, ' ') FROM (DESCRIBE FROM link)")
		if want := "source_type source_id qualifier target_type key attribute amount currency target_id matches\n"; err != nil || columns != want {
			t.Errorf("%s: link has the columns %s %v", kind.Kind, columns, err)
		}
		relations, err := p.ask("", "SELECT DISTINCT source_type || ' ' || qualifier || ' ' || target_type FROM o2c.links")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range strings.Split(strings.TrimSpace(relations), "\n") {
			known := false
			for _, m := range o2c.Model().Relations {
				known = known || m.Source+" "+m.Qualifier+" "+m.Target == r
			}
			if !known {
				t.Errorf("%s: the model has no relation %q", kind.Kind, r)
			}
		}
	}
}

// However the rows come about, before the ERP or after it, in one piece or in
// several, the same is understood.
func TestIncrements(t *testing.T) {
	t.Parallel()
	whole, pieces := newProject(t), newProject(t)
	whole.sample(t, "erp", nil)
	for _, kind := range Presets {
		whole.sample(t, kind.Kind, nil)
		pieces.sample(t, kind.Kind, func(line int) bool { return line%2 == 1 })
	}
	pieces.sample(t, "erp", nil)
	for _, kind := range Presets {
		pieces.sample(t, kind.Kind, func(line int) bool { return line%3 != 1 }) // some again
		pieces.sample(t, kind.Kind, func(line int) bool { return line%3 == 1 })
	}
	for _, kind := range Presets {
		got, want := pieces.meaning(t, kind.Kind), whole.meaning(t, kind.Kind)
		if !slices.Equal(got, want) {
			t.Errorf("%s: in pieces\n%s\nas a whole\n%s", kind.Kind, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// All samples, with pseudonyms in place of names: who is who is asked of the
// ERP by them, and forgetting finds people in every feed.
func TestNamesAreNotNeeded(t *testing.T) {
	t.Parallel()
	presettest.Names(t, func(t testing.TB, path string, names eventlog.Names) {
		p := &project{store: path, names: names}
		p.sample(t, "erp", nil)
		for _, kind := range Presets {
			p.sample(t, kind.Kind, nil)
		}
	}, presettest.People{Users: []string{"EDI01", "KIM", "PIA", "BOB", "goods-in"}, Customer: "0000000200", Called: []string{"0000000200"}})
}

// sample loads a sample, or the lines of it that are in this piece.
func (p *project) sample(t testing.TB, kind string, piece func(line int) bool) {
	t.Helper()
	sys, dir := erp(), filepath.Join("testdata", "erp")
	if kind != "erp" {
		sys, dir = presetOf(t, kind).System(), filepath.Join(kind, "sample")
		sys.Uses = []string{"erp"}
	}
	if piece != nil {
		dir = cutFiles(t, dir, piece)
	}
	tables, err := folder.Open(t.Context(), dir, sys, piece == nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.load(t.Context(), sys, tables); err != nil {
		t.Fatal(err)
	}
}

// cutFiles writes a piece of every file; a header stays.
func cutFiles(t testing.TB, dir string, piece func(line int) bool) string {
	to := t.TempDir()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
		var kept strings.Builder
		for i, line := range lines {
			header := i == 0 && strings.HasSuffix(e.Name(), ".csv")
			if header || piece(i) {
				kept.WriteString(line)
			}
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), []byte(kept.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// meaning is what the store has of a source, without internal numbers.
func (p *project) meaning(t testing.TB, source string) []string {
	t.Helper()
	var list []string
	for _, query := range []string{
		strings.ReplaceAll(happened, "%%", "%"), related,
		"SELECT 'object', type, id, defined, source FROM main.object",
		"SELECT 'link', * FROM link",
		"SELECT 'message', o.id, m.* EXCLUDE (object) FROM objects.\"Message\" m JOIN main.object o USING (object)",
		"SELECT 'task', o.id, m.* EXCLUDE (object) FROM objects.\"WarehouseTask\" m JOIN main.object o USING (object)",
		"SELECT 'allocation', o.id, m.* EXCLUDE (object) FROM objects.\"Allocation\" m JOIN main.object o USING (object)",
		"SELECT 'order', o.id, m.* EXCLUDE (object) FROM objects.\"SalesOrder\" m JOIN main.object o USING (object)",
	} {
		query = strings.NewReplacer("%[1]s", source, "'%s'", "'"+source+"'").Replace(query)
		out, err := p.ask(source, query)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, strings.Split(strings.TrimSuffix(out, "\n"), "\n")...)
	}
	slices.Sort(list)
	return list
}
