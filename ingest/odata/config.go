package odata

import (
	_ "embed"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/web"
)

// Sample is a commented configuration of the source.
//
//go:embed sample.yaml
var Sample string

// A Config says which services to read.
type Config struct {
	web.Config `yaml:",inline"`
	// Services are paths below the address, one a service; none: the address
	// itself is the service.
	Services []string `yaml:"services"`
	// SAPClient is the client of an SAP system; none: its default.
	SAPClient string `yaml:"sap_client"`
	// Companies of Dynamics (dataAreaId) to read; none: all.
	Companies []string `yaml:"companies"`
	// PageRows is how many rows to ask for at a time; default 5,000, which is
	// the most that S/4HANA gives.
	PageRows int `yaml:"page_rows"`
	// MaxURL is how long an address may be; default 2,000 bytes.
	MaxURL int `yaml:"max_url"`
	// Tables say more about some tables, by their names.
	Tables map[string]TableConfig `yaml:"tables"`
}

// A TableConfig says how one table is read.
type TableConfig struct {
	// Set is its entity set, SERVICE/SET if more than one service has it;
	// default is the one named as the table or an alias of it.
	Set    string   `yaml:"set"`
	Filter string   `yaml:"filter"` // in OData's words; which rows to read
	Expand []string `yaml:"expand"` // navigation properties to read as JSON
	Paging Paging   `yaml:"paging"`
}

// Paging is how a set is read in pieces.
type Paging string

const (
	// PagingAuto is PagingKey for version 2, whose servers page by numbers of
	// rows, and PagingServer for version 4.
	PagingAuto Paging = ""
	// PagingServer follows the links that the service gives.
	PagingServer Paging = "server"
	// PagingKey asks for rows by their key, behind the last that was read.
	PagingKey Paging = "key"
	// PagingSkip asks for rows by their number.
	PagingSkip Paging = "skip"
)

// A Source is one system's services.
type Source struct {
	client   *web.Client
	config   Config
	services []*service
	found    map[string]*target // by table
}

var _ ingest.Source = (*Source)(nil)

// A service is one root with its metadata.
type service struct {
	path string // as in the configuration
	root *url.URL
	meta *metadata
	err  error // why there is no metadata
}

// Open checks a configuration. Nothing is asked yet.
func Open(c Config, env web.Env) (*Source, error) {
	for name, t := range c.Tables {
		if !slices.Contains([]Paging{PagingAuto, PagingServer, PagingKey, PagingSkip}, t.Paging) {
			return nil, fmt.Errorf("tables: %s: paging: %q: want server, key or skip", name, t.Paging)
		}
	}
	if c.PageRows <= 0 {
		c.PageRows = 5000
	}
	if c.MaxURL <= 0 {
		c.MaxURL = 2000
	}
	w := c.Config
	if c.SAPClient != "" {
		w.Query = map[string]string{"sap-client": c.SAPClient}
		for k, v := range c.Query {
			w.Query[k] = v
		}
	}
	client, err := web.New(w, env)
	if err != nil {
		return nil, err
	}
	s := &Source{client: client, config: c, found: map[string]*target{}}
	paths := c.Services
	if len(paths) == 0 {
		paths = []string{""}
	}
	for _, p := range paths {
		root, err := client.Below(p)
		if err != nil {
			return nil, fmt.Errorf("services: %q: %w", p, err)
		}
		if !strings.HasSuffix(root.Path, "/") {
			root.Path += "/"
		}
		s.services = append(s.services, &service{path: strings.Trim(p, "/"), root: root})
	}
	return s, nil
}

// Origin names the source for people.
func (s *Source) Origin() string { return s.client.Origin() }

// Close closes connections that are kept open.
func (s *Source) Close() error { return s.client.Close() }

// config returns what is said about a table.
func (c *Config) table(t *eventlog.Table) TableConfig {
	for _, name := range append([]string{t.Name}, t.Aliases...) {
		if tc, ok := c.Tables[name]; ok {
			return tc
		}
	}
	return TableConfig{}
}
