package eventlog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/duckdb/duckdb-go/v2"
)

//go:embed sql/*.sql sql/migrations/*.sql
var storeFiles embed.FS

// Quote writes a name as an SQL identifier. Every name in a statement that is
// not a constant goes through it.
func Quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// storeLiteral writes a text where a statement takes no parameter: the list of
// read_parquet, SET, DDL.
func storeLiteral(text string) string {
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// storeText is the text of sql/<name>.sql with its {holes} filled, in pairs of
// hole and text. What is filled in is made by Quote, storeLiteral, or of constants.
func storeText(name string, holes ...string) string {
	text, err := storeFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		panic("millrace: no statement " + name)
	}
	for i := range holes {
		if i%2 == 0 {
			holes[i] = "{" + holes[i] + "}"
		}
	}
	return strings.NewReplacer(holes...).Replace(string(text))
}

// A storeConn is one connection that is thrown away after use, and its
// temporary tables and settings with it.
type storeConn struct{ *sql.Conn }

// session runs fn on a connection of its own.
func (s *Store) session(ctx context.Context, fn func(*storeConn) error) error {
	return storeFault(storeSessionOf(ctx, s.db, fn), filepath.Dir(s.path))
}

func storeSessionOf(ctx context.Context, db *sql.DB, fn func(*storeConn) error) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	// ErrBadConn makes the pool drop the connection: that is what it is for here.
	defer c.Raw(func(any) error { return driver.ErrBadConn })
	return fn(&storeConn{c})
}

// write runs fn in one transaction: all of it happens, or nothing does.
func (s *Store) write(ctx context.Context, fn func(*storeConn) error) error {
	if s.readOnly {
		return fmt.Errorf("store %s is open read-only", s.path)
	}
	return s.session(ctx, func(c *storeConn) error {
		if err := c.exec(ctx, "BEGIN TRANSACTION"); err != nil {
			return err
		}
		if err := fn(c); err != nil {
			// Not ctx: it may be why we are here. If this fails too, dropping
			// the connection rolls back.
			_ = c.exec(context.WithoutCancel(ctx), "ROLLBACK")
			return err
		}
		if err := c.exec(ctx, "COMMIT"); err != nil {
			return err
		}
		// DuckDB creates its log on first use with the umask's mode.
		_ = os.Chmod(s.path+".wal", 0o600)
		return nil
	})
}

func (c *storeConn) exec(ctx context.Context, text string, args ...any) error {
	_, err := c.ExecContext(ctx, text, args...)
	return err
}

// count runs a statement and says how many rows it changed.
func (c *storeConn) count(ctx context.Context, text string, args ...any) (int64, error) {
	r, err := c.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// int runs a query for one number; NULL is 0.
func (c *storeConn) int(ctx context.Context, text string, args ...any) (int64, error) {
	var n sql.NullInt64
	err := c.QueryRowContext(ctx, text, args...).Scan(&n)
	return n.Int64, err
}

// each calls fn for every row of a small result; scan reads the row.
func (c *storeConn) each(ctx context.Context, text string, args []any, fn func(scan func(...any) error) error) error {
	rows, err := c.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// strings reads a result of one text column.
func (c *storeConn) strings(ctx context.Context, text string, args ...any) ([]string, error) {
	var out []string
	err := c.each(ctx, text, args, func(scan func(...any) error) error {
		var v string
		err := scan(&v)
		out = append(out, v)
		return err
	})
	return out, err
}

// arrow calls fn for every batch of a result. The driver holds the whole
// result in memory, so a large table is asked for in ranges.
func (c *storeConn) arrow(ctx context.Context, text string, args []any, fn func(arrow.RecordBatch) error) error {
	return c.Raw(func(dc any) error {
		a, err := duckdb.NewArrowFromConn(dc.(driver.Conn))
		if err != nil {
			return err
		}
		r, err := a.QueryContext(ctx, text, args...)
		if err != nil {
			return err
		}
		defer r.Release()
		for r.Next() {
			if err := fn(r.RecordBatch()); err != nil {
				return err
			}
		}
		return r.Err()
	})
}

// storeTimeLayout is how a time is written where a column must hold text.
const storeTimeLayout = "2006-01-02T15:04:05.000000Z"

func storeTimeOf(us int64) time.Time { return time.UnixMicro(us).UTC() }

// storeCheckName refuses names that cannot be a table's.
func storeCheckName(what, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("a %s needs a name", what)
	case strings.ContainsRune(name, 0) || !utf8.ValidString(name):
		return fmt.Errorf("%s %q: a name is UTF-8 text without NUL", what, name)
	}
	return nil
}

// append adds rows to a temporary table.
func (c *storeConn) append(ctx context.Context, table string, fill func(row func(...driver.Value) error) error) error {
	return c.Raw(func(dc any) error {
		a, err := duckdb.NewAppender(dc.(driver.Conn), "temp", "main", table)
		if err != nil {
			return err
		}
		err = fill(func(values ...driver.Value) error { return a.AppendRow(values...) })
		return errors.Join(err, a.CloseWithCancel(ctx))
	})
}
