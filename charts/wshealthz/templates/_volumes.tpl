{{/*
What is mounted, as a list of volume (its name), path and either secret or source, a volume source. With neither, the pod has
the volume. Each is mounted as a directory, so that updates reach the container.
*/}}
{{- define "wshealthz.mounts" -}}
{{- $name := .name -}}
{{- $mounts := list -}}
{{- range list
  (list "headers" .headersSecret .headersVolume "headersSecret" "headersVolume")
  (list "ca" .tls.caSecret .tls.caVolume "tls.caSecret" "tls.caVolume")
  (list "client" .tls.certSecret .tls.certVolume "tls.certSecret" "tls.certVolume")
  (list "serve" .serve.secret .serve.volume "serve.secret" "serve.volume")
-}}
{{- $mount := dict "volume" (print $name "-" (index . 0)) "path" (print "/etc/wshealthz/" (index . 0)) -}}
{{- $secret := index . 1 -}}
{{- $source := index . 2 -}}
{{- if and $secret $source -}}
{{- fail (printf "wshealthz.%s and wshealthz.%s are both set, must be one of them" (index . 3) (index . 4)) -}}
{{- end -}}
{{- if gt (len $source) 1 -}}
{{- fail (printf "wshealthz.%s has %s, must have one key, which is the kind of the volume, such as {configMap: {name: ca}}, or name for a volume that the pod has" (index . 4) (keys $source | sortAlpha | join " and ")) -}}
{{- end -}}
{{- if $secret -}}
{{- $mounts = append $mounts (set $mount "secret" $secret) -}}
{{- else if $source.name -}}
{{- $mounts = append $mounts (set $mount "volume" $source.name) -}}
{{- else if $source -}}
{{- $mounts = append $mounts (set $mount "source" $source) -}}
{{- end -}}
{{- end -}}
{{- toYaml $mounts -}}
{{- end -}}

{{/*
Items of volumes, one for each Secret and each volume source that the values name. A Secret's mode is 0444 because the
container's user owns no file. Call: (dict "root" $ "values" BLOCK).
*/}}
{{- define "wshealthz.volumes" -}}
{{- $v := include "wshealthz.values" . | fromYaml -}}
{{- $items := list -}}
{{- if $v.enabled -}}
{{- range include "wshealthz.mounts" $v | fromYamlArray -}}
{{- if .secret -}}
{{- $items = append $items (printf "- name: %s\n  secret: {secretName: %q, defaultMode: 0444}" .volume .secret) -}}
{{- else if .source -}}
{{- $items = append $items (printf "- name: %s\n  %s" .volume (toYaml .source | indent 2 | trim)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- join "\n" $items -}}
{{- end -}}

{{/* servesTLS VALUES returns "true" when the health listener serves HTTPS, whatever makes it do so, otherwise nothing. */}}
{{- define "wshealthz.servesTLS" -}}
{{- $names := list -}}
{{- range .extraEnv -}}{{- $names = append $names .name -}}{{- end -}}
{{- if or .serve.secret .serve.volume (has "WSHEALTHZ_SERVE_CERT_FILE" $names) -}}true{{- end -}}
{{- end -}}
