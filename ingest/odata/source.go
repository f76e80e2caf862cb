package odata

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/web"
)

// A target is the entity set that a table is read from.
type target struct {
	*entitySet
	service *service
	config  TableConfig
	url     *url.URL // without a query
	always  string   // filter of every request
	cross   bool     // of Dynamics: has companies
}

// load reads the metadata of every service that has none yet. What is wrong
// with one service is kept with it; the error is of the whole source.
func (s *Source) load(ctx context.Context) error {
	var first error
	ok := false
	for _, v := range s.services {
		if v.meta == nil {
			v.meta, v.err = s.metadata(ctx, v)
		}
		if v.err == nil {
			ok = true
			continue
		}
		status, refused := errors.AsType[*web.StatusError](v.err)
		if _, transient := ingest.IsTransient(v.err); transient || ctx.Err() != nil || refused && status.Status == http.StatusUnauthorized {
			return v.err
		}
		if first == nil {
			first = v.err
		}
	}
	if !ok {
		return first
	}
	return nil
}

func (s *Source) metadata(ctx context.Context, v *service) (*metadata, error) {
	u := *v.root
	u.Path += "$metadata"
	body, err := s.client.Get(ctx, &u, http.Header{"Accept": {"application/xml"}})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	m, err := parseMetadata(body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, &ingest.Transient{Err: fmt.Errorf("%s: %w", u.Path, err)}
	}
	if _, transient := ingest.IsTransient(err); err != nil && !transient {
		err = fmt.Errorf("%s: %w", u.Path, err)
	}
	return m, err
}

// find returns where a table is, or what the problem is with it.
func (s *Source) find(table *eventlog.Table) (*target, string) {
	if t := s.found[table.Name]; t != nil {
		return t, ""
	}
	config := s.config.table(table)
	names := append([]string{table.Name}, table.Aliases...)
	if config.Set != "" {
		names = []string{config.Set}
	}
	odd := ""
	for _, name := range names {
		within := ""
		if i := strings.LastIndexByte(name, '/'); i >= 0 {
			within, name = name[:i], name[i+1:]
		}
		var hits []*target
		var places []string
		for _, v := range s.services {
			if v.meta == nil || within != "" && v.path != within {
				continue
			}
			if set := v.meta.set(name); set != nil {
				hits = append(hits, s.target(v, set, config))
				places = append(places, v.path+"/"+set.name)
			} else if err := v.meta.odd[name]; err != nil {
				odd = fmt.Sprintf("; entity set %q: %v", name, err)
			}
		}
		switch {
		case len(hits) == 1:
			s.found[table.Name] = hits[0]
			return hits[0], ""
		case len(hits) > 1:
			return nil, fmt.Sprintf("is in more than one service: %s; say which with tables: %s: set", strings.Join(places, ", "), table.Name)
		}
	}
	return nil, s.missing(table, names) + odd
}

// missing says why no entity set is a table, and what to do.
func (s *Source) missing(table *eventlog.Table, names []string) string {
	if table.Offered != "" {
		offered, _, _ := strings.Cut(table.Offered, ";")
		for _, v := range s.services {
			if name, _, _ := strings.Cut(v.path, ";"); name != offered {
				continue
			}
			if v.err == nil {
				break // of another version: names say more
			}
			return fmt.Sprintf("its service %s cannot be read: %v%s", v.path, v.err, start(v))
		}
	}
	called := fmt.Sprintf("%q", names[0])
	if len(names) > 1 {
		called = fmt.Sprintf("as one of %q", names)
	}
	service := "its service"
	if table.Offered != "" {
		service = table.Offered
	}
	problem := fmt.Sprintf("no entity set is named %s; add %s to services, or name it with tables: %s: set", called, service, table.Name)
	for _, v := range s.services {
		if v.err != nil && table.Offered == "" {
			problem += "; " + v.err.Error()
		}
	}
	return problem
}

// start is the right to start a service of SAP's that was refused.
func start(v *service) string {
	refused, ok := errors.AsType[*web.StatusError](v.err)
	switch {
	case !ok || !strings.Contains(v.root.Path, "/sap/opu/odata/"):
		return ""
	case refused.Status == http.StatusNotFound || strings.HasPrefix(refused.Said, "No service found"):
		return "; transaction /IWFND/MAINT_SERVICE switches it on"
	case refused.Status == http.StatusForbidden:
		return "; it takes S_SERVICE for it (object types IWSG and IWSV)"
	}
	return ""
}

// set finds an entity set: its very name, else whatever its case.
func (m *metadata) set(name string) *entitySet {
	if e := m.sets[name]; e != nil {
		return e
	}
	for _, n := range m.list {
		if strings.EqualFold(n, name) {
			return m.sets[n]
		}
	}
	return nil
}

func (s *Source) target(v *service, set *entitySet, config TableConfig) *target {
	u := *v.root
	u.Path += set.name
	if u.RawPath != "" {
		u.RawPath += url.PathEscape(set.name)
	}
	t := &target{entitySet: set, service: v, config: config, url: &u, always: config.Filter}
	if set.v4 && set.named["dataAreaId"] != nil {
		// Else Dynamics gives the rows of the user's own company alone.
		t.cross = true
		var companies []string
		for _, c := range s.config.Companies {
			companies = append(companies, "dataAreaId eq '"+strings.ReplaceAll(c, "'", "''")+"'")
		}
		t.always = both(t.always, strings.Join(companies, " or "))
	}
	return t
}

// place names the set for people.
func (t *target) place() string {
	if t.service.path == "" {
		return t.name
	}
	return t.service.path + "/" + t.name
}

// try asks for one row, to see whether there may be any. Metadata are given to
// whoever may start a service; what is in it has rights of its own.
func (s *Source) try(ctx context.Context, t *target) (problem string, err error) {
	fields := strings.Join(t.key, ",")
	body, err := s.client.Get(ctx, t.address([2]string{"$select", fields}, [2]string{"$filter", t.always}, [2]string{"$top", "1"}), t.json())
	if err == nil {
		return "", body.Close()
	}
	if refused, ok := errors.AsType[*web.StatusError](err); ok && refused.Status == http.StatusForbidden {
		return err.Error(), nil
	}
	if _, transient := ingest.IsTransient(err); transient || ctx.Err() != nil {
		return "", err
	}
	return "", nil // reading it says what is wrong with that, and how to go on
}

// whole says that rows of a table cannot be asked for by its key, or not by a
// watermark: services say so of their properties (sap:filterable).
func (t *target) whole(table *eventlog.Table) bool {
	for _, column := range slices.Concat(table.Key, table.Watermark) {
		if x := t.there(table, column); x != nil && (!x.filter || x.nested) {
			return true
		}
	}
	return false
}

// Describe reads the metadata of the services, and tries each entity set.
func (s *Source) Describe(ctx context.Context, tables []eventlog.Table) ([]ingest.TableShape, error) {
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	var list []ingest.TableShape
	for i := range tables {
		shape := ingest.TableShape{Table: tables[i].Name, Rows: -1}
		t, problem := s.find(&tables[i])
		if shape.Problem = problem; t != nil {
			shape.There, shape.Key, shape.Whole = t.place(), t.key, t.whole(&tables[i])
			var err error
			if shape.Problem, err = s.try(ctx, t); err != nil {
				return nil, err
			}
			for _, x := range t.properties {
				if x.edm != "Edm.Stream" {
					shape.Columns = append(shape.Columns, ingest.ColumnShape{Name: x.name, SQL: x.sql()})
				}
			}
			for _, name := range t.config.Expand {
				shape.Columns = append(shape.Columns, ingest.ColumnShape{Name: name, SQL: "VARCHAR"})
			}
		}
		list = append(list, shape)
	}
	return list, nil
}

// Begin says that what is read is not of one moment: OData has no such thing.
func (s *Source) Begin(context.Context) (bool, error) { return false, nil }

// End does nothing.
func (s *Source) End(context.Context) error { return nil }

// address is that of a request for rows. Parameters are in a fixed order.
func (t *target) address(params ...[2]string) *url.URL {
	u := *t.url
	if t.cross {
		params = append(params, [2]string{"cross-company", "true"})
	}
	for _, p := range params {
		if p[1] == "" {
			continue
		}
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += p[0] + "=" + escape(p[1])
	}
	return &u
}

// json asks for JSON, as the version of the service has it.
func (t *target) json() http.Header {
	if t.v4 {
		return http.Header{"Accept": {"application/json"}, "Odata-Maxversion": {"4.0"}}
	}
	return http.Header{"Accept": {"application/json"}, "Maxdataserviceversion": {"2.0"}}
}

// Buckets says that the service cannot sum up.
func (s *Source) Buckets(context.Context, ingest.Query) ([]eventlog.Bucket, bool, error) {
	return nil, false, nil
}

// Count asks for the number of rows, by /$count or beside a page without rows.
func (s *Source) Count(ctx context.Context, table *eventlog.Table) (int64, error) {
	if err := s.load(ctx); err != nil {
		return -1, err
	}
	t, problem := s.find(table)
	if t == nil {
		return -1, fmt.Errorf("%s: %s", table.Name, problem)
	}
	u := t.address([2]string{"$filter", t.always})
	u.Path += "/$count"
	if u.RawPath != "" {
		u.RawPath += "/$count"
	}
	body, err := s.client.Get(ctx, u, http.Header{"Accept": {"text/plain, */*;q=0.1"}})
	if err == nil {
		defer body.Close()
		text, err := body.Text()
		if err != nil {
			return -1, err
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")), 10, 64); err == nil && n >= 0 {
			return n, nil
		}
	} else if !unasked(err) {
		return -1, err
	}
	inline := [2]string{"$inlinecount", "allpages"}
	if t.v4 {
		inline = [2]string{"$count", "true"}
	}
	body, err = s.client.Get(ctx, t.address([2]string{"$filter", t.always}, [2]string{"$top", "0"}, inline), t.json())
	if err != nil {
		if unasked(err) {
			return -1, nil
		}
		return -1, err
	}
	defer body.Close()
	texts, _, err := body.Page(layout, func(json.RawMessage) error { return nil })
	if err != nil {
		return -1, err
	}
	for _, text := range texts[nextTexts:] {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
			return n, nil
		}
	}
	return -1, nil
}

// unasked says whether a service does not know what it was asked to do.
func unasked(err error) bool {
	e, ok := errors.AsType[*web.StatusError](err)
	if !ok {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusUnsupportedMediaType, http.StatusNotImplemented:
		return true
	}
	return false
}
