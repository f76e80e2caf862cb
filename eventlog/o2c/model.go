package o2c

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
)

//go:embed model.yaml
var modelYAML []byte

// A Class says what an activity means for automation.
type Class string

const (
	Decision Class = "decision" // a person could do it at a desk: counts as a touch
	Physical Class = "physical" // hands on goods
	External Class = "external" // the customer, the carrier or the bank did it
	Status   Class = "status"   // the system notes what has come about
)

// document is model.yaml, word by word.
type document struct {
	Name  string
	Types []struct {
		Name, Level, Doc string
		Attributes       []struct {
			Name, SQL, Unit, Doc string
		}
	}
	Relations []struct {
		Source, Qualifier, Target string
		Quantity, Amount, Doc     string
	}
	Activities []struct {
		Name  string
		Rank  int
		On    string
		Class Class
		Doc   string
	}
	AgreedWaits []agreedWait `yaml:"agreed_waits"`
}

var levels = map[string]eventlog.Level{
	"document": eventlog.Document,
	"item":     eventlog.Item,
	"master":   eventlog.Master,
}

var load = sync.OnceValues(func() (*document, error) {
	var d document
	if err := yaml.NewDecoder(bytes.NewReader(modelYAML), yaml.Strict()).Decode(&d); err != nil {
		return nil, fmt.Errorf("model.yaml: %w", err)
	}
	return &d, nil
})

func mustLoad() *document {
	d, err := load()
	if err != nil {
		panic(err) // our own embedded file; TestModel reads it
	}
	return d
}

// Model returns the vocabulary. The caller may keep it and change it.
func Model() *eventlog.Model {
	d := mustLoad()
	m := &eventlog.Model{Name: d.Name}
	for _, t := range d.Types {
		o := eventlog.ObjectType{Name: t.Name, Level: levels[t.Level], Doc: t.Doc}
		for _, a := range t.Attributes {
			o.Attributes = append(o.Attributes, eventlog.Attribute{Name: a.Name, SQL: a.SQL, Unit: a.Unit, Doc: a.Doc})
		}
		m.Types = append(m.Types, o)
	}
	for _, r := range d.Relations {
		m.Relations = append(m.Relations, eventlog.Relation{
			Source: r.Source, Qualifier: r.Qualifier, Target: r.Target,
			Doc: relationDoc(r.Doc, r.Quantity, r.Amount),
		})
	}
	for _, a := range d.Activities {
		m.Activities = append(m.Activities, eventlog.ActivityType{Name: a.Name, Rank: a.Rank, On: a.On, Doc: a.Doc})
	}
	return m
}

func relationDoc(doc, quantity, amount string) string {
	var parts []string
	for _, p := range []struct{ label, text string }{{"", doc}, {"quantity: ", quantity}, {"amount: ", amount}} {
		if p.text != "" {
			parts = append(parts, p.label+p.text)
		}
	}
	return strings.Join(parts, "; ")
}

// Classes returns the class of each activity of the vocabulary.
func Classes() map[string]Class {
	m := map[string]Class{}
	for _, a := range mustLoad().Activities {
		m[a.Name] = a.Class
	}
	return m
}

// Validate says what is wrong with the embedded model: names that repeat or
// lead nowhere, money without a currency, a quantity without a unit, an agreed
// wait without a reason.
func Validate() error {
	d, err := load()
	if err != nil {
		return err
	}
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf("model.yaml: "+format, a...)) }
	types := map[string]bool{}
	for _, t := range d.Types {
		if types[t.Name] {
			bad("type %q twice", t.Name)
		}
		types[t.Name] = true
		if _, ok := levels[t.Level]; !ok {
			bad("type %s: level %q is none of document, item, master", t.Name, t.Level)
		}
		if t.Doc == "" {
			bad("type %s: no doc", t.Name)
		}
		names := map[string]bool{}
		for _, a := range t.Attributes {
			if names[a.Name] {
				bad("%s.%s twice", t.Name, a.Name)
			}
			names[a.Name] = true
			if a.SQL == "" {
				bad("%s.%s: no type", t.Name, a.Name)
			}
		}
		for _, a := range t.Attributes {
			if (a.Unit == "currency" || a.Unit == "unit") && !names[a.Unit] {
				bad("%s.%s is in %q, which the type does not have", t.Name, a.Name, a.Unit)
			}
		}
	}
	relations := map[string]bool{}
	for _, r := range d.Relations {
		k := r.Source + " " + r.Qualifier + " " + r.Target
		if relations[k] {
			bad("relation %q twice", k)
		}
		relations[k] = true
		if !types[r.Source] || !types[r.Target] {
			bad("relation %q leads to a type that is not there", k)
		}
	}
	activities := map[string]bool{}
	rank := 0
	for _, a := range d.Activities {
		if activities[a.Name] {
			bad("activity %q twice", a.Name)
		}
		activities[a.Name] = true
		if !types[a.On] {
			bad("activity %q is on %q, which is no type", a.Name, a.On)
		}
		if a.Rank < 1 || a.Rank < rank {
			bad("activity %q: rank %d after %d", a.Name, a.Rank, rank)
		}
		rank = a.Rank
		switch a.Class {
		case Decision, Physical, External, Status:
		default:
			bad("activity %q: class %q", a.Name, a.Class)
		}
	}
	validateAgreed(d.AgreedWaits, activities, bad)
	return errors.Join(errs...)
}
