{{/*
The block with the defaults filled in, as YAML. A key that is missing takes its default, in the maps image, tls,
serve and probe too; resources, securityContext and readinessProbe are taken whole. Helm has merged values.yaml into
the block called wshealthz, and a null has deleted a key of those three there for good; a block of another name has no
such help.
*/}}
{{- define "wshealthz.values" -}}
{{- $defaults := include "wshealthz.defaults" . | fromYaml -}}
{{- $given := omit .values "global" -}}
{{- include "wshealthz.known" (list "wshealthz" $defaults $given) -}}
{{- $out := merge (include "wshealthz.given" $given | fromYaml) $defaults -}}
{{- range $key := list "image" "tls" "serve" "probe" -}}
{{- $inner := get $given $key | default dict -}}
{{- include "wshealthz.known" (list (print "wshealthz." $key) (get $defaults $key) $inner) -}}
{{- $_ := set $out $key (merge (include "wshealthz.given" $inner | fromYaml) (get $defaults $key)) -}}
{{- end -}}
{{- range $key := list "resources" "securityContext" "readinessProbe" -}}
{{- if hasKey $given $key -}}{{- $_ := set $out $key (get $given $key | default dict) -}}{{- end -}}
{{- end -}}
{{- $fields := dict "periodSeconds" 1 "timeoutSeconds" 1 "failureThreshold" 1 "successThreshold" 1 "initialDelaySeconds" 1 -}}
{{- include "wshealthz.known" (list "wshealthz.readinessProbe" $fields $out.readinessProbe) -}}
{{- include "wshealthz.judge" $out -}}
{{- toYaml $out -}}
{{- end -}}

{{/* known (list NAME DEFAULTS GIVEN) fails on a key that is none of the defaults'. */}}
{{- define "wshealthz.known" -}}
{{- $name := index . 0 -}}{{- $known := keys (index . 1) | sortAlpha -}}
{{- range $key, $_ := index . 2 -}}
{{- if not (has $key $known) -}}
{{- fail (printf "%s.%s is no value of the wshealthz chart, want one of %s" $name $key (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* given MAP is MAP without what is null, as YAML. */}}
{{- define "wshealthz.given" -}}
{{- $out := dict -}}
{{- range $key, $value := . -}}
{{- if not (kindIs "invalid" $value) -}}{{- $_ := set $out $key $value -}}{{- end -}}
{{- end -}}
{{- toYaml $out -}}
{{- end -}}

{{/* What values.yaml says, for a block that Helm does not merge it into. A test holds the two equal. */}}
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
drainWait: ""
drainTimeout: ""
drainAnswers: ""
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

{{/* The image's tag where the values have none. A test holds it equal to appVersion. */}}
{{- define "wshealthz.version" -}}0.1.0{{- end -}}
