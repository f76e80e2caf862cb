package odata

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"millrace/ingest/web"
)

const (
	dateText    = "2006-01-02"
	naiveText   = "2006-01-02 15:04:05.999999"
	instantText = "2006-01-02 15:04:05.999999+00"
)

// text is a property's value as text that DuckDB casts to its type. What does
// not have the form of its type is left as it is: casting it says so.
func (x *property) text(value json.RawMessage) string {
	if len(value) > 0 && (value[0] == '{' || value[0] == '[') {
		return nested(value)
	}
	text := web.Text(value)
	if text == "" || x == nil {
		return text
	}
	switch x.edm {
	case "Edm.DateTime":
		if t, ok := jsonTime(text); ok {
			if x.date {
				return t.Format(dateText)
			}
			return t.Format(naiveText)
		}
	case "Edm.DateTimeOffset":
		if t, ok := jsonTime(text); ok {
			return t.Format(instantText)
		}
	case "Edm.Time", "Edm.TimeOfDay":
		if clock, ok := duration(text); ok {
			return clock
		}
	case "Edm.Binary":
		if b, ok := binary(text); ok {
			return hex.EncodeToString(b)
		}
	}
	return text
}

// jsonTime reads a time of version 2, /Date(ms)/ or /Date(ms+minutes)/, or an
// ISO one. The milliseconds before an offset are those of the local clock, as
// Olingo and SAP's SDK have it. The result is UTC.
func jsonTime(text string) (time.Time, bool) {
	if inner, ok := strings.CutPrefix(text, "/Date("); ok {
		inner, ok = strings.CutSuffix(inner, ")/")
		if !ok || inner == "" {
			return time.Time{}, false
		}
		ticks, offset := inner, ""
		if i := strings.LastIndexAny(inner, "+-"); i > 0 {
			ticks, offset = inner[:i], inner[i:]
		}
		ms, err := strconv.ParseInt(ticks, 10, 64)
		minutes, errOffset := int64(0), error(nil)
		if offset != "" {
			minutes, errOffset = strconv.ParseInt(offset, 10, 32)
		}
		// ±300,000 years; DuckDB's timestamps end there.
		if err != nil || errOffset != nil || ms > 9e15 || ms < -9e15 || minutes >= 24*60 || minutes <= -24*60 {
			return time.Time{}, false
		}
		return time.UnixMilli(ms - minutes*60_000).UTC(), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15:04Z07:00", dateText} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// duration reads PT12H3M4.5S as a time of day, 12:03:04.5.
func duration(text string) (string, bool) {
	rest, ok := strings.CutPrefix(text, "PT")
	if !ok || rest == "" {
		return "", false
	}
	var clock [3]float64
	fraction := ""
	for i, unit := range []string{"H", "M", "S"} {
		number, after, found := strings.Cut(rest, unit)
		if !found {
			continue
		}
		whole, frac, dotted := strings.Cut(number, ".")
		n, err := strconv.ParseUint(whole, 10, 16)
		if err != nil || dotted && (unit != "S" || strings.Trim(frac, "0123456789") != "") {
			return "", false
		}
		clock[i], rest = float64(n), after
		if frac != "" {
			fraction = "." + frac
		}
	}
	h, m, s := int(clock[0]), int(clock[1]), int(clock[2])
	if rest != "" || m > 59 || s > 59 || h > 24 || h == 24 && (m > 0 || s > 0 || strings.Trim(fraction, ".0") != "") {
		return "", false
	}
	two := func(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }
	return two(h) + ":" + two(m) + ":" + two(s) + fraction, true
}

// binary reads base64, of the alphabet for addresses in version 4.
func binary(text string) ([]byte, bool) {
	text = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(text), "=")
	b, err := base64.RawStdEncoding.DecodeString(text)
	return b, err == nil
}

// nested is what is nested as JSON without what is about the protocol; "" if
// it only says where to ask for it.
func nested(value json.RawMessage) string {
	dec := json.NewDecoder(bytes.NewReader(value))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return ""
	}
	if v = plain(v); v == nil {
		return ""
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v["__deferred"] != nil {
			return nil
		}
		for name, inner := range v {
			if protocol(name) {
				delete(v, name)
				continue
			}
			if inner != nil {
				if v[name] = plain(inner); v[name] == nil {
					delete(v, name)
				}
			}
		}
		if list, ok := v["results"].([]any); ok && len(v) == 1 {
			return list
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	}
	return v
}

// protocol says whether a member is about the protocol and no property.
func protocol(name string) bool {
	return name == "__metadata" || name == "__count" || name == "__next" || strings.Contains(name, "@") || strings.HasPrefix(name, "odata.")
}
