package xlsxfile

import (
	"errors"
	"io"
	"strings"
)

// A style is what a number format makes of a number.
type style struct {
	kind  numberKind
	width int // of zeros before it: format 0000000000 shows 4711 as 0000004711
}

type numberKind int8

const (
	plainNumber  numberKind = iota
	dateNumber              // a day
	momentNumber            // a day and a time of day
	clockNumber             // a time of day
)

// readStyles returns the styles of cells, by their index (cellXfs).
func readStyles(r io.Reader) ([]style, error) {
	x := newXML(r)
	codes := map[int]string{}
	var list []style
	inside := false
	for {
		t, err := x.next()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		switch name := string(t.name); {
		case t.kind == startTag && name == "numFmt":
			if id, ok := t.attrInt("numFmtId"); ok {
				codes[id] = x.attrText("formatCode")
			}
		case name == "cellXfs":
			inside = t.kind == startTag && !t.empty
		case t.kind == startTag && name == "xf" && inside:
			id, _ := t.attrInt("numFmtId")
			code, custom := codes[id]
			if custom {
				list = append(list, formatStyle(code))
			} else {
				list = append(list, style{kind: builtin(id)})
			}
		}
	}
}

// builtin are the number formats that are not written down (ISO/IEC
// 29500-1:2016, §18.8.30); those from 27 are dates in East Asian ones.
func builtin(id int) numberKind {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return dateNumber
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 55, id == 56:
		return clockNumber
	case id == 22:
		return momentNumber
	}
	return plainNumber // 45 to 47 are lengths of time
}

// formatStyle reads a format code. What stands in quotes or brackets, or is
// escaped, is no part of the date; [h] is a length of time.
func formatStyle(code string) style {
	code, _, _ = strings.Cut(strings.ToLower(code), ";")
	if code == "general" || code == "@" {
		return style{}
	}
	if len(code) > 1 && len(code) <= 40 && strings.Trim(code, "0") == "" {
		return style{width: len(code)}
	}
	var plain strings.Builder
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '\\', '_', '*':
			i++
		case '"', '[':
			end := strings.IndexByte(code[i+1:], map[byte]byte{'"': '"', '[': ']'}[c])
			if end < 0 {
				return style{}
			}
			if inside := code[i+1 : i+1+end]; c == '[' && inside != "" && strings.Trim(inside, "hms") == "" {
				return style{}
			}
			i += end + 1
		default:
			plain.WriteByte(c)
		}
	}
	text := strings.NewReplacer("am/pm", "", "a/p", "", "general", "").Replace(plain.String())
	has := func(letters string) bool { return strings.ContainsAny(text, letters) }
	switch date, clock := has("yd"), has("hs"); {
	case date && clock:
		return style{kind: momentNumber}
	case date, has("m") && !clock && !has("#0?"):
		return style{kind: dateNumber}
	case clock && has("h"):
		return style{kind: clockNumber}
	}
	return style{}
}
