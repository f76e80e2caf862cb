package metrics

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"millrace/eventlog"
)

// A Method says how a figure is made of the ledger, at the end of a day (24:00
// in the project's zone).
//
// AR is what is open then of the debit entries posted by then, with tax: what
// was settled on the day is not open. Credit balances and unapplied cash are
// not netted. An entry is due until the end of its due date; without one, of
// its posting date. Sales are the invoices posted in the period, with tax,
// also those settled at once. An invoice that is cancelled by then is left out
// on both sides, and at the beginning.
//
// The period is the one asked for; without one it is the Days (90) that end
// with the day, or those since the ledger's first posting if they are fewer.
// Of a period that was asked for, and of three months, the months before the
// one in which the ledger begins do not count.
type Method string

// The methods there are; the names are those of domain/kpis.md, section 5.
const (
	// DSOSimple is AR / sales × days of the period.
	DSOSimple Method = "simple"
	// DSORolling is AR / sales × days of the three months that end with the day:
	// calendar months at a month's end, else from the day after the same day
	// three months before.
	DSORolling Method = "rolling3"
	// DSOCountback takes the sales of one calendar month after the other off AR,
	// newest first, and adds up their days; of the last month, the share of its
	// sales that is needed. A month without sales counts whole. The month of the
	// day has the days up to it.
	DSOCountback Method = "countback"
	// DSOTrue adds up, over the open entries, age × amount / sales of the calendar
	// month of posting. Age is in days since posting.
	DSOTrue Method = "true"
	// DSOBest is the AR that is not yet due / sales × days of the period.
	DSOBest Method = "best_possible"
	// Delinquent is DSOSimple − DSOBest: the days of sales that are overdue.
	Delinquent Method = "delinquent"
	// Disputed is the AR under dispute / sales × days of the period.
	Disputed Method = "disputed"
	// CEI is (AR before + sales − AR) / (AR before + sales − AR not yet due) × 100:
	// 100 is all that could be collected. AR before is at the end of the day
	// before the period.
	CEI Method = "cei"
	// Turnover is sales / the mean of AR before and after the period.
	Turnover Method = "turnover"
)

// Methods lists them.
var Methods = []Method{DSOSimple, DSORolling, DSOCountback, DSOTrue, DSOBest, Delinquent, Disputed, CEI, Turnover}

// A ledger is the receivables at a moment, by dimensions and currency.
type ledger struct {
	accounts []*account
	oldest   Day // posting
}

// An account is the ledger of one group.
type account struct {
	by       []string
	currency string
	n, used  int64
	excluded [4]int64 // see ledgerReasons
	undated  int64    // open entries without a due date
	ar       float64  // open of debit entries
	current  float64  // of it, not yet due
	disputed float64  // of it, under dispute
	before   float64  // open at the end of the day before the period
	days     map[Day]float64
	sales    map[string]float64 // by month
	aged     map[string]float64 // by month of posting: Σ open × days since
}

var ledgerReasons = [4]string{"without date or amount", "cancelled by a reversal", "credits", rateless}

// ledger is what readLedger reads, read once for all figures that rest on it.
func (s *statement) ledger() (*ledger, error) {
	key := fmt.Sprint(s.now.day, s.by, s.k.Scope, s.firstDay())
	read, _ := s.ledgers.LoadOrStore(key, sync.OnceValues(s.readLedger))
	return read.(func() (*ledger, error))()
}

// readLedger reads the receivables at the statement's moment, and what was open
// before the period of the figure: by account, and by account and day of posting.
func (s *statement) readLedger() (*ledger, error) {
	from, groups := s.ledgerRows()
	l := &ledger{}
	accounts := map[string]*account{}
	by := strings.Join(groups, ", ")
	text := fmt.Sprintf(`%[1]sSELECT %[2]s, GROUPING(posting_date) = 0 AS daily, coalesce(CAST(posting_date AS VARCHAR), '') AS day,
       count(*), count(*) FILTER (fate IS NULL), count(*) FILTER (fate = 1), count(*) FILTER (fate = 2), count(*) FILTER (fate = 3), count(*) FILTER (fate = 4),
       count(*) FILTER (fate IS NULL AND undated AND open <> 0),
       coalesce(sum(open) FILTER (fate IS NULL), 0)::DOUBLE, coalesce(sum(open) FILTER (fate IS NULL AND due_date >= %[3]s), 0)::DOUBLE,
       coalesce(sum(open) FILTER (fate IS NULL AND disputed), 0)::DOUBLE, coalesce(sum(before) FILTER (fate IS NULL), 0)::DOUBLE,
       coalesce(sum(amount) FILTER (fate IS NULL AND kind = 'invoice'), 0)::DOUBLE,
       coalesce(sum(open * date_diff('day', posting_date, %[3]s)) FILTER (fate IS NULL), 0)::DOUBLE
FROM entry
GROUP BY GROUPING SETS ((%[2]s), (%[2]s, posting_date))
ORDER BY daily, %[2]s, day`, from, by, s.now.date())
	return l, s.each(s.states(text), func(scan func(...any) error) error {
		labels := make([]string, len(groups))
		c := account{sales: map[string]float64{}, aged: map[string]float64{}, days: map[Day]float64{}}
		var daily bool
		var day Day
		var sales, aged float64
		var cells []any
		for i := range labels {
			cells = append(cells, &labels[i])
		}
		cells = append(cells, &daily, &day, &c.n, &c.used)
		for i := range c.excluded {
			cells = append(cells, &c.excluded[i])
		}
		if err := scan(append(cells, &c.undated, &c.ar, &c.current, &c.disputed, &c.before, &sales, &aged)...); err != nil {
			return err
		}
		key := strings.Join(labels, "\x00")
		switch {
		case !daily:
			c.by, c.currency = labels[:len(labels)-1], labels[len(labels)-1]
			l.accounts = append(l.accounts, &c)
			accounts[key] = &c
		case c.used > 0:
			a, month := accounts[key], string(day[:7])
			a.days[day] += sales
			a.sales[month] += sales
			a.aged[month] += aged
			if l.oldest == "" || day < l.oldest {
				l.oldest = day
			}
		}
		return nil
	})
}

// ledgerRows writes the entries as the methods look at them, each with its
// fate: 1 to 4 are the ledgerReasons. One rate converts all amounts of a
// currency, that of the moment: else a figure moves with the rates.
func (s *statement) ledgerRows() (from string, groups []string) {
	var columns []string
	for i, e := range s.by {
		columns = append(columns, fmt.Sprintf("coalesce(CAST(%s AS VARCHAR), '') AS by_%d", s.fill(e), i))
		groups = append(groups, fmt.Sprintf("by_%d", i))
	}
	groups = append(groups, "currency")
	currency, factor, join, with := "coalesce(v.currency, '')", "", "", ""
	noRate := "FALSE"
	if s.o.Currency != "" {
		currency, factor, noRate = literal(s.o.Currency), " * fx.rate", "fx.rate IS NULL"
		with = fmt.Sprintf("rates(currency, day, rate) AS (VALUES\n\t%s\n),\n", s.o.Rates.at(s.now.day).rows(s.o.Currency))
		join = "\n\tLEFT JOIN rates fx ON fx.currency = v.currency"
	}
	first := "DATE '" + string(s.firstDay()) + "'"
	with += fmt.Sprintf("earlier AS (\n\tSELECT entry_object, sum(amount) AS amount FROM o2c.applications\n\tWHERE applied_on < %s AND (reversed_on IS NULL OR reversed_on >= %s) GROUP BY entry_object\n),\n", first, first)
	join += "\n\tLEFT JOIN o2c.invoices i ON i.invoice_id = v.invoice_id AND i.is_cancelled\n\tLEFT JOIN earlier ON earlier.entry_object = v.entry_object"
	money := func(e string) string { return "CAST((" + e + ")" + factor + " AS DECIMAL(38,6))" }
	columns = append(columns, currency+" AS currency", "coalesce(v.kind, 'invoice') AS kind", "v.posting_date",
		"coalesce(v.due_date, v.posting_date) AS due_date", "v.due_date IS NULL AS undated",
		"v.disputed_from IS NOT NULL AND v.disputed_to IS NULL AS disputed",
		money("v.amount")+" AS amount", money("v.open_amount")+" AS open",
		money("CASE WHEN v.posting_date < "+first+" THEN v.amount - coalesce(earlier.amount, 0) ELSE 0 END")+" AS before",
		fmt.Sprintf("CASE WHEN v.posting_date IS NULL OR v.amount IS NULL OR v.currency IS NULL THEN 1\n\t            WHEN v.clearing_kind = 'reversal' OR i.is_cancelled THEN 2 WHEN v.amount <= 0 THEN 3 WHEN %s THEN 4 END AS fate", noRate))
	columns = append(columns, "v."+quoted(strings.TrimPrefix(s.first("receivable_entries"), "v."))+" AS key")
	for i, e := range s.inputs {
		columns = append(columns, fmt.Sprintf("%s AS input_%d", e, i))
	}
	where := ""
	for i, c := range s.conditions(s.types["receivable_entries"]) {
		where += map[bool]string{true: "\n\tWHERE ", false: "\n\t  AND "}[i == 0] + c
	}
	from = fmt.Sprintf("WITH %sentry AS (\n\tSELECT %s\n\tFROM o2c.receivable_entries AS v%s%s\n)\n", with, strings.Join(columns, ",\n\t       "), join, where)
	return from, groups
}

// sold adds up the sales from a day to another, both included.
func (c *account) sold(from, to Day) float64 {
	// Days in order, as sums of floats depend on it.
	sum := 0.0
	for _, d := range sortedKeys(c.days) {
		if d >= from && d <= to {
			sum += c.days[d]
		}
	}
	return sum
}

// receivables makes the figures of kind receivables at the statement's moment.
func (s *statement) receivables() ([]Value, error) {
	l, err := s.ledger()
	if err != nil {
		return nil, err
	}
	p := s.sales(l.oldest)
	var values []Value
	for _, c := range l.accounts {
		v := s.k.nothing()
		v.Currency = c.currency
		for i, d := range s.o.By {
			v.By = append(v.By, Label{d, c.by[i]})
		}
		v.By = append(v.By, Label{"currency", c.currency})
		v.N, v.Used = c.n, c.used
		for i, n := range c.excluded {
			if n > 0 {
				v.Excluded = append(v.Excluded, Exclusion{ledgerReasons[i], n})
			}
		}
		s.method(&v, c, p, l.oldest)
		if !v.Known() {
			text := fmt.Sprintf("There are no sales from %s to %s to compare with.", p.First, p.Last)
			if s.k.Method == CEI {
				text = "There was nothing due to be collected."
			}
			v.Notes = slices.Insert(v.Notes, 0, eventlog.Note{Code: "nothing", Text: text})
		}
		values = append(values, v)
	}
	return values, nil
}

// sales is the period whose sales the figure looks at, given the ledger's
// oldest posting. See [Method].
func (s *statement) sales(oldest Day) Period {
	p := Period{First: s.firstDay(), Last: s.now.day}
	switch {
	case oldest == "" || oldest > p.Last:
	case s.k.Method == DSORolling:
		p.First = max(threeMonths(p.Last), oldest[:8]+"01")
	case len(s.periods) == 0:
		p.First = max(p.First, oldest)
	default:
		p.First = min(max(p.First, oldest[:8]+"01"), p.Last)
	}
	return p
}

// firstDay is the first day of the period of a figure of the ledger.
func (s *statement) firstDay() Day {
	if len(s.periods) > 0 {
		return s.periods[len(s.periods)-1].First
	}
	return s.now.day.Add(1 - s.k.Days)
}

// method makes one figure of one account.
func (s *statement) method(v *Value, c *account, p Period, oldest Day) {
	note := func(code, format string, a ...any) {
		v.Notes = append(v.Notes, eventlog.Note{Code: code, Text: fmt.Sprintf(format, a...)})
	}
	divide := func(numerator, denominator, times float64) {
		v.Numerator, v.Denominator = numerator, denominator
		if denominator > 0 {
			v.V = numerator / denominator * times
		}
	}
	if c.undated > 0 && (s.k.Method == DSOBest || s.k.Method == Delinquent || s.k.Method == CEI) {
		note("undated", "%d open entries have no due date; they count as due on the day of their posting.", c.undated)
	}
	days := float64(p.Last.Since(p.First) + 1)
	sales := c.sold(p.First, p.Last)
	switch s.k.Method {
	case DSOSimple, DSORolling:
		divide(c.ar, sales, days)
	case DSOBest:
		divide(c.current, sales, days)
	case Delinquent:
		divide(c.ar-c.current, sales, days)
	case Disputed:
		divide(c.disputed, sales, days)
	case DSOCountback:
		v.Numerator = c.ar
		var whole bool
		if v.V, whole = c.countback(p.Last, oldest); !whole {
			note("at-least", "The sales on record do not reach back far enough to stand for all that is open: it is this many days, or more.")
		}
		return
	case DSOTrue:
		v.V, v.Numerator = 0, c.ar
		for _, m := range sortedKeys(c.aged) {
			switch {
			case c.aged[m] == 0:
			case c.sales[m] > 0:
				v.V += c.aged[m] / c.sales[m]
			default:
				note("no-sales", "Entries posted in %s are open and no sales of that month are on record; they are not in it.", m)
			}
		}
		return
	case CEI:
		divide(c.before+sales-c.ar, c.before+sales-c.current, 100)
	case Turnover:
		divide(sales, (c.before+c.ar)/2, 1)
	}
	note("sales", "Sales of %s to %s, %g days.", p.First, p.Last, days)
}

// threeMonths is the first day of the three months that end with a day.
func threeMonths(last Day) Day {
	t := last.In(time.UTC)
	if t.AddDate(0, 0, 1).Day() == 1 { // a month's last day
		return DayOf(time.Date(t.Year(), t.Month()-2, 1, 0, 0, 0, 0, time.UTC))
	}
	return DayOf(t.AddDate(0, -3, 1))
}

// countback says how many days of sales, newest first, AR stands for; whole is
// false where the sales on record are less than it.
func (c *account) countback(last, oldest Day) (days float64, whole bool) {
	rest, nothing := c.ar, 1e-12*c.ar // sums of the same amounts may differ in their last digits
	if rest <= 0 {
		return 0, true
	}
	if oldest == "" {
		return math.NaN(), true
	}
	month := last
	for month >= oldest || month[:7] == oldest[:7] {
		first := month[:8] + "01"
		in := float64(month.Since(first) + 1)
		sold := c.sold(first, month)
		if rest < sold {
			return days + in*rest/sold, true
		}
		if days, rest = days+in, rest-sold; rest <= nothing {
			return days, true
		}
		month = first.Add(-1)
	}
	return days, false
}
