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
		if err := s.BuildColumns(ctx, t, o); err != nil { // whatever a log of that name is
			return err
		}
		if err := s.buildSharing(ctx, objectKey(t, All, o)); err != nil {
			return fmt.Errorf("log %q: %w", t, err)
		}
	}
	return nil
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
	if parts, _, err := s.mapObjects(ctx, key, l); len(parts) > 0 || err != nil {
		return err
	}
	shared, err := findSharing(ctx, l, sharingRange)
	if err != nil {
		return err
	}
	file, err := writeObjects(s.path, l, []objectPart{{Batches: len(l.batches)}}, []*sharing{shared})
	if err != nil {
		return err
	}
	definition, err := json.Marshal(key)
	if err != nil {
		return err
	}
	notes, err := json.Marshal(append([]Note{}, l.notes...)) // every part has those of the log
	if err != nil {
		return err
	}
	err = s.write(ctx, func(c *storeConn) error {
		name := key.Definition.Name
		if err := c.exec(ctx, "DELETE FROM main.columns WHERE log = $1 AND part = $2", name, objectsPart); err != nil {
			return err
		}
		return c.exec(ctx, storeText("columns_insert"), name, string(definition), objectsPart, file.Name, file.Size, file.Checksums, string(notes))
	})
	if err != nil {
		return errors.Join(err, os.Remove(filepath.Join(filepath.Dir(s.path), file.Name)))
	}
	return s.cleanColumns(ctx)
}

// objectKey is the log of the objects of a type, as the store calls it.
func objectKey(typ string, life Lifecycle, o LogOptions) columnsKey {
	o.Lifecycle = nil
	return columnsKeyOf(LogDefinition{Name: typ, CaseType: typ, Lifecycle: life}, o)
}

// objectsPart is the name of the file that says of whose objects the batches of
// a log are, and what these share. It has a record batch for each of the
// log's, which is empty where the objects of the type share nothing.
const objectsPart = "objects"

// An objectPart is the log of the objects of one type among the batches of
// several, which stand one after the other.
type objectPart struct {
	Type    string
	Batches int
	// Of batches of several types, each type has its own labels, and paths
	// among all.
	Paths  int      `json:",omitempty"`
	Labels []string `json:",omitempty"`
	Notes  []Note   `json:",omitempty"`
}

// writeObjects writes what the objects of each type in l share.
func writeObjects(path string, l *Log, parts []objectPart, shared []*sharing) (columnsFile, error) {
	text, err := json.Marshal(parts)
	if err != nil {
		return columnsFile{}, err
	}
	meta := arrow.NewMetadata([]string{"format", "types"}, []string{columnsFormat, string(text)})
	f, err := newArrowFile(path, arrow.NewSchema([]arrow.Field{{Name: "first", Type: arrow.PrimitiveTypes.Uint8}}, &meta))
	if err != nil {
		return columnsFile{}, err
	}
	for i, p := range parts {
		for n := range p.Batches {
			var first []uint8
			if shared[i] != nil {
				first = shared[i].first[n]
			}
			if err := f.write(len(first), values(arrow.PrimitiveTypes.Uint8, first)); err != nil {
				return columnsFile{}, errors.Join(err, f.discard())
			}
		}
	}
	return f.finish()
}

// mapObjects opens what was written of the objects of l, until that is closed.
// There are no parts if nothing was, or what was is damaged or of another log.
func (s *Store) mapObjects(ctx context.Context, key columnsKey, l *Log) (parts []objectPart, shared []*sharing, err error) {
	definition, err := json.Marshal(key)
	if err != nil {
		return nil, nil, err
	}
	var file columnsFile
	err = s.session(ctx, func(c *storeConn) error {
		return c.each(ctx, storeText("columns_of_log"), []any{key.Definition.Name, string(definition)}, func(scan func(...any) error) error {
			var f columnsFile
			var part, notes string
			var version int64
			var sums []any
			if err := scan(&part, &f.Name, &f.Size, &sums, &notes, &version); err != nil || part != objectsPart {
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
		return nil, nil, err
	}
	parts, shared, err = l.openObjects(filepath.Dir(s.path), file)
	if errors.Is(err, errColumns) {
		return nil, nil, nil
	}
	return parts, shared, err
}

func (l *Log) openObjects(dir string, file columnsFile) (parts []objectPart, shared []*sharing, err error) {
	r, err := l.openArrow(dir, file)
	if err != nil {
		return nil, nil, err
	}
	meta := r.Schema().Metadata()
	text, _ := meta.GetValue("types")
	if err := json.Unmarshal([]byte(text), &parts); err != nil {
		return nil, nil, fmt.Errorf("%w: %s: %w", errColumns, file.Name, err)
	}
	n := 0
	for _, p := range parts {
		own := &sharing{}
		for range p.Batches {
			if n == len(l.batches) || n == r.NumRecords() {
				return nil, nil, fmt.Errorf("%w: %s has other batches", errColumns, file.Name)
			}
			rec, err := r.RecordBatchAt(n)
			if err != nil {
				return nil, nil, fmt.Errorf("%w: %s: %w", errColumns, file.Name, err)
			}
			first := rec.Column(0).(*array.Uint8).Uint8Values()
			if len(first) != 0 && len(first) != len(l.batches[n].Event) {
				return nil, nil, fmt.Errorf("%w: %s has other batches", errColumns, file.Name)
			}
			if len(first) > 0 {
				own.first = append(own.first, first)
			}
			n++
		}
		switch len(own.first) {
		case p.Batches:
		case 0:
			own = nil
		default:
			return nil, nil, fmt.Errorf("%w: %s has other batches", errColumns, file.Name)
		}
		shared = append(shared, own)
	}
	if n != len(l.batches) {
		return nil, nil, fmt.Errorf("%w: %s has other batches", errColumns, file.Name)
	}
	return parts, shared, nil
}
