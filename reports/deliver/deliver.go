package deliver

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/internal/retry"
	"millrace/internal/secrets"
	"millrace/reports/export/manifest"
	"millrace/reports/export/sheet"
)

// An Export is what is delivered.
type Export struct {
	Workbook *sheet.Workbook
	// Manifest has the name, the period, as-of, versions, inputs and results
	// with their SQL; its files, and results that it lacks, are filled in.
	Manifest manifest.Manifest
}

// A To says where an export goes: one of its fields. In YAML it is a path, or a
// map of one key.
type To struct {
	// Path is of a file. {name}, {period}, {as_of} and {sheet} in it are those of
	// the export; its end says the format. A format of one file a sheet gets
	// -SHEET before its end where {sheet} is not in it and there are several.
	Path     string
	S3       *S3
	SMTP     *SMTP
	Postgres *Postgres
}

// UnmarshalYAML reads a path or one of s3, smtp, postgres.
func (t *To) UnmarshalYAML(decode func(any) error) error {
	if err := decode(&t.Path); err == nil {
		return t.Check()
	}
	var m struct {
		S3       *S3       `yaml:"s3"`
		SMTP     *SMTP     `yaml:"smtp"`
		Postgres *Postgres `yaml:"postgres"`
	}
	if err := decode(&m); err != nil {
		return err
	}
	*t = To{S3: m.S3, SMTP: m.SMTP, Postgres: m.Postgres}
	return t.Check()
}

// Check says what is wrong with a destination, without asking anybody.
func (t *To) Check() error {
	n := 0
	for _, is := range []bool{t.Path != "", t.S3 != nil, t.SMTP != nil, t.Postgres != nil} {
		if is {
			n++
		}
	}
	switch {
	case n != 1:
		return errors.New("to: want a path as out/{name}-{period}.xlsx, or one of s3, smtp, postgres")
	case t.S3 != nil:
		return t.S3.check()
	case t.SMTP != nil:
		return t.SMTP.check()
	case t.Postgres != nil:
		_, err := t.Postgres.target()
		return err
	}
	return checkPattern("to", t.Path)
}

// Env is what delivering needs besides.
type Env struct {
	secrets.Env              // Dir is also what paths are relative to
	Retry       retry.Policy // Timeout is of one file, mail or table
	At          time.Time    // now; of mails
}

// A Receipt says what was delivered.
type Receipt struct {
	Place string // for people, without secrets
	Files []manifest.File
	Rows  int64 // of tables
	Tries int   // most of any one part
	Notes []eventlog.Note
}

// Deliver brings an export to a destination. On an error the destination has
// what it had before, or files without a manifest.
func Deliver(ctx context.Context, t To, e Export, env Env) (Receipt, error) {
	err := t.Check()
	if err == nil {
		err = e.Workbook.Check()
	}
	if err != nil {
		return Receipt{}, err
	}
	switch {
	case t.S3 != nil:
		return t.S3.deliver(ctx, e, env)
	case t.SMTP != nil:
		return t.SMTP.deliver(ctx, e, env)
	case t.Postgres != nil:
		return t.Postgres.deliver(ctx, e, env)
	}
	return folder(ctx, t.Path, e, env)
}

var (
	hole = regexp.MustCompile(`\{[^{}]*\}`)
	safe = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}._-]*$`)
)

func checkPattern(field, pattern string) error {
	for _, h := range hole.FindAllString(pattern, -1) {
		switch h {
		case "{name}", "{period}", "{as_of}", "{sheet}":
		default:
			return fmt.Errorf("%s: %s is none of {name}, {period}, {as_of}, {sheet}", field, h)
		}
	}
	if i := strings.LastIndexByte(pattern, '/'); strings.Contains(pattern[:i+1], "{sheet}") {
		return fmt.Errorf("%s: {sheet} is in the name of a folder; the files of an export lie together", field)
	}
	_, err := sheet.FormatOf(pattern)
	if err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	return nil
}

// expand fills a pattern in, but {sheet}. What comes from outside cannot lead
// to another folder.
func (e Export) expand(pattern string) (string, error) {
	period := e.Manifest.Period
	if period == "" {
		period = "all"
	}
	day, _, _ := strings.Cut(e.Manifest.AsOf, "T")
	var err error
	text := hole.ReplaceAllStringFunc(pattern, func(h string) string {
		value := map[string]string{"{name}": e.Manifest.Name, "{period}": period, "{as_of}": day}[h]
		if h == "{sheet}" {
			return h
		}
		if !safe.MatchString(value) {
			err = fmt.Errorf("%s is %q, which is no part of a file's name: want letters, digits, and . _ -", h, value)
		}
		return value
	})
	return text, err
}
