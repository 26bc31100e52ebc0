package command

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"wshealthz/internal/testbed"
)

// escape must never reach a terminal: colors, the title, the screen, and CSI as one byte and as UTF-8.
const escape = "\x1b[31mred\x1b]0;title\x07\x1b[2J\x9b31m\u009b31m\r\x08\u202e"

// TestHostileServer: whatever it says, no byte of it moves a cursor, and the colors are ours alone.
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
		"accept":      testbed.SwitchingProtocols[:strings.Index(testbed.SwitchingProtocols, "{accept}")] + "\u009b31m\r\n\r\n",
		"subprotocol": testbed.SwitchingProtocols + "Sec-WebSocket-Protocol: \u009b31m\r\n\r\n",
		"extension":   testbed.SwitchingProtocols + "Sec-WebSocket-Extensions: \u009b31m\r\n\r\n",
		"close":       testbed.SwitchingProtocols + "\r\n" + testbed.Frame(testbed.OpClose, "\x03\xf0"+escape),
		"message":     testbed.SwitchingProtocols + "\r\n" + testbed.Frame(testbed.OpBinary, escape) + testbed.Frame(testbed.OpPing, escape),
		"healthy":     testbed.SwitchingProtocols + "Server: \u009b31m\r\n\r\n" + testbed.Frame(testbed.OpPing, escape) + testbed.Frame(testbed.OpBinary, escape+"awaited"),
	} {
		t.Run(name, func(t *testing.T) {
			address := testbed.ServeText(t, answer)
			variables := map[string]string{"TIMEOUT": patient, "EXPECT": "awaited"}
			code, stdout, _ := run(t, variables, "check", "-v", "ws://"+address)
			if want := map[bool]int{true: ExitOK, false: ExitFailure}[name == "healthy"]; code != want || !strings.Contains(stdout, "31m") {
				t.Errorf("exit %d, want %d and what it said, quoted: %s", code, want, stdout)
			}
			inert(t, stdout)
			_, _, output := diagnosed(t, variables, "ws://"+address)
			inert(t, output)
			inert(t, painted.ReplaceAllString(onTerminal(t, variables, "check", "-v", "ws://"+address), ""))
		})
	}
}

// inert fails the test when a text holds anything but lines of printable characters.
func inert(t *testing.T, text string) {
	t.Helper()
	for i, r := range text {
		if _, length := utf8.DecodeRuneInString(text[i:]); r != '\n' && !unicode.IsPrint(r) || r == utf8.RuneError && length == 1 {
			t.Fatalf("%q is in %q", text[i:i+length], text)
		}
	}
}

// TestOwnSettingsArePrintable: with -secrets a header of our own is shown, and draws nothing.
func TestOwnSettingsArePrintable(t *testing.T) {
	port := serverOn(t, "127.0.0.1:0")
	variables := map[string]string{"TIMEOUT": patient, "HEADERS": "A: é\u009b31m\x9b.", "PATH": "/\u009b31m\x7f\U000e0001"}
	_, stdout, _ := run(t, variables, "check", "-v", "-secrets", "ws://localhost:"+port)
	_, d, output := diagnosed(t, variables, "-secrets", "ws://localhost:"+port)
	if !strings.Contains(stdout, "A: é?31m\ufffd.") || !strings.Contains(d.Sent, "A: é\u009b31m\ufffd.") || d.Annotations[3].Value != "/\u009b31m\x7f\U000e0001" {
		t.Error(stdout, output)
	}
	inert(t, stdout)
	inert(t, output)
}
