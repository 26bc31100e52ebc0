package charts

import (
	"strings"
	"testing"
)

// sound is a workload, a Service, an Ingress and the policies of gateways without a fault.
const sound = `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: a, labels: {app: a}, annotations: {note: a}}
spec:
  selector: {matchLabels: {app: b}}
  template:
    metadata: {labels: {app: b}}
    spec:
      volumes: [{name: conf, configMap: {name: c}}]
      initContainers:
        - name: sidecar
          image: i
          restartPolicy: Always
          env: [{name: A, value: a}, {name: B, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
          ports: [{name: health, containerPort: 10101}, {name: admin, containerPort: 10102}]
          readinessProbe: {httpGet: {path: /health, port: health}}
          lifecycle: {preStop: {exec: {command: [/wshealthz, drain]}}}
        - {name: setup, image: i}
      containers:
        - name: server
          image: i
          volumeMounts: [{name: conf, mountPath: /c}, {name: data, mountPath: /d}]
          livenessProbe: {tcpSocket: {port: 8888}}
  volumeClaimTemplates: [{metadata: {name: data}}]
---
apiVersion: v1
kind: Service
metadata: {name: a, namespace: x}
spec: {selector: {app: b}, ports: [{name: ws, port: 80, targetPort: web}, {name: wss, port: 443, targetPort: 8443}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "system:a"}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: a
  annotations:
    appgw.ingress.kubernetes.io/backend-protocol: http
    appgw.ingress.kubernetes.io/health-probe-hostname: h
    appgw.ingress.kubernetes.io/health-probe-port: "10101"
    appgw.ingress.kubernetes.io/health-probe-path: /health
    appgw.ingress.kubernetes.io/health-probe-status-codes: "200"
    appgw.ingress.kubernetes.io/health-probe-interval: "5"
    appgw.ingress.kubernetes.io/health-probe-timeout: "5"
    appgw.ingress.kubernetes.io/health-probe-unhealthy-threshold: "2"
spec: {ingressClassName: c, rules: [{host: h, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]}
---
apiVersion: alb.networking.azure.io/v1
kind: HealthCheckPolicy
metadata: {name: a}
spec:
  targetRef: {group: "", kind: Service, name: a}
  default: {interval: 5s, timeout: 4s, healthyThreshold: 1, port: 10101, http: {path: /health, match: {statusCodes: [{start: 200, end: 200}]}}}
---
apiVersion: alb.networking.azure.io/v1
kind: BackendTLSPolicy
metadata: {name: a}
spec:
  targetRef: {group: "", kind: Service, name: a}
  default: {sni: a.example, ports: [{port: 443}], clientCertificateRef: {kind: Secret, name: client}, verify: {caCertificateRef: {kind: Secret, name: ca}, subjectAltName: a.example}}
---
apiVersion: networking.gke.io/v1
kind: HealthCheckPolicy
metadata: {name: a}
spec:
  targetRef: {group: "", kind: Service, name: a}
  default: {checkIntervalSec: 5, timeoutSec: 5, config: {type: HTTP, httpHealthCheck: {port: 10101, portSpecification: USE_FIXED_PORT, requestPath: /health}}}
`

// faults replace old with new in sound, and want is part of what check must say.
var faults = []struct{ old, new, want string }{
	{"{name: a, labels", "{name: A_a, labels", "StatefulSet/A_a: name: a lowercase RFC 1123 subdomain"},
	{"{name: a, labels", "{labels", "StatefulSet/: name"},
	{"labels: {app: a}", "labels: {app: a b}", "labels: Invalid value"},
	{"annotations: {note: a}", "annotations: {no te: a}", "annotations: Invalid value"},
	{"matchLabels: {app: b}", "matchLabels: {app: a}", "does not select"},
	{"matchLabels: {app: b}", "", "does not select"},
	{"metadata: {labels: {app: b}}", "metadata: {labels: {app: b, x: -}}", "labels: Invalid value"},
	{"volumes: [", "volumes: [{name: conf}, ", "two volumes are named conf"},
	{"name: conf, configMap", "name: cone, configMap", `no volume "conf"`},
	{"mountPath: /d", "mountPath: /c", "used twice"},
	{"name: server", "name: sidecar", "two containers are named sidecar"},
	{"name: server", "name: a.b", "container a.b"},
	{"name: setup, image: i", "name: setup", "container setup: has no image"},
	{"          restartPolicy: Always\n", "", "is not a sidecar"},
	{"name: B,", "name: A,", "env A is set twice"},
	{"name: A,", "name: A=,", `env "A="`},
	{"valueFrom", "value: b, valueFrom", "both value and valueFrom"},
	{"name: admin", "name: a-name-of-16-chr", "no more than 15"},
	{"name: admin", "name: health", "two ports are named health"},
	{"containerPort: 10102", "containerPort: 65536", "containerPort 65536"},
	{"path: /health, port: health", "path: /health, port: heath", `is named "heath"`},
	{"path: /health, port: health", "path: /health, host: h, port: health", "readinessProbe has host h"},
	{"tcpSocket: {port: 8888}", "tcpSocket: {port: 0}", "livenessProbe: port 0"},
	{"tcpSocket: {port: 8888}", "tcpSocket: {port: 8888}, grpc: {port: 1}", "has 2 handlers"},
	{"exec: {command: [/wshealthz, drain]}", "", "preStop has 0 handlers"},
	{"namespace: x", "namespace: x.x", "namespace: "},
	{"port: 80,", "port: 0,", "port 0"},
	{"{name: wss,", "{", `name "" of port 443`},
	{"{name: wss,", "{name: ws,", "two ports are named ws"},
	{"targetPort: 8443", "targetPort: 70000", "targetPort: port 70000"},
	{`"system:a"`, `"system/a"`, "name is not a path segment"},
	{"    appgw.ingress.kubernetes.io/backend-protocol: http\n", "", "Ingress/a: has no backend-protocol"},
	{"    appgw.ingress.kubernetes.io/health-probe-timeout: \"5\"\n", "", "Ingress/a: has no health-probe-timeout"},
	{"ingressClassName: c, ", "ingressClassName: c, defaultBackend: {service: {name: a, port: {number: 80}}}, ", "Ingress/a: has a defaultBackend"},
	{"    appgw.ingress.kubernetes.io/backend-protocol: http\n", "    appgw.ingress.kubernetes.io/backend-protocol: http\n    kubernetes.io/ingress.class: c\n",
		"Ingress/a: has a class and the annotation"},
	{"interval: 5s", `interval: "5"`, `interval is "5"`},
	{"healthyThreshold: 1", "healthyThreshold: 0", "healthyThreshold is 0"},
	{"port: 10101, http:", "port: 0, http:", "port is 0"},
	{"start: 200", "start: 201", "statusCodes are 201 to 200"},
	{`group: "", kind: Service`, "kind: Service", "targetRef must have"},
	{`group: "", kind: Service`, "group: apps, kind: Deployment", "must be a Service"},
	{"sni: a.example", "sni: '*.example'", `sni "*.example"`},
	{"ports: [{port: 443}], ", "", "BackendTLSPolicy/a: applies to no port"},
	{"ports: [{port: 443}]", "ports: [{}]", "has a port without a number"},
	{"ports: [{port: 443}]", "ports: [{port: 0}]", "port is 0"},
	{"{kind: Secret, name: client}", "{kind: ConfigMap, name: client}", "clientCertificateRef does not name a Secret"},
	{"{kind: Secret, name: client}", "{kind: Secret}", "clientCertificateRef does not name a Secret"},
	{"caCertificateRef: {kind: Secret, name: ca}, ", "", "verifies without caCertificateRef"},
	{"timeoutSec: 5", "timeoutSec: 6", "timeoutSec 6 exceeds"},
	{"checkIntervalSec: 5", "checkIntervalSec: 301", "checkIntervalSec is 301"},
	{"type: HTTP,", "type: HTTPS,", `its type, which is "HTTPS"`},
	{"USE_FIXED_PORT", "USE_SERVING_PORT", "neither port nor portName"},
	{"USE_FIXED_PORT", "FIXED", `portSpecification is "FIXED"`},
	{"requestPath: /", "requestPath: ", `requestPath is "health"`},
}

// TestInvariants checks that check finds each fault, and little else.
func TestInvariants(t *testing.T) {
	invariants(t, decodeStrict(t, sound))
	for _, c := range faults {
		if !strings.Contains(sound, c.old) {
			t.Fatalf("%q is not in sound", c.old)
		}
		err := check(decodeStrict(t, strings.Replace(sound, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "\n") > 2 {
			t.Errorf("%s for %s: got %v, want %s and little else", c.new, c.old, err, c.want)
		}
	}
	if err := check(decodeStrict(t, sound+"---\n"+sound)); err == nil || !strings.Contains(err.Error(), "Service/a: appears twice") {
		t.Errorf("everything twice: got %v", err)
	}
}
