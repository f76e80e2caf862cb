package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"millrace/ingest/sap/gatewaytest"
	"millrace/ingest/sqldb/servertest"
)

// apiSets are the entity sets of the folders of the case "api", but those that
// no service offers.
var apiSets = map[string]string{
	"sales_order_headers": "A_SalesOrder", "sales_order_items": "A_SalesOrderItem", "sales_order_schedule_lines": "A_SalesOrderScheduleLine",
	"outbound_delivery_headers": "A_OutbDeliveryHeader", "outbound_delivery_items": "A_OutbDeliveryItem",
	"billing_document_headers": "A_BillingDocument", "billing_document_items": "A_BillingDocumentItem",
	"journal_entry_items_accounts_receivable": "A_OperationalAcctgDocItemCube", "business_partners": "A_BusinessPartner", "business_partner_addresses": "A_BusinessPartnerAddress",
	"customer_company_assignments": "A_CustomerCompany", "customer_sales_area_assignments": "A_CustomerSalesArea",
	"products": "A_Product", "product_descriptions": "A_ProductDescription", "product_plants": "A_ProductPlant", "product_storage_locations": "A_ProductStorageLocation",
}

// An S/4HANA by its released services says the same as its extract in files,
// though it is busy, breaks, and gives a few rows at a time.
func TestSAPByOData(t *testing.T) {
	g := gatewaytest.Start(t)
	_, files := sapCase(t, "api")
	dir := sapProject(t, "timezone: Asia/Kolkata\npath: extract")
	for path, text := range files {
		// What the extract calls differently from the service, or has and the
		// service has not: when an order was created is known to the day.
		text = strings.NewReplacer(`"overallDeliveryStatus"`, `"overallTotalDeliveryStatus"`, `"referenceDocument"`, `"originalReferenceDocument"`,
			",creation_time,", ",", ",PT14H03M09S,", ",").Replace(text)
		putFile(t, filepath.Join(dir, "extract", path), text)
		set := apiSets[filepath.Dir(path)]
		switch {
		case set == "":
		case strings.HasSuffix(path, ".csv"):
			for _, row := range csvRows(t, text) {
				given := map[string]any{}
				for name, v := range row {
					given[name] = v
				}
				g.Put(set, given)
			}
		default:
			g.PutLines(set, filepath.Join(dir, "extract", path))
		}
	}
	millrace(t, "ingest")
	want := sapStore(t)

	sapProject(t, gatewaySource(t, g, "Asia/Kolkata"))
	broken := map[int]int{4: 500, 11: 429, 12: 503, 30: 500, 41: 502}
	g.Fault = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		status := broken[n]
		if status == 0 {
			return false
		}
		delete(broken, n)
		if status == 429 {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(status)
		return true
	}
	first := ingestJSON(t)
	if len(broken) > 0 {
		t.Errorf("not asked that often: %v", broken)
	}
	for _, r := range first.Loads[0].Reconciliation {
		if r.Counted != r.Read {
			t.Errorf("%s: %d rows counted, %d read", r.Table, r.Counted, r.Read)
		}
	}
	sameStore(t, "by OData", sapStore(t), want)
	// A name that is wrong for both would be missed by both.
	if status := told(t, `SELECT a.status FROM objects."SalesOrder" a JOIN object o USING (object) WHERE o.id = '740506'`); status != "C" {
		t.Errorf("status of an order: %q", status)
	}
	for _, asked := range g.Asked() {
		if !strings.Contains(asked, "sap-client") {
			t.Errorf("without the client: %s", asked)
		}
	}
	again := ingestJSON(t)
	if again.Loads[0].RowsNew != 0 {
		t.Errorf("again: %+v", again)
	}
	for _, r := range again.Loads[0].Reconciliation {
		// Orders are asked for by their days; of deliveries nothing may be.
		if r.Table == "VBAK" && r.Since != "2025-03-30" || r.Table == "LIKP" && r.Since != "" {
			t.Errorf("again: %s since %q", r.Table, r.Since)
		}
	}
	for _, secret := range []string{"TaxNumber1", "BirthDate"} { // never stored
		if n := told(t, "SELECT count(*)::VARCHAR FROM duckdb_columns() WHERE column_name ILIKE '"+secret+"'"); n != "0" {
			t.Errorf("%s is stored", secret)
		}
	}
}

// What doctor says of an S/4HANA that does not let one in everywhere.
func TestSAPDoctor(t *testing.T) {
	g := gatewaytest.Start(t)
	source := gatewaySource(t, g, "UTC")
	sapProject(t, strings.Replace(source, `"API_PRODUCT_SRV"`, `"API_NOT_THERE_SRV"`, 1))
	g.Refuse = map[string]int{"API_BILLING_DOCUMENT_SRV": 403, "A_OutbDeliveryItem": 403}
	code, out, errs := try(t, "doctor")
	if code != done { // every table is optional
		t.Errorf("exit %d: %s", code, errs)
	}
	for _, want := range []string{
		`table VBRK: its service API_BILLING_DOCUMENT_SRV cannot be read: /sap/opu/odata/sap/API_BILLING_DOCUMENT_SRV/$metadata: 403 Forbidden "No authorization to access Service 'ZAPI_BILLING_DOCUMENT_SRV_0001'"; whoever auth names has no right to read this; it takes S_SERVICE for it (object types IWSG and IWSV); whoever reads it needs V_VBRK_VKO and V_VBRK_FKA`,
		`table LIPS: /sap/opu/odata/sap/API_OUTBOUND_DELIVERY_SRV;v=0002/A_OutbDeliveryItem: 403 Forbidden "No authorization to display data"; whoever auth names has no right to read this; whoever reads it needs V_LIKP_VST`,
		`table MARA: no entity set is named as one of ["MARA" "products" "A_Product" "I_Product"]; add API_PRODUCT_SRV to services`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("doctor does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "columns of other types") {
		t.Errorf("doctor minds how dates are written:\n%s", out)
	}
	sapProject(t, strings.ReplaceAll(source, "API_", "API_X_"))
	if code, out, _ := try(t, "doctor"); code != failed || !strings.Contains(out, "No service found for namespace") {
		t.Errorf("no service: exit %d\n%s", code, out)
	}
	t.Setenv("S4_PASSWORD", "another")
	sapProject(t, strings.Replace(source, "env:S4_PASSWORD", "env:S4_OTHER", 1))
	t.Setenv("S4_OTHER", "another")
	if code, out, _ := try(t, "doctor"); code != failed || !strings.Contains(out, "401 Unauthorized; the service does not accept the credentials") || strings.Contains(out, "another") {
		t.Errorf("a wrong password: exit %d\n%s", code, out)
	}
}

// sapChanges are what happens in a small SAP between loads, in rounds. What
// nobody dates is what only a look at all rows finds.
var sapChanges = [][]struct {
	what string
	do   func(t *testing.T, s smallSAP)
}{
	{
		{"a new order", func(_ *testing.T, s smallSAP) {
			s.add("VBAK", "VBELN=0000000002 ERDAT=20260301 ERZET=080000 ERNAM=ANNA VBTYP=C AUART=OR NETWR=50.00 WAERK=EUR VKORG=1000 VDATU=20260310 KUNNR=0000004711 LIFSK=01")
			s.add("VBAP", "VBELN=0000000002 POSNR=000010 ERDAT=20260301 ERZET=080000 ERNAM=ANNA MATNR=A-7 KWMENG=1.000 VRKME=PC NETWR=50.00 WAERK=EUR WERKS=1010")
			s.add("VBEP", "VBELN=0000000002 POSNR=000010 ETENR=0001 EDATU=20260310 WMENG=1.000 BMENG=1.000")
		}},
		{"a changed line, with its change document", func(t *testing.T, s smallSAP) {
			s.set(t, "VBAP", "VBELN=0000000001 POSNR=000010", "KWMENG=9.000 AEDAT=20260301")
			s.add("CDHDR", "OBJECTCLAS=VERKBELEG OBJECTID=0000000001 CHANGENR=0000000201 USERNAME=ANNA UDATE=20260301 UTIME=090000 TCODE=VA02")
			s.add("CDPOS", "OBJECTCLAS=VERKBELEG OBJECTID=0000000001 CHANGENR=0000000201 TABNAME=VBAP TABKEY=1000000000001000010 FNAME=KWMENG CHNGIND=U VALUE_NEW=9.000 VALUE_OLD=7.000")
		}},
		{"a line changed that nobody dates", func(t *testing.T, s smallSAP) {
			s.set(t, "VBAP", "VBELN=0000000001 POSNR=000030", "ABGRU=61")
		}},
		{"a status that nobody dates", func(t *testing.T, s smallSAP) { s.set(t, "VBAK", "VBELN=0000000001", "GBSTK=B LFSTK=B") }},
		{"an order that is entered late", func(_ *testing.T, s smallSAP) {
			s.add("VBAK", "VBELN=0000000003 ERDAT=20260102 ERZET=070000 ERNAM=EDI_IN VBTYP=C AUART=OR NETWR=20.00 WAERK=EUR VKORG=1000 VDATU=20260110 KUNNR=0000004711")
			s.add("VBAP", "VBELN=0000000003 POSNR=000010 ERDAT=20260102 ERZET=070000 MATNR=A-7 KWMENG=2.000 VRKME=PC NETWR=20.00 WAERK=EUR WERKS=1010")
		}},
		{"a clearing that is reset", func(t *testing.T, s smallSAP) {
			s.set(t, "BSEG", "AUGBL=1400000007", "AUGDT= AUGBL= AUGGJ=")
		}},
	},
	{
		{"a delivery block that is released", func(t *testing.T, s smallSAP) {
			s.set(t, "VBAK", "VBELN=0000000002", "LIFSK= AEDAT=20260302")
			s.add("CDHDR", "OBJECTCLAS=VERKBELEG OBJECTID=0000000002 CHANGENR=0000000202 USERNAME=ANNA UDATE=20260302 UTIME=100000 TCODE=VA02")
			s.add("CDPOS", "OBJECTCLAS=VERKBELEG OBJECTID=0000000002 CHANGENR=0000000202 TABNAME=VBAK TABKEY=1000000000002 FNAME=LIFSK CHNGIND=U VALUE_NEW= VALUE_OLD=01")
		}},
		{"a deleted line", func(t *testing.T, s smallSAP) {
			s.drop(t, "VBAP", "VBELN=0000000001 POSNR=000020")
		}},
		{"a goods issue that nobody dates", func(t *testing.T, s smallSAP) {
			s.add("LIKP", "VBELN=0080000002 ERDAT=20260302 ERZET=110000 ERNAM=BATCH VBTYP=J VSTEL=1010 WADAT=20260303")
			s.add("LIPS", "VBELN=0080000002 POSNR=000010 ERDAT=20260302 ERZET=110000 MATNR=A-7 LFIMG=1.000 VRKME=PC VGBEL=0000000002 VGPOS=000010 WERKS=1010")
			s.set(t, "LIKP", "VBELN=0080000001", "WADAT_IST=20260107 WBSTK=C")
		}},
		{"an invoice that is cancelled, which nobody dates", func(t *testing.T, s smallSAP) {
			s.set(t, "VBRK", "VBELN=0090000001", "FKSTO=X")
			s.add("VBRK", "VBELN=0090000002 ERDAT=20260302 ERZET=120000 ERNAM=ANNA FKART=S1 VBTYP=N FKDAT=20260110 NETWR=800.00 MWSBK=152.00 WAERK=EUR KUNRG=0000004711 KUNAG=0000004711 SFAKN=0090000001 BUKRS=1000 BELNR=0090000002 GJAHR=2026 VKORG=1000")
			s.add("BKPF", "BUKRS=1000 BELNR=0090000002 GJAHR=2026 BLART=RV BLDAT=20260110 BUDAT=20260110 CPUDT=20260302 CPUTM=120100 USNAM=ANNA AWTYP=VBRK AWKEY=0090000002 WAERS=EUR")
			s.add("BSEG", "BUKRS=1000 BELNR=0090000002 GJAHR=2026 BUZEI=001 KOART=D SHKZG=H BSCHL=11 KUNNR=0000004711 WRBTR=952.00 ZFBDT=20260110")
		}},
		{"a clearing that is back-dated", func(t *testing.T, s smallSAP) {
			s.set(t, "BSEG", "BELNR=0090000001 BUZEI=001", "AUGDT=20260110 AUGBL=0090000002 AUGGJ=2026")
			s.set(t, "BSEG", "BELNR=0090000002 BUZEI=001", "AUGDT=20260110 AUGBL=0090000002 AUGGJ=2026")
		}},
		{"a deleted delivery", func(t *testing.T, s smallSAP) {
			s.drop(t, "LIKP", "VBELN=0080000002")
			s.drop(t, "LIPS", "VBELN=0080000002")
		}},
	},
}

// What changed between two loads is in the store as if it were loaded anew:
// from a folder, by OData, and from a database.
func TestSAPIncrements(t *testing.T) {
	order, _ := sapCase(t, "order")
	g := gatewaytest.Start(t)
	base := t.TempDir()
	lite := filepath.Join(base, "ecc.sqlite")
	sources := []struct {
		name, source string
		put          func(s smallSAP)
	}{
		{"folder", fmt.Sprintf("timezone: Europe/Berlin\npath: %q", filepath.Join(base, "extract")), func(s smallSAP) { s.folder(t, filepath.Join(base, "extract")) }},
		{"odata", gatewaySource(t, g, "Europe/Berlin"), func(s smallSAP) { s.serve(g) }},
		{"database", fmt.Sprintf("timezone: Europe/Berlin\nsap_client: \"100\"\ndatabase: %q", "sqlite:"+lite), func(s smallSAP) { sqlite(t, lite, s.database("main", "200")) }},
	}
	for _, source := range sources {
		source.put(order)
	}
	dirs := make([]string, len(sources))
	for i, source := range sources {
		dirs[i] = sapProject(t, source.source)
		millrace(t, "ingest")
	}
	for round, changes := range sapChanges {
		for _, c := range changes {
			c.do(t, order)
		}
		var folder []string
		for i, source := range sources {
			source.put(order)
			t.Chdir(dirs[i])
			got := ingestJSON(t).Loads[0]
			if got.RowsNew == 0 {
				t.Errorf("round %d: %s: nothing was new", round, source.name)
			}
			for _, r := range got.Reconciliation { // the order is of January
				if source.name == "database" && r.Table == "CDHDR" && r.Read >= r.Counted {
					t.Errorf("round %d: %s: %d of %d rows of %s were read: no increment", round, source.name, r.Read, r.Counted, r.Table)
				}
			}
			if round < len(sapChanges)-1 { // what was missed stays missed
				continue
			}
			increment, whole := sapStore(t), folder
			if source.name != "database" { // which says what a folder says
				sapProject(t, source.source)
				millrace(t, "ingest")
				whole = sapStore(t)
			}
			if source.name == "folder" {
				folder = whole
			}
			sameStore(t, source.name+", increment and whole", increment, whole)
		}
	}
}

// The database below an ECC, as a real PostgreSQL: the client that is meant,
// and no other.
func TestSAPByDatabase(t *testing.T) {
	order, _ := sapCase(t, "order")
	server := servertest.PostgreSQL(t)
	dir := sapProject(t, "timezone: Europe/Berlin\npath: extract")
	order.folder(t, filepath.Join(dir, "extract"))
	millrace(t, "ingest")
	want := sapStore(t)

	const schema = "SAPSR3"
	prepare := `DROP SCHEMA IF EXISTS "SAPSR3" CASCADE; CREATE SCHEMA "SAPSR3";`
	grant := `GRANT USAGE ON SCHEMA "SAPSR3" TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA "SAPSR3" TO reader;`
	server.Exec(t, "ecc", prepare+order.database(`"SAPSR3"`, "")+grant)
	t.Setenv("ECC_PASSWORD", servertest.Password)
	source := fmt.Sprintf("timezone: Europe/Berlin\nschema: %s\npassword_from: env:ECC_PASSWORD\ndatabase: %q", schema, server.URL("reader", "ecc"))

	// One client: nothing has to be said.
	sapProject(t, source)
	millrace(t, "ingest")
	sameStore(t, "one client", sapStore(t), want)

	// Two: which?
	server.Exec(t, "ecc", prepare+order.database(`"SAPSR3"`, "200")+grant)
	for _, command := range []string{"ingest", "doctor"} {
		code, out, errs := try(t, command)
		if all := out + errs; code != failed || !strings.Contains(all, `its tables have rows of more than one client, 100 (VBAK, VBAP, VBEP and `) || !strings.Contains(all, `say which to read: sap_client: "200"`) {
			t.Errorf("%s with two clients: exit %d\n%s", command, code, all)
		}
	}
	for _, client := range []string{"100", "200"} {
		sapProject(t, source+"\nsap_client: \""+client+"\"")
		for _, r := range ingestJSON(t).Loads[0].Reconciliation {
			if r.Counted != r.Read {
				t.Errorf("client %s: %s: %d rows counted, %d read", client, r.Table, r.Counted, r.Read)
			}
		}
		sameStore(t, "client "+client, sapStore(t), want)
		if code, out, errs := try(t, "doctor"); code != done || strings.Contains(out, "its key is declared") {
			t.Errorf("doctor: exit %d\n%s%s", code, out, errs)
		}
	}
	sapProject(t, source+"\nsap_client: 300")
	if code, _, errs := try(t, "ingest"); code != failed || !strings.Contains(errs, `sap_client: no table has a row of client "300"; there is 100, 200`) {
		t.Errorf("a client that is not there: exit %d\n%s", code, errs)
	}
	sapProject(t, "path: x\nsap_client: \"100\"")
	if code, _, errs := try(t, "ingest"); code == done || !strings.Contains(errs, "sap_client: it says which rows of an SAP's database are read") {
		t.Errorf("a client of a folder: exit %d\n%s", code, errs)
	}
}
