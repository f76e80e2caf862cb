package sap

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
)

func TestTables(t *testing.T) {
	list, err := tables()
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]string{}
	for _, tab := range list {
		for _, name := range slices.Concat([]string{tab.Name}, tab.Aliases) {
			folded := strings.ToLower(strings.ReplaceAll(name, "_", ""))
			if other := called[folded]; other != "" {
				t.Errorf("%s: %s too is called %s", tab.Name, other, name)
			}
			called[folded] = tab.Name
		}
		for alias, name := range tab.ColumnAliases {
			if !has(&tab, name) {
				t.Errorf("%s: %s is called %q, which is no column", tab.Name, alias, name)
			}
			if has(&tab, alias) && !strings.EqualFold(alias, name) {
				t.Errorf("%s: %q is a column and another's name", tab.Name, alias)
			}
		}
		for _, name := range tab.Never {
			if has(&tab, name) {
				t.Errorf("%s.%s is stored, and never", tab.Name, name)
			}
		}
		if !tab.Optional {
			t.Errorf("%s is not optional", tab.Name)
		}
		for _, user := range []string{"ernam", "aenam", "usnam", "username", "bname", "qname", "uname", "created_by", "changed_by", "closed_by", "processor", "responsible", "euser", "crusr", "chusr", "ppnam", "ename", "usnam_mkpf", "fin_coordinator"} {
			if has(&tab, user) && !slices.Contains(tab.Personal, user) {
				t.Errorf("%s.%s is a user's name, and not said to be personal", tab.Name, user)
			}
		}
	}
	for _, name := range strings.Fields("VBAK VBAP VBEP VBKD VBFA VBUK VBUP LIKP LIPS VTTK VTTP LTAK LTAP VBRK VBRP BKPF BSEG ACDOCA BSID BSAD CDHDR CDPOS MATDOC MKPF MSEG NAST EDIDC EDIDS FEBEP MHND SCMG_T_CASE_ATTR UDMCASEATTR00 FDM_DCOBJ KNA1 KNVV MARA MAKT TCURX USR02") {
		if called[strings.ToLower(strings.ReplaceAll(name, "_", ""))] == "" {
			t.Errorf("no table %s", name)
		}
	}
}

func has(t *eventlog.Table, column string) bool {
	return slices.ContainsFunc(t.Columns, func(c eventlog.TableColumn) bool { return strings.EqualFold(c.Name, column) })
}

// Every table of a source has its words in the README.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, tab := range System().Tables {
		if !strings.Contains(string(text), tab.Name) {
			t.Errorf("README.md says nothing of %s", tab.Name)
		}
	}
}

func TestSample(t *testing.T) {
	var p struct {
		Sources map[string]map[string]struct{ Path string }
	}
	if err := yaml.NewDecoder(strings.NewReader(Sample), yaml.Strict()).Decode(&p); err != nil {
		t.Fatal(err)
	}
	if p.Sources["erp"][Kind].Path == "" {
		t.Errorf("%v", p)
	}
}

// Every way to write a day, a second, a number and a document says the same,
// for all days of sixty years and every seventh second of a day.
func TestSpellings(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	words, _, _ := strings.Cut(mapping(), "CREATE TEMP TABLE")
	if _, err := db.Exec("SET TimeZone = 'UTC'; CREATE MACRO source_zone() AS 'Europe/Berlin';" + words); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ values, want, spelling string }{
		{"SELECT DATE '1980-01-01' + range::INTEGER AS x FROM range(22000)", "x", `day_of(strftime(x, '%Y%m%d')), day_of(x::VARCHAR), day_of(x || 'T00:00:00.000Z'), day_of(strftime(x, '%d.%m.%Y')), day_of('/Date(' || epoch_ms(x::TIMESTAMP) || ')/'), day_of(' ' || x)`},
		{"SELECT range AS x FROM range(1, 86400, 7)", "x", `clock_of(strftime(make_timestamp(x * 1000000), '%H%M%S')), clock_of(strftime(make_timestamp(x * 1000000), '%H:%M:%S')),
			clock_of('PT' || x // 3600 || 'H' || x // 60 % 60 || 'M' || x % 60 || 'S'), clock_of('{"hours":"' || x // 3600 || '","minutes":"' || x // 60 % 60 || '","seconds":"' || x % 60 || '"}'),
			clock_of('{"seconds": ' || x % 60 || ', "minutes": ' || x // 60 % 60 || ', "hours": ' || x // 3600 || '}')`},
		{"SELECT TIMESTAMPTZ '2026-01-01 00:00:01+00' + to_seconds(range * 7919) AS x FROM range(20000)", "x", `utc_of(strftime(x, '%Y%m%d%H%M%S')), utc_of(strftime(x, '%Y%m%d%H%M%S') || '.1234567'), utc_of(strftime(x, '%Y-%m-%dT%H:%M:%SZ')), utc_of('/Date(' || epoch_ms(x) || ')/')`},
		{"SELECT (range * 1.237)::DECIMAL(28,6) AS x FROM range(20000)", "x", `number_of(x::VARCHAR), number_of('   ' || x || ' '), number_of(replace(x::VARCHAR, '.', ',')), number_of(format('{:,}', trunc(x)::BIGINT) || '.' || split_part(x::VARCHAR, '.', 2)), -number_of(x || '-'), -number_of('  ' || x || '- ')`},
		{"SELECT range AS x FROM range(1, 20000)", "x::VARCHAR", "id_of(x::VARCHAR), id_of(lpad(x::VARCHAR, 10, '0')), id_of(' ' || lpad(x::VARCHAR, 18, '0') || ' ')"},
	} {
		if list := rows(t, db, "SELECT x, list FROM (SELECT x, "+c.want+" AS want, ["+c.spelling+"] AS list FROM ("+c.values+")) WHERE list_distinct(list) <> [want] OR len(list_filter(list, v -> v IS NULL)) > 0 LIMIT 3"); len(list) > 0 {
			t.Errorf("%s", list)
		}
	}
	for what, want := range map[string]string{
		"day_of('00000000')": "–", "day_of('')": "–", "day_of('31.02.2026')": "–", "day_of('20261301')": "–", "day_of('no')": "–",
		"precision_of('000000')": "day", "precision_of('')": "day", "precision_of(NULL)": "day", "precision_of('PT00H00M00S')": "day", "precision_of('000001')": "exact",
		"number_of('')": "–", "number_of('x')": "–", "number_of('*')": "–", "number_of('123456789012345.25')": "123456789012345.25", "number_of('1.234.567,50-')": "-1234567.5", "number_of('1,5')": "1.5", "id_of('0000000000')": "–", "id_of('A-01')": "A-01", "id_of('')": "–",
		"utc_of('0')": "–", "utc_of('')": "–", "plain(number_of('10.500'))": "10.5", "plain(number_of('100'))": "100", "plain(number_of('0.000'))": "0",
		// the server's clock, in winter and in summer
		"time_of('20260105', '091500')": "2026-01-05 08:15:00+00", "time_of('20260705', '091500')": "2026-07-05 07:15:00+00", "time_of('20260105', '')": "2026-01-04 23:00:00+00",
	} {
		if got := rows(t, db, "SELECT "+what+" AS x"); got[0] != want {
			t.Errorf("%s is %s, want %s", what, got[0], want)
		}
	}
}

// To load the same extract again changes nothing, nor does it to have the rows
// in another order.
func TestAgain(t *testing.T) {
	t.Parallel()
	dir, store := t.TempDir(), filepath.Join(t.TempDir(), "millrace.duckdb")
	write(t, filepath.Join(dir, "VBAK.csv"), "VBELN,ERDAT,ERZET,VBTYP,LIFSK\n0000000001,20260105,090000,C,01\n0000000002,20260105,090000,C,")
	write(t, filepath.Join(dir, "VBAP.csv"), "VBELN,POSNR,KWMENG\n0000000001,000010,1\n0000000002,000010,2")
	once, _ := load(t, store, dir, "UTC")
	if once.Events.New != 4 || once.RowsNew != 4 { // two orders, a block, a release
		t.Errorf("once: %+v", once)
	}
	again, _ := load(t, store, dir, "UTC")
	if again.Load != 0 || again.Events != (eventlog.Delta{}) {
		t.Errorf("again: %+v", again)
	}
	write(t, filepath.Join(dir, "VBAK.csv"), "VBELN,ERDAT,ERZET,VBTYP,LIFSK\n0000000002,20260105,090000,C,\n0000000001,20260105,090000,C,01")
	turned, _ := load(t, store, dir, "UTC")
	if turned.Events != (eventlog.Delta{}) || turned.RowsNew != 0 {
		t.Errorf("turned: %+v", turned)
	}
	// A change in one table is mapped with what the other had.
	write(t, filepath.Join(dir, "VBAK.csv"), "VBELN,ERDAT,ERZET,VBTYP,LIFSK\n0000000001,20260105,090000,C,\n0000000002,20260105,090000,C,")
	changed, _ := load(t, store, dir, "UTC")
	if changed.Events != (eventlog.Delta{New: 1, Gone: 1}) || changed.RowsNew != 1 { // the block is gone, the order released
		t.Errorf("changed: %+v", changed)
	}
}
