package mining

import (
	"math"
	"math/big"
	"math/bits"
)

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
