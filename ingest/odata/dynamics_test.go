package odata_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/odata"
	"millrace/ingest/web"
)

const dynamicsMetadata = `<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="Microsoft.Dynamics.DataEntities" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EnumType Name="NoYes"/>
<EntityType Name="SalesOrderHeaderV2"><Key><PropertyRef Name="dataAreaId"/><PropertyRef Name="SalesOrderNumber"/></Key>
<Property Name="dataAreaId" Type="Edm.String" Nullable="false"/>
<Property Name="SalesOrderNumber" Type="Edm.String" Nullable="false"/>
<Property Name="IsOnHold" Type="Microsoft.Dynamics.DataEntities.NoYes"/>
<Property Name="Total" Type="Edm.Decimal"/>
<Property Name="CreatedOn" Type="Edm.DateTimeOffset" Nullable="false"/>
<NavigationProperty Name="Lines" Type="Collection(Microsoft.Dynamics.DataEntities.SalesOrderHeaderV2)"/>
</EntityType>
<EntityContainer Name="Resources"><EntitySet Name="SalesOrderHeadersV2" EntityType="Microsoft.Dynamics.DataEntities.SalesOrderHeaderV2"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>`

var salesTable = eventlog.Table{Name: "SALESTABLE", Key: []string{"DATAAREAID", "SALESID"}, ColumnAliases: map[string]string{"SalesOrderNumber": "SALESID"}}

func dynamics(t *testing.T, n int) (*fake, odata.Config) {
	f := &fake{v4: true, root: "/data/", metadata: dynamicsMetadata, page: 10, top: 10, token: map[string]bool{}}
	set := &fakeSet{company: "usmf", key: []string{"dataAreaId", "SalesOrderNumber"}, kinds: map[string]string{
		"dataAreaId": "String", "SalesOrderNumber": "String", "IsOnHold": "Enum", "Total": "Decimal", "CreatedOn": "DateTimeOffset", "Lines": "Navigation",
	}}
	for i := range n {
		set.rows = append(set.rows, fakeRow{
			"dataAreaId": []string{"demf", "usmf"}[i%2], "SalesOrderNumber": fmt.Sprintf("SO-%04d", i), "IsOnHold": "No",
			"Total": json.RawMessage("1234.50"), "CreatedOn": time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC),
			"Lines": json.RawMessage(`[{"@odata.etag":"x","ItemNumber":"A-1","Quantity":2}]`),
		})
	}
	f.sets = map[string]*fakeSet{"SalesOrderHeadersV2": set}
	f.start(t)
	c := odata.Config{Config: web.Config{URL: f.URL + "/data"}, PageRows: 4, Tables: map[string]odata.TableConfig{"SALESTABLE": {Set: "SalesOrderHeadersV2"}}}
	c.Auth.OAuth2 = &web.OAuth2{TokenURL: f.URL + "/token", ClientID: "millrace", ClientSecret: "env:SECRET", Scope: "x/.default", InBody: true}
	return f, c
}

var salesColumns = []string{"dataAreaId", "SalesOrderNumber", "IsOnHold", "Total", "CreatedOn"}

func TestDynamics(t *testing.T) {
	f, c := dynamics(t, 9)
	c.Tables["SALESTABLE"] = odata.TableConfig{Set: "SalesOrderHeadersV2", Expand: []string{"Lines"}}
	s := open(t, c)
	if n, err := s.Count(t.Context(), &salesTable); n != 9 || err != nil { // of all companies
		t.Errorf("count %d, %v", n, err)
	}
	f.log = nil
	// The token is not accepted any more in the middle of the run.
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("$skiptoken") == "4" && f.issued == 1 {
			f.token = map[string]bool{}
		}
		return false
	}
	rows, after, err := read(s, ingest.Query{Table: &salesTable, Columns: append(slices.Clone(salesColumns), "Lines")})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 9 || rows[0] != `demf|SO-0000|No|1234.50|2026-01-01 00:00:00+00|[{"ItemNumber":"A-1","Quantity":2}]` {
		t.Errorf("%d rows: %s", len(rows), rows)
	}
	next := func(token string) string {
		return "next:/data/SalesOrderHeadersV2?%24expand=Lines&%24select=dataAreaId%2CSalesOrderNumber%2CIsOnHold%2CTotal%2CCreatedOn&%24skiptoken=" + token + "&cross-company=true"
	}
	equal(t, "after", after, []string{next("4"), next("8"), "end"})
	if f.issued != 2 {
		t.Errorf("%d tokens were issued", f.issued)
	}
	if rest, _, err := read(s, ingest.Query{Table: &salesTable, Columns: salesColumns, After: after[1]}); err != nil || len(rest) != 1 {
		t.Errorf("rest %v, %v", rest, err)
	}
	if rest, _, err := read(s, ingest.Query{Table: &salesTable, Columns: salesColumns, After: "end"}); err != nil || len(rest) != 0 {
		t.Errorf("rest %v, %v", rest, err)
	}
}

func TestCompanies(t *testing.T) {
	_, c := dynamics(t, 9)
	c.Companies = []string{"demf"}
	s := open(t, c)
	rows, _, err := read(s, ingest.Query{Table: &salesTable, Columns: salesColumns[:2], Since: "2026-01-01 00:04:00+00", Watermark: []string{"CreatedOn"}})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "rows", rows, []string{"demf|SO-0004", "demf|SO-0006", "demf|SO-0008"})
	rows, _, err = read(s, ingest.Query{Table: &salesTable, Columns: salesColumns[:2], Keys: [][]string{{"demf", "SO-0002"}, {"usmf", "SO-0003"}}})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "keys", rows, []string{"demf|SO-0002"})
}

// A secret is in no error, also where the service repeats it.
func TestWrongSecret(t *testing.T) {
	f, c := dynamics(t, 1)
	s, err := odata.Open(c, env(map[string]string{"SECRET": "wr0ng-secret"}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.Describe(t.Context(), nil)
	want := "auth: oauth2: " + f.URL + `/token: gives no token: 401 Unauthorized "invalid_client AADSTS7000215: Invalid client secret provided: …."; check client_id, client_secret_from and scope`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// A million rows in one answer, and in many, take no more memory than a page.
func TestMillion(t *testing.T) {
	if testing.Short() {
		t.Skip("a million rows are long")
	}
	const n, page = 1_000_000, 50_000
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "$metadata") {
			fmt.Fprint(w, dynamicsMetadata)
			return
		}
		from := 0
		fmt.Sscan(r.URL.Query().Get("$skiptoken"), &from)
		to := n
		if r.URL.Query().Get("$filter") == "" {
			to = min(from+page, n)
		}
		fmt.Fprint(w, `{"value":[`)
		row := []byte(`{"dataAreaId":"usmf","SalesOrderNumber":"SO-00000000","Total":1234.50,"CreatedOn":"2026-01-01T00:00:00Z"}`)
		for i := from; i < to; i++ {
			if i > from {
				w.Write([]byte{','})
			}
			copy(row[len(`{"dataAreaId":"usmf","SalesOrderNumber":"SO-`):], fmt.Appendf(nil, "%08d", i))
			w.Write(row)
		}
		fmt.Fprint(w, `]`)
		if to < n {
			fmt.Fprintf(w, `,"@odata.nextLink":"SalesOrderHeadersV2?$skiptoken=%d"`, to)
		}
		fmt.Fprint(w, `}`)
	}))
	defer srv.Close()
	for _, filter := range []string{"", "IsOnHold eq Microsoft.Dynamics.DataEntities.NoYes'No'"} {
		s := open(t, odata.Config{Config: web.Config{URL: srv.URL}, Tables: map[string]odata.TableConfig{"SALESTABLE": {Set: "SalesOrderHeadersV2", Filter: filter}}})
		var before, now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		rows, peak := 0, uint64(0)
		err := s.Read(context.Background(), ingest.Query{Table: &salesTable, Columns: []string{"dataAreaId", "SalesOrderNumber", "Total", "CreatedOn"}}, func(p ingest.Page) error {
			if len(p.Rows) > 20_000 {
				t.Errorf("a page of %d rows", len(p.Rows))
			}
			if want := fmt.Sprintf("SO-%08d", rows); p.Rows[0][1] != want {
				t.Fatalf("row %d is %s", rows, p.Rows[0][1])
			}
			if rows += len(p.Rows); rows%200_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapAlloc)
			}
			return nil
		})
		if err != nil || rows != n {
			t.Fatalf("%d rows, %v", rows, err)
		}
		if limit := before.HeapAlloc + 32<<20; peak == 0 || peak > limit {
			t.Errorf("%d MiB live, more than %d", peak>>20, limit>>20)
		}
	}
}
