package extract_test

import (
	"flag"
	"testing"

	"millrace/ingest/sourcetest"
)

// fewChecks makes laws draw fewer examples: each of them opens a dozen stores.
func fewChecks(t *testing.T, n string) {
	f := flag.Lookup("rapid.checks")
	if f == nil || f.Value.String() != f.DefValue {
		return // asked for
	}
	if err := f.Value.Set(n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
}

func TestLaw(t *testing.T) {
	fewChecks(t, "8")
	sourcetest.Law(t, sourcetest.NewMemory(nil))
}

func TestLawLive(t *testing.T) {
	fewChecks(t, "6")
	m := sourcetest.NewMemory(nil)
	m.Live = true
	sourcetest.Law(t, m)
}

func TestLawInOrder(t *testing.T) {
	fewChecks(t, "6")
	sourcetest.LawInOrder(t, sourcetest.NewMemory(nil))
}

func TestLawInOrderLive(t *testing.T) {
	fewChecks(t, "6")
	m := sourcetest.NewMemory(nil)
	m.Live = true
	sourcetest.LawInOrder(t, m)
}
