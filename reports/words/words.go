// Package words holds what pages say, in each language: whole sentences by key,
// and the texts of the catalogue of figures by what they are in English.
//
// It knows grammar as far as data can have it: a noun has its forms, and a
// sentence says which one it wants. It does not know what pages show.
package words

import (
	"embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/reports/figure"
)

//go:embed *.yaml
var files embed.FS

// A Language is what pages say in it, and how it writes numbers.
type Language struct {
	Tag string // of the page: en, de
	*figure.Style
	sentences map[string]string
	catalogue catalogue
	patterns  []pattern
}

// A catalogue is what definitions, rules and notes say in English, in another
// language. A text may have {arguments}, which both have.
type catalogue struct {
	Texts map[string]string    `yaml:"texts"`
	Nouns map[string][3]string `yaml:"nouns"` // by the English plural: singular, plural, dative plural
}

// A pattern is a text of a catalogue with arguments.
type pattern struct {
	of   *regexp.Regexp
	into string
	args []string
}

// languages lists every language a page is written in; English, which the
// others are made from, is the first.
var languages = []*Language{
	{Tag: "en", Style: &figure.English},
	{Tag: "de", Style: &figure.German},
}

var load = sync.OnceFunc(func() {
	for i, l := range languages {
		read(l.Tag+".yaml", &l.sentences)
		var models map[string]string
		read(l.Tag+"_models.yaml", &models)
		maps.Copy(l.sentences, models)
		if i > 0 {
			var figures catalogue
			read(l.Tag+"_catalogue.yaml", &l.catalogue)
			read(l.Tag+"_figures.yaml", &figures)
			maps.Copy(l.catalogue.Texts, figures.Texts)
		}
		for _, english := range slices.Sorted(maps.Keys(l.catalogue.Texts)) {
			if args := Arguments(english); len(args) > 0 {
				l.patterns = append(l.patterns, pattern{matcher(english), l.catalogue.Texts[english], args})
			}
		}
	}
})

func read(file string, into any) {
	text, err := files.ReadFile(file)
	if err == nil {
		err = yaml.UnmarshalWithOptions(text, into, yaml.Strict())
	}
	if err != nil {
		panic(fmt.Sprintf("words/%s: %v", file, err)) // embedded, and a test reads it
	}
}

// English is the language of pages that are asked for in none.
func English() *Language {
	load()
	return languages[0]
}

// Tags lists the languages by their tags, the default first.
func Tags() []string {
	var tags []string
	for _, l := range languages {
		tags = append(tags, l.Tag)
	}
	return tags
}

// Find returns a language by its tag; "" is English. The error names the choices.
func Find(tag string) (*Language, error) {
	load()
	for _, l := range languages {
		if tag == l.Tag || tag == "" {
			return l, nil
		}
	}
	return nil, fmt.Errorf("language %q is none of %s%s", tag, strings.Join(Tags(), ", "), eventlog.DidYouMean(tag, Tags()))
}

// A Noun is what is counted, in its forms.
type Noun struct {
	One, Many string
	Dative    string // of the plural
}

// Noun is a noun in the language, by its English forms; one that the language
// does not know stays as it is.
func (l *Language) Noun(one, many string) Noun {
	if n, ok := l.catalogue.Nouns[many]; ok {
		return Noun{n[0], n[1], n[2]}
	}
	return Noun{one, many, many}
}

// form is what a sentence wants of a noun: {x} its plural, {x.one} its singular,
// {x.a} that with an article, {x.dative} the dative plural, {x.title} the plural
// as a title.
func (n Noun) form(form string) string {
	switch form {
	case "one":
		return n.One
	case "a":
		if strings.ContainsRune("aeiouAEIOU", rune((n.One + " ")[0])) {
			return "an " + n.One
		}
		return "a " + n.One
	case "dative":
		return n.Dative
	case "title":
		return Title(n.Many)
	}
	return n.Many
}

// A Counted is a number of something.
type Counted struct {
	N int64
	Noun
	number string
}

// Counted counts nouns.
func (l *Language) Counted(n int64, noun Noun) Counted { return Counted{n, noun, l.Count(n)} }

// String is the number and the noun: 4,837 orders.
func (c Counted) String() string { return c.form("") }

func (c Counted) form(form string) string {
	noun := c.Many
	switch {
	case c.N == 1:
		noun = c.One
	case form == "dative":
		noun = c.Dative
	}
	return c.number + " " + noun
}

// Has says whether there are words of a key.
func (l *Language) Has(key string) bool { return l.sentences[key] != "" }

// Value is the word of a key, "" if there is none.
func (l *Language) Value(key string) string { return l.sentences[key] }

// Each calls text and argument for the parts of a sentence, in their order. A
// key without words is a mistake of ours.
func (l *Language) Each(key string, text func(string), argument func(name, form string)) {
	words, ok := l.sentences[key]
	if !ok {
		panic(fmt.Sprintf("words: there are none of %q in %s", key, l.Tag))
	}
	for words != "" {
		before, rest, found := strings.Cut(words, "{")
		text(before)
		if !found {
			return
		}
		name, after, _ := strings.Cut(rest, "}")
		words = after
		name, form, _ := strings.Cut(name, ".")
		argument(name, form)
	}
}

// Args are what a sentence is about: strings, Nouns, Counted; what else they
// may be is the caller's.
type Args map[string]any

// Written is an argument as text; ok is false where it is of another type.
func Written(argument any, form string) (text string, ok bool) {
	switch x := argument.(type) {
	case string:
		return x, true
	case Noun:
		return x.form(form), true
	case Counted:
		return x.form(form), true
	}
	return "", false
}

// Say makes a sentence.
func (l *Language) Say(key string, a Args) string {
	var b strings.Builder
	l.Each(key, func(s string) { b.WriteString(s) }, func(name, form string) {
		text, ok := Written(a[name], form)
		if !ok {
			panic(fmt.Sprintf("words: %q wants %q", key, name))
		}
		b.WriteString(text)
	})
	return b.String()
}

// Word is Say with arguments one after the other.
func (l *Language) Word(key string, pairs ...string) string {
	a := Args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		a[pairs[i]] = pairs[i+1]
	}
	return l.Say(key, a)
}

// Text is a text of the catalogue in the language. One that is not in it, such
// as a user's own title, stays as it is.
func (l *Language) Text(english string) string {
	if l == languages[0] || english == "" {
		return english
	}
	if t, ok := l.catalogue.Texts[english]; ok {
		return t
	}
	if n, ok := l.catalogue.Nouns[english]; ok {
		return n[1]
	}
	for _, p := range l.patterns {
		m := p.of.FindStringSubmatch(english)
		if m == nil {
			continue
		}
		said := p.into
		for i, a := range p.args {
			said = strings.ReplaceAll(said, "{"+a+"}", l.Text(m[i+1]))
		}
		return said
	}
	return english
}

// Sentences are the words by key, Texts those of the catalogue by what they are
// in English, Nouns its nouns; for tests.
func (l *Language) Sentences() map[string]string { return l.sentences }
func (l *Language) Texts() map[string]string     { return l.catalogue.Texts }
func (l *Language) Nouns() map[string][3]string  { return l.catalogue.Nouns }

var argument = regexp.MustCompile(`\{([a-z_0-9]+)(?:\.[a-z]+)?\}`)

// Arguments lists the {arguments} of a sentence, without their forms.
func Arguments(sentence string) (names []string) {
	for _, m := range argument.FindAllStringSubmatch(sentence, -1) {
		names = append(names, m[1])
	}
	return names
}

// matcher matches what a text with arguments became.
func matcher(text string) *regexp.Regexp {
	parts := argument.Split(text, -1)
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile("(?s)^" + strings.Join(parts, "(.+?)") + "$")
}

// List writes words with commas and a final and.
func (l *Language) List(words []string) string {
	if n := len(words); n > 1 {
		return l.Word("list.and", "first", strings.Join(words[:n-1], ", "), "last", words[n-1])
	}
	return strings.Join(words, "")
}

// Small writes a small number as a word.
func (l *Language) Small(n int) string {
	if key := fmt.Sprintf("number.%d", n); l.Has(key) {
		return l.Word(key)
	}
	return l.Count(int64(n))
}

// Title makes the first letter of a noun large.
func Title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
