package sqldb

import (
	"fmt"
	"strconv"
	"strings"
)

// A statement is SQL and its parameters.
type statement struct {
	text string
	args []any
}

// A question asks for rows of one table.
type question struct {
	dialect *dialect
	table   string   // quoted
	columns []column // what to read
	client  *column  // whose row it is
	of      string   // the client to read; "": all
	since   string
	latest  []column // of which the latest is compared with since
	keyed   []column // columns of keys
	keys    [][]string
	bucket  string   // SQL that names that of a row
	buckets []string // to read; nil: all
	order   []column // of the pages; none: no order
	after   []string // values of order; nil: from the beginning
	level   int      // how many columns of after are equal: see levels
	rows    int64    // at most; 0: all
}

// levels is how many statements continue behind a row: one where rows can be
// compared, else one for each column of the key. With (a, b, c) = (1, 2, 3)
// they ask for a = 1 AND b = 2 AND c > 3, then a = 1 AND b > 2, then a > 1:
// the same rows in the same order, and each is a range of the key's index,
// which a > 1 OR (a = 1 AND …) is to no server that has no row comparison.
func (q *question) levels() int {
	if q.after == nil || q.dialect.rowComparison {
		return 1
	}
	return len(q.order)
}

// statement writes the SQL.
func (q *question) statement() (statement, error) {
	var s statement
	var b strings.Builder
	bound := func(c *column, text string) (string, error) {
		var v any = text
		if c.bind != nil {
			var err error
			if v, err = c.bind(text); err != nil {
				return "", fmt.Errorf("column %s: %w", c.name, err)
			}
		}
		s.args = append(s.args, v)
		p := q.dialect.param(len(s.args))
		if c.compare != "" {
			p = fmt.Sprintf(c.compare, p)
		}
		return p, nil
	}
	b.WriteString("SELECT ")
	for i, c := range q.columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.read)
		if q.dialect.aliases {
			// Not the column's name: ORDER BY would mean this then.
			fmt.Fprintf(&b, " AS %s", q.dialect.quote("#"+strconv.Itoa(i+1)))
		}
	}
	if len(q.columns) == 0 {
		b.WriteString("1")
	}
	b.WriteString("\nFROM " + q.table)

	var conditions []string
	if q.client != nil && q.of != "" {
		p, err := bound(q.client, q.of)
		if err != nil {
			return s, err
		}
		conditions = append(conditions, q.dialect.quote(q.client.name)+" = "+p)
	}
	if q.since != "" && len(q.latest) > 0 {
		text, err := q.changed(bound)
		if err != nil {
			return s, err
		}
		conditions = append(conditions, text)
	}
	if q.keys != nil {
		text, err := q.oneOf(bound)
		if err != nil {
			return s, err
		}
		conditions = append(conditions, text)
	}
	if q.buckets != nil {
		conditions = append(conditions, q.bucket+" IN ("+strings.Join(q.buckets, ", ")+")")
	}
	if q.after != nil {
		text, err := q.behind(bound)
		if err != nil {
			return s, err
		}
		conditions = append(conditions, text)
	}
	if len(conditions) > 0 {
		b.WriteString("\nWHERE " + strings.Join(conditions, "\n  AND "))
	}
	for i, c := range q.order {
		b.WriteString([]string{"\nORDER BY ", ", "}[min(i, 1)])
		b.WriteString(q.dialect.quote(c.name))
	}
	s.text = b.String()
	if q.rows > 0 {
		s.text = q.dialect.first(s.text, q.rows)
	}
	return s, nil
}

type binder func(*column, string) (string, error)

// changed is true of rows of which a watermark is not earlier, or none there.
func (q *question) changed(bound binder) (string, error) {
	var later, none []string
	for i := range q.latest {
		c := &q.latest[i]
		name := q.dialect.quote(c.name)
		p, err := bound(c, q.since)
		if err != nil {
			return "", err
		}
		later = append(later, name+" >= "+p)
		none = append(none, c.missing(name))
	}
	return "(" + strings.Join(later, " OR ") + " OR " + strings.Join(none, " AND ") + ")", nil
}

// missing is true where a column has no value.
func (c *column) missing(name string) string {
	switch {
	case c.none != "":
		return strings.ReplaceAll(c.none, "%s", name)
	case c.empty:
		return "(" + name + " IS NULL OR " + name + " = '')"
	}
	return name + " IS NULL"
}

// oneOf is true of rows with one of the keys.
func (q *question) oneOf(bound binder) (string, error) {
	var any []string
	for _, key := range q.keys {
		if len(key) != len(q.keyed) {
			return "", fmt.Errorf("a key with %d values, want %d", len(key), len(q.keyed))
		}
		var all []string
		for i := range q.keyed {
			c := &q.keyed[i]
			name := q.dialect.quote(c.name)
			if key[i] == "" {
				all = append(all, c.missing(name))
				continue
			}
			p, err := bound(c, key[i])
			if err != nil {
				return "", err
			}
			all = append(all, name+" = "+p)
		}
		any = append(any, strings.Join(all, " AND "))
	}
	return "(" + strings.Join(any, " OR ") + ")", nil
}

// behind is true of rows behind one.
func (q *question) behind(bound binder) (string, error) {
	if len(q.after) != len(q.order) {
		return "", fmt.Errorf("continues behind a key with %d values, want %d", len(q.after), len(q.order))
	}
	var names, params []string
	n := len(q.order)
	if !q.dialect.rowComparison {
		n -= q.level
	}
	for i := range n {
		c := &q.order[i]
		p, err := bound(c, q.after[i])
		if err != nil {
			return "", err
		}
		names, params = append(names, q.dialect.quote(c.name)), append(params, p)
	}
	if q.dialect.rowComparison && n > 1 {
		return "(" + strings.Join(names, ", ") + ") > (" + strings.Join(params, ", ") + ")", nil
	}
	var list []string
	for i := range n {
		list = append(list, names[i]+[]string{" = ", " > "}[(i+1)/n]+params[i])
	}
	return strings.Join(list, " AND "), nil
}
