package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// escape is what must never reach a terminal: colours, the title, the screen, and CSI as one byte and as UTF-8.
const escape = "\x1b[31mred\x1b]0;title\x07\x1b[2J\x9b31m\u009b31m\r\x08\u202e"

// answering writes an answer to each connection's request, ACCEPT in it the right Sec-WebSocket-Accept, and closes.
func answering(t *testing.T, answer string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				request, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
				fmt.Fprint(conn, strings.ReplaceAll(answer, "ACCEPT", base64.StdEncoding.EncodeToString(sum[:])))
				conn.(*net.TCPConn).CloseWrite()
				in.WriteTo(new(strings.Builder)) // until the prober leaves: a close with unread bytes is a reset
			}()
		}
	}()
	return listener.Addr().String()
}

// frame is a server's frame of RFC 6455 section 5.2 with a short payload.
func frame(op byte, payload string) string {
	return string([]byte{0x80 | op, byte(len(payload))}) + payload
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n"

// TestHostileServer: whatever it says, no byte of it moves a cursor, and the colours are ours alone.
func TestHostileServer(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	for name, answer := range map[string]string{
		"no HTTP":     escape,
		"status line": "HTTP/1.1 403 " + escape + "\r\n\r\n",
		"header":      "HTTP/1.1 403 No\r\nServer: " + escape + "\r\n\r\n",
		"header name": "HTTP/1.1 403 No\r\n" + escape + ": x\r\n\r\n",
		"location":    "HTTP/1.1 302 Found\r\nLocation: http://a/\u009b31m\u202e\r\n\r\n",
		"body":        "HTTP/1.1 403 No\r\nContent-Length: 100\r\n\r\n" + escape + "\r\n" + escape,
		"accept":      switching[:strings.Index(switching, "ACCEPT")] + "\u009b31m\r\n\r\n",
		"subprotocol": switching + "Sec-WebSocket-Protocol: \u009b31m\r\n\r\n",
		"extension":   switching + "Sec-WebSocket-Extensions: \u009b31m\r\n\r\n",
		"close":       switching + "\r\n" + frame(8, "\x03\xf0"+escape),
		"message":     switching + "\r\n" + frame(1, escape) + frame(9, escape),
		"healthy":     switching + "Server: \u009b31m\r\n\r\n" + frame(9, escape) + frame(1, escape+"awaited"),
	} {
		t.Run(name, func(t *testing.T) {
			address := answering(t, answer)
			variables := map[string]string{"TIMEOUT": patient, "EXPECT": "awaited"}
			code, stdout, _ := command(t, variables, "check", "-v", "ws://"+address)
			if want := map[bool]int{true: exitOK, false: exitFault}[name == "healthy"]; code != want || !strings.Contains(stdout, "31m") {
				t.Errorf("exit %d, want %d and what it said, quoted: %s", code, want, stdout)
			}
			inert(t, stdout)
			_, _, output := diagnosed(t, variables, "ws://"+address)
			inert(t, output)
			inert(t, painted.ReplaceAllString(onTerminal(t, variables, "check", "-v", "ws://"+address), ""))
		})
	}
}

// inert wants nothing in a text but lines of what can be seen.
func inert(t *testing.T, text string) {
	t.Helper()
	for i, r := range text {
		if _, length := utf8.DecodeRuneInString(text[i:]); r != '\n' && !unicode.IsPrint(r) || r == utf8.RuneError && length == 1 {
			t.Fatalf("%q is in %q", text[i:i+length], text)
		}
	}
}

// TestQuotedLines: line ends are lines, and all else stays quoted.
func TestQuotedLines(t *testing.T) {
	for quoted, want := range map[string]string{
		`"a\r\n\"b\"\n\nc\\d"`: `a|"b"||c\\d`,
		`"a\x1b\r\\n"...`:      `a\x1b\r\\n...`,
		`"\n"`:                 ``,
		`no quotes`:            `no quotes`,
	} {
		if got := strings.Join(quotedLines(quoted), "|"); got != want {
			t.Errorf("%s: %s, want %s", quoted, got, want)
		}
	}
}

// TestOwnSettingsArePrintable: with -secrets a header of our own is shown, and draws nothing.
func TestOwnSettingsArePrintable(t *testing.T) {
	port := serverOn(t, "127.0.0.1:0")
	variables := map[string]string{"TIMEOUT": patient, "HEADERS": "A: é\u009b31m\x9b.", "PATH": "/\u009b31m\x7f\U000e0001"}
	_, stdout, _ := command(t, variables, "check", "-v", "-secrets", "ws://localhost:"+port)
	_, d, output := diagnosed(t, variables, "-secrets", "ws://localhost:"+port)
	if !strings.Contains(stdout, "A: é?31m\ufffd.") || !strings.Contains(d.Sent, "A: é\u009b31m\ufffd.") || d.Annotations[3].Value != "/\u009b31m\x7f\U000e0001" {
		t.Error(stdout, output)
	}
	inert(t, stdout)
	inert(t, output)
}
