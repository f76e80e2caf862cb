package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/ingest"
	"millrace/ingest/csvfile"
	"millrace/ingest/jsonlfile"
	"millrace/ingest/ocelfile"
	"millrace/ingest/parquetfile"
	"millrace/ingest/xesfile"
	"millrace/ingest/xlsxfile"
)

// formats lists every file format, in the order in which they are tried.
var formats = []ingest.Format{
	parquetfile.Format,
	xlsxfile.Format,
	xesfile.Format,
	jsonlfile.Format,
	csvfile.Format, // last: almost anything is a text in columns
}

// objectFormats lists every format of object-centric logs, in the order in
// which they are tried, before the others.
var objectFormats = ocelfile.Formats

// An openedLog is a log ready to be mined, and where it came from.
type openedLog struct {
	*eventlog.Log
	Origin string // file or store
	// Types counts the objects of each type the log is made of, which takes a
	// look at all of them; Case is the one that makes its cases, "" for a file.
	Types func() (map[string]int64, error)
	Case  string
	// Narrowed says that filters left a part of the log only.
	Narrowed bool
	// Stored is the store the log came from; nil if it came from a file.
	Stored *eventlog.Store
	// Kept are the answers to take of what takes long; nil: all is computed.
	Kept *eventlog.Kept
	// Objects is the object-centric log it is of; "" for others.
	Objects string
	closers []io.Closer

	values     map[int64]eventlog.CaseValue // once asked
	identified *eventlog.Summary            // what id is of
	id         string
}

// agreed says which waits were agreed on; nil: none.
func (l *openedLog) agreed() func(from, to string) bool {
	if l.ofOrders() {
		return o2c.AgreedWait
	}
	return nil
}

// caseValues are the values of the cases, by number, which are asked once; none
// for a log without a store.
func (l *openedLog) caseValues(e *env) (map[int64]eventlog.CaseValue, error) {
	if l.Stored == nil || l.values != nil {
		return l.values, nil
	}
	var err error
	l.values, err = l.Stored.CaseValues(e, l.Name)
	return l.values, err
}

// counted are objects that are counted already.
func counted(types map[string]int64) func() (map[string]int64, error) {
	return func() (map[string]int64, error) { return types, nil }
}

// ofOrders says whether the cases are sales orders.
func (l *openedLog) ofOrders() bool { return l.Case == orderToCash.CaseType }

func (l *openedLog) Close() error { return closeAll(l.closers) }

// open opens the log a command was given and narrows it by its filters.
func (f *logFlags) open(e *env) (*openedLog, error) {
	s, err := f.stored(e)
	if err != nil {
		return nil, err
	}
	return f.openOf(e, s)
}

// stored opens the store of the log a command was given; nil for a
// case-centric file, which is mined without one.
func (f *logFlags) stored(e *env) (*storedLog, error) {
	if _, err := f.filters(e); err != nil {
		return nil, err // before a long reading
	}
	if f.Log != "-" && f.Log != "" && isFile(f.Log) {
		format, err := objectFormatOf(f.Log, f.InputFormat)
		if err != nil || format == nil {
			return nil, err
		}
	}
	return openStored(e, f.Log, f.timeColumn(), &f.readFlags)
}

// openOf opens the log of a store, which goes with it, or a case-centric file.
func (f *logFlags) openOf(e *env, s *storedLog) (*openedLog, error) {
	l, err := f.narrowed(e, s)
	if s == nil {
		return l, err
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	l.closers = append([]io.Closer{s}, l.closers...)
	return l, nil
}

// narrowed opens the log of a store, or a case-centric file, and narrows it by
// the filters.
func (f *logFlags) narrowed(e *env, s *storedLog) (l *openedLog, err error) {
	filters, err := f.filters(e)
	if err != nil {
		return nil, err
	}
	name := logName(f.Log)
	if s != nil {
		name = s.name
	}
	calendars, err := f.working.calendars(e, name, f.Timezone)
	switch {
	case err != nil:
	case s != nil:
		l, err = s.log(e, f, calendars)
	case len(f.Follow) > 0:
		err = usageError{fmt.Errorf("--follow: %s is no object-centric log, so there is nothing to follow", f.Log)}
	default:
		l, err = f.openFile(e, needsAttributes(filters) || calendars != nil && calendars.By != "", calendars)
	}
	if err != nil {
		return nil, err
	}
	l.Narrowed = len(filters) > 0
	calendars.note(e, l.Log)
	if l.Log, err = l.Where(e, filters...); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// isFile says whether LOG means a file: it is there, or is written like one.
func isFile(log string) bool {
	if info, err := os.Stat(log); err == nil && !info.IsDir() {
		return true
	}
	lower := strings.ToLower(log)
	ends := func(x string) bool { return strings.HasSuffix(lower, x) }
	return strings.ContainsRune(log, filepath.Separator) ||
		slices.ContainsFunc(formats, func(f ingest.Format) bool { return slices.ContainsFunc(f.Extensions, ends) }) ||
		slices.ContainsFunc(objectFormats, func(f ingest.ObjectFormat) bool { return slices.ContainsFunc(f.Extensions, ends) })
}

// openFile builds a log straight from a file.
func (f *logFlags) openFile(e *env, attributes bool, calendars *logCalendars) (*openedLog, error) {
	file, _, err := openFormat(e, f.Log, f.InputFormat, f.readFlags.options(e, f.timeColumn(), attributes))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	life, err := eventlog.ParseLifecycle(f.Lifecycle)
	if err != nil {
		return nil, usageError{err}
	}
	zone, err := e.logZone(&f.readFlags)
	if err != nil {
		return nil, err
	}
	name := logName(f.Log)
	b := eventlog.NewBuilder(eventlog.BuilderOptions{Name: name, Lifecycle: life, Zone: zone, Attributes: attributes, Memory: e.Memory.Rows()})
	defer b.Close() // of what an error leaves: a log does not need it
	if !f.Quiet {
		printDetected(e.Stderr, f.Log, file.Detected())
	}
	if err := readAll(e, filepath.Base(f.Log), file, b.Add); err != nil {
		return nil, err
	}
	log, err := b.LogContext(e)
	if err != nil {
		return nil, err
	}
	said := log.Notes()
	for _, n := range fileNotes(e, f.Log, file) {
		if !slices.ContainsFunc(said, func(x eventlog.Note) bool { return x.Code == n.Code }) {
			log.AddNotes(n) // the log's own word on it says what follows from it
		}
	}
	if _, events := log.Size(); events == 0 {
		if _, n := file.Rejects(); n > 0 {
			err := fmt.Errorf("%s: no row is left: all %s were rejected; see the reasons above", f.Log, count(n))
			return nil, errors.Join(err, log.Close())
		}
	}
	cases, _ := log.Size()
	whole := log
	if calendars != nil {
		if log, err = whole.WithCalendars(e, &calendars.Calendars); err != nil {
			return nil, errors.Join(err, whole.Close())
		}
	}
	return &openedLog{Log: log, Origin: f.Log, Types: counted(map[string]int64{"case": cases}), closers: []io.Closer{whole}}, nil
}

// readAll reads a file with progress.
func readAll(e *env, what string, file ingest.File, take func(*eventlog.Batch) error) error {
	var rows atomic.Int64
	p := startProgress(e.Stderr, "reading "+what, file.Progress, rows.Load)
	defer p.done()
	return file.Read(e, func(b *eventlog.Batch) error {
		rows.Add(int64(b.Len()))
		b.Day = nil // a date in a plain file is its midnight: see eventlog/DESIGN.md, "Order"
		return take(b)
	})
}

// openFormat opens a file of the format it says it is, or looks like.
func openFormat(e *env, path, format string, o ingest.Options) (ingest.File, string, error) {
	f, err := caseFormat(path, format)
	if err != nil {
		return nil, "", err
	}
	file, err := f.Open(e, path, o)
	return file, f.Name, err
}

// caseFormat is the format of a case-centric file that it says it is in, or
// looks like.
func caseFormat(path, format string) (ingest.Format, error) {
	if err := checkFile(path); err != nil {
		return ingest.Format{}, err
	}
	return formatOf(path, format)
}

// checkFile refuses what cannot be a log, or cannot be read twice.
func checkFile(path string) error {
	if info, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: there is no such file", path)
		}
		return err
	} else if info.IsDir() {
		return fmt.Errorf("%s is a folder, not a log; to load a folder of exported tables: millrace import %s", path, path)
	} else if info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0 {
		return fmt.Errorf("%s is a pipe, and a log is read more than once; write it to a file first", path)
	} else if info.Mode().IsRegular() && info.Size() == 0 {
		return fmt.Errorf("%s is empty", path)
	}
	return nil
}

func formatOf(path, format string) (ingest.Format, error) {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.Name
		if f.Name == format {
			return f, nil
		}
	}
	for _, f := range objectFormats {
		names = append(names, f.Name)
	}
	if format != "" {
		return ingest.Format{}, usageError{fmt.Errorf("--input-format must be one of %s, not %q", strings.Join(names, ", "), format)}
	}
	head, err := readHead(path)
	if err != nil {
		return ingest.Format{}, err
	}
	if len(head) == 0 {
		return ingest.Format{}, fmt.Errorf("%s is empty: there is not even a header", path)
	}
	for _, f := range formats {
		if f.Sniff(head) {
			return f, nil
		}
	}
	return ingest.Format{}, fmt.Errorf("%s is in none of the formats %s; if it is, say so by --input-format", path, strings.Join(names, ", "))
}

// readHead returns the first bytes of a file, decompressed.
func readHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(f, head)
	if err != nil && n == 0 && !errors.Is(err, io.EOF) {
		return nil, err
	}
	head = head[:n]
	if !bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		return head, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	plain := make([]byte, 64<<10)
	n, _ = io.ReadFull(z, plain) // a damaged file is reported where it is read
	return plain[:n], nil
}

// logName is the name of a log made from a file: its name without extensions.
func logName(path string) string {
	name := filepath.Base(path)
	extensions := []string{".gz", ".csv", ".tsv", ".txt", ".parquet", ".xes", ".xlsx", ".xlsm", ".jsonl", ".ndjson", ".json"}
	for _, f := range objectFormats {
		extensions = append(extensions, f.Extensions...)
	}
	for _, x := range extensions {
		if len(name) > len(x) && strings.EqualFold(name[len(name)-len(x):], x) {
			name = name[:len(name)-len(x)]
		}
	}
	return name
}

// printDetected says how a file was understood.
func printDetected(w io.Writer, path string, ds []ingest.Detection) {
	var words []string
	for _, d := range ds {
		if !d.Told {
			words = append(words, d.Option+" "+quoteArg(printable(d.Value)))
		}
	}
	if len(words) > 0 {
		fmt.Fprintf(w, "%s: read with %s; flags of these names change it\n", filepath.Base(path), strings.Join(words, ", "))
	}
}

func quoteArg(s string) string {
	if s == "" || strings.ContainsAny(s, " \t;|&<>()$`\\\"'*?#~") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// fileNotes turns what a reader left out into notes, and lists the first
// rejected rows.
func fileNotes(e *env, path string, file ingest.File) []eventlog.Note {
	notes := file.Notes()
	first, total := file.Rejects()
	if total == 0 {
		return notes
	}
	printRejects(e, first, total)
	return append(notes, rejectedNote(path, first, total))
}

// printRejects lists the first rejected rows.
func printRejects(e *env, first []eventlog.Reject, total int64) {
	for _, r := range first[:min(len(first), 10)] {
		fmt.Fprintf(e.Stderr, "rejected: %s\n", printable(rejectText(r)))
	}
	if total > 10 {
		fmt.Fprintf(e.Stderr, "rejected: … and %s more\n", count(total-10))
	}
}

func rejectedNote(path string, first []eventlog.Reject, total int64) eventlog.Note {
	return eventlog.Note{Code: "rejected-rows", Text: fmt.Sprintf("%s rows of %s were rejected; the first: %s", count(total), filepath.Base(path), rejectText(first[0]))}
}

func rejectText(r eventlog.Reject) string {
	if r.Column != "" {
		return r.Place + ": " + r.Column + ": " + r.Reason
	}
	return r.Place + ": " + r.Reason
}
