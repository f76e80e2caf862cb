package synthetic

import "math"

// A draw is what a value is drawn for, so that no value tells another.
type draw uint64

const (
	ofLong draw = iota + 1
	ofLength
	ofDealing
	ofMixing
	ofBlocks
	ofCases
	ofCustomer
	ofChannel
	ofOrderValue
	ofSite
	ofLines
	ofItems
	ofItem
	ofSplit
)

// hash is a value for a case and a part of it, the same whatever was drawn
// before: the finalizer of SplitMix64 (Steele, Lea, Flood, "Fast splittable
// pseudorandom number generators", 2014), twice.
func (l *Log) hash(of draw, number int64, part uint64) uint64 {
	return mix(mix(l.o.Seed+uint64(of)*0x9e3779b97f4a7c15) ^ mix(uint64(number)<<16^part+0x632be59bd9b4e019))
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// fraction is such a value from 0 to less than 1.
func (l *Log) fraction(of draw, number int64, part uint64) float64 {
	return float64(l.hash(of, number, part)>>11) / (1 << 53)
}

// pick takes one of n, each as probable.
func (l *Log) pick(n int, of draw, number int64, part uint64) int {
	return int(l.hash(of, number, part) >> 32 * uint64(n) >> 32)
}

var (
	countries = []string{"DE", "AT", "FR", "NL", "PL", "IT", "CH", "CZ", "ES", "SE"}
	channels  = []string{"edi", "edi", "edi", "web", "web", "email", "email", "phone", "sales rep", "fax"} // as often as they stand here
	sites     = []string{"Hamburg", "Hamburg", "Hamburg", "Wien", "Wien", "Lyon", "Lyon", "Rotterdam", "Poznań", "Milano"}
)

const customers = 5000

// A caseAttributes is what a case has besides events.
type caseAttributes struct {
	customer               int
	country, channel, site string
	cents                  int64 // the order's value
}

func (l *Log) caseAttributes(number int64) caseAttributes {
	u := l.fraction(ofCustomer, number, 0)
	customer := int(customers * u * u) // the first ones order most
	v := l.fraction(ofOrderValue, number, 0)
	return caseAttributes{
		customer: customer,
		country:  countries[customer*customer%97%len(countries)],
		channel:  channels[l.pick(len(channels), ofChannel, number, 0)],
		site:     sites[l.pick(len(sites), ofSite, number, 0)],
		cents:    1000 + int64(math.Round(-math.Log(1-v)*2_500_00)),
	}
}

// An eventAttributes is what an event has besides its four columns.
type eventAttributes struct {
	cents     int64 // what was ordered, billed, paid or credited; less than 0 for an event that is not of money
	lines     int64
	automated bool
}

func (l *Log) eventAttributes(r *row) eventAttributes {
	e := eventAttributes{
		cents:     -1,
		lines:     1 + int64(l.pick(20, ofLines, int64(r.number), uint64(r.step))),
		automated: r.resource < 20, // the users of programs
	}
	switch r.activity {
	case 0, 7, 9, 25: // order, invoice, payment, credit memo
		e.cents = l.caseAttributes(int64(r.number)).cents
	}
	return e
}

// appendMoney appends cents as a decimal number.
func appendMoney(b []byte, cents int64) []byte {
	b = appendInt(b, cents/100)
	return append(b, '.', byte('0'+cents/10%10), byte('0'+cents%10))
}
