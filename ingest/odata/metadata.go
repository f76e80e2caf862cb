package odata

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// metadata is what a service's $metadata says of its entity sets.
type metadata struct {
	v4   bool
	sets map[string]*entitySet // by name
	list []string              // names in the document's order
	odd  map[string]error      // sets that cannot be read, and why
}

type entitySet struct {
	name string
	v4   bool
	*entityType
}

type entityType struct {
	base       string
	key        []string
	properties []*property
	named      map[string]*property
	whole      bool // with all that it has from its base
}

// A property is a column of an entity set.
type property struct {
	name     string
	edm      string // its type: Edm.String, or a name of the service's own
	enum     string // its type if that is an enumeration
	precise  string // Precision and Scale as they are written
	scale    string
	nullable bool
	date     bool // an Edm.DateTime that SAP says is a date
	filter   bool // may be used in a filter and an order
	nested   bool // a collection or of a complex type
}

const (
	maxDepth      = 64
	maxProperties = 1_000_000
)

var errProperties = fmt.Errorf("has more than %d properties", maxProperties)

// parseMetadata reads $metadata, EDMX of version 1 or 4. There are neither
// entities nor other documents to it; its size is bounded by whoever reads it.
func parseMetadata(r io.Reader) (*metadata, error) {
	p := &edmx{types: map[string]*entityType{}, enums: map[string]bool{}, defined: map[string]string{}, interned: map[string]string{}, aliases: map[string]string{}}
	dec := xml.NewDecoder(r)
	for depth := 0; ; {
		t, err := dec.RawToken()
		if err == io.EOF {
			if depth > 0 || !p.seen {
				return nil, fmt.Errorf("ends in the middle, after byte %d: %w", dec.InputOffset(), io.ErrUnexpectedEOF)
			}
			break
		}
		if err != nil {
			if e, ok := errors.AsType[*xml.SyntaxError](err); ok {
				if strings.Contains(e.Msg, "unexpected EOF") {
					return nil, fmt.Errorf("ends in the middle, after byte %d: %w", dec.InputOffset(), io.ErrUnexpectedEOF)
				}
				return nil, fmt.Errorf("is not XML: line %d: %s", e.Line, e.Msg)
			}
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return nil, fmt.Errorf("has elements more than %d deep", maxDepth)
			}
			if err := p.start(t); err != nil {
				return nil, err
			}
		case xml.EndElement:
			if depth--; depth < 0 {
				return nil, errors.New("is not XML: an element ends that did not begin")
			}
			p.end(t.Name.Local)
		}
	}
	return p.finish()
}

// edmx is a document while it is read.
type edmx struct {
	seen       bool // the root
	v4         bool
	namespace  string
	aliases    map[string]string // of namespaces
	types      map[string]*entityType
	enums      map[string]bool
	defined    map[string]string // type definitions
	sets       [][2]string       // name, type
	typ        *entityType       // that is open
	key        bool              // its Key is
	properties int
	interned   map[string]string
}

func attributes(e xml.StartElement) map[string]string {
	m := make(map[string]string, len(e.Attr))
	for _, a := range e.Attr {
		name := a.Name.Local
		if a.Name.Space == "sap" {
			name = "sap:" + name
		}
		m[name] = a.Value
	}
	return m
}

func (p *edmx) start(e xml.StartElement) error {
	if !p.seen {
		if e.Name.Local != "Edmx" {
			return fmt.Errorf("is no OData metadata: its root is %q, want Edmx", e.Name.Local)
		}
		p.seen, p.v4 = true, strings.HasPrefix(attributes(e)["Version"], "4")
		return nil
	}
	switch e.Name.Local {
	case "Schema":
		a := attributes(e)
		p.namespace = a["Namespace"]
		if a["Alias"] != "" {
			p.aliases[a["Alias"]] = p.namespace
		}
	case "EntityType":
		a := attributes(e)
		p.typ = &entityType{base: a["BaseType"]}
		p.types[p.namespace+"."+a["Name"]] = p.typ
	case "ComplexType":
		p.typ = nil
	case "EnumType":
		p.enums[p.namespace+"."+attributes(e)["Name"]] = true
	case "TypeDefinition":
		a := attributes(e)
		p.defined[p.namespace+"."+a["Name"]] = a["UnderlyingType"]
	case "EntitySet":
		a := attributes(e)
		p.sets = append(p.sets, [2]string{a["Name"], a["EntityType"]})
	case "Key":
		p.key = true
	case "PropertyRef":
		if p.typ != nil && p.key {
			p.typ.key = append(p.typ.key, attributes(e)["Name"])
		}
	case "Property":
		if p.properties++; p.properties > maxProperties {
			return errProperties
		}
		if p.typ != nil {
			p.typ.properties = append(p.typ.properties, p.property(attributes(e)))
		}
	}
	return nil
}

func (p *edmx) end(name string) {
	switch name {
	case "EntityType":
		p.typ = nil
	case "Key":
		p.key = false
	}
}

func (p *edmx) property(a map[string]string) *property {
	edm, ok := p.interned[a["Type"]]
	if !ok {
		edm = a["Type"]
		p.interned[edm] = edm
	}
	return &property{
		name: a["Name"], edm: edm, precise: a["Precision"], scale: a["Scale"], nullable: a["Nullable"] != "false",
		date:   a["sap:display-format"] == "Date",
		filter: a["sap:filterable"] != "false" && a["sap:sortable"] != "false",
	}
}

// full is the name of a type with its namespace in place of an alias.
func (p *edmx) full(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		if ns, ok := p.aliases[name[:i]]; ok {
			return ns + name[i:]
		}
	}
	return name
}

func (p *edmx) finish() (*metadata, error) {
	m := &metadata{v4: p.v4, sets: map[string]*entitySet{}, odd: map[string]error{}}
	for _, s := range p.sets {
		if s[0] == "" || m.sets[s[0]] != nil {
			continue
		}
		t, err := p.inherited(p.full(s[1]), 0)
		if err == errProperties {
			return nil, err
		}
		if err != nil {
			m.odd[s[0]] = err
			continue
		}
		m.sets[s[0]] = &entitySet{name: s[0], v4: p.v4, entityType: t}
		m.list = append(m.list, s[0])
	}
	return m, nil
}

// resolve says what kind of type a property has that is the service's own.
func (p *edmx) resolve(x *property) {
	if strings.HasPrefix(x.edm, "Edm.") {
		return
	}
	name := p.full(x.edm)
	switch {
	case p.enums[name]:
		x.enum = name
	case p.defined[name] != "":
		x.edm = p.defined[name]
	default:
		x.nested = true
	}
}

// inherited returns a type with all that it has from those it is based on.
func (p *edmx) inherited(name string, depth int) (*entityType, error) {
	t := p.types[name]
	switch {
	case t == nil:
		return nil, fmt.Errorf("its type %q is not described", name)
	case t.whole:
		return t, nil
	case depth > maxDepth:
		return nil, fmt.Errorf("its type %q is based on itself", name)
	}
	if t.base != "" {
		base, err := p.inherited(p.full(t.base), depth+1)
		if err != nil {
			return nil, err
		}
		if p.properties += len(base.properties); p.properties > maxProperties {
			return nil, errProperties
		}
		t.key = slices.Concat(base.key, t.key)
		t.properties = slices.Concat(base.properties, t.properties)
	}
	t.whole, t.named = true, make(map[string]*property, len(t.properties))
	for _, x := range t.properties {
		p.resolve(x)
		t.named[x.name] = x
	}
	for _, k := range t.key {
		if t.named[k] == nil { // of a complex property: cannot be asked for
			t.key = nil
			break
		}
	}
	return t, nil
}

// sql is the DuckDB type of a property's values.
func (x *property) sql() string {
	if x.nested || x.enum != "" {
		return "VARCHAR"
	}
	switch x.edm {
	case "Edm.Boolean":
		return "BOOLEAN"
	case "Edm.Byte", "Edm.SByte", "Edm.Int16", "Edm.Int32", "Edm.Int64":
		return "BIGINT"
	case "Edm.Single", "Edm.Double", "Edm.Float":
		return "DOUBLE"
	case "Edm.Decimal":
		return x.decimal()
	case "Edm.Binary":
		return "BLOB"
	case "Edm.Date":
		return "DATE"
	case "Edm.DateTime":
		if x.date {
			return "DATE"
		}
		return "TIMESTAMP"
	case "Edm.DateTimeOffset":
		return "TIMESTAMPTZ"
	case "Edm.Time", "Edm.TimeOfDay":
		return "TIME"
	}
	return "VARCHAR"
}

// decimal is DECIMAL(p,s) as declared. Where no scale is, 16 digits follow the
// point, as in Dynamics, whose numbers are numeric(32,16): a service that
// leaves it out does not mean integers, whatever the standard says.
func (x *property) decimal() string {
	precision, err := strconv.Atoi(x.precise)
	scale, errScale := strconv.Atoi(x.scale)
	if err != nil || errScale != nil {
		return "DECIMAL(38,16)"
	}
	if precision < 1 || precision > 38 || scale < 0 || scale > precision {
		return "VARCHAR"
	}
	return fmt.Sprintf("DECIMAL(%d,%d)", precision, scale)
}

// compares says whether rows can be asked for behind a value of the property.
// Booleans, enumerations and GUIDs have no order that servers agree on; the
// text of an instant may have fewer digits than the instant.
func (x *property) compares() bool {
	switch x.edm {
	case "Edm.String", "Edm.Byte", "Edm.SByte", "Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Decimal", "Edm.DateTime", "Edm.Date":
		return x.filter && x.enum == "" && !x.nested
	}
	return false
}

// byKey says whether the set can be read by its key.
func (e *entitySet) byKey() bool {
	for _, k := range e.key {
		if !e.named[k].compares() {
			return false
		}
	}
	return len(e.key) > 0
}
