package ingest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseHeader reads [Options].Header: 0 for none said, -1 for "none", else the
// row that names the columns.
func ParseHeader(text string) (int, error) {
	switch text {
	case "":
		return 0, nil
	case "none":
		return -1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("--header %q: want the number of the row that names the columns, or none", text)
	}
	return n, nil
}

// LooksLikeNames takes a row for the names of columns unless it has a number
// or a time, which people do not call columns, or an option names one of them.
func LooksLikeNames(row []string, o Options) bool {
	for _, name := range row {
		name = strings.TrimSpace(name)
		switch name {
		case "":
			continue
		case o.Case, o.Activity, o.Time, o.Start, o.Resource, o.Sequence, o.Lifecycle:
			return true
		}
	}
	for _, name := range row {
		if isValue(strings.TrimSpace(name)) {
			return false
		}
	}
	return true
}

// isValue says whether a text is a number or a time.
func isValue(text string) bool {
	if _, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64); err == nil && text[0] <= '9' {
		return true
	}
	f, _ := DetectTime("", []string{text}, time.UTC)
	return f != nil && strings.ContainsAny(text, "0123456789")
}

// NameColumns makes names of a header's texts, each once: of those that occur
// again a number makes the difference, and they are listed in renamed; a
// column without one is called by its number.
func NameColumns(header []string) (names, renamed []string) {
	taken := map[string]bool{}
	for i, name := range header {
		name = strings.TrimSpace(name)
		if name == "" {
			name = fmt.Sprintf("column %d", i+1)
		}
		unique := name
		for n := 2; taken[unique]; n++ {
			unique = fmt.Sprintf("%s (%d)", name, n)
		}
		if unique != name {
			renamed = append(renamed, unique)
		}
		taken[unique] = true
		names = append(names, unique)
	}
	return names, renamed
}
