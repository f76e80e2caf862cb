package metrics

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A SemanticLayer is definitions as dbt's semantic layer, MetricFlow, has them:
// semantic models with entities, dimensions and measures, and metrics over
// them. It is the specification with measures (dbt 1.6 to 1.11, and later ones
// by dbt-autofix), docs.getdbt.com/docs/build/semantic-models.
//
// A count is a measure and a simple metric; a sum too. A rate and a ratio are
// two of each and a ratio metric; a percentage, a derived one of that. A
// duration is a percentile (and the 90 % one, and the average), each a simple
// metric. What an object is left out for, and whether it is open, is in the
// expression of the measure: CASE WHEN … THEN NULL. SQL is DuckDB's, as the
// views are.
type SemanticLayer struct {
	Models   []SemanticModel
	Metrics  []SemanticMetric
	Unmapped []Unmapped
}

// A SemanticModel is a view.
type SemanticModel struct {
	Name        string              `yaml:"name"`
	Description string              `yaml:"description"`
	Model       string              `yaml:"model"`
	Defaults    *SemanticDefaults   `yaml:"defaults,omitempty"`
	Primary     string              `yaml:"primary_entity,omitempty"` // where no column is its key
	Entities    []SemanticEntity    `yaml:"entities,omitempty"`
	Dimensions  []SemanticDimension `yaml:"dimensions"`
	Measures    []SemanticMeasure   `yaml:"measures"`

	View string `yaml:"-"`
}

// SemanticDefaults name the time of measures that do not say theirs.
type SemanticDefaults struct {
	AggTimeDimension string `yaml:"agg_time_dimension"`
}

// A SemanticEntity is a key.
type SemanticEntity struct {
	Name string `yaml:"name"`
	Type string `yaml:"type"` // primary or foreign
	Expr string `yaml:"expr"`
}

// A SemanticDimension is what figures can be asked by.
type SemanticDimension struct {
	Name   string              `yaml:"name"`
	Type   string              `yaml:"type"` // categorical or time
	Expr   string              `yaml:"expr,omitempty"`
	Params *SemanticTimeParams `yaml:"type_params,omitempty"`
}

// SemanticTimeParams are those of a time.
type SemanticTimeParams struct {
	Granularity string `yaml:"time_granularity"`
}

// A SemanticMeasure is an aggregate of an expression.
type SemanticMeasure struct {
	Name             string             `yaml:"name"`
	Description      string             `yaml:"description"`
	Agg              string             `yaml:"agg"`
	AggParams        *SemanticAggParams `yaml:"agg_params,omitempty"`
	Expr             string             `yaml:"expr"`
	AggTimeDimension string             `yaml:"agg_time_dimension"`
}

// SemanticAggParams are those of a percentile.
type SemanticAggParams struct {
	Percentile  float64 `yaml:"percentile"`
	Discrete    bool    `yaml:"use_discrete_percentile"`
	Approximate bool    `yaml:"use_approximate_percentile"`
}

// A SemanticMetric is a figure.
type SemanticMetric struct {
	Name        string             `yaml:"name"`
	Label       string             `yaml:"label"`
	Description string             `yaml:"description"`
	Type        string             `yaml:"type"` // simple, ratio, derived
	Params      SemanticTypeParams `yaml:"type_params"`
}

// SemanticTypeParams are those of a type of metric.
type SemanticTypeParams struct {
	Measure     string              `yaml:"measure,omitempty"`
	Numerator   *SemanticMetricRef  `yaml:"numerator,omitempty"`
	Denominator *SemanticMetricRef  `yaml:"denominator,omitempty"`
	Expr        string              `yaml:"expr,omitempty"`
	Metrics     []SemanticMetricRef `yaml:"metrics,omitempty"`
}

// A SemanticMetricRef names a metric that another one is made of.
type SemanticMetricRef struct {
	Name string `yaml:"name"`
}

// An Unmapped is a figure that has no counterpart, and why.
type Unmapped struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Semantic maps kpis over the views of a store. zone is where days begin.
func Semantic(ctx context.Context, q Querier, kpis []*KPI, zone *time.Location) (*SemanticLayer, error) {
	a, err := newAsking(ctx, q, Options{Zone: zone})
	if err != nil {
		return nil, err
	}
	l := &SemanticLayer{}
	models := map[string]*SemanticModel{}
	for _, k := range kpis {
		if why := k.unmappable(a.types); why != "" {
			l.Unmapped = append(l.Unmapped, Unmapped{k.Name, why})
			continue
		}
		if err := a.guard(k); err != nil {
			return nil, fmt.Errorf("kpi %s: %w", k.Name, err)
		}
		m := models[k.View]
		if m == nil {
			m = a.semanticModel(k.View)
			models[k.View] = m
		}
		s := &statement{asking: a, k: k, now: a.end}
		if err := s.semantic(m, l); err != nil {
			return nil, fmt.Errorf("kpi %s: %w", k.Name, err)
		}
	}
	for _, view := range sortedKeys(models) {
		l.Models = append(l.Models, *models[view])
	}
	return l, nil
}

// Semantic maps kpis over the views as they are when everything is there.
func (b *Bench) Semantic(ctx context.Context, kpis []*KPI, zone *time.Location) (*SemanticLayer, error) {
	return Semantic(ctx, b.store.Query, kpis, zone)
}

var (
	momentHole = regexp.MustCompile(`\{(as_of|at|start|end|days|first_day|last_day)\}`)
	subquery   = regexp.MustCompile(`(?i)\bselect\b|\bo2c\.`)
)

// unmappable says why a figure has no counterpart; "" if it has.
func (k *KPI) unmappable(types map[string]map[string]string) string {
	switch {
	case !slices.Contains([]Kind{CountKind, RateKind, RatioKind, SumKind, DurationKind}, k.Kind):
		return map[Kind]string{
			StockKind:       "a stock: what was there at a day's end takes the state of that day, which a view of today does not have",
			ReceivablesKind: "made of the ledger by a method, over months: no aggregate of a column",
			SQLKind:         "SQL of its own",
		}[k.Kind]
	case k.AsOf:
		return "as of a day, which a view of today does not have"
	case k.Clock == Business:
		return "in working time: MetricFlow knows no calendars of sites"
	case k.Over != nil:
		return "its denominator is of another view (over)"
	case len(k.With) > 0 || k.Join != "":
		return "it joins other views (with, join): make the join a dbt model"
	case k.At == "":
		return "it does not say to which day an object belongs (attributed_to), which MetricFlow wants of each measure"
	case len(types[k.View]) == 0:
		return "there is no view o2c." + k.View
	}
	for _, p := range k.pieces() {
		if strings.HasPrefix(p.field, "dimensions.") {
			continue
		}
		if momentHole.MatchString(p.text) {
			return p.field + " asks for the moment at which it is taken"
		}
		if subquery.MatchString(p.text) {
			return p.field + " looks into another view: make it a column of a dbt model"
		}
	}
	return ""
}

// semanticName makes a name that MetricFlow takes: lower case letters, digits
// and single underscores, no underscore at its end.
func semanticName(parts ...string) string {
	name := strings.ReplaceAll(strings.Join(parts, "_"), ".", "_")
	for strings.Contains(name, "__") {
		name = strings.ReplaceAll(name, "__", "_")
	}
	return strings.Trim(name, "_")
}

// several are the views that have several rows of what their first column names.
var several = []string{"billings", "blocks", "goods_issues", "line_blocks", "line_faults", "order_segments"}

// semanticModel is a view with its keys and columns.
func (a *asking) semanticModel(view string) *SemanticModel {
	m := &SemanticModel{Name: semanticName("o2c", view), Description: "The view o2c." + view + " of Millrace.", Model: "ref('o2c_" + view + "')", View: view}
	for i, c := range a.order[view] {
		kind := a.types[view][c]
		key := strings.HasSuffix(c, "_id") // and the entity's name: "order" alone is a word of SQL
		switch {
		case key && i == 0 && !slices.Contains(several, view):
			m.Entities = append(m.Entities, SemanticEntity{semanticName(c), "primary", c})
		case key && kind == "VARCHAR":
			m.Entities = append(m.Entities, SemanticEntity{semanticName(c), "foreign", c})
		case kind == "VARCHAR" || kind == "BOOLEAN":
			m.Dimensions = append(m.Dimensions, SemanticDimension{Name: semanticName(c), Type: "categorical", Expr: c})
		case kind == "DATE" || strings.HasPrefix(kind, "TIMESTAMP"):
			m.Dimensions = append(m.Dimensions, SemanticDimension{Name: semanticName(c), Type: "time", Expr: a.dayOf(c, kind), Params: &SemanticTimeParams{"day"}})
		}
	}
	if len(m.Entities) == 0 || m.Entities[0].Type != "primary" {
		m.Primary = semanticName(view, "row")
	}
	return m
}

// dayOf writes the day of an instant in the project's zone.
func (a *asking) dayOf(expression, kind string) string {
	if kind == "DATE" {
		return expression
	}
	return fmt.Sprintf("CAST((%s) AT TIME ZONE %s AS DATE)", expression, a.zoneText())
}

// semantic adds the measures and metrics of a figure.
func (s *statement) semantic(m *SemanticModel, l *SemanticLayer) error {
	k := s.k
	at, err := s.semanticTime(m)
	if err != nil {
		return err
	}
	name := semanticName(k.Name)
	for _, d := range sortedKeys(k.Split) {
		m.Dimensions = append(m.Dimensions, SemanticDimension{Name: semanticName(name, d), Type: "categorical", Expr: s.plain(k.Split[d])})
	}
	doc := k.Doc
	if k.Currency != "" && k.Kind != DurationKind && k.Kind != RateKind && k.Kind != CountKind {
		doc += " One figure a currency: ask by it, amounts of several do not add up."
	}
	measure := func(suffix, agg, expr string, params *SemanticAggParams) string {
		x := SemanticMeasure{Name: semanticName(name, suffix, "measure"), Description: doc, Agg: agg, AggParams: params, Expr: s.used(expr), AggTimeDimension: at}
		m.Measures = append(m.Measures, x)
		return x.Name
	}
	metric := func(suffix, label, kind string, p SemanticTypeParams) string {
		x := SemanticMetric{semanticName(name, suffix), label, doc, kind, p}
		if slices.ContainsFunc(l.Metrics, func(m SemanticMetric) bool { return m.Label == label }) { // labels are unique
			x.Label += " (" + x.Name + ")"
		}
		l.Metrics = append(l.Metrics, x)
		return x.Name
	}
	simple := func(suffix, label, measure string) string {
		return metric(suffix, label, "simple", SemanticTypeParams{Measure: measure})
	}
	switch k.Kind {
	case CountKind:
		simple("", k.Title, measure("", "count", "1", nil))
	case SumKind:
		simple("", k.Title, measure("", "sum", s.plain(k.Value), nil))
	case RateKind:
		hits := simple("hits", k.Title+": which are", measure("hits", "sum", "CASE WHEN "+s.plain(k.Hit)+" THEN 1 ELSE 0 END", nil))
		of := simple("used", k.Title+": of how many", measure("used", "count", "1", nil))
		metric("", k.Title, "ratio", SemanticTypeParams{Numerator: &SemanticMetricRef{hits}, Denominator: &SemanticMetricRef{of}})
	case RatioKind:
		n := simple("numerator", k.Title+": numerator", measure("numerator", "sum", s.plain(k.Numerator), nil))
		d := simple("denominator", k.Title+": denominator", measure("denominator", "sum", s.plain(k.Denominator), nil))
		ratio := SemanticTypeParams{Numerator: &SemanticMetricRef{n}, Denominator: &SemanticMetricRef{d}}
		if k.Unit == Percent {
			share := metric("share", k.Title+": as a share", "ratio", ratio)
			metric("", k.Title, "derived", SemanticTypeParams{Expr: share + " * 100", Metrics: []SemanticMetricRef{{share}}})
		} else {
			metric("", k.Title, "ratio", ratio)
		}
	case DurationKind:
		took, err := s.semanticDuration()
		if err != nil {
			return err
		}
		simple("", fmt.Sprintf("%s (%s)", k.Title, k.Unit), measure("", "percentile", took, &SemanticAggParams{Percentile: k.Quantile}))
		if k.Quantile != 0.9 {
			simple("p90", fmt.Sprintf("%s, 90 %% (%s)", k.Title, k.Unit), measure("p90", "percentile", took, &SemanticAggParams{Percentile: 0.9}))
		}
		simple("mean", fmt.Sprintf("%s, mean (%s)", k.Title, k.Unit), measure("mean", "average", took, nil))
	}
	return nil
}

// semanticTime is the time dimension by whose day an object counts; one is
// made where it is no column.
func (s *statement) semanticTime(m *SemanticModel) (string, error) {
	column := strings.TrimPrefix(strings.TrimSpace(s.k.At), "v.")
	if kind := s.types[s.k.View][column]; kind != "" {
		return semanticName(column), nil
	}
	day, err := s.isDay(s.k.At)
	if err != nil {
		return "", err
	}
	kind := "TIMESTAMP WITH TIME ZONE"
	if day {
		kind = "DATE"
	}
	name := semanticName(s.k.Name, "day")
	m.Dimensions = append(m.Dimensions, SemanticDimension{Name: name, Type: "time", Expr: s.dayOf(s.plain(s.k.At), kind), Params: &SemanticTimeParams{"day"}})
	return name, nil
}

// semanticDuration is how long an object took, NULL where it ended before it
// began.
func (s *statement) semanticDuration() (string, error) {
	ends := map[string]string{}
	k := *s.k
	k.Open = "" // what is open is left out before, and its time would be that of today
	ended := *s
	ended.k = &k
	err := ended.ends(func(name, expression string) { ends[name] = expression })
	if err != nil {
		return "", err
	}
	took := fmt.Sprintf("(%s - %s)", unaliased(ends["ended"]), unaliased(ends["began"]))
	return fmt.Sprintf("CASE WHEN %s >= 0 THEN %s / %.1f END", took, took, s.k.unitOfTime()), nil
}

// used is an expression of the objects that are in the figure.
func (s *statement) used(expression string) string {
	var b strings.Builder
	b.WriteString("CASE")
	if s.k.Scope != "" {
		fmt.Fprintf(&b, " WHEN NOT coalesce(%s, FALSE) THEN NULL", s.plain(s.k.Scope))
	}
	for _, l := range s.k.LeaveOut {
		fmt.Fprintf(&b, " WHEN %s THEN NULL", s.plain(l.When))
	}
	if s.k.Open != "" {
		fmt.Fprintf(&b, " WHEN %s THEN NULL", s.plain(s.k.Open))
	}
	if b.String() == "CASE" {
		return expression
	}
	return b.String() + " ELSE " + expression + " END"
}

// plain is an expression in brackets, with its holes filled, over a view
// without an alias.
func (s *statement) plain(text string) string {
	return "(" + unaliased(strings.Join(strings.Fields(s.fill(text)), " ")) + ")"
}

var alias = regexp.MustCompile(`\bv\.`)

// unaliased takes v. off the columns, and leaves it in literals.
func unaliased(text string) string {
	parts := strings.Split(text, "'")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = alias.ReplaceAllString(parts[i], "")
	}
	return strings.Join(parts, "'")
}
