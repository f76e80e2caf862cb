package eventlog

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// office is a small system with people: users, customers, orders they make.
func office() System {
	return System{
		Name: "office", Kind: "office",
		Tables: []Table{
			{Name: "staff", Key: []string{"no"}, Personal: []string{"login", "full"}, Subject: "User",
				Columns: []TableColumn{{"no", "BIGINT"}, {"login", "VARCHAR"}, {"full", "VARCHAR"}}},
			{Name: "client", Key: []string{"no"}, Subject: "Customer", Columns: []TableColumn{{"no", "BIGINT"}, {"number", "VARCHAR"}, {"name", "VARCHAR"}}},
			{Name: "orders", Key: []string{"id"}, Personal: []string{"maker"}, Customer: []string{"client"}, Watermark: []string{"made"},
				Columns: []TableColumn{{"id", "BIGINT"}, {"client", "BIGINT"}, {"maker", "VARCHAR"}, {"made", "TIMESTAMP"}, {"note", "VARCHAR"}}},
			{Name: "lines", Key: []string{"order", "pos"}, Columns: []TableColumn{{"order", "BIGINT"}, {"pos", "BIGINT"}, {"qty", "BIGINT"}}},
			{Name: "changes", Key: []string{"id"}, Personal: []string{"maker"}, Customer: []string{"was", "is"}, Watermark: []string{"made"},
				Columns: []TableColumn{{"id", "BIGINT"}, {"order", "BIGINT"}, {"maker", "VARCHAR"}, {"made", "TIMESTAMP"}, {"field", "VARCHAR"}, {"was", "VARCHAR"}, {"is", "VARCHAR"}}},
		},
		Mapping: `
			CREATE TEMP MACRO plus(a, b) AS a || b;
			CREATE TEMP TABLE own AS SELECT id FROM orders;
			CREATE VIEW event AS
			SELECT plus('o', id) AS key, 'Create' AS activity, made AS time, maker AS resource, name_kind(maker) AS actor_kind, 'orders' AS source_table, id::VARCHAR AS source_key, note FROM orders
			UNION ALL
			SELECT 'c' || id, 'Change', made, maker, name_kind(maker), 'changes', id::VARCHAR, NULL FROM changes;
			CREATE VIEW event_object AS
			SELECT 'o' || id AS event_key, 'Order' AS type, 'o' || id AS id FROM orders
			UNION ALL SELECT 'o' || id, 'User', maker FROM orders
			UNION ALL SELECT 'c' || id, 'Order', 'o' || "order" FROM changes;
			CREATE VIEW object_object AS
			SELECT 'Order' AS source_type, 'o' || id AS source_id, 'Customer' AS target_type, 'client:' || client AS target_id, 'of' AS qualifier FROM orders WHERE client IS NOT NULL
			UNION ALL SELECT 'Line', 'o' || "order" || '/' || pos, 'Order', 'o' || "order", 'of' FROM lines;
			CREATE VIEW object_change AS
			SELECT 'Order' AS type, 'o' || "order" AS id, field AS attribute, made AS time, was AS old_value, "is" AS new_value, 'c' || id AS event_key FROM changes;
			CREATE VIEW object_Order AS SELECT 'o' || id AS id, 'orders' AS source_table, id::VARCHAR AS source_key, note FROM orders;
			CREATE VIEW object_Line AS SELECT 'o' || l."order" || '/' || l.pos AS id, 'lines' AS source_table, l."order" || '/' || l.pos AS source_key, l.qty AS quantity
			FROM lines l JOIN own o ON o.id = l."order";
			CREATE VIEW object_User AS SELECT login AS id, 'staff' AS source_table, no::VARCHAR AS source_key, name_kind(login) AS kind FROM staff;
			CREATE VIEW object_Customer AS SELECT 'client:' || no AS id, 'client' AS source_table, no::VARCHAR AS source_key, number, name FROM client;`,
		Model: &Model{Name: "m", Types: []ObjectType{
			{Name: "Order", Attributes: []Attribute{{Name: "note", SQL: "VARCHAR"}}},
			{Name: "Line", Level: Item, Attributes: []Attribute{{Name: "quantity", SQL: "BIGINT"}}},
			{Name: "User", Level: Master, Attributes: []Attribute{{Name: "kind", SQL: "VARCHAR"}}},
			{Name: "Customer", Level: Master, Attributes: []Attribute{{Name: "number", SQL: "VARCHAR"}, {Name: "name", SQL: "VARCHAR"}}},
		}},
	}
}

func officeRows() []TableRows {
	return []TableRows{
		lines("staff", "no,login,full\n1,zwilla.berg,Zwilla Bergmann\n2,edi_in,Interface\n3,quentin,Quentin Tarrafal"),
		lines("client", "no,number,name\n1,7,Plumquist Hardware\n7,900,Other Hardware"),
		lines("orders", "id,client,maker,made,note\n1,1,zwilla.berg,2024-01-10 08:00:00,first\n2,7,edi_in,2024-02-10 08:00:00,\n3,1,quentin,2024-03-10 08:00:00,Plumquist Hardware\n7,7,zwilla.berg,2024-03-11 08:00:00,quentin"),
		lines("lines", "order,pos,qty\n1,1,5\n1,2,7\n2,1,1\n3,1,1"),
		lines("changes", "id,order,maker,made,field,was,is\n1,1,quentin,2024-01-11 09:00:00,owner,zwilla.berg,quentin\n2,2,zwilla.berg,2024-02-11 09:00:00,customer,7,900\n3,3,quentin,2024-03-12 09:00:00,quantity,7,8"),
	}
}

var testNames = Names{Key: []byte("0123456789abcdef0123456789abcdef")}

// mergeAs merges an extract with options.
func mergeAs(s *Store, sys System, o ExtractOptions, rows ...TableRows) (LoadReceipt, error) {
	ctx := context.Background()
	staged, err := StageTables(ctx, s.Path(), sys, rows, o)
	if err != nil {
		return LoadReceipt{}, err
	}
	defer staged.Discard()
	return s.MergeTables(ctx, staged)
}

// found lists the files in the folder of a store, and its columns, in which a text occurs.
func found(t testing.TB, s *Store, text string) (places []string) {
	t.Helper()
	ctx := context.Background()
	err := s.session(ctx, func(c *storeConn) error {
		if err := c.exec(ctx, "CHECKPOINT"); err != nil && !s.readOnly {
			return err
		}
		return c.textColumns(ctx, func(schema, table, column string) error {
			n, err := c.int(ctx, "SELECT count(*) FROM "+Quote(schema)+"."+Quote(table)+" WHERE contains("+Quote(column)+", $1)", text)
			if n > 0 {
				places = append(places, schema+"."+table+"."+column)
			}
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(filepath.Dir(s.Path()), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(text)) {
			places = append(places, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return places
}

// After a load with a key, no name is in any column of the store, nor in the
// bytes of its files; the kinds are those of a load with the names.
func TestNamesBecomePseudonyms(t *testing.T) {
	ctx := context.Background()
	kinds := `SELECT concat_ws(' ', activity, time, actor_kind) FROM event ORDER BY 1`
	kept := openStore(t, filepath.Join(t.TempDir(), "kept.duckdb"))
	if _, err := mergeAs(kept, office(), ExtractOptions{Names: Names{Keep: true}}, officeRows()...); err != nil {
		t.Fatal(err)
	}
	if len(found(t, kept, "zwilla.berg")) < 4 || len(found(t, kept, "quentin")) < 4 {
		t.Fatal("the names are nowhere, so that they are gone proves nothing")
	}
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	sys, rows := office(), officeRows()
	sys.Tables[4].Personal = append(sys.Tables[4].Personal, "was", "is") // of which some are names
	sys.Tables[2].Personal = append(sys.Tables[2].Personal, "note")
	sys.Tables[4].Customer = nil
	r, err := mergeAs(s, sys, ExtractOptions{Names: testNames, Options: map[string]any{"since": "2024"}}, rows...)
	if err != nil || r.Events.New != 7 {
		t.Fatal(r.brief(), err)
	}
	if err := s.DefineLog(ctx, LogDefinition{Name: "l", CaseType: "Order"}); err != nil {
		t.Fatal(err)
	}
	if err := s.BuildColumns(ctx, "l", LogOptions{Model: sys.Model}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"zwilla.berg", "Zwilla", "quentin", "Quentin", "edi_in", string(testNames.Key)} {
		if at := found(t, s, name); len(at) > 0 {
			t.Errorf("%q is in %v", name, at)
		}
	}
	if columns, _ := filepath.Glob(filepath.Join(filepath.Dir(s.Path()), columnsPrefix(s.Path())+"*")); len(columns) < 2 {
		t.Errorf("no columns were looked at: %v", columns)
	}
	all := func(s *Store, text string) (list string) {
		err := s.session(ctx, func(c *storeConn) error {
			l, err := c.strings(ctx, text)
			list = strings.Join(l, "\n")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if got, want := all(s, kinds), all(kept, kinds); got != want || !strings.Contains(got, "interface") {
		t.Error(firstDifference(got, want))
	}
	want := `interface~` + testNames.hash("edi_in") + " 1\nunknown~" + testNames.hash("quentin") + " 3\nunknown~" + testNames.hash("zwilla.berg") + " 3"
	if got := all(s, "SELECT resource || ' ' || count(*) FROM event GROUP BY resource ORDER BY 1"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := all(s, "SELECT options FROM load"), `{"names":{"key":"`+NameKeyID(testNames.Key)+`"`; !strings.HasPrefix(got, want) || !strings.Contains(got, `"since":"2024"`) {
		t.Errorf("provenance %s, want %s…", got, want)
	}
}

// Names are neither kept nor replaced by accident, and one person stays one.
func TestNamesOfLaterLoads(t *testing.T) {
	other := Names{Key: []byte("another key of thirty-two bytes.")}
	load := func(s *Store, n Names, complete bool) string {
		rows := officeRows()
		for i := range rows {
			rows[i].Complete = complete
		}
		r, err := mergeAs(s, office(), ExtractOptions{Names: n}, rows...)
		if err != nil {
			return "error: " + err.Error()
		}
		return r.brief()
	}
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	if got := load(s, Names{}, true); !strings.Contains(got, "staff.login and 3 more columns hold names of users: give a key") {
		t.Error(got)
	}
	if got := load(s, Names{Keep: true}, true); !strings.HasPrefix(got, "load 1:") {
		t.Error(got)
	}
	refused := "so the same person would be two; do as before, or read all tables again as a whole (--full)"
	if got := load(s, testNames, false); !strings.Contains(got, refused) {
		t.Error(got)
	}
	// Read as a whole, they change, and not even free blocks have what they were.
	if got := load(s, testNames, true); !strings.HasPrefix(got, "load 2:") {
		t.Error(got)
	}
	if at := found(t, s, "Zwilla Bergmann"); len(at) > 0 {
		t.Errorf("the name is in %v", at)
	}
	if got := load(s, testNames, false); !strings.HasPrefix(got, "load 0:") {
		t.Error(got)
	}
	if got := load(s, other, false); !strings.Contains(got, refused) || strings.Contains(got, string(other.Key)) {
		t.Error(got)
	}
	if got := load(s, other, true); !strings.HasPrefix(got, "load 3:") {
		t.Error(got)
	}
}

// Where the key of a row is a name, rows that the source has are found by it.
func TestNamesInKeys(t *testing.T) {
	sys := office()
	sys.Tables = []Table{{Name: "staff", Key: []string{"login"}, Personal: []string{"login"}, Subject: "User", Columns: []TableColumn{{"login", "VARCHAR"}}}}
	sys.Mapping = `CREATE VIEW object_User AS SELECT login AS id, name_kind(login) AS kind FROM staff`
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	if _, err := mergeAs(s, sys, ExtractOptions{Names: testNames}, lines("staff", "login\nanna\nbert\ncarl")); err != nil {
		t.Fatal(err)
	}
	rows := lines("staff", "login")
	rows.Complete = false
	rows.Present = func(fn func([]string) error) error {
		return errors.Join(fn([]string{"anna"}), fn([]string{"carl"}))
	}
	r, err := mergeAs(s, sys, ExtractOptions{Names: testNames}, rows)
	if err != nil || r.Objects != (Delta{Gone: 1}) || r.Tables[0].Gone != 1 {
		t.Errorf("%s %v", r.brief(), err)
	}
	// One who is forgotten is gone, present or not.
	if _, err := s.Forget(context.Background(), "anna", ForgetOptions{Names: testNames}); err != nil {
		t.Fatal(err)
	}
	if r, err := mergeAs(s, sys, ExtractOptions{Names: testNames}, lines("staff", "login\nanna\ncarl")); err != nil || r.Load != 0 {
		t.Errorf("%s %v", r.brief(), err)
	}
}

// Go and the mapping's macro agree on kinds.
func TestActorKinds(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	own := Actors{Patterns: []ActorPattern{{`^SYS`, "scheduler"}, {`^[0-9]+$`, "human"}}, Else: "bot"}
	for _, c := range []struct {
		actors     Actors
		name, want string
	}{
		{Actors{}, "edi_in", "interface"}, {Actors{}, "EDI-42", "interface"}, {Actors{}, "medina", "unknown"}, {Actors{}, "rpa.1", "bot"},
		{Actors{}, "customer-portal", "customer"}, {Actors{}, "WF-BATCH", "scheduler"}, {Actors{}, "Björn", "unknown"}, {Actors{Else: "human"}, "anna", "human"},
		{own, "sysadmin", "scheduler"}, {own, "4711", "human"}, {own, "47a", "bot"},
	} {
		r, err := c.actors.rules()
		if err != nil {
			t.Fatal(err)
		}
		hashed := r.kind(c.name) + "~" + testNames.hash(c.name)
		for _, name := range []string{c.name, hashed} {
			var got string
			err = s.session(ctx, func(sc *storeConn) error {
				if err := sc.exec(ctx, strings.Replace(r.macro(), "CREATE MACRO", "CREATE TEMP MACRO", 1)); err != nil {
					return err
				}
				return sc.QueryRowContext(ctx, "SELECT name_kind($1) || coalesce(nullif(name_kind(NULL), 'unknown'), '')", name).Scan(&got)
			})
			if err != nil || got != c.want || r.kind(c.name) != c.want {
				t.Errorf("%s: SQL %s, Go %s, want %s (%v)", name, got, r.kind(c.name), c.want, err)
			}
		}
	}
	for _, bad := range []Actors{{Else: "person"}, {Patterns: []ActorPattern{{"(", "human"}}}} {
		if _, err := bad.rules(); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}
