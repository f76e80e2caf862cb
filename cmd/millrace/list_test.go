package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

// A bill is a row of a list of receivables, in cents.
type bill struct {
	number             int
	date, due, settled time.Time
	cents              int64
	disputed           bool
}

// bills makes a list as a shared-services centre exports it: two years, all settled in the end, early or late.
func bills(n int) (list []bill) {
	dice := rand.New(rand.NewPCG(2466, 1))
	for i := range n {
		b := bill{number: 611365 + i*7, date: time.Date(2012, 1, 3+dice.IntN(700), 0, 0, 0, 0, time.UTC), cents: 526 + dice.Int64N(12_000), disputed: dice.IntN(5) == 0}
		b.due = b.date.AddDate(0, 0, 30)
		b.settled = b.date.AddDate(0, 0, max(0, 27+int(dice.NormFloat64()*13)))
		list = append(list, b)
	}
	return list
}

func listText(list []bill) string {
	var b strings.Builder
	b.WriteString("countryCode,customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate,PaperlessBill,DaysToSettle,DaysLate\n")
	for _, x := range list {
		disputed := "No"
		if x.disputed {
			disputed = "Yes"
		}
		days := int(x.settled.Sub(x.date).Hours() / 24)
		fmt.Fprintf(&b, "391,%04d-KABNW,4/6/2013,%d,%s,%s,%d.%02d,%s,%s,Paper,%d,%d\n", x.number%100, x.number, x.date.Format("1/2/2006"), x.due.Format("1/2/2006"),
			x.cents/100, x.cents%100, disputed, x.settled.Format("1/2/2006"), days, max(0, days-30))
	}
	return b.String()
}

// A plainLedger computes figures from the rows by loops, a row after the other.
type plainLedger []bill

// ar is what is open at the end of a day, and what of it is due before the day.
func (l plainLedger) ar(day time.Time) (open, due int64) {
	for _, b := range l {
		if !b.date.After(day) && b.settled.After(day) {
			open += b.cents
			if b.due.Before(day) {
				due += b.cents
			}
		}
	}
	return open, due
}

// sold is what was invoiced from a day to another, both included.
func (l plainLedger) sold(from, to time.Time) (sum int64) {
	for _, b := range l {
		if !b.date.Before(from) && !b.date.After(to) {
			sum += b.cents
		}
	}
	return sum
}

func (l plainLedger) figures(end time.Time) map[string]float64 {
	first := time.Date(end.Year(), end.Month(), 1, 0, 0, 0, 0, time.UTC)
	three := first.AddDate(0, -2, 0)
	days := func(from time.Time) float64 { return end.Sub(from).Hours()/24 + 1 }
	open, due := l.ar(end)
	before, _ := l.ar(first.AddDate(0, 0, -1))
	sales := l.sold(first, end)
	f := map[string]float64{
		"ar.balance":        float64(open) / 100,
		"dso.simple":        float64(open) / float64(sales) * days(first),
		"dso.rolling3":      float64(open) / float64(l.sold(three, end)) * days(three),
		"dso.best_possible": float64(open-due) / float64(sales) * days(first),
		"add":               float64(due) / float64(sales) * days(first),
		"cei":               100 * float64(before+sales-open) / float64(before+sales-(open-due)),
	}
	// A month's sales after the other, the newest first, until they are all that is open.
	rest := open
	for month, last := first, end; rest > 0; month, last = month.AddDate(0, -1, 0), month.AddDate(0, 0, -1) {
		in := last.Sub(month).Hours()/24 + 1
		if sold := l.sold(month, last); sold > rest {
			f["dso.countback"] += in * float64(rest) / float64(sold)
			rest = 0
		} else {
			f["dso.countback"] += in
			rest -= sold
		}
	}
	issued, disputed := 0, 0
	for _, b := range l {
		if !b.date.Before(first) && !b.date.After(end) {
			issued++
			if b.disputed {
				disputed++
			}
		}
		if b.date.After(end) || !b.settled.After(end) {
			continue
		}
		bucket := "not due"
		if late := int(end.Sub(b.due).Hours() / 24); late > 0 {
			bucket = []string{"1-30", "31-60", "61-90", "91-120", ">120"}[min((late-1)/30, 4)]
		}
		f["ar.aging "+bucket] += float64(b.cents) / 100
	}
	f["disp.rate.invoices"] = float64(disputed) / float64(issued)
	return f
}

// A list of the size and shape of a real one gives at five month ends what
// loops over its rows give.
func TestListAgainstLoops(t *testing.T) {
	t.Chdir(t.TempDir())
	list := bills(2466)
	if err := os.WriteFile("ar.csv", []byte(listText(list)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("millrace.yaml", []byte("sources: {ar: {receivables: {path: ar.csv, currency: USD}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := millrace(t, "ingest"); !strings.Contains(out, "2,466 new") || !strings.Contains(out, " 0 rejected") {
		t.Fatalf("ingest:\n%s", out)
	}
	for _, day := range []string{"2012-06-30", "2012-12-31", "2013-02-28", "2013-06-30", "2013-11-30"} {
		end, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			KPIs []struct {
				Name  string
				By    map[string]string
				Value *float64
			}
		}
		text := millrace(t, "kpi", "dso.simple", "dso.rolling3", "dso.countback", "dso.best_possible", "add", "cei", "ar.balance", "ar.aging", "disp.rate.invoices",
			"--as-of", day, "--from", day[:8]+"01", "--period", "month", "--json")
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		want := plainLedger(list).figures(end)
		for _, k := range got.KPIs {
			name := strings.TrimSpace(k.Name + " " + k.By["past_due"])
			w, ok := want[name]
			got := math.NaN()
			if k.Value != nil {
				got = *k.Value
			}
			if !ok || !(math.Abs(got-w) <= 1e-6) {
				t.Errorf("%s: %s: %v, want %v", day, name, got, w)
			}
			delete(want, name)
		}
		if len(want) > 0 {
			t.Errorf("%s: not there: %v", day, want)
		}
	}
}
