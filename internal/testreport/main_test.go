package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	const ran = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`
	const skip = `{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:7: no browser\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- SKIP: TestB (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
`
	const fail = `{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:9: got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestC"}
{"Action":"fail","Package":"p"}
`
	const build = `{"ImportPath":"p","Action":"build-output","Output":"p.go:1:1: syntax error\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"fail","Package":"p"}
`
	const died = `{"Action":"output","Package":"p","Test":"TestD","Output":"=== RUN   TestD\n"}
{"Action":"fail","Package":"p"}
`
	for _, c := range []struct {
		name, in string
		strict   bool
		code     int
		want     []string
	}{
		{"all passed", ran, true, 0, []string{"ok  \tp\t0.1s\n", "\n1 passed, 0 failed, 0 skipped\n"}},
		{"skipped", ran + skip, false, 0, []string{"  p TestB: b_test.go:7: no browser\n", "\n1 passed, 0 failed, 1 skipped\n"}},
		{"skipped in CI", ran + skip, true, 1, []string{"a skipped test is a failure"}},
		{"failed", ran + fail, false, 1, []string{"    c_test.go:9: got 1, want 2\n", "\n1 passed, 1 failed, 0 skipped\n"}},
		{"does not build", ran + build, false, 1, []string{"p.go:1:1: syntax error\n"}},
		{"died", ran + died, false, 1, []string{"p TestD did not end:\n"}},
		{"nothing ran", "", false, 1, []string{"\n0 passed, 0 failed, 0 skipped\n"}},
		{"not JSON", "warning: something\n" + ran, false, 0, []string{"warning: something\n"}},
	} {
		var out strings.Builder
		if code := report(strings.NewReader(c.in), &out, c.strict); code != c.code {
			t.Errorf("%s: exit code %d, want %d", c.name, code, c.code)
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, out.String())
			}
		}
	}
}
