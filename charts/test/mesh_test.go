package charts

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
)

// TestMesh checks which ports bypass the mesh: the health port is added, and only with the sidecar. Where the mesh refuses
// strangers on the server's port, the health port bypasses it only if the server's port does.
func TestMesh(t *testing.T) {
	const istio, linkerd = "traffic.sidecar.istio.io/excludeInboundPorts", "config.linkerd.io/skip-inbound-ports"
	const strict = "mesh: istio\nmeshStrict: true\n"
	for _, c := range []struct{ values, key, want string }{
		{merged(t, on, "mesh: istio"), istio, "10101"},
		{merged(t, on, "mesh: linkerd"), linkerd, "10101"},
		{merged(t, on, "mesh: istio\npodAnnotations: {"+istio+": '9000'}"), istio, "9000,10101"},
		{"mesh: istio", istio, ""},
		{strict, istio, ""},
		{merged(t, on, strict+"podAnnotations: {"+istio+": '8888'}"), istio, "8888,10101"},
		{merged(t, on, strict+"podAnnotations: {"+istio+": '9000, 8888'}"), istio, "9000,8888,10101"},
		{merged(t, on, "mesh: linkerd\nmeshStrict: true\npodAnnotations: {"+linkerd+": '25,8000-9000'}"), linkerd, "25,8000-9000,10101"},
		{merged(t, on, strict+"gateway: {kind: none}"), istio, ""},
		{merged(t, on, strict+"gateway: {kind: none}\npodAnnotations: {"+istio+": '9000'}"), istio, "9000"},
		{merged(t, on, "mesh: istio\ngateway: {kind: none}"), istio, "10101"},
	} {
		got, is := one[*appsv1.Deployment](t, mustRender(t, helms(t)[0], "websocket-server", options{values: c.values})).Spec.Template.Annotations[c.key]
		if got != c.want || is != (c.want != "") {
			t.Errorf("%s\n%s is %q, want %q", c.values, c.key, got, c.want)
		}
	}
}
