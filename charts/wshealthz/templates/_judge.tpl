{{/* What the schema of values.yaml cannot tell, of the values that wshealthz.values made. */}}
{{- define "wshealthz.judge" -}}
{{- if and .probe.enabled (not .enabled) -}}
{{- fail "wshealthz.probe.enabled without wshealthz.enabled would send the gateway to pods that have no sidecar: set wshealthz.enabled first, and wshealthz.probe.enabled when every pod has it" -}}
{{- end -}}
{{- if .enabled -}}
{{- include "wshealthz.judgePorts" . -}}
{{- include "wshealthz.judgeProbes" . -}}
{{- end -}}
{{- end -}}

{{- define "wshealthz.judgePorts" -}}
{{- if and .hostNetwork (or (not .port) (kindIs "invalid" .adminPort)) -}}
{{- fail "hostNetwork shares the ports of the node: set wshealthz.port and wshealthz.adminPort (0: none) to two that are free there" -}}
{{- end -}}
{{- if eq (include "wshealthz.port" .) (include "wshealthz.adminPort" .) -}}
{{- fail (printf "wshealthz.port and wshealthz.adminPort are both %s, want two ports" (include "wshealthz.port" .)) -}}
{{- end -}}
{{- end -}}

{{- define "wshealthz.judgeProbes" -}}
{{- $budget := include "wshealthz.seconds" .timeout | float64 -}}
{{- include "wshealthz.above" (list "wshealthz.readinessProbe.timeoutSeconds" .readinessProbe.timeoutSeconds $budget .timeout) -}}
{{- include "wshealthz.above" (list "wshealthz.probe.timeout" .probe.timeout $budget .timeout) -}}
{{- with .livenessProbe -}}
{{- if or (dig "httpGet" "host" "" .) (dig "tcpSocket" "host" "" .) -}}
{{- fail "wshealthz.livenessProbe has a host, want none: the kubelet asks the pod itself" -}}
{{- end -}}
{{- if eq (dig "httpGet" "path" "" .) $.path -}}
{{- fail (printf "wshealthz.livenessProbe asks %s, which would restart the sidecar for the server's fault, want {tcpSocket: {port: %s}}" $.path (include "wshealthz.port" $)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* above (list NAME SECONDS BUDGET TIMEOUT) fails when a probe would give up before wshealthz has its verdict. */}}
{{- define "wshealthz.above" -}}
{{- if le (index . 1 | default 1 | float64) (index . 2) -}}
{{- fail (printf "%s is %v seconds, want more than wshealthz.timeout, which is %s" (index . 0) (index . 1 | default 1) (index . 3)) -}}
{{- end -}}
{{- end -}}

{{/* A duration as Go writes it (time.ParseDuration), in seconds. */}}
{{- define "wshealthz.seconds" -}}
{{- if not (regexMatch "^([0-9]+(\\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$" (toString .)) -}}
{{- fail (printf "wshealthz.timeout is %q, want a duration such as 3s or 1500ms" (toString .)) -}}
{{- end -}}
{{- $second := dict "h" 3600.0 "m" 60.0 "s" 1.0 "ms" 0.001 "us" 0.000001 "µs" 0.000001 "ns" 0.000000001 -}}
{{- $sum := 0.0 -}}
{{- range regexFindAll "[0-9.]+[a-zµ]+" . -1 -}}
{{- $sum = addf $sum (mulf (regexFind "[0-9.]+" . | float64) (get $second (regexFind "[a-zµ]+" .))) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}
