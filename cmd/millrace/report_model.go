package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"millrace/eventlog"
	"millrace/mining/conform"
	"millrace/reports"
)

// modelFacts compares the cases that s summarizes with models that pages show.
func modelFacts(e *env, l *openedLog, s *eventlog.Summary, specs []reports.ModelSpec) (map[string]*reports.ModelFacts, error) {
	all := map[string]*reports.ModelFacts{}
	for i := range specs {
		spec := &specs[i]
		path := referenceModel
		if spec.Of != "" && spec.Of != referenceModel {
			path = e.Project.path(spec.Of)
		}
		f, err := modelOf(e, l, s, path, spec.Map)
		if err != nil {
			return nil, fmt.Errorf("pages: model: %w", err)
		}
		all[spec.Key()] = f
	}
	return all, nil
}

func modelOf(e *env, l *openedLog, s *eventlog.Summary, path string, labels modelMap) (*reports.ModelFacts, error) {
	m, err := readModel(path)
	if err != nil {
		return nil, err
	}
	own, p := transitionLabels(m.net), m.picture()
	if err := labels.apply(m.net); err != nil {
		return nil, err
	}
	respell(m.net, s.Activities)
	var net bytes.Buffer
	if err := m.net.WritePNML(&net); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	question := fmt.Sprintf("model %s %x", l.identity(s), sha256.Sum256(fmt.Append(net.Bytes(), own, p.tasks, len(p.diagram.Nodes))))
	f, err := eventlog.Remember(l.Kept, question, func() (f reports.ModelFacts, err error) {
		a, err := conform.Align(e, s, m.net, conform.Options{})
		if err != nil {
			return f, fmt.Errorf("%s: %w", path, err)
		}
		f = *reports.ModelFactsOf(p.diagram, p.tasks, own, a)
		f.Diagram = nil // it is there
		return f, nil
	})
	f.Diagram = p.diagram
	return &f, err
}
