package alert

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"millrace/reports/mail"
)

// A webhookMessage is the body of Alertmanager's webhook (notify/webhook,
// Message, with template.Data in it), in its order of fields.
type webhookMessage struct {
	Receiver          string            `json:"receiver"`
	Status            string            `json:"status"`
	Alerts            []webhookAlert    `json:"alerts"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   uint64            `json:"truncatedAlerts"`
}

type webhookAlert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"` // 0001-01-01T00:00:00Z while it fires
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// alertmanager makes the body of a group of one rule.
func alertmanager(receiver string, group []Alert) webhookMessage {
	rule := group[0].Rule
	m := webhookMessage{Receiver: receiver, Status: string(Resolved), GroupLabels: map[string]string{"alertname": rule}, Version: "4",
		GroupKey: "{}:{alertname=" + strconv.Quote(rule) + "}"}
	for i, a := range group {
		w := webhookAlert{Status: string(a.State), Labels: a.labels(), Annotations: map[string]string{}, StartsAt: a.Started, EndsAt: a.Ended, GeneratorURL: a.URL, Fingerprint: a.Fingerprint()}
		for name, value := range map[string]string{"summary": a.Summary, "value": a.Value} {
			if value != "" {
				w.Annotations[name] = value
			}
		}
		if a.State == Firing {
			m.Status, w.EndsAt = string(Firing), time.Time{}
		}
		if i == 0 {
			m.CommonLabels, m.CommonAnnotations = maps.Clone(w.Labels), maps.Clone(w.Annotations)
		}
		common(m.CommonLabels, w.Labels)
		common(m.CommonAnnotations, w.Annotations)
		m.Alerts = append(m.Alerts, w)
	}
	return m
}

func common(all, one map[string]string) {
	maps.DeleteFunc(all, func(name, value string) bool { other, is := one[name]; return !is || other != value })
}

type slackMessage struct {
	Text   string       `json:"text"` // for notifications, and readers without blocks
	Blocks []slackBlock `json:"blocks"`
}

type slackBlock struct {
	Type string    `json:"type"`
	Text slackText `json:"text"`
}

type slackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// slack makes a message of a group. Slack takes 50 blocks, 3,000 characters in
// each, and wants &, < and > escaped, which else make links and call people.
func slack(group []Alert) slackMessage {
	const blocks, characters = 45, 2900
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
	m := slackMessage{Text: escape(title(group))}
	for i, a := range group {
		if i == blocks {
			m.Blocks = append(m.Blocks, slackBlock{"section", slackText{"mrkdwn", fmt.Sprintf("… and %d more", len(group)-i)}})
			break
		}
		text := "*" + escape(shortened(a.title(), 300)) + "*"
		for _, s := range []string{a.Summary, a.Owner} {
			if s != "" {
				text += "\n" + escape(shortened(s, 400))
			}
		}
		if strings.HasPrefix(a.URL, "https://") || strings.HasPrefix(a.URL, "http://") {
			if link := "\n<" + strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", "&", "&amp;").Replace(a.URL) + "|open>"; len(text)+len(link) < characters {
				text += link
			}
		}
		m.Blocks = append(m.Blocks, slackBlock{"section", slackText{"mrkdwn", text}})
	}
	return m
}

func shortened(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}

// letter makes a mail of a group.
func letter(group []Alert, now time.Time) mail.Message {
	m := mail.Message{Subject: title(group), At: now}
	var b strings.Builder
	for _, a := range group {
		fmt.Fprintf(&b, "%s\n%s\n", a.title(), a.Summary)
		labels := a.labels()
		for _, name := range slices.Sorted(maps.Keys(labels)) {
			fmt.Fprintf(&b, "  %s: %s\n", name, labels[name])
		}
		fmt.Fprintf(&b, "  since: %s\n", a.Started.Format(time.RFC3339))
		if a.State == Resolved && !a.Ended.IsZero() {
			fmt.Fprintf(&b, "  until: %s\n", a.Ended.Format(time.RFC3339))
		}
		if a.URL != "" {
			fmt.Fprintf(&b, "  %s\n", a.URL)
		}
		b.WriteByte('\n')
		m.Key += a.Fingerprint() + string(a.State) + a.Started.UTC().Format(time.RFC3339Nano)
	}
	m.Text, m.Key = b.String(), m.Key+now.UTC().Format(time.RFC3339)
	return m
}
