package metrics

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// parseList reads a list of definitions, each of them filled and checked. An
// error shows the line, and says which definition it is in.
func parseList[T any](text []byte, what string, check func(*T) error) ([]*T, error) {
	var list []*T
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
		return nil, inItem(text, what, err)
	}
	for i, x := range list {
		err := errors.New("a " + what + " says nothing")
		if x != nil {
			err = check(x)
		}
		if err == nil {
			continue
		}
		if nodes := items(text); i < len(nodes) {
			err = &yaml.SyntaxError{Message: err.Error(), Token: begin(nodes[i]).GetToken()}
		}
		return nil, err
	}
	return list, nil
}

// inItem puts the name of the definition before what is wrong in it.
func inItem(text []byte, what string, err error) error {
	at, ok := errors.AsType[yaml.Error](err)
	if !ok || at.GetToken() == nil || at.GetToken().Position == nil {
		return err
	}
	name := ""
	for _, n := range items(text) {
		if begin(n).GetToken().Position.Line > at.GetToken().Position.Line {
			break
		}
		name = nameOf(n)
	}
	if name == "" {
		return err
	}
	return &yaml.SyntaxError{Message: fmt.Sprintf("%s %s: %s", what, name, strings.TrimPrefix(at.GetMessage(), what+" "+name+": ")), Token: at.GetToken()}
}

// items are those of the list that a text is; none if it is none.
func items(text []byte) []ast.Node {
	file, err := parser.ParseBytes(text, 0)
	if err != nil || len(file.Docs) == 0 {
		return nil
	}
	list, ok := file.Docs[0].Body.(*ast.SequenceNode)
	if !ok {
		return nil
	}
	return list.Values
}

// fields are those of a mapping.
func fields(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

// begin is the first key of a mapping, else the node itself.
func begin(n ast.Node) ast.Node {
	if f := fields(n); len(f) > 0 {
		return f[0].Key
	}
	return n
}

func nameOf(n ast.Node) string {
	for _, f := range fields(n) {
		if f.Key.GetToken().Value == "name" {
			return f.Value.GetToken().Value
		}
	}
	return ""
}
