package eventlog

import "context"

// CountObjects returns how many objects of a type the store has.
func (s *Store) CountObjects(ctx context.Context, objectType string) (n int64, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		n, err = c.int(ctx, storeText("count_objects"), objectType)
		return err
	})
	return n, err
}

// ObjectTypes counts the objects of each type that a log can be made of: those
// of its case type for an imported file, else those of all systems.
func (s *Store) ObjectTypes(ctx context.Context, log string) (types map[string]int64, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		_, types, err = c.counts(ctx, storeText("count_types"), log)
		return err
	})
	return types, err
}
