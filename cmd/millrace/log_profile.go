package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/reports"
	"millrace/reports/html"
)

// logProfileCmd is millrace log profile.
type logProfileCmd struct {
	Log  string `arg:"" optional:"" help:"Name of a log in the project, or path of a file; default: the project's log, if it has one only."`
	Out  string `short:"o" placeholder:"FILE.html" help:"Write a page as well."`
	Time string `placeholder:"COLUMN" group:"Reading a file" help:"Column that holds the time."`
	readFlags
	jsonFlag
}

func (c *logProfileCmd) Help() string {
	return "Examples:\n  millrace log profile order-to-cash\n  millrace log profile orders.csv --out profile.html"
}

func (c *logProfileCmd) Run(e *env) (err error) {
	if c.Out != "" {
		if err := outIs(c.Out, "the profile is a page of HTML (a browser prints it as PDF)", ".html", ".htm"); err != nil {
			return err
		}
	}
	o := e.logOptions()
	if c.Timezone != "" {
		if o.Zone, err = time.LoadLocation(c.Timezone); err != nil {
			return usageError{err}
		}
	}
	p, origin, err := c.profile(e, o)
	if err != nil {
		return err
	}
	if c.Out != "" {
		page := reports.Profile(reports.ProfileInput{Profile: p, Source: filepath.Base(origin) + ", log " + p.Log, Zone: o.Zone, Maker: "millrace " + version()})
		if err := writeFile(c.Out, func(w io.Writer) error { return html.Render(w, page) }); err != nil {
			return err
		}
		fmt.Fprintln(e.Stderr, "wrote", c.Out)
	}
	if c.JSON {
		return printJSON(e.Stdout, p)
	}
	for _, line := range strings.SplitAfter(p.String(), "\n") {
		text, end := strings.CutSuffix(line, "\n")
		text = printable(text)
		if end {
			text += "\n"
		}
		if _, err := io.WriteString(e.Stdout, text); err != nil {
			return err
		}
	}
	printNotes(e.Stdout, p.Notes)
	return nil
}

// profile opens the log's store, and closes it before anything is printed: who
// reads the output may stop reading, and the program ends there.
func (c *logProfileCmd) profile(e *env, o eventlog.LogOptions) (p *eventlog.Profile, origin string, err error) {
	s, name, origin, err := c.open(e)
	if err != nil {
		return nil, "", err
	}
	p, err = s.Profile(e, name, o)
	return p, origin, errors.Join(err, s.Close())
}

// A closingStore is a store, and what goes with it.
type closingStore struct {
	*eventlog.Store
	after func() error
}

func (s *closingStore) Close() error { return errors.Join(s.Store.Close(), s.after()) }

// open opens the store that has the log; a file gets one of its own, for now.
func (c *logProfileCmd) open(e *env) (s *closingStore, name, origin string, err error) {
	if c.Log == "-" {
		return nil, "", "", usageError{errors.New("a log is read more than once, so not from standard input; write it to a file first")}
	}
	if c.Log == "" {
		if c.Log, err = onlyLog(e); err != nil {
			return nil, "", "", err
		}
	}
	if isFile(c.Log) {
		s, name, err := temporaryStore(e, c.Log, c.InputFormat, c.readFlags.options(e, c.Time, true), c.Quiet)
		return s, name, c.Log, err
	}
	store, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait})
	if errors.Is(err, eventlog.ErrNoStore) {
		return nil, "", "", fmt.Errorf("there is no file and no log %q: %w", c.Log, err)
	}
	if err != nil {
		return nil, "", "", err
	}
	return &closingStore{store, func() error { return nil }}, c.Log, e.Project.storePath(), nil
}
