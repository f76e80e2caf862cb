package eventlog

import (
	"context"
	"fmt"
	"strings"
)

// level says what part a type plays; known is false where no model says so.
func (f *profiler) level(typ string) (level Level, known bool) {
	if f.o.Model == nil {
		return 0, false
	}
	t := f.o.Model.objectType(typ)
	if t == nil {
		return 0, false
	}
	return t.Level, true
}

// typesOf lists the model's types of a level.
func (f *profiler) typesOf(l Level) []string {
	names := []string{}
	if f.o.Model != nil {
		for _, t := range f.o.Model.Types {
			if t.Level == l {
				names = append(names, t.Name)
			}
		}
	}
	return names
}

// objects finds objects without events, items without a document, and events
// without objects.
func (f *profiler) objects(ctx context.Context) error {
	found := Check{}
	types := []string{}
	err := f.c.each(ctx, storeText("profile_object_type"), nil, func(scan func(...any) error) error {
		var typ string
		var objects, defined, lonely int64
		if err := scan(&typ, &objects, &defined, &lonely); err != nil {
			return err
		}
		if l, known := f.level(typ); known && l != Document {
			return nil
		}
		if 2*lonely > defined && !f.imported {
			return nil // the type lives by other objects' events
		}
		found.Of += defined
		if lonely > 0 {
			found.Count += lonely
			types = append(types, typ)
			name := f.typeName(typ)
			if f.imported {
				name = "cases"
			}
			found.Parts = append(found.Parts, CheckPart{What: name, Count: lonely, Of: defined})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if found.Count > 0 {
		if found.Examples, err = f.objectExamples(ctx, storeText("profile_object_lonely"), types); err != nil {
			return err
		}
	}
	f.find("objects-without-events", found)
	if err := f.items(ctx); err != nil {
		return err
	}
	if err := f.c.exec(ctx, storeText("profile_bare")); err != nil {
		return err
	}
	bare := Check{Of: f.p.Events}
	err = f.c.each(ctx, "SELECT source, activity, count(*) FROM p_bare GROUP BY ALL ORDER BY ALL", nil, func(scan func(...any) error) error {
		var source, activity int
		var n int64
		err := scan(&source, &activity, &n)
		bare.Count += n
		for _, a := range f.counts {
			if a.source == source && a.activity == activity {
				bare.Parts = append(bare.Parts, f.part(source, activity, n, a.events, ""))
			}
		}
		return err
	})
	if err == nil && bare.Count > 0 {
		bare.Examples, err = f.examplesOf(ctx, "SELECT event FROM p_bare ORDER BY time_us NULLS FIRST, id LIMIT 5")
	}
	f.find("events-without-objects", bare)
	return err
}

func (f *profiler) items(ctx context.Context) error {
	items, documents := f.typesOf(Item), f.typesOf(Document)
	switch {
	case f.imported:
		f.skip("items-without-document", "a log of a file has cases, and no items")
		return nil
	case f.objectLog != "":
		f.skip("items-without-document", "an object-centric log does not say which types are items")
		return nil
	case len(items) == 0:
		f.skip("items-without-document", "no model says which types are items")
		return nil
	}
	if err := f.c.exec(ctx, storeText("profile_item"), items, documents); err != nil {
		return err
	}
	found := Check{}
	var err error
	if found.Of, err = f.c.int(ctx, "SELECT count(*) FROM p_object WHERE defined AND list_contains($1::VARCHAR[], type)", items); err != nil {
		return err
	}
	err = f.c.each(ctx, "SELECT type, count(*) FROM p_item GROUP BY type ORDER BY type", nil, func(scan func(...any) error) error {
		var p CheckPart
		err := scan(&p.What, &p.Count)
		found.Count += p.Count
		found.Parts = append(found.Parts, p)
		return err
	})
	if err != nil {
		return err
	}
	for i := range found.Parts {
		if found.Parts[i].Of, err = f.c.int(ctx, "SELECT count(*) FROM p_object WHERE defined AND type = $1", found.Parts[i].What); err != nil {
			return err
		}
	}
	if found.Count > 0 {
		found.Examples, err = f.objectExamples(ctx, "SELECT type, id, source FROM p_item ORDER BY type, id LIMIT 5")
	}
	f.find("items-without-document", found)
	return err
}

// objectExamples reads examples from a query of type, id and source.
func (f *profiler) objectExamples(ctx context.Context, text string, args ...any) (list []CheckExample, err error) {
	err = f.c.each(ctx, text, args, func(scan func(...any) error) error {
		var typ, id, source string
		err := scan(&typ, &id, &source)
		list = append(list, f.objectExample(typ, id, source, ""))
		return err
	})
	return list, err
}

// relations finds references to objects that no source describes.
func (f *profiler) relations(ctx context.Context) error {
	unknown, err := f.c.int(ctx, "SELECT count(*) FROM p_object WHERE NOT defined")
	if err != nil || unknown == 0 {
		return err
	}
	if err := f.c.exec(ctx, storeText("profile_dangling")); err != nil {
		return err
	}
	found := Check{}
	if found.Count, err = f.c.int(ctx, "SELECT count(*) FROM p_dangling"); err != nil {
		return err
	}
	if found.Of, err = f.c.int(ctx, storeText("profile_relation_count")); err != nil {
		return err
	}
	kinds, err := f.c.int(ctx, `SELECT count(DISTINCT (source, "from", qualifier, "to")) FROM p_dangling`)
	if err != nil {
		return err
	}
	err = f.c.each(ctx, storeText("profile_dangling_kind"), []any{checkParts}, func(scan func(...any) error) error {
		var p CheckPart
		var from, qualifier, to string
		var objects int64
		err := scan(&p.Source, &from, &qualifier, &to, &p.Count, &objects)
		p.What = strings.Join(strings.Fields(f.typeName(from)+" "+qualifier+" "+f.typeName(to)), " ")
		p.Text = fmt.Sprintf("%d different objects", objects)
		found.Parts = append(found.Parts, p)
		return err
	})
	if err != nil {
		return err
	}
	found.More = int(kinds) - len(found.Parts)
	found.Examples, err = f.objectExamples(ctx, "SELECT DISTINCT type, id, source FROM p_dangling ORDER BY type, id, source LIMIT 5")
	f.find("dangling-references", found)
	return err
}

// numbers finds numbers that are missing in series of documents.
func (f *profiler) numbers(ctx context.Context) error {
	types, err := f.c.strings(ctx, "SELECT DISTINCT type FROM main.attribute WHERE owner = 'object' AND name = 'number' AND type IN (SELECT type FROM p_object) ORDER BY type")
	if err != nil {
		return err
	}
	found := Check{}
	looked := 0
	for _, typ := range types {
		if l, known := f.level(typ); known && l != Document {
			continue
		}
		t, err := f.c.attributes(ctx, "object", typ)
		if err != nil {
			return err
		}
		if a, ok := t.column("number"); !ok || a.sql != "VARCHAR" || a.column != "number" {
			continue
		}
		looked++
		if err := f.c.exec(ctx, storeText("profile_number", "table", t.table()), typ); err != nil {
			return err
		}
		if err := f.series(ctx, typ, &found); err != nil {
			return err
		}
	}
	if looked == 0 {
		f.skip("missing-numbers", "no document has an attribute number")
	}
	f.find("missing-numbers", found)
	return nil
}

// series adds the gaps in the numbers of one type.
func (f *profiler) series(ctx context.Context, typ string, found *Check) error {
	var parts []CheckPart
	var places, prefixes []string
	err := f.c.each(ctx, storeText("profile_number_series"), []any{10}, func(scan func(...any) error) error {
		var p CheckPart
		var place, prefix string
		var present int64
		err := scan(&p.Source, &place, &prefix, &present, &p.Count)
		p.What, p.Of = f.typeName(typ), present+p.Count
		if prefix != "" {
			p.What += " " + prefix + "…"
		}
		p.Text = "in " + place
		if place == "" {
			p.Text = ""
		}
		parts, places, prefixes = append(parts, p), append(places, place), append(prefixes, prefix)
		return err
	})
	if err != nil {
		return err
	}
	for i, p := range parts {
		found.Count += p.Count
		found.Of += p.Of
		err := f.c.each(ctx, storeText("profile_number_gap"), []any{p.Source, places[i], prefixes[i]}, func(scan func(...any) error) error {
			var number, id string
			var from, to int64
			if err := scan(&number, &id, &from, &to); err != nil || len(found.Examples) >= 5 {
				return err
			}
			text := fmt.Sprintf("%d is missing after %s", from, number)
			if to > from {
				text = fmt.Sprintf("%d to %d are missing after %s", from, to, number)
			}
			found.Examples = append(found.Examples, f.objectExample(typ, id, p.Source, text))
			return nil
		})
		if err != nil {
			return err
		}
	}
	found.Parts = append(found.Parts, parts...)
	return nil
}

// messages finds messages that say what another one says.
func (f *profiler) messages(ctx context.Context) error {
	types, err := f.c.strings(ctx, "SELECT DISTINCT type FROM main.attribute WHERE owner = 'object' AND name = 'payload_hash' AND type IN (SELECT type FROM p_object) ORDER BY type")
	if err != nil {
		return err
	}
	if len(types) == 0 {
		f.skip("identical-messages", "no objects have an attribute payload_hash")
		return nil
	}
	found := Check{}
	for _, typ := range types {
		t, err := f.c.attributes(ctx, "object", typ)
		if err != nil {
			return err
		}
		column, _ := t.column("payload_hash")
		of, err := f.c.int(ctx, "SELECT count(*) FROM p_object WHERE defined AND type = $1", typ)
		if err != nil {
			return err
		}
		part := CheckPart{What: f.typeName(typ), Of: of}
		err = f.c.each(ctx, storeText("profile_same_message", "table", t.table(), "column", Quote(column.column)), []any{typ}, func(scan func(...any) error) error {
			var groups int64
			var id, first string
			err := scan(&groups, &part.Count, &id, &first)
			if len(found.Examples) < 5 {
				found.Examples = append(found.Examples, f.objectExample(typ, id, "", "like "+first))
			}
			return err
		})
		if err != nil {
			return err
		}
		found.Of += of
		if part.Count > 0 {
			found.Count += part.Count
			found.Parts = append(found.Parts, part)
		}
	}
	f.find("identical-messages", found)
	return nil
}

// vocabulary finds activities that the model does not know.
func (f *profiler) vocabulary(context.Context) error {
	if f.imported || f.o.Model == nil || len(f.o.Model.Activities) == 0 {
		f.skip("unknown-activities", "no model says how activities are called")
		return nil
	}
	known := map[string]bool{}
	for _, a := range f.o.Model.Activities {
		known[a.Name] = true
	}
	found := Check{Of: f.p.Events}
	for _, a := range f.counts {
		if !known[f.activities[a.activity]] {
			found.Count += a.events
			found.Parts = append(found.Parts, f.part(a.source, a.activity, a.events, 0, ""))
		}
	}
	f.find("unknown-activities", found)
	return nil
}
