package deliver

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"millrace/reports/export/manifest"
	"millrace/reports/mail"
)

// A Report is what is mailed of a report: its first page as the body, and its
// files.
type Report struct {
	Title      string // the mail's subject where the destination has none
	HTML, Text string
	Name       string // with Period and AsOf, of a subject as the destination has it
	Period     string
	AsOf       string
	Files      []mail.Attachment
}

// MailReport sends a report to a destination that is a mail server. The same
// report of the same period has the same Message-ID.
func MailReport(ctx context.Context, t To, r Report, env Env) (Receipt, error) {
	if t.SMTP == nil {
		return Receipt{}, errors.New("mail: want a destination that has smtp")
	}
	s := t.SMTP
	if err := s.check(); err != nil {
		return Receipt{}, err
	}
	m := mail.Message{Subject: s.Subject, Text: r.Text, HTML: r.HTML, At: env.At, Attachments: r.Files}
	if m.Subject == "" {
		m.Subject = r.Title
	} else {
		var err error
		if m.Subject, err = (Export{Manifest: manifest.Manifest{Name: r.Name, Period: r.Period, AsOf: r.AsOf}}).expand(m.Subject); err != nil {
			return Receipt{}, fmt.Errorf("smtp: subject: %w", err)
		}
	}
	size := int64(0)
	for _, a := range r.Files {
		n, sum, err := summed(a.Path)
		if err != nil {
			return Receipt{}, err
		}
		size, m.Key = size+n, m.Key+sum
	}
	if size > s.most() {
		return Receipt{}, fmt.Errorf("smtp: the report has %d MB, more than max_mb of %d: report fewer pages, or raise it", size>>20, s.most()>>20)
	}
	m.Key += r.Name + "\x00" + r.Period + "\x00" + r.AsOf
	tries, err := env.Retry.Do(ctx, func(ctx context.Context) error { return s.Send(ctx, env.Env, m) })
	return Receipt{Place: s.Place(), Tries: tries}, err
}

// summed returns the size of a file and its SHA-256.
func summed(path string) (int64, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return n, manifest.Sum(h.Sum(nil)), err
}
