package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"millrace/eventlog"
	"millrace/reports/export/ocel"
	"millrace/sample-data/synthetic"
)

// benchGenerateCmd is millrace bench generate.
type benchGenerateCmd struct {
	Events     string `required:"" placeholder:"N" help:"How many events: 250000, 10k, 100M."`
	Activities int    `default:"30" placeholder:"K" help:"How many activities, 30 to 300."`
	Seed       uint64 `default:"1" help:"Another seed is another log."`
	Long       string `default:"5%" placeholder:"SHARE" help:"Share of cases that last 60 to 120 days; the others last eight on average."`
	Attributes bool   `help:"Tables and XES with attributes too: of events amount, line_items and automated, of cases customer, country, channel, order_value and site. Object-centric logs always have theirs."`
	Order      string `enum:"time,case,shuffled" default:"time" help:"Order of a table's rows: ${enum}. A shuffled one has a column more, sequence, as ties would have no order."`
	Newest     string `placeholder:"SHARE" help:"Write this share of the events, the newest by time, to a second file FILE-newest, and the others to FILE."`
	Format     string `enum:",csv,parquet,xes,ocel-csv,ocel-json,ocel-xml,ocel-sqlite" default:"" placeholder:"FORMAT" help:"csv, parquet, xes, ocel-csv, ocel-json, ocel-xml or ocel-sqlite. Default: by the name of --out, else csv."`
	Out        string `short:"o" placeholder:"FILE" help:"Write here; default: synthetic-N, in this folder."`
	Force      bool   `help:"Replace files that exist."`
}

func (c *benchGenerateCmd) Help() string {
	return "Makes an order-to-cash log of any size: the same command makes the same bytes, on any number of cores.\n\n" +
		"Examples:\n  millrace bench generate --events 10M --out log.parquet\n" +
		"  millrace bench generate --events 100M --order shuffled --out shuffled.csv\n" +
		"  millrace bench generate --events 1M --newest 1% --out log.csv\n" +
		"  millrace bench generate --events 1M --out orders.jsonocel"
}

type generatedFormat struct {
	name string
	ends []string // of file names, the first the usual one
}

var generatedFormats = []generatedFormat{
	{"csv", []string{".csv"}},
	{"parquet", []string{".parquet"}},
	{"xes", []string{".xes"}},
	{"ocel-csv", []string{".csvocel"}},
	{"ocel-json", []string{".jsonocel", ".json"}},
	{"ocel-xml", []string{".xmlocel", ".xml"}},
	{"ocel-sqlite", []string{".sqlite"}},
}

func (c *benchGenerateCmd) Run(e *env) error {
	format, path, err := c.target()
	if err != nil {
		return usageError{err}
	}
	made := atomic.Int64{}
	o := synthetic.Options{Activities: c.Activities, Seed: c.Seed, Attributes: c.Attributes, Progress: made.Store}
	if o.Events, err = parseCount(c.Events); err != nil {
		return usageError{fmt.Errorf("--events: %w", err)}
	}
	if o.Long, err = parseShare(c.Long); err != nil {
		return usageError{fmt.Errorf("--long: %w", err)}
	}
	o.Order = map[string]synthetic.Order{"time": synthetic.ByTime, "case": synthetic.ByCase, "shuffled": synthetic.Shuffled}[c.Order]
	if path == "" {
		i := slices.IndexFunc(generatedFormats, func(f generatedFormat) bool { return f.name == format })
		path = "synthetic-" + shortCount(o.Events) + generatedFormats[i].ends[0]
	}
	if err := c.fits(format); err != nil {
		return usageError{err}
	}
	l, err := synthetic.New(o)
	if err != nil {
		return usageError{err}
	}
	files := []generatedFile{{path, l}}
	if c.Newest != "" {
		share, err := parseShare(c.Newest)
		if err != nil {
			return usageError{fmt.Errorf("--newest: %w", err)}
		}
		older, newest, err := l.Newest(share)
		if err != nil {
			return usageError{fmt.Errorf("--newest: %w", err)}
		}
		end := filepath.Ext(path)
		files = []generatedFile{{path, older}, {strings.TrimSuffix(path, end) + "-newest" + end, newest}}
	}
	for _, f := range files {
		if _, err := os.Stat(f.path); err == nil && !c.Force {
			return fmt.Errorf("%s exists and was left as it is; --force replaces it", f.path)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, f := range files {
		made.Store(0)
		done := func() (int64, int64) { return made.Load(), f.log.Events }
		p := startProgress(e.Stderr, "making "+filepath.Base(f.path), done, made.Load)
		notes, err := f.write(e, format)
		p.done()
		if err != nil {
			return err
		}
		info, err := os.Stat(f.path)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.Stdout, "%s: %s events of a log of %s cases, %s bytes\n", f.path, count(f.log.Events), count(l.Cases), count(info.Size()))
		printNotes(e.Stderr, notes)
	}
	return nil
}

// target is the format and the path that the flags say; the path may be left to
// choose.
func (c *benchGenerateCmd) target() (format, path string, err error) {
	if c.Format != "" || c.Out == "" {
		format = c.Format
		if format == "" {
			format = "csv"
		}
		return format, c.Out, nil
	}
	var known []string
	for _, f := range generatedFormats {
		for _, end := range f.ends {
			if strings.HasSuffix(strings.ToLower(c.Out), end) {
				return f.name, c.Out, nil
			}
		}
		known = append(known, f.ends...)
	}
	return "", "", fmt.Errorf("--out %s: want a name that ends in %s, or say the format by --format", c.Out, strings.Join(known, ", "))
}

// fits says why a format cannot be had so.
func (c *benchGenerateCmd) fits(format string) error {
	whole := format == "xes" || strings.HasPrefix(format, "ocel-")
	switch {
	case c.Newest != "" && (whole || c.Order != "time"):
		return fmt.Errorf("--newest parts a table, csv or parquet, in the order of time; leave out what makes it another (%s, --order %s)", format, c.Order)
	case format == "xes" && c.Order == "shuffled":
		return fmt.Errorf("--order shuffled: XES stands case by case; take csv or parquet")
	case format != "xes" && whole && c.Order != "time":
		return fmt.Errorf("--order %s: an object-centric log has no cases and stands in the order of time; leave it out", c.Order)
	}
	return nil
}

// A generatedFile is a log and where it goes.
type generatedFile struct {
	path string
	log  *synthetic.Log
}

// write writes the file, whole or not at all.
func (f generatedFile) write(e *env, format string) (notes []eventlog.Note, err error) {
	if err := os.MkdirAll(dirOf(f.path), 0o755); err != nil {
		return nil, err
	}
	if format == "parquet" {
		return nil, f.writeParquet(e)
	}
	err = writeFile(f.path, func(w io.Writer) (err error) {
		w = &stoppable{e, w}
		switch format {
		case "csv":
			return f.log.WriteCSV(w)
		case "xes":
			return f.log.WriteXES(w)
		case "ocel-csv":
			return f.log.WriteObjectCSV(w)
		}
		notes, err = ocel.Write(e, w, ocel.Form(strings.TrimPrefix(format, "ocel-")), f.log.ReadObjects, ocel.Options{TempDir: dirOf(f.path)})
		return err
	})
	return notes, err
}

// writeParquet is write for what DuckDB writes: it wants a path.
func (f generatedFile) writeParquet(e *env) (err error) {
	t, err := beside(f.path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(t.Name()))
		}
	}()
	if err := errors.Join(t.Close(), f.log.WriteParquet(e, t.Name())); err != nil {
		return err
	}
	return os.Rename(t.Name(), f.path)
}

// stoppable writes until the command is interrupted.
type stoppable struct {
	e *env
	w io.Writer
}

func (s *stoppable) Write(b []byte) (int, error) {
	if err := s.e.Err(); err != nil {
		return 0, err
	}
	return s.w.Write(b)
}

// parseCount reads a number of things: 250000, 250,000, 10k, 1.5M.
func parseCount(text string) (int64, error) {
	digits := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(text, ",", ""), "_", ""))
	for _, unit := range [][2]string{{"k", "e3"}, {"m", "e6"}, {"g", "e9"}} {
		if rest, ok := strings.CutSuffix(digits, unit[0]); ok {
			digits = rest + unit[1]
			break
		}
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(n >= 1 && n <= 1e15) || n != math.Trunc(n) {
		return 0, fmt.Errorf("%q is no number of events such as 250000, 10k or 100M", text)
	}
	return int64(n), nil
}

// shortCount writes a number of things for a name: 10M.
func shortCount(n int64) string {
	switch {
	case n%1_000_000 == 0:
		return strconv.FormatInt(n/1_000_000, 10) + "M"
	case n%1000 == 0:
		return strconv.FormatInt(n/1000, 10) + "k"
	}
	return strconv.FormatInt(n, 10)
}

// parseShare reads a part of a whole: 1% or 0.01.
func parseShare(text string) (float64, error) {
	digits, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share >= 0 && share <= 1) {
		return 0, fmt.Errorf("%q is no share such as 1%% or 0.01", text)
	}
	return share, nil
}
