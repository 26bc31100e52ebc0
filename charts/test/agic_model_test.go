package charts

import (
	"fmt"
	"testing"
)

// agicObjects returns a Deployment, its Service and an Ingress. container, annotations and spec, in which %d is the Service's
// port, are YAML.
func agicObjects(t *testing.T, port, target int, container, annotations, spec string) []object {
	t.Helper()
	return decodeStrict(t, fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      initContainers: [{name: sidecar, image: i, restartPolicy: Always, ports: [{containerPort: %[2]d}], readinessProbe: {httpGet: {path: /init, port: 1}}}]
      containers: [{name: server, image: i, ports: [{name: ws, containerPort: %[2]d}], %[3]s}]
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {ports: [{port: %[1]d, targetPort: %[2]d}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a, annotations: {%[4]s}}
spec: {%[5]s}
`, port, target, container, annotations, fmt.Sprintf(spec, port)))
}

const agicRule = `rules: [{host: h, http: {paths: [{path: /ws*, backend: {service: {name: a, port: {number: %d}}}}]}}]`

// ruleProbe returns the probe that AGIC makes of agicRule, but for path, port and protocol.
func ruleProbe(path string, port int, protocol string) agicProbe {
	return agicProbe{protocol: protocol, host: "h", path: path, port: port, interval: 30, timeout: 30, bad: 3}
}

// agicCases are arguments of agicObjects, with the probe and the backend setting's protocol that AGIC makes of them.
var agicCases = map[string]struct {
	port, target           int
	container, annotations string
	want                   agicProbe
	setting                string
}{
	"the rule":                         {80, 8888, "", "", ruleProbe("/ws", 8888, "Http"), "Http"},
	"a Service port of 443":            {443, 8888, "", "", ruleProbe("/ws", 8888, "Https"), "Http"}, // and so refused by Azure
	"a container port of 443":          {80, 443, "", "", ruleProbe("/ws", 443, "Https"), "Https"},
	"http wins over both":              {443, 443, "", agic + "backend-protocol: http", ruleProbe("/ws", 443, "Http"), "Http"},
	"https needs no 443":               {80, 8888, "", agic + "backend-protocol: HTTPS", ruleProbe("/ws", 8888, "Https"), "Https"},
	"a protocol that it does not know": {443, 8888, "", agic + "backend-protocol: grpc", ruleProbe("/ws", 8888, "Https"), "Http"},
	"a readinessProbe before a livenessProbe": {80, 8888, "livenessProbe: {httpGet: {path: /l, port: 1}}, readinessProbe: {httpGet: {path: /r, port: 2}}", "",
		ruleProbe("/r", 2, "Http"), "Http"},
	"a livenessProbe, its port by name": {80, 8888, "livenessProbe: {httpGet: {path: /l, port: ws}}, readinessProbe: {tcpSocket: {port: 2}}", "",
		ruleProbe("/l", 8888, "Http"), "Http"},
	"a port name of another container": {80, 8888, "readinessProbe: {httpGet: {path: /r, port: other}}", "", ruleProbe("/r", 0, "Http"), "Http"},
	"an HTTPS readinessProbe":          {80, 8888, "readinessProbe: {httpGet: {path: /r, port: 2, scheme: HTTPS}}", "", ruleProbe("/r", 2, "Https"), "Http"},
	"http wins over an HTTPS readinessProbe": {80, 8888, "readinessProbe: {httpGet: {path: /r, port: 2, scheme: HTTPS}}", agic + "backend-protocol: http",
		ruleProbe("/r", 2, "Http"), "Http"},
	"a readinessProbe's seconds": {80, 8888, "readinessProbe: {httpGet: {path: /r, port: 2}, periodSeconds: 7, timeoutSeconds: 6, failureThreshold: 30}", "",
		agicProbe{protocol: "Http", host: "h", path: "/r", port: 2, interval: 7, timeout: 6, bad: 20}, "Http"},
	"annotations with a bad value": {80, 8888, "", agic + "health-probe-port: ws, " + agic + "health-probe-interval: 10s, " + agic + "health-probe-timeout: '-1'", ruleProbe("/ws", 8888, "Http"), "Http"},
	"annotations over everything": {80, 8888, "readinessProbe: {httpGet: {path: /r, port: 2}}",
		agic + "health-probe-hostname: p, " + agic + "health-probe-port: '10101', " + agic + "health-probe-path: /health*, " + agic + "health-probe-status-codes: '200'",
		agicProbe{protocol: "Http", host: "p", path: "/health", codes: "200", port: 10101, interval: 30, timeout: 30, bad: 3}, "Http"},
}

// TestAGIC compares the model of AGIC with what was measured with the config builder of AGIC 1.9.8.
func TestAGIC(t *testing.T) {
	for name, c := range agicCases {
		t.Run(name, func(t *testing.T) {
			got, setting := agicBackend(t, agicObjects(t, c.port, c.target, c.container, c.annotations, agicRule))
			if got != c.want || setting != c.setting {
				t.Errorf("AGIC makes %+v and a setting of %s, want %+v and %s", got, setting, c.want, c.setting)
			}
		})
	}
	alone := agicObjects(t, 8080, 8888, "", agic+"health-probe-port: '10101'", "defaultBackend: {service: {name: a, port: {number: %d}}}")
	if got, _ := agicBackend(t, alone); got.port != 80 || got.codes != "" || got.host != "localhost" {
		t.Errorf("a defaultBackend alone makes %+v, want port 80 and no annotations", got)
	}
}
