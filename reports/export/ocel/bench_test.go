package ocel

import (
	"fmt"
	"io"
	"testing"

	"millrace/eventlog"
)

// BenchmarkForms writes 200,000 events with three relations and two attributes
// each, and 50,000 objects with three values and one relation each.
func BenchmarkForms(b *testing.B) {
	const events, objects, size = 200_000, 50_000, 10_000
	source := func(emit func(*eventlog.ObjectBatch) error) (eventlog.ObjectMeta, error) {
		for from := 0; from < events; from += size {
			var x eventlog.ObjectBatch
			cost := eventlog.Column{Name: "cost", Type: eventlog.Float}
			user := eventlog.Column{Name: "user"}
			for i := from; i < from+size; i++ {
				id := fmt.Sprint("e", i)
				x.Events.ID, x.Events.Activity = append(x.Events.ID, id), append(x.Events.Activity, "step "+id[len(id)-1:])
				x.Events.Time = append(x.Events.Time, 1_700_000_000_000_000+int64(i)*1_000_000)
				cost.Float, user.Text = append(cost.Float, float64(i)/4), append(user.Text, "ann")
				for k := range 3 {
					r := &x.EventObject
					r.Event, r.Object, r.Qualifier = append(r.Event, id), append(r.Object, fmt.Sprint("o", (i+k)%objects)), append(r.Qualifier, "of")
				}
			}
			x.Events.Attributes = []eventlog.Column{cost, user}
			if err := emit(&x); err != nil {
				return eventlog.ObjectMeta{}, err
			}
		}
		for from := 0; from < objects; from += size {
			var x eventlog.ObjectBatch
			for i := from; i < from+size; i++ {
				id := fmt.Sprint("o", i)
				x.Objects.Type, x.Objects.ID = append(x.Objects.Type, "order"), append(x.Objects.ID, id)
				for k := range 3 {
					v := &x.Values
					v.Object, v.Attribute, v.Time = append(v.Object, id), append(v.Attribute, fmt.Sprint("a", k)), append(v.Time, eventlog.NoTime)
					v.Kind, v.Value = append(v.Kind, eventlog.Int), append(v.Value, "42")
				}
				r := &x.ObjectObject
				r.Source, r.Target = append(r.Source, id), append(r.Target, "o0")
			}
			if err := emit(&x); err != nil {
				return eventlog.ObjectMeta{}, err
			}
		}
		return eventlog.ObjectMeta{Version: "2.0"}, nil
	}
	for _, form := range []Form{JSON, XML, SQLite} {
		b.Run(string(form), func(b *testing.B) {
			for b.Loop() {
				if _, err := Write(b.Context(), io.Discard, form, source, Options{TempDir: b.TempDir()}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
