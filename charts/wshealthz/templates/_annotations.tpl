{{/*
The annotations of the Ingress: all seven of AGIC's health probe when probe.enabled, because fewer make AGIC choose
otherwise from one sync to the next; else those of probe.previous. Call: (dict "root" $ "values" BLOCK).
backend-protocol is the Ingress' own; https there needs serve.secret here.
*/}}
{{- define "wshealthz.annotations" -}}
{{- $v := include "wshealthz.values" . | fromYaml -}}
{{- $prefix := "appgw.ingress.kubernetes.io/health-probe-" -}}
{{- with $v.probe -}}
{{- if .enabled -}}
{{- if not .hostname -}}
{{- fail "wshealthz.probe.hostname is empty: set it to the host of the Ingress' rule, such as ws.contoso.com" -}}
{{- end -}}
{{- if contains "*" .hostname -}}
{{- fail (printf "wshealthz.probe.hostname is %s, want one name that the wildcard covers, such as health.contoso.com" .hostname) -}}
{{- end -}}
{{ $prefix }}hostname: {{ .hostname | quote }}
{{ $prefix }}port: {{ include "wshealthz.port" $v | quote }}
{{ $prefix }}path: {{ $v.path | quote }}
{{ $prefix }}status-codes: {{ .statusCodes | toString | quote }}
{{ $prefix }}interval: {{ .interval | int | quote }}
{{ $prefix }}timeout: {{ .timeout | int | quote }}
{{ $prefix }}unhealthy-threshold: {{ .unhealthyThreshold | int | quote }}
{{- else -}}
{{- range $key, $value := .previous }}
{{ $key | quote }}: {{ $value | toString | quote }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
