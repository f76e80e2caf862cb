package metrics

import (
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
)

//go:embed dimensions.yaml
var dimensionsYAML []byte

var loadDimensions = sync.OnceValues(func() (map[string]map[string]string, error) {
	var all map[string]map[string]string
	err := yaml.NewDecoder(bytes.NewReader(dimensionsYAML), yaml.Strict()).Decode(&all)
	return all, err
})

// dimensions are the expressions by which k can be asked, by name: its own,
// those of its view, and the view's columns of text and truth.
func (k *KPI) dimensions(types map[string]string) map[string]string {
	all, err := loadDimensions()
	if err != nil {
		panic("dimensions.yaml: " + err.Error()) // embedded, and a test reads it
	}
	list := map[string]string{}
	for c, t := range types {
		if t == "VARCHAR" || t == "BOOLEAN" {
			list[c] = "v." + c
		}
	}
	maps.Copy(list, all[k.view()])
	maps.Copy(list, k.Dimensions)
	return list
}

// view is what k looks at; figures of the ledger look at its entries.
func (k *KPI) view() string {
	if k.Kind == ReceivablesKind {
		return "receivable_entries"
	}
	return k.View
}

// dimension is the expression of one of them; the error says what there is.
func (k *KPI) dimension(name string, types map[string]string) (string, error) {
	list := k.dimensions(types)
	if e, ok := list[name]; ok {
		return e, nil
	}
	names := slices.Sorted(maps.Keys(list))
	return "", fmt.Errorf("kpi %s: cannot be asked by %q%s; it can by %s", k.Name, name, eventlog.DidYouMean(name, names), strings.Join(names, ", "))
}

// undivided says that k, which is SQL of its own, has no dimensions.
func (k *KPI) undivided() error {
	return fmt.Errorf("kpi %s is SQL of its own and cannot be asked by dimensions", k.Name)
}

// CanAsk says why k cannot be asked by a dimension in the store that was seen; nil
// if it can, or if the store has nothing to ask it of.
func (s *Seen) CanAsk(k *KPI, dimension string) error {
	if k.Kind == SQLKind {
		return k.undivided()
	}
	if len(k.lacks(s.types)) > 0 {
		return nil
	}
	_, err := k.dimension(dimension, s.types[k.view()])
	if err == nil && k.Over != nil {
		_, err = k.over().dimension(dimension, s.types[k.Over.View])
	}
	return err
}
