package petri

import (
	"testing"

	"pgregory.net/rapid"
)

// nets draws small nets, with loops, weights and what is not connected.
func nets() *rapid.Generator[*Net] {
	return rapid.Custom(func(t *rapid.T) *Net {
		n := &Net{}
		for i := range rapid.IntRange(1, 5).Draw(t, "places") {
			n.AddPlace("p" + string(rune('0'+i)))
		}
		places := rapid.SliceOfN(rapid.IntRange(0, len(n.Places)-1), 0, 4)
		for range rapid.IntRange(0, 6).Draw(t, "transitions") {
			n.AddTransition(rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "label"), places.Draw(t, "in"), places.Draw(t, "out"))
		}
		n.Mark(places.Draw(t, "initial"), places.Draw(t, "final"))
		if err := n.Validate(); err != nil {
			t.Fatal(err)
		}
		return n
	})
}

// Firing moves as many tokens as the arcs say, and Unfire moves them back.
func TestFire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := nets().Draw(t, "net")
		x := n.Index()
		m := n.Initial.Clone()
		for range 20 {
			var able []int
			for i := range n.Transitions {
				want := true
				for p := range n.Places {
					want = want && m[p] >= weight(n.Transitions[i].In, p)
				}
				if got := n.Enabled(m, i); got != want {
					t.Fatalf("Enabled(%v, %d) = %v in\n%s", m, i, got, n)
				}
				if want {
					able = append(able, i)
				}
			}
			if len(able) == 0 {
				return
			}
			fired := rapid.SampledFrom(able).Draw(t, "fired")
			before := m.Clone()
			n.Fire(m, fired)
			for p := range n.Places {
				tr := &n.Transitions[fired]
				if want := before[p] - weight(tr.In, p) + weight(tr.Out, p); m[p] != want || m[p] < 0 || weight(x.Effects[fired], p) != want-before[p] {
					t.Fatalf("firing %d in %v gave %v, effect %v in\n%s", fired, before, m, x.Effects[fired], n)
				}
			}
			after := m.Clone()
			n.Unfire(m, fired)
			if !m.Equal(before) {
				t.Fatalf("Unfire gave %v, want %v", m, before)
			}
			if (string(m.AppendKey(nil)) == string(after.AppendKey(nil))) != m.Equal(after) {
				t.Fatalf("keys of %v and %v", m, after)
			}
			m = after
		}
	})
}

func weight(arcs []Arc, place int) (w int32) {
	for _, a := range arcs {
		if int(a.Place) == place {
			w += a.Weight
		}
	}
	return w
}

func TestIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := nets().Draw(t, "net")
		x := n.Index()
		visible := 0
		for label, ts := range x.ByLabel {
			visible += len(ts)
			for _, i := range ts {
				if n.Transitions[i].Label != label {
					t.Fatalf("%d is not called %s", i, label)
				}
			}
		}
		if visible+len(x.Silent) != len(n.Transitions) || len(x.Silent) != n.SilentTransitions() || len(x.ByLabel) != len(n.Labels()) {
			t.Fatalf("%d visible and %d silent of\n%s", visible, len(x.Silent), n)
		}
		arcs := 0
		for p := range n.Places {
			for _, i := range x.Takers[p] {
				if weight(n.Transitions[i].In, p) == 0 {
					t.Fatalf("%d does not take from %d", i, p)
				}
			}
			for _, i := range x.Givers[p] {
				if weight(n.Transitions[i].Out, p) == 0 {
					t.Fatalf("%d does not put into %d", i, p)
				}
			}
			arcs += len(x.Takers[p]) + len(x.Givers[p])
		}
		if arcs != n.Arcs() {
			t.Fatalf("%d arcs, want %d", arcs, n.Arcs())
		}
	})
}

func TestValidate(t *testing.T) {
	good := func() *Net {
		n := &Net{}
		a, b := n.AddPlace("a"), n.AddPlace("b")
		n.AddTransition("x", []int{a}, []int{b})
		n.Mark([]int{a}, []int{b})
		return n
	}
	for _, c := range []struct {
		want  string
		spoil func(*Net)
	}{
		{"", func(*Net) {}},
		{"", func(n *Net) { n.Final = nil }},
		{`two nodes have the id "a"`, func(n *Net) { n.Transitions[0].ID = "a" }},
		{`a place has no id`, func(n *Net) { n.Places[1].ID = "" }},
		{`transition "t1" has an arc to place 2, of 2`, func(n *Net) { n.Transitions[0].Out[0].Place = 2 }},
		{`an arc between transition "t1" and place "a" has the weight 0, not 1 to 65536`, func(n *Net) { n.Transitions[0].In[0].Weight = 0 }},
		{`the arcs of transition "t1" are not sorted by place, once each`, func(n *Net) { n.Transitions[0].In = []Arc{{0, 1}, {0, 1}} }},
		{`the final marking has 1 numbers for 2 places`, func(n *Net) { n.Final = n.Final[:1] }},
		{`the initial marking has -1 tokens on place "b", not 0 to 65536`, func(n *Net) { n.Initial[1] = -1 }},
	} {
		n := good()
		c.spoil(n)
		got := ""
		if err := n.Validate(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// A net of many places is looked at in fewer markings, so that they take no more memory.
func TestBoundFollowsTheSize(t *testing.T) {
	for _, c := range []struct{ places, asked, want int }{{2, 0, 100_000}, {6_400, 0, 10_000}, {100_000, 0, 1_000}, {100_000, 7, 7}} {
		n := &Net{Places: make([]Place, c.places)}
		n.Mark([]int{0}, []int{1})
		s, err := n.CheckSoundness(t.Context(), c.asked)
		if err != nil {
			t.Fatal(err)
		}
		if s.Bound != c.want {
			t.Errorf("%d places, %d asked: %d markings, not %d", c.places, c.asked, s.Bound, c.want)
		}
	}
}
