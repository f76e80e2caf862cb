package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"

	"millrace/metrics"
)

// definitions reads a list of definitions from the files that patterns of the
// project name, in the order of the patterns and of the files' names. A pattern
// that names no file is an error.
func definitions[T any](p *project, key string, patterns []string, parse func([]byte) ([]T, error)) ([]T, error) {
	var list []T
	for _, pattern := range patterns {
		files, err := filepath.Glob(p.path(pattern))
		if err != nil {
			return nil, usageError{fmt.Errorf("%s: %q: %w", key, pattern, err)}
		}
		if len(files) == 0 {
			return nil, usageError{fmt.Errorf("%s: %q names no file", key, pattern)}
		}
		slices.Sort(files)
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				return nil, err
			}
			some, err := parse(text)
			if err != nil {
				return nil, usageError{fmt.Errorf("%s: %s", f, yaml.FormatError(err, false, true))}
			}
			list = append(list, some...)
		}
	}
	return list, nil
}

// kpis are the figures that come with Millrace, and the project's own; one of
// the same name takes the place of ours.
func (p *project) kpis() ([]*metrics.KPI, error) {
	own, err := definitions(p, "kpis", p.KPIs, metrics.Parse)
	if err != nil {
		return nil, err
	}
	return replaced(metrics.Catalogue(), own, func(k *metrics.KPI) string { return k.Name }, "kpis")
}

// rules are the service levels that come with Millrace, and the project's own;
// one of the same name takes the place of ours.
func (p *project) rules() ([]*metrics.Rule, error) {
	own, err := definitions(p, "rules", p.Rules, metrics.ParseRules)
	if err != nil {
		return nil, err
	}
	return replaced(metrics.Rules(), own, func(r *metrics.Rule) string { return r.Name }, "rules")
}

// replaced puts own definitions in the place of those of the same name, and
// the others after them.
func replaced[T any](list, own []T, name func(T) string, key string) ([]T, error) {
	seen := map[string]bool{}
	for _, o := range own {
		if seen[name(o)] {
			return nil, usageError{fmt.Errorf("%s: %s is defined twice", key, name(o))}
		}
		seen[name(o)] = true
		if i := slices.IndexFunc(list, func(x T) bool { return name(x) == name(o) }); i >= 0 {
			list[i] = o
		} else {
			list = append(list, o)
		}
	}
	return list, nil
}
