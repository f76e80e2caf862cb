package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"millrace/internal/retry"
	"millrace/internal/secrets"
	"millrace/reports/mail"
)

// A Channel is where alerts go: one of its fields besides the name.
type Channel struct {
	Name    string       `yaml:"name"`
	Webhook *Webhook     `yaml:"webhook"` // the body of Prometheus Alertmanager's webhook, version 4
	Slack   *Webhook     `yaml:"slack"`   // {"text", "blocks"}, as Slack, Mattermost and others take it
	SMTP    *mail.Server `yaml:"smtp"`
	File    string       `yaml:"file"` // JSON lines, an alert a line, appended
}

// A Webhook is an address that messages are posted to.
type Webhook struct {
	URL string `yaml:"url"`
	// URLFrom says where the address is, if it is secret, as Slack's are:
	// env:NAME or file:PATH.
	URLFrom secrets.Ref `yaml:"url_from"`
	// Token says where a bearer token is.
	Token secrets.Ref `yaml:"token_from"`
	// AllowHTTP lets alerts go unencrypted to a host other than this machine.
	AllowHTTP bool `yaml:"allow_http"`
}

func (c *Channel) check() error {
	n := 0
	for _, is := range []bool{c.Webhook != nil, c.Slack != nil, c.SMTP != nil, c.File != ""} {
		if is {
			n++
		}
	}
	switch {
	case c.Name == "":
		return errors.New("name is missing")
	case n != 1:
		return errors.New("want one of webhook, slack, smtp, file")
	case c.Webhook != nil:
		return c.Webhook.check()
	case c.Slack != nil:
		return c.Slack.check()
	case c.SMTP != nil:
		return c.SMTP.Check()
	}
	return nil
}

func (w *Webhook) check() error {
	if (w.URL == "") == (w.URLFrom == "") {
		return errors.New("want one of url, url_from")
	}
	if w.URL == "" {
		return nil
	}
	_, err := w.parse(w.URL)
	return err
}

func (w *Webhook) parse(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil:
		return nil, errors.New("url: want https://HOST/PATH") // not quoted: it may be secret
	case u.Scheme == "http" && !w.AllowHTTP && u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback():
		return nil, fmt.Errorf("url: %s is not encrypted: use https, or set allow_http: true if nobody else is on that network", u.Host)
	}
	return u, nil
}

func (c *Channel) send(ctx context.Context, group []Alert, o Options) error {
	switch {
	case c.Webhook != nil:
		return c.Webhook.post(ctx, alertmanager(c.Name, group), o.Env)
	case c.Slack != nil:
		return c.Slack.post(ctx, slack(group), o.Env)
	case c.SMTP != nil:
		return c.SMTP.Send(ctx, o.Env, letter(group, o.Now))
	}
	return appendLines(o.Env.Path(c.File), group)
}

// post sends a body, and takes any answer of 2xx for received. Redirects are
// not followed: a body would go where nobody said it may.
func (w *Webhook) post(ctx context.Context, body any, env secrets.Env) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	address, token := w.URL, ""
	if w.URLFrom != "" {
		if address, err = w.URLFrom.Reveal(env, "url_from"); err != nil {
			return err
		}
	}
	if w.Token != "" {
		if token, err = w.Token.Reveal(env, "token_from"); err != nil {
			return err
		}
	}
	u, err := w.parse(address)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(text))
	if err != nil {
		return errors.New("url: cannot be asked for")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "millrace")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil // the environment's
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the address
		}
		return &retry.Passing{Err: fmt.Errorf("%s: %w", u.Host, err)}
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // what it says besides may repeat what it was sent
	if res.StatusCode/100 == 2 {
		return nil
	}
	err = fmt.Errorf("%s: answers %s", u.Host, strings.TrimSpace(strconv.Itoa(res.StatusCode)+" "+http.StatusText(res.StatusCode)))
	switch {
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusRequestTimeout, res.StatusCode >= http.StatusInternalServerError:
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // a date, or none: 0
		return &retry.Passing{Err: err, Wait: time.Duration(max(0, min(seconds, 3600))) * time.Second}
	}
	return err
}

// appendLines writes alerts at the end of a file, in one write, and syncs it. A
// line that a killed run left unfinished is ended first.
func appendLines(path string, group []Alert) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var text []byte
	if end, err := f.Seek(0, io.SeekEnd); err != nil {
		return err
	} else if end > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, end-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			text = append(text, '\n')
		}
	}
	for _, a := range group {
		row, err := json.Marshal(a)
		if err != nil {
			return err
		}
		text = append(append(text, row...), '\n')
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Sync()
}
