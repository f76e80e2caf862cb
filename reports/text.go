package reports

import (
	"fmt"
	"strings"

	"millrace/reports/figure"
)

// String writes p as plain text, block by block, for tests and mails.
func (p *Page) String() string {
	var b strings.Builder
	said := speaking(p.Language)
	if p.Source != "" {
		fmt.Fprintln(&b, p.Source)
	}
	fmt.Fprintf(&b, "%s\n", strings.ToUpper(p.Title))
	for _, f := range p.Facts {
		fmt.Fprintf(&b, "  %s: %s\n", f.Term, f.Text)
	}
	for _, block := range p.Blocks {
		b.WriteByte('\n')
		switch block := block.(type) {
		case *Lead:
			for _, s := range block.Sentences {
				fmt.Fprintf(&b, "%s\n", s)
			}
		case *Tiles:
			for _, t := range block.Tiles {
				t.text(&b)
			}
		case *Histogram:
			fmt.Fprintf(&b, "%s%s\n  %s\n", block.Title, mark(block.Note), block.About)
			for _, bar := range block.Bars {
				fmt.Fprintf(&b, "  %-18s %6s  %s\n", bar.Label, said.Count(bar.N), strings.Repeat("▇", int(bar.Share*200+.5)))
			}
		case *Table:
			block.text(&b)
		case *Map:
			block.text(&b, said)
		case *Variants:
			block.text(&b)
		case *Trend:
			block.text(&b)
		case *Stack:
			fmt.Fprintf(&b, "%s%s\n", block.Title, mark(block.Note))
			for _, bar := range block.Bars {
				fmt.Fprintf(&b, "  %s:", bar.Label)
				for _, p := range bar.Parts {
					fmt.Fprintf(&b, " %s %s (%.0f%% to %.0f%%)", p.Name, p.Text, 100*p.From, 100*p.To)
				}
				b.WriteByte('\n')
			}
			block.Table.text(&b)
		case *Columns:
			fmt.Fprintf(&b, "%s%s\n  %s\n", block.Title, mark(block.Note), block.About)
			block.Table.text(&b)
		case *Model:
			fmt.Fprintf(&b, "%s%s\n  %s%s\n", block.Title, mark(block.Note), block.About, block.Empty)
			if block.Table != nil {
				block.Table.text(&b)
			}
		case *Prose:
			if block.Title != "" {
				fmt.Fprintln(&b, block.Title)
			}
			for _, p := range block.Paragraphs {
				fmt.Fprintln(&b, p)
			}
		case *Footnotes:
			for _, f := range block.Notes {
				fmt.Fprintf(&b, "[%d] %s: %s %s\n", f.Number, f.Term, f.Text, f.Sample)
			}
		case *Notes:
			for _, n := range block.Notes {
				fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
			}
		}
	}
	return strings.ReplaceAll(b.String(), figure.NBSP, " ")
}

// String writes t with its footnotes in brackets.
func (t Text) String() string {
	var b strings.Builder
	for _, s := range t {
		b.WriteString(s.Text + mark(s.Note))
	}
	return b.String()
}

func mark(note int) string {
	if note == 0 {
		return ""
	}
	return fmt.Sprintf("[%d]", note)
}

func (t *Tile) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s%s: %s", t.Title, mark(t.Note), t.Number)
	if t.Unit != "" && t.Unit != "%" {
		b.WriteByte(' ')
	}
	b.WriteString(t.Unit)
	for _, s := range []string{t.Beside, t.Sample, t.Warning} {
		if s != "" {
			b.WriteString(" | " + s)
		}
	}
	if t.LeftOut != "" {
		b.WriteString(" | not in it: " + t.LeftOut)
	}
	for _, c := range t.Changes {
		fmt.Fprintf(b, " | %s", c.Text)
		if c.State != Neither {
			fmt.Fprintf(b, " (%s)", c.State)
		}
	}
	for _, o := range t.Others {
		fmt.Fprintf(b, " | %s", o)
	}
	b.WriteByte('\n')
}

func (t *Table) text(b *strings.Builder) {
	if t.Title != "" || t.About != "" {
		fmt.Fprintln(b, t.Title)
	}
	if t.About != "" {
		fmt.Fprintf(b, "  %s\n", t.About)
	}
	var heads []string
	for _, c := range t.Columns {
		heads = append(heads, c.Head+mark(c.Note))
	}
	fmt.Fprintf(b, "  %s\n", strings.Join(heads, " | "))
	for _, r := range t.Rows {
		var cells []string
		for _, c := range r {
			text := c.Text + mark(c.Note)
			if c.State != Neither {
				text += " (" + string(c.State) + ")"
			}
			cells = append(cells, text)
		}
		fmt.Fprintf(b, "  %s\n", strings.Join(cells, " | "))
	}
}

func (t *Trend) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s%s\n  %s\n", t.Title, mark(t.Note), t.About)
	for _, s := range t.Series {
		fmt.Fprintf(b, "  %s:", s.Name)
		for _, p := range s.Points {
			fmt.Fprintf(b, " %s", p.Text)
			if p.Out {
				b.WriteByte('!')
			}
		}
		b.WriteByte('\n')
	}
	t.Table.text(b)
}

func (m *Map) text(b *strings.Builder, said speech) {
	fmt.Fprintf(b, "%s%s%s\n", m.Title, mark(m.Note), mark(m.WaitNote))
	if m.Empty != "" {
		fmt.Fprintf(b, "  %s\n", m.Empty)
		return
	}
	var modes []string
	for _, mode := range m.Modes {
		modes = append(modes, mode.Name)
	}
	fmt.Fprintf(b, "  %s\n  Tells: %s.\n", m.About, strings.Join(modes, ", "))
	for i, l := range m.Levels {
		shown := ""
		if i == m.Shown {
			shown = ", shown first"
		}
		fmt.Fprintf(b, "  %s: %s, %s%s\n", l.Name, said.Counted(int64(len(l.Graph.Activities)), said.Noun("activity", "activities")), said.Counted(int64(len(l.Graph.Edges)), said.Noun("path", "paths")), shown)
		if l.About != "" {
			fmt.Fprintf(b, "    %s\n", l.About)
		}
	}
	if m.Replay != nil {
		fmt.Fprintf(b, "  Replay: %s\n", m.Replay.About)
	}
}

func (v *Variants) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s%s\n", v.Title, mark(v.ShareNote))
	for _, about := range []string{v.Empty, v.About} {
		if about != "" {
			fmt.Fprintf(b, "  %s\n", about)
		}
	}
	for _, ranking := range v.Rankings {
		fmt.Fprintf(b, "  %s. %s\n", ranking.Name, ranking.About)
		for _, r := range ranking.Rows {
			r.text(b)
		}
	}
}

func (r *VariantRow) text(b *strings.Builder) {
	fmt.Fprintf(b, "  %s, %s, median %s, %s so far", r.ShareText, r.Cases, r.Median, r.Cumulative)
	if r.Touchless != "" {
		fmt.Fprintf(b, ", %s touchless", r.Touchless)
		if r.NoTouch {
			b.WriteString(" (marked)")
		}
	}
	if r.Avoidable != "" {
		fmt.Fprintf(b, ", %s avoidable (%s)", r.Avoidable, r.Part)
	}
	b.WriteByte(':')
	for _, s := range r.Steps {
		switch {
		case s.More > 0:
			fmt.Fprintf(b, " > (%d more)", s.More)
			continue
		case s.Mark == Extra:
			b.WriteString(" > +" + s.Name)
		case s.Mark == Again:
			b.WriteString(" > again " + s.Name)
		default:
			b.WriteString(" > " + s.Name)
		}
		if s.Times > 1 {
			fmt.Fprintf(b, " ×%d", s.Times)
		}
	}
	if r.Difference != "" {
		b.WriteString("; " + r.Difference)
	}
	b.WriteByte('\n')
}
