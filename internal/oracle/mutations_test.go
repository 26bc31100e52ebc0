package oracle

import (
	"fmt"
	"slices"
	"strings"
)

// mutations are the kinds of change, in no order. A kind that stands twice is chosen twice as often.
var mutations = []mutation{
	{"version", func(g generator, a *answer) {
		g.setStatus(a, 0, g.pick("HTTP/1.0", "HTTP/1.2", "HTTP/1.9", "HTTP/1.", "HTTP/1.10", "HTTP/1.01", "HTTP/01.1", "HTTP/2.0", "HTTP/2", "HTTP/0.9",
			"HTTP/3", "HTTP/1", "http/1.1", "Http/1.1", "HTTP /1.1", "HTTP/ 1.1", "HTTP", "ICY", "HTTP/1.1.", "HTTP/1.1x", "HTTP/1,1", "HTTPS/1.1", "HTTP/9.1", "HTTP/11.1", "HTTP/1.é"))
	}},
	{"status", func(g generator, a *answer) {
		g.setStatus(a, 1, g.pick("100", "102", "103", "199", "200", "204", "206", "301", "304", "400", "401", "403", "404", "426", "500", "503", "000", "099", "999", "600",
			"0101", "1010", "101a", "101,", "101-", "101.", "10", "1", "", "+101", "-101", "1 01", "101\t", "x101", "0x65", "101\x00", "101\r", "101\x01", "101é", "101/", "101 101", "101:", "101;", " 101", "\t101"))
	}},
	{"status line spaces", func(g generator, a *answer) {
		space := func() string {
			return g.often(" ", "  ", "\t", "", "   ", " \t", "\v", "\f", "\r", "\u00a0", "\x00", strings.Repeat(" ", 20))
		}
		a.lines[0].text = "HTTP/1.1" + space() + "101" + space() + g.often("Switching Protocols", "", "OK") + g.often("", " ", "\t", "  ")
	}},
	{"phrase", func(g generator, a *answer) {
		g.setStatus(a, 2, g.pick("", " ", "OK", "Web Socket Protocol Handshake", "a:b", ": ", "a\x01b", "a\x00b", "a\rb", "\x7f", "é", "\xff", "\x80\x81", "\t", "a\tb", "200 OK", "HTTP/1.1 101", "\"", "Switching\vProtocols",
			strings.Repeat("p", 100), strings.Repeat("p", 2000), g.insert("Switching Protocols", g.oddByte())))
	}},
	{"before the status line", func(g generator, a *answer) {
		a.before = g.pick("\r\n", "\n", "\r", "\r\n\r\n", "\n\n", "\r\n\r\n\r\n", " ", "  ", "\t", "X", "XX", "XXX", "XXXX", "XXXXX", "\x00", "\xef\xbb\xbf", "H", "HT", "HTTP/1.1 ", "\r\n ", "X\r\n", "\x81\x00", "\v")
	}},
	{"interim", func(g generator, a *answer) {
		a.before = "HTTP/1.1 " + g.pick("100 Continue", "102 Processing", "103 Early Hints", "199 X", "100", "101 X", "104 Upload Resumption Supported") + crlf +
			g.pick("", "", "Link: </a>; rel=preload\r\n", "Upgrade: websocket\r\nConnection: Upgrade\r\n", "X: y\r\n", "Content-Length: 0\r\n") + crlf
		if g.IntN(4) == 0 {
			a.before += a.before
		}
	}},
	{"odd byte in a name", func(g generator, a *answer) {
		g.add(a, g.insert(g.pick("X", "XY", "X-Y-Z", "Server"), g.oddByte())+": y")
	}},
	{"odd byte in a value", func(g generator, a *answer) {
		g.add(a, g.pick("X", "Server", "X-Y")+": "+g.insert("value", g.oddByte()))
	}},
	{"odd byte in any line", func(g generator, a *answer) {
		i := g.someLine(a)
		a.lines[i].text = g.insert(a.lines[i].text, g.oddByte())
	}},
	{"odd line", func(g generator, a *answer) {
		g.add(a, g.pick(":", ": y", ":x: y", "x", "X", "X;y", " ", "\t", "  \t", " X: y", "\tX: y", "X : y", "X\t: y", "X  : y", "X Y: y", "X:", "X: ", "X:y", "X:\ty", "X: \t y \t", "X:: y", "=", "\x00", "\x00: y", "X\x00: y",
			"\r", "\v", "\"X\": y", "X: \"y", "(x): y", "HTTP/1.1 200 OK", "GET / HTTP/1.1", "é: y", "\xe9: y", "\xef\xbb\xbfX: y", "X-é: y", "\u00a0: y", "\f", "X\v: y", "X\f: y", "X\r: y", "X:\ry", "X:\x00", "X:\v", "--", "//: y", "@: y"))
	}},
	{"handshake name", func(g generator, a *answer) {
		i := 1 + g.IntN(max(1, len(a.lines)-1))
		if i >= len(a.lines) {
			return
		}
		name, value, _ := strings.Cut(a.lines[i].text, ":")
		name = g.pick(strings.ToLower(name), strings.ToUpper(name), name+" ", name+"\t", " "+name, "\t"+name, name+"\x00", name+"\r", name+"-", "X"+name, strings.ReplaceAll(name, "-", "_"), name+"\v", name+"é", strings.ReplaceAll(name, "S", "ſ"), strings.ReplaceAll(name, "k", "\u212a"))
		a.lines[i].text = name + ":" + value
	}},
	{"white space around a value", func(g generator, a *answer) {
		i := 1 + g.IntN(max(1, len(a.lines)-1))
		if i >= len(a.lines) {
			return
		}
		space := func() string {
			return g.pick("", " ", "  ", "\t", " \t ", "\v", "\f", "\r", "\u00a0", "\x00", "\x01", "\x7f", strings.Repeat(" ", 50))
		}
		name, value, _ := strings.Cut(a.lines[i].text, ":")
		a.lines[i].text = name + ":" + space() + strings.TrimSpace(value) + space()
	}},
	{"Upgrade", func(g generator, a *answer) {
		g.set(a, "Upgrade", g.pick("WebSocket", "WEBSOCKET", "websocket, ", "websocket,", ",websocket", "websocket/13", "websocket;v=13", "websocket, h2c", "h2c, websocket", "\"websocket\"", "", " ", "h2c", "web socket", "websocket\v", "websocKet",
			"websocket websocket", "websocket, websocket", "websocket;", "websocket=", "(websocket)", "websocket (x)", "TLS/1.0, websocket", "'websocket'", "WebSocket\t"))
	}},
	{"Upgrade twice", func(g generator, a *answer) {
		g.add(a, "Upgrade: "+g.pick("websocket", "WebSocket", "h2c", "", " ", ","))
	}},
	{"Connection", func(g generator, a *answer) {
		g.list(a, "Connection", "Upgrade", "upgrade", "UPGRADE", "Upgrade", "upgrade", "keep-alive", "close", "", " ", "\"Upgrade\"", "\"a, Upgrade\"", "\"a, Upgrade", "Upgrade;q=1", "Upgrade/1", "Upgrade=", "Upgrade Upgrade", "up grade", "X", "'Upgrade'", "\\Upgrade", "Upgrade\\",
			"\"a\\\", Upgrade", "'a, Upgrade'", "(Upgrade)", "http2-settings", "Upgrade\v", "te", "Sec-WebSocket-Accept", "Upgrade\x00", "\xa0Upgrade")
	}},
	{"Connection", func(g generator, a *answer) {
		g.list(a, "Connection", "Upgrade", "Upgrade", "keep-alive", "close", "X-Y", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "\"q\"", "x=\"a, b\"", "")
	}},
	{"Accept", func(g generator, a *answer) {
		g.set(a, "Sec-WebSocket-Accept", g.pick("{A} ", "{A}\t", " {A}", "{A},", ",{A}", "{A}, {A}", "\"{A}\"", "{A}=", "{A};", "", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "{A}\v", "{A}\x00", "{a}", "{A} x", "{A}\r", "{A}\x01"))
	}},
	{"Accept twice", func(g generator, a *answer) {
		g.add(a, "Sec-WebSocket-Accept: "+g.pick("{A}", "{A}", "", "x", " "))
	}},
	{"remove", func(g generator, a *answer) {
		if len(a.lines) > 1 {
			i := 1 + g.IntN(len(a.lines)-1)
			a.lines = slices.Delete(slices.Clone(a.lines), i, i+1)
		}
	}},
	{"once only", func(g generator, a *answer) {
		name := g.pick("Content-Length", "Content-Length", "Content-Length", "Location", "Content-Disposition", "Content-Type", "Date", "ETag", "Host", "Sec-WebSocket-Version", "Server", "Transfer-Encoding", "X")
		values := []string{"0", "00", "5", "6", "+5", "-1", "a", "b", "a, b", "a; filename=\"b, c\"", "5, 5", "5,5", "5, 6", "5,", ",5", "", "abc", "99999999999999999999", "0x5", "5 5", "chunked", "/a", "/a, /b", "\"a\"", "A", " 5", "5\t", "18446744073709551616", "٥", "5.0", "1e3", "identity", "gzip, chunked", "chunked, chunked", "é"}
		first := g.pick(values...)
		g.add(a, name+": "+first)
		if g.IntN(2) == 0 {
			g.add(a, name+": "+g.pick(first, g.pick(values...)))
		}
	}},
	{"common field", func(g generator, a *answer) {
		g.add(a, g.pick("Server: x/1.0 (y)", "Date: Thu, 01 Jan 1970 00:00:00 GMT", "Date: x", "Content-Type: text/html", "Content-Type: ", "Content-Encoding: gzip", "Vary: *", "Set-Cookie: a=b; Path=/; HttpOnly", "Via: 1.1 x", "Keep-Alive: timeout=5", "Proxy-Connection: close",
			"Transfer-Encoding: chunked", "Transfer-Encoding: identity", "Trailer: X", "TE: trailers", "X-Powered-By: Express", "Access-Control-Allow-Origin: *", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x", "Sec-WebSocket-Origin: http://a", "Sec-WebSocket-Location: ws://a/",
			"WWW-Authenticate: Basic", "Strict-Transport-Security: max-age=1", "Alt-Svc: h3=\":443\"", "Expect: 100-continue", "Host: a", "Accept-Ranges: none", "Cache-Control: no-cache", "Connection: keep-alive", "HTTP2-Settings: x", "Refresh: 0; url=/", "Link: </x>", "X-Accel-Redirect: /x", "X-Accel-Buffering: no", "X-Accel-Expires: 0", "Status: 200", "Content-Range: bytes 0-1/2", "Age: x", "Content-Length: 0", "Content-Length: 5"))
	}},
	{"end of a line", func(g generator, a *answer) {
		a.lines[g.someLine(a)].end = g.pick("\n", "\n", "\r", "\r\r\n", "\n\r", "\r\n\r", "\r\r", "\n\n", "\r\n\n", "\r\n\r\n", "\v\n", " \r\n", "\t\r\n", "\x00\r\n", "\u2028", "", "\r \n", "\x85", " \n")
	}},
	{"all lines end with LF", func(g generator, a *answer) {
		for i := range a.lines {
			a.lines[i].end = "\n"
		}
		a.end = g.pick("\n", "\r\n")
	}},
	{"fold", func(g generator, a *answer) {
		a.lines[g.someLine(a)].end = g.pick("\r\n", "\n") + g.pick(" ", "\t", "  ", " \t", " x", "\tx", " x: y", " , keep-alive", " ,", " \x00", " \r", " :", " websocket", " \x01", " é", "\u00a0") + g.pick("\r\n", "\n", "\r\n ", "\r\n \r\n")
	}},
	{"fold inside", func(g generator, a *answer) {
		i := g.someLine(a)
		if _, value, found := strings.Cut(a.lines[i].text, ": "); found {
			name := strings.TrimSuffix(a.lines[i].text, ": "+value)
			a.lines[i].text = name + ":" + g.pick("\r\n ", "\n ", "\r\n\t", " \r\n  ", "\r\n \r\n ") + value
		}
	}},
	{"end of the head", func(g generator, a *answer) {
		a.end = g.pick("\n", "\n", "\r", "\n\n", "\n\r\n", "\r\r\n", " \r\n", "", "", "\x00\r\n", "\r\n\r\n", "\t\n", " ", "\r\n\n", "\r\n\r", "\n\r")
	}},
	{"size of a value", func(g generator, a *answer) { g.add(a, "X: "+strings.Repeat("v", g.size())) }},
	{"size of a name", func(g generator, a *answer) { g.add(a, strings.Repeat("N", g.size()/4)+": y") }},
	{"number of fields", func(g generator, a *answer) {
		for i := range 20 + g.IntN(300) {
			a.lines = append(a.lines, line{fmt.Sprintf("L%d: y", i), crlf})
		}
	}},
	{"subprotocols asked for", func(g generator, a *answer) {
		a.asked = [][]string{{"chat"}, {"chat", "superchat"}, {"Chat", "chat"}, {"v1.x-y"}}[g.IntN(4)]
		if g.IntN(6) > 0 {
			g.add(a, "Sec-WebSocket-Protocol: "+g.often(g.pick(a.asked...), "", " ", "CHAT", "chat, superchat", "chat,", "\"chat\"", "chat ", "chat\t", "other", "chat;q=1", "chat\x00", "chat\v", "null", "cha"))
		}
		if g.IntN(6) == 0 {
			g.add(a, "Sec-WebSocket-Protocol: "+g.pick("chat", "superchat", "", "other"))
		}
	}},
	{"subprotocol unasked", func(g generator, a *answer) {
		g.add(a, "Sec-WebSocket-Protocol: "+g.pick("chat", "", " ", "null", ","))
	}},
	{"extensions", func(g generator, a *answer) {
		const deflate = "permessage-deflate"
		g.add(a, "Sec-WebSocket-Extensions: "+g.often(deflate+g.pick("", "; server_no_context_takeover", "; client_no_context_takeover", "; server_max_window_bits="+g.pick("8", "9", "15", "7", "16", "08", "", "\"10\"", "a", "10 "), "; client_max_window_bits="+g.pick("8", "9", "15", "7", "16", "015", "\"12\"", "+9"),
			"; client_max_window_bits", "; server_max_window_bits", "; server_no_context_takeover; client_no_context_takeover", ";server_no_context_takeover=1", "; x", "; x=y", ";", " ;server_no_context_takeover", "; server_no_context_takeover; server_no_context_takeover", "; client_max_window_bits=10; server_max_window_bits=10", ", "+deflate, ","),
			"", " ", ",", "x", deflate+"x", "Permessage-Deflate", "x-webkit-deflate-frame", "deflate-frame", "\""+deflate+"\"", "permessage-bzip2", deflate+"\x00", "mux; max-channels=4", "permessage-deflate permessage-deflate", "x, "+deflate, deflate+", x"))
	}},
	{"what follows", func(g generator, a *answer) {
		a.after = g.pick("\x81\x02hi", "\x88\x02\x03\xe8", "\x89\x00", "\x81\x85abcdhello", "\xff\xff\xff", "HTTP/1.1 200 OK\r\n\r\n", "\r\n", "\x00", "<html>", "\x81\x7e\xff\xff", strings.Repeat("\x81\x7d"+strings.Repeat("x", 125), 300))
	}},
	{"then FIN", func(g generator, a *answer) { a.closing = finish }},
	{"then reset", func(g generator, a *answer) { a.closing = reset }},
}

// size returns a size, often around the limits of a proxy's buffers.
func (g generator) size() int {
	sizes := []int{256, 1 << 10, 4 << 10, 8 << 10, 15 << 10, 16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10}
	return sizes[g.IntN(len(sizes))] + g.IntN(400) - 250
}
