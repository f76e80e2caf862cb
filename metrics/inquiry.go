package metrics

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"millrace/eventlog"
)

// An Inquiry asks for figures by periods and dimensions, as in [Options].
type Inquiry struct {
	KPIs     []*KPI
	Grain    Grain
	From, To Day
	By       []string
}

// EvaluateAll answers inquiries as Evaluate does each by itself; o says all but
// what they say. What several read is read once, so that they cost less together.
func EvaluateAll(ctx context.Context, q Querier, inquiries []Inquiry, o Options) ([][]Value, error) {
	if o.Seen == nil {
		var err error
		if o.Seen, err = Look(ctx, q); err != nil {
			return nil, err
		}
	}
	askings := make([]*asking, len(inquiries))
	all := make([][]*asked, len(inquiries))
	var statements []*statement
	for i, in := range inquiries {
		own := o
		own.Grain, own.From, own.To, own.By = in.Grain, in.From, in.To, in.By
		a, err := newAsking(ctx, q, own)
		if err != nil {
			return nil, err
		}
		if i > 0 { // what one finds, all know
			a.ledgers, a.mu, a.kinds, a.calendars = askings[0].ledgers, askings[0].mu, askings[0].kinds, askings[0].calendars
		}
		askings[i] = a
		if all[i], err = a.askAll(in.KPIs); err != nil {
			return nil, err
		}
		for _, x := range all[i] {
			statements = append(statements, x.statements...)
		}
	}
	g, within := errgroup.WithContext(ctx)
	g.SetLimit(max(1, o.Parallel))
	statements = recall(statements)
	for _, b := range batches(statements) {
		g.Go(func() error { return answer(within, b) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	keep(statements)
	lists := make([][]Value, len(inquiries))
	for i, in := range inquiries {
		for j, k := range in.KPIs {
			lists[i] = append(lists[i], askings[i].values(k, all[i][j])...)
		}
	}
	return lists, nil
}

// askAll writes what to ask for figures. One that cannot be asked so is told so,
// if another one can.
func (a *asking) askAll(kpis []*KPI) ([]*asked, error) {
	found, err := a.links()
	if err != nil {
		return nil, err
	}
	list := make([]*asked, len(kpis))
	refused := make([]error, len(kpis))
	g, within := errgroup.WithContext(a.ctx)
	b := *a
	b.ctx = within
	g.SetLimit(max(1, a.o.Parallel))
	for i, k := range kpis {
		g.Go(func() error {
			var no refusal
			var err error
			list[i], err = b.ask(k, found)
			if errors.As(err, &no) {
				refused[i] = no.reason
				list[i], err = k.told(eventlog.Note{Code: "dimension", Text: sentence(no.reason.Error())}), nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if !slices.Contains(refused, nil) && len(kpis) > 0 {
		return nil, refused[0]
	}
	return list, nil
}
