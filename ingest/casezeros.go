package ingest

import (
	"bytes"
	"fmt"
)

// caseZeros looks after the leading zeros of cases that are digits only. One
// export keeps them, the next program loses them, and 0000004711 and 4711 are
// then one document under two names, or two.
type caseZeros struct {
	strip bool

	padded, plain           int64 // rows
	longest, shortest       int   // of the padded, of the plain
	firstPadded, firstPlain string
}

func newCaseZeros(o Options) (caseZeros, error) {
	switch o.CaseZeros {
	case "", "keep", "strip":
		return caseZeros{strip: o.CaseZeros == "strip"}, nil
	}
	return caseZeros{}, fmt.Errorf("--case-zeros %q: want keep or strip", o.CaseZeros)
}

// of counts a case, and returns its name.
func (z *caseZeros) of(id []byte) []byte {
	if len(id) == 0 || !isDigit(id[0]) {
		return id
	}
	switch zero := id[0] == '0' && len(id) > 1; {
	case zero && onlyDigits(id):
		if z.padded++; z.padded == 1 {
			z.firstPadded = string(id)
		}
		z.longest = max(z.longest, len(id))
		if z.strip {
			if id = bytes.TrimLeft(id, "0"); len(id) == 0 {
				id = []byte("0")
			}
		}
	case !zero && (z.shortest == 0 || len(id) < z.shortest || z.plain > 0) && onlyDigits(id):
		z.plain++
		if z.shortest == 0 || len(id) < z.shortest {
			z.shortest, z.firstPlain = len(id), string(id)
		}
	}
	return id
}

func onlyDigits(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

func (z *caseZeros) notes(add func(code, format string, args ...any), column string) {
	switch {
	case z.strip && z.padded > 0:
		add("case-zeros", "leading zeros of %q stripped in %s, the first %q", column, count(z.padded, "row", "rows"), z.firstPadded)
	case z.padded > 0 && z.plain > 0 && z.shortest < z.longest:
		add("case-zeros", "%q has leading zeros in %s (%s) and none in %s (%s): if 0%s and %s are one case, say --case-zeros strip",
			column, count(z.padded, "row", "rows"), z.firstPadded, count(z.plain, "row", "rows"), z.firstPlain, z.firstPlain, z.firstPlain)
	}
}

func (z *caseZeros) detection() (d Detection, ok bool) {
	value := "keep"
	if z.strip {
		value = "strip"
	}
	return Detection{Option: "case-zeros", Value: value, Told: true}, z.strip
}
