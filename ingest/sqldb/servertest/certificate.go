package servertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// path is of a file beside the server's data.
func (s *Server) path(name string) string { return filepath.Join(s.Dir, name) }

// TLS is how a fake of a server on this machine encrypts, and the file of the
// authority that says so.
func TLS(t testing.TB) (config *tls.Config, ca string) {
	t.Helper()
	s := &Server{Host: "127.0.0.1", Dir: t.TempDir()}
	s.certify(t)
	pair, err := tls.LoadX509KeyPair(s.path("server.crt"), s.path("server.key"))
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, s.CA
}

// certify makes an authority (CA) and a certificate of it for the server, for
// an hour.
func (s *Server) certify(t testing.TB) {
	t.Helper()
	s.CA = s.path("ca.crt")
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	own := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.ParseIP(s.Host)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	authorityKey, ownKey := newKey(t), newKey(t)
	s.write(t, s.CA, "CERTIFICATE", sign(t, authority, authority, authorityKey, authorityKey))
	s.write(t, s.path("server.crt"), "CERTIFICATE", sign(t, own, authority, ownKey, authorityKey))
	key, err := x509.MarshalPKCS8PrivateKey(ownKey)
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, s.path("server.key"), "PRIVATE KEY", key)
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, certificate, by *x509.Certificate, key, byKey *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, certificate, by, &key.PublicKey, byKey)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (s *Server) write(t testing.TB, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}
