package sqldb

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/goccy/go-yaml"
)

// TestConfig reads configurations as they stand in a project file, with SECRET
// in the environment and pw in a file.
func TestConfig(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"pw": "from a file\n", "empty": "\n", "ca.crt": "no PEM"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	datadriven.RunTest(t, "testdata/config", func(t *testing.T, d *datadriven.TestData) string {
		var c Config
		fail := func(err error) string {
			return "error: " + strings.ReplaceAll(err.Error(), dir, "DIR") + "\n"
		}
		if err := yaml.NewDecoder(bytes.NewReader([]byte(d.Input)), yaml.Strict()).Decode(&c); err != nil {
			return fail(err)
		}
		c.Dir = dir
		c.LookupEnv = func(name string) (string, bool) { return "p@ss/w%rd", name == "SECRET" }
		tt, err := newTarget(&c)
		if err != nil {
			return fail(err)
		}
		if s, err := Open(t.Context(), c); err != nil {
			return fail(err)
		} else if err := s.Close(); err != nil {
			return fail(err)
		}
		encrypted := "in clear"
		if tt.tls != nil {
			encrypted = "verified as " + tt.tls.ServerName
		}
		return strings.ReplaceAll(fmt.Sprintf("%s as %q, password %q, %s, %v\n", tt.origin(), tt.user, tt.password, encrypted, tt.timeout), dir, "DIR")
	})
}

// The password is in no text, however it is written.
func TestRedact(t *testing.T) {
	tt := &target{password: `p@ss "w/rd`}
	for _, text := range []string{`login with p@ss "w/rd`, "p%40ss+%22w%2Frd", "postgres://x:p@ss%20%22w%2Frd@host", `"p@ss \"w/rd"`} {
		if got := tt.redact(text); strings.Contains(got, "ss") && strings.Contains(got, "rd") || !strings.Contains(got, "***") {
			t.Errorf("%s: %s", text, got)
		}
	}
	if got := (&target{}).redact("nothing to hide"); got != "nothing to hide" {
		t.Error(got)
	}
}
