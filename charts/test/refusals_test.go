package charts

import (
	"strings"
	"testing"
)

// refusals are values on top of on, and part of the error that they must cause.
var refusals = []struct{ over, want string }{
	{"wshealthz: {image: {repository: ''}}", "set wshealthz.image.repository"},
	{"wshealthz: {enabled: false}", "without wshealthz.enabled would point the gateway at pods that have no sidecar"},
	{"wshealthz: {timeout: 4s}", "readinessProbe.timeoutSeconds is 4 seconds, must be longer than wshealthz.timeout"},
	{"wshealthz: {timeout: 1m}", "readinessProbe.timeoutSeconds is 4 seconds"},
	{"wshealthz: {probe: {timeout: 3}}", "wshealthz.probe.timeout is 3 seconds, must be longer than wshealthz.timeout, which is 3s"},
	{"wshealthz: {timeout: 0.5m, readinessProbe: {timeoutSeconds: 31}}", "wshealthz.probe.timeout is 5 seconds"},
	{"wshealthz: {timeout: 3}", "at '/timeout': got number"},
	{"wshealthz: {timeout: soon}", "at '/timeout': 'soon'"},
	{"wshealthz: {probe: {interval: 86401}}", "/probe/interval"},
	{"wshealthz: {probe: {unhealthyThreshold: 21}}", "/probe/unhealthyThreshold"},
	{"wshealthz: {probe: {statusCodes: 2xx}}", "/probe/statusCodes"},
	{"wshealthz: {kind: auto}", "/kind"},
	{"wshealthz: {taget: a}", "properties 'taget' not allowed"},
	{"wshealthz: {target: 'http://localhost'}", "/target"},
	{"wshealthz: {adminPort: 10101}", "are both 10101, must differ"},
	{"wshealthz: {extraEnv: [{name: WSHEALTHZ_TIMEOUT, value: 9s}]}", "extraEnv sets WSHEALTHZ_TIMEOUT"},
	{"wshealthz: {livenessProbe: {httpGet: {path: /health, port: 10101}}}", "would restart the sidecar when the server is unhealthy"},
	{"wshealthz: {livenessProbe: {tcpSocket: {port: 10101, host: example.com}}}", "livenessProbe has host example.com, must have none"},
	{"wshealthz: {readinessProbe: {httpGet: {host: a}}}", "at '/readinessProbe': additional properties 'httpGet'"},
	{"hostNetwork: true", "set wshealthz.port and wshealthz.adminPort"},
	{"hostNetwork: true\nwshealthz: {port: 10101}", "set wshealthz.port and wshealthz.adminPort"},
	{"gateway: {backendProtocol: https}", "set wshealthz.serve.secret"},
	{"wshealthz: {serve: {secret: s}}", "to https, or leave wshealthz.serve.secret empty"},
	{"wshealthz: {target: 'wss://localhost:8888/?token=x'}", "target is wss://localhost:8888/?…, so the gateway must speak https"},
	{"gateway: {kind: agc}", "gateway.parentRefs is empty"},
	{"gateway: {kind: nginx}", "/gateway/kind"},
	{"ingress: {hosts: [{paths: [{path: /, pathType: Prefix}]}]}", "probe.hostname is empty"},
	{"networkPolicy: {enabled: true}", "networkPolicy.from is empty"},
	{"networkPolicy: {enabled: true, from: [{podSelector: {}}]}\npodMonitor: {enabled: true}", "networkPolicy.metricsFrom is empty"},
	{"podMonitor: {enabled: true}\nwshealthz: {adminPort: 0, drain: {mode: none}}", "podMonitor.enabled has nothing to scrape"},
	{"replicas: 2", "properties 'replicas' not allowed"},
	{"wshealthz: {timeout: 0s}", "must be above 0 and at most 60s"},
	{"wshealthz: {timeout: 90s, readinessProbe: {timeoutSeconds: 100}, probe: {timeout: 100}}", "must be above 0 and at most 60s"},
	{"wshealthz: {port: 8888}", "the sidecar's own port 8888"},
	{"wshealthz: {adminPort: 8888}", "the sidecar's own port 8888"},
	{"wshealthz: {target: 'ws://[::1]:10101/'}", "the sidecar's own port 10101"},
	{"wshealthz: {tls: {caSecret: ca}}", "wshealthz.tls needs a wss:// target"},
	{"wshealthz: {livenessProbe: {tcpSocket: {port: 10105}}}", "where the sidecar does not listen"},
	{"wshealthz: {image: {repository: 'registry.example/wshealthz:1.0.0'}}", "must have no tag or digest"},
	{"wshealthz: {name: websocket-server}", "must differ from the name of the server's container"},
	{"livenessProbe: {httpGet: {path: /, port: 10101}}", "livenessProbe of the server has port 10101, the sidecar's"},
	{"ingress: {hosts: [{host: '*.contoso.com'}]}", "must be a single name that the wildcard covers"},
	{"gateway: {connectionDraining: null}", "missing property 'connectionDraining'"},
	{"ingress: {annotations: null}", "missing property 'annotations'"},
	{"service: {targetPort: null}", "missing property 'targetPort'"},
	{"fullnameOverride: a_b", "/fullnameOverride"},
	{"wshealthz: {drain: {mode: wait}}", "/drain/mode"},
	{"wshealthz: {drain: {sleepSeconds: 5}}", "'sleepSeconds' not allowed"},
	{"wshealthz: {drain: {appStopSeconds: 0}}", "/drain/appStopSeconds"},
	{"wshealthz: {drain: {sessionSeconds: 600}}", "wshealthz.drain.sessionSeconds is 600 and wshealthz.drain.mode is sleep, which cannot see who is connected (set mode to informed, or sessionSeconds to 0)"},
	{"wshealthz: {drain: {mode: none, sessionSeconds: 600}}", "wshealthz.drain.mode is none, which cannot see who is connected"},
	{"wshealthz: {adminPort: 0}", "wshealthz.adminPort is 0, so there is no admin listener, and wshealthz.drain.mode is sleep, whose hook uses it (set adminPort to a free port, or wshealthz.drain.mode to none)"},
	{"wshealthz: {adminPort: 0, drain: {mode: informed}}", "wshealthz.drain.mode is informed, whose hook uses it"},
	{"wshealthz: {drainWait: true}", "wshealthz.drainWait is set, but wshealthz.drain.mode sleep computes it (set wshealthz.drain.mode instead, or mode to none for hooks of your own)"},
	{"wshealthz: {drainTimeout: 9s, drain: {mode: informed}}", "wshealthz.drainTimeout is set, but wshealthz.drain.mode informed computes it (set wshealthz.drain.marginSeconds instead"},
	{"wshealthz: {drainAnswers: 3}", "wshealthz.drainAnswers is set, but wshealthz.drain.mode sleep computes it (set wshealthz.probe.unhealthyThreshold instead"},
	{"wshealthz: {drainSessions: 5m}", "wshealthz.drainSessions is set, but wshealthz.drain.mode sleep computes it (set wshealthz.drain.sessionSeconds instead"},
	{"wshealthz: {extraEnv: [{name: WSHEALTHZ_DRAIN_SESSIONS, value: 5m}]}", "wshealthz.drainSessions is set by WSHEALTHZ_DRAIN_SESSIONS in extraEnv, but wshealthz.drain.mode sleep computes it"},
	{"wshealthz: {probe: {interval: 300, unhealthyThreshold: 11}}", "wshealthz.drain.mode sleep would wait 3605 seconds for the gateway, must be at most 3600 (lower wshealthz.probe.interval"},
	{"wshealthz: {path: /drain, drain: {mode: informed}}", "wshealthz.path is /drain, where the server's hook waits"},
	{"lifecycle: {preStop: {sleep: {seconds: 5}}}", "lifecycle.preStop of the server is set, and so is wshealthz.drain.mode, whose hook has the same place (set wshealthz.drain.mode to none to keep your own, or remove lifecycle.preStop)"},
	{"terminationGracePeriodSeconds: 49", "terminationGracePeriodSeconds is 49, must be at least 50: 20 until the gateway has noticed (probe.interval 5 x (1 + probe.unhealthyThreshold 2) + drain.marginSeconds 5), drain.sessionSeconds 0 and drain.appStopSeconds 30 (raise it, leave it out, or set wshealthz.drain.mode to none)"},
	{"terminationGracePeriodSeconds: 0", "terminationGracePeriodSeconds is 0, must be at least 50"},
	{"terminationGracePeriodSeconds: 600\nwshealthz: {drain: {mode: informed, sessionSeconds: 600}}", "terminationGracePeriodSeconds is 600, must be at least 650: 20 until"},
	{"ingress: {defaultBackend: {service: {name: a, port: {number: 80}}}}", "ingress.defaultBackend must not be set"},
	{"gateway: {kind: none}\ningress: {defaultBackend: {}}", "ingress.defaultBackend must not be set"},
	{"enabled: false", "add condition: websocket-server.enabled to the dependency"},
	{"kind: DaemonSet", "/kind"},
	{"minReadySeconds: 600", "minReadySeconds is 600, must be less than progressDeadlineSeconds, which is 600, Kubernetes' own"},
	{"minReadySeconds: 60\nprogressDeadlineSeconds: 60", "must be less than progressDeadlineSeconds, which is 60"},
	{"kind: StatefulSet\nprogressDeadlineSeconds: 60", "progressDeadlineSeconds is 60 and kind is StatefulSet"},
	{"replicaCount: many", "/replicaCount"},
	{"autoscaling: {enabled: true}", "set resources.requests.cpu"},
	{"autoscaling: {enabled: true, maxReplicas: 1}", "autoscaling.maxReplicas is 1, must be at least autoscaling.minReplicas, which is 2"},
	{"service: {extraPorts: [{port: 9000}]}", "missing property 'name'"},
	{"service: {sessionAffinity: Cookie}", "/service/sessionAffinity"},
	{"commonAnnotations: {a: 1}", "/commonAnnotations/a"},
	{"ingress: {className: ''}", "ingress.className is empty"},
	{"ingress: {annotations: {kubernetes.io/ingress.class: azure/application-gateway}}", "Kubernetes refuses an Ingress with both"},
	{"ingress: {annotations: {appgw.ingress.kubernetes.io/backend-protocol: grpc}}", "~1backend-protocol': 'grpc' does not match"},
	{"ingress: {annotations: {appgw.ingress.kubernetes.io/backend-protocol: ''}}", "~1backend-protocol': '' does not match"},
}

// TestRefusals checks that values which cannot work are refused with one sentence that names the value to set.
func TestRefusals(t *testing.T) {
	for _, c := range refusals {
		eachHelm(t, func(t *testing.T, h helm) {
			_, err := render(t, h, "websocket-server", options{values: merged(t, on, c.over)})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s\ngot  %v\nwant an error with %q", c.over, err, c.want)
			}
		})
	}
}
