package charts

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// albBackendTLSPolicy is that of Application Gateway for Containers, with the checks of its CRD: datreeio/CRDs-catalog,
// alb.networking.azure.io/backendtlspolicy_v1.json. spec.override is left out, as unsupported so far. That ports are those of
// the Service is from "End-to-end TLS with Application Gateway for Containers", Microsoft Learn, whose example has port 443
// for a Service with targetPort 8443.
type albBackendTLSPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		TargetRef policyTarget `json:"targetRef"`
		Default   struct {
			SNI   string `json:"sni"`
			Ports []struct {
				Port *int32 `json:"port"`
			} `json:"ports"`
			ClientCertificateRef *albSecret `json:"clientCertificateRef"`
			Verify               *struct {
				CACertificateRef *albSecret `json:"caCertificateRef"`
				SubjectAltName   string     `json:"subjectAltName"`
			} `json:"verify"`
		} `json:"default"`
	} `json:"spec"`
}

// albSecret names a Secret of the policy's own namespace: another one needs a ReferenceGrant.
type albSecret struct {
	Group string  `json:"group"` // "" for Secret
	Kind  string  `json:"kind"`
	Name  *string `json:"name"`
}

func (s *albSecret) check(v *violations, what string) {
	if s != nil {
		v.want(s.Group == "" && s.Kind == "Secret" && s.Name != nil && *s.Name != "", what+" does not name a Secret")
	}
}

func (p *albBackendTLSPolicy) check(v *violations) {
	p.Spec.TargetRef.check(v)
	d := p.Spec.Default
	v.all(fmt.Sprintf("sni %q", d.SNI), validation.IsDNS1123Subdomain(d.SNI))
	v.want(len(d.Ports) > 0, "applies to no port")
	for _, port := range d.Ports {
		v.want(port.Port != nil, "has a port without a number")
		v.within("port", port.Port, 1, 65535)
	}
	d.ClientCertificateRef.check(v, "clientCertificateRef")
	if d.Verify != nil {
		v.want(d.Verify.CACertificateRef != nil, "verifies without caCertificateRef")
		d.Verify.CACertificateRef.check(v, "caCertificateRef")
	}
}

// TestBackendTLS checks that Application Gateway for Containers speaks to the server as the sidecar does, at every step: TLS
// where the sidecar's target is wss://, with the same name, authority and client certificate.
func TestBackendTLS(t *testing.T) {
	const agc = "gateway: {kind: agc, create: true, backendProtocol: https}\n"
	for over, want := range map[string]struct{ sni, ca, client, target string }{
		agc: {"ws.contoso.com", "", "", "wss://localhost:8888/"},
		agc + "service: {port: 443, targetPort: 8443}":                                             {"ws.contoso.com", "", "", "wss://localhost:8443/"},
		"gateway: {kind: agc, create: true}\nwshealthz: {target: 'wss://localhost:8888/ws'}":       {"ws.contoso.com", "", "", "wss://localhost:8888/ws"},
		agc + "wshealthz: {tls: {caSecret: ca, serverName: server.internal}}":                      {"server.internal", "ca", "", "wss://localhost:8888/"},
		agc + "wshealthz: {tls: {caSecret: ca, certSecret: client}, probe: {hostname: h.example}}": {"h.example", "ca", "client", "wss://localhost:8888/"},
		agc + "wshealthz: {tls: {skipVerify: true}}":                                               {"ws.contoso.com", "", "", "wss://localhost:8888/"},
		agc + "wshealthz: {serve: {secret: s}}":                                                    {"ws.contoso.com", "", "", "wss://localhost:8888/"},
		agc + "wshealthz: {target: 'ws://localhost:9000/'}":                                        {"ws.contoso.com", "", "", "ws://localhost:9000/"}, // behind a proxy in the pod
		agc + "ingress: {hosts: [{host: '*.example'}]}\nwshealthz: {probe: {hostname: a.example}}": {"a.example", "", "", "wss://localhost:8888/"},
		agc + "wshealthz: {probe: {enabled: false}}":                                               {"ws.contoso.com", "", "", "wss://localhost:8888/"},
		agc + "wshealthz: {enabled: false, probe: {enabled: false}, tls: {caSecret: ca}}":          {"ws.contoso.com", "ca", "", ""},
	} {
		objects := mustRender(t, helms(t)[0], "websocket-server", options{values: merged(t, on, over)})
		service, policy := one[*corev1.Service](t, objects), one[*albBackendTLSPolicy](t, objects)
		d := policy.Spec.Default
		if *policy.Spec.TargetRef.Name != service.Name || policy.Spec.TargetRef.Namespace != policy.Namespace || policy.Namespace != service.Namespace {
			t.Errorf("%s: the policy is for %+v, want the Service %s", over, policy.Spec.TargetRef, service.Name)
		}
		if len(d.Ports) != 1 || *d.Ports[0].Port != service.Spec.Ports[0].Port {
			t.Errorf("%s: the policy has ports %+v, want the Service's %d", over, d.Ports, service.Spec.Ports[0].Port)
		}
		ca, client := "", ""
		if d.Verify != nil {
			ca = *d.Verify.CACertificateRef.Name
			if d.Verify.SubjectAltName != d.SNI {
				t.Errorf("%s: the gateway verifies the name %q and sends %q", over, d.Verify.SubjectAltName, d.SNI)
			}
		}
		if d.ClientCertificateRef != nil {
			client = *d.ClientCertificateRef.Name
		}
		if d.SNI != want.sni || ca != want.ca || client != want.client {
			t.Errorf("%s: sni %q, authority %q and client certificate %q, want %+v", over, d.SNI, ca, client, want)
		}
		if want.target == "" {
			continue
		}
		env := environmentOf(sidecarOf(t, objects))
		if env["WSHEALTHZ_TARGET"] != want.target {
			t.Errorf("%s: the target is %s, want %s", over, env["WSHEALTHZ_TARGET"], want.target)
		}
		if name, is := env["WSHEALTHZ_TLS_SERVER_NAME"]; is && name != d.SNI {
			t.Errorf("%s: the sidecar expects the name %s, the gateway %s", over, name, d.SNI)
		}
	}
}

// TestNoBackendTLS checks that a cleartext server, or another gateway, gets no BackendTLSPolicy.
func TestNoBackendTLS(t *testing.T) {
	for _, over := range []string{
		"gateway: {kind: agc, create: true}", "service: {port: 443, targetPort: 443}\ngateway: {kind: agc, create: true}",
		"gateway: {backendProtocol: https}\nwshealthz: {serve: {secret: s}}", "gateway: {kind: none, backendProtocol: https}",
	} {
		objects := mustRender(t, helms(t)[0], "websocket-server", options{values: merged(t, on, over)})
		if got := all[*albBackendTLSPolicy](objects); len(got) != 0 {
			t.Errorf("%s: %d BackendTLSPolicies, want none", over, len(got))
		}
	}
}

// TestUseTLS checks that the gateway's probe uses TLS only where the sidecar serves it. Application Gateway for Containers
// refuses useTLS for a Service without a BackendTLSPolicy (BackendTLSPolicyNotFound).
func TestUseTLS(t *testing.T) {
	const agc = "gateway: {kind: agc, create: true, backendProtocol: https}\n"
	for over, want := range map[string]bool{agc: false, agc + "wshealthz: {serve: {secret: s}}": true} {
		objects := mustRender(t, helms(t)[0], "websocket-server", options{values: merged(t, on, over)})
		if got := one[*albHealthCheckPolicy](t, objects).Spec.Default.UseTLS; got != want {
			t.Errorf("%s: useTLS is %v, want %v", over, got, want)
		}
	}
	_, err := render(t, helms(t)[0], "websocket-server", options{values: merged(t, on, "gateway: {kind: agc, create: true}\nwshealthz: {serve: {secret: s}}")})
	if err == nil || !strings.Contains(err.Error(), "only for a Service with a BackendTLSPolicy") {
		t.Errorf("useTLS for a cleartext server: got %v, want a refusal", err)
	}
}
