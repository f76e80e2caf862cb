package gatewaytest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// User and Password are those of whoever may log on, Client the client.
const (
	User     = "MILLRACE"
	Password = "pa55 w:rd"
	Client   = "100"
)

const root = "/sap/opu/odata/sap/"

// A Gateway serves the services of services.txt.
type Gateway struct {
	t    testing.TB
	url  string
	mu   sync.Mutex
	list []*service
	log  []string // what was asked, unescaped

	// Page is how many rows an answer has where nobody says how many, Top the
	// most it has where somebody does.
	Page, Top int
	// Refuse is the status that a service or a set answers with.
	Refuse map[string]int
	// Fault answers in place of the Gateway, and says whether it did; n numbers
	// the requests from 1. It must not use the Gateway.
	Fault func(n int, w http.ResponseWriter, r *http.Request) bool
}

// Start starts one, without rows, until the test ends.
func Start(t testing.TB) *Gateway {
	t.Helper()
	g := &Gateway{t: t, list: services(t), Page: 3, Top: 5, Refuse: map[string]int{}}
	s := httptest.NewServer(http.HandlerFunc(g.serve))
	t.Cleanup(s.Close)
	g.url = s.URL
	return g
}

// URL is the address below which the services are.
func (g *Gateway) URL() string { return g.url + root }

// Services lists the paths of the services.
func (g *Gateway) Services() (list []string) {
	for _, v := range g.list {
		list = append(list, v.path)
	}
	return list
}

// Asked returns what was asked since the last call: path below the root and
// query, unescaped.
func (g *Gateway) Asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	log := g.log
	g.log = nil
	return log
}

func (g *Gateway) set(name string) *set {
	for _, v := range g.list {
		for _, s := range v.sets {
			if s.name == name {
				return s
			}
		}
	}
	g.t.Fatalf("no entity set %s", name)
	return nil
}

// Put adds a row, or replaces the one with its key. Names are those of
// properties, whatever their case and underscores; what a set does not have is
// left out. Values are in any form that extracts have.
func (g *Gateway) Put(name string, given map[string]any) {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.set(name)
	r := row{}
	for _, p := range s.properties {
		r[p.name] = nil
		for other, v := range given {
			if !strings.EqualFold(strings.ReplaceAll(other, "_", ""), p.name) {
				continue
			}
			var err error
			if r[p.name], err = p.value(v); err != nil {
				g.t.Fatalf("%s: %s: %v", name, p.name, err)
			}
		}
	}
	at, there := slices.BinarySearchFunc(s.rows, r, s.order)
	if there {
		s.rows[at] = r
	} else {
		s.rows = slices.Insert(s.rows, at, r)
	}
}

// Delete removes the rows whose first properties of the key are these.
func (g *Gateway) Delete(name string, key ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.set(name)
	s.rows = slices.DeleteFunc(s.rows, func(r row) bool {
		for i, k := range key {
			if r[s.key[i]] != k {
				return false
			}
		}
		return true
	})
}

// PutLines puts the rows of a file of JSON lines.
func (g *Gateway) PutLines(name, path string) {
	g.t.Helper()
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		g.t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var given map[string]any
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			g.t.Fatalf("%s: %v", path, err)
		}
		g.Put(name, given)
	}
	if err := lines.Err(); err != nil {
		g.t.Fatal(err)
	}
}

func (s *set) order(a, b row) int {
	for _, k := range s.key {
		if c := s.property(k).compare(a[k], b[k]); c != 0 {
			return c
		}
	}
	return 0
}

// refuse answers with an error as the Gateway words it.
func refuse(w http.ResponseWriter, status int, code, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"code":%q,"message":{"lang":"en","value":%q},"innererror":{"transactionid":"5F3C"}}}`, code, text)
}

func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	query, err := url.PathUnescape(r.URL.RawQuery)
	if err != nil {
		g.t.Errorf("query %q: %v", r.URL.RawQuery, err)
	}
	path := strings.TrimPrefix(r.URL.Path, root)
	g.log = append(g.log, strings.TrimSuffix(path+"?"+query, "?"))
	if g.Fault != nil && g.Fault(len(g.log), w, r) {
		return
	}
	user, password, _ := r.BasicAuth()
	client := r.URL.Query().Get("sap-client")
	if user != User || password != Password || client != "" && client != Client {
		w.Header().Set("WWW-Authenticate", `Basic realm="SAP NetWeaver Application Server [S4H/100]"`)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, "<html><body>Anmeldung fehlgeschlagen</body></html>")
		return
	}
	if r.Method != http.MethodGet {
		g.t.Errorf("%s %s: whoever reads only gets", r.Method, path)
	}
	first, rest, _ := strings.Cut(path, "/")
	i := slices.IndexFunc(g.list, func(v *service) bool { return v.path == first })
	if i < 0 {
		name, _, _ := strings.Cut(first, ";")
		refuse(w, http.StatusForbidden, "/IWFND/MED/170", fmt.Sprintf("No service found for namespace '', name '%s', version '0001'", name))
		return
	}
	if status := g.Refuse[g.list[i].name()]; status != 0 {
		refuse(w, status, "/IWFND/CM_MGW_RT/005", fmt.Sprintf("No authorization to access Service 'Z%s_0001'", g.list[i].name()))
		return
	}
	if rest == "$metadata" {
		w.Header().Set("Content-Type", "application/xml")
		fmt.Fprint(w, g.list[i].metadata())
		return
	}
	name, count := strings.CutSuffix(rest, "/$count")
	j := slices.IndexFunc(g.list[i].sets, func(s *set) bool { return s.name == name })
	if j < 0 {
		refuse(w, http.StatusNotFound, "/IWFND/CM_MGW/004", fmt.Sprintf("Resource not found for segment '%s'", name))
		return
	}
	if status := g.Refuse[name]; status != 0 {
		refuse(w, status, "/IWBEP/CX_MGW_BUSI_EXCEPTION", "No authorization to display data")
		return
	}
	g.answer(w, r, g.list[i].sets[j], count)
}

// answer answers a query for rows of a set.
func (g *Gateway) answer(w http.ResponseWriter, r *http.Request, s *set, count bool) {
	q := r.URL.Query()
	bad := func(err error) { refuse(w, http.StatusBadRequest, "/IWBEP/CM_MGW_RT/021", err.Error()) }
	rows := slices.Clone(s.rows)
	if text := q.Get("$filter"); text != "" {
		holds, err := s.filter(text)
		if err != nil {
			bad(err)
			return
		}
		rows = slices.DeleteFunc(rows, func(x row) bool { return !holds(x) })
	}
	if count {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, len(rows))
		return
	}
	order, err := s.listed(q.Get("$orderby"))
	if err != nil {
		bad(err)
		return
	}
	for _, p := range order {
		if p.fixed {
			bad(sayf("Property %s is not sortable", p.name))
			return
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		for _, p := range order {
			if c := p.compare(a[p.name], b[p.name]); c != 0 {
				return c
			}
		}
		return 0
	})
	columns, err := s.listed(q.Get("$select"))
	if err != nil {
		bad(err)
		return
	}
	if columns == nil {
		columns = s.properties
	}
	if !strings.HasPrefix(r.Header.Get("Accept"), "application/json") && q.Get("$format") != "json" {
		g.t.Errorf("%s: JSON was not asked for", r.URL.Path)
	}
	all := len(rows)
	from, size := 0, g.Page
	if skip := q.Get("$skiptoken") + q.Get("$skip"); skip != "" {
		from, _ = strconv.Atoi(skip)
	}
	to := all
	if top := q.Get("$top"); top != "" {
		n, _ := strconv.Atoi(top)
		size, to = g.Top, min(all, from+n)
	}
	to = min(to, from+size)
	next := ""
	if to < all && q.Get("$top") == "" {
		q.Del("$skiptoken")
		next = g.url + r.URL.Path + "?" + q.Encode() + "&$skiptoken=" + strconv.Itoa(to)
	}
	g.write(w, s, rows[min(from, to):to], columns, q.Get("$inlinecount") == "allpages", all, next)
}

// listed reads a list of properties: of $select and $orderby.
func (s *set) listed(text string) (list []*property, err error) {
	if text == "" {
		return nil, nil
	}
	for _, name := range strings.Split(text, ",") {
		name, _, _ = strings.Cut(name, " ")
		p := s.property(name)
		if p == nil {
			return nil, sayf("Property %s not found in type %sType", name, s.name)
		}
		list = append(list, p)
	}
	return list, nil
}

func (g *Gateway) write(w http.ResponseWriter, s *set, rows []row, columns []*property, counted bool, all int, next string) {
	var b strings.Builder
	b.WriteString(`{"d":{`)
	if counted {
		fmt.Fprintf(&b, `"__count":"%d",`, all)
	}
	b.WriteString(`"results":[`)
	for i, x := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		var key []string
		for _, k := range s.key {
			key = append(key, fmt.Sprintf("%s='%v'", k, x[k]))
		}
		uri, err := json.Marshal(fmt.Sprintf("%s%s/%s(%s)", g.URL(), s.service.path, s.name, strings.Join(key, ",")))
		if err != nil {
			g.t.Error(err)
		}
		fmt.Fprintf(&b, `{"__metadata":{"id":%[1]s,"uri":%[1]s,"type":"%[2]s.%[3]sType","etag":"W/\"datetimeoffset'2026-01-01T00%%3A00%%3A00Z'\""}`, uri, s.service.name(), s.name)
		for _, p := range columns {
			fmt.Fprintf(&b, `,"%s":%s`, p.name, p.json(x[p.name]))
		}
		b.WriteByte('}')
	}
	b.WriteByte(']')
	if next != "" {
		text, err := json.Marshal(next)
		if err != nil {
			g.t.Error(err)
		}
		fmt.Fprintf(&b, `,"__next":%s`, text)
	}
	b.WriteString("}}")
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.Header().Set("Dataserviceversion", "2.0")
	fmt.Fprint(w, b.String())
}
