package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/eventlog/calendar"
	"millrace/metrics"
)

// anySite is the name under site_calendars of all sites that are not named.
const anySite = "default"

// checkSites checks what the project says of its sites' working time, and of
// its fiscal year.
func (p *project) checkSites(path string) error {
	for _, site := range slices.Sorted(maps.Keys(p.SiteCalendars)) {
		if name := p.SiteCalendars[site]; p.calendars[name] == nil {
			names := slices.Sorted(maps.Keys(p.calendars))
			if len(names) == 0 {
				return fmt.Errorf("%s: site_calendars: %s: there is no calendar %q; name it under calendars", path, site, name)
			}
			return fmt.Errorf("%s: site_calendars: %s: there is no calendar %q%s; there is %s", path, site, name, eventlog.DidYouMean(name, names), strings.Join(names, ", "))
		}
	}
	if m := p.FiscalYearBegins; m < 0 || m > 12 {
		return fmt.Errorf("%s: fiscal_year_begins: %d is no month, 1 to 12", path, m)
	}
	return nil
}

// siteCalendars say when sites work: those of site_calendars, and calendars
// that are called like a site. Where the project has no calendar at all, it is
// office hours.
func (p *project) siteCalendars() metrics.Calendars {
	c := metrics.Calendars{Of: map[string]*calendar.Calendar{}}
	for site, name := range p.SiteCalendars {
		if site == anySite {
			c.Default = p.calendars[name]
		} else {
			c.Of[site] = p.calendars[name]
		}
	}
	maps.Copy(c.Of, p.byName())
	if c.Default == nil && len(p.calendars) == 0 {
		office, err := calendar.Parse([]byte(`{weekdays: "08:00-18:00"}`), p.Timezone)
		if err != nil {
			panic(err) // the zone was checked
		}
		c.Default = office
	}
	return c
}

// fiscalYear is the month with which a fiscal year begins.
func (p *project) fiscalYear() time.Month {
	return time.Month(max(1, p.FiscalYearBegins))
}
