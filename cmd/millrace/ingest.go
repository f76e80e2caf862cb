package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/ingest/extract"
)

// ingestCmd is millrace ingest.
type ingestCmd struct {
	Sources []string `arg:"" optional:"" help:"Names of sources; default: all of the project."`
	DryRun  bool     `help:"Say what would be read and how it would be mapped, with five rows of each table; nothing is stored."`
	Full    bool     `help:"Read live systems as a whole, not only what has changed."`
	Since   string   `placeholder:"DATE" help:"Read of live systems what has changed since, whatever the last load knew."`
	jsonFlag
}

func (c *ingestCmd) Help() string {
	return "Examples:\n  millrace ingest\n  millrace ingest erp --dry-run\n  millrace ingest erp --since 2026-01-01"
}

func (c *ingestCmd) Run(e *env) error {
	if c.Full && c.Since != "" {
		return usageError{errors.New("--full and --since exclude each other: all rows, or those since a date")}
	}
	if err := extract.CheckSince(c.Since); err != nil {
		return usageError{fmt.Errorf("--%w", err)}
	}
	names := slices.Sorted(maps.Keys(e.Project.Sources))
	if len(names) == 0 {
		return errors.New("the project has no sources; name them in millrace.yaml (millrace init writes one), or load files by millrace import")
	}
	for _, name := range c.Sources {
		if !slices.Contains(names, name) {
			return usageError{fmt.Errorf("the project has no source %q%s; it has %s", name, eventlog.DidYouMean(name, names), strings.Join(names, ", "))}
		}
	}
	if _, err := e.derived(); err != nil { // what the project says is wrong, it says before anything is read
		return usageError{err}
	}
	plan, err := e.plan(c.Sources)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.dryRun(e, plan)
	}
	receipts, failures := c.distributors(e, names)
	// A system that cannot be reached does not keep the others from being read.
	var list []*reading
	var read []*planned
	for _, p := range plan {
		r, err := e.read(p, readOptions{full: c.Full, since: c.Since})
		if err != nil {
			if e.Err() != nil {
				return errors.Join(err, closeReadings(list))
			}
			failures = append(failures, err)
			continue
		}
		list, read = append(list, r), append(read, p)
	}
	reconciled := map[string][]extract.Reconciled{}
	where := map[string]string{}
	for i, r := range list {
		where[r.sys.Name] = read[i].where()
		if r.extracted != nil {
			reconciled[r.sys.Name] = r.extracted.Reconciliation
		}
	}
	if len(list) > 0 {
		own, err := loadReadings(e, list, "sources")
		if err != nil {
			failures = append(failures, err)
		}
		for _, r := range own {
			receipts = append(receipts, ingestReceipt{r, reconciled[r.Source]})
			if !c.JSON {
				printReceipt(e.Stdout, where[r.Source], r)
				printReconciled(e.Stdout, reconciled[r.Source], r.Tables)
			}
		}
	}
	if err := c.report(e, receipts); err != nil {
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// An ingestReceipt is what a load did, and how its rows add up.
type ingestReceipt struct {
	eventlog.LoadReceipt
	Reconciliation []extract.Reconciled `json:"reconciliation,omitempty"`
}

// distributors loads the sample distributor's systems, which are several to a source.
func (c *ingestCmd) distributors(e *env, names []string) (receipts []ingestReceipt, failures []error) {
	for _, name := range names {
		d := e.Project.Sources[name].Distributor
		if d == nil || len(c.Sources) > 0 && !slices.Contains(c.Sources, name) {
			continue
		}
		all, err := loadDistributor(e, e.Project.path(d.Path), true, c.JSON)
		if err != nil {
			failures = append(failures, err)
		}
		for _, r := range all {
			receipts = append(receipts, ingestReceipt{LoadReceipt: r})
		}
	}
	return receipts, failures
}

// report ends an ingest: the JSON, or how the systems' references meet.
func (c *ingestCmd) report(e *env, receipts []ingestReceipt) error {
	if len(receipts) == 0 {
		return nil
	}
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait, Memory: e.Memory})
	if err != nil {
		return err
	}
	links, err := systemLinks(e, s, 0)
	var masters []masterCount
	if err == nil {
		masters, err = masterCounts(e, s, 0)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.Stdout, struct {
			Loads   []ingestReceipt `json:"loads"`
			Links   []systemLink    `json:"links"`
			Masters []masterCount   `json:"masters"`
		}{receipts, links, append([]masterCount{}, masters...)})
	}
	if len(receipts) > 1 && len(links) > 0 {
		fmt.Fprintln(e.Stdout, "\nreferences between systems (millrace links --orphans 20 lists those that were not found):")
		if err := printLinks(e.Stdout, links); err != nil {
			return err
		}
	}
	if len(receipts) > 1 && worthTelling(masters) {
		fmt.Fprintln(e.Stdout, "\nmaster data of several systems (millrace links --orphans 20 lists what is ambiguous):")
		return printMasters(e.Stdout, masters)
	}
	return nil
}

// printReconciled says of each table of a live system how its rows add up.
func printReconciled(w io.Writer, list []extract.Reconciled, landed []eventlog.TableReceipt) {
	if len(list) == 0 {
		return
	}
	t := newTable("table", " in the source", " read", " new", " changed", " gone", " rejected", "since")
	for _, r := range list {
		in := "?"
		if r.Counted >= 0 {
			in = count(r.Counted)
		}
		var l eventlog.TableReceipt
		if i := slices.IndexFunc(landed, func(l eventlog.TableReceipt) bool { return l.Table == r.Table }); i >= 0 {
			l = landed[i]
		}
		t.add(r.There, in, count(r.Read), count(l.New), count(l.Changed), count(l.Gone), count(l.Rejected), r.Since)
	}
	t.write(w)
}
