package sqldb

import (
	"bytes"
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

//go:embed sql/postgres_tables.sql
var postgresTables string

//go:embed sql/postgres_columns.sql
var postgresColumns string

//go:embed sql/postgres_key.sql
var postgresKey string

// postgres is PostgreSQL, and what speaks its language.
var postgres = &dialect{
	name: "PostgreSQL", schemes: []string{"postgres", "postgresql"}, port: "5432", named: true,
	example: "postgres://reader@erp.example/tryton", options: []string{"host"},
	connector: postgresConnector,
	session: func(timeout time.Duration) []string {
		return []string{
			"SET client_encoding = 'UTF8'", "SET standard_conforming_strings = on", "SET DateStyle = 'ISO, YMD'", "SET IntervalStyle = 'postgres'",
			"SET TimeZone = 'UTC'", "SET bytea_output = 'hex'", "SET extra_float_digits = 3", "SET default_transaction_read_only = on",
			fmt.Sprintf("SET statement_timeout = %d", timeout.Milliseconds()),
		}
	},
	begin:   beginBy("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
	attempt: "SAVEPOINT attempt", retreat: "ROLLBACK TO SAVEPOINT attempt",
	long: func(timeout time.Duration) (before, after string) {
		return "SET statement_timeout = 0", fmt.Sprintf("SET statement_timeout = %d", timeout.Milliseconds())
	},
	bucketValue: postgresBucketValue, fence: "OFFSET 0",
	quote: doubleQuoted, param: numbered("$"), rowComparison: true, first: limited, rows: postgresRows,
	tables: postgresTables, columns: postgresColumns, key: postgresKey,
	column: postgresColumn,
	grant: func(schema, table, user string) string {
		s := doubleQuoted(schema)
		return fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s; GRANT SELECT ON %s.%s TO %s", s, doubleQuoted(user), s, doubleQuoted(table), doubleQuoted(user))
	},
	classify: func(err error) meaning {
		var e *pgconn.PgError
		if !errors.As(err, &e) {
			return final
		}
		switch {
		case e.Code == "57014" && strings.Contains(e.Message, "timeout"): // of lock_timeout it is 55P03
			return tooLong
		case oneOf(e.Code,
			"08%",                     // connection
			"40001", "40P01", "40003", // serialization, deadlock, unknown completion
			"53%",            // out of memory, disk, connections
			"55P03", "55006", // lock timeout, object in use
			"57P01", "57P02", "57P03", "57P05", // shutdown, crash, starting, idle
			"25P02", "25P03", "72000", // transaction failed before, idle in transaction, snapshot too old
			"58%"): // system errors
			return transient
		case oneOf(e.Code, "42501"):
			return noRight
		case oneOf(e.Code, "28%"):
			return noLogin
		}
		return final
	},
}

func postgresConnector(t *target) (driver.Connector, error) {
	// Everything that the environment or a service file could say is said.
	c, err := pgx.ParseConfig("host=localhost port=5432 user=reader dbname=postgres sslmode=disable password=none target_session_attrs=any")
	if err != nil {
		return nil, err
	}
	var port uint16
	if _, err := fmt.Sscan(t.port, &port); err != nil {
		return nil, fmt.Errorf("database: %q is no port", t.port)
	}
	c.Host, c.Port, c.User, c.Password, c.Database = t.host, port, t.user, t.password, t.database
	if t.socket != "" {
		c.Host = t.socket
	}
	c.Fallbacks, c.TLSConfig = nil, t.tls
	c.RuntimeParams = map[string]string{"application_name": "millrace"}
	c.ConnectTimeout = connectTimeout
	// No statement is kept prepared: a pool between us and the server may
	// not know them.
	c.DefaultQueryExecMode = pgx.QueryExecModeExec
	return stdlib.GetConnector(*c), nil
}

// postgresRows asks for values as the server writes them.
func postgresRows(ctx context.Context, c *sql.Conn, s statement, columns []column, each func([][]byte) error) error {
	params := make([][]byte, len(s.args))
	for i, a := range s.args {
		params[i] = []byte(a.(string)) // no column of ours binds anything else
	}
	return c.Raw(func(driverConn any) error {
		p := driverConn.(*stdlib.Conn).Conn().PgConn()
		result := p.ExecParams(ctx, s.text, params, nil, nil, nil)
		for result.NextRow() {
			if err := each(result.Values()); err != nil {
				_, _ = result.Close() // err says why
				return err
			}
		}
		_, err := result.Close()
		return err
	})
}

// postgresBucketValue knows the types that keys and watermarks have. A moment
// out of the range is -2, see eventlog.
func postgresBucketValue(c *column) string {
	name := doubleQuoted(c.name)
	within := "CASE WHEN " + name + " IS NULL THEN -1 WHEN " + name + " BETWEEN '0001-01-01' AND '9999-12-31' THEN %s ELSE -2 END"
	switch {
	case c.read != name:
	case c.sql == "BIGINT":
		return "coalesce(" + name + "::bigint, -1)"
	case c.sql == "VARCHAR" && c.empty && c.key == nil:
		return "('x' || substr(md5(coalesce(" + name + "::text, '')), 1, 15))::bit(60)::bigint"
	case c.sql == "DATE":
		return fmt.Sprintf(within, "("+name+" - date '2000-01-01')::bigint")
	case c.sql == "TIMESTAMP", c.sql == "TIMESTAMPTZ": // a double is exact here; extract would be numeric, and slow
		return fmt.Sprintf(within, "(date_part('epoch', "+name+") * 1000000::double precision)::bigint")
	}
	return ""
}

func postgresColumn(name string, t catalogType) (column, bool) {
	c := column{name: name, sql: "VARCHAR"}
	as := func(sql string) string { return doubleQuoted(name) + "::" + sql }
	switch t.name {
	case "int2", "int4", "int8", "oid":
		c.sql = "BIGINT"
	case "numeric":
		c.sql = ""
		if mod := t.length.Int64 - 4; mod >= 0 {
			scale := mod & 0x7ff
			if scale > 1000 {
				scale -= 0x800
			}
			c.sql = decimalType(mod>>16&0xffff, scale)
		}
	case "money":
		c.sql, c.read, c.compare = "DECIMAL(22,3)", as("numeric"), "%s::numeric::money"
	case "float4", "float8":
		c.sql = "DOUBLE"
	case "bool":
		c.sql, c.text = "BOOLEAN", func(to, v []byte) []byte {
			if v[0] == 't' {
				return append(to, "true"...)
			}
			return append(to, "false"...)
		}
	case "date":
		c.sql, c.text, c.bind = "DATE", eraText, func(text string) (any, error) { return eraParam(datePartOfEra(text)), nil }
	case "time":
		c.sql = "TIME"
	case "timestamp":
		c.sql, c.text, c.bind = "TIMESTAMP", eraText, func(text string) (any, error) { return eraParam(text), nil }
	case "timestamptz":
		c.sql, c.text, c.bind = "TIMESTAMPTZ", eraText, func(text string) (any, error) { return eraParam(text), nil }
	case "bytea":
		c.sql, c.text, c.bind = "BLOB", func(to, v []byte) []byte { return append(to, bytes.TrimPrefix(v, []byte(`\x`))...) },
			func(text string) (any, error) { return `\x` + text, nil }
	case "bpchar":
		c.text, c.key, c.empty = padded, plain, true
	case "text", "varchar", "name", "citext":
		c.text, c.empty = plain, true
	case "array", "composite":
		c.read, c.unordered = fmt.Sprintf("to_json(%s)", doubleQuoted(name)), true
	case "json", "jsonb", "xml":
		c.text, c.unordered = plain, true
	default:
		c.text = plain
	}
	return c, true
}

// eraText writes a date before Christ as DuckDB reads it: the server puts BC
// at the end of a time, DuckDB wants (BC) behind the date.
func eraText(to, v []byte) []byte {
	before, ok := bytes.CutSuffix(v, []byte(" BC"))
	if !ok {
		return append(to, v...)
	}
	date, time, has := bytes.Cut(before, []byte(" "))
	to = append(append(to, date...), " (BC)"...)
	if has {
		to = append(append(to, ' '), time...)
	}
	return to
}

func eraParam(text string) string {
	if date, time, ok := strings.Cut(text, " (BC)"); ok {
		return date + time + " BC"
	}
	return text
}

// datePartOfEra is the date of a date or time, with its (BC).
func datePartOfEra(text string) string {
	if date, _, ok := strings.Cut(text, " (BC)"); ok {
		return date + " (BC)"
	}
	return datePart(text)
}

// tlsOf is a copy of how to talk to a host, for drivers that keep it.
func tlsOf(t *target) *tls.Config {
	if t.tls == nil {
		return nil
	}
	return t.tls.Clone()
}
