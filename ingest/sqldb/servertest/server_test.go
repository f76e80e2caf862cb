package servertest

import (
	"context"
	"net"
	"os"
	"testing"
	"time"
)

// Each server survives being killed, keeps what was committed, and leaves
// nothing behind.
func TestServers(t *testing.T) {
	for _, c := range []struct {
		name  string
		start func(testing.TB) *Server
	}{{"PostgreSQL", PostgreSQL}, {"MariaDB", MariaDB}} {
		t.Run(c.name, func(t *testing.T) {
			var s *Server
			t.Run("life", func(t *testing.T) {
				s = c.start(t)
				s.Exec(t, "shop", "CREATE TABLE orders (id INT PRIMARY KEY); INSERT INTO orders VALUES (1), (2)")
				s.Kill(t)
				if err := s.ping(); err == nil {
					t.Error("it answers after it was killed")
				}
				s.Start(t)
				s.Stop(t)
				s.Start(t)
				s.Exec(t, "shop", "INSERT INTO orders VALUES (3)")
				var n int
				if err := s.Admin(t, "shop").QueryRow("SELECT count(*) FROM orders").Scan(&n); err != nil || n != 3 {
					t.Errorf("%d rows, %v; want 3", n, err)
				}
			})
			if s == nil { // skipped
				t.SkipNow()
			}
			if _, err := os.Stat(s.Dir); !os.IsNotExist(err) {
				t.Errorf("%s is still there: %v", s.Dir, err)
			}
			if _, err := net.DialTimeout("tcp", s.Addr(), time.Second); err == nil {
				t.Error("something listens on its port still")
			}
		})
	}
}

// A proxy lets through what it was told to, then cuts; a connection after that
// works again, unless it refuses.
func TestProxy(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buffer := make([]byte, 100)
				for {
					n, err := c.Read(buffer)
					if err != nil {
						return
					}
					if _, err := c.Write(buffer[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	p := NewProxy(t, echo.Addr().String())
	say := func(c net.Conn) error {
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := c.Write([]byte("0123456789")); err != nil {
			return err
		}
		_, err := c.Read(make([]byte, 10))
		return err
	}
	dial := func() net.Conn {
		c, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	first := dial()
	p.CutAfter(15)
	if err := say(first); err != nil {
		t.Fatalf("10 of 15 bytes: %v", err)
	}
	if err := say(first); err == nil {
		t.Error("20 of 15 bytes came through")
	}
	if err := say(dial()); err != nil {
		t.Errorf("after the cut: %v", err)
	}
	p.Refuse(true)
	if err := say(dial()); err == nil {
		t.Error("a refused connection answers")
	}
	p.Refuse(false)
	if err := say(dial()); err != nil {
		t.Errorf("not refused any more: %v", err)
	}
}
