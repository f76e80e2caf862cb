package mining

import (
	"encoding/json"
	"strconv"
	"strings"
)

// String writes m with two to four decimals: "1250.00 EUR".
func (m Money) String() string {
	whole, fraction := m.digits()
	for len(fraction) > 2 && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	return whole + "." + fraction + " " + m.Currency
}

// digits returns what stands before and after the decimal point.
func (m Money) digits() (whole, fraction string) {
	u, sign := uint64(m.Amount), ""
	if m.Amount < 0 {
		u, sign = -u, "-"
	}
	return sign + strconv.FormatUint(u/10000, 10), strconv.FormatUint(10000+u%10000, 10)[1:]
}

// MarshalJSON writes the amount as an exact decimal number.
func (m Money) MarshalJSON() ([]byte, error) {
	whole, fraction := m.digits()
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		whole += "." + fraction
	}
	return json.Marshal(struct {
		Currency string      `json:"currency"`
		Amount   json.Number `json:"amount"`
	}{m.Currency, json.Number(whole)})
}
