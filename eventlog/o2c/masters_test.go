package o2c

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"millrace/eventlog"
)

// A someone is a customer as a law draws it; keys are by rank, "" for none.
type someone struct {
	source string
	keys   [4]string
}

// The view says of any customers what the rules say, taken one by one and in
// whichever order the customers came.
func TestMastersLaw(t *testing.T) {
	store := newStore(t)
	if err := store.ExecViews(t.Context(), Refresh()); err != nil {
		t.Fatal(err)
	}
	ranks := []string{"file", "tax_number", "gln", "number"}
	values := [4][]string{
		{"", "", "", "GOLD-1", "GOLD-2"},
		{"", "DE123456781", "DE123456782", "DE123456783"},
		{"", "04006381333931", "04012345678901"},
		{"", "11", "12", "13"},
	}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) someone {
			s := someone{source: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "source")}
			for i, v := range values {
				s.keys[i] = rapid.SampledFrom(v).Draw(t, ranks[i])
			}
			return s
		}), 1, 9).Draw(t, "customers")
		want := obvious(list, ranks)
		for _, order := range [][]int{nil, rapid.Permutation(upTo(len(list))).Draw(t, "order")} {
			if got := asked(t, store, list, order); !slices.Equal(got, want) {
				t.Fatalf("order %v:\n%s\nwant\n%s", order, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		// Only a file says that one source has somebody twice.
		for i, a := range list {
			for j, b := range list[:i] {
				if a.source == b.source && a.keys[0] == "" && b.keys[0] == "" && strings.Fields(want[i])[1] == strings.Fields(want[j])[1] {
					t.Fatalf("%v and %v are one", a, b)
				}
			}
		}
	})
}

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// asked is what the view says, a line a customer: id, master_id, state, key.
func asked(t *rapid.T, store *eventlog.Store, list []someone, order []int) (got []string) {
	m := Masters{"Customer": {Keys: []string{"tax_number", "gln", "number"}}}
	rule := m["Customer"]
	script := "DELETE FROM main.object; DELETE FROM objects.\"Customer\";\n"
	for i, s := range list {
		object := i
		if order != nil {
			object = order[i]
		}
		script += fmt.Sprintf("INSERT INTO main.object VALUES (%d, 'Customer', 'c%d', TRUE, '%s', NULL, NULL, 1); INSERT INTO objects.\"Customer\" (object, tax_number, gln, number) VALUES (%[1]d, '%[4]s', '%[5]s', '%[6]s');\n",
			object+1, i, s.source, s.keys[1], strings.TrimPrefix(s.keys[2], "0"), s.keys[3])
		if s.keys[0] != "" {
			rule.Same = append(rule.Same, SameMaster{Line: int64(i), Source: s.source, ID: fmt.Sprintf("c%d", i), SameAs: s.keys[0]})
		}
	}
	m["Customer"] = rule
	for _, v := range m.viewList() {
		if strings.HasPrefix(v.Name, "master") {
			script += "DROP TABLE IF EXISTS o2c." + v.Name + ";\n" + strings.Replace(v.SQL, "CREATE OR REPLACE VIEW", "CREATE TABLE", 1)
		}
	}
	if err := store.ExecViews(t.Context(), script); err != nil {
		t.Fatal(err)
	}
	rows, err := store.Query(t.Context(), "SELECT concat_ws(' ', id, master_id, state, key) FROM o2c.masters ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return got
}

// obvious takes the rules one by one: see 07_masters.sql.
func obvious(list []someone, ranks []string) []string {
	group := upTo(len(list)) // the first of those that are one
	by, unsure := make([]string, len(list)), make([]string, len(list))
	for rank, name := range ranks {
		before := slices.Clone(group)
		holders := map[string][]int{} // by value
		for i, s := range list {
			if s.keys[rank] != "" {
				holders[s.keys[rank]] = append(holders[s.keys[rank]], i)
			}
		}
		for value, who := range holders {
			var groups, members []int
			for _, i := range who {
				if !slices.Contains(groups, before[i]) {
					groups = append(groups, before[i])
				}
			}
			if len(groups) < 2 {
				continue
			}
			isApart, isUnsure := false, false
			for q := range rank {
				all, most := map[string]bool{}, 0
				for _, g := range groups {
					own := map[string]bool{}
					for i, s := range list {
						if before[i] == g && s.keys[q] != "" {
							own[s.keys[q]], all[s.keys[q]] = true, true
						}
					}
					most = max(most, len(own))
				}
				isApart = isApart || len(all) > most
			}
			groupOf := map[string]int{} // of a source
			for i, s := range list {
				if !slices.Contains(groups, before[i]) {
					continue
				}
				members = append(members, i)
				if g, ok := groupOf[s.source]; rank > 0 && ok && g != before[i] {
					isUnsure = true
				}
				groupOf[s.source] = before[i]
				isUnsure = isUnsure || s.keys[rank] != "" && s.keys[rank] != value
			}
			switch {
			case isApart:
				for _, i := range who {
					if strings.Join(list[i].keys[:rank], "") == "" && unsure[i] == "" {
						unsure[i] = name
					}
				}
			case isUnsure:
				for _, i := range who {
					if unsure[i] == "" {
						unsure[i] = name
					}
				}
			default:
				for _, i := range members {
					group[i] = slices.Min(groups)
					if by[i] == "" {
						by[i] = name
					}
				}
			}
		}
	}
	var lines []string
	for i := range list {
		n := 0
		for _, g := range group {
			if g == group[i] {
				n++
			}
		}
		switch {
		case n > 1:
			lines = append(lines, fmt.Sprintf("c%d c%d joined %s", i, slices.Index(group, group[i]), by[i]))
		case unsure[i] != "":
			lines = append(lines, fmt.Sprintf("c%d c%[1]d ambiguous %s", i, unsure[i]))
		default:
			lines = append(lines, fmt.Sprintf("c%d c%[1]d single", i))
		}
	}
	return lines
}

func TestMastersCheck(t *testing.T) {
	if err := (Masters{"Customer": {Keys: []string{"number", "gln"}}, "Material": {Keys: []string{"number"}}}).Check(); err != nil {
		t.Error(err)
	}
	for want, m := range map[string]Masters{
		`Supplier: no master data; want Customer or Material`:                     {"Supplier": {}},
		`Material: no key "gtn"; did you mean "gtin"?; want some of gtin, number`: {"Material": {Keys: []string{"gtn"}}},
		`Material: key "gtin" is given twice`:                                     {"Material": {Keys: []string{"gtin", "gtin"}}},
	} {
		if err := m.Check(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	// Its keys are those that the view knows.
	for _, typ := range masterTypes() {
		for _, k := range typ.keys {
			if !strings.Contains(viewText(t, "master_keys"), "'"+k+"'") {
				t.Errorf("o2c.master_keys has no %s of %s", k, typ.name)
			}
		}
	}
}

func viewText(t *testing.T, name string) string {
	t.Helper()
	i := slices.IndexFunc(ViewList(), func(v View) bool { return v.Name == name })
	if i < 0 {
		t.Fatalf("no view %s", name)
	}
	return ViewList()[i].SQL
}
