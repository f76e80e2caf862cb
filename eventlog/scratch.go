package eventlog

import (
	"context"
	"database/sql"
	"errors"

	"github.com/duckdb/duckdb-go/v2"
)

// A Scratch is a store in memory, to try something on: SQL that users write,
// over rows that are made up. It can read neither files nor the network.
type Scratch struct {
	db   *sql.DB
	conn *sql.Conn
}

// OpenScratch makes a store without rows, runs script on it, and shuts it off.
func OpenScratch(ctx context.Context, script string) (*Scratch, error) {
	c, err := duckdb.NewConnector("?threads=1", storeSession) // made-up rows are few
	if err != nil {
		return nil, err
	}
	s := &Scratch{db: sql.OpenDB(c)}
	s.db.SetMaxOpenConns(1) // a database in memory is that of its connections
	err = (&Store{db: s.db}).migrate(ctx)
	if err == nil {
		s.conn, err = s.db.Conn(ctx)
	}
	if err == nil {
		err = s.Exec(ctx, script+"; SET enable_external_access = false; SET lock_configuration = true")
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Exec runs statements.
func (s *Scratch) Exec(ctx context.Context, text string) error {
	_, err := s.conn.ExecContext(ctx, text)
	return err
}

// Query runs one SELECT.
func (s *Scratch) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return s.conn.QueryContext(ctx, text, args...)
}

// Try runs fn and takes back what it changed.
func (s *Scratch) Try(ctx context.Context, fn func(*Scratch) error) error {
	if err := s.Exec(ctx, "BEGIN TRANSACTION"); err != nil {
		return err
	}
	err := fn(s)
	return errors.Join(err, s.Exec(context.WithoutCancel(ctx), "ROLLBACK"))
}

// Close throws the store away.
func (s *Scratch) Close() error {
	var err error
	if s.conn != nil {
		err = s.conn.Close()
	}
	return errors.Join(err, s.db.Close())
}
