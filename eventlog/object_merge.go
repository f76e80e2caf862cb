package eventlog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MergeObjects adds a staged object-centric log, or a slice of one, to the
// store in one transaction. What is known is not added again, so merging the
// same log twice, or slices that overlap, changes only what is new:
//
// An event is known by its id, and becomes what its last row says, an
// attribute that the row lacks staying as it was. An object is known by type
// and id. Of equal relations, and of equal values at equal times, there are as
// many as the slice with the most has. A slice deletes nothing.
func (s *Store) MergeObjects(ctx context.Context, staged *StagedObjects) (LoadReceipt, error) {
	m := &objectMerge{StagedObjects: staged}
	m.receipt = LoadReceipt{
		Source: staged.options.Log, RowsIn: staged.Rows() + staged.end.Rejected,
		RowsRejected: staged.end.Rejected, Rejects: staged.end.Rejects, Notes: slices.Clone(staged.end.Notes),
	}
	err := s.write(ctx, func(c *storeConn) error {
		m.c = c
		if err := s.threadsFor(ctx, c, staged.Rows()); err != nil {
			return err
		}
		return m.run(ctx)
	})
	if err != nil {
		return LoadReceipt{}, fmt.Errorf("log %q: %w", staged.options.Log, err)
	}
	return m.receipt, nil
}

// An objectMerge is the state of one MergeObjects.
type objectMerge struct {
	*StagedObjects
	c         *storeConn
	receipt   LoadReceipt
	load      int64
	known     string // condition on rows that the store may know: false for a log that is new
	changed   bool   // something other than rows: the log, what it says of itself
	left      int64  // rows that could not be placed, and may be when they come again
	values    int64  // new values of objects
	adopted   int64  // objects that were known without a type
	described int64  // rows of objects that brought something new
}

// prefix begins the types of the log's objects in the store.
func (m *objectMerge) prefix() string { return ObjectLogOf(m.options.Log, "") }

// text is a statement with the holes that all of the merge share.
func (m *objectMerge) text(name string, holes ...string) string {
	return storeText(name, append(holes,
		"source", storeLiteral(m.options.Log), "prefix", storeLiteral(m.prefix()), "load", strconv.FormatInt(m.load, 10),
		"events", m.events.from(), "objects", m.objects.from(), "event_object", m.eventObject.from(),
		"object_object", m.objectObject.from(), "values", m.StagedObjects.values.from())...)
}

func (m *objectMerge) run(ctx context.Context) error {
	same, err := m.c.sameContent(ctx, m.options, m.json)
	if err != nil || same {
		m.receipt.RowsKnown = m.Rows()
		return err
	}
	if m.load, err = m.c.int(ctx, storeText("load_next")); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{m.log, m.meta, m.addEvents, m.addObjects, m.addRelations, m.addValues} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	r := &m.receipt
	r.RowsNew = r.Events.New + r.Events.Changed + m.described + r.Relations.New + m.values
	r.RowsKnown = max(0, m.Rows()-r.RowsNew)
	if !m.changed && !r.wrote() && m.values == 0 {
		return nil
	}
	content := m.options.Content
	if m.left > 0 {
		content = "" // the same bytes may be of use when the rest is there
	}
	return m.c.commitLoad(ctx, m.load, loadRow{
		source: m.options.Log, kind: m.options.Kind, origin: m.options.Origin, options: m.json, content: content, started: m.started,
	}, r)
}

// note adds a note if n is not zero; the text has one %d for it.
func (m *objectMerge) note(code string, n int64, text string) {
	if n > 0 {
		m.receipt.Notes = append(m.receipt.Notes, Note{Code: code, Text: fmt.Sprintf(text, n)})
	}
}

// log makes sure that nothing else has the log's name, and keeps it.
func (m *objectMerge) log(ctx context.Context) error {
	other, err := m.c.strings(ctx, m.text("object_log_owner"))
	if err != nil {
		return err
	}
	if len(other) > 0 {
		return fmt.Errorf("%s; use another --log", other[0])
	}
	made, err := m.c.count(ctx, m.text("object_log_insert"))
	m.changed, m.known = made > 0, "true"
	if made > 0 {
		m.known = "false" // nothing of it can be in the store
	}
	return err
}

// meta adds what the log says of itself to what it said before.
func (m *objectMerge) meta(ctx context.Context) error {
	old, err := m.c.strings(ctx, storeText("merge_meta_old"), m.options.Log)
	if err != nil {
		return err
	}
	now := m.end.Meta
	if len(old) > 0 {
		var was ObjectMeta
		if err := json.Unmarshal([]byte(old[0]), &was); err != nil {
			return err
		}
		now = was.with(now)
	}
	text, err := json.Marshal(now)
	if err != nil || len(old) == 1 && old[0] == string(text) {
		return err
	}
	m.changed = true
	if err := m.c.exec(ctx, "DELETE FROM main.log_meta WHERE source = $1", m.options.Log); err != nil {
		return err
	}
	return m.c.exec(ctx, "INSERT INTO main.log_meta VALUES ($1, $2)", m.options.Log, string(text))
}

// with is what two slices of a log say of it together: the types of both, and
// of the rest what the later one has.
func (m ObjectMeta) with(later ObjectMeta) ObjectMeta {
	m.EventTypes = withTypes(m.EventTypes, later.EventTypes)
	m.ObjectTypes = withTypes(m.ObjectTypes, later.ObjectTypes)
	if later.Version != "" {
		m.Version = later.Version
	}
	if later.Attributes != "" {
		m.Attributes = later.Attributes
	}
	return m
}

func withTypes(types, later []DeclaredType) []DeclaredType {
	for _, t := range later {
		i := slices.IndexFunc(types, func(x DeclaredType) bool { return x.Name == t.Name })
		if i < 0 {
			types = append(types, t)
			continue
		}
		for _, a := range t.Attributes {
			if !slices.Contains(types[i].Attributes, a) {
				types[i].Attributes = append(types[i].Attributes, a)
			}
		}
	}
	return types
}

// addEvents writes the events that are new, and those that say something else.
func (m *objectMerge) addEvents(ctx context.Context) error {
	if err := m.c.exec(ctx, m.text("object_event_id")); err != nil {
		return err
	}
	repeated, err := m.c.count(ctx, m.text("object_event_repeated"))
	if err != nil {
		return err
	}
	m.note("repeated-events", repeated, "Events whose id another event has later in the same file, which counts: %d.")
	last, err := m.c.int(ctx, "SELECT max(event) FROM main.event")
	if err != nil {
		return err
	}
	sequence, err := m.c.int(ctx, storeText("merge_sequence"), m.options.Log)
	if err != nil {
		return err
	}
	if err := m.c.exec(ctx, m.text("object_event")); err != nil {
		return err
	}
	t, err := m.c.attributes(ctx, "event", m.options.Log)
	if err != nil {
		return err
	}
	if len(m.events.attributes) > 0 {
		want := make([]Attribute, len(m.events.attributes))
		for i, a := range m.events.attributes {
			want[i] = Attribute{Name: a.name, SQL: storeSQLType(a.typ)}
		}
		if err := t.ensureTyped(ctx, m.c, want); err != nil {
			return err
		}
	}
	if err := m.changeEvents(ctx, t); err != nil {
		return err
	}
	n, err := m.c.count(ctx, m.text("object_event_insert", "resource", m.resource(), "offset", strconv.FormatInt(sequence-last, 10)), m.options.File)
	m.receipt.Events.New = n
	if err != nil || n == 0 || !t.exists {
		return err
	}
	var columns, values strings.Builder
	for _, a := range m.events.attributes {
		column, _ := t.typed(a.name, storeSQLType(a.typ))
		fmt.Fprintf(&columns, ", %s", Quote(column.column))
		fmt.Fprintf(&values, ", CAST(s.%s AS %s)", a.column, column.sql)
	}
	return m.c.exec(ctx, m.text("object_event_attributes", "table", t.table(), "columns", columns.String(), "attributes", values.String()))
}

// resource is the expression for who did it: XES and OCEL logs name it so.
func (m *objectMerge) resource() string {
	for _, name := range []string{"org:resource", "resource"} {
		for _, a := range m.events.attributes {
			if a.name == name && a.typ == Text {
				return "nullif(s." + a.column + ", '')"
			}
		}
	}
	return "CAST(NULL AS VARCHAR)"
}

// changeEvents writes what known events say now.
func (m *objectMerge) changeEvents(ctx context.Context, t *attributeTable) error {
	known, err := m.c.int(ctx, "SELECT count(*) FROM o_event WHERE known IS NOT NULL")
	if err != nil || known == 0 {
		return err
	}
	// An attribute that comes in one type is not there in any other.
	said := map[string][]string{}
	for _, a := range m.events.attributes {
		said[a.name] = append(said[a.name], "s."+a.column+" IS NOT NULL")
	}
	var values, differs, columns, list strings.Builder
	join := ""
	if t.exists {
		join = "LEFT JOIN " + t.table() + " AS t ON t.event = o.known"
	}
	for i, c := range t.columns {
		expr := "t." + Quote(c.column)
		if said[c.name] != nil {
			now := "NULL"
			for _, a := range m.events.attributes {
				if a.name == c.name && storeSQLType(a.typ) == c.sql {
					now = "s." + a.column
				}
			}
			expr = fmt.Sprintf("CASE WHEN %s THEN CAST(%s AS %s) ELSE %s END", strings.Join(said[c.name], " OR "), now, c.sql, expr)
			fmt.Fprintf(&differs, "\n   OR %s IS DISTINCT FROM t.%s", expr, Quote(c.column))
		}
		fmt.Fprintf(&values, ", %s AS v%d", expr, i)
		fmt.Fprintf(&columns, ", %s", Quote(c.column))
		fmt.Fprintf(&list, ", v%d", i)
	}
	err = m.c.exec(ctx, m.text("object_event_changed", "resource", m.resource(), "attributes", values.String(), "differs", differs.String(), "join", join))
	if err != nil {
		return err
	}
	m.receipt.Events.Changed, err = m.c.count(ctx, m.text("object_event_update"))
	if err != nil || m.receipt.Events.Changed == 0 || !t.exists {
		return err
	}
	if err := m.c.exec(ctx, storeText("map_gone_delete", "table", t.table(), "from", "o_changed")); err != nil {
		return err
	}
	return m.c.exec(ctx, storeText("object_event_rewrite", "table", t.table(), "columns", columns.String(), "attributes", list.String()))
}
