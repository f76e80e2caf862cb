package eventlog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// standardKeys are where rows that were never XES stand in a log that is.
var standardKeys = XESKeys{
	Case: "concept:name", Activity: "concept:name", Time: "time:timestamp", Start: "start_timestamp",
	Resource: "org:resource", Lifecycle: "lifecycle:transition", Instance: "concept:instance",
}

// with is what two loads of a log say of it together: extensions, classifiers
// and attributes of both, the later one's where they differ; of what is said of
// every event or trace (globals) only what both say. XES is earlier's, and what
// only the later one has: rows that are written otherwise say so themselves.
func (m Meta) with(later Meta) (Meta, error) {
	m.Extensions = joined(m.Extensions, later.Extensions, func(e Extension) string { return e.Prefix })
	m.Classifiers = joined(m.Classifiers, later.Classifiers, func(c Classifier) string { return c.Scope + " " + c.Name })
	if m.XES != nil && later.XES != nil {
		m.Globals = slices.DeleteFunc(slices.Clone(m.Globals), func(g Global) bool {
			return !slices.ContainsFunc(later.Globals, func(x Global) bool { return x.Scope == g.Scope && x.Key == g.Key })
		})
	} else if m.XES == nil {
		m.Globals = later.Globals
	}
	var err error
	if m.Attributes, err = joinedAttributes(m.Attributes, later.Attributes); err != nil {
		return Meta{}, fmt.Errorf("attributes of the log: %w", err)
	}
	switch {
	case later.XES == nil:
	case m.XES == nil:
		x := *later.XES
		m.XES = &x
	default:
		x := *m.XES
		x.Header = slices.Clone(x.Header)
		for _, a := range later.XES.Header {
			if !slices.ContainsFunc(x.Header, func(b XMLAttribute) bool { return a.Name == b.Name }) {
				x.Header = append(x.Header, a)
			}
		}
		m.XES = &x
	}
	return m, nil
}

// joinedAttributes joins two lists of attributes, in canonical JSON.
func joinedAttributes(earlier, later string) (string, error) {
	if earlier == "" || later == "" || earlier == later {
		return max(earlier, later), nil
	}
	var a, b []json.RawMessage
	if err := json.Unmarshal([]byte(earlier), &a); err != nil {
		return "", err
	}
	if err := json.Unmarshal([]byte(later), &b); err != nil {
		return "", err
	}
	var texts []string
	for _, x := range joined(a, b, func(a json.RawMessage) string {
		var x struct{ Key string }
		_ = json.Unmarshal(a, &x) // it is an attribute, as it was read as one
		return x.Key
	}) {
		texts = append(texts, string(x))
	}
	return "[" + strings.Join(texts, ",") + "]", nil
}

// joined are two lists, without what the later one has of the same key.
func joined[T any](earlier, later []T, key func(T) string) []T {
	var out []T
	for _, a := range earlier {
		if !slices.ContainsFunc(later, func(b T) bool { return key(a) == key(b) }) {
			out = append(out, a)
		}
	}
	return append(out, later...)
}

// orKeys fills the keys that are missing.
func (k XESKeys) orKeys(other XESKeys) XESKeys {
	mine, more := k.list(), other.list()
	for i := range mine {
		if *mine[i] == "" {
			*mine[i] = *more[i]
		}
	}
	return k
}

func (k *XESKeys) list() []*string {
	return []*string{&k.Case, &k.Activity, &k.Time, &k.Start, &k.Resource, &k.Lifecycle, &k.Instance}
}

// xesType is how XES calls the values of a column.
func xesType(sqlType string) string {
	switch sqlType {
	case "BIGINT":
		return "int"
	case "DOUBLE":
		return "float"
	case "BOOLEAN":
		return "boolean"
	case "TIMESTAMPTZ":
		return "date"
	}
	return "string"
}

func (x *XESMeta) typeOf(scope, key string) string {
	i := slices.IndexFunc(x.Types, func(t XESType) bool { return t.Scope == scope && t.Key == key })
	if i < 0 {
		return "string"
	}
	return x.Types[i].Type
}

// agree makes the header of a log that was loaded before say what its rows and
// those of this load are. Columns have one type, the first there was; what this
// load has in another is noted in m.retyped, and goes to [XESRest] as well.
func (m *logMerge) agree(ctx context.Context, was Meta) (Meta, error) {
	now, err := was.with(m.end.Meta)
	if err != nil || now.XES == nil {
		return now, err
	}
	if was.XES == nil || m.end.Meta.XES == nil {
		now.XES.Keys = now.XES.Keys.orKeys(standardKeys)
	} else {
		now.XES.Keys = m.sameKeys(was.XES.Keys, m.end.Meta.XES.Keys)
	}
	m.retyped = map[string]map[string]string{}
	var types []XESType
	for _, of := range []struct {
		scope, owner string
		staged       *stageTable
	}{{"event", "event", m.events}, {"trace", "object", m.cases}} {
		t, err := m.c.attributes(ctx, of.owner, m.options.Log)
		if err != nil {
			return Meta{}, err
		}
		said := map[string]string{}
		for _, c := range t.columns {
			if said[c.name] = xesType(c.sql); was.XES != nil {
				said[c.name] = "string"
			}
		}
		if was.XES != nil {
			for _, x := range was.XES.Types { // some have no column: all their values are whole attributes
				if x.Scope == of.scope {
					said[x.Key] = x.Type
				}
			}
		}
		m.retyped[of.owner] = map[string]string{}
		for _, a := range of.staged.attributes {
			if a.name == XESRest {
				continue
			}
			typ := xesType(storeSQLType(a.typ))
			if m.end.Meta.XES != nil {
				typ = m.end.Meta.XES.typeOf(of.scope, a.name)
			}
			if first, known := said[a.name]; !known {
				said[a.name] = typ
			} else if first != typ {
				m.retyped[of.owner][a.name] = typ
			}
		}
		if m.end.Meta.XES != nil { // of keys that have only values of other types
			for _, x := range m.end.Meta.XES.Types {
				if _, known := said[x.Key]; !known && x.Scope == of.scope {
					said[x.Key] = x.Type
				}
			}
		}
		delete(said, XESRest)
		for key, typ := range said {
			if typ != "string" {
				types = append(types, XESType{Scope: of.scope, Key: key, Type: typ})
			}
		}
	}
	slices.SortFunc(types, func(a, b XESType) int {
		return strings.Compare(a.Scope+"\x00"+a.Key, b.Scope+"\x00"+b.Key)
	})
	now.XES.Types = types
	return now, nil
}

// sameKeys are the keys of the columns of a log that several files make; where
// they differ, the first file's hold.
func (m *logMerge) sameKeys(was, now XESKeys) XESKeys {
	a, b := was.list(), now.list()
	for i := range a {
		if *a[i] != "" && *b[i] != "" && *a[i] != *b[i] || i == 1 && *a[i] != *b[i] {
			m.receipt.Notes = append(m.receipt.Notes, Note{Code: "xes-keys-differ", Text: fmt.Sprintf(
				"The log had %s in attribute %q, this file has it in %q; an export as XES writes all of them by the first.",
				[]string{"the case", "the activity", "the time", "the start", "the resource", "the lifecycle transition", "the instance"}[i], *a[i], *b[i])})
		}
	}
	if was.Activity == "" { // put together from several attributes
		now.Activity = ""
	}
	return was.orKeys(now)
}

// restExpr is [XESRest] of staged rows, with the attributes that have another
// type in this load than the log has for them.
func (m *logMerge) restExpr(owner, rest string, byName map[string][]stageAttribute) string {
	if rest == "" {
		rest = "CAST(NULL AS JSON)"
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m.retyped[owner])) {
		typ := m.retyped[owner][name]
		value := stagedExpr("VARCHAR", byName[name])
		whole := fmt.Sprintf("json_object('key', %s, 'type', %s, 'value', %s)", storeLiteral(name), storeLiteral(typ), value)
		if typ == "list" || typ == "container" {
			whole = fmt.Sprintf("json_merge_patch(CAST(%s AS JSON), json_object('key', %s))", value, storeLiteral(name))
		}
		parts = append(parts, fmt.Sprintf("CASE WHEN %s IS NOT NULL AND NOT list_contains(%s, %s) THEN %s END",
			value, storeText("merge_rest_keys", "rest", rest), storeLiteral(name), whole))
	}
	return storeText("merge_rest", "rest", rest, "parts", strings.Join(parts, ", "))
}
