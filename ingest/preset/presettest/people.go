package presettest

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
)

// Key is a key for names.
var Key = eventlog.Names{Key: []byte("a key of thirty-two bytes, or so")}

// People are who a test of names looks for.
type People struct {
	Users    []string // names that are in a store only where they are kept; the first is forgotten
	Customer string   // id or number of one who is forgotten
	Called   []string // what the customer is called: gone then
}

// Names loads into two stores, with names kept and with pseudonyms, and checks
// that every event has the same kind of actor, that no name is in the second,
// and that people can be forgotten there, and stay so when all is loaded again.
// load loads the same each time.
func Names(t *testing.T, load func(t testing.TB, path string, names eventlog.Names), p People) {
	t.Helper()
	kept, hashed := filepath.Join(t.TempDir(), "kept.duckdb"), filepath.Join(t.TempDir(), "hashed.duckdb")
	load(t, kept, eventlog.Names{Keep: true})
	load(t, hashed, Key)
	for _, query := range []string{
		"SELECT concat_ws(' ', source, activity, time, source_table, actor_kind, resource IS NOT NULL) FROM main.event ORDER BY 1",
		"SELECT concat_ws(' ', count(*), min(actor_kind), min(time)) FROM main.event WHERE resource IS NOT NULL GROUP BY resource ORDER BY 1", // as many people, as busy
		"SELECT concat_ws(' ', type, count(*)) FROM main.object GROUP BY type ORDER BY 1",
		"SELECT concat_ws(' ', id, channel) FROM objects.\"SalesOrder\" JOIN main.object USING (object) ORDER BY 1", // which follows the kind
	} {
		if got, want := answer(t, hashed, query), answer(t, kept, query); len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s\ngot  %s\nwant %s", query, difference(got, want), difference(want, got))
		}
	}
	if kinds := answer(t, kept, "SELECT DISTINCT actor_kind FROM main.event"); len(kinds) < 3 {
		t.Errorf("all events are of %q: what would tell a mistake?", kinds)
	}
	withNames, without := contentOf(t, kept), contentOf(t, hashed)
	for _, name := range p.Users {
		if len(withNames.with(name)) == 0 {
			t.Errorf("%q is nowhere, so that it is gone says nothing", name)
		}
		if at := without.with(name); len(at) > 0 {
			t.Errorf("%q is in %s", name, at)
		}
	}
	for _, text := range p.Called {
		if len(without.with(text)) == 0 {
			t.Errorf("customer %q is nowhere, so that it is gone says nothing", text)
		}
	}
	orders := answer(t, hashed, "SELECT id FROM main.object WHERE type IN ('SalesOrder', 'Invoice') ORDER BY 1")

	forget := func(key string, dry bool) (eventlog.ForgetReceipt, error) {
		s, err := eventlog.Open(t.Context(), hashed, eventlog.OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return s.Forget(t.Context(), key, eventlog.ForgetOptions{Names: Key, DryRun: dry, Derived: o2c.Refresh()})
	}
	for _, who := range []string{p.Users[0], p.Customer} {
		dry, err := forget(who, true)
		if err != nil || len(dry.Landing) == 0 || who == p.Users[0] && dry.Events == 0 || who == p.Customer && (dry.Customers == 0 || dry.Relations == 0) {
			t.Errorf("to forget %q would remove %+v %v", who, dry, err)
		}
		done, err := forget(who, false)
		if dry.DryRun = false; err != nil || fmt.Sprintf("%+v", done) != fmt.Sprintf("%+v", dry) {
			t.Errorf("%q: %+v %v, but a dry run said %+v", who, done, err, dry)
		}
	}
	for _, when := range []string{"at once", "loaded again"} {
		for _, who := range []string{p.Users[0], p.Customer} {
			if r, err := forget(who, true); !errors.Is(err, eventlog.ErrNobody) {
				t.Errorf("%s: %q is still there: %+v %v", when, who, r, err)
			}
		}
		rest := contentOf(t, hashed)
		for _, text := range p.Called {
			if at := rest.with(text); len(at) > 0 {
				t.Errorf("%s: %q is in %s", when, text, at)
			}
		}
		if got := answer(t, hashed, "SELECT id FROM main.object WHERE type IN ('SalesOrder', 'Invoice') ORDER BY 1"); !slices.Equal(got, orders) {
			t.Errorf("%s: orders and invoices are %q, want %q", when, got, orders)
		}
		if when == "at once" {
			load(t, hashed, Key)
		}
	}
}

// Named tells People to a [Book]: it loads what the text at path told last.
func (b *Book) Named(t *testing.T, p People) {
	told := maps.Clone(b.told)
	Names(t, func(t testing.TB, path string, names eventlog.Names) {
		Load(t, b.system(), path, b.extract, told, names)
	}, p)
}

// answer asks a store that is closed again.
func answer(t testing.TB, path, query string) []string {
	t.Helper()
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return Column(t, db, query)
}

// difference is what only the first has, in short.
func difference(a, b []string) string {
	rest := slices.Clone(b)
	var list []string
	for _, x := range a {
		if i := slices.Index(rest, x); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		} else if list = append(list, x); len(list) == 5 {
			break
		}
	}
	return strings.Join(list, "; ")
}

// A content is every text in a store, by table, and the bytes of its file.
type content map[string]string

func contentOf(t testing.TB, path string) content {
	t.Helper()
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := content{}
	for _, ask := range Column(t, db, `SELECT format('SELECT concat_ws(chr(31), {}) FROM "{}"."{}"', string_agg('"' || column_name || '"', ', '), schema_name, table_name)
		FROM duckdb_columns() JOIN duckdb_tables() USING (database_name, schema_name, table_name)
		WHERE data_type = 'VARCHAR' AND database_name = current_database() GROUP BY schema_name, table_name`) {
		_, table, _ := strings.Cut(ask, " FROM ")
		all[table] = strings.Join(Column(t, db, ask), "\n")
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all[filepath.Base(path)] = string(file)
	return all
}

// with lists where a text is.
func (c content) with(text string) (at []string) {
	for place, all := range c {
		if strings.Contains(all, text) {
			at = append(at, place)
		}
	}
	slices.Sort(at)
	return at
}
