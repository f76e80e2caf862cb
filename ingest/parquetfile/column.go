package parquetfile

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"millrace/eventlog"
	"millrace/ingest"
)

// A kind is what the values of a column are, as far as it matters here.
type kind int8

const (
	text kind = iota
	integer
	float
	single // float of 32 bits: 0.1 is not to become 0.10000000149
	boolean
	date    // a day of the calendar
	clock   // time without a zone
	instant // time with
	nested
	blob
)

func (k kind) isTime() bool { return k == date || k == clock || k == instant }

// A column is one of the file.
type column struct {
	name    string
	sqlType string
	kind    kind
}

// classify reads the kind off DuckDB's type. Whole numbers that may be too
// large for 64 bits are looked at.
func (c *column) classify(ctx context.Context, f *file) error {
	t := c.sqlType
	switch {
	case strings.HasSuffix(t, "]"), strings.HasPrefix(t, "STRUCT"), strings.HasPrefix(t, "MAP"), strings.HasPrefix(t, "UNION"),
		t == "VARIANT":
		c.kind = nested
		return nil
	case strings.HasPrefix(t, "DECIMAL"):
		c.kind = float
		if strings.HasSuffix(t, ",0)") {
			return c.measure(ctx, f)
		}
		return nil
	}
	switch t {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER":
		c.kind = integer
	case "UBIGINT", "HUGEINT", "UHUGEINT":
		return c.measure(ctx, f)
	case "DOUBLE":
		c.kind = float
	case "FLOAT":
		c.kind = single
	case "BOOLEAN":
		c.kind = boolean
	case "DATE":
		c.kind = date
	case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS":
		c.kind = clock
	case "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS WITH TIME ZONE", "TIMESTAMPTZ_NS":
		c.kind = instant
	case "BLOB":
		c.kind = blob
	}
	return nil
}

// measure makes a column of large whole numbers an integer one if all of them
// fit, else text, which loses nothing.
func (c *column) measure(ctx context.Context, f *file) error {
	c.kind = text
	fits := false
	query := "SELECT coalesce(max(" + quoted(c.name) + ") <= 9223372036854775807 AND min(" + quoted(c.name) + ") >= -9223372036854775807, true) FROM " + source
	if err := f.db.QueryRowContext(ctx, query, f.name()).Scan(&fits); err != nil {
		return err
	}
	if fits {
		c.kind = integer
	}
	return nil
}

// quoted makes an identifier of a name.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// asText is the column as SQL of type VARCHAR.
func (c *column) asText() string {
	switch c.kind {
	case nested:
		return "CAST(to_json(" + quoted(c.name) + ") AS VARCHAR)"
	case blob: // old writers do not say that they mean text
		return "coalesce(try(decode(" + quoted(c.name) + ")), CAST(" + quoted(c.name) + " AS VARCHAR))"
	}
	return "CAST(" + quoted(c.name) + " AS VARCHAR)"
}

// asValue is the column as SQL of type BIGINT, DOUBLE or VARCHAR; times are µs
// since 1970, of UTC or of the clock on the wall.
func (c *column) asValue() string {
	name := quoted(c.name)
	switch c.kind {
	case integer, boolean:
		return "CAST(" + name + " AS BIGINT)"
	case float:
		return "CAST(" + name + " AS DOUBLE)"
	case single:
		return "CAST(CAST(" + name + " AS VARCHAR) AS DOUBLE)"
	case date, clock:
		return "epoch_us(CAST(CASE WHEN isfinite(" + name + ") THEN " + name + " END AS TIMESTAMP))"
	case instant:
		return "epoch_us(CAST(CASE WHEN isfinite(" + name + ") THEN " + name + " END AS TIMESTAMPTZ))"
	}
	return c.asText()
}

// An attribute gathers the values of one column for a batch.
type attribute struct {
	column int
	kind   kind
	ofCase bool
	out    eventlog.Column
	nulls  bool
	texts  ingest.Texts
	format *ingest.TimeFormat // for its zone
}

func newAttribute(index int, c *column, loc *time.Location) *attribute {
	a := &attribute{column: index, kind: c.kind, format: ingest.NewTimeFormat(time.DateTime, loc)}
	a.out.Name, a.ofCase = ingest.CaseAttribute(c.name)
	switch c.kind {
	case integer:
		a.out.Type = eventlog.Int
	case float, single:
		a.out.Type = eventlog.Float
	case boolean:
		a.out.Type = eventlog.Bool
	case date, clock, instant:
		a.out.Type = eventlog.Time
	case nested:
		a.out.Type = eventlog.Nested
	}
	return a
}

func (a *attribute) view() eventlog.Column {
	c := a.out
	if !a.nulls {
		c.Null = nil
	}
	return c
}

// fresh returns the attribute without values, for another goroutine. It takes
// the memory of one that was.
func (a *attribute) fresh(was *attribute) *attribute {
	if was == nil {
		was = &attribute{}
	}
	c := &was.out
	*was = attribute{column: a.column, kind: a.kind, ofCase: a.ofCase, format: a.format.Fresh(), texts: was.texts,
		out: eventlog.Column{Name: a.out.Name, Type: a.out.Type, Text: c.Text[:0], Int: c.Int[:0], Float: c.Float[:0], Null: c.Null[:0]}}
	return was
}

// set puts a value in its place, unless one is there; it returns false if that
// is another.
func (a *attribute) set(at int, col arrow.Array, row int) bool {
	c := &a.out
	null := col.IsNull(row)
	if at == len(c.Null) {
		c.Null = append(c.Null, true)
		switch {
		case c.Type == eventlog.Float:
			c.Float = append(c.Float, 0)
		case c.Type == eventlog.Text || c.Type == eventlog.Nested:
			c.Text = append(c.Text, "")
		default:
			c.Int = append(c.Int, 0)
		}
	}
	if null {
		a.nulls = a.nulls || c.Null[at]
		return true
	}
	was := c.Null[at]
	same := true
	switch col := col.(type) {
	case *array.Int64:
		v := col.Value(row)
		if a.kind.isTime() {
			v = onClock(a.kind, a.format, v)
		}
		same = was || c.Int[at] == v
		if was {
			c.Int[at] = v
		}
	case *array.Float64:
		v := col.Value(row)
		if math.IsNaN(v) || math.IsInf(v, 0) { // what pandas writes for none
			a.nulls = a.nulls || was
			return true
		}
		same = was || c.Float[at] == v
		if was {
			c.Float[at] = v
		}
	default:
		v := col.(interface{ Value(int) string }).Value(row)
		if c.Type == eventlog.Nested {
			v = ingest.CanonicalJSON(v)
		}
		same = was || c.Text[at] == v
		if was {
			c.Text[at] = a.texts.Text([]byte(v))
		}
	}
	c.Null[at] = false
	return same
}
