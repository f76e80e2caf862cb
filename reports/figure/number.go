package figure

import (
	"math"
	"strconv"
	"strings"
)

// NBSP joins a number to its unit.
const NBSP = "\u00a0"

// None stands where there is no number.
const None = "–"

// Count writes n with thousands separators: 4,837.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Number writes x with at most the given decimals, without trailing zeros,
// and with thousands separators; None if it is no number.
func Number(x float64, decimals int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return None
	}
	s := strconv.FormatFloat(math.Abs(x), 'f', decimals, 64)
	whole, frac, _ := strings.Cut(s, ".")
	frac = strings.TrimRight(frac, "0")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	out := Count(n)
	if frac != "" {
		out += "." + frac
	}
	if x < 0 && out != "0" {
		out = "−" + out
	}
	return out
}

// Share writes a part of 1 as a percentage. What is not quite nothing or not
// quite all never reads as 0% or 100%.
func Share(x float64) string {
	const rounding = 1e-9 // of sums of shares
	switch p := x * 100; {
	case math.IsNaN(p):
		return None
	case p > 0 && p < 0.1:
		return "<0.1%"
	case p > 99.9 && p < 100-rounding:
		return ">99.9%"
	case p < 10:
		return Number(p, 1) + "%"
	default:
		return Number(math.Round(p*10)/10, 1) + "%"
	}
}

// Plural writes n with the noun in the singular or the plural.
func Plural(n int64, singular, plural string) string {
	if n == 1 {
		return "1 " + singular
	}
	return Count(n) + " " + plural
}

// symbols of the currencies every reader knows; others are written as codes.
func symbol(currency string) string {
	switch currency {
	case "EUR":
		return "€"
	case "GBP":
		return "£"
	case "USD":
		return "$"
	case "JPY":
		return "¥"
	case "":
		return ""
	}
	return Name(currency) + NBSP
}

// Money writes an amount, given in ten-thousandths, to three digits: €744k.
func Money(currency string, tenThousandths int64) string {
	x := float64(tenThousandths) / 1e4
	sign := ""
	if x < 0 {
		sign, x = "−", -x
	}
	unit, div := "", 1.0
	switch {
	case x >= 999.5e6:
		unit, div = "bn", 1e9
	case x >= 999.5e3:
		unit, div = "M", 1e6
	case x >= 999.5:
		unit, div = "k", 1e3
	}
	x /= div
	decimals := 0
	switch {
	case x < 9.995:
		decimals = 2
	case x < 99.95:
		decimals = 1
	}
	return sign + symbol(currency) + Number(x, decimals) + unit
}
