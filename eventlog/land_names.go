package eventlog

import (
	"slices"
	"strings"
)

// Names is a header in the table's own words: a column that is one of the
// table's whatever its case, else by one of its ColumnAliases, whatever its
// case and underscores (salesOrder, SalesOrder, SALES_ORDER). What is neither,
// or another column of the header is already, keeps its name.
func (t *Table) Names(header []string) []string {
	names := slices.Clone(header)
	taken := map[string]bool{}
	for _, c := range t.Columns {
		if at := landColumn(header, c.Name); at >= 0 {
			names[at] = c.Name
			taken[c.Name] = true
		}
	}
	if len(t.ColumnAliases) == 0 {
		return names
	}
	own := map[string]string{}
	for alias, name := range t.ColumnAliases {
		own[foldName(alias)] = name
	}
	for i, h := range header {
		name, ok := own[foldName(h)]
		if !ok || taken[name] || taken[names[i]] {
			continue
		}
		names[i] = name
		taken[name] = true
	}
	return names
}

// Called says whether the table is called so: its name or an alias, whatever
// the case and, of an alias, underscores.
func (t *Table) Called(name string) bool {
	return strings.EqualFold(t.Name, name) || slices.ContainsFunc(t.Aliases, func(a string) bool { return foldName(a) == foldName(name) })
}

// never says whether a column is one of those that are not stored, whatever
// its case and underscores.
func (t *Table) never(column string) bool {
	return slices.ContainsFunc(t.Never, func(n string) bool { return foldName(n) == foldName(column) })
}

func foldName(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }
