package metrics

import (
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"millrace/eventlog"
)

// A Method says how a figure is made of the ledger. AR is what is open of debit
// entries at the moment, with tax; credit balances and unapplied cash are not
// netted. Sales are the invoices posted in the period and not cancelled by
// then, with tax. The period is the one asked for, else the Days before the
// moment, or all of the data if that is less.
type Method string

// The methods there are.
const (
	// DSOSimple is AR / sales × days of the period.
	DSOSimple Method = "simple"
	// DSORolling is AR / sales of the last three months × their days.
	DSORolling Method = "rolling3"
	// DSOCountback takes the sales of one month after the other off AR, newest
	// first, and adds up their days; of the last month, a part. A month without
	// sales counts whole.
	DSOCountback Method = "countback"
	// DSOTrue adds up, over the open entries, age × amount / sales of its month.
	DSOTrue Method = "true"
	// DSOBest is the AR that is not yet due / sales × days of the period.
	DSOBest Method = "best_possible"
	// Delinquent is DSOSimple − DSOBest: the days of sales that are overdue.
	Delinquent Method = "delinquent"
	// CEI is (AR before + sales − AR) / (AR before + sales − AR not yet due) × 100:
	// 100 is all that could be collected.
	CEI Method = "cei"
	// Turnover is sales / the mean of AR before and after.
	Turnover Method = "turnover"
)

// Methods lists them.
var Methods = []Method{DSOSimple, DSORolling, DSOCountback, DSOTrue, DSOBest, Delinquent, CEI, Turnover}

// A ledger is the receivables at a moment, by dimensions and currency.
type ledger struct {
	accounts []*account
}

// An account is the ledger of one group.
type account struct {
	by       []string
	currency string
	n, used  int64
	excluded [4]int64 // see ledgerReasons
	ar       float64  // open of debit entries
	current  float64  // of it, not yet due
	sales    map[string]float64
	aged     map[string]float64 // by month of posting: Σ open × days since
	days     map[Day]float64    // sales by day, of the last four months
	oldest   Day                // posting
}

var ledgerReasons = [4]string{"without date or amount", "cancelled by a reversal", "credits", rateless}

// ledger reads the receivables at the statement's moment.
func (s *statement) ledger() (*ledger, error) {
	key := fmt.Sprint(s.now.day, s.by, s.k.Scope)
	s.mu.Lock()
	known := s.ledgers[key]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	from, groups := s.ledgerRows()
	l := &ledger{}
	accounts := map[string]*account{}
	n := len(groups)
	text := fmt.Sprintf(`%sSELECT %s,
       count(*), count(*) FILTER (fate IS NULL), count(*) FILTER (fate = 1), count(*) FILTER (fate = 2), count(*) FILTER (fate = 3), count(*) FILTER (fate = 4),
       coalesce(sum(open) FILTER (fate IS NULL), 0)::DOUBLE, coalesce(sum(open) FILTER (fate IS NULL AND due_date >= %s), 0)::DOUBLE,
       CAST(min(posting_date) FILTER (fate IS NULL) AS VARCHAR)
FROM entry
GROUP BY ALL ORDER BY ALL`, from, strings.Join(groups, ", "), s.now.date())
	err := s.each(s.states(text), func(scan func(...any) error) error {
		c := &account{by: make([]string, n-1), sales: map[string]float64{}, aged: map[string]float64{}, days: map[Day]float64{}}
		var oldest sql.NullString
		cells := make([]any, 0, n+9)
		for i := range c.by {
			cells = append(cells, &c.by[i])
		}
		cells = append(cells, &c.currency, &c.n, &c.used, &c.excluded[0], &c.excluded[1], &c.excluded[2], &c.excluded[3], &c.ar, &c.current, &oldest)
		if err := scan(cells...); err != nil {
			return err
		}
		c.oldest = Day(oldest.String)
		l.accounts = append(l.accounts, c)
		accounts[strings.Join(append(c.by, c.currency), "\x00")] = c
		return nil
	})
	if err != nil {
		return nil, err
	}
	text = fmt.Sprintf(`%sSELECT %s, CAST(posting_date AS VARCHAR),
       coalesce(sum(amount) FILTER (kind = 'invoice'), 0)::DOUBLE, coalesce(sum(open * date_diff('day', posting_date, %s)), 0)::DOUBLE
FROM entry WHERE fate IS NULL
GROUP BY ALL ORDER BY ALL`, from, strings.Join(groups, ", "), s.now.date())
	err = s.each(s.states(text), func(scan func(...any) error) error {
		by := make([]string, n)
		var day string
		var sales, aged float64
		cells := make([]any, 0, n+3)
		for i := range by {
			cells = append(cells, &by[i])
		}
		if err := scan(append(cells, &day, &sales, &aged)...); err != nil {
			return err
		}
		c := accounts[strings.Join(by, "\x00")]
		c.days[Day(day)] += sales
		c.sales[day[:7]] += sales
		c.aged[day[:7]] += aged
		return nil
	})
	s.mu.Lock()
	s.ledgers[key] = l // several may read the same: they read the same
	s.mu.Unlock()
	return l, err
}

// ledgerRows writes the entries as the methods look at them, each with its
// fate: 1 to 4 are the ledgerReasons.
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
		with = fmt.Sprintf("rates(currency, day, rate) AS (VALUES\n\t%s\n),\n", s.o.Rates.rows(s.o.Currency))
		join = fmt.Sprintf("\n\tASOF LEFT JOIN rates fx ON fx.currency = v.currency AND %s >= fx.day", s.now.date())
	}
	columns = append(columns, currency+" AS currency", "coalesce(v.kind, 'invoice') AS kind", "v.posting_date", "v.due_date",
		"CAST(v.amount"+factor+" AS DECIMAL(38,6)) AS amount", "CAST(v.open_amount"+factor+" AS DECIMAL(38,6)) AS open",
		fmt.Sprintf("CASE WHEN v.posting_date IS NULL OR v.amount IS NULL OR v.currency IS NULL THEN 1\n\t            WHEN v.clearing_kind = 'reversal' THEN 2 WHEN v.amount <= 0 THEN 3 WHEN %s THEN 4 END AS fate", noRate))
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
	var before map[string]float64
	p := s.period()
	if s.k.Method == CEI || s.k.Method == Turnover {
		b := *s
		b.now = moment{day: p.First.Add(-1), at: p.Start, past: true}
		b.periods = nil
		opening, err := b.ledger()
		if err != nil {
			return nil, err
		}
		before = map[string]float64{}
		for _, c := range opening.accounts {
			before[strings.Join(append(c.by, c.currency), "\x00")] = c.ar
		}
	}
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
		s.method(&v, c, p, before[strings.Join(append(c.by, c.currency), "\x00")])
		if !v.Known() {
			v.Notes = append(v.Notes, eventlog.Note{Code: "nothing", Text: fmt.Sprintf("There are no sales from %s to %s to compare with.", p.First, p.Last)})
		}
		values = append(values, v)
	}
	return values, nil
}

// method makes one figure of one account.
func (s *statement) method(v *Value, c *account, p Period, before float64) {
	note := func(code, format string, a ...any) {
		v.Notes = append(v.Notes, eventlog.Note{Code: code, Text: fmt.Sprintf(format, a...)})
	}
	divide := func(numerator, denominator, times float64) {
		v.Numerator, v.Denominator = numerator, denominator
		if denominator > 0 {
			v.V = numerator / denominator * times
		}
	}
	// The sales of a period that begins before the data are of the days that the data has.
	since := p.First
	if s.k.Method == DSORolling {
		since = threeMonths(p.Last)
	}
	if c.oldest > since && c.oldest <= p.Last {
		since = c.oldest
	}
	days := float64(p.Last.Since(since) + 1)
	sales := c.sold(since, p.Last)
	switch s.k.Method {
	case DSOSimple, DSORolling:
		divide(c.ar, sales, days)
	case DSOBest:
		divide(c.current, sales, days)
	case Delinquent:
		divide(c.ar-c.current, sales, days)
	case DSOCountback:
		v.Numerator = c.ar
		var whole bool
		if v.V, whole = c.countback(p.Last); !whole {
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
		divide(before+sales-c.ar, before+sales-c.current, 100)
	case Turnover:
		divide(sales, (before+c.ar)/2, 1)
	}
	note("sales", "Sales of %s to %s, %g days.", since, p.Last, days)
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
func (c *account) countback(last Day) (days float64, whole bool) {
	rest := c.ar
	if rest <= 0 {
		return 0, true
	}
	if c.oldest == "" {
		return math.NaN(), true
	}
	month := last
	for month >= c.oldest || month[:7] == c.oldest[:7] {
		first := month[:8] + "01"
		in := float64(month.Since(first) + 1)
		if sold := c.sold(first, month); sold > 0 && rest < sold {
			return days + in*rest/sold, true
		} else {
			days, rest = days+in, rest-sold
		}
		if rest <= 0 {
			return days, true
		}
		month = first.Add(-1)
	}
	return days, false
}
