package odata

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/web"
)

// layout is where rows, the next link and the count are: of version 4, 4.01,
// 3 and 2, in which rows may be d itself where there is no more to say.
var layout = web.Layout{
	Items: [][]string{{"value"}, {"d", "results"}, {"d"}},
	Texts: [][]string{
		{"@odata.nextLink"}, {"@nextLink"}, {"odata.nextLink"}, {"d", "__next"},
		{"@odata.count"}, {"@count"}, {"odata.count"}, {"d", "__count"},
	},
}

// nextTexts is how many of layout.Texts are next links.
const nextTexts = 4

// A reader reads the rows of one query.
type reader struct {
	source *Source
	*target
	q      ingest.Query
	emit   func(ingest.Page) error
	size   int             // rows to ask for
	where  string          // filter of every request
	fields string          // $select
	at     map[string]int  // position of a property
	types  []*property     // by position; nil: expanded
	key    []int           // positions of the set's key
	rows   [][]string      // of the page, not emitted yet
	got    int             // rows of the page
	seen   []bool          // positions that the page had
	pages  map[uint64]bool // hashes
	total  int64           // rows emitted and waiting
	token  func() string   // where a page that is too long can be continued
}

// errLimit ends the reading of a page.
var errLimit = errors.New("enough rows")

// Read reads the rows of a table. Where After is "key:" and the values of a
// key, "skip:" and a number, or "next:" and an address below the host; or
// "end".
func (s *Source) Read(ctx context.Context, q ingest.Query, emit func(ingest.Page) error) error {
	if q.After == "end" {
		return nil
	}
	if err := s.load(ctx); err != nil {
		return err
	}
	t, problem := s.find(q.Table)
	if t == nil {
		return fmt.Errorf("%s: %s", q.Table.Name, problem)
	}
	r := &reader{source: s, target: t, q: q, emit: emit, pages: map[uint64]bool{}}
	mode, err := r.mode()
	if err != nil {
		return fmt.Errorf("%s: %w", q.Table.Name, err)
	}
	if err := r.prepare(mode); err != nil {
		return fmt.Errorf("%s: %w", q.Table.Name, err)
	}
	switch {
	case q.Keys != nil:
		err = r.byKeys(ctx)
	case mode == PagingKey:
		err = r.behindKey(ctx)
	case mode == PagingSkip:
		err = r.bySkip(ctx)
	default:
		err = r.byLinks(ctx)
	}
	if errors.Is(err, errLimit) {
		return nil
	}
	if e, ok := errors.AsType[*web.StatusError](err); ok && (e.Status == 400 || e.Status == 501) && mode == PagingKey && q.Keys == nil {
		return fmt.Errorf("%w; if the service cannot filter by its key, set tables: %s: paging: server", err, q.Table.Name)
	}
	return err
}

// mode is how to page: as a read that is continued began, else as configured.
func (r *reader) mode() (Paging, error) {
	kind, _, _ := strings.Cut(r.q.After, ":")
	switch {
	case kind == "next":
		return PagingServer, nil
	case kind == "key" || kind == "skip":
		return Paging(kind), nil
	case r.q.After != "":
		return "", fmt.Errorf("cannot continue behind %q", r.q.After)
	case r.config.Paging == PagingKey && !r.byKey():
		return "", errors.New("cannot be read by its key: it has none, or one that cannot be compared; set paging: server")
	case r.config.Paging != PagingAuto:
		return r.config.Paging, nil
	case !r.v4 && r.byKey():
		return PagingKey, nil
	}
	return PagingServer, nil
}

func (r *reader) prepare(mode Paging) error {
	if r.q.PageRows <= 0 {
		r.q.PageRows = 20_000
	}
	r.size = min(r.q.PageRows, r.source.config.PageRows)
	if r.q.Limit > 0 {
		r.size = int(min(int64(r.size), r.q.Limit))
	}
	r.where = both(r.always, r.entitySet.since(r.q.Since, r.q.Watermark))
	names := slices.Clone(r.q.Columns)
	if mode == PagingKey && r.q.Keys == nil {
		for _, k := range r.entitySet.key {
			if !slices.Contains(names, k) {
				names = append(names, k)
			}
			r.key = append(r.key, slices.Index(names, k))
		}
	}
	r.at = make(map[string]int, len(names))
	var fields []string
	for i, name := range names {
		x := r.named[name]
		if x == nil && !slices.Contains(r.config.Expand, name) {
			return fmt.Errorf("%s has no property %q any more", r.place(), name)
		}
		if _, twice := r.at[name]; twice {
			return fmt.Errorf("column %q is asked for twice", name)
		}
		r.at[name] = i
		r.types = append(r.types, x)
		if x != nil || !r.v4 {
			fields = append(fields, name)
		}
	}
	// A list that takes most of an address is left out: all properties come.
	if r.fields = strings.Join(fields, ","); len(r.fields) > r.source.config.MaxURL/2 {
		r.fields = ""
	}
	r.seen = make([]bool, len(names))
	return nil
}

// request is the address of rows with more conditions and parameters.
func (r *reader) request(condition string, params ...[2]string) *url.URL {
	return r.address(append([][2]string{
		{"$select", r.fields}, {"$expand", strings.Join(r.config.Expand, ",")}, {"$filter", both(r.where, condition)},
	}, params...)...)
}

// page reads one page; n is how many rows it had.
func (r *reader) page(ctx context.Context, u *url.URL) (next string, n int, err error) {
	header := r.json()
	if r.v4 {
		header.Set("Prefer", "odata.maxpagesize="+strconv.Itoa(r.size))
	}
	body, err := r.source.client.Get(ctx, u, header)
	if err != nil {
		return "", 0, err
	}
	defer body.Close()
	hash := xxh3.New()
	r.got = 0
	clear(r.seen)
	texts, found, err := body.Page(layout, func(item json.RawMessage) error {
		hash.Write(item)
		return r.row(item)
	})
	if err != nil {
		return "", r.got, err
	}
	if !found {
		return "", 0, fmt.Errorf("%s: its answer has neither value nor d.results", u.Path)
	}
	if r.got > 0 {
		if i := slices.Index(r.seen, false); i >= 0 {
			return "", r.got, fmt.Errorf("%s: none of %d rows has %q: is the property not there any more?", u.Path, r.got, r.name(i))
		}
		sum := hash.Sum64()
		if r.pages[sum] {
			return "", r.got, fmt.Errorf("%s: gives the same page twice; it does not page as asked: set tables: %s: paging to another of server, key and skip", u.Path, r.q.Table.Name)
		}
		r.pages[sum] = true
	}
	for _, text := range texts[:nextTexts] {
		if text != "" {
			next = text
		}
	}
	return next, r.got, nil
}

// name is the column at a position.
func (r *reader) name(position int) string {
	for name, i := range r.at {
		if i == position {
			return name
		}
	}
	return ""
}

// row takes a row of the page.
func (r *reader) row(item json.RawMessage) error {
	if len(r.rows) == r.q.PageRows {
		if err := r.flush(r.token()); err != nil {
			return err
		}
	}
	fields := r.next()
	ok := web.Members(item, func(name, value []byte) {
		if i, wanted := r.at[string(name)]; wanted {
			fields[i] = r.types[i].text(value)
			r.seen[i] = true
		}
	})
	if !ok {
		return fmt.Errorf("%s: row %d of the page is no object", r.url.Path, r.got+1)
	}
	r.got++
	if r.total++; r.q.Limit > 0 && r.total >= r.q.Limit {
		if err := r.flush(""); err != nil {
			return err
		}
		return errLimit
	}
	return nil
}

// next returns an empty row of those that are waiting.
func (r *reader) next() []string {
	if len(r.rows) < cap(r.rows) {
		if r.rows = r.rows[:len(r.rows)+1]; len(r.rows[len(r.rows)-1]) == len(r.types) {
			clear(r.rows[len(r.rows)-1])
			return r.rows[len(r.rows)-1]
		}
		r.rows = r.rows[:len(r.rows)-1]
	}
	r.rows = append(r.rows, make([]string, len(r.types)))
	return r.rows[len(r.rows)-1]
}

// flush emits the rows that are waiting, without the key that is only read to
// go on by.
func (r *reader) flush(after string) error {
	if len(r.rows) == 0 {
		return nil
	}
	rows := r.rows
	if wanted := len(r.q.Columns); wanted < len(r.types) {
		rows = make([][]string, len(r.rows))
		for i, row := range r.rows {
			rows[i] = row[:wanted]
		}
	}
	err := r.emit(ingest.Page{Rows: rows, After: after})
	r.rows = r.rows[:0]
	return err
}

// last is the key of the last row that is waiting, as an After.
func (r *reader) last() string {
	row := r.rows[len(r.rows)-1]
	var key []string
	for _, i := range r.key {
		key = append(key, row[i])
	}
	text, _ := json.Marshal(key) // strings have no other form
	return "key:" + string(text)
}

func never() string { return "" }

// byLinks follows the links of the service.
func (r *reader) byLinks(ctx context.Context) error {
	r.token = never
	top := ""
	if r.q.Limit > 0 {
		top = strconv.FormatInt(r.q.Limit, 10)
	}
	u := r.request("", [2]string{"$top", top})
	if rest, ok := strings.CutPrefix(r.q.After, "next:"); ok {
		var err error
		if u, err = r.source.client.Resolve(r.url, rest); err != nil {
			return err
		}
	}
	return r.follow(ctx, u, true)
}

// follow reads a page and those that it links to. resumable says that a page
// says where the next is.
func (r *reader) follow(ctx context.Context, u *url.URL, resumable bool) error {
	visited := map[string]bool{}
	for {
		link, _, err := r.page(ctx, u)
		if err != nil {
			return err
		}
		after := "end"
		if link != "" {
			if u, err = r.source.client.Resolve(u, link); err != nil {
				return err
			}
			after = "next:" + r.source.client.Relative(u)
			if visited[after] {
				return fmt.Errorf("%s: its links to the next page go round in a circle", u.Path)
			}
			visited[after] = true
		}
		if !resumable {
			after = ""
		}
		if err := r.flush(after); err != nil {
			return err
		}
		if link == "" {
			return nil
		}
	}
}

// behindKey asks for the rows behind the last one until there are none. It
// does not conclude from a short page that it is the last: services have
// limits of their own.
func (r *reader) behindKey(ctx context.Context) error {
	r.token = r.last
	after := r.q.After
	for {
		condition := ""
		if rest, ok := strings.CutPrefix(after, "key:"); ok {
			var key []string
			err := json.Unmarshal([]byte(rest), &key)
			if err == nil {
				condition, err = r.behind(key)
			}
			if err != nil {
				return fmt.Errorf("%s: cannot continue behind %q: %w", r.q.Table.Name, after, err)
			}
		}
		u := r.request(condition, [2]string{"$orderby", strings.Join(r.entitySet.key, ",")}, [2]string{"$top", strconv.Itoa(r.size)})
		link, n, err := r.page(ctx, u)
		for err == nil && n == 0 && link != "" { // a page may be empty and not the last
			if u, err = r.source.client.Resolve(u, link); err == nil {
				link, n, err = r.page(ctx, u)
			}
		}
		if err != nil || n == 0 {
			return err
		}
		after = r.last()
		if err := r.flush(after); err != nil {
			return err
		}
	}
}

// bySkip asks for rows by their number until there are none.
func (r *reader) bySkip(ctx context.Context) error {
	r.token = never
	skip := int64(0)
	if rest, ok := strings.CutPrefix(r.q.After, "skip:"); ok {
		var err error
		if skip, err = strconv.ParseInt(rest, 10, 64); err != nil || skip < 0 {
			return fmt.Errorf("%s: cannot continue behind %q", r.q.Table.Name, r.q.After)
		}
	}
	order := ""
	if r.byKey() {
		order = strings.Join(r.entitySet.key, ",")
	}
	for {
		u := r.request("", [2]string{"$orderby", order}, [2]string{"$top", strconv.Itoa(r.size)}, [2]string{"$skip", strconv.FormatInt(skip, 10)})
		_, n, err := r.page(ctx, u)
		if err != nil || n == 0 {
			return err
		}
		skip += int64(n)
		if err := r.flush("skip:" + strconv.FormatInt(skip, 10)); err != nil {
			return err
		}
	}
}

// byKeys asks for rows with keys, as many at a time as an address has room for.
func (r *reader) byKeys(ctx context.Context) error {
	r.token = never
	properties, err := keyProperties(r.target, r.q.Table)
	if err != nil {
		return err
	}
	room := r.source.config.MaxURL - len(r.request("").String()) - len("&$filter=")
	for i := 0; i < len(r.q.Keys); {
		var batch []string
		for length := 0; i < len(r.q.Keys); i++ {
			one, err := r.keyed(r.q.Table, properties, r.q.Keys[i])
			if err != nil {
				return fmt.Errorf("%s: %w", r.q.Table.Name, err)
			}
			length += len(escape(one)) + len("%20or%20")
			if length > room && len(batch) > 0 {
				break
			}
			batch = append(batch, one)
		}
		// The same rows may be in two answers, to be no circle.
		clear(r.pages)
		if err := r.follow(ctx, r.request(strings.Join(batch, " or ")), false); err != nil {
			return err
		}
	}
	return nil
}

func keyProperties(t *target, table *eventlog.Table) ([]*property, error) {
	var list []*property
	for _, k := range table.Key {
		x := t.there(table, k)
		if x == nil {
			return nil, fmt.Errorf("%s: %s has no property for column %q of the key", table.Name, t.place(), k)
		}
		list = append(list, x)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s has no key to ask by", table.Name)
	}
	return list, nil
}
