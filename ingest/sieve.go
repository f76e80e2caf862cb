package ingest

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"

	"millrace/eventlog"
)

// A Sieve tells the rows of a table from what reports print between them:
// blank rows, the header once more at the top of a page, totals. It counts what
// it holds back.
type Sieve struct {
	Header     []string // as the file has it; nil if there is none
	KeepTotals bool

	headers, blank, totals int64
	firstTotal             int64 // line
}

// NewSieve returns the sieve of a table.
func NewSieve(header []string, o Options) (Sieve, error) {
	s := Sieve{Header: header}
	switch o.Totals {
	case "", "skip":
	case "keep":
		s.KeepTotals = true
	default:
		return s, fmt.Errorf("--totals %q: want skip or keep", o.Totals)
	}
	return s, nil
}

// Keep says whether a row is one of the table's.
func (s *Sieve) Keep(row *Row) bool {
	switch {
	case len(row.Fields) > 1 && Blank(row.Fields):
		s.blank++
	case s.isHeader(row.Fields):
		s.headers++
	case !s.KeepTotals && isTotal(row.Fields):
		if s.totals++; s.totals == 1 {
			s.firstTotal = row.Line
		}
	default:
		return true
	}
	return false
}

// Reset forgets what was counted.
func (s *Sieve) Reset() { s.headers, s.blank, s.totals, s.firstTotal = 0, 0, 0, 0 }

// AddBlank counts a blank row that is no row of the table for another reason.
func (s *Sieve) AddBlank() { s.blank++ }

// Notes tells what was held back. where says in words what a line is.
func (s *Sieve) Notes(name string, where func(line int64) string) []eventlog.Note {
	var list []eventlog.Note
	add := func(code, format string, args ...any) {
		list = append(list, eventlog.Note{Code: code, Text: name + ": " + fmt.Sprintf(format, args...)})
	}
	if s.headers > 0 {
		add("repeated-header", "%s in the middle of the file skipped", count(s.headers, "header row", "header rows"))
	}
	if s.blank > 0 {
		add("blank-rows", "%s skipped", count(s.blank, "blank row", "blank rows"))
	}
	if s.totals > 0 {
		add("totals-skipped", "%s skipped, the first in %s; say --totals keep if they are rows",
			count(s.totals, "row of totals", "rows of totals"), where(s.firstTotal))
	}
	return list
}

// Blank says whether no field has a text.
func Blank(fields [][]byte) bool {
	for _, f := range fields {
		if len(f) > 0 && len(bytes.TrimSpace(f)) > 0 {
			return false
		}
	}
	return true
}

func (s *Sieve) isHeader(fields [][]byte) bool {
	if len(fields) < 2 || len(s.Header) != len(fields) {
		return false
	}
	for i, f := range fields {
		if string(f) != s.Header[i] {
			return false
		}
	}
	return true
}

// isTotal takes a row for a total or subtotal if it has a blank field, and the
// others are numbers but for one that says so: "Total", "Summe", "*" or "**"
// as SAP does, which may stand right before the number. Where there are four
// columns or more, a single amount with nothing else is a total too.
func isTotal(fields [][]byte) bool {
	if len(fields) < 3 {
		return false
	}
	if !slices.ContainsFunc(fields, func(f []byte) bool { return len(f) == 0 || f[0] <= ' ' }) {
		return false // no blank field: the usual way out
	}
	filled, numbers, labels, amounts := 0, 0, 0, 0
	for _, f := range fields {
		b := bytes.TrimSpace(f)
		if len(b) == 0 {
			continue
		}
		filled++
		switch number, fraction := looksNumeric(b); {
		case number:
			numbers++
			if fraction {
				amounts++
			}
		case labels == 0 && saysTotal(b):
			labels++
		default:
			return false
		}
	}
	if filled == len(fields) {
		return false
	}
	return labels == 1 && (numbers > 0 || filled == 1) || labels == 0 && filled == 1 && amounts == 1 && len(fields) > 3
}

// looksNumeric says whether a text is a number in any of the ways people write
// one, and whether it has a decimal or group sign.
func looksNumeric(b []byte) (number, fraction bool) {
	digits := 0
	for i, c := range b {
		switch {
		case isDigit(c):
			digits++
		case c == '.' || c == ',' || c == '\'':
			fraction = true
		case (c == '-' || c == '+') && (i == 0 || i == len(b)-1), c == ' ' && digits > 0:
		default:
			return false, false
		}
	}
	return digits > 0, fraction
}

// saysTotal says whether a text marks a row of totals.
func saysTotal(b []byte) bool {
	if b[0] == '*' {
		rest := bytes.TrimLeft(b, "* ")
		if len(rest) == 0 {
			return true
		}
		number, _ := looksNumeric(rest)
		return number || saysTotal(rest)
	}
	if len(b) > 60 || bytes.IndexByte([]byte("tsgzeoTSGZEO"), b[0]) < 0 && b[0] < utf8.RuneSelf {
		return false
	}
	for i, word := range words(string(b)) {
		switch word {
		case "total", "totals", "subtotal", "subtotals", "totale", "totaux", "sum", "summe", "summen", "gesamt", "gesamtsumme", "gesamtergebnis",
			"zwischensumme", "endsumme", "somme", "suma", "ergebnis", "合計", "総計", "小計":
			return true
		case "grand", "overall", "sub", "sous", "zwischen":
		default:
			return false
		}
		if i > 1 {
			return false
		}
	}
	return false
}
