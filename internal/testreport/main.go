// Testreport makes the output of go test -json readable: a line a package,
// what failed in full, and at the end what was skipped and why.
//
//	go test -json ./... | go run ./internal/testreport
//
// It exits with 1 if a test failed or none ran, and with CI=true also if one
// was skipped. It knows nothing of what is tested.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	os.Exit(report(os.Stdin, os.Stdout, os.Getenv("CI") == "true"))
}

// An event is a line of go test -json; see go doc test2json and, for builds,
// go help buildjson.
type event struct {
	Action, Package, ImportPath, Test, Output string
}

// report reads events and returns the exit code. In strict mode a skipped
// test is a failure.
func report(in io.Reader, out io.Writer, strict bool) int {
	type test struct{ pkg, name string }
	output := map[test][]string{}
	var skipped []string
	var passed, failed int
	broken := false // a package failed, perhaps outside its tests
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(out, lines.Text())
			continue
		}
		key := test{e.Package, e.Test}
		switch e.Action {
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "output":
			if e.Test != "" {
				output[key] = append(output[key], e.Output)
			} else if tells(e.Output) {
				fmt.Fprint(out, e.Output)
			}
		case "pass", "fail", "skip":
			switch {
			case e.Test == "":
				broken = broken || e.Action == "fail"
				continue
			case e.Action == "pass":
				passed++
			case e.Action == "fail":
				failed++
				fmt.Fprint(out, strings.Join(output[key], ""))
			default:
				skipped = append(skipped, fmt.Sprintf("%s %s: %s", e.Package, e.Test, reason(output[key])))
			}
			delete(output, key)
		}
	}
	for key, text := range output { // begun and never ended: the process died
		broken = true
		fmt.Fprintf(out, "%s %s did not end:\n%s", key.pkg, key.name, strings.Join(text, ""))
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(out, "testreport:", err)
		broken = true
	}
	if len(skipped) > 0 {
		fmt.Fprintln(out, "\nskipped:")
		for _, s := range skipped {
			fmt.Fprintln(out, "  "+s)
		}
		if strict {
			fmt.Fprintln(out, "CI=true: a skipped test is a failure")
		}
	}
	fmt.Fprintf(out, "\n%d passed, %d failed, %d skipped\n", passed, failed, len(skipped))
	if failed > 0 || broken || passed == 0 || strict && len(skipped) > 0 {
		return 1
	}
	return 0
}

// tells reports whether a line that a package wrote outside of its tests says
// something: not that it has no tests, and not PASS before its own ok.
func tells(line string) bool {
	return line != "PASS\n" && !strings.HasPrefix(line, "?   \t") && !strings.Contains(line, "coverage: 0.0% of statements")
}

// reason returns what a skipped test said last.
func reason(output []string) string {
	for i := len(output) - 1; i >= 0; i-- {
		line := strings.TrimSpace(output[i])
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			return line
		}
	}
	return "no reason given"
}
