package web

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"millrace/internal/secrets"
)

// A Config says how a service is reached.
type Config struct {
	URL  string `yaml:"url"`
	Auth Auth   `yaml:"auth"`
	// Query and Headers go with every request. They are not secret.
	Query   map[string]string `yaml:"query"`
	Headers map[string]string `yaml:"headers"`
	// CA is a PEM file of authorities to trust besides the machine's.
	CA string `yaml:"ca"`
	// AllowHTTP lets credentials go unencrypted to a host other than this machine.
	AllowHTTP bool `yaml:"allow_http"`
	// Timeout is how long the service may be silent; default two minutes.
	Timeout time.Duration `yaml:"timeout"`
	// MaxBody is how many MiB an answer has at most, unpacked; default 1,024.
	MaxBody int64 `yaml:"max_body"`
}

// Auth says who asks: Basic, OAuth2 or Bearer, and a Key if the service wants one.
type Auth struct {
	Basic  *Basic  `yaml:"basic"`
	OAuth2 *OAuth2 `yaml:"oauth2"`
	Bearer *Bearer `yaml:"bearer"`
	Key    *Key    `yaml:"key"`
}

// Basic is a user and a password.
type Basic struct {
	User     string `yaml:"user"`
	Password Secret `yaml:"password_from"`
}

// Bearer is a token that somebody issued.
type Bearer struct {
	Token Secret `yaml:"token_from"`
}

// A Key is what an API gateway knows its clients by.
type Key struct {
	Header string `yaml:"header"` // its name; or
	Query  string `yaml:"query"`  // the parameter's
	Value  Secret `yaml:"value_from"`
}

// A Secret says where one is: env:NAME or file:PATH.
type Secret = secrets.Ref

// Env is what configurations refer to outside of themselves.
type Env = secrets.Env

// address checks an address of the configuration, to which credentials may go.
func address(field, text string, allowHTTP bool) (*url.URL, error) {
	if text == "" {
		return nil, fmt.Errorf("%s is missing", field)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: not an address", field) // the text may hold a secret
	case u.User != nil:
		return nil, fmt.Errorf("%s: has a user in it; put it in auth", field)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%s: has a query in it; put it in query, a secret in auth", field)
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return nil, fmt.Errorf("%s: %q: want https://HOST/PATH", field, text)
	case u.Scheme == "http" && !allowHTTP && !loopback(u.Hostname()):
		return nil, fmt.Errorf("%s: %q is not encrypted: use https, or set allow_http: true if nobody else is on that network", field, text)
	}
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (a *Auth) check() error {
	n := 0
	for _, is := range []bool{a.Basic != nil, a.OAuth2 != nil, a.Bearer != nil} {
		if is {
			n++
		}
	}
	switch {
	case n > 1:
		return errors.New("auth: more than one of basic, oauth2 and bearer")
	case a.Basic != nil && a.Basic.User == "":
		return errors.New("auth: basic: user is missing")
	case a.Key != nil && (a.Key.Header == "") == (a.Key.Query == ""):
		return errors.New("auth: key: want either header or query")
	}
	return nil
}
