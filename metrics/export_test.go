package metrics

import (
	"context"

	"millrace/eventlog"
)

// Judge says of every object of a rule its state, or why it is left out.
func Judge(ctx context.Context, q Querier, r *Rule, o Options) (map[string]string, error) {
	a, err := newAsking(ctx, q, o)
	if err != nil {
		return nil, err
	}
	var notes []eventlog.Note
	s, judged, err := a.judged(r, nil, &notes)
	if err != nil {
		return nil, err
	}
	of := map[string]string{}
	return of, a.each(s.states(judged+"\nSELECT key, coalesce(state, fate) FROM judged"), func(scan func(...any) error) error {
		var key, state string
		err := scan(&key, &state)
		of[key] = state
		return err
	})
}
