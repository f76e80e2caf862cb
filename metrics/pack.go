package metrics

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"

	"millrace/eventlog"
)

// A Conduct says how a rule of conduct is kept.
//
// Law: N = Checked + Open + Σ Excluded, and Violated ≤ Checked.
type Conduct struct {
	Rule     *Rule
	AsOf     Day
	N        int64       // cases that the rule is about
	Checked  int64       // of these, cases that can be told
	Violated int64       // of the checked
	Open     int64       // their limit is not over yet
	Excluded []Exclusion // why the others are not checked
	Value    []Amount    // of what violates it
	// Cases are those that violate it, the most valuable first.
	Cases []Violation
	SQL   string // gives Cases; "" where Notes say why nothing was checked
	Notes []eventlog.Note
}

// A Violation is a case that breaks a rule.
type Violation struct {
	Key      string   `json:"key"` // id of the object, for millrace trace
	Owner    string   `json:"owner"`
	At       string   `json:"at"` // RFC 3339; "" where nobody knows
	Detail   string   `json:"detail,omitempty"`
	Amount   *float64 `json:"amount,omitempty"`
	Currency string   `json:"currency,omitempty"`
}

//go:embed packs/*.yaml
var packFiles embed.FS

// Packs lists the names of the rule packs that come with Millrace.
func Packs() (names []string) {
	files, err := fs.Glob(packFiles, "packs/*.yaml")
	if err != nil {
		panic(err) // embedded
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(path.Base(f), ".yaml"))
	}
	return names
}

// PackText is the file of a pack that comes with Millrace.
func PackText(name string) ([]byte, error) {
	text, err := packFiles.ReadFile("packs/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("no rule pack %q%s; there are %s", name, eventlog.DidYouMean(name, Packs()), strings.Join(Packs(), ", "))
	}
	return text, nil
}

// ReadPack reads rules of conduct, and service levels, as [ReadRules] does.
//
// A rule with same_as is the service level of that name, with the fields that it
// has of its own.
func ReadPack(text []byte, levels []*Rule) *Sheet {
	s := &Sheet{}
	s.read(text, &s.Rules)
	seen := map[string]bool{}
	for i, r := range s.Rules {
		err := errors.New("a rule says nothing")
		if r == nil {
			s.Rules[i] = &Rule{}
		} else {
			err = r.takeOver(levels)
			r.fill()
			if err == nil {
				err = r.validate()
			}
			if err != nil && r.Broken == "" && r.From == "" && r.SameAs == "" && r.KPI == "" {
				err = fmt.Errorf("rule %s: broken says what breaks it; or from, to and limit, what was late; or same_as, which service level", r.Name)
			}
			if err == nil && r.KPI != "" {
				err = fmt.Errorf("rule %s: kpi is of service levels; a rule of conduct is about cases", r.Name)
			}
			if err == nil && seen[r.Name] {
				err = FieldError{"name", fmt.Errorf("%s is there twice", r.Name)}
			}
			seen[r.Name] = true
		}
		if err != nil {
			s.Fault(i, s.Rules[i].Name, err)
		}
	}
	return s
}

// takeOver fills what r does not say itself from the service level it is the same as.
func (r *Rule) takeOver(levels []*Rule) error {
	if r.SameAs == "" {
		return nil
	}
	i := slices.IndexFunc(levels, func(l *Rule) bool { return l.Name == r.SameAs })
	if i < 0 {
		var names []string
		for _, l := range levels {
			names = append(names, l.Name)
		}
		return FieldError{"same_as", fmt.Errorf("no service level is called %q%s", r.SameAs, eventlog.DidYouMean(r.SameAs, names))}
	}
	if r.View != "" || r.Broken != "" || r.From != "" || r.To != "" || r.Scope != "" {
		return FieldError{"same_as", errors.New("what is looked at is the service level's: leave out view, scope, from, to and broken")}
	}
	if r.Limit != (Limit{}) && r.Doc == "" {
		return FieldError{"limit", errors.New("a limit of its own needs a doc of its own: that of the service level tells another")}
	}
	own := *r
	*r = *levels[i]
	r.Name, r.Title, r.Doc, r.SameAs = own.Name, first(own.Title, r.Title), first(own.Doc, r.Doc), own.SameAs
	r.Severity, r.Owner = first(own.Severity, r.Severity), first(own.Owner, r.Owner)
	if own.Limit != (Limit{}) {
		r.Limit = own.Limit
	}
	return nil
}

// Conducts says how rules of conduct are kept, each with so many of the cases that
// violate it, or all if cases is negative, as of the end of o.AsOf. A service level is
// violated by what was late. An error of one rule is returned with its place
// in the list, and the field that it is about where that is known.
func Conducts(ctx context.Context, q Querier, rules []*Rule, cases int, o Options) (list []Conduct, failed int, err error) {
	a, err := newAsking(ctx, q, o)
	if err != nil {
		return nil, -1, err
	}
	found, err := a.links()
	if err != nil {
		return nil, -1, err
	}
	for i, r := range rules {
		err := a.within(func(a *asking) error {
			v, err := a.verdict(r, cases, found)
			list = append(list, v)
			return err
		})
		if err != nil {
			return nil, i, fmt.Errorf("rule %s: %w", r.Name, r.inOwnWords(err))
		}
	}
	return list, -1, nil
}

// inOwnWords names the fields of a rule as it does, and not as the figure does
// that it is evaluated as.
func (r *Rule) inOwnWords(err error) error {
	var f FieldError
	if !errors.As(err, &f) {
		return err
	}
	own := map[string]string{"hit": "broken", "attributed_to": "at", "dimensions.detail": "detail", "dimensions.owner_by": "owner_by"}
	return FieldError{first(own[f.Field], f.Field), f.Err}
}

func (a *asking) verdict(r *Rule, cases int, found []foundLinks) (Conduct, error) {
	v := Conduct{Rule: r, AsOf: a.end.day}
	s, ruled, err := a.ruled(r, found, &v.Notes)
	if err != nil || len(v.Notes) > 0 {
		return v, err
	}
	limit := ""
	if cases >= 0 {
		limit = fmt.Sprintf("\nLIMIT %d", cases)
	}
	violating := ruled + `
SELECT key, owner, coalesce(strftime(make_timestamp(happened), '%Y-%m-%dT%H:%M:%SZ'), '') AS happened_at, detail, amount, currency
FROM ruled
WHERE verdict = 'violated'
ORDER BY abs(amount) DESC NULLS LAST, key, happened_at, detail`
	v.SQL = fmt.Sprintf("-- %s: %s\n%s;\n", r.Name, strings.Join(strings.Fields(r.Doc), " "), s.states(violating))
	if err := a.countVerdicts(s, ruled, &v); err != nil {
		return v, s.blame(r, err)
	}
	return v, a.each(s.states(violating)+limit, func(scan func(...any) error) error {
		var c Violation
		var key sql.NullString
		var amount sql.NullFloat64
		err := scan(&key, &c.Owner, &c.At, &c.Detail, &amount, &c.Currency)
		if c.Key = key.String; amount.Valid {
			c.Amount = &amount.Float64
		}
		v.Cases = append(v.Cases, c)
		return err
	})
}

// ruled writes the CTEs up to ruled: each case of a rule with its verdict,
// kept, violated or open, NULL where it is left out.
func (a *asking) ruled(r *Rule, found []foundLinks, notes *[]eventlog.Note) (*statement, string, error) {
	if r.Broken == "" {
		s, judged, err := a.judged(r, found, notes)
		return s, judged + `,
ruled AS (
	SELECT key, owner, since AS happened, '' AS detail, amount, currency, fate,
	       CASE state WHEN 'met' THEN 'kept' WHEN 'breached' THEN 'violated' WHEN 'resolved late' THEN 'violated' WHEN 'ok' THEN 'open' WHEN 'at risk' THEN 'open' END AS verdict
	FROM judged
)`, err
	}
	s, rows, owner, money, err := a.looked(r, found, notes)
	detail := "''"
	if r.Detail != "" {
		detail = "by_0"
		if r.OwnerBy != "" {
			detail = "by_1"
		}
	}
	return s, fmt.Sprintf(`%s,
ruled AS (
	SELECT CAST(key AS VARCHAR) AS key, %s AS owner, happened, %s AS detail, %s, fate,
	       CASE WHEN fate IS NOT NULL THEN NULL WHEN hit THEN 'violated' ELSE 'kept' END AS verdict
	FROM counted
)`, strings.TrimRight(rows, "\n"), owner, detail, money), err
}

// countVerdicts counts the cases by verdict, and adds up what is violated.
func (a *asking) countVerdicts(s *statement, ruled string, v *Conduct) error {
	text := ruled + "\nSELECT coalesce(verdict, ''), coalesce(fate, ''), CASE WHEN verdict = 'violated' THEN currency ELSE '' END, count(*), coalesce(sum(CAST(amount AS DECIMAL(38,4)))::DOUBLE, 'nan'::DOUBLE) FROM ruled GROUP BY ALL ORDER BY ALL"
	return a.each(s.states(text), func(scan func(...any) error) error {
		var verdict, fate, currency string
		var n int64
		var amount float64
		if err := scan(&verdict, &fate, &currency, &n, &amount); err != nil {
			return err
		}
		v.N += n
		switch verdict {
		case "violated":
			v.Checked += n
			v.Violated += n
			if !math.IsNaN(amount) && currency != "" {
				v.Value = append(v.Value, Amount{Currency: currency, Amount: amount})
			}
		case "kept":
			v.Checked += n
		case "open":
			v.Open += n
		default:
			v.Excluded = append(v.Excluded, Exclusion{fate, n})
		}
		return nil
	})
}
