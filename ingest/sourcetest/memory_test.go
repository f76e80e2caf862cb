package sourcetest_test

import (
	"testing"

	"millrace/ingest/sourcetest"
)

func TestMemory(t *testing.T) { sourcetest.Run(t, sourcetest.NewMemory(nil)) }

func TestMemoryLive(t *testing.T) {
	m := sourcetest.NewMemory(nil)
	m.Live, m.Forgetful, m.Countless = true, true, true
	sourcetest.Run(t, m)
}
