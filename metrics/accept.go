package metrics

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
)

// An Acceptance says that somebody stands behind a definition. Whoever reads
// the figure later can compare what was accepted with what is computed.
type Acceptance struct {
	Name       string `yaml:"name"`
	Version    int    `yaml:"version"`
	By         string `yaml:"by"`
	On         Day    `yaml:"on"`
	Note       string `yaml:"note,omitempty"`
	Hash       string `yaml:"hash"`       // of the definition, see KPI.Hash
	Definition *KPI   `yaml:"definition"` // the whole of it
}

// Hash is that of what makes the figure: of two definitions with the same
// hash every store gives the same values. Words that only describe it (title,
// doc, owner, sources, family, better, target), its version and its examples
// are not in it, nor is what has its zero value, so that a field that a later
// Millrace adds changes no hash.
func (k *KPI) Hash() string {
	bare := *k
	bare.Title, bare.Doc, bare.Owner, bare.Sources, bare.Family, bare.Better, bare.Target = "", "", "", nil, "", "", nil
	bare.Version, bare.Examples, bare.Of, bare.One, bare.proven = 0, nil, "", "", ""
	fields := map[string]any{}
	v := reflect.ValueOf(bare)
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() && (f.Kind() != reflect.Map && f.Kind() != reflect.Slice || f.Len() > 0) {
			fields[v.Type().Field(i).Name] = f.Interface()
		}
	}
	text, err := json.Marshal(fields) // of maps in the order of their keys
	if err != nil {
		panic("metrics: " + err.Error()) // it is text and numbers
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Accept says that by stands behind k, from a day on.
func Accept(k *KPI, by string, on Day, note string) Acceptance {
	c := *k
	return Acceptance{Name: k.Name, Version: k.Version, By: by, On: on, Note: note, Hash: k.Hash(), Definition: &c}
}

// ReadAcceptances reads a file of them, oldest first. One whose definition is
// not what its hash says was changed after it was accepted: an error.
func ReadAcceptances(text []byte) ([]Acceptance, error) {
	var list []Acceptance
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
		return nil, err
	}
	for i, a := range list {
		if a.Definition == nil || a.Name == "" || a.By == "" {
			return nil, fmt.Errorf("acceptance %d: name, by and definition are missing", i+1)
		}
		if _, err := ParseDay(string(a.On)); err != nil {
			return nil, fmt.Errorf("acceptance of %s: on: %w", a.Name, err)
		}
		a.Definition.fill()
		if err := a.Definition.validate(); err != nil {
			return nil, fmt.Errorf("acceptance of %s: %w", a.Name, err)
		}
		if a.Definition.Name != a.Name || a.Definition.Version != a.Version || a.Definition.Hash() != a.Hash {
			return nil, fmt.Errorf("acceptance of %s, version %d: the definition in it is not the one that %s accepted (the hash differs); take the file back from version control, or accept again", a.Name, a.Version, a.By)
		}
	}
	return list, nil
}

// WriteAcceptances writes a file of them.
func WriteAcceptances(list []Acceptance) ([]byte, error) {
	out := make([]Acceptance, len(list))
	for i, a := range list {
		k := *a.Definition
		if k.AsOf && k.At == "" {
			k.At = asOf // as fill read it
		}
		a.Definition = &k
		out[i] = a
	}
	return yaml.MarshalWithOptions(out, yaml.OmitZero(), yaml.UseLiteralStyleIfMultiline(true))
}

// Accepted is the last acceptance of k; nil if there is none.
func Accepted(list []Acceptance, k *KPI) *Acceptance {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Name == k.Name {
			return &list[i]
		}
	}
	return nil
}

// Earlier is the last acceptance of a definition of k's name that gives other
// values than k; nil if there is none.
func Earlier(list []Acceptance, k *KPI) *Acceptance {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Name == k.Name && list[i].Hash != k.Hash() {
			return &list[i]
		}
	}
	return nil
}

// Changed says that k is not what was accepted.
func (a *Acceptance) Changed(k *KPI) bool { return a.Version != k.Version || a.Hash != k.Hash() }

// Unsaid says that k gives other values than what was accepted, and has the
// same version: nobody could tell the two figures apart.
func (a *Acceptance) Unsaid(k *KPI) error {
	if a.Version != k.Version || a.Hash == k.Hash() {
		return nil
	}
	return FieldError{"version", fmt.Errorf("the definition differs from version %d that %s accepted on %s, and has the same version; make it version: %d, or take the change back", a.Version, a.By, a.On, a.Version+1)}
}

// MarkAccepted says on values who accepted their definitions, and notes which
// have changed since.
func MarkAccepted(values []Value, list []Acceptance) {
	for i := range values {
		v := &values[i]
		if v.Accepted = Accepted(list, v.KPI); v.Accepted != nil && v.Accepted.Changed(v.KPI) {
			v.Notes = append(v.Notes, eventlog.Note{Code: "changed", Text: fmt.Sprintf("Changed since version %d, accepted by %s on %s.", v.Accepted.Version, v.Accepted.By, v.Accepted.On)})
		}
	}
}
