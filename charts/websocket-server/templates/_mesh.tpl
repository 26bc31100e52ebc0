{{/*
bypassMesh (dict "root" $ "ports" PORTS) returns the comma list PORTS, which bypass the mesh, with the health port added: the
gateway and the kubelet are not part of the mesh.

With meshStrict the mesh refuses the gateway's cleartext on the server's port. If the health port alone bypassed it, the probe
would say 200 while users are refused. So with a gateway of this chart the server's port must bypass the mesh as well, and
without one the health port stays in the mesh, where a prober is refused as users are.
*/}}
{{- define "websocket-server.bypassMesh" -}}
{{- $ports := regexReplaceAll "\\s" .ports "" | splitList "," -}}
{{- $values := .root.Values -}}
{{- $health := include "wshealthz.port" $values.wshealthz -}}
{{- if and $values.meshStrict (ne $values.gateway.kind "none") -}}
{{- include "websocket-server.requireBypass" (dict "root" .root "ports" $ports) -}}
{{- end -}}
{{- if not (and $values.meshStrict (eq $values.gateway.kind "none")) -}}
{{- $ports = append $ports $health -}}
{{- end -}}
{{- $ports | compact | uniq | join "," -}}
{{- end -}}

{{/* requireBypass (dict "root" $ "ports" LIST) fails unless the server's port is in LIST, in which Linkerd allows ranges. */}}
{{- define "websocket-server.requireBypass" -}}
{{- $values := .root.Values -}}
{{- $port := int $values.service.targetPort -}}
{{- $found := dict -}}
{{- range .ports -}}
{{- $range := splitList "-" . -}}
{{- if and (first $range) (ge $port (first $range | int)) (le $port (last $range | int)) -}}{{- $_ := set $found "port" true -}}{{- end -}}
{{- end -}}
{{- if not $found -}}
{{- fail (printf "meshStrict is true, so the proxy of %s refuses the gateway's connections to the server on port %d, while the health port would bypass it and answer 200 (let the server's port bypass the mesh too, with the annotation %s: %q in podAnnotations, or have the mesh accept cleartext on that port, with portLevelMtls PERMISSIVE in Istio's PeerAuthentication or with a Server and an AuthorizationPolicy of Linkerd, and set meshStrict to false)" $values.mesh $port (include "websocket-server.meshKey" .root) (toString $port)) -}}
{{- end -}}
{{- end -}}

{{/* The pod's annotation for ports that bypass the mesh, or nothing without a mesh. */}}
{{- define "websocket-server.meshKey" -}}
{{- if and .Values.meshStrict (eq .Values.mesh "none") -}}
{{- fail "meshStrict is true and mesh is none (set mesh to istio or linkerd)" -}}
{{- end -}}
{{- get (dict "istio" "traffic.sidecar.istio.io/excludeInboundPorts" "linkerd" "config.linkerd.io/skip-inbound-ports") .Values.mesh -}}
{{- end -}}
