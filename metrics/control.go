package metrics

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"millrace/eventlog"
)

// A Control is a figure that somebody else computed, mostly the general ledger:
// ours has to be the same. Amounts are compared in their own currency, whatever
// is reported in.
type Control struct {
	Name      string            `yaml:"name"` // gl receivables
	KPI       string            `yaml:"kpi"`
	AsOf      Day               `yaml:"as_of"` // default: the last day of the data
	From      Day               `yaml:"from"`  // of a figure of what happened in a period
	To        Day               `yaml:"to"`
	By        map[string]string `yaml:"by"`        // {currency: EUR}
	Value     *float64          `yaml:"value"`     // theirs
	Tolerance float64           `yaml:"tolerance"` // the difference that does not matter; default none
	Items     string            `yaml:"items"`     // a table of key,amount: what theirs is made of
}

// Check says what is wrong with c.
func (c Control) Check() error {
	if c.Name == "" || c.KPI == "" || c.Value == nil {
		return errors.New("name, kpi and value are missing: {name: gl receivables, kpi: ar.balance, as_of: 2025-11-30, by: {currency: EUR}, value: 1234.56, tolerance: 0.01}")
	}
	if c.Tolerance < 0 || math.IsNaN(c.Tolerance) || math.IsNaN(*c.Value) || math.IsInf(*c.Value, 0) {
		return fmt.Errorf("%s: value %v and tolerance %v: want a number, and one that is not negative", c.Name, *c.Value, c.Tolerance)
	}
	for _, d := range []struct {
		key string
		day Day
	}{{"as_of", c.AsOf}, {"from", c.From}, {"to", c.To}} {
		if d.day == "" {
			continue
		}
		if _, err := ParseDay(string(d.day)); err != nil {
			return fmt.Errorf("%s: %s: %w", c.Name, d.key, err)
		}
	}
	return nil
}

// A Reconciliation is a control held against our figure.
type Reconciliation struct {
	Control    Control
	AsOf       Day
	Ours       float64 // NaN if there is none
	Difference float64 // ours − theirs
	N          int64   // objects in ours
	// Reconciled says whether the two agree within the tolerance; nil that nobody
	// can tell, as Notes say.
	Reconciled *bool
	Items      *Unmatched // nil: the control names no items
	Notes      []eventlog.Note
}

// Unmatched are the items that make a difference, in the order of their keys.
type Unmatched struct {
	Ours, Theirs, Matched int // how many keys
	OnlyOurs              []Item
	OnlyTheirs            []Item
	Differing             []Difference
}

// A Difference is an item that both have with another amount.
type Difference struct {
	Key        string  `json:"key"`
	Ours       float64 `json:"ours"`
	Theirs     float64 `json:"theirs"`
	Difference float64 `json:"difference"`
}

// Reconcile holds controls against the figures of kpis, in the order of the
// controls. items opens the table that a control names.
func Reconcile(ctx context.Context, q Querier, kpis []*KPI, controls []Control, o Options, items func(name string) (io.ReadCloser, error)) ([]Reconciliation, error) {
	var list []Reconciliation
	for _, c := range controls {
		r, err := reconcile(ctx, q, kpis, c, o, items)
		if err != nil {
			return nil, fmt.Errorf("control %s: %w", c.Name, err)
		}
		list = append(list, r)
	}
	return list, nil
}

func reconcile(ctx context.Context, q Querier, kpis []*KPI, c Control, o Options, items func(string) (io.ReadCloser, error)) (Reconciliation, error) {
	r := Reconciliation{Control: c, Ours: math.NaN(), Difference: math.NaN()}
	i := slices.IndexFunc(kpis, func(k *KPI) bool { return k.Name == c.KPI })
	if i < 0 {
		var names []string
		for _, k := range kpis {
			names = append(names, k.Name)
		}
		return r, fmt.Errorf("there is no key figure %q%s", c.KPI, eventlog.DidYouMean(c.KPI, names))
	}
	k := kpis[i]
	own := Options{Seen: o.Seen, LinkRate: o.LinkRate, Zone: o.Zone, AsOf: c.AsOf, From: c.From, To: c.To, FiscalYear: o.FiscalYear, Calendars: o.Calendars, Timeout: o.Timeout}
	labels := map[string]string{} // of the figure's values: its currency, and what it is always split by
	for _, d := range sortedKeys(c.By) {
		if _, split := k.Split[d]; split || d == "currency" && (k.Currency != "" || k.Kind == SQLKind || k.Kind == ReceivablesKind) {
			labels[d] = c.By[d]
		} else {
			own.Only = append(own.Only, Label{d, c.By[d]})
		}
	}
	values, err := Evaluate(ctx, q, []*KPI{k}, own)
	if err != nil {
		return r, err
	}
	r.take(k, values, labels)
	if c.Items == "" || r.Reconciled == nil {
		return r, nil
	}
	if len(k.Split) > 0 || !slices.Contains([]Kind{CountKind, SumKind, StockKind}, k.Kind) {
		r.note("items", "Items are of figures that add up or count objects; this one is no such sum, and they are not compared.")
		return r, nil
	}
	file, err := items(c.Items)
	if err != nil {
		return r, err
	}
	defer file.Close()
	theirs, err := readItems(file)
	if err != nil {
		return r, fmt.Errorf("%s: %w", c.Items, err)
	}
	ours, err := itemsOf(ctx, q, k, own, labels["currency"])
	if err != nil {
		return r, err
	}
	r.Items = match(ours, theirs, c.Tolerance)
	r.checkItems(theirs)
	return r, nil
}

func (r *Reconciliation) note(code, format string, a ...any) {
	r.Notes = append(r.Notes, eventlog.Note{Code: code, Text: fmt.Sprintf(format, a...)})
}

// take finds the one value that the control is about.
func (r *Reconciliation) take(k *KPI, values []Value, labels map[string]string) {
	var fit []Value
	for _, v := range values {
		r.AsOf = v.AsOf
		all := true
		for d, want := range labels {
			all = all && slices.Contains(v.By, Label{d, want})
		}
		if all {
			fit = append(fit, v)
		}
	}
	adds := slices.Contains([]Kind{CountKind, SumKind, StockKind}, k.Kind)
	switch {
	case len(fit) == 1 && fit[0].Known():
		r.Ours, r.N = fit[0].V, fit[0].Used
	case len(fit) > 1:
		var have []string
		for _, v := range fit {
			have = append(have, labelsText(v.By))
		}
		r.note("several", "The figure has %d values (%s); say by which it is.", len(fit), strings.Join(have, ", "))
		return
	case adds && len(fit) == 0 && slices.ContainsFunc(values, Value.Known), adds && len(values) == 1 && hasNote(values[0], "nothing"):
		r.Ours = 0 // nothing of it is there
	default:
		if len(values) > 0 && len(values[0].Notes) > 0 {
			r.Notes = append(r.Notes, values[0].Notes...)
		} else {
			r.note("nothing", "There is no figure of ours.")
		}
		return
	}
	// Sums of doubles: a millionth of a cent is no difference.
	r.Difference = math.Round((r.Ours-*r.Control.Value)*1e6) / 1e6
	agrees := math.Abs(r.Difference) <= r.Control.Tolerance+1e-9
	r.Reconciled = &agrees
}

func labelsText(by []Label) string {
	var parts []string
	for _, l := range by {
		parts = append(parts, l.Dimension+" "+l.Value)
	}
	return strings.Join(parts, " ")
}

func hasNote(v Value, code string) bool {
	return slices.ContainsFunc(v.Notes, func(n eventlog.Note) bool { return n.Code == code })
}

// checkItems notes that their items are not what their figure is made of.
func (r *Reconciliation) checkItems(theirs []Item) {
	sum := 0.0
	for _, x := range theirs {
		sum += x.Amount
	}
	if d := sum - *r.Control.Value; math.Abs(d) > r.Control.Tolerance+1e-6 {
		r.note("items-sum", "Their items add up to %.2f, which is not their figure %.2f: the difference between the two is theirs to explain.", sum, *r.Control.Value)
	}
	if i := r.Items; *r.Reconciled && len(i.OnlyOurs)+len(i.OnlyTheirs)+len(i.Differing) > 0 {
		r.note("items-offset", "The sums agree and the items do not: differences make up for one another.")
	}
}

// itemsOf lists what a figure is made of.
func itemsOf(ctx context.Context, q Querier, k *KPI, o Options, currency string) ([]Item, error) {
	a, err := newAsking(ctx, q, o)
	if err != nil {
		return nil, err
	}
	list, err := a.statements(k)
	if err != nil {
		return nil, err
	}
	var items []Item
	err = a.within(func(a *asking) error {
		s := *list[len(list)-1]
		s.asking = a
		items, err = s.items(currency)
		return err
	})
	return items, err
}

// match puts the items of both sides together by key.
func match(ours, theirs []Item, tolerance float64) *Unmatched {
	u := &Unmatched{Ours: len(ours)}
	amounts := map[string]float64{}
	for _, x := range theirs {
		amounts[x.Key] += x.Amount
	}
	u.Theirs = len(amounts)
	for _, x := range ours {
		their, ok := amounts[x.Key]
		switch {
		case !ok:
			u.OnlyOurs = append(u.OnlyOurs, x)
			continue
		case math.Abs(x.Amount-their) > tolerance+1e-9:
			u.Differing = append(u.Differing, Difference{x.Key, x.Amount, their, math.Round((x.Amount-their)*1e6) / 1e6})
		default:
			u.Matched++
		}
		delete(amounts, x.Key)
	}
	for _, key := range sortedKeys(amounts) {
		u.OnlyTheirs = append(u.OnlyTheirs, Item{key, amounts[key]})
	}
	return u
}

// readItems reads a table with the columns key and amount, apart by comma or
// semicolon; without amount each row counts as one.
func readItems(r io.Reader) ([]Item, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	body := strings.TrimPrefix(string(text), "\ufeff")
	head, _, _ := strings.Cut(body, "\n")
	rows := csv.NewReader(strings.NewReader(body))
	if strings.Contains(head, ";") {
		rows.Comma = ';'
	}
	rows.TrimLeadingSpace = true
	names, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("want a heading key,amount and a row for each item: %w", err)
	}
	for i := range names {
		names[i] = strings.ToLower(strings.TrimSpace(names[i]))
	}
	key, amount := slices.Index(names, "key"), slices.Index(names, "amount")
	if key < 0 {
		return nil, fmt.Errorf("the heading is %q; want key,amount", head)
	}
	var list []Item
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		x := Item{Key: strings.TrimSpace(row[key]), Amount: 1}
		if amount >= 0 {
			line, _ := rows.FieldPos(amount)
			if x.Amount, err = strconv.ParseFloat(strings.TrimSpace(row[amount]), 64); err != nil || math.IsNaN(x.Amount) || math.IsInf(x.Amount, 0) {
				return nil, fmt.Errorf("line %d: amount: %q is no number, as 1234.56", line, row[amount])
			}
		}
		list = append(list, x)
	}
}

// About says whether the control is about exactly this value.
func (r Reconciliation) About(v Value) bool {
	c := r.Control
	if v.KPI.Name != c.KPI || v.AsOf != r.AsOf || len(v.By) != len(c.By) {
		return false
	}
	for _, l := range v.By {
		if want, ok := c.By[l.Dimension]; !ok || want != l.Value {
			return false
		}
	}
	if c.From == "" && c.To == "" {
		return v.Period == ""
	}
	return v.Period == string(c.From)+".."+string(c.To)
}

// reconcilable are the families whose figures somebody else has as well.
var reconcilable = []string{"cash", "billing"}

// Reconciled notes on values what the controls about them say. A figure of
// cash or billing without one says that it is not reconciled.
func Reconciled(values []Value, list []Reconciliation) {
	for i := range values {
		v := &values[i]
		about := slices.DeleteFunc(slices.Clone(list), func(r Reconciliation) bool { return r.Reconciled == nil || !r.About(*v) })
		for _, r := range about {
			yes := *r.Reconciled && (v.Reconciled == nil || *v.Reconciled) // of several, all
			v.Reconciled = &yes
			if *r.Reconciled {
				v.Notes = append(v.Notes, eventlog.Note{Code: "reconciled", Text: fmt.Sprintf("Reconciled with %s.", r.Control.Name)})
			} else {
				v.Notes = append(v.Notes, eventlog.Note{Code: "not-reconciled", Text: fmt.Sprintf("Not reconciled with %s: differs by %s.", r.Control.Name, strconv.FormatFloat(r.Difference, 'f', -1, 64))})
			}
		}
		if len(about) == 0 && slices.Contains(reconcilable, v.KPI.Family) {
			v.Notes = append(v.Notes, eventlog.Note{Code: "not-reconciled", Text: "Not reconciled: no control of the project is about it."})
		}
	}
}
