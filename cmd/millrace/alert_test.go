package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports/alert"
	"millrace/reports/mail/mailtest"
	"millrace/reports/schedule"
)

// alertProject is a project whose orders are to be confirmed within two hours,
// and whose orders shall not be more than three.
const alertProject = `names: keep
rules: [rules.yaml]
kpis: [kpis.yaml]
sources: {erp: {csv: {path: orders.csv, mapping: erp.sql}}}
alerts:
  single: 3
  deadline: 20s
  channels:
    - {name: hook, webhook: {url: %q, token_from: env:HOOK_TOKEN}}
    - {name: mail, smtp: {host: 127.0.0.1, port: %d, tls: off, from: millrace@example.com, to: [desk@example.com]}}
schedules:
  - {name: daily, cron: "@yearly", fresh_within: 26h, steps: [ingest: [erp], sla: {rules: [confirmed], alert: true}, export: {what: cases, to: never.csv}]}
`

const alertRules = `- {name: confirmed, title: Order not confirmed, of: orders, one: order, owner: order desk, view: orders, from: created_at, to: confirmed_at,
   limit: 2h, cool_down: 8h, amount: net_value, currency: currency, doc: An order is confirmed within two hours.}
- {name: many, title: Many orders, owner: order desk, doc: There are at most three orders., kpi: orders_there, above: 3, cool_down: 1d}
`

const alertMapping = `CREATE VIEW event AS
SELECT 'c' || no AS key, 'Create Sales Order' AS activity, created::TIMESTAMP AS time, 'interface' AS actor_kind FROM erp
UNION ALL SELECT 'k' || no, 'Confirm Sales Order', confirmed::TIMESTAMP, 'interface' FROM erp WHERE confirmed IS NOT NULL;
CREATE VIEW event_object AS
SELECT 'c' || no AS event_key, 'SalesOrder' AS type, no AS id FROM erp
UNION ALL SELECT 'k' || no, 'SalesOrder', no FROM erp WHERE confirmed IS NOT NULL;
CREATE VIEW object_SalesOrder AS SELECT no AS id, no AS number, value::DECIMAL(18,2) AS net_value, 'EUR' AS currency FROM erp;
`

// A desk is a project with somebody to alert, and a clock.
type desk struct {
	t      *testing.T
	now    time.Time
	bodies []string // what the webhook took since it was looked at
	say    int      // what it answers
	mail   *mailtest.Server
	errs   bytes.Buffer
	out    bytes.Buffer
}

func newDesk(t *testing.T) *desk {
	t.Chdir(t.TempDir())
	t.Setenv("HOOK_TOKEN", "s3cret")
	d := &desk{t: t, now: time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC), say: http.StatusOK, mail: mailtest.Start(t, "", false)}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Authorization") != "Bearer s3cret" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if d.say == http.StatusOK {
			d.bodies = append(d.bodies, string(text))
		}
		w.WriteHeader(d.say)
	}))
	t.Cleanup(hook.Close)
	for name, text := range map[string]string{
		"millrace.yaml": fmt.Sprintf(alertProject, hook.URL, d.mail.Port), "rules.yaml": alertRules, "erp.sql": alertMapping,
		"kpis.yaml": "- {name: orders_there, title: Orders, family: own, unit: count, kind: count, of: orders, one: order, view: orders, attributed_to: created_at, doc: Orders.}\n",
	} {
		d.write(name, text)
	}
	return d
}

func (d *desk) write(name, text string) {
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// load loads orders, each created at 08:00 on the fifth; those of done are confirmed the next day.
func (d *desk) load(orders int, done ...int) {
	text := "no,created,confirmed,value\n"
	for i := range orders {
		confirmed := ""
		if slices.Contains(done, i) {
			confirmed = "2026-01-06 08:00:00"
		}
		text += fmt.Sprintf("%d,2026-01-05 08:00:00,%s,%d\n", 4700+i, confirmed, 100+i)
	}
	d.write("orders.csv", text)
	millrace(d.t, "ingest")
}

// alert runs millrace sla --alert by the desk's clock, and returns what the
// webhook was told: state, rule and key.
func (d *desk) alert(c slaCmd) ([]string, error) {
	d.t.Helper()
	p, err := readProject("millrace.yaml")
	if err != nil {
		d.t.Fatal(err)
	}
	d.bodies, d.mail.Messages = nil, nil
	d.errs.Reset()
	d.out.Reset()
	e := &env{Context: d.t.Context(), Stdout: &d.out, Stderr: &d.errs, Project: p, Wait: time.Minute, Now: func() time.Time { return d.now }}
	c.Alert = true
	err = c.Run(e)
	return d.told(), err
}

func (d *desk) told() []string {
	told := []string{}
	for _, text := range d.bodies {
		var m struct {
			Version string
			Alerts  []struct {
				Status      string
				Labels      map[string]string
				Annotations map[string]string
				StartsAt    time.Time
			}
		}
		if err := json.Unmarshal([]byte(text), &m); err != nil || m.Version != "4" {
			d.t.Fatalf("%v: %s", err, text)
		}
		for _, a := range m.Alerts {
			told = append(told, strings.TrimSpace(fmt.Sprintf("%s %s %s", a.Status, a.Labels["alertname"], a.Labels["key"])))
		}
	}
	return told
}

func (d *desk) expect(what string, c slaCmd, want ...string) {
	d.t.Helper()
	told, err := d.alert(c)
	if err != nil {
		d.t.Errorf("%s: %v", what, err)
	}
	if diff := cmp.Diff(append([]string{}, want...), told); diff != "" {
		d.t.Errorf("%s: (-want +told)\n%s%s", what, diff, d.errs.String())
	}
	rules := map[string]bool{}
	for _, w := range want {
		rules[strings.Fields(w)[1]] = true
	}
	if len(d.mail.Messages) != len(rules) { // a letter a rule
		d.t.Errorf("%s: %d letters", what, len(d.mail.Messages))
	}
}

// A breach is told once, again after its rule's cool-down, and once that it is
// over; many are told as one; a figure out of its bounds is told too.
func TestAlertBreaches(t *testing.T) {
	d := newDesk(t)
	d.load(3, 0)
	d.expect("two are late", slaCmd{}, "firing confirmed 4701", "firing confirmed 4702")
	if text := string(d.mail.Messages[0]); !strings.Contains(text, "confirmed: 2 firing, 0 resolved") || !strings.Contains(text, "Order not confirmed: order 4701, since 2026-01-05T08:00:00Z.") {
		t.Errorf("the letter says\n%s", text)
	}
	d.expect("nothing is new", slaCmd{})
	d.now = d.now.Add(7 * time.Hour)
	d.expect("an hour before it has cooled down", slaCmd{})
	d.now = d.now.Add(time.Hour)
	d.expect("it has cooled down", slaCmd{}, "firing confirmed 4701", "firing confirmed 4702")

	d.load(3, 0, 1)
	d.expect("one is confirmed", slaCmd{}, "resolved confirmed 4701")
	d.expect("that was said", slaCmd{})

	d.load(8, 0, 1)
	d.expect("six are too many to tell one by one, and eight orders more than three", slaCmd{}, "firing confirmed", "firing many")
	if !strings.Contains(d.bodies[0], "6 orders, 627 EUR are beyond the limit. The worst: 4707 (over by ") {
		t.Errorf("the summary says %s", d.bodies[0])
	}
	d.expect("that was said", slaCmd{})
	d.load(8, 0, 1, 7)
	d.expect("one less of many", slaCmd{})
	d.load(8, 0, 1, 7, 6, 5)
	d.expect("three are told one by one again; 4702 was, within the cool-down", slaCmd{}, "resolved confirmed", "firing confirmed 4703", "firing confirmed 4704")
	d.load(8, 0, 1, 2, 3, 4, 5, 6, 7)
	d.expect("all is confirmed", slaCmd{Rule: []string{"confirmed"}}, "resolved confirmed 4702", "resolved confirmed 4703", "resolved confirmed 4704")
}

// What is not sent is said, kept, and sent the next time; it fails only with
// --fail; and --dry-run prints what would be sent, and does nothing.
func TestAlertsThatFail(t *testing.T) {
	d := newDesk(t)
	d.load(2, 0)
	told, err := d.alert(slaCmd{DryRun: true, Rule: []string{"confirmed"}})
	if _, missing := os.Stat("millrace.duckdb.alerts"); err != nil || len(told) > 0 || len(d.mail.Messages) > 0 || missing == nil {
		t.Errorf("a dry run: %v, told %v, ledger %v", err, told, missing)
	}
	for _, want := range []string{"hook:\n{\"receiver\":\"hook\",\"status\":\"firing\"", `"key":"4701"`, "mail:\nSubject: FIRING confirmed 4701: over by "} {
		if !strings.Contains(d.out.String(), want) {
			t.Errorf("the dry run does not print %q:\n%s", want, d.out.String())
		}
	}
	d.say = http.StatusForbidden // for good: it is not tried again at once
	told, err = d.alert(slaCmd{Rule: []string{"confirmed"}})
	if err != nil || len(told) > 0 || len(d.mail.Messages) != 1 || !strings.Contains(d.errs.String(), "alerts: channel hook: sent 0, left for the next run 1: 127.0.0.1:") {
		t.Errorf("one of two channels refuses: %v, told %v, %d letters, said\n%s", err, told, len(d.mail.Messages), d.errs.String())
	}
	_, err = d.alert(slaCmd{Rule: []string{"confirmed"}, Fail: true})
	if !errors.As(err, new(limitsError)) {
		t.Errorf("--fail, and a breach: %v", err)
	}
	d.load(2, 0, 1)
	_, err = d.alert(slaCmd{Rule: []string{"confirmed"}, Fail: true})
	if err == nil || err.Error() != "alerts: somebody could not be told" {
		t.Errorf("--fail, no breach, and nobody told: %v", err)
	}
	d.load(2, 0)
	d.say = http.StatusOK
	if told, err = d.alert(slaCmd{Rule: []string{"confirmed"}}); err != nil || !slices.Equal(told, []string{"firing confirmed 4701"}) {
		t.Errorf("what was left is told: %v, %v", told, err)
	}
	ledger, err := os.ReadFile("millrace.duckdb.alerts")
	if err != nil || !strings.Contains(string(ledger), `"what":"failed"`) || strings.Contains(string(ledger), "s3cret") {
		t.Errorf("%v, the ledger:\n%s", err, ledger)
	}
}

// At ten o'clock nobody is late for what is due at noon of the last day.
func TestAlertsAreOfNow(t *testing.T) {
	d := newDesk(t)
	d.load(1)
	d.now = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	d.expect("at the end of its time", slaCmd{})
	d.now = d.now.Add(time.Second)
	d.expect("a second later", slaCmd{}, "firing confirmed 4700")
}

// A schedule whose source is too old stops before its service levels and its
// report, and somebody is told, once for its period.
func TestScheduleAlerts(t *testing.T) {
	d := newDesk(t)
	d.load(2, 0)
	p, err := readProject("millrace.yaml")
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(72 * time.Hour) // by when nothing new has come
	e := &env{Context: t.Context(), Stdout: &d.out, Stderr: &d.errs, Project: p, Wait: time.Minute, Now: func() time.Time { return later }}
	r, err := e.runner(nil)
	if err != nil {
		t.Fatal(err)
	}
	runs, err := r.Once(e)
	if err == nil || len(runs) != 1 || runs[0].State != schedule.Failed || !strings.Contains(runs[0].Error, "sources are too old") {
		t.Fatalf("%v, %+v", err, runs)
	}
	if told := d.told(); !slices.Equal(told, []string{"firing schedule daily"}) || !strings.Contains(d.bodies[0], "stopped before step 2, sla: sources are too old") {
		t.Errorf("told %v: %s", told, d.bodies)
	}
	if _, err := os.Stat("never.csv"); err == nil {
		t.Error("it exported")
	}
}

// What cannot be told now, as a rule without its data, is not resolved.
func TestUnknownIsNotResolved(t *testing.T) {
	r := &metrics.Rule{Name: "confirmed"}
	firing := []alert.Alert{{Rule: "confirmed", Key: "1", State: alert.Firing}, {Rule: "other", Key: "1", State: alert.Firing}}
	now := time.Date(2026, 1, 6, 0, 0, 0, 0, time.UTC)
	unknown := metrics.Standing{Rule: r, Notes: []eventlog.Note{{Code: "needs", Text: "The data has no orders."}}}
	if got := breachAlerts([]metrics.Standing{unknown}, firing, 10, now); len(got) > 0 {
		t.Errorf("resolved %+v", got)
	}
	got := breachAlerts([]metrics.Standing{{Rule: r, N: 1, Met: 1}}, firing, 10, now)
	if len(got) != 1 || got[0].State != alert.Resolved || got[0].Rule != "confirmed" || !got[0].Ended.Equal(now) {
		t.Errorf("%+v", got)
	}
}
