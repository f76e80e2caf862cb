// Package mail sends a message with attachments through an SMTP server, over a
// connection that is encrypted and verified unless a configuration says
// otherwise.
//
// It knows SMTP. It does not know what a message says or when one is due.
package mail

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/textproto"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"millrace/internal/retry"
	"millrace/internal/secrets"
)

// A Server is where messages are handed in, and from whom to whom.
type Server struct {
	Host string `yaml:"host"`
	Port int    `yaml:"port"` // default 587, with tls: implicit 465
	User string `yaml:"user"` // "": without a log-in
	// Password says where it is: env:NAME or file:PATH.
	Password secrets.Ref `yaml:"password_from"`
	// TLS is starttls, the default; implicit, from the first byte on; or off,
	// which sends all in clear but a password: only log-ins that do not show it.
	TLS string `yaml:"tls"`
	// CA is a PEM file of authorities to trust in place of the machine's.
	CA   string   `yaml:"ca"`
	From string   `yaml:"from"` // reports@example.com, Reports <reports@example.com>
	To   []string `yaml:"to"`
}

// A Message is what is sent.
type Message struct {
	Subject     string
	Text        string
	HTML        string // the same for who reads it; "" is none
	Attachments []Attachment
	// Key makes the Message-ID: the same message sent twice has the same one, so
	// that a reader's program can tell.
	Key string
	At  time.Time // when it is sent
}

// An Attachment is a file of a message.
type Attachment struct {
	Name, Media, Path string
}

// Check says what is wrong with a configuration, without asking anybody.
func (s Server) Check() error {
	switch {
	case s.Host == "":
		return errors.New("smtp: host is missing")
	case strings.ContainsAny(s.Host, "/@ :") && !strings.Contains(s.Host, "::"):
		return fmt.Errorf("smtp: host: %q is no host; the port has a field of its own", s.Host)
	case s.Port < 0 || s.Port > 65535:
		return fmt.Errorf("smtp: port: %d is none", s.Port)
	case s.TLS != "" && s.TLS != "starttls" && s.TLS != "implicit" && s.TLS != "off":
		return fmt.Errorf("smtp: tls: %q is none of starttls, implicit, off", s.TLS)
	case (s.User == "") != (s.Password == ""):
		return errors.New("smtp: want both of user and password_from, or neither")
	case len(s.To) == 0:
		return errors.New("smtp: to is missing")
	}
	for _, a := range append([]string{s.From}, s.To...) {
		if _, err := netmail.ParseAddress(a); err != nil || strings.ContainsAny(a, "\r\n") {
			return fmt.Errorf("smtp: %q is no address such as reports@example.com", a)
		}
	}
	return nil
}

// Place names the server for people.
func (s Server) Place() string {
	return fmt.Sprintf("smtp://%s:%d", s.Host, s.port())
}

func (s Server) port() int {
	switch {
	case s.Port != 0:
		return s.Port
	case s.TLS == "implicit":
		return 465
	}
	return 587
}

// Send hands a message in, once. An error that may pass is [retry.Passing]; one
// after the server had the whole message, when its answer was lost, is too: the
// message may then come twice.
func (s Server) Send(ctx context.Context, env secrets.Env, m Message) error {
	if err := s.Check(); err != nil {
		return err
	}
	msg, err := s.message(m)
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	o := []gomail.Option{gomail.WithPort(s.port()), gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithoutNoop(), gomail.WithHELO("localhost")}
	t := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12}
	if s.CA != "" {
		if t.RootCAs, err = env.Authorities(s.CA); err != nil {
			return fmt.Errorf("smtp: ca: %w", err)
		}
	}
	o = append(o, gomail.WithTLSConfig(t))
	switch s.TLS {
	case "implicit":
		o = append(o, gomail.WithSSL())
	case "off":
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	password := ""
	if s.User != "" {
		if password, err = s.Password.Reveal(env, "smtp: password_from"); err != nil {
			return err
		}
		// Discovery takes none that shows the password on a line in clear.
		o = append(o, gomail.WithUsername(s.User), gomail.WithPassword(password), gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover))
	}
	if until, ok := ctx.Deadline(); ok {
		o = append(o, gomail.WithTimeout(max(time.Second, time.Until(until))))
	}
	c, err := gomail.NewClient(s.Host, o...)
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	if err := c.DialAndSendWithContext(ctx, msg); err != nil {
		return s.failed(ctx, err, password)
	}
	return nil
}

func (s Server) message(m Message) (*gomail.Msg, error) {
	msg := gomail.NewMsg()
	from, err := netmail.ParseAddress(s.From)
	if err != nil {
		return nil, err
	}
	msg.FromMailAddress(from)
	if err := msg.To(s.To...); err != nil {
		return nil, err
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetDateWithValue(m.At)
	id := sha256.Sum256([]byte(m.Key))
	_, domain, _ := strings.Cut(from.Address, "@")
	msg.SetMessageIDWithValue(hex.EncodeToString(id[:16]) + "@" + domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	for _, a := range m.Attachments {
		if _, err := os.Stat(a.Path); err != nil {
			return nil, err
		}
		msg.AttachFile(a.Path, gomail.WithFileName(oneLine(a.Name)), gomail.WithFileContentType(gomail.ContentType(a.Media)))
	}
	return msg, nil
}

// oneLine makes a header's value of a text: what would end the header is a blank.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }), " ")
}

// failed says what a server said, without the password, and whether it may pass.
func (s Server) failed(ctx context.Context, err error, password string) error {
	text := err.Error()
	if password != "" {
		text = strings.ReplaceAll(text, password, "…")
	}
	what := fmt.Errorf("%s: %s", s.Place(), oneLine(text))
	if ctx.Err() != nil {
		return &retry.Passing{Err: fmt.Errorf("%w: %w", what, context.Cause(ctx))}
	}
	var v *tls.CertificateVerificationError
	if errors.As(err, &v) {
		return fmt.Errorf("%w; set ca to the file of its authority", what)
	}
	if strings.Contains(text, "does not support STARTTLS") {
		return fmt.Errorf("%w; it does not encrypt: set tls to implicit if its port does from the start, or to off if nobody else is on that network", what)
	}
	if errors.Is(err, gomail.ErrNoSupportedAuthDiscovered) {
		return fmt.Errorf("%w; without encryption a password is not shown", what)
	}
	code := 0
	var p *textproto.Error
	var send *gomail.SendError
	if errors.As(err, &send) {
		code = send.ErrorCode()
	}
	if errors.As(err, &p) {
		code = p.Code
	}
	if code >= 500 {
		return what
	}
	return &retry.Passing{Err: what}
}
