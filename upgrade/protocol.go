package upgrade

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// A Protocol is an application protocol over WebSocket: what a client sends first, and what a healthy server replies.
// The fields that Dialogue has too mean the same there.
type Protocol struct {
	Name         string
	Subprotocols []string // offered unless others are configured
	First        string   // "": none; {host} stands for the host that the handshake names, without port
	Binary       bool
	After        match
	Cut          func(stream []byte, searched int) (packet, rest []byte)
	Want         string
	Healthy      match
	Refused      match
	RefusedCode  func(code uint16) bool
	Goodbye      string
}

type match = func(packet []byte) bool

// Protocols are the depths of a check that have a name, apart from ping. Another one is another row. Each follows its
// protocol's specification; the tests of examples/servers try what real servers reply.
var Protocols = []Protocol{
	{Name: "graphql-transport-ws", Subprotocols: []string{"graphql-transport-ws"}, First: `{"type":"connection_init"}`,
		Want: "connection_ack", Healthy: object("type", `"connection_ack"`), RefusedCode: func(code uint16) bool { return code >= 4400 && code <= 4499 }},
	{Name: "graphql-ws", Subprotocols: []string{"graphql-ws"}, First: `{"type":"connection_init"}`,
		Want: "connection_ack", Healthy: object("type", `"connection_ack"`), Refused: object("type", `"connection_error"`)},
	{Name: "socket.io",
		Want: "the open packet of Engine.IO 4", Healthy: begins("0{")},
	{Name: "signalr", First: "{\"protocol\":\"json\",\"version\":1}\x1e", Cut: cutAt("\x1e"),
		Want: "an empty handshake response", Healthy: without("error"), Refused: set("error")},
	{Name: "stomp", Subprotocols: []string{"v12.stomp"}, First: "CONNECT\naccept-version:1.2\nhost:{host}\nheart-beat:0,0\n\n\x00",
		Want: "CONNECTED", Healthy: begins("CONNECTED"), Refused: begins("ERROR")},
	{Name: "mqtt", Subprotocols: []string{"mqtt"}, First: "\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00", Binary: true, Cut: cutMQTT,
		Want: "CONNACK with code 0", Healthy: connack(true), Refused: connack(false), Goodbye: "\xe0\x00"},
	{Name: "mqtt5", Subprotocols: []string{"mqtt"}, First: "\x10\x0d\x00\x04MQTT\x05\x02\x00\x0a\x00\x00\x00", Binary: true, Cut: cutMQTT,
		Want: "CONNACK with code 0", Healthy: connack(true), Refused: connack(false), Goodbye: "\xe0\x00"},
	{Name: "wamp", Subprotocols: []string{"wamp.2.json"}, First: `[1,"realm1",{"roles":{"caller":{}}}]`,
		Want: "WELCOME", Healthy: array("2"), Refused: either(array("3"), array("4"))},
	{Name: "phoenix", First: `[null,"1","phoenix","heartbeat",{}]`,
		Want: "a phx_reply with ok", Healthy: phxOK},
	{Name: "actioncable", Subprotocols: []string{"actioncable-v1-json"},
		Want: "a welcome", Healthy: object("type", `"welcome"`), Refused: object("type", `"disconnect"`)},
	{Name: "jsonrpc", First: `{"jsonrpc":"2.0","id":1,"method":"web3_clientVersion","params":[]}`,
		Want: "a result with id 1", Healthy: all(object("id", "1"), object("result", "")), Refused: all(object("id", "1"), set("error"))},
	{Name: "nats", First: "CONNECT {\"verbose\":false}\r\nPING\r\n", Binary: true, After: begins("INFO "), Cut: cutAt("\r\n"),
		Want: "PONG", Healthy: begins("PONG"), Refused: begins("-ERR")},
	{Name: "xmpp", Subprotocols: []string{"xmpp"}, First: `<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{host}" version="1.0"/>`,
		Want: "the stream's features", Healthy: either(begins("<stream:features"), begins("<features")), Refused: either(begins("<close"), begins("<stream:error"))},
	{Name: "ocpp", Subprotocols: []string{"ocpp2.0.1", "ocpp1.6"}, First: `[2,"1","Heartbeat",{}]`,
		Want: "a CALLRESULT", Healthy: array("3", `"1"`), Refused: array("4", `"1"`)},
}

// Ping returns the dialogue of the check that works with every server.
func Ping() *Dialogue { return &Dialogue{Want: "a Pong", Ping: true} }

// FindProtocol returns the protocol of that name, and whether there is one.
func FindProtocol(name string) (Protocol, bool) {
	i := slices.IndexFunc(Protocols, func(p Protocol) bool { return p.Name == name })
	if i < 0 {
		return Protocol{}, false
	}
	return Protocols[i], true
}

// Dialogue returns the protocol's dialogue with t.
func (p Protocol) Dialogue(t *Target) *Dialogue {
	d := &Dialogue{
		Want: p.Want, Binary: p.Binary, Common: p.First, After: p.After, Cut: p.Cut, Healthy: p.Healthy, Refused: p.Refused, RefusedCode: p.RefusedCode,
	}
	if p.First != "" {
		d.First = []byte(strings.ReplaceAll(p.First, "{host}", t.domain()))
	}
	if p.Goodbye != "" {
		d.Goodbye = []byte(p.Goodbye)
	}
	return d
}

// begins matches a beginning and ignores white space in front of it (STOMP's heart-beats are line feeds).
func begins(text string) match {
	return func(packet []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(packet, " \t\r\n"), []byte(text)) }
}

// object matches a JSON object with that key and value; value "" matches any.
func object(key, value string) match {
	return func(packet []byte) bool {
		var members map[string]json.RawMessage
		if json.Unmarshal(packet, &members) != nil {
			return false
		}
		got, has := members[key]
		return has && (value == "" || string(got) == value)
	}
}

// array matches a JSON array that begins with these elements.
func array(elements ...string) match {
	return func(packet []byte) bool {
		got := elementsOf(packet)
		for i, want := range elements {
			if i >= len(got) || string(got[i]) != want {
				return false
			}
		}
		return true
	}
}

func elementsOf(packet []byte) (elements []json.RawMessage) {
	if json.Unmarshal(packet, &elements) != nil {
		return nil
	}
	return elements
}

// phxOK matches [join_ref, "1", "phoenix", "phx_reply", {"status": "ok", ...}].
func phxOK(packet []byte) bool {
	e := elementsOf(packet)
	return len(e) == 5 && string(e[1]) == `"1"` && string(e[3]) == `"phx_reply"` && object("status", `"ok"`)(e[4])
}

func all(matches ...match) match {
	return func(packet []byte) bool {
		return !slices.ContainsFunc(matches, func(m match) bool { return !m(packet) })
	}
}

func either(matches ...match) match {
	return func(packet []byte) bool {
		return slices.ContainsFunc(matches, func(m match) bool { return m(packet) })
	}
}

// set matches a JSON object that has the key with a value other than null: some send "error":null when all is well.
func set(key string) match {
	has, null := object(key, ""), object(key, "null")
	return func(packet []byte) bool { return has(packet) && !null(packet) }
}

// without matches a JSON object in which the key is not set.
func without(key string) match {
	isSet := set(key)
	return func(packet []byte) bool {
		var members map[string]json.RawMessage
		return json.Unmarshal(packet, &members) == nil && members != nil && !isSet(packet)
	}
}

// cutAt returns a Cut for packets that end with a mark, which it drops.
func cutAt(mark string) func(stream []byte, searched int) (packet, rest []byte) {
	return func(stream []byte, searched int) ([]byte, []byte) {
		from := max(0, searched-len(mark)+1)
		i := bytes.Index(stream[from:], []byte(mark))
		if i < 0 {
			return nil, stream
		}
		end := from + i
		return stream[:end:end], stream[end+len(mark):]
	}
}

// cutMQTT cuts off a control packet: type, remaining length in one to four bytes, the rest (MQTT 3.1.1 section 2.2).
func cutMQTT(stream []byte, _ int) (packet, rest []byte) {
	length := 0
	for i := 1; i < len(stream); i++ {
		length |= int(stream[i]&0x7f) << (7 * (i - 1))
		if stream[i]&0x80 == 0 || i == 4 {
			if end := i + 1 + length; end <= len(stream) {
				return stream[:end], stream[end:]
			}
			break
		}
	}
	return nil, stream
}

// connack matches a CONNACK whose code is 0, or is not: flags and code come after the length (MQTT 3.1.1 section 3.2,
// MQTT 5 section 3.2). A remaining length takes one byte, or more when there are many properties.
func connack(accepted bool) match {
	return func(packet []byte) bool {
		if len(packet) < 4 || packet[0] != 0x20 {
			return false
		}
		body := packet[1:]
		for len(body) > 0 && body[0]&0x80 != 0 {
			body = body[1:]
		}
		return len(body) >= 3 && (body[2] == 0) == accepted
	}
}
