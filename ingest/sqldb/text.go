package sqldb

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	hdb "github.com/SAP/go-hdb/driver"
)

// appendValue writes what a driver returned as text; false for NULL.
func appendValue(to []byte, v any, f form) ([]byte, bool) {
	switch x := v.(type) {
	case nil:
		return to, false
	case []byte:
		if f == bytesForm || f == lobBytes {
			return hex.AppendEncode(to, x), true
		}
		return append(to, x...), true
	case string:
		return append(to, x...), true
	case int64:
		if f == booleanForm && (x == 0 || x == 1) {
			return strconv.AppendBool(to, x == 1), true
		}
		return strconv.AppendInt(to, x, 10), true
	case float64:
		bits := 64
		if f == realForm {
			bits = 32
		}
		return appendFloat(to, x, bits), true
	case float32:
		return appendFloat(to, float64(x), 32), true
	case bool:
		return strconv.AppendBool(to, x), true
	case time.Time:
		return appendTime(to, x, f), true
	}
	return fmt.Append(to, v), true
}

// appendFloat writes the shortest text that is the same number.
func appendFloat(to []byte, x float64, bits int) []byte {
	format := byte('f')
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e15) {
		format = 'e'
	}
	switch {
	case math.IsInf(x, 1):
		return append(to, "Infinity"...)
	case math.IsInf(x, -1):
		return append(to, "-Infinity"...)
	}
	return strconv.AppendFloat(to, x, format, -1, bits)
}

// appendTime writes a time with all its digits.
func appendTime(to []byte, x time.Time, f form) []byte {
	switch f {
	case dateForm:
		return x.AppendFormat(to, "2006-01-02")
	case timeForm:
		return x.AppendFormat(to, "15:04:05.999999999")
	case zonedForm:
		return append(x.UTC().AppendFormat(to, "2006-01-02 15:04:05.999999999"), "+00"...)
	}
	return x.AppendFormat(to, "2006-01-02 15:04:05.999999999")
}

// anyRows asks through database/sql, and writes values by their types.
func anyRows(ctx context.Context, c *sql.Conn, s statement, columns []column, each func([][]byte) error) error {
	rows, err := c.QueryContext(ctx, s.text, s.args...)
	if err != nil {
		return err
	}
	defer rows.Close() // Err says what there is to say
	n := len(columns)
	got, to, ends, out := make([]any, n), make([]any, n), make([]int, n), make([][]byte, n)
	for i := range got {
		to[i] = &got[i]
		if f := columns[i].form; f == lobText || f == lobBytes {
			to[i] = &lob{to: &got[i], bytes: f == lobBytes}
		}
	}
	var buffer []byte
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		buffer = buffer[:0]
		for i, v := range got {
			var ok bool
			if buffer, ok = appendValue(buffer, v, columns[i].form); !ok {
				ends[i] = -1
				continue
			}
			ends[i] = len(buffer)
		}
		start := 0
		for i, end := range ends {
			out[i] = nil
			if end >= 0 {
				out[i] = buffer[start:end:end]
				start = end
			}
		}
		if err := each(out); err != nil {
			return err
		}
	}
	return rows.Err()
}

// rawRows asks through database/sql for values as the server writes them.
func rawRows(ctx context.Context, c *sql.Conn, s statement, columns []column, each func([][]byte) error) error {
	rows, err := c.QueryContext(ctx, s.text, s.args...)
	if err != nil {
		return err
	}
	defer rows.Close() // Err says what there is to say
	raw, to, out := make([]sql.RawBytes, len(columns)), make([]any, len(columns)), make([][]byte, len(columns))
	for i := range raw {
		to[i] = &raw[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		for i, v := range raw {
			out[i] = v
		}
		if err := each(out); err != nil {
			return err
		}
	}
	return rows.Err()
}

// A lob scans a large object of SAP HANA, and what is none.
type lob struct {
	to    *any
	bytes bool
}

func (l *lob) Scan(v any) error {
	switch x := v.(type) {
	case nil, string:
		*l.to = x
		return nil
	case []byte:
		*l.to = bytes.Clone(x)
		return nil
	}
	if l.bytes {
		var b []byte
		err := hdb.ScanLobBytes(v, &b)
		*l.to = b
		return err
	}
	var s string
	err := hdb.ScanLobString(v, &s)
	*l.to = s
	return err
}

// What column.text may be.

// plain is text of people: always valid UTF-8.
func plain(to, value []byte) []byte {
	if utf8.Valid(value) {
		return append(to, value...)
	}
	return append(to, bytes.ToValidUTF8(value, []byte("\uFFFD"))...)
}

// padded is text that a database fills up with spaces.
func padded(to, value []byte) []byte { return plain(to, bytes.TrimRight(value, " ")) }

// micros is a time with more digits than DuckDB keeps.
func micros(to, value []byte) []byte {
	dot := bytes.IndexByte(value, '.')
	if dot < 0 {
		return append(to, value...)
	}
	end := dot + 1
	for end < len(value) && value[end] >= '0' && value[end] <= '9' {
		end++
	}
	digits := bytes.TrimRight(value[dot:min(end, dot+7)], "0")
	if len(digits) == 1 {
		digits = nil
	}
	return append(append(append(to, value[:dot]...), digits...), value[end:]...)
}

// leadingZero puts the zero before the point that Oracle and SAP HANA may
// leave out.
func leadingZero(to, value []byte) []byte {
	if rest, ok := bytes.CutPrefix(value, []byte("-.")); ok {
		return append(append(to, "-0."...), rest...)
	}
	if len(value) > 0 && value[0] == '.' {
		to = append(to, '0')
	}
	return append(to, value...)
}

func hexText(to, value []byte) []byte { return hex.AppendEncode(to, value) }

func lowerText(to, value []byte) []byte { return append(to, bytes.ToLower(value)...) }

func sameText(to, value []byte) []byte { return append(to, value...) }

// What column.bind may be.

func bindBytes(text string) (any, error) { return hex.DecodeString(text) }

func bindInteger(text string) (any, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is no whole number", text)
	}
	return n, nil
}

// naive is a time in UTC, for what knows no other.
func naive(text string) string { return strings.TrimSuffix(text, "+00") }

// datePart is the date of a date or time.
func datePart(text string) string {
	date, _, _ := strings.Cut(text, " ")
	return date
}
