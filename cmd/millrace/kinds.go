package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/ingest/bank"
	"millrace/ingest/distributor"
	"millrace/ingest/edi"
	"millrace/ingest/erpnext"
	"millrace/ingest/feeds"
	"millrace/ingest/folder"
	"millrace/ingest/odoo"
	"millrace/ingest/sap"
	"millrace/ingest/sheet"
	"millrace/ingest/tryton"
)

// A sourceKind is a kind of system whose tables are known.
type sourceKind struct {
	name   string // as a project says it
	doc    string
	of     func(*source) *systemSource // of a source of the project; nil: it is of another kind
	system func() *eventlog.System
	sample string
	// local says that times without a zone are the site's, not UTC.
	local bool
	// ids is what its ids look like where those of another kind do too: both
	// number their records, and call them by the same words.
	ids string
	// refers says that it quotes documents of systems that stand before it.
	refers bool
	// open reads its files, if these are no tables.
	open func(ctx context.Context, path string, sys *eventlog.System) ([]eventlog.TableRows, string, fileTables, error)
	// overlap is how long before its watermark a live system is read again.
	overlap time.Duration
}

// sourceKinds lists every kind of system, in the order of loading: those whose
// orders, deliveries and invoices the others refer to come first.
var sourceKinds = append([]sourceKind{
	{name: sap.Kind, doc: "SAP ECC 6.0 and S/4HANA", of: func(s *source) *systemSource { return s.SAP }, system: sap.System, sample: sap.Sample, local: true, overlap: 48 * time.Hour},
	{name: "tryton", doc: "Tryton 7.0", of: func(s *source) *systemSource { return s.Tryton }, system: tryton.System, sample: tryton.Sample, ids: "records"},
	{name: "odoo", doc: "Odoo 16 to 18", of: func(s *source) *systemSource { return s.Odoo }, system: odoo.System, sample: odoo.Sample, ids: "records"},
	{name: "erpnext", doc: "ERPNext 14 and 15", of: func(s *source) *systemSource { return s.ERPNext }, system: erpnext.System, sample: erpnext.Sample},
}, append(feedKinds(),
	// Archives of messages and statements are rotated: what is not there any more was not deleted.
	sourceKind{name: bank.Kind, doc: "bank statements: camt, BAI2, MT940, CSV", of: func(s *source) *systemSource { return s.Bank }, system: bank.System, sample: bank.Sample, local: true, refers: true,
		open: func(ctx context.Context, path string, sys *eventlog.System) ([]eventlog.TableRows, string, fileTables, error) {
			t, err := bank.Open(ctx, path, sys, false)
			if err != nil {
				return nil, "", nil, err
			}
			return t.Rows, t.Content, t, nil
		}},
	sourceKind{name: edi.Kind, doc: "X12 and EDIFACT interchanges", of: func(s *source) *systemSource { return s.EDI }, system: edi.System, sample: edi.Sample, local: true, refers: true,
		open: func(ctx context.Context, path string, sys *eventlog.System) ([]eventlog.TableRows, string, fileTables, error) {
			t, err := edi.Open(ctx, path, sys, false)
			if err != nil {
				return nil, "", nil, err
			}
			return t.Rows, t.Content, t, nil
		}},
)...)

// feedKinds are the feeds of systems beside the ERP.
func feedKinds() []sourceKind {
	of := map[string]func(*source) *systemSource{
		"wms":      func(s *source) *systemSource { return s.WMS },
		"carrier":  func(s *source) *systemSource { return s.Carrier },
		"crm":      func(s *source) *systemSource { return s.CRM },
		"shop":     func(s *source) *systemSource { return s.Shop },
		"messages": func(s *source) *systemSource { return s.Messages },
	}
	var list []sourceKind
	for _, p := range feeds.Presets {
		list = append(list, sourceKind{name: p.Kind, doc: p.Doc, of: of[p.Kind], system: p.System, sample: p.Sample(), local: true, refers: true})
	}
	return list
}

// kindNames lists what a source of a project may be.
func kindNames() []string {
	var names []string
	for _, k := range sourceKinds {
		names = append(names, k.name)
	}
	for _, k := range sheet.Kinds() {
		names = append(names, k.Name)
	}
	return append(names, "csv", distributor.Kind)
}

// kindOf is the kind of system that a folder was exported from: the one most
// of whose tables are there, or the one that was named.
func kindOf(dir, named string) (*sourceKind, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var best *sourceKind
	most := 0.0
	for i := range sourceKinds {
		k := &sourceKinds[i]
		if k.name == named {
			return k, nil
		}
		if k.open != nil {
			continue
		}
		sys, needed := k.system(), 0
		for _, t := range sys.Tables {
			if !t.Optional {
				needed++
			}
		}
		found := folder.Found(entries, sys.Tables)
		// A system of which every table may be missing is known by a few.
		if share := float64(found) / float64(max(needed, min(len(sys.Tables), 4))); share > most {
			best, most = k, share
		}
	}
	if named != "" {
		return nil, usageError{fmt.Errorf("--system must be one of %s, not %q%s", strings.Join(kindNames(), ", "), named, eventlog.DidYouMean(named, kindNames()))}
	}
	if best == nil || most < 0.5 {
		return nil, fmt.Errorf("%s does not look like an export of %s; say which one by --system", dir, strings.Join(kindNames(), ", "))
	}
	return best, nil
}
