package constraints

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"
	"slices"

	"millrace/eventlog"
)

// Profile returns the folder of the temporal profile: for each pair of
// activities, how long it takes from an A to a later B of the same case,
// directly or not (Stertz, Mangler, Rinderle-Ma 2020, arXiv:2008.07262).
//
//	p, err := eventlog.Fold(ctx, log, constraints.Profile(log.Label))
//
// label is [eventlog.Log.Label]. It takes O(Σ events²) time over the cases, and
// memory for the pairs that occur. Sums are integers, so that the result does
// not depend on the number of workers.
func Profile(label func(uint16) string) eventlog.Folder[*TemporalProfile] {
	return eventlog.Folder[*TemporalProfile]{
		New:   func() *TemporalProfile { return &TemporalProfile{label: label, spans: map[[2]uint16]*spans{}} },
		Add:   (*TemporalProfile).add,
		Merge: (*TemporalProfile).merge,
	}
}

// A TemporalProfile is the durations between activities.
type TemporalProfile struct {
	label func(uint16) string
	spans map[[2]uint16]*spans
}

// A Span says how long it takes from the end of an A to the start of a later B.
type Span struct {
	Pair `yaml:",inline"`
	N    int64   `json:"n" yaml:"n"`           // pairs of events; those that overlap or lack a time are not counted
	Mean float64 `json:"mean_s" yaml:"mean_s"` // seconds
	// SD is the standard deviation of a sample (n − 1), in seconds; 0 if N is 1.
	SD float64 `json:"sd_s" yaml:"sd_s"`
}

// spans are n, Σx and Σx², of durations that are not negative, in µs.
type spans struct {
	n       int64
	sum     [2]uint64 // low word first
	squares [3]uint64
}

func (s *spans) add(x uint64) {
	hi, lo := bits.Mul64(x, x)
	s.merge(&spans{1, [2]uint64{x, 0}, [3]uint64{lo, hi, 0}})
}

func (s *spans) merge(o *spans) {
	s.n += o.n
	plus(s.sum[:], o.sum[:])
	plus(s.squares[:], o.squares[:])
}

func plus(to, from []uint64) {
	var carry uint64
	for i := range to {
		to[i], carry = bits.Add64(to[i], from[i], carry)
	}
}

func whole(words []uint64) *big.Int {
	out := new(big.Int)
	for _, w := range slices.Backward(words) {
		out.Lsh(out, 64).Or(out, new(big.Int).SetUint64(w))
	}
	return out
}

// seconds returns mean and standard deviation, each rounded once.
func (s *spans) seconds() (mean, sd float64) {
	n, sum := big.NewInt(s.n), whole(s.sum[:])
	mean, _ = new(big.Rat).SetFrac(sum, new(big.Int).Mul(n, big.NewInt(1e6))).Float64()
	if s.n < 2 {
		return mean, 0
	}
	// (n·Σx² − (Σx)²) / (n·(n−1))
	top := new(big.Int).Sub(new(big.Int).Mul(n, whole(s.squares[:])), new(big.Int).Mul(sum, sum))
	variance, _ := new(big.Rat).SetFrac(top, new(big.Int).Mul(n, big.NewInt(s.n-1))).Float64()
	return mean, math.Sqrt(variance) / 1e6
}

func (p *TemporalProfile) add(c *eventlog.Cases) {
	starts := c.Starts()
	for i := range c.Case {
		lo, hi := int(c.Offsets[i]), int(c.Offsets[i+1])
		for j := lo; j < hi; j++ {
			end := c.Time[j]
			if end == eventlog.NoTime {
				continue
			}
			for k := j + 1; k < hi; k++ {
				begin := starts[k]
				if begin == eventlog.NoTime || begin < end {
					continue
				}
				key := [2]uint16{c.Activity[j], c.Activity[k]}
				s := p.spans[key]
				if s == nil {
					s = &spans{}
					p.spans[key] = s
				}
				s.add(uint64(begin) - uint64(end))
			}
		}
	}
}

func (p *TemporalProfile) merge(o *TemporalProfile) {
	for key, s := range o.spans { // adding commutes, so the map's order does not show
		if p.spans[key] == nil {
			p.spans[key] = &spans{}
		}
		p.spans[key].merge(s)
	}
}

// Spans returns the profile, sorted by the names of A, then B.
func (p *TemporalProfile) Spans() []Span {
	out := []Span{}
	for key, s := range p.spans {
		mean, sd := s.seconds()
		out = append(out, Span{Pair{p.label(key[0]), p.label(key[1])}, s.n, mean, sd})
	}
	slices.SortFunc(out, func(x, y Span) int { return cmp.Or(cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B)) })
	return out
}
