package metrics

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"
)

// A KPI is the definition of one key figure.
//
// What it leaves out is part of it: every object that is looked at is either
// used, still open, or left out for the first reason that holds.
type KPI struct {
	Name   string `yaml:"name"`   // stable, lower case with underscores
	Title  string `yaml:"title"`  // what the tile says
	Unit   Unit   `yaml:"unit"`   // count, days, hours, share
	Better Better `yaml:"better"` // higher, lower, or neither
	Kind   Kind   `yaml:"kind"`   // count, duration, rate, sql
	Of     string `yaml:"of"`     // what n counts, in the plural: orders
	One    string `yaml:"one"`    // the same in the singular
	Doc    string `yaml:"doc"`    // the definition, in a sentence or two, for the footnote

	// View is what is looked at, one row an object; Needs are the views and
	// columns without which there is no figure, as "orders.paid_at".
	View  string   `yaml:"view"`
	Needs []string `yaml:"needs"`

	// Links are the references between systems that it rests on. Where fewer
	// than LinkRate of those of a kind are found, there is no figure but the
	// reason; 0 is 0.9.
	Links    []Link  `yaml:"links"`
	LinkRate float64 `yaml:"link_rate"`

	// From and To are the two ends of a duration, Quantile which one of the
	// durations is the figure: 0.5 is the median.
	From     string  `yaml:"from"`
	To       string  `yaml:"to"`
	Quantile float64 `yaml:"quantile"`
	// Hit is the condition a rate counts. Unsure holds where nobody can tell;
	// such an object is no hit, and a note says how many there are.
	Hit    string `yaml:"hit"`
	Unsure string `yaml:"unsure"`

	// Open holds for objects that have not come to their end; they are
	// counted apart. LeaveOut are the reasons not to look at an object at all.
	Open     string     `yaml:"open"`
	LeaveOut []LeaveOut `yaml:"leave_out"`

	// SQL of kind sql is the whole query, for DuckDB only: one row a value,
	// with the columns value, n, used, open, excluded_REASON…, by_DIMENSION….
	SQL string `yaml:"sql"`
}

// A LeaveOut says which objects a KPI does not look at, and why.
type LeaveOut struct {
	Reason string `yaml:"reason"`
	When   string `yaml:"when"`
}

// A Unit is what a value is measured in.
type Unit string

// The units there are.
const (
	Count Unit = "count"
	Days  Unit = "days"
	Hours Unit = "hours"
	Share Unit = "share" // 0 to 1
)

// Better says which way a figure should move.
type Better string

// The directions there are; the zero value is neither.
const (
	Higher Better = "higher"
	Lower  Better = "lower"
)

// A Kind says how a figure is made of what is counted.
type Kind string

// The kinds there are.
const (
	CountKind    Kind = "count"
	DurationKind Kind = "duration"
	RateKind     Kind = "rate"
	SQLKind      Kind = "sql"
)

// Parse reads a list of KPIs. An unknown key or a wrong value is an error that
// shows the line.
func Parse(text []byte) ([]*KPI, error) {
	var list []*KPI
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
		return nil, err
	}
	for _, k := range list {
		if err := k.validate(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

var kpiName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (k *KPI) validate() error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("kpi %s: "+format, append([]any{k.Name}, args...)...)
	}
	switch {
	case !kpiName.MatchString(k.Name):
		return fmt.Errorf("kpi %q: a name is lower case letters, digits and underscores", k.Name)
	case k.Title == "" || k.Doc == "":
		return wrong("title and doc are missing: readers need both")
	case k.Of == "" || k.One == "":
		return wrong(`of and one say what n counts: "of: orders" and "one: order"`)
	case !slices.Contains([]Unit{Count, Days, Hours, Share}, k.Unit):
		return wrong("unit %q is not one of count, days, hours, share", k.Unit)
	case !slices.Contains([]Better{"", Higher, Lower}, k.Better):
		return wrong("better %q is not one of higher, lower", k.Better)
	case k.Kind != SQLKind && k.View == "":
		return wrong("view says what to look at, such as orders")
	}
	if err := CheckLinkRate(k.LinkRate); err != nil {
		return wrong("%w", err)
	}
	for _, l := range k.Links {
		if l.Target == "" {
			return wrong("links: a reference has a target: {source: InvoiceItem, qualifier: bills, target: DeliveryItem}")
		}
	}
	switch k.Kind {
	case CountKind:
	case DurationKind:
		if k.From == "" || k.To == "" || k.Quantile <= 0 || k.Quantile >= 1 {
			return wrong("a duration needs from, to, and a quantile between 0 and 1")
		}
		if k.Unit != Days && k.Unit != Hours {
			return wrong("a duration is in days or hours, not %s", k.Unit)
		}
	case RateKind:
		if k.Hit == "" || k.Unit != Share {
			return wrong("a rate needs hit, and the unit share")
		}
	case SQLKind:
		if k.SQL == "" {
			return wrong("kind sql needs sql")
		}
	default:
		return wrong("kind %q is not one of count, duration, rate, sql", k.Kind)
	}
	return nil
}
