package admin

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"wshealthz/internal/doctor"
	"wshealthz/upgrade"
)

// Bytes that strangers choose: a server in its answer, a caller in its request. They show themselves by the title.
const (
	attack    = `"><script>document.title='pwned';alert(1)</script><img src=x onerror="alert(2)">'</title></style><svg onload=alert(3)>`
	invisible = "\x1b[31m\x00\u202egnp.exe\u2066\r\n\xff\xfe{{.}}"
)

// hostileScene has bytes of strangers in all places that have any, and as many of them as there can be.
func hostileScene(s *staged) {
	s.probes(120, func(i int) upgrade.Verdict {
		v := failed(upgrade.NotHTTP, `answer from `+attack+` begins `+strconv.QuoteToASCII(attack+invisible)+`, want "HTTP/1.1 101"`, attack+"\r\n"+invisible+"\\n"+attack+attack)
		v.Hint, v.Peer = attack, attack
		return v
	})
	for i := range 128 {
		// The 120th byte is in the middle of a rune.
		agent := fmt.Sprint(i, attack[:100-i%8], "ääääääääääääää", invisible)
		s.asks(fmt.Sprintf("203.0.113.%d", i), agent, attack+invisible, "/"+invisible+attack, i+1, []int{200, 404, 405, 503}[i%4], time.Second)
	}
	s.Target.URL, s.Target.UserAgent = &url.URL{Scheme: "ws", Host: attack}, attack+"\r\n"+invisible
	s.Version, s.Gateway.Path = attack, "/"+attack+invisible
	s.Settings = append(s.Settings, doctor.Setting{Name: "WSHEALTHZ_PATH", Value: attack + invisible})
}

// TestPageHostile: what strangers choose is text, and can be seen.
func TestPageHostile(t *testing.T) {
	for _, s := range scenes {
		if s.name != "hostile" {
			continue
		}
		body := pageOf(t, s).Body.String()
		for _, bad := range []string{"<script", "<img", "onerror=\"", "<svg onload"} {
			if strings.Contains(strings.ToLower(body), bad) {
				t.Errorf("the page has %s", bad)
			}
		}
		if !utf8.ValidString(body) {
			t.Error("the page is not UTF-8")
		}
		for _, r := range body {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Fatalf("the page has %U", r)
			}
		}
		for _, seen := range []string{`\u202e`, `\x1b`, `\xff`, `\x00`, "&lt;script&gt;", "96 more, who asked before these"} {
			if !strings.Contains(body, seen) {
				t.Errorf("the page does not show %s", seen)
			}
		}
	}
}
