package mining

import (
	"cmp"
	"slices"

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
