package charts

import (
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// agicProbe is the health probe that AGIC makes of an Ingress, in Application Gateway's own words. Intervals and timeouts
// are seconds; no codes at all is 200-399.
type agicProbe struct {
	protocol, host, path, codes  string
	port, interval, timeout, bad int
}

// agicProbeOf is the probe of the Ingress' first rule, by the rules that were measured with AGIC 1.9.8's config builder:
// the gateway's defaults, over them the probe of the first container that declares the target port, over that the
// annotations that are well-formed. One that is not is dropped in silence.
func agicProbeOf(t *testing.T, objects []object) agicProbe {
	t.Helper()
	ingress := one[*networkingv1.Ingress](t, objects)
	probe := agicProbe{protocol: "Http", host: "localhost", path: "/", interval: 30, timeout: 30, bad: 3}
	if len(ingress.Spec.Rules) == 0 { // only a defaultBackend: the annotations do not count
		return probe
	}
	rule := ingress.Spec.Rules[0]
	if rule.Host != "" {
		probe.host = rule.Host
	}
	port := servicePort(t, objects, rule.HTTP.Paths[0].Backend.Service)
	probe.port = port.TargetPort.IntValue()
	probe.ofContainer(one[*appsv1.Deployment](t, objects).Spec.Template.Spec.Containers)
	probe.ofAnnotations(ingress.Annotations)
	if ingress.Annotations["appgw.ingress.kubernetes.io/backend-protocol"] == "https" || port.Port == 443 || port.TargetPort.IntValue() == 443 {
		probe.protocol = "Https"
	}
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
	t.Fatalf("the Ingress' backend %v is no Service", backend)
	return corev1.ServicePort{}
}

// ofContainer takes the readinessProbe, or else the livenessProbe, of the first container with the target port. Init
// containers do not count, so a native sidecar never does.
func (p *agicProbe) ofContainer(containers []corev1.Container) {
	for _, c := range containers {
		for _, port := range c.Ports {
			if int(port.ContainerPort) != p.port {
				continue
			}
			for _, probe := range []*corev1.Probe{c.ReadinessProbe, c.LivenessProbe} {
				if probe != nil && probe.HTTPGet != nil {
					p.path, p.port = probe.HTTPGet.Path, 0 // a named port is none
					if probe.HTTPGet.Port.Type == intstr.Int {
						p.port = probe.HTTPGet.Port.IntValue()
					}
					return
				}
			}
			return
		}
	}
}

func (p *agicProbe) ofAnnotations(annotations map[string]string) {
	get := func(name string) string { return annotations["appgw.ingress.kubernetes.io/health-probe-"+name] }
	number := func(to *int, name string, most int) {
		if n, err := strconv.Atoi(get(name)); err == nil && n > 0 && n <= most {
			*to = n
		}
	}
	if host := get("hostname"); host != "" {
		p.host = host
	}
	if path := strings.TrimRight(get("path"), "*"); path != "" {
		p.path = path
	}
	p.codes = get("status-codes")
	number(&p.port, "port", 65535)
	number(&p.interval, "interval", 1<<31)
	number(&p.timeout, "timeout", 1<<31)
	number(&p.bad, "unhealthy-threshold", 1<<31)
}
