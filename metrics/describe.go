package metrics

import (
	"context"
	"maps"
	"slices"
)

// A Description is what a store has of a figure.
type Description struct {
	Needs      []Need   // in the order of the definition
	Dimensions []string // by which it can be asked there, in order; none of SQL of its own
}

// A Need is a view or column that a figure needs: orders.paid_at.
type Need struct {
	Name string `json:"name"`
	Has  bool   `json:"has"` // whether the store has it
}

// Describe looks at what a store has of k; nothing of k runs.
func Describe(ctx context.Context, q Querier, k *KPI) (Description, error) {
	a, err := newAsking(ctx, q, Options{})
	if err != nil {
		return Description{}, err
	}
	var d Description
	for _, n := range k.Needs {
		one := KPI{Needs: []string{n}}
		d.Needs = append(d.Needs, Need{n, len(one.lacks(a.types)) == 0})
	}
	if k.Kind != SQLKind {
		d.Dimensions = slices.Sorted(maps.Keys(k.dimensions(a.types[k.view()])))
	}
	return d, nil
}

// Describe does so with the views as they are when everything is there.
func (b *Bench) Describe(ctx context.Context, k *KPI) (Description, error) {
	return Describe(ctx, b.store.Query, k)
}
