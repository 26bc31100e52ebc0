package charts

import (
	"cmp"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// agic is the prefix of AGIC's annotations.
const agic = "appgw.ingress.kubernetes.io/"

// agicProbe is the health probe that AGIC makes of an Ingress, in Application Gateway's terms. interval and timeout are
// seconds; empty codes mean 200-399.
type agicProbe struct {
	protocol, host, path, codes  string
	port, interval, timeout, bad int
}

// agicBackend returns the probe and the backend setting's protocol that AGIC makes of the Ingress' first rule. Azure refuses
// a configuration in which the two protocols differ.
//
// It follows what was measured with the config builder of AGIC 1.9.8: the gateway's defaults and the rule, over them the
// probe of the first container that declares the target port, over that the annotations. An annotation with a bad value is
// dropped silently.
func agicBackend(t *testing.T, objects []object) (probe agicProbe, setting string) {
	t.Helper()
	ingress := one[*networkingv1.Ingress](t, objects)
	probe = agicProbe{protocol: "Http", host: "localhost", path: "/", interval: 30, timeout: 30, bad: 3}
	if len(ingress.Spec.Rules) == 0 { // a defaultBackend alone: AGIC ignores the annotations
		probe.port = 80
		return probe, "Http"
	}
	rule := ingress.Spec.Rules[0]
	port := servicePort(t, objects, rule.HTTP.Paths[0].Backend.Service)
	target := port.TargetPort.IntValue()
	probe.host = cmp.Or(ingress.Annotations[agic+"backend-hostname"], rule.Host, probe.host)
	probe.path = cmp.Or(ingress.Annotations[agic+"backend-path-prefix"], rule.HTTP.Paths[0].Path, probe.path)
	probe.port = target
	setting = "Http"
	if target == 443 {
		setting = "Https"
	}
	if port.Port == 443 || target == 443 {
		probe.protocol = "Https"
	}
	probe.mergeContainers(one[*appsv1.Deployment](t, objects).Spec.Template.Spec.Containers)
	probe.mergeAnnotations(ingress.Annotations)
	switch strings.ToLower(ingress.Annotations[agic+"backend-protocol"]) {
	case "http":
		return probe.withProtocol("Http"), "Http"
	case "https":
		return probe.withProtocol("Https"), "Https"
	}
	return probe, setting
}

// agicProbeOf returns the probe that AGIC makes of the Ingress' first rule.
func agicProbeOf(t *testing.T, objects []object) agicProbe {
	t.Helper()
	probe, _ := agicBackend(t, objects)
	return probe
}

func servicePort(t *testing.T, objects []object, backend *networkingv1.IngressServiceBackend) corev1.ServicePort {
	t.Helper()
	for _, service := range all[*corev1.Service](objects) {
		for _, port := range service.Spec.Ports {
			if service.Name == backend.Name && port.Port == backend.Port.Number {
				return port
			}
		}
	}
	t.Fatalf("no Service has the Ingress' backend %v", backend)
	return corev1.ServicePort{}
}

func (p agicProbe) withProtocol(protocol string) agicProbe {
	p.protocol = protocol
	return p
}

// mergeContainers applies the HTTP readinessProbe, or else the HTTP livenessProbe, of the first container that declares the
// target port. Init containers do not count, so a native sidecar never does.
func (p *agicProbe) mergeContainers(containers []corev1.Container) {
	for _, c := range containers {
		for _, port := range c.Ports {
			if int(port.ContainerPort) != p.port {
				continue
			}
			for _, probe := range []*corev1.Probe{c.ReadinessProbe, c.LivenessProbe} {
				if probe != nil && probe.HTTPGet != nil {
					p.mergeProbe(probe, c.Ports)
					return
				}
			}
			return
		}
	}
}

// mergeProbe applies a container's probe. A port's name is looked up among the container's own ports and is otherwise 0.
func (p *agicProbe) mergeProbe(probe *corev1.Probe, ports []corev1.ContainerPort) {
	get := probe.HTTPGet
	p.host, p.path, p.port = cmp.Or(get.Host, p.host), cmp.Or(get.Path, p.path), int(get.Port.IntVal)
	for _, port := range ports {
		if get.Port.Type == intstr.String && port.Name == get.Port.StrVal {
			p.port = int(port.ContainerPort)
		}
	}
	p.protocol = "Http"
	if get.Scheme == corev1.URISchemeHTTPS || p.port == 443 {
		p.protocol = "Https"
	}
	for to, seconds := range map[*int]int32{&p.interval: probe.PeriodSeconds, &p.timeout: probe.TimeoutSeconds, &p.bad: min(probe.FailureThreshold, 20)} {
		if seconds != 0 {
			*to = int(seconds)
		}
	}
}

func (p *agicProbe) mergeAnnotations(annotations map[string]string) {
	get := func(name string) string { return annotations[agic+"health-probe-"+name] }
	number := func(to *int, name string, most int) {
		if n, err := strconv.Atoi(get(name)); err == nil && n > 0 && n <= most {
			*to = n
		}
	}
	p.host = cmp.Or(get("hostname"), p.host)
	p.path = strings.TrimRight(cmp.Or(get("path"), p.path), "*")
	p.codes = get("status-codes")
	number(&p.port, "port", 65535)
	number(&p.interval, "interval", 1<<31)
	number(&p.timeout, "timeout", 1<<31)
	number(&p.bad, "unhealthy-threshold", 1<<31)
}
