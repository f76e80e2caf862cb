// Package servertest starts real database servers for tests: PostgreSQL and
// MariaDB as this machine has them installed, each with data of its own in a
// temporary folder, on loopback only. It stops them, kills them without
// warning and starts them again, and cuts connections to them (Proxy). It
// knows nothing of what is read from them. Only tests import it.
package servertest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Password is that of every user of a server here, and looks like nothing
// else, so that a test can search for it in what must not have it.
const Password = "s3cret-Of-The-Tests"

// A Server is a database server of one test.
type Server struct {
	Kind string // "postgres", "mysql": the scheme of its URL
	Host string // 127.0.0.1
	Port string
	// Dir is where its data is, and Socket what it listens on besides: a
	// folder (PostgreSQL) or a file (MariaDB).
	Dir, Socket string
	// CA is the certificate that signed the server's own, for 127.0.0.1 and
	// localhost.
	CA string
	// Superuser may do everything, by Socket without a password.
	Superuser string

	command []string // of the server itself
	open    func(s *Server, database string) (*sql.DB, error)
	stop    syscall.Signal // ends it without waiting for its clients
	account *account
	shell   *exec.Cmd
	hold    io.Closer
	output  bytes.Buffer
}

// An account is the user of the system that a server runs as: PostgreSQL
// refuses root.
type account struct{ uid, gid uint32 }

// accountOf returns the first user of the names that there is; nil where we
// are not root, so that a server runs as who we are.
func accountOf(t testing.TB, names ...string) *account {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range append(names, "nobody") {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &account{uint32(uid), uint32(gid)}
		}
	}
	t.Fatalf("none of the users %v to run a server as", names)
	return nil
}

// find returns a program's path: in the newest of the folders that match the
// pattern, else in PATH. "" where there is none.
func find(name string, patterns ...string) string {
	best, bestVersion := "", -1.0
	for _, pattern := range patterns {
		dirs, _ := filepath.Glob(pattern) // the patterns are ours
		for _, dir := range dirs {
			path := filepath.Join(dir, name)
			if _, err := exec.LookPath(path); err != nil {
				continue
			}
			version, _ := strconv.ParseFloat(filepath.Base(filepath.Dir(dir)), 64) // none: 0
			if version > bestVersion {
				best, bestVersion = path, version
			}
		}
	}
	if best == "" {
		best, _ = exec.LookPath(name) // "" says it
	}
	return best
}

// newServer makes the folder of a server and chooses its port.
func newServer(t testing.TB, kind, superuser string, users ...string) *Server {
	t.Helper()
	s := &Server{Kind: kind, Host: "127.0.0.1", Superuser: superuser, account: accountOf(t, users...)}
	// Not t.TempDir: its parent is closed to others, and its path may be
	// too long for a socket.
	dir, err := os.MkdirTemp("", "millrace-"+kind+"-")
	if err != nil {
		t.Fatal(err)
	}
	s.Dir = dir
	t.Cleanup(func() {
		s.Kill(t)
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	l, err := net.Listen("tcp", s.Host+":0")
	if err != nil {
		t.Fatal(err)
	}
	_, s.Port, _ = net.SplitHostPort(l.Addr().String()) // it is one
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s.certify(t)
	s.give(t, dir)
	return s
}

// give makes a file or folder, and all in it, the server's own.
func (s *Server) give(t testing.TB, path string) {
	t.Helper()
	if s.account == nil {
		return
	}
	err := filepath.WalkDir(path, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, int(s.account.uid), int(s.account.gid))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// run runs a program as the server's user to its end.
func (s *Server) run(t testing.TB, command ...string) {
	t.Helper()
	c := exec.Command(command[0], command[1:]...)
	c.Dir = s.Dir
	c.SysProcAttr = s.attributes()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command[0], err, out)
	}
}

func (s *Server) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if s.account != nil {
		a.Credential = &syscall.Credential{Uid: s.account.uid, Gid: s.account.gid}
	}
	return a
}

// Start starts the server, and returns when it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	// The shell holds the server's life: it kills it when its own input ends,
	// be it that the test ended in a panic.
	const script = `"$@" </dev/null & p=$!; read end; kill -9 $p; wait $p`
	s.shell = exec.Command("sh", append([]string{"-c", script, "sh"}, s.command...)...)
	s.shell.Dir = s.Dir
	s.shell.SysProcAttr = s.attributes()
	s.output.Reset()
	s.shell.Stdout, s.shell.Stderr = &s.output, &s.output
	hold, err := s.shell.StdinPipe()
	if err == nil {
		s.hold = hold
		err = s.shell.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	until := time.Now().Add(60 * time.Second)
	for {
		err := s.ping()
		if err == nil {
			return
		}
		if time.Now().After(until) {
			s.Kill(t)
			t.Fatalf("%s does not answer: %v\n%s", s.command[0], err, s.output.String())
		}
		time.Sleep(30 * time.Millisecond)
	}
}

func (s *Server) ping() error {
	db, err := s.open(s, "")
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return db.PingContext(ctx)
}

// Stop ends the server as its administrator would.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.end(t, s.stop)
}

// Kill ends the server and every process of it at once, as a power cut would.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.end(t, syscall.SIGKILL)
}

func (s *Server) end(t testing.TB, how syscall.Signal) {
	t.Helper()
	if s.shell == nil {
		return
	}
	family := descendants(s.shell.Process.Pid)
	if how != syscall.SIGKILL && len(family) > 0 {
		family = family[:1] // the server itself, which ends its own
	}
	for _, pid := range family {
		_ = syscall.Kill(pid, how) // it may be gone
	}
	left := family
	for until := time.Now().Add(20 * time.Second); len(left) > 0 && time.Now().Before(until); {
		time.Sleep(5 * time.Millisecond)
		all := processes()
		left = slices.DeleteFunc(left, func(pid int) bool { return all[pid] == 0 })
	}
	_ = s.hold.Close()
	_ = s.shell.Wait() // the shell's own end says nothing
	s.shell = nil
	if len(left) > 0 {
		t.Fatalf("%s does not end:\n%s", s.command[0], s.output.String())
	}
}

// processes returns who runs on this machine, and the parent of each; not
// those that ended and that no one has waited for.
func processes() map[int]int {
	parents := map[int]int{}
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,stat=").Output()
	if err != nil {
		return nil
	}
	for _, line := range strings.Split(string(out), "\n") {
		var pid, parent int
		var state string
		if _, err := fmt.Sscan(line, &pid, &parent, &state); err == nil && !strings.HasPrefix(state, "Z") {
			parents[pid] = parent
		}
	}
	return parents
}

// descendants lists the processes below one, nearest first.
func descendants(pid int) []int {
	parents := processes()
	list := []int{pid}
	for i := 0; i < len(list); i++ {
		for child, parent := range parents {
			if parent == list[i] {
				list = append(list, child)
			}
		}
	}
	return list[1:]
}

// Addr is host and port.
func (s *Server) Addr() string { return net.JoinHostPort(s.Host, s.Port) }

// URL is a database of the server as a source names it, without the password.
func (s *Server) URL(user, database string) string { return s.URLAt(s.Addr(), user, database) }

// URLAt is URL by way of another address: a [Proxy]'s.
func (s *Server) URLAt(addr, user, database string) string {
	return (&url.URL{Scheme: s.Kind, User: url.User(user), Host: addr, Path: "/" + database}).String()
}

// Admin returns a connection as superuser to a database; "" is the one that
// every server has. It is closed with the test.
func (s *Server) Admin(t testing.TB, database string) *sql.DB {
	t.Helper()
	db, err := s.open(s, database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Exec runs statements as superuser, in a database that is made where it is
// not there.
func (s *Server) Exec(t testing.TB, database, statements string) {
	t.Helper()
	s.create(t, database)
	db, err := s.open(s, database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatalf("%v\n%s", err, statements)
	}
}

// create makes a database, and lets user "reader" connect to it.
func (s *Server) create(t testing.TB, database string) {
	t.Helper()
	if database == "" {
		return
	}
	db, err := s.open(s, "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if s.Kind == "mysql" {
		if _, err := db.ExecContext(t.Context(), "CREATE DATABASE IF NOT EXISTS `"+database+"`"); err != nil {
			t.Fatal(err)
		}
		return
	}
	var there bool
	if err := db.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", database).Scan(&there); err != nil {
		t.Fatal(err)
	}
	if !there {
		if _, err := db.ExecContext(t.Context(), `CREATE DATABASE "`+database+`"`); err != nil {
			t.Fatal(err)
		}
	}
}

// missing skips a test for want of a server; where CI=true that is a failure
// by the way our tests are run.
func missing(t testing.TB, what, packages string) {
	t.Helper()
	t.Skipf("%s is not installed: as root, apt-get install %s (.ci/needs does)", what, packages)
}
