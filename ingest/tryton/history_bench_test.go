package tryton

import (
	"fmt"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/folder"
)

// processor is how many seconds of it this process has taken.
func processor(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// logged are entries of the audit log, more than the sample has.
type logged struct {
	name  string
	entry func(i int) (second int, event, resource, target string)
}

var histories = []logged{
	// One order, changed and moved on all the time.
	{"one order", func(i int) (int, string, string, string) {
		event, target := "write", "comment"
		if i%3 == 0 {
			event, target = "transition", "state:quotation"
		}
		return i, event, "sale.sale,1", target
	}},
	// The same, in one transaction.
	{"one transaction", func(i int) (int, string, string, string) { return 0, "write", "sale.sale,1", "comment" }},
	// One transaction that moves an order on and deletes deliveries.
	{"deletions", func(i int) (int, string, string, string) {
		if i%2 == 0 {
			return 0, "transition", "sale.sale,1", "state:processing"
		}
		return 0, "transition", fmt.Sprint("stock.shipment.out,", 900_000+i), "state:waiting"
	}},
	// Five entries each, of orders that are there no more.
	{"many orders", func(i int) (int, string, string, string) {
		return i, "transition", fmt.Sprint("sale.sale,", 900_000+i/5), "state:quotation"
	}},
}

// BenchmarkHistory maps the sample with entries more in its audit log, and then
// refreshes the business views. What counts is how much more an entry takes
// among many than among few, in one run: 1 is what it ought to be at most.
func BenchmarkHistory(b *testing.B) {
	for _, h := range histories {
		b.Run(h.name, func(b *testing.B) {
			for range b.N {
				_, _ = h.load(b, 0) // what is done but once
				base, baseViews := h.load(b, 0)
				least, leastViews := 0.0, 0.0
				for _, n := range []int{1_000, 10_000, 50_000} {
					mapped, views := h.load(b, n)
					each, eachView := max(mapped-base, 0)/float64(n), max(views-baseViews, 0)/float64(n)
					b.Logf("%d entries: mapping %.2f s, views %.2f s of the processor", n, mapped, views)
					if n == 10_000 {
						least, leastViews = each, eachView
					}
					if n == 50_000 {
						b.ReportMetric(each/least, "mapping-50k/10k")
						b.ReportMetric(eachView/max(leastViews, 1e-9), "views-50k/10k")
						b.ReportMetric(mapped, "mapping-s")
						b.ReportMetric(views, "views-s")
					}
				}
			}
		})
	}
}

// load loads the sample with n entries, and says what merging and the views took.
func (h logged) load(b *testing.B, n int) (mapped, views float64) {
	dir, path := sampleDir(b), storeIn(b)
	file := filepath.Join(dir, "ir_model_log.csv")
	rows := readCSV(b, file)
	for i := range n {
		second, event, resource, target := h.entry(i)
		entry := map[string]string{"id": strconv.Itoa(1_000_000 + i), "create_uid": "1", "user": "1", "event": event, "resource": resource, "target": target,
			"create_date": fmt.Sprintf("2027-%02d-%02d %02d:%02d:%02d.5", second/2_419_200+1, second/86_400%28+1, second/3600%24, second/60%60, second%60)}
		var row []string
		for _, c := range rows[0] {
			row = append(row, entry[c])
		}
		rows = append(rows, row)
	}
	writeCSV(b, file, rows)
	sys := System()
	sys.Origin = dir
	tables, err := folder.Open(b.Context(), dir, sys, true)
	if err != nil {
		b.Fatal(err)
	}
	staged, err := eventlog.StageTables(b.Context(), path, *sys, tables.Rows, eventlog.ExtractOptions{Content: tables.Content, Names: eventlog.Names{Keep: true}})
	if err != nil {
		b.Fatal(err)
	}
	s, err := eventlog.Open(b.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		b.Fatal(err)
	}
	start := processor(b)
	r, err := s.MergeTables(b.Context(), staged)
	if err != nil {
		b.Fatal(err)
	}
	mapped = processor(b) - start
	if r.RowsRejected > 0 || r.Events.New < int64(n)/4 {
		b.Fatalf("%+v", r)
	}
	start = processor(b)
	if _, err := s.Derive(b.Context(), o2c.Refresh()); err != nil {
		b.Fatal(err)
	}
	views = processor(b) - start
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	if err := staged.Discard(); err != nil {
		b.Fatal(err)
	}
	return mapped, views
}
