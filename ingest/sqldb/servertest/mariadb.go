package servertest

import (
	"database/sql"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// MariaDB starts a server with a user "reader", who may connect and read
// nothing until a test says GRANT … TO reader; "root" is its superuser. The
// test is skipped where no MariaDB is installed.
func MariaDB(t testing.TB) *Server {
	t.Helper()
	server, install := find("mariadbd", "/usr/sbin"), find("mariadb-install-db")
	if server == "" || install == "" {
		missing(t, "MariaDB", "mariadb-server-core")
	}
	s := newServer(t, "mysql", "root", "mysql")
	data := filepath.Join(s.Dir, "data")
	s.Socket = s.path("sock")
	s.run(t, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db",
		"--innodb-log-file-size=16M", "--innodb-buffer-pool-size=32M")
	s.command = []string{server, "--no-defaults", "--datadir=" + data, "--socket=" + s.Socket, "--bind-address=" + s.Host, "--port=" + s.Port,
		"--pid-file=" + s.path("pid"), "--tmpdir=" + s.Dir, "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M", "--innodb-flush-log-at-trx-commit=2", // to the system: outlives kill -9, if not a power cut
		"--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci", "--skip-name-resolve",
		"--ssl-cert=" + s.path("server.crt"), "--ssl-key=" + s.path("server.key"), "--ssl-ca=" + s.CA}
	s.open, s.stop = openMariaDB, syscall.SIGTERM
	s.Start(t)
	s.Exec(t, "", "CREATE USER reader@'%' IDENTIFIED BY '"+Password+"'")
	return s
}

func openMariaDB(s *Server, database string) (*sql.DB, error) {
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = s.Superuser, "unix", s.Socket, database
	c.MultiStatements = true
	c.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}
