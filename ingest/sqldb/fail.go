package sqldb

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"millrace/ingest"
)

// A meaning is what an error of a database says to whoever reads from it.
type meaning int

const (
	final     meaning = iota
	transient         // it may pass: broken, busy, restarting, deadlock
	noRight           // the user may not read this
	noLogin           // the user or password is not accepted
	tooLong           // the statement's time is over
)

// fail is the one way out for errors of a driver: without secrets, with what
// to do, [ingest.Transient] where it may pass. What was lost with the
// connection is dropped.
func (s *source) fail(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		s.drop() // a driver closes what it was interrupted in
		if !errors.Is(cause, errSilent) {
			return cause
		}
		err = cause
	}
	where := s.origin()
	if what != "" {
		where += ": " + what
	}
	m := s.meaning(err)
	text := where + ": " + s.redact(strings.TrimSpace(err.Error())) + s.advice(err, m)
	if m == transient {
		s.drop()
		return &ingest.Transient{Err: errors.New(text)}
	}
	return errors.New(text)
}

func (s *source) meaning(err error) meaning {
	if broken(err) || errors.Is(err, errSilent) || errors.Is(err, errUnreached) {
		return transient
	}
	return s.dialect.classify(err)
}

// advice is what to do next, with a semicolon before it; "" where there is
// nothing to say.
func (s *source) advice(err error, m meaning) string {
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	text := strings.ToLower(err.Error())
	switch {
	case errors.Is(err, errUnreached):
		text := "; check host and port of database:"
		if s.tls != nil {
			text += ", and if the server has no TLS, say tls: off, provided that nobody can listen on the way to it"
		}
		return text
	case errors.Is(err, errSilent):
		return "; timeout: is " + s.timeout.String()
	case m == tooLong:
		return "; timeout: is " + s.timeout.String() + ": raise it, or read fewer rows a page"
	case m == noLogin && s.password == "":
		return "; say password_from: env:NAME or file:PATH"
	case m == noLogin:
		return "; check the user of database: and what password_from: names"
	case m == noRight:
		return "; ask for the right to read it"
	case errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &invalid), strings.Contains(text, "x509:"):
		return "; say tls: {ca: FILE} with the certificate of who signed the server's, or tls: off if nobody can listen on the way to it"
	case s.tls != nil && (errors.As(err, &record) || strings.Contains(text, "tls") || strings.Contains(text, "ssl") || s.conn == nil && hungUp(err)):
		return "; if the server has no TLS, say tls: off, provided that nobody can listen on the way to it"
	}
	return ""
}

// broken says whether a connection is gone or could not be made, for a reason
// that may pass.
func broken(err error) bool {
	if untrusted(err) {
		return false // SAP HANA's driver calls it a bad connection
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return true
	}
	for _, e := range []syscall.Errno{syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.ECONNABORTED, syscall.EPIPE, syscall.ETIMEDOUT, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN} {
		if errors.Is(err, e) {
			return true
		}
	}
	var unknown *net.DNSError
	if errors.As(err, &unknown) {
		return unknown.IsTimeout || unknown.IsTemporary
	}
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// hungUp says whether the other end closed the connection.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// untrusted says whether TLS was refused; it will be when asked again.
func untrusted(err error) bool {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &certificate) || errors.As(err, &record) || errors.As(err, &alert)
}

// oneOf says whether a code is in a list, or begins with one that ends in %.
func oneOf(code string, list ...string) bool {
	for _, x := range list {
		if prefix, ok := strings.CutSuffix(x, "%"); code == x || ok && strings.HasPrefix(code, prefix) {
			return true
		}
	}
	return false
}
