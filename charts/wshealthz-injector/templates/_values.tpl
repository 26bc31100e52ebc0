{{/*
The values of the sidecar with their defaults, as YAML. The target is up to the pod, and so are, with their annotations, the
others of wshealthz-injector.annotations.
*/}}
{{- define "wshealthz-injector.values" -}}
{{- include "wshealthz-injector.validate" . -}}
{{- $tls := .Values.wshealthz.tls | default dict -}}
{{- $target := or $tls.skipVerify $tls.serverName | empty | ternary "ws://localhost" "wss://localhost" -}}
{{- $values := merge (dict "enabled" true "kind" "native" "name" "wshealthz" "target" $target "hostNetwork" false) (deepCopy .Values.wshealthz) -}}
{{- $values = include "wshealthz.values" (dict "root" . "values" $values) | fromYaml -}}
{{- if not (has $values.check (include "wshealthz-injector.checks" . | fromJsonArray)) -}}
{{- fail (printf "wshealthz.check is %s, must be one of %s" $values.check (include "wshealthz-injector.checks" . | fromJsonArray | join ", ")) -}}
{{- end -}}
{{- toYaml $values -}}
{{- end -}}

{{/* Refuses what would show only in pods without the sidecar, or in sidecars that exit. */}}
{{- define "wshealthz-injector.validate" -}}
{{- $given := merge (dict) .Values.wshealthz -}}
{{- if or (ne $given.kind "native") (ne $given.name "wshealthz") $given.target $given.hostNetwork -}}
{{- fail "wshealthz.kind, name, target and hostNetwork must keep their defaults: the injector adds a native sidecar named wshealthz, whose target comes from the pod" -}}
{{- end -}}
{{- $mounted := list $given.headersSecret $given.headersVolume -}}
{{- range $path := list (list "tls" "caSecret") (list "tls" "caVolume") (list "tls" "certSecret") (list "tls" "certVolume") (list "serve" "secret") (list "serve" "volume") -}}
{{- $mounted = append $mounted (dig (first $path) (last $path) "" $given) -}}
{{- end -}}
{{- if compact $mounted -}}
{{- fail "wshealthz.headersSecret, tls.caSecret, tls.certSecret and serve.secret must be empty, and so must their volumes: the injector mounts only Secrets that a pod names (with the annotations wshealthz/headers-secret and wshealthz/tls-ca-secret; where the others are needed, add the sidecar with charts/wshealthz)" -}}
{{- end -}}
{{- if eq (dig "drain" "mode" "" $given) "informed" -}}
{{- fail "wshealthz.drain.mode is informed, must be none or sleep: the injector cannot know how long somebody else's server may take to stop (where it is needed, add the sidecar with charts/wshealthz)" -}}
{{- end -}}
{{- if and (dig "tls" "skipVerify" false $given) (dig "tls" "serverName" "" $given) -}}
{{- fail "wshealthz.tls.skipVerify and wshealthz.tls.serverName are both set, must be at most one: wshealthz does not start with both" -}}
{{- end -}}
{{- if not (has .Values.engine (list "kubernetes" "kyverno")) -}}
{{- fail (printf "engine is %v, must be kubernetes or kyverno" .Values.engine) -}}
{{- end -}}
{{- if and (eq .Values.engine "kubernetes") (not (semverCompare ">=1.36.0-0" .Capabilities.KubeVersion.Version)) -}}
{{- fail (printf "Kubernetes is %s, must be 1.36 or later: the first version with MutatingAdmissionPolicy in v1 (on an older one, install Kyverno 1.17 or later and set engine to kyverno)" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- end -}}

{{/* The values of WSHEALTHZ_CHECK that the program accepts together with the chart's send and expect, as JSON. */}}
{{- define "wshealthz-injector.checks" -}}
{{- $checks := list "graphql-transport-ws" "graphql-ws" "socket.io" "signalr" "stomp" "mqtt" "mqtt5" "wamp" "phoenix" "actioncable" "jsonrpc" "nats" "xmpp" "ocpp" -}}
{{- $v := .Values.wshealthz -}}
{{- if not (or $v.send $v.expect) -}}{{- $checks = prepend $checks "ping" -}}{{- end -}}
{{- if or $v.expect (not $v.send) -}}{{- $checks = prepend $checks "handshake" -}}{{- end -}}
{{- toJson $checks -}}
{{- end -}}
