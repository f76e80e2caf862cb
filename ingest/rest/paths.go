package rest

import (
	"encoding/json"

	"millrace/ingest/web"
)

// paths find the values of columns in an item.
type paths struct {
	names []string
	root  *node
}

// A node is a member that is a column, or has columns below it, or both.
type node struct {
	columns []int
	below   map[string]*node
}

func newPaths(config *TableConfig, names []string) *paths {
	p := &paths{names: names, root: &node{}}
	for i, name := range names {
		path := []string{name}
		if at := config.Columns[name]; at != "" {
			path = web.Path(at)
		}
		n := p.root
		for _, step := range path {
			if n.below == nil {
				n.below = map[string]*node{}
			}
			if n.below[step] == nil {
				n.below[step] = &node{}
			}
			n = n.below[step]
		}
		n.columns = append(n.columns, i)
	}
	return p
}

// read calls fn for each column that an item has; ok is false if it is no object.
func (p *paths) read(item json.RawMessage, fn func(column int, value json.RawMessage)) (ok bool) {
	return p.root.read(item, fn)
}

func (n *node) read(item json.RawMessage, fn func(column int, value json.RawMessage)) bool {
	return web.Members(item, func(name, value []byte) {
		m := n.below[string(name)]
		if m == nil {
			return
		}
		for _, i := range m.columns {
			fn(i, value)
		}
		if m.below != nil {
			m.read(value, fn)
		}
	})
}
