package metrics_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/metrics"
)

// never is the day after all days, as of which a book is complete.
const never = "9990-01-01"

// drawBook makes the receivables of some customers up: invoices in two
// currencies, with and without due dates, some cancelled, some disputed;
// credits, residuals, partial and reversed applications, write-offs.
func drawBook(t *rapid.T) *book {
	b := &book{invoiceOf: map[string]row{}, settlements: map[string][]settlement{}}
	begin := metrics.Day("2023-12-20")
	day := func(from metrics.Day, span int, name string) metrics.Day {
		return from.Add(rapid.IntRange(0, span).Draw(t, name))
	}
	for c := range rapid.IntRange(1, 4).Draw(t, "customers") {
		customer := fmt.Sprintf("c%d", c)
		currency := rapid.SampledFrom([]string{"EUR", "GBP"}).Draw(t, "currency")
		for range rapid.IntRange(0, 6).Draw(t, "entries") {
			kind := rapid.SampledFrom([]string{"INV", "INV", "INV", "INV", "CRM", "RES"}).Draw(t, "kind")
			posted := day(begin, 130, "posted")
			amount := int64(rapid.IntRange(1, 90).Draw(t, "amount")) * 10000 // cents; parts of a hundred are whole
			due := ""
			if rapid.IntRange(0, 7).Draw(t, "dueless") > 0 {
				due = string(day(posted, 45, "due"))
			}
			if kind == "CRM" {
				amount = -amount
			}
			e := b.enter(kind, customer, currency, string(posted), due, amount)
			if kind == "INV" && rapid.IntRange(0, 5).Draw(t, "cancelled") == 0 {
				b.cancel(e, string(day(posted, 40, "cancelled on")))
				continue
			}
			left := amount
			for range rapid.IntRange(0, 3).Draw(t, "applications") {
				part := left / 10000 * int64(rapid.IntRange(1, 4).Draw(t, "quarters")) / 4 * 10000
				if part == 0 {
					continue
				}
				on := day(posted, 70, "applied on")
				reversed := ""
				if rapid.IntRange(0, 3).Draw(t, "reversed") == 0 {
					reversed = string(day(on, 30, "reversed on"))
				} else {
					left -= part
				}
				b.settle(rapid.SampledFrom([]string{"cash", "cash", "write_off", "discount"}).Draw(t, "by"), e, part, string(on), reversed)
			}
			if kind == "INV" && rapid.IntRange(0, 3).Draw(t, "disputed") == 0 {
				opened := day(posted, 30, "opened on")
				closed := ""
				if rapid.Bool().Draw(t, "closed") {
					closed = string(day(opened, 40, "closed on"))
				}
				i := b.invoiceOf[e["entry_no"]]
				b.disputes = append(b.disputes, row{"case_no": fmt.Sprint(len(b.disputes) + 1), "invoice_no": i["invoice_no"], "customer_no": customer, "currency": currency,
					"reason": "price", "disputed": "1.00", "credited": "0.00", "opened_at": string(opened), "closed_at": closed})
			}
		}
	}
	return b
}

func money(cents int64) string {
	return map[bool]string{true: "-", false: ""}[cents < 0] + fmt.Sprintf("%d.%02d", max(cents, -cents)/100, max(cents, -cents)%100)
}

func (b *book) enter(kind, customer, currency, posted, due string, cents int64) row {
	e := row{"entry_no": fmt.Sprint(len(b.entries) + 1), "kind": kind, "customer_no": customer, "currency": currency, "posting_date": posted, "due_date": due, "amount": money(cents)}
	b.entries = append(b.entries, e)
	i := row{"invoice_no": "i" + e["entry_no"], "kind": map[string]string{"INV": "invoice", "CAN": "cancellation", "CRM": "credit_memo", "RES": "residual"}[kind],
		"customer_no": customer, "currency": currency, "orders": "1", "gross": money(cents), "terms_days": "30", "posted_at": posted, "created_at": posted}
	b.invoices = append(b.invoices, i)
	b.invoiceOf[e["entry_no"]] = i
	return e
}

func (b *book) settle(kind string, e row, cents int64, on, reversed string) row {
	a := row{"application_no": fmt.Sprint(len(b.applications) + 1), "kind": kind, "entry_no": e["entry_no"], "amount": money(cents), "applied_at": on, "reversed_at": reversed, "by": "person"}
	b.applications = append(b.applications, a)
	b.settlements[e["entry_no"]] = append(b.settlements[e["entry_no"]], settlement{a, cents})
	return a
}

// cancel enters an invoice's cancellation and sets the two off.
func (b *book) cancel(e row, on string) {
	amount := e.cents("amount")
	c := b.enter("CAN", e["customer_no"], e["currency"], on, on, -amount)
	b.invoiceOf[e["entry_no"]]["cancelled_at"] = on
	a := b.settle("set_off", e, amount, on, "")
	a["offset_entry_no"] = c["entry_no"]
	b.settlements[c["entry_no"]] = append(b.settlements[c["entry_no"]], settlement{a, -amount})
}

// shift is the book n days later.
func (b *book) shift(n int) *book {
	moved := &book{invoiceOf: map[string]row{}, settlements: map[string][]settlement{}}
	twin := map[string]row{} // by number, as rows are shared
	one := func(r row) row {
		c := maps.Clone(r)
		for _, k := range []string{"posting_date", "due_date", "applied_at", "reversed_at", "posted_at", "created_at", "cancelled_at", "opened_at", "closed_at"} {
			if c[k] != "" {
				c[k] = metricsDay(c[k], n)
			}
		}
		return c
	}
	for _, e := range b.entries {
		moved.entries = append(moved.entries, one(e))
	}
	for _, i := range b.invoices {
		twin[i["invoice_no"]] = one(i)
		moved.invoices = append(moved.invoices, twin[i["invoice_no"]])
	}
	for no, i := range b.invoiceOf {
		moved.invoiceOf[no] = twin[i["invoice_no"]]
	}
	for _, a := range b.applications {
		twin["a"+a["application_no"]] = one(a)
		moved.applications = append(moved.applications, twin["a"+a["application_no"]])
	}
	for no, list := range b.settlements {
		for _, s := range list {
			moved.settlements[no] = append(moved.settlements[no], settlement{twin["a"+s.app["application_no"]], s.amount})
		}
	}
	for _, d := range b.disputes {
		moved.disputes = append(moved.disputes, one(d))
	}
	return moved
}

// fill makes the business views hold the book as it is in the end.
func (b *book) fill(t failer, s *eventlog.Scratch) {
	t.Helper()
	null := func(text string) string {
		if text == "" {
			return "NULL"
		}
		return "'" + text + "'"
	}
	insert := func(view, columns string, rows []string) {
		if len(rows) == 0 {
			return
		}
		if err := s.Exec(context.Background(), fmt.Sprintf("INSERT INTO o2c.%s (%s) VALUES (%s)", view, columns, strings.Join(rows, "), ("))); err != nil {
			t.Fatal(err)
		}
	}
	var entries, applications, invoices, disputes []string
	kinds := map[string]string{"INV": "invoice", "CAN": "cancellation", "CRM": "credit_memo", "RES": "residual"}
	for _, e := range b.entries {
		open := b.open(e, never)
		on, by := b.cleared(e, never)
		if by == "set_off" {
			by = "reversal" // there are no others
		}
		late := "NULL"
		if on != "" && e["due_date"] != "" {
			late = fmt.Sprint(days(e["due_date"], on))
		}
		var from, to string
		for _, d := range b.disputes {
			if d["invoice_no"] == b.invoiceOf[e["entry_no"]]["invoice_no"] {
				from, to = d["opened_at"], d["closed_at"]
			}
		}
		entries = append(entries, strings.Join([]string{e["entry_no"], null("e" + e["entry_no"]), null(b.invoiceOf[e["entry_no"]]["invoice_no"]), null(e["customer_no"]), null(kinds[e["kind"]]),
			null(e["posting_date"]), null(e["due_date"]), e["amount"], null(e["currency"]), money(e.cents("amount") - open), money(open), fmt.Sprint(open == 0), null(on), null(by), late, null(from), null(to)}, ", "))
		for _, x := range b.settlements[e["entry_no"]] {
			how := x.app["kind"]
			if how == "set_off" {
				how = "reversal"
			}
			cash := int64(0)
			if how == "cash" {
				cash = x.amount
			}
			applications = append(applications, strings.Join([]string{x.app["application_no"], null("a" + x.app["application_no"]), e["entry_no"], null("e" + e["entry_no"]), null(how), money(x.amount), money(cash),
				null(e["currency"]), null(x.app["applied_at"]), null(x.app["applied_at"]), null(x.app["reversed_at"]), null(x.app["reversed_at"]), fmt.Sprint(x.app["reversed_at"] != "")}, ", "))
		}
	}
	for _, i := range b.invoices {
		invoices = append(invoices, strings.Join([]string{null(i["invoice_no"]), null(i["kind"]), null(i["customer_no"]), null(i["posted_at"]), i["gross"], null(i["currency"]), null(i["cancelled_at"]), fmt.Sprint(i["cancelled_at"] != "")}, ", "))
	}
	for _, d := range b.disputes {
		disputes = append(disputes, strings.Join([]string{null("d" + d["case_no"]), null(d["opened_at"]), null(d["closed_at"]), d["disputed"], null(d["currency"])}, ", "))
	}
	insert("receivable_entries", "entry_object, entry_id, invoice_id, customer_id, kind, posting_date, due_date, amount, currency, settled_amount, open_amount, is_cleared, cleared_on, clearing_kind, days_late, disputed_from, disputed_to", entries)
	insert("applications", "application_object, application_id, entry_object, entry_id, kind, amount, cash_amount, currency, applied_at, applied_on, reversed_at, reversed_on, is_reversed", applications)
	insert("invoices", "invoice_id, kind, customer_id, posted_at, gross_amount, currency, cancelled_at, is_cancelled", invoices)
	insert("disputes", "dispute_id, opened_at, closed_at, disputed_amount, currency", disputes)
	last := "2023-12-20"
	for _, r := range slices.Concat(b.entries, b.applications, b.disputes, b.invoices) {
		for _, k := range []string{"posting_date", "applied_at", "reversed_at", "opened_at", "closed_at", "cancelled_at"} {
			last = max(last, r[k])
		}
	}
	if err := s.Exec(context.Background(), fmt.Sprintf("DELETE FROM o2c.horizon; INSERT INTO o2c.horizon (first_at, last_at, first_day, last_day) SELECT NULL, TIMESTAMPTZ '%s 12:00:00+00', min(posting_date), DATE '%s' FROM o2c.receivable_entries", last, last)); err != nil {
		t.Fatal(err)
	}
}

// evaluated are the figures of a book.
func (b *book) evaluated(t *rapid.T, s *eventlog.Scratch, kpis []*metrics.KPI, o metrics.Options, fn func(q metrics.Querier)) map[string]float64 {
	t.Helper()
	got := map[string]float64{}
	err := s.Try(context.Background(), func(s *eventlog.Scratch) error {
		b.fill(t, s)
		if fn != nil {
			fn(s.Query)
		}
		values, err := metrics.Evaluate(context.Background(), s.Query, kpis, o)
		for _, v := range values {
			key := v.KPI.Name
			for _, l := range v.By {
				key += " " + l.Value
			}
			if v.Known() && (v.N > 0 || v.V != 0) { // of nothing, it is zero in whatever currency
				got[key] = v.V
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func lawStore(t *testing.T) *eventlog.Scratch {
	t.Helper()
	s, err := eventlog.OpenScratch(t.Context(), o2c.Refresh())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func kpisNamed(match func(*metrics.KPI) bool) (list []*metrics.KPI) {
	for _, k := range metrics.Catalogue() {
		if match(k) {
			list = append(list, k)
		}
	}
	return list
}

func ofLedger(k *metrics.KPI) bool {
	return k.Kind == metrics.ReceivablesKind || strings.HasPrefix(k.Name, "ar.") && k.Kind != metrics.SQLKind || k.Name == "days_late" || k.Name == "disp.open_rate"
}

// near compares the figures of two books.
func near(t *rapid.T, law string, want, got map[string]float64) {
	t.Helper()
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if g, ok := got[k]; !ok || math.Abs(g-want[k]) > 1e-9*max(1, math.Abs(want[k])) {
			t.Errorf("%s: %s is %v, was %v", law, k, got[k], want[k])
		}
	}
	if len(want) != len(got) {
		t.Errorf("%s: %d figures, were %d: %v, %v", law, len(got), len(want), slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

var monthEnds = []string{"2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"}

// A ledger's figures, in all and by customer, are what loops over its rows
// give; the ages add up to the receivables, the best possible days and those
// of delinquency to the simple ones, and what moved leads from opening to closing.
func TestLedgerLaws(t *testing.T) {
	s := lawStore(t)
	kpis := kpisNamed(ofLedger)
	oldest := func(b *book, last string) string { // what is used
		day := last
		for _, e := range b.entries {
			if e.cents("amount") > 0 && !b.cancelled(e, last) {
				day = min(day, e["posting_date"])
			}
		}
		return day
	}
	rapid.Check(t, func(rt *rapid.T) {
		b := drawBook(rt)
		last := rapid.SampledFrom(monthEnds).Draw(rt, "as of")
		first := last[:8] + "01"
		by := rapid.SampledFrom([]string{"", "customer"}).Draw(rt, "by")
		o := metrics.Options{Grain: metrics.ByMonth, From: metrics.Day(first), To: metrics.Day(last), AsOf: metrics.Day(last)}
		if by != "" {
			o.By = []string{by}
		}
		roll := kpisNamed(func(k *metrics.KPI) bool { return k.Name == "ar.rollforward" })
		b.evaluated(rt, s, nil, o, func(q metrics.Querier) {
			compareMoney(rt, q, kpis, o, b.figures(first, last, last, by), first, last, oldest(b, last), map[string]int{}, nil)
			values, err := metrics.Evaluate(context.Background(), q, append(kpis, roll...), metrics.Options{Grain: o.Grain, From: o.From, To: o.To, AsOf: o.AsOf})
			if err != nil {
				rt.Fatal(err)
			}
			sums := map[string]float64{}
			for _, v := range values {
				if v.Known() {
					sums[v.KPI.Name+" "+v.Currency] += v.V
				}
				if l := v.By; len(l) > 1 && l[1].Value == "closing" {
					sums["closing "+v.Currency] += v.V
				}
			}
			for _, c := range []string{"EUR", "GBP"} {
				for _, x := range []struct {
					law  string
					a, b float64
				}{
					{"ages", sums["ar.balance "+c], sums["ar.aging "+c]},
					{"best possible and delinquent days", sums["dso.simple "+c], sums["dso.best_possible "+c] + sums["add "+c]},
					{"opening and what moved", sums["ar.rollforward "+c], 2 * sums["closing "+c]},
					{"closing", sums["ar.net "+c], sums["closing "+c]},
				} {
					if math.Abs(x.a-x.b) > 1e-6*max(1, math.Abs(x.a)) {
						rt.Errorf("%s %s: %v and %v", c, x.law, x.a, x.b)
					}
				}
				if n := sums["dso.countback "+c]; n < 0 || n > float64(days(oldest(b, last)[:8]+"01", last)+1) {
					rt.Errorf("%s: count back gives %v days", c, n)
				}
			}
		})
	})
}

// What changes nothing: an invoice with its own cancellation, splitting an
// invoice, and the same a number of days later.
func TestLedgerInvariance(t *testing.T) {
	s := lawStore(t)
	kpis := kpisNamed(ofLedger)
	rapid.Check(t, func(rt *rapid.T) {
		b := drawBook(rt)
		last := rapid.SampledFrom(monthEnds[2:]).Draw(rt, "as of")
		first := last[:8] + "01"
		o := metrics.Options{From: metrics.Day(first), To: metrics.Day(last), AsOf: metrics.Day(last)}
		want := b.evaluated(rt, s, kpis, o, nil)
		for k := range want {
			if !strings.HasSuffix(k, " EUR") && !strings.HasSuffix(k, " GBP") {
				rt.Errorf("%s is of no currency", k)
			}
		}
		switch law := rapid.SampledFrom([]string{"cancelled", "split", "shifted", "shifted by 28 years", "converted"}).Draw(rt, "law"); law {
		case "cancelled":
			if len(b.entries) == 0 {
				return
			}
			twin := rapid.SampledFrom(b.entries).Draw(rt, "like") // of a currency and month that are there
			posted := max(twin["posting_date"], b.entries[0]["posting_date"])
			if posted > last || twin["kind"] != "INV" {
				return
			}
			b.cancel(b.enter("INV", twin["customer_no"], twin["currency"], posted, posted, 777700), last)
			near(rt, law, want, b.evaluated(rt, s, kpis, o, nil))
		case "split":
			b.split(rt)
			near(rt, law, want, b.evaluated(rt, s, kpis, o, nil))
		case "shifted":
			n := rapid.IntRange(-400, 400).Draw(rt, "days")
			o.From, o.To, o.AsOf = o.From.Add(n), o.To.Add(n), o.AsOf.Add(n)
			got := b.shift(n).evaluated(rt, s, kpis, o, nil)
			for _, m := range []map[string]float64{want, got} { // these go by calendar months
				maps.DeleteFunc(m, func(k string, _ float64) bool {
					return strings.HasPrefix(k, "dso.rolling3") || strings.HasPrefix(k, "dso.countback") || strings.HasPrefix(k, "dso.true")
				})
			}
			if oldest := b.entries; len(oldest) > 0 && slices.ContainsFunc(b.entries, func(e row) bool { return e["posting_date"] < first }) {
				near(rt, law, want, got)
			}
		case "converted":
			all := b.shift(0)
			for _, r := range slices.Concat(all.entries, all.applications, all.invoices, all.disputes) {
				if r["currency"] == "GBP" || r["entry_no"] != "" && b.currencyOf(r["entry_no"]) == "GBP" {
					for _, k := range []string{"amount", "gross", "disputed"} {
						if r[k] != "" {
							r[k] = money(2 * r.cents(k))
						}
					}
				}
			}
			for no, list := range all.settlements {
				for i := range list {
					if b.currencyOf(no) == "GBP" {
						list[i].amount *= 2
					}
				}
			}
			for _, r := range slices.Concat(all.entries, all.invoices, all.disputes) {
				r["currency"] = "EUR"
			}
			o.Currency, o.Rates = "EUR", readRates(rt, "2000-01-01,GBP,EUR,2\n")
			got := b.evaluated(rt, s, kpis, o, nil)
			o.Currency, o.Rates = "", nil
			near(rt, law, all.evaluated(rt, s, kpis, o, nil), got)
		default:
			n := 28*365 + 7 // the same months and weekdays again
			o.From, o.To, o.AsOf = o.From.Add(n), o.To.Add(n), o.AsOf.Add(n)
			near(rt, law, want, b.shift(n).evaluated(rt, s, kpis, o, nil))
		}
	})
}

func (b *book) currencyOf(entry string) string {
	return b.entries[slices.IndexFunc(b.entries, func(e row) bool { return e["entry_no"] == entry })]["currency"]
}

func readRates(t failer, rows string) *metrics.Rates {
	t.Helper()
	r, err := metrics.ReadRates(strings.NewReader("date,from,to,rate\n" + rows))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Amounts of a ledger are converted at the rate of the day at whose end it is
// looked at, those of its beginning too; what flowed, at the rate of its day;
// and what has no rate is left out and told.
func TestLedgerConversion(t *testing.T) {
	s := lawStore(t)
	b := &book{invoiceOf: map[string]row{}, settlements: map[string][]settlement{}}
	b.enter("INV", "c1", "EUR", "2024-02-10", "2024-03-10", 10000)
	b.enter("INV", "c2", "GBP", "2024-02-10", "2024-03-31", 20000)
	b.settle("write_off", b.enter("INV", "c2", "GBP", "2024-03-05", "2024-03-20", 10000), 5000, "2024-03-20", "")
	b.enter("INV", "c3", "SEK", "2024-03-05", "2024-03-20", 700000)
	b.fill(t, s)
	kpis := kpisNamed(func(k *metrics.KPI) bool { return ofLedger(k) || k.Name == "bad_debt_rate" || k.Name == "dso.target" })
	o := metrics.Options{From: "2024-03-01", To: "2024-03-31", AsOf: "2024-03-31", Currency: "EUR",
		Rates: readRates(t, "2024-01-01,GBP,EUR,1.2\n2024-03-15,GBP,EUR,1.5\n2024-04-01,GBP,EUR,9\n")}
	values, err := metrics.Evaluate(t.Context(), s.Query, kpis, o)
	if err != nil {
		t.Fatal(err)
	}
	// at 1.5: AR 100 + 300 + 75, sales of March 150, of three months 550, AR before 100 + 300, not due 300
	want := map[string]float64{"ar.balance": 475, "ar.net": 475, "ar.overdue_rate": 175. / 475, "dso.simple": 475. / 150 * 31, "dso.rolling3": 475. / 550 * 60,
		"dso.best_possible": 300. / 150 * 31, "add": 175. / 150 * 31, "cei": 100 * (400 + 150 - 475.) / (400 + 150 - 300), "ar.turnover": 150 / ((400 + 475.) / 2),
		"bad_debt_rate": 50 * 1.5 / (100 * 1.2)} // sold on the 5th, written off on the 20th
	for _, v := range values {
		x, ok := want[v.KPI.Name]
		if !ok {
			continue
		}
		delete(want, v.KPI.Name)
		if math.Abs(v.V-x) > 1e-9 || v.Currency != "EUR" || !slices.ContainsFunc(v.Excluded, func(e metrics.Exclusion) bool { return e.Reason == "without an exchange rate" && e.N == 1 }) {
			t.Errorf("%v: want %v, and one entry in SEK left out", v, x)
		}
	}
	if len(want) > 0 {
		t.Errorf("no figures of %v", want)
	}
}

// split makes two of an entry, and of all that was done to it.
func (b *book) split(t *rapid.T) {
	var whole []row
	for _, e := range b.entries {
		if i := b.invoiceOf[e["entry_no"]]; e["kind"] == "INV" && i["cancelled_at"] == "" {
			whole = append(whole, e)
		}
	}
	if len(whole) == 0 {
		return
	}
	e := rapid.SampledFrom(whole).Draw(t, "split")
	percent := int64(rapid.IntRange(1, 99).Draw(t, "percent"))
	amount := e.cents("amount")
	other := b.enter("INV", e["customer_no"], e["currency"], e["posting_date"], e["due_date"], amount*percent/100)
	e["amount"] = money(amount - amount*percent/100)
	list := b.settlements[e["entry_no"]]
	for i, s := range list {
		part := s.amount * percent / 100
		b.settle(s.app["kind"], other, part, s.app["applied_at"], s.app["reversed_at"])
		list[i].amount -= part
		s.app["amount"] = money(s.amount - part)
	}
	for _, d := range slices.Clone(b.disputes) {
		if d["invoice_no"] == b.invoiceOf[e["entry_no"]]["invoice_no"] {
			c := maps.Clone(d)
			c["case_no"], c["invoice_no"] = fmt.Sprint(len(b.disputes)+1), b.invoiceOf[other["entry_no"]]["invoice_no"]
			b.disputes = append(b.disputes, c)
		}
	}
}
