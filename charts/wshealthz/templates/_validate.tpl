{{/* Refuses what the schema of values.yaml cannot, in the values that wshealthz.values returns. */}}
{{- define "wshealthz.validate" -}}
{{- if not (has .kind (list "native" "plain")) -}}
{{- fail (printf "wshealthz.kind is %v, must be native or plain" .kind) -}}
{{- end -}}
{{- if not (and (kindIs "bool" .enabled) (kindIs "bool" .probe.enabled)) -}}
{{- fail (printf "wshealthz.enabled is %v and wshealthz.probe.enabled is %v, must be true or false" .enabled .probe.enabled) -}}
{{- end -}}
{{- if and .probe.enabled (not .enabled) -}}
{{- fail "wshealthz.probe.enabled without wshealthz.enabled would point the gateway at pods that have no sidecar (set wshealthz.enabled first, and wshealthz.probe.enabled once every pod has it)" -}}
{{- end -}}
{{- if .enabled -}}
{{- include "wshealthz.validatePorts" . -}}
{{- include "wshealthz.validateTarget" . -}}
{{- include "wshealthz.validateTimeouts" . -}}
{{- include "wshealthz.validateLivenessProbe" . -}}
{{- include "wshealthz.validateDrain" . -}}
{{- end -}}
{{- end -}}

{{- define "wshealthz.validatePorts" -}}
{{- if and .hostNetwork (or (kindIs "invalid" .port) (kindIs "invalid" .adminPort)) -}}
{{- fail "hostNetwork shares the node's ports (set wshealthz.port and wshealthz.adminPort to two that are free there; adminPort 0 is none)" -}}
{{- end -}}
{{- $port := include "wshealthz.port" . | int -}}
{{- $admin := include "wshealthz.adminPort" . | int -}}
{{- if or (lt $port 1) (gt $port 65535) (lt $admin 0) (gt $admin 65535) -}}
{{- fail (printf "wshealthz.port is %d and wshealthz.adminPort is %d, must be 1 to 65535 (adminPort 0 is none)" $port $admin) -}}
{{- end -}}
{{- if eq $port $admin -}}
{{- fail (printf "wshealthz.port and wshealthz.adminPort are both %d, must differ" $port) -}}
{{- end -}}
{{- end -}}

{{/* Refuses targets that the program would refuse when it starts. */}}
{{- define "wshealthz.validateTarget" -}}
{{- if and (or .tls.caSecret .tls.caVolume .tls.certSecret .tls.certVolume .tls.serverName .tls.skipVerify) (hasPrefix "ws://" .target) -}}
{{- fail (printf "wshealthz.tls needs a wss:// target, and wshealthz.target is %s (change one of them)" (include "wshealthz.redactedTarget" .)) -}}
{{- end -}}
{{- $own := list (include "wshealthz.port" .) (include "wshealthz.adminPort" .) -}}
{{- $to := regexFind "^wss?://(localhost|127[.]0[.]0[.]1|[[]::1[]]):[0-9]+" .target | regexFind "[0-9]+$" -}}
{{- if and $to (has $to $own) -}}
{{- fail (printf "wshealthz.target is the sidecar's own port %s, must be the server's (if the server listens on it, move wshealthz.port or wshealthz.adminPort)" $to) -}}
{{- end -}}
{{- end -}}

{{/* The target without its query, which may hold a secret. */}}
{{- define "wshealthz.redactedTarget" -}}{{ regexReplaceAll "[?].*" .target "?…" }}{{- end -}}

{{- define "wshealthz.validateTimeouts" -}}
{{- $budget := include "wshealthz.seconds" .timeout | float64 -}}
{{- if or (le $budget 0.0) (gt $budget 60.0) -}}
{{- fail (printf "wshealthz.timeout is %s, must be above 0 and at most 60s" .timeout) -}}
{{- end -}}
{{- /* A probe that gives up first would never see the verdict. Kubernetes' default is 1 second. */ -}}
{{- range list (list "wshealthz.readinessProbe.timeoutSeconds" .readinessProbe.timeoutSeconds) (list "wshealthz.probe.timeout" .probe.timeout) -}}
{{- $seconds := kindIs "invalid" (index . 1) | ternary 1 (index . 1) -}}
{{- if le (float64 $seconds) $budget -}}
{{- fail (printf "%s is %v seconds, must be longer than wshealthz.timeout, which is %s" (index . 0) $seconds $.timeout) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "wshealthz.validateLivenessProbe" -}}
{{- $ports := list (include "wshealthz.port" .) (include "wshealthz.adminPort" .) -}}
{{- range $kind := list "httpGet" "tcpSocket" -}}
{{- with get $.livenessProbe $kind -}}
{{- if .host -}}
{{- fail (printf "wshealthz.livenessProbe has host %s, must have none: the kubelet probes the pod itself" .host) -}}
{{- end -}}
{{- if not (has (toString .port) $ports) -}}
{{- fail (printf "wshealthz.livenessProbe has port %v, where the sidecar does not listen, must be one of %s" .port (join ", " $ports)) -}}
{{- end -}}
{{- if eq (toString .path) $.path -}}
{{- fail (printf "wshealthz.livenessProbe has path %s, which would restart the sidecar when the server is unhealthy (use {tcpSocket: {port: %s}})" $.path (first $ports)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A duration as in Go's time.ParseDuration, in seconds. */}}
{{- define "wshealthz.seconds" -}}
{{- if not (regexMatch "^([0-9]+(\\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$" (toString .)) -}}
{{- fail (printf "wshealthz.timeout is %q, must be a duration such as 3s or 1500ms" (toString .)) -}}
{{- end -}}
{{- $second := dict "h" 3600.0 "m" 60.0 "s" 1.0 "ms" 0.001 "us" 0.000001 "µs" 0.000001 "ns" 0.000000001 -}}
{{- $sum := 0.0 -}}
{{- range regexFindAll "[0-9.]+[a-zµ]+" . -1 -}}
{{- $sum = addf $sum (mulf (regexFind "[0-9.]+" . | float64) (get $second (regexFind "[a-zµ]+" .))) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}
