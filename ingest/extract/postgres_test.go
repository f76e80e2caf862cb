package extract_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/extract"
	"millrace/ingest/sourcetest"
	"millrace/ingest/sqldb"
	"millrace/ingest/sqldb/servertest"
)

// A postgres is a real server, read through a proxy that cuts.
type postgres struct {
	server *servertest.Server
	proxy  *servertest.Proxy
	admin  *sql.DB
	cut    int64 // bytes from the next Begin on; -1: none
	begun  bool
	cuts   int // that were armed
}

func newPostgres(t testing.TB) *postgres {
	s := servertest.PostgreSQL(t)
	var ddl strings.Builder
	for _, table := range sourcetest.Tables() {
		fmt.Fprintf(&ddl, "CREATE TABLE %s (", table.Name)
		for _, c := range table.Columns {
			fmt.Fprintf(&ddl, "%s %s, ", c.Name, c.SQL)
		}
		fmt.Fprintf(&ddl, "PRIMARY KEY (%s)); GRANT SELECT ON %s TO reader;\n", strings.Join(table.Key, ", "), table.Name)
	}
	s.Exec(t, "lab", ddl.String())
	return &postgres{server: s, proxy: servertest.NewProxy(t, s.Addr()), admin: s.Admin(t, "lab"), cut: -1}
}

func (p *postgres) exec(t testing.TB, statement string) {
	t.Helper()
	if _, err := p.admin.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func (p *postgres) literal(value string) string {
	if value == "" {
		return "NULL"
	}
	return "'" + strings.ReplaceAll(value, "'", "''") + "'"
}

func (p *postgres) table(name string) (t eventlog.Table) {
	for _, x := range sourcetest.Tables() {
		if x.Name == name {
			t = x
		}
	}
	return t
}

func (p *postgres) Put(t testing.TB, table string, rows ...[]string) {
	x := p.table(table)
	var set []string
	for _, c := range x.Columns {
		set = append(set, fmt.Sprintf("%s = excluded.%s", c.Name, c.Name))
	}
	for _, row := range rows {
		var values []string
		for _, v := range row {
			values = append(values, p.literal(v))
		}
		p.exec(t, fmt.Sprintf("INSERT INTO %s VALUES (%s) ON CONFLICT (%s) DO UPDATE SET %s", table, strings.Join(values, ", "), strings.Join(x.Key, ", "), strings.Join(set, ", ")))
	}
}

func (p *postgres) Delete(t testing.TB, table string, keys ...[]string) {
	for _, key := range keys {
		var where []string
		for i, k := range p.table(table).Key {
			where = append(where, k+" = "+p.literal(key[i]))
		}
		p.exec(t, fmt.Sprintf("DELETE FROM %s WHERE %s", table, strings.Join(where, " AND ")))
	}
}

func (p *postgres) Clear(t testing.TB) {
	for _, x := range sourcetest.Tables() {
		p.exec(t, "TRUNCATE "+x.Name)
	}
}

func (p *postgres) Secret() string { return servertest.Password }

// Cut counts from Begin on: what is read before is no row.
func (p *postgres) Cut(rows int) bool {
	p.cut = int64(rows) * 100
	if rows < 0 {
		p.cut = -1
		p.proxy.CutAfter(-1)
	} else if p.begun {
		p.arm()
	}
	return true
}

func (p *postgres) arm() {
	if p.cut >= 0 {
		p.proxy.CutAfter(p.cut)
		p.cuts++
		p.cut = -1
	}
}

func (p *postgres) Open(t testing.TB) ingest.Source {
	t.Helper()
	src, err := sqldb.Open(t.Context(), sqldb.Config{
		Database: p.server.URLAt(p.proxy.Addr(), "reader", "lab"), PasswordFrom: "env:READER",
		LookupEnv: func(string) (string, bool) { return servertest.Password, true },
	})
	if err != nil {
		t.Fatal(err)
	}
	return &postgresSource{src, p}
}

type postgresSource struct {
	ingest.Source
	p *postgres
}

func (s *postgresSource) Begin(ctx context.Context) (bool, error) {
	one, err := s.Source.Begin(ctx)
	if err == nil {
		s.p.begun = true
		s.p.arm()
	}
	return one, err
}

func (s *postgresSource) Close() error {
	s.p.begun = false
	return s.Source.Close()
}

// What every source must survive, and the laws, on a real server and a network
// that drops.
func TestPostgres(t *testing.T) {
	p := newPostgres(t)
	t.Run("source", func(t *testing.T) { sourcetest.Run(t, p) })
	t.Run("law", func(t *testing.T) {
		fewChecks(t, "5")
		testLaw(t, p)
	})
	t.Run("law in order", func(t *testing.T) {
		fewChecks(t, "5")
		testLawInOrder(t, p)
	})
	t.Logf("connections were cut %d times", p.cuts)
	t.Run("killed", func(t *testing.T) { testServerKilled(t, p) })
}

// A server that is killed in mid-extraction and started again does not end it.
func testServerKilled(t *testing.T, p *postgres) {
	p.Clear(t)
	p.exec(t, "INSERT INTO thing SELECT i, 'n' || i, i, true, '2026-01-01', timestamp '2026-01-01' + i * interval '1 second' FROM generate_series(1, 5000) AS i")
	src := p.Open(t)
	defer src.Close()
	restarted, waits := false, 0
	var once bool
	e, err := extract.Extract(t.Context(), src, sourcetest.System(), extract.Options{
		Store: t.TempDir() + "/a.duckdb", PageRows: 500,
		Progress: func(x extract.Progress) {
			if x.Wait > 0 && x.Because != "" {
				waits++
				if strings.Contains(x.Because, servertest.Password) {
					t.Error("the secret is shown")
				}
				if !restarted {
					restarted = true
					p.server.Start(t)
				}
			} else if !once && x.TableRows == 2000 {
				once = true
				p.server.Kill(t)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Done()
	if got := ids(t, e, "thing"); len(got) != 5000 || got[0] != "1" || got[4999] != "5000" {
		t.Errorf("%d rows of 5000", len(got))
	}
	if waits == 0 || noteOf(e.Notes, "snapshots") != "the tables were read in 2 states of the source, so that a row may refer to one that is missing until the next ingest: thing; then thing." {
		t.Errorf("it waited %d times; notes %v", waits, e.Notes)
	}
}
