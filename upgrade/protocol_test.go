package upgrade

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// protocolServers speak a protocol rightly in their own way, or wrongly in one. first is what the prober must send
// before they speak; hello is what they say before.
var protocolServers = []struct {
	protocol, name string
	reason         Reason
	hello          string
	first          string // must be in the prober's first message
	reply          string
	says           string
}{
	{protocol: "graphql-transport-ws", name: "ack", first: `{"type":"connection_init"}`, reply: text(`{"type":"connection_ack"}`)},
	{protocol: "graphql-transport-ws", name: "ack in another order, after a ping", first: "connection_init", reply: text(`{"type":"ping"}`) + text(`{ "payload": {"a": [1]}, "type" : "connection_ack" }`)},
	{protocol: "graphql-transport-ws", name: "4401", reason: RefusedByProtocol, first: "connection_init", reply: testbed.CloseFrame(4401, "Unauthorized"), says: `Close 4401 "Unauthorized"`},
	{protocol: "graphql-transport-ws", name: "4500", reason: ClosedEarly, first: "connection_init", reply: testbed.CloseFrame(4500, "")},
	{protocol: "graphql-transport-ws", name: "the ack in a string", reason: WrongReply, first: "connection_init", reply: text(`{"type":"error","message":"no connection_ack"}`)},
	{protocol: "graphql-ws", name: "ka, ack", first: `{"type":"connection_init"}`, reply: text(`{"type":"ka"}`) + text(`{"type":"connection_ack"}`)},
	{protocol: "graphql-ws", name: "error", reason: RefusedByProtocol, first: "connection_init", reply: text(`{"type":"connection_error","payload":{"message":"who?"}}`), says: "who?"},
	{protocol: "graphql-ws", name: "silence", reason: ReplyTimeout, first: "connection_init"},
	{protocol: "socket.io", name: "open", hello: text(`0{"sid":"x","upgrades":[],"pingInterval":25000}`)},
	{protocol: "socket.io", name: "no open", reason: WrongReply, hello: text("2")},
	{protocol: "signalr", name: "handshake", first: "{\"protocol\":\"json\",\"version\":1}\x1e", reply: text("{}\x1e{\"type\":6}\x1e")},
	{protocol: "signalr", name: "handshake in two messages", first: "{", reply: text("{") + text("}\x1e")},
	{protocol: "signalr", name: "error", reason: RefusedByProtocol, first: "{", reply: text("{\"error\":\"no\"}\x1e"), says: "no"},
	{protocol: "signalr", name: "no end", reason: WrongReply, first: "{", reply: text("{}")},
	{protocol: "stomp", name: "connected", first: "CONNECT\naccept-version:1.2\nhost:127.0.0.1\nheart-beat:0,0\n\n\x00", reply: text("\n\nCONNECTED\nversion:1.2\n\n\x00")},
	{protocol: "stomp", name: "error", reason: RefusedByProtocol, first: "CONNECT", reply: text("ERROR\nmessage:Bad CONNECT\n\n\x00"), says: "Bad CONNECT"},
	{protocol: "mqtt", name: "connack", first: "\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00", reply: binary("\x20\x02\x00\x00")},
	{protocol: "mqtt", name: "connack a byte a frame", first: "\x10", reply: binary("\x20") + binary("\x02") + binary("\x00") + binary("\x00")},
	{protocol: "mqtt", name: "not authorized", reason: RefusedByProtocol, first: "\x10", reply: binary("\x20\x02\x00\x05"), says: `" \x02\x00\x05"`},
	{protocol: "mqtt5", name: "connack with properties", first: "\x10\x0d\x00\x04MQTT\x05", reply: binary("\x20\x06\x00\x00\x03\x22\x00\x0a")},
	{protocol: "mqtt5", name: "connack with many properties", first: "\x10", reply: binary("\x20" + varint(203) + "\x00\x00" + varint(199) + strings.Repeat("x", 199))},
	{protocol: "mqtt5", name: "banned", reason: RefusedByProtocol, first: "\x10", reply: binary("\x20\x03\x00\x8a\x00")},
	{protocol: "wamp", name: "welcome", first: `[1,"realm1",{"roles":{"caller":{}}}]`, reply: text(`[2, 123, {"roles": {}}]`)},
	{protocol: "wamp", name: "abort", reason: RefusedByProtocol, first: "realm1", reply: text(`[3,{},"wamp.error.no_such_realm"]`), says: "no_such_realm"},
	{protocol: "wamp", name: "challenge", reason: RefusedByProtocol, first: "realm1", reply: text(`[4,"ticket",{}]`)},
	{protocol: "wamp", name: "21", reason: WrongReply, first: "realm1", reply: text(`[21,1]`)},
	{protocol: "phoenix", name: "reply", first: `[null,"1","phoenix","heartbeat",{}]`, reply: text(`[null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]`)},
	{protocol: "phoenix", name: "another's reply", reason: WrongReply, first: "heartbeat", reply: text(`[null,"2","phoenix","phx_reply",{"status":"ok"}]`)},
	{protocol: "phoenix", name: "an error", reason: WrongReply, first: "heartbeat", reply: text(`[null,"1","phoenix","phx_reply",{"status":"error"}]`)},
	{protocol: "actioncable", name: "welcome", hello: text(`{"type":"welcome"}`)},
	{protocol: "actioncable", name: "disconnect", reason: RefusedByProtocol, hello: text(`{"type":"disconnect","reason":"unauthorized","reconnect":false}`), says: "unauthorized"},
	{protocol: "jsonrpc", name: "result", first: "web3_clientVersion", reply: text(`{"jsonrpc":"2.0","method":"x"}`) + text(`{"id":1,"jsonrpc":"2.0","result":"Geth"}`)},
	{protocol: "jsonrpc", name: "a null result", first: "web3_clientVersion", reply: text(`{"id":1,"result":null}`)},
	{protocol: "jsonrpc", name: "a null error", first: `"id":1`, reply: text(`{"result":"btcd","error":null,"id":1}`)},
	{protocol: "signalr", name: "a null error", first: "{", reply: text("{\"error\":null}\x1e")},
	{protocol: "jsonrpc", name: "error", reason: RefusedByProtocol, first: `"id":1`, reply: text(`{"id":1,"error":{"code":-32601}}`)},
	{protocol: "nats", name: "pong", hello: binary("INFO {\"server_id\":\"x\"}\r\n"), first: "CONNECT {\"verbose\":false}\r\nPING\r\n", reply: binary("PO") + binary("NG\r\n")},
	{protocol: "nats", name: "info and pong in text", hello: text("INFO {\"server_id\":\"x\"}\r\n"), first: "CONNECT", reply: text("PONG\r\n")},
	{protocol: "nats", name: "error", reason: RefusedByProtocol, hello: binary("INFO {}\r\n"), first: "CONNECT", reply: binary("-ERR 'Authorization Violation'\r\n"), says: "Authorization Violation"},
	{protocol: "nats", name: "no info", reason: ReplyTimeout},
	{protocol: "xmpp", name: "features", first: `<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="127.0.0.1" version="1.0"/>`, reply: text(xmppOpen) + text(`<stream:features xmlns:stream="http://etherx.jabber.org/streams"/>`)},
	{protocol: "xmpp", name: "features with the namespace as the default", first: "<open", reply: text(xmppOpen) + text(`<features xmlns="http://etherx.jabber.org/streams"/>`)},
	{protocol: "xmpp", name: "open alone", reason: WrongReply, first: "<open", reply: text(xmppOpen), says: "the stream's features"},
	{protocol: "xmpp", name: "open, then an error", reason: RefusedByProtocol, first: "<open", reply: text(xmppOpen) + text(`<stream:error xmlns:stream="http://etherx.jabber.org/streams"><host-unknown/></stream:error>`), says: "host-unknown"},
	{protocol: "xmpp", name: "close", reason: RefusedByProtocol, first: "<open", reply: text(`<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>`)},
	{protocol: "ocpp", name: "result", first: `[2,"1","Heartbeat",{}]`, reply: text(`[3,"1",{"currentTime":"2026-01-01T00:00:00Z"}]`)},
	{protocol: "ocpp", name: "error", reason: RefusedByProtocol, first: "Heartbeat", reply: text(`[4,"1","SecurityError","",{}]`)},
	{protocol: "ocpp", name: "another's result", reason: WrongReply, first: "Heartbeat", reply: text(`[3,"2",{}]`)},
}

const xmppOpen = `<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" from="x" id="1" version="1.0"/>`

func TestProtocols(t *testing.T) {
	t.Parallel()
	for _, c := range protocolServers {
		t.Run(c.protocol+": "+c.name, func(t *testing.T) {
			t.Parallel()
			protocol, found := FindProtocol(c.protocol)
			if !found {
				t.Fatal("no such protocol")
			}
			goodbyes := make(chan string, 1)
			address, closings := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
				var subprotocol []string
				if n := len(protocol.Subprotocols); n > 0 {
					subprotocol = []string{"Sec-WebSocket-Protocol: " + protocol.Subprotocols[n-1]}
				}
				testbed.Accept(subprotocol...)(p)
				io.WriteString(p, c.hello)
				if c.first != "" {
					op, payload := p.ReadFrame()
					if (op == testbed.OpBinary) != protocol.Binary || !strings.Contains(string(payload), c.first) {
						t.Errorf("the first message is %v %q, want %q", op, payload, c.first)
					}
				}
				io.WriteString(p, c.reply)
				if c.reason == OK && protocol.Goodbye != "" {
					_, payload := p.ReadFrame()
					goodbyes <- string(payload)
				}
			})
			p := newProber(t, address)
			p.Subprotocols = protocol.Subprotocols
			p.Dialogue = protocol.Dialogue(&p.Target)
			if c.reason == WrongReply || c.reason == ReplyTimeout {
				short(p)
			}
			verdict, _ := probe(t, p)
			if verdict.Reason != c.reason || !strings.Contains(verdict.Detail, c.says) {
				t.Errorf("%v, want %v with %q", verdict, c.reason, c.says)
			}
			wantPoliteClose(t, closings, true)
			if c.reason == OK && protocol.Goodbye != "" {
				if got := <-goodbyes; got != protocol.Goodbye {
					t.Errorf("the goodbye is %q, want %q", got, protocol.Goodbye)
				}
			}
		})
	}
}

// TestEveryProtocolIsTried: each row has a server that is well, and one that refuses if it can be refused.
func TestEveryProtocolIsTried(t *testing.T) {
	for _, p := range Protocols {
		well, refused := false, p.Refused == nil && p.RefusedCode == nil
		for _, c := range protocolServers {
			well = well || c.protocol == p.Name && c.reason == OK
			refused = refused || c.protocol == p.Name && c.reason == RefusedByProtocol
		}
		if !well || !refused || p.Want == "" || p.Healthy == nil {
			t.Errorf("%s: tried well %v, refused %v", p.Name, well, refused)
		}
		if first := []byte(p.First); len(first) > 0 && strings.ContainsRune("{[", rune(first[0])) && p.Cut == nil && !json.Valid(first) {
			t.Errorf("%s sends %s, which is not JSON", p.Name, first)
		}
	}
}

// FuzzProtocols: whatever a server says, each protocol's cutter and matchers come to an end without a panic.
func FuzzProtocols(f *testing.F) {
	for _, c := range protocolServers {
		f.Add([]byte(c.hello + c.reply))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		for _, p := range Protocols {
			target := &Target{URL: parseURL(t, "ws://localhost/")}
			x := &exchange{s: &session{Prober: &Prober{Target: *target}, conn: goneConn{}}, d: p.Dialogue(target)}
			x.sent = x.d.After == nil
			for rest := input; len(rest) > 0; {
				n := min(len(rest), 7)
				if done, f := x.judge(rest[:n]); done || f != nil {
					break
				}
				rest = rest[n:]
			}
		}
	})
}

// varint is a remaining length of MQTT.
func varint(n int) string {
	var b bytes.Buffer
	for ; n >= 0x80; n >>= 7 {
		b.WriteByte(byte(n) | 0x80)
	}
	b.WriteByte(byte(n))
	return b.String()
}

func TestCutMQTT(t *testing.T) {
	long := "\x20" + varint(300) + strings.Repeat("x", 300)
	for stream, want := range map[string]int{"": 0, "\x20": 0, "\x20\x02\x00": 0, "\x20\x02\x00\x00": 4, "\x20\x02\x00\x00\x30": 4, long: 303, long[:200]: 0, "\x20\xff\xff\xff\xff\xff": 0} {
		packet, rest := cutMQTT([]byte(stream), 0)
		if len(packet) != want || len(packet)+len(rest) != len(stream) {
			t.Errorf("%.20q: %d bytes cut off and %d left, want %d cut off", stream, len(packet), len(rest), want)
		}
	}
}
