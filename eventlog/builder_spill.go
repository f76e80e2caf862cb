package eventlog

import (
	"errors"
	"fmt"
	"os"
)

// A spill is where rows go that memory has no room for: a file without a name,
// which is gone with the process whatever ends it.
type spill struct {
	dir  string
	room int64 // bytes of blocks that may be in memory

	file *os.File // nil until something is written
	end  int64
	buf  []uint64  // of whoever is writing
	run  *spillRun // nil: nobody is
}

// An extent is blocks of one partition in a row.
type extent struct{ at, bytes, rows int64 }

// A spillRun is the writing of all blocks that were in memory at a time, beside
// the adding of more.
type spillRun struct {
	freed chan []*keptBlock // closed at the end
	// These are for who saw freed closed.
	written []spilledExtent
	end     int64
	err     error
}

type spilledExtent struct {
	part int
	extent
}

// spillWords is how much is written at once.
const spillWords = 4 << 20 / 8

// spillError says what to do about a directory that takes no more.
func spillError(dir string, err error) error {
	return fmt.Errorf("the log does not fit into the memory allowed, and what does not cannot be written to %s: %w; make room there, name another directory by TMPDIR, or allow more memory", dir, err)
}

// nameless makes a file in dir that has no name, so that nothing of it is left
// when the process ends.
func nameless(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, ".millrace-spill-*") // 0600
	if err != nil {
		return nil, spillError(dir, err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, spillError(dir, errors.Join(err, f.Close()))
	}
	return f, nil
}

// relieve waits for a block to become free: of those being written, or else of
// all that are in memory, which it begins to write.
func (s *rowStore) relieve() error {
	if s.spill.run == nil {
		if err := s.write(); err != nil {
			return err
		}
	}
	freed, ok := <-s.spill.run.freed
	if !ok {
		return s.settle()
	}
	for _, k := range freed {
		if k.shape == s.shape {
			s.free = append(s.free, k)
		} else {
			s.made -= k.bytes()
		}
	}
	return nil
}

// settle waits for what is being written.
func (s *rowStore) settle() error {
	if s.spill == nil || s.spill.run == nil {
		return nil
	}
	run := s.spill.run
	for freed := range run.freed {
		for _, k := range freed {
			s.made -= k.bytes()
		}
	}
	s.spill.run, s.spill.end = nil, run.end
	for _, e := range run.written {
		s.parts[e.part].spilled = append(s.parts[e.part].spilled, e.extent)
	}
	return run.err
}

// write begins to write all blocks.
func (s *rowStore) write() error {
	if s.spill.file == nil {
		f, err := nameless(s.spill.dir)
		if err != nil {
			return err
		}
		s.spill.file, s.spill.buf = f, make([]uint64, 0, spillWords)
	}
	todo := make([][]*keptBlock, len(s.parts))
	for i := range s.parts {
		todo[i], s.parts[i].blocks = s.parts[i].blocks, nil
	}
	clear(s.open)
	run := &spillRun{freed: make(chan []*keptBlock, 64), end: s.spill.end}
	s.spill.run = run
	go run.write(s.spill.dir, s.spill.file, s.spill.buf, todo)
	return nil
}

func (r *spillRun) write(dir string, f *os.File, buf []uint64, todo [][]*keptBlock) {
	defer close(r.freed)
	var copied []*keptBlock
	flush := func() {
		if r.err == nil && len(buf) > 0 {
			if _, err := f.WriteAt(bytesOf(buf), r.end); err != nil {
				r.err = spillError(dir, err)
			}
			r.end += int64(8 * len(buf))
		}
		buf = buf[:0]
		if len(copied) > 0 {
			r.freed <- copied
			copied = nil
		}
	}
	for part, blocks := range todo {
		if len(blocks) == 0 {
			continue
		}
		e := spilledExtent{part: part, extent: extent{at: r.end + int64(8*len(buf))}}
		for _, k := range blocks {
			if len(buf)+len(k.words) > cap(buf) {
				flush()
			}
			before := len(buf)
			buf = k.appendTo(buf)
			e.bytes += int64(8 * (len(buf) - before))
			e.rows += int64(k.n)
			copied = append(copied, k)
		}
		r.written = append(r.written, e)
	}
	flush()
}

// load returns all blocks of a partition, those that were spilled in buf, which
// it may replace by a larger one.
func (s *rowStore) load(part int, buf *[]uint64) ([]*keptBlock, error) {
	p := &s.parts[part]
	if len(p.spilled) == 0 {
		return p.blocks, nil
	}
	total := int64(0)
	for _, e := range p.spilled {
		total += e.bytes / 8
	}
	if int64(cap(*buf)) < total {
		*buf = make([]uint64, total)
	}
	words := (*buf)[:total]
	at := int64(0)
	for _, e := range p.spilled {
		if _, err := s.spill.file.ReadAt(bytesOf(words[at:at+e.bytes/8]), e.at); err != nil {
			return nil, fmt.Errorf("read what was spilled to %s: %w", s.spill.dir, err)
		}
		at += e.bytes / 8
	}
	var blocks []*keptBlock
	for len(words) > 0 {
		var k *keptBlock
		k, words = readBlock(words)
		blocks = append(blocks, k)
	}
	return append(blocks, p.blocks...), nil
}

// close gives back the file, once nothing writes to it.
func (s *rowStore) close() error {
	if s.spill == nil {
		return nil
	}
	err := s.settle()
	if s.spill.file != nil {
		err = errors.Join(err, s.spill.file.Close())
		s.spill.file = nil
	}
	return err
}
