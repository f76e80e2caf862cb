package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"millrace/mining/tree"
)

// threads writes a log that is hard to align, as XES, and two nets for it:
// threads VARIANTS LOG FOLDS SEARCHED. In size it is like that of BPI Challenge
// 2012 (24 activities; 4,366 variants if that many are asked for): four threads of one to six
// rounds of rework each, their events mixed, then up to two pairs of events that
// change places, which is what does not fit. The first net is the one that the
// log was made of; in the second, each thread may do an activity of the next one
// too, so that no event tells its thread.
func threads(_ context.Context, _ io.Writer, args []string) error {
	var variants int
	if _, err := fmt.Sscan(args[0], &variants); err != nil {
		return err
	}
	f, err := os.Create(args[1])
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, `<?xml version="1.0" encoding="UTF-8"?>`)
	fmt.Fprintln(w, `<log xes.version="1.0" xmlns="http://www.xes-standard.org/">`)
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	cases := 0
	for len(seen) < variants {
		path := entangled(r)
		key := strings.Join(path, " ")
		if seen[key] {
			continue
		}
		seen[key] = true
		times := 1
		if len(seen) <= max(1, variants/50) {
			times = 100
		}
		for range times {
			cases++
			fmt.Fprintf(w, "<trace><string key=\"concept:name\" value=\"%d\"/>\n", cases)
			for i, a := range path {
				fmt.Fprintf(w, "<event><string key=\"concept:name\" value=\"%s\"/><date key=\"time:timestamp\" value=\"2024-01-01T%02d:%02d:00.000+00:00\"/></event>\n", a, i/60, i%60)
			}
			fmt.Fprintln(w, "</trace>")
		}
	}
	fmt.Fprintln(w, "</log>")
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return err
	}
	for i, shared := range []bool{false, true} {
		t, err := tree.Parse(threaded(shared))
		if err != nil {
			return err
		}
		net, err := os.Create(args[2+i])
		if err != nil {
			return err
		}
		if err := errors.Join(t.Net().WritePNML(net), net.Close()); err != nil {
			return err
		}
	}
	return nil
}

const branches = 4

// entangled is one case of the log.
func entangled(r *rand.Rand) []string {
	path := []string{"a00", "a01"}
	var left [branches][]string
	for k := range left {
		a := func(i int) string { return fmt.Sprintf("a%02d", 2+5*k+i) }
		for range 1 + r.IntN(6) {
			left[k] = append(left[k], a(0), a(1+r.IntN(2)), a(3+r.IntN(2)))
		}
	}
	for slices.ContainsFunc(left[:], func(l []string) bool { return len(l) > 0 }) {
		if k := r.IntN(branches); len(left[k]) > 0 {
			path, left[k] = append(path, left[k][0]), left[k][1:]
		}
	}
	path = append(path, "a23")
	for range r.IntN(3) {
		i, j := r.IntN(len(path)), r.IntN(len(path))
		path[i], path[j] = path[j], path[i]
	}
	return path
}

// threaded is the tree of such cases, without what changes places.
func threaded(shared bool) string {
	var blocks []string
	for k := range branches {
		a := func(k, i int) string { return fmt.Sprintf("'a%02d'", 2+5*(k%branches)+i) }
		then := a(k, 1) + ", " + a(k, 2)
		if shared {
			then += ", " + a(k+1, 1)
		}
		blocks = append(blocks, fmt.Sprintf("*( ->( %s, X( %s ), X( %s, %s ) ), tau )", a(k, 0), then, a(k, 3), a(k, 4)))
	}
	return "->( 'a00', 'a01', +( " + strings.Join(blocks, ", ") + " ), 'a23' )"
}
