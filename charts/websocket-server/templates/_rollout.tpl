{{/* seconds VALUE returns a number, or nothing if VALUE is null or "". 0 is a number. */}}
{{- define "websocket-server.number" -}}
{{- if not (or (kindIs "invalid" .) (eq (toString .) "")) -}}{{ int64 . }}{{- end -}}
{{- end -}}

{{/*
How old pods are replaced by new ones, as fields of the spec. A new pod is Ready in Kubernetes long before the gateway, which
goes by its own probes, sends it traffic, so with the probe it has to be Ready for 30 seconds before an old one is stopped. A
quarter of the pods at a time makes that four times, however many there are. With hostNetwork a new pod has to wait for the
port of an old one.
*/}}
{{- define "websocket-server.rollout" -}}
{{- $set := eq .Values.kind "StatefulSet" -}}
{{- $ready := include "websocket-server.number" .Values.minReadySeconds -}}
{{- $rolling := dict -}}
{{- if .Values.wshealthz.probe.enabled -}}
{{- $ready = $ready | default "30" -}}
{{- $rolling = dict "maxSurge" "25%" "maxUnavailable" 0 -}}
{{- end -}}
{{- if .Values.hostNetwork -}}{{- $rolling = dict "maxSurge" 0 "maxUnavailable" "25%" -}}{{- end -}}
{{- if $set -}}{{- $rolling = dict -}}{{- end -}}
{{- $given := .Values.strategy -}}
{{- $strategy := omit $given "rollingUpdate" -}}
{{- if eq ($given.type | default "RollingUpdate") "RollingUpdate" -}}
{{- with include "wshealthz.overlay" (list $rolling ($given.rollingUpdate | default dict)) | fromYaml -}}
{{- $strategy = merge (dict "type" "RollingUpdate" "rollingUpdate" .) $strategy -}}
{{- end -}}
{{- end -}}
{{- $deadline := include "websocket-server.number" .Values.progressDeadlineSeconds -}}
{{- if and $set $deadline -}}
{{- fail (printf "progressDeadlineSeconds is %s and kind is StatefulSet, which has no deadline (leave it out)" $deadline) -}}
{{- end -}}
{{- if and (not $set) (ge (int $ready) ($deadline | default "600" | int)) -}}
{{- fail (printf "minReadySeconds is %s, must be less than progressDeadlineSeconds, which is %s" $ready ($deadline | default "600, Kubernetes' own")) -}}
{{- end -}}
{{- with $ready }}
minReadySeconds: {{ . }}
{{- end }}
{{- with $deadline }}
progressDeadlineSeconds: {{ . }}
{{- end }}
{{- with $strategy }}
{{ $set | ternary "updateStrategy" "strategy" }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The fields that only a StatefulSet has. */}}
{{- define "websocket-server.statefulSet" -}}
{{- with .Values.statefulSet -}}
serviceName: {{ .serviceName | default (printf "%s-headless" (include "websocket-server.fullname" $)) }}
podManagementPolicy: {{ .podManagementPolicy }}
{{- range $field := list "persistentVolumeClaimRetentionPolicy" "volumeClaimTemplates" }}
{{- with get $.Values.statefulSet $field }}
{{ $field }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}
