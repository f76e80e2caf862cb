package deliver

import (
	"bytes"
	"encoding/base64"
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

	"millrace/internal/retry"
	"millrace/reports/export/manifest"
	"millrace/reports/mail"
	"millrace/reports/mail/mailtest"
)

// A mail has the files and the manifest that they are checked by.
func TestSMTP(t *testing.T) {
	server := mailtest.Start(t, secret, true)
	s := &SMTP{Server: mail.Server{Host: "127.0.0.1", Port: server.Port, CA: server.CA, User: "reports", Password: "env:SECRET", From: "a@example.com", To: []string{"b@example.com"}},
		Subject: "{name} of {period}", Attach: "{name}.csv"}
	env := testEnv("")
	env.Retry = retry.Policy{Tries: 2, Pause: time.Millisecond}
	r, err := Deliver(t.Context(), To{SMTP: s}, export("2026-10", 1), env)
	if clean(t, r, err); err != nil || len(server.Messages) != 1 {
		t.Fatal(err)
	}
	m, err := netmail.ReadMessage(bytes.NewReader(server.Messages[0]))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Header.Get("Subject"); got != "overdue of 2026-10" {
		t.Errorf("subject %q", got)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.FileName() == "" {
			continue
		}
		text, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, p.FileName()), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if all, faults, err := manifest.Verify(dir); err != nil || len(faults) > 0 || len(all[0].Files) != 2 {
		t.Error(all, faults, err)
	}

	server.Say = &smtp.SMTPError{Code: 451, Message: "later"}
	if r, err := Deliver(t.Context(), To{SMTP: s}, export("2026-10", 1), env); err == nil || r.Tries != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	s.Password = "env:WRONG"
	r, err = Deliver(t.Context(), To{SMTP: s}, export("2026-10", 1), env)
	if clean(t, r, err); err == nil || r.Tries != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	large := export("2026-10", 1)
	large.Workbook.Title = strings.Repeat("x", 2<<20)
	s.MaxMB, s.Attach = 1, "x.json"
	if _, err := Deliver(t.Context(), To{SMTP: s}, large, env); err == nil || !strings.Contains(err.Error(), "more than max_mb of 1") {
		t.Error(err)
	}
}
