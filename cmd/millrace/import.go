package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"millrace/eventlog"
)

// importCmd is millrace import.
type importCmd struct {
	Files []string `arg:"" name:"file" help:"Files, or a folder of exported tables, or of such folders, one a system."`
	Log   string   `name:"log" placeholder:"NAME" help:"Name of the log; default: the file's name. Several files may go into one log."`
	As    string   `name:"system" placeholder:"SYSTEM" help:"What system a folder was exported from; default: by its tables. Known: tryton, distributor."`
	Time  string   `placeholder:"COLUMN" group:"Reading a file" help:"Column that holds the time."`
	Part  bool     `help:"The folder holds a part of each table: rows that are not in it stay."`
	readFlags
	jsonFlag
}

func (c *importCmd) Help() string {
	return "Examples:\n  millrace import orders.csv --case order_id --time posted_at\n  millrace import extracts/tryton"
}

func (c *importCmd) Run(e *env) error {
	var receipts []eventlog.LoadReceipt
	var failures []error
	for _, path := range c.Files {
		if info, err := os.Stat(path); err == nil && info.IsDir() && isDistributor(path, c.As) {
			if c.Log != "" {
				return usageError{fmt.Errorf("--log: %s holds several systems, and each is known by its own name", path)}
			}
			all, err := loadDistributor(e, path, !c.Part, c.JSON)
			if e.Err() != nil {
				return err
			}
			if err != nil {
				failures = append(failures, err)
			}
			receipts = append(receipts, all...)
			continue
		}
		r, err := c.load(e, path)
		if err != nil {
			if e.Err() != nil {
				return err
			}
			failures = append(failures, err) // the other files are still worth loading
			continue
		}
		receipts = append(receipts, r)
		if !c.JSON {
			printReceipt(e.Stdout, path, r)
		}
	}
	if c.JSON {
		if err := printJSON(e.Stdout, receipts); err != nil {
			return err
		}
	}
	return errors.Join(failures...)
}

func (c *importCmd) load(e *env, path string) (eventlog.LoadReceipt, error) {
	info, err := os.Stat(path)
	if err != nil {
		return eventlog.LoadReceipt{}, err
	}
	if info.IsDir() {
		return loadFolder(e, c.Log, c.As, path, !c.Part)
	}
	return c.loadFile(e, path)
}

// largeLoad is from how many new rows on a store is opened anew before its
// columns are built.
const largeLoad = 4 << 20

// loadFile imports a file, case-centric or object-centric.
func (c *importCmd) loadFile(e *env, path string) (receipt eventlog.LoadReceipt, err error) {
	format, err := objectFormatOf(path, c.InputFormat)
	if err != nil {
		return receipt, err
	}
	p := startStep(e.Stderr, "step 1 of 4: has "+filepath.Base(path)+" been read before?")
	content, err := contentOf(path)
	p.done()
	if err != nil {
		return receipt, err
	}
	name := c.Log
	if name == "" {
		name = logName(path)
	}
	steps := &mergeSteps{e: e}
	staged, err := stageAny(e, format, path, c.Time, e.Project.storePath(), eventlog.ImportOptions{Log: name, Content: content, Memory: e.Memory, Step: steps.begin}, &c.readFlags)
	if err != nil {
		return receipt, err
	}
	defer func() { err = errors.Join(err, staged.Discard()) }()
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{Wait: e.Wait, Memory: e.Memory})
	if err != nil {
		return receipt, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	receipt, err = staged.merge(e, s)
	steps.end()
	if err != nil {
		return receipt, err
	}
	if receipt.RowsNew > largeLoad { // DuckDB gives its memory back when it is closed, not before
		if err := s.Close(); err != nil {
			return receipt, err
		}
		again, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{Wait: e.Wait, Memory: e.Memory})
		if err != nil {
			return receipt, err
		}
		s = again
	}
	if format == nil {
		p := startStep(e.Stderr, "step 4 of 4: columns of "+count(receipt.RowsNew+receipt.RowsKnown)+" rows")
		defer p.done()
		return receipt, s.BuildColumns(e, name, e.columnsOptions(name))
	}
	if err := s.BuildObjectColumns(e, name, e.logOptions()); err != nil {
		return receipt, err
	}
	facts, err := s.ObjectsOfTypes(e, name)
	if err == nil && len(facts.Types) > 0 {
		receipt.Notes = append(receipt.Notes, eventlog.Note{Code: "object-types", Text: fmt.Sprintf(
			"Its object types are %s; each makes a log, such as %s.", typeCounts(facts), printable(eventlog.ObjectLogOf(name, facts.Types[0])))})
	}
	return receipt, err
}

// stageCases reads a case-centric file into a stage beside a store.
func stageCases(e *env, path, timeColumn, store string, o eventlog.ImportOptions, flags *readFlags) (staged *eventlog.Staged, err error) {
	if o.Lifecycle, err = eventlog.ParseLifecycle(flags.Lifecycle); err != nil {
		return nil, usageError{err}
	}
	options := flags.options(e, timeColumn, true)
	file, kind, err := openFormat(e, path, flags.InputFormat, options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if !flags.Quiet {
		printDetected(e.Stderr, path, file.Detected())
	}
	o.Kind, o.Origin, o.File, o.Options = kind, path, filepath.Base(path), options
	taken := int64(0)
	return eventlog.Stage(e, store, o,
		func(_ context.Context, emit func(*eventlog.Batch) error) error {
			return readAll(e, o.File, file, func(b *eventlog.Batch) error {
				taken += int64(b.Len())
				return emit(b)
			})
		},
		func() (eventlog.ImportEnd, error) {
			first, total := file.Rejects()
			if total > 0 && taken == 0 {
				return eventlog.ImportEnd{}, fmt.Errorf("%s: no row is left: all %s were rejected, the first: %s", path, count(total), rejectText(first[0]))
			}
			return eventlog.ImportEnd{Rejects: first, Rejected: total, Notes: file.Notes(), Meta: file.Meta()}, nil
		})
}

// mergeSteps shows which step of a merge is running.
type mergeSteps struct {
	e   *env
	now *progress
}

func (s *mergeSteps) begin(step, of int, what string) {
	s.end()
	s.now = startStep(s.e.Stderr, fmt.Sprintf("step 3 of 4: merging, %d/%d %s", step, of, what))
}

func (s *mergeSteps) end() {
	if s.now != nil {
		s.now.done()
	}
	s.now = nil
}

// contentOf is the SHA-256 of a file.
func contentOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// printReceipt says what a load did.
func printReceipt(w io.Writer, origin string, r eventlog.LoadReceipt) {
	if r.RowsNew == 0 && r.Load == 0 {
		fmt.Fprintf(w, "%s: nothing new in %s; the store already has its %s rows\n", r.Source, origin, count(r.RowsKnown))
	} else {
		fmt.Fprintf(w, "%s: load %d read %s rows of %s: %s, %s known, %s rejected\n",
			r.Source, r.Load, count(r.RowsIn), origin, landedText(&r), count(r.RowsKnown), count(r.RowsRejected))
	}
	if r.Coverage != nil {
		fmt.Fprintln(w, r.Coverage.Summary())
	}
	for _, x := range r.Rejects[:min(len(r.Rejects), 10)] {
		fmt.Fprintf(w, "  rejected: %s\n", printable(rejectText(x)))
	}
	switch {
	case r.RowsRejected > 10 && r.Load == 0: // nothing was stored of it
		fmt.Fprintf(w, "  … and %s more\n", count(r.RowsRejected-10))
	case r.RowsRejected > 10:
		fmt.Fprintf(w, "  … and %s more; millrace log show lists them\n", count(r.RowsRejected-10))
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "  note: %s\n", printable(strings.TrimSpace(n.Text)))
	}
}

// landedText says what the rows of a load are to the store: new, and where
// there are such, changed and gone.
func landedText(r *eventlog.LoadReceipt) string {
	changed, gone := int64(0), int64(0)
	for _, t := range r.Tables {
		changed, gone = changed+t.Changed, gone+t.Gone
	}
	text := count(r.RowsNew-changed-gone) + " new"
	if changed > 0 {
		text += ", " + count(changed) + " changed"
	}
	if gone > 0 {
		text += ", " + count(gone) + " gone from the source"
	}
	return text
}
