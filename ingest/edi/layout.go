package edi

import (
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"millrace/ingest/edi/interchange"
)

//go:embed documents.yaml
var documentsYAML []byte

// A layout says what is read of one type of message: an entry of
// documents.yaml, which explains the words.
type layout struct {
	Type, Kind, Key string
	Message         map[string]values
	Rows            []section

	byTag map[string][]assignment // of Message
}

type section struct {
	Table               string
	Begin, Again, After []string
	Drop                []string
	Keep                map[string][]string
	Set                 map[string]map[string]string
	Tree                bool
	Columns             map[string]values

	byTag map[string][]assignment
}

// values are where a column's value may stand, the best first.
type values []string

func (v *values) UnmarshalYAML(text []byte) error {
	var one string
	if yaml.Unmarshal(text, &one) == nil {
		*v = values{one}
		return nil
	}
	var list []string
	err := yaml.Unmarshal(text, &list)
	*v = list
	return err
}

// An assignment is a column and one of the places where its value may stand.
type assignment struct {
	column string
	rank   int // 0 is the best
	value
}

// A value is a place in a segment. Elements are counted from 1; 0 is any.
type value struct {
	as                                           string // "", date, time, number, cents
	tag                                          string
	element, component                           int
	conditional                                  bool
	codes                                        []string
	whereElement, whereComponent, productNumbers int // productNumbers: the first qualifier
}

var valueText = regexp.MustCompile(`^(?:(date|time|number|cents) )?([A-Z][A-Z0-9]{1,2})([0-9]{2}|xx)(?:\.([1-9]))?` +
	`(?: where ([A-Z][A-Z0-9]{1,2})([0-9]{2}|xx)(?:\.([1-9]))?=([A-Z0-9|]+)| of ([A-Z|]+))?$`)

func parseValue(text string) (value, error) {
	m := valueText.FindStringSubmatch(text)
	if m == nil {
		return value{}, fmt.Errorf("%q is no value such as \"date DTM02 where DTM01=002\"", text)
	}
	number := func(text string, empty int) int {
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
		return empty
	}
	v := value{as: m[1], tag: m[2], element: number(m[3], 0), component: number(m[4], 1)}
	switch {
	case m[9] != "":
		v.codes, v.productNumbers = strings.Split(m[9], "|"), v.element
	case m[5] != "":
		if m[5] != v.tag || m[6] == "xx" && m[3] != "xx" {
			return value{}, fmt.Errorf("%q: the condition is of another segment", text)
		}
		v.conditional, v.codes = true, strings.Split(m[8], "|")
		v.whereElement, v.whereComponent = number(m[6], 0), number(m[7], 1)
	}
	return v, nil
}

// find returns the value of a segment of its tag, and the element it is in.
func (v *value) find(s *interchange.Segment) (text string, element int) {
	switch {
	case v.productNumbers > 0:
		for e := v.productNumbers; e < s.Elements(); e += 2 {
			if slices.Contains(v.codes, s.Text(e, 1)) && s.Text(e+1, 1) != "" {
				return s.Text(e+1, 1), e + 1
			}
		}
	case v.element == 0:
		for e := 1; e <= s.Elements(); e++ {
			if slices.Contains(v.codes, s.Text(e, v.whereComponent)) && s.Text(e, v.component) != "" {
				return s.Text(e, v.component), e
			}
		}
	case !v.conditional || slices.Contains(v.codes, s.Text(v.whereElement, v.whereComponent)):
		return s.Text(v.element, v.component), v.element
	}
	return "", 0
}

var layouts = sync.OnceValues(func() (map[string]map[string]*layout, error) {
	var file map[string][]*layout
	if err := yaml.NewDecoder(bytes.NewReader(documentsYAML), yaml.Strict()).Decode(&file); err != nil {
		return nil, fmt.Errorf("documents.yaml: %w", err)
	}
	all := map[string]map[string]*layout{}
	for standard, list := range file {
		all[standard] = map[string]*layout{}
		for _, l := range list {
			if err := l.compile(); err != nil {
				return nil, fmt.Errorf("documents.yaml: %s %s: %w", standard, l.Type, err)
			}
			all[standard][l.Type] = l
		}
	}
	return all, nil
})

func (l *layout) compile() (err error) {
	if l.byTag, err = compileColumns(l.Message); err != nil {
		return err
	}
	for i := range l.Rows {
		if l.Rows[i].byTag, err = compileColumns(l.Rows[i].Columns); err != nil {
			return err
		}
	}
	return nil
}

func compileColumns(columns map[string]values) (map[string][]assignment, error) {
	byTag := map[string][]assignment{}
	for _, column := range slices.Sorted(maps.Keys(columns)) {
		for rank, text := range columns[column] {
			v, err := parseValue(text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", column, err)
			}
			byTag[v.tag] = append(byTag[v.tag], assignment{column, rank, v})
		}
	}
	return byTag, nil
}

// layoutOf returns what is known of a message's type, nil if nothing is.
func layoutOf(m *interchange.Message) *layout {
	all, err := layouts()
	if err != nil {
		panic(err) // our own embedded file; TestLayouts reads it
	}
	return all[m.Interchange.Standard][m.Type]
}
