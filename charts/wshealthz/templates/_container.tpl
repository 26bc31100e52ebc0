{{/* Items of initContainers for kind native; nothing when the sidecar is off or plain. Call: (dict "root" $ "values" BLOCK). */}}
{{- define "wshealthz.nativeSidecar" -}}
{{- $v := include "wshealthz.values" . | fromYaml -}}
{{- if and $v.enabled (eq $v.kind "native") -}}
{{- include "wshealthz.item" $v }}
  restartPolicy: Always
{{- end -}}
{{- end -}}

{{/* Items of containers for kind plain; nothing when the sidecar is off or native. */}}
{{- define "wshealthz.container" -}}
{{- $v := include "wshealthz.values" . | fromYaml -}}
{{- if and $v.enabled (eq $v.kind "plain") -}}
{{- include "wshealthz.item" $v -}}
{{- end -}}
{{- end -}}

{{/* The container of the values, which are wshealthz.values'. No field of the pod is touched, and no probe has a host. */}}
{{- define "wshealthz.item" -}}
- name: {{ .name | quote }}
  image: {{ include "wshealthz.image" . | quote }}
  imagePullPolicy: {{ .image.pullPolicy }}
  env:
    {{- include "wshealthz.env" . | nindent 4 }}
  ports:
    - containerPort: {{ include "wshealthz.port" . }}
    {{- if and .adminExposed (ne (include "wshealthz.adminPort" .) "0") }}
    - name: wshealthz-admin
      containerPort: {{ include "wshealthz.adminPort" . }}
    {{- end }}
  readinessProbe:
    httpGet:
      path: {{ .path | quote }}
      port: {{ include "wshealthz.port" . }}
      {{- if .serve.secret }}
      scheme: HTTPS
      {{- end }}
    {{- toYaml .readinessProbe | nindent 4 }}
  {{- with .livenessProbe }}
  livenessProbe:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "wshealthz.folders" . | fromYamlArray }}
  volumeMounts:
    {{- range . }}
    - {name: {{ .volume }}, mountPath: {{ .path }}, readOnly: true}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "wshealthz.image" -}}
{{- with .image -}}
{{- if not .repository -}}
{{- fail "wshealthz.image.repository is empty and there is no public image: build and push your own (docker buildx build --platform linux/amd64,linux/arm64 --tag REGISTRY/wshealthz:0.1.0 --push . or az acr build --registry NAME --image wshealthz:0.1.0 .) and set wshealthz.image.repository to REGISTRY/wshealthz" -}}
{{- end -}}
{{- if regexMatch "[:@][^/]*$" .repository -}}
{{- fail (printf "wshealthz.image.repository is %s, want it without a tag or digest, which are wshealthz.image.tag and wshealthz.image.digest" .repository) -}}
{{- end -}}
{{- .repository -}}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default (include "wshealthz.version" .) }}{{ end -}}
{{- end -}}
{{- end -}}

{{- define "wshealthz.port" -}}{{ .port | default 10101 | int }}{{- end -}}
{{- define "wshealthz.adminPort" -}}{{ kindIs "invalid" .adminPort | ternary 10102 .adminPort | int }}{{- end -}}
{{/* The Secrets that are mounted, each as a folder, so that a change reaches the pod: a list of volume, secret and path. */}}
{{- define "wshealthz.folders" -}}
{{- $v := . -}}
{{- range $folder := list (list "headers" .headersSecret) (list "ca" .tls.caSecret) (list "client" .tls.certSecret) (list "serve" .serve.secret) -}}
{{- with index $folder 1 }}
- {volume: {{ $v.name }}-{{ index $folder 0 }}, secret: {{ . | quote }}, path: /etc/wshealthz/{{ index $folder 0 }}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Items of volumes: a folder for each Secret that the values name. Mode 0444, the container's user is nobody's. */}}
{{- define "wshealthz.volumes" -}}
{{- $v := include "wshealthz.values" . | fromYaml -}}
{{- if $v.enabled -}}
{{- range $i, $folder := include "wshealthz.folders" $v | fromYamlArray -}}
{{- if $i }}{{ "\n" }}{{ end -}}
- name: {{ .volume }}
  secret: {secretName: {{ .secret | quote }}, defaultMode: 0444}
{{- end -}}
{{- end -}}
{{- end -}}
