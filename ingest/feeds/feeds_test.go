package feeds

import (
	"testing"
)

func TestPresets(t *testing.T) {
	for _, p := range Presets {
		sys := p.System()
		if len(sys.Tables) == 0 || p.Sample() == "" {
			t.Errorf("%s: no tables or no sample", p.Kind)
		}
	}
}
