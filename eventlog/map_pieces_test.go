package eventlog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whether the views of a mapping are temporary tables on the way, as where
// there are few rows, or not, makes no difference: nor do their names, which may
// be those of the store's own tables, of landed tables or of a column; nor
// columns that are NULL in one view and a time or a text in another.
func TestPiecesAreTheViews(t *testing.T) {
	sys, rows := shop(), shopRows()
	sys.Mapping = `
		CREATE VIEW "order" AS SELECT * FROM orders; CREATE VIEW object AS SELECT *, 'orders' AS "table" FROM "order"; /* ; CREATE VIEW none */
		CREATE VIEW nothing AS SELECT 'n' || id AS key, NULL AS created, NULL AS total, NULL AS id FROM object WHERE id < 0;
		CREATE VIEW made AS SELECT 'c' || id AS key, created, total, id FROM object UNION ALL SELECT key, coalesce(created, TIMESTAMP '2020-01-01'), total, id FROM nothing;
		CREATE MACRO of_order(n) AS (SELECT any_value(customer) FROM object WHERE id = n);
		CREATE VIEW log AS SELECT concat_ws('-', 'j', "order", what, _n) AS key, what, day::TIMESTAMP AS moment, "order" AS id FROM landing_shop.journal;
		CREATE VIEW event AS
		SELECT key, 'Create' AS activity, created AS time, 'exact' AS precision, 'orders' AS source_table, id AS source_key, total AS amount FROM made
		UNION ALL
		SELECT key, what, moment, 'day', 'journal', NULL, NULL FROM log;
		CREATE VIEW event_object AS
		SELECT key AS event_key, 'Order' AS type, id AS id, 'creates' AS qualifier, total AS amount, 'EUR' AS currency FROM made
		UNION ALL
		SELECT e.key, 'Order', id, NULL, NULL, NULL FROM log JOIN event AS e USING (key);
		CREATE VIEW object_Order AS SELECT id, total AS value, created, 'orders' AS source_table, id AS source_key FROM object;
		CREATE VIEW object_Line AS SELECT "order" || '/' || pos AS id, qty AS quantity FROM lines;
		CREATE VIEW object_object AS
		SELECT 'Line' AS source_type, l.id AS source_id, 'Order' AS target_type, split_part(l.id, '/', 1) AS target_id, 'item of' AS qualifier, quantity FROM object_Line AS l
		UNION ALL
		SELECT 'Order', id::VARCHAR, 'Customer', of_order(x.id), 'sold to', NULL FROM object AS x WHERE customer IS NOT NULL;
		CREATE VIEW object_change AS
		SELECT 'Order' AS type, id, 'value' AS attribute, created AS time, NULL AS old_value, value AS new_value, 'c' || id AS event_key FROM object_Order WHERE value > 100;`
	want := openStore(t, filepath.Join(t.TempDir(), "shop.duckdb"))
	mustMerge(t, want, shop(), rows...)
	for _, few := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "a.duckdb")
		s := openStore(t, path)
		for _, step := range []string{"loaded", "loaded again, changed"} {
			if !few { // longer, with nothing in it
				if err := os.Truncate(path, smallStore+1); err != nil {
					t.Fatal(err)
				}
			}
			if s.few(10) != few {
				t.Fatalf("few is %v", !few)
			}
			if step != "loaded" {
				rows[2] = lines("journal", "order,what,day\n1,Ship,2024-04-02\n2,Pack,2024-10-28")
			}
			mustMerge(t, s, sys, rows...)
			mustMerge(t, want, shop(), rows...)
			if got, want := meaning(t, s), meaning(t, want); got != want {
				t.Errorf("few: %v, %s: %s", few, step, firstDifference(got, want))
			}
		}
		rows = shopRows()
		mustMerge(t, want, shop(), rows...)
	}
}

// A view that cannot be read by itself hinders nobody who does not read it, and
// what hinders is told of the view that is read.
func TestPieceThatFails(t *testing.T) {
	for _, test := range []struct{ rows, want string }{
		{"'1'", ""}, // what cannot be read is not asked for
		{"n", "source shop: mapping: view event: Could not convert string 'C1' to INT32"},
	} {
		sys := shop()
		sys.Mapping = strings.NewReplacer(
			"CREATE VIEW event AS", "CREATE VIEW cast_it AS SELECT id, customer::INTEGER AS n FROM orders; CREATE VIEW more AS SELECT id, "+test.rows+" AS n FROM cast_it; CREATE VIEW event AS",
			"created AS time, 'exact' AS precision, 'orders' AS source_table, id AS source_key, total AS amount FROM orders",
			"created AS time, 'exact' AS precision, 'orders' AS source_table, n AS source_key, total AS amount FROM orders JOIN more USING (id)",
		).Replace(sys.Mapping)
		s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
		r, err := merge(s, sys, shopRows()...)
		switch {
		case test.want == "" && (err != nil || r.Events.New != 6 || r.Load != 1):
			t.Errorf("%s: %v %v", test.rows, r.brief(), err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v", test.rows, err)
		}
	}
}
