//go:build linux

package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"wshealthz/internal/testbed/program"
)

// patience bounds each wait for something that must happen.
const patience = 30 * time.Second

// A process is a running wshealthz and the server that it probes.
type process struct {
	*harness
	*program.Process
	program.Addresses
	server     *program.Process
	serverPort int
}

// startBoth starts a server and wshealthz, and waits until both listen. settings are variables without their prefix.
func (h *harness) startBoth(binary, chat string, settings ...string) *process {
	address, port := h.freeAddress()
	server := h.start(chat, nil, "-addr", address)
	h.awaitListener(address)
	env := []string{"WSHEALTHZ_TARGET=ws://" + address + "/ws", "WSHEALTHZ_LISTEN=127.0.0.1:0", "WSHEALTHZ_ADMIN_LISTEN=127.0.0.1:0"}
	for _, setting := range settings {
		env = append(env, "WSHEALTHZ_"+setting)
	}
	started := h.start(binary, env)
	addresses, err := started.Serving(patience)
	h.check(err)
	return &process{h, started, addresses, server, port}
}

func (p *process) stop() {
	p.Stop()
	p.server.Kill()
}

// freeAddress returns a loopback address on which nobody listens.
func (h *harness) freeAddress() (address string, port int) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	h.check(err)
	defer listener.Close()
	at := listener.Addr().(*net.TCPAddr)
	return at.String(), at.Port
}

func (h *harness) awaitListener(address string) {
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(end) {
			h.check(fmt.Errorf("the server does not listen: %w", err))
		}
	}
}

// resident returns the resident memory in MB.
func (p *process) resident() float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	p.check(err)
	var kilobytes float64
	_, rest, _ := strings.Cut(string(status), "\nVmRSS:")
	_, err = fmt.Sscan(rest, &kilobytes)
	p.check(err)
	return kilobytes * 1024 / 1e6
}

// metrics returns the sum of each metric over its labels, and by label where it has one: as in name, and name/value.
func (p *process) metrics() map[string]float64 {
	response, err := http.Get("http://" + p.Admin + "/metrics")
	p.check(err)
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(response.Body)
	p.check(err)
	values := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			value := m.GetGauge().GetValue() + m.GetCounter().GetValue()
			values[name] += value
			for _, label := range m.GetLabel() {
				values[name+"/"+label.GetValue()] += value
			}
		}
	}
	return values
}
