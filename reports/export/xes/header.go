package xes

import (
	"encoding/json"
	"fmt"
	"strings"

	"millrace/eventlog"
)

// standardMeta is what a log that was never XES says of itself.
var standardMeta = eventlog.Meta{
	Extensions: []eventlog.Extension{
		{Name: "Concept", Prefix: "concept", URI: "http://www.xes-standard.org/concept.xesext"},
		{Name: "Time", Prefix: "time", URI: "http://www.xes-standard.org/time.xesext"},
		{Name: "Organizational", Prefix: "org", URI: "http://www.xes-standard.org/org.xesext"},
		{Name: "Lifecycle", Prefix: "lifecycle", URI: "http://www.xes-standard.org/lifecycle.xesext"},
	},
	Classifiers: []eventlog.Classifier{{Name: "Activity", Scope: "event", Keys: []string{"concept:name"}}},
	XES: &eventlog.XESMeta{Header: []eventlog.XMLAttribute{
		{Name: "xes.version", Value: "1849.2023"}, {Name: "xes.features", Value: ""}, {Name: "xmlns", Value: "http://www.xes-standard.org/"},
	}},
}

// header writes what is before the traces, in the order of the standard:
// extensions, globals, classifiers, attributes (IEEE 1849-2023, §5.1).
func (x *writer) header() error {
	m := x.meta
	if m.XES == nil {
		m = standardMeta
	}
	x.text("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<log")
	seen := map[string]bool{}
	for _, a := range m.XES.Header {
		if !seen[a.Name] {
			x.attr(a.Name, a.Value)
		}
		seen[a.Name] = true
	}
	x.text(">\n")
	for _, e := range m.Extensions {
		x.text("<extension")
		x.attr("name", e.Name)
		x.attr("prefix", e.Prefix)
		x.attr("uri", e.URI)
		x.text("/>\n")
	}
	if err := x.globals(m.Globals); err != nil {
		return err
	}
	for _, c := range m.Classifiers {
		x.text("<classifier")
		x.attr("name", c.Name)
		x.attr("scope", c.Scope)
		x.attr("keys", classifierKeys(c))
		x.text("/>\n")
	}
	if m.Attributes != "" {
		nodes, err := parseNodes(m.Attributes)
		if err != nil {
			return fmt.Errorf("attributes of the log: %w", err)
		}
		for _, n := range nodes {
			x.node(n)
			x.text("\n")
		}
	}
	return x.flush()
}

// globals writes one element a scope.
func (x *writer) globals(globals []eventlog.Global) error {
	done := map[string]bool{}
	for i := range globals {
		scope := globals[i].Scope
		if done[scope] {
			continue
		}
		done[scope] = true
		x.text("<global")
		if scope != "" {
			x.attr("scope", scope)
		}
		x.text(">")
		for _, g := range globals {
			switch {
			case g.Scope != scope:
			case g.Tree == "":
				x.value(g.Type, g.Key, g.Value)
			default:
				n, err := parseNode(g.Tree)
				if err != nil {
					return fmt.Errorf("global %q: %w", g.Key, err)
				}
				x.node(n)
			}
		}
		x.text("</global>\n")
	}
	return nil
}

// classifierKeys joins keys; those with spaces are in single quotes.
func classifierKeys(c eventlog.Classifier) string {
	if c.Text != "" {
		return c.Text
	}
	keys := make([]string, len(c.Keys))
	for i, k := range c.Keys {
		if keys[i] = k; strings.ContainsAny(k, " \t\r\n") {
			keys[i] = "'" + k + "'"
		}
	}
	return strings.Join(keys, " ")
}

// A node is an attribute with all inside it, as [eventlog.XESRest] has it.
type node struct {
	Key      string  `json:"key"`
	Type     string  `json:"type"`
	Value    *string `json:"value"`
	Children []*node `json:"children"`
	Values   []*node `json:"values"`
	Again    bool    `json:"again"`
	Absent   bool    `json:"absent"`
}

func parseNode(text string) (*node, error) {
	var n node
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return nil, err
	}
	return &n, n.check()
}

func parseNodes(text string) ([]*node, error) {
	var nodes []*node
	if err := json.Unmarshal([]byte(text), &nodes); err != nil {
		return nil, err
	}
	for _, n := range nodes {
		if err := n.check(); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

// check refuses what is no attribute of XES: its type becomes a tag.
func (n *node) check() error {
	switch n.Type {
	case "string", "date", "int", "float", "boolean", "id", "list", "container":
	default:
		if !n.Absent {
			return fmt.Errorf("%q is no type of XES", n.Type)
		}
	}
	for _, list := range [][]*node{n.Children, n.Values} {
		for _, c := range list {
			if err := c.check(); err != nil {
				return err
			}
		}
	}
	return nil
}

// node writes an attribute with all inside it.
func (x *writer) node(n *node) {
	x.tag(n.Type, n.Key)
	if n.Value != nil {
		x.attr("value", *n.Value)
	}
	if n.Type != "list" && len(n.Children) == 0 {
		x.text("/>")
		return
	}
	x.text(">")
	for _, c := range n.Children {
		x.node(c)
	}
	if n.Type == "list" {
		x.text("<values>")
		for _, c := range n.Values {
			x.node(c)
		}
		x.text("</values>")
	}
	x.text("</" + n.Type + ">")
}

// flush hands what is written to out.
func (x *writer) flush() error {
	_, err := x.out.Write(x.line)
	x.line = x.line[:0]
	return err
}
