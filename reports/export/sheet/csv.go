package sheet

import (
	"bufio"
	"context"
	"io"
	"strings"
	"unicode/utf8"
)

// writeCSV writes a sheet by RFC 4180: UTF-8 without a mark, CRLF, a header,
// ISO dates, a point before decimals, nothing between thousands. No value is an
// empty field, an empty text is "" in quotes.
//
// A spreadsheet runs a field that begins with one of formulaSigns. A text that
// does, after any number of apostrophes, gets one more apostrophe at its front
// (OWASP, CSV Injection). To read it back, take one apostrophe from a text that
// begins with apostrophes and then such a sign: nothing else was changed.
// Numbers and dates stay what they are. What a spreadsheet makes of a file that
// it is told to split at other signs than commas is not guarded: take XLSX.
func writeCSV(ctx context.Context, w io.Writer, s *Sheet) error {
	out := bufio.NewWriterSize(w, 1<<16)
	fields := s.fields()
	for i, f := range fields {
		comma(out, i)
		out.WriteString(f.name) // a name needs no quotes
	}
	out.WriteString("\r\n")
	for row, err := range s.each(ctx) {
		if err != nil {
			return err
		}
		for i, f := range fields {
			comma(out, i)
			v := f.flat(row)
			text := v.Text(s.Columns[f.column])
			switch {
			case v.kind == TextType && (text == "" || strings.ContainsAny(text, ",;\"\r\n\t") || defused(text) != text):
				out.WriteByte('"')
				out.WriteString(strings.ReplaceAll(defused(text), `"`, `""`))
				out.WriteByte('"')
			case v.kind == "" && len(fields) == 1:
				out.WriteString(`""`) // an empty line is no row
			default:
				out.WriteString(text)
			}
		}
		out.WriteString("\r\n")
	}
	return out.Flush() // has the first error of all
}

func comma(out *bufio.Writer, i int) {
	if i > 0 {
		out.WriteByte(',')
	}
}

// formulaSigns are what OWASP lists, with the wide forms that some spreadsheets
// take for the same.
const formulaSigns = "=+-@\t\r\n＝＋－＠"

// defused returns a text as no spreadsheet runs it.
func defused(text string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, "'"))
	if first != utf8.RuneError && strings.ContainsRune(formulaSigns, first) {
		return "'" + text
	}
	return text
}
