{{/* The server's image, by digest if it is set. */}}
{{- define "websocket-server.image" -}}
{{- with .Values.image -}}
{{- include "wshealthz.repository" (list $ .repository) -}}
{{- if .digest }}@{{ .digest }}{{ else if .tag }}:{{ .tag }}{{ end -}}
{{- end -}}
{{- end -}}

{{/*
The Secrets to pull images with, global.imagePullSecrets first, as a list. Both take names as well as objects with a name.
*/}}
{{- define "websocket-server.imagePullSecrets" -}}
{{- $secrets := list -}}
{{- range concat (get (.Values.global | default dict) "imagePullSecrets" | default list) .Values.imagePullSecrets -}}
{{- $secrets = append $secrets (kindIs "string" . | ternary (dict "name" .) .) -}}
{{- end -}}
{{- uniq $secrets | toYaml -}}
{{- end -}}

{{/* The values of the sidecar, with what follows from the rest of the chart filled in. */}}
{{- define "websocket-server.sidecar" -}}
{{- $v := deepCopy .Values.wshealthz -}}
{{- $_ := set $v "hostNetwork" .Values.hostNetwork -}}
{{- if .Values.podMonitor.enabled -}}{{- $_ := set $v "adminExposed" true -}}{{- end -}}
{{- $given := list -}}
{{- range $v.extraEnv -}}{{- $given = append $given .name -}}{{- end -}}
{{- if not (or $v.target (has "WSHEALTHZ_TARGET" $given)) -}}
{{- $scheme := eq (include "websocket-server.protocol" .) "https" | ternary "wss" "ws" -}}
{{- $_ := set $v "target" (printf "%s://localhost:%d/" $scheme (int .Values.service.targetPort)) -}}
{{- end -}}
{{- $_ := set $v.probe "previous" (include "websocket-server.previous" . | fromYaml) -}}
{{- $_ := set $v.probe "hostname" (include "websocket-server.hostname" .) -}}
{{- if and (hasPrefix "wss://" $v.target) (not $v.tls.serverName) (not $v.tls.skipVerify) -}}
{{- $_ := set $v.tls "serverName" $v.probe.hostname -}}
{{- end -}}
{{- if $v.enabled -}}
{{- include "websocket-server.validateSidecar" (dict "root" . "values" $v) -}}
{{- end -}}
{{- toYaml $v -}}
{{- end -}}

{{/* validateSidecar (dict "root" $ "values" SIDECAR) refuses a sidecar that does not fit the rest of the chart. */}}
{{- define "websocket-server.validateSidecar" -}}
{{- $v := .values -}}
{{- if eq $v.name "websocket-server" -}}
{{- fail "wshealthz.name is websocket-server, must differ from the name of the server's container" -}}
{{- end -}}
{{- with dig "httpGet" dict .root.Values.livenessProbe -}}
{{- if eq (toString .port) (include "wshealthz.port" $v) -}}
{{- fail (printf "livenessProbe of the server has port %v, the sidecar's, and would restart a healthy server when the sidecar fails (probe the server itself, or leave it out)" .port) -}}
{{- end -}}
{{- end -}}
{{- if ne .root.Values.gateway.kind "none" -}}
{{- include "websocket-server.validateProtocol" . -}}
{{- end -}}
{{- if eq .root.Values.gateway.kind "agc" -}}
{{- include "websocket-server.validateAGC" . -}}
{{- end -}}
{{- if eq .root.Values.gateway.kind "agic" -}}
{{- $https := eq (include "websocket-server.protocol" .root) "https" -}}
{{- if and $https (not (include "wshealthz.servesTLS" $v)) -}}
{{- fail "the gateway speaks https to the server (gateway.backendProtocol or the annotation backend-protocol), so it probes the sidecar over HTTPS too (set wshealthz.serve.secret to a Secret of type kubernetes.io/tls whose certificate has the name in wshealthz.probe.hostname)" -}}
{{- end -}}
{{- if and (not $https) (include "wshealthz.servesTLS" $v) -}}
{{- fail "wshealthz.serve.secret makes the sidecar serve HTTPS, but the gateway speaks http to the server and probes the sidecar the same way (set gateway.backendProtocol, and the annotation backend-protocol if ingress.annotations has it, to https, or leave wshealthz.serve.secret empty)" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The constraints, each with the pods of this release unless it selects others: without a selector it would count no pod.
*/}}
{{- define "websocket-server.topologySpreadConstraints" -}}
{{- $constraints := list -}}
{{- range .Values.topologySpreadConstraints -}}
{{- $selector := dict "labelSelector" (dict "matchLabels" (include "websocket-server.selector" $ | fromYaml)) -}}
{{- $constraints = append $constraints (hasKey . "labelSelector" | ternary . (merge $selector .)) -}}
{{- end -}}
{{- toYaml $constraints -}}
{{- end -}}

{{/* The lifecycle of the server: lifecycle, with the preStop hook of wshealthz.drain added. */}}
{{- define "websocket-server.lifecycle" -}}
{{- $hook := include "wshealthz.preStop" (dict "root" . "values" (include "websocket-server.sidecar" . | fromYaml)) | fromYaml -}}
{{- if and $hook .Values.lifecycle.preStop -}}
{{- fail "lifecycle.preStop of the server is set, and so is wshealthz.drain.mode, whose hook has the same place (set wshealthz.drain.mode to none to keep your own, or remove lifecycle.preStop)" -}}
{{- end -}}
{{- mergeOverwrite (deepCopy .Values.lifecycle) $hook | toYaml -}}
{{- end -}}

{{/* The pod's annotations: podAnnotations, with the health port added to the ports that bypass the mesh. */}}
{{- define "websocket-server.podAnnotations" -}}
{{- $annotations := deepCopy .Values.podAnnotations -}}
{{- $key := include "websocket-server.meshKey" . -}}
{{- if and .Values.wshealthz.enabled $key -}}
{{- with include "websocket-server.bypassMesh" (dict "root" . "ports" (get $annotations $key | toString)) -}}
{{- $_ := set $annotations $key . -}}
{{- end -}}
{{- end -}}
{{- toYaml $annotations -}}
{{- end -}}

{{/* requireScrape (list $ NAME) fails when nothing scrapes the sidecar, so that NAME, the rules or the dashboard, would be empty. */}}
{{- define "websocket-server.requireScrape" -}}
{{- $values := (index . 0).Values -}}
{{- if not (and $values.wshealthz.enabled $values.podMonitor.enabled) -}}
{{- fail (printf "%s.enabled would show nothing, because nothing scrapes the sidecar (set wshealthz.enabled and podMonitor.enabled)" (index . 1)) -}}
{{- end -}}
{{- end -}}
