package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"millrace/eventlog"
	"millrace/reports/deliver"
	"millrace/reports/html"
	"millrace/reports/mail"
	"millrace/reports/schedule"
)

// stepKinds lists what the steps of a schedule may be, in the order in which
// errors name them. Another kind is a function beside its command that returns
// one, and a line here.
func stepKinds(e *env) []schedule.Kind {
	return []schedule.Kind{
		ingestStep(e),
		reportStep(e),
		exportStep(e),
		kpiStep(e),
		starStep(e),
		slaStep(e),
	}
}

// in is e for a step: it may be cancelled, and prints nothing to standard output,
// which is for what became of the runs.
func (e *env) in(ctx context.Context) *env {
	own := *e
	own.Context, own.Stdout, own.Filters = ctx, e.Stderr, nil
	return &own
}

// ingestStep is {ingest: [SOURCE, …]}; none is all.
func ingestStep(e *env) schedule.Kind {
	return schedule.Kind{
		Name: "ingest", Loads: true,
		Check: func(s schedule.Step) error {
			_, err := stepSources(e.Project, s)
			return err
		},
		Run: func(ctx context.Context, job schedule.Job) error {
			names, err := stepSources(e.Project, job.Step)
			if err != nil {
				return err
			}
			return (&ingestCmd{Sources: names}).Run(e.in(ctx))
		},
	}
}

func stepSources(p *project, s schedule.Step) (names []string, err error) {
	if err := s.Decode(&names); err != nil {
		return nil, err
	}
	known := slices.Sorted(maps.Keys(p.Sources))
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("the project has no source %q%s; it has %s", name, eventlog.DidYouMean(name, known), strings.Join(known, ", "))
		}
	}
	return names, nil
}

// A stepLog is the log of a step: by name or path, or the project's only one;
// all of it, or what is of the run's period by --time's modes.
type stepLog struct {
	Log  string              `yaml:"log"`
	Time eventlog.PeriodMode `yaml:"time"`
}

func (s stepLog) check() error {
	if s.Time != "" && !slices.Contains(eventlog.PeriodModes, s.Time) {
		return fmt.Errorf("time: %q is none of %v", s.Time, eventlog.PeriodModes)
	}
	return nil
}

// flags are those that name the log on a command line, and in is narrowed to it.
func (s stepLog) flags(in *env, job schedule.Job) (logFlags, error) {
	if s.Time != "" {
		if !job.Period.From.Before(job.Period.To) {
			return logFlags{}, fmt.Errorf("time: %s: schedule %s has no period to narrow the log to; give it one, such as period: day", s.Time, job.Schedule)
		}
		in.Filters = []eventlog.Filter{eventlog.Period(job.Period.From, job.Period.To, s.Time)}
	}
	log := s.Log
	if path := in.Project.path(log); log != "" {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			log = path
		}
	}
	return logFlags{Log: log, readFlags: readFlags{Quiet: true}}, nil
}

// reportNames lists the reports there are.
var reportNames = []string{"flow"}

// A reportArgs is what a step of kind report takes.
type reportArgs struct {
	Name  string  `yaml:"name"` // of reportNames; default: the first
	Title string  `yaml:"title"`
	Out   string  `yaml:"out"` // with {name}, {period}, {schedule}
	Of    stepLog `yaml:",inline"`
	// Pages are the names of pages; default: all.
	Pages []string `yaml:"pages"`
	// Mail is a destination of the project that is a mail server: it gets the
	// first page as the body and the file as an attachment.
	Mail string `yaml:"mail"`
}

// mailTo is the destination that a report is mailed to; none has no field.
func (a reportArgs) mailTo(p *project) (to deliver.To, err error) {
	if a.Mail == "" {
		return to, nil
	}
	to, ok := p.Destinations[a.Mail]
	if !ok {
		return to, fmt.Errorf("mail: the project has no destination %q%s; name one with smtp under destinations", a.Mail, eventlog.DidYouMean(a.Mail, sortedNames(p.Destinations)))
	}
	if to.SMTP == nil {
		return to, fmt.Errorf("mail: destination %s has no smtp", a.Mail)
	}
	return to, nil
}

func reportStep(e *env) schedule.Kind {
	read := func(s schedule.Step) (a reportArgs, err error) {
		a.Name = reportNames[0]
		if err := s.Decode(&a); err != nil {
			return a, err
		}
		if !slices.Contains(reportNames, a.Name) {
			return a, fmt.Errorf("name: there is no report %q; there is %s", a.Name, strings.Join(reportNames, ", "))
		}
		_, mailErr := a.mailTo(e.Project)
		_, brandErr := e.Project.brand()
		return a, errors.Join(mailErr, brandErr, a.Of.check(), checkOut("out", a.Out, reportExtensions...))
	}
	return schedule.Kind{
		Name:  "report",
		Check: func(s schedule.Step) error { _, err := read(s); return err },
		Run: func(ctx context.Context, job schedule.Job) (err error) {
			a, err := read(job.Step)
			if err != nil {
				return err
			}
			var built *builtReport
			if err := stepFile(e, job, a.Out, a.Name, func(path string) (err error) {
				in := e.in(ctx)
				flags, err := a.Of.flags(in, job)
				if err != nil {
					return err
				}
				built, err = writeReport(in, &flags, reportWanted{Title: a.Title, Pages: a.Pages, Browser: os.Getenv("MILLRACE_BROWSER")}, path)
				return err
			}); err != nil {
				return err
			}
			return mailReport(e.in(ctx), job, a, built)
		},
	}
}

// mailReport sends a report that a step has written, if somebody is to get it.
func mailReport(e *env, job schedule.Job, a reportArgs, r *builtReport) error {
	to, err := a.mailTo(e.Project)
	if err != nil || to.SMTP == nil {
		return err
	}
	path, err := job.Expand(a.Out, a.Name)
	if err != nil {
		return err
	}
	path = e.Project.path(path)
	media := "text/html"
	if strings.EqualFold(filepath.Ext(path), ".pdf") {
		media = "application/pdf"
	}
	m := r.mail(filepath.Base(path), true)
	var body strings.Builder
	if err := html.RenderMail(&body, m); err != nil {
		return err
	}
	_, err = deliver.MailReport(e, to, deliver.Report{
		Title: m.Title, HTML: body.String(), Text: m.Text(), Name: job.Schedule, Period: job.Period.Name, AsOf: r.asOf,
		Files: []mail.Attachment{{Name: filepath.Base(path), Media: media, Path: path}},
	}, deliver.Env{Env: e.Project.secrets(), At: e.now()})
	return err
}

// An exportArgs is what a step of kind export takes.
type exportArgs struct {
	What   string  `yaml:"what"`   // as --what; default: events
	Format string  `yaml:"format"` // as --format; default: by the name of the file
	To     string  `yaml:"to"`     // with {name} (what), {period}, {schedule}
	Of     stepLog `yaml:",inline"`
}

func exportStep(e *env) schedule.Kind {
	kinds := []string{"events", "cases", "variants", "dfg"}
	formats := []string{"", "csv", "parquet", "json", "arrow", "xlsx", "xes", "ocel", "ocel-json", "ocel-xml", "ocel-sqlite"}
	read := func(s schedule.Step) (a exportArgs, err error) {
		a.What = kinds[0]
		if err := s.Decode(&a); err != nil {
			return a, err
		}
		switch {
		case !slices.Contains(kinds, a.What):
			return a, fmt.Errorf("what: %q is none of %s", a.What, strings.Join(kinds, ", "))
		case !slices.Contains(formats, a.Format):
			return a, fmt.Errorf("format: %q is none of %s", a.Format, strings.Join(formats[1:], ", "))
		}
		ends := exportExtensions
		if a.Format != "" {
			ends = nil // any name will do
		}
		return a, errors.Join(a.Of.check(), checkOut("to", strings.TrimSuffix(a.To, ".gz"), ends...))
	}
	return schedule.Kind{
		Name:  "export",
		Check: func(s schedule.Step) error { _, err := read(s); return err },
		Run: func(ctx context.Context, job schedule.Job) error {
			a, err := read(job.Step)
			if err != nil {
				return err
			}
			return stepFile(e, job, a.To, a.What, func(path string) error {
				in := e.in(ctx)
				in.Stderr = io.Discard // it says where it wrote, which is not where the file will be
				flags, err := a.Of.flags(in, job)
				if err != nil {
					return err
				}
				return (&exportCmd{logFlags: flags, What: a.What, Format: a.Format, Out: path}).Run(in)
			})
		},
	}
}

// checkOut checks the name of a file that a step writes.
func checkOut(key, path string, extensions ...string) error {
	if path == "" {
		return fmt.Errorf("%s is missing: the file to write, such as \"out/{schedule}-{period}.html\"", key)
	}
	if err := schedule.CheckName(path); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if len(extensions) > 0 && !slices.Contains(extensions, strings.ToLower(filepath.Ext(path))) {
		return fmt.Errorf("%s: %q: end its name in %s", key, path, strings.Join(extensions, ", "))
	}
	return nil
}

// stepFile has a file written aside, and puts it in its place whole. Its path
// is relative to the project file.
func stepFile(e *env, job schedule.Job, out, name string, write func(path string) error) error {
	out, err := job.Expand(out, name)
	if err != nil {
		return err
	}
	out = e.Project.path(out)
	aside := filepath.Join(job.Scratch, filepath.Base(out))
	if err := errors.Join(write(aside), os.MkdirAll(filepath.Dir(out), 0o777)); err != nil {
		return err
	}
	err = os.Rename(aside, out)
	if !errors.Is(err, syscall.EXDEV) {
		return err
	}
	f, err := os.Open(aside) // on another disk
	if err != nil {
		return err
	}
	defer f.Close()
	return writeFile(out, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}
