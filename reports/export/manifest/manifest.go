package manifest

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Format is of every manifest; a change that a reader may notice gets a new
// number.
const Format = "millrace.export/1"

// Suffix ends the name of every manifest's file.
const Suffix = ".manifest.json"

// A Manifest describes one export.
type Manifest struct {
	Format    string   `json:"format"`
	Name      string   `json:"name"`
	Period    string   `json:"period"`    // "2026-10"; "" is all of the data
	AsOf      string   `json:"as_of"`     // RFC 3339
	Program   string   `json:"program"`   // its version
	Catalogue string   `json:"catalogue"` // the definitions' version
	Inputs    []Input  `json:"inputs"`    // by name
	Results   []Result `json:"results"`   // by name
	Files     []File   `json:"files"`     // by name
}

// An Input is what was read: a source, a store, a project file.
type Input struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// A Result is a table of the export.
type Result struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
	SQL  string `json:"sql"` // "" where no one query made it
}

// A File is one that lies beside the manifest.
type File struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Bytes returns the manifest in its one form: two blanks of indent, lists by
// name, a line end. Parse takes nothing else.
func (m Manifest) Bytes() ([]byte, error) {
	m.Format = Format
	m.Inputs = append([]Input{}, m.Inputs...)
	m.Results = append([]Result{}, m.Results...)
	m.Files = append([]File{}, m.Files...)
	slices.SortFunc(m.Inputs, func(a, b Input) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(m.Results, func(a, b Result) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(m.Files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return m.bytes()
}

func (m *Manifest) bytes() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(m)
	return b.Bytes(), err
}

// Parse reads a manifest. What is not exactly as [Manifest.Bytes] writes it was
// changed by somebody, and is an error.
func Parse(text []byte) (Manifest, error) {
	var m Manifest
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			return m, errors.New("manifest: it is cut off")
		}
		return m, fmt.Errorf("manifest: %w", err)
	}
	if m.Format != Format {
		return m, fmt.Errorf("manifest: its format is %q; this program reads %q", m.Format, Format)
	}
	if err := m.check(); err != nil {
		return m, fmt.Errorf("manifest: %w", err)
	}
	again, err := m.bytes()
	if err == nil && !bytes.Equal(text, again) {
		err = errors.New("manifest: it is not as it was written: names repeat, or white space or order were changed")
	}
	return m, err
}

var sum = regexp.MustCompile(`^[0-9a-f]{64}$`)

// errName is of a file's name that leads elsewhere than beside the manifest.
var errName = errors.New("a file lies beside its manifest: its name has no / or \\ and is not hidden")

func (m *Manifest) check() error {
	if m.Name == "" {
		return errors.New("name is missing")
	}
	if at, err := time.Parse(time.RFC3339Nano, m.AsOf); err != nil || at.Format(time.RFC3339Nano) != m.AsOf {
		return fmt.Errorf("as_of: %q is not a time as 2026-11-01T06:00:00Z", m.AsOf)
	}
	for i, in := range m.Inputs {
		if in.Name == "" || !sum.MatchString(in.SHA256) {
			return fmt.Errorf("input %q: want a name, and a SHA-256 in 64 lower case digits", in.Name)
		}
		if i > 0 && m.Inputs[i-1].Name >= in.Name {
			return fmt.Errorf("input %q: is twice there, or out of order", in.Name)
		}
	}
	for i, r := range m.Results {
		if r.Name == "" || r.Rows < 0 {
			return fmt.Errorf("result %q: want a name, and how many rows", r.Name)
		}
		if i > 0 && m.Results[i-1].Name >= r.Name {
			return fmt.Errorf("result %q: is twice there, or out of order", r.Name)
		}
	}
	for i, f := range m.Files {
		switch {
		case CheckName(f.Name) != nil:
			return fmt.Errorf("file %q: %w", f.Name, errName)
		case f.Rows < 0 || f.Size < 0 || !sum.MatchString(f.SHA256):
			return fmt.Errorf("file %q: want rows, size, and a SHA-256 in 64 lower case digits", f.Name)
		case i > 0 && m.Files[i-1].Name >= f.Name:
			return fmt.Errorf("file %q: is twice there, or out of order", f.Name)
		}
	}
	for _, text := range m.texts() {
		if !utf8.ValidString(text) {
			return fmt.Errorf("%q is no UTF-8", text)
		}
	}
	return nil
}

func (m *Manifest) texts() []string {
	list := []string{m.Name, m.Period, m.Program, m.Catalogue}
	for _, in := range m.Inputs {
		list = append(list, in.Name)
	}
	for _, r := range m.Results {
		list = append(list, r.Name, r.SQL)
	}
	return list
}

// CheckName says whether a file of the name lies in a folder itself, on every
// system: no path, not hidden, not a manifest, no device of Windows' streams.
func CheckName(name string) error {
	if name == "" || len(name) > 240 || strings.HasPrefix(name, ".") || strings.ContainsAny(name, "/\\:\x00") || !utf8.ValidString(name) || strings.HasSuffix(name, Suffix) {
		return errName
	}
	for _, r := range name {
		if r < ' ' {
			return errName
		}
	}
	return nil
}

// Sum returns a hash as manifests have it.
func Sum(h []byte) string { return hex.EncodeToString(h) }
