package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
)

//go:embed sql/sqlserver_tables.sql
var sqlServerTables string

//go:embed sql/sqlserver_columns.sql
var sqlServerColumns string

//go:embed sql/sqlserver_key.sql
var sqlServerKey string

func bracketed(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }

// sqlServer is Microsoft SQL Server and Azure SQL.
var sqlServer = &dialect{
	name: "SQL Server", schemes: []string{"sqlserver"}, port: "1433", named: true,
	example: "sqlserver://reader@erp.example/AX", options: []string{"instance"},
	connector: sqlServerConnector,
	session:   noSession,
	begin:     sqlServerBegin,
	long:      neverLong,
	quote:     bracketed, param: numbered("@p"),
	first: func(query string, rows int64) string {
		return strings.Replace(query, "SELECT ", fmt.Sprintf("SELECT TOP (%d) ", rows), 1)
	},
	rows:   anyRows,
	tables: sqlServerTables, columns: sqlServerColumns, key: sqlServerKey,
	column: sqlServerColumn,
	grant:  grantSelect(bracketed),
	classify: func(err error) meaning {
		var e mssql.Error
		if !errors.As(err, &e) {
			var broken mssql.StreamError
			if errors.As(err, &broken) {
				return transient
			}
			return final
		}
		switch e.Number {
		case 1205, 1222, 3960, // deadlock, lock timeout, snapshot conflict
			701, 802, 8645, 8651, // memory
			233, 10053, 10054, 10060, 10928, 10929, 64, 20, // connection
			4060, 40143, 40197, 40501, 40540, 40613, 49918, 49919, 49920, // Azure: not available, busy
			17142, 6005, 6006, 596, 18401, 18451, 921, 922, 927, 983: // paused, shutdown, killed, starting, in recovery
			return transient
		case 229, 230, 262, 297, 300, 371, 916:
			return noRight
		case 18452, 18456, 18486, 18487, 18488:
			return noLogin
		}
		return final
	},
}

func sqlServerConnector(t *target) (driver.Connector, error) {
	c := msdsn.Config{
		Host: t.host, Instance: t.options.Get("instance"), Database: t.database, User: t.user, Password: t.password,
		Encryption: msdsn.EncryptionDisabled, AppName: "millrace", DialTimeout: connectTimeout, ReadOnlyIntent: true,
		Protocols: []string{"tcp"}, Parameters: map[string]string{},
	}
	if _, err := fmt.Sscan(t.port, &c.Port); err != nil {
		return nil, fmt.Errorf("database: %q is no port", t.port)
	}
	if c.Instance != "" {
		c.Port = 0 // the server's browser says which
	}
	if t.tls != nil {
		c.Encryption, c.TLSConfig, c.HostInCertificateProvided = msdsn.EncryptionRequired, tlsOf(t), true
	}
	return mssql.NewConnectorConfig(c), nil
}

// sqlServerBegin begins a snapshot where the database allows one. Else what is
// read is as it is committed, statement by statement.
func sqlServerBegin(ctx context.Context, c *sql.Conn) (bool, func(context.Context) error, error) {
	var state int
	if err := c.QueryRowContext(ctx, "SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()").Scan(&state); err != nil {
		return false, nil, err
	}
	if state != 1 {
		return false, func(context.Context) error { return nil }, nil
	}
	return beginBy("SET TRANSACTION ISOLATION LEVEL SNAPSHOT", "BEGIN TRANSACTION")(ctx, c)
}

func sqlServerColumn(name string, t catalogType) (column, bool) {
	c := column{name: name, sql: "VARCHAR", text: plain}
	declared := t.name
	timed := func() { // with its digits
		declared = fmt.Sprintf("%s(%d)", t.name, t.scale.Int64)
		c.text, c.key = micros, sameText
	}
	converted := func() { c.compare = "CONVERT(" + declared + ", %s, 121)" }
	switch t.name {
	case "tinyint", "smallint", "int", "bigint":
		c.sql, c.text, c.bind = "BIGINT", nil, bindInteger
	case "bit":
		c.sql, c.text, c.compare = "BOOLEAN", nil, "CAST(%s AS bit)"
	case "decimal", "numeric":
		c.sql, c.text = decimalType(t.precision.Int64, t.scale.Int64), nil
		c.compare = fmt.Sprintf("CAST(%%s AS decimal(%d,%d))", t.precision.Int64, t.scale.Int64)
	case "money", "smallmoney":
		c.sql, c.text, c.compare = "DECIMAL(19,4)", nil, "CAST(%s AS decimal(19,4))"
	case "float":
		c.sql, c.text, c.compare = "DOUBLE", nil, "CAST(%s AS float)"
	case "real":
		c.sql, c.text, c.form, c.compare = "DOUBLE", nil, realForm, "CAST(%s AS real)"
	case "date":
		c.sql, c.text, c.form = "DATE", nil, dateForm
		c.bind = func(text string) (any, error) { return datePart(text), nil }
		converted()
	case "time":
		c.sql, c.form = "TIME", timeForm
		timed()
		converted()
	case "datetime", "smalldatetime":
		c.sql, c.text, c.key, c.form = "TIMESTAMP", micros, sameText, timestampForm
		c.bind = func(text string) (any, error) { return digits(naive(text), 3), nil } // style 121 of these takes no more
		converted()
	case "datetime2":
		c.sql, c.form = "TIMESTAMP", timestampForm
		c.bind = func(text string) (any, error) { return naive(text), nil }
		timed()
		converted()
	case "datetimeoffset":
		c.sql, c.form = "TIMESTAMPTZ", zonedForm
		timed()
		c.bind = func(text string) (any, error) { return naive(text) + "+00:00", nil }
		converted()
	case "char", "nchar", "varchar", "nvarchar":
		// The parameter has the column's type, so that the column's order is
		// that of both sides, and its index is used.
		length := "max"
		if t.length.Int64 > 0 {
			length = fmt.Sprint(t.length.Int64)
		}
		c.unordered, c.empty = length == "max", true
		c.compare = fmt.Sprintf("CAST(%%s AS %s(%s))", t.name, length)
		if t.name == "char" || t.name == "nchar" {
			c.text, c.key = padded, plain
		}
	case "binary", "varbinary", "image", "timestamp", "rowversion", "geography", "geometry":
		c.sql, c.text, c.form, c.bind = "BLOB", nil, bytesForm, bindBytes
	case "hierarchyid":
		c.read, c.unordered = bracketed(name)+".ToString()", true
	case "uniqueidentifier":
		c.read, c.compare = "CONVERT(char(36), "+bracketed(name)+")", "CAST(%s AS uniqueidentifier)"
	case "sql_variant":
		c.read, c.unordered = "CONVERT(nvarchar(4000), "+bracketed(name)+")", true
	case "text", "ntext", "xml":
		c.unordered = true
	default:
		return c, false
	}
	return c, true
}

// digits cuts what is behind the point.
func digits(text string, n int) string {
	whole, fraction, ok := strings.Cut(text, ".")
	if !ok || len(fraction) <= n {
		return text
	}
	return whole + "." + fraction[:n]
}
