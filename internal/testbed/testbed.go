// Package testbed holds what the tests of this module share: waiting for a condition, loopback ports, certificates,
// processes, and servers that follow a script. Only tests import it.
//
//   - [Until] waits for a condition, at most [Patience].
//   - [Listen] is a bound listener; [Reserve] an address that refuses connections until a program listens on it.
//   - [Certificate].Make makes a certificate: self-signed, a CA, or signed by one; [Pair].WriteFiles writes PEM files.
//   - [Build] builds a program once per test binary, [Start] starts one, [StartWshealthz] and [StartChat] both: a package
//     that calls them needs func TestMain(m *testing.M) { testbed.Main(m) }.
//   - [Serve] plays a [Script] to each connection, [ServeText] a fixed answer.
//   - [Run] runs a server of this module until the test ends.
package testbed

import (
	"io"
	"net/http"
	"testing"
	"time"
)

// Patience bounds each wait for something that must happen: a busy machine needs seconds for what takes milliseconds
// on an idle one. A test that waits for nothing to happen needs a bound of its own.
const Patience = 30 * time.Second

// Until waits until the condition is met, and fails the test after Patience. what says what was waited for.
func Until(t testing.TB, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", Patience, what)
		}
	}
}

// Get returns status and body of the answer to a GET.
func Get(t testing.TB, url string) (status int, body string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
