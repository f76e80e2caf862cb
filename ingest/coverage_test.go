package ingest_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/bank"
	"millrace/ingest/distributor"
	"millrace/ingest/edi"
	"millrace/ingest/erpnext"
	"millrace/ingest/feeds"
	"millrace/ingest/folder"
	"millrace/ingest/odoo"
	"millrace/ingest/preset/presettest"
	"millrace/ingest/sap"
	"millrace/ingest/sheet"
	"millrace/ingest/tryton"
	simulator "millrace/sample-data/distributor"
	sample "millrace/sample-data/tryton"
)

// COVERAGE.md says which key figure can be computed from which kind of source,
// by what the rows in this repository fill: the samples, and those that the
// presets' own tests write by hand. UPDATE=1 writes it anew.
func TestCoverage(t *testing.T) {
	bare := newCoverage(t)
	bare.documents(t, nil)
	alone := bare.filled(t)
	list := []column{
		{kind: "tryton", filled: coverTryton(t)},
		{kind: "distributor", filled: coverDistributor(t)},
		{kind: "sap", filled: coverCases(t, sap.System, "sap/testdata/cases/*", "")},
		{kind: "odoo", filled: coverCases(t, odoo.System, "odoo/testdata/*", "testdata/coverage/odoo")},
		{kind: "erpnext", filled: coverCases(t, erpnext.System, "erpnext/testdata/*", "testdata/coverage/erpnext")},
	}
	for _, p := range feeds.Presets {
		list = append(list, column{kind: p.Kind, beside: alone, filled: coverFeed(t, p)})
	}
	list = append(list,
		column{kind: "edi", beside: alone, filled: coverFiles(t, "edi/testdata/store", edi.System, func(dir string, sys *eventlog.System) ([]eventlog.TableRows, func() error, error) {
			tables, err := edi.Open(t.Context(), dir, sys, false)
			if err != nil {
				return nil, nil, err
			}
			return tables.Rows, tables.Close, nil
		})},
		column{kind: "bank", beside: alone, filled: coverFiles(t, "bank/testdata/store", bank.System, func(dir string, sys *eventlog.System) ([]eventlog.TableRows, func() error, error) {
			tables, err := bank.Open(t.Context(), dir, sys, false)
			if err != nil {
				return nil, nil, err
			}
			return tables.Rows, tables.Close, nil
		})})
	for _, l := range []struct {
		kind, file string
		reading    sheet.Reading
	}{
		{"receivables", "ar.csv", sheet.Reading{Currency: "EUR", Columns: map[string]string{"disputed": "In dispute since", "dispute_closed": "Objection over"}}},
		{"orders", "orders.csv", sheet.Reading{}},
	} {
		list = append(list, column{kind: l.kind, filled: coverList(t, l.kind, sheet.Config{Path: l.file, Reading: l.reading})})
	}
	got := markdown(list)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("COVERAGE.md", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("COVERAGE.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(want), "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(lines) || lines[i] != line {
			t.Fatalf("COVERAGE.md:%d: want %q; UPDATE=1 writes it anew: read what has changed", i+1, line)
		}
	}
	if string(want) != got {
		t.Fatal("COVERAGE.md has lines that nothing stands for; UPDATE=1 writes it anew")
	}
}

// A column is one kind of source in the table.
type column struct {
	kind   string
	filled o2c.Filled
	beside o2c.Filled // what the documents of another source fill alone; nil: it has its own
}

// markdown writes the table, and what is missing.
func markdown(list []column) string {
	var b strings.Builder
	b.WriteString(`# Which key figure can be computed from which source, and what is missing

Written by ` + "`UPDATE=1 go test ./ingest -run TestCoverage`" + `, which loads what this repository has of each kind: samples, and the rows that the presets' tests
write by hand. It says what a preset fills there, not what a real extract of such a system fills: ` + "`millrace coverage`" + ` says that of one's own.
The names are those of ../eventlog/o2c/README.md.

- **yes**: every column that the figure is computed from has a value in some row.
- (yes): so it is, but what is empty where nothing of the kind has happened is: returns, cancellations, disputes. Nothing happened, or the source does not say.
- part: for kinds that stand beside another source, here one that has the numbers of its documents and nothing else. This one fills some of it, the other has to fill the rest.

`)
	var coverages [][]o2c.FigureCoverage
	b.WriteString("| key figure |")
	for _, c := range list {
		fmt.Fprintf(&b, " %s |", c.kind)
		coverages = append(coverages, c.filled.Coverage())
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(list)) + "\n")
	computed := make([]int, len(list))
	figures := o2c.Figures()
	for i, f := range figures {
		fmt.Fprintf(&b, "| %s |", f.ID)
		for j, c := range list {
			cell := ""
			switch x := coverages[j][i]; {
			case x.Computable() && len(x.Unseen) > 0:
				cell = "(yes)"
				computed[j]++
			case x.Computable():
				cell = "**yes**"
				computed[j]++
			case c.beside != nil && slices.ContainsFunc(f.Needs, func(n string) bool { return c.filled[n] && !c.beside[n] }):
				cell = "part"
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "| of %d |", len(figures))
	for _, n := range computed {
		fmt.Fprintf(&b, " %d |", n)
	}
	b.WriteString("\n")
	for j, c := range list {
		fmt.Fprintf(&b, "\n## %s\n\n", c.kind)
		if c.beside != nil {
			c.adds(&b)
			continue
		}
		missing(&b, coverages[j])
	}
	return b.String()
}

// missing lists what a source does not fill, and which figures that costs.
func missing(b *strings.Builder, list []o2c.FigureCoverage) {
	b.WriteString("| missing | not computed |\n|---|---|\n")
	group(b, list, func(c o2c.FigureCoverage) []string { return c.Missing })
	b.WriteString("\n| nothing seen of | computed as if there were none |\n|---|---|\n")
	group(b, list, func(c o2c.FigureCoverage) []string {
		if !c.Computable() {
			return nil
		}
		return c.Unseen
	})
}

// group writes a row for each thing that figures lack.
func group(b *strings.Builder, list []o2c.FigureCoverage, of func(o2c.FigureCoverage) []string) {
	figures := map[string][]string{}
	var order []string
	for _, c := range list {
		for _, m := range of(c) {
			if figures[m] == nil {
				order = append(order, m)
			}
			figures[m] = append(figures[m], c.ID)
		}
	}
	for _, m := range order {
		fmt.Fprintf(b, "| %s | %s |\n", m, strings.Join(figures[m], ", "))
	}
	if len(order) == 0 {
		b.WriteString("| – | – |\n")
	}
}

// adds lists what a source fills that the documents alone do not.
func (c column) adds(b *strings.Builder) {
	columns := map[string][]string{}
	var views []string
	for _, f := range o2c.Figures() {
		for _, n := range f.Needs {
			view, name, _ := strings.Cut(n, ".")
			if !c.filled[n] || c.beside[n] || slices.Contains(columns[view], name) {
				continue
			}
			if columns[view] == nil {
				views = append(views, view)
			}
			columns[view] = append(columns[view], name)
		}
	}
	b.WriteString("| view | what it fills |\n|---|---|\n")
	for _, view := range views {
		fmt.Fprintf(b, "| %s | %s |\n", view, strings.Join(columns[view], ", "))
	}
}

// A coverage is a store that a kind of source is loaded into.
type coverage struct{ path string }

func newCoverage(t *testing.T) *coverage {
	return &coverage{filepath.Join(t.TempDir(), "millrace.duckdb")}
}

// load loads one system, as the program does.
func (c *coverage) load(t *testing.T, sys *eventlog.System, rows []eventlog.TableRows) {
	t.Helper()
	sys.Origin = "told"
	staged, err := eventlog.StageTables(t.Context(), c.path, *sys, rows, eventlog.ExtractOptions{Names: eventlog.Names{Keep: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := staged.Discard(); err != nil {
			t.Error(err)
		}
	}()
	c.with(t, func(s *eventlog.Store) error {
		_, err := s.MergeTables(t.Context(), staged)
		return err
	})
}

func (c *coverage) with(t *testing.T, fn func(*eventlog.Store) error) {
	t.Helper()
	s, err := eventlog.Open(t.Context(), c.path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := fn(s); err != nil {
		t.Fatal(err)
	}
}

// filled asks the business views.
func (c *coverage) filled(t *testing.T) (f o2c.Filled) {
	t.Helper()
	c.with(t, func(s *eventlog.Store) (err error) {
		if _, err := s.Derive(t.Context(), o2c.Refresh()); err != nil {
			return err
		}
		f, err = o2c.FilledBy(t.Context(), s.Query, "")
		return err
	})
	return f
}

// folder loads a folder of files as a system's tables.
func (c *coverage) folder(t *testing.T, dir string, sys *eventlog.System) {
	t.Helper()
	tables, err := folder.Open(t.Context(), dir, sys, true)
	if err != nil {
		t.Fatal(err)
	}
	defer tables.Close()
	c.load(t, sys, tables.Rows)
}

// union adds what is filled elsewhere.
func union(to, from o2c.Filled) o2c.Filled {
	if to == nil {
		to = o2c.Filled{}
	}
	for name, ok := range from {
		to[name] = to[name] || ok
	}
	return to
}

func coverTryton(t *testing.T) o2c.Filled {
	dir := t.TempDir()
	if err := os.CopyFS(dir, sample.Files); err != nil {
		t.Fatal(err)
	}
	c := newCoverage(t)
	c.folder(t, dir, tryton.System())
	return c.filled(t)
}

func coverDistributor(t *testing.T) o2c.Filled {
	dir := t.TempDir()
	if _, err := simulator.Generate(t.Context(), dir, simulator.Options{Seed: 1, Orders: 500}); err != nil {
		t.Fatal(err)
	}
	c := newCoverage(t)
	for _, sys := range distributor.Systems() {
		c.folder(t, filepath.Join(dir, sys.Name), sys)
	}
	return c.filled(t)
}

// coverCases loads the tables that each text of a preset's tests ends with, each as a
// source of its own; what one of them fills, the preset fills. To the rows of
// the one called ledger come those that more tells, if there is such a text.
func coverCases(t *testing.T, system func() *eventlog.System, pattern, more string) o2c.Filled {
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	c := newCoverage(t)
	for _, path := range paths {
		if slices.Contains([]string{"bare", "nothing", "forms"}, filepath.Base(path)) {
			continue // about what is lacking, or the same in another form
		}
		sys, told, files := system(), presettest.Told{}, map[string]string{}
		sys.Name = filepath.Base(path)
		sys.Prefix = sys.Name + ":"
		read := func(path string, table func(name string, rows [][]string)) {
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
				var words []string
				for _, a := range d.CmdArgs {
					words = append(words, a.Key)
				}
				name := strings.Join(words, " ")
				switch d.Cmd {
				case "table":
					rows, err := csv.NewReader(strings.NewReader(strings.ReplaceAll(d.Input, ", ", ","))).ReadAll()
					if err != nil {
						t.Fatal(err)
					}
					table(name, rows)
				case "file":
					files[name] = d.Input
				case "zone":
					sys.Timezone = name
				}
				return d.Expected // it is the preset's test that looks at it
			})
		}
		read(path, func(name string, rows [][]string) { told[name] = rows })
		if more != "" && sys.Name == "ledger" {
			read(more, func(name string, rows [][]string) { told[name] = joined(told[name], rows) })
		}
		if len(files) > 0 || strings.HasPrefix(pattern, "sap") {
			dir := t.TempDir()
			for name, rows := range told {
				var b strings.Builder
				if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
					t.Fatal(err)
				}
				files[name+".csv"] = b.String()
			}
			writeFiles(t, dir, files)
			c.folder(t, dir, sys)
		} else {
			c.load(t, sys, presettest.Folder(t, sys, told))
		}
	}
	return c.filled(t)
}

// joined are the rows of two tables, whose columns need not be the same.
func joined(a, b [][]string) [][]string {
	if len(a) == 0 {
		return b
	}
	head := slices.Clone(a[0])
	for _, name := range b[0] {
		if !slices.Contains(head, name) {
			head = append(head, name)
		}
	}
	list := [][]string{head}
	for _, table := range [][][]string{a, b} {
		for _, row := range table[1:] {
			wide := make([]string, len(head))
			for i, name := range table[0] {
				wide[slices.Index(head, name)] = row[i]
			}
			list = append(list, wide)
		}
	}
	return list
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// documents loads a source that has the numbers of documents and nothing else,
// as the files of feeds/testdata/erp are; rows are other ones.
func (c *coverage) documents(t *testing.T, rows presettest.Told) {
	t.Helper()
	optional := func(name string, columns ...string) eventlog.Table {
		table := eventlog.Table{Name: name, Key: []string{"id"}, Required: []string{"id"}, Optional: true}
		for _, n := range append([]string{"id"}, columns...) {
			table.Columns = append(table.Columns, eventlog.TableColumn{Name: n, SQL: "VARCHAR"})
		}
		return table
	}
	sys := &eventlog.System{
		Name: "erp", Kind: "documents", Timezone: "UTC", Model: o2c.Model(),
		Tables: []eventlog.Table{
			optional("sales_order", "number", "customer_reference", "kind", "customer", "channel"), optional("delivery", "number"), optional("invoice", "number"),
			optional("receipt", "number", "reference"), optional("customer", "number"), optional("material", "number"), optional("app_user", "kind"),
			optional("order_item", "position", "document"), optional("delivery_item", "position", "document"),
		},
		Mapping: `
			CREATE VIEW object_SalesOrder AS SELECT id, number, customer_reference, kind FROM sales_order;
			CREATE VIEW object_Delivery AS SELECT id, number FROM delivery;
			CREATE VIEW object_Invoice AS SELECT id, number FROM invoice;
			CREATE VIEW object_Receipt AS SELECT id, number, reference FROM receipt;
			CREATE VIEW object_Customer AS SELECT id, number FROM customer;
			CREATE VIEW object_Material AS SELECT id, number FROM material;
			CREATE VIEW object_User AS SELECT id, kind FROM app_user;
			CREATE VIEW object_SalesOrderItem AS SELECT id, position FROM order_item;
			CREATE VIEW object_DeliveryItem AS SELECT id, position FROM delivery_item;
			CREATE VIEW object_object AS
			SELECT 'SalesOrderItem' AS source_type, id AS source_id, 'SalesOrder' AS target_type, document AS target_id, 'item of' AS qualifier FROM order_item
			UNION ALL SELECT 'DeliveryItem', id, 'Delivery', document, 'item of' FROM delivery_item
			UNION ALL SELECT 'SalesOrder', id, 'Customer', customer, 'sold to' FROM sales_order WHERE customer IS NOT NULL;`,
	}
	if rows == nil {
		c.folder(t, "feeds/testdata/erp", sys)
		return
	}
	c.load(t, sys, presettest.Folder(t, sys, rows))
}

func coverFeed(t *testing.T, p feeds.Preset) o2c.Filled {
	c := newCoverage(t)
	c.documents(t, nil)
	sys := p.System()
	sys.Uses = []string{"erp"}
	c.folder(t, filepath.Join("feeds", p.Kind, "sample"), sys)
	return c.filled(t)
}

// coverList loads one of the lists of the samples.
func coverList(t *testing.T, kind string, c sheet.Config) o2c.Filled {
	k, ok := sheet.KindOf(kind)
	if !ok {
		t.Fatalf("no kind %q of lists", kind)
	}
	tables, err := sheet.Open(t.Context(), "../sample-data/lists", k, c, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	defer tables.Close()
	cover := newCoverage(t)
	cover.load(t, k.System(), tables.Rows)
	return cover.filled(t)
}

// coverFiles loads each folder that a preset's text tells, beside the documents of its erp.csv.
func coverFiles(t *testing.T, path string, system func() *eventlog.System, open func(dir string, sys *eventlog.System) ([]eventlog.TableRows, func() error, error)) (all o2c.Filled) {
	datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
		files := map[string]string{}
		for _, part := range strings.Split("\n"+d.Input, "\n-- ")[1:] {
			name, text, _ := strings.Cut(part, "\n")
			files[name] = text
		}
		documents := erpRows(files["erp.csv"])
		delete(files, "erp.csv")
		dir := t.TempDir()
		writeFiles(t, dir, files)
		c, sys := newCoverage(t), system()
		c.documents(t, documents)
		sys.Uses, sys.Timezone = []string{"erp"}, "UTC"
		rows, closeFiles, err := open(dir, sys)
		if err != nil {
			t.Fatal(err)
		}
		defer closeFiles()
		c.load(t, sys, rows)
		all = union(all, c.filled(t))
		return d.Expected
	})
	return all
}

// erpRows reads lines type,id,number,reference,customer, or id,number of invoices.
func erpRows(text string) presettest.Told {
	told := presettest.Told{
		"sales_order": {{"id", "number", "customer_reference", "customer"}}, "delivery": {{"id", "number"}}, "invoice": {{"id", "number"}},
		"receipt": {{"id", "number", "reference"}}, "customer": {{"id", "number"}},
	}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		switch f := strings.Split(line, ","); f[0] {
		case "SalesOrder":
			told["sales_order"] = append(told["sales_order"], []string{f[1], f[2], f[3], f[4]})
		case "Delivery":
			told["delivery"] = append(told["delivery"], []string{f[1], f[2]})
		case "Invoice":
			told["invoice"] = append(told["invoice"], []string{f[1], f[2]})
		case "Receipt":
			told["receipt"] = append(told["receipt"], []string{f[1], f[2], f[3]})
		default:
			told["invoice"] = append(told["invoice"], f[:2])
		}
	}
	return told
}
