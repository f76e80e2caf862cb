package metrics_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest/distributor"
	"millrace/ingest/folder"
	"millrace/metrics"
	simulator "millrace/sample-data/distributor"
)

// A warehouse and a carrier tell of deliveries, half of which the ERP's extract
// lacks: what rests on them has no figure but the reason, and all else is as
// it was.
func TestLinksInStore(t *testing.T) {
	dir := t.TempDir()
	if _, err := simulator.Generate(t.Context(), dir, simulator.Options{Seed: 1, Orders: 150}); err != nil {
		t.Fatal(err)
	}
	whole := evaluate(t, dir)
	for _, name := range []string{"ct.order_to_cash", "auto.touchless_order_rate.bill", "ct.ship_to_invoice", "dso.simple"} {
		if v := whole[name]; !v.Known() {
			t.Errorf("of all: %v", v)
		}
	}
	lost := halve(t, filepath.Join(dir, "erp", "delivery.csv"))
	half := evaluate(t, dir)
	v := half["ct.ship_to_invoice"]
	if v.Known() || len(v.Notes) == 0 || v.Notes[0].Code != "links" || !strings.Contains(v.Notes[len(v.Notes)-1].Text, " references of wms, ") {
		t.Errorf("of half of the deliveries, %d being lost: %v", lost, v)
	}
	for _, name := range []string{"orders", "dso.simple"} {
		if a, b := whole[name], half[name]; math.Abs(a.V-b.V) > 1e-9 {
			t.Errorf("it does not rest on deliveries: %v, was %v", b, a)
		}
	}
}

// A distributor of another currency, whose orders are of many millions:
// every figure has the same number of cases, and no product of a quantity and a
// price is too large for its type.
func TestLargeAmounts(t *testing.T) {
	dir := t.TempDir()
	if _, err := simulator.Generate(t.Context(), dir, simulator.Options{Seed: 1, Orders: 150}); err != nil {
		t.Fatal(err)
	}
	store := load(t, dir)
	of := func() map[string]int64 {
		values, err := metrics.Evaluate(t.Context(), store.Query, metrics.Catalogue(), metrics.Options{})
		if err != nil {
			t.Fatal(err)
		}
		n := map[string]int64{}
		for _, v := range values {
			n[v.KPI.Name] += v.N
		}
		return n
	}
	small := of()
	var script strings.Builder
	for _, typ := range o2c.Model().Types {
		for _, a := range typ.Attributes {
			switch {
			case strings.Contains(a.Name, "quantity"):
				fmt.Fprintf(&script, "UPDATE objects.%q SET %q = %[2]q * 1000;\n", typ.Name, a.Name)
			case a.SQL == "DECIMAL(18,4)":
				fmt.Fprintf(&script, "UPDATE objects.%q SET %q = %[2]q * 1000000;\n", typ.Name, a.Name)
			case strings.Contains(a.Name, "price"):
				fmt.Fprintf(&script, "UPDATE objects.%q SET %q = %[2]q * 1000;\n", typ.Name, a.Name)
			}
		}
	}
	script.WriteString("UPDATE main.object_object SET quantity = quantity * 1000, amount = amount * 1000000;\n")
	script.WriteString("UPDATE main.object_change SET old_value = try_cast(old_value AS DECIMAL(38,6)) * 1000, new_value = try_cast(new_value AS DECIMAL(38,6)) * 1000 WHERE attribute LIKE '%quantity%';\n")
	if err := store.ExecViews(t.Context(), script.String()+o2c.Refresh()); err != nil {
		t.Fatal(err)
	}
	for name, n := range of() {
		if n != small[name] {
			t.Errorf("%s: of %d cases, with small amounts of %d", name, n, small[name])
		}
	}
}

// load loads the distributor's systems into a store.
func load(t testing.TB, dir string) *eventlog.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "millrace.duckdb")
	loadAll(t, dir, path)
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// loadAll loads the distributor's systems into a new store at path.
func loadAll(t testing.TB, dir, path string) {
	t.Helper()
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, sys := range distributor.Systems() {
		sys.Origin = "simulated"
		tables, err := folder.Open(t.Context(), filepath.Join(dir, sys.Name), sys, true)
		if err != nil {
			t.Fatal(err)
		}
		staged, err := eventlog.StageTables(t.Context(), path, *sys, tables.Rows, eventlog.ExtractOptions{Content: tables.Content, Names: eventlog.Names{Keep: true}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.MergeTables(t.Context(), staged); err != nil {
			t.Fatal(err)
		}
		if err := staged.Discard(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Derive(t.Context(), o2c.Refresh()); err != nil {
		t.Fatal(err)
	}
}

// evaluate loads the distributor's systems and returns the first value of each figure.
func evaluate(t *testing.T, dir string) map[string]metrics.Value {
	t.Helper()
	values, err := metrics.Evaluate(t.Context(), load(t, dir).Query, metrics.Catalogue(), metrics.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]metrics.Value{}
	for _, v := range values {
		if _, ok := m[v.KPI.Name]; !ok {
			m[v.KPI.Name] = v
		}
	}
	return m
}

// halve takes every second row out of a file.
func halve(t *testing.T, path string) (lost int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	for i, r := range rows {
		if i > 0 && i%2 == 0 {
			lost++
			continue
		}
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return lost
}
