{{/* The default image tag. A test keeps it equal to appVersion. */}}
{{- define "wshealthz.version" -}}0.1.0{{- end -}}

{{/*
Which templates these are. A test keeps it equal to the version in Chart.yaml and to the annotation there, which unlike the
version stays the same when somebody packages the chart under a version of their own.
*/}}
{{- define "wshealthz.templates" -}}0.1.0{{- end -}}

{{/*
rejectTwoVersions ROOT fails when a chart depends on another version of this library than the one whose templates are used.
All charts of a release share their templates, so in an umbrella with two versions of the library one of them serves both,
and values that it does not know would be refused, or worse, ignored. An alias changes a chart's name, but not its
annotations.
*/}}
{{- define "wshealthz.rejectTwoVersions" -}}
{{- $chart := .Chart.Name -}}
{{- $used := include "wshealthz.templates" . -}}
{{- range .Subcharts -}}
{{- range $key, $version := .Chart.Annotations -}}
{{- if and (eq $key "wshealthz/templates") (ne $version $used) -}}
{{- fail (printf "two versions of the library wshealthz in one release: the chart %s depends on %s, but the templates of %s are used, because all charts of a release share their templates (give all charts of the umbrella the same version of wshealthz)" $chart $version $used) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
