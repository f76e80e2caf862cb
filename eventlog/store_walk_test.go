package eventlog

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
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

// A walkWorld is a small object graph, and the rules as a person would apply
// them to one case at a time.
type walkWorld struct {
	types     []string // of object i
	relations [][2]int
	follow    []string
}

func (w *walkWorld) near(o int, typ func(string) bool) []int {
	var out []int
	for _, r := range w.relations {
		for _, p := range [][2]int{r, {r[1], r[0]}} {
			if p[0] == o && p[1] != o && typ(w.types[p[1]]) && !slices.Contains(out, p[1]) {
				out = append(out, p[1])
			}
		}
	}
	return out
}

func isItem(t string) bool { return strings.HasSuffix(t, "Item") }

// reach is the slow and obvious walk.
func (w *walkWorld) reach(c int) map[int]bool {
	in := map[int]bool{c: true}
	isCase := func(t string) bool { return t == "Order" }
	var items func(from int)
	items = func(from int) {
		for _, i := range w.near(from, isItem) {
			owners := w.near(i, isCase)
			if !in[i] && (len(owners) == 0 || slices.Contains(owners, c)) {
				in[i] = true
				items(i)
			}
		}
	}
	items(c)
	for _, f := range w.follow {
		var enter []int
		for o := range in {
			for _, d := range w.near(o, func(t string) bool { return t == f }) {
				if !in[d] && !slices.Contains(enter, d) {
					enter = append(enter, d)
				}
			}
		}
		var headers []int
		for _, d := range enter {
			if !slices.ContainsFunc(w.near(d, isItem), func(i int) bool { return in[i] }) {
				headers = append(headers, d)
			}
		}
		for _, d := range headers {
			items(d)
		}
		for _, d := range enter {
			in[d] = true
		}
	}
	return in
}

// The SQL walks as the obvious program does, on any graph.
func TestWalkAgainstObvious(t *testing.T) {
	ctx := context.Background()
	types := []string{"Order", "Order", "OrderItem", "DeliveryItem", "InvoiceItem", "Delivery", "Invoice", "Payment", "Customer"}
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	rapid.Check(t, func(rt *rapid.T) {
		w := &walkWorld{types: rapid.SliceOfN(rapid.SampledFrom(types), 1, 14).Draw(rt, "types")}
		n := rapid.IntRange(0, 25).Draw(rt, "relations")
		for range n {
			w.relations = append(w.relations, [2]int{rapid.IntRange(0, len(w.types)-1).Draw(rt, "a"), rapid.IntRange(0, len(w.types)-1).Draw(rt, "b")})
		}
		w.follow = rapid.SliceOfN(rapid.SampledFrom([]string{"Delivery", "Invoice", "Payment"}), 0, 4).Draw(rt, "follow")
		err := s.write(ctx, func(c *storeConn) error {
			for _, text := range []string{"DELETE FROM object", "DELETE FROM event", "DELETE FROM event_object", "DELETE FROM object_object"} {
				if err := c.exec(ctx, text); err != nil {
					return err
				}
			}
			for i, typ := range w.types { // event i happens to object i
				for _, text := range []string{
					fmt.Sprintf("INSERT INTO object (object, type, id, defined, source, load) VALUES (%d, '%s', '%d', true, 's', 1)", i, typ, i),
					fmt.Sprintf("INSERT INTO event (event, id, activity, precision, rank, source, sequence, load) VALUES (%d, %d, 'a', 'exact', 0, 's', 0, 1)", i, i),
					fmt.Sprintf("INSERT INTO event_object (event, object, qualifier, load) VALUES (%d, %d, '', 1)", i, i),
				} {
					if err := c.exec(ctx, text); err != nil {
						return err
					}
				}
			}
			for _, r := range w.relations {
				if err := c.exec(ctx, fmt.Sprintf("INSERT INTO object_object (source_object, target_object, qualifier, source, load) VALUES (%d, %d, 'q', 's', 1)", r[0], r[1])); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
		got := map[int64][]int64{}
		_, err = s.LogRows(ctx, LogDefinition{Name: "l", CaseType: "Order", Follow: w.follow}, walkModel(), func(r *CaseRows) error {
			for i, c := range r.Case {
				got[c] = slices.Clone(r.Event[r.Offsets[i]:r.Offsets[i+1]])
			}
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
		want := map[int64][]int64{}
		for i, typ := range w.types {
			if typ == "Order" {
				for o := range w.reach(i) {
					want[int64(i)] = append(want[int64(i)], int64(o))
				}
				slices.Sort(want[int64(i)])
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			rt.Fatalf("got  %v\nwant %v", got, want)
		}
	})
}
