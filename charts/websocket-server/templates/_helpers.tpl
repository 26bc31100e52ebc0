{{- define "websocket-server.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 60 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 60 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 60 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "websocket-server.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* metadata (dict "root" $ "suffix" "-1"): name, namespace and labels of an object. */}}
{{- define "websocket-server.metadata" -}}
name: {{ include "websocket-server.fullname" .root }}{{ .suffix }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "websocket-server.selector" .root | nindent 2 }}
  app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
{{- end -}}

{{/* moreLabels LABELS is LABELS without those that metadata writes. */}}
{{- define "websocket-server.moreLabels" -}}
{{- with omit . "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/managed-by" -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/* The server's image, by digest where there is one. */}}
{{- define "websocket-server.image" -}}
{{- with .Values.image -}}
{{- .repository -}}
{{- if .digest }}@{{ .digest }}{{ else if .tag }}:{{ .tag }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* How AGIC speaks to the server, and to every probe's port: 443 is https for it, whatever the annotation says. */}}
{{- define "websocket-server.protocol" -}}
{{- $said := get .Values.ingress.annotations "appgw.ingress.kubernetes.io/backend-protocol" | default .Values.gateway.backendProtocol -}}
{{- $ports := list (int .Values.service.port) (int .Values.service.targetPort) -}}
{{- if or (eq (lower $said) "https") (and (eq .Values.gateway.kind "agic") (has 443 $ports)) -}}https{{- else -}}http{{- end -}}
{{- end -}}

{{/* The annotations of the Ingress as one map: what ingress.annotations says, and over it the health probe's. */}}
{{- define "websocket-server.ingressAnnotations" -}}
{{- $prefix := "appgw.ingress.kubernetes.io/" -}}
{{- $own := dict
  (print $prefix "backend-protocol") (include "websocket-server.protocol" .)
  (print $prefix "connection-draining") (toString .Values.gateway.connectionDraining)
  (print $prefix "connection-draining-timeout") (.Values.gateway.drainingTimeout | int | toString)
  (print $prefix "request-timeout") (.Values.gateway.requestTimeout | int | toString)
-}}
{{- with .Values.gateway.trustedRootCertificate -}}
{{- $_ := set $own (print $prefix "appgw-trusted-root-certificate") . -}}
{{- end -}}
{{- $probe := include "wshealthz.annotations" (dict "root" . "values" (include "websocket-server.sidecar" . | fromYaml)) | fromYaml -}}
{{- mergeOverwrite $own .Values.ingress.annotations $probe | toYaml -}}
{{- end -}}

{{/* The values of the sidecar, with what follows from the rest of the chart filled in. */}}
{{- define "websocket-server.sidecar" -}}
{{- $https := eq (include "websocket-server.protocol" .) "https" -}}
{{- $v := deepCopy .Values.wshealthz -}}
{{- $_ := set $v "hostNetwork" .Values.hostNetwork -}}
{{- if .Values.podMonitor.enabled -}}{{- $_ := set $v "adminExposed" true -}}{{- end -}}
{{- $given := list -}}
{{- range $v.extraEnv -}}{{- $given = append $given .name -}}{{- end -}}
{{- if not (or $v.target (has "WSHEALTHZ_TARGET" $given)) -}}
{{- $_ := set $v "target" (printf "%s://localhost:%d/" ($https | ternary "wss" "ws") (int .Values.service.targetPort)) -}}
{{- end -}}
{{- if not $v.probe.hostname -}}{{- $_ := set $v.probe "hostname" (first .Values.ingress.hosts).host -}}{{- end -}}
{{- if and (hasPrefix "wss://" $v.target) (not $v.tls.serverName) (not $v.tls.skipVerify) -}}
{{- $_ := set $v.tls "serverName" $v.probe.hostname -}}
{{- end -}}
{{- if and $v.enabled (eq $v.name "websocket-server") -}}
{{- fail "wshealthz.name is websocket-server, which is the name of the server's own container: want another" -}}
{{- end -}}
{{- with dig "httpGet" dict .Values.livenessProbe -}}
{{- if and $v.enabled (eq (toString .port) (include "wshealthz.port" $v)) -}}
{{- fail "livenessProbe of the server asks the sidecar, which would restart a healthy server for the sidecar's fault: let it ask the server itself, or leave it out" -}}
{{- end -}}
{{- end -}}
{{- if and $v.enabled (eq .Values.gateway.kind "agic") -}}
{{- if and $https (not $v.serve.secret) -}}
{{- fail "the gateway speaks https to the server (gateway.backendProtocol or the annotation backend-protocol, or a port of 443), so it probes the sidecar over HTTPS too: set wshealthz.serve.secret to a Secret of the type kubernetes.io/tls whose certificate has the name of wshealthz.probe.hostname" -}}
{{- end -}}
{{- if and (not $https) $v.serve.secret -}}
{{- fail "wshealthz.serve.secret makes the sidecar speak HTTPS, but the gateway speaks http to the server and probes the sidecar in the same way: set gateway.backendProtocol (and an annotation backend-protocol of ingress.annotations) to https, or leave wshealthz.serve.secret empty" -}}
{{- end -}}
{{- end -}}
{{- toYaml $v -}}
{{- end -}}

{{/* The pod's annotations: the user's, and the health port added to the ports that the mesh leaves alone. */}}
{{- define "websocket-server.podAnnotations" -}}
{{- $annotations := deepCopy .Values.podAnnotations -}}
{{- $key := get (dict "istio" "traffic.sidecar.istio.io/excludeInboundPorts" "linkerd" "config.linkerd.io/skip-inbound-ports") .Values.mesh -}}
{{- if and .Values.wshealthz.enabled $key -}}
{{- $ports := append (get $annotations $key | toString | splitList ",") (include "wshealthz.port" .Values.wshealthz) -}}
{{- $_ := set $annotations $key ($ports | compact | uniq | join ",") -}}
{{- end -}}
{{- toYaml $annotations -}}
{{- end -}}

{{/* watched (list $ NAME) fails when nothing scrapes the sidecar, so that the rules or the dashboard NAME would stay empty. */}}
{{- define "websocket-server.watched" -}}
{{- $values := (index . 0).Values -}}
{{- if not (and $values.wshealthz.enabled $values.podMonitor.enabled) -}}
{{- fail (printf "%s.enabled would show nothing, because nothing scrapes the sidecar: set wshealthz.enabled and podMonitor.enabled" (index . 1)) -}}
{{- end -}}
{{- end -}}
