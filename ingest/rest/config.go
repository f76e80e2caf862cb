package rest

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/web"
)

// Sample is a commented configuration of the source.
//
//go:embed sample.yaml
var Sample string

// A Config says which tables a service has, and where.
type Config struct {
	web.Config `yaml:",inline"`
	Tables     map[string]TableConfig `yaml:"tables"` // by the name of the table
}

// A TableConfig says how a table is asked for and what its answers look like.
// Paths into JSON are names and dots: "data.items".
type TableConfig struct {
	Path  string            `yaml:"path"`  // below the address
	Items string            `yaml:"items"` // where the array of rows is; "": the answer is it
	Key   []string          `yaml:"key"`   // columns that identify a row
	Query map[string]string `yaml:"query"` // further parameters
	// Columns are columns and their paths in an item. Other columns are
	// members of the item by their names.
	Columns map[string]string `yaml:"columns"`
	// Times are columns that are numbers since 1970: epoch (seconds) or epoch_ms.
	Times  map[string]string `yaml:"times"`
	Paging Paging            `yaml:"paging"`
	Since  Since             `yaml:"since"`
	Keys   Keys              `yaml:"keys"`
	Total  Total             `yaml:"total"`
}

// Paging says how the next page is asked for.
type Paging struct {
	// By is page (a number that grows by one), offset (a number of rows),
	// cursor (a text in the answer), next (an address in the answer), link (a
	// header, RFC 8288); none: there is one page.
	By        string `yaml:"by"`
	Param     string `yaml:"param"`      // default: page, offset, cursor
	First     *int   `yaml:"first"`      // number of the first page; default 1
	SizeParam string `yaml:"size_param"` // where the size is said; default: it is not
	Size      int    `yaml:"size"`       // rows to ask for; default 100
	// At is where the cursor or the address is in the answer; Item where the
	// cursor is in the last item.
	At   string `yaml:"at"`
	Item string `yaml:"item"`
	// More is where the answer says, with true or false, whether a page follows.
	More string `yaml:"more"`
	// EndStatus is what a service answers behind the last page in place of an
	// empty one, such as 404.
	EndStatus int `yaml:"end_status"`
}

// Since says how rows changed since a time are asked for; the zero value: they
// cannot be, and all are read.
type Since struct {
	Param string `yaml:"param"`
	// Format is rfc3339 (default), date, epoch, epoch_ms, text (as it was
	// read), or a layout of Go such as 2006-01-02T15:04:05.
	Format string `yaml:"format"`
}

// Keys says how rows are asked for by their key; the zero value: they cannot
// be, and all are read.
type Keys struct {
	Param     string `yaml:"param"`
	Separator string `yaml:"separator"` // between keys; none: one key a request
}

// Total says where a service says how many rows there are.
type Total struct {
	At     string `yaml:"at"`
	Header string `yaml:"header"`
}

// A Source is one service.
type Source struct {
	client *web.Client
	config Config
}

var _ ingest.Source = (*Source)(nil)

// Open checks a configuration. Nothing is asked yet.
func Open(c Config, env web.Env) (*Source, error) {
	if len(c.Tables) == 0 {
		return nil, fmt.Errorf("tables are missing: which path has which table?")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Tables)) {
		t := c.Tables[name]
		if err := t.check(); err != nil {
			return nil, fmt.Errorf("tables: %s: %w", name, err)
		}
	}
	client, err := web.New(c.Config, env)
	if err != nil {
		return nil, err
	}
	s := &Source{client: client, config: c}
	for _, name := range slices.Sorted(maps.Keys(c.Tables)) {
		if _, err := client.Below(c.Tables[name].Path); err != nil {
			return nil, fmt.Errorf("tables: %s: path: %w", name, err)
		}
	}
	return s, nil
}

func (t *TableConfig) check() error {
	p := &t.Paging
	for column, format := range t.Times {
		if format != "epoch" && format != "epoch_ms" {
			return fmt.Errorf("times: %s: %q: want epoch or epoch_ms", column, format)
		}
	}
	switch f := t.Since.Format; f {
	case "", "rfc3339", "date", "epoch", "epoch_ms", "text":
	default:
		if !strings.Contains(f, "2006") {
			return fmt.Errorf("since: format: %q: want rfc3339, date, epoch, epoch_ms, text, or a layout such as 2006-01-02", f)
		}
	}
	switch p.By {
	case "":
		if p.At != "" || p.Param != "" || p.Item != "" {
			return fmt.Errorf("paging: by is missing: want page, offset, cursor, next or link")
		}
	case "page", "offset", "link":
	case "cursor":
		if (p.At == "") == (p.Item == "") {
			return fmt.Errorf("paging: by cursor wants either at, where it is in the answer, or item, where it is in the last item")
		}
	case "next":
		if p.At == "" {
			return fmt.Errorf("paging: by next wants at, where the address is in the answer")
		}
	default:
		return fmt.Errorf("paging: by: %q: want page, offset, cursor, next or link", p.By)
	}
	return nil
}

// param is the name of the parameter that says which page.
func (p *Paging) param() string {
	if p.Param != "" {
		return p.Param
	}
	return p.By
}

// table returns what is said about a table.
func (c *Config) table(t *eventlog.Table) (TableConfig, bool) {
	for _, name := range append([]string{t.Name}, t.Aliases...) {
		if tc, ok := c.Tables[name]; ok {
			return tc, true
		}
	}
	return TableConfig{}, false
}

// since is a watermark as the service wants it: not later than it is.
func (s *Since) since(text string) string {
	if s.Format == "text" {
		return text
	}
	t, ok := parseTime(text)
	if !ok { // a number that grows with every change
		return text
	}
	switch s.Format {
	case "", "rfc3339":
		return t.Format("2006-01-02T15:04:05Z")
	case "date":
		return t.Format(time.DateOnly)
	case "epoch":
		return strconv.FormatInt(t.Unix(), 10)
	case "epoch_ms":
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return t.Format(s.Format)
}

// parseTime reads a time of a page; one without a zone is UTC.
func parseTime(text string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02 15:04:05Z07", time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
