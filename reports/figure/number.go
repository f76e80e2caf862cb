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

// Count writes n with separators of thousands: 4,837.
func (f *Style) Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteString(f.Group)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Number writes x with at most the given decimals, without trailing zeros,
// and with thousands separators; None if it is no number.
func (f *Style) Number(x float64, decimals int) string {
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
	out := f.Count(n)
	if frac != "" {
		out += f.Decimal + frac
	}
	if x < 0 && out != "0" {
		out = "−" + out
	}
	return out
}

// Share writes a part of 1 as a percentage. What is not quite nothing or not
// quite all never reads as 0% or 100%.
func (f *Style) Share(x float64) string {
	const rounding = 1e-9 // of sums of shares
	switch p := x * 100; {
	case math.IsNaN(p):
		return None
	case p > 0 && p < 0.1:
		return "<" + f.Number(.1, 1) + f.Percent
	case p > 99.9 && p < 100-rounding:
		return ">" + f.Number(99.9, 1) + f.Percent
	case p < 10:
		return f.Number(p, 1) + f.Percent
	default:
		return f.Number(math.Round(p*10)/10, 1) + f.Percent
	}
}

// Plural writes n with the noun in the singular or the plural.
func (f *Style) Plural(n int64, singular, plural string) string {
	if n == 1 {
		return "1 " + singular
	}
	return f.Count(n) + " " + plural
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
	return Name(currency)
}

// Money writes an amount, given in ten-thousandths, to three digits: €744k,
// SEK 1.5k; 744 Tsd. €.
func (f *Style) Money(currency string, tenThousandths int64) string {
	x := float64(tenThousandths) / 1e4
	sign := ""
	if x < 0 {
		sign, x = "−", -x
	}
	unit, div := "", 1.0
	switch {
	case x >= 999.5e6:
		unit, div = f.Billion, 1e9
	case x >= 999.5e3:
		unit, div = f.Million, 1e6
	case x >= 999.5:
		unit, div = f.Thousand, 1e3
	}
	x /= div
	decimals := 0
	switch {
	case x < 9.995:
		decimals = 2
	case x < 99.95:
		decimals = 1
	}
	money := symbol(currency)
	if f.MoneyAfter {
		parts := []string{sign + f.Number(x, decimals)}
		for _, p := range []string{unit, money} {
			if p != "" {
				parts = append(parts, p)
			}
		}
		return strings.Join(parts, NBSP)
	}
	if money == Name(currency) && currency != "" { // a code
		money += NBSP
	}
	return sign + money + f.Number(x, decimals) + unit
}
