// Package secrets reads a password or a token from where a configuration says
// it is, as it never stands in the configuration itself.
//
// It does not know who needs it, and what it says of a failure never has the
// secret in it.
package secrets

import (
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A Ref says where a secret is: env:NAME or file:PATH.
type Ref string

// Env is what configurations refer to outside of themselves.
type Env struct {
	// Lookup returns an environment variable, as os.LookupEnv does; nil: there are none.
	Lookup func(name string) (string, bool)
	// Dir is what paths of files are relative to.
	Dir string
}

// Path makes a path of a file relative to Dir, where it is not absolute.
func (e Env) Path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(e.Dir, name)
}

// Authorities reads a PEM file of certificates to trust in place of the machine's.
func (e Env) Authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(e.Path(file))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: holds no certificate in PEM form", file)
	}
	return pool, nil
}

const maxSecret = 64 << 10

// Reveal returns the secret. field is where the configuration has it.
func (s Ref) Reveal(env Env, field string) (string, error) {
	kind, name, _ := strings.Cut(string(s), ":")
	var text string
	switch {
	case s == "":
		return "", fmt.Errorf("%s is missing: want env:NAME or file:PATH", field)
	case name == "" || kind != "env" && kind != "file":
		// Not quoted: whoever wrote the secret itself here shall not find it in a log.
		return "", fmt.Errorf("%s: want env:NAME or file:PATH, not the secret itself", field)
	case kind == "env":
		if env.Lookup != nil {
			text, _ = env.Lookup(name)
		}
	default:
		f, err := os.Open(env.Path(name))
		if err != nil {
			return "", fmt.Errorf("%s: %w", field, err)
		}
		defer f.Close()
		b, err := io.ReadAll(io.LimitReader(f, maxSecret))
		if err != nil {
			return "", fmt.Errorf("%s: %w", field, err)
		}
		text = strings.TrimRight(string(b), "\r\n")
	}
	if text == "" {
		return "", fmt.Errorf("%s: %s is not set, or empty", field, s)
	}
	if strings.ContainsAny(text, "\r\n\x00") {
		return "", fmt.Errorf("%s: %s has more than one line", field, s)
	}
	return text, nil
}
