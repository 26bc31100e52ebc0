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
{{- if or (eq (lower $said) "https") (has 443 (list (int .Values.service.port) (int .Values.service.targetPort))) -}}https{{- else -}}http{{- end -}}
{{- end -}}

{{/* The annotations of the Ingress as one map. What ingress.annotations says comes last. */}}
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
{{- mergeOverwrite $own .Values.ingress.annotations | toYaml -}}
{{- end -}}
