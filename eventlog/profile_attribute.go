package eventlog

import (
	"context"
	"fmt"
	"strings"
)

// A fill counts the values of attributes.
type fill struct {
	partly, all, none int64
	parts             []CheckPart
}

// attributes tells which attributes have a value for some of their owners only.
func (f *profiler) attributes(ctx context.Context) error {
	var sum fill
	types, err := f.c.strings(ctx, "SELECT DISTINCT type FROM p_object WHERE defined ORDER BY type")
	if err != nil {
		return err
	}
	for _, source := range f.sources {
		for _, typ := range types {
			if err := f.objectFill(ctx, source, typ, &sum); err != nil {
				return err
			}
		}
		if err := f.eventFill(ctx, source, &sum); err != nil {
			return err
		}
	}
	found := Check{Count: sum.partly, Of: sum.partly + sum.all + sum.none, Parts: sum.parts}
	f.find("coverage", found)
	if sum.none > 0 {
		f.p.Notes = append(f.p.Notes, Note{Code: "empty-attributes", Text: fmt.Sprintf("Attributes that a source declares and never fills: %d.", sum.none)})
	}
	return nil
}

// objectFill counts the attributes of one type's objects.
func (f *profiler) objectFill(ctx context.Context, source, typ string, sum *fill) error {
	t, err := f.c.attributes(ctx, "object", typ)
	if err != nil || !t.exists || len(t.columns) == 0 {
		return err
	}
	n, err := f.c.int(ctx, "SELECT count(*) FROM p_object WHERE defined AND source = $1 AND type = $2", source, typ)
	if err != nil || n == 0 {
		return err
	}
	filled, err := t.filled(ctx, f.c, source)
	if err != nil {
		return err
	}
	name := f.typeName(typ) + "."
	for _, a := range t.columns {
		sum.add(CheckPart{Source: source, What: name + a.name}, filled[a.name], n)
	}
	return nil
}

// eventFill counts the attributes of one source's events.
func (f *profiler) eventFill(ctx context.Context, source string, sum *fill) error {
	t, err := f.c.attributes(ctx, "event", source)
	if err != nil || !t.exists || len(t.columns) == 0 {
		return err
	}
	var list []string
	counts := make([]int64, len(t.columns)+1)
	into := make([]any, len(counts))
	for i := range counts {
		into[i] = &counts[i]
	}
	for _, a := range t.columns {
		list = append(list, "count(t."+Quote(a.column)+")")
	}
	err = f.c.QueryRowContext(ctx, storeText("profile_filled", "counts", strings.Join(list, ", "), "table", t.table()), source).Scan(into...)
	if err != nil {
		return err
	}
	for i, a := range t.columns {
		sum.add(CheckPart{Source: source, What: "event." + a.name}, counts[i+1], counts[0])
	}
	return nil
}

func (s *fill) add(p CheckPart, filled, of int64) {
	switch filled {
	case 0:
		s.none++
	case of:
		s.all++
	default:
		s.partly++
		p.Count, p.Of, p.Text = of-filled, of, "have none"
		s.parts = append(s.parts, p)
	}
}
