package rest

import "strings"

// nextLink finds the target of rel="next" in Link headers (RFC 8288), "" if
// there is none.
func nextLink(headers []string) string {
	for _, h := range headers {
		for h != "" {
			var target string
			var next bool
			if target, next, h = link(h); next {
				return target
			}
		}
	}
	return ""
}

// link takes one link off the front of a header. What has not the form of one
// is left out up to the next comma.
func link(h string) (target string, next bool, rest string) {
	h = strings.TrimLeft(h, " \t,")
	if !strings.HasPrefix(h, "<") {
		_, rest, _ = strings.Cut(h, ",")
		return "", false, rest
	}
	target, h, ok := strings.Cut(h[1:], ">")
	if !ok {
		return "", false, ""
	}
	known := false // the first rel counts
	for {
		h = strings.TrimLeft(h, " \t")
		if !strings.HasPrefix(h, ";") {
			if h = strings.TrimLeft(h, " \t"); h != "" && h[0] != ',' {
				_, h, _ = strings.Cut(h, ",")
			}
			return strings.TrimSpace(target), next, h
		}
		var name, value string
		name, value, h = parameter(h[1:])
		if strings.EqualFold(name, "rel") && !known {
			known = true
			for _, rel := range strings.Fields(value) {
				next = next || strings.EqualFold(rel, "next")
			}
		}
	}
}

// parameter takes one parameter off the front: name, or name=token, or
// name="quoted".
func parameter(h string) (name, value, rest string) {
	h = strings.TrimLeft(h, " \t")
	end := strings.IndexAny(h, "=;,")
	if end < 0 {
		return strings.TrimSpace(h), "", ""
	}
	name = strings.TrimSpace(h[:end])
	if h[end] != '=' {
		return name, "", h[end:]
	}
	h = strings.TrimLeft(h[end+1:], " \t")
	if !strings.HasPrefix(h, `"`) {
		if end = strings.IndexAny(h, ";,"); end < 0 {
			return name, strings.TrimSpace(h), ""
		}
		return name, strings.TrimSpace(h[:end]), h[end:]
	}
	var b strings.Builder
	for i := 1; i < len(h); i++ {
		switch {
		case h[i] == '"':
			return name, b.String(), h[i+1:]
		case h[i] == '\\' && i+1 < len(h):
			i++
		}
		b.WriteByte(h[i])
	}
	return name, b.String(), "" // never closed
}
