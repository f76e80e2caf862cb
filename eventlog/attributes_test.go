package eventlog

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"
)

// What is not finite has one spelling, whether Go or the database writes it.
func TestInfinityHasOneSpelling(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	for _, x := range []struct {
		value float64
		sql   string
		want  string
	}{
		{math.Inf(1), "inf", "Infinity"},
		{math.Inf(-1), "-inf", "-Infinity"},
		{math.NaN(), "nan", "NaN"},
		{2.5, "2.5", "2.5"},
		{-3, "-3", "-3"},
	} {
		c := &Column{Name: "x", Type: Float, Float: []float64{x.value}}
		if got := c.ValueText(0); got != x.want {
			t.Errorf("Go: got %q, want %q", got, x.want)
		}
		var got []string
		err := s.session(t.Context(), func(c *storeConn) (err error) {
			got, err = c.strings(t.Context(), fmt.Sprintf("SELECT %s FROM (SELECT CAST('%s' AS DOUBLE) AS x)", storeAsText("DOUBLE", "x"), x.sql))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0] != x.want {
			t.Errorf("database: got %q, want %q", got, x.want)
		}
	}
}
