package eventlog

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// storeChild starts this test binary as another process in a role of
// TestStoreChild, and returns once it has said "ready".
func storeChild(t *testing.T, role, path string) (*exec.Cmd, io.WriteCloser, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestStoreChild$")
	cmd.Env = append(os.Environ(), "MILLRACE_CHILD="+role, "MILLRACE_STORE="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("child %s said %q", role, lines.Text())
	}
	return cmd, in, lines
}

// TestStoreChild is not a test: it is what the other process of a test does.
func TestStoreChild(t *testing.T) {
	role, path := os.Getenv("MILLRACE_CHILD"), os.Getenv("MILLRACE_STORE")
	switch role {
	case "":
		return // it is the child of others only
	case "write", "read":
		s, err := Open(context.Background(), path, OpenOptions{ReadOnly: role == "read"})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("ready")
		io.Copy(io.Discard, os.Stdin) // until the test closes it
		s.Close()
	case "forget":
		fmt.Println("ready")
		if err := forgetAtOnce(path); err != nil {
			t.Fatal(err)
		}
	case "import":
		fmt.Println("ready")
		if err := importSlices(path, func(n int) { fmt.Println("committed", n) }); err != nil {
			t.Fatal(err)
		}
	}
	os.Exit(0)
}

func openStore(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(context.Background(), path, OpenOptions{Wait: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStoreIsPrivate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.duckdb")
	s := openStore(t, path)
	if err := s.DefineLog(context.Background(), LogDefinition{Name: "l", CaseType: "c"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.duckdb", "a.duckdb.wal"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s is %o, want 600", name, got)
		}
	}
	s.Close()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("beside the store: %v, %v", left, err)
	}
}

func TestStoreHeldByAnotherProcess(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "a.duckdb")
	openStore(t, path).Close()
	child, in, _ := storeChild(t, "write", path)
	for _, readOnly := range []bool{false, true} {
		_, err := Open(ctx, path, OpenOptions{Wait: -1, ReadOnly: readOnly})
		want := fmt.Sprintf("store %s is open in another process (pid %d); wait, stop it, or use --wait", path, child.Process.Pid)
		if err == nil || err.Error() != want {
			t.Errorf("read-only %v: got %v, want %s", readOnly, err, want)
		}
	}
	cancelled, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := Open(cancelled, path, OpenOptions{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled: got %v", err)
	}
	opened := make(chan error, 1)
	go func() {
		s, err := Open(ctx, path, OpenOptions{})
		if err == nil {
			err = s.Close()
		}
		opened <- err
	}()
	in.Close() // the child ends, and the waiting writer gets in
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

func TestStoreManyReaders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.duckdb")
	openStore(t, path).Close()
	storeChild(t, "read", path)
	s, err := Open(context.Background(), path, OpenOptions{ReadOnly: true, Wait: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.DefineLog(context.Background(), LogDefinition{Name: "l", CaseType: "c"}); err == nil {
		t.Error("a reader wrote")
	}
}

// Two jobs of one process exclude each other like two processes.
func TestStoreTwoWritersOfOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.duckdb")
	s := openStore(t, path)
	if _, err := Open(context.Background(), path, OpenOptions{Wait: -1}); err == nil || !strings.Contains(err.Error(), "another job of this process") {
		t.Errorf("got %v", err)
	}
	s.Close()
	openStore(t, path)
}

func TestStoreUnreadable(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	good := filepath.Join(dir, "good.duckdb")
	s := openStore(t, good)
	if err := s.DefineLog(ctx, LogDefinition{Name: "l", CaseType: "c"}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	bytes, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte(nil), bytes...)
	for i := 4096; i < len(flipped); i++ {
		flipped[i] ^= 0x5a
	}
	other := filepath.Join(dir, "other.duckdb")
	db, err := sql.Open("duckdb", other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE t (a INTEGER)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	for _, c := range []struct {
		name    string
		content []byte
		o       OpenOptions
		is      error
		want    string
	}{
		{"text.duckdb", []byte(strings.Repeat("hello ", 1000)), OpenOptions{}, ErrCorrupt, "is not a DuckDB database"},
		{"empty.duckdb", []byte{}, OpenOptions{}, ErrCorrupt, "is not a DuckDB database"},
		{"flipped.duckdb", flipped, OpenOptions{}, ErrCorrupt, "is damaged"},
		{"cut.duckdb", bytes[:len(bytes)/2], OpenOptions{}, ErrCorrupt, ""},
		{"missing.duckdb", nil, OpenOptions{ReadOnly: true}, ErrNoStore, "does not exist"},
		{"no/such/directory.duckdb", nil, OpenOptions{}, os.ErrNotExist, "no such file or directory"},
		{"other.duckdb", nil, OpenOptions{}, nil, "is a DuckDB database, but not a millrace store"},
		{"100%.duckdb", nil, OpenOptions{}, nil, "rename it"},
	} {
		path := filepath.Join(dir, c.name)
		if c.content != nil {
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Open(ctx, path, c.o)
		if err == nil {
			s.Close()
			t.Errorf("%s: opened", c.name)
			continue
		}
		if c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "store "+path+" ") {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestMigrations(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "a.duckdb")
	s := openStore(t, path)
	all, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	next := append(all, migration{number: len(all) + 1, name: "later", text: "CREATE TABLE later (a INTEGER); INSERT INTO later VALUES (1)"})
	broken := append(next, migration{number: len(all) + 2, name: "broken", text: "CREATE TABLE half (a INTEGER); SELECT no_such_function()"})
	if err := s.migrateTo(ctx, broken); err == nil || !strings.Contains(err.Error(), "migration broken") {
		t.Errorf("broken: got %v", err)
	}
	err = s.session(ctx, func(c *storeConn) error {
		tables, err := c.strings(ctx, "SELECT table_name FROM duckdb_tables() WHERE table_name IN ('later', 'half') ORDER BY 1")
		if err == nil && fmt.Sprint(tables) != "[later]" {
			t.Errorf("after a broken migration there are %v, want the one before it only", tables)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := Open(ctx, path, OpenOptions{}); err == nil || !strings.Contains(err.Error(), "written by a newer millrace") {
		t.Errorf("newer: got %v", err)
	}
}

// What a killed process left is removed; what a living one needs is not.
func TestStageLeftovers(t *testing.T) {
	dir := t.TempDir()
	dead := filepath.Join(dir, stagePrefix+"4711-DEAD")
	if err := os.Mkdir(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dead, "event-0.parquet"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a.duckdb")
	living, err := Stage(context.Background(), path, ImportOptions{Log: "l"}, generated(10, 10), nil)
	if err != nil {
		t.Fatal(err)
	}
	openStore(t, path).Close()
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the dead stage is there: %v", err)
	}
	if _, err := os.Stat(living.dir.path); err != nil {
		t.Errorf("the living stage is not: %v", err)
	}
	if err := living.Discard(); err != nil {
		t.Error(err)
	}
}

// storeTimes are the moments of a load and a migration.
var storeTimes = regexp.MustCompile(`'(started_at|ended_at|applied_at)': '?[^,'}]*'?`)

// dump writes every row of every table, but not when it was written.
func (s *Store) dump(t testing.TB, except ...string) string {
	t.Helper()
	ctx := context.Background()
	var b strings.Builder
	err := s.session(ctx, func(c *storeConn) error {
		tables, err := c.strings(ctx, `SELECT '"' || replace(schema_name, '"', '""') || '"."' || replace(table_name, '"', '""') || '"' FROM duckdb_tables() WHERE NOT internal AND NOT temporary ORDER BY 1`)
		if err != nil {
			return err
		}
		for _, table := range tables {
			skip := false
			for _, e := range except {
				skip = skip || strings.Contains(table, `"`+e+`"`)
			}
			if skip {
				continue
			}
			fmt.Fprintln(&b, "==", table)
			list, err := c.strings(ctx, "SELECT CAST(t AS VARCHAR) FROM "+table+" AS t ORDER BY ALL")
			if err != nil {
				return err
			}
			for _, row := range list {
				fmt.Fprintln(&b, row)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return storeTimes.ReplaceAllString(b.String(), "…")
}
