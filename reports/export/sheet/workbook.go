package sheet

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"regexp"
	"time"

	"millrace/eventlog"
)

// A Workbook is what is written.
type Workbook struct {
	Title       string
	About       []Line // what a reader should know first: period, as of, filter
	Notes       []eventlog.Note
	Sheets      []*Sheet
	Definitions []Definition // become a sheet "definitions"
	Exclusions  []Exclusion  // become a sheet "exclusions"
}

// A Line is one fact about a workbook: "Period", "2026-10".
type Line struct{ Name, Text string }

// A Definition says what a figure is.
type Definition struct{ Name, Title, Unit, Text, SQL string }

// An Exclusion says how many objects a figure leaves out, and why.
type Exclusion struct {
	Of     string // the figure
	Period string
	Reason string
	N      int64
}

// A Sheet is one table: rows of as many values as there are columns.
type Sheet struct {
	Name    string // stable, of a file: lower case with underscores, at most 24 characters
	Title   string
	Notes   []eventlog.Note
	Columns []Column
	Rows    [][]Value
	// Stream yields the rows in place of Rows, where there may be too many to hold
	// at once: Count of them, anew for every file. A row may be reused after it.
	Stream func(context.Context) iter.Seq2[[]Value, error]
	Count  int64
}

// Len is how many rows there are.
func (s *Sheet) Len() int64 {
	if s.Stream != nil {
		return s.Count
	}
	return int64(len(s.Rows))
}

// each yields the rows. Those of a stream are checked here, as nobody has seen
// them before.
func (s *Sheet) each(ctx context.Context) iter.Seq2[[]Value, error] {
	return func(yield func([]Value, error) bool) {
		if s.Stream == nil {
			for i, row := range s.Rows {
				var err error
				if i%10_000 == 0 {
					err = ctx.Err()
				}
				if !yield(row, err) || err != nil {
					return
				}
			}
			return
		}
		n := int64(0)
		for row, err := range s.Stream(ctx) {
			if n++; err == nil {
				err = s.checkRow(n, row)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
		if n != s.Count {
			yield(nil, fmt.Errorf("%d rows came, and %d were said to", n, s.Count))
		}
	}
}

// A Column says what its values are.
type Column struct {
	Name  string // stable, lower case with underscores; a duration's ends in its unit: lead_days
	Title string
	Type  Type
	Unit  string         // of a decimal: EUR, kg; "" is none
	Scale int            // of a decimal: how many digits after the point, 0 to 18
	Zone  *time.Location // of a timestamp; nil is UTC
	Doc   string         // its definition in a sentence
}

// A Type is of all values of a column.
type Type string

// The types there are.
const (
	TextType      Type = "text"
	IntegerType   Type = "integer"
	DecimalType   Type = "decimal" // of 18 digits, in the column's unit
	ShareType     Type = "share"   // 0 to 1
	DaysType      Type = "days"
	HoursType     Type = "hours"
	DateType      Type = "date"
	TimestampType Type = "timestamp" // a moment, in microseconds
	LinkType      Type = "link"
)

var names = regexp.MustCompile(`^[a-z][a-z0-9_]{0,59}$`)

// All returns the workbook's sheets, with those of its definitions and
// exclusions where it has any.
func (b *Workbook) All() []*Sheet {
	all := b.Sheets[:len(b.Sheets):len(b.Sheets)]
	if len(b.Definitions) > 0 {
		s := &Sheet{Name: "definitions", Title: "What the figures are", Columns: []Column{
			{Name: "name", Title: "Name", Type: TextType}, {Name: "title", Title: "Title", Type: TextType}, {Name: "unit", Title: "Unit", Type: TextType},
			{Name: "definition", Title: "Definition", Type: TextType}, {Name: "sql", Title: "SQL", Type: TextType},
		}}
		for _, d := range b.Definitions {
			s.Rows = append(s.Rows, []Value{Text(d.Name), Text(d.Title), Text(d.Unit), Text(d.Text), Text(d.SQL)})
		}
		all = append(all, s)
	}
	if len(b.Exclusions) > 0 {
		s := &Sheet{Name: "exclusions", Title: "What the figures leave out", Columns: []Column{
			{Name: "figure", Title: "Figure", Type: TextType}, {Name: "period", Title: "Period", Type: TextType},
			{Name: "reason", Title: "Reason", Type: TextType}, {Name: "n", Title: "Left out", Type: IntegerType},
		}}
		for _, e := range b.Exclusions {
			s.Rows = append(s.Rows, []Value{Text(e.Of), Text(e.Period), Text(e.Reason), Integer(e.N)})
		}
		all = append(all, s)
	}
	return all
}

// Check says what a workbook has that formats cannot hold: names that are used
// twice or are none, values of another type than their column, addresses that
// a program would run.
func (b *Workbook) Check() error {
	all := b.All()
	if len(all) == 0 {
		return fmt.Errorf("workbook %q: has no sheets", b.Title)
	}
	seen := map[string]bool{}
	for _, s := range all {
		switch {
		case !names.MatchString(s.Name) || len(s.Name) > 24:
			return fmt.Errorf("sheet %q: a name is at most 24 lower case letters, digits and underscores", s.Name)
		case s.Name == "about" || s.Name == "history":
			return fmt.Errorf("sheet %q: the name is taken by XLSX", s.Name)
		case seen[s.Name]:
			return fmt.Errorf("sheet %q: there are two of that name", s.Name)
		}
		seen[s.Name] = true
		if err := s.check(); err != nil {
			return fmt.Errorf("sheet %s: %w", s.Name, err)
		}
	}
	return nil
}

func (s *Sheet) check() error {
	if len(s.Columns) == 0 {
		return fmt.Errorf("has no columns")
	}
	seen := map[string]bool{}
	for _, c := range s.Columns {
		if !names.MatchString(c.Name) {
			return fmt.Errorf("column %q: a name is at most 60 lower case letters, digits and underscores", c.Name)
		}
		switch c.Type {
		case TextType, IntegerType, DecimalType, ShareType, DaysType, HoursType, DateType, TimestampType, LinkType:
		default:
			return fmt.Errorf("column %s: type %q is none", c.Name, c.Type)
		}
		if zone := c.zone(); zone != "" {
			if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
				return fmt.Errorf("column %s: %q is no IANA time zone such as Europe/Berlin", c.Name, zone)
			}
		}
		if c.Scale < 0 || c.Scale > 18 || c.Scale > 0 && c.Type != DecimalType {
			return fmt.Errorf("column %s: scale %d: a decimal has 0 to 18 digits after the point, and no other type has any", c.Name, c.Scale)
		}
	}
	for _, f := range s.fields() {
		if seen[f.name] {
			return fmt.Errorf("column %s: there are two of that name", f.name)
		}
		seen[f.name] = true
	}
	for i, row := range s.Rows {
		if err := s.checkRow(int64(i+1), row); err != nil {
			return err
		}
	}
	return nil
}

// checkRow is check of the n-th row.
func (s *Sheet) checkRow(n int64, row []Value) error {
	if len(row) != len(s.Columns) {
		return fmt.Errorf("row %d: has %d values for %d columns", n, len(row), len(s.Columns))
	}
	for j, v := range row {
		if err := v.check(s.Columns[j]); err != nil {
			return fmt.Errorf("row %d, column %s: %w", n, s.Columns[j].Name, err)
		}
	}
	return nil
}

func (v Value) check(c Column) error {
	switch {
	case v.kind == "":
		return nil
	case v.kind != c.Type:
		return fmt.Errorf("a value of type %s in a column of type %s", v.kind, c.Type)
	case v.kind == DecimalType && (v.n <= -maxDecimal || v.n >= maxDecimal):
		return fmt.Errorf("%s has more than 18 digits", v.decimal(c.Scale))
	case v.kind == DateType && (v.n < firstDay || v.n > lastDay), v.kind == TimestampType && (v.n < firstDay*microDay || v.n >= (lastDay+1)*microDay):
		return fmt.Errorf("a time outside of the years 1 to 9999")
	case v.kind == LinkType && v.url != "":
		u, err := url.Parse(v.url)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "mailto" {
			return fmt.Errorf("a link is https://…, http://… or mailto:…")
		}
	}
	return nil
}

// A field is a column as flat formats have it.
type field struct {
	name   string
	column int
	url    bool // the addresses of a column of links
}

func (s *Sheet) fields() []field {
	var list []field
	for i, c := range s.Columns {
		list = append(list, field{c.Name, i, false})
		if c.Type == LinkType {
			list = append(list, field{c.Name + "_url", i, true})
		}
	}
	return list
}

// flat is the value of a field: that of its column, or the address of a link.
func (f field) flat(row []Value) Value {
	v := row[f.column]
	if v.kind != LinkType {
		return v
	}
	if f.url && v.url == "" {
		return Value{}
	}
	if f.url {
		return Value{kind: TextType, s: v.url}
	}
	return Value{kind: TextType, s: v.s}
}

// Flat returns the sheet as a database takes it: columns, those of links as two
// of text, and rows of string, int64, float64 and [time.Time]; a decimal is a
// string of its digits, no value is nil.
func (s *Sheet) Flat(ctx context.Context) ([]Column, iter.Seq2[[]any, error]) {
	fields := s.fields()
	columns := make([]Column, len(fields))
	for i, f := range fields {
		columns[i] = s.Columns[f.column]
		columns[i].Name = f.name
		if columns[i].Type == LinkType {
			columns[i].Type = TextType
		}
	}
	return columns, func(yield func([]any, error) bool) {
		for row, err := range s.each(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			values := make([]any, len(fields))
			for j, f := range fields {
				values[j] = f.flat(row).plain(columns[j])
			}
			if !yield(values, nil) {
				return
			}
		}
	}
}
