package metrics

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/eventlog/calendar"
	"millrace/eventlog/o2c"
)

// An Example is some rows of the business views, and what the figure must be
// of them.
type Example struct {
	// Given are the rows of each view as text: a line of columns, then a line a
	// row, cells apart by |. Times are UTC. An empty cell is NULL, a column that is
	// not there as well, but for yes and no: that is no (of is_billing_relevant
	// and is_delivery_relevant, yes).
	Given    map[string]string `yaml:"given"`
	AsOf     string            `yaml:"as_of"` // default: the last day among the rows
	Timezone string            `yaml:"timezone"`
	Period   Grain             `yaml:"period"`
	From     string            `yaml:"from"`
	To       string            `yaml:"to"`
	By       []string          `yaml:"by"`
	// Calendars say when sites work, as a project's calendars do; "default" is of
	// sites that are not named.
	Calendars map[string]string `yaml:"calendars"`
	// Gives are the values in their order; only what is named is compared.
	Gives []Gives `yaml:"gives"`
}

// Gives is what one value must be.
type Gives struct {
	Period  string            `yaml:"period"`
	By      map[string]string `yaml:"by"`
	Value   *float64          `yaml:"value"` // to a millionth
	None    bool              `yaml:"none"`  // there is no value
	P50     *float64          `yaml:"p50"`
	P90     *float64          `yaml:"p90"`
	Mean    *float64          `yaml:"mean"`
	N       *int64            `yaml:"n"`
	Used    *int64            `yaml:"used"`
	Open    *int64            `yaml:"open"`
	LeftOut map[string]int64  `yaml:"left_out"`
	Notes   []string          `yaml:"notes"` // codes that must be among them
}

// A Bench is a store without rows on which examples are run.
type Bench struct {
	store *eventlog.Scratch
	types map[string]map[string]string // view → column → SQL type
}

// OpenBench makes one; it takes a second.
func OpenBench(ctx context.Context) (*Bench, error) {
	script := o2c.Refresh()
	for _, view := range []string{"object_events", "order_events"} { // tables, so that examples can fill them
		script += fmt.Sprintf("\nCREATE TABLE o2c.filled AS FROM o2c.%[1]s LIMIT 0; DROP VIEW o2c.%[1]s; ALTER TABLE o2c.filled RENAME TO %[1]s;", view)
	}
	s, err := eventlog.OpenScratch(ctx, script)
	if err != nil {
		return nil, err
	}
	var seen Seen
	if err := seen.look(ctx, s.Query); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &Bench{s, seen.types}, nil
}

// Close throws it away.
func (b *Bench) Close() error { return b.store.Close() }

// Check runs the examples of k and says which do not hold.
func (b *Bench) Check(ctx context.Context, k *KPI) error {
	var wrong []error
	for i, e := range k.Examples {
		if err := b.run(ctx, k, e); err != nil {
			wrong = append(wrong, fmt.Errorf("kpi %s: example %d: %w", k.Name, i+1, err))
		}
	}
	return errors.Join(wrong...)
}

func (b *Bench) run(ctx context.Context, k *KPI, e Example) error {
	o := Options{Grain: e.Period, By: e.By, Zone: time.UTC}
	if e.Timezone != "" {
		zone, err := time.LoadLocation(e.Timezone)
		if err != nil {
			return fmt.Errorf("timezone: %q is no IANA time zone", e.Timezone)
		}
		o.Zone = zone
	}
	for _, d := range []struct {
		text string
		to   *Day
	}{{e.AsOf, &o.AsOf}, {e.From, &o.From}, {e.To, &o.To}} {
		if d.text != "" {
			day, err := ParseDay(d.text)
			if err != nil {
				return err
			}
			*d.to = day
		}
	}
	var err error
	if o.Calendars, err = e.calendars(); err != nil {
		return err
	}
	if len(e.Gives) == 0 {
		return errors.New("gives nothing: say what the figure must be")
	}
	return b.With(ctx, e.Given, func(ctx context.Context, q Querier) error {
		values, err := Evaluate(ctx, q, []*KPI{k}, o)
		if err != nil {
			return err
		}
		if len(values) != len(e.Gives) {
			return fmt.Errorf("gives %d values, want %d:\n%s", len(values), len(e.Gives), list(values))
		}
		for i, g := range e.Gives {
			if err := g.compare(values[i]); err != nil {
				return fmt.Errorf("%w; it is\n%s", err, list(values))
			}
		}
		return nil
	})
}

// calendars reads the working time of sites.
func (e Example) calendars() (Calendars, error) {
	c := Calendars{Of: map[string]*calendar.Calendar{}}
	for _, site := range sortedKeys(e.Calendars) {
		one, err := calendar.Parse([]byte(e.Calendars[site]), first(e.Timezone, "UTC"))
		if err != nil {
			return c, fmt.Errorf("calendars: %s: %w", site, err)
		}
		if site == "default" {
			c.Default = one
		} else {
			c.Of[site] = one
		}
	}
	return c, nil
}

// With runs fn on a store that has the given rows of views, as an [Example]
// writes them.
func (b *Bench) With(ctx context.Context, given map[string]string, fn func(context.Context, Querier) error) error {
	return b.store.Try(ctx, func(s *eventlog.Scratch) error {
		for _, view := range sortedKeys(given) {
			if err := fillView(ctx, s, view, b.types[view], given[view]); err != nil {
				return fmt.Errorf("given %s: %w", view, err)
			}
		}
		if err := s.Exec(ctx, horizonSQL()); err != nil {
			return err
		}
		return fn(ctx, s.Query)
	})
}

func list(values []Value) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteString("  " + strings.ReplaceAll(v.String(), "\n", "\n  ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// fillView puts rows into an empty view, whose columns have these types.
func fillView(ctx context.Context, s *eventlog.Scratch, view string, types map[string]string, text string) error {
	if len(types) == 0 {
		return errors.New("there is no such view")
	}
	var columns, rows []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		cells := strings.Split(line, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if columns == nil {
			columns = cells
			for _, c := range columns {
				if types[c] == "" {
					return fmt.Errorf("there is no column %q%s", c, eventlog.DidYouMean(c, sortedKeys(types)))
				}
			}
			continue
		}
		if len(cells) != len(columns) {
			return fmt.Errorf("%q has %d cells, want %d", line, len(cells), len(columns))
		}
		for i, c := range cells {
			if cells[i] = "NULL"; c != "" {
				cells[i] = literal(c)
			}
		}
		rows = append(rows, strings.Join(cells, ", "))
	}
	if len(rows) == 0 {
		return nil
	}
	names := slices.Clone(columns)
	more := ""
	for _, c := range sortedKeys(types) {
		if types[c] == "BOOLEAN" && !slices.Contains(columns, c) {
			names = append(names, c)
			more += map[bool]string{true: ", TRUE", false: ", FALSE"}[c == "is_billing_relevant" || c == "is_delivery_relevant"]
		}
	}
	for i, n := range names {
		names[i] = quoted(n)
	}
	return s.Exec(ctx, fmt.Sprintf("INSERT INTO o2c.%s (%s) VALUES (%s)", quoted(view), strings.Join(names, ", "), strings.Join(rows, more+"), (")+more))
}

// horizonSQL says that the data ends with the last instant among the rows.
func horizonSQL() string {
	var parts []string
	for _, x := range []struct{ view, born, last string }{
		{"orders", "least(received_at, created_at)", "greatest(created_at, confirmed_at, released_at, full_ship_at, delivered_at, last_posted_at, cleared_at, paid_at, cancelled_at, rejected_at)"},
		{"order_lines", "created_at", "greatest(created_at, confirmed_at, released_at, allocated_at, full_ship_at, last_ship_at, delivered_at, billed_posted_at, paid_at, rejected_at, cancelled_at)"},
		{"order_segments", "least(began_at, created_at)", "greatest(began_at, ended_at, paid_at, cleared_at)"},
		{"line_blocks", "began_at", "greatest(began_at, ended_at)"},
		{"order_events", "time", "time"},
		{"deliveries", "created_at", "greatest(created_at, picked_at, transport_started_at, shipped_at, delivered_at, returned_at, cancelled_at)"},
		{"delivery_lines", "least(created_at, shipped_at)", "greatest(created_at, picked_at, shipped_at, delivered_at, billed_at, billed_posted_at, returned_at, cancelled_at)"},
		{"goods_issues", "issued_at", "greatest(issued_at, taken_back_at)"},
		{"billings", "least(created_at, posted_at)", "greatest(created_at, posted_at, cancelled_at)"},
		{"line_faults", "since", "since"},
		{"invoices", "least(created_at, posted_at)", "greatest(created_at, posted_at, sent_at, cancelled_at, corrected_at, paid_at, acknowledged_at)"},
		{"applications", "applied_at", "greatest(applied_at, reversed_at)"},
		{"receipts", "received_at", "greatest(received_at, fully_applied_at)"},
		{"changes", "changed_at", "changed_at"},
		{"disputes", "opened_at", "greatest(opened_at, closed_at)"},
		{"blocks", "set_at", "greatest(set_at, released_at)"},
		{"messages", "first_at", "greatest(first_at, processed_at, acknowledged_at, first_failed_at, recovered_at)"},
		{"exceptions", "raised_at", "greatest(raised_at, resolved_at)"},
		{"receivable_entries", "posting_date::TIMESTAMPTZ", "NULL::TIMESTAMPTZ"},
		{"receipts", "value_date::TIMESTAMPTZ", "NULL::TIMESTAMPTZ"},
	} {
		parts = append(parts, fmt.Sprintf("SELECT min(%s) AS f, max(%s) AS t FROM o2c.%s", x.born, x.last, x.view))
	}
	return "DELETE FROM o2c.horizon; INSERT INTO o2c.horizon (first_at, last_at, first_day, last_day) SELECT min(f), max(t), (SELECT min(d) FROM (SELECT min(posting_date) AS d FROM o2c.receivable_entries UNION ALL SELECT min(applied_on) FROM o2c.applications)), (SELECT max(d) FROM (SELECT max(greatest(posting_date, cleared_on)) AS d FROM o2c.receivable_entries UNION ALL SELECT max(greatest(applied_on, reversed_on)) FROM o2c.applications)) FROM (" +
		strings.Join(parts, " UNION ALL ") + ")"
}

func (g Gives) compare(v Value) error {
	near := func(name string, want *float64, got float64) error {
		if want != nil && !(math.Abs(*want-got) <= 1e-6*max(1, math.Abs(*want))) {
			return fmt.Errorf("%s is %v, want %v", name, got, *want)
		}
		return nil
	}
	same := func(name string, want *int64, got int64) error {
		if want != nil && *want != got {
			return fmt.Errorf("%s is %d, want %d", name, got, *want)
		}
		return nil
	}
	errs := []error{near("value", g.Value, v.V), near("p50", g.P50, v.P50), near("p90", g.P90, v.P90), near("mean", g.Mean, v.Mean), same("n", g.N, v.N), same("used", g.Used, v.Used), same("open", g.Open, v.Open)}
	if g.None && v.Known() {
		errs = append(errs, fmt.Errorf("value is %v, want none", v.V))
	}
	if g.Period != "" && g.Period != v.Period {
		errs = append(errs, fmt.Errorf("period is %q, want %q", v.Period, g.Period))
	}
	for _, d := range sortedKeys(g.By) {
		if i := slices.IndexFunc(v.By, func(l Label) bool { return l.Dimension == d }); i < 0 || v.By[i].Value != g.By[d] {
			errs = append(errs, fmt.Errorf("by is %v, want %s=%s", v.By, d, g.By[d]))
		}
	}
	left := map[string]int64{}
	for _, x := range v.Excluded {
		left[x.Reason] = x.N
	}
	for _, reason := range sortedKeys(g.LeftOut) {
		if left[reason] != g.LeftOut[reason] {
			errs = append(errs, fmt.Errorf("left out as %s are %d, want %d", reason, left[reason], g.LeftOut[reason]))
		}
	}
	for _, code := range g.Notes {
		if !slices.ContainsFunc(v.Notes, func(n eventlog.Note) bool { return n.Code == code }) {
			errs = append(errs, fmt.Errorf("has no note %s", code))
		}
	}
	return errors.Join(errs...)
}
