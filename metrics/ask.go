package metrics

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"millrace/eventlog"
)

// A Querier runs one SELECT over a store with the business views of schema o2c.
type Querier func(ctx context.Context, query string, args ...any) (*sql.Rows, error)

// Options say how figures are evaluated. The zero value takes all of the data,
// as of its end, in UTC.
type Options struct {
	// LinkRate is the share of references between systems that has to be found,
	// in place of each KPI's own; 0 leaves that. See [KPI].
	LinkRate float64
	// Zone is where days begin; default UTC.
	Zone *time.Location
	// AsOf is the day at whose end things are looked at: what happened later is
	// not known. Default: the last day of the data.
	AsOf Day
	// Now is when it is looked, where that is before the end of the last day of the
	// data: at ten o'clock nobody is late for what is due at noon. Zero: the end of
	// the day.
	Now time.Time
	// Grain splits the figures by periods, from the first with data to AsOf. From
	// and To bound what is counted, both included: without a Grain they are one
	// period.
	Grain    Grain
	From, To Day
	// FiscalYear is the month with which a fiscal year begins; default January.
	FiscalYear time.Month
	// By are the dimensions to split by, Only what to look at: region = DE.
	// A figure that does not have one of them has no value and says so.
	By   []string
	Only []Label
	// Currency is what amounts are converted to, by Rates. "" leaves them, and
	// makes one figure of each currency.
	Currency string
	Rates    *Rates
	// Calendars say when sites work, for figures in working time.
	Calendars Calendars
	// Parallel is how many figures are computed at once; the Querier must take
	// as many questions. Default 1.
	Parallel int
	// Seen is what was seen of the store that is asked; nil: it is looked at again.
	Seen *Seen
	// Kept are the answers to what was asked of the same store before; nil: all is
	// asked.
	Kept *eventlog.Kept
	// Timeout is how long one statement of a figure, or one rule, may take; then it
	// is stopped, and that is an error. 0 is DefaultTimeout.
	Timeout time.Duration
}

// An asking is a store being asked for figures.
type asking struct {
	ctx     context.Context
	query   Querier
	o       Options
	zone    *time.Location
	types   map[string]map[string]string // view → column → SQL type
	order   map[string][]string          // view → columns
	firstAt time.Time                    // of the data
	end     moment                       // of what is asked
	ledgers *sync.Map                    // by moment and dimensions: func() (*ledger, error)
	mu      *sync.Mutex                  // of the following
	kinds   map[string]bool              // expressions that are days

	calendars func() map[string]string // their keys, which take some milliseconds each
}

// A moment is the end of a day, or on the last one how far it is.
type moment struct {
	day  Day
	at   time.Time // the first instant after it
	past bool      // before the end of the data: states have to be made
}

func (m moment) date() string { return "DATE '" + string(m.day) + "'" }

// newAsking checks the options, and looks at what the store has.
func newAsking(ctx context.Context, q Querier, o Options) (*asking, error) {
	a := &asking{ctx: ctx, query: q, o: o, zone: o.Zone, ledgers: &sync.Map{}, mu: &sync.Mutex{}, kinds: map[string]bool{}, calendars: sync.OnceValue(o.Calendars.keys)}
	if a.zone == nil {
		a.zone = time.UTC
	}
	if (o.Currency == "") != (o.Rates == nil) {
		return nil, errors.New("a reporting currency needs exchange rates, and rates a reporting currency")
	}
	if o.Currency != "" && !isCurrency(o.Currency) {
		return nil, fmt.Errorf("%q is no currency, as EUR", o.Currency)
	}
	if o.From != "" && o.To != "" && o.To < o.From {
		return nil, fmt.Errorf("from %s to %s: the end is before the beginning", o.From, o.To)
	}
	seen := o.Seen
	if seen == nil {
		seen = &Seen{}
		if err := seen.look(ctx, q); err != nil {
			return nil, err
		}
	}
	a.types, a.order = seen.types, seen.order
	a.horizon(seen)
	return a, nil
}

// horizon finds which moment is asked, of data that begins and ends where it was seen to.
func (a *asking) horizon(s *Seen) {
	last := Day(s.lastDay.String)
	if s.lastAt.Valid {
		last = max(last, DayOf(s.lastAt.Time.In(a.zone)))
	}
	if last == "" {
		last = "1970-01-01"
	}
	a.firstAt = s.firstAt.Time
	if !s.firstAt.Valid {
		a.firstAt = last.In(a.zone)
	}
	if s.firstDay.Valid {
		if t := Day(s.firstDay.String).In(a.zone); t.Before(a.firstAt) {
			a.firstAt = t
		}
	}
	a.end = a.moment(first(a.o.AsOf, last), last)
	if now := a.o.Now; !now.IsZero() && !a.end.past && now.Before(a.end.at) && !now.Before(a.end.day.In(a.zone)) {
		a.end.at = now
	}
}

func (a *asking) moment(day, last Day) moment {
	return moment{day: day, at: day.Add(1).In(a.zone), past: day < last}
}

// links says how references between systems were resolved.
func (a *asking) links() ([]foundLinks, error) {
	if a.o.Seen != nil {
		return a.o.Seen.links, nil
	}
	return links(a.ctx, a.query, a.types)
}

// each calls fn for every row of a result.
func (a *asking) each(text string, fn func(scan func(...any) error) error) error {
	return eachRow(a.ctx, a.query, text, fn)
}

func eachRow(ctx context.Context, q Querier, text string, fn func(scan func(...any) error) error) error {
	rows, err := q(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// periods lists the periods that are asked for: none is all of the data.
func (a *asking) periods() ([]Period, error) {
	from, to := first(a.o.From, DayOf(a.firstAt.In(a.zone))), first(a.o.To, a.end.day)
	if a.o.Grain == "" {
		if a.o.From == "" && a.o.To == "" {
			return nil, nil
		}
		return []Period{{Label: string(from) + ".." + string(to), First: from, Last: to, Start: from.In(a.zone), End: to.Add(1).In(a.zone)}}, nil
	}
	return PeriodsOf(a.o.Grain, from, min(to, a.end.day), a.zone, a.o.FiscalYear)
}

// momentOf is the end of a period, or of what is asked if that is earlier.
func (a *asking) momentOf(p Period) moment {
	if p.Last >= a.end.day {
		return a.end
	}
	return moment{day: p.Last, at: p.End, past: true}
}

// first is the first column of a view, called v: what its rows are about.
func (a *asking) first(view string) string {
	if list := a.order[view]; len(list) > 0 {
		return "v." + list[0]
	}
	return "NULL"
}

func (a *asking) zoneText() string { return literal(a.zone.String()) }

// isUTC says that days are those of UTC, where no table of zones is needed:
// AT TIME ZONE takes 20 times as long.
func (a *asking) isUTC() bool { return a.zone == time.UTC || a.zone.String() == "UTC" }

// localDay writes the day of an instant in the project's zone.
func (a *asking) localDay(instant string) string {
	if a.isUTC() {
		return "make_timestamp(epoch_us(" + instant + "))::DATE"
	}
	return "((" + instant + ") AT TIME ZONE " + a.zoneText() + ")::DATE"
}

// isDay says that an expression is a DATE, not an instant.
func (s *statement) isDay(expression string) (bool, error) {
	is, ok := s.knownDay(expression)
	if ok {
		return is, nil
	}
	list, err := s.areDays(expression)
	if err != nil {
		return false, err
	}
	return list[0], nil
}

// tellDays finds out of several expressions at once what isDay says of each. An
// error is left to isDay, which knows whose it is.
func (s *statement) tellDays(expressions ...string) {
	unknown := slices.DeleteFunc(expressions, func(e string) bool {
		_, ok := s.knownDay(e)
		return e == "" || ok
	})
	if len(unknown) > 1 {
		_, _ = s.areDays(unknown...)
	}
}

func (s *statement) knownDay(expression string) (is, ok bool) {
	if t, ok := s.types[s.k.View][strings.TrimPrefix(strings.TrimSpace(expression), "v.")]; ok {
		return t == "DATE", true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	is, ok = s.kinds[s.kindKey(expression)]
	return is, ok
}

func (s *statement) kindKey(expression string) string { return s.k.Name + "\x00" + expression }

// areDays asks the database.
func (s *statement) areDays(expressions ...string) (list []bool, err error) {
	with := ""
	for _, name := range sortedKeys(s.k.With) {
		with += fmt.Sprintf("%s AS (%s), ", name, s.fill(s.k.With[name]))
	}
	if with != "" {
		with = "WITH " + strings.TrimSuffix(with, ", ") + " "
	}
	columns := make([]string, len(expressions))
	for i, e := range expressions {
		columns[i] = fmt.Sprintf("%s AS x%d", s.fill(e), i)
	}
	err = s.each(fmt.Sprintf("SELECT column_type FROM (DESCRIBE %sSELECT %s FROM o2c.%s AS v %s)", with, strings.Join(columns, ", "), quoted(s.k.View), s.fill(s.k.Join)), func(scan func(...any) error) error {
		var t string
		err := scan(&t)
		list = append(list, t == "DATE")
		return err
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range expressions {
		s.kinds[s.kindKey(e)] = list[i]
	}
	return list, nil
}

// instant writes an expression as µs UTC; a day is its first instant.
func (s *statement) instant(expression string) (string, error) {
	day, err := s.isDay(expression)
	if err != nil {
		return "", err
	}
	e := s.fill(expression)
	switch {
	case day && s.isUTC():
		e = fmt.Sprintf("(%s)::TIMESTAMP", e)
	case day:
		e = fmt.Sprintf("((%s)::TIMESTAMP AT TIME ZONE %s)", e, s.zoneText())
	}
	return fmt.Sprintf("epoch_us(%s)", e), nil
}

var hole = regexp.MustCompile(`\{(as_of|at|zone|start|end|days|first_day|last_day)\}`)

// fill puts the moment and period into an expression.
func (s *statement) fill(text string) string {
	instant := func(t time.Time) string {
		return "TIMESTAMPTZ '" + t.UTC().Format("2006-01-02 15:04:05.999999") + "+00'"
	}
	p := s.period()
	text = hole.ReplaceAllStringFunc(text, func(m string) string {
		switch m {
		case "{as_of}":
			return s.now.date()
		case "{at}":
			return instant(s.now.at)
		case "{zone}":
			return s.zoneText()
		case "{start}":
			return instant(p.Start)
		case "{end}":
			return instant(p.End)
		case "{first_day}":
			return "DATE '" + string(p.First) + "'"
		case "{last_day}":
			return "DATE '" + string(p.Last) + "'"
		}
		return fmt.Sprint(p.Last.Since(p.First) + 1) // {days}
	})
	return s.local(text)
}

// period is the one that a figure as of a day is about; without one, the Days
// before the day, or all of the data if that is less.
func (s *statement) period() Period {
	if len(s.periods) > 0 {
		p := s.periods[len(s.periods)-1]
		if s.now.day < p.Last {
			p.Last, p.End = s.now.day, s.now.at
		}
		return p
	}
	from := max(s.now.day.Add(1-s.k.Days), min(DayOf(s.firstAt.In(s.zone)), s.now.day))
	return Period{First: from, Last: s.now.day, Start: from.In(s.zone), End: s.now.at}
}

var localCall = regexp.MustCompile(`\blocal\(`)

// local writes local(instant) as the day of the instant in the project's zone.
func (s *statement) local(text string) string {
	for {
		at := localCall.FindStringIndex(text)
		if at == nil {
			return text
		}
		depth, end := 1, -1
		for i := at[1]; i < len(text) && end < 0; i++ {
			switch text[i] {
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					end = i
				}
			}
		}
		if end < 0 {
			return text // DuckDB says where a parenthesis is missing
		}
		text = text[:at[0]] + s.localDay(text[at[1]:end]) + text[end+1:]
	}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
