package deliver

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"millrace/internal/retry"
	"millrace/reports/export/manifest"
	"millrace/reports/export/sheet"
)

// gateway starts Versity's S3 gateway on a folder, which checks signatures, and
// returns its address and the folder of a bucket "exports".
func gateway(t *testing.T) (endpoint, bucket string) {
	t.Helper()
	program, err := exec.LookPath("versitygw")
	if err != nil {
		if program, err = filepath.Abs("../../.build/bin/versitygw"); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(program); err != nil {
			t.Skip("versitygw is not installed: .ci/needs does it")
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	root, aside := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "exports"), 0o755); err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	server := exec.Command(program, "--port", addr, "--access", "access-key-1", "--secret", secret, "--region", "eu-test-1", "--quiet", "posix", "--sidecar", aside, root)
	server.Stdout, server.Stderr = &output, &output
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill() // it may be gone
		_ = server.Wait()
		if t.Failed() {
			t.Log(output.String())
		}
	})
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			return "http://" + addr, filepath.Join(root, "exports")
		}
		if time.Now().After(until) {
			t.Fatalf("versitygw does not answer: %v\n%s", err, output.String())
		}
	}
}

func TestS3(t *testing.T) {
	endpoint, bucket := gateway(t)
	s := &S3{Endpoint: endpoint, Region: "eu-test-1", Bucket: "exports", Key: "kpi/{period}/{name}.csv", AccessKey: "env:ACCESS", SecretKey: "env:SECRET"}
	env := testEnv("")
	env.Retry = retry.Policy{Tries: 2, Pause: time.Millisecond, Timeout: time.Minute}
	for range 2 {
		r, err := Deliver(t.Context(), To{S3: s}, export("2026-10", 1, 2), env)
		if clean(t, r, err); err != nil {
			t.Fatal(err)
		}
		all, faults, err := manifest.Verify(filepath.Join(bucket, "kpi", "2026-10"))
		if err != nil || len(faults) > 0 || len(all[0].Files) != 2 || r.Place != endpoint+"/exports/kpi/2026-10" {
			t.Fatal(r, all, faults, err)
		}
	}

	// In parts: what is larger than one.
	large := export("2026-10", 1)
	sh := large.Workbook.Sheets[0]
	for i := range 120_000 {
		row := append([]sheet.Value{}, sh.Rows[0]...)
		row[2] = sheet.Integer(int64(i) * 7_919_000_003)
		sh.Rows = append(sh.Rows, row)
	}
	s.PartMB, s.Key = 5, "large/{name}.csv"
	r, err := Deliver(t.Context(), To{S3: s}, large, env)
	if err != nil || r.Files[0].Size < 6<<20 && r.Files[1].Size < 6<<20 {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, faults, err := manifest.Verify(filepath.Join(bucket, "large")); err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}

	for _, c := range []struct {
		change func(*S3)
		want   string
		tries  int
	}{
		{func(s *S3) { s.SecretKey = "env:WRONG" }, "check access_key_from, secret_key_from and region", 1},
		{func(s *S3) { s.AccessKey = "env:WRONG" }, "check access_key_from, secret_key_from and region", 1},
		{func(s *S3) { s.Bucket = "nowhere" }, "make it first", 1},
		{func(s *S3) { s.Endpoint = "http://127.0.0.1:1" }, "refused", 2},
		{func(s *S3) { s.SecretKey = "env:NONE" }, "s3: secret_key_from: env:NONE is not set, or empty", 0},
	} {
		wrong := *s
		c.change(&wrong)
		r, err := Deliver(t.Context(), To{S3: &wrong}, export("2026-10", 1), env)
		clean(t, r, err)
		if err == nil || !strings.Contains(err.Error(), c.want) || r.Tries != c.tries {
			t.Errorf("%d tries, %v; want %s", r.Tries, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Deliver(ctx, To{S3: s}, export("2026-10", 1), env); err == nil {
		t.Error("it goes on after it was cancelled")
	}
}
