package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	mssql "github.com/microsoft/go-mssqldb"
	"github.com/sijms/go-ora/v2/network"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/sqldb/servertest"
)

// What drivers say is understood by its number.
func TestMeaning(t *testing.T) {
	for _, c := range []struct {
		dialect *dialect
		err     error
		want    meaning
	}{
		{postgres, &pgconn.PgError{Code: "57P01"}, transient},                                                           // admin shutdown
		{postgres, &pgconn.PgError{Code: "53300"}, transient},                                                           // too many connections
		{postgres, &pgconn.PgError{Code: "40P01"}, transient},                                                           // deadlock
		{postgres, &pgconn.PgError{Code: "40001"}, transient},                                                           // serialization
		{postgres, &pgconn.PgError{Code: "55P03"}, transient},                                                           // lock timeout
		{postgres, &pgconn.PgError{Code: "57014", Message: "canceling statement due to statement timeout"}, tooLong},    // its own
		{postgres, &pgconn.PgError{Code: "57014", Message: "canceling statement due to conflict with recovery"}, final}, // says what it is
		{postgres, &pgconn.PgError{Code: "42501"}, noRight},                                                             //
		{postgres, &pgconn.PgError{Code: "28P01"}, noLogin},                                                             //
		{postgres, &pgconn.PgError{Code: "42703"}, final},                                                               // no such column
		{postgres, fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), transient},                                           //
		{mysqlDialect, &mysql.MySQLError{Number: 1205}, transient},                                                      // lock timeout
		{mysqlDialect, &mysql.MySQLError{Number: 1040}, transient},                                                      // too many connections
		{mysqlDialect, &mysql.MySQLError{Number: 1142}, noRight},                                                        //
		{mysqlDialect, &mysql.MySQLError{Number: 1045}, noLogin},                                                        //
		{mysqlDialect, &mysql.MySQLError{Number: 1969}, tooLong},                                                        //
		{mysqlDialect, &mysql.MySQLError{Number: 1146}, final},                                                          // no such table
		{mysqlDialect, mysql.ErrInvalidConn, transient},                                                                 //
		{sqlServer, mssql.Error{Number: 1222}, transient},                                                               // lock timeout
		{sqlServer, mssql.Error{Number: 208}, final},                                                                    // no such table
		{oracle, &network.OracleError{ErrCode: 3113}, transient},                                                        // end of file
		{oracle, &network.OracleError{ErrCode: 1555}, transient},                                                        // snapshot too old
		{oracle, &network.OracleError{ErrCode: 942}, noRight},                                                           // or it is not there
		{oracle, &network.OracleError{ErrCode: 1017}, noLogin},                                                          //
		{oracle, &network.OracleError{ErrCode: 904}, final},                                                             // no such column
		{hana, driver.ErrBadConn, transient},                                                                            //
		{hana, &net.OpError{Op: "read", Err: syscall.ECONNRESET}, transient},                                            //
		{hana, &net.DNSError{Err: "no such host", Name: "erp", IsNotFound: true}, final},                                //
		{hana, &net.DNSError{Err: "server misbehaving", Name: "erp", IsTemporary: true}, transient},                     //
		{sqlite, errors.New("file is not a database"), final},                                                           //
	} {
		s := &source{target: &target{dialect: c.dialect, host: "erp", port: "1", database: "d", password: "hunter2"}}
		if got := s.meaning(c.err); got != c.want {
			t.Errorf("%s: %v: %d, want %d", c.dialect.name, c.err, got, c.want)
		}
		err := s.fail(context.Background(), "T", fmt.Errorf("for hunter2: %w", c.err))
		if _, ok := ingest.IsTransient(err); ok != (c.want == transient) || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "***") {
			t.Errorf("%s: transient %v: %v", c.dialect.name, ok, err)
		}
	}
}

// Real servers refuse a login, end a connection and run out of them.
func TestRefused(t *testing.T) {
	table := []eventlog.Table{{Name: "items"}}
	for _, c := range []struct {
		name   string
		start  func(testing.TB) *servertest.Server
		kill   string // ends all connections of reader
		few    string // lets one connect only
		many   string // of the error of another
		absent string // of the error for a database that is not there
	}{
		{"PostgreSQL", servertest.PostgreSQL, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'", "ALTER ROLE reader CONNECTION LIMIT 1", "too many connections", `"nothing" does not exist`},
		{"MariaDB", servertest.MariaDB, "KILL USER reader", "GRANT USAGE ON *.* TO reader WITH MAX_USER_CONNECTIONS 1", "max_user_connections", "'nothing'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := c.start(t)
			fill(t, server, 10)
			check := func(what string, err error, transient bool, want string) {
				t.Helper()
				if err == nil {
					t.Errorf("%s: no error", what)
					return
				}
				if _, ok := ingest.IsTransient(err); ok != transient || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), servertest.Password) {
					t.Errorf("%s: transient %v: %v; want %q", what, ok, err, want)
				}
			}
			wrong, err := Open(t.Context(), Config{Database: server.URL("reader", "shop"), PasswordFrom: "env:X", LookupEnv: func(string) (string, bool) { return servertest.Password + "!", true }})
			if err != nil {
				t.Fatal(err)
			}
			defer wrong.Close()
			_, err = wrong.Describe(t.Context(), table)
			check("wrong password", err, false, "what password_from: names")
			_, err = openAs(t, Config{Database: server.URL("reader", "nothing")}).Describe(t.Context(), table)
			check("no such database", err, false, c.absent)

			server.Exec(t, "", c.few)
			s := openAs(t, Config{Database: server.URL("reader", "shop")})
			if _, err := s.Describe(t.Context(), table); err != nil {
				t.Fatal(err)
			}
			server.Exec(t, "", c.kill)
			_, err = s.Count(t.Context(), &table[0])
			check("connection ended", err, true, "items")
			n, err := s.Count(t.Context(), &table[0])
			for range 200 { // until the server has noticed that one is free
				if _, ok := ingest.IsTransient(err); !ok {
					break
				}
				time.Sleep(20 * time.Millisecond)
				n, err = s.Count(t.Context(), &table[0])
			}
			if err != nil || n != 10 {
				t.Errorf("after that: %d, %v", n, err)
			}
			_, err = openAs(t, Config{Database: server.URL("reader", "shop")}).Describe(t.Context(), table)
			check("too many connections", err, true, c.many)
			server.Exec(t, "shop", "INSERT INTO items VALUES (1000, 'p', '')")
			if err := s.(*source).conn.PingContext(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := s.(*source).conn.ExecContext(t.Context(), "DELETE FROM items"); err == nil {
				t.Error("the connection lets us write")
			}
		})
	}
}
