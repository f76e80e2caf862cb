package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// A Client asks one service. One goroutine uses it.
type Client struct {
	root      *url.URL
	timeout   time.Duration
	maxBody   int64
	query     url.Values // of every request, without the key
	headers   http.Header
	key       *Key // in the query
	keyValue  string
	oauth     *tokens
	secrets   []string // never to be seen
	transport *http.Transport
	http      *http.Client
}

// New returns a client for a service. Nothing is asked yet.
func New(c Config, env Env) (*Client, error) {
	root, err := address("url", c.URL, c.AllowHTTP)
	if err != nil {
		return nil, err
	}
	if err := c.Auth.check(); err != nil {
		return nil, err
	}
	if !strings.HasSuffix(root.Path, "/") {
		root = root.JoinPath("/")
	}
	cl := &Client{root: root, timeout: c.Timeout, maxBody: c.MaxBody << 20, query: url.Values{}, headers: http.Header{}}
	if cl.timeout <= 0 {
		cl.timeout = 2 * time.Minute
	}
	if cl.maxBody <= 0 {
		cl.maxBody = 1 << 30
	}
	for k, v := range c.Query {
		cl.query.Set(k, v)
	}
	for k, v := range c.Headers {
		cl.headers.Set(k, v)
	}
	cl.transport = http.DefaultTransport.(*http.Transport).Clone()
	if c.CA != "" {
		if cl.transport.TLSClientConfig, err = authorities(env.Path(c.CA)); err != nil {
			return nil, fmt.Errorf("ca: %w", err)
		}
	}
	cl.http = &http.Client{Transport: carrier{cl}, CheckRedirect: cl.redirect}
	return cl, cl.credentials(c, env)
}

func authorities(file string) (*tls.Config, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: holds no certificate in PEM form", file)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

func (c *Client) credentials(cfg Config, env Env) (err error) {
	secret := func(s Secret, field string) (text string) {
		if err == nil {
			text, err = s.Reveal(env, "auth: "+field)
		}
		c.conceal(text)
		return text
	}
	if a := cfg.Auth.Basic; a != nil {
		text := base64.StdEncoding.EncodeToString([]byte(a.User + ":" + secret(a.Password, "basic: password_from")))
		c.conceal(text)
		c.headers.Set("Authorization", "Basic "+text)
	}
	if a := cfg.Auth.Bearer; a != nil {
		c.headers.Set("Authorization", "Bearer "+secret(a.Token, "bearer: token_from"))
	}
	if a := cfg.Auth.Key; a != nil {
		value := secret(a.Value, "key: value_from")
		if a.Header != "" {
			c.headers.Set(a.Header, value)
		} else {
			c.key, c.keyValue = a, value
		}
	}
	if a := cfg.Auth.OAuth2; a != nil {
		c.oauth = &tokens{client: c, config: *a, secret: secret(a.ClientSecret, "oauth2: client_secret_from")}
		if err == nil {
			c.oauth.url, err = address("auth: oauth2: token_url", a.TokenURL, cfg.AllowHTTP)
		}
		if err == nil && a.ClientID == "" {
			err = errors.New("auth: oauth2: client_id is missing")
		}
	}
	return err
}

// Origin names the service for people, without secrets.
func (c *Client) Origin() string { return Place(c.root) }

// Root is the address of the service; it ends in a slash.
func (c *Client) Root() *url.URL { u := *c.root; return &u }

// Below returns the address of a path of the configuration.
func (c *Client) Below(path string) (*url.URL, error) {
	u, err := c.root.Parse(strings.TrimLeft(path, "/"))
	if err != nil || !c.home(u) || u.User != nil || u.RawQuery != "" || !strings.HasPrefix(u.Path, c.root.Path) {
		return nil, fmt.Errorf("want a path below %s, without a query", c.Origin())
	}
	return u, nil
}

// Close closes connections that are kept open.
func (c *Client) Close() error {
	c.transport.CloseIdleConnections()
	return nil
}

// Place is an address without what may be secret in it.
func Place(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// Resolve returns the address of a link in an answer from base. A link to
// another host is refused: it would get what this one is entitled to.
func (c *Client) Resolve(base *url.URL, link string) (*url.URL, error) {
	u, err := base.Parse(link)
	if err != nil {
		return nil, fmt.Errorf("%s: its link to the next page is not an address", base.Path)
	}
	if !c.home(u) {
		return nil, fmt.Errorf("%s: its next page is at %s://%s, which is not the service's own host, so it is not followed; does a proxy not rewrite links?", base.Path, u.Scheme, u.Host)
	}
	u.User, u.Fragment = nil, ""
	if c.key != nil {
		u.RawQuery = without(u.RawQuery, c.key.Query)
	}
	return u, nil
}

// Relative returns what Resolve makes the address of again, without host or
// secret: it may be kept.
func (c *Client) Relative(u *url.URL) string {
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}).String()
}

// without leaves a parameter out of a query and the others as they are.
func without(query, name string) string {
	var kept []string
	for _, part := range strings.Split(query, "&") {
		key, _, _ := strings.Cut(part, "=")
		if k, err := url.QueryUnescape(key); err != nil || k != name {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}

// home says whether an address is the service's own host.
func (c *Client) home(u *url.URL) bool {
	return u.Scheme == c.root.Scheme && strings.EqualFold(u.Hostname(), c.root.Hostname()) && port(u) == port(c.root)
}

func port(u *url.URL) string {
	switch p := u.Port(); {
	case p != "":
		return p
	case u.Scheme == "http":
		return "80"
	default:
		return "443"
	}
}

// A carrier puts credentials into requests to the service's own host, and into
// no others: http.Client would copy headers it does not know into a request
// that it is redirected to.
type carrier struct{ *Client }

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	if !c.home(r.URL) {
		return c.transport.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	for name, values := range c.headers {
		r.Header[name] = values
	}
	if c.oauth != nil {
		r.Header.Set("Authorization", "Bearer "+c.oauth.token)
	}
	var more []string
	if missing := absent(c.query, r.URL.Query()); len(missing) > 0 {
		more = append(more, missing.Encode())
	}
	if c.key != nil {
		more = append(more, url.Values{c.key.Query: {c.keyValue}}.Encode())
		r.URL.RawQuery = without(r.URL.RawQuery, c.key.Query)
	}
	if r.URL.RawQuery != "" {
		more = append([]string{r.URL.RawQuery}, more...)
	}
	r.URL.RawQuery = strings.Join(more, "&")
	return c.transport.RoundTrip(r)
}

// absent returns the parameters that a query lacks.
func absent(all, query url.Values) url.Values {
	missing := url.Values{}
	for k, v := range all {
		if !query.Has(k) {
			missing[k] = v
		}
	}
	return missing
}

func (c *Client) redirect(next *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return refusal("redirects more than ten times")
	}
	if next.URL.Scheme != "https" && via[0].URL.Scheme == "https" {
		return refusal(fmt.Sprintf("redirects to %s, which is not encrypted; not followed", Place(next.URL)))
	}
	if !c.home(next.URL) {
		next.Header.Del("Referer")
		next.URL.User = nil
		if c.key != nil {
			next.URL.RawQuery = without(next.URL.RawQuery, c.key.Query)
		}
	}
	return nil
}

// A Body is an answer. Whoever gets it closes it.
type Body struct {
	Status int // 200 or 204
	Header http.Header
	Place  string   // where it is from, for errors
	URL    *url.URL // as asked for

	client *Client
	ctx    context.Context // with the timeout
	cancel context.CancelCauseFunc
	from   io.ReadCloser
	left   int64
}

// errSilent is why a request was given up.
var errSilent = errors.New("silent")

// Get asks for an address. An error that may pass by itself is
// [ingest.Transient]; one that the service gave is a [*StatusError]. A token
// that is not accepted any more is replaced once.
func (c *Client) Get(ctx context.Context, u *url.URL, header http.Header) (*Body, error) {
	body, err := c.get(ctx, u, header)
	if status, ok := errors.AsType[*StatusError](err); ok && status.Status == http.StatusUnauthorized && c.oauth != nil {
		c.oauth.token = ""
		body, err = c.get(ctx, u, header)
	}
	return body, err
}

func (c *Client) get(ctx context.Context, u *url.URL, header http.Header) (*Body, error) {
	if c.oauth != nil {
		if err := c.oauth.refresh(ctx); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		cancel(nil)
		return nil, fmt.Errorf("%s: cannot be asked for", u.Path)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	b := &Body{Place: u.Path, URL: u, client: c, ctx: ctx, cancel: cancel, left: c.maxBody}
	var res *http.Response
	b.wait(func() { res, err = c.http.Do(req) })
	if err != nil {
		err = c.broken(ctx, u.Path, err)
		cancel(nil)
		return nil, err
	}
	b.Status, b.Header, b.from = res.StatusCode, res.Header, res.Body
	kind := strings.ToLower(res.Header.Get("Content-Type"))
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNoContent {
		defer b.Close()
		return nil, c.refused(b, res)
	}
	if strings.HasPrefix(kind, "text/html") {
		defer b.Close()
		return nil, fmt.Errorf("%s: answers with a page for people instead of data: a log-in page? Check url and auth", u.Path)
	}
	return b, nil
}

// wait runs a call that the service may answer, and cancels it after a silence.
func (b *Body) wait(call func()) {
	t := time.AfterFunc(b.client.timeout, func() { b.cancel(errSilent) })
	call()
	t.Stop()
}

// Read reads what is unpacked of the answer.
func (b *Body) Read(p []byte) (n int, err error) {
	if b.left <= 0 {
		return 0, &largeError{b.Place, b.client.maxBody}
	}
	b.wait(func() { n, err = b.from.Read(p[:min(int64(len(p)), b.left)]) })
	b.left -= int64(n)
	if err != nil && err != io.EOF {
		err = b.client.broken(b.ctx, b.Place, err)
	}
	return n, err
}

// Close ends the request.
func (b *Body) Close() error {
	b.cancel(nil)
	return b.from.Close()
}

// Text returns the whole of a short answer.
func (b *Body) Text() (string, error) {
	text, err := io.ReadAll(io.LimitReader(b, 64<<10))
	return string(text), err
}
