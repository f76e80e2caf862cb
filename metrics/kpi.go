package metrics

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A KPI is the definition of one key figure.
//
// What it leaves out is part of it: every object that is looked at is either
// used, still open, or left out for the first reason that holds.
//
// Expressions are SQL over the columns of the view. In them, {as_of} is the
// day at whose end the figure is taken, {at} the instant of that end, {start}
// the first instant of the period and {end} the first after it, and {zone} the
// project's time zone, all as literals; local(t) is the day of an instant there.
type KPI struct {
	Name    string   `yaml:"name"`    // stable: ct.order_to_cash
	Title   string   `yaml:"title"`   // what the tile says
	Family  string   `yaml:"family"`  // time, automation, delivery, billing, cash, integration, exceptions, or the user's own
	Unit    Unit     `yaml:"unit"`    // see Units
	Better  Better   `yaml:"better"`  // higher, lower, or neither
	Kind    Kind     `yaml:"kind"`    // see Kinds
	Version int      `yaml:"version"` // of the definition; default 1. A figure that is counted otherwise than before has another
	Of      string   `yaml:"of"`      // what n counts, in the plural: orders
	One     string   `yaml:"one"`     // the same in the singular
	Doc     string   `yaml:"doc"`     // the definition, in a sentence or two, for the footnote
	Owner   string   `yaml:"owner"`   // who answers for it
	Sources []string `yaml:"sources"` // where the definition is from

	// View is what is looked at, one row an object; Key the column that says
	// which object, by default the view's first. Needs are the views and columns
	// without which there is no figure, as "orders.paid_at".
	View  string   `yaml:"view"`
	Key   string   `yaml:"key"`
	Needs []string `yaml:"needs"`
	// With are SELECTs that the expressions and From join, by name; Join is
	// what follows "FROM view AS v": JOIN x ON x.order_id = v.order_id.
	With map[string]string `yaml:"with"`
	Join string            `yaml:"join"`
	// Scope is the condition for a row to be looked at at all; what it leaves
	// out is not counted. Use LeaveOut for what a reader might miss.
	Scope string `yaml:"scope"`

	// Links are the references between systems that it rests on. Where fewer
	// than LinkRate of those of a kind are found, there is no figure but the
	// reason; 0 is 0.9.
	Links    []Link  `yaml:"links"`
	LinkRate float64 `yaml:"link_rate"`

	// From and To are the two ends of a duration, and Clock how it is measured.
	// Quantile is which one of the durations is the figure: 0.5, the default, is
	// the median. DayPrecision holds for rows whose times are days: both ends are
	// taken as midnights.
	From         string  `yaml:"from"`
	To           string  `yaml:"to"`
	Clock        Clock   `yaml:"clock"`
	Site         string  `yaml:"site"` // of clock business: whose calendar; default site
	Quantile     float64 `yaml:"quantile"`
	DayPrecision string  `yaml:"day_precision"`
	// Hit is the condition a rate counts. Unsure holds where nobody can tell;
	// such an object is no hit, and a note says how many there are.
	Hit    string `yaml:"hit"`
	Unsure string `yaml:"unsure"`
	// Numerator and Denominator are what a ratio divides, each summed over the
	// objects that are used; Value is what a sum adds up.
	Numerator   string `yaml:"numerator"`
	Denominator string `yaml:"denominator"`
	Value       string `yaml:"value"`
	// Over is the denominator of a ratio where it is of other rows than the
	// numerator: disputes opened in a period over invoices posted in it. Its rows
	// are counted with the others.
	Over *Over `yaml:"over"`
	// Currency is the column with the currency of amounts: figures of several
	// are never added up without rates. Amount is what an object is worth, to say
	// what is open.
	Currency string `yaml:"currency"`
	Amount   string `yaml:"amount"`
	// Method is how a figure of kind receivables is made; Days how many days of
	// sales it looks at, by default 90, and Months for countback.
	Method Method `yaml:"method"`
	Days   int    `yaml:"days"`

	// At is the event whose time says in which period an object counts: by
	// default the To of a duration. AsOf in its place makes a figure the state at
	// a day's end: for a period, at its end.
	At   string `yaml:"attributed_to"`
	AsOf bool   `yaml:"-"`
	// Since is when an object began to be open; by default From, else when its
	// row began to exist.
	Since string `yaml:"since"`

	// Open holds for objects that have not come to their end; they are
	// counted apart. LeaveOut are the reasons not to look at an object at all.
	Open     string     `yaml:"open"`
	LeaveOut []LeaveOut `yaml:"leave_out"`

	// Split are dimensions that the figure always has, such as age buckets;
	// Dimensions are those that it may be asked by besides the view's own.
	Split      map[string]string `yaml:"split"`
	Dimensions map[string]string `yaml:"dimensions"`
	Target     *float64          `yaml:"target"`
	MinN       int64             `yaml:"min_n"` // below it people see counts only; default 30 for rates and durations

	// SQL of kind sql is the whole query, for DuckDB only: one row a value,
	// with the columns value, n, used, open, excluded_REASON…, by_DIMENSION….
	SQL string `yaml:"sql"`

	// Examples are rows and what the figure must be of them: tests.
	Examples []Example `yaml:"examples"`

	early  bool   // as a [Rule] has it
	proven string // the sqlText of a definition of the catalogue; "" of others
}

// A LeaveOut says which objects a KPI does not look at, and why.
type LeaveOut struct {
	Reason string `yaml:"reason"`
	When   string `yaml:"when"`
}

// An Over is what a ratio divides by, of a view of its own. Both views have to
// have the dimensions that are asked for.
type Over struct {
	View       string            `yaml:"view"`
	Join       string            `yaml:"join"`
	Scope      string            `yaml:"scope"`
	Value      string            `yaml:"value"` // what is added up; 1 counts
	Currency   string            `yaml:"currency"`
	At         string            `yaml:"attributed_to"` // of a state: nothing
	LeaveOut   []LeaveOut        `yaml:"leave_out"`
	Dimensions map[string]string `yaml:"dimensions"`
}

// over is the denominator's half of a ratio of two views.
func (k *KPI) over() *KPI {
	o := k.Over
	return &KPI{Name: k.Name + " over", Kind: RatioKind, With: k.With, View: o.View, Join: o.Join, Scope: o.Scope, Numerator: "0", Denominator: o.Value,
		Currency: o.Currency, At: o.At, AsOf: k.AsOf, LeaveOut: o.LeaveOut, Dimensions: o.Dimensions, Days: k.Days}
}

func (k *KPI) overValue() string {
	if k.Over == nil {
		return ""
	}
	return k.Over.Value
}

// A Unit is what a value is measured in.
type Unit string

// The units there are.
const (
	Count    Unit = "count"
	Days     Unit = "days"
	Hours    Unit = "hours"
	Minutes  Unit = "minutes"
	Share    Unit = "share" // 0 to 1
	Money    Unit = "money" // in the currency of the value
	Quantity Unit = "quantity"
	Times    Unit = "times"   // how often one thing is in another
	Percent  Unit = "percent" // may exceed 0 to 100: an index
)

// Units lists them.
var Units = []Unit{Count, Days, Hours, Minutes, Share, Money, Quantity, Times, Percent}

// Better says which way a figure should move.
type Better string

// The directions there are; the zero value is neither.
const (
	Higher Better = "higher"
	Lower  Better = "lower"
)

// A Clock says which time counts.
type Clock string

// The clocks there are; the zero value is elapsed time.
const (
	Elapsed  Clock = "elapsed"
	Business Clock = "business" // working time of the calendar of the row's site
)

// A Kind says how a figure is made of what is counted.
type Kind string

// The kinds there are.
const (
	CountKind       Kind = "count"       // how many
	DurationKind    Kind = "duration"    // a quantile of the times from From to To
	RateKind        Kind = "rate"        // the share for which Hit holds
	RatioKind       Kind = "ratio"       // the sum of Numerator divided by that of Denominator
	SumKind         Kind = "sum"         // the sum of Value, of what happened in a period
	StockKind       Kind = "stock"       // the sum of Value, or the number, of what is there at a day's end
	ReceivablesKind Kind = "receivables" // of the ledger, by Method
	SQLKind         Kind = "sql"         // free, for DuckDB
)

// Kinds lists them.
var Kinds = []Kind{CountKind, DurationKind, RateKind, RatioKind, SumKind, StockKind, ReceivablesKind, SQLKind}

const defaultMinN = 30

// Parse reads a list of KPIs. An unknown key or a wrong value is an error that
// shows the line.
func Parse(text []byte) ([]*KPI, error) {
	return parseList(text, "kpi", func(k *KPI) error {
		k.fill()
		return k.validate()
	})
}

// asOf is the At of a figure that is a state.
const asOf = "as_of"

// fill says what a definition leaves unsaid.
func (k *KPI) fill() {
	if k.Version == 0 {
		k.Version = 1
	}
	if k.At == asOf || k.Kind == StockKind || k.Kind == ReceivablesKind {
		k.At, k.AsOf = "", true
	}
	if k.Kind == DurationKind {
		if !k.AsOf {
			k.At = first(k.At, k.To)
		}
		k.Since = first(k.Since, k.From)
		if k.Quantile == 0 {
			k.Quantile = 0.5
		}
	}
	if k.MinN == 0 && (k.Kind == RateKind || k.Kind == DurationKind) {
		k.MinN = defaultMinN
	}
	k.Clock = first(k.Clock, Elapsed)
	k.Site = first(k.Site, "site")
	if k.Days == 0 {
		k.Days = 90
	}
}

// first returns the first of its arguments that is not zero.
func first[T comparable](list ...T) T {
	var zero T
	for _, x := range list {
		if x != zero {
			return x
		}
	}
	return zero
}

var kpiName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)

func (k *KPI) validate() error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("kpi %s: "+format, append([]any{k.Name}, args...)...)
	}
	switch {
	case !kpiName.MatchString(k.Name):
		return fmt.Errorf("kpi %q: a name is lower case letters, digits, underscores and dots, such as ct.order_to_cash", k.Name)
	case k.Title == "" || k.Doc == "":
		return wrong("title and doc are missing: readers need both")
	case k.Of == "" || k.One == "":
		return wrong(`of and one say what n counts: "of: orders" and "one: order"`)
	case !slices.Contains(Units, k.Unit):
		return wrong("unit %q is not one of %s", k.Unit, words(Units))
	case !slices.Contains([]Better{"", Higher, Lower}, k.Better):
		return wrong("better %q is not one of higher, lower", k.Better)
	case !slices.Contains(Kinds, k.Kind):
		return wrong("kind %q is not one of %s", k.Kind, words(Kinds))
	case !slices.Contains([]Clock{Elapsed, Business}, k.Clock):
		return wrong("clock %q is not one of elapsed, business", k.Clock)
	case k.View == "" && k.Kind != SQLKind && k.Kind != ReceivablesKind:
		return wrong("view says what to look at, such as orders")
	case k.Version < 1:
		return wrong("version %d: versions are 1, 2, …", k.Version)
	case k.Days < 1:
		return wrong("days: %d is no number of days", k.Days)
	case k.MinN < 0:
		return wrong("min_n: %d is less than nothing", k.MinN)
	}
	if err := CheckLinkRate(k.LinkRate); err != nil {
		return wrong("%w", err)
	}
	for _, l := range k.Links {
		if l.Target == "" {
			return wrong("links: a reference has a target: {source: InvoiceItem, qualifier: bills, target: DeliveryItem}")
		}
	}
	for _, l := range k.LeaveOut {
		if l.Reason == "" || l.When == "" {
			return wrong("leave_out: want {reason: cancelled, when: cancelled_at IS NOT NULL}")
		}
	}
	return k.validateKind(wrong)
}

func (k *KPI) validateKind(wrong func(string, ...any) error) error {
	switch k.Kind {
	case DurationKind:
		if k.From == "" || k.To == "" || k.Quantile <= 0 || k.Quantile >= 1 {
			return wrong("a duration needs from, to, and a quantile between 0 and 1")
		}
		if k.Unit != Days && k.Unit != Hours && k.Unit != Minutes {
			return wrong("a duration is in days, hours or minutes, not %s", k.Unit)
		}
	case RateKind:
		if k.Hit == "" || k.Unit != Share {
			return wrong("a rate needs hit, and the unit share")
		}
	case RatioKind:
		if k.Numerator == "" || (k.Denominator == "") == (k.Over == nil) {
			return wrong("a ratio needs numerator, and denominator or over")
		}
	case SumKind:
		if k.Value == "" {
			return wrong("a sum needs value: what is added up")
		}
	case ReceivablesKind:
		if !slices.Contains(Methods, k.Method) {
			return wrong("method %q is not one of %s", k.Method, words(Methods))
		}
	case SQLKind:
		if k.SQL == "" {
			return wrong("kind sql needs sql")
		}
	}
	if o := k.Over; o != nil {
		switch {
		case k.Kind != RatioKind || len(k.Split) > 0 || k.Open != "":
			return wrong("over is of kind ratio, without split and open")
		case o.View == "" || o.Value == "":
			return wrong("over needs view and value")
		case (o.At == "") != k.AsOf || (o.Currency == "") != (k.Currency == ""):
			return wrong("over has attributed_to and currency where the figure has them")
		}
	}
	if k.Kind != ReceivablesKind && k.Method != "" {
		return wrong("method is of kind receivables only")
	}
	if k.Unit == Money && k.Currency == "" && k.Kind != SQLKind && k.Kind != ReceivablesKind {
		return wrong("money has a currency: name its column, currency: currency")
	}
	return nil
}

// words lists names for a message.
func words[T ~string](list []T) string {
	names := make([]string, len(list))
	for i, x := range list {
		names[i] = string(x)
	}
	return strings.Join(names, ", ")
}
