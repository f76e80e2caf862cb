package servertest

import (
	"compress/gzip"
	"database/sql"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// debian is where Debian has PostgreSQL's programs, by version.
const debian = "/usr/lib/postgresql/*/bin"

// HasPostgreSQL says whether [PostgreSQL] could start one.
func HasPostgreSQL() bool { return find("initdb", debian) != "" && find("postgres", debian) != "" }

// PostgreSQL starts a server with a user "reader", who may connect to every
// database and read nothing until a test says GRANT; "postgres" is its
// superuser. Both have Password over TCP. The test is skipped where no
// PostgreSQL is installed.
func PostgreSQL(t testing.TB) *Server {
	t.Helper()
	initdb, postgres := find("initdb", debian), find("postgres", debian)
	if initdb == "" || postgres == "" {
		missing(t, "PostgreSQL", "postgresql")
	}
	s := newServer(t, "postgres", "postgres", "postgres")
	data, secret := filepath.Join(s.Dir, "data"), filepath.Join(s.Dir, "password")
	if err := os.WriteFile(secret, []byte(Password), 0o600); err != nil {
		t.Fatal(err)
	}
	s.give(t, secret)
	s.run(t, initdb, "--pgdata="+data, "--username="+s.Superuser, "--pwfile="+secret, "--auth-local=trust", "--auth-host=scram-sha-256",
		"--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	s.Socket = s.Dir
	s.command = []string{postgres, "-D", data, "-h", s.Host, "-p", s.Port, "-k", s.Socket,
		"-c", "ssl=on", "-c", "ssl_cert_file=" + s.path("server.crt"), "-c", "ssl_key_file=" + s.path("server.key"),
		"-c", "shared_buffers=64MB", "-c", "max_wal_size=4GB", "-c", "fsync=off"} // what was committed outlives kill -9, if not a power cut
	s.open, s.stop = openPostgreSQL, syscall.SIGINT
	s.Start(t)
	s.Exec(t, "", "CREATE ROLE reader LOGIN PASSWORD '"+Password+"'")
	return s
}

func openPostgreSQL(s *Server, database string) (*sql.DB, error) {
	if database == "" {
		database = "postgres"
	}
	c, err := pgx.ParseConfig("host=" + s.Socket + " port=" + s.Port + " user=" + s.Superuser + " dbname=" + database + " sslmode=disable")
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*c), nil
}

// Restore runs a script of pg_dump, gzip or not, in a database, and lets
// reader read all of it. It needs psql: a dump has data between its
// statements.
func (s *Server) Restore(t testing.TB, database, path string) {
	t.Helper()
	psql := find("psql", debian)
	if psql == "" {
		missing(t, "psql", "postgresql-client")
	}
	s.create(t, database)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.CommandContext(t.Context(), psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", s.Socket, "-p", s.Port, "-U", s.Superuser, "-d", database)
	c.Stdin = in
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	s.Exec(t, database, `GRANT USAGE ON SCHEMA public TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; ANALYZE`)
}
