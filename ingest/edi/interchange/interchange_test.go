package interchange

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// An input is a file. A line break is written in it as it is; \r, \0, \x1d …
// stand for bytes. With "joined" the line breaks are left out, with "crlf"
// they are those of Windows, with "latin1" the file is in Latin-1.
func TestRead(t *testing.T) {
	for _, file := range []string{"x12", "edifact"} {
		datadriven.RunTest(t, "testdata/"+file, func(t *testing.T, d *datadriven.TestData) string {
			text := d.Input + "\n"
			l := Limits{}
			for _, a := range d.CmdArgs {
				switch a.Key {
				case "joined":
					text = strings.ReplaceAll(text, "\n", "")
				case "crlf":
					text = strings.ReplaceAll(text, "\n", "\r\n")
				case "columns": // broken at a column, as mainframes do
					var n int
					a.Scan(t, 0, &n)
					text = wrap(strings.ReplaceAll(text, "\n", ""), n)
				case "latin1":
					text = latin1(text)
				case "segment":
					a.Scan(t, 0, &l.Segment)
				case "message":
					a.Scan(t, 0, &l.Message)
				}
			}
			return show(unescape.Replace(text), l)
		})
	}
}

var unescape = strings.NewReplacer(`\r`, "\r", `\0`, "\x00", `\xef\xbb\xbf`, "\xef\xbb\xbf", `\x1c`, "\x1c", `\x1d`, "\x1d", `\x1f`, "\x1f", `\xff`, "\xff")

func wrap(text string, n int) string {
	var b strings.Builder
	for ; len(text) > n; text = text[n:] {
		b.WriteString(text[:n] + "\r\n")
	}
	return b.String() + text
}

func latin1(text string) string {
	var b []byte
	for _, r := range text {
		b = append(b, byte(r))
	}
	return string(b)
}

func show(text string, l Limits) string {
	var b strings.Builder
	last := (*Interchange)(nil)
	begin := func(x *Interchange) {
		if x != last {
			fmt.Fprintf(&b, "%s %s: %s from %s:%s to %s:%s, made %s\n", x.Standard, x.Version, x.Control, x.SenderQualifier, x.Sender,
				x.ReceiverQualifier, x.Receiver, x.Prepared.Format("2006-01-02 15:04"))
			last = x
		}
	}
	err := Read(strings.NewReader(text), "orders.edi", Visitor{
		Message: func(m *Message) error {
			begin(m.Interchange)
			fmt.Fprintf(&b, "  message %d: %s %s of %s", m.Ordinal, m.Type, m.Control, m.Version)
			if g := m.Group; g != nil {
				fmt.Fprintf(&b, ", group %s %s of %s to %s, %s", g.Function, g.Control, g.Sender, g.Receiver, g.Prepared.Format("2006-01-02 15:04:05"))
			}
			b.WriteString("\n")
			for i := range m.Segments {
				s := &m.Segments[i]
				fmt.Fprintf(&b, "    %d %s\n", s.Number, s)
			}
			return nil
		},
		Interchange: func(x *Interchange) error {
			begin(x)
			fmt.Fprintf(&b, "  groups %d, messages %d, complete %t, test %t\n", x.Groups, x.Messages, x.Complete, x.Test)
			return nil
		},
		Problem: func(p Problem) {
			kind := "note"
			if p.Lost {
				kind = "reject"
			}
			fmt.Fprintf(&b, "%s: %s: %s\n", kind, p.Place, p.Reason)
		},
	}, l)
	if err != nil {
		fmt.Fprintf(&b, "error: %s\n", err)
	}
	return b.String()
}
