package sqldb

import (
	"bytes"
	"database/sql/driver"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

//go:embed sql/mysql_tables.sql
var mysqlTables string

//go:embed sql/mysql_columns.sql
var mysqlColumns string

//go:embed sql/mysql_key.sql
var mysqlKey string

func backQuoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// mysqlDialect is MySQL and MariaDB.
var mysqlDialect = &dialect{
	name: "MySQL", schemes: []string{"mysql", "mariadb"}, port: "3306", named: true,
	example: "mysql://reader@erp.example/erpnext", options: []string{"socket"},
	connector: mysqlConnector,
	session: func(timeout time.Duration) []string {
		return []string{
			"SET SESSION sql_mode = '', time_zone = '+00:00'", // no mode: values come as they are stored
			mysqlLimit(timeout),
			"SET SESSION TRANSACTION READ ONLY",
		}
	},
	begin: beginBy("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
	long: func(timeout time.Duration) (before, after string) {
		return mysqlLimit(0), mysqlLimit(timeout)
	},
	quote: backQuoted, param: questionMark, first: limited, rows: rawRows,
	tables: mysqlTables, columns: mysqlColumns, key: mysqlKey,
	column: mysqlColumn,
	grant: func(schema, table, user string) string {
		return fmt.Sprintf("GRANT SELECT ON %s.%s TO %s", backQuoted(schema), backQuoted(table), backQuoted(user))
	},
	classify: func(err error) meaning {
		if errors.Is(err, mysql.ErrInvalidConn) {
			return transient
		}
		var e *mysql.MySQLError
		if !errors.As(err, &e) {
			return final
		}
		switch e.Number {
		case 1040, 1203, // too many connections
			1053, 1077, 1079, // shutdown
			1205, 1213, // lock timeout, deadlock
			1152, 1158, 1159, 1160, 1161, 1184, // connection aborted, packets lost
			1021, 1037, 1041, 1129, 1135, 1226, // out of disk, memory, threads; host blocked; limit of the hour
			1927, 1412, 1020, 3572, // killed, table changed under a snapshot, lock nowait
			2006, 2013: // gone, lost
			return transient
		case 1142, 1143, 1227, 1370:
			return noRight
		case 1044, 1045, 1698, 1820, 1862:
			return noLogin
		case 1969, 3024, 1317:
			return tooLong
		}
		return final
	},
}

// mysqlLimit is how long a statement may take; 0: no limit. MariaDB alone reads
// one comment, MySQL alone the other.
func mysqlLimit(timeout time.Duration) string {
	return fmt.Sprintf("SET SESSION net_write_timeout = 600/*M!, max_statement_time = %d *//*!50708 , max_execution_time = %d */",
		int64(math.Ceil(timeout.Seconds())), timeout.Milliseconds())
}

func mysqlConnector(t *target) (driver.Connector, error) {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.DBName = t.user, t.password, t.database
	c.Net, c.Addr = "tcp", t.addr()
	if t.socket != "" {
		c.Net, c.Addr = "unix", t.socket
	}
	c.TLS = tlsOf(t)
	c.Timeout = connectTimeout
	c.InterpolateParams = true // values come as text, as the server writes them
	c.Collation = "utf8mb4_general_ci"
	c.ConnectionAttributes = "program_name:millrace"
	c.Logger = &mysql.NopLogger{}
	return mysql.NewConnector(c)
}

func mysqlColumn(name string, t catalogType) (column, bool) {
	c := column{name: name, sql: "VARCHAR"}
	kind, unsigned := strings.CutSuffix(t.name, " unsigned")
	switch kind {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "year":
		c.sql, c.bind = "BIGINT", bindInteger
		if kind == "bigint" && unsigned {
			c.sql = "DECIMAL(20,0)"
		}
	case "decimal":
		c.sql = decimalType(t.precision.Int64, t.scale.Int64)
		c.compare = fmt.Sprintf("CAST(%%s AS DECIMAL(%d,%d))", t.precision.Int64, t.scale.Int64)
	case "double":
		c.sql, c.bind = "DOUBLE", bindFloat
	case "float":
		// The server would write six digits only.
		c.sql, c.read, c.unordered = "DOUBLE", backQuoted(name)+" + 0e0", true
		c.text = func(to, v []byte) []byte {
			x, err := strconv.ParseFloat(string(v), 64)
			if err != nil {
				return append(to, v...)
			}
			return appendFloat(to, x, 32)
		}
	case "bit":
		c.sql, c.read, c.bind = "BIGINT", backQuoted(name)+" + 0", bindInteger
		if t.precision.Int64 == 1 {
			c.sql, c.text = "BOOLEAN", func(to, v []byte) []byte { return strconv.AppendBool(to, !bytes.Equal(v, []byte("0"))) }
			c.key = sameText
			c.bind = func(text string) (any, error) { return map[string]int64{"true": 1, "1": 1}[text], nil }
		}
		if t.precision.Int64 == 64 {
			c.sql = "DECIMAL(20,0)"
		}
	case "date":
		c.sql, c.text, c.key, c.none = "DATE", mysqlDate, sameText, "(%s IS NULL OR %s < '0001-01-01')"
		c.bind = func(text string) (any, error) { return datePart(text), nil }
	case "datetime":
		c.sql, c.text, c.key, c.none = "TIMESTAMP", mysqlDate, sameText, "(%s IS NULL OR %s < '0001-01-01')"
		c.bind = func(text string) (any, error) { return naive(text), nil }
	case "timestamp":
		c.sql, c.key, c.none = "TIMESTAMPTZ", sameText, "(%s IS NULL OR %s < '1970-01-01')"
		c.text = func(to, v []byte) []byte {
			start := len(to)
			if to = mysqlDate(to, v); len(to) > start {
				to = append(to, "+00"...)
			}
			return to
		}
		c.bind = func(text string) (any, error) { return naive(text), nil }
	case "time":
		c.sql = "TIME"
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection":
		c.sql, c.text, c.bind = "BLOB", hexText, bindBytes
	case "enum", "set":
		// Their order is that of their declaration, a text's comparison is not.
		c.text, c.unordered = plain, true
	case "json":
		c.text, c.unordered = plain, true
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext":
		c.text, c.empty = plain, true
	default:
		c.text = plain
	}
	return c, true
}

func bindFloat(text string) (any, error) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is no number", text)
	}
	return x, nil
}

// mysqlDate is a date or time; what has no month or day (0000-00-00) is none.
func mysqlDate(to, v []byte) []byte {
	if len(v) < 10 || bytes.Equal(v[5:7], []byte("00")) || bytes.Equal(v[8:10], []byte("00")) {
		return to
	}
	return append(to, v...)
}
