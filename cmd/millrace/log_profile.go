package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"millrace/eventlog"
	"millrace/reports"
	"millrace/reports/html"
)

// logProfileCmd is millrace log profile.
type logProfileCmd struct {
	Log  string `arg:"" optional:"" help:"Name of a log in the project, or path of a file; default: the project's log, if it has one only."`
	Out  string `short:"o" placeholder:"FILE.html" help:"Write a page as well."`
	Time string `placeholder:"COLUMN" group:"Reading a file" help:"Column that holds the time."`
	followFlag
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
	if o.Zone, err = e.logZone(&c.readFlags); err != nil {
		return err
	}
	p, origin, err := c.profile(e, o)
	if err != nil {
		return err
	}
	if c.Out != "" {
		lang, err := e.Project.language("")
		if err != nil {
			return err
		}
		look, err := e.Project.brand()
		if err != nil {
			return err
		}
		page := reports.Profile(reports.ProfileInput{Profile: p, Language: lang, Source: lang.Word("source.log", "file", filepath.Base(origin), "log", p.Log), Zone: o.Zone, Maker: "millrace " + version()})
		page.Brand = look
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

// profile opens the log's store, and closes it before anything is printed.
func (c *logProfileCmd) profile(e *env, o eventlog.LogOptions) (p *eventlog.Profile, origin string, err error) {
	l, err := openStored(e, c.Log, c.Time, &c.readFlags)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	switch {
	case !l.whole():
		if err := l.hasCases(c.Case, c.Follow); err != nil {
			return nil, "", err
		}
		p, err = l.store.Profile(e, l.name, o)
	case c.Case == "" && len(c.Follow) == 0:
		p, err = l.store.Profile(e, l.name, o)
	default:
		def, _, err := l.definition(e, c.Case, c.Follow)
		if err != nil {
			return nil, "", err
		}
		p, err = l.store.ProfileOf(e, def, o)
		return p, l.origin, err
	}
	return p, l.origin, err
}
