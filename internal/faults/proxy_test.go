package faults

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// A proxy stands in front of a server and disturbs what passes once its toxic is added.
type proxy struct {
	*toxiproxy.Proxy
	t     testing.TB
	toxic toxic
}

// A toxic is what Toxiproxy calls one: a fault in one direction of all connections.
type toxic struct {
	Name       string          `json:"name"`
	Type       string          `json:"type"`
	Stream     string          `json:"stream"` // upstream or downstream
	Toxicity   int             `json:"toxicity"`
	Attributes json.RawMessage `json:"attributes"`
}

// startProxy starts a proxy in front of the address until the test ends. begin adds its toxic.
func startProxy(t testing.TB, address, kind, stream, attributes string) *proxy {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := &proxy{toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", address), t, toxic{"fault", kind, stream, 1, []byte(attributes)}}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	if kind == "reset_peer" {
		// Only connections that were opened with one are reset at their end; others get FIN. This one does nothing.
		p.add(toxic{"inert", kind, stream, 0, []byte("{}")})
	}
	return p
}

// begin makes the toxic work from now on, for connections that are open too.
func (p *proxy) begin() { p.add(p.toxic) }

func (p *proxy) add(one toxic) {
	text, err := json.Marshal(one)
	if err == nil {
		_, err = p.Toxics.AddToxicJson(strings.NewReader(string(text)))
	}
	if err != nil {
		p.t.Error(err)
	}
}
