package xesfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

// Format is XES.
var Format = ingest.Format{
	Name:       "xes",
	Doc:        "XES event log (IEEE 1849-2016), plain or gzipped",
	Extensions: []string{".xes", ".xes.gz"},
	Sniff:      sniff,
	Open:       open,
}

// sniff reports whether head starts a log of XES: its root is <log>, and
// nothing in it is of OCEL, whose root is the same.
func sniff(head []byte) bool {
	var src source
	enc, err := src.detect(head, "")
	if err != nil {
		return false
	}
	if enc != nil {
		head, _ = enc.NewDecoder().Bytes(head)
	}
	head = bytes.TrimPrefix(head, []byte(bomUTF8))
	d := newDocument(newScanner(bytes.NewReader(head), "", ""))
	for {
		p, err := d.next()
		switch {
		case err != nil:
			// Head is cut here, or broken: the root tells, if it was reached.
			return !d.ocel && (d.isLog || string(local(d.scan.tag.name)) == "log")
		case p == traceStart, p == extension, p == classifier:
			return true
		case p == attribute && (bytes.HasPrefix(d.key, []byte("ocel:")) || d.globalScope == "object"):
			return false
		}
	}
}

// A file is one log file.
type file struct {
	f      *os.File
	o      ingest.Options
	size   int64
	done   atomic.Int64
	zone   *time.Location
	roles  roles
	found  []ingest.Detection
	notes  []eventlog.Note
	reader *reader

	pieceBytes int // in tests: instead of the usual
}

func open(ctx context.Context, path string, o ingest.Options) (ingest.File, error) {
	switch {
	case o.Case == none:
		return nil, errors.New(`case: "-" means none, but a log has cases`)
	case o.Activity == none:
		return nil, errors.New(`activity: "-" means none, but events have activities`)
	case o.Activity != "" && o.Classifier != "":
		return nil, fmt.Errorf("activity %q and classifier %q both make the activity; say one of them", o.Activity, o.Classifier)
	}
	zone := time.UTC
	if o.Timezone != "" {
		var err error
		if zone, err = time.LoadLocation(o.Timezone); err != nil {
			return nil, fmt.Errorf("timezone: %w; want an IANA name such as Europe/Berlin", err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	x := &file{f: f, o: o, zone: zone}
	if err := x.survey(ctx); err != nil {
		f.Close()
		return nil, err
	}
	return x, nil
}

// survey finds out what the file is and what its attributes mean.
func (x *file) survey(ctx context.Context) error {
	info, err := x.f.Stat()
	if err != nil {
		return err
	}
	x.size = info.Size()
	src, err := openSource(ctx, x.f, &x.done, x.o.Encoding)
	if err != nil {
		return err
	}
	s := newSurvey()
	if err := s.run(src.document(x.f.Name()), x.o); err != nil {
		return err
	}
	x.done.Store(0)
	x.found = []ingest.Detection{{Option: "encoding", Value: src.encoding, Told: x.o.Encoding != ""}}
	var found []ingest.Detection
	x.roles, found, x.notes, err = s.roles(x.f.Name(), x.o)
	if err != nil {
		return err
	}
	x.found = append(x.found, found...)
	if x.o.Timezone != "" || s.naive {
		x.found = append(x.found, ingest.Detection{Option: "timezone", Value: x.zone.String(), Told: x.o.Timezone != ""})
	}
	if x.o.TimeLayout != "" {
		x.found = append(x.found, ingest.Detection{Option: "time-layout", Value: x.o.TimeLayout, Told: true})
	}
	if src.note != "" {
		x.notes = append(x.notes, eventlog.Note{Code: "encoding", Text: src.note})
	}
	return nil
}

// Read implements [ingest.File].
func (x *file) Read(ctx context.Context, emit func(*eventlog.Batch) error) error {
	src, err := openSource(ctx, x.f, &x.done, x.o.Encoding)
	if err != nil {
		return err
	}
	x.reader = &reader{
		doc:   src.document(x.f.Name()),
		roles: x.roles,
		clock: clock{zone: x.zone, layout: x.o.TimeLayout},
		all:   x.o.Attributes,
		emit:  emit,
	}
	x.reader.event.activity = make([]string, len(x.roles.classifier))
	if workers := x.o.NumWorkers(); workers > 1 && !x.o.Attributes {
		size := pieceBytes
		if x.pieceBytes > 0 {
			size = x.pieceBytes
		}
		return newCrew(x.reader, size).run(ctx, workers)
	}
	return x.reader.run()
}

// Detected implements [ingest.File].
func (x *file) Detected() []ingest.Detection { return x.found }

// Rejects implements [ingest.File].
func (x *file) Rejects() ([]eventlog.Reject, int64) {
	if x.reader == nil {
		return nil, 0
	}
	return x.reader.rejects, x.reader.rejected
}

// Notes implements [ingest.File].
func (x *file) Notes() []eventlog.Note {
	if x.reader == nil {
		return x.notes
	}
	return append(x.notes[:len(x.notes):len(x.notes)], x.reader.notes()...)
}

// Meta implements [ingest.File].
func (x *file) Meta() eventlog.Meta {
	if x.reader == nil {
		return eventlog.Meta{}
	}
	return x.reader.meta()
}

// Progress implements [ingest.File]. It counts bytes as the file has them.
func (x *file) Progress() (done, total int64) { return x.done.Load(), x.size }

// Close implements [ingest.File].
func (x *file) Close() error { return x.f.Close() }
