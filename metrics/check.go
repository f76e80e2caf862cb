package metrics

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"millrace/eventlog"
)

// A Problem is a fault of a file of definitions, and where it is.
type Problem struct {
	Name         string `json:"name,omitempty"` // of the definition; "" of the file as a whole
	Line, Column int    `json:"-"`              // from 1; 0 is not known
	Text         string `json:"text"`           // what is wrong
	Excerpt      string `json:"-"`              // the lines around, with a caret
}

// A Sheet is a file of definitions being checked: it knows the place of each.
type Sheet struct {
	KPIs     []*KPI  // in the order of the file
	Rules    []*Rule // the same, of a file of rules
	Problems []Problem
	file     *ast.File
}

// ReadKPIs reads a file as Parse does, but goes on after a fault, to name all.
func ReadKPIs(text []byte) *Sheet {
	s := &Sheet{}
	s.read(text, &s.KPIs)
	for i, k := range s.KPIs {
		k.fill()
		if err := k.validate(); err != nil {
			s.Fault(i, k.Name, err)
		}
	}
	return s
}

// ReadRules does so with a file of rules.
func ReadRules(text []byte) *Sheet {
	s := &Sheet{}
	s.read(text, &s.Rules)
	for i, r := range s.Rules {
		r.fill()
		if err := r.validateLevel(); err != nil {
			s.Fault(i, r.Name, err)
		}
	}
	return s
}

func (s *Sheet) read(text []byte, into any) {
	file, err := parser.ParseBytes(text, 0)
	s.file = file
	if err == nil {
		err = yaml.UnmarshalWithOptions(text, into, yaml.Strict())
	}
	if err == nil {
		return
	}
	p := Problem{Text: err.Error()}
	var at yaml.Error
	if errors.As(err, &at) {
		p = locate("", at.GetMessage(), at.GetToken())
	}
	s.Problems = append(s.Problems, p)
}

// fieldWord is the field that the message of validate begins with.
var fieldWord = regexp.MustCompile(`^(?:kpi|rule) [^:]*: ([a-z_]+)`)

// Fault adds what is wrong with the i-th definition. It is placed at the field
// that a FieldError, or the first word of the message, names; else where the
// definition begins.
func (s *Sheet) Fault(i int, name string, err error) {
	var f FieldError
	field := ""
	if errors.As(err, &f) {
		field = f.Field
	} else if m := fieldWord.FindStringSubmatch(err.Error()); m != nil {
		field = m[1]
	}
	s.Problems = append(s.Problems, locate(name, err.Error(), s.token(i, field)))
}

func locate(name, text string, t *token.Token) Problem {
	p := Problem{Name: name, Text: text}
	if t == nil || t.Position == nil {
		return p
	}
	p.Line, p.Column = t.Position.Line, t.Position.Column
	_, p.Excerpt, _ = strings.Cut(yaml.FormatErrorWithToken("", t, false, true), "\n")
	return p
}

// step is one step of a field: leave_out, [1], when.
var step = regexp.MustCompile(`[^.\[\]]+|\[\d+\]`)

// token finds the place of a field of the i-th definition; of the parts of it
// that the file has, the last.
func (s *Sheet) token(i int, field string) *token.Token {
	if s.file == nil || len(s.file.Docs) == 0 {
		return nil
	}
	var found *token.Token
	path := (&yaml.PathBuilder{}).Root().Index(uint(i))
	look := func() bool {
		node, err := path.Build().FilterFile(s.file)
		if err != nil || node == nil {
			return false
		}
		found = node.GetToken()
		if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
			found = m.Values[0].Key.GetToken()
		}
		return true
	}
	if !look() {
		return nil
	}
	for _, part := range step.FindAllString(field, -1) {
		if n, err := strconv.ParseUint(strings.Trim(part, "[]"), 10, 32); err == nil && part[0] == '[' {
			path = path.Index(uint(n))
		} else {
			path = path.Child(part)
		}
		if !look() {
			break
		}
	}
	return found
}

// Inspect says what is wrong with k: SQL that may not run or does not fit the
// views, and examples that do not hold.
func (b *Bench) Inspect(ctx context.Context, k *KPI) []error {
	a, err := newAsking(ctx, b.store.Query, Options{})
	if err != nil {
		return []error{err}
	}
	if list := a.fits(k); len(list) > 0 {
		return list
	}
	err = b.With(ctx, nil, func(ctx context.Context, q Querier) error {
		_, err := Evaluate(ctx, q, []*KPI{k}, Options{})
		return err
	})
	if err != nil {
		return []error{trimmed(err)}
	}
	var list []error
	for i, e := range k.Examples {
		if err := b.run(ctx, k, e); err != nil {
			list = append(list, FieldError{fmt.Sprintf("examples[%d]", i), trimmed(err)})
		}
	}
	return list
}

// InspectRule does so with a rule; kpis are those that it may bound.
func (b *Bench) InspectRule(ctx context.Context, r *Rule, kpis []*KPI) []error {
	a, err := newAsking(ctx, b.store.Query, Options{})
	if err != nil {
		return []error{err}
	}
	if r.View != "" {
		if list := a.fits(r.kpi()); len(list) > 0 {
			return list
		}
	}
	err = b.With(ctx, nil, func(ctx context.Context, q Querier) error {
		_, err := Standings(ctx, q, []*Rule{r}, kpis, 0, Options{})
		return err
	})
	if err != nil {
		return []error{trimmed(err)}
	}
	return nil
}

// SQL writes what a figure runs on a store with all views and no rows.
func (b *Bench) SQL(ctx context.Context, k *KPI, o Options) ([]string, error) {
	return SQL(ctx, b.store.Query, k, o)
}

// fits says what of k the business views do not have, and which of its
// expressions are of the wrong type.
func (a *asking) fits(k *KPI) []error {
	var list []error
	if view := k.View; view != "" && len(a.types[view]) == 0 {
		return []error{FieldError{"view", fmt.Errorf("there is no view o2c.%s%s", view, eventlog.DidYouMean(view, sortedKeys(a.types)))}}
	}
	for i, n := range k.Needs {
		view, column, _ := strings.Cut(n, ".")
		switch {
		case len(a.types[view]) == 0:
			list = append(list, FieldError{fmt.Sprintf("needs[%d]", i), fmt.Errorf("there is no view o2c.%s%s", view, eventlog.DidYouMean(view, sortedKeys(a.types)))})
		case a.types[view][column] == "":
			list = append(list, FieldError{fmt.Sprintf("needs[%d]", i), fmt.Errorf("o2c.%s has no column %q%s", view, column, eventlog.DidYouMean(column, sortedKeys(a.types[view])))})
		}
	}
	err := a.within(func(a *asking) error { return a.guard(k) })
	if err != nil {
		return append(list, err)
	}
	s := &statement{asking: a, k: k, now: a.end}
	with := ""
	for _, name := range sortedKeys(k.With) {
		with += fmt.Sprintf("%s AS (%s\n), ", name, s.fill(k.With[name]))
	}
	if with != "" {
		with = "WITH " + strings.TrimSuffix(with, ", ") + " "
	}
	for _, p := range k.pieces() {
		text := ""
		switch p.role {
		case queryRole:
			if p.field != "sql" {
				continue // those that use it show what is wrong with it
			}
			text = s.fill(p.text)
		case joinRole:
			text = fmt.Sprintf("%sSELECT 1 AS x FROM o2c.%s AS v %s", with, quoted(k.View), s.fill(p.text))
		case expressionRole:
			text = fmt.Sprintf("%sSELECT (%s) AS x FROM o2c.%s AS v %s", with, s.fill(p.text), quoted(k.view()), s.fill(k.Join))
		}
		kind, err := a.typeOf(text)
		if err == nil {
			err = p.fitsType(kind)
		}
		if err != nil {
			list = append(list, FieldError{p.field, trimmed(err)})
		}
	}
	if k.Over != nil {
		for _, err := range a.fits(k.over()) {
			list = append(list, overFault(err))
		}
	}
	return list
}

// typeOf is the type of the first column of a query, which does not run.
func (a *asking) typeOf(text string) (kind string, err error) {
	err = a.each("SELECT column_type FROM (DESCRIBE "+text+")", func(scan func(...any) error) error {
		var t string
		err := scan(&t)
		kind = first(kind, t)
		return err
	})
	return kind, err
}

// fitsType says that an expression is of a type that its field cannot have.
func (p piece) fitsType(kind string) error {
	field, _, _ := strings.Cut(p.field, "[")
	switch {
	case kind == `"NULL"`:
	case slices.Contains([]string{"scope", "hit", "unsure", "open", "leave_out", "day_precision"}, field) && kind != "BOOLEAN":
		return fmt.Errorf("is %s, want a condition", kind)
	case slices.Contains([]string{"from", "to", "attributed_to", "since"}, field) && !strings.HasPrefix(kind, "TIMESTAMP") && kind != "DATE":
		return fmt.Errorf("is %s, want an instant or a day", kind)
	case slices.Contains([]string{"numerator", "denominator", "value", "amount"}, field) && !isNumber(kind):
		return fmt.Errorf("is %s, want a number", kind)
	}
	return nil
}

func isNumber(kind string) bool {
	return strings.HasPrefix(kind, "DECIMAL") || slices.Contains([]string{"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE"}, kind)
}

// databaseText is what DuckDB says around the fault: the statement that the
// engine wrote, which the reader did not.
var databaseText = regexp.MustCompile(`(?s)\n\nLINE \d+:.*$`)

// trimmed takes the engine's statement out of DuckDB's message.
func trimmed(err error) error {
	text := databaseText.ReplaceAllString(err.Error(), "")
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
