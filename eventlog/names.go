package eventlog

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Names say what becomes of the names of users, which stand in the columns
// that Table.Personal lists: they are replaced by pseudonyms, made with Key,
// before a row is written anywhere; or they are kept. One or the other has to
// be said where a system has such columns.
type Names struct {
	Keep bool   // as they are
	Key  []byte // 32 random bytes; also what forgotten people are remembered by, so give it with Keep too
	// KeyID names the key in the provenance of loads; default [NameKeyID].
	KeyID string
}

// minNameKey is how long a key is at least: shorter ones can be guessed.
const minNameKey = 16

// NameKeyID tells keys apart without telling them.
func NameKeyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("millrace names "), key...))
	return hex.EncodeToString(sum[:4])
}

func (n Names) keyID() string {
	if n.KeyID != "" {
		return n.KeyID
	}
	return NameKeyID(n.Key)
}

// hash is the 16 digits that stand for a text.
func (n Names) hash(text string) string {
	mac := hmac.New(sha256.New, n.Key)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// A namer makes pseudonyms: the kind of the user, ~, and the hash of the name.
type namer struct {
	Names
	actors *actorRules
	known  map[string]string // of names that came up before
}

// namer says what replaces names of users of a system, nil if nothing does.
func (s *System) namer(n Names) (*namer, error) {
	actors, err := s.Actors.rules()
	if err != nil {
		return nil, err
	}
	var where []string
	for _, t := range s.Tables {
		for _, name := range t.Personal {
			i := slices.IndexFunc(t.Columns, func(c TableColumn) bool { return c.Name == name })
			if i < 0 || !strings.EqualFold(t.Columns[i].SQL, "VARCHAR") {
				return nil, fmt.Errorf("table %s has no column %q of type VARCHAR for names of users", t.Name, name)
			}
			where = append(where, t.Name+"."+name)
		}
	}
	switch {
	case n.Keep || len(where) == 0:
		return nil, nil
	case len(n.Key) < minNameKey:
		return nil, fmt.Errorf("%s and %d more columns hold names of users: give a key of %d bytes or more to replace them by pseudonyms, or say that they are kept (names: keep)",
			where[0], len(where)-1, minNameKey)
	}
	return &namer{Names: n, actors: actors, known: map[string]string{}}, nil
}

func (n *namer) pseudonym(name string) string {
	p, ok := n.known[name]
	if !ok {
		same := name
		if n.actors.Fold {
			same = foldUser(name)
		}
		if strings.TrimSpace(name) == "" {
			return name // nobody
		}
		if len(n.known) >= 1<<16 {
			clear(n.known) // not users, then
		}
		p = n.actors.kind(same) + "~" + n.hash(same)
		n.known[strings.Clone(name)] = p
	}
	return p
}

// personal says for each column of a table whether it holds names that are replaced.
func (n *namer) personal(t *Table, columns []TableColumn) []bool {
	is := make([]bool, len(columns))
	for i, c := range columns {
		is[i] = n != nil && slices.Contains(t.Personal, c.Name)
	}
	return is
}

// keys are the keys that a source has, with pseudonyms in place of names.
func (n *namer) keys(t *Table, rows func(func([]string) error) error) func(func([]string) error) error {
	if n == nil || !slices.ContainsFunc(t.Key, func(k string) bool { return slices.Contains(t.Personal, k) }) {
		return rows
	}
	return func(fn func([]string) error) error {
		return rows(func(key []string) error {
			key = slices.Clone(key)
			for i, k := range t.Key {
				if slices.Contains(t.Personal, k) && key[i] != "" {
					key[i] = n.pseudonym(key[i])
				}
			}
			return fn(key)
		})
	}
}

// nameProvenance says in the options of a load what became of names.
type nameProvenance struct {
	Keep  bool   `json:"keep,omitempty"`
	Key   string `json:"key,omitempty"`   // its id
	Kinds string `json:"kinds,omitempty"` // stands for the patterns by which kinds were told
}

// nameProvenance is that of a load of the system, nil if it has no names.
func (s *System) nameProvenance(n Names) *nameProvenance {
	if !slices.ContainsFunc(s.Tables, func(t Table) bool { return len(t.Personal) > 0 }) {
		return nil
	}
	if n.Keep {
		return &nameProvenance{Keep: true}
	}
	r, err := s.Actors.rules()
	if err != nil {
		return nil // namer said so
	}
	told := r.macro()
	if r.Fold {
		told += " fold"
	}
	sum := sha256.Sum256([]byte(told))
	return &nameProvenance{Key: n.keyID(), Kinds: hex.EncodeToString(sum[:4])}
}

// withNames adds what became of names to the options of a load.
func withNames(options string, p *nameProvenance) (string, error) {
	if p == nil {
		return options, nil
	}
	all := map[string]any{}
	var other any
	if err := json.Unmarshal([]byte(options), &other); err != nil {
		return "", err
	}
	switch o := other.(type) {
	case nil:
	case map[string]any:
		all = o
	default:
		all["options"] = o
	}
	all["names"] = p
	text, err := json.Marshal(all)
	return string(text), err
}

// checkNames refuses names that do not go with those of earlier loads, unless
// all of them are read again. It says whether they are others now.
func (m *tablesMerge) checkNames(ctx context.Context) (renamed bool, err error) {
	now := m.system.nameProvenance(m.options.Names)
	if now == nil {
		return false, nil
	}
	was := nameProvenance{Keep: true} // loaded before names were replaced
	loaded := false
	err = m.c.each(ctx, storeText("names_last"), []any{m.system.Name}, func(scan func(...any) error) error {
		var text string
		loaded = true
		if err := scan(&text); err != nil {
			return err
		}
		var o struct{ Names *nameProvenance }
		if json.Unmarshal([]byte(text), &o) == nil && o.Names != nil {
			was = *o.Names
		}
		return nil
	})
	if err != nil || !loaded || was == *now {
		return false, err
	}
	for _, t := range m.StagedTables.tables {
		if len(t.Personal) > 0 && (!t.complete || t.rejected > 0) {
			return false, fmt.Errorf("names of users %s by earlier loads, and %s by this one, so the same person would be two; do as before, or read all tables again as a whole (--full)", was, now)
		}
	}
	m.receipt.Notes = append(m.receipt.Notes, Note{Code: "names-changed", Text: fmt.Sprintf("names of users %s by earlier loads; now they %s.", was, now)})
	if m.stale = !now.Keep; m.stale {
		err = m.c.exec(ctx, "INSERT INTO main.rewrite VALUES ('names')")
	}
	return true, err
}

// NameKeys lists the ids of the keys by which names in the store became
// pseudonyms, as the last load of each source says, and by which people were
// forgotten: without them the same person would be somebody else.
func (s *Store) NameKeys(ctx context.Context) (keys []string, err error) {
	err = s.session(ctx, func(c *storeConn) (err error) {
		keys, err = c.strings(ctx, storeText("name_keys"))
		return err
	})
	return keys, err
}

func (p nameProvenance) String() string {
	if p.Keep {
		return "were kept"
	}
	return fmt.Sprintf("were replaced with key %s and patterns %s", p.Key, p.Kinds)
}

// forgottenName stands in the place of the hash of a name that was forgotten.
const forgottenName = "forgotten"

var pseudonym = regexp.MustCompile("^" + pseudonymPattern + "$")
