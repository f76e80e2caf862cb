package gatewaytest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A row has the values of an entity by property: string (String, Decimal),
// time.Time, time.Duration (Time), bool; nil is null.
type row map[string]any

// value reads what an extract says, in any of the forms that extracts have, as
// a value of the property; what it does not say is null.
func (p *property) value(given any) (any, error) {
	if object, ok := given.(map[string]any); ok { // {"hours": 6, "minutes": 49, "seconds": 13}
		var d time.Duration
		for unit, one := range map[string]time.Duration{"hours": time.Hour, "minutes": time.Minute, "seconds": time.Second} {
			n, _ := object[unit].(float64)
			d += time.Duration(n) * one
		}
		return d, nil
	}
	text := fmt.Sprint(given)
	if given == nil || text == "" && p.kind != "String" {
		return nil, nil
	}
	switch p.kind {
	case "String":
		if strings.Trim(text, "0123456789") == "" { // a conversion exit takes the zeros off
			text = strings.TrimLeft(text, "0")
		}
		return text, nil
	case "Boolean":
		return text == "true" || text == "X", nil
	case "Decimal":
		_, scale, _ := strings.Cut(p.size, ",")
		whole, fraction, _ := strings.Cut(text, ".")
		n, err := strconv.Atoi(scale)
		if err != nil || len(strings.TrimRight(fraction, "0")) > n {
			return nil, fmt.Errorf("%s: %q has more than %s decimals", p.name, text, scale)
		}
		if n == 0 {
			return whole, nil
		}
		return whole + "." + (fraction + strings.Repeat("0", n))[:n], nil
	case "Time":
		return clock(text)
	}
	return moment(text)
}

func moment(text string) (any, error) {
	if text == "00000000" {
		return nil, nil
	}
	if rest, ok := strings.CutPrefix(text, "/Date("); ok {
		ms, err := strconv.ParseInt(strings.TrimSuffix(rest, ")/"), 10, 64)
		return time.UnixMilli(ms).UTC(), err
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02", "20060102"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return nil, fmt.Errorf("%q is no date", text)
}

func clock(text string) (any, error) {
	if strings.HasPrefix(text, "PT") {
		return time.ParseDuration(strings.ToLower(text[2:]))
	}
	t, err := time.Parse("150405", strings.ReplaceAll(text, ":", ""))
	return time.Duration(t.Hour()*3600+t.Minute()*60+t.Second()) * time.Second, err
}

// json is a value as the Gateway writes it.
func (p *property) json(v any) string {
	switch v := v.(type) {
	case time.Time:
		if p.kind == "DateTimeOffset" {
			return fmt.Sprintf(`"\/Date(%d+0000)\/"`, v.UnixMilli())
		}
		return fmt.Sprintf(`"\/Date(%d)\/"`, v.UnixMilli())
	case time.Duration:
		return fmt.Sprintf(`"PT%02dH%02dM%02dS"`, int(v.Hours()), int(v.Minutes())%60, int(v.Seconds())%60)
	case nil:
		return "null"
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and booleans
	}
	return string(text)
}

// compare orders the values of a property; null is before all.
func (p *property) compare(a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(bit(a != nil), bit(b != nil))
	}
	switch a := a.(type) {
	case time.Time:
		return a.Compare(b.(time.Time))
	case time.Duration:
		return cmp.Compare(a, b.(time.Duration))
	case bool:
		return cmp.Compare(bit(a), bit(b.(bool)))
	}
	if p.kind == "Decimal" {
		x, _ := strconv.ParseFloat(a.(string), 64) // small numbers of tests
		y, _ := strconv.ParseFloat(b.(string), 64)
		return cmp.Compare(x, y)
	}
	return strings.Compare(a.(string), b.(string))
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
