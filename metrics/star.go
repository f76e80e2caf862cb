package metrics

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
)

//go:embed star/star.yaml
var starYAML []byte

// A StarTable is a table of the star schema: facts and what they are split by,
// for other tools. See star/README.md.
type StarTable struct {
	Name, Doc string
	Columns   []StarColumn
	from      string
	order     string
}

// A StarColumn is a column of one. References is the table whose first column
// its values are.
type StarColumn struct {
	Name, Doc, References string
	sql                   string
}

var loadStar = sync.OnceValues(func() ([]StarTable, error) {
	var tables []struct {
		Name, Doc, From, Order string
		Columns                []string
	}
	if err := yaml.NewDecoder(bytes.NewReader(starYAML), yaml.Strict()).Decode(&tables); err != nil {
		return nil, err
	}
	var list []StarTable
	for _, t := range tables {
		s := StarTable{Name: t.Name, Doc: t.Doc, from: t.From, order: t.Order}
		for _, c := range t.Columns {
			parts := strings.Split(c, " | ")
			if len(parts) != 3 && len(parts) != 4 {
				return nil, fmt.Errorf("%s: %q is not name | SQL | what it is | table it refers to", t.Name, c)
			}
			x := StarColumn{Name: strings.TrimSpace(parts[0]), sql: strings.TrimSpace(parts[1]), Doc: strings.TrimSpace(parts[2])}
			if len(parts) == 4 {
				x.References = strings.TrimSpace(parts[3])
			}
			s.Columns = append(s.Columns, x)
		}
		list = append(list, s)
	}
	return list, nil
})

// Star lists the tables of the star schema, those that others refer to first.
func Star() []StarTable {
	list, err := loadStar()
	if err != nil {
		panic("star.yaml: " + err.Error()) // embedded, and a test reads it
	}
	return list
}

// SQL writes the SELECT of a table over the business views, in the order of
// its keys; days are days of zone.
func (t StarTable) SQL(zone *time.Location) string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = c.sql + " AS " + quoted(c.Name)
	}
	text := fmt.Sprintf("SELECT %s\nFROM %s AS v\nORDER BY %s", strings.Join(columns, ",\n       "), t.from, t.order)
	return strings.ReplaceAll(text, "{zone}", literal(zone.String()))
}
