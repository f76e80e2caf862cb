package xesfile

import (
	"slices"
	"strings"

	"millrace/eventlog"
)

// A role is a use of an attribute besides being one. An attribute may have
// several.
type role uint8

const (
	asCase role = 1 << iota
	asActivity
	asTime
	asStart
	asResource
	asLifecycle
	asInstance
)

// A key is an attribute's name in the traces, or in the events, of a log.
type key struct {
	name   string
	role   role
	class  []int // which of the classifier's keys it is
	kind   kind  // of its first value
	turn   int64 // the last trace or event that had it
	plain  *column
	nested *column
}

// drop takes back what the row has of the key.
func (k *key) drop(row int) {
	if k.plain != nil {
		k.plain.drop(row)
	}
	if k.nested != nil {
		k.nested.drop(row)
	}
}

// A keyring holds the keys of the traces, or of the events. Most events have
// the same keys in the same order as the one before, so the ring first tries
// the key that came in the same place.
type keyring struct {
	known   map[string]*key
	columns []*column // in the order in which they first had a value
	rest    *column
	usual   []*key
	at      int   // place of the next key in its trace or event
	turn    int64 // which trace or event it is
}

// get returns the key with the given name, nil if it is new.
func (r *keyring) get(name []byte) *key {
	i := r.at
	r.at++
	if i < len(r.usual) && r.usual[i].name == string(name) {
		return r.usual[i]
	}
	k := r.known[string(name)]
	if k != nil {
		r.expect(i, k)
	}
	return k
}

// add adds a key that get did not know.
func (r *keyring) add(name string) *key {
	k := r.know(name)
	r.expect(r.at-1, k)
	return k
}

// know adds a key.
func (r *keyring) know(name string) *key {
	if r.known == nil {
		r.known = map[string]*key{}
	}
	k := &key{name: name}
	r.known[name] = k
	return k
}

func (r *keyring) expect(i int, k *key) {
	const most = 256
	switch {
	case i < len(r.usual):
		r.usual[i] = k
	case i == len(r.usual) && i < most:
		r.usual = append(r.usual, k)
	}
}

// column returns the column of k for plain or nested values.
func (r *keyring) column(k *key, nested bool) *column {
	c := &k.plain
	if nested {
		c = &k.nested
	}
	if *c == nil {
		*c = &column{name: k.name, nested: nested}
		r.columns = append(r.columns, *c)
	}
	return *c
}

// restColumn returns the column of what the others do not say.
func (r *keyring) restColumn() *column {
	if r.rest == nil {
		r.rest = &column{name: eventlog.XESRest, nested: true}
		r.columns = append(r.columns, r.rest)
	}
	return r.rest
}

// types says of which type the first value of each key was.
func (r *keyring) types(scope string) []eventlog.XESType {
	var types []eventlog.XESType
	for name, k := range r.known {
		if k.kind != kindString && k.kind != noKind {
			types = append(types, eventlog.XESType{Scope: scope, Key: name, Type: k.kind.String()})
		}
	}
	slices.SortFunc(types, func(a, b eventlog.XESType) int { return strings.Compare(a.Key, b.Key) })
	return types
}

// finish appends the columns that have values, for n rows.
func (r *keyring) finish(dst []eventlog.Column, n int, clock *clock) []eventlog.Column {
	for _, c := range r.columns {
		if len(c.rows) > 0 {
			dst = append(dst, c.finish(n, clock))
		}
	}
	return dst
}
