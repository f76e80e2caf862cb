package bpmn

// unreached is what dominators says of a node that no root leads to.
const unreached = -2

// dominators returns of each node the last before it that all ways from the roots
// pass; -1 of the roots and where there is none. (Cooper, Harvey and
// Kennedy 2001, "A simple, fast dominance algorithm".) It takes O(edges) time and
// seldom more than three rounds of it.
func dominators(roots []int, next [][]int) []int {
	up, number := make([]int, len(next)), make([]int, len(next))
	var after []int // a node after all that it leads to
	type step struct{ v, i int }
	for _, root := range roots {
		if number[root] != 0 {
			continue
		}
		number[root] = -1
		for stack := []step{{root, 0}}; len(stack) > 0; {
			top := &stack[len(stack)-1]
			if top.i == len(next[top.v]) {
				after = append(after, top.v)
				number[top.v] = len(after)
				stack = stack[:len(stack)-1]
				continue
			}
			w := next[top.v][top.i]
			if top.i++; number[w] == 0 {
				number[w] = -1
				stack = append(stack, step{w, 0})
			}
		}
	}
	before := make([][]int, len(next))
	for v := range next {
		if up[v] = unreached; number[v] == 0 {
			continue
		}
		for _, w := range next[v] {
			before[w] = append(before[w], v)
		}
	}
	for _, root := range roots {
		up[root] = -1
	}
	for again := true; again; {
		again = false
		for i := len(after) - 1; i >= 0; i-- {
			v := after[i]
			if up[v] == -1 {
				continue
			}
			new := unreached
			for _, u := range before[v] {
				switch {
				case up[u] == unreached:
				case new == unreached:
					new = u
				default:
					for a := u; a != new; {
						switch {
						case new < 0 || a < 0:
							a, new = -1, -1
						case number[a] < number[new]:
							a = up[a]
						default:
							new = up[new]
						}
					}
				}
			}
			if new != up[v] {
				up[v], again = new, true
			}
		}
	}
	return up
}
