package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"millrace/internal/retry"
	"millrace/internal/secrets"
	"millrace/reports/mail"
	"millrace/reports/mail/mailtest"
)

const secret = "s3cret-Of-The-Tests"

var began = time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC)

func breach(key string, state State) Alert {
	a := Alert{Rule: "overdue_share", Key: key, Severity: "page", State: state, Summary: "More than <12 %> is overdue & rising.", Value: "14.2 %", Started: began,
		Owner: "ar@example.com", Labels: map[string]string{"site": "b"}, URL: "https://millrace.example/k?a=1&b=2"}
	if state == Resolved {
		a.Ended = began.Add(48 * time.Hour)
	}
	return a
}

// A receiver keeps the bodies that it takes.
type receiver struct {
	mu     sync.Mutex
	bodies []string
	say    int // a status in place of 200
	mute   bool
	*httptest.Server
}

func newReceiver(t testing.TB) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		text, err := io.ReadAll(req.Body)
		if err != nil || req.Header.Get("Content-Type") != "application/json" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		r.mu.Lock()
		say, mute := r.say, r.mute
		if say == 0 && !mute {
			r.bodies = append(r.bodies, string(text))
		}
		r.mu.Unlock()
		if mute {
			<-req.Context().Done()
			return
		}
		if say != 0 {
			w.WriteHeader(say)
			fmt.Fprint(w, req.Header.Get("Authorization"), req.URL)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) set(say int, mute bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.say, r.mute = say, mute
}

func (r *receiver) got() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.bodies)
}

func options(dir string, hours int) Options {
	return Options{Ledger: "alerts.jsonl", Now: began.Add(time.Duration(hours) * time.Hour), Retry: retry.Policy{Tries: 2, Pause: time.Millisecond},
		Env: secrets.Env{Dir: dir, Lookup: func(name string) (string, bool) { return secret, name == "SECRET" }}}
}

func send(t interface {
	Helper()
	Fatal(...any)
}, channels []Channel, o Options, alerts ...Alert) []Outcome {
	t.Helper()
	outcomes, _, err := Send(context.Background(), channels, alerts, o)
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

// Prometheus' own model.LabelSet.Fingerprint (common v0.62.0) gave these.
func TestFingerprint(t *testing.T) {
	a := breach("Köln", Firing)
	if got := a.Fingerprint(); got != "1e9d31e977cd7493" {
		t.Error(got)
	}
	if got := (&Alert{Rule: "x"}).Fingerprint(); got != "d240efc3896bf266" {
		t.Error(got)
	}
}

// The body has the fields of Alertmanager's documentation, and a firing one in a
// group makes the group firing.
func TestAlertmanager(t *testing.T) {
	dir, r := t.TempDir(), newReceiver(t)
	channels := []Channel{{Name: "hook", Webhook: &Webhook{URL: r.URL}}}
	send(t, channels, options(dir, 0), breach("a", Firing))
	send(t, channels, options(dir, 1), breach("a", Resolved), breach("b", Firing))
	a, b := breach("a", Firing), breach("b", Firing)
	const alert = `{"status":"%s","labels":{"alertname":"overdue_share","key":"%s","owner":"ar@example.com","severity":"page","site":"b"},` +
		`"annotations":{"summary":"More than <12 %%> is overdue & rising.","value":"14.2 %%"},"startsAt":"2026-11-01T06:00:00Z","endsAt":"%s",` +
		`"generatorURL":"https://millrace.example/k?a=1&b=2","fingerprint":"%s"}`
	want := `{"receiver":"hook","status":"firing","alerts":[` + fmt.Sprintf(alert, "resolved", "a", "2026-11-03T06:00:00Z", a.Fingerprint()) + `,` +
		fmt.Sprintf(alert, "firing", "b", "0001-01-01T00:00:00Z", b.Fingerprint()) + `],` +
		`"groupLabels":{"alertname":"overdue_share"},"commonLabels":{"alertname":"overdue_share","owner":"ar@example.com","severity":"page","site":"b"},` +
		`"commonAnnotations":{"summary":"More than <12 %> is overdue & rising.","value":"14.2 %"},"externalURL":"","version":"4",` +
		`"groupKey":"{}:{alertname=\"overdue_share\"}","truncatedAlerts":0}`
	got := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(r.bodies[1])
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSlack(t *testing.T) {
	a := breach("<!channel> & <https://evil.example|x>", Firing)
	m := slack([]Alert{a})
	want := slackMessage{Text: "FIRING overdue_share &lt;!channel&gt; &amp; &lt;https://evil.example|x&gt;: 14.2 %", Blocks: []slackBlock{{"section", slackText{"mrkdwn",
		"*FIRING overdue_share &lt;!channel&gt; &amp; &lt;https://evil.example|x&gt;: 14.2 %*\nMore than &lt;12 %&gt; is overdue &amp; rising.\nar@example.com\n<https://millrace.example/k?a=1&amp;b=2|open>"}}}}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	rapid.Check(t, func(t *rapid.T) {
		var group []Alert
		for range rapid.IntRange(1, 60).Draw(t, "n") {
			a := breach(rapid.String().Draw(t, "key"), Firing)
			a.Summary = strings.Repeat(rapid.StringOfN(rapid.RuneFrom([]rune("<>&a")), 1, 9, -1).Draw(t, "summary"), 300)
			a.URL = "https://x.example/" + rapid.String().Draw(t, "url")
			group = append(group, a)
		}
		m := slack(group)
		if len(m.Blocks) > 50 {
			t.Fatalf("%d blocks", len(m.Blocks))
		}
		for _, b := range m.Blocks {
			if strings.Count(b.Text.Text, "<") > 1 || len([]rune(b.Text.Text)) > 3000*5 {
				t.Fatalf("%q", b.Text.Text)
			}
		}
	})
}

// Once for a breach and cool-down, once that it is over; a new breach is new.
func TestOnce(t *testing.T) {
	dir, r := t.TempDir(), newReceiver(t)
	channels := []Channel{{Name: "hook", Webhook: &Webhook{URL: r.URL}}}
	again := breach("a", Firing)
	again.Started = began.Add(90 * time.Hour)
	for i, step := range []struct {
		hours int
		alert Alert
		want  int // bodies by then
	}{
		{0, breach("a", Resolved), 0}, // nobody was told
		{0, breach("a", Firing), 1},
		{1, breach("a", Firing), 1},
		{23, breach("a", Firing), 1},
		{24, breach("a", Firing), 2}, // after the cool-down
		{25, breach("a", Firing), 2},
		{48, breach("a", Resolved), 3},
		{49, breach("a", Resolved), 3},
		{90, again, 4},
		{91, again, 4},
		{92, breach("b", Firing), 5},
	} {
		send(t, channels, options(dir, step.hours), step.alert)
		if got := r.got(); got != step.want {
			t.Fatalf("step %d: %d messages, want %d", i, got, step.want)
		}
	}
}

// A channel that is down, or does not answer, keeps neither the others nor the
// caller waiting; what it did not get it gets by the next run, be it that
// nothing is said of it any more.
func TestDown(t *testing.T) {
	dir, up, down, mute := t.TempDir(), newReceiver(t), newReceiver(t), newReceiver(t)
	down.set(http.StatusServiceUnavailable, false)
	mute.set(0, true)
	channels := []Channel{
		{Name: "down", Webhook: &Webhook{URL: down.URL + "/" + secret, Token: "env:SECRET"}},
		{Name: "mute", Slack: &Webhook{URL: mute.URL + "/" + secret}},
		{Name: "up", Webhook: &Webhook{URL: up.URL}},
		{Name: "file", File: "sub/alerts.log"},
	}
	o := options(dir, 0)
	o.Deadline = 2 * time.Second
	start := time.Now()
	outcomes := send(t, channels, o, breach("a", Firing), breach("b", Firing))
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
	var got []string
	for _, r := range outcomes {
		got = append(got, fmt.Sprintf("%s %d %d %v", r.Channel, r.Sent, r.Pending, r.Err != nil))
		if r.Err != nil && strings.Contains(r.Err.Error(), secret) {
			t.Errorf("the secret is in %v", r.Err)
		}
	}
	if diff := cmp.Diff([]string{"down 0 2 true", "mute 0 2 true", "up 2 0 false", "file 2 0 false"}, got); diff != "" {
		t.Error(diff)
	}
	ledger, err := os.ReadFile(filepath.Join(dir, "alerts.jsonl"))
	if err != nil || bytes.Contains(ledger, []byte(secret)) || bytes.Count(ledger, []byte(`"channel":"down","what":"try"`)) != 2 || bytes.Count(ledger, []byte(`"channel":"down","what":"failed"`)) != 2 {
		t.Errorf("%s (%v)", ledger, err)
	}
	down.set(0, false)
	mute.set(0, false)
	for _, r := range send(t, channels, options(dir, 1)) {
		if r.Pending != 0 || r.Err != nil {
			t.Errorf("%+v", r)
		}
	}
	if down.got() != 1 || mute.got() != 1 || up.got() != 1 {
		t.Errorf("%d, %d, %d messages", down.got(), mute.got(), up.got())
	}
	text, err := os.ReadFile(filepath.Join(dir, "sub", "alerts.log"))
	if err != nil || bytes.Count(text, []byte("\n")) != 2 {
		t.Fatalf("%s (%v)", text, err)
	}
	for row := range bytes.Lines(text) {
		var a Alert
		if err := json.Unmarshal(row, &a); err != nil || a.Rule != "overdue_share" {
			t.Error(err, a)
		}
	}
}

func TestMail(t *testing.T) {
	server := mailtest.Start(t, secret, true)
	c := Channel{Name: "mail", SMTP: &mail.Server{Host: "127.0.0.1", Port: server.Port, CA: server.CA, User: "x", Password: "env:SECRET", From: "a@example.com", To: []string{"b@example.com"}}}
	if r := send(t, []Channel{c}, options(t.TempDir(), 0), breach("Köln", Firing), breach("b", Firing)); r[0].Sent != 2 || len(server.Messages) != 1 || !strings.Contains(string(server.Messages[0]), "Subject: overdue_share: 2 firing, 0 resolved") {
		t.Errorf("%+v, %q", r, server.Messages)
	}
}

// Killed at any byte of the ledger, the next run tells what nobody was told,
// and nothing that the ledger says was sent.
func TestKilledAnywhere(t *testing.T) {
	dir, r := t.TempDir(), newReceiver(t)
	channels := []Channel{{Name: "hook", Webhook: &Webhook{URL: r.URL}}}
	path := filepath.Join(dir, "alerts.jsonl")
	send(t, channels, options(dir, 0), breach("a", Firing))
	send(t, channels, options(dir, 1), breach("a", Resolved))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		before := r.got()
		send(t, channels, options(dir, 1), breach("a", Firing))
		kept := whole[:bytes.LastIndexByte(whole[:cut], '\n')+1]
		// The last thing told, by the lines that were whole.
		told := bytes.Count(kept, []byte(`"what":"sent"`))
		want := map[int]int{0: 1, 1: 0, 2: 1}[told]
		if told == 1 && bytes.Count(kept, []byte(`"what":"due"`)) == 2 {
			want = 1 // its end was due, but it goes on
		}
		if got := r.got() - before; got != want {
			t.Fatalf("cut at %d of %d, %d told: %d messages, want %d\n%s", cut, len(whole), told, got, want, kept)
		}
		if text, err := os.ReadFile(path); err != nil || !bytes.HasPrefix(text, kept) {
			t.Fatalf("the ledger lost lines: %v", err)
		} else if _, bad := fold(text); bad > 0 {
			t.Fatalf("cut at %d: %d lines cannot be read any more", cut, bad)
		}
	}
}

// Two runs at the same time do not both send.
func TestLocked(t *testing.T) {
	dir := t.TempDir()
	l, err := openLedger(filepath.Join(dir, "alerts.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.file.Close()
	if _, _, err := Send(t.Context(), []Channel{{Name: "f", File: "x"}}, nil, options(dir, 0)); err == nil || !strings.Contains(err.Error(), "another run is sending alerts") {
		t.Error(err)
	}
}

func TestChannelCheck(t *testing.T) {
	for want, c := range map[string]Channel{
		"name is missing":                    {File: "x"},
		"want one of webhook, slack":         {Name: "x"},
		"want one of url, url_from":          {Name: "x", Slack: &Webhook{}},
		"url: want https://HOST/PATH":        {Name: "x", Slack: &Webhook{URL: "ftp://" + secret}},
		"url: chat.example is not encrypted": {Name: "x", Slack: &Webhook{URL: "http://chat.example/" + secret}},
		"smtp: host is missing":              {Name: "x", SMTP: &mail.Server{}},
	} {
		if err := c.check(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// No ledger makes the reader fail; and what it reads it can write.
func FuzzLedger(f *testing.F) {
	f.Add([]byte(`{"at":"2026-11-01T06:00:00Z","channel":"c","what":"due","alerts":[{"rule":"r","key":"","severity":"","state":"firing","summary":"","value":"","started":"2026-11-01T06:00:00Z","owner":"","url":""}]}` + "\n" +
		`{"at":"2026-11-01T06:00:00Z","channel":"c","what":"sent","ids":["a"]}` + "\n"))
	f.Add([]byte("{\n\x00\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		items, bad := fold(text)
		if bad > bytes.Count(text, []byte("\n"))+1 {
			t.Fatalf("%d bad lines", bad)
		}
		for k, i := range items {
			for _, a := range []*Alert{i.pending, i.last} {
				if a != nil && (a.check() != nil || a.Fingerprint() != k.id) {
					t.Fatalf("%+v as %s", a, k.id)
				}
			}
		}
	})
}

// What is shown beforehand is what is sent, on every channel and to the byte; it
// notes nothing, and needs no secret. What is told can be listed until its end is.
func TestPreview(t *testing.T) {
	dir, r := t.TempDir(), newReceiver(t)
	channels := []Channel{{Name: "hook", Webhook: &Webhook{URL: r.URL, Token: "env:SECRET"}}, {Name: "chat", Slack: &Webhook{URL: r.URL, Token: "env:SECRET"}}}
	ledger := filepath.Join(dir, "alerts.jsonl")
	told := func(want ...string) {
		t.Helper()
		list, err := Told(ledger)
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, a := range list {
			keys = append(keys, a.Key)
		}
		if diff := cmp.Diff(want, keys); diff != "" {
			t.Errorf("(-want +told)\n%s", diff)
		}
	}
	told()
	for hours, alerts := range [][]Alert{{breach("a", Firing), breach("b", Firing)}, {breach("a", Firing)}, {breach("a", Resolved), breach("c", Firing)}} {
		o := options(dir, hours)
		blind := o
		blind.Env.Lookup = nil
		before, _ := os.ReadFile(ledger) // there is none at first
		bodies, err := Preview(channels, alerts, blind)
		if err != nil {
			t.Fatal(err)
		}
		if after, _ := os.ReadFile(ledger); !bytes.Equal(before, after) {
			t.Error("it was noted")
		}
		r.bodies = nil
		for i := range channels { // one after the other, in their order
			send(t, channels[i:i+1], o, alerts...)
		}
		var shown []string
		for _, b := range bodies {
			shown = append(shown, strings.TrimSuffix(b.Text, "\n"))
		}
		if diff := cmp.Diff(r.bodies, shown); diff != "" {
			t.Errorf("%d: (-sent +shown)\n%s", hours, diff)
		}
		told([][]string{{"a", "b"}, {"a", "b"}, {"b", "c"}}[hours]...)
	}
}

// An alert's own cool-down goes before that of all.
func TestOwnCoolDown(t *testing.T) {
	dir, r := t.TempDir(), newReceiver(t)
	channels := []Channel{{Name: "hook", Webhook: &Webhook{URL: r.URL}}}
	short, usual := breach("short", Firing), breach("usual", Firing)
	short.CoolDown = 2 * time.Hour
	for hours, want := range []int{2, 0, 1, 0} { // the cool-down of all is a day
		if got := send(t, channels, options(dir, hours), short, usual)[0].Sent; got != want {
			t.Errorf("after %d h: %d alerts are sent, want %d", hours, got, want)
		}
	}
}

// Alerts of two rules are two messages, each of its own; those of one rule are one.
func TestOneMessageARule(t *testing.T) {
	l := &ledger{items: map[itemKey]*item{}}
	for _, a := range []Alert{breach("a", Firing), breach("b", Firing), {Rule: "other", Key: "a", State: Firing, Started: began}} {
		l.items[itemKey{"ops", a.Fingerprint()}] = &item{pending: &a}
	}
	var got []string
	for _, group := range l.pending("ops") {
		got = append(got, fmt.Sprintf("%s: %d", group[0].Rule, len(group)))
	}
	if want := []string{"other: 1", "overdue_share: 2"}; !cmp.Equal(got, want) {
		t.Errorf("messages %v, want %v", got, want)
	}
}
