package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"millrace/eventlog"
)

// A table is text in columns: words to the left, numbers to the right.
type table struct {
	head  []string
	right []bool
	rows  [][]string
}

// newTable takes the headings; one that begins with a blank stands over numbers.
func newTable(head ...string) *table {
	t := &table{}
	for _, h := range head {
		name := strings.TrimPrefix(h, " ")
		t.head = append(t.head, name)
		t.right = append(t.right, name != h)
	}
	return t
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) write(w io.Writer) error {
	width := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			width[i] = max(width[i], displayWidth(cell))
		}
	}
	var out strings.Builder
	for _, row := range append([][]string{t.head}, t.rows...) {
		line := ""
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-displayWidth(cell))
			if t.right[i] {
				cell = pad + cell
			} else {
				cell += pad
			}
			line += cell + "  "
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// displayWidth counts terminal cells: wide letters of East Asia take two.
func displayWidth(s string) int {
	n := utf8.RuneCountInString(s)
	for _, r := range s {
		if r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
			r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0x1f300) {
			n++
		}
	}
	return n
}

// printable makes foreign text safe for a terminal: control characters, which
// could move the cursor or hide text, are shown as such.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '�'
		}
		return r
	}, s)
}

// count writes a number with thousands separated.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + " %" }

// span writes a duration of µs in the unit that suits it.
func span(us float64) string {
	switch s := us / 1e6; {
	case math.Abs(s) < 1:
		return strconv.FormatFloat(us/1e3, 'f', 0, 64) + " ms"
	case math.Abs(s) < 90:
		return strconv.FormatFloat(s, 'f', 0, 64) + " s"
	case math.Abs(s) < 90*60:
		return strconv.FormatFloat(s/60, 'f', 0, 64) + " min"
	case math.Abs(s) < 48*3600:
		return strconv.FormatFloat(s/3600, 'f', 1, 64) + " h"
	}
	if d := us / 86400e6; math.Abs(d) < 1000 {
		return strconv.FormatFloat(d, 'f', 1, 64) + " d"
	}
	return count(int64(math.Round(us/86400e6))) + " d"
}

// A clock says what durations are counted by: "working", or "" for elapsed time.
type clock string

// span writes a duration: working time up to hours, because how long a working
// day is depends on who works.
func (c clock) span(us float64) string {
	if h := us / 3600e6; c != "" && math.Abs(h) >= 48 {
		if math.Abs(h) < 1000 {
			return strconv.FormatFloat(h, 'f', 1, 64) + " h"
		}
		return count(int64(math.Round(h))) + " h"
	}
	return span(us)
}

// quantile writes a quantile, "–" if there are no durations.
func (c clock) quantile(d *eventlog.Durations, q float64) string {
	if d == nil || d.N == 0 {
		return "–"
	}
	return c.span(d.Quantile(q))
}

// heading says above a table that its durations are in working time.
func (c clock) heading(w io.Writer) {
	if c != "" {
		fmt.Fprint(w, "Durations are in working time.\n\n")
	}
}

// quantile writes a quantile, "–" if there are no durations.
func quantile(d *eventlog.Durations, q float64) string {
	return clock("").quantile(d, q)
}

// printNotes writes the notes of a result below it.
func printNotes(w io.Writer, notes []eventlog.Note) {
	for _, n := range notes {
		fmt.Fprintf(w, "note: %s\n", printable(n.Text))
	}
}

// printJSON writes a result for programs.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
