package charts

import (
	"fmt"
	"strings"
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

const agicRule = `ingressClassName: azure-application-gateway, rules: [{host: h, http: {paths: [{path: /ws*, backend: {service: {name: a, port: {number: %d}}}}]}}]`

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
			got := agicBackendIn(t, agicObjects(t, c.port, c.target, c.container, c.annotations, agicRule))
			if want := (agicSetting{protocol: c.setting, port: c.target}); got.probe != c.want || got.setting != want {
				t.Errorf("AGIC makes %+v, want %+v and %+v", got, c.want, want)
			}
		})
	}
}

// TestAGICHost checks which Host the server sees, and that a trusted root certificate alone makes it the server's own address.
func TestAGICHost(t *testing.T) {
	const https, root, host = agic + "backend-protocol: https, ", agic + "appgw-trusted-root-certificate: root, ", agic + "backend-hostname: b"
	for annotations, want := range map[string]agicSetting{
		"":                  {protocol: "Http"},
		root:                {protocol: "Http"},
		https:               {protocol: "Https"},
		https + root:        {protocol: "Https", fromAddress: true},
		https + root + host: {protocol: "Https", host: "b"},
		host:                {protocol: "Http", host: "b"},
	} {
		want.port = 8888
		if got := agicBackendIn(t, agicObjects(t, 80, 8888, "", annotations, agicRule)).setting; got != want {
			t.Errorf("%q makes the setting %+v, want %+v", annotations, got, want)
		}
	}
}

// TestAGICClass checks that AGIC ignores a class that is not its own.
func TestAGICClass(t *testing.T) {
	for name, c := range map[string]struct {
		annotations, class string
		taken              bool
	}{
		"its own":                   {"", "ingressClassName: azure-application-gateway", true},
		"another":                   {"", "ingressClassName: nginx", false},
		"none":                      {"", "ingressClassName: null", false},
		"the legacy annotation":     {"kubernetes.io/ingress.class: azure/application-gateway", "ingressClassName: null", true},
		"another legacy annotation": {"kubernetes.io/ingress.class: azure-application-gateway", "ingressClassName: null", false},
	} {
		spec := strings.Replace(agicRule, "ingressClassName: azure-application-gateway", c.class, 1)
		if got := agicBackends(t, agicObjects(t, 80, 8888, "", c.annotations, spec)); (len(got) == 1) != c.taken {
			t.Errorf("%s: AGIC makes %+v", name, got)
		}
	}
}

// agicEight are the annotations that point AGIC's probe at wshealthz, as YAML.
var agicEight = []string{
	"backend-protocol: http", "health-probe-hostname: h", "health-probe-port: '10101'", "health-probe-path: /health", "health-probe-status-codes: '200'",
	"health-probe-interval: '5'", "health-probe-timeout: '5'", "health-probe-unhealthy-threshold: '2'",
}

// agicWithout returns agicEight without those whose name begins with left.
func agicWithout(left string) string {
	text := ""
	for _, annotation := range agicEight {
		if !strings.HasPrefix(annotation, left+":") {
			text += agic + annotation + ", "
		}
	}
	return text
}

// The situations in which AGIC has a choice. The mixed rollout has a pod with a probe of the server, with Kubernetes' defaults.
const (
	twoHosts = `ingressClassName: azure-application-gateway, rules: [{host: h, http: {paths: [{path: /, backend: {service: {name: a, port: {number: %[1]d}}}}]}},
  {host: i, http: {paths: [{path: /, backend: {service: {name: a, port: {number: %[1]d}}}}]}}]`
	twoPaths = `ingressClassName: azure-application-gateway, rules: [{host: h, http: {paths: [{path: /, backend: {service: {name: a, port: {number: %[1]d}}}},
  {path: /ws, backend: {service: {name: a, port: {number: %[1]d}}}}]}}]`
	serverProbe = "readinessProbe: {httpGet: {path: /ready, port: 9000}, periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3}"
)

// mixedRollout returns agicObjects with two kinds of pods.
func mixedRollout(t *testing.T, annotations string) []object {
	second := agicObjects(t, 80, 8888, serverProbe, "", agicRule)[0]
	return append(agicObjects(t, 80, 8888, "", annotations, agicRule), second)
}

// TestAGICFlips checks what changes from one sync to the next when one of the eight annotations is left out, and that nothing
// does with all of them.
func TestAGICFlips(t *testing.T) {
	for left, want := range map[string]struct{ hosts, paths, rollout bool }{
		"":                                 {},
		"health-probe-hostname":            {hosts: true},
		"health-probe-path":                {paths: true, rollout: true},
		"health-probe-port":                {rollout: true},
		"health-probe-interval":            {rollout: true},
		"health-probe-timeout":             {rollout: true},
		"health-probe-status-codes":        {}, // but then 200 to 399 are healthy
		"health-probe-unhealthy-threshold": {}, // but then it is 3
	} {
		annotations := agicWithout(left)
		for situation, c := range map[string]struct {
			objects []object
			flips   bool
		}{
			"two hosts":       {agicObjects(t, 80, 8888, "", annotations, twoHosts), want.hosts},
			"two paths":       {agicObjects(t, 80, 8888, "", annotations, twoPaths), want.paths},
			"a mixed rollout": {mixedRollout(t, annotations), want.rollout},
		} {
			if got := agicBackends(t, c.objects); (len(got) > 1) != c.flips {
				t.Errorf("without %q and with %s AGIC makes %+v, want flips: %v", left, situation, got, c.flips)
			}
		}
	}
}

// TestAGICDefaultBackend checks that a defaultBackend ignores the annotations, and makes the probe change in addition to rules.
func TestAGICDefaultBackend(t *testing.T) {
	const class, backend = "ingressClassName: azure-application-gateway, ", "defaultBackend: {service: {name: a, port: {number: %[1]d}}}"
	alone := agicBackendIn(t, agicObjects(t, 8080, 8888, "", agicWithout(""), class+backend))
	if want := (agicBackend{defaultAGICProbe(80), agicSetting{protocol: "Http", port: 80}}); alone != want {
		t.Errorf("a defaultBackend alone makes %+v, want %+v", alone, want)
	}
	if got := agicBackends(t, agicObjects(t, 8080, 8888, "", agicWithout(""), twoPaths+", "+backend)); len(got) != 2 {
		t.Errorf("a defaultBackend and rules make %+v, want two that take turns", got)
	}
}

// TestAGICWayBack checks that status codes alone leave AGIC a choice, and that hostname and path leave it none.
func TestAGICWayBack(t *testing.T) {
	const codes = agic + "health-probe-status-codes: '200-399,400', "
	for _, spec := range []string{twoHosts, twoPaths} {
		if got := agicBackends(t, agicObjects(t, 80, 8888, "", codes, spec)); len(got) != 2 {
			t.Errorf("status codes alone make %+v, want two that take turns", got)
		}
		agicBackendIn(t, agicObjects(t, 80, 8888, "", codes+agic+"health-probe-hostname: h, "+agic+"health-probe-path: /", spec))
	}
}
