package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/eventlog/calendar"
	"millrace/metrics"
	"millrace/reports/brand"
	"millrace/reports/deliver"
	"millrace/reports/schedule"
	"millrace/reports/words"
)

// A project is a project file: where the store is and what goes into it.
type project struct {
	Store    string             `yaml:"store"`
	Timezone string             `yaml:"timezone"`
	Sources  map[string]source  `yaml:"sources"`
	Logs     map[string]logSpec `yaml:"logs"`
	// Names of users become pseudonyms, unless this says keep.
	Names     namesSpec     `yaml:"names"`
	Retention retentionSpec `yaml:"retention"`
	// LinkRate is the share of the references between systems that has to be
	// found for a key figure that rests on them; 0 leaves it to the figure.
	LinkRate float64 `yaml:"link_rate"`
	// KPIs and Rules are files with key figures and service levels of the
	// project's own, as patterns.
	KPIs  []string `yaml:"kpis"`
	Rules []string `yaml:"rules"`
	// Language is what reports are written in: en, the default, or de.
	Language string `yaml:"language"`
	// Pages are files with pages of reports, as patterns.
	Pages []string `yaml:"pages"`
	// Report is the logo and the colours of reports.
	Report brand.Config `yaml:"report"`
	// KPITimeout is how long one figure may take; default 60 s.
	KPITimeout time.Duration `yaml:"kpi_timeout"`
	// Controls are figures of others that the project's have to agree with.
	Controls []metrics.Control `yaml:"controls"`
	// Calendars say by name when a site works; SiteCalendars which one a site
	// has, "default" being all others'.
	Calendars     map[string]calendar.Definition `yaml:"calendars"`
	SiteCalendars map[string]string              `yaml:"site_calendars"`
	// FiscalYearBegins is the month, 1 to 12, with which a fiscal year begins.
	FiscalYearBegins int `yaml:"fiscal_year_begins"`
	// Rates are exchange rates, and what to convert amounts to.
	Rates ratesSpec `yaml:"rates"`
	// Masters say by object type, Customer or Material, what tells those of
	// several sources to be one.
	Masters map[string]masterSpec `yaml:"masters"`
	// Alerts say who is told of what is late, and of schedules that fail.
	Alerts alertsSpec `yaml:"alerts"`
	// Destinations are where exports go, by name.
	Destinations map[string]deliver.To `yaml:"destinations"`
	// Schedules are what is run when.
	Schedules []schedule.Config `yaml:"schedules"`

	dir       string                        // of the file; paths in it are relative to it
	calendars map[string]*calendar.Calendar // by name
}

// A ratesSpec names a table of exchange rates, and the currency that amounts
// are converted to where nobody says another; "" leaves them.
type ratesSpec struct {
	File     string `yaml:"file"`
	Currency string `yaml:"currency"`
}

// A retentionSpec says how long landed rows and events are kept.
type retentionSpec struct {
	Landing eventlog.Age `yaml:"landing"`
	Events  eventlog.Age `yaml:"events"`
}

// A namesSpec says what becomes of names of users: "keep", or pseudonyms by a
// key that is somewhere else than beside the store.
type namesSpec struct {
	Keep    bool
	KeyFrom string
}

// UnmarshalYAML reads "keep" or {key_from: env:NAME}.
func (n *namesSpec) UnmarshalYAML(decode func(any) error) error {
	var word string
	if err := decode(&word); err == nil {
		if word != "keep" && word != "hash" {
			return fmt.Errorf("names: %q is none of keep, hash, {key_from: env:NAME}", word)
		}
		n.Keep = word == "keep"
		return nil
	}
	var m map[string]string
	if err := decode(&m); err != nil || len(m) != 1 || m["key_from"] == "" {
		return errors.New("names: want keep, hash, or {key_from: env:NAME}")
	}
	n.KeyFrom = m["key_from"]
	return nil
}

// A logSpec is a case notion.
type logSpec struct {
	Case   string   `yaml:"case"`
	Follow []string `yaml:"follow"`
	// Calendar is of cases that CalendarBy does not place: the attribute of a
	// case whose value is the name of a calendar, or is given one by CalendarOf.
	Calendar   string            `yaml:"calendar"`
	CalendarBy string            `yaml:"calendar_by"`
	CalendarOf map[string]string `yaml:"calendar_of"`
}

// readProject reads a project file. Without one, the project is the folder
// itself with a store millrace.duckdb.
func readProject(path string) (*project, error) {
	p := &project{dir: filepath.Dir(path)}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && filepath.Base(path) == "millrace.yaml":
	case err != nil:
		return nil, err
	default:
		dec := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
		if err := dec.Decode(p); err != nil && len(bytes.TrimSpace(text)) > 0 {
			return nil, usageError{fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, true))}
		}
	}
	if p.Store == "" {
		p.Store = "millrace.duckdb"
	}
	if p.Timezone == "" {
		p.Timezone = "UTC"
	}
	if _, err := time.LoadLocation(p.Timezone); err != nil {
		return nil, usageError{fmt.Errorf("%s: timezone: %q is not an IANA time zone such as Europe/Berlin", path, p.Timezone)}
	}
	if _, err := p.language(""); err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	for name, s := range p.Sources {
		if err := s.check(); err != nil {
			return nil, usageError{fmt.Errorf("%s: sources: %s: %w", path, name, err)}
		}
	}
	if err := (eventlog.Retention{Landing: p.Retention.Landing, Events: p.Retention.Events}).Check(); err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	if err := metrics.CheckLinkRate(p.LinkRate); err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	if p.KPITimeout < 0 {
		return nil, usageError{fmt.Errorf("%s: kpi_timeout: %s is less than nothing", path, p.KPITimeout)}
	}
	for _, c := range p.Controls {
		if err := c.Check(); err != nil {
			return nil, usageError{fmt.Errorf("%s: controls: %w", path, err)}
		}
	}
	if err := p.checkMasters(); err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	if err := p.readCalendars(path); err != nil {
		return nil, usageError{err}
	}
	if err := p.checkSites(path); err != nil {
		return nil, usageError{err}
	}
	if err := p.Alerts.check(); err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	for name, l := range p.Logs {
		if l.Case == "" && (len(l.Follow) > 0 || !l.hasCalendars()) {
			return nil, usageError{fmt.Errorf("%s: logs: %s: case is missing: which object type makes a case?", path, name)}
		}
	}
	if _, err := (&env{Project: p}).schedules(); err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	return p, nil
}

// path resolves a path of the project file.
func (p *project) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.dir, name)
}

func (p *project) storePath() string { return p.path(p.Store) }

// language finds the language of reports by its tag; "" is the project's.
func (p *project) language(tag string) (*words.Language, error) {
	return words.Find(cmp.Or(tag, p.Language))
}

func (p *project) zone() *time.Location {
	loc, err := time.LoadLocation(p.Timezone)
	if err != nil {
		panic(err) // readProject checked it
	}
	return loc
}
