package reports

import (
	"slices"
	"strings"

	"millrace/reports/brand"
	"millrace/reports/words"
)

// A Mail is the first page of a report as the body of a mail: what changed, the
// key figures, the worst delays. Figures have no notes there: the definitions
// are in the report.
type Mail struct {
	Title, Source string
	Facts         []Fact
	Lead          []Text
	Tiles         []Tile // at most six
	Table         *Table // the first of the page, at most five rows; nil if there is none
	Rest          string // where the report is
	Maker         string
	Language      *words.Language // nil is English
	Brand         *brand.Brand    // its colours: programs that show mail do not show a logo that is inside; nil: ours
}

// Mail makes a mail of a report's first page. It says that the report is in a
// file, which may be attached.
func (r *Report) Mail(file string, attached bool) *Mail {
	return mailOf(r.Pages[0].Blocks, Mail{Title: r.Title, Source: r.Source, Facts: r.Facts, Rest: rest(r.Language, file, attached), Maker: r.Maker, Language: r.Language, Brand: r.Brand})
}

// Mail is [Report.Mail] of a page that stands alone.
func (p *Page) Mail(file string, attached bool) *Mail {
	return mailOf(p.Blocks, Mail{Title: p.Title, Source: p.Source, Facts: p.Facts, Rest: rest(p.Language, file, attached), Maker: p.Maker, Language: p.Language, Brand: p.Brand})
}

func rest(l *words.Language, file string, attached bool) string {
	return speaking(l).Word(map[bool]string{true: "mail.attached", false: "mail.file"}[attached], "files", file)
}

// What a mail has at most.
const (
	mailTiles = 6
	mailRows  = 5
)

func mailOf(blocks []Block, m Mail) *Mail {
	for _, b := range blocks {
		switch b := b.(type) {
		case *Lead:
			m.Lead = append(m.Lead, b.Sentences...)
		case *Tiles:
			m.Tiles = append(m.Tiles, b.Tiles[:min(len(b.Tiles), mailTiles-len(m.Tiles))]...)
		case *Table:
			if m.Table == nil {
				m.Table = narrow(b)
			}
		}
	}
	return &m
}

// narrow has the first rows of a table, and of its columns those that fit a
// mail: what it is about, how many, what is drawn as bars, and the last.
func narrow(t *Table) *Table {
	var keep []int
	for i, c := range t.Columns {
		if i < 2 || c.Bar || i == len(t.Columns)-1 {
			keep = append(keep, i)
		}
	}
	few := &Table{Title: t.Title, About: t.About}
	for _, i := range keep {
		few.Columns = append(few.Columns, t.Columns[i])
	}
	for _, r := range t.Rows[:min(len(t.Rows), mailRows)] {
		var row Row
		for _, i := range keep {
			row = append(row, r[i])
		}
		few.Rows = append(few.Rows, row)
	}
	return few
}

// Text is the mail for who reads no HTML.
func (m *Mail) Text() string {
	var b strings.Builder
	line := func(parts ...string) {
		parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
		b.WriteString(strings.Join(parts, " ") + "\n")
	}
	line(m.Title)
	for _, f := range m.Facts {
		line(f.Term+":", f.Text)
	}
	for _, s := range m.Lead {
		line()
		line(s.plain())
	}
	line()
	for _, t := range m.Tiles {
		number := t.Number
		if t.Unit == speaking(m.Language).Percent {
			number += t.Unit
		} else if t.Unit != "" {
			number += " " + t.Unit
		}
		parts := []string{number}
		for _, o := range t.Others {
			parts = append(parts, o.plain())
		}
		if t.Beside != "" {
			parts = append(parts, t.Beside)
		}
		for _, c := range t.Changes {
			parts = append(parts, c.Text.plain())
		}
		line("*", t.Title+":", strings.Join(parts, "; "))
	}
	if m.Table != nil {
		line()
		line(m.Table.Title)
		for _, r := range m.Table.Rows {
			var parts []string
			for i, c := range r[1:] {
				parts = append(parts, m.Table.Columns[i+1].Head+" "+c.Text)
			}
			line("*", r[0].Text+":", strings.Join(parts, ", "))
		}
	}
	line()
	line(m.Rest)
	return b.String()
}

// plain is a text without the numbers of its notes.
func (t Text) plain() string {
	var b strings.Builder
	for _, s := range t {
		b.WriteString(s.Text)
	}
	return b.String()
}
