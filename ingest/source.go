package ingest

import (
	"context"
	"errors"
	"time"

	"millrace/eventlog"
)

// A Source is where the tables of a system are read from: a database, a
// service that speaks OData or JSON. One goroutine uses it. It changes nothing
// there. No error and no text of a source holds a secret; an error that may
// pass by itself is [Transient].
type Source interface {
	// Origin names the source for people: "postgres://erp.example:5432/tryton".
	Origin() string
	// Describe says what each of the tables looks like there, in their order.
	// An error means that the source cannot be asked at all; what is wrong
	// with one table is that table's Problem.
	Describe(ctx context.Context, tables []eventlog.Table) ([]TableShape, error)
	// Begin makes all that is read until End one state of the source, and says
	// whether it could. It may be called again after a Transient error.
	Begin(ctx context.Context) (consistent bool, err error)
	End(ctx context.Context) error
	// Count returns how many rows a table has, -1 where the source cannot say.
	Count(ctx context.Context, table *eventlog.Table) (int64, error)
	// Buckets sums up the rows of a table where they are, by its Key and the
	// query's Watermark; nothing else of the query counts. ok is false where
	// the source cannot.
	Buckets(ctx context.Context, q Query) (list []eventlog.Bucket, ok bool, err error)
	// Read calls emit with the rows of a table, page by page, and returns the
	// first error of either.
	Read(ctx context.Context, q Query, emit func(Page) error) error
	Close() error
}

// A TableShape is what a table looks like in a source.
type TableShape struct {
	Table   string        // the system's name of it
	There   string        // the source's name of it: schema and table, entity set, path
	Columns []ColumnShape // in the source's order
	Key     []string      // primary key there, if known
	Rows    int64         // estimate; -1: unknown
	// Whole says that rows can be asked for neither by a watermark nor by their
	// key, so that every reading is one of all rows.
	Whole bool
	// Problem is why it cannot be read: it is not there, or which right is
	// missing, and what to do. "" if nothing.
	Problem string
}

// A ColumnShape is a column in a source, and what DuckDB type its values have:
// VARCHAR, BIGINT, DECIMAL(p,s), DOUBLE, BOOLEAN, DATE, TIME, TIMESTAMP,
// TIMESTAMPTZ, BLOB, or "" where the source does not say.
type ColumnShape struct {
	Name string
	SQL  string
}

// A Query asks a source for rows of one table.
type Query struct {
	Table *eventlog.Table
	// Columns are those to read, in this order, as the source calls them.
	Columns []string
	// Since leaves out rows whose every watermark is earlier; of a row without
	// any watermark nobody knows, so it is not left out. "" reads all. It is
	// the text of a watermark, as read.
	Since     string
	Watermark []string // columns; the latest of them says when a row changed
	// Keys asks for the rows with these keys, values of Table.Key, and for no
	// others; nil: all.
	Keys [][]string
	// Buckets asks for the rows in these, as [Source.Buckets] names them; nil:
	// all. Only a source that can sum up is asked.
	Buckets []string
	// After continues behind a page: its After. "" reads from the beginning.
	After string
	// PageRows is how many rows a page has at most; default 20,000.
	PageRows int
	// Limit is how many rows to read at most; 0: all.
	Limit int64
}

// A Page is some rows of a table. Values are texts that DuckDB casts to the
// column's type: 2006-01-02, 2006-01-02 15:04:05.999999 (with +00 where the
// source knows the zone), 1234.50, true, lower-case hex of bytes, JSON of what
// is nested. An empty text is NULL.
type Page struct {
	Rows [][]string // valid until emit returns
	// After is where reading continues behind this page, in the source's own
	// words; "" where it cannot, so that a cut means reading the table again.
	After string
}

// A Transient error may pass by itself: a connection that broke, a server that
// is busy or restarts. Whoever gets it may try again.
type Transient struct {
	Err error
	// Wait is how long the source asks to wait (Retry-After); 0: it does not say.
	Wait time.Duration
}

func (e *Transient) Error() string { return e.Err.Error() }
func (e *Transient) Unwrap() error { return e.Err }

// IsTransient says whether an error may pass by itself, and how long the
// source asks to wait.
func IsTransient(err error) (wait time.Duration, ok bool) {
	var t *Transient
	if errors.As(err, &t) {
		return t.Wait, true
	}
	return 0, false
}
