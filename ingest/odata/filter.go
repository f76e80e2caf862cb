package odata

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"millrace/eventlog"
)

// literal is a text of a page as a literal of the set's version.
func (e *entitySet) literal(x *property, text string) (string, error) {
	wrong := fmt.Errorf("%s: %q is not of its type %s", x.name, text, x.edm)
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if x.enum != "" {
		return x.enum + quoted, nil
	}
	switch x.edm {
	case "Edm.Boolean":
		if text != "true" && text != "false" {
			return "", wrong
		}
		return text, nil
	case "Edm.Byte", "Edm.SByte", "Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Decimal", "Edm.Single", "Edm.Double":
		if strings.Trim(text, "0123456789+-.eE") != "" || text == "" {
			return "", wrong
		}
		if !e.v4 {
			text += map[string]string{"Edm.Int64": "L", "Edm.Decimal": "M", "Edm.Single": "f", "Edm.Double": "d"}[x.edm]
		}
		return text, nil
	case "Edm.Guid":
		if strings.Trim(strings.ToLower(text), "0123456789abcdef-") != "" || text == "" {
			return "", wrong
		}
		if e.v4 {
			return text, nil
		}
		return "guid'" + text + "'", nil
	case "Edm.DateTime", "Edm.DateTimeOffset", "Edm.Date":
		t, _, ok := parseTime(text)
		if !ok {
			return "", wrong
		}
		return e.time(x, t), nil
	case "Edm.Time", "Edm.TimeOfDay":
		t, err := time.Parse("15:04:05", text)
		if err != nil {
			return "", wrong
		}
		if e.v4 {
			return text, nil
		}
		return "time'" + t.Format("PT15H04M05.999999S") + "'", nil
	case "Edm.Binary":
		b, err := hex.DecodeString(text)
		if err != nil {
			return "", wrong
		}
		if e.v4 {
			return "binary'" + base64.URLEncoding.EncodeToString(b) + "'", nil
		}
		return "X'" + text + "'", nil
	}
	return quoted, nil
}

func (e *entitySet) time(x *property, t time.Time) string {
	switch {
	case x.edm == "Edm.Date":
		return t.Format(dateText)
	case x.edm == "Edm.DateTime":
		return "datetime'" + t.Format("2006-01-02T15:04:05.999999") + "'"
	case e.v4:
		return t.Format("2006-01-02T15:04:05.999999Z")
	default:
		return "datetimeoffset'" + t.Format("2006-01-02T15:04:05.999999Z") + "'"
	}
}

// parseTime reads a time of a page; zoned says that it names an instant.
func parseTime(text string) (t time.Time, zoned, ok bool) {
	for _, layout := range []string{"2006-01-02 15:04:05Z07", "2006-01-02 15:04:05Z07:00", time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true, true
		}
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", dateText} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, false, true
		}
	}
	return time.Time{}, false, false
}

// slack is how far the clocks of two zones are apart at most.
const slack = 14 * time.Hour

// since is the condition that some watermark is not earlier than a text, or
// that there is none. It is "" where the service cannot be asked that: then
// everything is read, which is slower and not wrong.
func (e *entitySet) since(since string, watermark []string) string {
	if since == "" || len(watermark) == 0 {
		return ""
	}
	t, zoned, isTime := parseTime(since)
	var parts, null []string
	for _, name := range watermark {
		x := e.named[name]
		if x == nil || !x.filter || x.nested || x.enum != "" {
			return ""
		}
		var literal string
		switch x.edm {
		case "Edm.DateTime", "Edm.DateTimeOffset", "Edm.Date":
			if !isTime {
				return ""
			}
			// Whole seconds: not every service reads fractions. Between a clock
			// and an instant lies a zone that is not known here.
			from := t.Truncate(time.Second)
			if zoned != (x.edm == "Edm.DateTimeOffset") {
				from = from.Add(-slack)
			}
			if x.date || x.edm == "Edm.Date" {
				from = from.Truncate(24 * time.Hour)
			}
			literal = e.time(x, from)
		default:
			// Of several, one is a text or number of another kind.
			var err error
			if literal, err = e.literal(x, since); err != nil || isTime || len(watermark) > 1 {
				return ""
			}
		}
		parts = append(parts, name+" ge "+literal)
		if x.nullable {
			null = append(null, name+" eq null")
		}
	}
	if len(null) == len(watermark) {
		all := strings.Join(null, " and ")
		if len(null) > 1 {
			all = "(" + all + ")"
		}
		parts = append(parts, all)
	}
	return strings.Join(parts, " or ")
}

// behind is the condition that a row comes after the one with a key:
// a gt 1 or (a eq 1 and b gt 2).
func (e *entitySet) behind(key []string) (string, error) {
	if len(key) != len(e.key) {
		return "", fmt.Errorf("%s: to continue wants %d values of the key, got %d", e.name, len(e.key), len(key))
	}
	var parts []string
	before := ""
	for i, name := range e.key {
		literal, err := e.literal(e.named[name], key[i])
		if err != nil {
			return "", err
		}
		if before == "" {
			parts = append(parts, name+" gt "+literal)
		} else {
			parts = append(parts, "("+before+" and "+name+" gt "+literal+")")
			before += " and "
		}
		before += name + " eq " + literal
	}
	return strings.Join(parts, " or "), nil
}

// keyed is the condition that a row has one key of a table.
func (e *entitySet) keyed(t *eventlog.Table, properties []*property, key []string) (string, error) {
	if len(key) != len(properties) {
		return "", fmt.Errorf("%s: a key has %d values, got %d", t.Name, len(properties), len(key))
	}
	var parts []string
	for i, x := range properties {
		literal, err := e.literal(x, key[i])
		if err != nil {
			return "", err
		}
		parts = append(parts, x.name+" eq "+literal)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return "(" + strings.Join(parts, " and ") + ")", nil
}

// there finds a column of a table among a set's properties.
func (e *entitySet) there(t *eventlog.Table, column string) *property {
	if x := e.named[column]; x != nil {
		return x
	}
	for _, x := range e.properties {
		if strings.EqualFold(x.name, column) {
			return x
		}
	}
	for _, x := range e.properties {
		for other, name := range t.ColumnAliases {
			if name == column && strings.EqualFold(x.name, other) {
				return x
			}
		}
	}
	return nil
}

// both joins conditions that must hold.
func both(conditions ...string) string {
	var list []string
	for _, c := range conditions {
		if c != "" {
			list = append(list, c)
		}
	}
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return "(" + strings.Join(list, ") and (") + ")"
}

// escape escapes a value of a query. Blanks are %20: SAP Gateway reads a plus
// as one. What may stay does, as addresses are short.
func escape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~'(),:/$@!*", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
