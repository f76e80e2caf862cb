package metrics

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
)

// A State is where an object stands with a rule.
type State string

// The states there are.
const (
	Met          State = "met"           // it ended within the limit
	OK           State = "ok"            // it runs, and is not near the limit
	AtRisk       State = "at risk"       // it runs, and is near the limit
	Breached     State = "breached"      // it runs, beyond the limit
	ResolvedLate State = "resolved late" // it ended beyond the limit
)

// A Standing says how a rule is kept, as of the end of a day, or of its instant
// At on the last one.
//
// Law: N = Met + OK + AtRisk + OpenBreached + ResolvedLate + Σ Excluded.
type Standing struct {
	Rule         *Rule
	AsOf         Day
	At           time.Time
	N            int64
	Met          int64
	OK           int64
	AtRisk       int64
	OpenBreached int64
	ResolvedLate int64
	Excluded     []Exclusion
	Value        []Amount // at stake: of what is breached and open
	Worst        []Breach // of what is breached and open or at risk, by value and age
	// Figure is the value of a bounded KPI, OutOfBounds whether it passes the bound.
	Figure      *Value
	OutOfBounds bool
	Notes       []eventlog.Note
}

// Breached are the objects that were not in time, done or not.
func (s Standing) Breached() int64 { return s.OpenBreached + s.ResolvedLate }

// Violated says that something is beyond its limit now.
func (s Standing) Violated() bool { return s.OpenBreached > 0 || s.OutOfBounds }

// A Breach is an object that is beyond its limit, or near it.
type Breach struct {
	Key      string   `json:"key"`
	State    State    `json:"state"`
	Owner    string   `json:"owner"`
	Since    string   `json:"since"`  // RFC 3339
	Due      string   `json:"due"`    // when its time is over; "" where no calendar goes so far
	AgeS     int64    `json:"age_s"`  // by the rule's clock
	OverS    int64    `json:"over_s"` // beyond the limit; negative: left
	Amount   *float64 `json:"amount,omitempty"`
	Currency string   `json:"currency,omitempty"`
}

// Standings evaluates rules. kpis are those that rules may bound; worst is how
// many objects to list of each rule, 0 for none and negative for all.
func Standings(ctx context.Context, q Querier, rules []*Rule, kpis []*KPI, worst int, o Options) ([]Standing, error) {
	a, err := newAsking(ctx, q, o)
	if err != nil {
		return nil, err
	}
	found, err := a.links()
	if err != nil {
		return nil, err
	}
	var list []Standing
	for _, r := range rules {
		s, err := a.remembered(r, kpis, worst, func() (s []Standing, err error) {
			err = a.within(func(a *asking) (err error) {
				if r.KPI != "" {
					s, err = a.bounded(r, kpis, found)
				} else {
					s, err = a.standing(r, worst, found)
				}
				return err
			})
			return s, err
		})
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.Name, err)
		}
		list = append(list, s...)
	}
	return list, nil
}

// bounded evaluates a rule that bounds a figure: one standing a value.
func (a *asking) bounded(r *Rule, kpis []*KPI, found []foundLinks) ([]Standing, error) {
	i := slices.IndexFunc(kpis, func(k *KPI) bool { return k.Name == r.KPI })
	if i < 0 {
		var names []string
		for _, k := range kpis {
			names = append(names, k.Name)
		}
		return nil, fmt.Errorf("there is no key figure %q%s", r.KPI, eventlog.DidYouMean(r.KPI, names))
	}
	x, err := a.ask(kpis[i], found)
	if err != nil {
		return nil, err
	}
	for _, b := range batches(x.statements) {
		if err := answer(a.ctx, b); err != nil {
			return nil, err
		}
	}
	values := a.values(kpis[i], x)
	var list []Standing
	for _, v := range values {
		out := v.Known() && (r.Above != nil && v.V > *r.Above || r.Below != nil && v.V < *r.Below)
		list = append(list, Standing{Rule: r, AsOf: a.end.day, At: a.end.at, N: v.N, Figure: &v, OutOfBounds: out, Notes: v.Notes})
	}
	return list, nil
}

// kpi is the rule as a duration of its objects.
func (r *Rule) kpi() *KPI {
	k := &KPI{
		Name: r.Name, Title: r.Title, Unit: Hours, Kind: DurationKind, Of: r.Of, One: r.One, Doc: r.Doc, View: r.View, Key: r.Key, With: r.With, Join: r.Join,
		Scope: r.Scope, Links: r.Links, Needs: r.Needs, From: r.From, To: r.To, Clock: r.Clock, Site: r.Site, Amount: r.Amount, Currency: r.Currency,
		LeaveOut: r.LeaveOut, Open: "(" + r.To + ") IS NULL", early: r.Early,
	}
	if r.Broken != "" {
		k.Kind, k.Unit, k.Hit, k.At, k.Open = RateKind, Share, r.Broken, r.At, ""
	}
	for name, text := range map[string]string{"owner_by": r.OwnerBy, "detail": r.Detail} {
		if text != "" {
			if k.Dimensions == nil {
				k.Dimensions = map[string]string{}
			}
			k.Dimensions[name] = text
		}
	}
	k.fill()
	return k
}

// limit writes how many µs a row may take; a working day is as long as the
// row's calendar makes it on average.
func (s *statement) limit(r *Rule) string {
	if r.Clock != Business || r.Limit.Days == 0 {
		return fmt.Sprint(r.Limit.Elapsed().Microseconds())
	}
	var cases strings.Builder
	for _, site := range sortedKeys(s.o.Calendars.Of) {
		fmt.Fprintf(&cases, " WHEN %s THEN %d", literal(site), s.o.Calendars.Of[site].Day())
	}
	fallback := int64(0)
	if s.o.Calendars.Default != nil {
		fallback = s.o.Calendars.Default.Day()
	}
	day := fmt.Sprint(fallback)
	if cases.Len() > 0 {
		day = fmt.Sprintf("CASE calendar%s ELSE %d END", cases.String(), fallback)
	}
	return fmt.Sprintf("CAST(%g * (%s) AS BIGINT)", r.Limit.Days, day)
}

func (a *asking) standing(r *Rule, worst int, found []foundLinks) ([]Standing, error) {
	out := Standing{Rule: r, AsOf: a.end.day, At: a.end.at}
	s, judged, err := a.judged(r, found, &out.Notes)
	if err != nil || len(out.Notes) > 0 {
		return []Standing{out}, err
	}
	if err := a.tally(s, judged, worst, &out); err != nil {
		return nil, s.blame(r, err)
	}
	if a.end.past {
		values := []Value{s.k.nothing()}
		s.k.saidNow(values, s.by, a.types)
		out.Notes = append(out.Notes, values[0].Notes...)
	}
	return []Standing{out}, nil
}

// looked writes the CTEs up to counted, the objects of a rule, and the columns of
// who has to act and what is at stake. Notes say why there is nothing to judge.
func (a *asking) looked(r *Rule, found []foundLinks, notes *[]eventlog.Note) (s *statement, rows, owner, money string, err error) {
	k := r.kpi()
	s = &statement{asking: a, k: k, now: a.end, due: true}
	if err := a.guard(k); err != nil {
		return nil, "", "", "", err
	}
	if lacks := k.lacks(a.types); len(lacks) > 0 {
		*notes = []eventlog.Note{{Code: "needs", Text: fmt.Sprintf("The data has no %s.", strings.Join(lacks, ", "))}}
		return s, "", "", "", nil
	}
	if a.types[k.View] == nil {
		return nil, "", "", "", fmt.Errorf("view: there is no business view %q%s", k.View, eventlog.DidYouMean(k.View, sortedKeys(a.types)))
	}
	if *notes = k.lost(found, k.linkRate(a.o)); len(*notes) > 0 {
		return s, "", "", "", nil
	}
	owner, money = literal(r.Owner), "NULL::DOUBLE AS amount, '' AS currency"
	if r.OwnerBy != "" {
		s.by = []string{r.OwnerBy}
		owner = fmt.Sprintf("coalesce(nullif(by_0, ''), %s)", owner)
	}
	if r.Detail != "" {
		s.by = append(s.by, r.Detail)
	}
	if r.Amount != "" {
		money = "amount::DOUBLE AS amount, document_currency AS currency"
	}
	if rows, err = s.rows(); err != nil {
		err = s.blame(r, err)
	}
	return s, rows, owner, money, err
}

// judged writes the CTEs up to judged: each object of a rule with its state,
// which is NULL where it is left out, and when it is due. Notes say why there
// is nothing to judge.
func (a *asking) judged(r *Rule, found []foundLinks, notes *[]eventlog.Note) (*statement, string, error) {
	s, rows, owner, money, err := a.looked(r, found, notes)
	if err != nil || len(*notes) > 0 {
		return s, "", err
	}
	// Working time is due at the first instant at which there has been so much:
	// in the last of the hours before which there was less.
	due, hours := "began + allowed", ""
	if r.Clock == Business {
		due = "CASE WHEN h.start + worked + allowed - h.before <= h.until THEN greatest(began, h.start + worked + allowed - h.before) END"
		hours = "\n\tASOF LEFT JOIN hours h ON h.calendar = c.calendar AND c.worked + c.allowed > h.before"
	}
	return s, fmt.Sprintf(`%s,
timed AS (SELECT *, %s AS allowed FROM counted),
judged AS (
	SELECT CAST(key AS VARCHAR) AS key, %s AS owner, began AS since, measure, fate, allowed, %s AS due, %s,
	       CASE WHEN fate IS NULL AND measure <= allowed THEN 'met' WHEN fate IS NULL THEN 'resolved late'
	            WHEN fate <> '' THEN NULL WHEN measure > allowed THEN 'breached' WHEN measure >= %g * allowed THEN 'at risk' ELSE 'ok' END AS state
	FROM timed c%s
)`, rows, s.limit(r), owner, due, money, *r.AtRisk, hours), nil
}

// tally counts the objects by state, adds up what is at stake, and lists so many
// (negative: all) of what is beyond the limit or near it: the breached first, then
// by value, then by how far beyond.
func (a *asking) tally(s *statement, judged string, worst int, out *Standing) error {
	most := ""
	if worst >= 0 {
		most = fmt.Sprintf(" QUALIFY place <= %d", worst)
	}
	text := strings.Replace(judged, "judged AS (", "judged AS MATERIALIZED (", 1) + `,
told AS (
	SELECT 1 AS part, state, fate, count(*) AS n FROM judged GROUP BY state, fate
	UNION ALL BY NAME
	SELECT 2 AS part, currency, sum(CAST(amount AS DECIMAL(38,4)))::DOUBLE AS amount
	FROM judged WHERE state = 'breached' AND amount IS NOT NULL AND currency <> '' GROUP BY currency
	UNION ALL BY NAME
	SELECT 3 AS part, key, state, owner, strftime(make_timestamp(since), '%Y-%m-%dT%H:%M:%SZ') AS since, strftime(make_timestamp(due), '%Y-%m-%dT%H:%M:%SZ') AS due,
	       measure, measure - allowed AS beyond, amount, currency,
	       row_number() OVER (ORDER BY state = 'breached' DESC, abs(amount) DESC NULLS LAST, measure - allowed DESC, key) AS place
	FROM judged WHERE state IN ('breached', 'at risk')` + most + `
)
SELECT part, coalesce(state, ''), coalesce(fate, ''), coalesce(n, 0), coalesce(amount, 'nan'::DOUBLE), coalesce(currency, ''),
       coalesce(key, ''), coalesce(owner, ''), coalesce(since, ''), coalesce(due, ''), coalesce(measure, 0), coalesce(beyond, 0)
FROM told ORDER BY part, place, coalesce(state, ''), coalesce(fate, ''), currency`
	return a.each(s.states(text), func(scan func(...any) error) error {
		var part int
		var fate string
		var n, age, over int64
		var amount float64
		var b Breach
		if err := scan(&part, &b.State, &fate, &n, &amount, &b.Currency, &b.Key, &b.Owner, &b.Since, &b.Due, &age, &over); err != nil {
			return err
		}
		switch part {
		case 1:
			out.add(b.State, fate, n)
		case 2:
			out.Value = append(out.Value, Amount{b.Currency, amount})
		case 3:
			b.AgeS, b.OverS = age/1e6, over/1e6
			if !math.IsNaN(amount) {
				b.Amount = &amount
			}
			out.Worst = append(out.Worst, b)
		}
		return nil
	})
}

// add counts n objects of a state; those that have none are left out.
func (s *Standing) add(state State, fate string, n int64) {
	s.N += n
	switch state {
	case Met:
		s.Met += n
	case OK:
		s.OK += n
	case AtRisk:
		s.AtRisk += n
	case Breached:
		s.OpenBreached += n
	case ResolvedLate:
		s.ResolvedLate += n
	default:
		s.Excluded = append(s.Excluded, Exclusion{fate, n})
	}
}
