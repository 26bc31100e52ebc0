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

{{/*
The pods that a policy looks at: those created with the label. What Kubernetes would fill in is written out, because Argo CD
shows it as a difference otherwise.
*/}}
{{- define "wshealthz-injector.constraints" -}}
matchPolicy: Equivalent
objectSelector:
  matchLabels:
    wshealthz/inject: "true"
resourceRules:
  - apiGroups: [""]
    apiVersions: [v1]
    operations: [CREATE]
    resources: [pods]
    scope: "*"
{{- end -}}

{{/* The excluded namespaces as JSON, which is valid CEL. */}}
{{- define "wshealthz-injector.excluded" -}}
{{- concat (list "kube-system" "kube-public" "kube-node-lease") .Values.excludedNamespaces | uniq | toJson -}}
{{- end -}}

{{/* CEL: does the pod have a container named wshealthz, injected or its own? */}}
{{- define "wshealthz-injector.hasSidecar" -}}
(object.spec.containers + object.spec.?initContainers.orValue([])).exists(c, c.name == 'wshealthz')
{{- end -}}

{{/* The spec of the policy that adds the sidecar, for the API server and for Kyverno. */}}
{{- define "wshealthz-injector.mutating" -}}
# If the policy fails, a pod without the sidecar is better than no pod.
failurePolicy: Ignore
reinvocationPolicy: Never
matchConstraints:
  {{- include "wshealthz-injector.constraints" . | nindent 2 }}
  namespaceSelector:
    matchExpressions:
      - {key: kubernetes.io/metadata.name, operator: NotIn, values: {{ include "wshealthz-injector.excluded" . }}}
matchConditions:
  - name: without-sidecar
    expression: {{ printf "!%s" (include "wshealthz-injector.hasSidecar" .) | quote }}
variables:
  {{- include "wshealthz-injector.judgement" . | nindent 2 }}
  {{- include "wshealthz-injector.sidecarVariables" . | nindent 2 }}
# One mutation: a second one would see, and judge, what the first one has made of the pod.
mutations:
  - patchType: JSONPatch
    jsonPatch:
      expression: >-
        variables.faults != [] ? [] :
        {{- include "wshealthz-injector.sidecarPatches" . | nindent 8 }}
        + {{ include "wshealthz-injector.drainPatches" . | nindent 8 | trim }}
{{- end -}}

{{/* The variables with which both policies judge a pod. The last one has the reasons to leave it alone. */}}
{{- define "wshealthz-injector.judgement" -}}
{{ include "wshealthz-injector.settingVariables" . }}
{{ include "wshealthz-injector.podVariables" . }}
{{ include "wshealthz-injector.targetVariables" . }}
{{ include "wshealthz-injector.portFaults" . }}
{{ include "wshealthz-injector.settingFaults" . }}
- name: faults
  expression: variables.podFaults + variables.unknownFaults + variables.targetFaults + variables.portFaults + variables.settingFaults + variables.tlsFaults
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
