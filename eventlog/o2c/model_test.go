package o2c

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"millrace/eventlog"
)

func TestModel(t *testing.T) {
	if err := Validate(); err != nil {
		t.Fatal(err)
	}
}

// Every view can be asked on an empty store, and the scripts run twice and
// after one another.
func TestViewsOnEmptyStore(t *testing.T) {
	store := newStore(t)
	for _, script := range []string{Refresh(), Refresh()} {
		if err := store.ExecViews(t.Context(), script); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range ViewList() {
		if !strings.HasSuffix(v.Question, "?") {
			t.Errorf("%s: the first line asks no question: %q", v.Name, v.Question)
		}
		if _, err := table(t, store, "SELECT * FROM o2c."+v.Name); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
}

// Each file of testdata/stories fills a store with facts and asks the views.
//
//	story [system=NAME]: facts, added to those told before in the file; see storyteller.
//	ask: one SELECT.
//	figures [source=NAME]: the key figures named, or all that can be computed, and what is missing.
//	view NAME: columns, and WHERE if need be; the rows come in order.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		store := newStore(t)
		tellers := map[string]*storyteller{}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "story":
				name := ""
				d.MaybeScanArgs(t, "system", &name)
				s := tellers[name]
				if s == nil {
					s = &storyteller{t: t, name: name, facts: map[string][][]string{}, named: map[string]bool{}}
					tellers[name] = s
				}
				for _, line := range strings.Split(d.Input, "\n") {
					if line != "" {
						s.tell(line)
					}
				}
				s.load(store)
				return ""
			case "ask":
				out, err := table(t, store, d.Input)
				if err != nil {
					return "error: " + err.Error() + "\n"
				}
				return out
			case "figures":
				source := ""
				d.MaybeScanArgs(t, "source", &source)
				filled, err := FilledBy(t.Context(), store.Query, source)
				if err != nil {
					t.Fatal(err)
				}
				var b strings.Builder
				for _, c := range filled.Coverage() {
					if d.Input == "" && c.Computable() || slices.Contains(strings.Fields(d.Input), c.ID) {
						fmt.Fprintf(&b, "%s: missing %q, unseen %q\n", c.ID, c.Missing, c.Unseen)
					}
				}
				return b.String()
			case "view":
				columns, rest := d.Input, ""
				if i := strings.Index(columns, "WHERE "); i >= 0 {
					columns, rest = columns[:i], columns[i:]
				}
				from := "o2c." + d.CmdArgs[0].Key
				if d.HasArg("as_of") {
					var day string
					d.ScanArgs(t, "as_of", &day)
					from = "(" + stateAt(t, store, d.CmdArgs[0].Key, day) + ")"
				}
				out, err := table(t, store, fmt.Sprintf("SELECT COLUMNS(*)::VARCHAR FROM (SELECT %s FROM %s %s) ORDER BY ALL", columns, from, rest))
				if err != nil {
					return "error: " + err.Error() + "\n"
				}
				return out
			}
			return fmt.Sprintf("unknown command %q\n", d.Cmd)
		})
	})
}

// stateAt writes a view as it was at the end of a day.
func stateAt(t *testing.T, s *eventlog.Store, view, day string) string {
	t.Helper()
	rows, err := s.Query(t.Context(), "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'o2c' AND table_name = '"+view+"'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	types := map[string]string{}
	for rows.Next() {
		var column, kind string
		if err := rows.Scan(&column, &kind); err != nil {
			t.Fatal(err)
		}
		types[column] = kind
	}
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	text, ok := StateOf(view, types, day, at.AddDate(0, 0, 1))
	if !ok {
		t.Fatalf("%s has no state", view)
	}
	return text
}
