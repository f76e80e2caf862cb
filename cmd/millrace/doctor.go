package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/ingest/extract"
	"millrace/reports/pdf"
)

// doctorCmd is millrace doctor.
type doctorCmd struct{ jsonFlag }

func (c *doctorCmd) Help() string { return "Example: millrace doctor" }

// A finding is one thing the doctor looked at.
type finding struct {
	What   string `json:"what"`
	OK     bool   `json:"ok"`
	Found  string `json:"found"`
	Advice string `json:"advice,omitempty"`
}

func (c *doctorCmd) Run(e *env) error {
	e.Wait = -1 // that another process holds the store is a finding
	findings := []finding{
		{What: "program", OK: true, Found: version() + ", " + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH},
		engineFinding(e), folderFinding(filepath.Dir(e.Project.storePath())), storeFinding(e), browserFinding(),
	}
	findings = append(findings, sourceFindings(e)...)
	wrong := 0
	for _, f := range findings {
		if !f.OK {
			wrong++
		}
	}
	if c.JSON {
		if err := printJSON(e.Stdout, findings); err != nil {
			return err
		}
	} else {
		for _, f := range findings {
			mark := "ok   "
			if !f.OK {
				mark = "wrong"
			}
			fmt.Fprintf(e.Stdout, "%s  %s: %s\n", mark, f.What, printable(f.Found))
			if f.Advice != "" {
				fmt.Fprintf(e.Stdout, "       %s\n", f.Advice)
			}
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d checks found something wrong", wrong, len(findings))
	}
	return nil
}

func engineFinding(e *env) finding {
	v, err := eventlog.EngineVersion(e)
	if err != nil {
		return finding{"DuckDB", false, err.Error(), "The program was built for another machine; build it here."}
	}
	return finding{What: "DuckDB", OK: true, Found: v}
}

// browserFinding says what makes PDFs; without it all else works.
func browserFinding() finding {
	path, err := pdf.Find(os.Getenv("MILLRACE_BROWSER"))
	if err != nil {
		return finding{"browser, for PDF", true, "none", err.Error() + " in MILLRACE_BROWSER."}
	}
	return finding{What: "browser, for PDF", OK: true, Found: path}
}

func folderFinding(dir string) finding {
	f, err := os.CreateTemp(dir, ".millrace-doctor-*")
	if err != nil {
		return finding{"folder of the store", false, err.Error(), "Create it, or give yourself the right to write there: loads are staged beside the store."}
	}
	_ = f.Close()
	_ = os.Remove(f.Name())
	return finding{What: "folder of the store", OK: true, Found: dir + ", writable"}
}

func storeFinding(e *env) finding {
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: -1})
	if errors.Is(err, eventlog.ErrNoStore) {
		return finding{"store", true, e.Project.storePath() + " does not exist yet", "millrace import FILE creates it."}
	}
	if err != nil {
		return finding{"store", false, err.Error(), "If another process holds it, wait for it or stop it; if it is damaged, restore it or load the sources into a new one."}
	}
	defer s.Close()
	logs, err := s.Logs(e)
	if err != nil {
		return finding{"store", false, err.Error(), "Restore it, or load the sources into a new one."}
	}
	return finding{What: "store", OK: true, Found: fmt.Sprintf("%s, %d logs", e.Project.storePath(), len(logs))}
}

// sourceFindings ask every source: is it there, may it be read, has it the
// tables and columns that the mapping needs?
func sourceFindings(e *env) []finding {
	plan, err := e.plan(nil)
	if err != nil {
		return []finding{{"sources", false, err.Error(), "Mend millrace.yaml."}}
	}
	var list []finding
	for _, p := range plan {
		list = append(list, sourceFinding(e, p)...)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Project.Sources)) {
		d := e.Project.Sources[name].Distributor
		if d == nil {
			continue
		}
		dir := e.Project.path(d.Path)
		if there, missing := distributorIn(dir); len(there) == 0 {
			list = append(list, finding{"source " + name, false, dir + ": no folder of " + strings.Join(missing, ", "), "Put the exported tables there, or mend path in millrace.yaml."})
		} else {
			list = append(list, finding{What: "source " + name, OK: true, Found: fmt.Sprintf("%s, %d systems", dir, len(there))})
		}
	}
	return list
}

func sourceFinding(e *env, p *planned) []finding {
	what := "source " + p.name
	if p.own == nil || !p.own.live() {
		rows, _, t, err := p.files(e, e.Project)
		if err != nil {
			return []finding{{what, false, err.Error(), "Put the exported tables there, or mend path in millrace.yaml."}}
		}
		f := finding{What: what, OK: true, Found: fmt.Sprintf("%s, %d tables", p.where(), len(rows))}
		if err := t.Close(); err != nil {
			f.OK, f.Found = false, err.Error()
		}
		return []finding{f}
	}
	src, err := p.open(e, e.Project)
	if err != nil {
		return []finding{{what, false, err.Error(), "Mend the source in millrace.yaml, or set the variable or file it names."}}
	}
	defer src.Close()
	shapes, err := src.Describe(e, p.sys.Tables)
	if err != nil {
		return []finding{{what, false, err.Error(), "Is it running, reachable from here, and does it let this user in?"}}
	}
	last, err := e.watermark(p.name)
	if err != nil {
		return []finding{{what, false, err.Error(), ""}}
	}
	known, err := extract.Known(last, p.sys)
	if err != nil {
		return []finding{{what, false, err.Error(), ""}}
	}
	there := 0
	for _, s := range shapes {
		if s.Problem == "" {
			there++
		}
	}
	list := []finding{{What: what, OK: true, Found: fmt.Sprintf("%s, %d of %d tables", src.Origin(), there, len(shapes))}}
	for _, f := range extract.Check(shapes, p.sys, known) {
		list = append(list, finding{What: what, OK: !f.Error, Found: f.Text})
	}
	return list
}
