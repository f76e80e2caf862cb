package eventlog

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"
)

// BenchmarkObjectFlow follows 300,000 objects of three types through a million
// events, 4 objects an event and 3.4 million pairs of both; ten orders go into
// each parcel.
func BenchmarkObjectFlow(b *testing.B) {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(b.TempDir(), "a.duckdb"), OpenOptions{Threads: runtime.GOMAXPROCS(0)})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	err = s.write(ctx, func(c *storeConn) error {
		for _, text := range []string{
			`INSERT INTO object (object, type, id, defined, source, load)
			 SELECT i + 1, CASE WHEN i < 100000 THEN 'Order' WHEN i < 290000 THEN 'Item' ELSE 'Parcel' END, 'o' || i, true, 's', 1 FROM range(300000) AS t(i)`,
			`INSERT INTO event (event, id, activity, time, precision, rank, source, sequence, load)
			 SELECT i + 1, i + 1, 'step ' || (i * 7919 % 23), to_timestamp(1700000000 + i * 13 % 40000000), 'exact', 0, 's', i, 1 FROM range(1000000) AS t(i)`,
			`INSERT INTO event_object (event, object, qualifier, load)
			 SELECT DISTINCT i + 1, CASE k WHEN 0 THEN i * 31 % 100000 WHEN 3 THEN 290000 + i * 31 % 100000 // 10 ELSE 100000 + (i * 31 % 100000 * 2 + k) % 190000 END + 1, '', 1
			 FROM range(1000000) AS t(i), range(4) AS u(k) WHERE k < 3 OR i % 2 = 0`,
		} {
			if err := c.exec(ctx, text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	var pairs int64
	err = s.session(ctx, func(c *storeConn) error {
		pairs, err = c.int(ctx, "SELECT count(*) FROM event_object")
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, x := range []struct {
		name string
		run  func() error
	}{
		{"flow", func() error { _, err := s.ObjectFlow(ctx, ObjectFlowOptions{}); return err }},
		{"exact", func() error { _, err := s.ObjectFlow(ctx, ObjectFlowOptions{Exact: true}); return err }},
		{"columns", func() error { return s.BuildSystemColumns(ctx, LogOptions{}) }}, // once: then they are there
		{"flow by columns", func() error { _, err := s.ObjectFlow(ctx, ObjectFlowOptions{}); return err }},
		{"exact by columns", func() error { _, err := s.ObjectFlow(ctx, ObjectFlowOptions{Exact: true}); return err }},
		{"graphs", func() error { _, err := s.ObjectGraphs(ctx, ObjectGraphOptions{}); return err }},
		{"graphs and lists", func() error { _, err := s.ObjectGraphs(ctx, ObjectGraphOptions{Limit: 100}); return err }},
	} {
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				if err := x.run(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(pairs), "pairs")
		})
	}
}
