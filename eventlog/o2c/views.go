package o2c

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed views/*.sql
var viewFiles embed.FS

// A View is one business view over the store.
type View struct {
	Name     string // "orders": the view is o2c.orders
	Question string // what it answers
	SQL      string // CREATE OR REPLACE VIEW o2c.orders AS …
}

// ViewList lists the views, each after those it reads.
func ViewList() []View { return Masters{}.viewList() }

func (m Masters) viewList() []View {
	files, err := fs.ReadDir(viewFiles, "views") // in order of their names
	if err != nil {
		panic(err) // embedded
	}
	list := []View{activityView(), m.ruleView(), m.sameView()}
	for _, f := range files {
		text, err := fs.ReadFile(viewFiles, "views/"+f.Name())
		if err != nil {
			panic(err) // embedded
		}
		_, name, _ := strings.Cut(strings.TrimSuffix(f.Name(), ".sql"), "_")
		question, _, _ := strings.Cut(string(text), "\n")
		list = append(list, View{Name: name, Question: strings.TrimPrefix(question, "-- "), SQL: string(text)})
	}
	return list
}

// Refresh returns one script that computes the business views and keeps them
// as tables of the same names, on a store with or without order-to-cash data:
// types that no source fills get an empty table. It has to run after every
// load, in the load's transaction; key figures then read tables.
func Refresh() string { return Masters{}.Refresh() }

// Refresh is [Refresh] where customers and materials are told by m.
func (m Masters) Refresh() string {
	var b strings.Builder
	b.WriteString(Tables())
	b.WriteString("DROP SCHEMA IF EXISTS o2c CASCADE;\nCREATE SCHEMA o2c;\n")
	for _, v := range m.viewList() {
		as := "TABLE"
		if v.Name == "object_events" || v.Name == "order_events" {
			as = "VIEW" // plain joins of tables: to write them out costs more than every question to them
		}
		b.WriteString(strings.Replace(v.SQL, "CREATE OR REPLACE VIEW", "CREATE "+as, 1))
	}
	return b.String()
}

// Tables returns a script that adds to a store whatever tables and columns of
// the model's types it lacks.
func Tables() string {
	var b strings.Builder
	for _, t := range Model().Types {
		fmt.Fprintf(&b, "CREATE TABLE IF NOT EXISTS objects.%q (object BIGINT NOT NULL);\n", t.Name)
		for _, a := range t.Attributes {
			fmt.Fprintf(&b, "ALTER TABLE objects.%q ADD COLUMN IF NOT EXISTS %q %s;\n", t.Name, a.Name, a.SQL)
		}
	}
	return b.String()
}

// activityView writes the vocabulary as a view, so that SQL knows what counts
// as a touch.
func activityView() View {
	const question = "Which activities are there, and what do they mean for automation?"
	var b strings.Builder
	fmt.Fprintf(&b, "-- %s\nCREATE OR REPLACE VIEW o2c.activities AS\nSELECT * FROM (VALUES", question)
	for i, a := range mustLoad().Activities {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n\t('%s', %d, '%s', '%s')", a.Name, a.Rank, a.On, a.Class)
	}
	b.WriteString("\n) AS t(activity, rank, object_type, class);\n")
	return View{Name: "activities", Question: question, SQL: b.String()}
}
