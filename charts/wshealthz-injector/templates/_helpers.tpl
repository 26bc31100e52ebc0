{{- define "wshealthz-injector.metadata" -}}
name: {{ .Release.Name | trunc 63 | trimSuffix "-" }}
labels:
  app.kubernetes.io/name: {{ .Chart.Name }}
  app.kubernetes.io/instance: {{ .Release.Name | quote }}
  app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end -}}

{{/* Which pods: those that are created with the label. */}}
{{- define "wshealthz-injector.constraints" -}}
objectSelector:
  matchLabels:
    wshealthz/inject: "true"
resourceRules:
  - apiGroups: [""]
    apiVersions: [v1]
    operations: [CREATE]
    resources: [pods]
{{- end -}}

{{/* CEL: does the pod have the sidecar, its own or ours? */}}
{{- define "wshealthz-injector.present" -}}
(object.spec.containers.exists(c, c.name == 'wshealthz') || has(object.spec.initContainers) && object.spec.initContainers.exists(c, c.name == 'wshealthz'))
{{- end -}}

{{- define "wshealthz-injector.hostNetwork" -}}
(has(object.spec.hostNetwork) && object.spec.hostNetwork)
{{- end -}}

{{- define "wshealthz-injector.windows" -}}
(has(object.spec.os) && object.spec.os.name == 'windows' || has(object.spec.nodeSelector) && 'kubernetes.io/os' in object.spec.nodeSelector && object.spec.nodeSelector['kubernetes.io/os'] == 'windows')
{{- end -}}

{{/* annotated NAME is CEL: does the pod have the annotation wshealthz/NAME? */}}
{{- define "wshealthz-injector.annotated" -}}
(has(object.metadata.annotations) && 'wshealthz/{{ . }}' in object.metadata.annotations)
{{- end -}}

{{/* CEL: is there a target, the annotation's or the first container's first port? */}}
{{- define "wshealthz-injector.targeted" -}}
({{ include "wshealthz-injector.annotated" "target" }} || has(object.spec.containers[0].ports) && size(object.spec.containers[0].ports) > 0)
{{- end -}}

{{/*
The sidecar as a CEL expression: what the wshealthz chart renders, with the pod's own settings put in as variables.
*/}}
{{- define "wshealthz-injector.container" -}}
{{- $values := merge (dict "enabled" true "kind" "native" "name" "wshealthz" "target" "ws://localhost" "hostNetwork" false) .Values.wshealthz -}}
{{- if or $values.headersSecret (dig "tls" "caSecret" "" $values) (dig "tls" "certSecret" "" $values) (dig "serve" "secret" "" $values) -}}
{{- fail "the injector mounts no Secrets into pods of others: leave headersSecret, tls.caSecret, tls.certSecret and serve.secret empty, and add the sidecar by charts/wshealthz where they are needed" -}}
{{- end -}}
{{- $container := include "wshealthz.nativeSidecar" (dict "root" . "values" $values) | fromYamlArray | first -}}
{{- $port := dict "cel" "variables.port" -}}
{{- $_ := set (first $container.ports) "containerPort" $port -}}
{{- $_ := set $container.readinessProbe.httpGet "port" $port -}}
{{- range $container.env -}}
{{- if eq .name "WSHEALTHZ_LISTEN" -}}{{- $_ := set . "value" (dict "cel" "':' + string(variables.port)") -}}{{- end -}}
{{- if eq .name "WSHEALTHZ_TARGET" -}}{{- $_ := set . "value" (dict "cel" "variables.target") -}}{{- end -}}
{{- if eq .name "WSHEALTHZ_CHECK" -}}{{- $_ := set . "value" (dict "cel" "variables.check") -}}{{- end -}}
{{- end -}}
{{- include "wshealthz-injector.cel" $container -}}
{{- end -}}

{{/* Any value as a CEL literal; a map of "cel" alone is an expression. Numbers are whole ones. */}}
{{- define "wshealthz-injector.cel" -}}
{{- if kindIs "map" . -}}
{{- if hasKey . "cel" -}}
{{- .cel -}}
{{- else -}}
{{- $entries := list -}}
{{- range $key, $value := . -}}
{{- $entries = append $entries (printf "%s: dyn(%s)" ($key | toJson) (include "wshealthz-injector.cel" $value)) -}}
{{- end -}}
{ {{- join ", " $entries -}} }
{{- end -}}
{{- else if kindIs "slice" . -}}
{{- $items := list -}}
{{- range . -}}{{- $items = append $items (printf "dyn(%s)" (include "wshealthz-injector.cel" .)) -}}{{- end -}}
[ {{- join ", " $items -}} ]
{{- else if kindIs "float64" . -}}
{{- int64 . -}}
{{- else -}}
{{- toJson . -}}
{{- end -}}
{{- end -}}
