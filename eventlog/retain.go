package eventlog

import (
	"context"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Retention says how long things are kept; the zero value keeps all.
type Retention struct {
	// Landing is for landed rows, from the last event of all that hangs
	// together with them. What was made of them stays. Default: as Events.
	Landing Age
	Events  Age // for events, and objects when none of their events is left
	// Model tells master data, which ties nothing together and does not age.
	Model *Model
	// Derived is SQL that computes what is derived from the store.
	Derived string
}

// A RetainReceipt says what was removed because of its age.
type RetainReceipt struct {
	LandingBefore *time.Time      `json:"landing_before"`
	EventsBefore  *time.Time      `json:"events_before"`
	Landing       []TableRetained `json:"landing"`
	Events        int64           `json:"events"`
	Objects       int64           `json:"objects"`
	Relations     int64           `json:"relations"`
	Changes       int64           `json:"changes"`
	Logs          []string        `json:"logs"` // whose columns were removed: build them again
}

// A TableRetained says how many rows of a landed table were removed.
type TableRetained struct {
	Source  string `json:"source"`
	Table   string `json:"table"`
	Removed int64  `json:"removed"`
}

func (r *RetainReceipt) any() bool {
	return len(r.Landing) > 0 || r.Events+r.Objects+r.Relations+r.Changes > 0
}

// Check refuses ages that contradict each other.
func (o Retention) Check() error {
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	if o.Events != (Age{}) && o.Landing != (Age{}) && o.Landing.before(at).Before(o.Events.before(at)) {
		return fmt.Errorf("retention: landing: %s is longer than events: %s, and rows would outlive what was made of them", o.Landing, o.Events)
	}
	return nil
}

// Retain removes what is older than it is kept. Landed rows go when everything
// that hangs together with what was made of them (an order, its deliveries,
// invoices, payments) had its last event before the limit; the events and
// objects stay as they are, and no mapping takes them for gone. Rows that no
// event and no object was read from stay: others may need them. Events go by
// their own time. Where anything was removed the file is written anew.
func (s *Store) Retain(ctx context.Context, now time.Time, o Retention) (RetainReceipt, error) {
	r := &retainer{o: o}
	if err := o.Check(); err != nil {
		return r.receipt, err
	}
	if o.Landing == (Age{}) {
		o.Landing = o.Events
	}
	if o.Landing == (Age{}) {
		return r.receipt, nil
	}
	landing := o.Landing.before(now)
	r.receipt.LandingBefore = &landing
	if o.Events != (Age{}) {
		events := o.Events.before(now)
		r.receipt.EventsBefore = &events
	}
	s.columns.Lock()
	defer s.columns.Unlock()
	err := s.write(ctx, func(c *storeConn) error {
		r.c = c
		return r.run(ctx)
	})
	if err == nil && r.receipt.any() {
		err = s.Rewrite(ctx)
		if err == nil {
			err = s.cleanColumns(ctx)
		}
	}
	if err != nil {
		return r.receipt, fmt.Errorf("retention of %s: %w", filepath.Base(s.path), err)
	}
	return r.receipt, nil
}

// A retainer is the state of one Retain.
type retainer struct {
	c       *storeConn
	o       Retention
	receipt RetainReceipt
}

func (r *retainer) run(ctx context.Context) error {
	steps := []func(context.Context) error{r.groups, r.landing}
	if r.receipt.EventsBefore != nil {
		steps = append(steps, r.events, r.objects)
	}
	for _, step := range append(steps, r.finish) {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// groups puts together the objects that hang together, but for master data,
// and says when each group had its last event: tables r_group and r_last.
func (r *retainer) groups(ctx context.Context) error {
	masters := []string{userType, customerType}
	if r.o.Model != nil {
		for _, t := range r.o.Model.Types {
			if t.Level == Master {
				masters = append(masters, t.Name)
			}
		}
	}
	if err := r.c.exec(ctx, storeText("retain_object"), masters); err != nil {
		return err
	}
	top, err := r.c.int(ctx, "SELECT max(object) FROM main.object")
	if err != nil {
		return err
	}
	g := newGrouping(top)
	err = r.c.each(ctx, storeText("retain_pairs"), nil, func(scan func(...any) error) error {
		var a, b int64
		err := scan(&a, &b)
		g.join(a, b)
		return err
	})
	if err != nil {
		return err
	}
	if err := r.c.exec(ctx, "CREATE TEMP TABLE r_group (object BIGINT, part BIGINT)"); err != nil {
		return err
	}
	err = r.c.append(ctx, "r_group", func(row func(...driver.Value) error) error {
		for object := range top {
			if err := row(object+1, g.of(object+1)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, text := range []string{"retain_member", "retain_event", "retain_last"} {
		if err := r.c.exec(ctx, storeText(text)); err != nil {
			return err
		}
	}
	return nil
}

// A grouping is a partition of the numbers from 1: union by smaller number,
// with path halving.
type grouping []int64

func newGrouping(top int64) grouping {
	g := make(grouping, top+1)
	for i := range g {
		g[i] = int64(i)
	}
	return g
}

func (g grouping) of(n int64) int64 {
	for g[n] != n {
		g[n] = g[g[n]]
		n = g[n]
	}
	return n
}

func (g grouping) join(a, b int64) {
	a, b = g.of(a), g.of(b)
	g[max(a, b)] = min(a, b)
}

// landing removes landed rows, and keeps what was made of them from mappings.
func (r *retainer) landing(ctx context.Context) error {
	if err := r.c.exec(ctx, storeText("retain_keys"), *r.receipt.LandingBefore); err != nil {
		return err
	}
	if err := r.c.exec(ctx, "CREATE TEMP TABLE r_touched (part BIGINT, event BIGINT)"); err != nil {
		return err
	}
	tables, err := r.c.personTables(ctx, "")
	if err != nil {
		return err
	}
	for _, t := range tables {
		if len(t.key) == 0 {
			continue
		}
		old := storeText("retain_rows", "key", t.joined(), "table", t.table(), "source", storeLiteral(t.source), "name", storeLiteral(t.name),
			"watermark", t.latest(), "before", storeLiteral(r.receipt.LandingBefore.Format(storeTimeLayout)))
		if err := r.c.exec(ctx, "CREATE OR REPLACE TEMP TABLE r_row AS "+old); err != nil {
			return err
		}
		n, err := r.c.count(ctx, "DELETE FROM "+t.table()+" WHERE "+t.joined()+" IN (SELECT key FROM r_row)")
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		r.receipt.Landing = append(r.receipt.Landing, TableRetained{t.source, t.name, n})
		for _, text := range []string{"retain_row_kept", "retain_touched"} {
			if err := r.c.exec(ctx, storeText(text), t.source, t.name); err != nil {
				return err
			}
		}
	}
	for _, text := range []string{"retain_settled_event", "retain_settled_object"} {
		if err := r.c.exec(ctx, storeText(text)); err != nil {
			return err
		}
	}
	return r.ghosts(ctx)
}

// ghosts asks the next load of the sources that lost rows to find out what the
// rest would make: it has what their mappings need.
func (r *retainer) ghosts(ctx context.Context) error {
	for _, t := range r.receipt.Landing {
		if err := r.c.exec(ctx, storeText("ghost_pending"), t.Source); err != nil {
			return err
		}
	}
	return nil
}

// ghosts notes, before anything lands, what the rows that are left would make
// and never made before. The mapping is the one that made the rest.
func (m *tablesMerge) ghosts(ctx context.Context) error {
	old, err := m.c.strings(ctx, storeText("ghost_mapping"), m.system.Name)
	if err != nil || len(old) == 0 {
		return err
	}
	before, err := m.c.strings(ctx, storeText("ghost_temporary"), []string{})
	if err != nil {
		return err
	}
	if before == nil {
		before = []string{}
	}
	was := *m
	was.StagedTables = &StagedTables{system: m.system, mapped: m.mapped}
	was.system.Mapping, was.system.Extension, was.system.MappingFile, was.system.ExtensionFile = old[0], "", "", ""
	if err := was.makeViews(ctx, ""); err != nil {
		return err
	}
	v, err := was.readViews(ctx)
	if err == nil {
		err = v.evaluate(ctx)
	}
	if err == nil {
		err = v.apart(ctx)
	}
	texts := []string{storeText("ghost_event")}
	for _, table := range []string{"m_event_object", "m_object_change", "m_object_object", "m_object"} {
		for _, at := range mentions(table) {
			texts = append(texts, storeText("ghost_object", "type", at[0], "id", at[1], "table", table))
		}
	}
	// What the mapping made for itself, too: it will run again.
	if err == nil {
		var drop []string
		drop, err = m.c.strings(ctx, storeText("ghost_temporary"), before)
		for _, table := range drop {
			texts = append(texts, "DROP "+table)
		}
	}
	for _, text := range append(texts, storeText("ghost_done", "source", storeLiteral(m.system.Name))) {
		if err == nil {
			err = m.c.exec(ctx, text)
		}
	}
	return err
}

// mentions are the columns of types and ids of objects in what a mapping sees.
func mentions(table string) [][2]string {
	if table == "m_object_object" {
		return [][2]string{{"source_type", "source_id"}, {"target_type", "target_id"}}
	}
	return [][2]string{{"type", "id"}}
}

// latest is the SQL of when a row was last changed, NULL if the source does not say.
func (t *personTable) latest() string {
	parts := []string{"NULL"}
	for _, c := range t.watermark {
		parts = append(parts, "TRY_CAST(CAST("+Quote(c)+" AS VARCHAR) AS TIMESTAMPTZ)")
	}
	return "CAST(greatest(" + strings.Join(append(parts, "NULL"), ", ") + ") AS TIMESTAMPTZ)"
}

// events removes those whose time is over.
func (r *retainer) events(ctx context.Context) error {
	before := *r.receipt.EventsBefore
	if err := r.c.exec(ctx, storeText("retain_events"), before); err != nil {
		return err
	}
	sources, err := r.c.strings(ctx, "SELECT DISTINCT source FROM r_gone ORDER BY source")
	if err != nil {
		return err
	}
	for _, source := range sources {
		t, err := r.c.attributes(ctx, "event", source)
		if err == nil && t.exists {
			err = r.c.exec(ctx, storeText("map_gone_delete", "table", t.table(), "from", "r_gone"))
		}
		if err != nil {
			return err
		}
	}
	for _, d := range []struct {
		table string
		n     *int64
	}{
		{"main.object_change", &r.receipt.Changes}, {"main.event_object", &r.receipt.Relations},
		{"main.settled_event", new(int64)}, {"main.event", &r.receipt.Events},
	} {
		n, err := r.c.count(ctx, storeText("map_gone_delete", "table", d.table, "from", "r_gone"))
		if err != nil {
			return err
		}
		*d.n += n
	}
	n, err := r.c.count(ctx, "DELETE FROM main.object_change WHERE time < $1", before)
	r.receipt.Changes += n
	return err
}

// objects removes the groups of which no event is left.
func (r *retainer) objects(ctx context.Context) error {
	if err := r.c.exec(ctx, storeText("retain_objects")); err != nil {
		return err
	}
	types, err := r.c.strings(ctx, "SELECT DISTINCT type FROM r_object_gone ORDER BY type")
	if err != nil {
		return err
	}
	for _, typ := range types {
		t, err := r.c.attributes(ctx, "object", typ)
		if err == nil && t.exists {
			err = r.c.exec(ctx, storeText("map_object_delete", "table", t.table(), "from", "r_object_gone"))
		}
		if err != nil {
			return err
		}
	}
	r.receipt.Relations, err = addCount(r.receipt.Relations)(r.c.count(ctx, storeText("retain_object_object")))
	for _, d := range []struct {
		table string
		n     *int64
	}{{"main.object_change", &r.receipt.Changes}, {"main.object_value", new(int64)}, {"main.settled_object", new(int64)}, {"main.object", &r.receipt.Objects}} {
		if err != nil {
			return err
		}
		*d.n, err = addCount(*d.n)(r.c.count(ctx, storeText("map_object_delete", "table", d.table, "from", "r_object_gone")))
	}
	return err
}

func addCount(to int64) func(int64, error) (int64, error) {
	return func(n int64, err error) (int64, error) { return to + n, err }
}

// finish keeps the limits for the loads to come, and removes what is derived.
func (r *retainer) finish(ctx context.Context) error {
	if err := r.c.exec(ctx, "DELETE FROM main.horizon"); err != nil {
		return err
	}
	if err := r.c.exec(ctx, "INSERT INTO main.horizon VALUES ($1, $2)", *r.receipt.LandingBefore, r.receipt.EventsBefore); err != nil {
		return err
	}
	if !r.receipt.any() {
		return nil
	}
	var err error
	r.receipt.Logs, err = r.c.removeDerived(ctx, "retain", r.o.Derived)
	return err
}

// removeDerived removes columns, says of which logs, and computes again what
// else is derived.
func (c *storeConn) removeDerived(ctx context.Context, reason, derived string) (logs []string, err error) {
	if logs, err = c.strings(ctx, "SELECT DISTINCT log FROM main.columns ORDER BY log"); err != nil {
		return nil, err
	}
	for _, text := range []string{"DELETE FROM main.columns", "DELETE FROM main.mapping WHERE source = ''", "INSERT INTO main.rewrite VALUES (" + storeLiteral(reason) + ")"} {
		if err := c.exec(ctx, text); err != nil {
			return nil, err
		}
	}
	if derived == "" {
		return logs, nil
	}
	load, err := c.int(ctx, storeText("derive_load"))
	if err != nil {
		return nil, err
	}
	return logs, c.derive(ctx, derived, load)
}

// unsettled is the query of staged rows without those that were removed
// because of their age and have not changed since.
func (m *tablesMerge) unsettled(ctx context.Context, t *stagedTable, from string) (string, error) {
	if !t.keyed() {
		return from, nil
	}
	settled, err := m.c.int(ctx, storeText("settled_count"), m.system.Name, t.Name)
	if err != nil || settled == 0 {
		return from, err
	}
	p := &personTable{source: m.system.Name, name: t.Name, key: t.Key, watermark: t.Watermark}
	holes := []string{"from", from, "key", p.joined(), "source", storeLiteral(p.source), "table", storeLiteral(p.name), "watermark", p.latest()}
	// A row that has changed since lands again, and is a row like others.
	if err := m.c.exec(ctx, storeText("settled_again", slices.Clone(holes)...)); err != nil {
		return "", err
	}
	return storeText("settled_without", holes[:8]...), nil
}

// settle takes out of what the mapping sees what is older than it is kept, and
// what rows that are left say of settled objects: without the rows that were
// beside them they may say something else.
func (v *mapped) settle(ctx context.Context) error {
	if err := v.c.exec(ctx, storeText("settle_held")); err != nil {
		return err
	}
	var events, objects int64
	if err := v.c.QueryRowContext(ctx, storeText("settle_any")).Scan(&events, &objects); err != nil {
		return err
	}
	var steps []string
	if objects > 0 {
		steps = append(steps, storeText("settle_ghost_event"), storeText("settle_event"), storeText("settle_change"), storeText("settle_relation"))
		for _, table := range []string{"m_event_object", "m_object_change", "m_object_object", "m_object"} {
			for _, at := range mentions(table) {
				steps = append(steps, storeText("settle_ghost_object", "table", table, "type", at[0], "id", at[1]))
			}
		}
	}
	if events > 0 {
		steps = append(steps, storeText("expire_event"), storeText("expire_change"))
	}
	if len(steps) > 0 {
		steps = append(steps, storeText("expire_event_object"))
	}
	for _, text := range steps {
		if err := v.c.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}
