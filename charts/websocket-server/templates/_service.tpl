{{/* The ports of the Service. Kubernetes requires a name as soon as there are several. */}}
{{- define "websocket-server.servicePorts" -}}
{{- with .Values.service -}}
- protocol: TCP
  {{- with .portName | default (empty .extraPorts | ternary "" "ws") }}
  name: {{ . }}
  {{- end }}
  {{- with .appProtocol }}
  appProtocol: {{ . }}
  {{- end }}
  port: {{ .port }}
  targetPort: {{ .targetPort }}
{{- with .extraPorts }}
{{ toYaml . }}
{{- end }}
{{- end -}}
{{- end -}}
