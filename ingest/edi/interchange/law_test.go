package interchange

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// messages reads what it can of a text.
func messages(t testing.TB, text []byte) (list []*Message, problems []Problem) {
	t.Helper()
	ended := 0
	err := Read(bytes.NewReader(text), "x.edi", Visitor{
		Message:     func(m *Message) error { list = append(list, m); return nil },
		Interchange: func(*Interchange) error { ended++; return nil },
		Problem:     func(p Problem) { problems = append(problems, p) },
	}, Limits{})
	if err != nil {
		t.Fatalf("no reader fails, but: %v", err)
	}
	return list, problems
}

// write writes a message in an interchange of its own, in the standard it is
// of; false if no character is left to separate its texts.
func write(m *Message) (string, bool) {
	var all strings.Builder
	for _, s := range m.Segments {
		for _, v := range s.Values {
			all.WriteString(v.Text)
		}
	}
	if strings.ContainsAny(all.String(), "\r\n") {
		return "", false // the terminator of its file was a line break
	}
	if m.Interchange.Standard == EDIFACT {
		sep := separators{element: '+', component: ':', repetition: '*', release: '?', terminator: '\''}
		body := writeSegments(m, sep)
		return fmt.Sprintf("UNA:+.?*'UNB+UNOY:4+A+B+20240216:0930+7'UNH+1+%s:D:96A:UN'%sUNT+%d+1'UNZ+1+7'", sep.write(m.Type), body, len(m.Segments)+2), true
	}
	var free []byte
	for b := byte(1); b < 0x7f && len(free) < 4; b++ {
		if !letter(b) && !strings.ContainsRune("\t\n\r\x1a ", rune(b)) && strings.IndexByte(all.String()+m.Type, b) < 0 {
			free = append(free, b)
		}
	}
	if len(free) < 4 {
		return "", false
	}
	sep := separators{element: free[0], component: free[1], repetition: free[2], terminator: free[3]}
	text := fmt.Sprintf("ISA*00*          *00*          *ZZ*A              *ZZ*B              *240216*0930*%c*00501*000000007*0*P*%c~GS*PO*A*B*20240216*0930*1*X*005010~ST*%s*1~", sep.repetition, sep.component, m.Type)
	end := fmt.Sprintf("SE*%d*1~GE*1*1~IEA*1*000000007~", len(m.Segments)+2)
	envelope := strings.NewReplacer("*", string(sep.element), "~", string(sep.terminator))
	return envelope.Replace(text) + writeSegments(m, sep) + envelope.Replace(end), true
}

func writeSegments(m *Message, sep separators) string {
	var b strings.Builder
	for _, s := range m.Segments {
		b.WriteString(s.Tag)
		element, repetition, component := 0, 1, 1
		for _, v := range s.Values {
			for ; element < v.Element; element++ {
				b.WriteByte(sep.element)
				repetition, component = 1, 1
			}
			for ; repetition < v.Repetition; repetition++ {
				b.WriteByte(sep.repetition)
				component = 1
			}
			for ; component < v.Component; component++ {
				b.WriteByte(sep.component)
			}
			b.WriteString(sep.write(v.Text))
		}
		b.WriteByte(sep.terminator)
	}
	return b.String()
}

func (s separators) write(text string) string {
	if s.release == 0 {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c == s.element || c == s.component || c == s.repetition || c == s.release || c == s.terminator {
			b.WriteByte(s.release)
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// same says whether two messages say the same.
func same(a, b *Message) bool {
	return a.Type == b.Type && slices.EqualFunc(a.Segments, b.Segments, func(x, y Segment) bool {
		return x.Tag == y.Tag && slices.Equal(x.Values, y.Values)
	})
}

// What is written and read again is the same.
func checkRoundTrip(t testing.TB, m *Message) {
	t.Helper()
	if m.Type == "TA1" {
		return // it has no envelope of its own
	}
	text, ok := write(m)
	if !ok {
		return
	}
	again, problems := messages(t, []byte(text))
	if len(again) != 1 || !same(m, again[0]) || len(problems) != 0 {
		t.Fatalf("%q\nbecame %v %v", text, again, problems)
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := &Message{Interchange: &Interchange{Standard: rapid.SampledFrom([]string{X12, EDIFACT}).Draw(r, "standard")}, Type: "850"}
		for range rapid.IntRange(0, 5).Draw(r, "segments") {
			s := Segment{Tag: rapid.SampledFrom([]string{"BEG", "PO1", "N1", "LIN", "FTX"}).Draw(r, "tag")}
			for e := range rapid.IntRange(0, 4).Draw(r, "elements") {
				for p := range rapid.IntRange(1, 3).Draw(r, "repetitions") {
					for c := range rapid.IntRange(1, 3).Draw(r, "components") {
						if text := rapid.StringMatching(`[A-Za-z0-9 .,:+'?*~>^|äß€-]{0,6}`).Draw(r, "text"); text != "" {
							s.Values = append(s.Values, Value{e + 1, p + 1, c + 1, text})
						}
					}
				}
			}
			m.Segments = append(m.Segments, s)
		}
		if _, ok := write(m); !ok {
			r.Fatal("no characters are left to separate with")
		}
		checkRoundTrip(t, m)
	})
}

// Wherever line breaks are put, and however the reader gets its bytes, the
// same is read.
func TestLineBreaks(t *testing.T) {
	for _, text := range []string{
		"ISA*00*          *00*          *ZZ*A              *ZZ*B              *240216*0930*^*00501*000000007*0*P*>~GS*PO*A*B*20240216*0930*1*X*005010~ST*850*1~BEG*00*SA*45~SE*3*1~GE*1*1~IEA*1*000000007~",
		"UNA:+.?*'UNB+UNOC:4+A+B+20240216:0930+7'UNH+1+ORDERS:D:96A:UN'BGM+220+4?'?+5'UNT+3+1'UNZ+1+7'",
	} {
		want, problems := messages(t, []byte(text))
		if len(want) != 1 || len(problems) != 0 {
			t.Fatal(want, problems)
		}
		for n := 4; n < len(text); n++ {
			if 105%n == 0 {
				continue // there a break is the terminator
			}
			got, problems := messages(t, []byte(wrap(text, n)))
			if len(got) != 1 || len(problems) != 0 || !same(got[0], want[0]) {
				t.Fatalf("at column %d: %v %v", n, got, problems)
			}
		}
	}
}

// fuzz reads anything: it never panics, and what is taken survives a round trip.
func fuzz(f *testing.F) {
	f.Fuzz(func(t *testing.T, text []byte) {
		list, _ := messages(t, text)
		for _, m := range list {
			checkRoundTrip(t, m)
		}
	})
}

func FuzzX12(f *testing.F) {
	f.Add([]byte("ISA*00*          *00*          *ZZ*A              *ZZ*B              *240216*0930*^*00501*000000007*0*P*>~GS*PO*A*B*20240216*0930*1*X*005010~ST*850*1~BEG*00*SA*45~PO1**1^2>3~SE*4*1~GE*1*1~IEA*1*000000007~"))
	f.Add([]byte("ISA*00*          *00*          *ZZ*A              *ZZ*B              *240216*0930*U*00401*000000007*0*P*>\nTA1*000000001*240216*0929*A*000\nIEA*0*000000007\n"))
	fuzz(f)
}

func FuzzEDIFACT(f *testing.F) {
	f.Add([]byte("UNA:+.?*'UNB+UNOC:4+A+B+20240216:0930+7'UNH+1+ORDERS:D:96A:UN'BGM+220+4?'?+5*6:7'UNT+3+1'UNZ+1+7'"))
	f.Add([]byte("UNB+UNOA:1+A+B+240216:0930+7'UNG+ORDERS+A+B+240216:0930+1+UN+D:96A'UNH+1+ORDERS:D:96A:UN'UNT+2+1'UNE+1+1'UNZ+1+7'"))
	fuzz(f)
}

// An error of reading is one, with the name of the file.
func TestReadError(t *testing.T) {
	err := Read(io.MultiReader(strings.NewReader("UNB+UNOC:3+A+B+240216:0930+7'UNH+1"), errReader{}), "x.edi", Visitor{}, Limits{})
	if err == nil || err.Error() != "x.edi: the disk is gone" {
		t.Fatal(err)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, fmt.Errorf("the disk is gone") }
