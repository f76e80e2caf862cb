package eventlog

import (
	"context"
	"encoding/json"
	"fmt"
)

// LogMeta returns what an imported log says of itself apart from its events;
// the zero Meta where it says nothing, or is not in the store. Whoever writes
// the log again needs it before the first event.
func (s *Store) LogMeta(ctx context.Context, log string) (m Meta, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		text, err := c.strings(ctx, storeText("merge_meta_old"), log)
		if err != nil || len(text) == 0 {
			return err
		}
		return json.Unmarshal([]byte(text[0]), &m)
	})
	if err != nil {
		return Meta{}, fmt.Errorf("log %q: what it says of itself: %w", log, err)
	}
	return m, nil
}
