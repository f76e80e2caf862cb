package html_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"millrace/reports"
	"millrace/reports/html"
	"millrace/reports/pagetest"
)

func renderMail(t testing.TB, m *reports.Mail) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := html.RenderMail(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// what a mail program drops, blocks, or would ask others for
var notInMail = regexp.MustCompile(`(?i)<(script|style|link|img|svg|iframe|form|div|section)\b|\bclass=|url\(|https?:|@import|display:\s*(flex|grid)|position:`)

// TestMail: the body of a mail has the message, six tiles and five delays, in
// what mail programs can show, and its text says the same.
func TestMail(t *testing.T) {
	for name, m := range map[string]*reports.Mail{
		"report": hostile(t).Mail("report.pdf", true), "flow": reports.Flow(sample()).Mail("report.html", false), "hostile": reports.Flow(pagetest.HostileFlow()).Mail("", false),
	} {
		body := renderMail(t, m)
		if !bytes.Equal(body, renderMail(t, m)) || len(body) > html.MaxMail/3 {
			t.Errorf("%s: %d bytes, or others when rendered again", name, len(body))
		}
		if found := notInMail.FindAllString(string(body), -1); found != nil {
			t.Errorf("%s: the mail has %q", name, found)
		}
		if len(m.Tiles) > 6 || m.Table == nil || len(m.Table.Rows) > 5 || len(m.Lead) == 0 {
			t.Errorf("%s: %d tiles, %d sentences, table %v", name, len(m.Tiles), len(m.Lead), m.Table)
		}
		if text := m.Text(); strings.Count(text, "\n* ") != len(m.Tiles)+len(m.Table.Rows) {
			t.Errorf("%s: the text is\n%s", name, text)
		}
	}
	m := hostile(t).Mail("report.pdf", true)
	body, text := string(renderMail(t, m)), m.Text()
	if len(m.Tiles) != 6 || len(m.Table.Rows) != 5 {
		t.Errorf("%d tiles and %d delays", len(m.Tiles), len(m.Table.Rows))
	}
	tags := regexp.MustCompile(`<[^>]*>`)
	plain := strings.NewReplacer("&#160;", "\u00a0", "&lt;", "<", "&gt;", ">", "&#34;", `"`, "&amp;", "&").Replace(tags.ReplaceAllString(body, ""))
	want := []string{"window.PWN=1", "report.pdf", m.Table.Title}
	for _, tile := range m.Tiles {
		want = append(want, tile.Title, tile.Number)
	}
	for _, r := range m.Table.Rows {
		want = append(want, r[0].Text, r[len(r)-1].Text)
	}
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("the text does not say %q:\n%s", w, text)
		}
		if !strings.Contains(plain, w) {
			t.Errorf("the HTML does not say %q", w)
		}
	}
}
