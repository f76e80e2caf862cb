package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/extract"
	"millrace/ingest/feeds"
	"millrace/ingest/folder"
	"millrace/ingest/odata"
	"millrace/ingest/preset"
	"millrace/ingest/rest"
	"millrace/ingest/sap"
	"millrace/ingest/sheet"
	"millrace/ingest/sqldb"
	"millrace/ingest/web"
)

// A source is one system of a project. Its kind is the key.
type source struct {
	SAP      *systemSource `yaml:"sap"`
	Tryton   *systemSource `yaml:"tryton"`
	Odoo     *systemSource `yaml:"odoo"`
	ERPNext  *systemSource `yaml:"erpnext"`
	Bank     *systemSource `yaml:"bank"`
	WMS      *systemSource `yaml:"wms"`
	Carrier  *systemSource `yaml:"carrier"`
	CRM      *systemSource `yaml:"crm"`
	Shop     *systemSource `yaml:"shop"`
	Messages *systemSource `yaml:"messages"`
	EDI      *systemSource `yaml:"edi"`

	Receivables *sheet.Config `yaml:"receivables"` // a plain list
	Orders      *sheet.Config `yaml:"orders"`      // a plain list
	CSV         *feeds.Config `yaml:"csv"`         // a feed of the user's own; also other formats
	Distributor *folderSource `yaml:"distributor"` // a folder a system in it
}

// A systemSource is a system whose tables are known, and where they are read:
// in a folder of exports, a database, or a service.
type systemSource struct {
	Path         string `yaml:"path"`
	sqldb.Config `yaml:",inline"`
	OData        *odata.Config `yaml:"odata"`
	REST         *rest.Config  `yaml:"rest"`

	Timezone string `yaml:"timezone"` // of times without one; default: the system's, else the project's
	Mapping  string `yaml:"mapping"`  // SQL in place of the preset's
	Extend   string `yaml:"extend"`   // SQL behind it
	// Uses lists sources whose documents this one means; default: all that are
	// loaded before it, for kinds that quote others' documents.
	Uses []string `yaml:"uses"`
	// Partial says that a folder holds what is new: a row that is not in it
	// any more stays.
	Partial bool `yaml:"partial"`

	// How a live system is read, and spared.
	Overlap       time.Duration `yaml:"overlap"`
	Sweep         extract.Sweep `yaml:"sweep"`
	Window        string        `yaml:"window"`
	RowsPerSecond int           `yaml:"rows_per_second"`
	PageRows      int           `yaml:"page_rows"`
	Retries       int           `yaml:"retries"`
	Declared      bool          `yaml:"declared"` // only the columns that the mapping knows
}

// A folderSource is a folder of exported tables in place of a live system.
type folderSource struct {
	Path string `yaml:"path"`
}

// kind says which kind a source is of, and of what kinds it could be.
func (s *source) kind() (k *sourceKind, own *systemSource, err error) {
	var given []string
	for i := range sourceKinds {
		if x := sourceKinds[i].of(s); x != nil {
			k, own = &sourceKinds[i], x
			given = append(given, k.name)
		}
	}
	for _, l := range s.lists() {
		given = append(given, l.kind.Name)
	}
	if s.CSV != nil {
		given = append(given, "csv")
	}
	if s.Distributor != nil {
		given = append(given, "distributor")
	}
	switch len(given) {
	case 0:
		return nil, nil, fmt.Errorf("no kind; known kinds: %s", strings.Join(kindNames(), ", "))
	case 1:
		return k, own, nil
	}
	return nil, nil, fmt.Errorf("two kinds, %s; give each a name of its own", strings.Join(given, " and "))
}

// A listSource is a plain list, and what it is of.
type listSource struct {
	*sheet.Config
	kind *sheet.Kind
}

// lists are the source's plain lists: one, if the project is right.
func (s *source) lists() (list []listSource) {
	for _, k := range sheet.Kinds() {
		if c := map[string]*sheet.Config{"receivables": s.Receivables, "orders": s.Orders}[k.Name]; c != nil {
			list = append(list, listSource{c, &k})
		}
	}
	return list
}

// check says what is wrong with a source before anything is read.
func (s *source) check() error {
	k, own, err := s.kind()
	if err == nil && own != nil {
		err = own.check(k)
	}
	for _, l := range s.lists() {
		err = errors.Join(err, l.Check(l.kind))
	}
	return err
}

// check says what is wrong with a system before anything is read.
func (s *systemSource) check(k *sourceKind) error {
	var where []string
	for name, there := range map[string]bool{"path": s.Path != "", "database": s.Database != "", "odata": s.OData != nil, "rest": s.REST != nil} {
		if there {
			where = append(where, name)
		}
	}
	slices.Sort(where)
	switch {
	case len(where) == 0:
		return errors.New("where is it? Give a path (a folder of exports), a database, odata or rest")
	case len(where) > 1:
		return fmt.Errorf("%s: one place only", strings.Join(where, " and "))
	case where[0] != "path" && k.open != nil:
		return fmt.Errorf("%s: %s are read from files; give a path", where[0], k.name)
	}
	if s.SAPClient != "" && (k.name != sap.Kind || s.Database == "") {
		return errors.New("sap_client: it says which rows of an SAP's database are read; odata has a setting of its own, and a folder has one client")
	}
	if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "Local" {
		return fmt.Errorf("timezone: %q is not an IANA time zone such as Europe/Berlin", s.Timezone)
	}
	if _, err := extract.ParseWindow(s.Window, "UTC"); err != nil {
		return err
	}
	for name, negative := range map[string]bool{"overlap": s.Overlap < 0, "timeout": s.Timeout < 0, "rows_per_second": s.RowsPerSecond < 0, "page_rows": s.PageRows < 0} {
		if negative {
			return fmt.Errorf("%s: it cannot be negative", name)
		}
	}
	if !slices.Contains([]extract.Sweep{extract.SweepAuto, extract.SweepAlways, extract.SweepNever}, s.Sweep) {
		return fmt.Errorf("sweep: %q is none of always, never", s.Sweep)
	}
	return nil
}

// live says whether it is a running system.
func (s *systemSource) live() bool { return s.Path == "" }

// A planned source is one that is to be read.
type planned struct {
	name string
	kind *sourceKind
	own  *systemSource
	feed *feeds.Config
	list *listSource
	sys  *eventlog.System
}

// where is the place in the words of the project, without secrets.
func (p *planned) where() string {
	switch {
	case p.feed != nil:
		return p.feed.Path
	case p.list != nil:
		return p.list.Path
	case p.own.Path != "":
		return p.own.Path
	case p.own.Database != "":
		return p.own.Database
	case p.own.OData != nil:
		return p.own.OData.URL
	}
	return p.own.REST.URL
}

// plan lists the sources of the project in the order of loading: systems whose
// orders, deliveries and invoices the others refer to come first. Some names
// narrows it; what a source refers to are all before it, named or not.
func (e *env) plan(names []string) ([]*planned, error) {
	var all []*planned
	alike := map[string]int{} // sources whose ids may meet
	for _, name := range slices.Sorted(maps.Keys(e.Project.Sources)) {
		s := e.Project.Sources[name]
		p := &planned{name: name, feed: s.CSV}
		var err error
		if p.kind, p.own, err = s.kind(); err != nil {
			return nil, usageError{fmt.Errorf("sources: %s: %w", name, err)}
		}
		for _, l := range s.lists() {
			p.list = &l
		}
		if s.Distributor != nil {
			continue
		}
		if p.kind != nil {
			alike[cmp.Or(p.kind.ids, p.kind.name)]++
		}
		all = append(all, p)
	}
	known := slices.Sorted(maps.Keys(e.Project.Sources))
	for _, s := range e.Project.Sources {
		if s.Distributor != nil {
			known = append(known, distributorNames()...)
		}
	}
	for _, p := range all {
		for _, name := range p.uses() {
			if !slices.Contains(known, name) {
				return nil, usageError{fmt.Errorf("sources: %s: uses: the project has no source %q%s", p.name, name, eventlog.DidYouMean(name, known))}
			}
		}
	}
	all = inOrder(all)
	var before, kept = []string{}, []*planned{}
	for _, s := range e.Project.Sources { // its systems are known by their own names
		if s.Distributor != nil {
			before = append(before, distributorNames()...)
		}
	}
	slices.Sort(before)
	for _, p := range all {
		if err := p.system(e.Project, before, alike); err != nil {
			return nil, usageError{fmt.Errorf("source %s: %w", p.name, err)}
		}
		before = append(before, p.name)
		if len(names) == 0 || slices.Contains(names, p.name) {
			kept = append(kept, p)
		}
	}
	return kept, nil
}

// inOrder sorts sources: ERPs, feeds of the user's own, feeds of other systems;
// and none before one that it says it uses.
func inOrder(all []*planned) []*planned {
	rank := func(p *planned) int {
		return slices.IndexFunc(sourceKinds, func(k sourceKind) bool {
			return p.kind == nil && k.refers || p.kind != nil && k.name == p.kind.name
		})
	}
	slices.SortStableFunc(all, func(a, b *planned) int { return cmp.Or(rank(a)-rank(b), cmp.Compare(a.ownFeed(), b.ownFeed())) })
	var sorted []*planned
	var put func(p *planned)
	put = func(p *planned) {
		if slices.Contains(sorted, p) {
			return
		}
		i := slices.Index(all, p)
		if i < 0 {
			return // it is being put: they use one another
		}
		all = slices.Delete(slices.Clone(all), i, i+1)
		for _, name := range p.uses() {
			if j := slices.IndexFunc(all, func(q *planned) bool { return q.name == name }); j >= 0 {
				put(all[j])
			}
		}
		sorted = append(sorted, p)
	}
	for len(all) > 0 {
		put(all[0])
	}
	return sorted
}

// ownFeed is 0 for a feed of the user's own, which may be anything.
func (p *planned) ownFeed() int {
	if p.feed != nil {
		return 0
	}
	return 1
}

// uses are the sources that it says it uses.
func (p *planned) uses() []string {
	switch {
	case p.feed != nil:
		return p.feed.Uses
	case p.list != nil:
		return nil // it refers to nothing but itself
	}
	return p.own.Uses
}

// system makes what is known of the source's tables, and what they mean.
func (p *planned) system(project *project, before []string, alike map[string]int) (err error) {
	if p.feed != nil {
		c := *p.feed
		if c.Timezone == "" {
			c.Timezone = project.Timezone
		}
		if c.Uses == nil {
			c.Uses = slices.Clone(before)
		}
		p.sys, err = feeds.Custom(p.name, project.dir, c)
		return err
	}
	if p.list != nil {
		p.sys = p.list.kind.System()
		p.sys.Name, p.sys.Timezone = p.name, cmp.Or(p.list.Timezone, project.Timezone)
		return override(p.sys, project, p.list.Mapping, p.list.Extend)
	}
	p.sys = p.kind.system()
	p.sys.Name = p.name
	if p.kind.local {
		p.sys.Timezone = project.Timezone
	}
	if p.own.Timezone != "" {
		p.sys.Timezone = p.own.Timezone
	}
	switch {
	case p.own.Uses != nil:
		p.sys.Uses = p.own.Uses
	case p.kind.refers:
		p.sys.Uses = slices.Clone(before)
	}
	if !p.kind.refers && alike[cmp.Or(p.kind.ids, p.kind.name)] > 1 {
		p.sys.Prefix = p.name + ":"
	}
	return override(p.sys, project, p.own.Mapping, p.own.Extend)
}

// override puts SQL of the project's own in place of a preset's, or behind it.
func override(sys *eventlog.System, project *project, mappingFile, extendFile string) error {
	text := func(file string) (preset.SQL, error) {
		if file == "" {
			return preset.SQL{}, nil
		}
		return preset.ReadSQL(project.path(file), file)
	}
	mapping, err := text(mappingFile)
	if err != nil {
		return fmt.Errorf("mapping: %w", err)
	}
	extend, err := text(extendFile)
	if err != nil {
		return fmt.Errorf("extend: %w", err)
	}
	preset.Override(sys, mapping, extend)
	return nil
}

// open opens a live system. Nothing is asked yet.
func (p *planned) open(ctx context.Context, project *project) (ingest.Source, error) {
	switch {
	case p.own.Database != "":
		c := p.own.Config
		c.Dir = project.dir
		return sqldb.Open(ctx, c)
	case p.own.OData != nil:
		return odata.Open(*p.own.OData, web.Env{Dir: project.dir, Lookup: os.LookupEnv})
	}
	return rest.Open(*p.own.REST, web.Env{Dir: project.dir, Lookup: os.LookupEnv})
}

// fileTables are files that hold a system's tables.
type fileTables interface {
	Notes() []eventlog.Note
	Progress() (done, total int64)
	Read() int64
	Close() error
}

// files opens the files that stand in for a system.
func (p *planned) files(ctx context.Context, project *project) (rows []eventlog.TableRows, content string, t fileTables, err error) {
	switch {
	case p.feed != nil:
		f, err := p.feed.Open(ctx, p.name, project.dir)
		if err != nil {
			return nil, "", nil, err
		}
		return f.Rows, f.Content, f, nil
	case p.list != nil:
		f, err := sheet.Open(ctx, project.dir, p.list.kind, *p.list.Config, project.zone())
		if err != nil {
			return nil, "", nil, err
		}
		return f.Rows, f.Content, f, nil
	case p.kind.open != nil:
		return p.kind.open(ctx, project.path(p.own.Path), p.sys)
	}
	f, err := folder.Open(ctx, project.path(p.own.Path), p.sys, !p.own.Partial)
	if err != nil {
		return nil, "", nil, err
	}
	return f.Rows, f.Content, f, nil
}
