package eventlog

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// A Trace is the story of what has an id: every object of that id, whatever
// its type; a case of an imported log is one too.
type Trace struct {
	ID      string         `json:"id"`
	Objects []TracedObject `json:"objects"` // by type
}

// A TracedObject is one object: what it is, what belongs to it, what happened.
type TracedObject struct {
	Type       string           `json:"type"`
	ID         string           `json:"id"`
	Defined    bool             `json:"defined"` // false: only referred to
	Row        SourceRow        `json:"row"`
	Attributes []NamedValue     `json:"attributes,omitempty"`
	Related    []TracedRelation `json:"related,omitempty"` // by type, id, qualifier
	Changes    []TracedChange   `json:"changes,omitempty"` // by time
	Log        string           `json:"log,omitempty"`     // whose case it makes, with all documents it is followed to
	Touched    []TouchedObject  `json:"touched,omitempty"` // other objects of the story, by type and id
	Events     []TracedEvent    `json:"events,omitempty"`  // by time, rank, sequence
	number     int64
}

// A TouchedObject is an object that events of a story are about.
type TouchedObject struct {
	Type       string       `json:"type"`
	ID         string       `json:"id"`
	Attributes []NamedValue `json:"attributes,omitempty"`
	number     int64
}

// A NamedValue is an attribute or a column, as text.
type NamedValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A SourceRow says where something was read, and what stood there if the
// source's rows are kept.
type SourceRow struct {
	Source  string       `json:"source"`
	Origin  string       `json:"origin"` // of the load: files or connection
	Table   string       `json:"table,omitempty"`
	Key     string       `json:"key,omitempty"`   // of the row, or its line
	Place   string       `json:"place,omitempty"` // "orders.csv:12"
	Columns []NamedValue `json:"columns,omitempty"`
}

// A TracedRelation leads to another object.
type TracedRelation struct {
	Qualifier string `json:"qualifier"`
	Type      string `json:"type"`
	ID        string `json:"id"`
	Inverse   bool   `json:"inverse,omitempty"` // it leads here
	Quantity  string `json:"quantity,omitempty"`
	Amount    string `json:"amount,omitempty"`
	Currency  string `json:"currency,omitempty"`
}

// A TracedChange is a change of an attribute; Time is nil where nobody knows it.
type TracedChange struct {
	Attribute string     `json:"attribute"`
	Time      *time.Time `json:"time"`
	Old       string     `json:"old"`
	New       string     `json:"new"`
}

// A TracedEvent is one event of the object.
type TracedEvent struct {
	Event      int64            `json:"event"`
	Activity   string           `json:"activity"`
	Time       *time.Time       `json:"time"`
	Start      *time.Time       `json:"start,omitempty"`
	Day        bool             `json:"day,omitempty"` // Time is known to the day
	Resource   string           `json:"resource,omitempty"`
	ActorKind  string           `json:"actor_kind,omitempty"`
	Lifecycle  string           `json:"lifecycle,omitempty"`
	Qualifier  string           `json:"qualifier,omitempty"` // of its relation to the object
	Attributes []NamedValue     `json:"attributes,omitempty"`
	Objects    []TracedRelation `json:"objects,omitempty"` // others it touches
	Row        SourceRow        `json:"row"`
}

// Trace tells the story of an id, or of a number that objects have as an
// attribute. The story of an object that makes a case of a log is that of the
// case: the events of all documents it is followed to.
func (s *Store) Trace(ctx context.Context, id string, o LogOptions) (*Trace, error) {
	t := &Trace{ID: id}
	err := s.session(ctx, func(c *storeConn) error {
		if err := (&tracer{c: c}).objects(ctx, t); err != nil {
			return err
		}
		for i := range t.Objects {
			object := &t.Objects[i]
			tr := &tracer{c: c, o: object}
			followed, err := s.caseEvents(ctx, object, o)
			if err != nil {
				return err
			}
			if err := c.exec(ctx, storeText("trace_scope"), object.number, followed); err != nil {
				return err
			}
			for _, step := range []func(context.Context) error{tr.attributes, tr.related, tr.changes, tr.events, tr.eventObjects, tr.eventAttributes, tr.touched, tr.rows} {
				if err := step(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("trace %q: %w", id, err)
	}
	return t, nil
}

type tracer struct {
	c *storeConn
	o *TracedObject
}

// caseEvents returns the events of the case that an object makes in a log that
// follows its documents, none if it makes none.
func (s *Store) caseEvents(ctx context.Context, object *TracedObject, o LogOptions) ([]int64, error) {
	events := []int64{}
	logs, err := s.Logs(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range logs {
		if d.CaseType != object.Type || len(d.Follow) == 0 {
			continue
		}
		l, err := s.Log(ctx, d.Name, o)
		if err != nil {
			return nil, err
		}
		for b := range l.Batches() {
			for i, n := range b.Case {
				if n == object.number {
					events = append(events, b.Event[b.Offsets[i]:b.Offsets[i+1]]...)
				}
			}
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		object.Log = d.Name
	}
	return events, nil
}

func (t *tracer) objects(ctx context.Context, trace *Trace) error {
	find := func(statement string) error {
		return t.c.each(ctx, statement, []any{trace.ID}, func(scan func(...any) error) error {
			var o TracedObject
			err := scan(&o.number, &o.Type, &o.ID, &o.Defined, &o.Row.Source, &o.Row.Origin, &o.Row.Table, &o.Row.Key)
			trace.Objects = append(trace.Objects, o)
			return err
		})
	}
	err := find(storeText("trace_object", "condition", "o.id = $1"))
	if err != nil || len(trace.Objects) > 0 {
		return err
	}
	types, err := t.c.strings(ctx, storeText("trace_numbered"))
	if err != nil {
		return err
	}
	for _, typ := range types {
		has := "o.object IN (SELECT object FROM objects." + Quote(typ) + " WHERE number = $1)"
		if err := find(storeText("trace_object", "condition", has)); err != nil {
			return err
		}
	}
	if len(trace.Objects) == 0 {
		return fmt.Errorf("no object and no case has this id or number")
	}
	return nil
}

// touched describes the objects that the events are about, and those directly
// related, so that every amount is in the story.
func (t *tracer) touched(ctx context.Context) error {
	err := t.c.each(ctx, storeText("trace_touched"), []any{t.o.number}, func(scan func(...any) error) error {
		var o TouchedObject
		err := scan(&o.number, &o.Type, &o.ID)
		t.o.Touched = append(t.o.Touched, o)
		return err
	})
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for i := range t.o.Touched {
		typ := t.o.Touched[i].Type
		if done[typ] {
			continue
		}
		done[typ] = true
		var numbers []int64
		for _, o := range t.o.Touched {
			if o.Type == typ {
				numbers = append(numbers, o.number)
			}
		}
		rows, err := t.attributeValues(ctx, "object", typ, "list_contains($1::BIGINT[], object)", numbers)
		if err != nil {
			return err
		}
		for j := range t.o.Touched {
			if o := &t.o.Touched[j]; o.Type == typ {
				o.Attributes = rows[fmt.Sprint(o.number)]
			}
		}
	}
	return nil
}

// values reads rows of named columns as text, NULL left out, by the text of
// the first column.
func (t *tracer) values(ctx context.Context, names, exprs []string, key, from, where string, args ...any) (map[string][]NamedValue, error) {
	text := "SELECT " + strings.Join(append([]string{key}, exprs...), ", ") + " FROM " + from + " WHERE " + where + " ORDER BY 1"
	out := map[string][]NamedValue{}
	cells := make([]sql.NullString, len(exprs)+1)
	into := make([]any, len(cells))
	for i := range cells {
		into[i] = &cells[i]
	}
	err := t.c.each(ctx, text, args, func(scan func(...any) error) error {
		if err := scan(into...); err != nil {
			return err
		}
		var list []NamedValue
		for i, cell := range cells[1:] {
			if cell.Valid {
				list = append(list, NamedValue{Name: names[i], Value: cell.String})
			}
		}
		out[cells[0].String] = list
		return nil
	})
	return out, err
}

// attributeValues reads the attributes of some objects or events by number.
func (t *tracer) attributeValues(ctx context.Context, owner, typ, where string, args ...any) (map[string][]NamedValue, error) {
	table, err := t.c.attributes(ctx, owner, typ)
	if err != nil || !table.exists || len(table.columns) == 0 {
		return nil, err
	}
	var names, exprs []string
	for _, a := range table.columns {
		names = append(names, a.name)
		exprs = append(exprs, storeAsText(a.sql, Quote(a.column)))
	}
	return t.values(ctx, names, exprs, "CAST("+owner+" AS VARCHAR)", table.table(), where, args...)
}

func (t *tracer) attributes(ctx context.Context) error {
	rows, err := t.attributeValues(ctx, "object", t.o.Type, "object = $1", t.o.number)
	t.o.Attributes = rows[fmt.Sprint(t.o.number)]
	return err
}

func (t *tracer) related(ctx context.Context) error {
	return t.c.each(ctx, storeText("trace_related"), []any{t.o.number}, func(scan func(...any) error) error {
		var r TracedRelation
		err := scan(&r.Inverse, &r.Qualifier, &r.Type, &r.ID, &r.Quantity, &r.Amount, &r.Currency)
		t.o.Related = append(t.o.Related, r)
		return err
	})
}

func (t *tracer) changes(ctx context.Context) error {
	return t.c.each(ctx, storeText("trace_change"), []any{t.o.number}, func(scan func(...any) error) error {
		var r TracedChange
		err := scan(&r.Attribute, &r.Time, &r.Old, &r.New)
		t.o.Changes = append(t.o.Changes, r)
		return err
	})
}

func (t *tracer) events(ctx context.Context) error {
	return t.c.each(ctx, storeText("trace_event"), nil, func(scan func(...any) error) error {
		var e TracedEvent
		err := scan(&e.Event, &e.Activity, &e.Time, &e.Start, &e.Day, &e.Resource, &e.ActorKind, &e.Lifecycle, &e.Qualifier,
			&e.Row.Source, &e.Row.Origin, &e.Row.Table, &e.Row.Key)
		t.o.Events = append(t.o.Events, e)
		return err
	})
}

func (t *tracer) eventObjects(ctx context.Context) error {
	byEvent := map[int64][]TracedRelation{}
	err := t.c.each(ctx, storeText("trace_event_object"), []any{t.o.number}, func(scan func(...any) error) error {
		var event int64
		var r TracedRelation
		err := scan(&event, &r.Qualifier, &r.Type, &r.ID, &r.Quantity, &r.Amount, &r.Currency)
		byEvent[event] = append(byEvent[event], r)
		return err
	})
	for i := range t.o.Events {
		t.o.Events[i].Objects = byEvent[t.o.Events[i].Event]
	}
	return err
}

func (t *tracer) eventAttributes(ctx context.Context) error {
	done := map[string]bool{}
	for i := range t.o.Events {
		source := t.o.Events[i].Row.Source
		if done[source] {
			continue
		}
		done[source] = true
		rows, err := t.attributeValues(ctx, "event", source, "event IN (SELECT event FROM traced)")
		if err != nil {
			return err
		}
		for j := range t.o.Events {
			if e := &t.o.Events[j]; e.Row.Source == source {
				e.Attributes = rows[fmt.Sprint(e.Event)]
			}
		}
	}
	return nil
}

// rows finds the source's own rows behind the object and its events.
func (t *tracer) rows(ctx context.Context) error {
	byTable := map[[2]string][]*SourceRow{}
	add := func(r *SourceRow) {
		if r.Table != "" && r.Key != "" {
			at := [2]string{r.Source, r.Table}
			byTable[at] = append(byTable[at], r)
		}
	}
	add(&t.o.Row)
	for i := range t.o.Events {
		add(&t.o.Events[i].Row)
	}
	for at, list := range byTable {
		if err := t.landed(ctx, at[0], at[1], list); err != nil {
			return err
		}
	}
	return nil
}

func (t *tracer) landed(ctx context.Context, source, table string, rows []*SourceRow) error {
	key, err := t.c.strings(ctx, storeText("trace_landing"), source, table)
	if err != nil {
		return err
	}
	if len(key) == 0 {
		for _, r := range rows {
			r.Place = r.Table + ":" + r.Key
		}
		return nil
	}
	columns, err := t.c.strings(ctx, "SELECT column_name FROM ("+strings.TrimSuffix(strings.TrimSpace(storeText("land_columns")), ";")+")", landingSchema(source), table)
	if err != nil {
		return err
	}
	var exprs, keys []string
	for _, c := range columns {
		exprs = append(exprs, "CAST("+Quote(c)+" AS VARCHAR)")
	}
	for _, r := range rows {
		keys = append(keys, r.Key)
	}
	joined := "concat_ws('/', " + landKeys(key, "", ", ") + ")"
	found, err := t.values(ctx, columns, exprs, joined, Quote(landingSchema(source))+"."+Quote(table), "list_contains($1::VARCHAR[], "+joined+")", keys)
	for _, r := range rows {
		r.Columns = found[r.Key]
	}
	return err
}
