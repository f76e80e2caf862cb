package csvfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"millrace/ingest"
)

// delimiters are those that are detected; others can be told.
const delimiters = ",;\t|"

// found is a dialect and how well it fits.
type found struct {
	dialect
	fit
}

// detectDialect finds out how rows are written, from the start of the text.
// whole says that it is all of it.
func detectDialect(text []byte, whole bool, o ingest.Options) (found, error) {
	d := dialect{quote: '"', eol: '\n'}
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') >= 0 {
		d.eol = '\r'
	}
	if !whole { // leave out the row that is cut
		text = text[:bytes.LastIndexByte(text, d.eol)+1]
	}
	delimiter, err := oneByte("delimiter", o.Delimiter, map[string]byte{"tab": '\t', `\t`: '\t'})
	if err != nil {
		return found{}, err
	}
	quote, err := oneByte("quote", o.Quote, map[string]byte{"none": 0})
	if err != nil {
		return found{}, err
	}
	candidates := []byte(delimiters)
	if o.Delimiter != "" {
		candidates = []byte{delimiter}
	}
	quotes := []byte{'"', '\'', 0}
	if o.Quote != "" {
		quotes = []byte{quote}
	}
	d.delimiter, d.quote = candidates[0], quotes[0]
	best := fit{}
	for _, q := range quotes {
		for _, c := range candidates {
			t := dialect{delimiter: c, quote: q, eol: d.eol}
			if f := t.fit(text); f.better(best) && (o.Quote != "" || t.plausible(text)) {
				best, d = f, t
			}
		}
	}
	if d.delimiter == d.quote {
		return found{}, fmt.Errorf("--delimiter and --quote are both %q", d.quote)
	}
	return found{d, best}, nil
}

func oneByte(option, value string, names map[string]byte) (byte, error) {
	if b, ok := names[value]; ok {
		return b, nil
	}
	if len(value) > 1 || value == "\n" || value == "\r" || (value != "" && value[0] >= 0x80) {
		return 0, fmt.Errorf("--%s %q: want one ASCII character", option, value)
	}
	if value == "" {
		return 0, nil
	}
	return value[0], nil
}

// A fit is how well a dialect explains the text.
type fit struct {
	columns, rows int
	share         float64 // of the rows that have as many fields as the first
}

func (f fit) better(g fit) bool {
	if f.columns < 2 || g.columns < 2 {
		return f.columns > g.columns && f.columns > 1
	}
	if f.share != g.share {
		return f.share > g.share
	}
	return f.columns > g.columns
}

const fitRows = 1000

func (d dialect) fit(text []byte) fit {
	rows, same, columns := 0, 0, 0
	for rec, err := range d.records(text) {
		if err != nil {
			break
		}
		if rows++; rows == 1 {
			columns = len(rec.fields)
		}
		if rec.bad == "" && len(rec.fields) == columns {
			same++
		}
		if rows == fitRows {
			break
		}
	}
	return fit{columns: columns, rows: rows, share: float64(same) / float64(max(rows, 1))}
}

func (d dialect) records(text []byte) func(yield func(*record, error) bool) {
	return func(yield func(*record, error) bool) {
		s := newScanner(bytes.NewReader(text), d, false)
		for {
			rec, err := s.next()
			if errors.Is(err, io.EOF) || !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// plausible says whether there is reason to believe in unusual quotes. A single
// quote needs a row in which it encloses every text it starts; no quotes at
// all need three fields that a double quote starts and none that it encloses:
// one or two may as well be mistakes.
func (d dialect) plausible(text []byte) bool {
	if d.quote == '"' {
		return true
	}
	q := byte('\'')
	if d.quote == 0 {
		q = '"'
	} else if bytes.IndexByte(text, '"') >= 0 {
		return false
	}
	enclosed, opened := 0, 0
	for rec, err := range (dialect{delimiter: d.delimiter, eol: d.eol}).records(text) {
		if err != nil {
			return false
		}
		for _, f := range rec.fields {
			switch {
			case len(f) > 1 && f[0] == q && f[len(f)-1] == q:
				enclosed++
			case len(f) > 0 && f[0] == q:
				opened++
			}
		}
	}
	if d.quote == 0 {
		return opened >= 3 && enclosed == 0
	}
	return enclosed >= 2 && opened*4 <= enclosed
}

func (d dialect) detections(o ingest.Options) []ingest.Detection {
	delimiter := character(d.delimiter)
	if d.list {
		delimiter += " around and between the columns of a list"
	}
	return []ingest.Detection{
		{Option: "delimiter", Value: delimiter, Told: o.Delimiter != ""},
		{Option: "quote", Value: character(d.quote), Told: o.Quote != ""},
	}
}

func character(b byte) string {
	switch b {
	case 0:
		return "none"
	case '\t':
		return "tab"
	}
	return string(rune(b))
}

// separatorLine reads the line "sep=;" that Excel puts before the header.
func separatorLine(text []byte) (delimiter string, ok bool) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	s := strings.TrimRight(string(line), "\r")
	if rest, ok := strings.CutPrefix(strings.ToLower(strings.Trim(s, `"`)), "sep="); ok && len(rest) == 1 {
		return rest, true
	}
	return "", false
}
