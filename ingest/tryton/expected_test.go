package tryton

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shared returns the folder of the extraction others made of the same ERP, and
// skips the test where it is missing.
func shared(t testing.TB) string {
	t.Helper()
	root := os.Getenv("MILLRACE_SHARED")
	if root == "" {
		root = "../../../shared" // beside the project's root
	}
	dir := filepath.Join(root, "data", "tryton_o2c")
	if _, err := os.Stat(filepath.Join(dir, "expected_event.csv")); err != nil {
		t.Skipf("no %s: set MILLRACE_SHARED to the folder that has data/tryton_o2c", dir)
	}
	return dir
}

// records reads a CSV file as one map a row.
func records(t *testing.T, path string) []map[string]string {
	t.Helper()
	rows := readCSV(t, path)
	var list []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = r[i]
		}
		list = append(list, m)
	}
	return list
}

// A names says by which of our ids a Tryton record is known.
type names struct {
	prefix  map[string]string   // of models whose records keep their id
	special map[string][]string // "account.move.reconciliation,7": its applications, …
}

func ourNames(t *testing.T, db *sql.DB) *names {
	n := &names{
		prefix: map[string]string{
			"sale.sale": "sale:", "sale.line": "sale-line:", "sale.amendment": "amendment:", "sale.complaint": "complaint:",
			"stock.shipment.out": "shipment:", "stock.shipment.out.return": "return-shipment:", "stock.move": "move:",
			"account.invoice": "invoice:", "account.invoice.line": "invoice-line:", "account.statement.line": "statement-line:",
		},
		special: map[string][]string{},
	}
	for _, pair := range column(t, db, `
		SELECT 'account.move.line,' || id || '=entry:' || id FROM map_tryton.entry
		UNION ALL SELECT 'account.move.line,' || id || '=' || receipt FROM map_tryton.payment_line
		UNION ALL SELECT 'account.move.line,' || line || '=application:' || link FROM map_tryton.applied
		UNION ALL SELECT 'account.move.reconciliation,' || r.id || '=' || a.id FROM account_move_reconciliation r JOIN map_tryton.object_Application a ON a.clearing = r.number`) {
		k, v, _ := strings.Cut(pair, "=")
		n.special[k] = append(n.special[k], v)
	}
	return n
}

func (n *names) of(model, id string) []string {
	if p, ok := n.prefix[model]; ok {
		return []string{p + id}
	}
	return n.special[model+","+id]
}

// account compares what is expected with what there is, and what is over with
// the reasons that are committed for it.
type account struct {
	t    *testing.T
	what string
	have map[string]string // key of a fact → what it is, for counting
	used map[string]bool
}

func (a *account) find(candidates []string, row map[string]string) {
	a.t.Helper()
	for _, c := range candidates {
		if _, ok := a.have[c]; ok {
			a.used[c] = true
			return
		}
	}
	a.t.Errorf("not found: %v, tried %q", row, candidates)
}

func (a *account) checkRest() {
	a.t.Helper()
	over := map[string]int{}
	for key, kind := range a.have {
		if !a.used[key] {
			over[kind]++
		}
	}
	for _, r := range records(a.t, "testdata/additional.csv") {
		if r["what"] != a.what {
			continue
		}
		kind := r["ours"] + "|" + r["object"]
		if got := fmt.Sprint(over[kind]); got != r["count"] {
			a.t.Errorf("additional %s: %s, testdata/additional.csv says %s", kind, got, r["count"])
		}
		delete(over, kind)
	}
	for kind, n := range over {
		a.t.Errorf("%d %s %q without a reason in testdata/additional.csv", n, a.what, kind)
	}
}

func (a *account) load(db *sql.DB, query string) {
	a.t.Helper()
	a.have, a.used = map[string]string{}, map[string]bool{}
	for _, row := range column(a.t, db, query) {
		key, kind, _ := strings.Cut(row, "==")
		a.have[key] = kind
	}
}

// Every event others extracted from the same ERP is ours too: same activity,
// time, user and object.
func (x *extract) testEvents(t *testing.T) {
	dir := shared(t)
	n := ourNames(t, x.db)
	a := &account{t: t, what: "event"}
	// the same second may hold the same activity on several objects: key by object
	a.load(x.db, `SELECT strftime(e.time, '%Y-%m-%d %H:%M:%S.%f') || '|' || e.resource || '|' || e.activity || '|' ||
			(SELECT CASE WHEN e.activity = 'Clear Receivable' THEN min(o.id) FILTER (o.type = 'Application')
			             ELSE min(o.id) FILTER (o.qualifier = 'on') END FROM map_tryton.event_object o WHERE o.event_key = e.key)
			|| '|' || coalesce(e.field, '') || '==' || e.activity || '|' ||
			(SELECT min(o.type) FILTER (o.qualifier = 'on') FROM map_tryton.event_object o WHERE o.event_key = e.key)
		FROM map_tryton.event e`)
	words := records(t, "testdata/translation.csv")
	for _, row := range records(t, filepath.Join(dir, "expected_event.csv")) {
		i := slices.IndexFunc(words, func(w map[string]string) bool {
			return w["what"] == "event" && w["expected"] == row["activity"] && w["object"] == row["ot"]
		})
		if i < 0 {
			t.Errorf("testdata/translation.csv has no %q of %s", row["activity"], row["ot"])
			continue
		}
		var candidates []string
		for _, id := range n.of(row["ot"], row["oid"]) {
			for _, field := range []string{"", row["attrs"], map[string]string{"Change Quantity": "quantity", "Change Price": "net_price"}[row["activity"]]} {
				candidates = append(candidates, strings.Join([]string{micro(row["ts"]), row["login"], words[i]["ours"], id, field}, "|"))
			}
		}
		a.find(candidates, row)
	}
	a.checkRest()
}

// micro writes a PostgreSQL time with six digits after the point.
func micro(ts string) string {
	s, f, _ := strings.Cut(ts, ".")
	return s + "." + (f + "000000")[:6]
}

// Every relation others extracted is ours too, by the committed translation.
func (x *extract) testRelations(t *testing.T) {
	dir := shared(t)
	n := ourNames(t, x.db)
	a := &account{t: t, what: "relation"}
	a.load(x.db, `SELECT source_type || ' ' || source_id || ' ' || qualifier || ' ' || target_type || ' ' || target_id || '==' ||
			qualifier || '|' || source_type || ' > ' || target_type FROM map_tryton.object_object`)
	words := records(t, "testdata/translation.csv")
	for _, row := range records(t, filepath.Join(dir, "expected_o2o.csv")) {
		var candidates []string
		for _, w := range words {
			if w["what"] != "relation" || w["expected"] != row["qualifier"] || w["object"] != row["src_type"]+" > "+row["dst_type"] {
				continue
			}
			source, target, _ := strings.Cut(w["ours_object"], " > ")
			for _, x := range n.of(row["src_type"], row["src_id"]) {
				for _, y := range n.of(row["dst_type"], row["dst_id"]) {
					candidates = append(candidates,
						strings.Join([]string{source, x, w["ours"], target, y}, " "),
						strings.Join([]string{source, y, w["ours"], target, x}, " "))
				}
			}
		}
		a.find(candidates, row)
	}
	a.checkRest()
}
