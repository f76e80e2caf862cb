package eventlog

import (
	"context"
	"fmt"
	"strings"
)

// A Coverage says how much of a model a source fills: what a report or a key
// figure can rely on, and what the source does not say.
type Coverage struct {
	Source     string             `json:"source"`
	Model      string             `json:"model"`
	Types      []TypeCoverage     `json:"types"` // in the model's order
	Relations  []RelationCoverage `json:"relations"`
	Activities []ActivityCoverage `json:"activities"`
	// What the source has and the model does not know, sorted.
	UnknownTypes      []string `json:"unknown_types,omitempty"`
	UnknownRelations  []string `json:"unknown_relations,omitempty"` // "InvoiceItem bills DeliveryItem"
	UnknownActivities []string `json:"unknown_activities,omitempty"`
}

// TypeCoverage is one object type: how many objects the source has of it.
type TypeCoverage struct {
	Name       string              `json:"name"`
	Objects    int64               `json:"objects"` // described, not only referred to
	Attributes []AttributeCoverage `json:"attributes"`
}

// AttributeCoverage is one attribute: how many of the objects have a value.
type AttributeCoverage struct {
	Name   string `json:"name"`
	Filled int64  `json:"filled"`
}

// RelationCoverage is one relation of the model, and how often it occurs.
type RelationCoverage struct {
	Relation
	Count int64 `json:"count"`
}

// ActivityCoverage is one activity of the model, and how often it occurs.
type ActivityCoverage struct {
	Name   string `json:"name"`
	Events int64  `json:"events"`
}

// Coverage compares what a source has filled with a model.
func (s *Store) Coverage(ctx context.Context, m *Model, source string) (*Coverage, error) {
	v := &Coverage{Source: source, Model: m.Name}
	err := s.session(ctx, func(c *storeConn) error {
		if err := v.types(ctx, c, m); err != nil {
			return err
		}
		if err := v.relations(ctx, c, m); err != nil {
			return err
		}
		return v.activities(ctx, c, m)
	})
	if err != nil {
		return nil, fmt.Errorf("coverage of %s: %w", source, err)
	}
	return v, nil
}

// counts reads pairs of a text and a number.
func (c *storeConn) counts(ctx context.Context, text string, args ...any) (names []string, counts map[string]int64, err error) {
	counts = map[string]int64{}
	err = c.each(ctx, text, args, func(scan func(...any) error) error {
		var name string
		var n int64
		err := scan(&name, &n)
		names = append(names, name)
		counts[name] = n
		return err
	})
	return names, counts, err
}

func (v *Coverage) types(ctx context.Context, c *storeConn, m *Model) error {
	names, objects, err := c.counts(ctx, storeText("coverage_types"), v.Source)
	if err != nil {
		return err
	}
	types := make([]string, len(m.Types))
	for i, typ := range m.Types {
		types[i] = typ.Name
	}
	tables, err := c.attributesOf(ctx, "object", types)
	if err != nil {
		return err
	}
	for i, typ := range m.Types {
		tc := TypeCoverage{Name: typ.Name, Objects: objects[typ.Name]}
		filled, err := tables[i].filled(ctx, c, v.Source)
		if err != nil {
			return err
		}
		for _, a := range typ.Attributes {
			tc.Attributes = append(tc.Attributes, AttributeCoverage{Name: a.Name, Filled: filled[a.Name]})
		}
		v.Types = append(v.Types, tc)
	}
	for _, name := range names {
		if m.objectType(name) == nil {
			v.UnknownTypes = append(v.UnknownTypes, name)
		}
	}
	return nil
}

// filled counts the values of each attribute of a source's objects of the type.
func (t *attributeTable) filled(ctx context.Context, c *storeConn, source string) (map[string]int64, error) {
	if !t.exists || len(t.columns) == 0 {
		return nil, nil
	}
	var list []string
	counts := make([]int64, len(t.columns))
	into := make([]any, len(t.columns))
	for i, a := range t.columns {
		list = append(list, "count(t."+Quote(a.column)+")")
		into[i] = &counts[i]
	}
	text := storeText("coverage_filled", "counts", strings.Join(list, ", "), "table", t.table())
	if err := c.QueryRowContext(ctx, text, source, t.typ).Scan(into...); err != nil {
		return nil, err
	}
	filled := map[string]int64{}
	for i, a := range t.columns {
		filled[a.name] = counts[i]
	}
	return filled, nil
}

func (v *Coverage) relations(ctx context.Context, c *storeConn, m *Model) error {
	names, counts, err := c.counts(ctx, storeText("coverage_relations"), v.Source)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, r := range m.Relations {
		name := r.Source + " " + r.Qualifier + " " + r.Target
		known[name] = true
		v.Relations = append(v.Relations, RelationCoverage{Relation: r, Count: counts[name]})
	}
	for _, name := range names {
		if !known[name] {
			v.UnknownRelations = append(v.UnknownRelations, name)
		}
	}
	return nil
}

func (v *Coverage) activities(ctx context.Context, c *storeConn, m *Model) error {
	names, counts, err := c.counts(ctx, storeText("coverage_activities"), v.Source)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, a := range m.Activities {
		known[a.Name] = true
		v.Activities = append(v.Activities, ActivityCoverage{Name: a.Name, Events: counts[a.Name]})
	}
	for _, name := range names {
		if !known[name] {
			v.UnknownActivities = append(v.UnknownActivities, name)
		}
	}
	return nil
}

// String is the coverage as a text for people.
func (v *Coverage) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s fills %s:\n", v.Source, v.Model)
	for _, t := range v.Types {
		if t.Objects == 0 {
			fmt.Fprintf(&b, "  %-20s –\n", t.Name)
			continue
		}
		fmt.Fprintf(&b, "  %-20s %d\n", t.Name, t.Objects)
		for _, a := range t.Attributes {
			switch a.Filled {
			case t.Objects:
				fmt.Fprintf(&b, "    %-22s all\n", a.Name)
			case 0:
				fmt.Fprintf(&b, "    %-22s –\n", a.Name)
			default:
				fmt.Fprintf(&b, "    %-22s %d, %.1f %%\n", a.Name, a.Filled, 100*float64(a.Filled)/float64(t.Objects))
			}
		}
	}
	b.WriteString("relations:\n")
	for _, r := range v.Relations {
		fmt.Fprintf(&b, "  %-46s %s\n", r.Source+" "+r.Qualifier+" "+r.Target, coverageCount(r.Count))
	}
	b.WriteString("activities:\n")
	for _, a := range v.Activities {
		fmt.Fprintf(&b, "  %-46s %s\n", a.Name, coverageCount(a.Events))
	}
	for _, u := range []struct {
		what string
		list []string
	}{{"object types", v.UnknownTypes}, {"relations", v.UnknownRelations}, {"activities", v.UnknownActivities}} {
		if len(u.list) > 0 {
			fmt.Fprintf(&b, "not in the model, %s: %s\n", u.what, strings.Join(u.list, ", "))
		}
	}
	return b.String()
}

func coverageCount(n int64) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

// Summary says the same in a few lines: what is there, then what is not.
func (v *Coverage) Summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s fills of the model %s:\n", v.Source, v.Model)
	var lacking []string
	for _, t := range v.Types {
		if t.Objects == 0 {
			lacking = append(lacking, t.Name)
			continue
		}
		filled, empty := 0, []string(nil)
		for _, a := range t.Attributes {
			if a.Filled > 0 {
				filled++
			} else {
				empty = append(empty, a.Name)
			}
		}
		fmt.Fprintf(&b, "  %-16s %5d objects, %2d of %2d attributes", t.Name, t.Objects, filled, len(t.Attributes))
		if len(empty) > 0 {
			fmt.Fprintf(&b, "; not %s", strings.Join(empty, ", "))
		}
		b.WriteString("\n")
	}
	relations, activities := 0, 0
	for _, r := range v.Relations {
		if r.Count > 0 {
			relations++
		}
	}
	for _, a := range v.Activities {
		if a.Events > 0 {
			activities++
		}
	}
	fmt.Fprintf(&b, "  %d of %d relations, %d of %d activities", relations, len(v.Relations), activities, len(v.Activities))
	if len(lacking) > 0 {
		fmt.Fprintf(&b, "\n  nothing of %s", strings.Join(lacking, ", "))
	}
	return b.String()
}
