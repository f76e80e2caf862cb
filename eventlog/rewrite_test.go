package eventlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A store that is written anew is the same store, in the same order, and only
// its owner's.
func TestRewrite(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "a b'c.duckdb")
	if _, err := Import(ctx, path, OpenOptions{}, ImportOptions{Log: "l"}, generated(300_000, 500), nil); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, path)
	if _, err := mergeAs(s, office(), ExtractOptions{Names: testNames}, officeRows()...); err != nil {
		t.Fatal(err)
	}
	sum := func() (list []string) {
		err := s.session(ctx, func(c *storeConn) (err error) {
			list, err = c.strings(ctx, `SELECT concat_ws(' ', bit_xor(hash(e, rowid)), count(*), max(rowid)) FROM main.event AS e
				UNION ALL SELECT concat_ws(' ', bit_xor(hash(e, rowid)), count(*)) FROM events.l AS e`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	before, sums := s.dump(t, "event", "l", "event_object"), sum()
	if err := s.Rewrite(ctx); err != nil {
		t.Fatal(err)
	}
	if after := s.dump(t, "event", "l", "event_object"); after != before {
		t.Error(firstDifference(after, before))
	}
	if got := sum(); got[0] != sums[0] || got[1] != sums[1] {
		t.Errorf("rows %v, were %v", got, sums)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	sys := office()
	sys.Timezone = "Europe/Berlin" // mapped again, by the views that are there
	if r, err := mergeAs(s, sys, ExtractOptions{Names: testNames}, officeRows()...); err != nil || r.Events.Changed != 7 {
		t.Errorf("%s %v", r.brief(), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, path)
	if n := count(t, s, "SELECT count(*) FROM event WHERE source = 'office'"); n != 7 {
		t.Errorf("%d events", n)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Whoever waits for a store that is written anew gets the new one.
func TestRewriteWhileOthersWait(t *testing.T) {
	ctx := context.Background()
	s := officeStore(t, testNames)
	opened := make(chan error, 1)
	go func() {
		other, err := Open(ctx, s.Path(), OpenOptions{})
		if err == nil {
			err = errors.Join(other.DefineLog(ctx, LogDefinition{Name: "after", CaseType: "Order"}), other.Close())
		}
		opened <- err
	}()
	for range 3 {
		if err := s.Rewrite(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Fatal(err)
	}
	if logs, err := openStore(t, s.Path()).Logs(ctx); err != nil || len(logs) != 2 {
		t.Errorf("what the other wrote is not there: %v %v", logs, err)
	}
}

// forgetAtOnce forgets somebody in the store at path.
func forgetAtOnce(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, OpenOptions{})
	if err != nil {
		return err
	}
	_, err = s.Forget(ctx, "zwilla.berg", ForgetOptions{Names: testNames})
	if errors.Is(err, ErrNobody) {
		err = nil
	}
	return errors.Join(err, s.Close())
}

// Killed at any moment, forgetting has happened or has not; once the store was
// opened for writing, either all of it is there or no byte.
func TestKillForget(t *testing.T) {
	kills := 20
	if testing.Short() {
		kills = 5
	}
	base := officeStore(t, Names{Keep: true})
	if err := base.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(base.Path())
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(4711, 3))
	did := map[string]int{}
	for range kills {
		path := filepath.Join(t.TempDir(), "a.duckdb")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		child, _, lines := storeChild(t, "forget", path)
		timer := time.AfterFunc(time.Duration(random.IntN(900))*time.Millisecond, func() { child.Process.Kill() })
		for lines.Scan() {
		}
		timer.Stop()
		child.Wait()
		s := openStore(t, path)
		users := count(t, s, "SELECT count(*) FROM object WHERE type = 'User'")
		if n := count(t, s, "SELECT count(*) FROM event"); n != 7 {
			t.Errorf("%d events", n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		now, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		there := bytes.Contains(now, []byte("zwilla.berg"))
		if users == 2 && there || users == 3 && !there {
			t.Errorf("after %v: %d users, the name is there: %v", time.Since(began), users, there)
		}
		if _, err := os.Stat(path + ".wal"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a log is left: %v", err)
		}
		did[fmt.Sprint(users == 2)]++
		left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".millrace-stage-*"))
		if len(left) > 0 {
			t.Errorf("left behind: %s", strings.Join(left, ", "))
		}
	}
	t.Logf("forgotten: %v", did)
}
