package eventlog

import (
	"fmt"
	"strings"
	"testing"
)

func TestSplitStatements(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{" ;; -- nothing;\n;/* ; */", ""},
		{"SELECT 1", "1:SELECT 1"},
		{"-- a; b\n\nSELECT 1;\nSELECT\n2 ; ", "3:SELECT 1|4:SELECT\n2"},
		{"SELECT ';' || 'it''s;', \"a;\"\"b\" ; SELECT 2", `1:SELECT ';' || 'it''s;', "a;""b"|1:SELECT 2`},
		{"SELECT E'a\\';b'; SELECT 2", `1:SELECT E'a\';b'|1:SELECT 2`},
		{"SELECT $$a;b$$, $x$c;$$;$x$; SELECT $1;", `1:SELECT $$a;b$$, $x$c;$$;$x$|1:SELECT $1`},
		{"/* a /* nested; */ ; */ SELECT 1 /* ; */ + 2;SELECT 3 -- end;", "1:SELECT 1 /* ; */ + 2|1:SELECT 3 -- end;"},
		{"SELECT 'open; SELECT 2", "1:SELECT 'open; SELECT 2"},
		{"SELECT a-b, c/d;SELECT 2", "1:SELECT a-b, c/d|1:SELECT 2"},
		{"\n\tSELECT 'ü;'\n;\n\nSELECT 2", "2:SELECT 'ü;'|5:SELECT 2"},
	} {
		var got []string
		for _, s := range splitStatements(c.text) {
			got = append(got, fmt.Sprintf("%d:%s", s.line, s.sql))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q:\ngot  %q\nwant %q", c.text, strings.Join(got, "|"), c.want)
		}
	}
}

// Whatever the text, its statements stand in it, in order, at the lines said.
func FuzzSplitStatements(f *testing.F) {
	for _, text := range []string{"SELECT 1; SELECT 2", "'a;", "$x$;$x$;b", "/*/**/;*/a;", "-- \n;\"\"\"", "E'\\';';", "$;$;"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		for _, s := range splitStatements(text) {
			i := strings.Index(text[at:], s.sql)
			if i < 0 || s.sql == "" || s.sql != strings.TrimSpace(s.sql) {
				t.Fatalf("%q is no statement of %q", s.sql, text)
			}
			at += i
			if line := 1 + strings.Count(text[:at], "\n"); s.line < line {
				t.Fatalf("%q stands in line %d, not %d", s.sql, line, s.line)
			}
			at += len(s.sql)
		}
	})
}

// A time that may have a zone and has none is the source's; one with an offset
// is what it says.
func TestLandZonedTimes(t *testing.T) {
	s := openStore(t, t.TempDir()+"/a.duckdb")
	sys := System{
		Name: "log", Kind: "log", Timezone: "Europe/Berlin",
		Tables:  []Table{{Name: "line", Key: []string{"id"}, Columns: []TableColumn{{"id", "VARCHAR"}, {"seen", "TIMESTAMPTZ"}}}},
		Mapping: "CREATE VIEW event AS SELECT id AS key, 'Log' AS activity, seen AS time FROM line",
	}
	mustMerge(t, s, sys, lines("line", "id,seen\n1,2024-07-01 12:00:00\n2,2024-07-01T12:00:00Z\n3,2024-07-01 12:00:00+05:30"))
	var got []string
	err := s.session(t.Context(), func(c *storeConn) (err error) {
		got, err = c.strings(t.Context(), "SELECT source_key || strftime(time AT TIME ZONE 'UTC', '%H:%M') FROM (SELECT coalesce(source_key, '') AS source_key, time FROM main.event) ORDER BY time")
		return err
	})
	if want := "06:30 10:00 12:00"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}
