package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/eventlog/calendar"
)

// workingFlags are on the commands whose durations may be in working time.
type workingFlags struct {
	Working    bool   `group:"Working time" help:"Count durations in working time, by the calendars that the project names for the log. Filters by duration count elapsed time."`
	Calendar   string `placeholder:"HOURS|NAME|FILE" group:"Working time" help:"Count in working time by this calendar: \"08:00-18:00 DE-HH\" (Monday to Friday, but for the holidays of a region), 24/7, a calendar of the project by its name, or a YAML file that has what stands there under the name."`
	CalendarBy string `placeholder:"COLUMN" group:"Working time" help:"Count in working time by the calendar of the project that this column or attribute of a case names; --calendar is then of the other cases."`
}

// wanted says whether durations are to be in working time.
func (w *workingFlags) wanted() bool {
	return w != nil && (w.Working || w.Calendar != "" || w.CalendarBy != "")
}

// logCalendars are the calendars of a log with their names.
type logCalendars struct {
	eventlog.Calendars
	name string // of the default
}

// names lists the calendars by name.
func (c *logCalendars) names(p *project) []string {
	var names []string
	for name, of := range p.calendars {
		if c.By != "" && slices.Contains(slices.Collect(maps.Values(c.Of)), of) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if c.name != "" && !slices.Contains(names, c.name) {
		names = append(names, c.name) // it may be hours: they stand last
	}
	return names
}

// calendars returns the calendars that a command was given for a log, or that
// the project has for it; nil if durations are elapsed time.
func (w *workingFlags) calendars(e *env, log, zone string) (*logCalendars, error) {
	if !w.wanted() {
		return nil, nil
	}
	p := e.Project
	if zone == "" {
		zone = p.Timezone
	}
	if w.Calendar == "" && w.CalendarBy == "" {
		if c := p.calendarsOf(log); c != nil {
			return c, nil
		}
		return nil, usageError{fmt.Errorf("--working: nobody says when log %s works: give --calendar \"08:00-18:00 DE-HH\", or name a calendar in millrace.yaml:\n"+
			"  calendars:\n    hamburg: {weekdays: \"08:00-18:00\", holidays: DE-HH}\n  logs:\n    %s: {calendar: hamburg}", log, log)}
	}
	out := &logCalendars{name: w.Calendar}
	if w.Calendar != "" {
		var err error
		if out.Default, err = p.calendarOf(w.Calendar, zone); err != nil {
			return nil, usageError{fmt.Errorf("--calendar: %w", err)}
		}
	}
	if out.By = w.CalendarBy; out.By != "" {
		if len(p.calendars) == 0 {
			return nil, usageError{errors.New("--calendar-by: there are no calendars to choose from; name them in millrace.yaml:\n" +
				"  calendars:\n    hamburg: {weekdays: \"08:00-18:00\", holidays: DE-HH}")}
		}
		out.Of = p.byName()
		if own := p.calendarsOf(log); own != nil && own.By == out.By {
			out.Of = own.Of
		}
	}
	return out, nil
}

// note says in the notes of a log what its durations are counted by.
func (c *logCalendars) note(e *env, l *eventlog.Log) {
	if c == nil {
		return
	}
	text := "Durations are in working time, "
	if c.By == "" {
		text += "by the calendar " + c.name
	} else {
		text += fmt.Sprintf("by the calendar that %s names, of %s", c.By, strings.Join(c.names(e.Project), ", "))
		if c.name != "" {
			text += "; cases without one have " + c.name
		}
	}
	if slices.ContainsFunc(e.Filters, func(f eventlog.Filter) bool { return f.Name == "duration" || f.Name == "follows" }) {
		text += "; filters count elapsed time"
	}
	l.AddNotes(eventlog.Note{Code: "working-time", Text: text + "."})
}

// calendarOf reads a calendar from a command line: a name in the project, a
// file, or hours from Monday to Friday with the regions whose holidays are
// kept.
func (p *project) calendarOf(text, zone string) (*calendar.Calendar, error) {
	if c := p.calendars[text]; c != nil {
		return c, nil
	}
	if ext := strings.ToLower(filepath.Ext(text)); ext == ".yaml" || ext == ".yml" {
		content, err := os.ReadFile(text)
		if err != nil {
			return nil, err
		}
		c, err := calendar.Parse(content, zone)
		if err != nil {
			return nil, fmt.Errorf("%s: %s", text, yaml.FormatError(err, false, true))
		}
		return c, nil
	}
	if text == "24/7" {
		return calendar.Parse([]byte(text), zone)
	}
	var hours, regions []string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		if strings.ContainsRune(word, ':') {
			hours = append(hours, word)
		} else {
			regions = append(regions, strconv.Quote(word))
		}
	}
	if len(hours) == 0 {
		has := "the project has none"
		if names := slices.Sorted(maps.Keys(p.calendars)); len(names) > 0 {
			has = fmt.Sprintf("the project has %s%s", strings.Join(names, ", "), eventlog.DidYouMean(text, names))
		}
		return nil, fmt.Errorf("%q is no calendar: write hours and regions, as in \"08:00-18:00 DE-HH\", 24/7, a file .yaml, or a calendar of the project; %s", text, has)
	}
	definition := fmt.Sprintf("weekdays: %q\n", strings.Join(hours, ", "))
	if len(regions) > 0 {
		definition += fmt.Sprintf("holidays: [%s]\n", strings.Join(regions, ", "))
	}
	c, err := calendar.Parse([]byte(definition), zone)
	if err != nil {
		var at yaml.Error
		if errors.As(err, &at) {
			return nil, fmt.Errorf("%q: %s", text, at.GetMessage())
		}
		return nil, err
	}
	return c, nil
}

// hasCalendars says whether the project names calendars for the log.
func (l *logSpec) hasCalendars() bool { return l.Calendar != "" || l.CalendarBy != "" }

// readCalendars makes the calendars of a project file, and looks up those that
// its logs name.
func (p *project) readCalendars(path string) error {
	p.calendars = map[string]*calendar.Calendar{}
	for _, name := range slices.Sorted(maps.Keys(p.Calendars)) {
		c, err := calendar.New(p.Calendars[name], p.Timezone)
		if err != nil {
			return fmt.Errorf("%s: calendars: %s: %w", path, name, err)
		}
		p.calendars[name] = c
	}
	names := slices.Sorted(maps.Keys(p.calendars))
	for _, log := range slices.Sorted(maps.Keys(p.Logs)) {
		spec := p.Logs[log]
		check := func(key, name string) error {
			switch {
			case p.calendars[name] != nil:
				return nil
			case len(names) == 0:
				return fmt.Errorf("%s: logs: %s: %s: there is no calendar %q; name it under calendars", path, log, key, name)
			}
			return fmt.Errorf("%s: logs: %s: %s: there is no calendar %q%s; there is %s", path, log, key, name, eventlog.DidYouMean(name, names), strings.Join(names, ", "))
		}
		if spec.Calendar != "" {
			if err := check("calendar", spec.Calendar); err != nil {
				return err
			}
		}
		if spec.CalendarBy != "" && len(names) == 0 {
			return fmt.Errorf("%s: logs: %s: calendar_by: there are no calendars to choose from; name them under calendars", path, log)
		}
		if spec.CalendarBy == "" && len(spec.CalendarOf) > 0 {
			return fmt.Errorf("%s: logs: %s: calendar_of: say by calendar_by which attribute of a case names its site", path, log)
		}
		for _, site := range slices.Sorted(maps.Keys(spec.CalendarOf)) {
			if err := check("calendar_of: "+site, spec.CalendarOf[site]); err != nil {
				return err
			}
		}
	}
	return nil
}

// byName are the calendars of sites that are called like them.
func (p *project) byName() map[string]*calendar.Calendar {
	of := map[string]*calendar.Calendar{}
	for _, name := range slices.Sorted(maps.Keys(p.calendars)) {
		of[strings.ToLower(name)] = p.calendars[name]
	}
	return of
}

// calendarsOf returns the calendars that the project names for a log; nil if
// it names none.
func (p *project) calendarsOf(log string) *logCalendars {
	spec, ok := p.Logs[log]
	if !ok || !spec.hasCalendars() {
		return nil
	}
	out := &logCalendars{name: spec.Calendar}
	out.Default = p.calendars[spec.Calendar]
	if out.By = spec.CalendarBy; out.By != "" {
		out.Of = p.byName()
		for site, name := range spec.CalendarOf {
			out.Of[site] = p.calendars[name]
		}
	}
	return out
}
