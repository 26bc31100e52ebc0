{{/*
How the gateway speaks to the server, and AGIC's probe to the sidecar: the annotation backend-protocol, or
gateway.backendProtocol. The annotation is always rendered, because without it a port 443 would make AGIC choose https.
For agc, whose probe does not depend on it, a wss:// target is https too.
*/}}
{{- define "websocket-server.protocol" -}}
{{- if and (eq .Values.gateway.kind "agc") (hasPrefix "wss://" (toString .Values.wshealthz.target)) -}}
https
{{- else -}}
{{- get .Values.ingress.annotations "appgw.ingress.kubernetes.io/backend-protocol" | default .Values.gateway.backendProtocol | lower -}}
{{- end -}}
{{- end -}}

{{/*
validateProtocol (dict "root" $ "values" SIDECAR) refuses a target that speaks cleartext on the port to which the gateway
speaks TLS: the sidecar would answer 200 while users are refused.
*/}}
{{- define "websocket-server.validateProtocol" -}}
{{- $cleartext := hasPrefix "ws://" (toString .values.target) -}}
{{- $port := regexFind "^ws://[^/?]*:[0-9]+" (toString .values.target) | regexFind "[0-9]+$" | default "80" -}}
{{- if and $cleartext (eq (include "websocket-server.protocol" .root) "https") (eq $port (.root.Values.service.targetPort | int | toString)) -}}
{{- fail (printf "wshealthz.target is %s, but the gateway speaks https to port %s (leave wshealthz.target empty, or begin it with wss://)" (include "wshealthz.redactedTarget" .values) $port) -}}
{{- end -}}
{{- end -}}

{{/* The annotations of the gateway's values. */}}
{{- define "websocket-server.gatewayAnnotations" -}}
{{- $prefix := "appgw.ingress.kubernetes.io/" -}}
{{- $annotations := dict
  (print $prefix "backend-protocol") .Values.gateway.backendProtocol
  (print $prefix "connection-draining") (toString .Values.gateway.connectionDraining)
  (print $prefix "connection-draining-timeout") (.Values.gateway.drainingTimeout | int | toString)
  (print $prefix "request-timeout") (.Values.gateway.requestTimeout | int | toString)
-}}
{{- with .Values.gateway.trustedRootCertificate -}}
{{- $_ := set $annotations (print $prefix "appgw-trusted-root-certificate") . -}}
{{- end -}}
{{- toYaml $annotations -}}
{{- end -}}

{{/*
The annotations of the Ingress: the gateway's values, over them ingress.annotations, over those the health probe's, and
backend-hostname where it is needed.
*/}}
{{- define "websocket-server.ingressAnnotations" -}}
{{- $probe := include "wshealthz.annotations" (dict "root" . "values" (include "websocket-server.sidecar" . | fromYaml)) | fromYaml -}}
{{- $annotations := mergeOverwrite (include "websocket-server.gatewayAnnotations" . | fromYaml) .Values.ingress.annotations $probe -}}
{{- with include "websocket-server.backendHostname" (dict "root" . "annotations" $annotations) -}}
{{- $_ := set $annotations "appgw.ingress.kubernetes.io/backend-hostname" . -}}
{{- end -}}
{{- toYaml $annotations -}}
{{- end -}}

{{/*
backendHostname (dict "root" $ "annotations" ANNOTATIONS) returns the annotation backend-hostname, or else the name that must be
one: with https and a trusted root certificate AGIC would have the server see its own address as Host, and a server that
compares Origin with Host would refuse users while the probe says 200. Nothing where users' own Host is passed on.
*/}}
{{- define "websocket-server.backendHostname" -}}
{{- $prefix := "appgw.ingress.kubernetes.io/" -}}
{{- $given := get .annotations (print $prefix "backend-hostname") -}}
{{- $https := eq (get .annotations (print $prefix "backend-protocol") | lower) "https" -}}
{{- if $given -}}
{{- $given -}}
{{- else if and $https (get .annotations (print $prefix "appgw-trusted-root-certificate")) -}}
{{- $name := include "websocket-server.hostname" .root -}}
{{- if or (not $name) (contains "*" $name) -}}
{{- fail (printf "with a trusted root certificate the gateway sends one Host to the server, and %q is not a name (set wshealthz.probe.hostname, or the annotation backend-hostname in ingress.annotations)" $name) -}}
{{- end -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{/* wshealthz.probe.hostname, or else the first rule's host. */}}
{{- define "websocket-server.hostname" -}}
{{- .Values.wshealthz.probe.hostname | default (first .Values.ingress.hosts).host | default "" -}}
{{- end -}}

{{/*
wshealthz.probe.previous. To a health probe in it this adds the hostname and path that AGIC makes of the first rule and the
server's own probes: left out, they could be another rule's on each sync.
*/}}
{{- define "websocket-server.previous" -}}
{{- $previous := deepCopy (.Values.wshealthz.probe.previous | default dict) -}}
{{- $prefix := "appgw.ingress.kubernetes.io/" -}}
{{- if and (eq .Values.gateway.kind "agic") (contains (print $prefix "health-probe-") (keys $previous | join ",")) -}}
{{- $annotations := mergeOverwrite (include "websocket-server.gatewayAnnotations" . | fromYaml) .Values.ingress.annotations $previous -}}
{{- $rule := first .Values.ingress.hosts -}}
{{- $host := contains "*" ($rule.host | default "") | ternary .Values.wshealthz.probe.hostname $rule.host -}}
{{- $get := dig "httpGet" dict .Values.readinessProbe | default (dig "httpGet" dict .Values.livenessProbe) -}}
{{- $path := (first ($rule.paths | default (list (dict "path" "/")))).path -}}
{{- $previous = merge $previous (dict
  (print $prefix "health-probe-hostname") (coalesce $get.host (include "websocket-server.backendHostname" (dict "root" . "annotations" $annotations)) $host "localhost")
  (print $prefix "health-probe-path") (coalesce $get.path (get $annotations (print $prefix "backend-path-prefix")) $path)) -}}
{{- end -}}
{{- toYaml $previous -}}
{{- end -}}

{{/* Refuses an Ingress that AGIC or Kubernetes would not take as it is meant. */}}
{{- define "websocket-server.validateIngress" -}}
{{- if hasKey .Values.ingress "defaultBackend" -}}
{{- fail "ingress.defaultBackend must not be set: next to rules for the same Service it makes AGIC's probe and backend setting change from one sync to the next, and alone it makes AGIC ignore the annotations and send traffic to port 80 (leave it out)" -}}
{{- end -}}
{{- if eq .Values.gateway.kind "agic" -}}
{{- $class := .Values.ingress.className -}}
{{- $annotation := get (include "websocket-server.ingressAnnotations" . | fromYaml) "kubernetes.io/ingress.class" -}}
{{- if and $class $annotation -}}
{{- fail (printf "ingress.className is %s and the annotation kubernetes.io/ingress.class is %s, and Kubernetes refuses an Ingress with both (set ingress.className to \"\", or remove the annotation)" $class $annotation) -}}
{{- end -}}
{{- if not (or $class $annotation) -}}
{{- fail "ingress.className is empty, and AGIC ignores an Ingress without a class (set it to the name of an IngressClass, or set the legacy annotation kubernetes.io/ingress.class in ingress.annotations)" -}}
{{- end -}}
{{- end -}}
{{- end -}}
