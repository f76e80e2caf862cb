package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"millrace/eventlog"
)

// linksCmd is millrace links.
type linksCmd struct {
	System  string `placeholder:"NAME" help:"Only what this system refers to."`
	Orphans int    `default:"0" placeholder:"N" help:"List so many references of each kind that were not found, or mean several, and so much master data that is ambiguous."`
	jsonFlag
}

func (c *linksCmd) Help() string {
	return "Every reference of one system to what another one describes: order, delivery, shipment, invoice, receivable, receipt, message;\n" +
		"and how many customers and materials of each are another's too, by the keys that masters: in millrace.yaml names.\n\n" +
		"Examples:\n  millrace links\n  millrace links --system carrier --orphans 20"
}

// A systemLink is one kind of reference between systems.
type systemLink struct {
	System    string       `json:"system"`
	Source    string       `json:"source"`
	Qualifier string       `json:"qualifier"`
	Target    string       `json:"target"`
	By        string       `json:"by"` // what of the target is meant: its id, its number
	Matched   int64        `json:"matched"`
	Unmatched int64        `json:"unmatched"`
	Ambiguous int64        `json:"ambiguous"`
	Value     []linkValue  `json:"value"`
	Orphans   []linkOrphan `json:"orphans,omitempty"`
}

// share is the part of the references that was found.
func (l *systemLink) share() float64 {
	return float64(l.Matched) / float64(l.Matched+l.Unmatched+l.Ambiguous)
}

// A linkValue is what references of one currency are worth.
type linkValue struct {
	Currency  string  `json:"currency"`
	Matched   decimal `json:"matched"`
	Unmatched decimal `json:"unmatched"`
	Ambiguous decimal `json:"ambiguous"`
}

// A decimal is an amount as the database writes it.
type decimal string

func (d decimal) MarshalJSON() ([]byte, error) { return []byte(d), nil }

// A linkOrphan is a reference that is no link.
type linkOrphan struct {
	ID       string  `json:"id"`
	Key      string  `json:"key"`
	Matches  int64   `json:"matches"` // objects that it may mean
	Amount   decimal `json:"amount,omitempty"`
	Currency string  `json:"currency,omitempty"`
}

const (
	linksSQL = `-- How many references of each kind were found?
SELECT system, source_type, qualifier, target_type, attributes, matched, unmatched, ambiguous
FROM o2c.link_counts
ORDER BY system, source_type, qualifier, target_type`
	linkValuesSQL = `-- What are they worth?
SELECT system, source_type, qualifier, target_type, currency, coalesce(sum(amount) FILTER (state = 'matched'), 0)::VARCHAR,
       coalesce(sum(amount) FILTER (state = 'unmatched'), 0)::VARCHAR, coalesce(sum(amount) FILTER (state = 'ambiguous'), 0)::VARCHAR
FROM o2c.system_links WHERE amount IS NOT NULL AND currency IS NOT NULL
GROUP BY system, source_type, qualifier, target_type, currency
ORDER BY system, source_type, qualifier, target_type, currency`
	linkOrphansSQL = `-- Which were not found?
SELECT source_id, key, matches, coalesce(amount::VARCHAR, ''), coalesce(currency, '')
FROM o2c.system_links WHERE state <> 'matched' AND system = $1 AND source_type = $2 AND qualifier = $3 AND target_type = $4
ORDER BY abs(amount) DESC NULLS LAST, source_id, key LIMIT $5`
)

func (c *linksCmd) Run(e *env) (err error) {
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait, Memory: e.Memory})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	links, err := systemLinks(e, s, c.Orphans)
	if err != nil {
		return err
	}
	masters, err := masterCounts(e, s, c.Orphans)
	if err != nil {
		return err
	}
	tell := worthTelling(masters)
	if c.System != "" {
		masters = slices.DeleteFunc(masters, func(m masterCount) bool { return m.Source != c.System })
		if links, err = linksOf(links, c.System); err != nil && len(masters) == 0 {
			return err
		}
	}
	if c.JSON {
		return printJSON(e.Stdout, struct {
			Links   []systemLink  `json:"links"`
			Masters []masterCount `json:"masters"`
		}{append([]systemLink{}, links...), append([]masterCount{}, masters...)}) // none is [], not null
	}
	if len(links) == 0 {
		fmt.Fprintln(e.Stdout, "no source refers to what another one describes")
	} else if err := printLinks(e.Stdout, links); err != nil {
		return err
	}
	if !tell || len(masters) == 0 {
		return nil
	}
	fmt.Fprintln(e.Stdout)
	return printMasters(e.Stdout, masters)
}

// linksOf are the links of one system.
func linksOf(links []systemLink, system string) ([]systemLink, error) {
	var own []systemLink
	var names []string
	for _, l := range links {
		if l.System == system {
			own = append(own, l)
		}
		if len(names) == 0 || names[len(names)-1] != l.System {
			names = append(names, l.System)
		}
	}
	if own == nil && names == nil {
		return nil, nil // nobody refers to anything
	}
	if own == nil {
		return nil, usageError{fmt.Errorf("--system: no references of %q%s; those of %s are known", system, eventlog.DidYouMean(system, names), strings.Join(names, ", "))}
	}
	return own, nil
}

// systemLinks reads how references between systems were resolved, and so many
// orphans of each kind. Before anything was loaded from a system there are none.
func systemLinks(e *env, s *eventlog.Store, orphans int) (links []systemLink, err error) {
	var there int64
	if err := eachRow(e, s, "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'o2c' AND table_name = 'link_counts'", nil, &there)(func() error { return nil }); err != nil || there == 0 {
		return nil, err
	}
	var l systemLink
	err = eachRow(e, s, linksSQL, nil, &l.System, &l.Source, &l.Qualifier, &l.Target, &l.By, &l.Matched, &l.Unmatched, &l.Ambiguous)(func() error {
		l.Value = []linkValue{}
		links = append(links, l)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var k systemLink
	var v linkValue
	err = eachRow(e, s, linkValuesSQL, nil, &k.System, &k.Source, &k.Qualifier, &k.Target, &v.Currency, &v.Matched, &v.Unmatched, &v.Ambiguous)(func() error {
		for i := range links {
			if x := &links[i]; x.System == k.System && x.Source == k.Source && x.Qualifier == k.Qualifier && x.Target == k.Target {
				x.Value = append(x.Value, v)
			}
		}
		return nil
	})
	if err != nil || orphans == 0 {
		return links, err
	}
	for i := range links {
		x := &links[i]
		var o linkOrphan
		err := eachRow(e, s, linkOrphansSQL, []any{x.System, x.Source, x.Qualifier, x.Target, orphans}, &o.ID, &o.Key, &o.Matches, &o.Amount, &o.Currency)(func() error {
			x.Orphans = append(x.Orphans, o)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return links, nil
}

// eachRow asks a store, and calls fn after each row was read into to.
func eachRow(e *env, s *eventlog.Store, query string, args []any, to ...any) func(fn func() error) error {
	return func(fn func() error) error {
		rows, err := s.Query(e, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(to...); err != nil {
				return err
			}
			if err := fn(); err != nil {
				return err
			}
		}
		return rows.Err()
	}
}

// Scan takes a text of the database.
func (d *decimal) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("an amount is a %T, not a text", value)
	}
	*d = decimal(text)
	return nil
}

// printLinks writes a table, and the orphans under it.
func printLinks(w io.Writer, links []systemLink) error {
	t := newTable("system", "reference", "by", " matched", " unmatched", " ambiguous", " found", " value not found")
	for i := range links {
		l := &links[i]
		var lost []string
		for _, v := range l.Value {
			for _, x := range []decimal{v.Unmatched, v.Ambiguous} {
				if strings.Trim(string(x), "0.-") != "" {
					lost = append(lost, v.Currency+" "+string(x))
				}
			}
		}
		t.add(l.System, l.what(), l.By, count(l.Matched), count(l.Unmatched), count(l.Ambiguous), fmt.Sprintf("%.1f %%", 100*l.share()), strings.Join(lost, ", "))
	}
	if err := t.write(w); err != nil {
		return err
	}
	for i := range links {
		l := &links[i]
		for j, o := range l.Orphans {
			if j == 0 {
				fmt.Fprintf(w, "\n%s, %s:\n", l.System, l.what())
			}
			why := "nobody describes it"
			if o.Matches > 1 {
				why = fmt.Sprintf("it may be any of %d", o.Matches)
			}
			fmt.Fprintf(w, "  %s → %s: %s\n", printable(o.ID), printable(o.Key), why)
		}
	}
	return nil
}

// what is the reference in words: "InvoiceItem bills DeliveryItem".
func (l *systemLink) what() string { return l.Source + " " + l.Qualifier + " " + l.Target }
