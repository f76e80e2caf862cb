package eventlog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// mapRows makes the events, objects and relations of the source what its
// mapping says now. It is skipped where neither rows, nor the mapping, nor the
// model have changed since it was last done.
func (m *tablesMerge) mapRows(ctx context.Context, landed bool) error {
	print, err := m.fingerprint(ctx)
	if err != nil {
		return err
	}
	same, err := m.c.int(ctx, storeText("map_same"), m.system.Name, m.system.mappingText(), print)
	if err != nil || same > 0 && !landed && !m.shape {
		return err
	}
	// First of all: a mapping may read what other sources filled.
	if err := m.modelTables(ctx); err != nil {
		return err
	}
	// Also where the text is the same: its temporary tables are of these rows.
	if err := m.makeViews(ctx, print); err != nil {
		return err
	}
	v, err := m.readViews(ctx)
	if err != nil {
		return err
	}
	steps := []func(context.Context) error{
		v.evaluate, v.apart, v.forgetMapped, v.settle, v.links, v.events, v.objects, v.relations, v.changes, v.goneObjects, v.objectAttributes,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// fingerprint stands for what the result depends on besides rows and mapping.
func (m *tablesMerge) fingerprint(ctx context.Context) (string, error) {
	var used int64
	if len(m.system.Uses) > 0 {
		var err error
		if used, err = m.c.int(ctx, storeText("map_used"), m.system.Uses); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(struct {
		Zone   string
		Model  *Model
		Used   int64    `json:",omitempty"`
		Uses   []string `json:",omitempty"`
		Actors Actors
		Prefix string `json:",omitempty"`
	}{m.system.Timezone, m.system.Model, used, m.system.Uses, m.system.Actors, m.system.Prefix})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), err
}

// makeViews runs the mapping's text in a schema of its own.
func (m *tablesMerge) makeViews(ctx context.Context, print string) error {
	schema := Quote(mapSchema(m.system.Name))
	for _, text := range []string{"DROP SCHEMA IF EXISTS " + schema + " CASCADE", "CREATE SCHEMA " + schema} {
		if err := m.c.exec(ctx, text); err != nil {
			return err
		}
	}
	if err := m.inViews(ctx, func() error { return m.runMapping(ctx) }); err != nil {
		return err
	}
	if err := m.c.exec(ctx, "DELETE FROM main.mapping WHERE source = $1", m.system.Name); err != nil {
		return err
	}
	return m.c.exec(ctx, "INSERT INTO main.mapping VALUES ($1, $2, $3, $4)", m.system.Name, m.system.Kind, m.system.mappingText(), print)
}

// inViews runs fn where names are the mapping's views and the landed tables.
func (m *tablesMerge) inViews(ctx context.Context, fn func() error) error {
	return m.c.inViews(ctx, m.system.Name, fn)
}

// inViews runs fn where names are the views of a source's mapping and its
// landed tables. DuckDB keeps a view's text, not what its names meant, so this
// is needed whenever a view is read.
func (c *storeConn) inViews(ctx context.Context, source string, fn func() error) error {
	path := Quote(mapSchema(source)) + "," + Quote(landingSchema(source)) + ",main"
	if err := c.exec(ctx, "SET search_path = "+storeLiteral(path)); err != nil {
		return err
	}
	err := fn()
	// An error aborts the transaction, and the connection goes with it.
	if err == nil {
		err = c.exec(ctx, "RESET search_path")
	}
	return err
}

// modelTables makes a table for every object type of the model, even one that
// this source has nothing of: business views read them all.
func (m *tablesMerge) modelTables(ctx context.Context) error {
	if m.system.Model == nil {
		return nil
	}
	types := make([]string, len(m.system.Model.Types))
	for i, typ := range m.system.Model.Types {
		types[i] = typ.Name
	}
	tables, err := m.c.attributesOf(ctx, "object", types)
	if err != nil {
		return err
	}
	for i, typ := range m.system.Model.Types {
		made, err := tables[i].ensure(ctx, m.c, typ.Attributes)
		if err != nil {
			return err
		}
		m.tables = m.tables || made
	}
	return nil
}

// A mapView is one view of the mapping and its columns.
type mapView struct {
	name    string
	columns []TableColumn
}

// has finds a column of a view, whatever its case.
func (v *mapView) has(name string) (TableColumn, bool) {
	if v != nil {
		for _, c := range v.columns {
			if strings.EqualFold(c.Name, name) {
				return c, true
			}
		}
	}
	return TableColumn{}, false
}

// A mapped is what the mapping of one source says, being merged.
type mapped struct {
	*tablesMerge
	event, eventObject, objectObject, objectChange *mapView
	link                                           *mapView
	types                                          []mapType // by name
	eventAttributes                                []TableColumn
}

// A mapType is one object_<Type> view.
type mapType struct {
	name       string
	view       *mapView
	attributes []TableColumn // of the view, that are attributes
}

// mapColumns says which columns the views must and may have.
var mapColumns = map[string]struct{ must, may []string }{
	"event":         {[]string{"key", "activity", "time"}, []string{"start", "precision", "resource", "actor_kind", "sequence", "source_table", "source_key"}},
	"event_object":  {[]string{"event_key", "type", "id"}, []string{"qualifier", "quantity", "amount", "currency"}},
	"object_object": {[]string{"source_type", "source_id", "target_type", "target_id"}, []string{"qualifier", "quantity", "amount", "currency"}},
	"object_change": {[]string{"type", "id", "attribute", "time", "old_value", "new_value"}, []string{"event_key"}},
	"link":          {[]string{"source_type", "source_id", "qualifier", "target_type", "key", "matches"}, []string{"attribute", "target_id", "amount", "currency"}},
	"object_":       {[]string{"id"}, []string{"source_table", "source_key"}},
}

// readViews finds the mapping's views, and checks them against the contract.
func (m *tablesMerge) readViews(ctx context.Context) (*mapped, error) {
	v := &mapped{tablesMerge: m}
	names, err := m.c.strings(ctx, storeText("map_views"), mapSchema(m.system.Name))
	if err != nil {
		return nil, err
	}
	columns, err := m.viewColumns(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if isPart(name) {
			continue
		}
		view := &mapView{name: name, columns: columns[name]}
		if len(view.columns) == 0 {
			err := m.inViews(ctx, func() (err error) {
				view.columns, err = m.describe(ctx, name)
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("mapping: view %s: %s", name, storeReason(err))
			}
		}
		if err := v.take(view); err != nil {
			return nil, fmt.Errorf("mapping: view %s: %w", name, err)
		}
	}
	sort.Slice(v.types, func(i, j int) bool { return v.types[i].name < v.types[j].name })
	return v, v.noViews(names)
}

func (v *mapped) take(view *mapView) error {
	switch view.name {
	case "event":
		v.event = view
		rest, err := view.rest("event")
		v.eventAttributes = rest
		return err
	case "event_object":
		v.eventObject = view
	case "object_object":
		v.objectObject = view
	case "object_change":
		v.objectChange = view
	case "link":
		v.link = view
		_, err := view.rest("link")
		return err
	default:
		if name, ok := strings.CutPrefix(view.name, "object_"); ok {
			return v.takeType(name, view)
		}
		return nil // the mapping's own
	}
	rest, err := view.rest(view.name)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("column %q has no meaning there", rest[0].Name)
	}
	return err
}

func (v *mapped) takeType(name string, view *mapView) error {
	if err := storeCheckName("type", name); err != nil {
		return err
	}
	rest, err := view.rest("object_")
	if err != nil {
		return err
	}
	t := mapType{name: name, view: view, attributes: rest}
	v.types = append(v.types, t)
	if v.system.Model == nil {
		return nil
	}
	typ := v.system.Model.objectType(name)
	if typ == nil {
		return fmt.Errorf("model %s has no object type %q", v.system.Model.Name, name)
	}
	for _, c := range rest {
		if typ.attribute(c.Name) == nil {
			return fmt.Errorf("column %q is no attribute of %s in model %s", c.Name, name, v.system.Model.Name)
		}
	}
	return nil
}

// rest checks the columns that a view must have, and returns those that the
// contract does not name.
func (v *mapView) rest(contract string) ([]TableColumn, error) {
	known := mapColumns[contract]
	for _, name := range known.must {
		if _, ok := v.has(name); !ok {
			return nil, fmt.Errorf("no column %q", name)
		}
	}
	var rest []TableColumn
	for _, c := range v.columns {
		named := false
		for _, name := range append(known.must[:len(known.must):len(known.must)], known.may...) {
			named = named || strings.EqualFold(c.Name, name)
		}
		if !named {
			rest = append(rest, c)
		}
	}
	return rest, nil
}

func (m *Model) objectType(name string) *ObjectType {
	if m == nil {
		return nil
	}
	for i := range m.Types {
		if m.Types[i].Name == name {
			return &m.Types[i]
		}
	}
	return nil
}

func (t *ObjectType) attribute(name string) *Attribute {
	for i := range t.Attributes {
		if t.Attributes[i].Name == name {
			return &t.Attributes[i]
		}
	}
	return nil
}
