package deliver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"millrace/reports/mail"
)

// SMTP delivers an export as a mail with its files and their manifest.
type SMTP struct {
	mail.Server `yaml:",inline"`
	// Subject may have {name}, {period} and {as_of}; default: the title.
	Subject string `yaml:"subject"`
	// Attach is the name and format of the files; default {name}-{period}.xlsx.
	Attach string `yaml:"attach"`
	// MaxMB is how large the files may be together; default 20.
	MaxMB int64 `yaml:"max_mb"`
}

func (s *SMTP) attach() string {
	if s.Attach == "" {
		return "{name}-{period}.xlsx"
	}
	return s.Attach
}

// most is how large the files may be together, in bytes.
func (s *SMTP) most() int64 {
	if s.MaxMB <= 0 {
		return 20 << 20
	}
	return s.MaxMB << 20
}

func (s *SMTP) check() error {
	if err := s.Server.Check(); err != nil {
		return err
	}
	if strings.Contains(s.attach(), "/") {
		return errors.New("smtp: attach: want the name of a file, without a folder")
	}
	return checkPattern("smtp: attach", s.attach())
}

func (s *SMTP) deliver(ctx context.Context, e Export, env Env) (r Receipt, err error) {
	dir, err := os.MkdirTemp("", "millrace-export-")
	if err != nil {
		return Receipt{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	files, err := stage(ctx, dir, s.attach(), e)
	if err != nil {
		return Receipt{}, err
	}
	size := int64(0)
	m := mail.Message{Subject: s.Subject, At: env.At}
	if m.Subject == "" {
		m.Subject = e.Workbook.Title
	} else if m.Subject, err = e.expand(m.Subject); err != nil {
		return Receipt{}, fmt.Errorf("smtp: subject: %w", err)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n", e.Workbook.Title)
	for _, l := range e.Workbook.About {
		fmt.Fprintf(&text, "%s: %s\n", l.Name, l.Text)
	}
	for _, n := range e.Workbook.Notes {
		fmt.Fprintf(&text, "Note: %s\n", n.Text)
	}
	for _, f := range files.files {
		size += f.Size
		m.Attachments = append(m.Attachments, mail.Attachment{Name: f.Name, Media: files.format.Media, Path: filepath.Join(dir, f.Name)})
		m.Key += f.SHA256
	}
	if size > s.most() {
		return Receipt{}, fmt.Errorf("smtp: the files have %d MB, more than max_mb of %d: deliver them to a folder or s3", size>>20, s.most()>>20)
	}
	m.Attachments = append(m.Attachments, mail.Attachment{Name: files.manifest, Media: "application/json", Path: filepath.Join(dir, files.manifest)})
	m.Text, m.Key = text.String(), m.Key+e.Manifest.Name+"\x00"+e.Manifest.Period+"\x00"+e.Manifest.AsOf
	tries, err := env.Retry.Do(ctx, func(ctx context.Context) error { return s.Send(ctx, env.Env, m) })
	return Receipt{Place: s.Place(), Files: files.files, Tries: tries, Notes: files.notes}, err
}
