{{/*
Annotations of the Ingress for AGIC. Call: (dict "root" $ "values" BLOCK), and with "annotations" OWN if the chart lets its
users set annotations: then all are rendered, each once, and those of this library win. With the probe and https, a trusted
root certificate among them gets the backend-hostname that it needs.

With probe.enabled, the seven of the health probe and backend-protocol. All eight, because AGIC fills in what is missing
from the rules and the pods, and may do so differently on each sync; and without backend-protocol a port 443 or an HTTPS
probe of the server gives the probe another protocol than the backend setting, which Azure refuses for every Ingress of
the gateway. backend-protocol is https with serve.secret, otherwise http.

Without probe.enabled, the annotations of probe.previous.
*/}}
{{- define "wshealthz.annotations" -}}
{{- $v := include "wshealthz.values" . | fromYaml -}}
{{- $ours := "" -}}
{{- if $v.probe.enabled -}}
{{- $ours = include "wshealthz.probeAnnotations" $v -}}
{{- else -}}
{{- $ours = include "wshealthz.previousAnnotations" $v.probe -}}
{{- end -}}
{{- if .annotations -}}
{{- $all := mergeOverwrite (dict) .annotations ($ours | fromYaml) -}}
{{- $prefix := "appgw.ingress.kubernetes.io/" -}}
{{- /* Without it AGIC would have the server see its own address as Host, and refuse Origins while the probe says 200. */ -}}
{{- if and $v.probe.enabled (include "wshealthz.servesTLS" $v) (get $all (print $prefix "appgw-trusted-root-certificate")) (not (get $all (print $prefix "backend-hostname"))) -}}
{{- $_ := set $all (print $prefix "backend-hostname") $v.probe.hostname -}}
{{- end -}}
{{- toYaml $all -}}
{{- else -}}
{{- $ours -}}
{{- end -}}
{{- end -}}

{{- define "wshealthz.probeAnnotations" -}}
{{- if not .probe.hostname -}}
{{- fail "wshealthz.probe.hostname is empty (set it to the host of the Ingress rule, such as ws.contoso.com)" -}}
{{- end -}}
{{- if contains "*" .probe.hostname -}}
{{- fail (printf "wshealthz.probe.hostname is %s, must be a single name that the wildcard covers, such as health.contoso.com" .probe.hostname) -}}
{{- end -}}
{{- if and (hasPrefix "wss://" .target) (not (include "wshealthz.servesTLS" .)) -}}
{{- fail (printf "wshealthz.target is %s, so the gateway must speak https to the server and probes the sidecar over HTTPS too (set wshealthz.serve.secret to a Secret of type kubernetes.io/tls)" (include "wshealthz.redactedTarget" .)) -}}
{{- end -}}
{{- $prefix := "appgw.ingress.kubernetes.io/" -}}
{{ $prefix }}backend-protocol: {{ if include "wshealthz.servesTLS" . }}https{{ else }}http{{ end }}
{{ $prefix }}health-probe-hostname: {{ .probe.hostname | quote }}
{{ $prefix }}health-probe-port: {{ include "wshealthz.port" . | quote }}
{{ $prefix }}health-probe-path: {{ .path | quote }}
{{ $prefix }}health-probe-status-codes: {{ .probe.statusCodes | toString | quote }}
{{ $prefix }}health-probe-interval: {{ .probe.interval | int | quote }}
{{ $prefix }}health-probe-timeout: {{ .probe.timeout | int | quote }}
{{ $prefix }}health-probe-unhealthy-threshold: {{ .probe.unhealthyThreshold | int | quote }}
{{- end -}}

{{/*
The annotations of probe.previous. Those of a health probe must include hostname, which defaults to probe.hostname, and
path: with status codes alone AGIC takes both from one of the Ingress' rules, not always the same one.
*/}}
{{- define "wshealthz.previousAnnotations" -}}
{{- $previous := .previous -}}
{{- $prefix := "appgw.ingress.kubernetes.io/health-probe-" -}}
{{- if contains $prefix (keys $previous | join ",") -}}
{{- $previous = merge (dict) $previous (dict (print $prefix "hostname") .hostname) -}}
{{- range $key := list (print $prefix "hostname") (print $prefix "path") -}}
{{- if not (get $previous $key) -}}
{{- fail (printf "wshealthz.probe.previous has a health probe without %s, and AGIC may choose a different one on each sync (add it, as it was before wshealthz)" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $key, $value := $previous }}
{{ $key | quote }}: {{ $value | toString | quote }}
{{- end -}}
{{- end -}}
