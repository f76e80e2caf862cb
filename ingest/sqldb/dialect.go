package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// dialects lists the databases that can be read, in the order of help.
var dialects = []*dialect{
	postgres,
	mysqlDialect,
	sqlServer,
	oracle,
	hana,
	sqlite,
}

// A dialect is how one kind of database is asked.
type dialect struct {
	name    string   // for people
	schemes []string // of its URLs; the first is the one we write
	example string   // of its URL
	port    string
	options []string // what may stand behind ? in its URL
	named   bool     // a URL needs the name of a database
	file    bool     // it is a file, not a server

	connector func(*target) (driver.Connector, error)
	// session is run on every new connection.
	session func(timeout time.Duration) []string
	// begin makes what follows on the connection read-only and one state,
	// and says whether it is; end ends that.
	begin func(context.Context, *sql.Conn) (consistent bool, end func(context.Context) error, err error)
	// attempt and retreat stand around what may fail in a transaction where
	// an error would end it; "" where it does not.
	attempt, retreat string
	// long lets the next statement take as long as it wants, and after it
	// what session set holds again. "" where the server has no limit.
	long func(timeout time.Duration) (before, after string)

	quote func(name string) string
	param func(n int) string // placeholder of the n-th parameter, from 1
	// rowComparison says that (a, b) > (x, y) is known, and reads an index.
	rowComparison bool
	// first limits a query to its first rows.
	first func(query string, rows int64) string
	// aliases says that what is read needs names, other than the columns'.
	aliases bool
	// rows asks, and calls each with the values of every row as column.text
	// expects them; they are valid until it returns.
	rows func(ctx context.Context, c *sql.Conn, s statement, columns []column, each func([][]byte) error) error

	// Questions to the catalog. tables has the parameter name and answers
	// schema, name, whether a name without schema means it (its rank, from 1;
	// 0: no), rows or -1. columns and key have the parameters schema and
	// name; columns answers name, type, length, precision, scale; key the
	// columns of the primary key.
	tables, columns, key string
	// column says how to read a column of the catalog; false: not at all.
	column func(name string, c catalogType) (column, bool)
	// grant is what an administrator has to say.
	grant func(schema, table, user string) string
	// classify says what an error of the driver means.
	classify func(error) meaning
}

// A catalogType is a type as a database's catalog has it.
type catalogType struct {
	name                     string
	length, precision, scale sql.NullInt64
}

// A column is how one is read.
type column struct {
	name string
	sql  string // DuckDB type of its text; "" unknown
	read string // SQL that yields its value
	// compare is SQL of what is compared with the column, %s being the
	// placeholder; "": the placeholder.
	compare string
	// text appends the canonical text of a value, not NULL; nil: as it is.
	text func(to, value []byte) []byte
	// key appends a value such that bind makes a parameter of it that equals
	// the column; nil: as text does.
	key func(to, value []byte) []byte
	// bind makes a parameter of a text or key; nil: the string.
	bind func(text string) (any, error)
	// none is SQL that says that there is no value, %s being the column; "":
	// only where it is NULL.
	none string
	// empty says that an empty text is none too.
	empty bool
	form  form
	// unordered: the column cannot be the key of pages.
	unordered bool
}

// A form is what the value of a driver stands for, where its own type does not
// say.
type form int

const (
	asIs form = iota
	dateForm
	timeForm
	timestampForm
	zonedForm
	bytesForm
	realForm // 32 bits
	booleanForm
	lobText
	lobBytes
)

func dialectOf(scheme string) *dialect {
	for _, d := range dialects {
		if slices.Contains(d.schemes, scheme) {
			return d
		}
	}
	return nil
}

func schemes() []string {
	var list []string
	for _, d := range dialects {
		list = append(list, d.schemes...)
	}
	return list
}

// The parts that several dialects share.

func doubleQuoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func questionMark(int) string { return "?" }

func numbered(prefix string) func(int) string {
	return func(n int) string { return prefix + strconv.Itoa(n) }
}

func limited(query string, rows int64) string {
	return query + "\nLIMIT " + strconv.FormatInt(rows, 10)
}

func noSession(time.Duration) []string { return nil }

func neverLong(time.Duration) (before, after string) { return "", "" }

// grantSelect is what most servers understand.
func grantSelect(quote func(string) string) func(schema, table, user string) string {
	return func(schema, table, user string) string {
		return fmt.Sprintf("GRANT SELECT ON %s.%s TO %s", quote(schema), quote(table), quote(user))
	}
}

// grantFolded is for servers that keep a user's name in capitals, unless it
// was quoted when it was made: "reader" would be nobody.
func grantFolded(schema, table, user string) string {
	if !simpleName.MatchString(user) {
		user = doubleQuoted(user)
	}
	return fmt.Sprintf("GRANT SELECT ON %s.%s TO %s", doubleQuoted(schema), doubleQuoted(table), user)
}

var simpleName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// decimalType is DuckDB's type of a decimal; VARCHAR where it has none.
func decimalType(precision, scale int64) string {
	if scale < 0 {
		precision, scale = precision-scale, 0
	}
	precision = max(precision, scale)
	if precision > 38 {
		return "VARCHAR"
	}
	return fmt.Sprintf("DECIMAL(%d,%d)", precision, scale)
}

// beginTx begins by the driver, for those that track it. Not by database/sql:
// that waits for ever when a connection breaks under a transaction of a
// [sql.Conn], which it cannot close before the transaction ends.
func beginTx(o driver.TxOptions, statements ...string) func(context.Context, *sql.Conn) (bool, func(context.Context) error, error) {
	return func(ctx context.Context, c *sql.Conn) (bool, func(context.Context) error, error) {
		var tx driver.Tx
		err := c.Raw(func(connection any) (err error) {
			b, ok := connection.(driver.ConnBeginTx)
			if !ok {
				return fmt.Errorf("the driver's %T begins no transaction", connection)
			}
			tx, err = b.BeginTx(context.WithoutCancel(ctx), o) // it lives longer than ctx may
			return err
		})
		if err != nil {
			return false, nil, err
		}
		end := func(context.Context) error { return c.Raw(func(any) error { return tx.Rollback() }) }
		for _, s := range statements {
			if _, err := c.ExecContext(ctx, s); err != nil {
				_ = end(ctx) // err says why
				return false, nil, err
			}
		}
		return true, end, nil
	}
}

// beginBy begins by statements.
func beginBy(statements ...string) func(context.Context, *sql.Conn) (bool, func(context.Context) error, error) {
	return func(ctx context.Context, c *sql.Conn) (bool, func(context.Context) error, error) {
		for _, s := range statements {
			if _, err := c.ExecContext(ctx, s); err != nil {
				return false, nil, err
			}
		}
		return true, func(ctx context.Context) error {
			_, err := c.ExecContext(ctx, "ROLLBACK")
			return err
		}, nil
	}
}
