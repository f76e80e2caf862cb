package sqldb

import (
	"context"
	"database/sql/driver"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	modernc "modernc.org/sqlite"
)

//go:embed sql/sqlite_tables.sql
var sqliteTables string

//go:embed sql/sqlite_columns.sql
var sqliteColumns string

//go:embed sql/sqlite_key.sql
var sqliteKey string

// sqlite is a file of SQLite.
var sqlite = &dialect{
	name: "SQLite", schemes: []string{"sqlite"}, file: true, example: "sqlite:data/shop.db",
	connector: func(t *target) (driver.Connector, error) { return &sqliteFile{t.database}, nil },
	session:   noSession,
	begin:     beginBy("BEGIN"),
	long:      neverLong,
	quote:     doubleQuoted, param: questionMark, rowComparison: true, first: limited, rows: anyRows,
	tables: sqliteTables, columns: sqliteColumns, key: sqliteKey,
	column: sqliteColumn,
	grant:  func(string, string, string) string { return "let the file be read" },
	classify: func(err error) meaning {
		var e *modernc.Error
		if !errors.As(err, &e) {
			return final
		}
		switch e.Code() & 0xff {
		case 5, 6: // busy, locked
			return transient
		}
		return final
	},
}

// A sqliteFile opens a file for reading.
type sqliteFile struct{ path string }

func (f *sqliteFile) Driver() driver.Driver { return &modernc.Driver{} }

func (f *sqliteFile) Connect(context.Context) (driver.Conn, error) {
	if _, err := os.Stat(f.path); err != nil {
		return nil, err
	}
	u := url.URL{Scheme: "file", Opaque: strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(f.path),
		RawQuery: "mode=ro&_pragma=busy_timeout(5000)&_pragma=query_only(1)"}
	return (&modernc.Driver{}).Open(u.String())
}

var decimalOf = regexp.MustCompile(`^(?:DECIMAL|NUMERIC)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)$`)

// sqliteColumn reads a type as declared; a value may be of any other. Of the
// rules of affinity (sqlite.org/datatype3.html, 3.1) follows what compares
// with a parameter as the column's own values do.
func sqliteColumn(name string, t catalogType) (column, bool) {
	c := column{name: name}
	declared := strings.ToUpper(strings.TrimSpace(t.name))
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(declared, p) {
				return true
			}
		}
		return false
	}
	number := func(text string) (any, error) {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n, nil
		}
		if x, err := strconv.ParseFloat(text, 64); err == nil {
			return x, nil
		}
		return text, nil
	}
	switch {
	case has("INT"):
		c.sql, c.bind = "BIGINT", number
	case has("CHAR", "CLOB", "TEXT"):
		c.sql, c.text, c.empty = "VARCHAR", plain, true
	case declared == "" || has("BLOB"):
		c.form, c.unordered = bytesForm, true
		if declared != "" {
			c.sql, c.bind = "BLOB", bindBytes
		}
	case has("REAL", "FLOA", "DOUB"):
		c.sql, c.bind = "DOUBLE", number
	default: // numeric affinity, which is what dates have too
		c.bind = number
		// +column is no column, so that the driver leaves its text alone.
		c.read = "+" + doubleQuoted(name)
		switch {
		case strings.HasPrefix(declared, "BOOL"):
			c.sql, c.form = "BOOLEAN", booleanForm
			c.bind = func(text string) (any, error) {
				if n, ok := map[string]int64{"true": 1, "false": 0}[text]; ok {
					return n, nil
				}
				return number(text)
			}
		case declared == "DATE":
			c.sql = "DATE"
		case declared == "TIME":
			c.sql = "TIME"
		case strings.HasPrefix(declared, "DATETIME"), strings.HasPrefix(declared, "TIMESTAMP"):
			c.sql, c.text, c.key = "TIMESTAMP", sqliteTime, sameText
		default:
			if m := decimalOf.FindStringSubmatch(declared); m != nil {
				var p, s int64
				if _, err := fmt.Sscan(m[1], &p); err == nil {
					_, _ = fmt.Sscan(m[2], &s) // none: 0
					c.sql = decimalType(p, s)
				}
			}
		}
	}
	return c, true
}

// sqliteTime is a time as a program wrote it; one with an offset, in UTC.
func sqliteTime(to, v []byte) []byte {
	for _, layout := range []string{"2006-01-02 15:04:05.999999999Z07:00", time.RFC3339Nano} {
		if x, err := time.Parse(layout, string(v)); err == nil {
			return micros(to, appendTime(nil, x, zonedForm))
		}
	}
	return append(to, v...)
}
