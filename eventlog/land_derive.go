package eventlog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
)

// Derive runs SQL that computes what is derived from the store, such as
// business views, unless the same text has run since a system was last loaded.
// It says whether it ran. It is one transaction of its own: where it was cut
// off between the loads and this, the next call makes up for it.
func (s *Store) Derive(ctx context.Context, text string) (ran bool, err error) {
	err = s.write(ctx, func(c *storeConn) error {
		same, err := c.int(ctx, storeText("derive_same"), deriveHash(text))
		if err != nil || same > 0 {
			return err
		}
		load, err := c.int(ctx, storeText("derive_load"))
		if err != nil {
			return err
		}
		ran = true
		return c.derive(ctx, text, load)
	})
	return ran && err == nil, err
}

// derive runs what is derived from the store up to a load, and keeps in table
// mapping, under the name of no source, what was derived from which load.
func (c *storeConn) derive(ctx context.Context, text string, load int64) error {
	if err := c.exec(ctx, text); err != nil {
		return fmt.Errorf("derived views: %s", storeReason(err))
	}
	if err := c.exec(ctx, "DELETE FROM main.mapping WHERE source = ''"); err != nil {
		return err
	}
	return c.exec(ctx, "INSERT INTO main.mapping VALUES ('', 'derived', $1, $2)", deriveHash(text), strconv.FormatInt(load, 10))
}

func deriveHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
