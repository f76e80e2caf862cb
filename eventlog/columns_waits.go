package eventlog

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// The waits of a whole log are kept beside its columns, so that a summary of
// all of it looks at no event, and an increment adds to them what is new.

// waitsSchema has one row an arc. count has the counts of the buckets from the
// first of each octave that is used on, 64 an octave.
func waitsSchema() *arrow.Schema {
	meta := arrow.NewMetadata([]string{"format"}, []string{columnsFormat})
	i64, u64 := arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint64
	return arrow.NewSchema([]arrow.Field{
		{Name: "from", Type: arrow.PrimitiveTypes.Uint16},
		{Name: "to", Type: arrow.PrimitiveTypes.Uint16},
		{Name: "sum_low", Type: u64},
		{Name: "sum_high", Type: u64},
		{Name: "min", Type: u64},
		{Name: "max", Type: u64},
		{Name: "missing", Type: i64},
		{Name: "overlaps", Type: i64},
		{Name: "overlap_low", Type: u64},
		{Name: "overlap_high", Type: u64},
		{Name: "octave", Type: arrow.LargeListOf(arrow.PrimitiveTypes.Uint8)},
		{Name: "count", Type: arrow.LargeListOf(arrow.PrimitiveTypes.Uint32)},
	}, &meta)
}

// writeWaits writes the waits of arcs beside the store at path.
func writeWaits(path string, arcs *pathArcs, h *histograms) (columnsFile, error) {
	f, err := newArrowFile(path, waitsSchema())
	if err != nil {
		return columnsFile{}, err
	}
	var low, high, least, most, overlapLow, overlapHigh []uint64
	var missing, overlaps []int64
	octaveEnds, countEnds := []int64{0}, []int64{0}
	var octaves []uint8
	var counts []uint32
	for i := range h.rows {
		r := &h.rows[i]
		low, high = append(low, r.sum.lo), append(high, r.sum.hi)
		least, most = append(least, r.min), append(most, r.max)
		missing, overlaps = append(missing, r.missing), append(overlaps, r.overlaps)
		overlapLow, overlapHigh = append(overlapLow, r.overlapSum.lo), append(overlapHigh, r.overlapSum.hi)
		for octave, c := range r.octave {
			if c != 0 {
				octaves = append(octaves, uint8(octave))
				counts = append(counts, h.counts[c][:]...)
			}
		}
		octaveEnds, countEnds = append(octaveEnds, int64(len(octaves))), append(countEnds, int64(len(counts)))
	}
	u64, i64 := arrow.PrimitiveTypes.Uint64, arrow.PrimitiveTypes.Int64
	err = f.write(len(h.rows),
		values(arrow.PrimitiveTypes.Uint16, arcs.from), values(arrow.PrimitiveTypes.Uint16, arcs.to),
		values(u64, low), values(u64, high), values(u64, least), values(u64, most),
		values(i64, missing), values(i64, overlaps), values(u64, overlapLow), values(u64, overlapHigh),
		lists(octaveEnds, values(arrow.PrimitiveTypes.Uint8, octaves)), lists(countEnds, values(arrow.PrimitiveTypes.Uint32, counts)))
	if err != nil {
		return columnsFile{}, f.fail(err)
	}
	return f.finish()
}

// writeWaits counts the waits of the whole log, elapsed or in working time, and
// writes them.
func (l *Log) writeWaits(ctx context.Context, path string, working bool) (columnsFile, error) {
	h, err := l.countWaits(ctx, working)
	if err != nil {
		return columnsFile{}, err
	}
	return writeWaits(path, l.paths.links(len(l.labels)), h)
}

// lists makes lists of the values; offsets has one more than there are lists.
func lists(offsets []int64, child arrow.ArrayData) arrow.ArrayData {
	return array.NewData(arrow.LargeListOf(child.DataType()), len(offsets)-1,
		[]*memory.Buffer{nil, memory.NewBufferBytes(bytesOf(offsets))}, []arrow.ArrayData{child}, 0, 0)
}

// openWaits brings waits that were kept into the order of a log's arcs; arcs
// that came since have none yet.
func openWaits(rec arrow.RecordBatch, arcs *pathArcs) *histograms {
	number := make(map[[2]uint16]uint32, len(arcs.from))
	for a := range arcs.from {
		number[[2]uint16{arcs.from[a], arcs.to[a]}] = uint32(a)
	}
	u64 := func(i int) []uint64 { return rec.Column(i).(*array.Uint64).Uint64Values() }
	i64 := func(i int) []int64 { return rec.Column(i).(*array.Int64).Int64Values() }
	from, to := rec.Column(0).(*array.Uint16).Uint16Values(), rec.Column(1).(*array.Uint16).Uint16Values()
	low, high, least, most := u64(2), u64(3), u64(4), u64(5)
	missing, overlaps, overlapLow, overlapHigh := i64(6), i64(7), u64(8), u64(9)
	octaves, counts := rec.Column(10).(*array.LargeList), rec.Column(11).(*array.LargeList)
	octave, count := octaves.ListValues().(*array.Uint8).Uint8Values(), counts.ListValues().(*array.Uint32).Uint32Values()
	ends := octaves.Offsets()
	h := newHistograms(len(arcs.from))
	for i := range from {
		a, ok := number[[2]uint16{from[i], to[i]}]
		if !ok {
			continue // no path has it any more
		}
		r := &h.rows[a]
		r.sum, r.overlapSum = sum128{hi: high[i], lo: low[i]}, sum128{hi: overlapHigh[i], lo: overlapLow[i]}
		r.min, r.max, r.missing, r.overlaps = least[i], most[i], missing[i], overlaps[i]
		for j := ends[i]; j < ends[i+1]; j++ {
			copy(h.counts[h.place(r, int(octave[j]))][:], count[64*j:])
		}
	}
	return h
}
