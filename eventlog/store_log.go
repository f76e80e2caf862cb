package eventlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// A LogDefinition is a case notion: how the events of a store are put together
// to cases. An imported log is its own: its cases are the objects of its name.
type LogDefinition struct {
	Name     string   `json:"log"`
	CaseType string   `json:"case"`             // object type; one case an object
	Follow   []string `json:"follow,omitempty"` // document types entered from it, in this order
	Items    []string `json:"items,omitempty"`  // object types walked through, besides the model's items
	// Lifecycle says what becomes of the transitions of its events' lives.
	Lifecycle Lifecycle `json:"lifecycle"`
}

// Logs lists the logs of a store, by name.
func (s *Store) Logs(ctx context.Context) ([]LogDefinition, error) {
	var logs []LogDefinition
	err := s.session(ctx, func(c *storeConn) error {
		return c.each(ctx, storeText("logs"), nil, func(scan func(...any) error) error {
			var d LogDefinition
			var follow, items []any
			var lifecycle string
			if err := scan(&d.Name, &d.CaseType, &follow, &items, &lifecycle); err != nil {
				return err
			}
			var err error
			if d.Lifecycle, err = ParseLifecycle(lifecycle); err != nil {
				return err
			}
			for _, f := range follow {
				d.Follow = append(d.Follow, f.(string))
			}
			for _, i := range items {
				d.Items = append(d.Items, i.(string))
			}
			logs = append(logs, d)
			return nil
		})
	})
	return logs, err
}

// DefineLog keeps a case notion under its name, in place of an older one.
// Nothing is written where it is there already.
func (s *Store) DefineLog(ctx context.Context, d LogDefinition) error {
	if err := storeCheckName("log", d.Name); err != nil {
		return err
	}
	if d.CaseType == "" {
		return fmt.Errorf("log %q: no object type makes its cases", d.Name)
	}
	if slices.Contains(d.Follow, d.CaseType) {
		return fmt.Errorf("log %q: follow has %s, the type of the case: a case never enters another", d.Name, d.CaseType)
	}
	logs, err := s.Logs(ctx)
	if err != nil {
		return err
	}
	for _, old := range logs {
		if old.Name == d.Name && old.CaseType == d.CaseType && slices.Equal(old.Follow, d.Follow) && slices.Equal(old.Items, d.Items) && old.Lifecycle == d.Lifecycle {
			return nil
		}
	}
	return s.write(ctx, func(c *storeConn) error {
		if err := c.exec(ctx, "DELETE FROM main.log WHERE log = $1", d.Name); err != nil {
			return err
		}
		return c.exec(ctx, storeText("log_define"), d.Name, d.CaseType, append([]string{}, d.Follow...), append([]string{}, d.Items...), d.Lifecycle.String())
	})
}

// ExecViews runs the text of business views, CREATE OR REPLACE VIEW …, in one
// transaction: all of them are made, or none.
func (s *Store) ExecViews(ctx context.Context, text string) error {
	err := s.write(ctx, func(c *storeConn) error { return c.exec(ctx, text) })
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("views: %s", storeReason(err))
	}
	return err
}
