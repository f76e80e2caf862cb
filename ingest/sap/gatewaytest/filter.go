package gatewaytest

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// tokens are literals with their prefix, parentheses, and words.
var tokens = regexp.MustCompile(`(?:datetimeoffset|datetime|time)?'(?:[^']|'')*'|[()]|[^\s()']+`)

// A condition is true of some rows.
type condition func(row) bool

// filter reads a $filter: comparisons, joined by or, and, not and parentheses.
func (s *set) filter(text string) (condition, error) {
	f := &filter{set: s, rest: tokens.FindAllString(text, -1)}
	c, err := f.any()
	if err == nil && len(f.rest) > 0 {
		err = sayf("Invalid token '%s' at position 0", f.rest[0])
	}
	return c, err
}

type filter struct {
	set  *set
	rest []string
}

// take takes the next token if it is the one that is wanted; "" takes any.
func (f *filter) take(want string) (string, bool) {
	if len(f.rest) == 0 || want != "" && f.rest[0] != want {
		return "", false
	}
	token := f.rest[0]
	f.rest = f.rest[1:]
	return token, true
}

func (f *filter) any() (condition, error) {
	left, err := f.all()
	for err == nil {
		if _, ok := f.take("or"); !ok {
			break
		}
		before := left
		var right condition
		right, err = f.all()
		left = func(r row) bool { return before(r) || right(r) }
	}
	return left, err
}

func (f *filter) all() (condition, error) {
	left, err := f.one()
	for err == nil {
		if _, ok := f.take("and"); !ok {
			break
		}
		before := left
		var right condition
		right, err = f.one()
		left = func(r row) bool { return before(r) && right(r) }
	}
	return left, err
}

func (f *filter) one() (condition, error) {
	if _, ok := f.take("not"); ok {
		c, err := f.one()
		return func(r row) bool { return !c(r) }, err
	}
	if _, ok := f.take("("); ok {
		c, err := f.any()
		if _, closed := f.take(")"); err == nil && !closed {
			err = sayf("Missing closing parenthesis")
		}
		return c, err
	}
	name, _ := f.take("")
	operator, _ := f.take("")
	literal, ok := f.take("")
	p := f.set.property(name)
	switch {
	case !ok || p == nil:
		return nil, sayf("Property %s not found in type %sType", name, f.set.name)
	case p.fixed:
		return nil, sayf("Property %s is not filterable", name)
	}
	value, err := p.literal(literal)
	if err != nil {
		return nil, err
	}
	holds := map[string]func(int) bool{
		"eq": func(c int) bool { return c == 0 }, "ne": func(c int) bool { return c != 0 },
		"gt": func(c int) bool { return c > 0 }, "ge": func(c int) bool { return c >= 0 },
		"lt": func(c int) bool { return c < 0 }, "le": func(c int) bool { return c <= 0 },
	}[operator]
	if holds == nil {
		return nil, sayf("Invalid operator '%s'", operator)
	}
	return func(r row) bool {
		if (value == nil || r[name] == nil) && operator != "eq" && operator != "ne" {
			return false // as in SQL
		}
		return holds(p.compare(r[name], value))
	}, nil
}

// literal holds a literal to the type of the property.
func (p *property) literal(text string) (any, error) {
	wrong := sayf("Operator is not compatible with operand types at '%s'", text)
	prefix, quoted, isQuoted := strings.Cut(text, "'")
	quoted = strings.ReplaceAll(strings.TrimSuffix(quoted, "'"), "''", "'")
	switch {
	case text == "null":
		return nil, nil
	case p.kind == "Boolean" && (text == "true" || text == "false"):
		return text == "true", nil
	case p.kind == "Decimal" && strings.HasSuffix(text, "M"):
		return strings.TrimSuffix(text, "M"), nil
	case !isQuoted:
		return nil, wrong
	case p.kind == "String" && prefix == "":
		return quoted, nil
	case p.kind == "Time" && prefix == "time":
		return clock(quoted)
	case p.kind == "DateTimeOffset" && prefix == "datetimeoffset", (p.kind == "Date" || p.kind == "DateTime") && prefix == "datetime":
		return time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(quoted, "Z"))
	}
	return nil, wrong
}

// A saying is an error in the words of SAP's Gateway, as it goes over the wire.
type saying string

func (s saying) Error() string { return string(s) }

func sayf(format string, args ...any) error { return saying(fmt.Sprintf(format, args...)) }
