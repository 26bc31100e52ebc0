package testbed

import (
	"net"
	"testing"

	"wshealthz/internal/testbed/program"
)

// Wshealthz is a running wshealthz and the addresses on which it listens.
type Wshealthz struct {
	*Process
	program.Addresses
}

// StartWshealthz builds and starts wshealthz with these variables ("WSHEALTHZ_TARGET=ws://...") and waits until it
// serves. Both listeners have ports of the kernel's choice unless env says otherwise.
func StartWshealthz(t testing.TB, env []string, args ...string) *Wshealthz {
	t.Helper()
	own := []string{"WSHEALTHZ_LISTEN=127.0.0.1:0", "WSHEALTHZ_ADMIN_LISTEN=127.0.0.1:0"}
	p := Start(t, Build(t, "wshealthz"), append(own, env...), args...)
	addresses, err := p.Serving(Patience)
	if err != nil {
		t.Fatal(err)
	}
	return &Wshealthz{p, addresses}
}

// StartChat starts the unmodified chat server of gorilla/websocket and waits until it listens. It serves WebSockets
// at /ws; after Kill, StartChatOn can start it again at the same address.
func StartChat(t testing.TB) (p *Process, address string) {
	t.Helper()
	address = Reserve(t)
	return StartChatOn(t, address), address
}

// StartChatOn is StartChat at an address that Reserve returned.
func StartChatOn(t testing.TB, address string) *Process {
	t.Helper()
	p := Start(t, Build(t, "github.com/gorilla/websocket/examples/chat"), nil, "-addr", address)
	Until(t, "the chat server listens on "+address, func() bool {
		select {
		case <-p.Exited():
			t.Fatalf("the chat server exited: %q", p.Lines())
		default:
		}
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return p
}
