package xesfile

import "unicode/utf8"

// A tree is an attribute with its own attributes. Nodes are in the order of the
// file; node 0 is the attribute. Texts are copies.
type tree struct {
	nodes []node
	text  []byte
	path  []int32 // the open nodes
}

type node struct {
	kind     kind
	valued   bool
	key      [2]int // where it is in text
	value    [2]int
	children chain // attributes of the attribute
	values   chain // elements of the <values> of a list
	next     int32
}

// A chain is linked through node.next; 0 is no node, as 0 is the root.
type chain struct{ first, last int32 }

func (t *tree) reset() {
	t.nodes, t.text, t.path = t.nodes[:0], t.text[:0], t.path[:0]
}

func (t *tree) key(i int32) []byte   { return t.text[t.nodes[i].key[0]:t.nodes[i].key[1]] }
func (t *tree) value(i int32) []byte { return t.text[t.nodes[i].value[0]:t.nodes[i].value[1]] }

// open adds a node to the innermost open one, among its values or its children.
func (t *tree) open(k kind, key, value []byte, valued, amongValues bool) {
	i := int32(len(t.nodes))
	n := node{kind: k, valued: valued}
	n.key = t.add(key)
	n.value = t.add(value)
	t.nodes = append(t.nodes, n)
	if len(t.path) > 0 {
		parent := &t.nodes[t.path[len(t.path)-1]]
		l := &parent.children
		if amongValues {
			l = &parent.values
		}
		if l.first == 0 {
			l.first = i
		} else {
			t.nodes[l.last].next = i
		}
		l.last = i
	}
	t.path = append(t.path, i)
}

func (t *tree) close() { t.path = t.path[:len(t.path)-1] }

// size is about how much memory the tree takes.
func (t *tree) size() int { return len(t.text) + 64*len(t.nodes) }

func (t *tree) add(b []byte) [2]int {
	start := len(t.text)
	t.text = append(t.text, b...)
	return [2]int{start, len(t.text)}
}

// appendJSON appends the tree as canonical JSON (RFC 8785: names sorted, no
// space, the shortest escapes). The root's key is left out, it is the name of
// a column; withKey keeps it.
func (t *tree) appendJSON(dst []byte, withKey bool) []byte {
	// Each frame is a node whose members are being written; depth is bounded by
	// the scanner, but not by the stack of this goroutine.
	type frame struct {
		node     int32
		next     int32 // to be written in the current list
		inValues bool
	}
	dst, first := t.appendChildren(dst, 0)
	stack := []frame{{0, first, false}}
	for len(stack) > 0 {
		f := &stack[len(stack)-1]
		if f.next != 0 {
			i := f.next
			f.next = t.nodes[i].next
			among := t.nodes[f.node].children
			if f.inValues {
				among = t.nodes[f.node].values
			}
			if i != among.first {
				dst = append(dst, ',')
			}
			dst, first = t.appendChildren(dst, i)
			stack = append(stack, frame{i, first, false})
			continue
		}
		n := &t.nodes[f.node]
		if !f.inValues {
			if n.children.first != 0 {
				dst = append(dst, "],"...)
			}
			dst = t.appendOwn(dst, f.node, withKey || f.node != 0)
			if n.values.first != 0 {
				dst = append(dst, `,"values":[`...)
				f.inValues, f.next = true, n.values.first
				continue
			}
		} else {
			dst = append(dst, ']')
		}
		dst = append(dst, '}')
		stack = stack[:len(stack)-1]
	}
	return dst
}

// appendChildren starts a node, and its list of children if it has any.
func (t *tree) appendChildren(dst []byte, i int32) (_ []byte, first int32) {
	dst = append(dst, '{')
	first = t.nodes[i].children.first
	if first != 0 {
		dst = append(dst, `"children":[`...)
	}
	return dst, first
}

func (t *tree) appendOwn(dst []byte, i int32, withKey bool) []byte {
	n := &t.nodes[i]
	if withKey {
		dst = append(dst, `"key":`...)
		dst = appendString(dst, t.key(i))
		dst = append(dst, ',')
	}
	dst = append(dst, `"type":"`...)
	dst = append(dst, n.kind.String()...)
	dst = append(dst, '"')
	if n.valued {
		dst = append(dst, `,"value":`...)
		dst = appendString(dst, t.value(i))
	}
	return dst
}

// appendString appends text, which is valid UTF-8, as a JSON string.
func appendString(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ' || c >= utf8.RuneSelf:
			dst = append(dst, c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, `\u00`...)
			dst = append(dst, hex[c>>4], hex[c&15])
		}
	}
	return append(dst, '"')
}
