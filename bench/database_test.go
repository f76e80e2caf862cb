package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/sqldb"
	"millrace/ingest/sqldb/servertest"
)

// reading is a table of a PostgreSQL on this machine, a row an event, read to
// nowhere: what connects, and what makes the table, is in no figure.
func reading() []step {
	q := "Rows of a table in PostgreSQL, read to nowhere"
	return []step{
		{question: q, way: "Millrace: pages of a source, in a snapshot", commands: one("inside", "database", "millrace", "{events}"), part: &size},
		{question: q, way: `psql: \copy of the table`, commands: one("inside", "database", "psql", "{events}"), part: &size, rival: true},
	}
}

// An operator stands where servertest wants a test: what cannot go on ends the
// process, as a task is one.
type operator struct {
	testing.TB
	ctx      context.Context
	cleanups []func()
}

func (o *operator) Helper()                  {}
func (o *operator) Context() context.Context { return o.ctx }
func (o *operator) Cleanup(f func())         { o.cleanups = append(o.cleanups, f) }
func (o *operator) Error(args ...any)        { fmt.Fprintln(os.Stderr, args...) }
func (o *operator) Fatal(args ...any)        { o.Fatalf("%s", fmt.Sprint(args...)) }
func (o *operator) Skipf(format string, args ...any) {
	o.Fatalf(format, args...)
}

func (o *operator) Fatalf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
	o.end()
	os.Exit(1)
}

func (o *operator) end() {
	for _, f := range slices.Backward(o.cleanups) {
		f()
	}
}

// database makes a table of events and reads it: database WAY EVENTS.
func database(ctx context.Context, out io.Writer, args []string) error {
	o := &operator{ctx: ctx}
	defer o.end()
	server := servertest.PostgreSQL(o)
	server.Exec(o, "bench", `CREATE UNLOGGED TABLE events AS
		SELECT i AS id, i / 10 AS case_id, 'Activity ' || i % 20 AS activity, timestamp '2024-01-01' + i * interval '7 seconds' AS at,
		       (i % 1000)::numeric(12,2) AS amount, 'user' || i % 100 AS resource, i % 3 = 0 AS automatic, NULL::text AS note
		FROM generate_series(0::bigint, `+args[1]+` - 1) i;
		ALTER TABLE events ADD PRIMARY KEY (id);
		GRANT SELECT ON events TO reader`)
	server.Exec(o, "bench", "VACUUM ANALYZE events")
	way := map[string]func(context.Context, *servertest.Server) ([]taken, int64, int64, error){"millrace": bySource, "psql": byPsql}[args[0]]
	if way == nil {
		return fmt.Errorf("%w: database %s", errNotThere, args[0])
	}
	runs, cases, rows, err := way(ctx, server)
	if err != nil {
		return err
	}
	return say(out, runs, map[string]int64{"cases": cases, "events": rows})
}

func bySource(ctx context.Context, server *servertest.Server) (runs []taken, cases, rows int64, err error) {
	s, err := sqldb.Open(ctx, sqldb.Config{Database: server.URL("reader", "bench"), PasswordFrom: "env:READER",
		LookupEnv: func(string) (string, bool) { return servertest.Password, true }})
	if err != nil {
		return nil, 0, 0, err
	}
	defer s.Close()
	table := eventlog.Table{Name: "events", Key: []string{"id"}}
	shapes, err := s.Describe(ctx, []eventlog.Table{table})
	if err != nil {
		return nil, 0, 0, err
	}
	q := ingest.Query{Table: &table}
	for _, c := range shapes[0].Columns {
		q.Columns = append(q.Columns, c.Name)
	}
	runs, err = repeat(func() error {
		cases, rows = 0, 0
		if _, err := s.Begin(ctx); err != nil {
			return err
		}
		last := ""
		err := s.Read(ctx, q, func(p ingest.Page) error {
			rows += int64(len(p.Rows))
			for _, r := range p.Rows {
				if r[1] != last { // cases follow one another
					last = strings.Clone(r[1])
					cases++
				}
			}
			return nil
		})
		return errors.Join(err, s.End(ctx))
	})
	return runs, cases, rows, err
}

func byPsql(ctx context.Context, server *servertest.Server) (runs []taken, cases, rows int64, err error) {
	for range 3 {
		c := exec.CommandContext(ctx, "psql", "-X", "-h", server.Host, "-p", server.Port, "-U", "reader", "-d", "bench", "-c", `\copy events to '/dev/null'`)
		c.Env = append(os.Environ(), "PGPASSWORD="+servertest.Password)
		start := time.Now()
		text, err := c.CombinedOutput()
		if err != nil {
			return nil, 0, 0, fmt.Errorf("psql: %w: %s", err, text)
		}
		runs = append(runs, taken{time.Since(start).Seconds(), (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()})
		if rows, err = strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimPrefix(text, []byte("COPY ")))), 10, 64); err != nil {
			return nil, 0, 0, fmt.Errorf("psql said %q", text)
		}
	}
	db := server.Admin(&operator{ctx: ctx}, "bench")
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT count(DISTINCT case_id) FROM events").Scan(&cases)
	return runs, cases, rows, err
}

// noDatabase says why a command cannot be run, "" if it can.
func noDatabase(words []string) string {
	if words[0] != "inside" || words[1] != "database" {
		return ""
	}
	if !servertest.HasPostgreSQL() {
		return "there is no PostgreSQL: apt-get install postgresql"
	}
	if _, err := exec.LookPath("psql"); err != nil {
		return "there is no psql: apt-get install postgresql-client"
	}
	return ""
}
