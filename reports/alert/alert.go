package alert

import (
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Alert says of one rule and key that it is broken, or holds again.
type Alert struct {
	Rule     string            `json:"rule"` // overdue_share
	Key      string            `json:"key"`  // what it is of: a site, a customer; "" is all
	Severity string            `json:"severity"`
	State    State             `json:"state"`
	Summary  string            `json:"summary"` // one sentence, for people
	Value    string            `json:"value"`   // with its unit: "12.4 days"
	Started  time.Time         `json:"started"`
	Ended    time.Time         `json:"ended,omitzero"` // of a resolved one
	Owner    string            `json:"owner"`
	Labels   map[string]string `json:"labels,omitempty"` // besides alertname, key, severity, owner
	URL      string            `json:"url"`              // where to look
}

// A State is of an alert.
type State string

// The states there are.
const (
	Firing   State = "firing"
	Resolved State = "resolved"
)

func (a *Alert) check() error {
	switch {
	case a.Rule == "":
		return errors.New("alert: rule is missing")
	case a.State != Firing && a.State != Resolved:
		return fmt.Errorf("alert %s: state %q is none of firing, resolved", a.Rule, a.State)
	case a.Started.IsZero():
		return fmt.Errorf("alert %s: started is missing", a.Rule)
	}
	return nil
}

// labels are all of an alert, as Alertmanager has them.
func (a *Alert) labels() map[string]string {
	all := maps.Clone(a.Labels)
	if all == nil {
		all = map[string]string{}
	}
	for name, value := range map[string]string{"alertname": a.Rule, "key": a.Key, "severity": a.Severity, "owner": a.Owner} {
		if value != "" {
			all[name] = value
		}
	}
	return all
}

// Fingerprint is the identity of an alert by its labels, computed as Prometheus
// does (common/model, labelSetToFingerprint): FNV-1a over names and values in
// order of names, 0xff after each.
func (a *Alert) Fingerprint() string {
	labels := a.labels()
	h := fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		h.Write([]byte(name + "\xff" + labels[name] + "\xff"))
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// title is an alert in one line.
func (a *Alert) title() string {
	s := strings.ToUpper(string(a.State)) + " " + a.Rule
	if a.Key != "" {
		s += " " + a.Key
	}
	if a.Value != "" {
		s += ": " + a.Value
	}
	return s
}

// title of a group names its rule, and how many alerts it has.
func title(group []Alert) string {
	if len(group) == 1 {
		return group[0].title()
	}
	n := 0
	for _, a := range group {
		if a.State == Firing {
			n++
		}
	}
	return group[0].Rule + ": " + strconv.Itoa(n) + " firing, " + strconv.Itoa(len(group)-n) + " resolved"
}
