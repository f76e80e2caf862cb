package eventlog

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
)

// stageRepeatColumns are those of the table of hashes that may be repeated.
var stageRepeatColumns = []arrow.Field{
	{Name: "high", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "low", Type: arrow.PrimitiveTypes.Uint64},
}

// A repeatFilter notices which hashes of a stage were there before. It never
// misses one, and takes a few for repeated that are not (1 % at a hundred
// million rows): the merge looks at those only, instead of at all.
//
// It is a Bloom filter in steps, each larger than the one before, so that a
// short log does not touch the memory that a long one needs.
type repeatFilter struct {
	steps [][]uint64
	most  int // words of a step
	added int // to the last step
	rows  int64
	maybe int64 // rows whose hash may have been there before

	high, low []uint64 // of the last batch
}

// repeatSteps are the sizes of the filters in words. Each but the last takes as
// many rows as it has words.
var repeatSteps = []int{1 << 13, 1 << 16, 1 << 19, 1 << 22, 1 << 24}

// look notices the rows of a batch.
func (f *repeatFilter) look(high, low []uint64) {
	f.high, f.low = f.high[:0], f.low[:0]
	for i, h := range low {
		if f.seen(h) {
			f.high, f.low = append(f.high, high[i]), append(f.low, h)
		}
	}
	f.rows += int64(len(low))
	f.maybe += int64(len(f.low))
}

// seen says whether a hash may have been there, and remembers it.
func (f *repeatFilter) seen(h uint64) bool {
	last := len(f.steps) - 1
	if last < 0 || f.added >= len(f.steps[last]) && last+1 < len(repeatSteps) && repeatSteps[last+1] <= f.most {
		last++
		f.steps, f.added = append(f.steps, make([]uint64, repeatSteps[last])), 0
	}
	bits := uint64(1)<<(h>>58) | uint64(1)<<(h>>52&63)
	for _, words := range f.steps[:last] {
		if words[h&uint64(len(words)-1)]&bits == bits {
			return true
		}
	}
	word := &f.steps[last][h&uint64(len(f.steps[last])-1)]
	if *word&bits == bits {
		return true
	}
	*word |= bits
	f.added++
	return false
}

// write adds the hashes of the last batch that may be repeated to a table.
func (f *repeatFilter) write(ctx context.Context, t *stageTable) error {
	if len(f.low) == 0 {
		return nil
	}
	r, err := t.begin(ctx, nil)
	if err != nil {
		return err
	}
	r.uints(f.high)
	r.uints(f.low)
	return r.end(nil, len(f.low))
}
