package eventlog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// generatedObjects yields n events of n/10 orders with two items each, three
// relations an event, in batches of size.
func generatedObjects(n, size int) func(context.Context, func(*ObjectBatch) error) error {
	return func(_ context.Context, emit func(*ObjectBatch) error) error {
		for from := 0; from < n; from += size {
			b := &ObjectBatch{}
			price := Column{Name: "price", Type: Float}
			note := Column{Name: "note", Type: Text}
			for i := from; i < min(from+size, n); i++ {
				id, order := fmt.Sprintf("e%d", i), fmt.Sprintf("o%d", i/10)
				b.Events.ID = append(b.Events.ID, id)
				b.Events.Activity = append(b.Events.Activity, fmt.Sprintf("activity %d", i%10))
				b.Events.Time = append(b.Events.Time, int64(i)*1e6)
				price.Float = append(price.Float, float64(i)/4)
				note.Text = append(note.Text, fmt.Sprintf("note %d", i%1000))
				for _, o := range []string{order, order + "/1", order + "/2"} {
					x := &b.EventObject
					x.Event, x.Object, x.Qualifier = append(x.Event, id), append(x.Object, o), append(x.Qualifier, "of")
				}
				if i%10 > 0 {
					continue
				}
				for k, o := range []string{order, order + "/1", order + "/2"} {
					typ := []string{"order", "item", "item"}[k]
					b.Objects.Type, b.Objects.ID = append(b.Objects.Type, typ), append(b.Objects.ID, o)
					for at, attribute := range []string{"price", "price", "name"} {
						v := &b.Values
						v.Object, v.Attribute, v.Kind = append(v.Object, o), append(v.Attribute, attribute), append(v.Kind, []Type{Float, Float, Text}[at])
						v.Time, v.Value = append(v.Time, []int64{NoTime, int64(i), NoTime}[at]), append(v.Value, fmt.Sprint(i+at))
					}
					if k > 0 {
						x := &b.ObjectObject
						x.Source, x.Target, x.Qualifier = append(x.Source, o), append(x.Target, order), append(x.Qualifier, "item of")
					}
				}
			}
			b.Events.Attributes = []Column{price, note}
			if err := emit(b); err != nil {
				return err
			}
		}
		return nil
	}
}

// peak is the most memory the process has had, in MB.
func peak(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("no /proc here to read the peak memory from")
	}
	var kb float64
	for _, line := range strings.Split(string(text), "\n") {
		fmt.Sscanf(line, "VmHWM: %f", &kb)
	}
	return kb / 1024
}

// One million events of 300,000 objects: in, again, out, and flattened.
func BenchmarkObjects(b *testing.B) {
	const events = 1_000_000
	ctx := context.Background()
	path := filepath.Join(b.TempDir(), "s.duckdb")
	s := openStore(b, path)
	var staged *StagedObjects
	timed := func(name string, fn func() error) {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				if err := fn(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(peak(b), "peak-MB")
		})
	}
	timed("stage", func() (err error) {
		staged, err = StageObjects(ctx, path, ImportOptions{Log: "log"}, generatedObjects(events, 10_000), nil)
		return err
	})
	timed("merge", func() error { _, err := s.MergeObjects(ctx, staged); return err })
	timed("again", func() error { _, err := s.MergeObjects(ctx, staged); return err })
	timed("read", func() error {
		n := 0
		_, err := s.Objects(ctx, "log", func(o *ObjectBatch) error { n += len(o.Events.ID); return nil })
		if err == nil && n != events {
			err = fmt.Errorf("%d events", n)
		}
		return err
	})
	timed("flatten", func() error {
		l, err := s.LogOf(ctx, LogDefinition{Name: "log:order", CaseType: "log:order", Lifecycle: All}, LogOptions{})
		if err != nil {
			return err
		}
		return l.Close()
	})
	timed("cases", func() error {
		_, err := s.Cases(ctx, "log:order", LogOptions{}, func(*Batch) error { return nil })
		return err
	})
}
