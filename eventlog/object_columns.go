package eventlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// sharingPart is the name of the file that has the sharing of a type's
// objects, beside the files of the type's log: a record batch for each of
// theirs, none if nothing is shared.
const sharingPart = "sharing"

// BuildObjectColumns writes the coded columns of all object types of an
// object-centric log, each of which is a log, and what the objects of each
// have in common, so that [Store.ObjectFlow] and [Store.Log] map them. What is
// of the last load stays. It takes a byte of memory for each pair of an event
// and an object of one type, a batch, and what DuckDB sorts with.
func (s *Store) BuildObjectColumns(ctx context.Context, log string, o LogOptions) error {
	var types []string
	err := s.session(ctx, func(c *storeConn) (err error) {
		types, err = c.strings(ctx, "SELECT type FROM main.object_type WHERE source = $1 AND name <> '' ORDER BY type", log)
		return err
	})
	if err != nil {
		return err
	}
	for _, t := range types {
		if err := s.BuildColumns(ctx, t, o); err != nil {
			return err
		}
		if err := s.buildSharing(ctx, columnsKeyOf(objectsOf(t, All), o)); err != nil {
			return fmt.Errorf("log %q: %w", t, err)
		}
	}
	return nil
}

// objectsOf is the log of the objects of a type, as the store calls it.
func objectsOf(typ string, life Lifecycle) LogDefinition {
	return LogDefinition{Name: typ, CaseType: typ, Lifecycle: life}
}

// buildSharing writes the sharing of a log that has columns.
func (s *Store) buildSharing(ctx context.Context, key columnsKey) (err error) {
	s.columns.Lock()
	defer s.columns.Unlock()
	l, err := s.mapColumns(ctx, key)
	if l == nil || err != nil { // the name is that of a log that somebody defined otherwise
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if _, known, err := s.mapSharing(ctx, key, l); known || err != nil {
		return err
	}
	shared, err := findSharing(ctx, l)
	if err != nil {
		return err
	}
	file, err := writeSharing(s.path, shared)
	if err != nil {
		return err
	}
	definition, err := json.Marshal(key)
	if err != nil {
		return err
	}
	err = s.write(ctx, func(c *storeConn) error {
		name := key.Definition.Name
		if err := c.exec(ctx, "DELETE FROM main.columns WHERE log = $1 AND part = $2", name, sharingPart); err != nil {
			return err
		}
		return c.exec(ctx, storeText("columns_insert"), name, string(definition), sharingPart, file.Name, file.Size, file.Checksums, "[]")
	})
	if err != nil {
		return errors.Join(err, os.Remove(filepath.Join(filepath.Dir(s.path), file.Name)))
	}
	return s.cleanColumns(ctx)
}

func sharingSchema() *arrow.Schema {
	meta := arrow.NewMetadata([]string{"format"}, []string{columnsFormat})
	return arrow.NewSchema([]arrow.Field{{Name: "first", Type: arrow.PrimitiveTypes.Uint8}}, &meta)
}

func writeSharing(path string, shared *sharing) (columnsFile, error) {
	f, err := newArrowFile(path, sharingSchema())
	if err != nil {
		return columnsFile{}, err
	}
	if shared != nil {
		for _, first := range shared.first {
			if err := f.write(len(first), values(arrow.PrimitiveTypes.Uint8, first)); err != nil {
				return columnsFile{}, errors.Join(err, f.discard())
			}
		}
	}
	return f.finish()
}

// mapSharing opens what was written of the sharing of l, until that is closed.
// It is not known if nothing was, or what was is damaged or of another log.
func (s *Store) mapSharing(ctx context.Context, key columnsKey, l *Log) (shared *sharing, known bool, err error) {
	definition, err := json.Marshal(key)
	if err != nil {
		return nil, false, err
	}
	var file columnsFile
	err = s.session(ctx, func(c *storeConn) error {
		return c.each(ctx, storeText("columns_of_log"), []any{key.Definition.Name, string(definition)}, func(scan func(...any) error) error {
			var f columnsFile
			var part, notes string
			var sums []any
			if err := scan(&part, &f.Name, &f.Size, &sums, &notes); err != nil || part != sharingPart {
				return err
			}
			for _, x := range sums {
				f.Checksums = append(f.Checksums, x.(uint32))
			}
			file = f
			return nil
		})
	})
	if err != nil || file.Name == "" {
		return nil, false, err
	}
	r, err := l.openArrow(filepath.Dir(s.path), file)
	if errors.Is(err, errColumns) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if r.NumRecords() == 0 {
		return nil, true, nil
	}
	if r.NumRecords() != len(l.batches) {
		return nil, false, nil
	}
	shared = &sharing{}
	for n := range l.batches {
		rec, err := r.RecordBatchAt(n)
		if err != nil {
			return nil, false, nil // it can be found again
		}
		first := rec.Column(0).(*array.Uint8).Uint8Values()
		if len(first) != len(l.batches[n].Event) {
			return nil, false, nil
		}
		shared.first = append(shared.first, first)
	}
	return shared, true, nil
}
