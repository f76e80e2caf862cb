package eventlog

import "testing"

func TestParseMemory(t *testing.T) {
	for text, want := range map[string]Memory{
		"": 0, "2GB": 2e9, " 1.5 GiB ": 3 << 29, "800mb": 8e8, "1g": 1e9, "1073741824b": 1 << 30,
		"2": -1, "much": -1, "GB": -1, "-2GB": -1, "NaNGB": -1, "infGB": -1, "100MB": -1, "9999999TB": -1,
	} {
		got, err := ParseMemory(text)
		if want < 0 {
			if err == nil {
				t.Errorf("%q is taken for %d", text, got)
			}
		} else if got != want || err != nil {
			t.Errorf("%q: got %d, %v; want %d", text, got, err, want)
		}
	}
}

// DuckDB and Go together take less than the whole: neither counts everything.
func TestMemoryShares(t *testing.T) {
	s := openStore(t, t.TempDir()+"/a.duckdb")
	s.Close()
	m := Memory(2 << 30)
	if m.duckdb() != "921MiB" || m.Heap() > int64(m)/2 {
		t.Errorf("DuckDB %s, Go %d", m.duckdb(), m.Heap())
	}
	s, err := Open(t.Context(), s.Path(), OpenOptions{Memory: m})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.session(t.Context(), func(c *storeConn) error {
		got, err := c.strings(t.Context(), "SELECT current_setting('memory_limit')")
		if err == nil && got[0] != "921.0 MiB" {
			t.Errorf("DuckDB takes %s", got[0])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := m.slots(8, 16, caseSlots); n != 1<<24 {
		t.Errorf("%d cases at once", n)
	}
}
