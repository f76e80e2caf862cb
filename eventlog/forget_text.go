package eventlog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// textType begins the types under which a table of forgotten people has the
// words by which texts name them; how many words follows.
const textType = "Text "

// maxTextWords is how many words of a name are looked for in a text.
const maxTextWords = 6

// A textWord is a word of a text, as it is compared: capitals without marks,
// and a number without leading zeros.
type textWord struct {
	word       string
	start, end int
}

func textWords(text string) (list []textWord) {
	letter := func(r rune) bool { return unicode.In(r, unicode.Letter, unicode.Mark, unicode.Number) }
	for at := 0; at < len(text); {
		start := strings.IndexFunc(text[at:], letter)
		if start < 0 {
			break
		}
		start += at
		at = len(text)
		if n := strings.IndexFunc(text[start:], func(r rune) bool { return !letter(r) }); n >= 0 {
			at = start + n
		}
		word := strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return unicode.ToUpper(r)
		}, norm.NFKD.String(strings.ReplaceAll(text[start:at], "ß", "ss")))
		list = append(list, textWord{unpadded(word), start, at})
	}
	return list
}

// textForm is what words have in common whatever their order: banks write the
// family name first, or last.
func textForm(words []textWord) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = w.word
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// umlauts are what banks that have no umlauts write for them.
var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "å", "aa", "Å", "Aa", "ø", "oe", "Ø", "Oe", "æ", "ae", "Æ", "Ae")

// textForms are the types and forms by which a text names somebody, none where
// they would be found by chance: with letters there are four characters or
// more, else five digits.
func textForms(name string) (forms [][2]string) {
	for _, name := range []string{name, umlauts.Replace(norm.NFC.String(name))} {
		words := textWords(name)
		words = words[:min(len(words), maxTextWords)]
		form := textForm(words)
		if n := len(strings.ReplaceAll(form, " ", "")); n < 4 || n < 5 && !strings.ContainsFunc(form, unicode.IsLetter) {
			continue
		}
		forms = append(forms, [2]string{textType + fmt.Sprint(len(words)), form})
	}
	return forms
}

// redacted is a text without those who were forgotten, and whether they were in
// it; "" where nothing else was.
func (f *forgetting) redacted(text string) (rest string, found bool) {
	if f.anybody(text) {
		return "", true
	}
	words := textWords(text)
	var b strings.Builder
	at, left := 0, false
	for i := 0; i < len(words); {
		n := min(maxTextWords, len(words)-i)
		for ; n > 0; n-- {
			if of := f.hash[textType+fmt.Sprint(n)]; len(of) > 0 && of[f.names.hash(textForm(words[i:i+n]))] {
				break
			}
		}
		if n == 0 {
			i, left = i+1, true
			continue
		}
		b.WriteString(text[at:words[i].start] + forgottenName)
		at, found = words[i+n-1].end, true
		i += n
	}
	if !found {
		return text, false
	}
	if !left {
		return "", true
	}
	return b.String() + text[at:], true
}

// redact calls fn for every value of a text column that names somebody.
func (f *forgetting) redact(ctx context.Context, c *storeConn, from, column string, fn func(value, rest string) error) error {
	var all [][2]string
	err := c.each(ctx, storeText("forgotten_values", "column", Quote(column), "from", from), nil, func(scan func(...any) error) error {
		var v string
		if err := scan(&v); err != nil {
			return err
		}
		if rest, found := f.redacted(v); found {
			all = append(all, [2]string{v, rest})
		}
		return nil
	})
	for _, v := range all {
		if err == nil {
			err = fn(v[0], v[1])
		}
	}
	return err
}

// orNull is the text as a value of a statement: NULL where nothing is left.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// redactTexts notes in the temporary table forgotten_text what becomes of the
// texts of from, and returns the columns that change, with the SQL of what
// they become; of that a row changes is the condition.
func (t *personTable) redactTexts(ctx context.Context, c *storeConn, from string, f *forgetting) (set [][2]string, row string, err error) {
	if f.text == nil {
		f.text = map[string]bool{}
		if err := c.exec(ctx, "CREATE OR REPLACE TEMP TABLE forgotten_text (text VARCHAR, rest VARCHAR)"); err != nil {
			return nil, "", err
		}
	}
	var in []string
	for _, column := range slices.Concat(t.texts, t.beside) {
		n := 0
		err := f.redact(ctx, c, from, column, func(value, rest string) error {
			n++
			if f.text[value] {
				return nil
			}
			f.text[value] = true
			return c.exec(ctx, "INSERT INTO forgotten_text VALUES ($1, $2)", value, orNull(rest))
		})
		if err != nil {
			return nil, "", err
		}
		if n > 0 {
			is := Quote(column) + " IN (SELECT text FROM forgotten_text)"
			in = append(in, is)
			if slices.Contains(t.beside, column) {
				continue
			}
			set = append(set, [2]string{column, fmt.Sprintf("CASE WHEN %s THEN (SELECT f.rest FROM forgotten_text AS f WHERE f.text = r.%s) ELSE %[2]s END", is, Quote(column))})
		}
	}
	if len(in) == 0 {
		return nil, "", nil
	}
	row = "(" + strings.Join(in, " OR ") + ")"
	for _, column := range t.beside {
		set = append(set, [2]string{column, fmt.Sprintf("CASE WHEN %s THEN NULL ELSE %s END", row, Quote(column))})
	}
	return set, row, nil
}

// texts takes the person out of what mappings made of texts that name people:
// attributes, history, keys that were looked for. Keys keep their other words, as the mapping
// would say of the text now.
func (f *forgetter) texts(ctx context.Context) error {
	sources, err := f.c.strings(ctx, "SELECT DISTINCT source FROM main.landing_role WHERE role = 'text' ORDER BY source")
	if err != nil || len(sources) == 0 {
		return err
	}
	for i, s := range sources {
		sources[i] = storeLiteral(s)
	}
	of := "source IN (" + strings.Join(sources, ", ") + ")"
	update := func(table, column, where string, n *int64) error {
		return f.people.redact(ctx, f.c, "(FROM "+table+" WHERE "+where+")", column, func(value, rest string) error {
			did, err := f.c.count(ctx, fmt.Sprintf("UPDATE %s SET %[2]s = $1 WHERE %[2]s = $2 AND %[3]s", table, Quote(column), where), orNull(rest), value)
			*n += did
			return err
		})
	}
	err = f.c.textColumns(ctx, func(schema, table, column string) error {
		if schema != "objects" && schema != "events" {
			return nil
		}
		id := strings.TrimSuffix(schema, "s")
		return update(Quote(schema)+"."+Quote(table), column, fmt.Sprintf("%s IN (SELECT %[1]s FROM main.%[1]s WHERE %s)", Quote(id), of), &f.receipt.Values)
	})
	for _, column := range []string{"old_value", "new_value"} {
		if err == nil {
			err = update("main.object_change", column, of, &f.receipt.Changes)
		}
	}
	if err != nil {
		return err
	}
	return f.people.redact(ctx, f.c, "(FROM main.link WHERE "+of+")", "key", func(value, rest string) error {
		rest = strings.Join(slices.DeleteFunc(strings.Fields(rest), func(w string) bool { return strings.Contains(w, forgottenName) }), " ")
		if rest == "" {
			return f.c.exec(ctx, "DELETE FROM main.link WHERE key = $1 AND "+of, value)
		}
		return f.c.exec(ctx, "UPDATE main.link SET key = $1 WHERE key = $2 AND "+of, rest, value)
	})
}
