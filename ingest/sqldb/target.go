package sqldb

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// A target is a database to connect to: a Config, understood.
type target struct {
	dialect        *dialect
	host, port     string
	socket         string // path, instead of host and port
	database       string // its name; SQLite: path of the file
	user, password string
	options        url.Values // what a dialect's URL may say besides
	tls            *tls.Config
	timeout        time.Duration
	line           line
}

// A line is the network connection below a driver that would wait for its
// server although its context is over: SAP HANA's and Oracle's.
type line struct {
	mu   sync.Mutex
	conn net.Conn
}

// opened takes what a dialer returned.
func (l *line) opened(c net.Conn, err error) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.conn = c
	}
	return c, err
}

// cut ends whatever waits for the server.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		_ = l.conn.Close() // it may be closed already
	}
}

// newTarget understands a configuration.
func newTarget(c *Config) (*target, error) {
	scheme, rest, ok := strings.Cut(c.Database, ":")
	if !ok {
		return nil, fmt.Errorf("database: want a URL such as %s", dialects[0].example)
	}
	d := dialectOf(scheme)
	if d == nil {
		return nil, fmt.Errorf("database: %q is no kind of database; want one of %s", scheme, strings.Join(schemes(), ", "))
	}
	t := &target{dialect: d, timeout: c.timeout()}
	if d.file {
		t.database = strings.TrimPrefix(rest, "//")
		if t.database == "" {
			return nil, fmt.Errorf("database: want a path: %s", d.example)
		}
		t.database = c.path(t.database)
		return t, nil
	}
	u, err := url.Parse(c.Database)
	if err != nil {
		// The error repeats the URL, which may hold a password.
		return nil, fmt.Errorf("database: not a URL such as %s; a special character in a name is written as %%XX", d.example)
	}
	if _, has := u.User.Password(); has {
		return nil, errors.New("database: there is a password in the URL; take it out, and say where it is with password_from: env:NAME or file:PATH")
	}
	t.options = u.Query()
	for name := range t.options {
		if !slices.Contains(d.options, name) {
			return nil, fmt.Errorf("database: %q is not known behind ? in a URL of %s%s; the setting tls says how to encrypt", name, d.name, known(d.options))
		}
	}
	t.host, t.port = u.Hostname(), u.Port()
	t.user = u.User.Username()
	t.database = strings.TrimPrefix(u.Path, "/")
	for _, name := range []string{"socket", "host"} {
		if path := t.options.Get(name); path != "" {
			t.socket = path
		}
	}
	switch {
	case t.host == "" && t.socket == "":
		return nil, fmt.Errorf("database: no host; want %s", d.example)
	case t.user == "":
		return nil, fmt.Errorf("database: no user; want %s", d.example)
	case t.database == "" && d.named && t.options.Get("sid") == "":
		return nil, fmt.Errorf("database: no name of a database behind the host; want %s", d.example)
	}
	if t.port == "" {
		t.port = d.port
	}
	if t.password, err = c.password(); err != nil {
		return nil, err
	}
	t.tls, err = c.tls(t.host, t.socket != "" || local(t.host))
	return t, err
}

func known(options []string) string {
	if len(options) == 0 {
		return ""
	}
	return ", only " + strings.Join(options, ", ")
}

// silence is how long a server may be silent, which knows how long a statement
// may take.
func (t *target) silence() time.Duration { return t.timeout + t.timeout/10 + time.Second }

// addr is host and port.
func (t *target) addr() string { return net.JoinHostPort(t.host, t.port) }

// origin names the database for people.
func (t *target) origin() string {
	scheme := t.dialect.schemes[0]
	switch {
	case t.dialect.file:
		return scheme + ":" + t.database
	case t.socket != "":
		return scheme + "://" + t.socket + "/" + t.database
	}
	return scheme + "://" + t.addr() + "/" + t.database
}

// redact takes the password out of a text, however it is written, and makes
// one line of it.
func (t *target) redact(text string) string {
	for _, secret := range []string{t.password, url.QueryEscape(t.password), url.PathEscape(t.password), strings.Trim(fmt.Sprintf("%q", t.password), `"`)} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return strings.Join(strings.Fields(text), " ")
}
