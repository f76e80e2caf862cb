package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"millrace/ingest"
	"millrace/ingest/web"
)

// A reader reads the pages of one query.
type reader struct {
	source *Source
	config TableConfig
	q      ingest.Query
	take   func(json.RawMessage) error // is given each item
	got    int                         // items of the page
	last   string                      // cursor of the last item
	pages  map[uint64]bool             // hashes
}

// An answer is what a page says besides its items.
type answer struct {
	at, total string
	more      bool
	link      string
	end       bool // there was no page any more
}

var (
	errLimit    = errors.New("enough rows")
	errNoObject = errors.New("is no object")
)

// first is the address of the first page.
func (r *reader) first() (*url.URL, error) {
	u, err := r.source.client.Below(r.config.Path)
	if err != nil {
		return nil, err
	}
	p := &r.config.Paging
	query := u.Query()
	for _, k := range slices.Sorted(maps.Keys(r.config.Query)) {
		query.Set(k, r.config.Query[k])
	}
	if r.q.Since != "" && r.config.Since.Param != "" {
		query.Set(r.config.Since.Param, r.config.Since.since(r.q.Since))
	}
	if p.SizeParam != "" {
		query.Set(p.SizeParam, strconv.Itoa(r.size()))
	}
	if p.By == "page" {
		query.Set(p.param(), strconv.Itoa(r.firstPage()))
	}
	if p.By == "offset" {
		query.Set(p.param(), "0")
	}
	u.RawQuery = query.Encode()
	return u, nil
}

func (r *reader) firstPage() int {
	if r.config.Paging.First != nil {
		return *r.config.Paging.First
	}
	return 1
}

func (r *reader) size() int {
	if r.config.Paging.Size > 0 {
		return r.config.Paging.Size
	}
	return 100
}

// page reads one page.
func (r *reader) page(ctx context.Context, u *url.URL) (a answer, err error) {
	r.got = 0
	body, err := r.source.client.Get(ctx, u, http.Header{"Accept": {"application/json"}})
	if e, ok := errors.AsType[*web.StatusError](err); ok && e.Status == r.config.Paging.EndStatus && (len(r.pages) > 0 || r.q.After != "") {
		return answer{end: true}, nil
	}
	if err != nil {
		return a, err
	}
	defer body.Close()
	p := &r.config.Paging
	wanted := []string{p.At, p.More, r.config.Total.At}
	l := web.Layout{Items: [][]string{web.Path(r.config.Items)}}
	for _, path := range wanted {
		if path != "" {
			l.Texts = append(l.Texts, web.Path(path))
		}
	}
	hash := xxh3.New()
	texts, found, err := body.Page(l, func(item json.RawMessage) error {
		hash.Write(item)
		r.got++
		err := r.take(item)
		if errors.Is(err, errNoObject) {
			return fmt.Errorf("%s: row %d of the page %w", u.Path, r.got, err)
		}
		return err
	})
	if err != nil {
		return a, err
	}
	if !found {
		return a, fmt.Errorf("%s: its answer has no list at %q; set items to where it is", u.Path, r.config.Items)
	}
	a = answer{more: true, link: nextLink(body.Header.Values("Link")), total: body.Header.Get(r.config.Total.Header)}
	for i, to := range []*string{&a.at, nil, &a.total} {
		if wanted[i] == "" {
			continue
		}
		if to != nil {
			*to = texts[0]
		} else {
			a.more = texts[0] == "true" || texts[0] != "" && texts[0] != "false" && texts[0] != "0"
		}
		texts = texts[1:]
	}
	if r.got > 0 {
		if r.pages == nil {
			r.pages = map[uint64]bool{}
		}
		sum := hash.Sum64()
		if r.pages[sum] {
			return a, fmt.Errorf("%s: gives the same page twice: it does not page by %s as configured", u.Path, p.By)
		}
		r.pages[sum] = true
	}
	return a, nil
}

// next returns the address of the page behind one, and where that is in words
// that may be kept: "page:2", "offset:200", "cursor:…", "next:/path?query"; or
// nil and "end".
func (r *reader) next(u *url.URL, a answer) (*url.URL, string, error) {
	p := &r.config.Paging
	var link, value string
	query := u.Query()
	switch {
	case a.end || !a.more:
	case p.By == "link":
		link = a.link
	case p.By == "next":
		link = a.at
	case p.By == "cursor" && p.At != "": // a page may be empty and not the last
		value = a.at
	case r.got == 0:
	case p.By == "cursor":
		value = r.last
	case p.By == "page" || p.By == "offset":
		step := 1
		if p.By == "offset" {
			step = r.got
		}
		n, err := strconv.Atoi(query.Get(p.param()))
		if err != nil {
			return nil, "", fmt.Errorf("%s: parameter %q is no number any more", u.Path, p.param())
		}
		value = strconv.Itoa(n + step)
	}
	switch {
	case link != "":
		next, err := r.source.client.Resolve(u, link)
		if err != nil {
			return nil, "", err
		}
		return next, "next:" + r.source.client.Relative(next), nil
	case value != "":
		query.Set(p.param(), value)
		next := *u
		next.RawQuery = query.Encode()
		return &next, p.By + ":" + value, nil
	}
	return nil, "end", nil
}

// resume is the address that an After of next stands for.
func (r *reader) resume(after string) (*url.URL, error) {
	u, err := r.first()
	if err != nil || after == "" {
		return u, err
	}
	kind, value, _ := strings.Cut(after, ":")
	switch {
	case kind == "next" && (r.config.Paging.By == "next" || r.config.Paging.By == "link"):
		return r.source.client.Resolve(u, value)
	case kind == r.config.Paging.By:
		query := u.Query()
		query.Set(r.config.Paging.param(), value)
		u.RawQuery = query.Encode()
		return u, nil
	}
	return nil, fmt.Errorf("%s: cannot continue behind %q", r.q.Table.Name, after)
}

// Read reads the rows of a table.
func (s *Source) Read(ctx context.Context, q ingest.Query, emit func(ingest.Page) error) error {
	config, ok := s.config.table(q.Table)
	if !ok {
		return fmt.Errorf("%s: where it is, is not said; add tables: %s: path", q.Table.Name, q.Table.Name)
	}
	if q.After == "end" {
		return nil
	}
	if q.PageRows <= 0 {
		q.PageRows = 20_000
	}
	w := &writer{config: &config, q: q, emit: emit, resumable: q.Keys == nil}
	r := &reader{source: s, config: config, q: q, take: w.take}
	if config.Paging.Item != "" {
		w.cursor = func(text string) { r.last = text }
	}
	w.prepare()
	err := r.all(ctx, w)
	if errors.Is(err, errLimit) {
		return nil
	}
	return err
}

// all reads pages: of everything, or by keys.
func (r *reader) all(ctx context.Context, w *writer) error {
	if r.q.Keys == nil || r.config.Keys.Param == "" || len(r.q.Table.Key) != 1 {
		u, err := r.resume(r.q.After)
		if err != nil {
			return err
		}
		return r.follow(ctx, u, w)
	}
	for _, batch := range r.batches() {
		u, err := r.first()
		if err != nil {
			return err
		}
		query := u.Query()
		query.Set(r.config.Keys.Param, batch)
		u.RawQuery = query.Encode()
		clear(r.pages)
		if err := r.follow(ctx, u, w); err != nil {
			return err
		}
	}
	return nil
}

// maxKeys is how many bytes of keys an address has at most.
const maxKeys = 1500

// batches joins keys by the separator.
func (r *reader) batches() []string {
	var list []string
	length := 0
	for _, key := range r.q.Keys {
		more := len(url.QueryEscape(key[0] + r.config.Keys.Separator))
		if len(list) > 0 && r.config.Keys.Separator != "" && length+more <= maxKeys {
			list[len(list)-1] += r.config.Keys.Separator + key[0]
			length += more
			continue
		}
		list, length = append(list, key[0]), more
	}
	return list
}

// follow reads pages until the last.
func (r *reader) follow(ctx context.Context, u *url.URL, w *writer) error {
	visited := map[string]bool{}
	for {
		clear(w.seen)
		a, err := r.page(ctx, u)
		if err != nil {
			return err
		}
		if err := w.check(u.Path, r.got); err != nil {
			return err
		}
		next, after, err := r.next(u, a)
		if err != nil {
			return err
		}
		if visited[after] {
			return fmt.Errorf("%s: its pages go round in a circle", u.Path)
		}
		visited[after] = true
		if err := w.flush(after); err != nil || next == nil {
			return err
		}
		u = next
	}
}
