package metrics_test

import (
	"testing"

	"millrace/metrics"
)

// TestExamples: what the definitions give as examples holds.
func TestExamples(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, k := range metrics.Catalogue() {
		if len(k.Examples) == 0 {
			t.Errorf("kpi %s: no example", k.Name)
		}
		if err := b.Check(t.Context(), k); err != nil {
			t.Error(err)
		}
	}
}
