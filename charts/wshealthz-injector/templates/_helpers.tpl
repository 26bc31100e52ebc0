{{/* The name of all objects. In an umbrella chart it has the chart's name, which is its alias, in it. */}}
{{- define "wshealthz-injector.name" -}}
{{- if .Chart.IsRoot -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name -}}
{{- end -}}
{{- end -}}

{{- define "wshealthz-injector.metadata" -}}
name: {{ include "wshealthz-injector.name" . }}
labels:
  app.kubernetes.io/name: {{ .Chart.Name }}
  app.kubernetes.io/instance: {{ .Release.Name | quote }}
  app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end -}}

{{/* The pods to inject: those created with the label. */}}
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

{{/* The excluded namespaces as JSON, which is valid CEL. */}}
{{- define "wshealthz-injector.excluded" -}}
{{- concat (list "kube-system" "kube-public" "kube-node-lease") .Values.excludedNamespaces | uniq | toJson -}}
{{- end -}}

{{/* CEL: is this a mirror pod? The API server only shows it; the kubelet runs what the file of the static pod says. */}}
{{- define "wshealthz-injector.isMirrorPod" -}}
{{ include "wshealthz-injector.hasAnnotation" "kubernetes.io/config.mirror" }}
{{- end -}}

{{/* CEL: does the pod have a container named wshealthz, injected or its own? */}}
{{- define "wshealthz-injector.hasSidecar" -}}
(object.spec.containers.exists(c, c.name == 'wshealthz') || has(object.spec.initContainers) && object.spec.initContainers.exists(c, c.name == 'wshealthz'))
{{- end -}}

{{- define "wshealthz-injector.usesHostNetwork" -}}
(has(object.spec.hostNetwork) && object.spec.hostNetwork)
{{- end -}}

{{- define "wshealthz-injector.isForWindows" -}}
(has(object.spec.os) && object.spec.os.name == 'windows' || has(object.spec.nodeSelector) && 'kubernetes.io/os' in object.spec.nodeSelector && object.spec.nodeSelector['kubernetes.io/os'] == 'windows')
{{- end -}}

{{/* hasAnnotation NAME is CEL: does the pod have the annotation NAME? */}}
{{- define "wshealthz-injector.hasAnnotation" -}}
(has(object.metadata.annotations) && '{{ . }}' in object.metadata.annotations)
{{- end -}}

{{/* CEL: is there a target, either a URL in the annotation or the first port of the first container? */}}
{{- define "wshealthz-injector.hasTarget" -}}
({{ include "wshealthz-injector.hasAnnotation" "wshealthz/target" }} ? object.metadata.annotations['wshealthz/target'].matches('^wss?://.+') : has(object.spec.containers[0].ports) && size(object.spec.containers[0].ports) > 0)
{{- end -}}

{{/* CEL: is the annotation wshealthz/port, if there is one, a port number? */}}
{{- define "wshealthz-injector.isPortValid" -}}
(!{{ include "wshealthz-injector.hasAnnotation" "wshealthz/port" }} || object.metadata.annotations['wshealthz/port'].matches('^[1-9][0-9]{0,4}$') && int(object.metadata.annotations['wshealthz/port']) <= 65535)
{{- end -}}

{{/* CEL: the health port. */}}
{{- define "wshealthz-injector.port" -}}
({{ include "wshealthz-injector.hasAnnotation" "wshealthz/port" }} ? int(object.metadata.annotations['wshealthz/port']) : {{ include "wshealthz.port" .Values.wshealthz }})
{{- end -}}

{{/*
CEL: do the health port and the admin port differ from each other and from every port that the pod declares? Otherwise the
sidecar would take a port from a working server.
*/}}
{{- define "wshealthz-injector.isPortFree" -}}
({{ include "wshealthz-injector.port" . }} != {{ include "wshealthz.adminPort" .Values.wshealthz }} && !object.spec.containers.exists(c, has(c.ports) && c.ports.exists(p, p.containerPort == {{ include "wshealthz-injector.port" . }} || p.containerPort == {{ include "wshealthz.adminPort" .Values.wshealthz }})))
{{- end -}}

{{/* The values of the sidecar with their defaults, as YAML. The target, and with drain.mode sleep the hook, are up to the pod. */}}
{{- define "wshealthz-injector.values" -}}
{{- $values := merge (dict "enabled" true "kind" "native" "name" "wshealthz" "target" "ws://localhost" "hostNetwork" false) (deepCopy .Values.wshealthz) -}}
{{- include "wshealthz.values" (dict "root" . "values" $values) -}}
{{- end -}}

{{/* The sidecar as a CEL expression: what the wshealthz chart renders, with variables in place of the pod's own settings. */}}
{{- define "wshealthz-injector.container" -}}
{{- if or (ne .Values.wshealthz.kind "native") (ne .Values.wshealthz.name "wshealthz") .Values.wshealthz.target .Values.wshealthz.hostNetwork -}}
{{- fail "wshealthz.kind, name, target and hostNetwork must keep their defaults: the injector adds a native sidecar named wshealthz, whose target comes from the pod" -}}
{{- end -}}
{{- $given := merge (dict) .Values.wshealthz -}}
{{- $mounted := list $given.headersSecret $given.headersVolume -}}
{{- range $path := list (list "tls" "caSecret") (list "tls" "caVolume") (list "tls" "certSecret") (list "tls" "certVolume") (list "serve" "secret") (list "serve" "volume") -}}
{{- $mounted = append $mounted (dig (first $path) (last $path) "" $given) -}}
{{- end -}}
{{- if compact $mounted -}}
{{- fail "wshealthz.headersSecret, tls.caSecret, tls.certSecret and serve.secret must be empty, and so must their volumes: the injector mounts no Secrets into other people's pods (where they are needed, add the sidecar with charts/wshealthz)" -}}
{{- end -}}
{{- $values := include "wshealthz-injector.values" . | fromYaml -}}
{{- if eq $values.drain.mode "informed" -}}
{{- fail "wshealthz.drain.mode is informed, must be none or sleep: the injector cannot know how long somebody else's server may take to stop (where it is needed, add the sidecar with charts/wshealthz)" -}}
{{- end -}}
{{- $container := include "wshealthz.nativeSidecar" (dict "root" . "values" $values) | fromYamlArray | first -}}
{{- $port := dict "cel" "variables.port" -}}
{{- $_ := set (first $container.ports) "containerPort" $port -}}
{{- $_ := set $container.readinessProbe.httpGet "port" $port -}}
{{- range $handler := $container.livenessProbe -}}
{{- if and (kindIs "map" $handler) (eq (toString $handler.port) (include "wshealthz.port" $values)) -}}{{- $_ := set $handler "port" $port -}}{{- end -}}
{{- end -}}
{{- if has "sleep" (include "wshealthz-injector.drainModes" . | fromJsonArray) -}}
{{- $hook := dict "preStop" (dict "exec" (dict "command" (list "/wshealthz" "drain"))) | include "wshealthz-injector.cel" -}}
{{- $_ := set $container "lifecycle" (dict "cel" (printf "variables.drain == 'sleep' ? %s : {}" $hook)) -}}
{{- end -}}
{{- range $container.env -}}
{{- if eq .name "WSHEALTHZ_LISTEN" -}}{{- $_ := set . "value" (dict "cel" "':' + string(variables.port)") -}}{{- end -}}
{{- if eq .name "WSHEALTHZ_TARGET" -}}{{- $_ := set . "value" (dict "cel" "variables.target") -}}{{- end -}}
{{- if eq .name "WSHEALTHZ_CHECK" -}}{{- $_ := set . "value" (dict "cel" "variables.check") -}}{{- end -}}
{{- end -}}
{{- include "wshealthz-injector.cel" $container -}}
{{- end -}}

{{/* cel VALUE returns VALUE as a CEL literal. A map with the only key "cel" is an expression; numbers must be integers. */}}
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
