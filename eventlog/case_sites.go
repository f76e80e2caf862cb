package eventlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// errNoSite says that no case and no event has the attribute that is to name
// the site of each case.
var errNoSite = errors.New("no case says where it is")

// noSite is the code of a case or an event that names none.
const noSite = int32(-1)

// caseSites are what the cases of a log, or else its events, say of where they
// are: codes of names, by number.
type caseSites struct {
	names  []string
	cases  []int32 // nil: cases do not say it
	events []int32
}

// of returns the site of case i: that of its first event with one, if cases
// themselves do not say it.
func (s *caseSites) of(c *Cases, i int) int32 {
	if s.cases != nil {
		return siteAt(s.cases, c.Case[i])
	}
	first, site := int64(0), noSite
	for _, e := range c.Event[c.Offsets[i]:c.Offsets[i+1]] {
		if at := siteAt(s.events, e); at != noSite && (site == noSite || e < first) {
			first, site = e, at
		}
	}
	return site
}

func siteAt(codes []int32, number int64) int32 {
	if number < 0 || number >= int64(len(codes)) {
		return noSite
	}
	return codes[number]
}

// set notes the site of a number.
func setSite(codes []int32, number int64, site int32) []int32 {
	if number >= int64(len(codes)) {
		codes = slices.Grow(codes, int(number)+1-len(codes))
		for number >= int64(len(codes)) {
			codes = append(codes, noSite)
		}
	}
	codes[number] = site
	return codes
}

// noSiteError says which attributes there are instead.
func noSiteError(log, attribute string, known []string) error {
	slices.Sort(known)
	known = slices.Compact(known)
	has := "they have no attributes"
	if len(known) > 0 {
		has = "they have " + strings.Join(known, ", ")
	}
	return fmt.Errorf("%w: neither the cases nor the events of log %q have an attribute %q%s; %s", errNoSite, log, attribute, DidYouMean(attribute, known), has)
}

// sites finds the sites of a log by an attribute, in the tables of its cases
// and events.
func (s *Store) sites(ctx context.Context, def LogDefinition, attribute string) (*caseSites, error) {
	out := &caseSites{}
	names := dictionary{}
	var known []string
	err := s.session(ctx, func(c *storeConn) error {
		own, err := c.attributes(ctx, "object", def.CaseType)
		if err != nil {
			return err
		}
		if value, ok := own.valueOf(attribute, &known); ok {
			out.cases = []int32{}
			return c.siteCodes(ctx, own, value, &names, &out.cases)
		}
		var sources []string
		types := slices.Concat([]string{def.CaseType}, def.Follow, def.Items)
		err = c.each(ctx, storeText("event_sources"), []any{types}, func(scan func(...any) error) error {
			var source string
			var attributes bool
			err := scan(&source, &attributes)
			if attributes {
				sources = append(sources, source)
			}
			return err
		})
		if err != nil {
			return err
		}
		found := false
		for _, source := range sources {
			table, err := c.attributes(ctx, "event", source)
			if err != nil {
				return err
			}
			value, ok := table.valueOf(attribute, &known)
			if !ok {
				continue
			}
			found = true
			if err := c.siteCodes(ctx, table, value, &names, &out.events); err != nil {
				return err
			}
		}
		if !found {
			return noSiteError(def.Name, attribute, known)
		}
		return nil
	})
	out.names = names.labels()
	return out, err
}

// valueOf writes an attribute as text for a statement; known gets the names of
// all.
func (t *attributeTable) valueOf(attribute string, known *[]string) (value string, ok bool) {
	if !t.exists {
		return "", false
	}
	for _, a := range t.columns {
		*known = append(*known, a.name)
	}
	for _, same := range []func(a attributeColumn) bool{
		func(a attributeColumn) bool { return a.name == attribute },
		func(a attributeColumn) bool { return strings.EqualFold(a.column, attribute) }, // as in conditions
	} {
		if i := slices.IndexFunc(t.columns, same); i >= 0 {
			return storeAsText(t.columns[i].sql, Quote(t.columns[i].column)), true
		}
	}
	return "", false
}

// siteCodes reads which site each row of a table of attributes names. The
// database codes them, so that no text comes over for every row.
func (c *storeConn) siteCodes(ctx context.Context, t *attributeTable, value string, names *dictionary, codes *[]int32) error {
	found, err := c.strings(ctx, storeText("site_names", "value", value, "table", t.table()))
	if err != nil || len(found) == 0 {
		return err
	}
	code := make([]int32, len(found))
	for i, name := range found {
		code[i] = int32(names.add(name))
	}
	return c.arrow(ctx, storeText("site_codes", "owner", t.owner, "value", value, "table", t.table()), []any{found}, func(b arrow.RecordBatch) error {
		site := b.Column(1).(*array.Int32).Int32Values()
		for i, number := range b.Column(0).(*array.Int64).Int64Values() {
			*codes = setSite(*codes, number, code[site[i]])
		}
		return nil
	})
}

// sites finds the sites of a log in memory by an attribute.
func (a *attributes) sites(log, attribute string) (*caseSites, error) {
	out := &caseSites{}
	names := dictionary{}
	var known []string
	find := func(cols []*Column) *Column {
		for _, same := range []func(string) bool{
			func(name string) bool { return name == attribute },
			func(name string) bool { return strings.EqualFold(name, attribute) }, // as in conditions
		} {
			for _, col := range cols {
				if same(col.Name) {
					return col
				}
			}
		}
		for _, col := range cols {
			known = append(known, col.Name)
		}
		return nil
	}
	code := func(col *Column, from int64) []int32 {
		codes := []int32{}
		for i, null := range col.Null {
			if null {
				continue
			}
			if name := col.text(i); name != "" {
				codes = setSite(codes, from+int64(i), int32(names.add(name)))
			}
		}
		return codes
	}
	if col := find(a.cases); col != nil {
		out.cases = code(col, 0)
	} else if col := find(a.events); col != nil {
		out.events = code(col, 1)
	} else {
		return nil, noSiteError(log, attribute, known)
	}
	out.names = names.labels()
	return out, nil
}
