{{/* Items of initContainers with kind native, otherwise nothing. Call: (dict "root" $ "values" BLOCK). */}}
{{- define "wshealthz.nativeSidecar" -}}
{{- $v := include "wshealthz.values" . | fromYaml -}}
{{- if and $v.enabled (eq $v.kind "native") -}}
{{- include "wshealthz.sidecar" $v }}
  restartPolicy: Always
{{- end -}}
{{- end -}}

{{/* Items of containers with kind plain, otherwise nothing. Call: (dict "root" $ "values" BLOCK). */}}
{{- define "wshealthz.container" -}}
{{- $v := include "wshealthz.values" . | fromYaml -}}
{{- if and $v.enabled (eq $v.kind "plain") -}}
{{- include "wshealthz.sidecar" $v -}}
{{- end -}}
{{- end -}}

{{/* The container, from the values that wshealthz.values returns. It sets no field of the pod, and no probe has a host. */}}
{{- define "wshealthz.sidecar" -}}
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
      {{- if include "wshealthz.servesTLS" . }}
      scheme: HTTPS
      {{- end }}
    {{- toYaml .readinessProbe | nindent 4 }}
  {{- with .livenessProbe }}
  livenessProbe:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if ne .drain.mode "none" }}
  lifecycle:
    preStop:
      exec:
        command: {{ include "wshealthz.drainCommand" . }}
  {{- end }}
  {{- with .resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "wshealthz.mounts" . | fromYamlArray }}
  volumeMounts:
    {{- range . }}
    - {name: {{ .volume }}, mountPath: {{ .path }}, readOnly: true}
    {{- end }}
  {{- end }}
{{- end -}}

{{/* repository (list ROOT REPOSITORY) returns REPOSITORY in the registry of global.imageRegistry, if that is set. */}}
{{- define "wshealthz.repository" -}}
{{- $repository := index . 1 -}}
{{- $registry := get ((index . 0).Values.global | default dict) "imageRegistry" | default "" | trimSuffix "/" -}}
{{- if and $registry $repository (not (hasPrefix (print $registry "/") $repository)) -}}
{{- printf "%s/%s" $registry (regexReplaceAll "^(localhost|[^/]*[.:][^/]*)/" $repository "") -}}
{{- else -}}
{{- $repository -}}
{{- end -}}
{{- end -}}

{{- define "wshealthz.image" -}}
{{- with .image -}}
{{- if not .repository -}}
{{- fail "wshealthz.image.repository is empty, and there is no public image (build and push your own with docker buildx build --platform linux/amd64,linux/arm64 --tag REGISTRY/wshealthz:0.1.0 --push . or az acr build --registry NAME --image wshealthz:0.1.0 . and set wshealthz.image.repository to REGISTRY/wshealthz)" -}}
{{- end -}}
{{- if regexMatch "[:@][^/]*$" .repository -}}
{{- fail (printf "wshealthz.image.repository is %s, must have no tag or digest (set wshealthz.image.tag or wshealthz.image.digest)" .repository) -}}
{{- end -}}
{{- .repository -}}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default (include "wshealthz.version" .) }}{{ end -}}
{{- end -}}
{{- end -}}

{{- define "wshealthz.port" -}}{{ kindIs "invalid" .port | ternary 10101 .port | int }}{{- end -}}
{{- define "wshealthz.adminPort" -}}{{ kindIs "invalid" .adminPort | ternary 10102 .adminPort | int }}{{- end -}}
