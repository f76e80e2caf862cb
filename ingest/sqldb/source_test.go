package sqldb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/folder"
	"millrace/ingest/sqldb/servertest"
	"millrace/ingest/tryton"
)

// shared returns the folder of the extract that others made of a live ERP.
func shared(t testing.TB) string {
	t.Helper()
	root := os.Getenv("MILLRACE_SHARED")
	if root == "" {
		root = "../../../shared" // beside the project's root
	}
	dir := filepath.Join(root, "data", "tryton_o2c")
	if _, err := os.Stat(filepath.Join(dir, "tryton70_o2c.sql.gz")); err != nil {
		t.Skipf("no %s: set MILLRACE_SHARED to the folder that has data/tryton_o2c", dir)
	}
	return dir
}

// The ERP restored into a real PostgreSQL says the same as the CSV files that
// others exported from it, table by table, cast to the types of the preset.
func TestTrytonAsFromFiles(t *testing.T) {
	dir := shared(t)
	server := servertest.PostgreSQL(t)
	server.Restore(t, "tryton", filepath.Join(dir, "tryton70_o2c.sql.gz"))
	system := tryton.System()
	files, err := folder.Open(t.Context(), filepath.Join(dir, "csv"), system, true)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	exported := map[string]*eventlog.TableRows{}
	for i := range files.Rows {
		exported[files.Rows[i].Table] = &files.Rows[i]
	}
	s := openAs(t, Config{Database: server.URL("reader", "tryton")})
	shapes, err := s.Describe(t.Context(), system.Tables)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := s.Begin(t.Context()); err != nil || !ok {
		t.Fatalf("begin: %v, %v", ok, err)
	}
	db := duck(t)
	compared, total := 0, 0
	for i, table := range system.Tables {
		sh := shapes[i]
		if sh.Problem != "" {
			t.Errorf("%s: %s", table.Name, sh.Problem)
			continue
		}
		if !slices.Equal(sh.Key, table.Key) {
			t.Errorf("%s: key %v, the preset says %v", table.Name, sh.Key, table.Key)
		}
		x, err := read(t.Context(), s, ingest.Query{Table: &table, Columns: names(sh), PageRows: 100})
		if err != nil {
			t.Error(err)
			continue
		}
		if n, err := s.Count(t.Context(), &table); err != nil || n != int64(len(x.rows)) {
			t.Errorf("%s: %d rows, count says %d, %v", table.Name, len(x.rows), n, err)
		}
		file := exported[table.Name]
		if file == nil {
			continue // not in the folder: TestExtracts of the preset names which
		}
		var rows [][]string
		if err := file.Rows(func(_ int64, fields []string) error {
			rows = append(rows, slices.Clone(fields))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		compared, total = compared+1, total+len(rows)
		load(t, db, "ours", &table, names(sh), x.rows)
		load(t, db, "theirs", &table, file.Columns, rows)
		var ours, theirs int
		const difference = `SELECT (SELECT count(*) FROM (FROM ours EXCEPT ALL FROM theirs)), (SELECT count(*) FROM (FROM theirs EXCEPT ALL FROM ours))`
		if err := db.QueryRow(difference).Scan(&ours, &theirs); err != nil {
			t.Fatal(err)
		}
		if ours != 0 || theirs != 0 {
			t.Errorf("%s: %d rows are in the database alone, %d in the file alone", table.Name, ours, theirs)
		}
	}
	if err := s.End(t.Context()); err != nil {
		t.Error(err)
	}
	if compared < 25 || total < 2000 {
		t.Errorf("compared %d tables with %d rows", compared, total)
	}
}

// load makes a table of rows, in the types of the preset.
func load(t *testing.T, db execer, name string, table *eventlog.Table, columns []string, rows [][]string) {
	t.Helper()
	var texts, typed []string
	for i, c := range columns {
		texts = append(texts, fmt.Sprintf("c%d VARCHAR", i))
		for _, want := range table.Columns {
			if want.Name == c {
				typed = append(typed, fmt.Sprintf("CAST(nullif(c%d, '') AS %s) AS %q", i, want.SQL, c))
			}
		}
	}
	if len(typed) != len(table.Columns) {
		t.Errorf("%s: %d of %d columns in %s", table.Name, len(typed), len(table.Columns), name)
	}
	slices.SortFunc(typed, func(a, b string) int {
		return strings.Compare(a[strings.Index(a, " AS \""):], b[strings.Index(b, " AS \""):])
	})
	execute(t, db, "CREATE OR REPLACE TABLE texts ("+strings.Join(texts, ", ")+")")
	for chunk := range slices.Chunk(rows, 50) {
		var marks []string
		var values []any
		for _, r := range chunk {
			marks = append(marks, "("+strings.TrimSuffix(strings.Repeat("?, ", len(r)), ", ")+")")
			for _, v := range r {
				values = append(values, v)
			}
		}
		execute(t, db, "INSERT INTO texts VALUES "+strings.Join(marks, ", "), values...)
	}
	execute(t, db, "CREATE OR REPLACE TABLE "+name+" AS SELECT "+strings.Join(typed, ", ")+" FROM texts")
}

var somePort = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// TestReading asks real servers for pages, changes and keys, in text.
func TestReading(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb", "sqlite"} {
		t.Run(name, func(t *testing.T) {
			var url string
			var exec func(string) error
			switch name {
			case "postgres":
				url, exec = onServer(t, servertest.PostgreSQL(t))
			case "mariadb":
				url, exec = onServer(t, servertest.MariaDB(t))
			default:
				path, db := newSQLite(t)
				url, exec = path, func(text string) error { _, err := db.Exec(text); return err }
			}
			db := duck(t)
			datadriven.RunTest(t, "testdata/reading_"+name, func(t *testing.T, d *datadriven.TestData) string {
				if d.Cmd == "exec" {
					if err := exec(d.Input); err != nil {
						return "error: " + err.Error() + "\n"
					}
					return ""
				}
				text := strings.ReplaceAll(show(t, d, openAs(t, Config{Database: url, Schema: strings.Join(argument(d, "schema"), "")}), db), strings.TrimPrefix(url, "sqlite:"), "FILE")
				return somePort.ReplaceAllString(text, "127.0.0.1:PORT")
			})
		})
	}
}

// fill makes a table with a key of two columns.
func fill(t testing.TB, s *servertest.Server, rows int) *eventlog.Table {
	t.Helper()
	s.Exec(t, "shop", "CREATE TABLE items (doc INT, pos VARCHAR(10), note VARCHAR(200), PRIMARY KEY (doc, pos))")
	if s.Kind == "postgres" {
		s.Exec(t, "shop", fmt.Sprintf("INSERT INTO items SELECT i / 7, 'p' || i %% 7, repeat('x', 100) FROM generate_series(0, %d) i; GRANT SELECT ON items TO reader", rows-1))
	} else {
		s.Exec(t, "shop", fmt.Sprintf("INSERT INTO items SELECT seq DIV 7, concat('p', seq %% 7), repeat('x', 100) FROM seq_0_to_%d; GRANT SELECT ON items TO reader", rows-1))
	}
	return &eventlog.Table{Name: "items", Key: []string{"doc", "pos"}}
}

// A connection that breaks in mid-read, and a server that is killed, are
// transient; from the last page on every row comes once.
func TestBroken(t *testing.T) {
	const rows = 30_000
	for _, c := range []struct {
		name  string
		start func(testing.TB) *servertest.Server
	}{{"PostgreSQL", servertest.PostgreSQL}, {"MariaDB", servertest.MariaDB}} {
		t.Run(c.name, func(t *testing.T) {
			server := c.start(t)
			table := fill(t, server, rows)
			proxy := servertest.NewProxy(t, server.Addr())
			for _, way := range []struct {
				name  string
				fault func()
				heal  func()
			}{
				{"cut", func() { proxy.CutAfter(40_000) }, func() {}},
				{"killed", func() { server.Kill(t) }, func() { server.Start(t) }},
				{"refused", func() { proxy.Refuse(true) }, func() { proxy.Refuse(false) }},
				{"stopped", func() { server.Stop(t) }, func() { server.Start(t) }},
			} {
				t.Run(way.name, func(t *testing.T) {
					s := openAs(t, Config{Database: server.URLAt(proxy.Addr(), "reader", "shop")})
					q := ingest.Query{Table: table, Columns: []string{"doc", "pos", "note"}, PageRows: 1000}
					if _, err := s.Begin(t.Context()); err != nil {
						t.Fatal(err)
					}
					seen := map[string]int{}
					faults, tries := 0, 0
					for {
						pages := 0
						err := s.Read(t.Context(), q, func(p ingest.Page) error {
							for _, r := range p.Rows {
								seen[r[0]+"/"+r[1]]++
							}
							q.After = p.After
							if pages++; pages == 5 && faults < 3 {
								faults++
								way.fault()
							}
							return nil
						})
						if err == nil {
							break
						}
						if _, ok := ingest.IsTransient(err); !ok {
							t.Fatalf("not transient: %v", err)
						}
						if strings.Contains(err.Error(), servertest.Password) {
							t.Errorf("the password is in: %v", err)
						}
						// Not silently another state of the source.
						if err := s.Read(t.Context(), q, func(ingest.Page) error { return errors.New("read on without Begin") }); err == nil {
							t.Error("a read after the transaction broke succeeds")
						} else if _, ok := ingest.IsTransient(err); !ok {
							t.Errorf("a read after the transaction broke: %v", err)
						}
						way.heal()
						if tries++; tries > 10 {
							t.Fatalf("still failing: %v", err)
						}
						if _, err := s.Begin(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					if faults != 3 {
						t.Errorf("%d faults", faults)
					}
					if len(seen) != rows {
						t.Errorf("%d rows, want %d", len(seen), rows)
					}
					for key, n := range seen {
						if n != 1 {
							t.Fatalf("row %s came %d times", key, n)
						}
					}
				})
			}
		})
	}
}

// What is written after Begin is not read before End.
func TestSnapshot(t *testing.T) {
	for _, start := range []func(testing.TB) *servertest.Server{servertest.PostgreSQL, servertest.MariaDB} {
		server := start(t)
		t.Run(server.Kind, func(t *testing.T) {
			table := fill(t, server, 100)
			snapshot(t, openAs(t, Config{Database: server.URL("reader", "shop")}), table, 100, func() {
				server.Exec(t, "shop", "INSERT INTO items VALUES (1000, 'late', '')")
			})
		})
	}
}

// snapshot reads a table that has rows, to which another is added meanwhile.
func snapshot(t *testing.T, s ingest.Source, table *eventlog.Table, rows int64, add func()) {
	t.Helper()
	count := func(when string, want int64) {
		t.Helper()
		if n, err := s.Count(t.Context(), table); err != nil || n != want {
			t.Errorf("%s: %d rows, %v; want %d", when, n, err, want)
		}
	}
	count("before", rows)
	if ok, err := s.Begin(t.Context()); err != nil || !ok {
		t.Fatalf("begin: %v, %v", ok, err)
	}
	count("first", rows) // PostgreSQL and SAP HANA take the snapshot with the first question
	add()
	count("in the snapshot", rows)
	if err := s.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	count("after it", rows+1)
}

// A table without a right does not end the transaction that others are read in.
func TestNoRightInTransaction(t *testing.T) {
	server := servertest.PostgreSQL(t)
	table := fill(t, server, 10)
	server.Exec(t, "shop", "CREATE SCHEMA hidden; CREATE TABLE hidden.t (id int PRIMARY KEY); GRANT SELECT ON hidden.t TO reader")
	s := openAs(t, Config{Database: server.URL("reader", "shop")})
	hidden := openAs(t, Config{Database: server.URL("reader", "shop"), Schema: "hidden"})
	for _, x := range []ingest.Source{s, hidden} {
		if _, err := x.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	shapes, err := hidden.Describe(t.Context(), []eventlog.Table{{Name: "t"}})
	if err != nil || !strings.Contains(shapes[0].Problem, `GRANT USAGE ON SCHEMA "hidden"`) {
		t.Fatalf("%+v, %v", shapes, err)
	}
	if _, err := hidden.Describe(t.Context(), []eventlog.Table{{Name: "t"}}); err != nil {
		t.Errorf("again: %v", err)
	}
	if n, err := s.Count(t.Context(), table); err != nil || n != 10 {
		t.Errorf("%d, %v", n, err)
	}
}

// Whatever the keys are and however long pages are, every row comes once, and
// from any After the rest.
func TestPagesLaw(t *testing.T) {
	url, db := newSQLite(t)
	server := servertest.MariaDB(t)
	server.Exec(t, "law", "SELECT 1")
	maria := server.Admin(t, "law")
	for _, c := range []struct {
		name string
		url  string
		db   execer
	}{{"row comparison", url, db}, {"levels", server.URL("reader", "law"), maria}} {
		t.Run(c.name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				execute(t, c.db, "DROP TABLE IF EXISTS t")
				execute(t, c.db, "CREATE TABLE t (a INT NOT NULL, b VARCHAR(20) NOT NULL, c INT NOT NULL, PRIMARY KEY (a, b, c))")
				if c.name == "levels" {
					execute(t, c.db, "GRANT SELECT ON t TO reader")
				}
				rows := rapid.SliceOfNDistinct(rapid.Custom(func(r *rapid.T) string {
					return fmt.Sprintf("%d/%s/%d", rapid.IntRange(-2, 2).Draw(r, "a"), rapid.SampledFrom([]string{"", "'", "A", "b", "é", "Z", "10", "9"}).Draw(r, "b"), rapid.IntRange(0, 3).Draw(r, "c"))
				}), 0, 60, rapid.ID[string]).Draw(r, "rows")
				for _, row := range rows {
					k := strings.Split(row, "/")
					execute(t, c.db, "INSERT INTO t VALUES (?, ?, ?)", k[0], k[1], k[2])
				}
				s := openAs(t, Config{Database: c.url})
				q := ingest.Query{Table: &eventlog.Table{Name: "t"}, Columns: []string{"a", "b", "c"}, PageRows: rapid.IntRange(1, 20).Draw(r, "page")}
				x, err := read(t.Context(), s, q)
				if err != nil {
					r.Fatal(err)
				}
				var got []string
				for _, row := range x.rows {
					got = append(got, strings.Join(row, "/"))
				}
				all := slices.Clone(got)
				slices.Sort(got)
				slices.Sort(rows)
				if !slices.Equal(got, rows) {
					r.Fatalf("read %q\nwant %q", got, rows)
				}
				at := 0
				for i, after := range x.after {
					at += x.sizes[i]
					q.After = after
					rest, err := read(t.Context(), s, q)
					if err != nil || len(rest.rows) != len(all)-at {
						r.Fatalf("behind %s: %d rows, %v; want %d", after, len(rest.rows), err, len(all)-at)
					}
				}
				if err := s.Close(); err != nil {
					r.Fatal(err)
				}
			})
		})
	}
}

// A connection is verified, unless it is said that it need not be.
func TestTLS(t *testing.T) {
	for _, start := range []func(testing.TB) *servertest.Server{servertest.PostgreSQL, servertest.MariaDB} {
		server := start(t)
		t.Run(server.Kind, func(t *testing.T) {
			table := fill(t, server, 10)
			for _, c := range []struct {
				name string
				tls  TLS
				want string // of the error; "": none
			}{
				{"this machine needs none", TLS{}, ""},
				{"off", TLS{Mode: "off"}, ""},
				{"verified by the system", TLS{Mode: "verify"}, "tls: {ca: FILE}"},
				{"verified by a file", TLS{Mode: "verify", CA: server.CA}, ""},
			} {
				s := openAs(t, Config{Database: server.URL("reader", "shop"), TLS: c.tls})
				n, err := s.Count(t.Context(), table)
				if c.want == "" && (err != nil || n != 10) {
					t.Errorf("%s: %d, %v", c.name, n, err)
				}
				if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
					t.Errorf("%s: %v; want %q", c.name, err, c.want)
				}
				if _, transient := ingest.IsTransient(err); transient {
					t.Errorf("%s: transient: %v", c.name, err)
				}
			}
		})
	}
}

// A statement's time is limited, by the server and by us; a caller who
// cancels gets that.
func TestTime(t *testing.T) {
	server := servertest.PostgreSQL(t)
	server.Exec(t, "shop", `CREATE VIEW slow AS SELECT 1 AS a, pg_sleep(60)::text AS b; GRANT SELECT ON slow TO reader;
		CREATE TABLE locked (id int PRIMARY KEY); GRANT SELECT ON locked TO reader`)
	s := openAs(t, Config{Database: server.URL("reader", "shop"), Timeout: 200 * time.Millisecond})
	start := time.Now()
	_, err := read(t.Context(), s, ingest.Query{Table: &eventlog.Table{Name: "slow"}, Columns: []string{"a", "b"}})
	if err == nil || !strings.Contains(err.Error(), "timeout: is 200ms") {
		t.Errorf("%v; want what to do about the timeout", err)
	}
	if time.Since(start) > 20*time.Second {
		t.Errorf("it took %v", time.Since(start))
	}
	patient := openAs(t, Config{Database: server.URL("reader", "shop")})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = read(ctx, patient, ingest.Query{Table: &eventlog.Table{Name: "slow"}, Columns: []string{"a", "b"}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := patient.Count(t.Context(), &eventlog.Table{Name: "locked"}); err != nil {
		t.Errorf("after that: %v", err)
	}
}

// No server is asked where none listens, and the error says so.
func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, d := range dialects {
		if d.file {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			s := openAs(t, Config{Database: d.schemes[0] + "://reader@" + addr + "/db"})
			_, err := s.Describe(t.Context(), []eventlog.Table{{Name: "orders"}})
			if _, ok := ingest.IsTransient(err); !ok {
				t.Fatalf("not transient: %v", err)
			}
			if text := err.Error(); strings.Contains(text, servertest.Password) || !strings.HasPrefix(text, d.schemes[0]+"://"+addr+"/db: ") || !strings.Contains(text, "refused") {
				t.Error(text)
			}
		})
	}
}
