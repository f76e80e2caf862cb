package ingest

import (
	"bytes"

	"github.com/zeebo/xxh3"

	"millrace/eventlog"
)

// caseAttributes gathers, of the columns that describe cases, one row a case
// and batch. A case of which an earlier batch already said the same is left
// out, as long as it is remembered.
type caseAttributes struct {
	columns []*attribute
	varies  string // where a case first contradicted itself

	index  map[string]int // into ids, of this batch
	ids    []string
	values [][]string // by column
	texts  []Texts
	said   []saying
}

// A saying is what was emitted of a case.
type saying struct {
	id   string
	hash uint64
}

const sayings = 1 << 14

func newCaseAttributes() *caseAttributes {
	return &caseAttributes{index: map[string]int{}, said: make([]saying, sayings)}
}

func (c *caseAttributes) declare(a *attribute) {
	c.columns = append(c.columns, a)
	c.values = append(c.values, nil)
	c.texts = append(c.texts, Texts{})
}

// add takes a row's values, the first one that is not blank of each column. It
// reports whether another one contradicts.
func (c *caseAttributes) add(id string, fields [][]byte) (varies bool) {
	at, known := c.index[id]
	if !known {
		at = len(c.ids)
		c.index[id] = at
		c.ids = append(c.ids, id)
	}
	for i, a := range c.columns {
		text := fields[a.field]
		switch {
		case !known:
			c.values[i] = append(c.values[i], c.texts[i].Text(text))
		case c.values[i][at] == string(text) || len(bytes.TrimSpace(text)) == 0:
		case c.values[i][at] == "":
			c.values[i][at] = c.texts[i].Text(text)
		default:
			varies = true
		}
	}
	return varies
}

// flush returns the columns of a batch, valid until the next flush.
func (c *caseAttributes) flush() ([]string, []eventlog.Column) {
	for _, a := range c.columns {
		a.reset()
	}
	ids := c.ids[:0]
	var hash xxh3.Hasher
	for at, id := range c.ids {
		hash.Reset()
		for i := range c.columns {
			hash.WriteString(c.values[i][at])
			hash.WriteString("\x00")
		}
		place := &c.said[xxh3.HashString(id)%sayings]
		if now := (saying{id, hash.Sum64()}); *place == now {
			continue
		} else {
			*place = now
		}
		ids = append(ids, id)
		for i, a := range c.columns {
			a.add([]byte(c.values[i][at]))
		}
	}
	columns := make([]eventlog.Column, len(c.columns))
	for i, a := range c.columns {
		columns[i] = a.view()
		c.values[i] = c.values[i][:0]
	}
	c.ids = c.ids[:0]
	clear(c.index)
	if len(ids) == 0 {
		return nil, nil
	}
	return ids, columns
}
