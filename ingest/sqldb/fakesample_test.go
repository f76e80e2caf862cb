package sqldb

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// hanaSample has the types of SAP's tables, and some that are rare there.
func hanaSample() *fakeTable {
	at := time.Date(2024, 2, 29, 13, 14, 15, 123456700, time.UTC)
	table := &fakeTable{schema: "ERP", name: "VBAP", key: []string{"MANDT", "VBELN", "POSNR"}, columns: []fakeColumn{
		{"MANDT", "NVARCHAR", 3, -1, -1}, {"VBELN", "NVARCHAR", 10, -1, -1}, {"POSNR", "NVARCHAR", 6, -1, -1}, {"ARKTX", "NVARCHAR", 40, -1, -1},
		{"NETWR", "DECIMAL", 15, -1, 2}, {"KWMENG", "DECIMAL", 15, -1, 3}, {"FLOAT34", "DECIMAL", 34, -1, -1}, {"LPRIO", "INTEGER", 10, -1, 0}, {"ID", "BIGINT", 19, -1, 0},
		{"RATE", "DOUBLE", 15, -1, -1}, {"FLAG", "BOOLEAN", 1, -1, -1}, {"DAY", "DATE", 10, -1, -1}, {"CLOCK", "TIME", 8, -1, -1}, {"SECOND", "SECONDDATE", 19, -1, -1},
		{"CHANGED", "TIMESTAMP", 27, -1, 7}, {"GUID", "VARBINARY", 16, -1, -1}, {"NOTE", "NCLOB", 2147483647, -1, -1}, {"RAW", "BLOB", 2147483647, -1, -1}, {"VECTOR", "REAL_VECTOR", 10, -1, -1}}}
	full := func(doc, item, text, note string) []any {
		return []any{"100", doc, item, text, decimal("-0.50"), decimal("1234567890.125"), decimal("0.00000000000000000000000001"), int64(-2), int64(9007199254740993),
			0.1, true, at.Truncate(24 * time.Hour), at.Truncate(time.Second), at.Truncate(time.Second), at, []byte{0, 0xff}, note, []byte{1, 2}, nil}
	}
	empty := func(doc, item string) []any { return append([]any{"100", doc, item}, make([]any, 16)...) }
	long := strings.Repeat("x", 1023) + "😀" + strings.Repeat("é", 70_000) // more than is sent at once, and in one piece
	table.rows = [][]any{full("0000004711", "000020", "Müller 😀", long), empty("0000004711", "000010"), full("0000004712", "000010", "", ""), empty("0000004713", "000010"),
		full("0000004714", "000010", "o'clock \"x\"", "short")}
	return table
}

// textOf is a value as Read returns it.
func textOf(v any, c fakeColumn) string {
	switch x := v.(type) {
	case nil:
		return ""
	case decimal:
		return string(x)
	case padding:
		return strings.TrimRight(string(x), " ")
	case time.Time:
		layout := "2006-01-02 15:04:05.999999"
		if c.kind == "DATE" && c.length == 10 { // Oracle's has a time
			layout = "2006-01-02"
		} else if c.kind == "TIME" {
			layout = "15:04:05"
		}
		if x = x.UTC(); strings.HasSuffix(c.kind, "WITH TIME ZONE") {
			layout += "-07"
		}
		return x.Format(layout)
	case []byte:
		return hex.EncodeToString(x)
	}
	return fmt.Sprint(v)
}

// textsOf is a table in memory as Read returns it, in the order of its key.
func textsOf(table *fakeTable, columns []string) (texts [][]string) {
	rows := slices.Clone(table.rows)
	slices.SortFunc(rows, func(a, b []any) int {
		for _, name := range table.key {
			i := table.find(name)
			if n, _ := compareFake(a[i], b[i]); n != 0 {
				return n
			}
		}
		return 0
	})
	for _, row := range rows {
		var text []string
		for _, name := range columns {
			i := table.find(name)
			text = append(text, textOf(row[i], table.columns[i]))
		}
		texts = append(texts, text)
	}
	return texts
}

func samplesOf(kind string) []*fakeTable {
	first := hanaSample()
	if kind == "oracle" {
		first = oracleSample()
	}
	copy := func(name, schema string) *fakeTable {
		c := *first
		c.name, c.schema = name, schema
		return &c
	}
	secret, gone, elsewhere := copy("VBAK", "ERP"), copy("LIKP", "ERP"), copy("KNA1", "OTHER")
	secret.secret, gone.gone = true, true
	return []*fakeTable{first, secret, gone, elsewhere}
}

// drawTable has a key of one to three columns.
func drawTable(r *rapid.T, product string) *fakeTable {
	table := &fakeTable{schema: "ERP"}
	kinds := keyKinds(product)
	for i := range rapid.IntRange(1, 3).Draw(r, "columns of the key") {
		c := rapid.SampledFrom(kinds).Draw(r, "type").column
		c.name = "K" + strconv.Itoa(i)
		table.columns, table.key = append(table.columns, c), append(table.key, c.name)
	}
	rows := rapid.SliceOfNDistinct(rapid.Custom(func(r *rapid.T) []any {
		var row []any
		for _, c := range table.columns {
			i := slices.IndexFunc(kinds, func(k keyKind) bool { return k.column.kind == c.kind })
			row = append(row, rapid.SampledFrom(kinds[i].values).Draw(r, c.name))
		}
		return row
	}), 0, 40, func(row []any) string { return fmt.Sprintf("%q", row) }).Draw(r, "rows")
	table.columns = append(table.columns, fakeColumn{"NOTE", kinds[0].column.kind, 20, -1, -1})
	for i, row := range rows {
		table.rows = append(table.rows, append(row, any(fmt.Sprint("note ", i))))
	}
	return table
}

// A keyKind is a type that keys have.
type keyKind struct {
	column fakeColumn
	values []any
}

func keyKinds(product string) []keyKind {
	times := func(cut time.Duration) (list []any) {
		for _, at := range []time.Time{time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2024, 2, 29, 23, 59, 59, 999999900, time.UTC), time.Date(2024, 2, 29, 0, 0, 0, 500, time.UTC), time.Date(9999, 12, 31, 12, 0, 0, 0, time.UTC)} {
			if at = at.Truncate(cut); !slices.Contains(list, any(at)) {
				list = append(list, at)
			}
		}
		return list
	}
	texts := []any{"'", "A", "b", "é", "Z", "10", "9", "0000000001"}
	if product == "oracle" {
		var padded []any
		for _, text := range texts {
			padded = append(padded, padding(fmt.Sprintf("%-10s", text)))
		}
		return []keyKind{
			{fakeColumn{"", "VARCHAR2", 10, -1, -1}, texts},
			{fakeColumn{"", "CHAR", 10, -1, -1}, padded},
			{fakeColumn{"", "NUMBER", 0, 15, 2}, []any{decimal("-10.5"), decimal("-0.5"), decimal("0"), decimal("9"), decimal("10")}},
			{fakeColumn{"", "NUMBER", 0, -1, -1}, []any{decimal("0.00000000000000000000000001"), decimal("100000000000000000000000000")}},
			{fakeColumn{"", "DATE", 0, -1, -1}, times(time.Second)},
			{fakeColumn{"", "TIMESTAMP(6)", 0, -1, 6}, times(time.Microsecond)},
			{fakeColumn{"", "TIMESTAMP(6) WITH TIME ZONE", 0, -1, 6}, times(time.Microsecond)},
			{fakeColumn{"", "RAW", 0, -1, -1}, []any{[]byte{0}, []byte{0, 0xff}, []byte{1}, []byte{0xff}}},
		}
	}
	return []keyKind{
		{fakeColumn{"", "NVARCHAR", 10, -1, -1}, append(texts, "")},
		{fakeColumn{"", "DECIMAL", 15, -1, 2}, []any{decimal("-10.50"), decimal("-0.50"), decimal("0.00"), decimal("9.00"), decimal("10.00")}},
		{fakeColumn{"", "INTEGER", 10, -1, 0}, []any{int64(-2147483648), int64(-1), int64(0), int64(9), int64(10)}},
		{fakeColumn{"", "BIGINT", 19, -1, 0}, []any{int64(-9007199254740993), int64(0), int64(9007199254740993)}},
		{fakeColumn{"", "DATE", 10, -1, -1}, times(24 * time.Hour)},
		{fakeColumn{"", "SECONDDATE", 19, -1, -1}, times(time.Second)},
		{fakeColumn{"", "TIMESTAMP", 27, -1, 7}, times(time.Microsecond)},
		{fakeColumn{"", "VARBINARY", 4, -1, -1}, []any{[]byte{0}, []byte{0, 0xff}, []byte{1}, []byte{0xff}}},
	}
}
