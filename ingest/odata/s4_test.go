package odata_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/odata"
	"millrace/ingest/web"
)

const s4Metadata = `<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" xmlns:sap="http://www.sap.com/Protocols/SAPData"><edmx:DataServices>
<Schema Namespace="API_SALES_ORDER_SRV" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">
<EntityType Name="A_SalesOrderItemType"><Key><PropertyRef Name="SalesOrder"/><PropertyRef Name="SalesOrderItem"/></Key>
<Property Name="SalesOrder" Type="Edm.String" Nullable="false" MaxLength="10"/>
<Property Name="SalesOrderItem" Type="Edm.String" Nullable="false" MaxLength="6"/>
<Property Name="Material" Type="Edm.String"/>
<Property Name="NetAmount" Type="Edm.Decimal" Precision="16" Scale="3"/>
<Property Name="CreationDate" Type="Edm.DateTime" sap:display-format="Date"/>
<Property Name="LastChangeDateTime" Type="Edm.DateTimeOffset"/>
<NavigationProperty Name="to_Text"/>
</EntityType>
<EntityContainer Name="C"><EntitySet Name="A_SalesOrderItem" EntityType="API_SALES_ORDER_SRV.A_SalesOrderItemType"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>`

// vbap is the table of a preset that is read from the set.
var vbap = eventlog.Table{
	Name: "VBAP", Key: []string{"VBELN", "POSNR"}, Aliases: []string{"sales_order_items", "A_SalesOrderItem"},
	ColumnAliases: map[string]string{"SalesOrder": "VBELN", "salesOrderItem": "POSNR"},
}

var vbapColumns = []string{"SalesOrder", "SalesOrderItem", "Material", "NetAmount", "CreationDate", "LastChangeDateTime"}

func s4(t *testing.T, orders int) *fake {
	f := &fake{root: "/sap/opu/odata/sap/API_SALES_ORDER_SRV/", metadata: s4Metadata, page: 4, top: 5, user: "MILLRACE", password: "pa55 w:rd"}
	set := &fakeSet{key: []string{"SalesOrder", "SalesOrderItem"}, kinds: map[string]string{
		"SalesOrder": "String", "SalesOrderItem": "String", "Material": "String", "NetAmount": "String",
		"CreationDate": "DateTime", "LastChangeDateTime": "DateTimeOffset", "to_Text": "Navigation",
	}}
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range orders {
		x := fakeRow{
			"SalesOrder": fmt.Sprintf("%d", 100+i/3), "SalesOrderItem": fmt.Sprintf("%d", 10*(i%3+1)), "Material": "O'Neil & Co", "NetAmount": fmt.Sprintf("%d.500", i),
			"CreationDate": day.AddDate(0, 0, i), "LastChangeDateTime": day.AddDate(0, 0, i).Add(90 * time.Minute), "to_Text": nil,
		}
		if i%5 == 4 {
			x["LastChangeDateTime"] = nil
		}
		set.rows = append(set.rows, x)
	}
	f.sets = map[string]*fakeSet{"A_SalesOrderItem": set}
	return f.start(t)
}

func (f *fake) config() odata.Config {
	c := odata.Config{Config: web.Config{URL: f.URL + f.root}}
	if f.user != "" {
		c.Auth.Basic = &web.Basic{User: f.user, Password: "env:PASSWORD"}
	}
	return c
}

func open(t *testing.T, c odata.Config) *odata.Source {
	t.Helper()
	s, err := odata.Open(c, env(map[string]string{"PASSWORD": "pa55 w:rd", "SECRET": "c1ient-secret"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// read returns the rows joined by |, and the After of each page.
func read(s *odata.Source, q ingest.Query) (rows, after []string, err error) {
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

func TestS4(t *testing.T) {
	f := s4(t, 8)
	c := f.config()
	c.SAPClient = "100"
	s := open(t, c)
	shapes, err := s.Describe(t.Context(), []eventlog.Table{vbap, {Name: "LIKP"}})
	if err != nil {
		t.Fatal(err)
	}
	if x := shapes[0]; x.There != "A_SalesOrderItem" || x.Problem != "" || len(x.Columns) != 6 || x.Columns[3] != (ingest.ColumnShape{Name: "NetAmount", SQL: "DECIMAL(16,3)"}) || !slices.Equal(x.Key, []string{"SalesOrder", "SalesOrderItem"}) {
		t.Errorf("%+v", x)
	}
	if want := `no entity set is named "LIKP"; add its service to services, or name it with tables: LIKP: set`; shapes[1].Problem != want {
		t.Errorf("%s\nwant %s", shapes[1].Problem, want)
	}
	if n, err := s.Count(t.Context(), &vbap); n != 8 || err != nil {
		t.Errorf("count %d, %v", n, err)
	}
	f.noCount = true
	if n, err := s.Count(t.Context(), &vbap); n != 8 || err != nil {
		t.Errorf("inline count %d, %v", n, err)
	}
	f.log = nil
	rows, after, err := read(s, ingest.Query{Table: &vbap, Columns: vbapColumns[1:]})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "rows", rows, []string{
		"10|O'Neil & Co|0.500|2026-01-01|2026-01-01 01:30:00+00",
		"20|O'Neil & Co|1.500|2026-01-02|2026-01-02 01:30:00+00",
		"30|O'Neil & Co|2.500|2026-01-03|2026-01-03 01:30:00+00",
		"10|O'Neil & Co|3.500|2026-01-04|2026-01-04 01:30:00+00",
		"20|O'Neil & Co|4.500|2026-01-05|",
		"30|O'Neil & Co|5.500|2026-01-06|2026-01-06 01:30:00+00",
		"10|O'Neil & Co|6.500|2026-01-07|2026-01-07 01:30:00+00",
		"20|O'Neil & Co|7.500|2026-01-08|2026-01-08 01:30:00+00",
	})
	equal(t, "after", after, []string{`key:["101","20"]`, `key:["102","20"]`})
	// The service gives five at a time whatever it is asked for; a short page
	// is not taken for the last.
	fields := "A_SalesOrderItem?$select=SalesOrderItem,Material,NetAmount,CreationDate,LastChangeDateTime,SalesOrder"
	equal(t, "requests", f.log, []string{
		fields + "&$orderby=SalesOrder,SalesOrderItem&$top=5000&sap-client=100",
		fields + "&$filter=SalesOrder gt '101' or (SalesOrder eq '101' and SalesOrderItem gt '20')&$orderby=SalesOrder,SalesOrderItem&$top=5000&sap-client=100",
		fields + "&$filter=SalesOrder gt '102' or (SalesOrder eq '102' and SalesOrderItem gt '20')&$orderby=SalesOrder,SalesOrderItem&$top=5000&sap-client=100",
	})
	// It continues where a page ended.
	rest, _, err := read(s, ingest.Query{Table: &vbap, Columns: vbapColumns[1:], After: after[0]})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "rest", rest, rows[5:])
}

// Whatever the way of paging, the size of pages and the place of a cut: the
// rows are the same.
func TestPagings(t *testing.T) {
	for _, paging := range []odata.Paging{odata.PagingKey, odata.PagingServer, odata.PagingSkip} {
		for _, n := range []int{0, 1, 4, 5, 13} {
			f := s4(t, n)
			c := f.config()
			c.PageRows, c.Tables = 3, map[string]odata.TableConfig{"VBAP": {Paging: paging}}
			s := open(t, c)
			all, after, err := read(s, ingest.Query{Table: &vbap, Columns: vbapColumns})
			if err != nil {
				t.Fatalf("%s, %d rows: %v", paging, n, err)
			}
			if len(all) != n || len(slices.Compact(slices.Sorted(slices.Values(all)))) != n {
				t.Errorf("%s: %d rows, want %d: %v", paging, len(all), n, all)
			}
			for i, a := range after {
				if a == "" || strings.Contains(a, f.URL) {
					t.Errorf("%s: page %d cannot be continued: %q", paging, i, a)
				}
				rest, _, err := read(s, ingest.Query{Table: &vbap, Columns: vbapColumns, After: a})
				if err != nil || len(rest) > 0 && !slices.Equal(rest, all[len(all)-len(rest):]) {
					t.Errorf("%s behind %q: %v, %v", paging, a, rest, err)
				}
				if i == len(after)-1 && len(rest) > 0 || i == 0 && n > 5 && len(rest) == 0 {
					t.Errorf("%s behind %q: %d rows", paging, a, len(rest))
				}
			}
			limited, _, err := read(s, ingest.Query{Table: &vbap, Columns: vbapColumns, Limit: 2})
			if err != nil || !slices.Equal(limited, all[:min(2, n)]) {
				t.Errorf("%s: limit 2: %v, %v", paging, limited, err)
			}
			// Pages of one row each, though the service gives more.
			if small, _, err := read(s, ingest.Query{Table: &vbap, Columns: vbapColumns, PageRows: 1}); err != nil || !slices.Equal(small, all) {
				t.Errorf("%s: pages of one: %v, %v", paging, small, err)
			}
		}
	}
}

func TestSinceAndKeys(t *testing.T) {
	f := s4(t, 12)
	c := f.config()
	c.MaxURL = 400
	c.Tables = map[string]odata.TableConfig{"VBAP": {Filter: "SalesOrder ge '101'"}}
	s := open(t, c)
	rows, _, err := read(s, ingest.Query{Table: &vbap, Columns: []string{"SalesOrder", "SalesOrderItem"}, Since: "2026-01-08 01:30:00.25+00", Watermark: []string{"LastChangeDateTime"}})
	if err != nil {
		t.Fatal(err)
	}
	// 101/20 and 103/10 have no watermark; those before 101 are filtered away.
	equal(t, "since", rows, []string{"101|20", "102|20", "102|30", "103|10", "103|20", "103|30"})

	f.log = nil
	var keys [][]string
	for i := range 12 {
		keys = append(keys, []string{fmt.Sprint(100 + i/3), fmt.Sprint(10 * (i%3 + 1))})
	}
	keys = append(keys, []string{"999", "10"})
	rows, after, err := read(s, ingest.Query{Table: &vbap, Columns: []string{"SalesOrder", "SalesOrderItem"}, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "keys", rows, []string{"101|10", "101|20", "101|30", "102|10", "102|20", "102|30", "103|10", "103|20", "103|30"})
	if strings.Join(after, "") != "" {
		t.Errorf("after %q", after)
	}
	if len(f.log) < 4 {
		t.Errorf("asked only %d times", len(f.log))
	}
	for _, asked := range f.log {
		if len(f.URL+f.root+strings.ReplaceAll(asked, " ", "%20")) > c.MaxURL {
			t.Errorf("%d bytes: %s", len(asked), asked)
		}
	}
	if rows, _, err := read(s, ingest.Query{Table: &vbap, Columns: []string{"SalesOrder"}, Keys: [][]string{}}); err != nil || len(rows) > 0 {
		t.Errorf("no keys: %v, %v", rows, err)
	}
}

// Errors of the service: what passes is Transient, what does not says what to
// do; nothing of it holds a secret or a query.
func TestRefusals(t *testing.T) {
	answer := func(status int, header, kind, text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "$metadata") {
				return false
			}
			if name, value, ok := strings.Cut(header, ": "); ok {
				w.Header().Set(name, value)
			}
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			fmt.Fprint(w, text)
			return true
		}
	}
	set := "/sap/opu/odata/sap/API_SALES_ORDER_SRV/A_SalesOrderItem"
	for _, c := range []struct {
		fault     func(http.ResponseWriter, *http.Request) bool
		want      string
		transient bool
		wait      time.Duration
	}{
		{answer(500, "", "text/html", "<h1>dump</h1>"), "500 Internal Server Error", true, 0},
		{answer(502, "", "", ""), "502 Bad Gateway", true, 0},
		{answer(504, "", "", ""), "504 Gateway Timeout", true, 0},
		{answer(429, "Retry-After: 7", "application/json", `{"Message":"x"}`), `429 Too Many Requests "{\"Message\":\"x\"}"; the service is busy`, true, 7 * time.Second},
		{answer(503, "Retry-After: Thu, 01 Jan 2099 00:00:00 GMT", "", ""), "503 Service Unavailable; the service is busy", true, 24 * time.Hour},
		{answer(403, "", "application/xml", `<error xmlns="x"><code>y</code><message xml:lang="en">No authorization to access Service 'pa55 w:rd'</message></error>`),
			`403 Forbidden "No authorization to access Service '…'"; whoever auth names has no right to read this`, false, 0},
		{answer(400, "", "application/json", `{"error":{"code":"x","message":{"lang":"en","value":"Invalid function argument"}}}`),
			`400 Bad Request "Invalid function argument"; if the service cannot filter by its key, set tables: VBAP: paging: server`, false, 0},
		{answer(200, "", "text/html", "<html>log in"), "answers with a page for people instead of data: a log-in page? Check url and auth", false, 0},
		{answer(200, "", "application/json", `{"d":{"results":[{"SalesOrder":"1","SalesOrderItem":}]}}`), "not JSON behind byte 17 of its answer: invalid character '}' looking for beginning of value", false, 0},
		{answer(200, "", "application/json", `{"d":{"results":[{"SalesOrder":"1"`), "its answer ends in the middle, after byte 17", true, 0},
		{answer(200, "", "application/json", `{"d":{}}`), "its answer has neither value nor d.results", false, 0},
		{answer(200, "", "application/json", `{"d":{"results":[7]}}`), "row 1 of the page is no object", false, 0},
		{answer(200, "", "application/json", `{"d":{"results":[{"SalesOrder":"1"}]}}`), `none of 1 rows has "SalesOrderItem": is the property not there any more?`, false, 0},
	} {
		f := s4(t, 3)
		f.fault = c.fault
		s := open(t, f.config())
		_, _, err := read(s, ingest.Query{Table: &vbap, Columns: []string{"SalesOrder", "SalesOrderItem"}})
		wait, transient := ingest.IsTransient(err)
		if err == nil || err.Error() != set+": "+c.want || transient != c.transient || wait != c.wait {
			t.Errorf("%v (transient %v, wait %v)\nwant %s: %s (%v, %v)", err, transient, wait, set, c.want, c.transient, c.wait)
		}
	}
}

// Credentials that are not accepted are an error of the whole source; a
// service that may not be read is a problem of its tables.
func TestServices(t *testing.T) {
	f := s4(t, 3)
	c := f.config()
	c.URL, c.Services = f.URL+"/sap/opu/odata/sap/", []string{"API_SALES_ORDER_SRV", "API_X;v=0002"}
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "API_X") {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	}
	shapes, err := open(t, c).Describe(t.Context(), []eventlog.Table{vbap, {Name: "X"}})
	if err != nil || shapes[0].There != "API_SALES_ORDER_SRV/A_SalesOrderItem" {
		t.Fatalf("%+v, %v", shapes, err)
	}
	if want := `no entity set is named "X"; add its service to services, or name it with tables: X: set; /sap/opu/odata/sap/API_X;v=0002/$metadata: 403 Forbidden; whoever auth names has no right to read this`; shapes[1].Problem != want {
		t.Errorf("%s\nwant %s", shapes[1].Problem, want)
	}
	f.password = "another"
	_, err = open(t, c).Describe(t.Context(), []eventlog.Table{vbap})
	if e, ok := errors.AsType[*web.StatusError](err); !ok || e.Status != 401 || strings.Contains(err.Error(), "pa55") {
		t.Errorf("%v", err)
	}
}

// A page returns 500 three times; whoever reads tries again behind the last page.
func TestResume(t *testing.T) {
	f := s4(t, 30)
	fail := 3
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.RawQuery, "103") && fail > 0 {
			fail--
			w.WriteHeader(500)
			return true
		}
		return false
	}
	s := open(t, f.config())
	q := ingest.Query{Table: &vbap, Columns: vbapColumns}
	var all []string
	tries := 0
	for ; tries < 10; tries++ {
		rows, after, err := read(s, q)
		all = append(all, rows...)
		if len(after) > 0 {
			q.After = after[len(after)-1]
		}
		if err == nil {
			break
		}
		if _, transient := ingest.IsTransient(err); !transient {
			t.Fatal(err)
		}
	}
	if len(all) != 30 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 30 || tries != 3 {
		t.Errorf("%d rows after %d tries", len(all), tries)
	}
}

// The connection drops in the middle of a body.
func TestDrop(t *testing.T) {
	f := s4(t, 12)
	drop := true
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if !drop || !strings.Contains(r.URL.RawQuery, "gt") {
			return false
		}
		drop = false
		w.Header().Set("Content-Length", "100000")
		fmt.Fprint(w, `{"d":{"results":[{"SalesOrder":"101",`)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	s := open(t, f.config())
	rows, after, err := read(s, ingest.Query{Table: &vbap, Columns: vbapColumns})
	if _, transient := ingest.IsTransient(err); !transient || len(rows) != 5 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	rest, _, err := read(s, ingest.Query{Table: &vbap, Columns: vbapColumns, After: after[0]})
	if err != nil || len(rows)+len(rest) != 12 {
		t.Errorf("%d and %d rows, %v", len(rows), len(rest), err)
	}
}

// A service that does not page as asked is found out, whichever way.
func TestLoops(t *testing.T) {
	for _, paging := range []odata.Paging{odata.PagingKey, odata.PagingSkip, odata.PagingServer} {
		f := s4(t, 12)
		f.deaf = true
		c := f.config()
		c.Tables = map[string]odata.TableConfig{"VBAP": {Paging: paging}}
		_, _, err := read(open(t, c), ingest.Query{Table: &vbap, Columns: vbapColumns})
		want := f.root + "A_SalesOrderItem: gives the same page twice; it does not page as asked: set tables: VBAP: paging to another of server, key and skip"
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v", paging, err)
		}
	}
	for link, want := range map[string]string{
		"https://evil.example/steal?x=1": "its next page is at https://evil.example, which is not the service's own host, so it is not followed; does a proxy not rewrite links?",
		"//evil.example/":                "its next page is at http://evil.example, which is not the service's own host, so it is not followed; does a proxy not rewrite links?",
		"A_SalesOrderItem?$skiptoken=1":  "its links to the next page go round in a circle",
		"http://[::1":                    "its link to the next page is not an address",
	} {
		f := s4(t, 12)
		f.link, f.deaf = link, true
		c := f.config()
		c.Tables = map[string]odata.TableConfig{"VBAP": {Paging: odata.PagingServer}}
		_, _, err := read(open(t, c), ingest.Query{Table: &vbap, Columns: vbapColumns})
		if err == nil || err.Error() != f.root+"A_SalesOrderItem: "+want {
			t.Errorf("%s: %v\nwant %s", link, err, want)
		}
	}
}

// A column that disappears between the description and the reading.
func TestColumnGone(t *testing.T) {
	f := s4(t, 3)
	s := open(t, f.config())
	if _, err := s.Describe(t.Context(), []eventlog.Table{vbap}); err != nil {
		t.Fatal(err)
	}
	delete(f.sets["A_SalesOrderItem"].kinds, "Material")
	_, _, err := read(s, ingest.Query{Table: &vbap, Columns: vbapColumns})
	if err == nil || !strings.Contains(err.Error(), "Property Material not found") {
		t.Errorf("%v", err)
	}
	_, _, err = read(s, ingest.Query{Table: &vbap, Columns: []string{"SalesOrder", "Gone"}})
	if err == nil || err.Error() != `VBAP: A_SalesOrderItem has no property "Gone" any more` {
		t.Errorf("%v", err)
	}
}
