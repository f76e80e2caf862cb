package eventlog

import (
	"context"
	"fmt"
)

// ObjectFacts are what an object-centric log holds.
type ObjectFacts struct {
	Log             string
	Events          int64
	Activities      int64
	First, Last     int64            // µs since 1970-01-01 UTC; NoTime where no event has a time
	Types           []string         // of objects, by name
	Objects         map[string]int64 // described, by type
	Dangling        int64            // objects that are only referred to
	EventRelations  int64
	ObjectRelations int64
	Values          int64 // of attributes of objects
	Changes         int64 // of those, over time
}

// ObjectLogs lists the object-centric logs of a store, by name.
func (s *Store) ObjectLogs(ctx context.Context) (names []string, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		names, err = c.strings(ctx, "SELECT source FROM main.object_log ORDER BY source")
		return err
	})
	return names, err
}

// ObjectFacts counts what an object-centric log holds. It reads all of it.
func (s *Store) ObjectFacts(ctx context.Context, log string) (*ObjectFacts, error) {
	f, err := s.ObjectsOfTypes(ctx, log)
	if err != nil {
		return nil, err
	}
	err = s.session(ctx, func(c *storeConn) error {
		return c.QueryRowContext(ctx, storeText("object_facts"), log).Scan(&f.Events, &f.Activities, &f.First, &f.Last,
			&f.Dangling, &f.EventRelations, &f.ObjectRelations, &f.Values, &f.Changes)
	})
	if err != nil {
		return nil, fmt.Errorf("log %q: %w", log, err)
	}
	return f, nil
}

// ObjectsOfTypes returns only Log, Types and Objects of what [Store.ObjectFacts]
// does; it reads no event and no relation.
func (s *Store) ObjectsOfTypes(ctx context.Context, log string) (f *ObjectFacts, err error) {
	f = &ObjectFacts{Log: log}
	err = s.session(ctx, func(c *storeConn) error {
		f.Types, f.Objects, err = c.counts(ctx, storeText("object_types"), log)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("log %q: %w", log, err)
	}
	return f, nil
}

// isObjectType says whether a type is one of an object-centric log.
func (c *storeConn) isObjectType(ctx context.Context, typ string) (bool, error) {
	n, err := c.int(ctx, "SELECT count(*) FROM main.object_type WHERE type = $1", typ)
	return n > 0, err
}

func (s *Store) isObjectType(ctx context.Context, typ string) (is bool, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		is, err = c.isObjectType(ctx, typ)
		return err
	})
	return is, err
}
