package schedule

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// A Kind is a kind of step. What runs and what is checked are functions of who
// makes the list.
type Kind struct {
	Name string // its key in a project file
	// Loads says that it brings data: it runs whatever the age of the sources,
	// and again in a run whose sources were too old.
	Loads bool
	Check func(Step) error // of what the project file says, before anything runs; nil: nothing to check
	// Run does the step. It stops when ctx is cancelled, and then leaves nothing
	// half done: what it writes it writes into job.Scratch or under another name,
	// and renames it as its last act. A step that was done as the process was
	// killed may be done again.
	Run func(ctx context.Context, job Job) error
}

// ErrLimits is, or is wrapped by, the error of a step that was done and found
// limits violated. It ends the run, and is not tried again.
var ErrLimits = errors.New("limits are violated")

func kindOf(kinds []Kind, name string) (Kind, bool) {
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}

func kindNames(kinds []Kind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	return strings.Join(names, ", ")
}

// A Step is one of the chain: a kind, and what only that kind understands.
type Step struct {
	Kind string
	args ast.Node
}

// UnmarshalYAML reads {kind: arguments}.
func (s *Step) UnmarshalYAML(node ast.Node) error {
	var entries []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		entries = n.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
	}
	if len(entries) != 1 {
		return errorAt(node, "a step is one kind and what it takes, as in {ingest: [erp]}; each step has a - of its own")
	}
	key, ok := entries[0].Key.(ast.ScalarNode)
	if !ok {
		return errorAt(node, "a step is one kind and what it takes, as in {ingest: [erp]}")
	}
	*s = Step{Kind: fmt.Sprint(key.GetValue()), args: entries[0].Value}
	return nil
}

// Decode reads what the step was given, strictly: an unknown field is an error
// with its line. Nothing given leaves v as it is.
func (s Step) Decode(v any) error {
	if s.args == nil || s.args.Type() == ast.NullType {
		return nil
	}
	err := yaml.NodeToValue(s.args, v, yaml.Strict())
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	if _, ok := errors.AsType[yaml.Error](err); ok {
		return errors.New(yaml.FormatError(err, false, true))
	}
	return err
}

// String is what the step was given, as YAML.
func (s Step) String() string {
	if s.args == nil {
		return ""
	}
	return s.args.String()
}

func errorAt(node ast.Node, text string) error {
	return &yaml.SyntaxError{Message: text, Token: node.GetToken()}
}

// A Job is a step in a run.
type Job struct {
	Step
	Schedule string
	Period   Period
	Due      time.Time // in the zone of the schedule
	// Key is of this step of this run alone, and the same when it is repeated:
	// daily-cash/2026-11-28/2.
	Key string
	// Scratch is an empty folder of this step. It is removed after it, and after
	// a kill at the next start.
	Scratch string
}

// Expand fills a name of a file: {period}, {schedule}, and {name} with name.
func (j Job) Expand(text, name string) (string, error) {
	return expand(text, map[string]string{"period": j.Period.Name, "schedule": j.Schedule, "name": name})
}

// CheckName says whether the name of a file can be expanded.
func CheckName(text string) error {
	_, err := expand(text, map[string]string{"period": "p", "schedule": "s", "name": "n"})
	return err
}

func expand(text string, words map[string]string) (string, error) {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		out.WriteString(before)
		if !ok {
			return out.String(), nil
		}
		word, after, closed := strings.Cut(rest, "}")
		value, known := words[word]
		if !closed || !known {
			return "", fmt.Errorf("%q: want {period}, {schedule} or {name} in braces", text)
		}
		out.WriteString(value)
		text = after
	}
}
