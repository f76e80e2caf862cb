package reports

import (
	"time"

	"millrace/eventlog"
)

// ProfileInput is what the page about a log's data is built from.
type ProfileInput struct {
	Profile *eventlog.Profile
	Source  string // where the data came from, as people say it
	Maker   string // "millrace 0.1.0"
	Zone    *time.Location
}

// Profile builds the page.
func Profile(in ProfileInput) *Page { return &Page{Title: "x"} }
