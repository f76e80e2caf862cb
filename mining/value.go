package mining

import (
	"cmp"
	"encoding/json"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"millrace/eventlog"
)

// WaitingValue returns the folder that [FindBottlenecks] takes the value
// waiting from. It takes O(events) time (24 ns each, see BenchmarkWaitingValue), and
// memory for one sum for each pair of activities and currency.
//
// label is [eventlog.Log.Label]. value returns the value of a case by its
// number, and false where it has none; amounts may be negative, a credit note
// is. Workers call it at the same time; a case without a currency has no value,
// because amounts of unknown currencies cannot be added.
//
//	v, err := eventlog.Fold(ctx, log, mining.WaitingValue(log.Label, value))
func WaitingValue(label func(uint16) string, value func(number int64) (Money, bool)) eventlog.Folder[*ValueWaiting] {
	return eventlog.Folder[*ValueWaiting]{
		New:   func() *ValueWaiting { return &ValueWaiting{label: label, value: value} },
		Add:   (*ValueWaiting).add,
		Merge: (*ValueWaiting).merge,
	}
}

// A ValueWaiting is Σ (value of the case × wait) for every pair of activities
// and every currency.
type ValueWaiting struct {
	label func(uint16) string
	value func(number int64) (Money, bool)

	cases, valued int64
	currencies    []string
	sums          map[pair][]sum192 // by currency
}

type pair struct{ from, to uint16 }

func (v *ValueWaiting) add(c *eventlog.Cases) {
	starts := c.Starts()
	for i, number := range c.Case {
		v.cases++
		money, ok := v.value(number)
		if !ok || money.Currency == "" {
			continue
		}
		v.valued++
		currency := v.currency(money.Currency)
		for e := int(c.Offsets[i]) + 1; e < int(c.Offsets[i+1]); e++ {
			end, begin := c.Time[e-1], starts[e]
			if end == eventlog.NoTime || begin == eventlog.NoTime || begin < end {
				continue
			}
			v.sum(pair{c.Activity[e-1], c.Activity[e]}, currency).addProduct(money.Amount, uint64(begin)-uint64(end))
		}
	}
}

func (v *ValueWaiting) merge(o *ValueWaiting) {
	v.cases += o.cases
	v.valued += o.valued
	for p, sums := range o.sums { // adding commutes, so the map's order does not show
		for i := range sums {
			if !sums[i].used {
				continue
			}
			v.sum(p, v.currency(o.currencies[i])).addSum(&sums[i])
		}
	}
}

func (v *ValueWaiting) currency(name string) int {
	if i := slices.Index(v.currencies, name); i >= 0 {
		return i
	}
	v.currencies = append(v.currencies, name)
	return len(v.currencies) - 1
}

func (v *ValueWaiting) sum(p pair, currency int) *sum192 {
	sums := v.sums[p]
	if currency >= len(sums) {
		if v.sums == nil {
			v.sums = map[pair][]sum192{}
		}
		sums = append(sums, make([]sum192, currency+1-len(sums))...)
		v.sums[p] = sums
	}
	return &sums[currency]
}

// average divides by the period in µs. clipped is true where an amount did not
// fit.
func (v *ValueWaiting) average(period int64) (values map[[2]string][]Money, clipped bool) {
	values = make(map[[2]string][]Money, len(v.sums))
	for p, sums := range v.sums {
		var money []Money
		for i := range sums {
			if !sums[i].used {
				continue
			}
			amount, ok := sums[i].divide(period)
			clipped = clipped || !ok
			money = append(money, Money{v.currencies[i], amount})
		}
		slices.SortFunc(money, func(a, b Money) int { return cmp.Compare(a.Currency, b.Currency) })
		values[[2]string{v.label(p.from), v.label(p.to)}] = money
	}
	return values, clipped
}

// A sum192 is a sum of products of two 64-bit numbers, in two's complement:
// 2^64 of the largest fit.
type sum192 struct {
	hi, mid, lo uint64
	used        bool
}

func (s *sum192) addProduct(amount int64, wait uint64) {
	magnitude := uint64(amount)
	if amount < 0 {
		magnitude = -magnitude
	}
	mid, lo := bits.Mul64(magnitude, wait)
	p := sum192{mid: mid, lo: lo}
	if amount < 0 {
		var borrow uint64
		p.lo, borrow = bits.Sub64(0, lo, 0)
		p.mid, borrow = bits.Sub64(0, mid, borrow)
		p.hi = -borrow
	}
	s.addSum(&p)
}

func (s *sum192) addSum(o *sum192) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, o.lo, 0)
	s.mid, carry = bits.Add64(s.mid, o.mid, carry)
	s.hi += o.hi + carry
	s.used = true
}

func (s *sum192) big() *big.Int {
	b := big.NewInt(int64(s.hi))
	for _, word := range []uint64{s.mid, s.lo} {
		b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(word))
	}
	return b
}

// divide rounds to the nearest integer, halves away from zero. Where that is
// no int64 it returns the nearest one, and false.
func (s *sum192) divide(by int64) (int64, bool) {
	d := big.NewInt(by)
	q, r := new(big.Int).QuoRem(s.big(), d, new(big.Int))
	if r.Lsh(r, 1).CmpAbs(d) >= 0 {
		q.Add(q, big.NewInt(int64(r.Sign())))
	}
	switch {
	case q.IsInt64():
		return q.Int64(), true
	case q.Sign() < 0:
		return math.MinInt64, false
	}
	return math.MaxInt64, false
}

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
