// Package preset reads what a system's tables.yaml declares of its tables. It
// does not know any system, nor where tables are read from.
package preset

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
)

// A table is one entry of a tables.yaml.
type table struct {
	Name     string
	Doc      string
	Key      []string
	Optional bool     // the mapping does without, and says what is lost
	Required []string // columns it cannot do without besides the key; none: Key alone, unless strict
	Columns  yaml.MapSlice
	Never    []string // left out where an extract has them
	// Watermark: columns whose latest value says when a row was changed.
	Watermark []string
	Swept     []string          // columns that may change where no watermark does
	Offered   string            // the service that gives it to others
	Right     string            // what it takes to read it
	Personal  []string          // columns with names of users
	Subject   string            // User or Customer: what each row is about
	Customer  []string          // columns that refer to a customer
	Belongs   []string          // those of Customer that say whose row it is
	Texts     []string          // columns of free text that may name one
	Beside    []string          // columns that are about whom Texts name
	Aliases   []string          // other names of the table
	Also      map[string]string // other name of a column → its name here
}

// Tables reads a tables.yaml: "tables:" and a list, an unknown key being an
// error with its line. Columns are DuckDB type → names. "client:" lists what
// the column of every table may be called that says whose row it is.
func Tables(text []byte) ([]eventlog.Table, error) {
	var f struct {
		Client []string
		Tables []table
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict(), yaml.UseOrderedMap()).Decode(&f); err != nil {
		return nil, fmt.Errorf("tables.yaml: %w", err)
	}
	var list []eventlog.Table
	for _, t := range f.Tables {
		columns, err := t.columns()
		if err != nil {
			return nil, fmt.Errorf("tables.yaml: %s: %w", t.Name, err)
		}
		x := eventlog.Table{
			Name: t.Name, Key: t.Key, Columns: columns, Never: t.Never, Optional: t.Optional, Required: slices.Concat(t.Key, t.Required),
			Watermark: t.Watermark, Swept: t.Swept, Client: f.Client, Offered: t.Offered, Right: t.Right, Personal: t.Personal, Subject: t.Subject,
			Customer: t.Customer, Belongs: t.Belongs, Texts: t.Texts, Beside: t.Beside, Aliases: t.Aliases, ColumnAliases: t.Also,
		}
		for _, name := range slices.Concat(x.Required, x.Watermark, x.Swept, x.Personal, x.Customer, x.Belongs, x.Texts, x.Beside) {
			if !slices.ContainsFunc(columns, func(c eventlog.TableColumn) bool { return c.Name == name }) {
				return nil, fmt.Errorf("tables.yaml: %s: no column %q is declared", t.Name, name)
			}
		}
		for _, name := range x.Belongs {
			if !slices.Contains(x.Customer, name) {
				return nil, fmt.Errorf("tables.yaml: %s: belongs: %q is no column of customer", t.Name, name)
			}
		}
		list = append(list, x)
	}
	return list, nil
}

func (t *table) columns() ([]eventlog.TableColumn, error) {
	var list []eventlog.TableColumn
	for _, c := range t.Columns {
		names, ok := c.Value.([]any)
		if !ok {
			return nil, fmt.Errorf("columns: %v: want a list of names", c.Key)
		}
		for _, name := range names {
			list = append(list, eventlog.TableColumn{Name: fmt.Sprint(name), SQL: fmt.Sprint(c.Key)})
		}
	}
	return list, nil
}
