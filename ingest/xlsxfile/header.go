package xlsxfile

import (
	"strings"

	"millrace/ingest"
)

// maxTitles is how many rows that are not blank are looked at for the header.
const maxTitles = 50

// A headerPlace is where the names of the columns stand.
type headerPlace struct {
	upper, last int      // rows, from 1; 0: none
	first       int      // row from which the data is
	titles      int      // rows before that were skipped
	names       []string // by column of the sheet
	lowest      map[int]string
}

// A headRow is one of the first rows that are not blank.
type headRow struct {
	number int
	cells  []headCell
	filled int
	values bool // it has numbers, dates, or what looks like them
}

type headCell struct {
	column int
	text   string
}

func newHeadRow(r *sheetReader) headRow {
	row := headRow{number: r.number}
	for _, c := range r.cells {
		text := strings.TrimSpace(string(c.text))
		if text == "" {
			continue
		}
		row.filled++
		row.cells = append(row.cells, headCell{c.column, text})
		row.values = row.values || c.kind != textCell && c.kind != boolCell
	}
	return row
}

func (r *headRow) texts() []string {
	list := make([]string, len(r.cells))
	for i := range r.cells {
		list[i] = r.cells[i].text
	}
	return list
}

func (r *headRow) at(column int) string {
	for i := range r.cells {
		if r.cells[i].column == column {
			return r.cells[i].text
		}
	}
	return ""
}

// findHeader looks for the first row that is as wide as the table and has
// nothing but names. Above it titles may stand. Where cells are merged it may
// be two rows: "Order" over "Number" and "Date".
func findHeader(head []headRow, o ingest.Options, merges func() ([]rectangle, error)) (headerPlace, error) {
	told, err := ingest.ParseHeader(o.Header)
	if err != nil {
		return headerPlace{}, err
	}
	at := -1
	switch {
	case told < 0:
		return headerPlace{first: head[0].number}, nil
	case told > 0:
		for i := range head {
			if head[i].number == told {
				at = i
			}
		}
		if at < 0 {
			return headerPlace{first: told + 1, last: told, lowest: map[int]string{}}, nil
		}
	default:
		if at = likelyHeader(head, o); at < 0 {
			return headerPlace{first: head[0].number}, nil
		}
	}
	h := headerPlace{last: head[at].number}
	upper := -1
	if isNext := at+1 < len(head) && isNames(&head[at+1], o); told == 0 && (isNext || at > 0 && head[at-1].number == head[at].number-1) {
		list, err := merges()
		if err != nil {
			return h, err
		}
		switch {
		case isNext && head[at+1].number == head[at].number+1 && groups(list, head[at].number, &head[at]):
			upper, at = at, at+1
		case at > 0 && head[at-1].number == head[at].number-1 && groups(list, head[at-1].number, &head[at-1]):
			upper = at - 1
		}
		if upper >= 0 {
			h.join(&head[upper], &head[at], list)
			h.titles = upper
		}
	}
	if upper < 0 {
		h.titles = at
		h.fill(&head[at])
	}
	h.first = h.last + 1
	return h, nil
}

// likelyHeader returns the first row that may be it, or -1.
func likelyHeader(head []headRow, o ingest.Options) int {
	width := 0
	for i := range head {
		width = max(width, head[i].filled)
	}
	if width == 1 {
		if isNames(&head[0], o) {
			return 0
		}
		return -1
	}
	for i := range head[:min(len(head), maxTitles)] {
		row := &head[i]
		if row.filled >= 2 && row.filled*10 >= width*6 {
			if isNames(row, o) {
				return i
			}
			return -1 // the first wide row is data
		}
	}
	return -1
}

func isNames(row *headRow, o ingest.Options) bool {
	return ingest.LooksLikeNames(row.texts(), o) && !row.values
}

// groups says whether merged cells make a row the upper one of a header: one
// spans columns but not all that the row has, or rows.
func groups(merges []rectangle, number int, row *headRow) bool {
	for _, m := range merges {
		if m.top == number && (m.bottom == number+1 || m.bottom == number && m.right > m.left && row.filled > 1) {
			return true
		}
	}
	return false
}

// fill takes the names of one row.
func (h *headerPlace) fill(row *headRow) {
	h.lowest = map[int]string{}
	for _, c := range row.cells {
		h.set(c.column, c.text)
		h.lowest[c.column] = c.text
	}
}

func (h *headerPlace) set(column int, name string) {
	for len(h.names) <= column {
		h.names = append(h.names, "")
	}
	h.names[column] = name
}

// join takes the names of two rows.
func (h *headerPlace) join(upper, lower *headRow, merges []rectangle) {
	h.upper, h.last = upper.number, lower.number
	h.fill(lower)
	for _, c := range upper.cells {
		to := c.column
		for _, m := range merges {
			if m.top == upper.number && m.left == c.column {
				to = m.right
			}
		}
		for column := c.column; column <= to; column++ {
			switch below := lower.at(column); below {
			case "":
				if column == c.column {
					h.set(column, c.text)
				}
			case c.text:
			default:
				h.set(column, c.text+ingest.GroupSign+below)
			}
		}
	}
}
