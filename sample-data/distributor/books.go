package distributor

// Books are the company's running totals, kept as things happen: what stands
// on them is never added up again from documents.
type books struct {
	receivable map[month]int64
	unapplied  map[month]int64
	sales      map[month]int64
	causes     [causeCount]causeTotal
	shares     map[string]*tally
}

// A month is one of the span, in one currency.
type month struct {
	index    int // 0 is the first
	currency string
}

type causeTotal struct{ waits, orders, seconds int64 }

type tally struct{ count, of int64 }

func newBooks() *books {
	return &books{map[month]int64{}, map[month]int64{}, map[month]int64{}, [causeCount]causeTotal{}, map[string]*tally{}}
}

func monthOf(d date, currency string) month {
	y, m, _ := d.civil()
	return month{(y-2024)*12 + m - 7, currency}
}

// posted counts a new entry from its posting date.
func (b *books) posted(e *entry, kind string) {
	m := monthOf(e.posting, e.c.currency)
	b.receivable[m] += e.amount
	if kind == "INV" || kind == "CAN" {
		b.sales[m] += e.amount
	}
}

// received counts a receipt from the day it was read.
func (b *books) received(r *receipt) {
	b.unapplied[monthOf(utc.day(r.createdAt), r.line.c.currency)] += r.line.amount
}

// applied counts an application from its day. What is set off against a
// credit, or moved to a residual entry, changes the sum of receivables by both sides.
func (b *books) applied(a *application) { b.count(a, 1, a.at) }

// unapplied counts an application that was taken back, from that day.
func (b *books) takenBack(a *application) { b.count(a, -1, a.reversedAt) }

func (b *books) count(a *application, sign int64, at instant) {
	m := monthOf(utc.day(at), a.e.c.currency)
	switch a.kind {
	case "SET":
		return
	case "PAY":
		b.unapplied[m] -= sign * a.amount
	}
	b.receivable[m] -= sign * a.amount
}

// share adds to one of the stated shares.
func (b *books) share(name string, hit bool) {
	t := b.shares[name]
	if t == nil {
		t = &tally{}
		b.shares[name] = t
	}
	t.of++
	if hit {
		t.count++
	}
}
