package eventlog

import (
	"errors"
	"math"
	"os"
	"path/filepath"
)

// logInMemory is how many events a log without columns of its own may have in
// memory, some 20 bytes each; more are mapped from files.
const logInMemory = 16 << 20

// A logMaker puts the cases of a log together, batch by batch, for one user.
// What does not fit into memory goes to files beside the store, as DuckDB's
// sorting does, which have no name any more once the log is made.
type logMaker struct {
	path  string
	most  int64 // events in memory
	shape columnsShape

	log    *Log
	events int64
	w      *columnsWriter // nil as long as all is in memory
}

func newLogMaker(s *Store) *logMaker {
	m := &logMaker{path: s.path, most: logInMemory, log: &Log{paths: &paths{}}}
	if s.inMemory > 0 {
		m.most = s.inMemory
	}
	return m
}

func (m *logMaker) begin(shape columnsShape) error {
	m.shape = shape
	return nil
}

func (m *logMaker) add(c *Cases) error {
	if m.w != nil {
		return m.w.write(c)
	}
	m.log.paths.code(c)
	m.log.batches = append(m.log.batches, c)
	if m.events += int64(len(c.Activity)); m.events <= m.most {
		return nil
	}
	w, err := newColumnsWriter(m.path, m.shape)
	if err != nil { // nothing can be written there: memory is all there is
		m.most = math.MaxInt64
		return nil
	}
	m.w, w.paths = w, m.log.paths
	for _, c := range m.log.batches {
		if err := w.append(c); err != nil {
			return err
		}
	}
	m.log.batches = nil
	return nil
}

// finish returns the log.
func (m *logMaker) finish(labels, resources []string, facts columnsFacts) (*Log, error) {
	if m.w == nil {
		m.log.labels, m.log.resources, m.log.facts = labels, resources, facts
		return m.log, nil
	}
	var files columnsFiles
	var err error
	files.Cases, files.Paths, err = m.w.finish(labels, resources, facts)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(m.path)
	l, err := openColumns(dir, files)
	// What is mapped stays until it is not any more.
	err = errors.Join(err, os.Remove(filepath.Join(dir, files.Cases.Name)), os.Remove(filepath.Join(dir, files.Paths.Name)))
	if err != nil && l != nil {
		err = errors.Join(err, l.Close())
	}
	return l, err
}

func (m *logMaker) discard() error {
	if m.w == nil {
		return nil
	}
	return m.w.discard()
}
