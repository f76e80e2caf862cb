package metrics_test

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"millrace/metrics"
)

// A book is the simulator's truth of money, as it wrote it: no row of it comes
// from the tables that were loaded.
type book struct {
	entries, applications, receipts, invoices, disputes, promises []row
	invoiceOf                                                     map[string]row // by entry
	settlements                                                   map[string][]settlement
}

// A settlement is what an application does to one entry.
type settlement struct {
	app    row
	amount int64
}

// bookOf is the book of a company.
func bookOf(x truthTables) *book {
	b := &book{entries: x.truth("ledger"), applications: x.truth("application"), receipts: x.truth("receipt"),
		invoices: x.truth("invoice"), disputes: x.truth("dispute"), promises: x.truth("promise"), invoiceOf: map[string]row{}, settlements: map[string][]settlement{}}
	byNumber := map[string]row{}
	for _, i := range b.invoices {
		byNumber[i["invoice_no"]] = i
	}
	for _, l := range x.truth("link") {
		if l["source_type"] == "AREntry" && l["qualifier"] == "receivable of" {
			b.invoiceOf[l["source_no"]] = byNumber[l["target_no"]]
		}
	}
	for _, a := range b.applications {
		b.settlements[a["entry_no"]] = append(b.settlements[a["entry_no"]], settlement{a, a.cents("amount")})
		if a["kind"] == "set_off" {
			b.settlements[a["offset_entry_no"]] = append(b.settlements[a["offset_entry_no"]], settlement{a, -a.cents("amount")})
		}
	}
	return b
}

// stands says whether an application stands at the end of a day.
func stands(a row, day string) bool { return a.day("applied_at") <= day && a.day("reversed_at") > day }

// open is what an entry lacks at the end of a day.
func (b *book) open(e row, day string) int64 {
	sum := e.cents("amount")
	for _, s := range b.settlements[e["entry_no"]] {
		if stands(s.app, day) {
			sum -= s.amount
		}
	}
	return sum
}

// cancelled says whether an entry's invoice is cancelled by the end of a day.
func (b *book) cancelled(e row, day string) bool {
	i := b.invoiceOf[e["entry_no"]]
	return i != nil && i["kind"] == "invoice" && i.day("cancelled_at") <= day
}

// cleared says on which day an entry's last settlement was, and by what, if it
// is cleared at the end of a day.
func (b *book) cleared(e row, day string) (on, by string) {
	if b.open(e, day) != 0 {
		return "", ""
	}
	rank := []string{"cash", "write_off", "set_off", "discount", "residual"}
	for _, s := range b.settlements[e["entry_no"]] {
		if !stands(s.app, day) {
			continue
		}
		on = max(on, s.app.day("applied_at"))
		if by == "" || slices.Index(rank, s.app["kind"]) < slices.Index(rank, by) {
			by = s.app["kind"]
		}
	}
	if by == "set_off" && b.cancelled(e, day) {
		by = "reversal"
	}
	return on, by
}

// disputed says whether a case about the entry's invoice is open at the end of a day.
func (b *book) disputed(e row, day string) bool {
	i := b.invoiceOf[e["entry_no"]]
	return i != nil && slices.ContainsFunc(b.disputes, func(d row) bool {
		return d["invoice_no"] == i["invoice_no"] && d.day("opened_at") <= day && d.day("closed_at") > day
	})
}

// A sum is a figure being added up.
type sum struct {
	n, used  int64
	num, den int64
	extra    [4]int64 // of the ledger: AR, not due, disputed, before
	sales    map[string]int64
	aged     map[string]int64
}

type sums map[string]map[string]*sum // figure, group

func (s sums) of(name, group string) *sum {
	if s[name] == nil {
		s[name] = map[string]*sum{}
	}
	if s[name][group] == nil {
		s[name][group] = &sum{sales: map[string]int64{}, aged: map[string]int64{}}
	}
	return s[name][group]
}

// add counts one object: whether it is used, and what it adds.
func (s sums) add(name, group string, used bool, num, den int64) {
	x := s.of(name, group)
	x.n++
	if used {
		x.used++
		x.num += num
		x.den += den
	}
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// days is the number of days from a to b.
func days(a, b string) int64 {
	x, _ := time.Parse(time.DateOnly, a)
	y, _ := time.Parse(time.DateOnly, b)
	return int64(y.Sub(x).Hours() / 24)
}

// bucket is where an entry stands in the ages at the end of a day.
func bucket(late int64) string {
	for _, b := range []struct {
		to   int64
		name string
	}{{0, "not due"}, {30, "1-30"}, {60, "31-60"}, {90, "61-90"}, {120, "91-120"}} {
		if late <= b.to {
			return b.name
		}
	}
	return ">120"
}

// figures adds up what is known at the end of a day of the period from first to
// last. customer or site or nothing is what it is by.
func (b *book) figures(first, last, known, by string) sums {
	s := sums{}
	group := func(r row, more ...string) string {
		var parts []string
		switch by {
		case "customer":
			parts = append(parts, r["customer_no"])
		case "site":
			site := ""
			if r["orders"] == "1" {
				site = r["site"]
			}
			parts = append(parts, site)
		}
		return strings.Join(append(parts, more...), "/")
	}
	in := func(day string) bool { return first <= day && day <= last }
	entryOf := map[string]row{}
	for _, e := range b.entries {
		i := b.invoiceOf[e["entry_no"]]
		who := row{"customer_no": e["customer_no"], "site": i["site"], "orders": i["orders"]}
		entryOf[e["entry_no"]] = who
		if e.day("posting_date") > known {
			continue
		}
		g, open, amount := group(who, e["currency"]), b.open(e, known), e.cents("amount")
		cancelled := b.cancelled(e, known)
		due := cmp.Or(e["due_date"], e["posting_date"])
		late := days(due, known)
		if open != 0 {
			s.add("ar.net", g, true, open, 0)
		}
		if amount > 0 && open != 0 {
			s.add("ar.balance", g, !cancelled, open, 0)
			s.add("ar.overdue_rate", g, !cancelled, one(late > 0)*open, open)
			s.add("disp.open_rate", g, !cancelled, one(b.disputed(e, known))*open, open)
			s.add("ar.aging", group(who, bucket(late), e["currency"]), !cancelled, open, 0)
			if b.disputed(e, known) {
				s.add("ar.disputed", group(who, bucket(late), e["currency"]), !cancelled, open, 0)
			}
			s.add("cash.unapplied.rate", g, !cancelled, 0, open)
		}
		l := s.of("ledger", g)
		l.n++
		if !cancelled && amount > 0 {
			l.used++
			l.extra[0] += open
			l.extra[1] += one(late <= 0) * open
			l.extra[2] += one(b.disputed(e, known)) * open
			if e["posting_date"] < first {
				l.extra[3] += b.open(e, metricsDay(first, -1))
			}
			if e["kind"] == "INV" {
				l.sales[e["posting_date"]] += amount
			}
			l.aged[e["posting_date"][:7]] += open * days(e["posting_date"], known)
		}
		if e["kind"] == "RES" && amount > 0 && in(e.day("posting_date")) {
			s.add("disp.silent", g, !slices.ContainsFunc(b.disputes, func(d row) bool { return d["invoice_no"] == i["invoice_no"] && d.day("opened_at") <= known }), amount, 0)
		}
		if e["kind"] == "INV" && amount > 0 && in(e.day("posting_date")) {
			s.add("bad_debt_rate", g, !cancelled, 0, amount)
		}
		if on, how := b.cleared(e, known); amount > 0 && in(on) {
			s.add("days_late", g, how != "write_off" && how != "reversal" && e["due_date"] != "", amount*days(due, on), amount)
		}
	}
	for _, a := range b.applications {
		if in(a.day("applied_at")) && a["kind"] == "write_off" && by == "" {
			for _, e := range b.entries {
				if e["entry_no"] == a["entry_no"] {
					s.add("bad_debt_rate", e["currency"], a.day("reversed_at") > known, a.cents("amount"), 0)
				}
			}
		}
		if in(a.day("applied_at")) && a["kind"] == "cash" && by != "site" {
			reversed := a.day("reversed_at") <= known && days(a.day("applied_at"), a.day("reversed_at")) <= 60
			s.add("cash.accuracy", group(entryOf[a["entry_no"]]), days(a.day("applied_at"), known) >= 60, one(!reversed), 1)
		}
	}
	b.receiptFigures(s, first, last, known, group)
	valued := map[string]string{}
	for _, r := range b.receipts {
		valued[r["receipt_no"]] = r["value_date"]
	}
	for _, p := range b.promises {
		if due := p["due_on"]; in(due) && p["promised_on"] <= known && by != "site" {
			paid := b.paid(p, known, valued)
			s.add("cash.promise_kept", group(p), due <= known, one(paid != "" && paid <= due), 1)
		}
	}
	b.invoiceFigures(s, first, last, known, group)
	return s
}

// paid is the day by which, as known at the end of a day, all of a promise but a
// fiftieth had come in since it was given; "" if it has not.
func (b *book) paid(p row, known string, valued map[string]string) string {
	var money []settlement
	for _, s := range b.settlements[p["entry_no"]] {
		if s.app["kind"] == "cash" && stands(s.app, known) && valued[s.app["receipt_no"]] >= p["promised_on"] {
			money = append(money, s)
		}
	}
	slices.SortFunc(money, func(x, y settlement) int {
		return cmp.Compare(valued[x.app["receipt_no"]], valued[y.app["receipt_no"]])
	})
	var sum int64
	for _, m := range money {
		if sum += m.amount; 50*sum >= 49*p.cents("amount") {
			return valued[m.app["receipt_no"]]
		}
	}
	return ""
}

func (b *book) receiptFigures(s sums, first, last, known string, group func(row, ...string) string) {
	for _, r := range b.receipts {
		if r.day("received_at") > known {
			continue
		}
		var applied, human, reversed int64
		for _, a := range b.applications {
			if a["receipt_no"] != r["receipt_no"] || a.day("applied_at") > known {
				continue
			}
			human += one(a["by"] == "person")
			reversed += one(a.day("reversed_at") <= known)
			if stands(a, known) {
				applied += a.cents("amount")
			}
		}
		amount, g := r.cents("amount"), group(r, r["currency"])
		if applied != amount {
			s.add("cash.unapplied.amount", g, true, amount-applied, 0)
			s.add("cash.unapplied.rate", g, true, amount-applied, 0)
			age := days(r["value_date"], known)
			name := ">90"
			for _, x := range []struct {
				to   int64
				name string
			}{{90, "31-90"}, {30, "08-30"}, {7, "03-07"}, {2, "00-02"}} {
				if age <= x.to {
					name = x.name
				}
			}
			s.add("cash.unapplied.aging", group(r, name, r["currency"]), true, amount-applied, 0)
		}
		if day := r.day("received_at"); day >= first && day <= last {
			matched := one(applied == amount && human == 0 && reversed == 0)
			s.add("cash.auto_match_rate.count", group(r), true, matched, 1)
			s.add("cash.auto_match_rate.value", g, true, matched*amount, amount)
			s.add("cash.applied_rate", g, true, applied, amount)
		}
	}
}

func (b *book) invoiceFigures(s sums, first, last, known string, group func(row, ...string) string) {
	byNumber := map[string]row{}
	for _, i := range b.invoices {
		byNumber[i["invoice_no"]] = i
		posted := i.day("posted_at")
		if posted < first || posted > last {
			continue
		}
		g := group(i, i["currency"])
		switch i["kind"] {
		case "credit_memo":
			s.add("inv.credit_rebill", group(i), i["reason"] != "return" && i["reason"] != "rebate", 1, 0)
		case "invoice":
			s.add("inv.credit_rebill", group(i), true, 0, 1)
			s.add("dso.target", g, i.day("cancelled_at") > known, i.cents("gross")*i.cents("terms_days")/100, i.cents("gross"))
			s.add("disp.rate", group(i), true, 0, 1)
			s.add("disp.value_rate", g, true, 0, i.cents("gross"))
			soon := func(day string) bool { return day <= known && days(posted, day) <= 60 }
			wrong, disputes := soon(i.day("cancelled_at")), int64(0)
			for _, m := range b.invoices {
				if m["corrects"] == i["invoice_no"] && m["reason"] != "return" && m["reason"] != "rebate" {
					wrong = wrong || soon(m.day("created_at"))
				}
			}
			for _, d := range b.disputes {
				if d["invoice_no"] == i["invoice_no"] && d.day("opened_at") <= known {
					disputes++
					wrong = wrong || d["reason"] != "quality" && soon(d.day("opened_at"))
				}
			}
			s.add("disp.rate.invoices", group(i), true, one(disputes > 0), 1)
			s.add("inv.accuracy", group(i), days(posted, known) >= 60, one(!wrong), 1)
		}
	}
	for _, d := range b.disputes {
		if d.day("opened_at") > known {
			continue
		}
		i := byNumber[d["invoice_no"]]
		g, amount := group(i, d["currency"]), d.cents("disputed")
		if day := d.day("opened_at"); day >= first && day <= last {
			s.add("disp.volume", group(i), true, 1, 0)
			s.add("disp.rate", group(i), true, 1, 0)
			s.add("disp.value_rate", g, true, amount, 0)
		}
		closed := d.day("closed_at")
		if closed > known {
			s.add("disp.open", g, true, amount, 0)
		} else if first <= closed && closed <= last {
			s.add("disp.valid_rate", g, true, d.cents("credited"), amount)
		}
	}
}

// metricsDay is a day n days later.
func metricsDay(day string, n int) string { return string(metrics.Day(day).Add(n)) }

// ledgerFigure makes a figure of kind receivables by hand.
func (x *sum) ledgerFigure(method metrics.Method, first, last, oldest string) float64 {
	sold := func(from, to string) (s int64) {
		for day, v := range x.sales {
			if from <= day && day <= to {
				s += v
			}
		}
		return s
	}
	div := func(a, b int64, times float64) float64 {
		if b <= 0 {
			return math.NaN()
		}
		return float64(a) / float64(b) * times
	}
	ar, current, disputed, before := x.extra[0], x.extra[1], x.extra[2], x.extra[3]
	n, sales := float64(days(first, last)+1), sold(first, last)
	switch method {
	case metrics.DSOSimple:
		return div(ar, sales, n)
	case metrics.DSORolling: // three calendar months, since the one in which the ledger begins
		m, _ := time.Parse(time.DateOnly, first)
		from := max(m.AddDate(0, -2, 0).Format(time.DateOnly), oldest[:7]+"-01")
		return div(ar, sold(from, last), float64(days(from, last)+1))
	case metrics.DSOBest:
		return div(current, sales, n)
	case metrics.Delinquent:
		return div(ar, sales, n) - div(current, sales, n)
	case metrics.Disputed:
		return div(disputed, sales, n)
	case metrics.CEI:
		return div(before+sales-ar, before+sales-current, 100)
	case metrics.Turnover:
		return div(2*sales, before+ar, 1)
	case metrics.DSOTrue:
		v := 0.0
		for m, aged := range x.aged {
			if s := sold(m+"-01", m+"-31"); s > 0 {
				v += float64(aged) / float64(s)
			}
		}
		return v
	case metrics.DSOCountback:
		rest, v := ar, 0.0
		m, _ := time.Parse(time.DateOnly, first)
		for ; rest > 0 && m.Format(time.DateOnly)[:7] >= oldest[:7]; m = m.AddDate(0, -1, 0) {
			s, in := sold(m.Format(time.DateOnly), m.AddDate(0, 1, -1).Format(time.DateOnly)), m.AddDate(0, 1, 0).Sub(m).Hours()/24
			if s > rest {
				return v + in*float64(rest)/float64(s)
			}
			v, rest = v+in, rest-s
		}
		return v
	}
	panic(method)
}

// value is the figure of a sum, in the unit of the definition.
func (x *sum) value(k *metrics.KPI) float64 {
	switch {
	case k.Kind == metrics.CountKind:
		return float64(x.used)
	case k.Kind == metrics.StockKind, k.Kind == metrics.SumKind:
		return float64(x.num) / 100
	case x.den == 0 || x.used == 0:
		return math.NaN()
	}
	return float64(x.num) / float64(x.den)
}
