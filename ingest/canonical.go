package ingest

import (
	"encoding/json"
	"strings"
)

// CanonicalJSON writes JSON with its keys sorted and nothing in between, its
// numbers as they were written. What is no JSON stays as it is.
func CanonicalJSON(text string) string {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return text
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return text
	}
	return strings.TrimSuffix(b.String(), "\n")
}
