package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	hdb "github.com/SAP/go-hdb/driver"
	"github.com/SAP/go-hdb/driver/dial"
)

//go:embed sql/hana_tables.sql
var hanaTables string

//go:embed sql/hana_columns.sql
var hanaColumns string

//go:embed sql/hana_key.sql
var hanaKey string

// hana is SAP HANA.
var hana = &dialect{
	name: "SAP HANA", schemes: []string{"hana"}, port: "30015", example: "hana://reader@s4.example:30015/S4P",
	connector: hanaConnector,
	session:   noSession,
	begin:     beginTx(driver.TxOptions{Isolation: driver.IsolationLevel(sql.LevelRepeatableRead), ReadOnly: true}),
	long:      neverLong,
	quote:     doubleQuoted, param: questionMark, first: limited, rows: anyRows,
	tables: hanaTables, columns: hanaColumns, key: hanaKey,
	column: hanaColumn,
	grant:  grantFolded,
	classify: func(err error) meaning {
		var e hdb.Error
		if !errors.As(err, &e) {
			return final
		}
		switch e.Code() {
		case 131, 133, 138, 146, // rolled back by lock wait timeout, deadlock or serialization; resource busy
			4, 129, // memory, rolled back by an internal error
			-10807, -10108, -10709, 1038, 1034, 663: // connection down, reconnect, connect failed, session gone, service starting
			return transient
		case 258:
			return noRight
		case 10, 414, 416:
			return noLogin
		case 139, 613:
			return tooLong
		}
		return final
	},
}

// hanaText is a parameter that comes as text. A CAST says so: the driver sends
// a parameter in the type that the server infers for it, and makes no date of
// a text.
const hanaText = "CAST(%s AS NVARCHAR(64))"

func hanaConnector(t *target) (driver.Connector, error) {
	c := hdb.NewBasicAuthConnector(t.addr(), t.user, t.password)
	c.SetApplicationName("millrace")
	c.SetTimeout(t.silence() + time.Second) // of a read; we are to be first
	c.SetDialer(hanaDialer{t})
	c.SetLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
	if t.tls != nil {
		c.SetTLSConfig(tlsOf(t))
	}
	if t.database != "" {
		return c.WithDatabase(t.database), nil
	}
	return c, nil
}

// A hanaDialer connects as the driver would, over a line that can be cut.
type hanaDialer struct{ *target }

func (d hanaDialer) DialContext(ctx context.Context, address string, o dial.DialerOptions) (net.Conn, error) {
	dialer := net.Dialer{Timeout: o.Timeout, KeepAlive: o.TCPKeepAlive}
	return d.line.opened(dialer.DialContext(ctx, "tcp", address))
}

func hanaColumn(name string, t catalogType) (column, bool) {
	c := column{name: name, sql: "VARCHAR", text: plain}
	q := doubleQuoted(name)
	written := func(format string) { c.read = "TO_VARCHAR(" + q + ", '" + format + "')" }
	switch t.name {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT":
		c.sql, c.text, c.bind = "BIGINT", nil, bindInteger
	case "DECIMAL", "FIXED8", "FIXED12", "FIXED16", "SMALLDECIMAL":
		c.sql, c.read, c.compare, c.text = "", "TO_VARCHAR("+q+")", "TO_DECIMAL("+hanaText+")", leadingZero
		if t.length.Valid && t.scale.Valid {
			c.sql = decimalType(t.length.Int64, t.scale.Int64)
			c.compare = fmt.Sprintf("TO_DECIMAL("+strings.ReplaceAll(hanaText, "%", "%%")+", %d, %d)", t.length.Int64, t.scale.Int64)
		}
	case "DOUBLE":
		c.sql, c.text, c.bind = "DOUBLE", nil, bindFloat
	case "REAL":
		c.sql, c.text, c.form, c.unordered = "DOUBLE", nil, realForm, true
	case "BOOLEAN":
		c.sql, c.form, c.text, c.unordered = "BOOLEAN", booleanForm, nil, true
	case "DATE":
		c.sql, c.compare = "DATE", "TO_DATE("+hanaText+", 'YYYY-MM-DD')"
		written("YYYY-MM-DD")
		c.bind = func(text string) (any, error) { return datePart(text), nil }
	case "TIME":
		c.sql, c.compare = "TIME", "TO_TIME("+hanaText+", 'HH24:MI:SS')"
		written("HH24:MI:SS")
	case "SECONDDATE":
		c.sql, c.compare = "TIMESTAMP", "TO_SECONDDATE("+hanaText+", 'YYYY-MM-DD HH24:MI:SS')"
		written("YYYY-MM-DD HH24:MI:SS")
		c.bind = func(text string) (any, error) {
			second, _, _ := strings.Cut(secondOf(text), ".")
			return second, nil
		}
	case "TIMESTAMP", "LONGDATE":
		c.sql, c.compare, c.text, c.key = "TIMESTAMP", "TO_TIMESTAMP("+hanaText+", 'YYYY-MM-DD HH24:MI:SS.FF7')", micros, sameText
		written("YYYY-MM-DD HH24:MI:SS.FF7")
		c.bind = func(text string) (any, error) { return fractionOf(text), nil }
	case "CHAR", "NCHAR":
		c.text, c.key, c.empty = padded, plain, true
	case "VARCHAR", "NVARCHAR", "SHORTTEXT", "ALPHANUM":
		c.empty = true
	case "BINARY", "VARBINARY":
		c.sql, c.text, c.form, c.bind = "BLOB", nil, bytesForm, bindBytes
	case "BLOB", "ST_GEOMETRY", "ST_POINT":
		c.sql, c.text, c.form, c.unordered = "BLOB", nil, lobBytes, true
	case "CLOB", "NCLOB", "TEXT", "BINTEXT":
		c.form, c.unordered = lobText, true
	default:
		return c, false
	}
	return c, true
}
