package extract

import (
	"fmt"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/ingest"
)

// A Finding is a difference between what a system is declared to have and what
// a source has. An error stops an extraction before anything is read.
type Finding struct {
	Table string `json:"table"`
	Code  string `json:"code"` // "missing-table", "missing-columns", "types", "key", "new-columns", "gone-columns"
	Text  string `json:"text"`
	Error bool   `json:"error"`
}

// Note says the finding to the reader of a load.
func (f Finding) Note() eventlog.Note {
	return eventlog.Note{Code: "source-" + f.Code, Text: strings.TrimSuffix(f.Text, ".") + "."}
}

// Check compares the tables of a system with those of a source, as described by
// it, and with the columns that the last load knew (nil: none, see [Known]).
// The findings are in the order of the tables.
func Check(shapes []ingest.TableShape, sys *eventlog.System, known map[string][]string) []Finding {
	var list []Finding
	for i := range sys.Tables {
		t := &sys.Tables[i]
		s := shapeOf(shapes, t.Name)
		if s == nil || s.Problem != "" {
			why := "it is not there"
			if s != nil {
				why = s.Problem
			}
			f := Finding{Table: t.Name, Code: "missing-table", Text: fmt.Sprintf("table %s: %s", t.Name, why), Error: !t.Optional}
			if t.Right != "" {
				f.Text += "; whoever reads it needs " + t.Right
			}
			if t.Optional {
				f.Text += "; what the mapping takes from it is missing"
			}
			list = append(list, f)
			continue
		}
		list = append(list, checkTable(t, s, known[t.Name])...)
	}
	return list
}

func shapeOf(shapes []ingest.TableShape, table string) *ingest.TableShape {
	for i := range shapes {
		if shapes[i].Table == table {
			return &shapes[i]
		}
	}
	return nil
}

func checkTable(t *eventlog.Table, s *ingest.TableShape, known []string) []Finding {
	var list []Finding
	add := func(code string, fails bool, columns []string, format string, args ...any) {
		if len(columns) > 0 {
			text := fmt.Sprintf("table %s: %s: %s", t.Name, fmt.Sprintf(format, args...), strings.Join(columns, ", "))
			list = append(list, Finding{Table: t.Name, Code: code, Text: text, Error: fails})
		}
	}
	var missing, types []string
	for _, c := range t.Columns {
		there := columnOf(t, s, c.Name)
		switch {
		case there == nil && (slices.Contains(t.Key, c.Name) || len(t.Required) == 0 || slices.Contains(t.Required, c.Name)):
			missing = append(missing, c.Name)
		case there != nil && !sameFamily(c.SQL, there.SQL):
			types = append(types, fmt.Sprintf("%s is %s, not %s", c.Name, there.SQL, c.SQL))
		}
	}
	add("missing-columns", true, missing, "columns that the mapping needs are not in %s, or may not be read", s.There)
	if slices.ContainsFunc(t.Columns, func(c eventlog.TableColumn) bool { return c.SQL != "VARCHAR" }) {
		// Who declares texts only reads whatever form there is.
		add("types", false, types, "columns of other types than declared; a value that is not of the declared type rejects its row")
	}
	key := slices.DeleteFunc(namesOf(t, s.Key), func(name string) bool { return indexFold(t.Client, name) >= 0 }) // one is read
	// A longer key than that of the source is one too.
	if len(t.Key) > 0 && slices.ContainsFunc(key, func(name string) bool { return indexFold(t.Key, name) < 0 }) {
		add("key", false, key, "its key is declared as %s, and is there", strings.Join(t.Key, ", "))
	}
	if known == nil {
		return list
	}
	now, _ := readColumns(t, s, false)
	var fresh, gone []string
	for _, name := range now {
		if indexFold(known, name) < 0 {
			fresh = append(fresh, name)
		}
	}
	for _, name := range known {
		if indexFold(now, name) < 0 && !slices.Contains(missing, name) {
			gone = append(gone, name)
		}
	}
	add("new-columns", false, fresh, "new since the last load; rows that do not change lack them until ingest --full")
	add("gone-columns", false, gone, "not there any more since the last load; rows keep the values they had")
	return list
}

// columnOf finds a declared column in a source: its very name, else whatever
// its case, else by another name that the table declares for it.
func columnOf(t *eventlog.Table, s *ingest.TableShape, name string) *ingest.ColumnShape {
	best, rank := -1, 3
	for i, c := range s.Columns {
		r := 3
		switch {
		case c.Name == name:
			r = 0
		case strings.EqualFold(c.Name, name):
			r = 1
		case strings.EqualFold(alias(t, c.Name), name):
			r = 2
		}
		if r < rank {
			best, rank = i, r
		}
	}
	if best < 0 {
		return nil
	}
	return &s.Columns[best]
}

// alias is the declared name of a column that is called differently there; "" if none.
func alias(t *eventlog.Table, there string) string {
	if name, ok := t.ColumnAliases[there]; ok {
		return name
	}
	for other, name := range t.ColumnAliases {
		if strings.EqualFold(other, there) { // names differ by more than case: any order finds the same
			return name
		}
	}
	return ""
}

// readColumns lists the columns to read of a table: those declared, in their
// order, then the source's own but those that are never stored, and undeclared
// bytes. names are ours, there the source's.
func readColumns(t *eventlog.Table, s *ingest.TableShape, declared bool) (names, there []string) {
	taken := map[string]bool{}
	for _, c := range t.Columns {
		if x := columnOf(t, s, c.Name); x != nil && indexFold(t.Never, x.Name) < 0 && indexFold(t.Never, c.Name) < 0 {
			names, there = append(names, c.Name), append(there, x.Name)
			taken[x.Name] = true
		}
	}
	for _, x := range s.Columns {
		if declared || taken[x.Name] || indexFold(t.Never, x.Name) >= 0 || x.SQL == "BLOB" {
			continue
		}
		names, there = append(names, x.Name), append(there, x.Name)
	}
	return names, there
}

// namesOf are the declared names of the source's columns, where they have one.
func namesOf(t *eventlog.Table, there []string) []string {
	var list []string
	for _, name := range there {
		for _, c := range t.Columns {
			if strings.EqualFold(c.Name, name) || strings.EqualFold(alias(t, name), c.Name) {
				name = c.Name
				break
			}
		}
		list = append(list, name)
	}
	return list
}

func indexFold(list []string, name string) int {
	return slices.IndexFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}

// sameFamily says whether values of a type there can be expected to be of the
// declared one. Anything is a text, but moments, bytes and truth look different
// from system to system.
func sameFamily(declared, there string) bool {
	a, b := family(declared), family(there)
	return a == b || b == "" || a == "" || a == "text" && b == "number"
}

func family(sqlType string) string {
	name, _, _ := strings.Cut(strings.ToUpper(sqlType), "(")
	switch name = strings.TrimSpace(name); name {
	case "VARCHAR", "TEXT", "CHAR", "STRING", "UUID", "JSON":
		return "text"
	case "TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "DECIMAL", "NUMERIC", "DOUBLE", "FLOAT", "REAL":
		return "number"
	case "DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", "DATETIME":
		return "moment"
	case "TIME":
		return "time of day"
	case "BOOLEAN", "BOOL":
		return "truth"
	case "BLOB":
		return "bytes"
	}
	return ""
}
