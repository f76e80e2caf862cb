package tryton

import (
	"strings"
	"testing"
)

// testKeyFigures computes key figures from the business views and compares
// them with an independent computation on the ERP's own tables: the queries of
// ../shared/domain/mappings/tryton_kpi_check.sql, run on the same extract.
func (x *extract) testKeyFigures(t *testing.T) {
	for _, c := range []struct{ doc, query, want string }{
		{"orders, paid, medians in hours: created → confirmed → allocated → shipped → invoiced, then days → paid", `
			WITH m AS (
				SELECT e.order_object, min(time) FILTER (activity = 'Create Sales Order') AS c, min(time) FILTER (activity = 'Confirm Sales Order') AS k,
				       min(time) FILTER (activity = 'Allocate Stock') AS a, max(time) FILTER (activity = 'Post Goods Issue') AS g,
				       min(time) FILTER (activity = 'Post Invoice') AS i, max(time) FILTER (activity = 'Invoice Paid') AS p
				FROM o2c.order_events e GROUP BY ALL)
			SELECT concat_ws(' ', count(*), count(p), round(median(epoch(k - c) / 3600), 1), round(median(epoch(a - k) / 3600), 1),
			       round(median(epoch(g - a) / 3600), 1), round(median(epoch(i - g) / 3600), 1), round(median(epoch(p - i) / 86400), 1))
			FROM m WHERE c IS NOT NULL`, "55 44 17.8 26.5 17.3 11.8 35.0"},
		{"the same from the columns of the views", `
			WITH d AS (SELECT order_id, min(allocated_at) AS a, max(shipped_at) AS g FROM o2c.deliveries GROUP BY ALL)
			SELECT concat_ws(' ', count(*), count(paid_at), round(median(epoch(confirmed_at - created_at) / 3600), 1),
			       round(median(epoch(a - confirmed_at) / 3600), 1), round(median(epoch(g - a) / 3600), 1),
			       round(median(epoch(first_posted_at - g) / 3600), 1))
			FROM o2c.orders LEFT JOIN d USING (order_id) WHERE NOT is_return`, "55 44 17.8 26.5 17.3 11.8"},
		{"orders in all, and touchless as the check has it: entered by EDI, nothing changed, confirmed by EDI", `
			WITH t AS (
				SELECT order_object, bool_or(activity IN ('Create Sales Order', 'Create Return Order') AND actor_kind = 'interface') AS entered,
				       bool_or(activity IN ('Change Quantity', 'Change Price', 'Amend Sales Order', 'Change Sales Order', 'Change Requested Date', 'Shipment Exception')
				               OR activity = 'Cancel Delivery' AND e.object_id NOT IN (SELECT id FROM map_tryton.deleted)) AS changed,
				       bool_or(activity = 'Confirm Sales Order' AND actor_kind <> 'interface') AS by_hand
				FROM o2c.order_objects JOIN o2c.object_events e USING (object) GROUP BY ALL)
			SELECT concat_ws(' ', count(*), count(*) FILTER (entered AND NOT changed AND NOT by_hand)) FROM t`, "57 22"},
		{"orders with a requested date, and shipped by it", `
			SELECT concat_ws(' ', count(*), count(*) FILTER (last_ship_at::DATE <= requested_date))
			FROM o2c.orders WHERE requested_date IS NOT NULL AND last_ship_at IS NOT NULL`, "23 20"},
		{"receivables net of unapplied cash, sales of the last 90 days, simple DSO", `
			WITH a AS (SELECT DATE '2026-05-25' AS day),
			ar AS (SELECT (SELECT sum(amount) FROM o2c.receivable_entries, a WHERE posting_date <= day)
			            - (SELECT sum(amount) FROM o2c.applications, a WHERE applied_on <= day AND NOT is_reversed)
			            - (SELECT sum(unapplied_amount) FROM o2c.receipts, a WHERE value_date <= day) AS amount),
			s AS (SELECT sum(amount) AS amount FROM o2c.receivable_entries, a WHERE kind = 'invoice' AND posting_date > day - 90)
			SELECT concat_ws(' ', ar.amount::DECIMAL(18,2), s.amount::DECIMAL(18,2), round(ar.amount / s.amount * 90, 1)) FROM ar, s`, "36532.80 237892.00 13.8"},
		{"open amounts are the same receivables", "SELECT sum(open_amount)::DECIMAL(18,2)::VARCHAR FROM o2c.receivable_entries", "36532.80"},
		{"disputes, upheld, rejected", `SELECT concat_ws(' ', count(*), count(*) FILTER (outcome = 'upheld'), count(*) FILTER (outcome = 'rejected')) FROM o2c.disputes`, "6 4 2"},
	} {
		if got := strings.Join(column(t, x.db, c.query), "; "); got != c.want {
			t.Errorf("%s: %s, want %s", c.doc, got, c.want)
		}
	}
}

// Laws of the ledger, on every entry and receipt.
func (x *extract) testBalances(t *testing.T) {
	for query, doc := range map[string]string{
		"SELECT entry_id FROM o2c.receivable_entries WHERE sign(open_amount) = -sign(amount) AND open_amount <> 0": "entries settled beyond their amount",
		"SELECT receipt_id FROM o2c.receipts WHERE unapplied_amount < 0":                                           "receipts applied beyond their amount",
		`SELECT application_id FROM o2c.applications GROUP BY application_id HAVING sum(cash_amount) <>
			(SELECT sum(l.amount) FROM o2c.links l WHERE l.source_id = application_id AND l.qualifier = 'applies')`: "applications whose cash is not their receipts'",
		"SELECT order_line_id FROM o2c.order_lines WHERE abs(shipped_quantity) > abs(ordered_quantity)":  "lines shipped beyond what was ordered",
		"SELECT order_line_id FROM o2c.order_lines WHERE abs(billed_quantity) > abs(shipped_quantity)":   "lines billed beyond what was shipped",
		"SELECT invoice_id FROM o2c.invoices WHERE status = 'paid' AND paid_at IS NULL":                  "invoices paid in Tryton and not here",
		"SELECT invoice_id FROM o2c.invoices WHERE status <> 'paid' AND paid_at IS NOT NULL":             "invoices paid here and not in Tryton",
		"SELECT entry_id FROM o2c.receivable_entries WHERE is_cleared AND clearing_kind <> 'cash'":       "clearings without cash",
		"SELECT invoice_id FROM o2c.invoices WHERE posted_at IS NOT NULL AND gross_amount <> due_amount": "invoices and receivables that differ",
	} {
		if rows := column(t, x.db, query); len(rows) > 0 {
			t.Errorf("%s: %d, e.g. %s", doc, len(rows), rows[0])
		}
	}
}
