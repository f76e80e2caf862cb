package deliver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"millrace/internal/retry"
	"millrace/internal/secrets"
)

// S3 delivers to storage that speaks S3, signed with SigV4. Each file is an
// object, the manifest the last of them.
type S3 struct {
	Endpoint string `yaml:"endpoint"` // https://s3.eu-central-1.amazonaws.com
	Region   string `yaml:"region"`   // default us-east-1
	Bucket   string `yaml:"bucket"`
	// Key is the object's, with {name} and so on; its end says the format.
	Key string `yaml:"key"`
	// Style is how a bucket is addressed: path, the default (HOST/BUCKET), or
	// host (BUCKET.HOST).
	Style string `yaml:"style"`
	// AccessKey and SecretKey say where they are: env:NAME or file:PATH.
	AccessKey secrets.Ref `yaml:"access_key_from"`
	SecretKey secrets.Ref `yaml:"secret_key_from"`
	// CA is a PEM file of authorities to trust in place of the machine's.
	CA string `yaml:"ca"`
	// AllowHTTP lets files go unencrypted to a host other than this machine.
	AllowHTTP bool `yaml:"allow_http"`
	// PartMB is from which size on, and in which parts, a file goes in several
	// requests: 64, the default, or 5 and more.
	PartMB uint64 `yaml:"part_mb"`
}

func (s *S3) check() error {
	u, err := url.Parse(s.Endpoint)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || strings.Trim(u.Path, "/") != "":
		return errors.New("s3: endpoint: want https://HOST, without a path or a user")
	case u.Scheme == "http" && !s.AllowHTTP && !loopback(u.Hostname()):
		return fmt.Errorf("s3: endpoint: %s is not encrypted: use https, or set allow_http: true if nobody else is on that network", u.Host)
	case s.Bucket == "":
		return errors.New("s3: bucket is missing")
	case s.Style != "" && s.Style != "path" && s.Style != "host":
		return fmt.Errorf("s3: style: %q is none of path, host", s.Style)
	case s.AccessKey == "" || s.SecretKey == "":
		return errors.New("s3: want access_key_from and secret_key_from: env:NAME or file:PATH")
	case s.PartMB != 0 && s.PartMB < 5:
		return errors.New("s3: part_mb: the least that S3 takes is 5")
	case strings.HasPrefix(s.Key, "/"):
		return errors.New("s3: key: begins with a slash, which would be part of it")
	}
	return checkPattern("s3: key", s.Key)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *S3) deliver(ctx context.Context, e Export, env Env) (r Receipt, err error) {
	access, err := s.AccessKey.Reveal(env.Env, "s3: access_key_from")
	if err != nil {
		return Receipt{}, err
	}
	secret, err := s.SecretKey.Reveal(env.Env, "s3: secret_key_from")
	if err != nil {
		return Receipt{}, err
	}
	client, done, err := s.client(env, access, secret)
	if err != nil {
		return Receipt{}, err
	}
	defer done()
	dir, err := os.MkdirTemp("", "millrace-export-")
	if err != nil {
		return Receipt{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	files, err := stage(ctx, dir, s.Key, e)
	if err != nil {
		return Receipt{}, err
	}
	r = Receipt{Place: fmt.Sprintf("%s/%s/%s", strings.TrimSuffix(s.Endpoint, "/"), s.Bucket, files.to), Files: files.files, Notes: files.notes}
	put := func(name, media, sum string) error {
		key := path.Join(files.to, name)
		o := minio.PutObjectOptions{ContentType: media, PartSize: max(s.PartMB, 5) << 20, NumThreads: 2}
		if s.PartMB == 0 {
			o.PartSize = 64 << 20
		}
		if sum != "" {
			o.UserMetadata = map[string]string{"sha256": sum}
		}
		tries, err := env.Retry.Do(ctx, func(ctx context.Context) error {
			_, err := client.FPutObject(ctx, s.Bucket, key, filepath.Join(dir, name), o)
			return s.failed(key, err, access, secret)
		})
		r.Tries = max(r.Tries, tries)
		return err
	}
	for _, f := range files.files {
		if err := put(f.Name, files.format.Media, f.SHA256); err != nil {
			return r, err
		}
	}
	return r, put(files.manifest, "application/json", "")
}

func (s *S3) client(env Env, access, secret string) (*minio.Client, func(), error) {
	u, err := url.Parse(s.Endpoint)
	if err != nil {
		return nil, nil, err // check has seen it
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil // the environment's
	if s.CA != "" {
		pool, err := env.Authorities(s.CA)
		if err != nil {
			return nil, nil, fmt.Errorf("s3: ca: %w", err)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	o := &minio.Options{Creds: credentials.NewStaticV4(access, secret, ""), Secure: u.Scheme == "https", Transport: transport,
		Region: s.Region, BucketLookup: minio.BucketLookupPath, MaxRetries: 1} // Retry does it
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if s.Style == "host" {
		o.BucketLookup = minio.BucketLookupDNS
	}
	client, err := minio.New(u.Host, o)
	if err != nil {
		return nil, nil, fmt.Errorf("s3: endpoint: %w", err)
	}
	return client, transport.CloseIdleConnections, nil
}

// failed says what the storage said, without the keys, and whether it may pass.
func (s *S3) failed(key string, err error, hidden ...string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	said, answered := errors.AsType[minio.ErrorResponse](err)
	if answered && said.Code != "" {
		text = strings.TrimSpace(said.Code + " " + said.Message)
	}
	for _, secret := range hidden {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			text = strings.ReplaceAll(text, form, "…")
		}
	}
	what := fmt.Errorf("s3: %s/%s: %s", s.Bucket, key, text)
	switch {
	case said.Code == "AccessDenied":
		return fmt.Errorf("%w; the key has no right to write there", what)
	case said.Code == "InvalidAccessKeyId", said.Code == "SignatureDoesNotMatch", said.Code == "XAdminUserNotFound", said.Code != "" && said.StatusCode == http.StatusForbidden:
		return fmt.Errorf("%w; check access_key_from, secret_key_from and region", what)
	case said.Code == "NoSuchBucket":
		return fmt.Errorf("%w; make it first", what)
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return fmt.Errorf("%w; set ca to the file of its authority", what)
	}
	if !answered || said.StatusCode >= http.StatusInternalServerError || said.StatusCode == http.StatusTooManyRequests || said.StatusCode == http.StatusRequestTimeout || said.StatusCode == 0 {
		return &retry.Passing{Err: what}
	}
	return what
}
