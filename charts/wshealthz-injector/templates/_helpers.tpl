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

{{/* The namespaces that are left alone, as JSON, which is CEL too. */}}
{{- define "wshealthz-injector.excluded" -}}
{{- concat (list "kube-system" "kube-public" "kube-node-lease") .Values.excludedNamespaces | uniq | toJson -}}
{{- end -}}

{{/* CEL: is this the API server's picture of a static pod, which is what its file says? */}}
{{- define "wshealthz-injector.mirror" -}}
{{ include "wshealthz-injector.says" "kubernetes.io/config.mirror" }}
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

{{/* says NAME is CEL: does the pod have the annotation NAME? */}}
{{- define "wshealthz-injector.says" -}}
(has(object.metadata.annotations) && '{{ . }}' in object.metadata.annotations)
{{- end -}}

{{/* CEL: is there a target, a URL in the annotation or else the first container's first port? */}}
{{- define "wshealthz-injector.targeted" -}}
({{ include "wshealthz-injector.says" "wshealthz/target" }} ? object.metadata.annotations['wshealthz/target'].matches('^wss?://.+') : has(object.spec.containers[0].ports) && size(object.spec.containers[0].ports) > 0)
{{- end -}}

{{/* CEL: is the annotation wshealthz/port a port, if it is there? */}}
{{- define "wshealthz-injector.numbered" -}}
(!{{ include "wshealthz-injector.says" "wshealthz/port" }} || object.metadata.annotations['wshealthz/port'].matches('^[1-9][0-9]{0,4}$') && int(object.metadata.annotations['wshealthz/port']) <= 65535)
{{- end -}}

{{/* CEL: the health port. */}}
{{- define "wshealthz-injector.port" -}}
({{ include "wshealthz-injector.says" "wshealthz/port" }} ? int(object.metadata.annotations['wshealthz/port']) : {{ include "wshealthz.port" .Values.wshealthz }})
{{- end -}}

{{/* CEL: is the health port free, of the pod's declared ports and the admin port? It would be taken from a server that works. */}}
{{- define "wshealthz-injector.free" -}}
({{ include "wshealthz-injector.port" . }} != {{ include "wshealthz.adminPort" .Values.wshealthz }} && !object.spec.containers.exists(c, has(c.ports) && c.ports.exists(p, p.containerPort == {{ include "wshealthz-injector.port" . }} || p.containerPort == {{ include "wshealthz.adminPort" .Values.wshealthz }})))
{{- end -}}

{{/*
The sidecar as a CEL expression: what the wshealthz chart renders, with the pod's own settings put in as variables.
*/}}
{{- define "wshealthz-injector.container" -}}
{{- $values := merge (dict "enabled" true "kind" "native" "name" "wshealthz" "target" "ws://localhost" "hostNetwork" false) .Values.wshealthz -}}
{{- if or (ne .Values.wshealthz.kind "native") (ne .Values.wshealthz.name "wshealthz") .Values.wshealthz.target .Values.wshealthz.hostNetwork -}}
{{- fail "what is injected is a native sidecar called wshealthz, and its target comes from the pod: leave wshealthz.kind, name, target and hostNetwork as they are" -}}
{{- end -}}
{{- if or $values.headersSecret (dig "tls" "caSecret" "" $values) (dig "tls" "certSecret" "" $values) (dig "serve" "secret" "" $values) -}}
{{- fail "the injector mounts no Secrets into pods of others: leave headersSecret, tls.caSecret, tls.certSecret and serve.secret empty, and add the sidecar by charts/wshealthz where they are needed" -}}
{{- end -}}
{{- $container := include "wshealthz.nativeSidecar" (dict "root" . "values" $values) | fromYamlArray | first -}}
{{- $port := dict "cel" "variables.port" -}}
{{- $_ := set (first $container.ports) "containerPort" $port -}}
{{- $_ := set $container.readinessProbe.httpGet "port" $port -}}
{{- range $handler := $container.livenessProbe -}}
{{- if and (kindIs "map" $handler) (eq (toString $handler.port) (include "wshealthz.port" $values)) -}}{{- $_ := set $handler "port" $port -}}{{- end -}}
{{- end -}}
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
