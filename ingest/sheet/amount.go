package sheet

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

// An amountText is an amount taken apart, before its decimal sign is known.
type amountText struct {
	digits   string // and the marks between them
	negative bool
	currency string // that it names
}

var (
	sized    = regexp.MustCompile(`^([0-9]*)((?:[.,'][0-9]+)*)$`)
	floating = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]{1,2}$`)
	currency = regexp.MustCompile(`^([A-Z]{3})?([^A-Za-z]*?)([A-Z]{3})?$`)
	signs    = strings.NewReplacer("€", "EUR", "£", "GBP", "$", "", "¥", "", "−", "-", "’", "'", "\u00a0", "", "\u202f", "", " ", "", "\u2009", "")
)

// parseAmountText takes 1,234.50, 1.234,50-, (55.00), € 12, EUR 12, 12.00 CR, 12,00 H.
// A dollar or yen sign names no currency: there are several of each.
func parseAmountText(text string) (a amountText, ok bool) {
	t := strings.TrimSpace(text)
	for _, mark := range []struct {
		suffix   string
		negative bool
	}{{"CR", true}, {"Cr", true}, {"DR", false}, {"Dr", false}, {" H", true}, {" S", false}} {
		if rest, found := strings.CutSuffix(t, mark.suffix); found {
			t, a.negative = rest, mark.negative
			break
		}
	}
	t = signs.Replace(t)
	if floating.MatchString(strings.TrimPrefix(t, "-")) {
		a.digits = strings.TrimPrefix(t, "-")
		a.negative = a.digits != t
		return a, true
	}
	if inner, found := strings.CutPrefix(t, "("); found && strings.HasSuffix(inner, ")") {
		t, a.negative = strings.TrimSuffix(inner, ")"), true
	}
	minus := func() {
		if rest, found := strings.CutPrefix(t, "-"); found {
			t, a.negative = rest, !a.negative
		} else if rest, found := strings.CutSuffix(t, "-"); found {
			t, a.negative = rest, !a.negative
		}
		t = strings.TrimPrefix(t, "+")
	}
	minus()
	if m := currency.FindStringSubmatch(t); m != nil {
		if m[1] != "" && m[3] != "" {
			return a, false
		}
		a.currency, t = m[1]+m[3], m[2]
		if a.currency != "" {
			minus()
		}
	}
	if a.digits = t; !sized.MatchString(t) || !strings.ContainsAny(t, "0123456789") {
		return a, false
	}
	return a, true
}

// decimal says which sign must be the decimal one, 0 if either may: a sign that
// stands twice is none, the last of two different ones is it, and one before
// other than three digits, or behind more than three or a zero, is.
func (a *amountText) decimal() byte {
	t := a.digits
	if floating.MatchString(t) {
		return 0
	}
	last := strings.LastIndexAny(t, ".,")
	if last < 0 {
		return 0
	}
	sign := t[last]
	other := byte('.' + ',' - sign)
	switch before := t[:last]; {
	case strings.IndexByte(before, sign) >= 0:
		return other
	case strings.ContainsAny(before, ".,'"), len(t)-last-1 != 3, len(before) > 3, before == "", before[0] == '0':
		return sign
	}
	return 0
}

// number writes an amount as a decimal with four places at most.
func (a *amountText) number(decimal byte) (string, error) {
	t := a.digits
	r := new(big.Rat)
	if !floating.MatchString(t) {
		whole, part, _ := strings.Cut(t, string(decimal))
		if strings.ContainsAny(part, ".,'") {
			return "", fmt.Errorf("marks behind the decimal sign %q", string(decimal))
		}
		groups := strings.FieldsFunc(whole, func(r rune) bool { return strings.ContainsRune(".,'", r) })
		for i, g := range groups {
			// 1,23,456.00 is written in India
			if i > 0 && len(g) != 3 && (len(g) != 2 || i == len(groups)-1) || i == 0 && len(groups) > 1 && len(g) > 3 {
				return "", fmt.Errorf("no groups of three digits, with the decimal sign %q", string(decimal))
			}
		}
		t = "0" + strings.Join(groups, "") + "." + part + "0"
	}
	if _, ok := r.SetString(t); !ok {
		return "", fmt.Errorf("no number")
	}
	if a.negative {
		r.Neg(r)
	}
	if r.Cmp(most) > 0 || r.Cmp(new(big.Rat).Neg(most)) < 0 {
		return "", fmt.Errorf("more than fits")
	}
	return r.FloatString(4), nil
}

// most is the largest amount of DECIMAL(18,4).
var most = new(big.Rat).SetInt64(99_999_999_999_999)
