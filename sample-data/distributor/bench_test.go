package distributor

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// BenchmarkGenerate writes the default company, or one of MILLRACE_ORDERS orders.
func BenchmarkGenerate(b *testing.B) {
	orders, _ := strconv.ParseInt(os.Getenv("MILLRACE_ORDERS"), 10, 64)
	for _, format := range []string{CSV, Parquet} {
		b.Run(format, func(b *testing.B) {
			for b.Loop() {
				dir := filepath.Join(b.TempDir(), "company")
				sum, err := Generate(context.Background(), dir, Options{Orders: orders, Format: format})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(sum.Rows+sum.Truth)/b.Elapsed().Seconds(), "rows/s")
				if err := os.RemoveAll(dir); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
