package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
)

// coverageCmd is millrace coverage.
type coverageCmd struct {
	Source string `arg:"" optional:"" help:"Only what is known of the objects that this source describes, whichever source says it."`
	jsonFlag
}

func (c *coverageCmd) Help() string {
	return "Which key figures of order-to-cash can be computed from what is loaded, and what is missing for the others.\n" +
		"Nothing seen of: where nothing of the kind ever happened, this is no fault; else the source does not say it, and the figure is too good.\n\n" +
		"Examples:\n  millrace coverage\n  millrace coverage erp --json"
}

func (c *coverageCmd) Run(e *env) (err error) {
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait, Memory: e.Memory})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if c.Source != "" {
		if err := describes(e, s, c.Source); err != nil {
			return err
		}
	}
	filled, err := o2c.FilledBy(e, s.Query, c.Source)
	if err != nil {
		return err
	}
	figures := filled.Coverage()
	if c.JSON {
		return printJSON(e.Stdout, struct {
			Source  string               `json:"source"` // "" is all of them
			Figures []o2c.FigureCoverage `json:"figures"`
		}{c.Source, figures})
	}
	n := 0
	t := newTable("key figure", "computed", "missing", "nothing seen of")
	for _, f := range figures {
		computed := "no"
		if f.Computable() {
			computed = "yes"
			n++
		}
		t.add(f.ID, computed, strings.Join(f.Missing, ", "), strings.Join(f.Unseen, ", "))
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "\n%d of %d can be computed\n", n, len(figures))
	return nil
}

// describes fails if a source describes nothing, and says which ones do.
func describes(e *env, s *eventlog.Store, source string) error {
	var name string
	var names []string
	if err := eachRow(e, s, "SELECT DISTINCT source FROM main.object WHERE defined ORDER BY source", nil, &name)(func() error {
		names = append(names, name)
		return nil
	}); err != nil {
		return err
	}
	switch {
	case slices.Contains(names, source):
		return nil
	case len(names) == 0:
		return errors.New("no source has described an object yet: load one with millrace ingest")
	}
	return usageError{fmt.Errorf("no objects of a source %q%s; those of %s are known", source, eventlog.DidYouMean(source, names), strings.Join(names, ", "))}
}
