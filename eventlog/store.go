package eventlog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// ErrCorrupt says that a file which should be a store is none, or is damaged.
var ErrCorrupt = errors.New("not a readable store")

// ErrNoStore says that there is no store at the path, and none may be created.
var ErrNoStore = errors.New("no such store")

// A Store is one DuckDB file: what sources said, merged into an object-centric
// model, and where each row came from.
//
// One process may write it, or many may read it. Open it for a job and close
// it after; nothing else waits longer than that.
type Store struct {
	path     string
	db       *sql.DB
	readOnly bool
	options  OpenOptions
	columns  sync.Mutex // held while columns are built
	inMemory int64      // see logInMemory; 0 is that
	whole    wholeFiles // of columns
	keptOnce sync.Once
	kept     *Kept
}

// OpenOptions say how to open a store. The zero value opens it for writing and
// creates it where it is missing.
type OpenOptions struct {
	// ReadOnly leaves the file as it is. Other readers may have it open too.
	ReadOnly bool
	// Wait is how long to wait for a process that holds the store. The
	// default is 60 s; negative does not wait.
	Wait time.Duration
	// Memory is how much the process may take; the default is half of the
	// machine. DuckDB keeps to its share, and spills beside the store.
	Memory Memory
	// Threads is how many cores DuckDB uses. The default is all, but one for a
	// store that is small until a load brings more, see threads.go.
	Threads int
	// Closed is for SQL that users write: it can read this store and nothing
	// else, neither files nor the network, and cannot change a setting. It
	// implies ReadOnly.
	Closed bool
}

const storeWait = 60 * time.Second

// Open opens the store at path, waiting while another process holds it. A
// writer creates a missing store, brings an old one up to date, and removes
// what killed imports left beside it.
func Open(ctx context.Context, path string, o OpenOptions) (*Store, error) {
	s, err := storeOpen(ctx, path, o)
	if err != nil {
		return nil, fmt.Errorf("store %s %w", path, err)
	}
	return s, nil
}

func storeOpen(ctx context.Context, path string, o OpenOptions) (*Store, error) {
	o.ReadOnly = o.ReadOnly || o.Closed
	if strings.ContainsAny(path, "?%\x00") {
		return nil, errors.New("has a ?, % or NUL in its name, which DuckDB's driver cannot open; rename it")
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := storeCreate(ctx, full, o); err != nil {
		return nil, err
	}
	if err := walMend(ctx, full, o); err != nil {
		return nil, err
	}
	db, err := storeWaitFor(ctx, full, o)
	if err != nil {
		return nil, err
	}
	s := &Store{path: full, db: db, readOnly: o.ReadOnly, options: o}
	if err := s.migrate(ctx); err != nil {
		db.Close()
		return nil, err
	}
	if !o.ReadOnly {
		// Nobody else can be merging now: the lock is ours.
		err := errors.Join(stageClean(filepath.Dir(full)), spillClean(full), keptClean(full))
		if err == nil {
			err = s.finishRewrite(ctx)
		}
		if err != nil {
			s.db.Close()
			return nil, err
		}
	}
	return s, nil
}

// Close gives the file back to other processes.
func (s *Store) Close() error {
	s.kept.save()
	return s.db.Close()
}

// Path is the absolute path of the store's file. Its directory is where stages
// and column files live.
func (s *Store) Path() string { return s.path }

// storeCreate makes an empty store appear at path at once, readable by its
// owner only, unless there is a file already.
func storeCreate(ctx context.Context, path string, o OpenOptions) error {
	_, err := os.Stat(path)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if o.ReadOnly {
		return fmt.Errorf("does not exist; import something first, or check the path: %w", ErrNoStore)
	}
	dir, err := stageDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.remove()
	fresh := filepath.Join(dir.path, "new.duckdb")
	db, err := storeConnect(ctx, fresh, o)
	if err != nil {
		return err
	}
	err = (&Store{path: fresh, db: db}).migrate(ctx)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := os.Chmod(fresh, 0o600); err != nil {
		return err
	}
	// A link, not a rename: two creators at once must not take each other's store away.
	if err := os.Link(fresh, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return stageSyncDir(filepath.Dir(path))
}

// storeBusy says that somebody else holds the file.
type storeBusy struct{ pid int }

func (e storeBusy) Error() string {
	switch e.pid {
	case 0:
		return "is open in another process; wait, stop it, or use --wait"
	case os.Getpid():
		return "is open in another job of this process; wait for it, or use --wait"
	}
	return fmt.Sprintf("is open in another process (pid %d); wait, stop it, or use --wait", e.pid)
}

// storeWaitFor opens the file, again and again while it is held by another process.
func storeWaitFor(ctx context.Context, path string, o OpenOptions) (*sql.DB, error) {
	wait := o.Wait
	if wait == 0 {
		wait = storeWait
	}
	end := time.Now().Add(wait)
	pause := 10 * time.Millisecond
	for {
		before, _ := os.Stat(path)
		db, err := storeConnect(ctx, path, o)
		if after, _ := os.Stat(path); err == nil && before != nil && after != nil && !os.SameFile(before, after) {
			// What was opened may be the file that Rewrite has just replaced.
			if err := db.Close(); err != nil {
				return nil, err
			}
			continue
		}
		var busy storeBusy
		if !errors.As(err, &busy) || time.Now().After(end) {
			return db, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", busy, ctx.Err())
		case <-time.After(min(pause, time.Until(end)+time.Millisecond)):
		}
		pause = min(2*pause, 500*time.Millisecond)
	}
}

// storeWriters numbers the writers of this process: DuckDB shares an instance
// among equal configurations, and refuses a second one that differs.
var storeWriters atomic.Int64

func storeConnect(ctx context.Context, path string, o OpenOptions) (*sql.DB, error) {
	set := url.Values{
		"access_mode":                  {"READ_WRITE"},
		"temp_directory":               {spillDir(path)},
		"autoinstall_known_extensions": {"false"},
		"autoload_known_extensions":    {"false"},
	}
	if o.ReadOnly {
		set.Set("access_mode", "READ_ONLY")
		set.Set("temp_directory", readerSpillDir(path))
	} else {
		set.Set("custom_user_agent", "millrace-"+strconv.FormatInt(storeWriters.Add(1), 10))
	}
	if limit := o.Memory.duckdb(); limit != "" {
		set.Set("memory_limit", limit)
	}
	if n := storeThreads(path, o); n > 0 {
		set.Set("threads", strconv.Itoa(n))
	}
	session := storeSession
	if o.Closed {
		// An instance of its own: the settings act on all of one.
		set.Set("custom_user_agent", "millrace-closed-"+strconv.FormatInt(storeWriters.Add(1), 10))
		session = storeClosedSession
	}
	c, err := duckdb.NewConnector(path+"?"+set.Encode(), session)
	if err != nil {
		return nil, storeOpenError(err)
	}
	db := sql.OpenDB(c)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, storeOpenError(err)
	}
	return db, nil
}

// storeClosedSession shuts an instance off before its first statement; on
// further connections it is shut off already, and their zone the instance's.
func storeClosedSession(c driver.ExecerContext) error {
	if _, err := c.ExecContext(context.Background(), "SET GLOBAL TimeZone = 'UTC'; SET GLOBAL asof_loop_join_threshold = 0; SET GLOBAL enable_external_access = false; SET GLOBAL lock_configuration = true", nil); err != nil &&
		!strings.Contains(err.Error(), "locked") {
		return err
	}
	return nil
}

// storeSession makes a connection one of the store. DuckDB takes tables that a
// transaction has filled for empty, and would let every row meet every row
// where it joins a few by the latest moment before: the mapping of a first load.
func storeSession(c driver.ExecerContext) error {
	_, err := c.ExecContext(context.Background(), "SET TimeZone = 'UTC'; SET asof_loop_join_threshold = 0", nil)
	return err
}

var storePID = regexp.MustCompile(`\(PID (\d+)\)`)

// storeOpenError says what DuckDB's text means for the user.
func storeOpenError(err error) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "Could not set lock on file"):
		busy := storeBusy{}
		if m := storePID.FindStringSubmatch(text); m != nil {
			busy.pid, _ = strconv.Atoi(m[1])
		}
		return busy
	case strings.Contains(text, "different configuration"), strings.Contains(text, "Unique file handle conflict"): // the latter while one is opened or closed
		return storeBusy{pid: os.Getpid()}
	case strings.Contains(text, "not a valid DuckDB database file"):
		return fmt.Errorf("is not a DuckDB database; choose another path: %w", ErrCorrupt)
	case strings.Contains(text, "Corrupt database file"), strings.Contains(text, "Could not read enough bytes"):
		return fmt.Errorf("is damaged (%s); restore a copy, or delete it and ingest again: %w", storeReason(err), ErrCorrupt)
	case strings.Contains(text, "newer version of DuckDB"), strings.Contains(text, "older version of DuckDB"):
		return fmt.Errorf("was written by another version of DuckDB (%s)", storeReason(err))
	}
	return errors.New("cannot be opened: " + storeReason(err))
}

// storeReason is the first line of DuckDB's text without the driver's words
// around it, and without the path that the message starts with already.
func storeReason(err error) string {
	var d *duckdb.Error
	text := err.Error()
	if errors.As(err, &d) {
		text = d.Msg
	}
	text = strings.TrimPrefix(text, "database/sql/driver: could not connect to database: ")
	text, _, _ = strings.Cut(text, "\n")
	for _, kind := range []string{"IO Error: ", "Binder Error: ", "Catalog Error: ", "Conversion Error: ", "Parser Error: ", "Invalid Input Error: "} {
		text = strings.TrimPrefix(text, kind)
	}
	return text
}
