package bank

import (
	"bytes"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
)

// payments names a customer as a debtor, in a text beside a number that is an
// invoice's, in a text of which nothing leads anywhere, and in the other order.
const payments = `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>S1</Id>
<FrToDt><FrDtTm>2026-03-02T00:00:00+01:00</FrDtTm><ToDtTm>2026-03-02T23:59:59+01:00</ToDtTm></FrToDt><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>
` +
	`<Ntry><Amt Ccy="EUR">119.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt><NtryDtls><TxDtls>
<Refs><EndToEndId>KUNDE 300475</EndToEndId><MndtId>MANDATE-77812</MndtId></Refs><RltdPties><Dbtr><Pty><Nm>MUELLER ZWILLA</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>Rechnung 90001 von Zwilla  Müller, danke</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">50.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt><NtryDtls><TxDtls>
<RltdPties><Dbtr><Pty><Nm>Factor Bank</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>MULLER/300475 fuer ABC12345</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">70.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt><NtryDtls><TxDtls>
<RltdPties><Dbtr><Pty><Nm>Bert Muller</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>DE44500105175407324931</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>Rechnung 90002</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>`

// Who is forgotten as a customer of the ERP is nowhere in what the bank said
// either: in no table, column file or spool, and in no byte of the store. The
// money and the invoice it paid stay, and another payer's name does.
func TestForgetPayer(t *testing.T) {
	dir, at := t.TempDir(), t.TempDir()
	path := filepath.Join(at, "store.duckdb")
	must(t, os.WriteFile(filepath.Join(dir, "s.xml"), []byte(payments), 0o600))
	names := eventlog.Names{Keep: true, Key: []byte("0123456789abcdef0123456789abcdef")}
	rows := func(table, columns string, list ...string) eventlog.TableRows {
		return eventlog.TableRows{Table: table, File: table, Columns: strings.Split(columns, ","), Complete: true, Rows: func(fn func(int64, []string) error) error {
			for i, r := range list {
				if err := fn(int64(i), strings.Split(r, ",")); err != nil {
					return err
				}
			}
			return nil
		}}
	}
	text := func(names ...string) (list []eventlog.TableColumn) {
		for _, n := range names {
			list = append(list, eventlog.TableColumn{Name: n, SQL: "VARCHAR"})
		}
		return list
	}
	sys := erp()
	sys.Tables = append(sys.Tables, eventlog.Table{Name: "customer", Key: []string{"id"}, Columns: text("id", "number", "name")})
	sys.Mapping += "CREATE VIEW object_Customer AS SELECT id, 'customer' AS source_table, id AS source_key, number, name FROM customer;"
	zone := "UTC"
	both := func() (r eventlog.LoadReceipt) {
		t.Helper()
		load := func(sys eventlog.System, rows []eventlog.TableRows) {
			staged, err := eventlog.StageTables(t.Context(), path, sys, rows, eventlog.ExtractOptions{Names: names})
			must(t, err)
			defer func() { must(t, staged.Discard()) }()
			s := open(t, path)
			defer func() { must(t, s.Close()) }()
			r, err = s.MergeTables(t.Context(), staged)
			must(t, err)
		}
		load(*sys, []eventlog.TableRows{rows("invoice", "id,number", "I1,90001", "I2,90002"), rows("customer", "id,number,name", "c1,300475,Zwilla Müller", "c2,300999,Bert Muller")})
		bank := System()
		bank.Uses, bank.Derived, bank.Timezone = []string{"erp"}, o2c.Refresh(), zone
		tables, err := Open(t.Context(), dir, bank, false)
		must(t, err)
		defer func() { must(t, tables.Close()) }()
		load(*bank, tables.Rows)
		s := open(t, path)
		defer func() { must(t, s.Close()) }()
		must(t, s.DefineLog(t.Context(), eventlog.LogDefinition{Name: "money", CaseType: "Receipt"}))
		must(t, s.BuildColumns(t.Context(), "money", eventlog.LogOptions{Model: o2c.Model()}))
		return r
	}
	both()
	must(t, os.WriteFile(filepath.Join(at, ".millrace-spool-bank"), []byte("ZWILLA"), 0o600))
	secrets := []string{"Zwilla", "ZWILLA", "Müller", "MUELLER", "300475", "MANDATE-77812", "DE89370400440532013000"}
	if n := len(places(t, at, secrets)); n < len(secrets) {
		t.Fatalf("only %d of the words are in the files: that they are gone proves nothing", n)
	}
	said := func() string {
		return ask(t, path, `SELECT concat_ws(' ', r.amount, r.reference, x.qualifier, i.id) FROM objects."Receipt" r
				LEFT JOIN main.object_object x ON x.source_object = r.object LEFT JOIN main.object i ON i.object = x.target_object ORDER BY r.amount DESC`) +
			ask(t, path, `SELECT concat_ws(' ', 'looked for', key, 'found', matches) FROM main.link ORDER BY key`) +
			ask(t, path, `SELECT concat_ws(' ', party, party_account, mandate, '|', remittance, '|', end_to_end) FROM landing_bank.statement_line ORDER BY amount DESC`)
	}
	s := open(t, path)
	r, err := s.Forget(t.Context(), "300475", eventlog.ForgetOptions{Names: names, Derived: o2c.Refresh()})
	must(t, err)
	must(t, s.Close())
	if r.Customers != 1 || r.Values < 2 {
		t.Errorf("%+v", r)
	}
	const want = `119.0000 Rechnung 90001 von forgotten, danke KUNDE forgotten pays I1
70.0000 Rechnung 90002 pays I2
50.0000 MULLER/forgotten fuer ABC12345
looked for 90001 found 1
looked for 90002 found 1
looked for ABC12345 found 0
| Rechnung 90001 von forgotten, danke | KUNDE forgotten
Bert Muller DE44500105175407324931 | Rechnung 90002 |
Factor Bank | MULLER/forgotten fuer ABC12345 |
`
	for _, when := range []string{"forgotten", "read again", "mapped again"} {
		if when == "mapped again" {
			zone = "Europe/Berlin"
		}
		if when != "forgotten" {
			if r := both(); r.RowsNew != 0 && zone == "UTC" || r.Events.New+r.Events.Gone > 0 || r.Relations != (eventlog.Delta{}) {
				t.Errorf("%s: %+v", when, r)
			}
		}
		if got := places(t, at, secrets); len(got) > 0 {
			t.Errorf("%s: still there: %v", when, got)
		}
		if got := said(); got != want {
			t.Errorf("%s: got\n%swant\n%s", when, got, want)
		}
	}
}

func open(t *testing.T, path string) *eventlog.Store {
	t.Helper()
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	must(t, err)
	return s
}

// ask returns the answers to a query, a line each.
func ask(t *testing.T, path, query string) string {
	t.Helper()
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	must(t, err)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
	must(t, err)
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		fmt.Fprintln(&b, strings.TrimSpace(line))
	}
	must(t, rows.Err())
	return b.String()
}

// places lists where words are: in the bytes of files, and, as those may be
// compressed, in columns of the store's tables.
func places(t *testing.T, dir string, words []string) (list []string) {
	t.Helper()
	must(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, path))
		for _, w := range words {
			if bytes.Contains(b, []byte(w)) {
				list = append(list, path+": "+w)
			}
		}
		return err
	}))
	path := filepath.Join(dir, "store.duckdb")
	all := strings.Fields(ask(t, path, `SELECT '"' || schema_name || '"."' || table_name || '" "' || column_name || '"' FROM duckdb_columns() JOIN duckdb_tables() USING (database_name, schema_name, table_name)
		WHERE database_name = current_database() AND data_type = 'VARCHAR'`))
	var queries []string
	for i := 0; i < len(all); i += 2 {
		queries = append(queries, fmt.Sprintf("SELECT '%s' || ': ' || w FROM words WHERE EXISTS (FROM %[1]s WHERE contains(%s, w))", all[i], all[i+1]))
	}
	found := ask(t, path, "WITH words AS (SELECT unnest(['"+strings.Join(words, "', '")+"']) AS w) "+strings.Join(queries, " UNION ALL "))
	return append(list, strings.Split(strings.TrimSpace(found), "\n")[:strings.Count(found, "\n")]...)
}
