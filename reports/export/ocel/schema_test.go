package ocel

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// What follows interprets the two schemas of OCEL 2.0 that lie beside the logs,
// as far as they go: a word of JSON Schema or XML Schema that it does not know
// is a failure of the test, not a pass. lxml and jsonschema agree with it on
// the example logs (see DESIGN.md).

// schemaFile reads a schema, which lies beside the public logs.
func schemaFile(t testing.TB, name string) []byte {
	t.Helper()
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	text, err := os.ReadFile(filepath.Join(dir, "data", "logs", name))
	if err != nil {
		t.Skipf("no schema of OCEL 2.0 in %s; set MILLRACE_SHARED to the folder that has data/logs", dir)
	}
	return text
}

// A jsonSchema is a schema of draft 7, in so many words as the file uses.
type jsonSchema struct {
	Schema     string                 `json:"$schema"`
	Type       string                 `json:"type"`
	Format     string                 `json:"format"`
	Properties map[string]*jsonSchema `json:"properties"`
	Items      *jsonSchema            `json:"items"`
	Required   []string               `json:"required"`
}

func parseJSONSchema(t testing.TB, text []byte) *jsonSchema {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	var s jsonSchema
	if err := d.Decode(&s); err != nil {
		t.Fatal(err)
	}
	return &s
}

func (s *jsonSchema) check(at string, v any) error {
	switch v := v.(type) {
	case map[string]any:
		if s.Type != "object" {
			return fmt.Errorf("%s is an object, want %s", at, s.Type)
		}
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				return fmt.Errorf("%s has no %s", at, name)
			}
		}
		for name, p := range s.Properties {
			if x, ok := v[name]; ok {
				if err := p.check(at+"."+name, x); err != nil {
					return err
				}
			}
		}
	case []any:
		if s.Type != "array" {
			return fmt.Errorf("%s is an array, want %s", at, s.Type)
		}
		for i, x := range v {
			if err := s.Items.check(fmt.Sprintf("%s[%d]", at, i), x); err != nil {
				return err
			}
		}
	case string:
		if s.Type != "string" {
			return fmt.Errorf("%s is a string, want %s", at, s.Type)
		}
		if s.Format == "date-time" {
			if _, err := time.Parse(time.RFC3339Nano, v); err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
		} else if s.Format != "" {
			return fmt.Errorf("format %s is not known", s.Format)
		}
	default:
		return fmt.Errorf("%s is %T, want %s", at, v, s.Type)
	}
	return nil
}

func validJSON(t testing.TB, s *jsonSchema, text []byte) error {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return s.check("log", v)
}

// A node is an element of XML.
type node struct {
	name     string
	attrs    map[string]string
	children []*node
	text     string
}

func parseNode(text []byte) (*node, error) {
	d := xml.NewDecoder(strings.NewReader(string(text)))
	root := &node{}
	open := []*node{root}
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return root.children[0], nil
		}
		if err != nil {
			return nil, err
		}
		top := open[len(open)-1]
		switch x := tok.(type) {
		case xml.StartElement:
			n := &node{name: x.Name.Local, attrs: map[string]string{}}
			for _, a := range x.Attr {
				n.attrs[a.Name.Local] = a.Value
			}
			top.children = append(top.children, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			top.text += string(x)
		}
	}
}

func (n *node) all(name string) (out []*node) {
	for _, c := range n.children {
		if c.name == name {
			out = append(out, c)
		}
	}
	return out
}

// find follows a path of child elements.
func (n *node) find(path string) []*node {
	at := []*node{n}
	for step := range strings.SplitSeq(path, "/") {
		var next []*node
		for _, x := range at {
			next = append(next, x.all(step)...)
		}
		at = next
	}
	return at
}

// An xmlSchema holds the top elements of an XML Schema by name.
type xmlSchema map[string]*node

func parseXMLSchema(t testing.TB, text []byte) xmlSchema {
	root, err := parseNode(text)
	if err != nil {
		t.Fatal(err)
	}
	s := xmlSchema{}
	for _, e := range root.children {
		if e.name != "element" {
			t.Fatalf("<%s> at the top of a schema is not known", e.name)
		}
		s[e.attrs["name"]] = e
	}
	return s
}

// validXML checks a document against the schema: its elements, and then what
// its keys and references to them say.
func validXML(s xmlSchema, text []byte) error {
	doc, err := parseNode(text)
	if err != nil {
		return err
	}
	return s.element(doc, "log")
}

func (s xmlSchema) element(n *node, name string) error {
	if n.name != name {
		return fmt.Errorf("<%s>, want <%s>", n.name, name)
	}
	keys := map[string]map[string]bool{}
	for _, x := range s[name].children {
		var err error
		switch x.name {
		case "complexType":
			err = s.complexType(n, x)
		case "key":
			keys[x.attrs["name"]], err = keyOf(n, x)
		case "keyref":
			err = s.reference(n, x, keys)
		default:
			err = fmt.Errorf("<%s> in an element of a schema is not known", x.name)
		}
		if err != nil {
			return fmt.Errorf("<%s>: %w", name, err)
		}
	}
	return nil
}

func (s xmlSchema) complexType(n *node, typ *node) error {
	allowed := map[string]bool{}
	elements := false
	for _, x := range typ.children {
		switch x.name {
		case "sequence":
			elements = true
			if err := s.sequence(n, x); err != nil {
				return err
			}
			if strings.TrimSpace(n.text) != "" && typ.attrs["mixed"] != "true" {
				return fmt.Errorf("text %q between elements", n.text)
			}
		case "simpleContent":
			if len(n.children) > 0 {
				return fmt.Errorf("has elements")
			}
			elements = true
			for _, a := range x.children[0].children {
				if err := attributeOf(n, a, allowed); err != nil {
					return err
				}
			}
		case "attribute":
			if err := attributeOf(n, x, allowed); err != nil {
				return err
			}
		default:
			return fmt.Errorf("<%s> in a complexType is not known", x.name)
		}
	}
	if !elements && len(n.children) > 0 {
		return fmt.Errorf("has elements")
	}
	for name := range n.attrs {
		if !allowed[name] {
			return fmt.Errorf("attribute %s is not allowed", name)
		}
	}
	return nil
}

func (s xmlSchema) sequence(n *node, seq *node) error {
	i := 0
	for _, e := range seq.children {
		ref := e.attrs["ref"]
		if e.name != "element" || s[ref] == nil {
			return fmt.Errorf("<%s> in a sequence is not known", e.name)
		}
		count := 0
		for i < len(n.children) && n.children[i].name == ref && (count == 0 || e.attrs["maxOccurs"] == "unbounded") {
			if err := s.element(n.children[i], ref); err != nil {
				return err
			}
			i++
			count++
		}
		if count == 0 && e.attrs["minOccurs"] != "0" {
			return fmt.Errorf("<%s> is missing", ref)
		}
	}
	if i < len(n.children) {
		return fmt.Errorf("<%s> is not expected here", n.children[i].name)
	}
	return nil
}

func attributeOf(n, a *node, allowed map[string]bool) error {
	name := a.attrs["name"]
	allowed[name] = true
	v, ok := n.attrs[name]
	if !ok {
		if a.attrs["use"] == "required" {
			return fmt.Errorf("attribute %s is missing", name)
		}
		return nil
	}
	switch typ := a.attrs["type"]; typ {
	case "xs:string":
	case "xs:dateTime":
		if _, err := time.Parse(time.RFC3339Nano, v); err != nil {
			return fmt.Errorf("attribute %s: %w", name, err)
		}
	case "":
		if !slices.ContainsFunc(a.find("simpleType/restriction/enumeration"), func(e *node) bool { return e.attrs["value"] == v }) {
			return fmt.Errorf("attribute %s is %q", name, v)
		}
	default:
		return fmt.Errorf("type %s is not known", typ)
	}
	return nil
}

// selected gives the values a key or a reference is about.
func selected(n, x *node) []string {
	field := strings.TrimPrefix(x.all("field")[0].attrs["xpath"], "@")
	var out []string
	for _, m := range n.find(x.all("selector")[0].attrs["xpath"]) {
		if v, ok := m.attrs[field]; ok {
			out = append(out, v)
		}
	}
	return out
}

func keyOf(n, x *node) (map[string]bool, error) {
	key := map[string]bool{}
	for _, v := range selected(n, x) {
		if key[v] {
			return nil, fmt.Errorf("%s: %q occurs twice", x.attrs["name"], v)
		}
		key[v] = true
	}
	return key, nil
}

// reference checks a keyref. Its key may be one of elements inside: those of
// the attributes are of the types'.
func (s xmlSchema) reference(n, x *node, keys map[string]map[string]bool) error {
	key := keys[x.attrs["refer"]]
	if key == nil {
		key = map[string]bool{}
		for name, e := range s {
			for _, k := range e.all("key") {
				if k.attrs["name"] == x.attrs["refer"] {
					for _, m := range n.find(name + "s/" + name) {
						inside, err := keyOf(m, k)
						if err != nil {
							return err
						}
						for v := range inside {
							key[v] = true
						}
					}
				}
			}
		}
	}
	for _, v := range selected(n, x) {
		if !key[v] {
			return fmt.Errorf("%s: %q is not declared", x.attrs["name"], v)
		}
	}
	return nil
}

// The interpreters refuse what the schemas refuse.
func TestSchemasRefuse(t *testing.T) {
	xsd := parseXMLSchema(t, schemaFile(t, "ocel2-validation.xsd"))
	js := parseJSONSchema(t, schemaFile(t, "schema_ocel2.json"))
	head := `<log><object-types><object-type name="o"><attributes/></object-type></object-types><event-types><event-type name="e"><attributes><attribute name="a" type="string"/></attributes></event-type></event-types>`
	good := head + `<objects><object id="1" type="o"/></objects><events><event id="1" type="e" time="2024-01-01T00:00:00Z"><attributes><attribute name="a">x</attribute></attributes><objects><object object-id="1" qualifier="" type="o"/></objects></event></events></log>`
	if err := validXML(xsd, []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`type="string"`, `type="text"`}, {`<attributes/>`, ``}, {` object-id="1"`, ` object-id="2"`}, {` time="2024-01-01T00:00:00Z"`, ``},
		{`2024-01-01T`, `2024-01-01 `}, {`<attribute name="a">`, `<attribute name="b">`}, {`id="1" type="e"`, `id="1" type="f"`},
		{`</object-types>`, `</object-types>text`}, {`qualifier=""`, `role=""`}, {`<objects><object id="1" type="o"/>`, `<objects><object id="1" type="o"/><object id="1" type="o"/>`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good || validXML(xsd, []byte(bad)) == nil {
			t.Errorf("%q for %q passes", change[1], change[0])
		}
	}
	for _, bad := range []string{`{}`, `[]`, `{"eventTypes":[],"objectTypes":[],"events":[{"id":1,"type":"","time":"2024-01-01T00:00:00Z"}],"objects":[]}`,
		`{"eventTypes":[],"objectTypes":[],"events":[{"id":"1","type":"","time":"2024-01-01"}],"objects":[]}`,
		`{"eventTypes":[{"name":"e"}],"objectTypes":[],"events":[],"objects":[]}`,
		`{"eventTypes":[],"objectTypes":[],"events":[],"objects":[{"id":"1","type":"","attributes":[{"name":"a","value":1,"time":"2024-01-01T00:00:00Z"}]}]}`} {
		if validJSON(t, js, []byte(bad)) == nil {
			t.Errorf("%s passes", bad)
		}
	}
}
