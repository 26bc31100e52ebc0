package probe

import "net/netip"

// maxText bounds what is passed on of a caller's own words, in bytes.
const maxText = 256

// A Request is what a caller asked, and what it got. Its strings may hold any bytes, and those that are
// not said to be whole are cut after 256.
type Request struct {
	Peer      netip.AddrPort // invalid when the connection has none
	Local     netip.AddrPort // our end of the connection
	Method    string         // as sent; "" when it could not be read, and so are the following
	Path      string         // decoded, whole
	Query     string         // as sent, without its question mark, whole
	Host      string
	UserAgent string
	Origin    bool // whether there is an Origin field, which browsers send
	FetchSite bool // whether there is a Sec-Fetch-Site field, which browsers send
	Verdict   bool // whether the answer is the health path's verdict; Answer sets it
	Status    int  // of the answer; 0 when there can be none, or none yet
	// Wrong is why the request was refused, such as "PROXY protocol"; "" when it was not. It is
	// printable ASCII, and bytes of the caller in it are quoted.
	Wrong string

	conn *conn // nil: none
}

// HungUp reports whether the caller ended the connection while it waits for an answer, which is for Answer alone to ask. On
// Windows that is not known.
func (r *Request) HungUp() bool { return r.conn != nil && r.conn.transfer.hungUp() }

// describe makes the Request of the head. A caller often asks the same again, and then no text is copied.
func (c *conn) describe() {
	r := &c.request
	update(&r.Method, c.head.method)
	update(&r.Host, c.head.host)
	update(&r.UserAgent, c.head.agent)
	r.Path, r.Query, r.Origin, r.FetchSite = c.head.path, c.head.query, c.head.origin, c.head.fetchSite
	r.Verdict, r.Status, r.Wrong = false, 0, ""
}

func update(text *string, now []byte) {
	if now = now[:min(len(now), maxText)]; *text != string(now) {
		*text = string(now)
	}
}

// observe passes the request on to Observe.
func (c *conn) observe(status int, wrong string) {
	c.request.Status, c.request.Wrong = status, wrong
	if observe := c.server.options.Observe; observe != nil {
		observe(&c.request)
	}
}
