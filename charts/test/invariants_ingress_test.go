package charts

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// agicAnnotations are the eight that point AGIC's probe at wshealthz: with fewer it may make another probe on each sync.
var agicAnnotations = []string{
	agic + "backend-protocol", agic + "health-probe-hostname", agic + "health-probe-port", agic + "health-probe-path", agic + "health-probe-status-codes",
	agic + "health-probe-interval", agic + "health-probe-timeout", agic + "health-probe-unhealthy-threshold",
}

// ingress checks the class, and in an Ingress that moves AGIC's probe to another port what keeps that probe the same on each
// sync.
func (v *violations) ingress(ingress *networkingv1.Ingress) {
	v.want(ingress.Spec.IngressClassName == nil || ingress.Annotations["kubernetes.io/ingress.class"] == "", "has a class and the annotation for the class")
	if ingress.Annotations[agic+"health-probe-port"] == "" {
		return
	}
	v.want(ingress.Spec.DefaultBackend == nil, "has a defaultBackend, which makes AGIC's probe change")
	for _, name := range agicAnnotations {
		v.want(ingress.Annotations[name] != "", "has no "+strings.TrimPrefix(name, agic))
	}
}
