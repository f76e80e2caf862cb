package eventlog

import (
	"context"
	"fmt"
)

// apart puts the system's prefix before the ids of all objects but users, so
// that two systems of one kind do not share an object by chance.
func (v *mapped) apart(ctx context.Context) error {
	if v.system.Prefix == "" {
		return nil
	}
	prefix := storeLiteral(v.system.Prefix)
	texts := []string{
		"UPDATE m_event_object SET id = " + prefix + " || id WHERE type <> 'User'",
		"UPDATE m_object SET id = " + prefix + " || id WHERE type <> 'User'",
		"UPDATE m_object_change SET id = " + prefix + " || id WHERE type <> 'User'",
		"UPDATE m_object_object SET source_id = CASE WHEN source_type <> 'User' THEN " + prefix + " ELSE '' END || source_id," +
			" target_id = CASE WHEN target_type <> 'User' THEN " + prefix + " ELSE '' END || target_id",
	}
	for i, t := range v.types {
		if t.name != "User" {
			texts = append(texts, fmt.Sprintf("UPDATE m_type_%d SET id = %s || id", i, prefix))
		}
	}
	for _, text := range texts {
		if err := v.c.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// links keeps what the mapping's view link says: which references to what other
// systems describe mean one object, and which none or several. Of settled
// objects it keeps what it said.
func (v *mapped) links(ctx context.Context) error {
	settled := storeText("link_settled")
	if err := v.c.exec(ctx, "DELETE FROM main.link AS l WHERE source = $1 AND NOT "+settled, v.system.Name); err != nil || v.link == nil {
		return err
	}
	text := storeText("map_link", "source", storeLiteral(v.system.Name), "from", v.viewName("link"), "settled", settled, "prefix", storeLiteral(v.system.Prefix),
		"attribute", optional(v.link, "attribute", "VARCHAR"), "target", optional(v.link, "target_id", "VARCHAR"),
		"amount", optional(v.link, "amount", "DECIMAL(18,4)"), "currency", optional(v.link, "currency", "VARCHAR"))
	if err := v.inViews(ctx, func() error { return v.c.exec(ctx, text) }); err != nil {
		return fmt.Errorf("mapping: view link: %s", storeReason(err))
	}
	if v.people.nobody() {
		return nil
	}
	return v.c.forgetLinks(ctx, v.people)
}
