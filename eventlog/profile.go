package eventlog

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A Profile says how far a log's data can be trusted: what is wrong with it,
// what a person should look at, and what has to be known of it. It does not
// depend on the order in which the store's loads were made.
type Profile struct {
	Log     string           `json:"log"`
	Events  int64            `json:"events"`  // different ones, of the log's sources
	Sound   int64            `json:"sound"`   // of those, with a time that is there and possible
	Objects int64            `json:"objects"` // cases of an imported log
	Cases   int64            `json:"cases"`   // of the log, with events that have a time; none without a case notion
	First   *time.Time       `json:"first"`   // of the times that are possible
	Last    *time.Time       `json:"last"`
	Sources []ProfiledSource `json:"sources"` // by name
	Checks  []Check          `json:"checks"`  // with findings, the worst first
	Passed  []PassedCheck    `json:"passed"`  // looked for, and not found
	Skipped []SkippedCheck   `json:"skipped"` // not looked for, and why
	Notes   []Note           `json:"notes"`
	// WithoutCases says that this is an object-centric log as a whole, which
	// has no cases before somebody says which objects make them.
	WithoutCases bool `json:"without_cases,omitempty"`
}

// A ProfiledSource is one source of the log.
type ProfiledSource struct {
	Source   string     `json:"source"`
	Events   int64      `json:"events"`
	First    *time.Time `json:"first"`
	Last     *time.Time `json:"last"`
	Read     int64      `json:"rows_read"`
	Rejected int64      `json:"rows_rejected"`
}

// A Severity says what a finding means for results.
type Severity string

// The severities, the worst first.
const (
	Defect Severity = "defect" // the data is wrong, and results with it
	Look   Severity = "look"   // it may be right: somebody who knows the process should look
	Remark Severity = "fact"   // it is so, and readers of results should know it
)

// A Check is what one question to the data found.
type Check struct {
	Code     string         `json:"code"` // stable: "missing-times"
	Title    string         `json:"title"`
	Severity Severity       `json:"severity"`
	Count    int64          `json:"count"`
	Of       int64          `json:"of"`    // how many there are in all; 0 where there is no whole
	Share    float64        `json:"share"` // Count of Of
	Unit     string         `json:"unit"`  // what is counted, in the plural: "events"
	Parts    []CheckPart    `json:"parts"` // the largest first, ten at most
	More     int            `json:"parts_not_listed,omitempty"`
	Examples []CheckExample `json:"examples"` // five at most
	Means    string         `json:"means"`    // for results
	Do       string         `json:"do"`       // what to do about it
	How      string         `json:"how"`      // it was found
}

// A CheckPart is what a check found in one place.
type CheckPart struct {
	Source  string   `json:"source,omitempty"`
	What    string   `json:"what"`           // an activity, an object type, a relation
	With    string   `json:"with,omitempty"` // the other activity of a pair without an order
	To      string   `json:"to,omitempty"`   // the second activity of a pair with one
	Count   int64    `json:"count"`
	Of      int64    `json:"of"`
	Share   float64  `json:"share"`
	Seconds *float64 `json:"seconds,omitempty"` // an offset or a limit, where Text names one
	Text    string   `json:"text,omitempty"`
}

// A CheckExample is one object or event, and where it stands in its source.
type CheckExample struct {
	ID       string     `json:"id,omitempty"` // as millrace trace takes it
	Type     string     `json:"type,omitempty"`
	Activity string     `json:"activity,omitempty"`
	Time     *time.Time `json:"time,omitempty"`
	Source   string     `json:"source,omitempty"`
	Place    string     `json:"place,omitempty"` // "orders.csv:12", "sale_sale 4711"
	Text     string     `json:"text,omitempty"`
}

// A PassedCheck found nothing.
type PassedCheck struct {
	Code  string `json:"code"`
	Title string `json:"title"`
}

// A SkippedCheck was not made.
type SkippedCheck struct {
	Code string `json:"code"`
	Why  string `json:"why"`
}

// Limits of what a check lists, and what it needs to say that something is unusual.
const (
	checkParts  = 10
	fewToJudge  = 20 // fewer of a kind have no usual value
	earlyMicros = 631_152_000_000_000
	microsDay   = 86_400_000_000
	microsHour  = 3_600_000_000
)

// A profiler makes one profile, on one connection.
type profiler struct {
	c          *storeConn
	o          LogOptions
	def        LogDefinition
	imported   bool   // the log is a file's, not a case notion over systems
	objectLog  string // the object-centric log it is of, if it is
	p          *Profile
	activities []string // by code
	sources    []string // by code
	counts     []activityCount
	walked     caseWalk
}

// Profile examines the data a log is made of: its events, the objects they
// touch, their relations, the loads that brought them. Days and hours are
// those of o.Zone. An object-centric log by its own name is examined as a
// whole: what needs cases is skipped, and convergence and divergence told for
// each type. Cost: a few passes over the events in SQL, with DuckDB's bounded
// memory; some 25 s for 5 million events on two busy cores.
func (s *Store) Profile(ctx context.Context, log string, o LogOptions) (*Profile, error) {
	whole, err := s.ObjectLogs(ctx)
	if err != nil {
		return nil, err
	}
	if slices.Contains(whole, log) {
		return s.profile(ctx, &profiler{o: o, def: LogDefinition{Name: log}, objectLog: log})
	}
	key, err := s.columnsKey(ctx, log, o)
	if err != nil {
		return nil, err
	}
	return s.ProfileOf(ctx, key.Definition, o)
}

// ProfileOf is [Store.Profile] of a case notion that need not be kept in the store.
func (s *Store) ProfileOf(ctx context.Context, def LogDefinition, o LogOptions) (*Profile, error) {
	f := &profiler{o: o, def: def}
	err := s.session(ctx, func(c *storeConn) error {
		of, err := c.strings(ctx, "SELECT source FROM main.object_type WHERE type = $1", def.CaseType)
		if len(of) > 0 {
			f.objectLog = of[0]
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	f.imported = f.objectLog == "" && def.CaseType == def.Name
	return s.profile(ctx, f)
}

func (s *Store) profile(ctx context.Context, f *profiler) (*Profile, error) {
	log := f.def.Name
	if f.o.Zone == nil {
		f.o.Zone = time.UTC
	}
	if f.objectLog != "" {
		f.o.Model = nil // no type of an object-centric log is the model's
	}
	f.p = &Profile{Log: log, Checks: []Check{}, Passed: []PassedCheck{}, Skipped: []SkippedCheck{}, Notes: []Note{}, WithoutCases: f.def.CaseType == ""}
	err := s.session(ctx, func(c *storeConn) error {
		f.c = c
		for _, step := range []func(context.Context) error{
			f.begin, f.times, f.clocks, f.copies, f.messages, f.objects, f.relations, f.numbers, f.vocabulary, f.attributes, f.rejects, f.gaps, f.changingClocks,
			f.ofCases, f.notions,
		} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("profile of log %q: %w", log, err)
	}
	if err := f.otherLogs(ctx, s); err != nil {
		return nil, fmt.Errorf("profile of log %q: %w", log, err)
	}
	f.finish()
	return f.p, nil
}

// kind returns what is said of a check, whatever it finds.
func kindOfCheck(code string) checkKind {
	i := slices.IndexFunc(checkKinds, func(k checkKind) bool { return k.code == code })
	if i < 0 {
		panic("millrace: no check " + code)
	}
	return checkKinds[i]
}

// find adds what a check found, if anything.
func (f *profiler) find(code string, found Check) {
	if found.Count == 0 {
		return
	}
	k := kindOfCheck(code)
	found.Code, found.Title, found.Means, found.Do, found.How = code, k.title, k.means, k.do, k.how
	found.Unit = cmp.Or(found.Unit, k.unit)
	found.Severity = cmp.Or(found.Severity, k.severity)
	found.Share = shareOf(found.Count, found.Of)
	for i := range found.Parts {
		found.Parts[i].Share = shareOf(found.Parts[i].Count, found.Parts[i].Of)
	}
	slices.SortStableFunc(found.Parts, func(a, b CheckPart) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(b.Share, a.Share), cmp.Compare(a.Source, b.Source), cmp.Compare(a.What, b.What), cmp.Compare(a.With+a.To, b.With+b.To))
	})
	if n := len(found.Parts) - checkParts; n > 0 {
		found.Parts, found.More = found.Parts[:checkParts], found.More+n
	}
	found.Parts = append([]CheckPart{}, found.Parts...)
	found.Examples = append([]CheckExample{}, found.Examples...)
	f.p.Checks = append(f.p.Checks, found)
}

func (f *profiler) skip(code, why string) {
	f.p.Skipped = append(f.p.Skipped, SkippedCheck{code, why})
}

func shareOf(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// finish sorts the findings and names what was not found.
func (f *profiler) finish() {
	p := f.p
	rank := map[Severity]int{Defect: 0, Look: 1, Remark: 2}
	order := map[string]int{}
	for i, k := range checkKinds {
		order[k.code] = i
	}
	slices.SortStableFunc(p.Checks, func(a, b Check) int {
		return cmp.Or(cmp.Compare(rank[a.Severity], rank[b.Severity]), cmp.Compare(b.Share, a.Share), cmp.Compare(b.Count, a.Count), cmp.Compare(order[a.Code], order[b.Code]))
	})
	for _, k := range checkKinds {
		found := slices.ContainsFunc(p.Checks, func(c Check) bool { return c.Code == k.code })
		skipped := slices.ContainsFunc(p.Skipped, func(c SkippedCheck) bool { return c.Code == k.code })
		if !found && !skipped {
			p.Passed = append(p.Passed, PassedCheck{k.code, k.title})
		}
	}
	slices.SortStableFunc(p.Skipped, func(a, b SkippedCheck) int { return cmp.Compare(order[a.Code], order[b.Code]) })
}

// Of returns the check of a code, nil if it found nothing.
func (p *Profile) Of(code string) *Check {
	for i := range p.Checks {
		if p.Checks[i].Code == code {
			return &p.Checks[i]
		}
	}
	return nil
}

// Count returns how many findings there are of a severity.
func (p *Profile) Count(s Severity) (n int) {
	for _, c := range p.Checks {
		if c.Severity == s {
			n++
		}
	}
	return n
}

// Name is what the part is called: its source if there are several, what it
// is, and the other activity of a pair.
func (c CheckPart) Name(sources int) string {
	name := c.What
	if c.Source != "" && sources > 1 && c.What != c.Source {
		name = strings.TrimSuffix(c.Source+": "+name, ": ")
	}
	if name == "" {
		name = c.Source
	}
	if c.With != "" {
		name += " and " + c.With
	}
	if c.To != "" {
		name += " → " + c.To
	}
	return name
}

// String is the example as a line for people.
func (e CheckExample) String() string {
	var parts []string
	switch {
	case e.ID != "" && e.Type != "":
		parts = append(parts, e.Type+" "+e.ID)
	case e.ID != "":
		parts = append(parts, e.ID)
	}
	if e.Activity != "" {
		parts = append(parts, e.Activity)
	}
	if e.Time != nil {
		parts = append(parts, "at "+FormatTime(e.Time.UnixMicro()))
	}
	if e.Text != "" {
		parts = append(parts, e.Text)
	}
	line := strings.Join(parts, ", ")
	if e.Place != "" {
		line += " (" + e.Place + ")"
	}
	return line
}

// Amount says how much a check found: "3 of 40 events, 7.5 %".
func (c *Check) Amount() string { return amountOf(c.Count, c.Of, c.Unit) }

func amountOf(n, of int64, unit string) string {
	switch {
	case of == 0 && unit == "":
		return fmt.Sprint(n)
	case of == 0 && n == 1:
		return "1 " + strings.TrimSuffix(unit, "s")
	case of == 0:
		return fmt.Sprintf("%d %s", n, unit)
	case unit == "":
		return fmt.Sprintf("%d of %d, %s", n, of, percentOf(n, of))
	}
	return fmt.Sprintf("%d of %d %s, %s", n, of, unit, percentOf(n, of))
}

func percentOf(n, of int64) string {
	x := 100 * shareOf(n, of)
	switch {
	case n > 0 && x < 0.1:
		return "<0.1 %"
	case n < of && x > 99.9:
		return ">99.9 %"
	}
	return fmt.Sprintf("%.1f %%", x)
}

// String is the profile as a text for people, the worst first.
func (p *Profile) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d events, %s with a sound time; ", p.Log, p.Events, percentOf(p.Sound, p.Events))
	if p.WithoutCases {
		fmt.Fprintf(&b, "%d objects\n", p.Objects)
	} else {
		fmt.Fprintf(&b, "%d cases\n", p.Cases)
	}
	for _, s := range []struct {
		severity Severity
		title    string
	}{{Defect, "Defects: the data is wrong, and results with it"}, {Look, "To look at: may be right, somebody who knows the process should say"}, {Remark, "Facts: to know when reading results"}} {
		if p.Count(s.severity) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", s.title)
		for i := range p.Checks {
			if c := &p.Checks[i]; c.Severity == s.severity {
				c.text(&b, len(p.Sources))
			}
		}
	}
	if len(p.Passed) > 0 {
		var names []string
		for _, c := range p.Passed {
			names = append(names, strings.ToLower(c.Title[:1])+c.Title[1:])
		}
		fmt.Fprintf(&b, "\nlooked for and not found: %s\n", strings.Join(names, "; "))
	}
	for _, c := range p.Skipped {
		fmt.Fprintf(&b, "not looked for: %s: %s\n", c.Code, c.Why)
	}
	return b.String()
}

func (c *Check) text(b *strings.Builder, sources int) {
	fmt.Fprintf(b, "  %s: %s [%s]\n", c.Title, c.Amount(), c.Code)
	for _, p := range c.Parts {
		fmt.Fprintf(b, "    %s: %s", p.Name(sources), amountOf(p.Count, p.Of, ""))
		if p.Text != "" {
			fmt.Fprintf(b, "; %s", p.Text)
		}
		b.WriteByte('\n')
	}
	if c.More > 0 {
		fmt.Fprintf(b, "    … and %d more\n", c.More)
	}
	if len(c.Examples) > 0 {
		fmt.Fprintf(b, "    for example: %s\n", c.Examples[0])
	}
	fmt.Fprintf(b, "    what to do: %s\n", c.Do)
}

// spanText writes µs in the unit that suits it.
func spanText(us float64) string {
	sign := ""
	if us < 0 {
		sign, us = "-", -us
	}
	switch s := us / 1e6; {
	case s < 90:
		return fmt.Sprintf("%s%.0f s", sign, s)
	case s < 90*60:
		return fmt.Sprintf("%s%.0f min", sign, s/60)
	case s < 48*3600:
		return fmt.Sprintf("%s%.1f h", sign, s/3600)
	}
	return fmt.Sprintf("%s%.1f d", sign, us/microsDay)
}

// secondsOf is a figure in µs as JSON has it.
func secondsOf(us float64) *float64 {
	s := math.Round(us/1e3) / 1e3
	return &s
}
