package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"millrace/ingest"
)

// A StatusError is what a service said in place of an answer.
type StatusError struct {
	Status int
	Place  string
	Said   string // the service's own words, shortened
}

func (e *StatusError) Error() string {
	text := e.Place + ": " + statusText(e.Status)
	if e.Said != "" {
		text += fmt.Sprintf(" %q", e.Said)
	}
	switch e.Status {
	case http.StatusUnauthorized:
		text += "; the service does not accept the credentials: check auth"
	case http.StatusForbidden:
		text += "; whoever auth names has no right to read this"
	case http.StatusNotFound, http.StatusGone:
		text += "; nothing is there: check url and path, and whether the service is switched on"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		text += "; the service is busy"
	}
	return text
}

func statusText(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

// passing says whether a status may be another one soon.
func passing(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// refused makes an error of an answer that is none.
func (c *Client) refused(b *Body, res *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(b, 64<<10)) // what it says besides is a help, no more
	e := &StatusError{Status: res.StatusCode, Place: b.Place, Said: c.scrub(shorten(said(text, res.Header.Get("Content-Type"))))}
	if passing(res.StatusCode) {
		return &ingest.Transient{Err: e, Wait: retryAfter(res.Header)}
	}
	return e
}

// said finds what a service says to people in the body of an error.
func said(body []byte, kind string) string {
	kind, _, _ = strings.Cut(strings.ToLower(kind), ";")
	switch {
	case strings.HasSuffix(kind, "html"):
		return ""
	case strings.HasSuffix(kind, "xml"):
		var e struct {
			Message string `xml:"message"`
		}
		if xml.Unmarshal(body, &e) == nil {
			return e.Message
		}
	case strings.HasSuffix(kind, "json"):
		var all map[string]json.RawMessage
		if json.Unmarshal(body, &all) != nil {
			break
		}
		if text := message(all); text != "" {
			return text
		}
		var inner map[string]json.RawMessage
		if json.Unmarshal(all["error"], &inner) == nil {
			if text := message(inner); text != "" {
				return text
			}
		}
	}
	return string(body)
}

// message is the member of an error that is for people: a text, or OData v2's
// {"lang": …, "value": text}.
func message(e map[string]json.RawMessage) string {
	for _, name := range []string{"message", "error_description", "detail", "title", "error"} {
		var text string
		var v2 struct{ Value string }
		if json.Unmarshal(e[name], &text) == nil && text != "" {
			return text
		}
		if json.Unmarshal(e[name], &v2) == nil && v2.Value != "" {
			return v2.Value
		}
	}
	return ""
}

// shorten makes one line of a text, of 300 bytes at most.
func shorten(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + " …"
	}
	return text
}

// retryAfter reads the header, seconds or a date; that is compared with the
// service's own clock if it says what that shows.
func retryAfter(h http.Header) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(max(0, min(seconds, 24*60*60))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(0, min(at.Sub(now), 24*time.Hour))
}

// A refusal is our own reason not to go on.
type refusal string

func (r refusal) Error() string { return string(r) }

type largeError struct {
	place string
	max   int64
}

func (e *largeError) Error() string {
	return fmt.Sprintf("%s: its answer has more than %d MiB; ask for smaller pages, or raise max_body", e.place, e.max>>20)
}

// broken makes an error of one of the connection: http's own have the whole
// address in them.
func (c *Client) broken(ctx context.Context, place string, err error) error {
	if context.Cause(ctx) == errSilent {
		return &ingest.Transient{Err: fmt.Errorf("%s: no answer within %v", place, c.timeout)}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", place, context.Cause(ctx))
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if r, ok := errors.AsType[refusal](err); ok {
		return fmt.Errorf("%s: %s", place, r)
	}
	if verification(err) {
		return fmt.Errorf("%s: its certificate is not trusted: %s; set ca to the file of its authority", place, c.scrub(err.Error()))
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return fmt.Errorf("%s: no host %q is known; check url", place, dns.Name)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || strings.Contains(err.Error(), "HTTP response to HTTPS client") {
		return fmt.Errorf("%s: the host does not speak TLS on that port; check url", place)
	}
	return &ingest.Transient{Err: fmt.Errorf("%s: %s", place, c.scrub(err.Error()))}
}

func verification(err error) bool {
	var v *tls.CertificateVerificationError
	var u x509.UnknownAuthorityError
	var h x509.HostnameError
	var i x509.CertificateInvalidError
	return errors.As(err, &v) || errors.As(err, &u) || errors.As(err, &h) || errors.As(err, &i)
}

// conceal remembers a text that must not be seen.
func (c *Client) conceal(text string) {
	for _, t := range []string{text, url.QueryEscape(text), url.PathEscape(text)} {
		if t != "" && !slices.Contains(c.secrets, t) {
			c.secrets = append(c.secrets, t)
		}
	}
}

// scrub takes secrets out of what others wrote.
func (c *Client) scrub(text string) string {
	for _, s := range c.secrets {
		text = strings.ReplaceAll(text, s, "…")
	}
	return text
}
