// Package trytontest holds what became of an ERP, by whatever way it was read,
// against what others extracted from the same one. It does not know how it was
// read.
package trytontest

import (
	"bytes"
	"database/sql"
	"embed"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"millrace/ingest/preset/presettest"
)

// testdata: translation.csv has our word for each of theirs, additional.csv what we have
// besides, and why.
//
//go:embed testdata/translation.csv testdata/additional.csv
var testdata embed.FS

// records reads a CSV file as one map a row.
func records(t *testing.T, file io.Reader) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
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

// committed are the records of a file beside this one, expected those of theirs.
func committed(t *testing.T, name string) []map[string]string {
	t.Helper()
	text, err := testdata.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return records(t, bytes.NewReader(text))
}

func expected(t *testing.T, dir, name string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return records(t, bytes.NewReader(text))
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
	for _, pair := range presettest.Column(t, db, `
		SELECT 'account.move.line,' || id || '=entry:' || id FROM entry
		UNION ALL SELECT 'account.move.line,' || id || '=' || receipt FROM payment_line
		UNION ALL SELECT 'account.move.line,' || line || '=application:' || link FROM applied
		UNION ALL SELECT 'account.move.reconciliation,' || r.id || '=' || a.id FROM account_move_reconciliation r JOIN object_Application a ON a.clearing = r.number`) {
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
	for _, r := range committed(a.t, "additional.csv") {
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
	for _, row := range presettest.Column(a.t, db, query) {
		key, kind, _ := strings.Cut(row, "==")
		a.have[key] = kind
	}
}

// Events checks that every event others extracted, in dir, is ours too: same
// activity, time, user and object. db is what [presettest.Ask] opened.
func Events(t *testing.T, db *sql.DB, dir string) {
	t.Helper()
	n := ourNames(t, db)
	a := &account{t: t, what: "event"}
	// the same second may hold the same activity on several objects: key by object
	a.load(db, `SELECT strftime(e.time, '%Y-%m-%d %H:%M:%S.%f') || '|' || e.resource || '|' || e.activity || '|' ||
			(SELECT CASE WHEN e.activity = 'Clear Receivable' THEN min(o.id) FILTER (o.type = 'Application')
			             ELSE min(o.id) FILTER (o.qualifier = 'on') END FROM event_object o WHERE o.event_key = e.key)
			|| '|' || coalesce(e.field, '') || '==' || e.activity || '|' ||
			(SELECT min(o.type) FILTER (o.qualifier = 'on') FROM event_object o WHERE o.event_key = e.key)
		FROM event e`)
	words := committed(t, "translation.csv")
	for _, row := range expected(t, dir, "expected_event.csv") {
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

// Relations checks that every relation others extracted is ours too, by the
// committed translation.
func Relations(t *testing.T, db *sql.DB, dir string) {
	t.Helper()
	n := ourNames(t, db)
	a := &account{t: t, what: "relation"}
	a.load(db, `SELECT source_type || ' ' || source_id || ' ' || qualifier || ' ' || target_type || ' ' || target_id || '==' ||
			qualifier || '|' || source_type || ' > ' || target_type FROM object_object`)
	words := committed(t, "translation.csv")
	for _, row := range expected(t, dir, "expected_o2o.csv") {
		var candidates []string
		for _, w := range words {
			if w["what"] != "relation" || w["expected"] != row["qualifier"] || w["object"] != row["src_type"]+" > "+row["dst_type"] {
				continue
			}
			source, target, _ := strings.Cut(w["ours_object"], " > ")
			for _, from := range n.of(row["src_type"], row["src_id"]) {
				for _, to := range n.of(row["dst_type"], row["dst_id"]) {
					candidates = append(candidates,
						strings.Join([]string{source, from, w["ours"], target, to}, " "),
						strings.Join([]string{source, to, w["ours"], target, from}, " "))
				}
			}
		}
		a.find(candidates, row)
	}
	a.checkRest()
}

// Stored checks that the store has what the mapping of a source says, and
// nothing else of it: events with their objects, and relations. Ids may have
// the source's name before them.
func Stored(t *testing.T, db *sql.DB, source string) {
	t.Helper()
	id := fmt.Sprintf("regexp_replace(%%s.id, '^%s:', '')", source)
	for _, c := range []struct{ what, mapped, stored string }{
		{"event", `SELECT e.activity, strftime(e.time, '%Y-%m-%d %H:%M:%S.%f'), e.resource, list_sort(list(DISTINCT o.type || ' ' || o.id || ' ' || o.qualifier))
			FROM event e LEFT JOIN event_object o ON o.event_key = e.key GROUP BY e.key, e.activity, e.time, e.resource`,
			`SELECT e.activity, strftime(e.time, '%Y-%m-%d %H:%M:%S.%f'), e.resource, list_sort(list(DISTINCT o.type || ' ' || ` + fmt.Sprintf(id, "o") + ` || ' ' || eo.qualifier))
			FROM main.event e LEFT JOIN main.event_object eo ON eo.event = e.event LEFT JOIN main.object o ON o.object = eo.object
			WHERE e.source = '` + source + `' GROUP BY e.event, e.activity, e.time, e.resource`},
		{"relation", "SELECT DISTINCT source_type, source_id, qualifier, target_type, target_id FROM object_object",
			"SELECT DISTINCT s.type, " + fmt.Sprintf(id, "s") + ", r.qualifier, o.type, " + fmt.Sprintf(id, "o") + ` FROM main.object_object r
			JOIN main.object s ON s.object = r.source_object JOIN main.object o ON o.object = r.target_object WHERE r.source = '` + source + "'"},
	} {
		if n := presettest.Column(t, db, "SELECT count(*)::VARCHAR FROM ("+c.mapped+")"); n[0] == "0" {
			t.Errorf("the mapping of %s says no %s", source, c.what)
		}
		for _, pair := range [][3]string{{c.mapped, c.stored, "mapped, not stored"}, {c.stored, c.mapped, "stored, not mapped"}} {
			if rows := presettest.Column(t, db, "SELECT CAST(x AS VARCHAR) FROM (("+pair[0]+") EXCEPT ALL ("+pair[1]+")) x LIMIT 5"); len(rows) > 0 {
				t.Errorf("%s %s: %s", c.what, pair[2], strings.Join(rows, "\n"))
			}
		}
	}
}
