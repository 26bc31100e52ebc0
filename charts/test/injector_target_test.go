package charts

import (
	"fmt"
	"testing"
)

// TestInjectedPort checks which port is taken for the server's, and that none is chosen by its place in a list.
func TestInjectedPort(t *testing.T) {
	const annotations = "{metadata: {annotations: {wshealthz/target-port: %s}}, spec: {containers: [%s]}}"
	for _, c := range []struct{ annotation, ports, want, reason string }{
		{"", "{containerPort: 8888}", "ws://localhost:8888/", ""},
		{"", "{containerPort: 8888, protocol: TCP}", "ws://localhost:8888/", ""},
		{"", "{containerPort: 53, protocol: UDP}, {containerPort: 8888}", "ws://localhost:8888/", ""},
		{"", "{containerPort: 3868, protocol: SCTP}, {containerPort: 8888}", "ws://localhost:8888/", ""},
		{"", "{containerPort: 8888, protocol: UDP}, {containerPort: 8888}", "ws://localhost:8888/", ""},
		{"", "{containerPort: 9090, name: metrics}, {containerPort: 8888, name: http}", "ws://localhost:8888/", ""},
		{"", "{containerPort: 80, name: http}, {containerPort: 8888, name: websocket}", "ws://localhost:8888/", ""},
		{"", "{containerPort: 80, name: http}, {containerPort: 1, name: websocket}, {containerPort: 8888, name: ws}", "ws://localhost:8888/", ""},
		{"", "{containerPort: 80, name: ws, protocol: UDP}, {containerPort: 8888, name: http}", "ws://localhost:8888/", ""},
		{"", "{containerPort: 80, name: http-metrics}, {containerPort: 8888, name: http}", "ws://localhost:8888/", ""},
		{"", "", "", "none of its containers declares a TCP port"},
		{"", "{containerPort: 53, protocol: UDP}", "", "none of its containers declares a TCP port"},
		{"", "{containerPort: 80}, {containerPort: 8888}", "", "its server may listen on 80 or 8888 (set the annotation wshealthz/target-port"},
		{"", "{containerPort: 80, name: web}, {containerPort: 9090, name: metrics}", "", "its server may listen on 80 or 9090"},
		{"8888", "{containerPort: 80, name: ws}, {containerPort: 8888}", "ws://localhost:8888/", ""},
		{"8888", "{containerPort: 80}", "ws://localhost:8888/", ""},
		{"8888", "", "ws://localhost:8888/", ""},
		{"chat", "{containerPort: 80, name: ws}, {containerPort: 8888, name: chat}", "ws://localhost:8888/", ""},
		{"chat", "{containerPort: 80, name: ws}", "", "wshealthz/target-port must be a number from 1 to 65535, or the name of one TCP port"},
		{"chat", "{containerPort: 80, name: chat, protocol: UDP}", "", "wshealthz/target-port must be"},
		{"", "{containerPort: 80, name: ''}", "ws://localhost:80/", ""},
		{"0", "{containerPort: 80}", "", "wshealthz/target-port must be"},
		{"65536", "{containerPort: 80}", "", "wshealthz/target-port must be"},
		{"-1", "{containerPort: 80}", "", "wshealthz/target-port must be"},
		{"10101", "{containerPort: 80}", "", "its target is the health port or the admin port"},
	} {
		over := fmt.Sprintf(annotations, "'"+c.annotation+"'", "{name: a, image: a, ports: ["+c.ports+"]}")
		if c.annotation == "" {
			over = fmt.Sprintf("{spec: {containers: [{name: a, image: a, ports: [%s]}]}}", c.ports)
		}
		pod, warning := newInjector(t, "{}").created(t, merged(t, onePort, over))
		wantInjected(t, pod, warning, c.reason, over)
		if sidecar := sidecarOfPod(pod); sidecar != nil && environmentOf(*sidecar)["WSHEALTHZ_TARGET"] != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", over, environmentOf(*sidecar)["WSHEALTHZ_TARGET"], c.want)
		}
	}
}

// TestInjectedServer checks that the container whose port was chosen gets the hook, wherever it stands.
func TestInjectedServer(t *testing.T) {
	for over, want := range map[string]string{
		"spec: {containers: [{name: metrics, image: a, ports: [{containerPort: 9090}]}, {name: server, image: a, ports: [{name: ws, containerPort: 8888}]}]}":                                                                           "server sleep 20",
		"spec: {containers: [{name: dns, image: a, ports: [{containerPort: 8888, protocol: UDP}]}, {name: server, image: a, ports: [{containerPort: 8888}]}]}":                                                                          "server sleep 20",
		"{metadata: {annotations: {wshealthz/target-port: chat}}, spec: {containers: [{name: web, image: a, ports: [{name: ws, containerPort: 80}]}, {name: server, image: a, ports: [{name: chat, containerPort: 8888}]}]}}":           "server sleep 20",
		"{metadata: {annotations: {wshealthz/target-port: '8888'}}, spec: {containers: [{name: web, image: a, ports: [{name: ws, containerPort: 80}]}, {name: server, image: a, ports: [{containerPort: 1}, {containerPort: 8888}]}]}}": "server sleep 20",
	} {
		pod, warning := newInjector(t, "{}").created(t, merged(t, onePort, over))
		wantInjected(t, pod, warning, "", over)
		if got := hooksOf(pod); got != "wshealthz drain, "+want+", 50" {
			t.Errorf("%s\ngot  %s\nwant %s", over, got, want)
		}
	}
}

const (
	mustBeURL = "wshealthz/target must be a URL"
	own       = "its target is the health port or the admin port"
	badPort   = "wshealthz/target must have a port from 1 to 65535"
)

// injectedTargets maps URLs to the reason to leave the pod alone; "" for none.
var injectedTargets = map[string]string{
	"ws://localhost:8888/ws": "", "wss://chat.example.com": "", "ws://[::1]:8888/": "", "ws://[fe80::1%25eth0]:8888/": "", "ws://localhost/a b": "",
	"ws://localhost/?a=%20&b=$(HOST)": "", "ws://a_b.example/@": "", "ws://localhost:/": "", "ws://127.0.0.1:65535": "",
	"": mustBeURL, "http://localhost/": mustBeURL, "localhost:8888": mustBeURL, "ws://": mustBeURL, "ws://:8888/": mustBeURL,
	"ws:///ws": mustBeURL, "ws://localhost:http/": mustBeURL, "ws://[::1": mustBeURL, "ws:localhost": mustBeURL,
	"ws://user:secret@localhost:8888/": "must have no userinfo", "ws://user@localhost/": "must have no userinfo",
	"ws://localhost:8888/ws#a": "must have no fragment", "ws://localhost#": "must have no fragment",
	"ws://a,b/": "must have a valid host", "ws://é.example/": "must have a valid host",
	"ws://localhost/?a=b c": "must have its query percent-encoded", "ws://localhost/?é": "must have its query percent-encoded",
	"ws://localhost:0/": badPort, "ws://localhost:65536/": badPort, "ws://localhost:123456/": badPort,
	"ws://localhost:10101/": own, "ws://LOCALHOST:10102/": own, "ws://a.localhost:10101": own, "ws://localhost.:10101": own, "ws://127.1.2.3:10101/": own,
	"wss://[::1]:10101/": own, "ws://0.0.0.0:10101/": own, "ws://[::]:10101/": own, "ws://[::ffff:127.0.0.1]:10101/": own,
	"ws://example.com:10101/": "", "ws://notlocalhost:10101/": "", "ws://10.0.0.1:10101/": "",
}

// TestInjectedTarget checks that a URL which the program would refuse leaves the pod alone, and one that it takes does not.
func TestInjectedTarget(t *testing.T) {
	for url, reason := range injectedTargets {
		over := fmt.Sprintf("metadata: {annotations: {wshealthz/target: %q}}", url)
		pod, warning := newInjector(t, "{}").created(t, merged(t, onePort, over))
		wantInjected(t, pod, warning, reason, over)
	}
	pod, warning := newInjector(t, "{}").created(t, merged(t, onePort, "metadata: {annotations: {wshealthz/target: 'ws://localhost', wshealthz/target-port: '80'}}"))
	wantInjected(t, pod, warning, "it has both annotations", "target and target-port")
	pod, warning = newInjector(t, "{}").created(t, merged(t, onePort, "metadata: {annotations: {wshealthz/port: '10201', wshealthz/target: 'ws://localhost:10101'}}"))
	wantInjected(t, pod, warning, "", "a port that the sidecar has left")
	pod, warning = newInjector(t, "{wshealthz: {adminPort: 0, drain: {mode: none}}}").created(t, merged(t, onePort, "metadata: {annotations: {wshealthz/target: 'ws://localhost:10102'}}"))
	wantInjected(t, pod, warning, "", "the admin port without an admin listener")
}

// TestInjectedHealthPort checks the annotation wshealthz/port, which is the sidecar's own port.
func TestInjectedHealthPort(t *testing.T) {
	const invalid = "wshealthz/port must be a number from 1 to 65535"
	for port, reason := range map[string]string{
		"1": "", "10201": "", "65535": "", "0": invalid, "65536": invalid, "http": invalid, "": invalid, "-1": invalid, "99999999999999999999": invalid,
		"10102": "wshealthz/port must not be 10102, which is the admin port", "8888": "its target is the health port or the admin port",
	} {
		over := fmt.Sprintf("metadata: {annotations: {wshealthz/port: %q}}", port)
		pod, warning := newInjector(t, "{}").created(t, merged(t, onePort, over))
		wantInjected(t, pod, warning, reason, over)
		if sidecar := sidecarOfPod(pod); sidecar != nil && (environmentOf(*sidecar)["WSHEALTHZ_LISTEN"] != ":"+port ||
			fmt.Sprint(sidecar.Ports[0].ContainerPort) != port || sidecar.ReadinessProbe.HTTPGet.Port.String() != port) {
			t.Errorf("%s makes %+v", over, sidecar)
		}
	}
}
