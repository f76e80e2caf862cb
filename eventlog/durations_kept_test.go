package eventlog

import (
	"bytes"
	"encoding/gob"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// TestDurationsComeBack: what is kept of a distribution is the distribution, as
// few, many or exact values, with overlaps and steps without a time.
func TestDurationsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Durations{keep: rapid.Bool().Draw(t, "exact"), Missing: rapid.Int64Range(0, 1<<40).Draw(t, "missing")}
		for _, d := range rapid.SliceOf(rapid.OneOf(rapid.Int64Min(-1<<62), rapid.Int64Range(-5, 70))).Draw(t, "durations") {
			h.Add(d)
		}
		h.seal()
		var text bytes.Buffer
		if err := gob.NewEncoder(&text).Encode(&h); err != nil {
			t.Fatal(err)
		}
		var back Durations
		if err := gob.NewDecoder(&text).Decode(&back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(h, back) {
			t.Fatalf("%+v came back as %+v", h, back)
		}
	})
}

// FuzzDurations: bytes that are no distribution are an error, and no panic.
func FuzzDurations(f *testing.F) {
	var h Durations
	for d := range int64(100) {
		h.Add(d * d * d)
	}
	text, err := h.GobEncode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		var h Durations
		if err := h.GobDecode(text); err != nil {
			return
		}
		if _, err := h.GobEncode(); err != nil {
			t.Fatal(err)
		}
	})
}
