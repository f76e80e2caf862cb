package schedule

import (
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"millrace/eventlog/calendar"
)

// A Config is a schedule as a project file has it.
type Config struct {
	Name     string     `yaml:"name"`
	Cron     Expression `yaml:"cron"`
	Timezone string     `yaml:"timezone"` // IANA; default: the project's
	Period   Length     `yaml:"period"`   // that a run is of; default: none, each due time is a run of its own
	Steps    []Step     `yaml:"steps"`    // a chain: the first that fails ends the run
	// FreshWithin is how old what was loaded last of a source may be for steps
	// that do not load; 0 is any age.
	FreshWithin time.Duration `yaml:"fresh_within"`
	CatchUp     CatchUp       `yaml:"catch_up"`
}

// CatchUp says what becomes of runs that were due while nobody ran them.
type CatchUp string

// What may become of missed runs.
const (
	CatchUpLast CatchUp = "last" // the default: the last of them is run
	CatchUpAll  CatchUp = "all"  // each is run, the earliest first, from the last that was begun on
	CatchUpNone CatchUp = "none" // they are left out, unless they are less than an hour late
)

var catchUps = []CatchUp{CatchUpLast, CatchUpAll, CatchUpNone}

// UnmarshalText reads what a project file says.
func (c *CatchUp) UnmarshalText(text []byte) error {
	if !slices.Contains(catchUps, CatchUp(text)) {
		return fmt.Errorf("catch_up: %q is none of %s", text, listed(catchUps))
	}
	*c = CatchUp(text)
	return nil
}

// A Schedule is a checked Config in its zone.
type Schedule struct {
	Config
	zone *time.Location
	plan string // what its steps are: a run goes on only with the same
}

// New checks schedules, in the default zone where they do not say theirs, and
// whether each step is of one of the kinds and what it should be.
func New(configs []Config, zone string, kinds []Kind) ([]*Schedule, error) {
	var all []*Schedule
	names := map[string]bool{}
	for i, c := range configs {
		if c.Name == "" {
			return nil, fmt.Errorf("schedules: the %s has no name", ordinal(i+1))
		}
		if names[c.Name] {
			return nil, fmt.Errorf("schedules: there are two called %s: what has been run is kept by name", c.Name)
		}
		names[c.Name] = true
		s, err := newSchedule(c, zone, kinds)
		if err != nil {
			return nil, fmt.Errorf("schedules: %s: %w", c.Name, err)
		}
		all = append(all, s)
	}
	return all, nil
}

// isName says whether a text can be a schedule's name, which is part of the
// names of folders and files: at most a hundred letters, digits and . _ -, of
// which the last three do not begin it. A regular expression for it takes 10 ms
// to compile, and every start of the program would.
func isName(text string) bool {
	for i, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && (i == 0 || !strings.ContainsRune("._-", r)) {
			return false
		}
	}
	return text != "" && utf8.RuneCountInString(text) <= 100
}

func newSchedule(c Config, zone string, kinds []Kind) (_ *Schedule, err error) {
	s := &Schedule{Config: c}
	switch {
	case !isName(c.Name):
		return nil, errors.New("its name: want letters, digits, and . _ - behind the first")
	case c.Cron.String() == "":
		return nil, errors.New(`cron is missing: when? "30 6 * * 1-5" is 06:30 from Monday to Friday`)
	case len(c.Steps) == 0:
		return nil, fmt.Errorf("steps is missing: what is to be done? A step is one of %s", kindNames(kinds))
	case c.FreshWithin < 0:
		return nil, fmt.Errorf("fresh_within: %v is negative", c.FreshWithin)
	case c.Period != "" && !slices.Contains(Lengths, c.Period):
		return nil, fmt.Errorf("period: %q is none of %s", c.Period, listed(Lengths))
	case c.CatchUp != "" && !slices.Contains(catchUps, c.CatchUp):
		return nil, fmt.Errorf("catch_up: %q is none of %s", c.CatchUp, listed(catchUps))
	}
	if c.Timezone != "" {
		zone = c.Timezone
	}
	if s.zone, err = calendar.Zone(zone); err != nil {
		return nil, fmt.Errorf("timezone: %w", err)
	}
	if s.CatchUp == "" {
		s.CatchUp = CatchUpLast
	}
	var text strings.Builder
	for i, step := range c.Steps {
		kind, ok := kindOf(kinds, step.Kind)
		if !ok {
			return nil, fmt.Errorf("step %d: %q is no step; known are %s", i+1, step.Kind, kindNames(kinds))
		}
		if kind.Check != nil {
			if err := kind.Check(step); err != nil {
				return nil, fmt.Errorf("step %d, %s: %w", i+1, step.Kind, err)
			}
		}
		fmt.Fprintf(&text, "%s %q\n", step.Kind, step.String())
	}
	s.plan = fmt.Sprintf("%08x", crc32.Checksum([]byte(text.String()), castagnoli))
	return s, nil
}

func ordinal(n int) string {
	if words := []string{"first", "second", "third"}; n <= len(words) {
		return words[n-1]
	}
	return fmt.Sprintf("%dth", n)
}

// Zone is where its times are.
func (s *Schedule) Zone() *time.Location { return s.zone }

// Next returns the next n due times after an instant.
func (s *Schedule) Next(after time.Time, n int) []time.Time {
	var all []time.Time
	for range n {
		after = s.Cron.Next(after, s.zone)
		all = append(all, after)
	}
	return all
}

// last is the last due time at or before an instant, and after another; zero if
// there is none.
func (s *Schedule) last(after, now time.Time) time.Time {
	// Only Next is known, so backwards in steps that double.
	for back := time.Hour; ; back *= 2 {
		from := now.Add(-back)
		if from.Before(after) {
			from = after
		}
		var found time.Time
		for t := s.Cron.Next(from, s.zone); !t.After(now); t = s.Cron.Next(t, s.zone) {
			found = t
		}
		if !found.IsZero() || from.Equal(after) {
			return found
		}
	}
}

// missed are the due times after one instant, up to and with another.
func (s *Schedule) missed(after, now time.Time) []time.Time {
	var all []time.Time
	for t := s.Cron.Next(after, s.zone); !t.After(now); t = s.Cron.Next(t, s.zone) {
		all = append(all, t)
	}
	return all
}
