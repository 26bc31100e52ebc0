package probe

import (
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"
)

var errTooLong = errors.New("the buffer is full")

// nextHead drops the request that was answered. A caller who sent the next one already waits for the others: with one
// processor it would keep them out as long as it sends.
func (c *conn) nextHead() {
	rest := c.in[c.head.parsed:]
	c.in = c.in[:copy(c.in[:len(rest)], rest)]
	c.head, c.headBounded = head{latest: c.request.Path}, false
	if len(c.in) > 0 {
		c.become(working)
		runtime.Gosched()
	}
}

// readHead reads until a request's head is complete, or wrong. The error says that there is nobody to answer.
func (c *conn) readHead() (wrong *refusal, err error) {
	for {
		if wrong := c.head.parse(c.in, c.server.tls != nil); wrong != nil || c.head.complete {
			return wrong, nil
		}
		if err := c.fill(); err == nil {
			continue
		} else if len(c.in) == 0 {
			return nil, err
		} else if errors.Is(err, os.ErrDeadlineExceeded) {
			return refuse(http.StatusRequestTimeout, "a request that did not end within 10 s"), nil
		} else if errors.Is(err, errTooLong) {
			return c.head.tooLong(), nil
		} else if errors.Is(err, io.EOF) {
			return refuse(http.StatusBadRequest, "a request that was cut off"), nil
		} else {
			return nil, err
		}
	}
}

// fill reads more into the buffer, which grows up to maxHead.
func (c *conn) fill() error {
	switch {
	case len(c.in) >= maxHead:
		return errTooLong
	case len(c.in) == cap(c.in):
		c.in = append(make([]byte, 0, maxHead), c.in...)
	}
	n, err := c.stream.Read(c.in[len(c.in):cap(c.in)])
	c.in = c.in[:len(c.in)+n]
	if n > 0 {
		c.afterRead() // TLS may have had them already
		c.textless = 0
		return nil
	}
	return err
}
