package extract

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"millrace/eventlog"
)

// spoolAge is how old the last page of a cut extraction may be for another one
// to continue behind it.
const spoolAge = 24 * time.Hour

// spoolPrefix starts the name of every spool; that of its source follows.
const spoolPrefix = ".millrace-spool-"

// A spool is a directory beside the store with the pages that were read, until
// they have been merged. What it was asked for stands in the file "asked".
type spool struct {
	dir       string
	lock      *os.File
	pack      *packer
	parts     []*part
	continued time.Time // when the last page of the extraction was written that it continues; zero: it begins
	anew      string    // why it does not continue what it found
}

// openSpool takes the spool of a source, or begins one: if there is none, if it
// is of something else than asked, too old, or fresh is wanted.
func openSpool(dir, asked string, fresh bool, now time.Time) (_ *spool, err error) {
	f, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &spool{dir: dir, lock: f}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if s.pack, err = newPacker(); err != nil {
		return nil, err
	}
	before, err := os.ReadFile(s.path("asked"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case fresh:
	case string(before) != asked:
		s.anew = "something else is asked for than then: other tables or columns, another place, or another date to begin at"
	default:
		last, err := s.lastWritten()
		if err != nil {
			return nil, err
		}
		if now.Sub(last) <= spoolAge {
			s.continued = last
			return s, nil
		}
		s.anew = fmt.Sprintf("its last page is older than %d hours", spoolAge/time.Hour)
	}
	if err := s.clear(); err != nil {
		return nil, err
	}
	return s, s.fault(os.WriteFile(s.path("asked"), []byte(asked), 0o600))
}

// lockDir makes a directory, unless it is there, and locks it.
func lockDir(dir string) (*os.File, error) {
	for range 100 {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("pages are kept beside the store until they are loaded, and nothing can be written there: %w; get the right to, or put the store elsewhere (store: in millrace.yaml)", err)
		}
		f, err := lock(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if f == nil {
			break
		}
		ours, err := f.Stat()
		there, err2 := os.Stat(dir)
		if err == nil && err2 == nil && os.SameFile(ours, there) {
			return f, nil
		}
		f.Close() // whoever had it removed it meanwhile
	}
	return nil, errors.New("is being read by another millrace; wait until that has finished, or stop it")
}

func (s *spool) path(name string) string { return filepath.Join(s.dir, name) }

// clear removes what is in the spool; what says what it is of, first.
func (s *spool) clear() error {
	if err := os.Remove(s.path("asked")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	entries, err := os.ReadDir(s.dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(s.path(e.Name())))
	}
	return err
}

func (s *spool) lastWritten() (last time.Time, err error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return last, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return last, err
		}
		if info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	return last, nil
}

// Clean removes what cut extractions left beside a store, of all sources, if
// its last page is older than age; 0 removes all. What is being read stays.
func Clean(store string, age time.Duration) error {
	entries, err := os.ReadDir(filepath.Dir(store))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), spoolPrefix) {
			continue
		}
		s := &spool{dir: filepath.Join(filepath.Dir(store), e.Name())}
		if s.lock, err = lock(s.dir); err != nil {
			return err
		}
		if s.lock == nil {
			continue
		}
		last, err := s.lastWritten()
		if err == nil && (age == 0 || time.Since(last) > age) {
			err = errors.Join(s.clear(), os.Remove(s.dir))
		}
		if err := errors.Join(err, s.lock.Close()); err != nil {
			return err
		}
	}
	return nil
}

// part opens the pages of one question.
func (s *spool) part(name string) (*part, error) {
	p, err := openPart(s.path(name), s.pack)
	if err != nil {
		return nil, s.fault(err)
	}
	s.parts = append(s.parts, p)
	return p, nil
}

// close gives the spool up, and keeps it or not.
func (s *spool) close(keep bool) error {
	var err error
	for _, p := range s.parts {
		err = errors.Join(err, p.file.Close())
	}
	if !keep {
		err = errors.Join(err, s.clear(), os.Remove(s.dir))
	}
	s.pack.unpack.Close()
	return errors.Join(err, s.lock.Close())
}

// fault says of an error what it means for the user.
func (s *spool) fault(err error) error {
	if err == nil || !full(err) {
		return err
	}
	return fmt.Errorf("%w of %s: make room there and run it again, it continues where it was (%w)", eventlog.ErrFull, filepath.Dir(s.dir), err)
}
