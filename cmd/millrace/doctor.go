package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"millrace/eventlog"
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
	findings := []finding{
		{What: "program", OK: true, Found: version() + ", " + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH},
		engineFinding(e), folderFinding(filepath.Dir(e.Project.storePath())), storeFinding(e),
	}
	for name, s := range e.Project.Sources {
		findings = append(findings, sourceFinding(e, name, s))
	}
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

func sourceFinding(e *env, name string, s source) finding {
	dir := e.Project.path(s.Tryton.Path)
	if _, err := systemOf(dir, "tryton"); err != nil {
		return finding{"source " + name, false, err.Error(), "Put the exported tables there, or mend path in millrace.yaml."}
	}
	return finding{What: "source " + name, OK: true, Found: dir}
}
