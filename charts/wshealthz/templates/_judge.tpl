{{/* What the schema of values.yaml cannot tell, of the values that wshealthz.values made. */}}
{{- define "wshealthz.judge" -}}
{{- if not (has .kind (list "native" "plain")) -}}
{{- fail (printf "wshealthz.kind is %v, want native or plain" .kind) -}}
{{- end -}}
{{- if not (and (kindIs "bool" .enabled) (kindIs "bool" .probe.enabled)) -}}
{{- fail (printf "wshealthz.enabled is %v and wshealthz.probe.enabled is %v, want true or false" .enabled .probe.enabled) -}}
{{- end -}}
{{- if and .probe.enabled (not .enabled) -}}
{{- fail "wshealthz.probe.enabled without wshealthz.enabled would send the gateway to pods that have no sidecar: set wshealthz.enabled first, and wshealthz.probe.enabled when every pod has it" -}}
{{- end -}}
{{- if .enabled -}}
{{- include "wshealthz.judgePorts" . -}}
{{- include "wshealthz.judgeTarget" . -}}
{{- include "wshealthz.judgeProbes" . -}}
{{- end -}}
{{- end -}}

{{- define "wshealthz.judgePorts" -}}
{{- if and .hostNetwork (or (not .port) (kindIs "invalid" .adminPort)) -}}
{{- fail "hostNetwork shares the ports of the node: set wshealthz.port and wshealthz.adminPort (0: none) to two that are free there" -}}
{{- end -}}
{{- $port := include "wshealthz.port" . | int -}}
{{- $admin := include "wshealthz.adminPort" . | int -}}
{{- if or (lt $port 1) (gt $port 65535) (lt $admin 0) (gt $admin 65535) -}}
{{- fail (printf "wshealthz.port is %d and wshealthz.adminPort is %d, want 1 to 65535 (adminPort 0: none)" $port $admin) -}}
{{- end -}}
{{- if eq $port $admin -}}
{{- fail (printf "wshealthz.port and wshealthz.adminPort are both %d, want two ports" $port) -}}
{{- end -}}
{{- end -}}

{{/* What the program would refuse at its start. */}}
{{- define "wshealthz.judgeTarget" -}}
{{- if and (or .tls.caSecret .tls.certSecret .tls.serverName .tls.skipVerify) (hasPrefix "ws://" .target) -}}
{{- fail (printf "wshealthz.tls is for wss://, and wshealthz.target is %s: set one to fit the other" (regexReplaceAll "[?].*" .target "?…")) -}}
{{- end -}}
{{- $own := list (include "wshealthz.port" .) (include "wshealthz.adminPort" .) -}}
{{- $to := regexFind "^wss?://(localhost|127[.]0[.]0[.]1|[[]::1[]]):[0-9]+" .target | regexFind "[0-9]+$" -}}
{{- if and $to (has $to $own) -}}
{{- fail (printf "wshealthz.target is the sidecar's own port %s, want the server's: move wshealthz.port or wshealthz.adminPort where the server has that one" $to) -}}
{{- end -}}
{{- end -}}

{{- define "wshealthz.judgeProbes" -}}
{{- $budget := include "wshealthz.seconds" .timeout | float64 -}}
{{- if or (le $budget 0.0) (gt $budget 60.0) -}}
{{- fail (printf "wshealthz.timeout is %s, want more than 0 and at most 60s" .timeout) -}}
{{- end -}}
{{- include "wshealthz.above" (list "wshealthz.readinessProbe.timeoutSeconds" .readinessProbe.timeoutSeconds $budget .timeout) -}}
{{- include "wshealthz.above" (list "wshealthz.probe.timeout" .probe.timeout $budget .timeout) -}}
{{- $ports := list (include "wshealthz.port" .) (include "wshealthz.adminPort" .) -}}
{{- range $kind := list "httpGet" "tcpSocket" -}}
{{- with get $.livenessProbe $kind -}}
{{- if .host -}}
{{- fail "wshealthz.livenessProbe has a host, want none: the kubelet asks the pod itself" -}}
{{- end -}}
{{- if not (has (toString .port) $ports) -}}
{{- fail (printf "wshealthz.livenessProbe asks port %v, where the sidecar does not listen, want one of %s" .port (join ", " $ports)) -}}
{{- end -}}
{{- if eq (toString .path) $.path -}}
{{- fail (printf "wshealthz.livenessProbe asks %s, which would restart the sidecar for the server's fault, want {tcpSocket: {port: %s}}" $.path (first $ports)) -}}
{{- end -}}
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
