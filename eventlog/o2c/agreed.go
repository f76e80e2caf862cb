package o2c

import (
	"slices"
)

// An agreedWait is one entry of model.yaml: every way from one of From to one
// of To.
type agreedWait struct {
	From, To []string
	Doc      string
}

// AgreedWait says whether the time from one activity to the next is the
// customer's by agreement: the days between the bill and its payment. Such a
// wait is no bottleneck, however long it is. That a payment is late does not
// show in the activities; it is a key figure (days_late).
func AgreedWait(from, to string) bool {
	return slices.ContainsFunc(mustLoad().AgreedWaits, func(w agreedWait) bool {
		return slices.Contains(w.From, from) && slices.Contains(w.To, to)
	})
}

// validateAgreed says which agreed waits name no activity, name a pair again,
// or do not say why.
func validateAgreed(waits []agreedWait, activities map[string]bool, bad func(format string, a ...any)) {
	seen := map[[2]string]bool{}
	for i, w := range waits {
		if len(w.From) == 0 || len(w.To) == 0 || w.Doc == "" {
			bad("agreed wait %d: want from, to and doc", i+1)
		}
		for _, name := range slices.Concat(w.From, w.To) {
			if !activities[name] {
				bad("agreed wait %d: %q is no activity", i+1, name)
			}
		}
		for _, from := range w.From {
			for _, to := range w.To {
				if pair := [2]string{from, to}; seen[pair] {
					bad("agreed wait %q → %q twice", from, to)
				} else {
					seen[pair] = true
				}
			}
		}
	}
}
