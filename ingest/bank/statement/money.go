package statement

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Money is an amount in hundred-thousandths, the most decimals that ISO 20022
// allows.
type Money int64

const decimals = 5

// String writes at least two decimals.
func (m Money) String() string {
	sign, u := "", uint64(m)
	if m < 0 {
		sign, u = "-", uint64(-m)
	}
	text := fmt.Sprintf("%s%d.%05d", sign, u/100000, u%100000)
	for range decimals - 2 {
		text = strings.TrimSuffix(text, "0")
	}
	return text
}

// parseMoney reads digits, and behind one decimal mark at most five more.
func parseMoney(text string, mark byte) (Money, error) {
	digits, negative := strings.CutPrefix(strings.TrimPrefix(text, "+"), "-")
	whole, fraction, _ := strings.Cut(digits, string(mark))
	if len(fraction) > decimals && strings.Trim(fraction[decimals:], "0") == "" {
		fraction = fraction[:decimals]
	}
	if whole+fraction == "" || len(fraction) > decimals {
		return 0, fmt.Errorf("%q is no amount", text)
	}
	n := int64(0)
	for _, c := range []byte(whole + fraction + strings.Repeat("0", decimals-len(fraction))) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%q is no amount", text)
		}
		if n > (math.MaxInt64>>8-9)/10 { // so that sums of many do not overflow
			return 0, fmt.Errorf("%q is too large an amount", text)
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return Money(n), nil
}

// minor are the decimals of currencies that do not have two, in formats that
// write no decimal mark (ISO 4217).
var minor = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// parseMinor reads an amount in the smallest unit of a currency.
func parseMinor(text, currency string) (Money, error) {
	places, ok := minor[currency]
	if !ok {
		places = 2
	}
	digits, negative := strings.CutPrefix(strings.TrimPrefix(text, "+"), "-")
	if len(digits) <= places {
		digits = strings.Repeat("0", places+1-len(digits)) + digits
	}
	if strings.ContainsAny(text, ".,") || text == "" {
		return 0, fmt.Errorf("%q is no amount in the smallest unit of %s", text, currency)
	}
	m, err := parseMoney(digits[:len(digits)-places]+"."+digits[len(digits)-places:], '.')
	if err != nil {
		return 0, fmt.Errorf("%q is no amount", text)
	}
	if negative {
		m = -m
	}
	return m, nil
}

// day reads a date YYMMDD.
func day(text string) (string, error) {
	t, err := time.Parse("060102", text)
	if err != nil {
		return "", fmt.Errorf("%q is no date YYMMDD", text)
	}
	return t.Format("2006-01-02"), nil
}

// ParseMoney reads an amount as people write it: with marks between thousands,
// a minus before or behind it.
func ParseMoney(text string, decimal byte) (Money, error) {
	t := strings.TrimSpace(text)
	for _, mark := range []string{".", ",", "'", "’", " ", "\u00a0", "\u202f"} {
		if mark != string(decimal) {
			t = strings.ReplaceAll(t, mark, "")
		}
	}
	if rest, ok := strings.CutSuffix(t, "-"); ok {
		t = "-" + rest
	}
	m, err := parseMoney(strings.ReplaceAll(t, "−", "-"), decimal)
	if err != nil {
		return 0, fmt.Errorf("%q is no amount", text)
	}
	return m, nil
}
