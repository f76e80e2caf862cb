package sqldb

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A fakeStatement is a statement of one of the shapes that a dialect sends:
//
//	SELECT items FROM "S"."T" [WHERE condition] [ORDER BY columns] [LIMIT n]
//
// or Oracle's SELECT * FROM (…) WHERE ROWNUM <= n around it, or count(*).
type fakeStatement struct {
	schema, name string
	table        *fakeTable
	items        []*fakeNode
	where        *fakeNode
	order        []string
	limit        int // -1: none
	count        bool
	columns      []fakeColumn
	marks        int      // how many parameters there are
	params       []string // types that the server infers for them
	catalog      func(args []any) [][]any
}

// A fakeNode is a part of an expression: op is column, param, text, number,
// null, a comparison, AND, OR, ||, or the name of a function.
type fakeNode struct {
	op    string
	text  string // of a column, text, number; of CAST, the type
	n     int    // of a parameter, from 0
	args  []*fakeNode
	alias string
}

// A fakeFunction has the type of its result, and that of a parameter that it
// is given as it is.
type fakeFunction struct {
	kind, param string
	call        func(args []any) (any, error) // no arg is NULL
}

// fakeTokens cuts SQL into words, "names", 'texts', numbers, parameters and
// signs.
func fakeTokens(text string) (list []string, err error) {
	word := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
	}
	for i := 0; i < len(text); {
		c, start := text[i], i
		switch {
		case strings.IndexByte(" \n\t\r", c) >= 0:
			i++
			continue
		case c == '"' || c == '\'':
			for i++; i < len(text) && (text[i] != c || i+1 < len(text) && text[i+1] == c); i++ {
				if text[i] == c {
					i++
				}
			}
			if i++; i > len(text) {
				return nil, fmt.Errorf("%s does not end", text[start:])
			}
		case c == ':' || word(c):
			for i++; i < len(text) && word(text[i]); i++ {
			}
		case strings.HasPrefix(text[i:], "||") || strings.HasPrefix(text[i:], ">=") || strings.HasPrefix(text[i:], "<="):
			i += 2
		case strings.IndexByte("(),.=<>*?", c) >= 0:
			i++
		default:
			return nil, fmt.Errorf("%q is nothing that a dialect sends", text[i:])
		}
		list = append(list, text[start:i])
	}
	return list, nil
}

type fakeParser struct {
	tokens []string
	at     int
	marks  int
}

// errShape is what a parser panics with.
var errShape = errors.New("not of a shape that a dialect sends")

func parseFake(text string) (q *fakeStatement, err error) {
	tokens, err := fakeTokens(text)
	if err != nil {
		return nil, err
	}
	p := &fakeParser{tokens: tokens}
	defer func() {
		if r := recover(); r == errShape {
			q, err = nil, fmt.Errorf("%w, at %q", errShape, strings.Join(p.tokens[min(p.at, len(p.tokens)):], " "))
		} else if r != nil {
			panic(r)
		}
	}()
	if slices.Equal(tokens[:min(4, len(tokens))], []string{"SELECT", "*", "FROM", "("}) {
		p.at = 4
		q = p.statement()
		for _, w := range []string{")", "WHERE", "ROWNUM", "<="} {
			p.want(w)
		}
		q.limit = p.number()
	} else {
		q = p.statement()
	}
	if p.at != len(p.tokens) {
		panic(errShape)
	}
	q.marks = p.marks
	return q, nil
}

func (p *fakeParser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

func (p *fakeParser) next() string { w := p.peek(); p.at++; return w }

func (p *fakeParser) is(word string) bool {
	if p.peek() != word {
		return false
	}
	p.at++
	return true
}

func (p *fakeParser) want(word string) {
	if !p.is(word) {
		panic(errShape)
	}
}

func (p *fakeParser) quoted() string {
	w := p.next()
	if len(w) < 2 || w[0] != '"' {
		panic(errShape)
	}
	return strings.ReplaceAll(w[1:len(w)-1], `""`, `"`)
}

func (p *fakeParser) number() int {
	n, err := strconv.Atoi(p.next())
	if err != nil {
		panic(errShape)
	}
	return n
}

func (p *fakeParser) statement() *fakeStatement {
	q := &fakeStatement{limit: -1}
	p.want("SELECT")
	if q.count = p.is("count"); q.count {
		for _, w := range []string{"(", "*", ")"} {
			p.want(w)
		}
	} else {
		for more := true; more; more = p.is(",") {
			n := p.expression()
			if p.is("AS") {
				n.alias = p.quoted()
			}
			q.items = append(q.items, n)
		}
	}
	p.want("FROM")
	q.schema = p.quoted()
	p.want(".")
	q.name = p.quoted()
	if p.is("WHERE") {
		q.where = p.either()
	}
	if p.is("ORDER") {
		p.want("BY")
		for more := true; more; more = p.is(",") {
			q.order = append(q.order, p.quoted())
		}
	}
	if p.is("LIMIT") {
		q.limit = p.number()
	}
	return q
}

func (p *fakeParser) either() *fakeNode {
	n := p.all()
	for p.is("OR") {
		n = &fakeNode{op: "OR", args: []*fakeNode{n, p.all()}}
	}
	return n
}

func (p *fakeParser) all() *fakeNode {
	n := p.comparison()
	for p.is("AND") {
		n = &fakeNode{op: "AND", args: []*fakeNode{n, p.comparison()}}
	}
	return n
}

func (p *fakeParser) comparison() *fakeNode {
	if p.is("(") {
		n := p.either()
		p.want(")")
		return n
	}
	left := p.expression()
	switch op := p.next(); op {
	case "IS":
		p.want("NULL")
		return &fakeNode{op: "null", args: []*fakeNode{left}}
	case "=", ">", ">=":
		return &fakeNode{op: op, args: []*fakeNode{left, p.expression()}}
	}
	panic(errShape)
}

func (p *fakeParser) expression() *fakeNode {
	n := p.term()
	for p.is("||") {
		n = &fakeNode{op: "||", args: []*fakeNode{n, p.term()}}
	}
	return n
}

func (p *fakeParser) term() *fakeNode {
	w := p.peek()
	switch {
	case w == "":
		panic(errShape)
	case w[0] == '"':
		return &fakeNode{op: "column", text: p.quoted()}
	case w[0] == '\'':
		p.at++
		return &fakeNode{op: "text", text: strings.ReplaceAll(w[1:len(w)-1], "''", "'")}
	case w[0] >= '0' && w[0] <= '9':
		p.at++
		return &fakeNode{op: "number", text: w}
	case w == "?" || w == ":"+strconv.Itoa(p.marks+1):
		p.at++
		p.marks++
		return &fakeNode{op: "param", n: p.marks - 1}
	}
	n := &fakeNode{op: p.next()}
	p.want("(")
	for more := true; more; more = p.is(",") {
		n.args = append(n.args, p.expression())
	}
	if p.is("AS") {
		n.text = p.next()
		if p.is("(") {
			n.args = append(n.args, p.term())
			p.want(")")
		}
	}
	p.want(")")
	return n
}

// typeOf is the type of an expression.
func (f *fakeDatabase) typeOf(t *fakeTable, n *fakeNode) (fakeColumn, error) {
	switch n.op {
	case "column":
		if i := t.find(n.text); i >= 0 {
			return t.columns[i], nil
		}
		return fakeColumn{}, fmt.Errorf("%s has no column %q", t.name, n.text)
	case "||", "text":
		return fakeColumn{kind: f.text}, nil
	case "CAST":
		return fakeColumn{kind: n.text}, nil
	}
	if known, ok := f.functions[n.op]; ok {
		return fakeColumn{kind: known.kind}, nil
	}
	return fakeColumn{}, fmt.Errorf("%s: no such function", n.op)
}

// inferred fills the types of parameters: that of the column they are compared
// with, what CAST says, or what the function takes.
func (f *fakeDatabase) inferred(q *fakeStatement, n *fakeNode) error {
	if n == nil {
		return nil
	}
	for i, a := range n.args {
		if a.op != "param" {
			if err := f.inferred(q, a); err != nil {
				return err
			}
			continue
		}
		kind := f.functions[n.op].param
		switch n.op {
		case "CAST":
			kind = n.text
		case "=", ">", ">=":
			c, err := f.typeOf(q.table, n.args[1-i])
			if err != nil {
				return err
			}
			kind = c.kind
		}
		if kind == "" {
			return fmt.Errorf("%s: of which type is its parameter?", n.op)
		}
		q.params[a.n] = kind
	}
	return nil
}

// A fakeRow is where expressions are evaluated.
type fakeRow struct {
	*fakeDatabase
	table *fakeTable
	row   []any
	args  []any
}

// value is nil, true or false of a condition.
func (r *fakeRow) value(n *fakeNode) (any, error) {
	switch n.op {
	case "column":
		return r.row[r.table.find(n.text)], nil
	case "param":
		return r.empty(r.args[n.n]), nil
	case "text":
		return r.empty(n.text), nil
	case "number":
		return strconv.ParseInt(n.text, 10, 64)
	}
	var args []any
	for _, a := range n.args {
		v, err := r.value(a)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	switch n.op {
	case "null":
		return args[0] == nil, nil
	case "OR":
		if args[0] == true || args[1] == true {
			return true, nil
		}
		return false, nil
	case "AND":
		return args[0] == true && args[1] == true, nil
	}
	if slices.Contains(args, nil) {
		return nil, nil
	}
	switch n.op {
	case "||":
		return fmt.Sprint(args[0], args[1]), nil
	case "=", ">", ">=":
		c, err := compareFake(args[0], args[1])
		return n.op == "=" && c == 0 || n.op == ">" && c > 0 || n.op == ">=" && c >= 0, err
	case "CAST":
		return castFake(n.text, args)
	}
	return r.functions[n.op].call(args)
}

func (r *fakeRow) empty(v any) any {
	if v == "" && r.emptyIsNull {
		return nil
	}
	return v
}

// padding is a CHAR: compared with another, blanks at its end do not count.
type padding string

func castFake(kind string, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("CAST of %T", args[0])
	}
	length := int64(1)
	if len(args) == 2 {
		length = args[1].(int64)
	}
	switch kind {
	case "CHAR", "NCHAR":
		return padding(fmt.Sprintf("%-*s", length, text)), nil
	case "NVARCHAR", "VARCHAR2":
		return text[:min(len(text), int(length))], nil
	}
	return nil, fmt.Errorf("CAST to %s", kind)
}

// compareFake compares values of one type: no type is converted to another,
// for a server would do that by rules of its own, without an index.
func compareFake(a, b any) (int, error) {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return cmp.Compare(x, y), nil
		}
	case padding:
		if y, ok := b.(padding); ok {
			return cmp.Compare(strings.TrimRight(string(x), " "), strings.TrimRight(string(y), " ")), nil
		}
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y), nil
		}
	case decimal:
		if y, ok := b.(decimal); ok {
			return x.rat().Cmp(y.rat()), nil
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y), nil
		}
	case []byte:
		if y, ok := b.([]byte); ok {
			return bytes.Compare(x, y), nil
		}
	}
	return 0, fmt.Errorf("%T is compared with %T", a, b)
}

func (d decimal) rat() *big.Rat {
	r, ok := new(big.Rat).SetString(string(d))
	if !ok {
		panic("no decimal: " + string(d))
	}
	return r
}

// layoutOf is Go's for a format of SAP HANA and Oracle; digits are those
// behind the second.
func layoutOf(format any) (layout string, digits int, err error) {
	text, fraction, _ := strings.Cut(fmt.Sprint(format), ".")
	layout = strings.NewReplacer("YYYY", "2006", "MM", "01", "DD", "02", "HH24", "15", "MI", "04", "SS", "05").Replace(text)
	if strings.ContainsAny(layout, "YMDHSF") {
		return "", 0, fmt.Errorf("format %v", format)
	}
	if fraction != "" {
		if digits, err = strconv.Atoi(strings.TrimPrefix(fraction, "FF")); err != nil {
			return "", 0, fmt.Errorf("format %v", format)
		}
		layout += "." + strings.Repeat("0", digits)
	}
	return layout, digits, nil
}

// writeTime is TO_CHAR or TO_VARCHAR of a time.
func writeTime(args []any) (any, error) {
	at, ok := args[0].(time.Time)
	if !ok || len(args) != 2 {
		return nil, fmt.Errorf("a format for %v", args)
	}
	layout, _, err := layoutOf(args[1])
	return at.Format(layout), err
}

// readTime is TO_DATE, TO_TIMESTAMP and so on: the text must be as the format
// says, with as many digits behind the second or fewer.
func readTime(wrong *fakeError) func(args []any) (any, error) {
	return func(args []any) (any, error) {
		text, ok := args[0].(string)
		if !ok || len(args) != 2 {
			return nil, fmt.Errorf("a time of %v", args)
		}
		layout, digits, err := layoutOf(args[1])
		if err != nil {
			return nil, err
		}
		layout, _, _ = strings.Cut(layout, ".")
		at, err := time.Parse(layout, text)
		_, fraction, dot := strings.Cut(text, ".")
		if err != nil || len(fraction) > digits || dot && fraction == "" {
			return nil, wrong
		}
		return at, nil
	}
}

func readHex(args []any) (any, error) {
	return hex.DecodeString(fmt.Sprint(args[0]))
}
