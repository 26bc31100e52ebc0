{{/*
The block with defaults filled in, as YAML. A missing key takes its default, also in the maps image, tls, serve, probe
and drain; resources, securityContext and readinessProbe are taken whole. Helm has already merged values.yaml into the block
called wshealthz, where a null has removed a key of those three maps for good; a block of another name gets its defaults
here alone.
*/}}
{{- define "wshealthz.values" -}}
{{- $defaults := include "wshealthz.defaults" . | fromYaml -}}
{{- $given := omit .values "global" -}}
{{- include "wshealthz.rejectUnknown" (list "wshealthz" $defaults $given) -}}
{{- $out := merge (include "wshealthz.withoutNulls" $given | fromYaml) $defaults -}}
{{- range $key := list "image" "tls" "serve" "probe" -}}
{{- $inner := get $given $key | default dict -}}
{{- include "wshealthz.rejectUnknown" (list (print "wshealthz." $key) (get $defaults $key) $inner) -}}
{{- $_ := set $out $key (merge (include "wshealthz.withoutNulls" $inner | fromYaml) (get $defaults $key)) -}}
{{- end -}}
{{- $drain := get $given "drain" | default dict -}}
{{- include "wshealthz.rejectUnknown" (list "wshealthz.drain" $defaults.drain $drain) -}}
{{- range $key, $value := include "wshealthz.withoutNulls" $drain | fromYaml -}}
{{- $_ := set $defaults.drain $key $value -}}{{- /* not merge, which takes a 0 for a missing key */ -}}
{{- end -}}
{{- $_ := set $out "drain" $defaults.drain -}}
{{- range $key := list "resources" "securityContext" "readinessProbe" -}}
{{- if hasKey $given $key -}}{{- $_ := set $out $key (get $given $key | default dict) -}}{{- end -}}
{{- end -}}
{{- $fields := dict "periodSeconds" 1 "timeoutSeconds" 1 "failureThreshold" 1 "successThreshold" 1 "initialDelaySeconds" 1 -}}
{{- include "wshealthz.rejectUnknown" (list "wshealthz.readinessProbe" $fields $out.readinessProbe) -}}
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

{{/* withoutNulls MAP returns MAP without the keys whose value is null, as YAML. */}}
{{- define "wshealthz.withoutNulls" -}}
{{- $out := dict -}}
{{- range $key, $value := . -}}
{{- if not (kindIs "invalid" $value) -}}{{- $_ := set $out $key $value -}}{{- end -}}
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
send: ""
expect: ""
tls: {caSecret: "", certSecret: "", serverName: "", skipVerify: false}
path: /health
serve: {secret: ""}
maxAge: ""
drain: {mode: sleep, sessionSeconds: 0, appStopSeconds: 30, marginSeconds: 5}
drainWait: ""
drainTimeout: ""
drainAnswers: ""
drainSessions: ""
logLevel: ""
logFormat: ""
extraEnv: []
resources:
  requests: {cpu: 5m, memory: 16Mi}
  limits: {memory: 64Mi}
securityContext:
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

{{/* The default image tag. A test keeps it equal to appVersion. */}}
{{- define "wshealthz.version" -}}0.1.0{{- end -}}
