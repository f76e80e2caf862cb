package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/rest"
	"millrace/ingest/web"
)

type project struct {
	Sources map[string]struct {
		REST *rest.Config `yaml:"rest"`
	} `yaml:"sources"`
}

// decode reads a rest block strictly.
func decode(text string) (rest.Config, error) {
	var p project
	err := yaml.NewDecoder(bytes.NewReader([]byte(text)), yaml.Strict()).Decode(&p)
	for _, s := range p.Sources {
		return *s.REST, err
	}
	return rest.Config{}, err
}

// sample is the sample for a service that is here.
func sample(t *testing.T, url string) rest.Config {
	t.Helper()
	c, err := decode(strings.NewReplacer("https://shop.example/api/v2/", url+"/api/v2/", "https://login.shop.example", url).Replace(rest.Sample))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t *testing.T, c rest.Config) *rest.Source {
	t.Helper()
	s, err := rest.Open(c, web.Env{Lookup: func(name string) (string, bool) { return "c1ient-secret", true }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// A shop has a table of each style of paging.
type shop struct {
	*httptest.Server
	t     *testing.T
	n     int // rows of each table
	log   []string
	fault func(w http.ResponseWriter, r *http.Request) bool
}

func newShop(t *testing.T, n int) *shop {
	s := &shop{t: t, n: n}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func number(q url.Values, name string, otherwise int) int {
	if n, err := strconv.Atoi(q.Get(name)); err == nil {
		return n
	}
	return otherwise
}

// row is an order as the shop has it; what is empty is left out.
func row(i int) map[string]any {
	x := map[string]any{
		"id": i, "created": 1767225600000 + int64(i)*1000, "updated_at": fmt.Sprintf("2026-01-01T%02d:00:00+02:00", i%24),
		"customer": map[string]any{"name": fmt.Sprintf("C%d & \"Co\"", i), "tags": []string{"a"}}, "total": json.Number("12.50"), "paid": true, "note": nil,
	}
	if i == 0 {
		x["cancelled_at"] = "2026-01-02T00:00:00Z"
	}
	return x
}

func (s *shop) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/oauth/token" {
		fmt.Fprint(w, `{"access_token":"t0ken","expires_in":3600}`)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/api/v2/")
	s.log = append(s.log, path+"?"+r.URL.RawQuery)
	if s.fault != nil && s.fault(w, r) {
		return
	}
	if r.Header.Get("Authorization") != "Bearer t0ken" || r.URL.Query().Get("locale") != "en" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	q := r.URL.Query()
	rows := []map[string]any{}
	for i := range s.n {
		rows = append(rows, row(i))
	}
	page := func(from, size int) (part []map[string]any, to int) {
		from = min(from, len(rows))
		to = min(from+size, len(rows))
		return rows[from:to], to
	}
	w.Header().Set("Content-Type", "application/json")
	switch path {
	case "orders": // by cursor, at most three whatever limit says
		if since, err := time.Parse(time.RFC3339, q.Get("updated_min")); err == nil {
			rows = slices.DeleteFunc(rows, func(x map[string]any) bool {
				at, _ := time.Parse(time.RFC3339, x["updated_at"].(string))
				return at.Before(since)
			})
		}
		if ids := q.Get("ids"); ids != "" {
			rows = slices.DeleteFunc(rows, func(x map[string]any) bool { return !slices.Contains(strings.Split(ids, ","), fmt.Sprint(x["id"])) })
		}
		part, to := page(number(q, "after", 0), min(number(q, "limit", 2), 3))
		meta := map[string]any{"total": len(rows), "has_more": to < len(rows), "next": nil}
		if to < len(rows) {
			meta["next"] = fmt.Sprint(to)
		}
		json.NewEncoder(w).Encode(map[string]any{"meta": meta, "data": map[string]any{"items": part}})
	case "refunds": // by number, 404 behind the last
		part, _ := page((number(q, "page", 1)-1)*4, 4)
		if len(part) == 0 && q.Get("page") != "1" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		json.NewEncoder(w).Encode(part)
	case "shipments": // by link
		part, to := page(number(q, "cursor", 0), 3)
		if to < len(rows) {
			w.Header().Set("Link", fmt.Sprintf(`<%s/api/v2/shipments>; rel="first", <%s/api/v2/shipments?cursor=%d>; rel="next"`, s.URL, s.URL, to))
		}
		w.Header().Set("X-Total-Count", fmt.Sprint(len(rows)))
		json.NewEncoder(w).Encode(part)
	case "returns": // by offset
		part, _ := page(number(q, "offset", 0), 3)
		json.NewEncoder(w).Encode(map[string]any{"rows": part})
	case "parcels": // by an address in the answer
		part, to := page(number(q, "from", 0), 3)
		next := ""
		if to < len(rows) {
			next = fmt.Sprintf("parcels?from=%d&key=echoed", to)
		}
		json.NewEncoder(w).Encode(map[string]any{"links": map[string]any{"next": next}, "rows": part})
	case "events": // by the last item's id
		part, _ := page(number(q, "starting_after", -1)+1, 3)
		json.NewEncoder(w).Encode(part)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

var more = map[string]rest.TableConfig{
	"returns": {Path: "returns", Items: "rows", Paging: rest.Paging{By: "offset"}},
	"parcels": {Path: "parcels", Items: "rows", Paging: rest.Paging{By: "next", At: "links.next"}},
	"events":  {Path: "events", Paging: rest.Paging{By: "cursor", Param: "starting_after", Item: "id"}},
}

func table(name string) *eventlog.Table {
	return &eventlog.Table{
		Name: name, Key: []string{"id"}, Required: []string{"id", "total"}, Watermark: []string{"updated_at"},
		Columns: []eventlog.TableColumn{{Name: "id", SQL: "BIGINT"}, {Name: "total", SQL: "DECIMAL(18,2)"}, {Name: "updated_at", SQL: "TIMESTAMPTZ"}, {Name: "cancelled_at", SQL: "TIMESTAMPTZ"}},
	}
}

func read(s *rest.Source, q ingest.Query) (rows, after []string, err error) {
	err = s.Read(context.Background(), q, func(p ingest.Page) error {
		for _, row := range p.Rows {
			rows = append(rows, strings.Join(row, "|"))
		}
		after = append(after, p.After)
		return nil
	})
	return rows, after, err
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestSample(t *testing.T) {
	c := sample(t, "https://x")
	if c.Tables["orders"].Paging.Size != 250 || c.Tables["orders"].Columns["customer_name"] != "customer.name" || !c.Auth.OAuth2.InBody || *c.Tables["refunds"].Paging.First != 1 {
		t.Errorf("%+v", c)
	}
	if _, err := decode("sources: {x: {rest: {url: 'https://x', tables: {a: {path: a, pagging: {}}}}}}"); err == nil || !strings.Contains(err.Error(), `"pagging"`) {
		t.Errorf("a mistyped field: %v", err)
	}
}

func TestOpen(t *testing.T) {
	for _, c := range []struct {
		table rest.TableConfig
		want  string
	}{
		{rest.TableConfig{Path: "https://other/x"}, `tables: a: path: want a path below https://x/y/, without a query`},
		{rest.TableConfig{Path: "../z"}, `tables: a: path: want a path below https://x/y/, without a query`},
		{rest.TableConfig{Path: "a?key=geheim"}, `tables: a: path: want a path below https://x/y/, without a query`},
		{rest.TableConfig{Paging: rest.Paging{By: "pages"}}, `tables: a: paging: by: "pages": want page, offset, cursor, next or link`},
		{rest.TableConfig{Paging: rest.Paging{By: "cursor"}}, `tables: a: paging: by cursor wants either at, where it is in the answer, or item, where it is in the last item`},
		{rest.TableConfig{Paging: rest.Paging{By: "next"}}, `tables: a: paging: by next wants at, where the address is in the answer`},
		{rest.TableConfig{Paging: rest.Paging{Param: "p"}}, `tables: a: paging: by is missing: want page, offset, cursor, next or link`},
		{rest.TableConfig{Times: map[string]string{"t": "unix"}}, `tables: a: times: t: "unix": want epoch or epoch_ms`},
		{rest.TableConfig{Since: rest.Since{Format: "iso"}}, `tables: a: since: format: "iso": want rfc3339, date, epoch, epoch_ms, text, or a layout such as 2006-01-02`},
	} {
		_, err := rest.Open(rest.Config{Config: web.Config{URL: "https://x/y"}, Tables: map[string]rest.TableConfig{"a": c.table}}, web.Env{})
		if err == nil || err.Error() != c.want {
			t.Errorf("%v\nwant %s", err, c.want)
		}
	}
}

func TestDescribe(t *testing.T) {
	sh := newShop(t, 7)
	s := open(t, sample(t, sh.URL))
	shapes, err := s.Describe(t.Context(), []eventlog.Table{*table("orders"), {Name: "unknown"}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range shapes[0].Columns {
		names = append(names, strings.TrimSpace(c.Name+" "+c.SQL))
	}
	equal(t, "columns", names, []string{"cancelled_at", "created TIMESTAMPTZ", "customer", "id", "note", "paid", "total", "updated_at", "customer_name"})
	if shapes[0].There != "orders" || !slices.Equal(shapes[0].Key, []string{"id"}) {
		t.Errorf("%+v", shapes[0])
	}
	if shapes[1].Problem != "where it is, is not said; add tables: unknown: path" {
		t.Errorf("%+v", shapes[1])
	}
	// What a table must have and no row does is not there; what it may have is
	// asked for, as services leave out what is empty.
	sh.fault = func(w http.ResponseWriter, r *http.Request) bool {
		fmt.Fprint(w, `{"data":{"items":[{"id":1,"updated_at":"x"}]}}`)
		return true
	}
	shapes, err = s.Describe(t.Context(), []eventlog.Table{*table("orders")})
	if err != nil {
		t.Fatal(err)
	}
	names = nil
	for _, c := range shapes[0].Columns {
		names = append(names, c.Name)
	}
	equal(t, "columns", names, []string{"id", "updated_at", "customer_name", "cancelled_at"})
	sh.fault = func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(http.StatusForbidden); return true }
	shapes, err = s.Describe(t.Context(), []eventlog.Table{*table("orders")})
	if err != nil || shapes[0].Problem != "/api/v2/orders: 403 Forbidden; whoever auth names has no right to read this" {
		t.Errorf("%+v, %v", shapes, err)
	}
	sh.fault = func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(http.StatusUnauthorized); return true }
	if _, err = s.Describe(t.Context(), []eventlog.Table{*table("orders")}); err == nil {
		t.Error("not allowed in, and no error")
	}
}

// Each style of paging gives every row once, and continues where a page ended.
func TestPagings(t *testing.T) {
	for _, n := range []int{0, 1, 3, 7, 8} {
		sh := newShop(t, n)
		c := sample(t, sh.URL)
		for name, tc := range more {
			c.Tables[name] = tc
		}
		s := open(t, c)
		for _, name := range []string{"orders", "refunds", "shipments", "returns", "parcels", "events"} {
			q := ingest.Query{Table: table(name), Columns: []string{"id", "total"}}
			all, after, err := read(s, q)
			if err != nil || len(all) != n || len(slices.Compact(slices.Sorted(slices.Values(all)))) != n {
				t.Errorf("%s, %d rows: %v, %v", name, n, all, err)
				continue
			}
			for i, a := range after {
				q.After = a
				rest, _, err := read(s, q)
				if err != nil || a == "" || strings.Contains(a, "http") || len(rest) > 0 && !slices.Equal(rest, all[len(all)-len(rest):]) {
					t.Errorf("%s behind %q: %v, %v", name, a, rest, err)
				}
				if i < len(after)-1 && len(rest) == 0 || i == len(after)-1 && len(rest) > 0 {
					t.Errorf("%s behind %q: %d rows", name, a, len(rest))
				}
			}
			if limited, _, err := read(s, ingest.Query{Table: table(name), Columns: []string{"id", "total"}, Limit: 2}); err != nil || !slices.Equal(limited, all[:min(2, n)]) {
				t.Errorf("%s, limit 2: %v, %v", name, limited, err)
			}
		}
	}
}

func TestOrders(t *testing.T) {
	sh := newShop(t, 7)
	s := open(t, sample(t, sh.URL))
	if n, err := s.Count(t.Context(), table("orders")); n != 7 || err != nil {
		t.Errorf("count %d, %v", n, err)
	}
	if n, err := s.Count(t.Context(), table("refunds")); n != -1 || err != nil {
		t.Errorf("count %d, %v", n, err)
	}
	sh.log = nil
	rows, after, err := read(s, ingest.Query{
		Table: table("orders"), Columns: []string{"id", "created", "updated_at", "customer_name", "customer", "total", "paid", "note", "cancelled_at"},
		Since: "2026-01-01 02:00:00.7+00", Watermark: []string{"updated_at"},
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "rows", rows, []string{
		`4|2026-01-01 00:00:04+00|2026-01-01 02:00:00+00|C4 & "Co"|{"name":"C4 \u0026 \"Co\"","tags":["a"]}|12.50|true||`,
		`5|2026-01-01 00:00:05+00|2026-01-01 03:00:00+00|C5 & "Co"|{"name":"C5 \u0026 \"Co\"","tags":["a"]}|12.50|true||`,
		`6|2026-01-01 00:00:06+00|2026-01-01 04:00:00+00|C6 & "Co"|{"name":"C6 \u0026 \"Co\"","tags":["a"]}|12.50|true||`,
	})
	equal(t, "after", after, []string{"end"})
	equal(t, "requests", sh.log, []string{"orders?limit=250&status=any&updated_min=2026-01-01T02%3A00%3A00Z&locale=en"})

	sh.log = nil
	rows, after, err = read(s, ingest.Query{Table: table("orders"), Columns: []string{"total"}, Keys: [][]string{{"1"}, {"5"}, {"77"}}})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "by keys", rows, []string{"12.50", "12.50"})
	equal(t, "after", after, []string{""})
	equal(t, "requests", sh.log, []string{"orders?ids=1%2C5%2C77&limit=250&status=any&locale=en"})
	// A service that cannot be asked by key is read as a whole.
	rows, _, err = read(s, ingest.Query{Table: table("refunds"), Columns: []string{"id"}, Keys: [][]string{{"1"}, {"5"}, {"77"}}})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "by keys", rows, []string{"1", "5"})
}

func TestFaults(t *testing.T) {
	secretly := func(text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool { fmt.Fprint(w, text); return true }
	}
	for _, c := range []struct {
		table     string
		fault     func(http.ResponseWriter, *http.Request) bool
		want      string
		transient bool
	}{
		{"refunds", secretly(`[{"id":1,"total":2}]`), "gives the same page twice: it does not page by page as configured", false},
		{"orders", secretly(`{"data":{"items":[{"id":1,"total":2}]},"meta":{"next":"a","has_more":true}}`), "gives the same page twice: it does not page by cursor as configured", false},
		{"orders", secretly(`{"data":{"items":[]},"meta":{"next":"a","has_more":true}}`), "its pages go round in a circle", false},
		{"orders", secretly(`{"data":{"item":[]}}`), `its answer has no list at "data.items"; set items to where it is`, false},
		{"orders", secretly(`{"data":{"items":[{"id":1,]}}`), "not JSON behind byte 18 of its answer: invalid character ']' looking for beginning of object key string", false},
		{"orders", secretly(`{"data":{"items":[{"id":1}`), "its answer ends in the middle, after byte 26", true},
		{"orders", secretly(`{"data":{"items":[7]}}`), "row 1 of the page is no object", false},
		{"orders", secretly(`{"data":{"items":[{"total":1}]}}`), `none of 1 rows has "id": is it not there any more?`, false},
		{"shipments", func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Link", `<https://evil.example/x?t=1>; rel="next"`)
			fmt.Fprint(w, `[{"id":1,"total":2}]`)
			return true
		}, "its next page is at https://evil.example, which is not the service's own host, so it is not followed; does a proxy not rewrite links?", false},
		{"orders", func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprintf(w, `{"title":"Bad token %s"}`, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			return true
		}, `422 Unprocessable Entity "Bad token …"`, false},
	} {
		sh := newShop(t, 7)
		sh.fault = c.fault
		_, _, err := read(open(t, sample(t, sh.URL)), ingest.Query{Table: table(c.table), Columns: []string{"id", "total"}})
		if _, transient := ingest.IsTransient(err); err == nil || err.Error() != "/api/v2/"+c.table+": "+c.want || transient != c.transient {
			t.Errorf("%v (transient %v)\nwant /api/v2/%s: %s", err, transient, c.table, c.want)
		}
	}
}

// A page returns 500 three times, the connection drops, the service is busy:
// whoever tries again behind the last page gets every row once.
func TestResume(t *testing.T) {
	sh := newShop(t, 20)
	n := 0
	sh.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("after") != "9" {
			return false
		}
		switch n++; n {
		case 1, 2, 3:
			w.WriteHeader(500)
		case 4:
			w.Header().Set("Content-Length", "9999")
			fmt.Fprint(w, `{"data":{"items":[{"id":`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case 5:
			w.Header().Set("Retry-After", "11")
			w.WriteHeader(429)
		default:
			return false
		}
		return true
	}
	s := open(t, sample(t, sh.URL))
	q := ingest.Query{Table: table("orders"), Columns: []string{"id"}}
	var all []string
	var waits []time.Duration
	for range 10 {
		rows, after, err := read(s, q)
		all = append(all, rows...)
		if len(after) > 0 {
			q.After = after[len(after)-1]
		}
		if err == nil {
			break
		}
		wait, transient := ingest.IsTransient(err)
		if !transient {
			t.Fatal(err)
		}
		waits = append(waits, wait)
	}
	if len(all) != 20 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 20 || !slices.Equal(waits, []time.Duration{0, 0, 0, 0, 11 * time.Second}) {
		t.Errorf("%d rows, waited %v", len(all), waits)
	}
}

// A key that is a parameter, and is repeated in links, is not in what is kept.
func TestKeyInLinks(t *testing.T) {
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n++; r.URL.Query().Get("api_key") != "c1ient-secret" || len(r.URL.Query()["api_key"]) != 1 {
			t.Errorf("asked with %s", r.URL.RawQuery)
		}
		if n < 3 {
			w.Header().Set("Link", fmt.Sprintf(`</a?api_key=%s&page=%d>; rel="next"`, r.URL.Query().Get("api_key"), n+1))
		}
		fmt.Fprintf(w, `[{"id":%d}]`, n)
	}))
	defer srv.Close()
	c := rest.Config{Config: web.Config{URL: srv.URL, Auth: web.Auth{Key: &web.Key{Query: "api_key", Value: "env:X"}}}}
	c.Tables = map[string]rest.TableConfig{"a": {Path: "a", Paging: rest.Paging{By: "link"}}}
	s := open(t, c)
	rows, after, err := read(s, ingest.Query{Table: &eventlog.Table{Name: "a"}, Columns: []string{"id"}})
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v, %v", rows, err)
	}
	equal(t, "after", after, []string{"next:/a?page=2", "next:/a?page=3", "end"})
	if s.Origin() != srv.URL+"/" {
		t.Errorf("origin %s", s.Origin())
	}
	srv.Close()
	if _, _, err := read(s, ingest.Query{Table: &eventlog.Table{Name: "a"}, Columns: []string{"id"}}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}

// What emit returns ends the reading, and is returned.
func TestEmit(t *testing.T) {
	sh := newShop(t, 7)
	stop := errors.New("disk is full")
	err := open(t, sample(t, sh.URL)).Read(t.Context(), ingest.Query{Table: table("orders"), Columns: []string{"id"}}, func(ingest.Page) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// A million rows take no more memory than a page.
func TestMillion(t *testing.T) {
	if testing.Short() {
		t.Skip("a million rows are long")
	}
	const n, size = 1_000_000, 100_000
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := number(r.URL.Query(), "offset", 0)
		fmt.Fprint(w, "[")
		for i := from; i < min(from+size, n); i++ {
			if i > from {
				fmt.Fprint(w, ",")
			}
			fmt.Fprintf(w, `{"id":%d,"customer":{"name":"C"},"total":12.50}`, i)
		}
		fmt.Fprint(w, "]")
	}))
	defer srv.Close()
	s := open(t, rest.Config{Config: web.Config{URL: srv.URL}, Tables: map[string]rest.TableConfig{"a": {Path: "a", Columns: map[string]string{"name": "customer.name"}, Paging: rest.Paging{By: "offset"}}}})
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	rows, peak := 0, uint64(0)
	err := s.Read(t.Context(), ingest.Query{Table: &eventlog.Table{Name: "a"}, Columns: []string{"id", "name", "total"}}, func(p ingest.Page) error {
		if p.Rows[0][0] != strconv.Itoa(rows) || p.Rows[0][1] != "C" {
			t.Fatalf("row %d is %v", rows, p.Rows[0])
		}
		if rows += len(p.Rows); rows%200_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
		return nil
	})
	if limit := before.HeapAlloc + 32<<20; err != nil || rows != n || peak == 0 || peak > limit {
		t.Errorf("%d rows, %d MiB live, at most %d; %v", rows, peak>>20, limit>>20, err)
	}
}
