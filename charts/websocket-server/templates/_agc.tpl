{{/*
The name in the server's certificate, which Application Gateway for Containers expects as the sidecar does: tls.serverName,
or else probe.hostname.
*/}}
{{- define "websocket-server.tlsName" -}}
{{- $v := include "websocket-server.sidecar" . | fromYaml -}}
{{- $name := $v.tls.serverName | default $v.probe.hostname | default "" -}}
{{- if or (not $name) (contains "*" $name) -}}
{{- fail (printf "the server speaks TLS, and the gateway's BackendTLSPolicy needs one name in its certificate, not %q (set wshealthz.probe.hostname, or wshealthz.tls.serverName with a wss:// target)" $name) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* validateAGC (dict "root" $ "values" SIDECAR) refuses a probe that Application Gateway for Containers would reject. */}}
{{- define "websocket-server.validateAGC" -}}
{{- $v := .values -}}
{{- if and (include "wshealthz.servesTLS" $v) (ne (include "websocket-server.protocol" .root) "https") -}}
{{- fail "wshealthz.serve.secret makes the gateway probe the sidecar over TLS, which Application Gateway for Containers does only for a Service with a BackendTLSPolicy, and this server speaks http (leave wshealthz.serve.secret empty, or set gateway.backendProtocol to https if the server speaks TLS)" -}}
{{- end -}}
{{- if and (dig "certVolume" dict $v.tls) (eq (include "websocket-server.protocol" .root) "https") -}}
{{- fail "wshealthz.tls.certVolume has the client certificate that the server requires, and Application Gateway for Containers takes it from a Secret only, so users would be refused while the probe says 200 (set wshealthz.tls.certSecret instead)" -}}
{{- end -}}
{{- if and $v.probe.enabled (contains "*" ($v.probe.hostname | default "")) -}}
{{- fail (printf "wshealthz.probe.hostname is %s, must be a single name that the wildcard covers, such as health.contoso.com" $v.probe.hostname) -}}
{{- end -}}
{{- end -}}
