package charts

import (
	"cmp"
	"slices"
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

// agicSetting is the backend setting that AGIC makes of an Ingress. Without host the server sees the Host that users ask for;
// with fromAddress it sees its own address, and one that compares Origin with Host refuses users.
type agicSetting struct {
	protocol, host string
	port           int
	fromAddress    bool
}

// agicBackend is a probe with the setting that uses it. Azure refuses a configuration in which their protocols differ.
type agicBackend struct {
	probe   agicProbe
	setting agicSetting
}

// agicClass is the class that AGIC's add-on creates, and agicController the controller in it, which is also what AGIC wants in
// the legacy annotation.
const (
	agicClass      = "azure-application-gateway"
	agicController = "azure/application-gateway"
)

// agicBackends returns each backend that AGIC may make of the Ingress. With more than one, it makes another from one sync to
// the next, and each change is a push of the gateway's configuration. An Ingress of another class makes none, without an Event.
//
// It follows what was measured with the controller of AGIC 1.9.8, 40 times each. AGIC has one probe and one setting for a
// Service of an Ingress, made of any of its rules, paths and pods: the gateway's defaults and the rule, over them the probe of
// the first container that declares the target port, over that the annotations. An annotation with a bad value is dropped
// silently. A defaultBackend makes the gateway's default probe and setting, whatever the annotations say.
func agicBackends(t *testing.T, objects []object) (found []agicBackend) {
	t.Helper()
	ingress := one[*networkingv1.Ingress](t, objects)
	if legacy, class := ingress.Annotations["kubernetes.io/ingress.class"], ingress.Spec.IngressClassName; legacy != agicController && (class == nil || *class != agicClass) {
		return nil
	}
	add := func(b agicBackend) {
		if !slices.Contains(found, b) {
			found = append(found, b)
		}
	}
	if ingress.Spec.DefaultBackend != nil {
		add(agicBackend{defaultAGICProbe(80), agicSetting{protocol: "Http", port: 80}})
	}
	for _, rule := range ingress.Spec.Rules {
		for _, path := range rule.HTTP.Paths {
			port := servicePort(t, objects, path.Backend.Service)
			for _, deployment := range all[*appsv1.Deployment](objects) {
				add(agicBackendOf(ingress, rule.Host, path.Path, port, deployment.Spec.Template.Spec.Containers))
			}
		}
	}
	return found
}

func defaultAGICProbe(port int) agicProbe {
	return agicProbe{protocol: "Http", host: "localhost", path: "/", port: port, interval: 30, timeout: 30, bad: 3}
}

// agicBackendOf returns what AGIC makes of one path of a rule and one pod.
func agicBackendOf(ingress *networkingv1.Ingress, host, path string, port corev1.ServicePort, containers []corev1.Container) agicBackend {
	get := func(name string) string { return ingress.Annotations[agic+name] }
	target := port.TargetPort.IntValue()
	probe, setting := defaultAGICProbe(target), agicSetting{protocol: "Http", host: get("backend-hostname"), port: target}
	probe.host = cmp.Or(setting.host, host, probe.host)
	probe.path = cmp.Or(get("backend-path-prefix"), path, probe.path)
	if target == 443 {
		setting.protocol = "Https"
	}
	if port.Port == 443 || target == 443 {
		probe.protocol = "Https"
	}
	probe.mergeContainers(containers)
	probe.mergeAnnotations(ingress.Annotations)
	switch strings.ToLower(get("backend-protocol")) {
	case "http":
		probe.protocol, setting.protocol = "Http", "Http"
	case "https":
		probe.protocol, setting.protocol = "Https", "Https"
	}
	setting.fromAddress = setting.protocol == "Https" && get("appgw-trusted-root-certificate") != "" && setting.host == ""
	return agicBackend{probe, setting}
}

// agicBackendIn returns the backend that AGIC makes, and fails the test if it makes none, or not always the same.
func agicBackendIn(t *testing.T, objects []object) agicBackend {
	t.Helper()
	found := agicBackends(t, objects)
	if len(found) != 1 {
		t.Fatalf("AGIC makes %d backends, want one on each sync: %+v", len(found), found)
	}
	return found[0]
}

// agicProbeOf returns the probe of agicBackendIn.
func agicProbeOf(t *testing.T, objects []object) agicProbe {
	t.Helper()
	return agicBackendIn(t, objects).probe
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
