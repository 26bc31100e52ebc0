{{/* The annotations that set something, without wshealthz/. */}}
{{- define "wshealthz-injector.annotations" -}}
{{- list "target" "target-port" "check" "timeout" "subprotocols" "host" "origin" "headers-secret" "tls-ca-secret" "tls-server-name" "tls-skip-verify" "port" "drain" | toJson -}}
{{- end -}}

{{/* setting NAME DEFAULT is CEL: what the annotation wshealthz/NAME says, as it is, or else DEFAULT. */}}
{{- define "wshealthz-injector.setting" -}}
variables.annotations[?'wshealthz/{{ index . 0 }}'].orValue({{ index . 1 | toJson }})
{{- end -}}

{{/* What the annotations set. A default is the chart's value where the chart has one that needs to be judged with the others. */}}
{{- define "wshealthz-injector.settingVariables" -}}
{{- $v := include "wshealthz-injector.values" . | fromYaml -}}
- name: annotations
  expression: object.metadata.?annotations.orValue({})
# The health port, or 0 if the annotation is not a port.
- name: port
  expression: >-
    {{ include "wshealthz-injector.setting" (list "port" (include "wshealthz.port" $v)) }}.matches({{ include "wshealthz-injector.portPattern" . }})
    ? int({{ include "wshealthz-injector.setting" (list "port" (include "wshealthz.port" $v)) }}) : 0
- name: ownPorts
  expression: {{ include "wshealthz-injector.ownPorts" $v | quote }}
- name: check
  expression: {{ include "wshealthz-injector.setting" (list "check" $v.check) | quote }}
- name: timeout
  expression: {{ include "wshealthz-injector.setting" (list "timeout" $v.timeout) | quote }}
- name: subprotocols
  expression: {{ include "wshealthz-injector.setting" (list "subprotocols" "") | quote }}
- name: host
  expression: {{ include "wshealthz-injector.setting" (list "host" "") | quote }}
- name: origin
  expression: {{ include "wshealthz-injector.setting" (list "origin" "") | quote }}
- name: headersSecret
  expression: {{ include "wshealthz-injector.setting" (list "headers-secret" "") | quote }}
- name: caSecret
  expression: {{ include "wshealthz-injector.setting" (list "tls-ca-secret" "") | quote }}
# The chart's values of tls are for wss:// targets of pods that have none of the annotations wshealthz/tls-*.
- name: usesChartTLS
  expression: >-
    {{ include "wshealthz-injector.setting" (list "target" "") }}.startsWith('wss:') && !variables.annotations.exists(name, name.startsWith('wshealthz/tls-'))
- name: serverName
  expression: {{ printf "variables.usesChartTLS ? %s : %s" ($v.tls.serverName | toJson) (include "wshealthz-injector.setting" (list "tls-server-name" "")) | quote }}
- name: skipVerify
  expression: {{ printf "variables.usesChartTLS ? %s : %s" ($v.tls.skipVerify | toString | toJson) (include "wshealthz-injector.setting" (list "tls-skip-verify" "false")) | quote }}
- name: drain
  expression: {{ include "wshealthz-injector.setting" (list "drain" $v.drain.mode) | quote }}
{{- end -}}

{{/* CEL: the ports that the sidecar listens on. */}}
{{- define "wshealthz-injector.ownPorts" -}}
[variables.port{{ if ne (include "wshealthz.adminPort" .) "0" }}, {{ include "wshealthz.adminPort" . }}{{ end }}]
{{- end -}}

{{/* CEL: a pattern of ports from 1 to 65535. */}}
{{- define "wshealthz-injector.portPattern" -}}
'^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$'
{{- end -}}

{{/* CEL: a pattern of what the program takes for a host, with or without a port. */}}
{{- define "wshealthz-injector.hostPattern" -}}
r'^:*[!$%()*+\-.0-9=A-Z\[\]^_`a-z{|}~][!$%()*+\-.0-9:=A-Z\[\]^_`a-z{|}~]*$'
{{- end -}}

{{/* CEL: a pattern of names of Secrets. */}}
{{- define "wshealthz-injector.secretPattern" -}}
r'^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$'
{{- end -}}
