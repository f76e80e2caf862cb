package constraints

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
)

// A Kind is what a [Set] says of activities.
type Kind string

const (
	KindDeclare    Kind = "declare"
	KindSkeleton   Kind = "skeleton"
	KindFootprints Kind = "footprints"
	KindFollows    Kind = "follows"
	KindProfile    Kind = "profile"
)

// A Set is what was found in a log, of one kind; only that kind's field is set.
// The first, second and last kind can be checked against another log.
type Set struct {
	Kind       Kind            `json:"kind" yaml:"kind"`
	Cases      int64           `json:"cases" yaml:"cases"` // of the log it was found in
	Rules      *[]Rule         `json:"rules,omitempty" yaml:"rules"`
	Skeleton   *Skeleton       `json:"skeleton,omitempty" yaml:"skeleton"`
	Footprints *Footprints     `json:"footprints,omitempty" yaml:"footprints"`
	Follows    *[]Following    `json:"follows,omitempty" yaml:"follows"`
	Profile    *[]Span         `json:"profile,omitempty" yaml:"profile"`
	Notes      []eventlog.Note `json:"notes" yaml:"notes"`
}

// longestSet is how long a file of rules may be, in bytes: some 200,000 rules.
const longestSet = 32 << 20

// ReadSet reads rules to be checked, in JSON as a Set is written, or in YAML with
// the same names. Only the kind and what makes the rules has to be there:
//
//	kind: declare
//	rules:
//	  - {template: response, a: Ship, b: Send Invoice}
//
// An unknown key, a template that does not exist, or a number that can be none
// is an error, of YAML and of JSON of less than a megabyte with its line.
func ReadSet(r io.Reader) (*Set, error) {
	text, err := io.ReadAll(io.LimitReader(r, longestSet+1))
	if err != nil {
		return nil, err
	}
	if len(text) > longestSet {
		return nil, fmt.Errorf("rules in more than %d MB are not read; check fewer at a time", longestSet>>20)
	}
	s := &Set{}
	if strings.HasPrefix(strings.TrimSpace(string(text)), "{") {
		err = readJSON(text, s)
	} else {
		err = yaml.UnmarshalWithOptions(text, s, yaml.Strict())
	}
	if err != nil {
		return nil, errors.New(yaml.FormatError(err, false, true))
	}
	return s, s.validate()
}

// readJSON decodes strictly. The YAML package, of which JSON is a part, is slow
// and knows not all of its escapes, but shows where an error is.
func readJSON(text []byte, s *Set) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(s)
	if err == nil {
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return errors.New("there is more behind the end of the JSON")
		}
		return nil
	}
	if len(text) < 1<<20 {
		if shown := yaml.UnmarshalWithOptions(text, &Set{}, yaml.Strict()); shown != nil {
			return shown
		}
	}
	at := d.InputOffset()
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = e.Offset
	}
	return fmt.Errorf("line %d: %w", 1+bytes.Count(text[:min(int(at), len(text))], []byte("\n")), err)
}

func (s *Set) validate() error {
	given := map[Kind]bool{
		KindDeclare: s.Rules != nil, KindSkeleton: s.Skeleton != nil, KindProfile: s.Profile != nil,
		KindFootprints: s.Footprints != nil, KindFollows: s.Follows != nil,
	}
	switch s.Kind {
	case KindDeclare, KindSkeleton, KindProfile:
	case KindFootprints, KindFollows:
		return fmt.Errorf("%s are facts of a log, not rules; rules of kind declare, skeleton and profile can be checked", s.Kind)
	default:
		return fmt.Errorf("kind %q is none of rules; want declare, skeleton or profile", s.Kind)
	}
	for kind, is := range given {
		if is != (kind == s.Kind) {
			return fmt.Errorf("kind is %s, so want %s and nothing else", s.Kind, map[Kind]string{KindDeclare: "rules", KindSkeleton: "skeleton", KindProfile: "profile"}[s.Kind])
		}
	}
	switch s.Kind {
	case KindDeclare:
		return s.validateRules()
	case KindSkeleton:
		return s.validateSkeleton()
	}
	return s.validateProfile()
}

func (s *Set) validateRules() error {
	var names []string
	for _, t := range Templates {
		names = append(names, string(t))
	}
	for i, r := range *s.Rules {
		switch {
		case !slices.Contains(Templates, r.Template):
			return fmt.Errorf("rules[%d]: no template is called %q%s; there are %s", i, r.Template, eventlog.DidYouMean(string(r.Template), names), strings.Join(names, ", "))
		case r.A == "" || (r.B == "") != r.Template.Unary():
			return fmt.Errorf("rules[%d]: %s is of %s", i, r.Template, map[bool]string{true: "one activity, a", false: "two activities, a and b"}[r.Template.Unary()])
		case r.A == r.B:
			return fmt.Errorf("rules[%d]: %s is of two different activities, not of %q twice", i, r.Template, r.A)
		}
	}
	return nil
}

func (s *Set) validateSkeleton() error {
	for _, x := range s.Skeleton.relations() {
		for i, p := range x.pairs {
			if p.A == "" || p.B == "" {
				return fmt.Errorf("%s[%d] is of two activities, a and b", x.name, i)
			}
			if p.A == p.B && (x.name == "equivalence" || x.name == "never_together") {
				return fmt.Errorf("%s[%d] is of two different activities, not of %q twice", x.name, i, p.A)
			}
		}
	}
	for i, f := range s.Skeleton.Frequencies {
		if f.Activity == "" || len(f.Times) == 0 || slices.Min(f.Times) < 0 {
			return fmt.Errorf("frequencies[%d] says of an activity how many times it may occur, each 0 or more", i)
		}
	}
	return nil
}

func (s *Set) validateProfile() error {
	seen := map[Pair]bool{}
	for i, x := range *s.Profile {
		if seen[x.Pair] {
			return fmt.Errorf("profile[%d]: %q and then %q is there twice", i, x.A, x.B)
		}
		seen[x.Pair] = true
		if x.A == "" || x.B == "" {
			return fmt.Errorf("profile[%d] is of two activities, a and b", i)
		}
		if !(x.Mean >= 0 && x.SD >= 0) || math.IsInf(x.Mean+x.SD, 0) || x.N < 0 {
			return fmt.Errorf("profile[%d]: want a mean and a standard deviation in seconds, 0 or more, as mean_s and sd_s", i)
		}
	}
	return nil
}

// Activities returns the names that rules of s are about, sorted.
func (s *Set) Activities() []string {
	var names []string
	for _, r := range s.list() {
		names = append(names, r.A)
		if r.B != "" {
			names = append(names, r.B)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
