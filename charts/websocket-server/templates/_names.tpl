{{/*
The name of all objects. In an umbrella chart it always ends in the chart's name, which is its alias: a release named
chat-admin would otherwise make one name of the aliases chat and admin.
*/}}
{{- define "websocket-server.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := printf "%s-%s" .Release.Name $name -}}
{{- if .Values.fullnameOverride -}}
{{- $full = .Values.fullnameOverride -}}
{{- else if and .Chart.IsRoot (contains $name .Release.Name) -}}
{{- $full = .Release.Name -}}
{{- end -}}
{{- /* The longest that every object may have. The pods of a StatefulSet have a label of its name and 11 characters more. */ -}}
{{- $longest := eq .Values.kind "StatefulSet" | ternary 52 60 -}}
{{- if and .Chart.IsRoot (eq .Values.kind "Deployment") -}}
{{- /* A release's name has at most 53 characters, so it is never cut. */ -}}
{{- $full | trunc $longest | trimSuffix "-" -}}
{{- else if gt (len $full) $longest -}}
{{- printf "%s-%s" ($full | trunc (sub $longest 9 | int) | trimSuffix "-") (sha256sum $full | trunc 8) -}}
{{- else -}}
{{- $full -}}
{{- end -}}
{{- end -}}

{{- define "websocket-server.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/*
metadata (dict "root" $ "suffix" "-1" "labels" LABELS "annotations" ANNOTATIONS) returns the name, namespace, labels and
annotations of an object. LABELS do not replace the chart's own; ANNOTATIONS replace commonAnnotations.
*/}}
{{- define "websocket-server.metadata" -}}
name: {{ include "websocket-server.fullname" .root }}{{ .suffix }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "websocket-server.selector" .root | nindent 2 }}
  app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
  {{- with omit (.labels | default dict) "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/managed-by" }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with mergeOverwrite (dict) .root.Values.commonAnnotations (.annotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
Refuses a release in which the objects of two charts have one name, or their Services select each other's pods: so they would
with the same fullnameOverride or nameOverride. .Release is what all charts of a release share while they are rendered.
*/}}
{{- define "websocket-server.validateNames" -}}
{{- $taken := get .Release "wshealthzNames" | default dict -}}
{{- $label := include "websocket-server.selector" . | fromYaml -}}
{{- range list (print "the name " (include "websocket-server.fullname" .)) (print "the label app.kubernetes.io/name " (get $label "app.kubernetes.io/name")) -}}
{{- $other := get $taken . | default $.Template.BasePath -}}
{{- if ne $other $.Template.BasePath -}}
{{- fail (printf "%s and %s both have %s (change fullnameOverride or nameOverride of one of them)" (dir $other) (dir $.Template.BasePath) .) -}}
{{- end -}}
{{- $_ := set $taken . $.Template.BasePath -}}
{{- end -}}
{{- $_ := set .Release "wshealthzNames" $taken -}}
{{- end -}}

{{/* Refuses enabled false, with which nothing would be rendered if the umbrella chart had a condition. */}}
{{- define "websocket-server.validateEnabled" -}}
{{- if not .Values.enabled -}}
{{- fail (printf "enabled is false, and no condition leaves %s out (add condition: %s.enabled to the dependency in the umbrella's Chart.yaml, or remove the value)" .Chart.Name .Chart.Name) -}}
{{- end -}}
{{- end -}}
