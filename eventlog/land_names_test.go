package eventlog

import (
	"strings"
	"testing"
)

func TestTableNames(t *testing.T) {
	table := Table{
		Name: "VBAK", Aliases: []string{"A_SalesOrder"}, Never: []string{"pass_code"},
		Columns:       []TableColumn{{"vbeln", "VARCHAR"}, {"erdat", "VARCHAR"}, {"id", "VARCHAR"}},
		ColumnAliases: map[string]string{"salesOrder": "vbeln", "salesDocument": "vbeln", "creationDate": "erdat"},
	}
	for header, want := range map[string]string{
		"vbeln erdat":              "vbeln erdat",
		"VBELN ERDAT":              "vbeln erdat",
		"SalesOrder CREATION_DATE": "vbeln erdat",
		"sales_order vbeln":        "sales_order vbeln",   // its own name counts
		"salesOrder salesDocument": "vbeln salesDocument", // the first
		"VBELN vbeln":              "VBELN vbeln",         // the very name
		"i_d other":                "i_d other",           // underscores are for aliases
		"creation date ID":         "creation date id",
	} {
		if got := strings.Join(table.Names(strings.Fields(header)), " "); got != want {
			t.Errorf("%s: got %s, want %s", header, got, want)
		}
	}
	for name, want := range map[string]bool{"vbak": true, "a_salesorder": true, "ASalesOrder": true, "VB_AK": false, "A_SalesOrderItem": false} {
		if table.Called(name) != want {
			t.Errorf("called %s: %v", name, !want)
		}
	}
	columns, _ := landColumns(table, []string{"SALES_ORDER", "PassCode", "PASS_CODE", "extra"})
	if len(columns) != 4 || columns[3].Name != "extra" {
		t.Errorf("%v", columns)
	}
}
