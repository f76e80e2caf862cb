package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace/reports/mail/mailtest"
)

// TestReportIsMailed: a schedule sends a report to a real server: its first page
// as the body, in HTML and in text, and the file.
func TestReportIsMailed(t *testing.T) {
	dir, small := t.TempDir(), syntheticCSV(t, "small.csv", 3_000)
	server := mailtest.Start(t, "", false)
	file := filepath.Join(dir, "millrace.yaml")
	project := fmt.Sprintf(`destinations:
  board: {smtp: {host: 127.0.0.1, port: %d, tls: off, from: reports@example.com, to: [board@example.com], subject: "{name} of {period}"}}
  folder: out/{name}.csv
schedules: [{name: yearly, cron: "@yearly", period: year, steps: [report: {log: small, title: "</td><script>a & b", out: "out/{schedule}.html", mail: board}]}]
`, server.Port)
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(project)
	millrace(t, "import", small, "--log", "small", "--project", file)
	millrace(t, "schedule", "run", "--once", "--project", file)
	if len(server.Messages) != 1 {
		t.Fatalf("%d mails", len(server.Messages))
	}
	m, err := netmail.ReadMessage(bytes.NewReader(server.Messages[0]))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Header.Get("Subject"); !strings.HasPrefix(got, "yearly of 20") {
		t.Errorf("subject %q", got)
	}
	parts := map[string]string{}
	mailParts(t, m.Header.Get("Content-Type"), m.Body, parts)
	report, err := os.ReadFile(filepath.Join(dir, "out", "yearly.html"))
	if err != nil || parts["yearly.html"] != string(report) {
		t.Errorf("the attachment has %d bytes, the report %d (%v)", len(parts["yearly.html"]), len(report), err)
	}
	if body := parts["text/html"]; strings.Contains(body, "<script>") || !strings.Contains(body, "&lt;/td&gt;&lt;script&gt;a &amp; b") || !strings.Contains(body, "attached: yearly.html") {
		t.Errorf("the HTML is\n%s", body)
	}
	if text := parts["text/plain"]; !strings.HasPrefix(text, "</td><script>a & b") || !strings.Contains(text, "attached: yearly.html") {
		t.Errorf("the text is\n%s", text)
	}

	for bad, want := range map[string]string{
		"mail: bord":   `mail: the project has no destination "bord"; did you mean "board"?`,
		"mail: folder": "mail: destination folder has no smtp",
	} {
		write(strings.Replace(project, "mail: board", bad, 1))
		if code, _, errs := try(t, "schedule", "list", "--project", file); code != usedWrong || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d, %s", bad, code, errs)
		}
	}
}

// mailParts reads a message's parts, by the names of files, or else their kinds.
func mailParts(t *testing.T, kind string, body io.Reader, into map[string]string) {
	t.Helper()
	_, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	for parts := multipart.NewReader(body, params["boundary"]); ; {
		p, err := parts.NextPart() // decodes quoted-printable
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ = mime.ParseMediaType(p.Header.Get("Content-Type"))
		if strings.HasPrefix(kind, "multipart/") {
			mailParts(t, p.Header.Get("Content-Type"), p, into)
			continue
		}
		var from io.Reader = p
		if p.Header.Get("Content-Transfer-Encoding") == "base64" {
			from = base64.NewDecoder(base64.StdEncoding, p)
		}
		text, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		name := p.FileName()
		if name == "" {
			name = kind
		}
		into[name] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
}
