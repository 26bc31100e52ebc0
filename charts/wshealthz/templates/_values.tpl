{{/*
The block with defaults filled in, as YAML. A missing key takes its default, also in the maps image, tls, serve, probe
and drain; resources, securityContext and readinessProbe are taken whole. Helm has already merged values.yaml into the block
called wshealthz, where a null has removed a key of those three maps for good, unless it stands in a chart's own
values.yaml and Helm is 4.2 or later; a block of another name gets its defaults here alone.
*/}}
{{- define "wshealthz.values" -}}
{{- include "wshealthz.rejectTwoVersions" .root -}}
{{- $defaults := include "wshealthz.defaults" . | fromYaml -}}
{{- $given := omit .values "global" -}}
{{- include "wshealthz.rejectUnknown" (list "wshealthz" $defaults $given) -}}
{{- $out := include "wshealthz.overlay" (list $defaults $given) | fromYaml -}}
{{- range $key := list "image" "tls" "serve" "probe" "drain" -}}
{{- $inner := get $given $key | default dict -}}
{{- include "wshealthz.rejectUnknown" (list (print "wshealthz." $key) (get $defaults $key) $inner) -}}
{{- $_ := set $out $key (include "wshealthz.overlay" (list (get $defaults $key) $inner) | fromYaml) -}}
{{- end -}}
{{- range $key := list "resources" "securityContext" "readinessProbe" -}}
{{- $whole := get (hasKey $given $key | ternary $given $defaults) $key | default dict -}}
{{- if $out.openshift -}}{{- $whole = omit $whole "runAsUser" "runAsGroup" -}}{{- end -}}
{{- $_ := set $out $key (include "wshealthz.optional" $whole | fromYaml) -}}
{{- end -}}
{{- $fields := dict "periodSeconds" 1 "timeoutSeconds" 1 "failureThreshold" 1 "successThreshold" 1 "initialDelaySeconds" 1 -}}
{{- include "wshealthz.rejectUnknown" (list "wshealthz.readinessProbe" $fields $out.readinessProbe) -}}
{{- $_ := set $out.image "repository" (include "wshealthz.repository" (list .root $out.image.repository)) -}}
{{- include "wshealthz.validate" $out -}}
{{- toYaml $out -}}
{{- end -}}

{{/* rejectUnknown (list NAME KNOWN GIVEN) fails on a key of the map GIVEN that the map KNOWN does not have. */}}
{{- define "wshealthz.rejectUnknown" -}}
{{- $name := index . 0 -}}{{- $known := keys (index . 1) | sortAlpha -}}
{{- range $key, $_ := index . 2 -}}
{{- if not (has $key $known) -}}
{{- fail (printf "unknown value %s.%s, must be one of %s" $name $key (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
overlay (list DEFAULTS GIVEN) returns the map DEFAULTS with the values of GIVEN on top, as YAML. null and "" leave the
default, 0 and false do not, unlike with the function merge.
*/}}
{{- define "wshealthz.overlay" -}}
{{- $out := deepCopy (index . 0) -}}
{{- range $key, $value := index . 1 -}}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) -}}{{- $_ := set $out $key $value -}}{{- end -}}
{{- end -}}
{{- toYaml $out -}}
{{- end -}}

{{/*
optional MAP returns MAP without what is left out, as YAML: all of it with enabled false, and the keys that are null, "" or a
map of such keys. "" and enabled are for those whose null Helm does not let through.
*/}}
{{- define "wshealthz.optional" -}}
{{- $out := dict -}}
{{- if ne (get . "enabled" | toString) "false" -}}
{{- range $key, $value := omit . "enabled" -}}
{{- if kindIs "map" $value -}}{{- $value = include "wshealthz.optional" $value | fromYaml -}}{{- end -}}
{{- if not (or (kindIs "invalid" $value) (has $value (list "" dict))) -}}{{- $_ := set $out $key $value -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $out -}}
{{- end -}}

{{/* The defaults of values.yaml, for a block that Helm does not merge them into. A test keeps the two equal. */}}
{{- define "wshealthz.defaults" -}}
enabled: false
kind: native
name: wshealthz
image: {repository: "", tag: "", digest: "", pullPolicy: IfNotPresent}
port: null
adminPort: null
adminExposed: false
hostNetwork: false
target: ""
address: ""
check: handshake
timeout: 3s
subprotocols: ""
extensions: ""
host: ""
origin: ""
headers: ""
headersSecret: ""
headersVolume: {}
headersFile: headers
send: ""
expect: ""
tls:
  {caSecret: "", caVolume: {}, caFile: ca.crt, certSecret: "", certVolume: {}, certFile: tls.crt, keyFile: tls.key, serverName: "", skipVerify: false}
path: /health
serve: {secret: "", volume: {}, certFile: tls.crt, keyFile: tls.key}
maxAge: ""
drain: {mode: sleep, sessionSeconds: 0, appStopSeconds: 30, marginSeconds: 5}
drainWait: ""
drainTimeout: ""
drainAnswers: ""
drainSessions: ""
logLevel: ""
logFormat: ""
extraEnv: []
openshift: false
resources:
  enabled: true
  requests: {cpu: 5m, memory: 16Mi}
  limits: {memory: 64Mi}
securityContext:
  enabled: true
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
readinessProbe: {periodSeconds: 5, timeoutSeconds: 4, failureThreshold: 3}
livenessProbe: {}
probe: {enabled: false, hostname: "", statusCodes: "200", interval: 5, timeout: 5, unhealthyThreshold: 2, previous: {}}
{{- end -}}
