package mail

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"pgregory.net/rapid"

	"millrace/internal/retry"
	"millrace/internal/secrets"
	"millrace/reports/mail/mailtest"
)

const password = "s3cret/+ü"

// start starts a server, and returns it with the configuration that reaches it.
func start(t testing.TB, encrypted bool) (*mailtest.Server, Server) {
	t.Helper()
	s := mailtest.Start(t, password, encrypted)
	return s, Server{Host: "127.0.0.1", Port: s.Port, CA: s.CA, From: "Berichte Köln <reports@example.com>", To: []string{"ar@example.com", "Müller <m@example.com>"}}
}

var env = secrets.Env{Lookup: func(name string) (string, bool) {
	return map[string]string{"RIGHT": password, "WRONG": "wr0ng-secret"}[name], name == "RIGHT" || name == "WRONG"
}}

func TestSend(t *testing.T) {
	s, c := start(t, true)
	c.User, c.Password = "reports", "env:RIGHT"
	path := filepath.Join(t.TempDir(), "x")
	content := bytes.Repeat([]byte("\x00\xffabc\r\n.\r\n"), 5000)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	m := Message{Subject: "Überfällig, Oktober 😀", Text: "Grüße\n.\nEnde", Key: "k", At: time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC),
		Attachments: []Attachment{{"Überfällig Köln.xlsx", "application/x-test", path}}}
	for range 2 {
		if err := c.Send(t.Context(), env, m); err != nil {
			t.Fatal(err)
		}
	}
	if s.From != "reports@example.com" || strings.Join(s.To, " ") != "ar@example.com m@example.com" || s.User != "reports" || len(s.Messages) != 2 {
		t.Fatalf("from %s to %q as %q, %d messages", s.From, s.To, s.User, len(s.Messages))
	}
	first, err := netmail.ReadMessage(bytes.NewReader(s.Messages[0]))
	if err != nil {
		t.Fatal(err)
	}
	second, err := netmail.ReadMessage(bytes.NewReader(s.Messages[1]))
	if err != nil {
		t.Fatal(err)
	}
	if id := first.Header.Get("Message-ID"); id == "" || id != second.Header.Get("Message-ID") {
		t.Errorf("Message-ID %q, then %q", id, second.Header.Get("Message-ID"))
	}
	word := new(mime.WordDecoder)
	if got, err := word.DecodeHeader(first.Header.Get("Subject")); err != nil || got != m.Subject {
		t.Errorf("subject %q (%v)", got, err)
	}
	if from, err := first.Header.AddressList("From"); err != nil || from[0].Name != "Berichte Köln" {
		t.Errorf("from %v (%v)", from, err)
	}
	if got := first.Header.Get("Date"); got != "Sun, 01 Nov 2026 06:00:00 +0000" {
		t.Errorf("date %q", got)
	}
	_, params, err := mime.ParseMediaType(first.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(first.Body, params["boundary"])
	text, err := parts.NextPart() // decodes quoted-printable
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(text); err != nil || strings.ReplaceAll(string(got), "\r\n", "\n") != m.Text {
		t.Errorf("text %q (%v)", got, err)
	}
	file, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	if _, params, err := mime.ParseMediaType(file.Header.Get("Content-Disposition")); err != nil || decoded(word, params["filename"]) != "Überfällig Köln.xlsx" {
		t.Errorf("name %q (%v)", params, err)
	}
	if got, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, file)); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes of %d came (%v)", len(got), len(content), err)
	}
}

func decoded(word *mime.WordDecoder, s string) string {
	text, err := word.DecodeHeader(s)
	if err != nil {
		return err.Error()
	}
	return text
}

// What goes wrong is said without a password, and whether it may pass.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name      string
		encrypted bool
		change    func(*mailtest.Server, *Server)
		want      string
		passes    bool
	}{
		{"no TLS", false, func(_ *mailtest.Server, c *Server) {}, "does not encrypt: set tls to implicit", false},
		{"unknown authority", true, func(_ *mailtest.Server, c *Server) { c.CA = "" }, "set ca to the file of its authority", false},
		{"other host", true, func(_ *mailtest.Server, c *Server) { c.Host = "localhost" }, "certificate is not valid for any names", false},
		{"wrong password", true, func(_ *mailtest.Server, c *Server) { c.User, c.Password = "x", "env:WRONG" }, "535", false},
		{"password in clear", false, func(_ *mailtest.Server, c *Server) { c.TLS, c.User, c.Password = "off", "x", "env:RIGHT" }, "auth", false},
		{"full", true, func(s *mailtest.Server, _ *Server) { s.Say = &smtp.SMTPError{Code: 452, Message: "disk full"} }, "disk full", true},
		{"refused", true, func(s *mailtest.Server, _ *Server) { s.Say = &smtp.SMTPError{Code: 554, Message: "spam"} }, "spam", false},
		{"nobody there", true, func(_ *mailtest.Server, c *Server) { c.Port = 1 }, "refused", true},
		{"no secret", true, func(_ *mailtest.Server, c *Server) { c.User, c.Password = "x", "env:NONE" }, "smtp: password_from: env:NONE is not set, or empty", false},
		{"no address", true, func(_ *mailtest.Server, c *Server) { c.To = []string{"a@b.c\r\nBcc: x@y.z"} }, "is no address", false},
		{"off", false, func(_ *mailtest.Server, c *Server) { c.TLS = "off" }, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, config := start(t, c.encrypted)
			c.change(s, &config)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			err := config.Send(ctx, env, Message{Subject: "x", Text: "x"})
			if c.want == "" {
				if err != nil || len(s.Messages) != 1 {
					t.Fatalf("%v, %d messages", err, len(s.Messages))
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if _, passes := errors.AsType[*retry.Passing](err); passes != c.passes {
				t.Errorf("passes: %v, %v", passes, err)
			}
			if text := err.Error(); strings.Contains(text, password) || strings.Contains(text, "wr0ng-secret") {
				t.Errorf("the password is in %q", text)
			}
			if s.User != "" || len(s.Messages) > 0 {
				t.Errorf("the server took a log-in of %q, and %d messages", s.User, len(s.Messages))
			}
		})
	}
}

// No text makes a header of its own.
func TestNoHeaderIsInjected(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		hostile := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("a\r\n: \t\x00\u2028;\"=?")))).Draw(t, "text") + "\r\nBcc: evil@example.com\r\n\r\n"
		m, err := Server{From: "a@example.com", To: []string{"b@example.com"}}.message(Message{Subject: hostile, Text: hostile, Key: hostile, Attachments: []Attachment{{hostile, "text/plain", path}}})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := m.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		got, err := netmail.ReadMessage(&out)
		if err != nil {
			t.Fatal(err)
		}
		for name := range got.Header {
			if !strings.Contains(" From To Subject Date Message-Id Auto-Submitted Mime-Version Content-Type User-Agent X-Mailer ", " "+name+" ") {
				t.Fatalf("a header %s: %q", name, got.Header[name])
			}
		}
		_, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		parts := multipart.NewReader(got.Body, params["boundary"])
		for n := 0; ; n++ {
			p, err := parts.NextRawPart()
			if err == io.EOF && n == 2 {
				break
			}
			if err != nil {
				t.Fatalf("part %d: %v", n, err)
			}
			for name := range p.Header {
				if !strings.HasPrefix(name, "Content-") {
					t.Fatalf("part %d has a header %s", n, name)
				}
			}
		}
	})
}
