package sqldb

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Config says which database to read, and as whom: the fields of a source in
// the project file.
type Config struct {
	// Database is its URL, without a password: postgres://reader@erp.example/tryton.
	Database string `yaml:"database"`
	// Schema is where the tables are; default: where the server looks for a
	// name without one.
	Schema string `yaml:"schema"`
	// PasswordFrom says where the password is: env:NAME or file:PATH.
	PasswordFrom string `yaml:"password_from"`
	// TLS is verify, the default but for a server on this machine; off; or
	// the file of the authority that signed the server's certificate.
	TLS TLS `yaml:"tls"`
	// Timeout is how long one statement may take; default 10m. Each reads one
	// page only, where the table has a primary key.
	Timeout time.Duration `yaml:"timeout"`
	// SAPClient is the client of an SAP system whose rows are read (MANDT);
	// default: the only one that there is.
	SAPClient string `yaml:"sap_client"`

	// Dir is what paths are relative to; default: the working directory.
	Dir string `yaml:"-"`
	// LookupEnv finds a variable of the environment; default: os.LookupEnv.
	LookupEnv func(name string) (string, bool) `yaml:"-"`
}

// TLS says how a connection is encrypted.
type TLS struct {
	Mode string // verify, off; "": verify, but off for this machine
	CA   string // file of certificates in PEM to trust instead of the system's
}

// UnmarshalYAML reads "verify", "off" or {ca: FILE}.
func (t *TLS) UnmarshalYAML(decode func(any) error) error {
	var word string
	if err := decode(&word); err == nil {
		if word != "verify" && word != "off" {
			return fmt.Errorf("tls: %q is none of verify, off, {ca: FILE}", word)
		}
		*t = TLS{Mode: word}
		return nil
	}
	var m map[string]string
	if err := decode(&m); err != nil || len(m) != 1 || m["ca"] == "" {
		return fmt.Errorf("tls: want verify, off or {ca: FILE}")
	}
	*t = TLS{Mode: "verify", CA: m["ca"]}
	return nil
}

const (
	defaultTimeout = 10 * time.Minute
	connectTimeout = 15 * time.Second
)

func (c *Config) timeout() time.Duration { return cmp.Or(c.Timeout, defaultTimeout) }

func (c *Config) path(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(c.Dir, file)
}

// password returns the secret that PasswordFrom names; none is "".
func (c *Config) password() (string, error) {
	kind, name, _ := strings.Cut(c.PasswordFrom, ":")
	switch {
	case c.PasswordFrom == "":
		return "", nil
	case kind == "env" && name != "":
		lookup := c.LookupEnv
		if lookup == nil {
			lookup = os.LookupEnv
		}
		value, ok := lookup(name)
		if !ok || value == "" {
			return "", fmt.Errorf("password_from: the environment has no %s; set it to the password", name)
		}
		return value, nil
	case kind == "file" && name != "":
		text, err := os.ReadFile(c.path(name))
		if err != nil {
			return "", fmt.Errorf("password_from: %w", err)
		}
		secret := strings.TrimRight(string(text), "\r\n")
		if secret == "" {
			return "", fmt.Errorf("password_from: %s is empty", c.path(name))
		}
		return secret, nil
	}
	// What stands there may be the password itself: it is not repeated.
	return "", fmt.Errorf("password_from: want env:NAME or file:PATH, not the password itself")
}

// tls returns how to talk to a host, which may be this machine; nil: in clear.
func (c *Config) tls(host string, here bool) (*tls.Config, error) {
	mode := c.TLS.Mode
	if mode == "" && here {
		mode = "off"
	}
	if mode == "off" {
		return nil, nil
	}
	t := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.TLS.CA != "" {
		text, err := os.ReadFile(c.path(c.TLS.CA))
		if err != nil {
			return nil, fmt.Errorf("tls: ca: %w", err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("tls: ca: %s has no certificate in PEM", c.path(c.TLS.CA))
		}
	}
	return t, nil
}

// local says whether a host is this machine.
func local(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
