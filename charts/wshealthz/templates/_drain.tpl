{{/*
The preStop hook of the server's container, to put under its lifecycle; nothing with drain.mode none. It keeps the server
serving until the gateway has noticed that the pod is going away. Call: (dict "root" $ "values" BLOCK).
*/}}
{{- define "wshealthz.preStop" -}}
{{- $v := include "wshealthz.values" . | fromYaml -}}
{{- if and $v.enabled (eq $v.drain.mode "sleep") -}}
preStop:
  sleep:
    seconds: {{ include "wshealthz.drainSeconds" $v }}
{{- else if and $v.enabled (eq $v.drain.mode "informed") -}}
{{- /* By number: the kubelet finds no port by the name that another container gives it, and ends the server at once. */ -}}
preStop:
  httpGet:
    path: /drain
    port: {{ include "wshealthz.port" $v }}
    {{- if include "wshealthz.servesTLS" $v }}
    scheme: HTTPS
    {{- end }}
{{- end -}}
{{- end -}}

{{/*
The pod's line terminationGracePeriodSeconds: all waits of the hook, and drain.appStopSeconds for the server after it. own is
the pod's own value, if it has one: it stays, and a lower one is refused. With drain.mode none it is all that is rendered.
Call: (dict "root" $ "values" BLOCK "own" SECONDS).
*/}}
{{- define "wshealthz.terminationGracePeriodSeconds" -}}
{{- $v := include "wshealthz.values" . | fromYaml -}}
{{- $seconds := .own -}}
{{- if and $v.enabled (ne $v.drain.mode "none") -}}
{{- $needed := include "wshealthz.gracePeriod" $v | int -}}
{{- if kindIs "invalid" $seconds -}}
{{- $seconds = $needed -}}
{{- else if lt (int $seconds) $needed -}}
{{- fail (printf "terminationGracePeriodSeconds is %d, must be at least %d: %d until the gateway has noticed (probe.interval %d x (1 + probe.unhealthyThreshold %d) + drain.marginSeconds %d), drain.sessionSeconds %d and drain.appStopSeconds %d (raise it, leave it out, or set wshealthz.drain.mode to none)" (int $seconds) $needed (include "wshealthz.drainSeconds" $v | int) (int $v.probe.interval) (int $v.probe.unhealthyThreshold) (int $v.drain.marginSeconds) (int $v.drain.sessionSeconds) (int $v.drain.appStopSeconds)) -}}
{{- end -}}
{{- end -}}
{{- if not (kindIs "invalid" $seconds) -}}
terminationGracePeriodSeconds: {{ int64 $seconds }}
{{- end -}}
{{- end -}}

{{/* How long it takes until the gateway has noticed, in seconds, from the values that wshealthz.values returns. */}}
{{- define "wshealthz.drainSeconds" -}}
{{- add (mul (add 1 .probe.unhealthyThreshold) .probe.interval) .drain.marginSeconds -}}
{{- end -}}

{{/* The shortest grace period that the hooks need, in seconds. */}}
{{- define "wshealthz.gracePeriod" -}}
{{- add (include "wshealthz.drainSeconds" .) .drain.sessionSeconds .drain.appStopSeconds -}}
{{- end -}}

{{/*
What the sidecar's own hook runs. A plain sidecar gets SIGTERM as soon as it is done, and must not end while the server's hook
waits for its answer. With sleep it may: a refused connection tells the gateway the same as a 503.
*/}}
{{- define "wshealthz.drainCommand" -}}
[/wshealthz, drain{{ if and (eq .drain.mode "informed") (eq .kind "plain") }}, -wait{{ end }}]
{{- end -}}

{{/* What follows from drain.mode for the sidecar's environment, as YAML. With sleep it is for its log alone. */}}
{{- define "wshealthz.drainEnvironment" -}}
{{- if ne .drain.mode "none" -}}
drainTimeout: {{ include "wshealthz.drainSeconds" . }}s
drainAnswers: {{ int .probe.unhealthyThreshold }}
{{- if eq .drain.mode "informed" }}
drainWait: true
{{- if gt (int .drain.sessionSeconds) 0 }}
drainSessions: {{ int .drain.sessionSeconds }}s
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "wshealthz.validateDrain" -}}
{{- $mode := .drain.mode -}}
{{- if not (has $mode (list "none" "sleep" "informed")) -}}
{{- fail (printf "wshealthz.drain.mode is %v, must be none, sleep or informed" $mode) -}}
{{- end -}}
{{- range $key, $least := dict "sessionSeconds" 0 "appStopSeconds" 1 "marginSeconds" 0 -}}
{{- $value := get $.drain $key -}}
{{- if not (and (regexMatch "^[0-9]{1,5}$" (toString $value)) (ge (int $value) $least) (le (int $value) 86400)) -}}
{{- fail (printf "wshealthz.drain.%s is %v, must be a whole number of seconds from %d to 86400" $key $value $least) -}}
{{- end -}}
{{- end -}}
{{- if and (gt (int .drain.sessionSeconds) 0) (ne $mode "informed") -}}
{{- fail (printf "wshealthz.drain.sessionSeconds is %d and wshealthz.drain.mode is %s, which cannot see who is connected (set mode to informed, or sessionSeconds to 0)" (int .drain.sessionSeconds) $mode) -}}
{{- end -}}
{{- if ne $mode "none" -}}
{{- include "wshealthz.validateDrainHooks" . -}}
{{- end -}}
{{- end -}}

{{/* Refuses what does not go together with the hooks of the modes sleep and informed. */}}
{{- define "wshealthz.validateDrainHooks" -}}
{{- $mode := .drain.mode -}}
{{- if eq (include "wshealthz.adminPort" .) "0" -}}
{{- fail (printf "wshealthz.adminPort is 0, so there is no admin listener, and wshealthz.drain.mode is %s, whose hook uses it (set adminPort to a free port, or wshealthz.drain.mode to none)" $mode) -}}
{{- end -}}
{{- $computed := dict
  "drainWait" "wshealthz.drain.mode"
  "drainTimeout" "wshealthz.drain.marginSeconds"
  "drainAnswers" "wshealthz.probe.unhealthyThreshold"
  "drainSessions" "wshealthz.drain.sessionSeconds" -}}
{{- $names := list -}}
{{- range .extraEnv -}}{{- $names = append $names .name -}}{{- end -}}
{{- range $key, $instead := $computed -}}
{{- $variable := print "WSHEALTHZ_" (snakecase $key | upper) -}}
{{- if or (ne (get $ $key | toString) "") (has $variable $names) -}}
{{- fail (printf "wshealthz.%s is set%s, but wshealthz.drain.mode %s computes it (set %s instead, or mode to none for hooks of your own)" $key (has $variable $names | ternary (printf " by %s in extraEnv" $variable) "") $mode $instead) -}}
{{- end -}}
{{- end -}}
{{- $seconds := include "wshealthz.drainSeconds" . | int -}}
{{- if gt $seconds 3600 -}}
{{- fail (printf "wshealthz.drain.mode %s would wait %d seconds for the gateway, must be at most 3600 (lower wshealthz.probe.interval, wshealthz.probe.unhealthyThreshold or wshealthz.drain.marginSeconds, or set mode to none)" $mode $seconds) -}}
{{- end -}}
{{- if and (eq $mode "informed") (eq .path "/drain") -}}
{{- fail "wshealthz.path is /drain, where the server's hook waits with wshealthz.drain.mode informed (set another path)" -}}
{{- end -}}
{{- end -}}
