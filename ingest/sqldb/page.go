package sqldb

import "millrace/ingest"

// A page collects rows. Their texts are parts of one.
type page struct {
	columns []column // those asked for, then those of the order that are not
	asked   int
	order   []int // columns of the key, by their place in columns
	text    []byte
	ends    []int
	rows    [][]string
	cells   []string
	last    [][]byte // key of the last row, as the server has it
}

func (p *page) len() int64 { return int64(len(p.ends) / max(1, len(p.columns))) }

// add takes a row.
func (p *page) add(values [][]byte) error {
	for i, v := range values {
		if v != nil {
			if text := p.columns[i].text; text != nil {
				p.text = text(p.text, v)
			} else {
				p.text = append(p.text, v...)
			}
		}
		p.ends = append(p.ends, len(p.text))
	}
	if p.last == nil {
		p.last = make([][]byte, len(p.order))
	}
	for i, at := range p.order {
		p.last[i] = append(p.last[i][:0], values[at]...)
	}
	return nil
}

// key is that of the last row.
func (p *page) key() []string {
	key := make([]string, len(p.order))
	for i, at := range p.order {
		c := &p.columns[at]
		text := c.key
		if text == nil {
			text = c.text
		}
		if text == nil {
			key[i] = string(p.last[i])
			continue
		}
		key[i] = string(text(nil, p.last[i]))
	}
	return key
}

// take returns the rows, and is empty after that; they are valid until the
// next take.
func (p *page) take(after string) ingest.Page {
	n, width := int(p.len()), len(p.columns)
	text := string(p.text)
	p.rows, p.cells = p.rows[:0], p.cells[:0]
	start := 0
	for _, end := range p.ends {
		p.cells = append(p.cells, text[start:end])
		start = end
	}
	for i := range n {
		row := p.cells[i*width : (i+1)*width]
		p.rows = append(p.rows, row[:p.asked:p.asked])
	}
	p.text, p.ends = p.text[:0], p.ends[:0]
	return ingest.Page{Rows: p.rows, After: after}
}
