package csvfile

import "bytes"

// isList says whether a text begins like a list that a program printed, as
// SAP's SE16N saves it, or MySQL's client: columns padded with blanks, bars
// around and between them, rules of dashes, and titles.
//
//	-----------------------------------
//	|VBELN     |ERDAT     |      NETWR|
//	-----------------------------------
//	|0000004711|16.02.2024|  1.234,56-|
func isList(text []byte) bool {
	barred, rules, others, bars := 0, 0, 0, 0
	for range 200 {
		line, rest, more := bytes.Cut(text, []byte("\n"))
		if !more {
			break // it may be cut
		}
		text = rest
		line = bytes.TrimSpace(line)
		switch {
		case len(line) == 0:
		case isRule(line):
			rules++
		case line[0] == '|' && line[len(line)-1] == '|' && len(line) > 2:
			if n := bytes.Count(line, []byte("|")); n != bars {
				if barred > 0 && n < bars {
					others++
					continue
				}
				bars = n
			}
			barred++
		default:
			if others++; bytes.IndexByte(line, '|') >= 0 {
				return false
			}
		}
	}
	return rules > 0 && barred > 1 && bars > 2 && others <= barred+20
}

// isRule says whether a line is drawn: dashes, and crosses or bars.
func isRule(line []byte) bool {
	return bytes.Count(line, []byte("-")) > 2 && len(bytes.Trim(line, "-+|: ")) == 0
}

// listRow says whether a record of a list is a row, and cuts the bars around
// it and the blanks around its fields off.
func listRow(rec *record) bool {
	if rec.row {
		return true
	}
	n := len(rec.fields)
	if rec.bad != "" || n < 3 || len(bytes.TrimSpace(rec.fields[0])) > 0 || len(bytes.TrimSpace(rec.fields[n-1])) > 0 {
		return false
	}
	fields, drawn := rec.fields[1:n-1], 0
	for i, f := range fields {
		fields[i] = bytes.TrimSpace(f)
		if len(fields[i]) > 2 && len(bytes.Trim(fields[i], "-+:")) == 0 {
			drawn++
		}
	}
	if drawn == len(fields) {
		return false
	}
	rec.fields, rec.row = fields, true
	return true
}
