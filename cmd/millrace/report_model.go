package main

import (
	"fmt"

	"millrace/eventlog"
	"millrace/mining/conform"
	"millrace/reports"
)

// modelFacts compares the cases that s summarizes with models that pages show.
func modelFacts(e *env, s *eventlog.Summary, specs []reports.ModelSpec) (map[string]*reports.ModelFacts, error) {
	all := map[string]*reports.ModelFacts{}
	for i := range specs {
		spec := &specs[i]
		path := referenceModel
		if spec.Of != "" && spec.Of != referenceModel {
			path = e.Project.path(spec.Of)
		}
		f, err := modelOf(e, s, path, spec.Map)
		if err != nil {
			return nil, fmt.Errorf("pages: model: %w", err)
		}
		all[spec.Key()] = f
	}
	return all, nil
}

func modelOf(e *env, s *eventlog.Summary, path string, labels modelMap) (*reports.ModelFacts, error) {
	m, err := readModel(path)
	if err != nil {
		return nil, err
	}
	own, p := transitionLabels(m.net), m.picture()
	if err := labels.apply(m.net); err != nil {
		return nil, err
	}
	respell(m.net, s.Activities)
	a, err := conform.Align(e, s, m.net, conform.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return reports.ModelFactsOf(p.diagram, p.tasks, own, a), nil
}
