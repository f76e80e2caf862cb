package distributor

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"millrace/eventlog"
)

// texts returns a query's first column.
func texts(t testing.TB, path, query string) (list []string) {
	t.Helper()
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// With pseudonyms in place of names, every event has the kind, the user and
// the objects that it has with names; and no name of a person is in the file.
func TestNamesAreNotNeeded(t *testing.T) {
	t.Parallel()
	dir, kept, hashed := generate(t, 300), filepath.Join(t.TempDir(), "kept.duckdb"), filepath.Join(t.TempDir(), "hashed.duckdb")
	load(t, kept, dir)
	loadNames(t, hashed, dir, eventlog.Names{Key: []byte("a key of thirty-two bytes, or so")})
	for _, query := range []string{
		"SELECT concat_ws(' ', source, activity, time, source_table, CASE WHEN source_table <> 'app_user' THEN source_key END, actor_kind, resource IS NOT NULL) FROM event ORDER BY 1",
		// as many people, as busy
		"SELECT concat_ws(' ', count(*), min(actor_kind), min(time)) FROM event WHERE resource IS NOT NULL GROUP BY resource ORDER BY 1",
		"SELECT concat_ws(' ', type, count(*)) FROM object GROUP BY type ORDER BY 1",
		`SELECT concat_ws(' ', kind, count(*)) FROM objects."User" GROUP BY kind ORDER BY 1`,
	} {
		got, want := texts(t, hashed, query), texts(t, kept, query)
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s: %d rows, want %d", query, len(got), len(want))
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Errorf("got %s, want %s", got[i], want[i])
					break
				}
			}
		}
	}
	file, err := os.ReadFile(hashed)
	if err != nil {
		t.Fatal(err)
	}
	names := texts(t, kept, "SELECT user_name FROM landing_erp.app_user WHERE length(user_name) > 4 ORDER BY 1")
	if len(names) < 3 {
		t.Fatalf("only %q to look for", names)
	}
	for _, name := range names {
		if bytes.Contains(file, []byte(name)) {
			t.Errorf("%q is in the file", name)
		}
	}
}
