package metrics

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// A Rule is a service level: what has to happen within a limit, or a figure
// that has to stay within a bound.
//
// Of every object it says a state as of a day: met, ok, at risk, breached, or
// resolved late. An object that is breached on a day is breached, or resolved
// late, on every later one.
type Rule struct {
	Name     string `yaml:"name"`  // stable: credit_review
	Title    string `yaml:"title"` // Order in credit review
	Of       string `yaml:"of"`
	One      string `yaml:"one"`
	Doc      string `yaml:"doc"`
	Severity string `yaml:"severity"` // critical, high, medium, low; default medium
	Owner    string `yaml:"owner"`    // who has to act; a column with its own is OwnerBy
	OwnerBy  string `yaml:"owner_by"`
	Version  int    `yaml:"version"`

	// View and Scope say which objects, Key which column is theirs. From is when
	// the time begins, To when it ends; it runs while To is NULL.
	View  string            `yaml:"view"`
	Key   string            `yaml:"key"`
	Scope string            `yaml:"scope"`
	With  map[string]string `yaml:"with"`
	Join  string            `yaml:"join"`
	From  string            `yaml:"from"`
	To    string            `yaml:"to"`
	// Early says that what may be done before its time begins is in time then;
	// otherwise it is left out as ending before it began.
	Early bool `yaml:"early"`
	// LeaveOut are objects that the rule is not about any more.
	LeaveOut []LeaveOut `yaml:"leave_out"`
	// Limit is how long it may take: 30m, 4h, 2d; on clock business hours are
	// working time and a day is a working day of the site. AtRisk is the part of
	// it from which on an object is at risk; default 0.8.
	Limit  Limit    `yaml:"limit"`
	Clock  Clock    `yaml:"clock"`
	Site   string   `yaml:"site"`
	AtRisk *float64 `yaml:"at_risk"`
	// Amount and Currency are what is at stake.
	Amount   string   `yaml:"amount"`
	Currency string   `yaml:"currency"`
	Needs    []string `yaml:"needs"`
	Links    []Link   `yaml:"links"`

	// Broken in place of From, To and Limit holds for what breaks a rule of
	// conduct, At is when, and Detail says how. Such rules are those of packs: see
	// [Conducts]. SameAs names a service level that a pack takes over.
	Broken string `yaml:"broken"`
	At     string `yaml:"at"`
	Detail string `yaml:"detail"`
	SameAs string `yaml:"same_as"`

	// KPI in place of View names a figure, and Above or Below the bound that it
	// must not pass.
	KPI   string   `yaml:"kpi"`
	Above *float64 `yaml:"above"`
	Below *float64 `yaml:"below"`

	// CoolDown is how long after an alert the same one is not sent again;
	// default a day.
	CoolDown Limit `yaml:"cool_down"`
}

// A Limit is a length of time: of clock hours, and of days.
type Limit struct {
	Time time.Duration
	Days float64
}

var limitText = regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*(m|min|h|d)$`)

// UnmarshalYAML reads 30m, 4h, 2d.
func (l *Limit) UnmarshalYAML(node ast.Node) error {
	text, n := strings.TrimSpace(node.GetToken().Value), 0.0
	m := limitText.FindStringSubmatch(text)
	if m != nil {
		n, _ = strconv.ParseFloat(m[1], 64) // the expression lets nothing else through
	}
	if _, ok := node.(ast.ScalarNode); !ok || m == nil || n > 1e6 {
		return &yaml.SyntaxError{Message: fmt.Sprintf("%q is no length of time, as 30m, 4h or 2d", text), Token: node.GetToken()}
	}
	switch m[2] {
	case "d":
		l.Days = n
	case "h":
		l.Time = time.Duration(n * float64(time.Hour))
	default:
		l.Time = time.Duration(n * float64(time.Minute))
	}
	return nil
}

// String writes l as it is read.
func (l Limit) String() string {
	switch {
	case l.Days > 0:
		return strconv.FormatFloat(l.Days, 'g', -1, 64) + "d"
	case l.Time%time.Hour == 0 && l.Time > 0:
		return fmt.Sprintf("%dh", l.Time/time.Hour)
	}
	return fmt.Sprintf("%gm", l.Time.Minutes())
}

// Elapsed is l with days of 24 hours.
func (l Limit) Elapsed() time.Duration {
	return l.Time + time.Duration(l.Days*24*float64(time.Hour))
}

// Severities lists how bad a breach is, worst first.
var Severities = []string{"critical", "high", "medium", "low"}

// defaultAtRisk is the part of a limit from which on an object is at risk.
const defaultAtRisk = 0.8

// ParseRules reads a list of rules. An unknown key or a wrong value is an
// error that shows the line.
func ParseRules(text []byte) ([]*Rule, error) {
	return parseList(text, "rule", func(r *Rule) error {
		r.fill()
		return r.validateLevel()
	})
}

func (r *Rule) fill() {
	r.Version = first(r.Version, 1)
	r.Severity = first(r.Severity, "medium")
	r.Clock = first(r.Clock, Elapsed)
	if r.AtRisk == nil {
		at := defaultAtRisk
		r.AtRisk = &at
	}
	if r.CoolDown == (Limit{}) {
		r.CoolDown = Limit{Days: 1}
	}
}

// validateLevel refuses what only rules of packs may say.
func (r *Rule) validateLevel() error {
	if r.Broken != "" || r.SameAs != "" {
		return fmt.Errorf("rule %s: broken and same_as are of rules of conduct: check a file of them by millrace mine rules --pack FILE", r.Name)
	}
	return r.validate()
}

func (r *Rule) validate() error {
	wrong := func(format string, a ...any) error {
		return fmt.Errorf("rule %s: "+format, append([]any{r.Name}, a...)...)
	}
	switch {
	case !kpiName.MatchString(r.Name):
		return fmt.Errorf("rule %q: a name is lower case letters, digits, underscores and dots, such as credit_review", r.Name)
	case r.Title == "" || r.Doc == "":
		return wrong("title and doc are missing: readers need both")
	case !slices.Contains(Severities, r.Severity):
		return wrong("severity %q is not one of %s", r.Severity, strings.Join(Severities, ", "))
	case !slices.Contains([]Clock{Elapsed, Business}, r.Clock):
		return wrong("clock %q is not one of elapsed, business", r.Clock)
	case *r.AtRisk < 0 || *r.AtRisk > 1:
		return wrong("at_risk: %v is no part of the limit, 0 to 1", *r.AtRisk)
	case (r.KPI == "") == (r.View == ""):
		return wrong("want view, from, to and limit, or kpi and above or below")
	case r.KPI != "" && (r.Above == nil) == (r.Below == nil):
		return wrong("a figure is bounded by above or by below")
	case r.Broken != "" && (r.View == "" || r.From != "" || r.To != "" || r.Limit != (Limit{})):
		return wrong("broken is of what a view lists, and takes the place of from, to and limit")
	case r.Broken == "" && (r.At != "" || r.Detail != ""):
		return wrong("at and detail say when and how something is broken: want broken")
	case r.Broken == "" && r.View != "" && (r.From == "" || r.To == ""):
		return wrong("from and to say when the time begins and ends")
	case r.Broken == "" && r.View != "" && r.Limit == (Limit{}):
		return wrong("limit says how long it may take, as 30m, 4h or 2d")
	case r.View != "" && (r.Of == "" || r.One == ""):
		return wrong(`of and one say what is counted: "of: orders" and "one: order"`)
	case r.View != "" && (r.Above != nil || r.Below != nil):
		return wrong("above and below are bounds of a figure: name it by kpi")
	case r.KPI != "" && r.Limit != (Limit{}):
		return wrong("limit is of what a view lists; a figure is bounded by above or by below")
	case r.Amount != "" && r.Currency == "":
		return wrong("money has a currency: name its column, currency: currency")
	}
	return nil
}

// Allowed is how long the limit is by the rule's clock: of days on clock
// business, the working time of an average working day. ok is false where the
// sites differ in it and there is no default.
func (r *Rule) Allowed(c Calendars) (_ time.Duration, ok bool) {
	if r.Clock != Business || r.Limit.Days == 0 {
		return r.Limit.Elapsed(), true
	}
	days := map[int64]bool{}
	for _, cal := range c.Of {
		days[cal.Day()] = true
	}
	if c.Default != nil {
		days = map[int64]bool{c.Default.Day(): true}
	}
	if len(days) != 1 {
		return 0, false
	}
	for day := range days {
		return time.Duration(r.Limit.Days*float64(day)) * time.Microsecond, true
	}
	panic("unreachable")
}

//go:embed rules/*.yaml
var ruleFiles embed.FS

// Rules lists the service levels that come with Millrace.
func Rules() []*Rule {
	files, err := fs.Glob(ruleFiles, "rules/*.yaml") // in order of their names
	if err != nil {
		panic(err) // embedded
	}
	var list []*Rule
	for _, f := range files {
		text, err := fs.ReadFile(ruleFiles, f)
		if err != nil {
			panic(err) // embedded
		}
		rules, err := ParseRules(text)
		if err != nil {
			panic(fmt.Sprintf("%s: %v", f, err)) // a test reads them all
		}
		list = append(list, rules...)
	}
	return list
}
