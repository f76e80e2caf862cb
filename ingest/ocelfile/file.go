package ocelfile

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync/atomic"

	"millrace/eventlog"
	"millrace/ingest"
)

// A file is one opened log. What differs between formats is survey and read.
type file struct {
	f       *os.File // nil for SQLite
	path    string
	o       ingest.Options
	zone    string
	size    int64
	done    atomic.Int64
	found   []ingest.Detection
	builder *builder
	read    func(ctx context.Context) error
	close   func() error
}

// openFile opens the file and prepares what all formats need.
func openFile(path string, o ingest.Options) (*file, error) {
	zone, err := ingest.LoadZone(o.Timezone)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder, not a log", path)
	}
	if err == nil && info.Size() == 0 {
		err = fmt.Errorf("%s is empty", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	x := &file{f: f, path: path, o: o, zone: zone.String(), size: info.Size(), builder: newBuilder(zone, o.TimeLayout), close: f.Close}
	if o.Timezone != "" {
		x.found = append(x.found, ingest.Detection{Option: "timezone", Value: x.zone, Told: true})
	}
	if o.TimeLayout != "" {
		x.found = append(x.found, ingest.Detection{Option: "time-layout", Value: o.TimeLayout, Told: true})
	}
	return x, nil
}

// source starts to read the text from its beginning.
func (x *file) source(ctx context.Context) (*source, error) {
	s, err := openSource(ctx, x.f, &x.done, x.o.Encoding)
	if err == nil && !slices.ContainsFunc(x.found, func(d ingest.Detection) bool { return d.Option == "encoding" }) {
		x.found = append(x.found, ingest.Detection{Option: "encoding", Value: s.encoding, Told: x.o.Encoding != ""})
	}
	return s, err
}

// Read implements [ingest.ObjectFile].
func (x *file) Read(ctx context.Context, emit func(*eventlog.ObjectBatch) error) error {
	b := x.builder
	b.emit = emit
	if err := x.read(ctx); err != nil {
		return fmt.Errorf("%w; read before that: %d events, %d objects", err, b.events, b.objects)
	}
	if len(b.top) > 0 {
		b.meta.Attributes = string(b.top.append(nil))
	}
	return b.flush()
}

// Detected implements [ingest.ObjectFile].
func (x *file) Detected() []ingest.Detection { return x.found }

// Rejects implements [ingest.ObjectFile].
func (x *file) Rejects() ([]eventlog.Reject, int64) { return x.builder.rejects, x.builder.rejected }

// Notes implements [ingest.ObjectFile].
func (x *file) Notes() []eventlog.Note { return x.builder.notes(x.zone) }

// Meta implements [ingest.ObjectFile].
func (x *file) Meta() eventlog.ObjectMeta { return x.builder.meta }

// Progress implements [ingest.ObjectFile]. It counts bytes as the file has them.
func (x *file) Progress() (done, total int64) { return x.done.Load(), x.size }

// Close implements [ingest.ObjectFile].
func (x *file) Close() error { return x.close() }
