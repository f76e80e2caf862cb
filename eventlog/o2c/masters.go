package o2c

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"millrace/eventlog"
)

// Masters says, by object type (Customer or Material), what tells those of
// several systems to be one. A type it does not name goes by its keys that are
// unique in the world; so does the zero value.
type Masters map[string]MasterRule

// A MasterRule says what tells objects of one type to be one.
type MasterRule struct {
	// Keys are taken in this order: one joins only objects that no earlier one
	// tells apart. None: those that are unique in the world.
	Keys []string
	// Same is what people say, and comes before all keys.
	Same []SameMaster
}

// A SameMaster is a line of a table that people keep: objects with one SameAs
// are one.
type SameMaster struct {
	Line   int64  `json:"line"`
	Source string `json:"source"`
	ID     string `json:"id"` // of the object, or its number
	SameAs string `json:"same_as"`
}

// A masterType is a type that the views join, and its keys: o2c.master_keys
// has them. Those that are unique in the world come first.
type masterType struct {
	name  string
	keys  []string
	world int
}

func masterTypes() []masterType {
	return []masterType{{"Customer", []string{"tax_number", "gln", "number"}, 2}, {"Material", []string{"gtin", "number"}, 1}}
}

// Check says what is wrong with m: a type or a key that there is not, a key
// given twice.
func (m Masters) Check() error {
	var names []string
	for _, t := range masterTypes() {
		names = append(names, t.name)
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		i := slices.Index(names, name)
		if i < 0 {
			return fmt.Errorf("%s: no master data%s; want %s", name, eventlog.DidYouMean(name, names), strings.Join(names, " or "))
		}
		known := masterTypes()[i].keys
		for j, k := range m[name].Keys {
			if !slices.Contains(known, k) {
				return fmt.Errorf("%s: no key %q%s; want some of %s", name, k, eventlog.DidYouMean(k, known), strings.Join(known, ", "))
			}
			if slices.Contains(m[name].Keys[:j], k) {
				return fmt.Errorf("%s: key %q is given twice", name, k)
			}
		}
	}
	return nil
}

// ruleView writes which keys count, in which order, so that SQL knows them.
func (m Masters) ruleView() View {
	const question = "Which keys tell customers and materials to be one, in which order?"
	var rows []string
	for _, t := range masterTypes() {
		keys := m[t.name].Keys
		if len(keys) == 0 {
			keys = t.keys[:t.world]
		}
		for i, k := range keys {
			rows = append(rows, fmt.Sprintf("\n\t('%s', %d, '%s')", t.name, i+1, k))
		}
	}
	return View{Name: "master_rules", Question: question, SQL: "-- " + question + "\nCREATE OR REPLACE VIEW o2c.master_rules AS\nSELECT * FROM (VALUES" +
		strings.Join(rows, ",") + "\n) AS t(type, rank, key);\n"}
}

// sameView writes which objects people say to be one. Of a line that means no
// object only its number is kept: who was forgotten does not come back by it.
func (m Masters) sameView() View {
	const question = "Which customers and materials do people say to be one?"
	type said struct {
		Type string `json:"type"`
		SameMaster
	}
	list := []said{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		for _, s := range m[name].Same {
			list = append(list, said{name, s})
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // texts and numbers
	}
	return View{Name: "master_file", Question: question, SQL: "-- " + question + `
-- One row a line of the project's files; object is NULL where it means none, or several by their number.
CREATE OR REPLACE VIEW o2c.master_file AS
WITH said AS (
	SELECT unnest(from_json('` + strings.ReplaceAll(string(text), "'", "''") + `',
		'[{"type":"VARCHAR","line":"BIGINT","source":"VARCHAR","id":"VARCHAR","same_as":"VARCHAR"}]'), recursive := TRUE)
),
numbered AS (
	SELECT o.type, o.source, ltrim(v.number, '0') AS number, min(o.object) AS object
	FROM (SELECT object, number FROM objects."Customer" UNION ALL SELECT object, number FROM objects."Material") v JOIN main.object o USING (object)
	WHERE v.number IS NOT NULL GROUP BY ALL HAVING count(*) = 1
)
SELECT s.type, s.line, coalesce(o.object, n.object) AS object, CASE WHEN coalesce(o.object, n.object) IS NOT NULL THEN s.same_as END AS same_as
FROM said s
LEFT JOIN main.object o ON o.type = s.type AND o.source = s.source AND o.id = s.id
LEFT JOIN numbered n ON n.type = s.type AND n.source = s.source AND n.number = ltrim(s.id, '0');
`}
}
