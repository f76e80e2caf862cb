package eventlog

import (
	"fmt"
	"strings"
)

// DidYouMean returns `; did you mean "x"?` for the choice that is nearest to
// name, or "" if none is near: at most a third of the letters differ.
func DidYouMean(name string, choices []string) string {
	best, distance := "", len([]rune(name))/3+1
	for _, c := range choices {
		if d := editDistance(strings.ToLower(name), strings.ToLower(c)); d < distance {
			best, distance = c, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// editDistance is the number of letters to insert, delete or replace
// (Wagner and Fischer 1974, doi:10.1145/321796.321811), in O(|a|·|b|) time.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(y)]
}
