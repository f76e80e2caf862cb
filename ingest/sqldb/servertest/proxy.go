package servertest

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// A Proxy passes connections on to a server, until it is told not to.
type Proxy struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	refuse   bool
	left     int64 // bytes from the server until it cuts; -1: never
	open     map[net.Conn]bool
	done     sync.WaitGroup
}

// NewProxy starts a proxy before an address. It ends with the test.
func NewProxy(t testing.TB, to string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, to: to, left: -1, open: map[net.Conn]bool{}}
	p.done.Go(p.serve)
	t.Cleanup(func() {
		_ = l.Close() // once
		p.Cut()
		p.done.Wait()
	})
	return p
}

// Addr is host and port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// CutAfter lets n more bytes of the server through, over all connections, and
// then cuts them all, once. Later connections are not cut.
func (p *Proxy) CutAfter(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = n
}

// Cut cuts all connections now.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut()
}

func (p *Proxy) cut() {
	p.left = -1
	for c := range p.open {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, as of a cable that is cut and a router that says so
		}
		_ = c.Close()
	}
	clear(p.open)
}

// Refuse closes new connections at once, and cuts those that are open; or
// does not any more.
func (p *Proxy) Refuse(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = refuse
	if refuse {
		p.cut()
	}
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		server, err := net.Dial("tcp", p.to)
		p.mu.Lock()
		if err != nil || p.refuse {
			p.mu.Unlock()
			_ = client.Close()
			if err == nil {
				_ = server.Close()
			}
			continue
		}
		p.open[client], p.open[server] = true, true
		p.mu.Unlock()
		p.done.Go(func() { p.pass(server, client, false) })
		p.done.Go(func() { p.pass(client, server, true) })
	}
}

// pass copies until one end closes, and then closes the other.
func (p *Proxy) pass(to, from net.Conn, counted bool) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if counted {
			n = p.allow(n)
		}
		if n > 0 {
			if _, werr := to.Write(buffer[:n]); werr != nil {
				err = werr
			}
		}
		if n < 0 || err != nil {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range []io.Closer{to, from} {
		_ = c.Close() // the other direction may have
	}
	delete(p.open, to)
	delete(p.open, from)
}

// allow says how many of n bytes may pass: -1 when all is cut.
func (p *Proxy) allow(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left < 0 {
		return n
	}
	if int64(n) > p.left {
		p.cut()
		return -1
	}
	p.left -= int64(n)
	return n
}
