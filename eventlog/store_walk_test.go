package eventlog

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// walkModel knows the types of testdata/store/walk by what they are called.
func walkModel() *Model {
	m := &Model{Name: "orders"}
	for _, name := range []string{"Order", "Delivery", "Invoice", "Payment"} {
		m.Types = append(m.Types, ObjectType{Name: name})
	}
	for _, name := range []string{"OrderItem", "DeliveryItem", "InvoiceItem"} {
		m.Types = append(m.Types, ObjectType{Name: name, Level: Item})
	}
	m.Types = append(m.Types, ObjectType{Name: "Customer", Level: Master})
	return m
}

// walkStore fills a store from lines such as
//
//	OrderItem 1/1 - item of - Order 1
//	10:00 Ship: Delivery 7, DeliveryItem 7/1
func walkStore(t *testing.T, text string) *Store {
	oo, ev, eo := "st|sid|q|tt|tid\n", "key|activity|time\n", "key|type|id\n"
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if a, rest, ok := strings.Cut(line, " - "); ok {
			q, b, _ := strings.Cut(rest, " - ")
			oo += strings.Join([]string{strings.ReplaceAll(a, " ", "|"), q, strings.ReplaceAll(b, " ", "|")}, "|") + "\n"
			continue
		}
		head, objects, _ := strings.Cut(line, ": ")
		clock, activity, _ := strings.Cut(head, " ")
		ev += fmt.Sprintf("%d|%s|2024-01-01 %s:00\n", i, activity, clock)
		for _, o := range strings.Split(objects, ", ") {
			eo += fmt.Sprintf("%d|%s\n", i, strings.ReplaceAll(o, " ", "|"))
		}
	}
	text3 := func(name string) []TableColumn {
		var columns []TableColumn
		for _, c := range strings.Split(name, " ") {
			columns = append(columns, TableColumn{c, "VARCHAR"})
		}
		return columns
	}
	sys := System{
		Name: "walk", Kind: "test",
		Tables: []Table{{Name: "oo", Columns: text3("st sid q tt tid")}, {Name: "ev", Columns: text3("key activity time")}, {Name: "eo", Columns: text3("key type id")}},
		Mapping: `CREATE VIEW event AS SELECT key, activity, time::TIMESTAMP AS time FROM ev;
			CREATE VIEW event_object AS SELECT key AS event_key, type, id FROM eo;
			CREATE VIEW object_object AS SELECT st AS source_type, sid AS source_id, tt AS target_type, tid AS target_id, q AS qualifier FROM oo`,
	}
	bar := func(table, text string) TableRows {
		r := lines(table, strings.ReplaceAll(text, ",", ";"))
		r.Columns = strings.Split(r.Columns[0], "|")
		rows := r.Rows
		r.Rows = func(fn func(int64, []string) error) error {
			return rows(func(line int64, f []string) error { return fn(line, strings.Split(f[0], "|")) })
		}
		return r
	}
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	mustMerge(t, s, sys, bar("oo", oo), bar("ev", ev), bar("eo", eo))
	return s
}

// walked writes each case as one line, its events by time.
func walked(s *Store, def LogDefinition) (string, error) {
	var b strings.Builder
	notes, err := s.LogRows(context.Background(), def, walkModel(), func(r *CaseRows) error {
		for i, id := range r.ID {
			fmt.Fprintf(&b, "%s %s:", def.CaseType, id)
			from, to := r.Offsets[i], r.Offsets[i+1]
			order := make([]int, 0, to-from)
			for e := from; e < to; e++ {
				at := len(order)
				for at > 0 && r.Time[order[at-1]] > r.Time[e] {
					at--
				}
				order = append(order[:at], append([]int{e}, order[at:]...)...)
			}
			for j, e := range order {
				if j > 0 {
					b.WriteString(",")
				}
				fmt.Fprintf(&b, " %s", r.Labels.Activity[r.Activity[e]])
			}
			b.WriteString("\n")
		}
		return nil
	})
	for _, n := range notes {
		fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
	}
	return b.String(), err
}

func TestWalk(t *testing.T) {
	datadriven.RunTest(t, "testdata/store/walk", func(t *testing.T, d *datadriven.TestData) string {
		def := LogDefinition{Name: "test"}
		for _, a := range d.CmdArgs {
			switch a.Key {
			case "case":
				def.CaseType = a.Vals[0]
			case "follow":
				def.Follow = a.Vals
			case "items":
				def.Items = a.Vals
			}
		}
		out, err := walked(walkStore(t, d.Input), def)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		return out
	})
}
