package eventlog

import (
	"context"
	"fmt"
	"strings"
)

// storeSQLType is the DuckDB type that holds an attribute of a batch.
func storeSQLType(t Type) string {
	return [...]string{"VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMPTZ", "JSON"}[t]
}

// storeAsText is the expression for the text that a value of a type has in a
// column that must hold text. It agrees with Column.appendText, but for what
// is not finite: there it agrees with floatText, and a row's identity stays
// what it is in stores that have the row.
func storeAsText(sqlType, value string) string {
	switch sqlType {
	case "VARCHAR":
		return value
	case "DOUBLE":
		return fmt.Sprintf("CASE WHEN %[1]s = trunc(%[1]s) AND abs(%[1]s) < 1e15 THEN CAST(CAST(%[1]s AS BIGINT) AS VARCHAR) "+
			"WHEN isnan(%[1]s) THEN 'NaN' WHEN isinf(%[1]s) THEN if(%[1]s > 0, 'Infinity', '-Infinity') ELSE CAST(%[1]s AS VARCHAR) END", value)
	case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return fmt.Sprintf("strftime(%s AT TIME ZONE 'UTC', '%%Y-%%m-%%dT%%H:%%M:%%S.%%fZ')", value)
	}
	return "CAST(" + value + " AS VARCHAR)"
}

// An attributeTable holds the typed attributes of one type of object, or of
// one source's events: objects."<type>" or events."<source>".
type attributeTable struct {
	owner   string // object or event; also the name of its first column
	typ     string
	name    string // of the table: the type, but for types of object-centric logs that differ in case only
	exists  bool
	columns []attributeColumn
	byName  map[string]int
	byKind  map[string][]int // all columns of a name: see ensureTyped
	taken   map[string]bool  // column names, lower case: DuckDB ignores case
}

// An attributeColumn is where one attribute is.
type attributeColumn struct {
	name, column, sql, unit string
}

func (t *attributeTable) table() string { return t.owner + "s." + Quote(t.name) }

// column finds an attribute's column.
func (t *attributeTable) column(name string) (attributeColumn, bool) {
	i, ok := t.byName[name]
	if !ok {
		return attributeColumn{}, false
	}
	return t.columns[i], true
}

// attributes reads what the store knows of a type's attributes.
func (c *storeConn) attributes(ctx context.Context, owner, typ string) (*attributeTable, error) {
	tables, err := c.attributesOf(ctx, owner, []string{typ})
	if err != nil {
		return nil, err
	}
	return tables[0], nil
}

// attributesOf reads what the store knows of the attributes of several types,
// in their order: in two looks, each of which lists all tables of the store.
func (c *storeConn) attributesOf(ctx context.Context, owner string, types []string) ([]*attributeTable, error) {
	tables, of := make([]*attributeTable, len(types)), map[string]*attributeTable{}
	for i, typ := range types {
		tables[i] = &attributeTable{owner: owner, typ: typ, name: typ, byName: map[string]int{}, byKind: map[string][]int{}, taken: map[string]bool{owner: true}}
		of[typ] = tables[i]
	}
	err := c.each(ctx, storeText("attribute_tables"), []any{owner + "s", types}, func(scan func(...any) error) error {
		var typ, name string
		var said bool
		if err := scan(&typ, &name, &said); err != nil {
			return err
		}
		t := of[typ]
		if said {
			t.name = name
			return nil
		}
		if name != t.name {
			return fmt.Errorf("%q differs from %q, which the store has already, in case only; choose another name", typ, name)
		}
		t.exists = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = c.each(ctx, storeText("attribute_columns"), []any{owner, types}, func(scan func(...any) error) error {
		var typ string
		var a attributeColumn
		if err := scan(&typ, &a.name, &a.column, &a.sql, &a.unit); err != nil {
			return err
		}
		of[typ].keep(a)
		return nil
	})
	return tables, err
}

func (t *attributeTable) keep(a attributeColumn) {
	t.byName[a.name] = len(t.columns)
	t.byKind[a.name] = append(t.byKind[a.name], len(t.columns))
	t.taken[strings.ToLower(a.column)] = true
	t.columns = append(t.columns, a)
}

// place chooses the column of a new attribute: its name where that can be a
// column and no other attribute differs from it in case only.
func (t *attributeTable) place(name string) string {
	base := strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), "\x00", "_")
	if base == "" {
		base = "_"
	}
	column := base
	for n := 2; t.taken[strings.ToLower(column)]; n++ {
		column = fmt.Sprintf("%s_%d", base, n)
	}
	return column
}

// widerType is the type that holds the values of two: whole numbers become
// floats beside floats, as in a Builder; anything else becomes text.
func widerType(a, b string) string {
	switch {
	case a == b:
		return a
	case a == "BIGINT" && b == "DOUBLE", a == "DOUBLE" && b == "BIGINT":
		return "DOUBLE"
	}
	return "VARCHAR"
}

// ensure makes the table have these attributes: creates it, adds columns, and
// widens those that had another type. It says whether it changed any.
func (t *attributeTable) ensure(ctx context.Context, c *storeConn, want []Attribute) (bool, error) {
	var added []attributeColumn
	changed := !t.exists
	for _, a := range want {
		at, known := t.byName[a.Name]
		switch {
		case !known:
			fresh := attributeColumn{name: a.Name, column: t.place(a.Name), sql: a.SQL, unit: a.Unit}
			t.keep(fresh)
			added = append(added, fresh)
		case widerType(t.columns[at].sql, a.SQL) != t.columns[at].sql:
			if err := t.widen(ctx, c, at, widerType(t.columns[at].sql, a.SQL)); err != nil {
				return false, err
			}
			changed = true
		}
	}
	return changed || len(added) > 0, t.enlist(ctx, c, added)
}

// ensureTyped makes the table have these attributes, each in the type it is
// wanted in: one that has values of several types has as many columns.
func (t *attributeTable) ensureTyped(ctx context.Context, c *storeConn, want []Attribute) error {
	var added []attributeColumn
	for _, a := range want {
		if _, known := t.typed(a.Name, a.SQL); !known {
			fresh := attributeColumn{name: a.Name, column: t.place(a.Name), sql: a.SQL}
			t.keep(fresh)
			added = append(added, fresh)
		}
	}
	return t.enlist(ctx, c, added)
}

// typed finds the column of an attribute's values of one type.
func (t *attributeTable) typed(name, sqlType string) (attributeColumn, bool) {
	for _, i := range t.byKind[name] {
		if t.columns[i].sql == sqlType {
			return t.columns[i], true
		}
	}
	return attributeColumn{}, false
}

// enlist adds columns, and keeps in the catalogue what they are.
func (t *attributeTable) enlist(ctx context.Context, c *storeConn, added []attributeColumn) error {
	if err := t.add(ctx, c, added); err != nil || len(added) == 0 {
		return err
	}
	var names, columns, types, units []string
	for _, a := range added {
		names, columns = append(names, a.name), append(columns, a.column)
		types, units = append(types, a.sql), append(units, a.unit)
	}
	return c.exec(ctx, storeText("attribute_insert"), t.owner, t.typ, names, columns, types, units)
}

// add adds columns. Each ALTER copies the list of columns, so many are added
// by copying the table once.
func (t *attributeTable) add(ctx context.Context, c *storeConn, columns []attributeColumn) error {
	const few = 50
	if t.exists && len(columns) <= few {
		for _, a := range columns {
			if err := c.exec(ctx, "ALTER TABLE "+t.table()+" ADD COLUMN "+Quote(a.column)+" "+a.sql); err != nil {
				return err
			}
		}
		return nil
	}
	var list strings.Builder
	for _, a := range columns {
		if t.exists {
			fmt.Fprintf(&list, ", CAST(NULL AS %s) AS %s", a.sql, Quote(a.column))
		} else {
			fmt.Fprintf(&list, ", %s %s", Quote(a.column), a.sql)
		}
	}
	if !t.exists {
		t.exists = true
		return c.exec(ctx, "CREATE TABLE "+t.table()+" ("+t.owner+" BIGINT"+list.String()+")")
	}
	copied := t.owner + "s." + Quote(t.name+" (wider)")
	for _, text := range []string{
		"CREATE TABLE " + copied + " AS SELECT *" + list.String() + " FROM " + t.table(),
		"DROP TABLE " + t.table(),
		"ALTER TABLE " + copied + " RENAME TO " + Quote(t.name),
	} {
		if err := c.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// widen makes a column hold text, or floats.
func (t *attributeTable) widen(ctx context.Context, c *storeConn, at int, sqlType string) error {
	a := &t.columns[at]
	column := Quote(a.column)
	value := column
	if sqlType == "VARCHAR" {
		value = storeAsText(a.sql, column)
	}
	err := c.exec(ctx, "ALTER TABLE "+t.table()+" ALTER COLUMN "+column+" TYPE "+sqlType+" USING "+value)
	if err != nil {
		return err
	}
	a.sql = sqlType
	return c.exec(ctx, storeText("attribute_widen"), t.owner, t.typ, a.name, sqlType)
}
