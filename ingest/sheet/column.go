package sheet

import (
	"fmt"
	"slices"
	"strings"
)

// columnsOf says which column of a list has each field, from 0, -1 for none.
// found are those that were not told.
func columnsOf(file string, fields []Field, header []string, told map[string]string) (at []int, found []int, err error) {
	at = make([]int, len(fields))
	taken := make([]string, len(header)) // by field
	byKey := map[string]int{}
	for i, h := range header {
		if _, twice := byKey[key(h)]; !twice {
			byKey[key(h)] = i
		}
	}
	for i, f := range fields {
		at[i] = -1
		column, said := told[f.Name]
		if !said || column == "" {
			continue
		}
		n := slices.Index(header, column)
		if n < 0 {
			ok := false
			if n, ok = byKey[key(column)]; !ok {
				return nil, nil, fmt.Errorf("%s: columns: %s: there is no column %q; the file has %s", file, f.Name, column, quoted(header))
			}
		}
		at[i], taken[n] = n, f.Name
	}
	for i, f := range fields {
		if _, said := told[f.Name]; said {
			continue
		}
		var may []string
		for n, h := range header {
			if taken[n] == "" && slices.ContainsFunc(f.Names, func(name string) bool { return key(name) == key(h) }) {
				may = append(may, h)
				at[i] = n
			}
		}
		switch len(may) {
		case 0:
		case 1:
			taken[at[i]] = f.Name
			found = append(found, i)
		default:
			return nil, nil, fmt.Errorf("%s: %s (%s) may be %s; say which one, or \"\" for none of them: columns: {%s: %q}", file, f.Name, f.Doc, strings.Join(quotedList(may), " or "), f.Name, may[0])
		}
	}
	for i, f := range fields {
		if f.Needed && at[i] < 0 {
			free := []string{}
			for n, h := range header {
				if taken[n] == "" {
					free = append(free, h)
				}
			}
			example := "HEADING"
			if len(free) > 0 {
				example = free[0]
			}
			return nil, nil, fmt.Errorf("%s: no column is known to be %s (%s); say which one is: columns: {%s: %q}; not taken yet are %s", file, f.Name, f.Doc, f.Name, example, quoted(free))
		}
	}
	return at, found, nil
}

func quotedList(list []string) []string {
	var q []string
	for _, s := range list {
		q = append(q, fmt.Sprintf("%q", s))
	}
	return q
}

func quoted(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(quotedList(list), ", ")
}
