package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/mining"
	"millrace/reports"
	"millrace/reports/brand"
	"millrace/reports/html"
	"millrace/reports/pdf"
	"millrace/reports/words"
)

// reportCmd is millrace report.
type reportCmd struct {
	logFlags
	Out   string   `short:"o" default:"report.html" placeholder:"FILE" help:"Where to write the report: a page of HTML, or the same on paper where the name ends in .pdf."`
	Title string   `help:"Title of the report."`
	Lang  string   `placeholder:"LANG" help:"Language of the report: en or de. Default: language of the project, else en."`
	Page  []string `placeholder:"NAME" help:"Only these pages: executive, cycle-time, touchless, cash, …, or the project's own. Default: all."`
	reportPeriod
	anewFlag
	Profile  bool   `help:"With what millrace log profile finds, on the page of data quality: it reads every event, which takes as long as all else."`
	MailBody string `placeholder:"FILE" help:"Also write its first page as the body of a mail: HTML that mail programs show, or plain text where the name ends in .txt. A step of a schedule sends it: report: {out: …, mail: DESTINATION}."`
	Browser  string `env:"MILLRACE_BROWSER" placeholder:"FILE" help:"Chromium, Chrome or Edge, which makes the PDF. Default: where it is usually installed."`
}

func (c *reportCmd) Help() string {
	return "A store of orders makes a report of pages: key figures of the last period, compared with the one before and a year before, and why they changed; " +
		"any other log, or a part of one, makes one page: how work flows. A project adds pages of the same blocks by pages: [pages/*.yaml].\n\n" +
		"Examples:\n  millrace report\n  millrace report cash --out cash.html\n  millrace report --out report.pdf\n  millrace report --page executive,cash --period month\n  millrace report --lang de --out bericht.html\n  millrace report orders.xes --out flow.html"
}

func (c *reportCmd) Run(e *env) error {
	if err := outIs(c.Out, "the report is a page of HTML, or a PDF", reportExtensions...); err != nil {
		return err
	}
	if c.MailBody != "" && !slices.Contains([]string{".html", ".htm", ".txt"}, strings.ToLower(filepath.Ext(c.MailBody))) {
		return usageError{fmt.Errorf("--mail-body %s: end its name in .html, .htm, .txt", c.MailBody)}
	}
	meant := ""                                            // a page, by a name that is none
	if len(c.Page) == 0 && c.Log != "" && !isFile(c.Log) { // the name of a page, or of a log
		pages, err := e.Project.pages()
		if err != nil {
			return err
		}
		if slices.Contains(pageNames(pages), c.Log) {
			c.Page, c.Log = []string{c.Log}, ""
		} else {
			meant = eventlog.DidYouMean(c.Log, pageNames(pages))
		}
	}
	r, err := writeReport(e, &c.logFlags, reportWanted{Title: c.Title, Lang: c.Lang, Pages: c.Page, Of: c.reportPeriod, Anew: c.anewFlag, Profile: c.Profile, Browser: c.Browser}, c.Out)
	if err != nil {
		if meant != "" {
			return fmt.Errorf("%w; of the pages%s", err, meant)
		}
		return err
	}
	fmt.Fprintln(e.Stdout, "wrote", c.Out)
	if c.MailBody == "" {
		return nil
	}
	if err := r.writeMail(c.MailBody, filepath.Base(c.Out)); err != nil {
		return err
	}
	fmt.Fprintln(e.Stdout, "wrote", c.MailBody)
	return nil
}

// A reportWanted says which report to make of a log.
type reportWanted struct {
	Title string
	Lang  string   // "": of the project
	Pages []string // none: all of them
	Of    reportPeriod
	Anew  anewFlag
	// Profile adds what the log's profile found.
	Profile bool
	Browser string // that makes a PDF; "" is looked for
}

// reportExtensions are the ends of names of reports.
var reportExtensions = []string{".html", ".htm", ".pdf"}

// brand is how the project's reports look.
func (p *project) brand() (*brand.Brand, error) {
	b, err := p.Report.Load(p.path)
	if err != nil {
		return nil, usageError{err}
	}
	return b, nil
}

// A builtReport is a report that can be written in its forms.
type builtReport struct {
	html func(io.Writer) error
	mail func(file string, attached bool) *reports.Mail
	asOf string // "" is not known
}

// writeReport builds the report of a log and writes it: pages where it is of all
// orders of a store, else the one page about how work flows; as HTML or PDF, by
// the name of the file.
func writeReport(e *env, flags *logFlags, want reportWanted, path string) (*builtReport, error) {
	paper := strings.EqualFold(filepath.Ext(path), ".pdf")
	if paper { // before all the work
		browser, err := pdf.Find(want.Browser)
		if err != nil {
			return nil, fmt.Errorf("%s: %w with --browser or MILLRACE_BROWSER; or write report.html, which any browser prints", path, err)
		}
		want.Browser = browser
	}
	r, err := buildReport(e, flags, want)
	if err != nil {
		return nil, err
	}
	if !paper {
		return r, writeFile(path, r.html)
	}
	var page bytes.Buffer
	if err := r.html(&page); err != nil {
		return nil, err
	}
	printed, err := pdf.Print(e, want.Browser, page.Bytes(), "millrace "+version())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, writeFile(path, func(w io.Writer) error { _, err := w.Write(printed); return err })
}

func buildReport(e *env, flags *logFlags, want reportWanted) (_ *builtReport, err error) {
	lang, err := e.Project.language(want.Lang)
	if err != nil {
		return nil, usageError{fmt.Errorf("--lang: %w", err)}
	}
	look, err := e.Project.brand()
	if err != nil {
		return nil, err
	}
	l, err := flags.open(e)
	if err != nil {
		return nil, err
	}
	if l.hasPages() {
		r, err := composed(e, l, want, lang) // it closes the log
		if err != nil {
			return nil, err
		}
		r.Brand = look
		return &builtReport{func(w io.Writer) error { return html.RenderReport(w, r) }, r.Mail, r.AsOf}, nil
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if len(want.Pages) > 0 || want.Of.AsOf != "" {
		return nil, usageError{errNoPages}
	}
	in, err := flowInput(e, l, want.Title, lang, flowWanted{levels: true})
	if err != nil {
		return nil, err
	}
	page := reports.Flow(in)
	page.Brand = look
	return &builtReport{func(w io.Writer) error { return html.Render(w, page) }, page.Mail, page.AsOf}, nil
}

// writeMail writes the body of a mail: HTML, or its text where the name of the
// file ends in .txt.
func (r *builtReport) writeMail(path, report string) error {
	m := r.mail(report, false)
	return writeFile(path, func(w io.Writer) error {
		if strings.EqualFold(filepath.Ext(path), ".txt") {
			_, err := io.WriteString(w, m.Text())
			return err
		}
		return html.RenderMail(w, m)
	})
}

// A flowWanted says what pages show of a log besides its variants and waits.
type flowWanted struct {
	levels bool // the map, and what variants are worth knowing for
	models []reports.ModelSpec
}

// flowInput is what pages show of a log.
func flowInput(e *env, l *openedLog, title string, lang *words.Language, want flowWanted) (in reports.FlowInput, err error) {
	s, err := eventlog.Summarize(e, l.Log, eventlog.SummaryOptions{})
	if err != nil {
		return in, err
	}
	waits, err := eventlog.Remember(l.Kept, "waits "+l.identity(s), func() (*mining.Bottlenecks, error) { return bottlenecks(e, l, s) })
	if err != nil {
		return in, err
	}
	in = reports.FlowInput{
		Title: title, Language: lang, Source: lang.Word("source.log", "file", filepath.Base(l.Origin), "log", l.Name), Maker: "millrace " + version(),
		Variants: mining.FindVariants(s), Waits: waits, Agreed: l.agreed(), Notes: s.Notes,
	}
	zone := e.Project.zone()
	if s.First != eventlog.NoTime {
		in.First, in.Last = eventlog.TimeOf(s.First).In(zone), eventlog.TimeOf(s.Last).In(zone)
	}
	if l.ofOrders() {
		in.Cases = "orders"
		if in.Title == "" {
			in.Title = lang.Word("report.title")
		}
	}
	if l.Stored != nil {
		if err := storedFacts(e, l, &in); err != nil {
			return in, err
		}
	}
	if in.Models, err = modelFacts(e, l, s, want.models); err != nil {
		return in, err
	}
	if !want.levels {
		return in, nil
	}
	if err := flowFacts(e, l, s, &in); err != nil {
		return in, err
	}
	return in, nil
}

// storedFacts adds what only a store knows: when it was loaded, and what was
// left out.
func storedFacts(e *env, l *openedLog, in *reports.FlowInput) error {
	loaded, err := l.Stored.Loaded(e)
	if err != nil {
		return err
	}
	in.Loaded = loaded.In(e.Project.zone())
	rejected, err := l.Stored.RejectedRows(e)
	if err != nil {
		return err
	}
	if rejected > 0 {
		in.LeftOut = append(in.LeftOut, reports.LeftOut{N: rejected, What: "rows rejected on load"})
	}
	return nil
}

// bottlenecks ranks the waits of a log that s summarizes, with the value of its cases where a
// store knows it.
func bottlenecks(e *env, l *openedLog, s *eventlog.Summary) (*mining.Bottlenecks, error) {
	if l.Stored == nil {
		return mining.FindBottlenecks(s, nil), nil
	}
	if l.ofOrders() {
		noted := *s // a summary is immutable
		noted.Notes = slices.Concat(s.Notes, agreedNotes(s))
		s = &noted
	}
	waiting, err := valueWaiting(e, l, l.Log)
	if err != nil {
		return nil, err
	}
	return mining.FindBottlenecks(s, waiting), nil
}

// agreedNotes names the waits that are agreed payment terms: they are time, but
// no bottleneck.
func agreedNotes(s *eventlog.Summary) []eventlog.Note {
	var pairs []string
	for _, a := range s.Arcs {
		if from, to := s.Activities[a.From], s.Activities[a.To]; o2c.AgreedWait(from, to) {
			pairs = append(pairs, from+" → "+to)
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	return []eventlog.Note{{Code: "agreed-terms", Text: "Agreed payment terms, so no bottleneck: " + strings.Join(pairs, ", ") + "."}}
}
