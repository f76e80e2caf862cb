package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"millrace/ingest"
)

// OAuth2 gets tokens for client credentials (RFC 6749, 4.4).
type OAuth2 struct {
	TokenURL     string `yaml:"token_url"`
	ClientID     string `yaml:"client_id"`
	ClientSecret Secret `yaml:"client_secret_from"`
	Scope        string `yaml:"scope"`
	// Params are further parameters: resource, audience.
	Params map[string]string `yaml:"params"`
	// InBody sends the client's id and secret as parameters, for a service
	// that does not take them as basic authentication.
	InBody bool `yaml:"in_body"`
}

// tokens keeps one until shortly before it expires.
type tokens struct {
	client  *Client
	config  OAuth2
	secret  string
	url     *url.URL
	token   string
	expires time.Time // zero: unknown
}

// early is how long before its end a token is replaced, or a tenth of its life
// if that is shorter.
const early = time.Minute

// refresh sees to it that there is a token.
func (t *tokens) refresh(ctx context.Context) error {
	if t.token != "" && (t.expires.IsZero() || time.Now().Before(t.expires)) {
		return nil
	}
	t.token = ""
	form := url.Values{"grant_type": {"client_credentials"}}
	if t.config.Scope != "" {
		form.Set("scope", t.config.Scope)
	}
	for k, v := range t.config.Params {
		form.Set(k, v)
	}
	if t.config.InBody {
		form.Set("client_id", t.config.ClientID)
		form.Set("client_secret", t.secret)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(t.client.timeout, func() { cancel(errSilent) })
	defer timer.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return errors.New("auth: oauth2: token_url cannot be asked")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if !t.config.InBody {
		req.SetBasicAuth(url.QueryEscape(t.config.ClientID), url.QueryEscape(t.secret))
	}
	place := "auth: oauth2: " + Place(t.url)
	res, err := t.client.transport.RoundTrip(req) // which follows no redirect
	if err != nil {
		return t.client.broken(ctx, place, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return t.client.broken(ctx, place, err)
	}
	return t.take(place, res, text)
}

// take keeps the token of an answer.
func (t *tokens) take(place string, res *http.Response, text []byte) error {
	var a struct {
		Token       string      `json:"access_token"`
		Expires     json.Number `json:"expires_in"` // some quote it
		Error       string      `json:"error"`
		Description string      `json:"error_description"`
	}
	notJSON := json.Unmarshal(text, &a) != nil
	t.client.conceal(a.Token)
	if res.StatusCode != http.StatusOK {
		said := t.client.scrub(shorten(strings.TrimSpace(a.Error + " " + a.Description)))
		err := fmt.Errorf("%s: gives no token: %s %q; check client_id, client_secret_from and scope", place, statusText(res.StatusCode), said)
		if passing(res.StatusCode) {
			return &ingest.Transient{Err: err, Wait: retryAfter(res.Header)}
		}
		return err
	}
	if notJSON || a.Token == "" || strings.ContainsAny(a.Token, "\r\n") {
		return fmt.Errorf("%s: its answer has no access_token", place)
	}
	t.token, t.expires = a.Token, time.Time{}
	if seconds, err := a.Expires.Int64(); err == nil && seconds > 0 {
		life := time.Duration(min(seconds, 1<<31)) * time.Second
		t.expires = time.Now().Add(life - min(early, life/10))
	}
	return nil
}
