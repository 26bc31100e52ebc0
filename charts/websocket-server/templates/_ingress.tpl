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
{{- $port := regexFind "^ws://[^/?]*:[0-9]+" (toString .values.target) | regexFind "[0-9]+$" -}}
{{- if and (eq (include "websocket-server.protocol" .root) "https") (eq $port (.root.Values.service.targetPort | int | toString)) -}}
{{- fail (printf "wshealthz.target is %s, but the gateway speaks https to port %s (leave wshealthz.target empty, or begin it with wss://)" (include "wshealthz.redactedTarget" .values) $port) -}}
{{- end -}}
{{- end -}}

{{/* The annotations of the Ingress: the gateway's values, over them ingress.annotations, over those the health probe's. */}}
{{- define "websocket-server.ingressAnnotations" -}}
{{- $prefix := "appgw.ingress.kubernetes.io/" -}}
{{- $gateway := dict
  (print $prefix "backend-protocol") .Values.gateway.backendProtocol
  (print $prefix "connection-draining") (toString .Values.gateway.connectionDraining)
  (print $prefix "connection-draining-timeout") (.Values.gateway.drainingTimeout | int | toString)
  (print $prefix "request-timeout") (.Values.gateway.requestTimeout | int | toString)
-}}
{{- with .Values.gateway.trustedRootCertificate -}}
{{- $_ := set $gateway (print $prefix "appgw-trusted-root-certificate") . -}}
{{- end -}}
{{- $probe := include "wshealthz.annotations" (dict "root" . "values" (include "websocket-server.sidecar" . | fromYaml)) | fromYaml -}}
{{- mergeOverwrite $gateway .Values.ingress.annotations $probe | toYaml -}}
{{- end -}}

{{/*
wshealthz.probe.previous. To a health probe in it this adds the hostname and path that AGIC makes of the first rule and the
server's own probes: left out, they could be another rule's on each sync.
*/}}
{{- define "websocket-server.previous" -}}
{{- $previous := deepCopy (.Values.wshealthz.probe.previous | default dict) -}}
{{- $prefix := "appgw.ingress.kubernetes.io/" -}}
{{- if contains (print $prefix "health-probe-") (keys $previous | join ",") -}}
{{- $rule := first .Values.ingress.hosts -}}
{{- $host := contains "*" ($rule.host | default "") | ternary .Values.wshealthz.probe.hostname $rule.host -}}
{{- $get := dig "httpGet" dict .Values.readinessProbe | default (dig "httpGet" dict .Values.livenessProbe) -}}
{{- $path := (first ($rule.paths | default (list (dict "path" "/")))).path -}}
{{- $previous = merge $previous (dict
  (print $prefix "health-probe-hostname") (coalesce $get.host (get .Values.ingress.annotations (print $prefix "backend-hostname")) $host "localhost")
  (print $prefix "health-probe-path") (coalesce $get.path (get .Values.ingress.annotations (print $prefix "backend-path-prefix")) $path)) -}}
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
{{- $annotation := get .Values.ingress.annotations "kubernetes.io/ingress.class" -}}
{{- if and $class $annotation -}}
{{- fail (printf "ingress.className is %s and the annotation kubernetes.io/ingress.class is %s, and Kubernetes refuses an Ingress with both (set ingress.className to \"\", or remove the annotation)" $class $annotation) -}}
{{- end -}}
{{- if not (or $class $annotation) -}}
{{- fail "ingress.className is empty, and AGIC ignores an Ingress without a class (set it to the name of an IngressClass, or set the legacy annotation kubernetes.io/ingress.class in ingress.annotations)" -}}
{{- end -}}
{{- end -}}
{{- end -}}
