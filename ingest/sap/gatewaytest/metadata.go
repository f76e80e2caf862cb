package gatewaytest

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"
)

//go:embed services.txt
var servicesText string

// A service is one root below /sap/opu/odata/sap/.
type service struct {
	path string // with its version
	sets []*set
}

func (v *service) name() string {
	name, _, _ := strings.Cut(v.path, ";")
	return name
}

// A set is an entity set and its rows.
type set struct {
	name       string
	service    *service
	key        []string
	properties []*property
	rows       []row // in the order of their keys
}

// A property is one of an entity type.
type property struct {
	name, kind string // kind: String, Date, DateTime, DateTimeOffset, Time, Boolean, Decimal
	size       string // of String and Decimal
	key, fixed bool   // fixed: not to be filtered or sorted by
}

func (s *set) property(name string) *property {
	i := slices.IndexFunc(s.properties, func(p *property) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return s.properties[i]
}

// services reads services.txt.
func services(t testing.TB) (list []*service) {
	t.Helper()
	for n, line := range strings.Split(servicesText, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		switch words[0] {
		case "service":
			list = append(list, &service{path: words[1]})
			continue
		case "set":
			v := list[len(list)-1]
			v.sets = append(v.sets, &set{name: words[1], service: v})
			continue
		}
		p := &property{}
		for ; words[0] == "*" || words[0] == "-"; words = words[1:] {
			p.key, p.fixed = p.key || words[0] == "*", p.fixed || words[0] == "-"
		}
		if len(words) != 2 {
			t.Fatalf("services.txt:%d: %q", n+1, line)
		}
		p.name = words[0]
		p.kind, p.size, _ = strings.Cut(strings.TrimSuffix(words[1], ")"), "(")
		v := list[len(list)-1]
		s := v.sets[len(v.sets)-1]
		s.properties = append(s.properties, p)
		if p.key {
			s.key = append(s.key, p.name)
		}
	}
	return list
}

// metadata is the EDMX of a service, version 1 with SAP's annotations.
func (v *service) metadata() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xmlns:sap="http://www.sap.com/Protocols/SAPData"><edmx:DataServices m:DataServiceVersion="2.0"><Schema Namespace="%s" xml:lang="en" sap:schema-version="1" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">`, v.name())
	for _, s := range v.sets {
		fmt.Fprintf(&b, `<EntityType Name="%sType" sap:content-version="1"><Key>`, s.name)
		for _, k := range s.key {
			fmt.Fprintf(&b, `<PropertyRef Name="%s"/>`, k)
		}
		b.WriteString(`</Key>`)
		for _, p := range s.properties {
			b.WriteString(p.edmx())
		}
		fmt.Fprintf(&b, `<NavigationProperty Name="to_Text" Relationship="%[1]s.assoc_%[2]s" FromRole="From_%[2]s" ToRole="To_%[2]s"/></EntityType>`, v.name(), s.name)
	}
	fmt.Fprintf(&b, `<EntityContainer Name="%s_Entities" m:IsDefaultEntityContainer="true" sap:supported-formats="atom json xlsx">`, v.name())
	for _, s := range v.sets {
		fmt.Fprintf(&b, `<EntitySet Name="%s" EntityType="%s.%[1]sType" sap:creatable="false" sap:content-version="1"/>`, s.name, v.name())
	}
	b.WriteString(`</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`)
	return b.String()
}

func (p *property) edmx() string {
	text := fmt.Sprintf(`<Property Name="%s" Type="Edm.%s"`, p.name, map[bool]string{true: "DateTime", false: p.kind}[p.kind == "Date"])
	if p.key {
		text += ` Nullable="false"`
	}
	switch p.kind {
	case "String":
		text += fmt.Sprintf(` MaxLength="%s" sap:display-format="UpperCase"`, p.size)
	case "Decimal":
		precision, scale, _ := strings.Cut(p.size, ",")
		text += fmt.Sprintf(` Precision="%s" Scale="%s"`, precision, scale)
	case "Date":
		text += ` Precision="0" sap:display-format="Date"`
	case "DateTime", "DateTimeOffset":
		text += ` Precision="7"`
	case "Time":
		text += ` Precision="0"`
	}
	if p.fixed {
		text += ` sap:sortable="false" sap:filterable="false"`
	}
	return text + ` sap:creatable="false" sap:updatable="false"/>`
}
