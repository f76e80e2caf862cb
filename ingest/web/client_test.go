package web

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"millrace/ingest"
)

const secret = "s3cr3t/+ü&x"

func lookup(name string) (string, bool) { return secret, name == "SECRET" }

func client(t *testing.T, c Config) *Client {
	t.Helper()
	cl, err := New(c, Env{Lookup: lookup})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cl.Close() })
	return cl
}

// get returns what is answered, or the error.
func get(cl *Client, path string) (string, error) {
	u, err := cl.Root().Parse(path)
	if err != nil {
		return "", err
	}
	b, err := cl.Get(context.Background(), u, nil)
	if err != nil {
		return "", err
	}
	defer b.Close()
	text, err := io.ReadAll(b)
	return string(text), err
}

func TestCredentials(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s|%s|%s", r.Header.Get("Authorization"), r.Header.Get("X-Key"), r.URL.RawQuery)
	}))
	defer srv.Close()
	for _, c := range []struct {
		auth Auth
		path string
		want string
	}{
		{Auth{}, "a?b=1", "||b=1&q=r"},
		{Auth{}, "a?q=mine", "||q=mine"},
		{Auth{Basic: &Basic{User: "u", Password: "env:SECRET"}}, "a", "Basic dTpzM2NyM3QvK8O8Jng=||q=r"},
		{Auth{Bearer: &Bearer{Token: "env:SECRET"}, Key: &Key{Header: "X-Key", Value: "env:SECRET"}}, "a", "Bearer " + secret + "|" + secret + "|q=r"},
		{Auth{Key: &Key{Query: "key", Value: "env:SECRET"}}, "a?x=1&key=old", "||x=1&q=r&key=s3cr3t%2F%2B%C3%BC%26x"},
	} {
		got, err := get(client(t, Config{URL: srv.URL, Auth: c.auth, Query: map[string]string{"q": "r"}}), c.path)
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", c.path, got, err, c.want)
		}
	}
}

func TestSecretFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"ok": "abc\n", "empty": "\n", "lines": "a\nb"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for from, want := range map[Secret]string{
		"file:ok":    "abc",
		"file:empty": "x: file:empty is not set, or empty",
		"file:lines": "x: file:lines has more than one line",
		"":           "x is missing: want env:NAME or file:PATH",
		"hunter2":    "x: want env:NAME or file:PATH, not the secret itself",
		"vault:a":    "x: want env:NAME or file:PATH, not the secret itself",
	} {
		got, err := from.Reveal(Env{Dir: dir}, "x")
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", from, got, want)
		}
	}
}

// A redirect to another host is followed without credentials, of whatever kind.
func TestRedirect(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range r.Header {
			if strings.Contains(strings.Join(values, " "), "s3cr3t") || name == "Authorization" || name == "X-Key" {
				t.Errorf("the other host got %s: %q", name, values)
			}
		}
		if strings.Contains(r.URL.RawQuery, "s3cr3t") {
			t.Errorf("the other host got %s", r.URL.RawQuery)
		}
		fmt.Fprint(w, "there")
	}))
	defer other.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, other.URL+"/x?"+r.URL.RawQuery, http.StatusFound)
		case "/home":
			http.Redirect(w, r, "/here", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		default:
			fmt.Fprint(w, r.Header.Get("X-Key"))
		}
	}))
	defer srv.Close()
	for _, auth := range []Auth{
		{Basic: &Basic{User: "u", Password: "env:SECRET"}, Key: &Key{Header: "X-Key", Value: "env:SECRET"}},
		{Bearer: &Bearer{Token: "env:SECRET"}, Key: &Key{Query: "key", Value: "env:SECRET"}},
	} {
		cl := client(t, Config{URL: srv.URL, Auth: auth})
		if got, err := get(cl, "away"); got != "there" || err != nil {
			t.Errorf("%s, %v", got, err)
		}
		if _, err := get(cl, "round"); err == nil || err.Error() != "/round: redirects more than ten times" {
			t.Errorf("%v", err)
		}
		if got, err := get(cl, "home"); err != nil || auth.Key.Header != "" && got != secret {
			t.Errorf("%s, %v", got, err)
		}
	}
}

// The certificate is verified; a company's own authority is a file.
func TestTLS(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "plain") }))
	defer plain.Close()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			http.Redirect(w, r, plain.URL, http.StatusFound)
		}
		fmt.Fprint(w, "ok")
	}))
	srv.Config.ErrorLog = nil
	defer srv.Close()
	_, err := get(client(t, Config{URL: srv.URL}), "x")
	if _, transient := ingest.IsTransient(err); err == nil || transient || !strings.HasPrefix(err.Error(), "/x: its certificate is not trusted: ") {
		t.Errorf("%v", err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	cl := client(t, Config{URL: srv.URL, CA: ca})
	if got, err := get(cl, "x"); got != "ok" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := get(cl, "down"); err == nil || err.Error() != "/down: redirects to "+plain.URL+", which is not encrypted; not followed" {
		t.Errorf("%v", err)
	}
	_, err = get(client(t, Config{URL: strings.Replace(plain.URL, "http:", "https:", 1)}), "x")
	if _, transient := ingest.IsTransient(err); err == nil || transient || !strings.Contains(err.Error(), "does not speak TLS") {
		t.Errorf("%v", err)
	}
}

func TestBodies(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			for range 40 {
				w.Write(make([]byte, 64<<10))
			}
		case "/cut":
			w.Header().Set("Content-Length", "10")
			w.Write([]byte("12345"))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case "/gzip", "/bomb":
			if r.Header.Get("Accept-Encoding") != "gzip" {
				t.Errorf("asked for %q", r.Header.Get("Accept-Encoding"))
			}
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, "packed")
			if r.URL.Path == "/bomb" {
				z.Write(make([]byte, 64<<20))
			}
			z.Close()
		case "/error":
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprintf(w, "token %s is\n not  good %s", secret, strings.Repeat("x", 1000))
		}
	}))
	defer srv.Close()
	cl := client(t, Config{URL: srv.URL, MaxBody: 1, Auth: Auth{Bearer: &Bearer{Token: "env:SECRET"}}})
	got, err := get(cl, "large")
	if len(got) != 1<<20 || err == nil || err.Error() != "/large: its answer has more than 1 MiB; ask for smaller pages, or raise max_body" {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if got, err = get(cl, "gzip"); got != "packed" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, err = get(cl, "bomb"); len(got) != 1<<20 || err == nil || !strings.HasPrefix(err.Error(), "/bomb: its answer has more than 1 MiB") {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	got, err = get(cl, "cut?key="+secret)
	if _, transient := ingest.IsTransient(err); got != "12345" || !transient || err.Error() != "/cut: unexpected EOF" {
		t.Errorf("%q, %v", got, err)
	}
	_, err = get(cl, "error")
	if _, transient := ingest.IsTransient(err); !transient || !strings.HasPrefix(err.Error(), `/error: 502 Bad Gateway "token … is not good xxx`) || len(err.Error()) > 400 {
		t.Errorf("%v", err)
	}
	srv.Close()
	_, err = get(cl, "gone")
	if _, transient := ingest.IsTransient(err); !transient || !strings.HasPrefix(err.Error(), "/gone: ") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = cl.Get(ctx, cl.Root(), nil)
	if _, transient := ingest.IsTransient(err); transient || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	const date = "Mon, 02 Jan 2006 15:04:05 GMT"
	for text, want := range map[string]time.Duration{
		"":                               0,
		"7":                              7 * time.Second,
		"-7":                             0,
		"abc":                            0,
		"999999999999999999999":          0,
		"9999999":                        24 * time.Hour,
		"Mon, 02 Jan 2006 15:04:35 GMT":  30 * time.Second,
		"Mon, 02 Jan 2006 15:04:00 GMT":  0,
		"Monday, 02-Jan-06 15:05:05 GMT": time.Minute,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}, "Date": {date}}); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// pipe serves a handler to a client without a network, so that time is synctest's.
func pipe(t *testing.T, cl *Client, h http.HandlerFunc) {
	l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	cl.transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		here, there := net.Pipe()
		select {
		case l.conns <- there:
			return here, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	srv := &http.Server{Handler: h}
	go srv.Serve(l)
	t.Cleanup(func() { cl.Close(); srv.Close() })
}

type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { close(l.done); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{} }

// A service that is silent is given up, before its answer and within it; one
// that is only slow is not.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := client(t, Config{URL: "http://localhost", Timeout: time.Minute})
		pipe(t, cl, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/silent":
				<-r.Context().Done()
			case "/stalls":
				fmt.Fprint(w, "12345")
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			case "/slow":
				for range 5 {
					fmt.Fprint(w, "x")
					w.(http.Flusher).Flush()
					time.Sleep(50 * time.Second)
				}
			}
		})
		for path, want := range map[string]string{"silent": "/silent: no answer within 1m0s", "stalls": "/stalls: no answer within 1m0s"} {
			start := time.Now()
			_, err := get(cl, path)
			if _, transient := ingest.IsTransient(err); !transient || err.Error() != want || time.Since(start) != time.Minute {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		}
		if got, err := get(cl, "slow"); got != "xxxxx" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		// Who reads may take time too.
		b, err := cl.Get(t.Context(), cl.Root().JoinPath("slow"), nil)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if text, err := b.Text(); text != "xxxxx" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
		b.Close()
	})
}

// A token is kept until shortly before it expires, and replaced once where it
// is not accepted.
func TestToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := client(t, Config{URL: "http://localhost", Auth: Auth{OAuth2: &OAuth2{
			TokenURL: "http://localhost/token", ClientID: "id:1", ClientSecret: "env:SECRET", Scope: "a b", Params: map[string]string{"resource": "r"},
		}}})
		issued, busy, revoked := 0, false, false
		pipe(t, cl, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/token" {
				if revoked || r.Header.Get("Authorization") != fmt.Sprintf("Bearer tok-%d", issued) {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				fmt.Fprintf(w, "by %d", issued)
				return
			}
			if user, password, _ := r.BasicAuth(); user != "id%3A1" || password != "s3cr3t%2F%2B%C3%BC%26x" {
				t.Errorf("client %s, %s", user, password)
			}
			if r.FormValue("scope") != "a b" || r.FormValue("resource") != "r" || r.FormValue("client_secret") != "" {
				t.Errorf("form %v", r.Form)
			}
			if busy {
				w.Header().Set("Retry-After", "3")
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			issued++
			fmt.Fprintf(w, `{"access_token":"tok-%d","token_type":"Bearer","expires_in":3600}`, issued)
		})
		for _, step := range []struct {
			wait time.Duration
			want string
		}{{0, "by 1"}, {58 * time.Minute, "by 1"}, {time.Minute, "by 2"}, {time.Hour, "by 3"}} {
			time.Sleep(step.wait)
			if got, err := get(cl, "x"); got != step.want || err != nil {
				t.Errorf("after %v: %q, %v; want %q", step.wait, got, err, step.want)
			}
		}
		issued++ // another client has got one: ours is not accepted any more
		if got, err := get(cl, "x"); got != "by 5" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		revoked = true
		_, err := get(cl, "x")
		if e, ok := errors.AsType[*StatusError](err); !ok || e.Status != 401 || issued != 6 {
			t.Errorf("%v, %d issued", err, issued)
		}
		busy = true
		_, err = get(cl, "x")
		if wait, transient := ingest.IsTransient(err); !transient || wait != 3*time.Second {
			t.Errorf("%v, wait %v", err, wait)
		}
	})
}

func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		`{"d":{"results":[{"a":1,"b":"x"},{}],"__next":"u"}}`, `{"value":[{"a\u0062":[{"c":"]}"}]}],"@odata.nextLink":"n"}`, `{"d":[{}]}`, `[]`, `{"value":null}`, `{"x":[[[{"y":"\""}]]],"value":[1]}`, `{"value":[]}{`, `{"value":[{"a":`,
	} {
		f.Add(seed)
	}
	l := Layout{Items: [][]string{{"value"}, {"d", "results"}, {"d"}}, Texts: [][]string{{"@odata.nextLink"}, {"d", "__next"}}}
	f.Fuzz(func(t *testing.T, text string) {
		var items []string
		_, _, err := readPage(strings.NewReader(text), "x", l, func(item json.RawMessage) error {
			var members map[string]json.RawMessage
			object := json.Unmarshal(item, &members) == nil && members != nil
			got := map[string]string{}
			if ok := Members(item, func(name, value []byte) {
				if !json.Valid(value) {
					t.Errorf("%s: %q is no value", item, value)
				}
				got[string(name)] = string(value)
			}); ok != object {
				t.Errorf("%s: an object: %v, want %v", item, ok, object)
			}
			for name, value := range members {
				if utf8.Valid(item) && got[name] != string(value) {
					t.Errorf("%s: %q is %s, want %s", item, name, got[name], value)
				}
			}
			if utf8.Valid(item) && len(got) != len(members) {
				t.Errorf("%s: %d members, want %d", item, len(got), len(members))
			}
			items = append(items, string(item))
			return nil
		})
		if err != nil {
			return
		}
		if !json.Valid([]byte(text)) {
			t.Errorf("read without an error: %q", text)
		}
		// encoding/json is the judge, where no name is there twice.
		var judge struct{ Value []json.RawMessage }
		var names map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &names) == nil && len(names) == 1 && strings.Count(text, "value") == 1 && json.Unmarshal([]byte(`{"value":`+string(names["value"])+"}"), &judge) == nil && names["value"] != nil {
			if len(judge.Value) != len(items) {
				t.Errorf("%q: %d items, want %d", text, len(items), len(judge.Value))
			}
		}
	})
}
