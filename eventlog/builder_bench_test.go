package eventlog_test

import (
	"flag"
	"runtime"
	"syscall"
	"testing"

	"millrace/eventlog"
	"millrace/sample-data/synthetic"
)

var builderEvents = flag.Int64("builder.events", 200_000, "events that BenchmarkBuilder puts together")

// builderBatch is how many rows a reader's batch has.
const builderBatch = 32_768

// BenchmarkBuilder puts a log together from batches that are in memory: in the
// order of time, as a system writes them down, with and without codes.
func BenchmarkBuilder(b *testing.B) {
	made, err := synthetic.New(synthetic.Options{Events: *builderEvents, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	var batches []*eventlog.Batch
	var cur *eventlog.Batch
	words := map[string]string{} // one string of many equal ones, as readers do
	word := func(s string) string {
		if w, ok := words[s]; ok {
			return w
		}
		words[s] = s
		return s
	}
	err = made.Read(func(in *eventlog.Batch) error {
		for i := range in.Len() {
			if cur == nil || cur.Len() == builderBatch {
				cur = &eventlog.Batch{}
				batches = append(batches, cur)
			}
			cur.Case = append(cur.Case, word(in.Case[i]))
			cur.Activity = append(cur.Activity, in.Activity[i])
			cur.Time = append(cur.Time, in.Time[i])
			cur.Resource = append(cur.Resource, in.Resource[i])
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	words = nil
	b.Run("plain", func(b *testing.B) { buildAll(b, batches) })
	for _, in := range batches {
		in.Codes = &eventlog.BatchCodes{Case: codesOf(in.Case), Activity: codesOf(in.Activity), Resource: codesOf(in.Resource)}
	}
	b.Run("codes", func(b *testing.B) { buildAll(b, batches) })
}

func buildAll(b *testing.B, batches []*eventlog.Batch) {
	before := cpu(b)
	for b.Loop() {
		runtime.GC()
		builder := eventlog.NewBuilder(eventlog.BuilderOptions{})
		for _, in := range batches {
			if err := builder.Add(in); err != nil {
				b.Fatal(err)
			}
		}
		l, err := builder.Log()
		if err != nil {
			b.Fatal(err)
		}
		if _, n := l.Size(); n != *builderEvents {
			b.Fatalf("%d events of %d", n, *builderEvents)
		}
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpu(b)-before)/float64(b.N), "cpu-s/op")
}

// codesOf numbers the values of a column in the order in which they come up.
func codesOf(column []string) eventlog.Codes {
	number := map[string]uint32{}
	out := eventlog.Codes{Of: make([]uint32, len(column))}
	for i, s := range column {
		n, ok := number[s]
		if !ok {
			n = uint32(len(out.Labels))
			number[s] = n
			out.Labels = append(out.Labels, s)
		}
		out.Of[i] = n
	}
	return out
}

// cpu is how many seconds the process has worked.
func cpu(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}
