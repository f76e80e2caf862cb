package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/big"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports/export/sheet"
)

// starSheet is a table of the star schema, read when it is written: of a large
// company it has more rows than should be held at once.
func starSheet(ctx context.Context, s *eventlog.Store, t metrics.StarTable, zone *time.Location) (*sheet.Sheet, error) {
	x := &sheet.Sheet{Name: t.Name, Title: t.Doc}
	text := t.SQL(zone)
	rows, err := s.Query(ctx, "SELECT * FROM (\n"+text+"\n) LIMIT 0")
	if err != nil {
		return nil, err
	}
	types, err := rows.ColumnTypes()
	if err = errors.Join(err, rows.Close()); err != nil {
		return nil, err
	}
	for i, c := range t.Columns {
		column, err := starColumn(c, types[i].DatabaseTypeName(), zone)
		if err != nil {
			return nil, err
		}
		x.Columns = append(x.Columns, column)
	}
	count, err := s.Query(ctx, "SELECT count(*) FROM (\n"+text+"\n)")
	if err != nil {
		return nil, err
	}
	defer count.Close()
	for count.Next() {
		if err := count.Scan(&x.Count); err != nil {
			return nil, err
		}
	}
	x.Stream = func(ctx context.Context) iter.Seq2[[]sheet.Value, error] {
		return func(yield func([]sheet.Value, error) bool) {
			if err := starRows(ctx, s, text, x.Columns, func(row []sheet.Value) bool { return yield(row, nil) }); err != nil {
				yield(nil, err)
			}
		}
	}
	return x, count.Err()
}

// starRows calls fn for every row, until it returns false.
func starRows(ctx context.Context, s *eventlog.Store, text string, columns []sheet.Column, fn func([]sheet.Value) bool) error {
	rows, err := s.Query(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	cells, row := make([]any, len(columns)), make([]sheet.Value, len(columns))
	for rows.Next() {
		for i := range cells {
			cells[i] = &cells[i]
		}
		if err := rows.Scan(cells...); err != nil {
			return err
		}
		for i, c := range cells {
			if row[i], err = starValue(c, columns[i]); err != nil {
				return fmt.Errorf("%s: %w", columns[i].Name, err)
			}
		}
		if !fn(row) {
			return nil
		}
	}
	return rows.Err()
}

// starColumn is a column of the star schema as a workbook has it.
func starColumn(c metrics.StarColumn, kind string, zone *time.Location) (sheet.Column, error) {
	x := sheet.Column{Name: c.Name, Title: strings.ReplaceAll(c.Name, "_", " "), Doc: c.Doc, Zone: zone}
	switch {
	case kind == "VARCHAR" || kind == "BOOLEAN":
		x.Type = sheet.TextType
	case kind == "BIGINT" || kind == "INTEGER" || kind == "HUGEINT":
		x.Type = sheet.IntegerType
	case kind == "DATE":
		x.Type = sheet.DateType
	case kind == "TIMESTAMPTZ" || kind == "TIMESTAMP WITH TIME ZONE":
		x.Type = sheet.TimestampType
	case strings.HasPrefix(kind, "DECIMAL"):
		x.Type, x.Scale = sheet.DecimalType, 4
		if strings.HasSuffix(kind, ",6)") {
			x.Scale = 6
		}
	default:
		return x, fmt.Errorf("%s: no column of a workbook for %s", c.Name, kind)
	}
	return x, nil
}

// starValue is a cell of the database as a workbook has it.
func starValue(cell any, c sheet.Column) (sheet.Value, error) {
	switch x := cell.(type) {
	case nil:
		return sheet.Value{}, nil
	case string:
		return sheet.Text(x), nil
	case bool:
		return sheet.Text(map[bool]string{true: "yes", false: "no"}[x]), nil
	case int64:
		return sheet.Integer(x), nil
	case int32:
		return sheet.Integer(int64(x)), nil
	case *big.Int:
		if !x.IsInt64() {
			return sheet.Value{}, fmt.Errorf("%s has no room in a column of whole numbers", x)
		}
		return sheet.Integer(x.Int64()), nil
	case time.Time:
		if c.Type == sheet.DateType {
			return sheet.Date(x.Year(), x.Month(), x.Day()), nil
		}
		return sheet.Timestamp(x), nil
	case fmt.Stringer: // a DECIMAL
		return starDecimal(x.String(), c.Scale)
	}
	return sheet.Value{}, fmt.Errorf("no value of a workbook for a %T", cell)
}

// starDecimal reads the digits of a decimal.
func starDecimal(text string, scale int) (sheet.Value, error) {
	whole, frac, _ := strings.Cut(text, ".")
	if len(frac) <= scale {
		if n, ok := new(big.Int).SetString(whole+frac+strings.Repeat("0", scale-len(frac)), 10); ok && n.IsInt64() {
			return sheet.Decimal(n.Int64()), nil
		}
	}
	return sheet.Value{}, fmt.Errorf("%s has no room in a column of 18 digits, %d after the point", text, scale)
}
