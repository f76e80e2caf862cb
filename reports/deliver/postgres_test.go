package deliver

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"millrace/ingest/sqldb/servertest"
	"millrace/internal/retry"
)

// A real PostgreSQL gets typed rows, of all or of a period, and a table that
// others changed is adapted or refused.
func TestPostgres(t *testing.T) {
	server := servertest.PostgreSQL(t)
	server.Exec(t, "marts", "CREATE SCHEMA kpi; GRANT ALL ON SCHEMA kpi TO reader")
	db := server.Admin(t, "marts")
	env := testEnv(t.TempDir())
	p := &Postgres{Database: server.URL("reader", "marts"), Password: "env:SECRET", Schema: "kpi", TLS: "verify", CA: server.CA}
	if servertest.Password != secret {
		t.Fatal("the tests' passwords differ")
	}
	deliver := func(e Export) error {
		t.Helper()
		r, err := Deliver(t.Context(), To{Postgres: p}, e, env)
		clean(t, r, err)
		return err
	}
	rows := func(query string) string {
		t.Helper()
		var text string
		if err := db.QueryRow("SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM (" + query + ") t").Scan(&text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	for range 2 {
		if err := deliver(export("2026-10", 123456, -5)); err != nil {
			t.Fatal(err)
		}
		const want = `("Müller ""&"" \\N	",-0.05,1,1.5,2026-09-30,"2026-10-25 01:30:00.123456+00",9,https://erp.example/9)
("Müller ""&"" \\N	",1234.56,0,1.5,2026-09-30,"2026-10-25 01:30:00.123456+00",9,https://erp.example/9)
(,,,,,,,)`
		if diff := cmp.Diff(want, rows("SELECT customer, amount, items, late_days, due, dunned, invoice, invoice_url FROM kpi.overdue")); diff != "" {
			t.Error(diff)
		}
	}
	if got, want := rows("SELECT column_name, data_type, numeric_precision, numeric_scale FROM information_schema.columns WHERE table_name = 'overdue' AND column_name IN ('amount', 'dunned', 'due', 'items')"),
		"(amount,numeric,18,2)\n(due,date,,)\n(dunned,\"timestamp with time zone\",,)\n(items,bigint,64,0)"; got != want {
		t.Errorf("types %s", got)
	}

	// A column that is gone comes again, one of somebody else stays.
	server.Exec(t, "marts", "ALTER TABLE kpi.overdue DROP COLUMN due, ADD COLUMN remark text; UPDATE kpi.overdue SET remark = 'x'")
	if err := deliver(export("2026-10", 1)); err != nil {
		t.Fatal(err)
	}
	if got := rows("SELECT amount, due, remark FROM kpi.overdue"); got != "(,,)\n(0.01,2026-09-30,)" {
		t.Errorf("rows %s", got)
	}

	// Another type is refused, and nothing changes.
	server.Exec(t, "marts", "ALTER TABLE kpi.overdue ALTER COLUMN amount TYPE text; DELETE FROM kpi.exclusions")
	if err := deliver(export("2026-10", 2)); err == nil || !strings.Contains(err.Error(), `sheet overdue: "kpi"."overdue": column amount is text, and the export has numeric(18,2); rename or drop it there`) {
		t.Error(err)
	}
	if got := rows("SELECT amount FROM kpi.overdue") + rows("SELECT n FROM kpi.exclusions"); got != "()\n(0.01)" {
		t.Errorf("rows %s", got)
	}

	// By period: others stay.
	p.Rows, p.Table = "period", "by_{sheet}"
	for _, e := range []Export{export("2026-09", 1), export("2026-10", 2), export("2026-10", 3)} {
		if err := deliver(e); err != nil {
			t.Fatal(err)
		}
	}
	if got := rows("SELECT period, amount FROM kpi.by_overdue WHERE amount IS NOT NULL"); got != "(2026-09,0.01)\n(2026-10,0.03)" {
		t.Errorf("rows %s", got)
	}
	if got := rows("SELECT period, n FROM kpi.by_exclusions"); got != "(2026-09,3)\n(2026-10,3)" {
		t.Errorf("rows %s", got)
	}

	// Who reads is not kept waiting, and sees the rows before.
	reading, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reading.Exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM kpi.by_overdue"); err != nil {
		t.Fatal(err)
	}
	if err := deliver(export("2026-10", 4)); err != nil {
		t.Fatal(err)
	}
	var sum string
	if err := reading.QueryRow("SELECT sum(amount) FROM kpi.by_overdue").Scan(&sum); err != nil || sum != "0.04" {
		t.Errorf("a reader sees %s (%v)", sum, err)
	}
	if err := reading.Rollback(); err != nil {
		t.Fatal(err)
	}

	// A line that is cut is tried again, and rows are there once.
	proxy := servertest.NewProxy(t, server.Addr())
	cut := *p
	cut.Database = server.URLAt(proxy.Addr(), "reader", "marts")
	env.Retry = retry.Policy{Tries: 3, Pause: time.Millisecond}
	proxy.CutAfter(3000)
	r, err := Deliver(t.Context(), To{Postgres: &cut}, export("2026-10", 5), env)
	if clean(t, r, err); err != nil || r.Tries != 2 || r.Rows != 3 {
		t.Errorf("%+v, %v", r, err)
	}
	proxy.Refuse(true)
	r, err = Deliver(t.Context(), To{Postgres: &cut}, export("2026-10", 6), env)
	if clean(t, r, err); err == nil || r.Tries != 3 {
		t.Errorf("%+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Deliver(ctx, To{Postgres: p}, export("2026-10", 6), env); err == nil {
		t.Error("it goes on after it was cancelled")
	}
	if got := rows("SELECT period, amount FROM kpi.by_overdue WHERE amount IS NOT NULL"); got != "(2026-09,0.01)\n(2026-10,0.05)" {
		t.Errorf("rows %s", got)
	}

	wrong := *p
	wrong.Password = "env:WRONG"
	r, err = Deliver(t.Context(), To{Postgres: &wrong}, export("2026-10", 6), testEnv(""))
	if clean(t, r, err); err == nil || !strings.Contains(err.Error(), "password authentication failed") || r.Tries > 1 {
		t.Errorf("%+v, %v", r, err)
	}
	none := *p
	none.Schema = "public"
	if r, err := Deliver(t.Context(), To{Postgres: &none}, export("2026-10", 6), testEnv("")); err == nil || !strings.Contains(err.Error(), "grant the user CREATE on the schema") {
		t.Errorf("%+v, %v", r, err)
	}
}
