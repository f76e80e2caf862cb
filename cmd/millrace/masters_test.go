package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/ingest/erpnext"
	"millrace/ingest/odoo"
)

// writeTables writes the files of a system: the tables given, each a header and
// rows, and of what it must have besides only names.
func writeTables(t *testing.T, dir string, sys *eventlog.System, tables map[string]string) {
	t.Helper()
	for _, table := range sys.Tables {
		text, ok := tables[table.Name]
		if !ok && table.Optional {
			continue
		}
		lines := strings.Split(text, "\n")
		for _, c := range table.Required {
			if slices.Contains(strings.Split(lines[0], ","), c) {
				continue
			}
			for i := range lines {
				if i == 0 {
					lines[i] += "," + c
				} else {
					lines[i] += ","
				}
			}
		}
		put(t, filepath.Join(dir, table.Name+".csv"), strings.TrimPrefix(strings.Join(lines, "\n"), ",")+"\n")
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// odooPartners are an Odoo's tables: its partners, each with an order.
func odooPartners(partners string) map[string]string {
	orders := "id,name,state,create_date,create_uid,date_order,partner_id,company_id,currency_id,amount_untaxed"
	for _, line := range strings.Split(partners, "\n")[1:] {
		id, _, _ := strings.Cut(line, ",")
		orders += "\n" + id + ",S" + id + ",sale,2026-01-05 08:00:00,6,2026-01-05 08:10:00," + id + ",1,1,100"
	}
	return map[string]string{
		"res_currency": "id,name\n1,EUR", "res_users": "id,login,share\n6,anna,f", "res_country": "id,code\n57,DE\n75,FR",
		"res_partner": partners, "sale_order": orders,
	}
}

// erpnextCustomers are an ERPNext's tables: its customers, each with an order.
func erpnextCustomers(customers string) map[string]string {
	orders := "name,owner,creation,docstatus,customer,order_type,status,company,currency,net_total"
	for _, line := range strings.Split(customers, "\n")[1:] {
		id, _, _ := strings.Cut(line, ",")
		orders += "\nSO-" + id + ",anna,2026-01-05 09:00:00,1," + id + ",Sales,To Deliver,Mill,EUR,100"
	}
	return map[string]string{"tabCustomer": customers, "tabSales Order": orders}
}

// Two systems of one kind and one of another: customers are apart by source,
// and one by business key, as the project says.
func TestMasters(t *testing.T) {
	t.Chdir(t.TempDir())
	const (
		sources = "names: {key_from: 'env:MASTERS_KEY'}\nsources:\n  north: {odoo: {path: north}}\n  south: {odoo: {path: south}}\n  west: {erpnext: {path: west}}\n"
		one     = "SELECT concat_ws(' ', source, id, number, state, key, value, master_id) FROM o2c.masters WHERE type = 'Customer' ORDER BY 1"
		southBy = "id,commercial_partner_id,name,ref,country_id,vat\n7,7,Corner,77,57,123456789\n9,9,Number,c-8,,\n12,12,Late,,57,"
	)
	t.Setenv("MASTERS_KEY", strings.Repeat("ab", 32))
	put(t, "millrace.yaml", sources)
	writeTables(t, "north", odoo.System(), odooPartners("id,commercial_partner_id,name,ref,country_id,vat\n7,7,Corner Shop,C7,57,DE 123.456.789\n8,8,Number,C-8,57,\n"+
		"10,10,Branch A,B1,75,FR 12 345678901\n11,11,Branch B,B2,75,FR12345678901\n12,12,Late,L1,57,DE987654321"))
	writeTables(t, "south", odoo.System(), odooPartners(southBy))
	writeTables(t, "west", erpnext.System(), erpnextCustomers("name,customer_name,customer_group,payment_terms,default_currency,tax_id\nCORNER,Corner GmbH,Retail,,EUR,de-123456789\nB2,Branch,Retail,,EUR,fr12345678901\nALONE,Alone BV,Retail,,EUR,NL123456789B01"))

	want := func(what string, lines ...string) {
		t.Helper()
		if got := told(t, one); got != strings.Join(lines, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", what, got, strings.Join(lines, "\n"))
		}
	}
	out := millrace(t, "ingest")
	for _, line := range []string{"Customer     north        1       2          2  tax_number", "Customer     south        1       2          0  tax_number", "Customer     west         1       1          1  tax_number"} {
		if !strings.Contains(out, line) {
			t.Errorf("ingest does not say %q:\n%s", line, out)
		}
	}
	alone := "west customer:ALONE ALONE single customer:ALONE"
	corner := []string{"north north:partner:7 C7 joined tax_number DE123456789 customer:CORNER", "south south:partner:7 77 joined tax_number DE123456789 customer:CORNER", "west customer:CORNER CORNER joined tax_number DE123456789 customer:CORNER"}
	branch := []string{"north north:partner:10 B1 ambiguous tax_number FR12345678901 north:partner:10", "north north:partner:11 B2 ambiguous tax_number FR12345678901 north:partner:11"}
	want("by keys that are unique in the world", branch[0], branch[1], "north north:partner:12 L1 single north:partner:12", corner[0], "north north:partner:8 C-8 single north:partner:8",
		"south south:partner:12 single south:partner:12", corner[1], "south south:partner:9 c-8 single south:partner:9", alone, "west customer:B2 B2 ambiguous tax_number FR12345678901 customer:B2", corner[2])
	if got := told(t, "SELECT concat_ws(' ', customer_master, count(*), count(DISTINCT customer_id)) FROM o2c.orders GROUP BY customer_master HAVING count(*) > 1"); got != "customer:CORNER 3 3" {
		t.Errorf("orders by customer: %q", got)
	}

	// What cannot be told is listed.
	links := millrace(t, "links", "--orphans", "5")
	for _, text := range []string{"north:partner:10 (B1): tax_number FR12345678901 is that of 3; it may be any of them", "west, Customer:\n  customer:B2 (B2): tax_number"} {
		if !strings.Contains(links, text) {
			t.Errorf("links do not say %q:\n%s", text, links)
		}
	}
	var said struct{ Masters []masterCount }
	if err := json.Unmarshal([]byte(millrace(t, "links", "--json", "--orphans", "5", "--system", "west")), &said); err != nil {
		t.Fatal(err)
	}
	if m := said.Masters; len(m) != 1 || m[0].Joined != 1 || m[0].Single != 1 || m[0].Ambiguous != 1 || len(m[0].Orphans) != 1 || m[0].Orphans[0].ID != "customer:B2" || m[0].Orphans[0].Shared != 3 {
		t.Errorf("%+v", m)
	}

	// The project says that a number counts too, and nothing new was read: of the branches, one is told by it.
	put(t, "millrace.yaml", sources+"masters: {Customer: [tax_number, number]}\n")
	millrace(t, "ingest")
	late := "north north:partner:12 L1 joined tax_number DE987654321 north:partner:12"
	numbered := []string{"north north:partner:11 B2 joined number B2 customer:B2", "north north:partner:8 C-8 joined number C-8 north:partner:8", "south south:partner:9 c-8 joined number C-8 north:partner:8", "west customer:B2 B2 joined number B2 customer:B2"}
	want("by number", branch[0], numbered[0], "north north:partner:12 L1 single north:partner:12", corner[0], numbered[1], "south south:partner:12 single south:partner:12", corner[1], numbered[2], alone, numbered[3], corner[2])

	// A VAT id that is added later joins, one that is changed parts.
	for _, step := range []struct{ vat, north, south string }{
		{"DE 987654321", late, "south south:partner:12 joined tax_number DE987654321 north:partner:12"},
		{"DE 987654320", "north north:partner:12 L1 single north:partner:12", "south south:partner:12 single south:partner:12"},
	} {
		writeTables(t, "south", odoo.System(), odooPartners(southBy+step.vat))
		millrace(t, "ingest", "south")
		want(step.vat, branch[0], numbered[0], step.north, corner[0], numbered[1], step.south, corner[1], numbered[2], alone, numbered[3], corner[2])
	}

	// Who says so in a file is believed: by number or id, within a source too. A line that means nobody is told.
	put(t, "millrace.yaml", sources+"masters:\n  Customer: {file: customers.csv}\n")
	put(t, "customers.csv", "\ufeffid;source;same as\nB1;north;GOLD-9\nnorth:partner:11;north;GOLD-9\nALONE;west;GOLD-10\nL1;north;GOLD-10\nnobody;south;GOLD-10\n")
	if out := millrace(t, "ingest"); !strings.Contains(out, "customers.csv: 1 of 5 lines mean no Customer of that source, or several by its number: line 6.") {
		t.Errorf("said\n%s", out)
	}
	want("by a file", "north north:partner:10 B1 joined file GOLD-9 customer:B2", "north north:partner:11 B2 joined file GOLD-9 customer:B2", "north north:partner:12 L1 joined file GOLD-10 customer:ALONE", corner[0],
		"north north:partner:8 C-8 single north:partner:8", "south south:partner:12 single south:partner:12", corner[1], "south south:partner:9 c-8 single south:partner:9",
		"west customer:ALONE ALONE joined file GOLD-10 customer:ALONE", "west customer:B2 B2 joined tax_number FR12345678901 customer:B2", corner[2])

	// Who is forgotten leaves no key behind, however it is spelled, and does not come back.
	holds := func(text string) bool {
		b, err := os.ReadFile("millrace.duckdb")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(b), text)
	}
	if !holds("NL123456789B01") {
		t.Error("the key is nowhere, so that it is gone says nothing")
	}
	millrace(t, "forget", "ALONE", "--yes")
	for _, when := range []string{"at once", "loaded again"} {
		if holds("NL123456789B01") {
			t.Errorf("%s: the key is still there", when)
		}
		if when == "at once" {
			west, err := os.ReadFile("west/tabCustomer.csv")
			if err != nil {
				t.Fatal(err)
			}
			put(t, "west/tabCustomer.csv", strings.Replace(string(west), "Corner GmbH", "Corner AG", 1))
			millrace(t, "ingest")
		}
	}
	if got := told(t, "SELECT concat_ws(' ', id, state) FROM o2c.masters WHERE id IN ('customer:ALONE', 'north:partner:12')"); got != "north:partner:12 single" {
		t.Errorf("after it: %q", got)
	}
}

// What is wrong with a table of masters, or with the setting, is said with its place.
func TestMastersMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, test := range []struct{ yaml, file, want string }{
		{"{Customer: [numbr]}", "", `millrace.yaml: masters: Customer: no key "numbr"; did you mean "number"?; want some of tax_number, gln, number`},
		{"{Custmer: [number]}", "", `masters: Custmer: no master data; did you mean "Customer"?; want Customer or Material`},
		{"{Customer: [number, number]}", "", `Customer: key "number" is given twice`},
		{"{Customer: []}", "", "an empty list"},
		{"{Customer: {}}", "", "neither by nor file"},
		{"{Customer: {fil: x.csv}}", "", `unknown field "fil"`},
		{"{Customer: {file: no.csv}}", "", "masters: Customer: no.csv: open"},
		{"{Customer: {file: c.csv}}", "", "c.csv: empty; want columns source, id, same_as"},
		{"{Customer: {file: c.csv}}", "source,id\na,1\n", `no column "same_as" in the header "source,id"`},
		{"{Customer: {file: c.csv}}", "source,id,same_as\na,1,x\na,,x\n", "line 3: id is empty"},
		{"{Customer: {file: c.csv}}", "source,id,same_as\na,1,x\na,1,x\na,1,y\n", `line 4: a "1" is "y", line 2 says "x"`},
		{"{Customer: {file: c.csv}}", "source,id,same_as\na,1,M\xfcller\n", "not UTF-8"},
		{"{Customer: {file: c.csv}}", "source,id,same_as\na,1\n", "record on line 2: wrong number of fields"},
	} {
		put(t, "millrace.yaml", "sources: {a: {odoo: {path: a}}}\nmasters: "+test.yaml+"\n")
		put(t, "c.csv", test.file)
		if code, _, errs := try(t, "ingest"); code != 2 || !strings.Contains(errs, test.want) {
			t.Errorf("%s %q: exit %d, said %s\nwant %s", test.yaml, test.file, code, errs, test.want)
		}
	}
	if _, err := os.Stat("millrace.duckdb"); !os.IsNotExist(err) {
		t.Errorf("a store was made: %v", err)
	}
}

// Odoo and Tryton number their records alike: invoice:51 of one is not that of the other.
func TestPrefixes(t *testing.T) {
	for _, test := range []struct{ sources, want string }{
		{"{a: {odoo: {path: a}}, b: {tryton: {path: b}}}", "a: b:"},
		{"{a: {odoo: {path: a}}, b: {odoo: {path: b}}}", "a: b:"},
		{"{a: {odoo: {path: a}}, b: {sap: {path: b}}, c: {bank: {path: c}}, d: {bank: {path: d}}}", ""},
	} {
		path := filepath.Join(t.TempDir(), "millrace.yaml")
		put(t, path, "sources: "+test.sources+"\n")
		p, err := readProject(path)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := (&env{Context: t.Context(), Project: p}).plan(nil)
		if err != nil {
			t.Fatal(err)
		}
		prefixes := map[string]bool{}
		for _, x := range plan {
			prefixes[x.sys.Prefix] = true
		}
		var got []string
		for _, name := range []string{"a:", "b:", "c:", "d:"} {
			if prefixes[name] {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q, want %q", test.sources, got, test.want)
		}
	}
}

// Whatever a file has, it is refused, or each of its lines says who is who; written again it says the same.
func FuzzSameMasters(f *testing.F) {
	for _, text := range []string{"source,id,same_as\na,1,x\n", "id;Same as;source\n1;x;a\n\n\"2\n3\";y;b\n", "\ufeffsource\tid\tsame_as\tnote\na\t1\tx\t\n", "source,id\n", "source,id,same_as\na,\"1,x\n", "source,id,same_as\na,1,x\na,1,y\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := readSameMasters(text)
		if err != nil {
			return
		}
		var again strings.Builder
		w := csv.NewWriter(&again)
		rows := [][]string{{"source", "id", "same_as"}}
		for _, s := range list {
			if s.Source == "" || s.ID == "" || s.SameAs == "" || s.Line < 2 {
				t.Fatalf("%+v of %q", s, text)
			}
			rows = append(rows, []string{s.Source, s.ID, s.SameAs})
		}
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		same, err := readSameMasters([]byte(again.String()))
		if err != nil || len(same) != len(list) {
			t.Fatalf("%q: %+v, written again %q: %+v %v", text, list, again.String(), same, err)
		}
		for i := range list {
			list[i].Line, same[i].Line = 0, 0
		}
		if !slices.Equal(list, same) {
			t.Errorf("%q: %+v, written again %+v", text, list, same)
		}
	})
}
