package xlsx

import (
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// BenchmarkXLSX writes 100,000 rows of five columns.
func BenchmarkXLSX(b *testing.B) {
	var rows []row
	for i := range 100_000 {
		rows = append(rows, row{fmt.Sprint("order ", i), of(int64(i)), of(float64(i) / 8), of(int64(1_700_000_000_000_000 + i*1_000_000)), of(i%2 == 0)})
	}
	for b.Loop() {
		if _, err := Write(b.Context(), io.Discard, Book{Tables: []Table{table(memory.DefaultAllocator, "cases", rows)}}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(rows)*b.N)/b.Elapsed().Seconds(), "rows/s")
}
