package bench

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"millrace/eventlog"
	"millrace/sample-data/synthetic"
)

//go:embed sql/*.sql
var queries embed.FS

// fixture is one synthetic log, held both ways. It is made once.
var fixture struct {
	dir    string
	events int64
	log    *eventlog.Log
	db     *sql.DB
}

// setup makes the fixture: a Log of a Builder, and in a DuckDB file the table
// events_text, as a reader would leave it, and events_coded, which is what
// DuckDB likes best: integers, an enumeration, sorted by case and time.
func setup(tb testing.TB) {
	tb.Helper()
	n := events(tb)
	if fixture.events == n {
		return
	}
	ctx := context.Background() // the fixture outlives the test that makes it
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	dir, err := os.MkdirTemp("", "millrace-bench-")
	must(err)
	fixture.dir = dir
	made, err := synthetic.New(synthetic.Options{Events: n, Seed: 1})
	must(err)
	parquet := filepath.Join(dir, "events.parquet")
	must(made.WriteParquet(ctx, parquet))
	fixture.db, err = sql.Open("duckdb", filepath.Join(dir, "events.duckdb"))
	must(err)
	fixture.db.SetMaxOpenConns(1) // temporary tables belong to a connection
	for _, q := range []string{
		`CREATE TABLE events_text AS
		 SELECT case_id, activity, epoch_us(timestamp) AS time_us, file_row_number AS seq
		 FROM read_parquet('` + parquet + `', file_row_number = true)`,
		`CREATE TYPE activity AS ENUM (SELECT DISTINCT activity FROM events_text ORDER BY activity)`,
		`CREATE TABLE events_coded AS
		 SELECT case_id[2:]::INTEGER AS case_id, activity::activity AS activity, time_us, seq
		 FROM events_text ORDER BY ALL`,
		`CHECKPOINT`,
	} {
		_, err := fixture.db.ExecContext(ctx, q)
		must(err)
	}
	b := eventlog.NewBuilder(eventlog.BuilderOptions{})
	must(made.Read(b.Add))
	fixture.log, err = b.Log()
	must(err)
	fixture.events = n
}

// An answer is what both sides must agree on.
type answer struct {
	Cases    figure
	Arcs     map[string]figure // "from → to"
	Variants map[string]figure // "a → b → c"
	Starts   map[string]int64
	Ends     map[string]int64
}

// A figure is a count, and the median duration of what was counted.
type figure struct {
	N        int64
	MedianUS float64
}

func summarize(tb testing.TB, o eventlog.SummaryOptions) *eventlog.Summary {
	tb.Helper()
	s, err := eventlog.Summarize(tb.Context(), fixture.log, o)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func answerOf(s *eventlog.Summary) answer {
	a := answer{figure{s.Cases, s.CaseDuration.Quantile(.5)},
		map[string]figure{}, map[string]figure{}, map[string]int64{}, map[string]int64{}}
	for i := range s.Arcs {
		arc := &s.Arcs[i]
		a.Arcs[s.Activities[arc.From]+" → "+s.Activities[arc.To]] = figure{arc.Count, arc.Wait.Quantile(.5)}
	}
	for i := range s.Variants {
		v := &s.Variants[i]
		labels := make([]string, len(v.Path))
		for j, step := range v.Path {
			labels[j] = s.Activities[step]
		}
		a.Variants[strings.Join(labels, " → ")] = figure{v.Cases, v.Duration.Quantile(.5)}
		a.Starts[labels[0]] += v.Cases
		a.Ends[labels[len(labels)-1]] += v.Cases
	}
	return a
}

// ask answers the questions in bench/sql from a table.
func ask(tb testing.TB, table string) {
	tb.Helper()
	text := func(name string) string {
		q, err := queries.ReadFile("sql/" + name + ".sql")
		if err != nil {
			tb.Fatal(err)
		}
		return string(q)
	}
	for _, q := range []string{
		"CREATE OR REPLACE TEMP VIEW events AS FROM " + table,
		text("arcs"), text("paths"), text("variants"), text("terminals"), text("durations"),
	} {
		if _, err := fixture.db.ExecContext(tb.Context(), q); err != nil {
			tb.Fatalf("%v\n%s", err, q)
		}
	}
}

// answerOfSQL reads what ask left.
func answerOfSQL(tb testing.TB) answer {
	tb.Helper()
	a := answer{figure{}, map[string]figure{}, map[string]figure{}, map[string]int64{}, map[string]int64{}}
	each := func(q string, see func(label string, f figure)) {
		tb.Helper()
		rows, err := fixture.db.QueryContext(tb.Context(), q)
		if err != nil {
			tb.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var label string
			var f figure
			if err := rows.Scan(&label, &f.N, &f.MedianUS); err != nil {
				tb.Fatal(err)
			}
			see(label, f)
		}
		if err := rows.Err(); err != nil {
			tb.Fatal(err)
		}
	}
	each("SELECT '', n, median_us FROM durations", func(_ string, f figure) { a.Cases = f })
	each("SELECT concat_ws(' → ', from_activity, to_activity), n, median_us FROM arcs", func(l string, f figure) { a.Arcs[l] = f })
	each("SELECT array_to_string(path::VARCHAR[], ' → '), n, median_us FROM variants", func(l string, f figure) { a.Variants[l] = f })
	each("SELECT activity::VARCHAR, n, 0 FROM terminals WHERE part = 'start'", func(l string, f figure) { a.Starts[l] = f.N })
	each("SELECT activity::VARCHAR, n, 0 FROM terminals WHERE part = 'end'", func(l string, f figure) { a.Ends[l] = f.N })
	return a
}

// agree compares two answers: counts equal, medians within a part of their value.
func agree(tb testing.TB, what string, got, want answer, tolerance float64) {
	tb.Helper()
	near := cmp.Comparer(func(x, y figure) bool {
		return x.N == y.N && math.Abs(x.MedianUS-y.MedianUS) <= 1+tolerance*math.Max(x.MedianUS, y.MedianUS)
	})
	if d := cmp.Diff(want, got, near); d != "" {
		tb.Fatalf("%s (-SQL +millrace):\n%.2000s", what, d)
	}
}

// A way to summarize a log: do what is measured, then say what it gave.
type way struct {
	name      string
	do        func(testing.TB)
	answer    func(testing.TB) answer
	tolerance float64 // of its medians, as a part of their value
}

// ways to summarize the log; the last one judges the others.
func ways() []way {
	var s *eventlog.Summary
	fold := func(o eventlog.SummaryOptions) func(testing.TB) {
		return func(tb testing.TB) { s = summarize(tb, o) }
	}
	folded := func(testing.TB) answer { return answerOf(s) }
	from := func(table string) func(testing.TB) {
		return func(tb testing.TB) { ask(tb, table) }
	}
	return []way{
		{"Millrace: fold, medians within 0.8 %", fold(eventlog.SummaryOptions{}), folded, .008},
		{"Millrace: fold, exact medians", fold(eventlog.SummaryOptions{Exact: true}), folded, 1e-12},
		{"DuckDB: SQL on integers sorted by case, exact medians", from("events_coded"), answerOfSQL, 0},
		{"DuckDB: SQL on the events as they came, exact medians", from("events_text"), answerOfSQL, 0},
	}
}

// TestSummaryAgreesWithSQL holds that both sides of the benchmark answer the
// same question: counts are equal, and medians as near as each way promises.
func TestSummaryAgreesWithSQL(t *testing.T) {
	setup(t)
	all := ways()
	judge := all[len(all)-1]
	judge.do(t)
	want := judge.answer(t)
	for _, w := range all {
		w.do(t)
		agree(t, w.name, w.answer(t), want, w.tolerance)
	}
}

// BenchmarkSummary measures arcs with medians, variants, starts and ends, and
// case durations, of a log that is there, against DuckDB's SQL on tables that
// are there. SQL is asked for less: no other quantile, no cases of an arc.
func BenchmarkSummary(b *testing.B) {
	setup(b)
	question := fmt.Sprintf("Arcs, variants, starts, ends and median durations of %d events", fixture.events)
	all := ways()
	answers := make([]answer, len(all))
	for i, w := range all {
		b.Run(w.name, func(b *testing.B) {
			for b.Loop() {
				measure(b, question, w.name, fixture.events, func() { w.do(b) })
			}
			answers[i] = w.answer(b)
		})
	}
	want := answers[len(answers)-1]
	if want.Arcs == nil {
		return // -bench chose another one
	}
	for i, w := range all {
		if answers[i].Arcs != nil {
			agree(b, w.name, answers[i], want, w.tolerance)
		}
	}
}
