package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/mining/petri"
)

// modelMap says which activity of a log each label of a model means; "" is none:
// the log does not record it.
type modelMap map[string]string

// readModelMap reads LABEL=ACTIVITY, or files of them in YAML; later ones win.
func readModelMap(args []string) (modelMap, error) {
	m := modelMap{}
	for _, arg := range args {
		if label, activity, ok := strings.Cut(arg, "="); ok {
			m[strings.TrimSpace(label)] = strings.TrimSpace(activity)
			continue
		}
		text, err := os.ReadFile(arg)
		if err != nil {
			return nil, usageError{fmt.Errorf(`--map %s: want "LABEL=ACTIVITY", or a file of "LABEL: ACTIVITY": %w`, arg, err)}
		}
		var some map[string]string
		if err := yaml.UnmarshalWithOptions(text, &some, yaml.Strict()); err != nil {
			return nil, usageError{fmt.Errorf("--map %s: %s", arg, yaml.FormatError(err, false, true))}
		}
		for label, activity := range some {
			m[label] = activity
		}
	}
	return m, nil
}

// apply gives the transitions of a net the names of activities. A label that the
// net does not have stands for those that differ from it in nothing but space and
// line breaks.
func (m modelMap) apply(n *petri.Net) error {
	labels := n.Labels()
	exact := modelMap{}
	for _, label := range slices.Sorted(maps.Keys(m)) {
		found := slices.Contains(labels, label)
		if found {
			exact[label] = m[label]
		} else {
			for _, l := range labels {
				if _, named := m[l]; !named && kept(l) == kept(label) {
					exact[l], found = m[label], true
				}
			}
		}
		if !found {
			guess := cmp.Or(eventlog.DidYouMean(label, labels), "; it has "+strings.Join(labels, ", "))
			return usageError{fmt.Errorf("--map: the model has no task %q%s", label, guess)}
		}
	}
	for i := range n.Transitions {
		if t := &n.Transitions[i]; !t.Silent() {
			if activity, ok := exact[t.Label]; ok {
				t.Label = activity
			}
		}
	}
	return nil
}

// respell gives a label that no activity of the log has the name of the one
// activity that differs from it in nothing but what files of models do not keep:
// editors break lines, readers cut space off, and XML has no control characters.
// A label that means none of them is one line, to be shown.
func respell(n *petri.Net, activities []string) {
	names := map[string][]string{}
	for _, a := range activities {
		names[kept(a)] = append(names[kept(a)], a)
	}
	for i := range n.Transitions {
		t := &n.Transitions[i]
		if t.Silent() {
			continue
		}
		switch a := names[kept(t.Label)]; len(a) {
		case 0:
			t.Label = cmp.Or(kept(t.Label), t.Label)
		case 1:
			t.Label = cmp.Or(a[0], t.Label) // without a label it would be silent
		}
	}
}

// kept is what every file of models keeps of a name.
func kept(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' && !unicode.IsSpace(r) || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError // as our files have it
		}
		return r
	}, name)
	return strings.Join(strings.Fields(name), " ")
}

// nearest guesses which activity a label means: the one most of whose words
// begin as words of the label do, else the one spelt most alike; "" if none is near.
func nearest(label string, activities []string) string {
	words := func(s string) []string { return strings.Fields(strings.ToLower(s)) }
	best, score := "", 0.0
	for _, a := range activities {
		shared := 0
		for _, x := range words(label) {
			if slices.ContainsFunc(words(a), func(y string) bool { return alike(x, y) }) {
				shared++
			}
		}
		if s := float64(shared) / float64(max(len(words(label)), len(words(a)), 1)); s > score {
			best, score = a, s
		}
	}
	if score >= .5 {
		return best
	}
	guess, _ := strings.CutPrefix(eventlog.DidYouMean(label, activities), "; did you mean ")
	guess, _ = strconv.Unquote(strings.TrimSuffix(guess, "?"))
	return guess
}

// alike says that two words begin alike: pay and paying, invoice and invoicing.
func alike(x, y string) bool {
	n := 0
	for n < min(len(x), len(y)) && x[n] == y[n] {
		n++
	}
	short, long := min(len(x), len(y)), max(len(x), len(y))
	return x == y || n >= min(4, max(3, short)) && n >= long-3
}
