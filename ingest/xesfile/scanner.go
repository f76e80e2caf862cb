package xesfile

import (
	"bytes"
	"fmt"
	"io"
)

const (
	windowSize = 256 << 10
	maxMarkup  = 64 << 20 // bytes of one tag, comment or piece of text
	maxDepth   = 1000     // of elements within elements
)

// A scanner splits XML into tags. It checks what a log needs: tags match, the
// root is one and is closed, values are quoted and legal. Names, comments and
// directives are checked less closely than XML asks.
//
// It pulls the text through a window. Slices it gives are valid until the next
// call of next.
type scanner struct {
	r    io.Reader
	file string // as errors name it
	unit string // of offsets, as errors name it: "byte"

	buf     []byte
	p, n    int   // buf[p:n] is yet to be scanned
	passed  int64 // bytes of the text before buf
	err     error // why r gives no more; io.EOF at a good end
	line    int64 // line of buf[counted], from 1
	counted int

	tag   tag
	at    int    // where it starts in buf
	text  []byte // values of tag that had to be rewritten
	names []byte // of the open elements, one after the other
	ends  []int  // where each of them ends in names
	root  bool   // the root has been seen
	stray int64  // pieces of text between tags

	maxMarkup int
}

// A tag is a start or end tag. Prefixes of namespaces are cut off its name.
type tag struct {
	name  []byte
	attrs []attr
	end   bool // </a>
	empty bool // <a/>: no end tag follows
}

type attr struct{ name, value []byte }

func newScanner(r io.Reader, file, unit string) *scanner {
	return &scanner{r: r, file: file, unit: unit, buf: make([]byte, windowSize), line: 1, maxMarkup: maxMarkup}
}

// attr returns the value of the attribute with the given name.
func (t *tag) attr(name string) (value []byte, ok bool) {
	for i := range t.attrs {
		if string(t.attrs[i].name) == name {
			return t.attrs[i].value, true
		}
	}
	return nil, false
}

// fill slides the window to p and reads more. It is false if there is no more.
func (s *scanner) fill() bool {
	if s.err != nil {
		return false
	}
	if s.p > 0 {
		s.lineAt(s.p)
		copy(s.buf, s.buf[s.p:s.n])
		s.n -= s.p
		s.passed += int64(s.p)
		s.p, s.counted = 0, 0
	}
	if s.n == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	start := s.n
	for empty := 0; s.n < len(s.buf) && s.err == nil; empty++ {
		k, err := s.r.Read(s.buf[s.n:])
		s.n += k
		s.err = err
		if k > 0 {
			empty = 0
		} else if err == nil && empty == 100 {
			s.err = io.ErrNoProgress
		}
	}
	return s.n > start
}

// lineAt returns the line of buf[p]. Calls with ascending p cost one pass over
// the text in all.
func (s *scanner) lineAt(p int) int64 {
	if p < s.counted {
		return s.line - int64(bytes.Count(s.buf[p:s.counted], newline))
	}
	s.line += int64(bytes.Count(s.buf[s.counted:p], newline))
	s.counted = p
	return s.line
}

var newline = []byte{'\n'}

// errorAt is an error at buf[p].
func (s *scanner) errorAt(p int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s (%s %d)", s.file, s.lineAt(p), fmt.Sprintf(format, args...), s.unit, s.passed+int64(p))
}

// cut is the error for a text that ends inside of what.
func (s *scanner) cut(what string) error {
	if s.err != nil && s.err != io.EOF {
		return fmt.Errorf("%s:%d: cannot read on inside %s (%s %d): %w", s.file, s.lineAt(s.n), what, s.unit, s.passed+int64(s.n), s.err)
	}
	return s.errorAt(s.n, "the file ends inside %s: it was cut off, get it again", what)
}

// more reads more of the markup that starts at p and is called what.
func (s *scanner) more(what string) error {
	if s.n-s.p >= s.maxMarkup {
		return s.errorAt(s.p, "%s is longer than %d MiB", what, s.maxMarkup>>20)
	}
	if !s.fill() {
		return s.cut(what)
	}
	return nil
}

// next advances to the next tag; it is io.EOF after the root and all that may
// follow it.
func (s *scanner) next() error {
	for {
		for s.p < s.n && class[s.buf[s.p]]&isSpace != 0 {
			s.p++
		}
		if s.p == s.n {
			if s.fill() {
				continue
			}
			return s.finish()
		}
		if s.buf[s.p] != '<' {
			if err := s.skipText(); err != nil {
				return err
			}
			continue
		}
		if s.n-s.p < 2 {
			if err := s.more("a tag"); err != nil {
				return err
			}
			continue
		}
		switch s.buf[s.p+1] {
		case '!', '?':
			if err := s.skipMarkup(); err != nil {
				return err
			}
			continue
		}
		k, err := s.scanTag(s.buf[s.p:s.n])
		if err != nil {
			return err
		}
		if k == 0 {
			if err := s.more("a tag"); err != nil {
				return err
			}
			continue
		}
		if err := s.nest(); err != nil {
			return err
		}
		s.at = s.p
		s.p += k
		return nil
	}
}

func (s *scanner) finish() error {
	switch {
	case s.err == errPieceEnd:
		return errPieceEnd
	case len(s.ends) > 0:
		return s.cut(fmt.Sprintf("<%s>", s.top()))
	case s.err != io.EOF:
		return s.cut("the text")
	case !s.root:
		return s.errorAt(s.n, "no element <log>: the file is empty, or cut off")
	}
	return io.EOF
}

// top returns the name of the innermost open element.
func (s *scanner) top() []byte {
	k := len(s.ends) - 1
	start := 0
	if k > 0 {
		start = s.ends[k-1]
	}
	return s.names[start:s.ends[k]]
}

// nest checks the tag at p against the open elements.
func (s *scanner) nest() error {
	t := &s.tag
	switch {
	case t.end && len(s.ends) == 0:
		return s.errorAt(s.p, "</%s> closes nothing", t.name)
	case t.end:
		if top := s.top(); !bytes.Equal(top, t.name) {
			return s.errorAt(s.p, "<%s> is closed by </%s>", top, t.name)
		}
		k := len(s.ends) - 1
		s.names = s.names[:s.ends[k]-len(t.name)]
		s.ends = s.ends[:k]
	case len(s.ends) == 0 && s.root:
		return s.errorAt(s.p, "<%s> follows the end of the log: a file holds one log", t.name)
	case len(s.ends) >= maxDepth:
		return s.errorAt(s.p, "elements are nested deeper than %d", maxDepth)
	default:
		s.root = true
		if !t.empty {
			s.names = append(s.names, t.name...)
			s.ends = append(s.ends, len(s.names))
		}
	}
	t.name = local(t.name)
	return nil
}

// local cuts the prefix of a namespace off a name.
func local(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i > 0 && i < len(name)-1 {
		return name[i+1:]
	}
	return name
}

// skipText passes over text between tags, which XES has no use for.
func (s *scanner) skipText() error {
	for {
		i := bytes.IndexByte(s.buf[s.p:s.n], '<')
		if i < 0 && s.err == nil {
			if err := s.more("text"); err != nil && s.err == nil {
				return err
			}
			continue
		}
		text := s.buf[s.p:s.n]
		if i >= 0 {
			text = text[:i]
		}
		if err := s.checkText(s.p, text, text); err != nil {
			return err
		}
		s.p += len(text)
		return nil
	}
}

// checkText counts text between tags, or says why it must not be there. What
// is escaped in it is still to be decoded.
func (s *scanner) checkText(at int, text, escaped []byte) error {
	if len(bytes.Trim(text, " \t\r\n")) == 0 {
		return nil
	}
	if len(s.ends) == 0 {
		where := "before the log"
		if s.root {
			where = "after the end of the log"
		}
		return s.errorAt(at, "text %s %s", quote(text), where)
	}
	s.stray++
	if bytes.IndexByte(escaped, '&') >= 0 {
		if _, problem := decode(nil, escaped); problem != "" {
			return s.errorAt(at, "%s", problem)
		}
	}
	return nil
}

// skipMarkup passes over a comment, a CDATA section, a processing instruction
// or a directive such as DOCTYPE. Nothing they declare is looked at.
func (s *scanner) skipMarkup() error {
	for {
		b := s.buf[s.p:s.n]
		what, from, end := "a directive", 0, ""
		switch {
		case b[1] == '?':
			what, from, end = "a processing instruction", 2, "?>"
		case bytes.HasPrefix(b, []byte("<!--")):
			what, from, end = "a comment", 4, "-->"
		case bytes.HasPrefix(b, []byte("<![CDATA[")):
			what, from, end = "a CDATA section", 9, "]]>"
		case len(b) < 9 && s.err == nil:
			if err := s.more(what); err != nil && s.err == nil {
				return err
			}
			continue
		}
		k := 0
		if end == "" {
			k = directive(b)
		} else if i := bytes.Index(b[from:], []byte(end)); i >= 0 {
			k = from + i + len(end)
		}
		if k == 0 {
			if err := s.more(what); err != nil {
				return err
			}
			continue
		}
		if from == 9 {
			if err := s.checkText(s.p, b[9:k-3], nil); err != nil {
				return err
			}
		}
		s.p += k
		return nil
	}
}

// directive returns the length of the directive b starts with, 0 if b ends
// before it. Angle brackets in it nest, except in quotes and comments.
func directive(b []byte) int {
	depth, quote := 0, byte(0)
	for i := 3; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>' && depth == 0:
			return i + 1
		case c == '>':
			depth--
		case c == '<' && bytes.HasPrefix(b[i:], []byte("<!--")):
			k := bytes.Index(b[i+4:], []byte("-->"))
			if k < 0 {
				return 0
			}
			i += 4 + k + 2
		case c == '<':
			depth++
		}
	}
	return 0
}
