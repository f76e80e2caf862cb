package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

// A source is a database that is read: one connection, opened when it is
// needed.
type source struct {
	*target
	schema string
	client string // of SAP; "": the only one there is
	db     *sql.DB
	conn   *sql.Conn
	// begun says that what is read is one transaction, which end ends. lost
	// says that the connection broke under it.
	begun, lost bool
	end         func(context.Context) error
	shapes      map[string]*shape
}

// Open understands a configuration. It does not connect yet.
func Open(_ context.Context, c Config) (ingest.Source, error) {
	t, err := newTarget(&c)
	if err != nil {
		return nil, err
	}
	connector, err := t.dialect.connector(t)
	if err != nil {
		return nil, errors.New(t.origin() + ": " + t.redact(err.Error()))
	}
	s := &source{target: t, schema: c.Schema, client: threeDigits(c.SAPClient), db: sql.OpenDB(connector), shapes: map[string]*shape{}}
	s.db.SetMaxIdleConns(-1) // a connection given back is closed
	return s, nil
}

// Origin names the client, too: another one is another source.
func (s *source) Origin() string {
	if s.client != "" {
		return s.origin() + "?sap_client=" + s.client
	}
	return s.origin()
}

// session returns the connection, opened if need be.
func (s *source) session(ctx context.Context) (*sql.Conn, error) {
	if s.conn != nil {
		return s.conn, nil
	}
	if s.lost {
		return nil, &ingest.Transient{Err: errors.New(s.origin() + ": the connection broke, and with it the transaction that kept what is read in one state; begin again")}
	}
	dial, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	defer context.AfterFunc(dial, s.line.cut)()
	c, err := s.db.Conn(dial)
	if err != nil && context.Cause(ctx) == nil && dial.Err() != nil {
		err = fmt.Errorf("%w within %v: %w", errUnreached, connectTimeout, err)
	}
	if err == nil {
		s.conn = c
		err = s.setUp(ctx, c)
	}
	if err != nil {
		return nil, s.fail(ctx, "", err)
	}
	return c, nil
}

func (s *source) setUp(ctx context.Context, c *sql.Conn) error {
	for _, text := range s.dialect.session(s.timeout) {
		if _, err := c.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// drop closes the connection; a transaction on it is gone.
func (s *source) drop() {
	if s.conn == nil {
		return
	}
	s.line.cut()
	s.lost = s.begun
	s.begun, s.end = false, nil
	_ = s.conn.Close() // it is broken or not wanted
	s.conn = nil
}

func (s *source) Begin(ctx context.Context) (bool, error) {
	if s.begun {
		s.drop()
	}
	s.lost = false
	c, err := s.session(ctx)
	if err != nil {
		return false, err
	}
	ctx, w := s.watch(ctx)
	defer w.stop()
	consistent, end, err := s.dialect.begin(ctx, c)
	if err != nil {
		return false, s.fail(ctx, "", err)
	}
	s.begun, s.end = end != nil, end
	return consistent, nil
}

func (s *source) End(ctx context.Context) error {
	s.lost = false
	if !s.begun {
		return nil
	}
	end := s.end
	s.begun, s.end = false, nil
	ctx, w := s.watch(ctx)
	defer w.stop()
	if err := end(ctx); err != nil {
		return s.fail(ctx, "", err)
	}
	return nil
}

func (s *source) Close() error {
	if s.conn != nil && !s.begun {
		late := time.AfterFunc(connectTimeout, s.line.cut)
		_ = s.conn.Close() // says goodbye, over a line that is whole
		late.Stop()
		s.conn = nil
	}
	s.drop()
	return s.db.Close()
}

func (s *source) Count(ctx context.Context, table *eventlog.Table) (int64, error) {
	sh, err := s.shapeOf(ctx, table)
	if err != nil {
		return 0, err
	}
	if sh.Problem != "" {
		return 0, errors.New(s.origin() + ": " + sh.Problem)
	}
	c, err := s.session(ctx)
	if err != nil {
		return 0, err
	}
	ctx, watch := s.watch(ctx)
	defer watch.stop()
	q := question{dialect: s.dialect, table: sh.quoted, columns: []column{{read: "count(*)"}}, client: sh.client, of: s.client}
	text, err := q.statement()
	if err != nil {
		return 0, errors.New(s.origin() + ": " + sh.There + ": " + err.Error())
	}
	var n int64
	if err := c.QueryRowContext(ctx, text.text, text.args...).Scan(&n); err != nil {
		return 0, s.fail(ctx, sh.There, err)
	}
	return n, nil
}

// errUnreached says that a server takes a connection, if at all, and no login.
var errUnreached = errors.New("nobody answers")

// errSilent says that a server did not answer in time.
var errSilent = errors.New("no answer in time")

// A watch cancels a context when a server is silent for longer than its own
// limit allows.
type watch struct {
	timer  *time.Timer
	limit  time.Duration
	cancel context.CancelCauseFunc
	whole  func() bool // leaves the line whole
}

func (s *source) watch(ctx context.Context) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{limit: s.silence(), cancel: cancel}
	w.timer = time.AfterFunc(w.limit, func() { cancel(errSilent) })
	w.whole = context.AfterFunc(ctx, s.line.cut)
	return ctx, w
}

// pause is before what is not the server's time, again after it.
func (w *watch) pause() { w.timer.Stop() }
func (w *watch) again() { w.timer.Reset(w.limit) }

func (w *watch) stop() {
	w.timer.Stop()
	w.whole()
	w.cancel(nil)
}

// shapeOf returns what Describe found, asking if need be.
func (s *source) shapeOf(ctx context.Context, table *eventlog.Table) (*shape, error) {
	if sh := s.shapes[table.Name]; sh != nil {
		return sh, nil
	}
	sh, err := s.describe(ctx, table)
	if err == nil {
		s.shapes[table.Name] = sh
	}
	return sh, err
}

// columnsOf finds columns by the source's names of them, or the system's.
func (sh *shape) columnsOf(table *eventlog.Table, names []string) ([]column, error) {
	var list []column
	for _, name := range names {
		i := sh.find(table, name)
		if i < 0 {
			return nil, fmt.Errorf("%s has no column %q", sh.There, name)
		}
		list = append(list, sh.columns[i])
	}
	return list, nil
}

// find returns the place of a column: by its very name, whatever its case, or
// by another name that the system knows; -1 if it is not there.
func (sh *shape) find(table *eventlog.Table, name string) int {
	if i := slices.IndexFunc(sh.columns, func(c column) bool { return c.name == name }); i >= 0 {
		return i
	}
	if i := slices.IndexFunc(sh.columns, func(c column) bool { return equalFold(c.name, name) }); i >= 0 {
		return i
	}
	return slices.IndexFunc(sh.columns, func(c column) bool {
		for other, own := range table.ColumnAliases {
			if equalFold(other, c.name) && equalFold(own, name) {
				return true
			}
		}
		return false
	})
}
