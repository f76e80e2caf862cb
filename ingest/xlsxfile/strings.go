package xlsxfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxShared is how many bytes of texts a workbook may share between its cells;
// they are held in memory.
const maxShared = 512 << 20

// sharedTexts are the texts that cells refer to by number.
type sharedTexts struct {
	bytes []byte
	ends  []uint32
}

func (s *sharedTexts) text(i int) ([]byte, bool) {
	if i < 0 || i >= len(s.ends) {
		return nil, false
	}
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.bytes[from:s.ends[i]], true
}

// readShared reads the texts.
func readShared(r io.Reader) (*sharedTexts, error) {
	x := newXML(r)
	s := &sharedTexts{}
	for {
		t, err := x.next()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		if t.kind != startTag || string(t.name) != "si" {
			continue
		}
		if !t.empty {
			if s.bytes, err = x.richText(s.bytes, "si"); err != nil {
				return nil, err
			}
		}
		if len(s.bytes) > maxShared || len(s.ends) > maxShared/8 {
			return nil, fmt.Errorf("it has more than %d MiB of texts; save the sheet as CSV", maxShared>>20)
		}
		s.ends = append(s.ends, uint32(len(s.bytes)))
	}
}

// richText appends the text of an element to dst, whatever its fonts are; how
// it is pronounced (rPh) is left out.
func (x *xmlScanner) richText(dst []byte, until string) ([]byte, error) {
	from, inText, phonetic := len(dst), false, 0
	for {
		t, err := x.next()
		if errors.Is(err, io.EOF) {
			return dst, errCut
		}
		if err != nil {
			return dst, err
		}
		switch name := string(t.name); {
		case t.kind == textNode:
			if inText && phonetic == 0 {
				dst = append(dst, t.text...)
			}
			if len(dst)-from > maxToken {
				return dst, errTooLong
			}
		case name == "t":
			inText = t.kind == startTag && !t.empty
		case name == "rPh" && t.kind == startTag && !t.empty:
			phonetic++
		case name == "rPh" && t.kind == endTag:
			phonetic--
		case name == until && t.kind == endTag:
			return unescapeX(dst, from), nil
		}
	}
}

// unescapeX replaces _x000D_ and the like by what they stand for: characters
// that XML cannot hold (ISO/IEC 29500-1:2016, §22.9.2.19).
func unescapeX(b []byte, from int) []byte {
	if !bytes.Contains(b[from:], []byte("_x")) {
		return b
	}
	out := b[:from]
	for rest := b[from:]; len(rest) > 0; {
		if len(rest) >= 7 && rest[0] == '_' && rest[1] == 'x' && rest[6] == '_' {
			if n, err := strconv.ParseUint(string(rest[2:6]), 16, 16); err == nil && (n < 0xd800 || n > 0xdfff) {
				out = append(out, string(rune(n))...) // never longer than the seven it replaces
				rest = rest[7:]
				continue
			}
		}
		out = append(out, rest[0])
		rest = rest[1:]
	}
	return out
}
