package probe

import (
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

const (
	firstBuffer = 1 << 10 // bytes of a connection's buffer at first: it holds nearly every request
	maxHead     = 8 << 10 // bytes of a request's head, and of the buffer
)

// A conn is one connection of a caller. It is used again for another when that one is closed. What it holds in memory does
// not grow with what the caller sends beyond maxHead.
type conn struct {
	*net.TCPConn
	server *Server
	stream io.ReadWriter // the conn itself, or TLS over it

	state    atomic.Uint32
	since    atomic.Int64  // the beginning of the state, where that counts, in ns since the server's start
	answers  atomic.Uint64 // given so far
	accepted time.Time
	index    int // in connections.open, -1: not in it. The lock of connections guards it

	headBounded bool         // the deadline of this head is set
	handshake   atomic.Int64 // bytes of a TLS handshake under way
	textless    int          // bytes that came, after the handshake, since the last that were text

	in      []byte // read and not yet taken by a request
	out     []byte // an answer
	body    []byte // the rest of it
	head    head
	request Request // whose strings are used again when the next request has the same
	date    dateText

	transfer transfer
}

func newConn(s *Server) *conn {
	c := &conn{server: s, in: make([]byte, 0, firstBuffer), out: make([]byte, 0, firstBuffer)}
	c.transfer.init(c)
	c.request.conn = c
	return c
}

// open makes c the connection tcp.
func (c *conn) open(tcp *net.TCPConn, accepted time.Time) {
	c.TCPConn, c.stream, c.accepted, c.index = tcp, c, accepted, -1
	c.transfer.open(tcp)
	c.request.Peer, c.request.Local = addrPort(tcp.RemoteAddr()), addrPort(tcp.LocalAddr())
	c.state.Store(fresh)
	c.answers.Store(0)
	c.handshake.Store(0)
	c.headBounded, c.textless = false, 0
}

// addrPort returns a TCP address, invalid when there is none.
func addrPort(address net.Addr) netip.AddrPort {
	if tcp, ok := address.(*net.TCPAddr); ok {
		return tcp.AddrPort()
	}
	return netip.AddrPort{}
}

// release drops what only this connection needed.
func (c *conn) release() {
	if c.in = c.in[:0]; cap(c.in) > firstBuffer {
		c.in = make([]byte, 0, firstBuffer)
	}
	c.TCPConn, c.stream, c.head = nil, nil, head{latest: c.request.Path}
}

// serve answers requests until the caller or an answer ends the connection.
func (c *conn) serve() {
	if config := c.server.tls; config != nil && !c.handshakeTLS(config) {
		return
	}
	for {
		wrong, err := c.readHead()
		if err != nil {
			return
		}
		if wrong != nil {
			c.refuse(wrong)
			return
		}
		if !c.become(waiting) {
			return
		}
		closing := c.answer()
		if !c.write() || !c.become(answered) {
			return
		}
		if closing {
			c.finish(c.head.hasBody)
			return
		}
		c.nextHead()
	}
}

// answer makes the answer to a request, and reports whether the connection ends after it.
func (c *conn) answer() (closing bool) {
	c.describe()
	a := c.server.options.Answer(&c.request)
	c.observe(a.Status, "")
	// When all places are taken, those who were answered make room for those who were not.
	closing = c.head.close || c.head.hasBody || c.server.conns.full() || c.server.stopping.Load()
	c.out = c.appendAnswer(c.out[:0], a, closing)
	c.answers.Add(1)
	return closing
}

// refuse answers a request that cannot be read, and ends the connection.
func (c *conn) refuse(wrong *refusal) {
	if !c.become(waiting) {
		return
	}
	c.describe()
	c.observe(wrong.status, wrong.wrong)
	c.out = c.appendAnswer(c.out[:0], TextAnswer(wrong.status, wrong.line()), true)
	if c.write() && c.become(answered) {
		c.finish(true)
	}
}

func (c *conn) write() bool {
	_, err := c.stream.Write(c.out)
	if err == nil && len(c.body) > 0 {
		_, err = c.stream.Write(c.body)
	}
	c.body = nil
	return err == nil
}
