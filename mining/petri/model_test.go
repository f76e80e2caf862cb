package petri

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/mining/internal/oracletest"
)

// parse reads a net as String writes it; places come into being when named.
func parse(text string) (*Net, error) {
	n := &Net{}
	places := map[string]int{}
	side := func(words string) (out []int) {
		for _, w := range strings.Split(words, "+") {
			w = strings.TrimSpace(w)
			if w == "0" || w == "" {
				continue
			}
			count := 1
			if c, name, ok := strings.Cut(w, "*"); ok {
				count, _ = strconv.Atoi(c)
				w = name
			}
			p, ok := places[w]
			if !ok {
				p = n.AddPlace(w)
				places[w] = p
			}
			for range count {
				out = append(out, p)
			}
		}
		return out
	}
	var initial, final []int
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if marks, ok := strings.CutPrefix(line, "initial "); ok {
			initial = side(marks)
			continue
		}
		if marks, ok := strings.CutPrefix(line, "final "); ok {
			final = side(marks)
			continue
		}
		parts := strings.Split(line, " -> ")
		if len(parts) != 3 {
			return nil, fmt.Errorf("want %q, got %q", "places -> 'label' -> places", line)
		}
		label := strings.Trim(parts[1], "'")
		if label == "tau" {
			label = ""
		}
		n.AddTransition(label, side(parts[0]), side(parts[2]))
	}
	n.Mark(initial, final)
	return n, n.Validate()
}

func TestModels(t *testing.T) {
	datadriven.RunTest(t, "testdata/models", func(t *testing.T, d *datadriven.TestData) string {
		var out strings.Builder
		switch d.Cmd {
		case "sound":
			n, err := parse(d.Input)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			for _, r := range n.WorkflowNet() {
				fmt.Fprintf(&out, "no workflow net: %s\n", r)
			}
			bound := 0
			d.MaybeScanArgs(t, "bound", &bound)
			s, err := n.CheckSoundness(context.Background(), bound)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			fmt.Fprintf(&out, "sound: %s, safe: %s, %d markings\n", s.Sound, s.Safe, s.States)
			for _, r := range s.Reasons {
				fmt.Fprintln(&out, r)
			}
		case "write":
			n, err := parse(d.Input)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			if err := n.WritePNML(&out); err != nil {
				return "error: " + err.Error() + "\n"
			}
		case "read", "assume":
			n, err := ReadPNML(strings.NewReader(d.Input))
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			if d.Cmd == "assume" {
				assumed, err := n.AssumeMarkings()
				if err != nil {
					return "error: " + err.Error() + "\n"
				}
				for _, a := range assumed {
					fmt.Fprintln(&out, a)
				}
			}
			out.WriteString(n.String())
		}
		return out.String()
	})
}

// A net reads back as it was written.
func TestPNMLReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := nets().Draw(t, "net")
		n.Name = rapid.SampledFrom([]string{"", "<net> & \"more\""}).Draw(t, "name")
		if rapid.Bool().Draw(t, "no end") {
			n.Final = nil
		}
		for i := range n.Transitions {
			if n.Transitions[i].Label == "c" {
				n.Transitions[i].Label = "it's <c>\n& \"d\" "
			}
		}
		var out bytes.Buffer
		if err := n.WritePNML(&out); err != nil {
			t.Fatal(err)
		}
		back, err := ReadPNML(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatalf("%v in\n%s", err, out.String())
		}
		if back.String() != n.String() || back.Name != n.Name || !slices.Equal(back.Places, n.Places) {
			t.Fatalf("got\n%swant\n%sin\n%s", back, n, out.String())
		}
	})
}

// The nets of the oracle are workflow nets, as large as it says elsewhere
// (IM and its kin make nothing else), and those of few markings are sound.
func TestReadPNMLOfOthers(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(oracletest.Dir(t), "models", "*.pnml.gz"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	sound := 0
	for _, file := range files {
		n, err := ReadPNML(oracletest.Open(t, "models", filepath.Base(file)))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if reasons := n.WorkflowNet(); reasons != nil {
			t.Errorf("%s: %s", file, reasons)
		}
		s, err := n.CheckSoundness(t.Context(), 2000)
		if err != nil {
			t.Fatal(err)
		}
		if s.Sound == Fails {
			t.Errorf("%s: %s", file, s.Reasons)
		}
		if s.Sound == Holds {
			sound++
		}
	}
	if sound < 20 {
		t.Errorf("only %d nets are known to be sound", sound)
	}
}

// Soundness is what the definition says, looked at from every marking.
func TestSoundnessIsTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := nets().Draw(t, "net")
		s, err := n.CheckSoundness(context.Background(), 200)
		if err != nil {
			t.Fatal(err)
		}
		// The slow judge: all markings, and from each of them all again.
		const most = 60
		reach := func(from Marking) ([]Marking, bool) {
			all := []Marking{from}
			for i := 0; i < len(all); i++ {
				for tr := range n.Transitions {
					if !n.Enabled(all[i], tr) {
						continue
					}
					m := all[i].Clone()
					n.Fire(m, tr)
					if !slices.ContainsFunc(all, m.Equal) {
						if all = append(all, m); len(all) > most {
							return all, false
						}
					}
				}
			}
			return all, true
		}
		all, finite := reach(n.Initial)
		if !finite {
			if s.Sound == Holds && s.States <= most {
				t.Fatalf("more than %d markings, yet %+v\n%s", most, s, n)
			}
			return
		}
		want, safe := Holds, Holds
		fires := make([]bool, len(n.Transitions))
		for _, m := range all {
			from, _ := reach(m)
			if !slices.ContainsFunc(from, n.Final.Equal) || m.Covers(n.Final) && !m.Equal(n.Final) {
				want = Fails
			}
			for tr := range fires {
				fires[tr] = fires[tr] || n.Enabled(m, tr)
			}
			if slices.ContainsFunc(m, func(k int32) bool { return k > 1 }) {
				safe = Fails
			}
		}
		if slices.Contains(fires, false) {
			want = Fails
		}
		if s.Sound != want || s.Safe != safe || s.States != len(all) || (want == Holds) != (len(s.Reasons) == 0) {
			t.Fatalf("got %+v, want %s, safe %s, %d states\n%s", s, want, safe, len(all), n)
		}
	})
}

func TestCheckSoundnessIsCancelled(t *testing.T) {
	n, err := parse("initial i\ni -> 'a' -> o\nfinal o")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := n.CheckSoundness(ctx, 0); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

func FuzzReadPNML(f *testing.F) {
	n, err := parse("initial i\ni -> 'a' -> o + 2*p\np -> tau -> 0\nfinal o")
	if err != nil {
		f.Fatal(err)
	}
	var out bytes.Buffer
	if err := n.WritePNML(&out); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Add([]byte(`<pnml><net id="n"><page><referencePlace id="r" ref="r"/><arc source="r" target="r"/></page></net></pnml>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := ReadPNML(bytes.NewReader(text))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := n.WritePNML(&out); err != nil {
			t.Fatal(err)
		}
		back, err := ReadPNML(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatalf("%v in\n%s", err, out.String())
		}
		if len(back.Places) != len(n.Places) || back.Arcs() != n.Arcs() || back.SilentTransitions() != n.SilentTransitions() {
			t.Fatalf("got\n%swant\n%s", back, n)
		}
	})
}
