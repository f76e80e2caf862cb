package xesfile

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// seeds are small documents with something to trip over in each.
var seeds = []string{
	``,
	`<log/>`,
	`<log></log><!-- the end -->`,
	`<log><trace/><trace></trace></log>`,
	`<log></log>x`,
	`<log/><log/>`,
	"\xef\xbb\xbf<?xml version=\"1.0\" encoding='UTF-8'?>\n<!DOCTYPE log [<!ENTITY a \"<>\"> <!-- > -->]>\n<x:log xmlns:x=\"u\"><x:trace/></x:log>",
	`<log><trace><string key="concept:name" value="1"/><event><string key='concept:name' value='pick &amp; "pack"'/><date key="time:timestamp" value="2010-12-30T14:32:00.123456789+01:00"/></event></trace></log>`,
	`<log><trace><event><string key="concept:name" value="&#x41;&#66;&lt;&gt;&quot;&apos;"/></event><string key="concept:name" value="late"/></trace></log>`,
	`<log><trace><event><string key="concept:name" value="&bomb;"/></event></trace></log>`,
	`<log><trace><event><string key="concept:name" value="a"><int key="n" value="7"><float key="f" value="1.5"/></int></string><list key="l"><values><id key="i" value="x"/></values><boolean key="b" value="true"/></list><container key="c"/></event></trace></log>`,
	`<log><classifier name="C" keys="a 'b c'"/><trace><event><string key="a" value="A"/><string key="b c" value="B"/></event><event><string key="a" value="A"/></event></trace></log>`,
	`<log><trace><event><string key="concept:name" value="a"/><string key="time:timestamp" value="2019/11/03 10:15:00"/></event><event><string key="concept:name" value="b"/><date key="time:timestamp" value="1066-10-14"/></event></trace></log>`,
	`<log><trace><event><int key="concept:name" value="1"/><int key="n" value="x"/><date key="start_timestamp" value="2101-01-01T00:00:00Z"/></event><event><string key="" value="1"/><weird><string key="a" value="b"/></weird></event></trace><event/></log>`,
	"<log><string key=\"a\" value=\"line\r\none\rtwo\n\"/>text<![CDATA[<&>]]><?pi ?><global scope=\"event\"><string key=\"k\" value=\"v\"/></global></log>",
	`<log><object-types/></log>`,
	`<log><trace><event></trace></event></log>`,
}

func FuzzXES(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		sniff(text)
		if err := agree(text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	})
}

func TestSeeds(t *testing.T) {
	for _, s := range seeds {
		if err := agree([]byte(s)); err != nil {
			t.Errorf("%v\n%s", err, s)
		}
	}
}

// Our reader and the judge agree on every log a program may write, and on what
// is left of it after an accident.
func TestAgreesWithJudge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawLog(t)
		if _, err := judge([]byte(text)); err != nil {
			t.Fatalf("the judge does not take a good log: %v\n%s", err, text)
		}
		if err := agree([]byte(text)); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		mutant := []byte(text)
		for range rapid.IntRange(1, 3).Draw(t, "accidents") {
			i := rapid.IntRange(0, len(mutant)-1).Draw(t, "at")
			switch rapid.IntRange(0, 2).Draw(t, "accident") {
			case 0:
				mutant = append(mutant[:i:i], mutant[i+1:]...)
			case 1:
				mutant[i] = rapid.SampledFrom([]byte("<>/'\"&;=! \r\n:]-x\x00\xff")).Draw(t, "byte")
			default:
				j := rapid.IntRange(0, len(mutant)-1).Draw(t, "to")
				mutant = append(mutant[:i:i], mutant[min(i, j):]...)
			}
			if len(mutant) == 0 {
				return
			}
		}
		if err := agree(mutant); err != nil {
			t.Fatalf("%v\n%s", err, mutant)
		}
	})
}

// A pen writes XML as it pleases whoever wrote the program.
type pen struct {
	t      *rapid.T
	prefix string
}

func drawLog(t *rapid.T) string {
	p := &pen{t, rapid.SampledFrom([]string{"", "", "xes:"}).Draw(t, "prefix")}
	prolog := rapid.SampledFrom([]string{"", `<?xml version="1.0"?>`, bomUTF8 + "<!-- -->", "<!DOCTYPE log [<!ENTITY a '>'>]>\n"}).Draw(t, "prolog")
	return prolog + p.element("log", ` xes.version="1.0"`, func() string {
		return p.some(3, p.head) + p.some(4, p.trace) + p.some(1, p.head)
	})
}

func (p *pen) head() string {
	switch rapid.IntRange(0, 4).Draw(p.t, "part") {
	case 0:
		return p.element("global", ` scope="event"`, func() string { return p.some(2, p.attribute) })
	case 1:
		keys := rapid.SampledFrom([]string{"a", "a b", "concept:name org:resource", "'a b' a"}).Draw(p.t, "keys")
		return p.element("classifier", ` name="c" keys="`+keys+`"`, nil)
	case 2:
		return p.element("extension", ` name="Time" prefix="time"`, nil)
	case 3:
		return p.element("event", "", func() string { return p.some(2, p.attribute) })
	}
	return p.attribute()
}

func (p *pen) trace() string {
	return p.element("trace", "", func() string {
		return p.some(5, func() string {
			if rapid.IntRange(0, 2).Draw(p.t, "child") == 0 {
				return p.attribute()
			}
			return p.element("event", "", func() string { return p.some(5, p.attribute) })
		})
	})
}

func (p *pen) attribute() string {
	kind := rapid.SampledFrom(append(kinds, "string", "date", "odd")).Draw(p.t, "kind")
	key := rapid.SampledFrom([]string{"concept:name", "concept:name", "time:timestamp", "org:resource",
		"lifecycle:transition", "start_timestamp", "concept:instance", "a", "b", "a b", "", "ü"}).Draw(p.t, "key")
	value := ""
	switch rapid.IntRange(0, 9).Draw(p.t, "value") {
	case 0, 1, 2, 3:
		value = map[string]string{"date": "2010-12-30T14:32:00.000+01:00", "int": "-42", "float": "1.5e3", "boolean": "true"}[kind]
	case 4:
		value = rapid.SampledFrom([]string{"1969-12-31T23:59:59.9999999", "2019/11/03 10:15:00", "31.02.2010", "2150-01-01", "12345678901234567890", "INF"}).Draw(p.t, "hard")
	case 5:
		value = rapid.String().Draw(p.t, "any")
	default:
		value = rapid.SampledFrom([]string{"pick", "pack", "ship & bill"}).Draw(p.t, "word")
	}
	attrs := " key=" + p.quote(key)
	if rapid.IntRange(0, 9).Draw(p.t, "valued") > 0 {
		attrs += " value=" + p.quote(value)
	}
	return p.element(kind, attrs, func() string {
		if rapid.IntRange(0, 5).Draw(p.t, "nested") > 0 {
			return ""
		}
		if rapid.Bool().Draw(p.t, "values") {
			return p.element("values", "", func() string { return p.some(2, p.attribute) })
		}
		return p.some(2, p.attribute)
	})
}

// quote writes a value with one quote or the other, and what must be escaped,
// or may be, as it comes.
func (p *pen) quote(value string) string {
	q := rapid.SampledFrom([]string{`"`, `'`}).Draw(p.t, "quote")
	var b strings.Builder
	for _, r := range value {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case string(r) == q:
			fmt.Fprintf(&b, "&#%d;", r)
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF:
		case r == 'é':
			fmt.Fprintf(&b, "&#x%X;", r)
		default:
			b.WriteRune(r)
		}
	}
	return q + b.String() + q
}

func (p *pen) element(name, attrs string, body func() string) string {
	s := rapid.SampledFrom([]string{"", "", "", "\n\t", "<!-- a > b -->", "<?pi?>"}).Draw(p.t, "before")
	inside := ""
	if body != nil {
		inside = body()
	}
	if inside == "" && rapid.Bool().Draw(p.t, "empty") {
		return s + "<" + p.prefix + name + attrs + "/>"
	}
	return s + "<" + p.prefix + name + attrs + " >" + inside + "</" + p.prefix + name + "\n>"
}

func (p *pen) some(most int, draw func() string) string {
	var b strings.Builder
	for range rapid.IntRange(0, most).Draw(p.t, "n") {
		b.WriteString(draw())
	}
	return b.String()
}
