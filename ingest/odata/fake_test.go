package odata_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A fake is a service of OData as far as reading goes: an S/4HANA of version
// 2 or a Dynamics of version 4, with the limits and habits of each.
type fake struct {
	*httptest.Server
	t        *testing.T
	v4       bool
	root     string // path of the service
	metadata string
	sets     map[string]*fakeSet
	page     int // rows the service gives where no $top is
	top      int // the most it gives where one is

	user, password string          // of basic authentication
	token          map[string]bool // accepted
	issued         int

	log     []string                                          // what was asked, without the root
	fault   func(w http.ResponseWriter, r *http.Request) bool // answers in place of the service
	deaf    bool                                              // ignores $filter and $skip
	link    string                                            // next link to give in place of the true one
	noCount bool
}

type fakeSet struct {
	key     []string
	kinds   map[string]string // Edm type, without Edm.
	rows    []fakeRow
	company string // the user's own, of Dynamics
}

type fakeRow map[string]any // string, int64, time.Time, nil, json.RawMessage

func (f *fake) start(t *testing.T) *fake {
	f.t = t
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) refuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if f.v4 {
		fmt.Fprintf(w, `{"error":{"code":"","message":"An error has occurred.","innererror":{"message":%q}}}`, text)
		return
	}
	fmt.Fprintf(w, `{"error":{"code":"005056A509B11EE1B9A8FEC11C21578E","message":{"lang":"en","value":%q}}}`, text)
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/token" {
		f.serveToken(w, r)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, f.root)
	asked := path
	if r.URL.RawQuery != "" {
		text, err := url.PathUnescape(r.URL.RawQuery)
		if err != nil {
			f.t.Error(err)
		}
		asked += "?" + text
	}
	f.log = append(f.log, asked)
	if f.fault != nil && f.fault(w, r) {
		return
	}
	user, password, _ := r.BasicAuth()
	if f.user != "" && (user != f.user || password != f.password) || f.token != nil && !f.token[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")] {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if path == "$metadata" {
		w.Header().Set("Content-Type", "application/xml")
		fmt.Fprint(w, f.metadata)
		return
	}
	name, count := strings.CutSuffix(path, "/$count")
	set := f.sets[name]
	if set == nil {
		f.refuse(w, http.StatusNotFound, "Resource not found for segment '"+name+"'")
		return
	}
	if count && f.noCount {
		f.refuse(w, http.StatusNotImplemented, "not implemented")
		return
	}
	f.serveSet(w, r, name, set, count)
}

func (f *fake) serveToken(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("client_id") != "millrace" || r.FormValue("client_secret") != "c1ient-secret" || r.FormValue("grant_type") != "client_credentials" {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided: %s."}`, r.FormValue("client_secret"))
		return
	}
	f.issued++
	token := fmt.Sprintf("t0ken-%d", f.issued)
	f.token = map[string]bool{token: true} // those before are not accepted any more
	fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":"3599","access_token":%q}`, token)
}

func (f *fake) serveSet(w http.ResponseWriter, r *http.Request, name string, set *fakeSet, count bool) {
	q := r.URL.Query()
	rows := slices.Clone(set.rows)
	if f.v4 && q.Get("cross-company") != "true" && set.company != "" {
		rows = slices.DeleteFunc(rows, func(x fakeRow) bool { return x["dataAreaId"] != set.company })
	}
	if text := q.Get("$filter"); text != "" && !f.deaf {
		cond, err := parseFilter(text, set.kinds)
		if err != nil {
			f.refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		rows = slices.DeleteFunc(rows, func(x fakeRow) bool { return !cond(x) })
	}
	order := set.key
	if text := q.Get("$orderby"); text != "" {
		order = strings.Split(text, ",")
	}
	slices.SortStableFunc(rows, func(a, b fakeRow) int {
		for _, k := range order {
			if c := compare(a[k], b[k]); c != 0 {
				return c
			}
		}
		return 0
	})
	if count {
		fmt.Fprintf(w, "\ufeff%d", len(rows))
		return
	}
	if !strings.HasPrefix(r.Header.Get("Accept"), "application/json") {
		f.t.Errorf("not asked for JSON, but %q", r.Header.Get("Accept"))
	}
	all := len(rows)
	from, size := 0, f.page
	if skip := cmp.Or(q.Get("$skiptoken"), q.Get("$skip")); skip != "" && !f.deaf {
		from, _ = strconv.Atoi(skip)
	}
	limit := all
	if top := q.Get("$top"); top != "" {
		n, _ := strconv.Atoi(top)
		limit, size = min(all, n+from), f.top
	}
	if prefer, ok := strings.CutPrefix(r.Header.Get("Prefer"), "odata.maxpagesize="); ok && f.v4 {
		n, _ := strconv.Atoi(prefer)
		size = min(size, n)
	}
	to := min(limit, from+size)
	next := ""
	if to < limit && q.Get("$top") == "" {
		more := r.URL.Query()
		more.Del("sap-client")
		more.Set("$skiptoken", strconv.Itoa(to))
		next = f.URL + r.URL.Path + "?" + more.Encode()
	}
	if f.link != "" {
		next = f.link
	}
	var columns []string
	for k := range set.kinds {
		columns = append(columns, k)
	}
	if text := q.Get("$select"); text != "" {
		columns = strings.Split(text, ",")
	}
	if text := q.Get("$expand"); text != "" && f.v4 { // version 2 has them in $select
		columns = append(columns, strings.Split(text, ",")...)
	}
	slices.Sort(columns)
	for _, c := range columns {
		if set.kinds[c] == "" {
			f.refuse(w, http.StatusBadRequest, "Property "+c+" not found in type 'A_"+name+"Type'")
			return
		}
	}
	var b strings.Builder
	for i, x := range rows[min(from, to):to] {
		if i > 0 {
			b.WriteByte(',')
		}
		f.write(&b, name, set, columns, x)
	}
	w.Header().Set("Content-Type", "application/json")
	f.envelope(w, q, name, b.String(), next, all)
}

func (f *fake) envelope(w http.ResponseWriter, q url.Values, name, rows, next string, all int) {
	if f.v4 {
		fmt.Fprintf(w, `{"@odata.context":"%s%s$metadata#%s",`, f.URL, f.root, name)
		if q.Get("$count") == "true" {
			fmt.Fprintf(w, `"@odata.count":%d,`, all)
		}
		fmt.Fprintf(w, `"value":[%s]`, rows)
		if next != "" {
			fmt.Fprintf(w, `,"@odata.nextLink":%q`, next)
		}
		fmt.Fprint(w, "}")
		return
	}
	fmt.Fprint(w, `{"d":{`)
	if q.Get("$inlinecount") == "allpages" {
		fmt.Fprintf(w, `"__count":"%d",`, all)
	}
	fmt.Fprintf(w, `"results":[%s]`, rows)
	if next != "" {
		fmt.Fprintf(w, `,"__next":%q`, next)
	}
	fmt.Fprint(w, "}}")
}

func (f *fake) write(b *strings.Builder, name string, set *fakeSet, columns []string, x fakeRow) {
	if f.v4 {
		b.WriteString(`{"@odata.etag":"W/\"JzAsMjI1NjU0MjA2NTQn\""`)
	} else {
		fmt.Fprintf(b, `{"__metadata":{"id":"%s%s%s('1')","type":"T","etag":"W/\"1\""}`, f.URL, f.root, name)
	}
	for _, c := range columns {
		fmt.Fprintf(b, `,%q:`, c)
		switch v := x[c].(type) {
		case nil:
			b.WriteString("null")
		case string:
			text, _ := json.Marshal(v)
			b.Write(text)
		case int64:
			fmt.Fprint(b, v)
		case json.RawMessage:
			b.Write(v)
		case time.Time:
			switch {
			case f.v4:
				fmt.Fprintf(b, `"%s"`, v.Format("2006-01-02T15:04:05Z"))
			case set.kinds[c] == "DateTimeOffset":
				fmt.Fprintf(b, `"\/Date(%d+0000)\/"`, v.UnixMilli())
			default:
				fmt.Fprintf(b, `"\/Date(%d)\/"`, v.UnixMilli())
			}
		}
	}
	b.WriteByte('}')
}

func compare(a, b any) int {
	switch a := a.(type) {
	case string:
		b, _ := b.(string)
		return strings.Compare(a, b)
	case int64:
		b, _ := b.(int64)
		return cmp.Compare(a, b)
	case time.Time:
		b, _ := b.(time.Time)
		return a.Compare(b)
	}
	return 0
}

// parseFilter reads what $filter may be: comparisons, and, or, parentheses.
func parseFilter(text string, kinds map[string]string) (func(fakeRow) bool, error) {
	p := &filterParser{text: text, kinds: kinds}
	cond, err := p.or()
	if err == nil && strings.TrimSpace(p.text) != "" {
		err = fmt.Errorf("Invalid token detected at %q", p.text)
	}
	return cond, err
}

type filterParser struct {
	text  string
	kinds map[string]string
}

func (p *filterParser) or() (func(fakeRow) bool, error) {
	return p.joined(" or ", p.and, func(a, b bool) bool { return a || b })
}

func (p *filterParser) and() (func(fakeRow) bool, error) {
	return p.joined(" and ", p.term, func(a, b bool) bool { return a && b })
}

func (p *filterParser) joined(word string, part func() (func(fakeRow) bool, error), join func(a, b bool) bool) (func(fakeRow) bool, error) {
	left, err := part()
	for err == nil && strings.HasPrefix(p.text, word) {
		p.text = p.text[len(word):]
		var right func(fakeRow) bool
		before := left
		right, err = part()
		left = func(x fakeRow) bool { return join(before(x), right(x)) }
	}
	return left, err
}

func (p *filterParser) term() (func(fakeRow) bool, error) {
	if rest, ok := strings.CutPrefix(p.text, "("); ok {
		p.text = rest
		cond, err := p.or()
		if err == nil && !strings.HasPrefix(p.text, ")") {
			err = fmt.Errorf(") is missing at %q", p.text)
		}
		p.text = strings.TrimPrefix(p.text, ")")
		return cond, err
	}
	words := strings.SplitN(p.text, " ", 3)
	if len(words) < 3 || p.kinds[words[0]] == "" {
		return nil, fmt.Errorf("Property %s not found", words[0])
	}
	name, op := words[0], words[1]
	p.text = words[2]
	value, err := p.literal(p.kinds[name])
	if err != nil {
		return nil, err
	}
	return func(x fakeRow) bool {
		if value == nil || x[name] == nil {
			return op == "eq" && value == nil && x[name] == nil
		}
		c := compare(x[name], value)
		return op == "eq" && c == 0 || op == "gt" && c > 0 || op == "ge" && c >= 0
	}, nil
}

// literal takes one off the text and holds it to the type of the property.
func (p *filterParser) literal(kind string) (any, error) {
	prefix := ""
	for _, c := range []string{"datetimeoffset", "datetime"} {
		if strings.HasPrefix(p.text, c+"'") {
			prefix = c
			p.text = p.text[len(c):]
			break
		}
	}
	if !strings.HasPrefix(p.text, "'") {
		end := strings.IndexAny(p.text+" ", " )")
		word := p.text[:end]
		p.text = p.text[end:]
		if word == "null" {
			return nil, nil
		}
		if t, err := time.Parse("2006-01-02T15:04:05Z", word); err == nil && kind == "DateTimeOffset" {
			return t, nil
		}
		if n, err := strconv.ParseInt(strings.TrimRight(word, "L"), 10, 64); err == nil && strings.HasPrefix(kind, "Int") {
			return n, nil
		}
		return nil, fmt.Errorf("%q is no literal of %s", word, kind)
	}
	var b strings.Builder
	i := 1
	for ; i < len(p.text); i++ {
		if p.text[i] == '\'' {
			if i+1 >= len(p.text) || p.text[i+1] != '\'' {
				break
			}
			i++
		}
		b.WriteByte(p.text[i])
	}
	p.text = p.text[i+1:]
	want := map[string]string{"String": "", "DateTime": "datetime", "DateTimeOffset": "datetimeoffset"}
	if w, ok := want[kind]; !ok || w != prefix {
		return nil, fmt.Errorf("%s'%s' is no literal of %s", prefix, b.String(), kind)
	}
	if prefix == "" {
		return b.String(), nil
	}
	t, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(b.String(), "Z"))
	return t, err
}
