{{/* The variables of a pod that gets the sidecar. They are evaluated only then. */}}
{{- define "wshealthz-injector.sidecarVariables" -}}
{{- $v := include "wshealthz-injector.values" . | fromYaml -}}
{{- $subprotocols := kindIs "slice" $v.subprotocols | ternary (join "," $v.subprotocols) (toString $v.subprotocols) -}}
# An empty value is the program's default, as one that is missing.
- name: environment
  expression: >-
    [
      {'name': 'WSHEALTHZ_LISTEN', 'value': ':' + string(variables.port)},
      {'name': 'WSHEALTHZ_TARGET', 'value': string(variables.target).replace('$', '$$')},
      {'name': 'WSHEALTHZ_CHECK', 'value': string(variables.check)},
      {'name': 'WSHEALTHZ_TIMEOUT', 'value': string(variables.timeout)},
      {'name': 'WSHEALTHZ_SUBPROTOCOLS', 'value': {{ include "wshealthz-injector.environment" (list "subprotocols" $subprotocols) }}},
      {'name': 'WSHEALTHZ_HOST', 'value': {{ include "wshealthz-injector.environment" (list "host" $v.host) }}},
      {'name': 'WSHEALTHZ_ORIGIN', 'value': {{ include "wshealthz-injector.environment" (list "origin" $v.origin) }}},
      {'name': 'WSHEALTHZ_HEADERS_FILE', 'value': variables.headersSecret == '' ? '' : '/etc/wshealthz/headers/headers'},
      {'name': 'WSHEALTHZ_TLS_CA_FILE', 'value': variables.caSecret == '' ? '' : '/etc/wshealthz/ca/ca.crt'},
      {'name': 'WSHEALTHZ_TLS_SERVER_NAME', 'value': string(variables.serverName).replace('$', '$$')},
      {'name': 'WSHEALTHZ_TLS_SKIP_VERIFY', 'value': variables.skipVerify == 'true' ? 'true' : ''}
    ].filter(e, e.value != '')
# The Secrets to mount, by the name of their volume.
- name: secrets
  expression: >-
    [
      {'volume': 'wshealthz-headers', 'secret': string(variables.headersSecret), 'path': '/etc/wshealthz/headers'},
      {'volume': 'wshealthz-ca', 'secret': string(variables.caSecret), 'path': '/etc/wshealthz/ca'}
    ].filter(s, s.secret != '')
- name: sidecar
  expression: {{ include "wshealthz-injector.container" . | quote }}
# The mode is 0444, which is 292, because the container's user owns no file.
- name: volumes
  expression: >-
    variables.secrets.map(s, {'name': dyn(s.volume), 'secret': dyn({'secretName': dyn(s.secret), 'defaultMode': dyn(292)})})
{{ include "wshealthz-injector.drainVariables" . }}
{{- end -}}

{{/* CEL: the patches that add the sidecar, and the volumes of its Secrets. */}}
{{- define "wshealthz-injector.sidecarPatches" -}}
(has(object.spec.initContainers)
  ? [JSONPatch{op: "add", path: "/spec/initContainers/-", value: variables.sidecar}]
  : [JSONPatch{op: "add", path: "/spec/initContainers", value: [variables.sidecar]}])
+ (variables.volumes == []
  ? []
  : has(object.spec.volumes)
  ? variables.volumes.map(v, JSONPatch{op: "add", path: "/spec/volumes/-", value: v})
  : [JSONPatch{op: "add", path: "/spec/volumes", value: variables.volumes}])
{{- end -}}

{{/*
environment NAME DEFAULT is CEL: what the annotation wshealthz/NAME says, or else DEFAULT, as the value of an environment variable.
There Kubernetes expands $(NAME) and turns "$$" into "$", but what an annotation says must reach the program unchanged.
*/}}
{{- define "wshealthz-injector.environment" -}}
string(variables.annotations[?'wshealthz/{{ index . 0 }}'].optMap(value, value.replace('$', '$$')).orValue({{ index . 1 | toJson }}))
{{- end -}}

{{/* The sidecar as a CEL expression: what the wshealthz chart renders, with variables in place of the pod's own settings. */}}
{{- define "wshealthz-injector.container" -}}
{{- $values := include "wshealthz-injector.values" . | fromYaml -}}
{{- $container := include "wshealthz.nativeSidecar" (dict "root" . "values" $values) | fromYamlArray | first -}}
{{- $env := printf "%s.filter(e, !variables.environment.exists(own, own.name == e.name)) + variables.environment" (include "wshealthz-injector.fixedEnvironment" (list $container.env $values.extraEnv)) -}}
{{- $_ := set $container "env" (dict "cel" $env) -}}
{{- $_ := set $container "volumeMounts" (dict "cel" "variables.secrets.map(s, {'name': dyn(s.volume), 'mountPath': dyn(s.path), 'readOnly': dyn(true)})") -}}
{{- $port := dict "cel" "variables.port" -}}
{{- $_ := set (first $container.ports) "containerPort" $port -}}
{{- $_ := set $container.readinessProbe.httpGet "port" $port -}}
{{- /* The kubelet must not give up before the verdict. */ -}}
{{- $seconds := $container.readinessProbe.timeoutSeconds | int -}}
{{- $_ := set $container.readinessProbe "timeoutSeconds" (dict "cel" (printf "[%d, duration(variables.timeout).getSeconds() + 1].max()" $seconds)) -}}
{{- range $handler := $container.livenessProbe -}}
{{- if and (kindIs "map" $handler) (eq (toString $handler.port) (include "wshealthz.port" $values)) -}}{{- $_ := set $handler "port" $port -}}{{- end -}}
{{- end -}}
{{- if has "sleep" (include "wshealthz-injector.drainModes" . | fromJsonArray) -}}
{{- $hook := dict "preStop" (dict "exec" (dict "command" (list "/wshealthz" "drain"))) | include "wshealthz-injector.cel" -}}
{{- $_ := set $container "lifecycle" (dict "cel" (printf "variables.drain == 'sleep' ? %s : {}" $hook)) -}}
{{- end -}}
{{- include "wshealthz-injector.cel" $container -}}
{{- end -}}

{{/* fixedEnvironment (list ENV EXTRA) is CEL: those of the container's variables ENV that the chart alone sets, and all of EXTRA. */}}
{{- define "wshealthz-injector.fixedEnvironment" -}}
{{- $own := list "LISTEN" "TARGET" "CHECK" "TIMEOUT" "SUBPROTOCOLS" "HOST" "ORIGIN" "TLS_SERVER_NAME" "TLS_SKIP_VERIFY" -}}
{{- $extra := list -}}
{{- range index . 1 -}}{{- $extra = append $extra .name -}}{{- end -}}
{{- $fixed := list -}}
{{- range index . 0 -}}
{{- if or (has .name $extra) (not (has (trimPrefix "WSHEALTHZ_" .name) $own)) -}}{{- $fixed = append $fixed . -}}{{- end -}}
{{- end -}}
{{- include "wshealthz-injector.cel" $fixed -}}
{{- end -}}
