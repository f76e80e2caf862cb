package distributor

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
)

// sqlTypes are the letters of layouts as the contract writes them.
var sqlTypes = map[byte]string{'t': "VARCHAR", 'i': "BIGINT", '2': "DECIMAL(18,2)", '3': "DECIMAL(18,3)", '4': "DECIMAL(18,4)", 'd': "DATE", 's': "TIMESTAMP", 'z': "TIMESTAMPTZ"}

// TestLayoutsKeepTheContract compares every table, column and type with the
// files that mappings are written against.
func TestLayoutsKeepTheContract(t *testing.T) {
	var contract struct {
		Systems []struct {
			Name   string
			Tables []struct {
				Name    string
				Key     []string
				Columns map[string][]string
			}
		}
	}
	readYAML(t, "tables.yaml", &contract)
	var truth struct {
		Tables []struct {
			Name    string
			Columns []string
		}
	}
	readYAML(t, "truth.yaml", &truth)

	var want, got []string
	for _, s := range contract.Systems {
		for _, table := range s.Tables {
			for kind, columns := range table.Columns {
				for _, c := range columns {
					want = append(want, s.Name+"."+table.Name+"."+c+" "+kind)
				}
			}
		}
	}
	for _, l := range layouts {
		for _, c := range l.columns {
			if l.system != "truth" {
				got = append(got, l.system+"."+l.table+"."+c.name+" "+sqlTypes[c.kind])
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	for _, x := range got {
		if !slices.Contains(want, x) {
			t.Errorf("%s is not in tables.yaml", x)
		}
	}
	for _, x := range want {
		if !slices.Contains(got, x) {
			t.Errorf("%s of tables.yaml is not written", x)
		}
	}

	n := len(layouts) - len(truth.Tables)
	for i, table := range truth.Tables {
		l := layouts[n+i]
		var columns []string
		for _, c := range l.columns {
			columns = append(columns, c.name)
		}
		if l.system != "truth" || l.table != table.Name || !slices.Equal(columns, table.Columns) {
			t.Errorf("truth.yaml has %s %v, written is %s.%s %v", table.Name, table.Columns, l.system, l.table, columns)
		}
	}
}

func readYAML(t *testing.T, name string, v any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "ingest", "distributor", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}
