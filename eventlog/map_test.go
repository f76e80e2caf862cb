package eventlog

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// lines is an extract of a table written as CSV without quotes.
func lines(table, text string) TableRows {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return TableRows{
		Table: table, File: table + ".csv", Complete: true,
		Columns: strings.Split(strings.TrimSpace(all[0]), ","),
		Rows: func(fn func(int64, []string) error) error {
			for i, l := range all[1:] {
				if err := fn(int64(i+2), strings.Split(strings.TrimSpace(l), ",")); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// shop is a small system: orders, their lines, and a log of what happened.
func shop() System {
	return System{
		Name: "shop", Kind: "shop", Timezone: "Europe/Berlin",
		Tables: []Table{
			{Name: "orders", Key: []string{"id"}, Columns: []TableColumn{{"id", "BIGINT"}, {"customer", "VARCHAR"}, {"created", "TIMESTAMP"}, {"total", "DECIMAL(18,2)"}}},
			{Name: "lines", Key: []string{"order", "pos"}, Columns: []TableColumn{{"order", "BIGINT"}, {"pos", "INTEGER"}, {"qty", "DECIMAL(18,4)"}}},
			{Name: "journal", Columns: []TableColumn{{"order", "BIGINT"}, {"what", "VARCHAR"}, {"day", "DATE"}}},
		},
		Mapping: `
			CREATE VIEW event AS
			SELECT 'c' || id AS key, 'Create' AS activity, created AS time, 'exact' AS precision, 'orders' AS source_table, id AS source_key, total AS amount FROM orders
			UNION ALL
			SELECT concat_ws('-', 'j', "order", what, _n), what, day::TIMESTAMP, 'day', 'journal', NULL, NULL FROM journal;
			CREATE VIEW event_object AS
			SELECT 'c' || id AS event_key, 'Order' AS type, id AS id, 'creates' AS qualifier, total AS amount, 'EUR' AS currency FROM orders
			UNION ALL
			SELECT concat_ws('-', 'j', "order", what, _n), 'Order', "order", NULL, NULL, NULL FROM journal;
			CREATE VIEW object_Order AS SELECT id, total AS value, created, 'orders' AS source_table, id AS source_key FROM orders;
			CREATE VIEW object_Line AS SELECT "order" || '/' || pos AS id, qty AS quantity FROM lines;
			CREATE VIEW object_object AS
			SELECT 'Line' AS source_type, "order" || '/' || pos AS source_id, 'Order' AS target_type, "order" AS target_id, 'item of' AS qualifier, qty AS quantity FROM lines
			UNION ALL
			SELECT 'Order', id::VARCHAR, 'Customer', customer, 'sold to', NULL FROM orders WHERE customer IS NOT NULL;
			CREATE VIEW object_change AS
			SELECT 'Order' AS type, id, 'value' AS attribute, created AS time, NULL AS old_value, total AS new_value, 'c' || id AS event_key FROM orders WHERE total > 100;
			CREATE VIEW my_own AS SELECT 1 AS one;`,
		Model: &Model{
			Name: "m",
			Types: []ObjectType{
				{Name: "Order", Attributes: []Attribute{{Name: "value", SQL: "DECIMAL(18,4)"}, {Name: "created", SQL: "TIMESTAMPTZ"}, {Name: "never", SQL: "DATE"}}},
				{Name: "Line", Level: Item, Attributes: []Attribute{{Name: "quantity", SQL: "DECIMAL(18,4)"}}},
				{Name: "Customer", Level: Master, Attributes: []Attribute{{Name: "name", SQL: "VARCHAR"}}},
				{Name: "Invoice"},
			},
			Relations:  []Relation{{Source: "Line", Qualifier: "item of", Target: "Order"}, {Source: "Invoice", Qualifier: "bills", Target: "Order"}},
			Activities: []ActivityType{{Name: "Create", Rank: 1}, {Name: "Ship", Rank: 5}, {Name: "Bill", Rank: 7}},
		},
	}
}

func shopRows() []TableRows {
	return []TableRows{
		lines("orders", "id,customer,created,total,extra\n1,C1,2024-03-31 03:30:00,10.50,x\n2,C2,2024-10-27 12:00:00,200,\n3,,2024-01-01 00:00:00,,"),
		lines("lines", "order,pos,qty\n1,1,5\n1,2,7\n2,1,1"),
		lines("journal", "order,what,day\n1,Ship,2024-04-01\n1,Ship,2024-04-01\n2,Pack,2024-10-28"),
	}
}

func mustMerge(t testing.TB, s *Store, sys System, rows ...TableRows) LoadReceipt {
	t.Helper()
	r, err := merge(s, sys, rows...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func merge(s *Store, sys System, rows ...TableRows) (LoadReceipt, error) {
	ctx := context.Background()
	staged, err := StageTables(ctx, s.Path(), sys, rows, ExtractOptions{})
	if err != nil {
		return LoadReceipt{}, err
	}
	defer staged.Discard()
	return s.MergeTables(ctx, staged)
}

func (r LoadReceipt) brief() string {
	return fmt.Sprintf("load %d: in %d new %d known %d rejected %d; events %v objects %v relations %v changes %v",
		r.Load, r.RowsIn, r.RowsNew, r.RowsKnown, r.RowsRejected, r.Events, r.Objects, r.Relations, r.Changes)
}

// Every load says what it changed; what has not changed is not written.
func TestMapIncrements(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	for _, c := range []struct {
		what string
		edit func(*System, []TableRows)
		want string
	}{
		{"first", nil, "load 1: in 9 new 9 known 0 rejected 0; events {6 0 0} objects {8 0 0} relations {11 0 0} changes {1 0 0}"},
		{"again", nil, "load 0: in 9 new 0 known 9 rejected 0; events {0 0 0} objects {0 0 0} relations {0 0 0} changes {0 0 0}"},
		{"another text of the same mapping", func(sys *System, _ []TableRows) { sys.Mapping += "\n-- a comment" },
			"load 0: in 9 new 0 known 9 rejected 0; events {0 0 0} objects {0 0 0} relations {0 0 0} changes {0 0 0}"},
		{"a total and a line changed, an order gone", func(_ *System, rows []TableRows) {
			rows[0] = lines("orders", "id,customer,created,total,extra\n1,C1,2024-03-31 03:30:00,11.50,x\n2,C2,2024-10-27 12:00:00,200,")
			rows[1] = lines("lines", "order,pos,qty\n1,1,6\n1,2,7\n2,1,1")
		}, "load 2: in 8 new 3 known 6 rejected 0; events {0 1 1} objects {0 2 1} relations {2 0 3} changes {0 0 0}"},
		{"part of an extract deletes nothing", func(_ *System, rows []TableRows) {
			rows[0] = lines("orders", "id,customer,created,total,extra\n2,C2,2024-10-27 12:00:00,200,")
			rows[1] = lines("lines", "order,pos,qty\n1,1,6")
			for i := range rows {
				rows[i].Complete = false
			}
		}, "load 0: in 5 new 0 known 5 rejected 0; events {0 0 0} objects {0 0 0} relations {0 0 0} changes {0 0 0}"},
		{"another rank", func(sys *System, rows []TableRows) {
			for i := range rows {
				rows[i].Complete = false
			}
			rows[0] = lines("orders", "id,customer,created,total,extra")
			rows[1] = lines("lines", "order,pos,qty")
			rows[0].Complete, rows[1].Complete = false, false
			sys.Model.Activities[1].Rank = 6
		}, "load 3: in 3 new 0 known 3 rejected 0; events {0 2 0} objects {0 0 0} relations {0 0 0} changes {0 0 0}"},
	} {
		sys, rows := shop(), shopRows()
		if c.edit != nil {
			c.edit(&sys, rows)
		}
		before := s.dump(t, "mapping")
		r := mustMerge(t, s, sys, rows...)
		if got := r.brief(); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.what, got, c.want)
		}
		if after := s.dump(t, "mapping"); r.Load == 0 && after != before {
			t.Errorf("%s: no load, but %s", c.what, firstDifference(after, before))
		}
	}
}

// However the extracts come about, the last one decides.
func TestMapIsAFunctionOfTheExtract(t *testing.T) {
	long := openStore(t, filepath.Join(t.TempDir(), "long.duckdb"))
	mustMerge(t, long, shop(), lines("orders", "id,customer,created,total\n9,C9,2023-03-31 03:30:00,900\n1,C7,2023-03-31 03:30:00,900"),
		lines("lines", "order,pos,qty\n9,1,5\n1,1,7"), lines("journal", "order,what,day\n1,Bill,2024-04-01"))
	mustMerge(t, long, shop(), shopRows()...)
	short := openStore(t, filepath.Join(t.TempDir(), "short.duckdb"))
	mustMerge(t, short, shop(), shopRows()...)
	if got, want := meaning(t, long), meaning(t, short); got != want {
		t.Error(firstDifference(got, want))
	}
}

// meaning lists what is in the store without internal numbers.
func meaning(t testing.TB, s *Store) string {
	t.Helper()
	var b strings.Builder
	for _, text := range []string{
		`SELECT concat_ws(' ', 'event', id, activity, time, start, precision, rank, resource, sequence, source_table, source_key, a.amount) FROM event LEFT JOIN events.shop AS a USING (event) ORDER BY 1`,
		`SELECT concat_ws(' ', 'object', type, id, defined, source, source_table, source_key) FROM object ORDER BY 1`,
		`SELECT concat_ws(' ', e.id, o.type, o.id, qualifier, quantity, amount, currency) FROM event_object JOIN event AS e USING (event) JOIN object AS o USING (object) ORDER BY 1`,
		`SELECT concat_ws(' ', s.type, s.id, qualifier, quantity, t.type, t.id) FROM object_object JOIN object AS s ON s.object = source_object JOIN object AS t ON t.object = target_object ORDER BY 1`,
		`SELECT concat_ws(' ', o.type, o.id, attribute, c.time, old_value, new_value, e.id) FROM object_change AS c JOIN object AS o USING (object) LEFT JOIN event AS e USING (event) ORDER BY 1`,
		`SELECT concat_ws(' ', o.id, value, created, never) FROM objects."Order" JOIN object AS o USING (object) ORDER BY 1`,
		`SELECT concat_ws(' ', o.id, quantity) FROM objects."Line" JOIN object AS o USING (object) ORDER BY 1`,
		`SELECT concat_ws(' ', o.id, name) FROM objects."Customer" JOIN object AS o USING (object) ORDER BY 1`,
		`SELECT 'invoices ' || count(*) FROM objects."Invoice"`,
	} {
		fmt.Fprintln(&b, answers(t, s, text))
	}
	return b.String()
}

// answers are the texts that a query gives, a line each.
func answers(t testing.TB, s *Store, query string) string {
	t.Helper()
	var list []string
	err := s.session(t.Context(), func(c *storeConn) (err error) {
		list, err = c.strings(t.Context(), query)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, "\n")
}

// A second source may describe the same objects: it adds what the first does
// not know, takes over what the first only refers to, and neither changes what
// the other said, however often they load.
func TestMapTwoSources(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	crm := System{
		Name: "crm", Kind: "crm", Model: shop().Model,
		Tables: []Table{{Name: "accounts", Key: []string{"no"}, Columns: []TableColumn{{"no", "VARCHAR"}, {"name", "VARCHAR"}}}},
		Mapping: `CREATE VIEW object_Customer AS SELECT no AS id, name FROM accounts;
			CREATE VIEW object_Order AS SELECT 1 AS id, 77 AS value, DATE '2024-02-03' AS never`,
	}
	accounts := lines("accounts", "no,name\nC1,Ada\nC3,Cleo")
	if r := mustMerge(t, s, shop(), shopRows()...); !strings.Contains(fmt.Sprint(r.Notes), "described by no source: 2 (Customer 2).") {
		t.Errorf("notes: %v", r.Notes)
	}
	mustMerge(t, s, crm, accounts)
	for range 2 {
		for _, r := range []LoadReceipt{mustMerge(t, s, crm, accounts), mustMerge(t, s, shop(), shopRows()...)} {
			if r.Load != 0 {
				t.Errorf("%s: %s", r.Source, r.brief())
			}
		}
		// Have them look at everything anew.
		shopAgain, crmAgain := shop(), crm
		shopAgain.Mapping += " "
		crmAgain.Mapping += " "
		for _, r := range []LoadReceipt{mustMerge(t, s, crmAgain, accounts), mustMerge(t, s, shopAgain, shopRows()...)} {
			if r.Load != 0 {
				t.Errorf("%s anew: %s", r.Source, r.brief())
			}
		}
	}
	got := meaning(t, s)
	for _, want := range []string{
		"object Customer C1 true crm\n", "object Customer C2 false shop\n", "object Customer C3 true crm\n",
		"C1 Ada\nC2\nC3 Cleo\n", "1 10.5000 2024-03-31 01:30:00+00 2024-02-03\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	// The CRM forgets Ada; orders still refer to her.
	mustMerge(t, s, crm, lines("accounts", "no,name\nC3,Cleo"))
	if got := meaning(t, s); !strings.Contains(got, "object Customer C1 false crm\n") || !strings.Contains(got, "\nC1\nC2\n") {
		t.Errorf("after Ada:\n%s", got)
	}
}

// Of two systems of one kind each has its own orders: what they refer to keeps
// them apart as their objects are. Users are the same to all, and so is what
// another source describes.
func TestMapLinksOfPrefixes(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	crm := System{
		Name: "crm", Kind: "crm", Model: shop().Model,
		Tables:  []Table{{Name: "accounts", Key: []string{"no"}, Columns: []TableColumn{{"no", "VARCHAR"}}}},
		Mapping: `CREATE VIEW object_Customer AS SELECT no AS id FROM accounts; CREATE VIEW object_Line AS SELECT '1/1' AS id`,
	}
	mustMerge(t, s, crm, lines("accounts", "no\nC1"))
	for _, name := range []string{"north", "south"} {
		sys := shop()
		sys.Name, sys.Prefix, sys.Uses = name, name+":", []string{"crm"}
		sys.Extension = `CREATE VIEW link AS
			SELECT 'Order' AS source_type, id AS source_id, 'sold to' AS qualifier, 'Customer' AS target_type, customer AS key,
			       (SELECT count(*) FROM main.object o WHERE o.type = 'Customer' AND o.defined AND o.id = customer) AS matches,
			       (SELECT min(o.id) FROM main.object o WHERE o.type = 'Customer' AND o.defined AND o.id = customer) AS target_id FROM orders WHERE customer IS NOT NULL
			UNION ALL SELECT 'User', 'ann', 'owns', 'Order', id::VARCHAR, 1, id::VARCHAR FROM orders WHERE id = 1
			UNION ALL SELECT 'Order', 1, 'kept by', 'User', 'ann', 1, 'ann'
			UNION ALL SELECT 'Order', 1, 'has', 'Line', '1/1 of the CRM', 1, '1/1'
			UNION ALL SELECT 'Order', 1, 'has', 'Line', '1/2', 1, '1/2'
			UNION ALL SELECT 'Order', 1, 'has', 'Line', '1/2 by its name in the store', 1, '` + name + `:1/2'`
		mustMerge(t, s, sys, shopRows()...)
		// Once its own objects are in the store, the same is said of them.
		sys.Mapping += " "
		if r := mustMerge(t, s, sys, shopRows()...); r.Events != (Delta{}) || r.Objects != (Delta{}) {
			t.Errorf("anew: %s", r.brief())
		}
	}
	const links = "SELECT concat_ws(' ', source, source_type, source_id, qualifier, target_type, key, '=', coalesce(target_id, '?')) FROM link ORDER BY ALL"
	const want = `north Order north:1 has Line 1/1 of the CRM = 1/1
north Order north:1 has Line 1/2 = north:1/2
north Order north:1 has Line 1/2 by its name in the store = north:1/2
north Order north:1 kept by User ann = ann
north Order north:1 sold to Customer C1 = C1
north Order north:2 sold to Customer C2 = ?
north User ann owns Order 1 = north:1`
	if got := answers(t, s, links); got != want+"\n"+strings.ReplaceAll(want, "north", "south") {
		t.Errorf("got\n%s", got)
	}
	if n := answers(t, s, "SELECT count(*)::VARCHAR FROM link l JOIN object o ON o.type = l.source_type AND o.id = l.source_id WHERE o.defined"); n != "12" {
		t.Errorf("%s references are an object's of the store", n)
	}
}

func TestMapErrors(t *testing.T) {
	for _, c := range []struct {
		what string
		edit func(*System, []TableRows)
		want string
	}{
		{"tables and columns missing", func(_ *System, rows []TableRows) {
			rows[0].Columns = []string{"id", "total", "x", "y", "z"}
			rows[2].Table = "nothing"
		}, "source shop: the extract lacks orders.customer, orders.created, table journal; nothing was loaded"},
		{"name", func(sys *System, _ []TableRows) { sys.Name = `x"; DROP` }, `source "x\"; DROP": a name is made of letters, digits, _ and -`},
		{"zone", func(sys *System, _ []TableRows) { sys.Timezone = "Europe/Atlantis" }, `source shop: "Europe/Atlantis" is no time zone of the IANA list, such as Europe/Berlin`},
		{"type", func(sys *System, _ []TableRows) { sys.Tables[0].Columns[1].SQL = "MONEY" }, `source shop: type "MONEY": Type with name MONEY does not exist!`},
		{"syntax", func(sys *System, _ []TableRows) { sys.Mapping = "CREATE VIEW event AS SELEC 1" }, `source shop: mapping: syntax error at or near "SELEC"`},
		{"unknown column", func(sys *System, _ []TableRows) { sys.Mapping = "CREATE VIEW event AS SELECT nr AS key FROM orders" }, `source shop: mapping: Referenced column "nr" not found in FROM clause!`},
		{"no activity", func(sys *System, _ []TableRows) {
			sys.Mapping = "CREATE VIEW event AS SELECT id AS key, created AS time FROM orders"
		}, `source shop: mapping: view event: no column "activity"`},
		{"time as text", func(sys *System, _ []TableRows) {
			sys.Mapping = "CREATE VIEW event AS SELECT id AS key, 'a' AS activity, '2024' AS time FROM orders"
		}, `source shop: mapping: view event: column "time" is VARCHAR; cast it to TIMESTAMP, TIMESTAMPTZ or DATE`},
		{"start as a number", func(sys *System, _ []TableRows) {
			sys.Mapping = "CREATE VIEW event AS SELECT id AS key, 'a' AS activity, created AS time, 5 AS start FROM orders"
		}, `source shop: mapping: view event: invalid timestamp field format: "5", expected format is (YYYY-MM-DD HH:MM:SS[.US][±HH[:MM[:SS]]| ZONE])`},
		{"precision", func(sys *System, _ []TableRows) {
			sys.Mapping = "CREATE VIEW event AS SELECT id AS key, 'a' AS activity, created AS time, NULL AS start, 'hour' AS precision FROM orders"
		}, `source shop: mapping: view event: precision is "hour"; want exact or day`},
		{"key twice", func(sys *System, _ []TableRows) {
			sys.Mapping = "CREATE VIEW event AS SELECT 1 AS key, 'a' AS activity, created AS time FROM orders"
		}, `source shop: mapping: view event has a key more than once: 1 of them, such as "1"`},
		{"id twice", func(sys *System, _ []TableRows) {
			sys.Mapping = "CREATE VIEW object_Order AS SELECT 1 AS id FROM orders"
		}, `source shop: mapping: an object view has an id more than once: 1 of them, such as "Order 1"`},
		{"type not in the model", func(sys *System, _ []TableRows) { sys.Mapping = "CREATE VIEW object_Ordre AS SELECT id FROM orders" },
			`source shop: mapping: view object_Ordre: model m has no object type "Ordre"`},
		{"attribute not in the model", func(sys *System, _ []TableRows) {
			sys.Mapping = "CREATE VIEW object_Order AS SELECT id, 1 AS valeu FROM orders"
		}, `source shop: mapping: view object_Order: column "valeu" is no attribute of Order in model m`},
		{"value of another type", func(sys *System, _ []TableRows) {
			sys.Mapping = "CREATE VIEW object_Order AS SELECT id, 'dear' AS value FROM orders"
		}, `source shop: mapping: view object_Order: Could not convert string "dear" to DECIMAL(18,4) when casting from source column value`},
		{"column without meaning", func(sys *System, _ []TableRows) {
			sys.Mapping = "CREATE VIEW event_object AS SELECT 1 AS event_key, 'Order' AS type, 1 AS id, 2 AS qty"
		}, `source shop: mapping: view event_object: column "qty" has no meaning there`},
	} {
		s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
		before := s.dump(t)
		sys, rows := shop(), shopRows()
		c.edit(&sys, rows)
		if _, err := merge(s, sys, rows...); err == nil || err.Error() != c.want {
			t.Errorf("%s:\ngot  %v\nwant %s", c.what, err, c.want)
		}
		if after := s.dump(t); after != before {
			t.Errorf("%s: something was written", c.what)
		}
		s.Close()
	}
}

// A value that is not of its column's type rejects its row, and says where.
func TestLandRejects(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	mustMerge(t, s, shop(), shopRows()...)
	rows := shopRows()
	rows[0] = lines("orders", "id,customer,created,total\n1,C1,2024-03-31 03:30:00,ten\n,C2,2024-10-27 12:00:00,200\n5,C5,31.12.2024,1\n6,C6\n7,C7,2024-01-01 00:00:00,1\n7,C8,2024-01-01 00:00:00,1")
	r := mustMerge(t, s, shop(), rows...)
	want := `[{orders.csv:5  the row has 2 fields, the header 4} {orders.csv:2 total "ten" is not a DECIMAL(18,2)} {orders.csv:3 id empty, and part of the key} {orders.csv:4 created "31.12.2024" is not a TIMESTAMP}]`
	if got := fmt.Sprint(r.Rejects); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if r.Tables[0] != (TableReceipt{Table: "orders", In: 6, Rejected: 4, Delta: Delta{New: 1}}) {
		t.Errorf("orders: %+v", r.Tables[0])
	}
	var codes []string
	for _, n := range r.Notes {
		codes = append(codes, n.Code)
	}
	if got := fmt.Sprint(codes); got != "[repeated-keys rejected-kept dangling-objects]" {
		t.Errorf("notes %s", got)
	}
}

func TestCoverageAndTrace(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	mustMerge(t, s, shop(), shopRows()...)
	v, err := s.Coverage(ctx, shop().Model, "shop")
	if err != nil {
		t.Fatal(err)
	}
	want := `shop fills m:
  Order                3
    value                  2, 66.7 %
    created                all
    never                  –
  Line                 3
    quantity               all
  Customer             –
  Invoice              –
relations:
  Line item of Order                             3
  Invoice bills Order                            –
activities:
  Create                                         3
  Ship                                           2
  Bill                                           –
not in the model, relations: Order sold to Customer
not in the model, activities: Pack
`
	if got := v.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	trace, err := s.Trace(ctx, "1", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o := trace.Objects[0]
	got := fmt.Sprint(o.Type, o.Attributes, o.Row.Columns, o.Related, "\n")
	for _, e := range o.Events {
		got += fmt.Sprint(e.Activity, e.Time.Format(" 2006-01-02T15:04 "), e.Day, e.Qualifier, e.Attributes, e.Row.Columns, "\n")
	}
	want = `Order[{value 10.5000} {created 2024-03-31T01:30:00.000000Z}] [{id 1} {customer C1} {created 2024-03-31 03:30:00} {total 10.50} {extra x} {_load 1} {_line 2}] [{sold to Customer C1 false   } {item of Line 1/1 true 5.000000  } {item of Line 1/2 true 7.000000  }]
Create 2024-03-31T01:30 falsecreates[{amount 10.50}] [{id 1} {customer C1} {created 2024-03-31 03:30:00} {total 10.50} {extra x} {_load 1} {_line 2}]
Ship 2024-03-31T22:00 true[] []
Ship 2024-03-31T22:00 true[] []
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, err := s.Trace(ctx, "42", LogOptions{}); err == nil || err.Error() != `trace "42": no object and no case has this id or number` {
		t.Errorf("got %v", err)
	}
}

func TestExecViews(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	mustMerge(t, s, shop(), shopRows()...)
	if err := s.ExecViews(ctx, `CREATE OR REPLACE VIEW orders AS FROM objects."Order"; CREATE OR REPLACE VIEW broken AS SELECT no FROM orders`); err == nil || !strings.HasPrefix(err.Error(), "views: Referenced column") {
		t.Errorf("got %v", err)
	}
	if err := s.ExecViews(ctx, `CREATE OR REPLACE VIEW orders AS FROM objects."Order"`); err != nil {
		t.Error(err)
	}
}

// A mapping that joins by the latest moment before reads rows of its own
// transaction in the order of their times, and does not let every row meet every row.
func TestLatestBeforeIsNoLoop(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	plan := ""
	err := s.write(ctx, func(c *storeConn) error {
		for _, text := range []string{"CREATE TABLE moments (t TIMESTAMP)", "INSERT INTO moments SELECT TIMESTAMP '2026-01-01' + INTERVAL (i) SECOND FROM range(100) r(i)"} {
			if err := c.exec(ctx, text); err != nil {
				return err
			}
		}
		const join = "FROM (FROM moments WHERE t NOT IN (SELECT t FROM moments WHERE t IS NULL)) a ASOF LEFT JOIN moments b ON a.t > b.t"
		return c.each(ctx, "EXPLAIN SELECT count(b.t) "+join, nil, func(scan func(...any) error) error {
			var key, value string
			err := scan(&key, &value)
			plan += value
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(plan, "ASOF_JOIN") || strings.Contains(plan, "NESTED_LOOP") {
		t.Errorf("the plan is\n%s", plan)
	}
}
