package sqldb

import (
	"context"
	"database/sql/driver"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	goora "github.com/sijms/go-ora/v2"
	"github.com/sijms/go-ora/v2/network"
)

//go:embed sql/oracle_tables.sql
var oracleTables string

//go:embed sql/oracle_columns.sql
var oracleColumns string

//go:embed sql/oracle_key.sql
var oracleKey string

// oracle is Oracle Database.
var oracle = &dialect{
	name: "Oracle", schemes: []string{"oracle"}, port: "1521", named: true,
	example: "oracle://reader@erp.example/ORCLPDB1", options: []string{"sid"},
	connector: oracleConnector,
	session: func(time.Duration) []string {
		return []string{"ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,' NLS_SORT = BINARY NLS_COMP = BINARY TIME_ZONE = '+00:00'" +
			" NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS' NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF9'"}
	},
	// The driver commits what is not in a transaction that it began.
	begin: beginTx(driver.TxOptions{}, "SET TRANSACTION READ ONLY"),
	long:  neverLong,
	quote: doubleQuoted, param: numbered(":"),
	// FETCH FIRST is not known before 12c, and ERP systems are old.
	first: func(query string, rows int64) string {
		return fmt.Sprintf("SELECT * FROM (\n%s\n) WHERE ROWNUM <= %d", query, rows)
	},
	aliases: true,
	rows:    anyRows,
	tables:  oracleTables, columns: oracleColumns, key: oracleKey,
	column:   oracleColumn,
	grant:    grantFolded,
	classify: oracleMeaning,
}

func oracleMeaning(err error) meaning {
	var e *network.OracleError
	if !errors.As(err, &e) {
		return final
	}
	switch e.ErrCode {
	case 18, 20, 54, 60, 8177, 1555, 4021, 30006, // sessions, processes, lock, deadlock, serialization, snapshot too old
		28, 1012, 1033, 1034, 1089, 1090, 1092, 3113, 3114, 3135, 2396, 12537, 12547, 12570, // killed, starting, stopping, lost
		12514, 12516, 12518, 12519, 12520, 12521, 12528, 12541, 12545, 12170, // the listener has no one yet
		4030, 4031, 1652: // memory, space to sort
		return transient
	case 942, 1031, 1720, 4043:
		return noRight
	case 1017, 28000, 28001, 1005, 1045:
		return noLogin
	case 1013:
		return tooLong
	}
	return final
}

func oracleConnector(t *target) (driver.Connector, error) {
	var port int
	if _, err := fmt.Sscan(t.port, &port); err != nil {
		return nil, fmt.Errorf("database: %q is no port", t.port)
	}
	options := map[string]string{"PROGRAM": "millrace", "CONNECTION TIMEOUT": fmt.Sprint(int(connectTimeout.Seconds()))}
	service := t.database
	if sid := t.options.Get("sid"); sid != "" {
		options["SID"], service = sid, ""
	}
	if t.tls != nil {
		options["SSL"], options["SSL VERIFY"] = "TRUE", "TRUE"
	}
	c, ok := goora.NewConnector(goora.BuildUrl(t.host, port, service, t.user, t.password, options)).(*goora.OracleConnector)
	if !ok {
		return nil, errors.New("the driver of Oracle has changed")
	}
	if t.tls != nil {
		c.WithTLSConfig(tlsOf(t))
	}
	c.Dialer(oracleDialer{t})
	return c, nil
}

// An oracleDialer connects over a line that can be cut.
type oracleDialer struct{ *target }

func (d oracleDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d.line.opened((&net.Dialer{Timeout: connectTimeout}).DialContext(ctx, network, address))
}

const (
	oracleSecond = "YYYY-MM-DD HH24:MI:SS"
	oracleNano   = "YYYY-MM-DD HH24:MI:SS.FF9"
)

// oracleColumn lets the server write numbers and times: the driver would make
// floats of some.
func oracleColumn(name string, t catalogType) (column, bool) {
	c := column{name: name, sql: "VARCHAR", text: plain}
	q := doubleQuoted(name)
	kind, _, _ := strings.Cut(t.name, "(")
	switch {
	case kind == "NUMBER" || kind == "FLOAT":
		c.sql = ""
		if t.precision.Valid && t.scale.Valid && kind == "NUMBER" {
			c.sql = decimalType(t.precision.Int64, t.scale.Int64)
		}
		c.read, c.compare, c.text = "TO_CHAR("+q+", 'TM9')", "TO_NUMBER(%s)", leadingZero
	case kind == "BINARY_FLOAT" || kind == "BINARY_DOUBLE":
		c.sql, c.read, c.compare, c.text = "DOUBLE", "TO_CHAR("+q+", 'TM9')", "TO_"+kind+"(%s)", leadingZero
	case kind == "DATE":
		c.sql, c.read = "TIMESTAMP", "TO_CHAR("+q+", '"+oracleSecond+"')"
		c.compare = "TO_DATE(%s, '" + oracleSecond + "')"
		c.bind = func(text string) (any, error) { second, _, _ := strings.Cut(secondOf(text), "."); return second, nil }
	case strings.HasSuffix(t.name, "TIME ZONE"):
		c.sql, c.text, c.key = "TIMESTAMPTZ", micros, sameText
		c.read = "TO_CHAR(SYS_EXTRACT_UTC(" + q + "), '" + oracleNano + "') || '+00'"
		c.compare = "FROM_TZ(TO_TIMESTAMP(%s, '" + oracleNano + "'), '+00:00')"
		c.bind = func(text string) (any, error) { return fractionOf(text), nil }
	case kind == "TIMESTAMP":
		c.sql, c.text, c.key = "TIMESTAMP", micros, sameText
		c.read, c.compare = "TO_CHAR("+q+", '"+oracleNano+"')", "TO_TIMESTAMP(%s, '"+oracleNano+"')"
		c.bind = func(text string) (any, error) { return fractionOf(text), nil }
	case kind == "CHAR" || kind == "NCHAR":
		// Compared with a VARCHAR2, its padding would count.
		c.text, c.key = padded, plain
		c.compare = fmt.Sprintf("CAST(%%s AS %s(%d))", kind, t.length.Int64)
	case kind == "VARCHAR2" || kind == "NVARCHAR2" || kind == "VARCHAR":
	case kind == "RAW":
		c.sql, c.read, c.compare, c.text = "BLOB", "RAWTOHEX("+q+")", "HEXTORAW(%s)", lowerText
	case kind == "BLOB" || kind == "LONG RAW":
		c.sql, c.form, c.text, c.unordered = "BLOB", bytesForm, nil, true
	case kind == "CLOB" || kind == "NCLOB" || kind == "LONG":
		c.unordered = true
	case strings.HasPrefix(kind, "INTERVAL"):
		c.read, c.unordered = "TO_CHAR("+q+")", true
	case kind == "ROWID" || kind == "UROWID":
		c.read, c.unordered = "ROWIDTOCHAR("+q+")", true
	default:
		return c, false // objects, XMLTYPE, BFILE, SDO_GEOMETRY
	}
	return c, true
}

// secondOf completes a date to a time.
func secondOf(text string) string {
	text = naive(text)
	if len(text) == len("2006-01-02") {
		return text + " 00:00:00"
	}
	return text
}

// fractionOf completes a time with its point.
func fractionOf(text string) string {
	if text = secondOf(text); !strings.Contains(text, ".") {
		return text + ".0"
	}
	return text
}
