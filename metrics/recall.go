package metrics

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"millrace/eventlog"
)

// What a figure is depends on the store's content, the program, the definition
// and the options, and on nothing else: guard refuses clocks and chance. So an
// answer may be taken from those that are kept of the same store (Options.Kept),
// and the question names the definition and the options whole.

// question names what a statement asks for.
func (s *statement) question() string {
	return s.asked("figure", s.k.bare(), s.periods, s.now.day, s.now.at, s.now.past, s.by, s.overBy)
}

// bare is the definition without its examples, which make no answer.
func (k *KPI) bare() *KPI {
	b := *k
	b.Examples = nil
	return &b
}

// asked names a question of some kind, about what is to be told, with all options
// that an answer may depend on; "" where it cannot be named, as where a limit is
// no number: it is asked each time.
func (a *asking) asked(kind string, about ...any) string {
	if a.o.Kept == nil {
		return ""
	}
	o := a.o
	rates := ""
	if o.Rates != nil {
		rates = fmt.Sprint(o.Rates.list)
	}
	text, err := json.Marshal([]any{about, a.end.day, a.end.at, a.end.past, o.LinkRate, a.zone.String(), o.Grain, o.From, o.To, o.FiscalYear, fmt.Sprintf("%q %q", o.By, o.Only), o.Currency, rates, a.calendars()})
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s %x", kind, sha256.Sum256(text))
}

// keys tell the calendars from others, by their sites; that of the default is "".
func (c Calendars) keys() map[string]string {
	keys := map[string]string{}
	for site, one := range c.Of {
		keys["site "+site] = one.Key()
	}
	if c.Default != nil {
		keys[""] = c.Default.Key()
	}
	return keys
}

// recall answers the statements that were asked before, and gives the others.
func recall(list []*statement) (rest []*statement) {
	for _, s := range list {
		values, ok := eventlog.Recall[[]Value](s.o.Kept, s.question())
		if !ok {
			rest = append(rest, s)
			continue
		}
		for i := range values {
			values[i].KPI = s.k
		}
		s.answer = values
	}
	return rest
}

// keep keeps the answers of statements.
func keep(list []*statement) {
	for _, s := range list {
		s.o.Kept.Keep(s.question(), withoutKPI(s.answer))
	}
}

// withoutKPI are values without their definition, which the question has.
func withoutKPI(values []Value) []Value {
	list := slices.Clone(values)
	for i := range list {
		list[i].KPI = nil
	}
	return list
}

// remembered gives what is told of the objects of a figure in one period.
func remembered[T any](ctx context.Context, q Querier, o Options, question []any, ask func() (T, error)) (T, error) {
	if o.Kept == nil {
		return ask()
	}
	a, err := newAsking(ctx, q, o)
	if err != nil {
		return *new(T), err
	}
	return eventlog.Remember(o.Kept, a.asked("cases", question...), ask)
}

// remembered gives the standings of a rule. What is looked at before its day is
// over is looked at once: nobody asks for that instant again.
func (a *asking) remembered(r *Rule, kpis []*KPI, worst int, ask func() ([]Standing, error)) (list []Standing, err error) {
	question := ""
	if now := a.o.Now; now.IsZero() || !now.Equal(a.end.at) {
		bounded := []*KPI{}
		for _, k := range kpis {
			if k.Name == r.KPI {
				bounded = append(bounded, k.bare())
			}
		}
		question = a.asked("rule", r, bounded, worst)
	}
	list, ok := eventlog.Recall[[]Standing](a.o.Kept, question)
	if !ok {
		if list, err = ask(); err != nil {
			return nil, err
		}
		kept := slices.Clone(list)
		for i := range kept {
			kept[i].Rule = nil
			if f := kept[i].Figure; f != nil {
				kept[i].Figure = &withoutKPI([]Value{*f})[0]
			}
		}
		a.o.Kept.Keep(question, kept)
		return list, nil
	}
	for i := range list {
		list[i].Rule = r
		if list[i].Figure != nil {
			list[i].Figure.KPI = kpis[slices.IndexFunc(kpis, func(k *KPI) bool { return k.Name == r.KPI })]
		}
	}
	return list, nil
}
