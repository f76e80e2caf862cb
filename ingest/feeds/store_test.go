package feeds

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/folder"
	"millrace/ingest/preset"
)

// erp is a system that describes documents, so that feeds have something to
// mean.
func erp() *eventlog.System {
	text := func(names ...string) (list []eventlog.TableColumn) {
		for _, n := range names {
			list = append(list, eventlog.TableColumn{Name: n, SQL: "VARCHAR"})
		}
		return list
	}
	optional := func(name string, columns ...string) eventlog.Table {
		return eventlog.Table{Name: name, Key: []string{"id"}, Columns: text(columns...), Required: []string{"id"}, Optional: true}
	}
	orders, customers, users := optional("sales_order", "id", "number", "customer_reference", "kind", "customer", "channel"), optional("customer", "id", "number"), optional("app_user", "id", "kind")
	orders.Customer, customers.Subject, users.Personal, users.Subject = []string{"customer"}, "Customer", []string{"id"}, "User"
	return &eventlog.System{
		Name: "erp", Kind: "erp", Timezone: "UTC", Model: o2c.Model(),
		Actors: eventlog.Actors{Else: "human"}, // not the feeds', so that pseudonyms begin with other kinds
		Tables: []eventlog.Table{
			orders, customers, users, optional("material", "id", "number"),
			optional("delivery", "id", "number"), optional("invoice", "id", "number"), optional("receipt", "id", "number"),
			optional("order_item", "id", "position", "document"), optional("delivery_item", "id", "position", "document"),
		},
		Mapping: `
			CREATE VIEW object_SalesOrder AS SELECT id, number, customer_reference, kind, channel FROM sales_order;
			CREATE VIEW object_Delivery AS SELECT id, number FROM delivery;
			CREATE VIEW object_Invoice AS SELECT id, number FROM invoice;
			CREATE VIEW object_Receipt AS SELECT id, number FROM receipt;
			CREATE VIEW object_Customer AS SELECT id, 'customer' AS source_table, id AS source_key, number FROM customer;
			CREATE VIEW object_Material AS SELECT id, number FROM material;
			CREATE VIEW object_User AS SELECT id, kind FROM app_user;
			CREATE VIEW object_SalesOrderItem AS SELECT id, position FROM order_item;
			CREATE VIEW object_DeliveryItem AS SELECT id, position FROM delivery_item;
			CREATE VIEW object_object AS
			SELECT 'SalesOrderItem' AS source_type, id AS source_id, 'SalesOrder' AS target_type, document AS target_id, 'item of' AS qualifier FROM order_item
			UNION ALL SELECT 'DeliveryItem', id, 'Delivery', document, 'item of' FROM delivery_item
			UNION ALL SELECT 'SalesOrder', id, 'Customer', customer, 'sold to' FROM sales_order WHERE customer IS NOT NULL;`,
	}
}

// A project is a store and the systems that it was loaded from.
type project struct {
	dir     string
	store   string
	derived bool // the business views are those of the last load
	names   eventlog.Names
}

func newProject(t testing.TB) *project {
	dir := t.TempDir()
	return &project{dir: dir, store: filepath.Join(dir, "millrace.duckdb"), names: eventlog.Names{Keep: true}}
}

// load loads tables into the store.
func (p *project) load(ctx context.Context, sys *eventlog.System, tables *folder.Tables) (r eventlog.LoadReceipt, err error) {
	defer tables.Close()
	staged, err := eventlog.StageTables(ctx, p.store, *sys, tables.Rows, eventlog.ExtractOptions{Content: tables.Content, Names: p.names})
	if err != nil {
		return r, err
	}
	defer staged.Discard()
	s, err := eventlog.Open(ctx, p.store, eventlog.OpenOptions{})
	if err != nil {
		return r, err
	}
	defer s.Close()
	p.derived = false
	return s.MergeTables(ctx, staged)
}

// derive computes the business views.
func (p *project) derive(ctx context.Context) error {
	s, err := eventlog.Open(ctx, p.store, eventlog.OpenOptions{})
	if err != nil {
		return err
	}
	defer s.Close()
	p.derived = true
	_, err = s.Derive(ctx, o2c.Refresh())
	return err
}

// ask returns the rows of a query as text. Names are those of a source's
// tables and views, if one is given.
func (p *project) ask(source, query string) (out string, err error) {
	db, err := sql.Open("duckdb", p.store+"?access_mode=READ_ONLY")
	if err != nil {
		return "", err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	path := "main"
	if source != "" {
		path = fmt.Sprintf(`"map_%[1]s","landing_%[1]s",main`, source)
	}
	if _, err := db.Exec("SET TimeZone = 'UTC'; SET search_path = '" + path + "'"); err != nil {
		return "", err
	}
	rows, err := db.Query("SELECT COLUMNS(*)::VARCHAR FROM (" + query + ")")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return "", err
	}
	values, into := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	var b strings.Builder
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		cells := make([]string, len(values))
		for i, v := range values {
			if cells[i] = "-"; v.Valid {
				cells[i] = v.String
			}
		}
		fmt.Fprintln(&b, strings.Join(cells, " | "))
	}
	return b.String(), rows.Err()
}

// happened lists what a source's events touch, in their order.
const happened = `
SELECT CASE e.precision WHEN 'day' THEN strftime(e.time AT TIME ZONE 'UTC', '%%Y-%%m-%%d %%H:%%M day') ELSE strftime(e.time AT TIME ZONE 'UTC', '%%Y-%%m-%%d %%H:%%M') END AS time, e.activity,
       concat_ws(' ', e.actor_kind, e.resource) AS who,
       string_agg(concat_ws(' ', o.type, o.id, CASE WHEN eo.qualifier <> 'on' THEN eo.qualifier END, trim(rtrim(eo.quantity::VARCHAR, '0'), '.'), eo.amount::DECIMAL(18,2), eo.currency), ', ' ORDER BY o.type, o.id, eo.qualifier) AS touched
FROM main.event e LEFT JOIN main.event_object eo USING (event) LEFT JOIN main.object o USING (object)
WHERE e.source = '%s' GROUP BY e.event, e.time, e.precision, e.activity, e.actor_kind, e.resource, e.sequence, e.rank ORDER BY e.time, e.rank, e.sequence, e.event`

// related lists what a source relates.
const related = `
SELECT s.type || ' ' || s.id AS source, r.qualifier, t.type || ' ' || t.id AS target, trim(rtrim(r.quantity::VARCHAR, '0'), '.') AS quantity, r.amount::DECIMAL(18,2), r.currency
FROM main.object_object r JOIN main.object s ON s.object = r.source_object JOIN main.object t ON t.object = r.target_object
WHERE starts_with(s.id, '%[1]s:') OR starts_with(t.id, '%[1]s:') ORDER BY ALL`

// TestStories tells what systems hand over, and what is understood of it.
//
//	load KIND [zone=Z] [partial] [name=N]: files "-- NAME" of the kind, or of erp.
//	sample KIND: the preset's sample folder.
//	replace KIND, extend KIND: the same, the mapping being replaced or extended by own.sql.
//	feed NAME [partial]: a feed of one's own; feed.yaml has its configuration.
//	events N, relations N, links N: what source N says.
//	ask [in=N]: a query.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		t.Parallel()
		p := newProject(t)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			out, err := p.tell(t, d)
			if err != nil {
				return "error: " + strings.ReplaceAll(err.Error(), p.dir, "DIR") + "\n"
			}
			return out
		})
	})
}

func (p *project) tell(t *testing.T, d *datadriven.TestData) (string, error) {
	word := ""
	if len(d.CmdArgs) > 0 {
		word = d.CmdArgs[0].Key
	}
	switch d.Cmd {
	case "feed":
		return p.feed(t, word, d.Input)
	case "load", "sample", "replace", "extend":
		sys, dir := erp(), filepath.Join("testdata", "erp")
		if word != "erp" {
			sys, dir = presetOf(t, word).System(), filepath.Join(word, "sample")
			sys.Uses = []string{"erp", "wms"}
		}
		if d.Cmd == "load" {
			dir = t.TempDir()
			writeFiles(t, dir, d.Input)
		}
		switch own := (preset.SQL{File: "own.sql", Text: d.Input}); d.Cmd {
		case "replace":
			preset.Override(sys, own, preset.SQL{})
		case "extend":
			preset.Override(sys, preset.SQL{}, own)
		}
		d.MaybeScanArgs(t, "zone", &sys.Timezone)
		d.MaybeScanArgs(t, "name", &sys.Name)
		tables, err := folder.Open(t.Context(), dir, sys, !d.HasArg("partial"))
		if err != nil {
			return "", err
		}
		r, err := p.load(t.Context(), sys, tables)
		return brief(r), err
	case "events":
		return p.ask("", fmt.Sprintf(happened, word))
	case "relations":
		return p.ask("", fmt.Sprintf(related, word))
	case "links":
		return p.ask(word, "SELECT source_type, source_id, qualifier, target_type, key, attribute, amount::DECIMAL(18,2), currency, target_id, matches FROM link ORDER BY ALL")
	case "ask":
		if strings.Contains(d.Input, "o2c.") && !p.derived {
			if err := p.derive(t.Context()); err != nil {
				return "", err
			}
		}
		in := ""
		d.MaybeScanArgs(t, "in", &in)
		return p.ask(in, d.Input)
	}
	return "", fmt.Errorf("unknown command %q", d.Cmd)
}

// feed loads a feed of one's own, whose files are in the project's folder.
func (p *project) feed(t *testing.T, name, text string) (string, error) {
	writeFiles(t, p.dir, text)
	yamlText, err := os.ReadFile(filepath.Join(p.dir, "feed.yaml"))
	if err != nil {
		return "", err
	}
	var c Config
	if err := yaml.NewDecoder(bytes.NewReader(yamlText), yaml.Strict()).Decode(&c); err != nil {
		return "", err
	}
	sys, err := Custom(name, p.dir, c)
	if err != nil {
		return "", err
	}
	tables, err := c.Open(t.Context(), name, p.dir)
	if err != nil {
		return "", err
	}
	r, err := p.load(t.Context(), sys, tables)
	return brief(r), err
}

func presetOf(t testing.TB, kind string) Preset {
	for _, p := range Presets {
		if p.Kind == kind {
			return p
		}
	}
	t.Fatalf("no kind %q", kind)
	return Preset{}
}

func brief(r eventlog.LoadReceipt) string {
	var b strings.Builder
	if r.Load == 0 && r.RowsNew == 0 && r.RowsRejected == 0 {
		return "nothing new\n"
	}
	fmt.Fprintf(&b, "rows: %d new, %d rejected; events %v, objects %v, relations %v\n", r.RowsNew, r.RowsRejected, r.Events, r.Objects, r.Relations)
	for _, x := range r.Rejects {
		fmt.Fprintf(&b, "  %s: %s: %s\n", x.Place, x.Column, x.Reason)
	}
	for _, n := range r.Notes {
		if n.Code != "missing-table" {
			fmt.Fprintf(&b, "  note %s: %s\n", n.Code, strings.TrimSpace(n.Text))
		}
	}
	return b.String()
}

// writeFiles writes "-- NAME" and lines as files.
func writeFiles(t testing.TB, dir, text string) {
	for _, part := range strings.Split("\n"+text, "\n-- ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.TrimLeft(body, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
