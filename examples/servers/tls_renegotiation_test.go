//go:build servers

package servers

import (
	"io"
	"maps"
	"net"
	"regexp"
	"slices"
	"testing"

	"wshealthz/internal/testbed"
)

// TestRenegotiationFails: Apache asks for a certificate in a second TLS handshake, in which nothing comes any more.
func TestRenegotiationFails(t *testing.T) {
	i := slices.IndexFunc(tlsServers, func(s tlsServer) bool { return s.name == "apache2" })
	s := tlsServers[i]
	if !installed(s.server) || !onPath("openssl") || !onPath("node") {
		t.Skip("SKIPPED: apache2, openssl or node is not installed")
	}
	s.files = maps.Clone(s.files)
	maps.Copy(s.files, tlsFiles(t))
	s.env = at("plain", "ADDRESS=localhost", "TLS_CA_FILE={dir}/roots.pem", "TLS_CERT_FILE={dir}/client.pem", "TLS_KEY_FILE={dir}/client.pem")
	r := start(t, s.server)
	r.untilVerdict(t, "ok")
	for _, c := range []struct {
		what string
		end  func(client *net.TCPConn)
		want string
	}{
		{"silence", func(client *net.TCPConn) { io.Copy(io.Discard, client) }, `^upgrade: upgrade_timeout: .*timed out after 1s`},
		{"the end", func(client *net.TCPConn) { client.CloseWrite(); io.Copy(io.Discard, client) }, "^tls: bad_tls: .*TLS renegotiation: the server closed the connection"},
		{"a reset", func(client *net.TCPConn) { client.SetLinger(0) }, "^tls: bad_tls: .*TLS renegotiation: the server reset the connection"},
	} {
		listener := testbed.Listen(t)
		go relayUntilRenegotiation(listener, r.placeholders.Replace("127.0.0.1:{port}"), c.end)
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		_, line := r.check(t, "TARGET=wss://client.example:"+port+"/ws", "TIMEOUT=1s")
		if !regexp.MustCompile(c.want).MatchString(line) {
			t.Errorf("%s: %s, want %s", c.what, line, c.want)
		}
	}
}

// relayUntilRenegotiation relays one connection to the server until the client begins a TLS handshake after it sent data,
// and ends it then.
func relayUntilRenegotiation(listener net.Listener, server string, end func(*net.TCPConn)) {
	client, err := listener.Accept()
	if err != nil {
		return
	}
	defer client.Close()
	upstream, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer upstream.Close()
	go io.Copy(client, upstream)
	const handshake, data = 22, 23 // types of records (RFC 5246 section 6.2.1)
	for sent := false; ; {
		var head [5]byte
		if _, err := io.ReadFull(client, head[:]); err != nil {
			return
		}
		if sent && head[0] == handshake {
			break
		}
		sent = sent || head[0] == data
		upstream.Write(head[:])
		if _, err := io.CopyN(upstream, client, int64(head[3])<<8|int64(head[4])); err != nil {
			return
		}
	}
	end(client.(*net.TCPConn))
}
