package distributor

import (
	"math/bits"
	"math/rand/v2"
)

// An entity is a kind of thing with dice of its own.
type entity uint64

const (
	anOrder entity = iota + 1
	aCustomer
	aMaterial
	aDelivery
	anInvoice
	aPayment
	aMessage
	aRow // defects, by table
	aPledge
)

// The tables that have defects. These numbers stay, so that a table more changes
// no other's.
const (
	trackingRows = 20
	messageRows  = 29
	attemptRows  = 30
	callRows     = 33
)

// Dice are one entity's own random numbers: rolling more of one entity's
// changes no other's. Only integers, so that every machine rolls the same.
type dice struct{ pcg rand.PCG }

func rolled(seed uint64, kind entity, number uint64) dice {
	var d dice
	d.pcg.Seed(mix(seed^uint64(kind)<<56), mix(number+uint64(kind)))
	return d
}

// mix spreads the bits of x (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// below returns a number in [0, n).
func (d *dice) below(n int) int {
	hi, _ := bits.Mul64(d.pcg.Uint64(), uint64(n))
	return int(hi)
}

// chance is true n times of 10,000.
func (d *dice) chance(n int) bool { return d.below(10000) < n }

// between returns an instant in [lo, hi).
func (d *dice) between(lo, hi instant) instant {
	return lo + instant(d.below(int(hi-lo)/1000))*second
}

// skew are the 17-quantiles of a log-normal with sigma 0.75, in percent of its median.
var skew = [...]int{15, 31, 41, 50, 58, 66, 76, 87, 100, 115, 132, 152, 178, 212, 260, 350, 560}

// around returns an instant that is skewed to the right about its median.
func (d *dice) around(median instant) instant {
	u := d.below(16 * 64)
	i, f := u/64, u%64
	p := skew[i]*64 + (skew[i+1]-skew[i])*f
	t := median * instant(p) / 6400
	return t - t%second
}

// pick returns an index with the chance its weight has.
func (d *dice) pick(weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := d.below(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}
