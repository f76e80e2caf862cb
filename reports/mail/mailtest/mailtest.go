// Package mailtest starts a real SMTP server for tests, in process, that keeps
// what it is sent. It does not know what that says. Only tests import it.
package mailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A Server keeps what it is sent.
type Server struct {
	Port int
	CA   string // a PEM file of the authority that signed its certificate; "": it does not encrypt

	// What it was told last, and every message; read it when nothing is sent.
	From     string
	To       []string
	User     string // who logged in
	Messages [][]byte
	Say      error // what it answers in place of taking a message

	mu       sync.Mutex
	password string
}

// NewSession begins one; the server calls it.
func (s *Server) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{s}, nil }

type session struct {
	*Server
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.From, s.To = from, nil
	return nil
}
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.To = append(s.To, to)
	return nil
}
func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Say != nil {
		return s.Say
	}
	s.Messages = append(s.Messages, text)
	return nil
}
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, secret string) error {
		if secret != s.password {
			return &smtp.SMTPError{Code: 535, Message: "wrong: " + secret}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.User = user
		return nil
	}), nil
}

// Start starts a server on 127.0.0.1 with STARTTLS, if encrypted, and a
// certificate of an authority of its own. It stops with the test.
func Start(t testing.TB, password string, encrypted bool) *Server {
	t.Helper()
	back := &Server{password: password}
	s := smtp.NewServer(back)
	s.Domain, s.AllowInsecureAuth = "localhost", true
	s.ErrorLog = discard{}
	if encrypted {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			IPAddresses: []net.IP{net.ParseIP("127.0.0.1")}, IsCA: true, BasicConstraintsValid: true}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
		back.CA = filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(back.CA, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	back.Port = l.Addr().(*net.TCPAddr).Port
	var done sync.WaitGroup
	done.Go(func() { _ = s.Serve(l) }) // ends with Close
	t.Cleanup(func() {
		s.Close()
		_ = l.Close() // Serve may not have begun
		done.Wait()
	})
	return back
}

type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}
