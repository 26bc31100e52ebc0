{{/* The modes that a pod may choose with its annotation wshealthz/drain. The hook of sleep needs the admin listener. */}}
{{- define "wshealthz-injector.drainModes" -}}
{{- eq (include "wshealthz.adminPort" .Values.wshealthz) "0" | ternary (list "none") (list "none" "sleep") | toJson -}}
{{- end -}}

{{/* CEL: is the annotation wshealthz/drain, if there is one, a mode? */}}
{{- define "wshealthz-injector.isDrainValid" -}}
(!{{ include "wshealthz-injector.hasAnnotation" "wshealthz/drain" }} || object.metadata.annotations['wshealthz/drain'] in {{ include "wshealthz-injector.drainModes" . }})
{{- end -}}

{{/* CEL: the mode, none or sleep. */}}
{{- define "wshealthz-injector.drain" -}}
({{ include "wshealthz-injector.hasAnnotation" "wshealthz/drain" }} ? object.metadata.annotations['wshealthz/drain'] : {{ dig "drain" "mode" "sleep" .Values.wshealthz | toJson }})
{{- end -}}

{{/*
CEL: the patches with which the server sleeps until the gateway has noticed that the pod is going away. A server with a preStop
hook of its own keeps it, and its pod the grace period. Otherwise a shorter grace period becomes long enough: Kubernetes refuses
a sleep that is longer than it. A longer one stays.
*/}}
{{- define "wshealthz-injector.sleepPatches" -}}
{{- $v := include "wshealthz-injector.values" . | fromYaml -}}
variables.drain != 'sleep' || has(variables.server.lifecycle) && has(variables.server.lifecycle.preStop)
? []
: [has(variables.server.lifecycle)
  ? JSONPatch{op: "add", path: variables.serverPath + "/lifecycle/preStop", value: {"sleep": {"seconds": {{ include "wshealthz.drainSeconds" $v }}}}}
  : JSONPatch{op: "add", path: variables.serverPath + "/lifecycle", value: {"preStop": {"sleep": {"seconds": {{ include "wshealthz.drainSeconds" $v }}}}}}]
  + (has(object.spec.terminationGracePeriodSeconds) && object.spec.terminationGracePeriodSeconds >= {{ include "wshealthz.gracePeriod" $v }}
  ? []
  : [JSONPatch{op: "add", path: "/spec/terminationGracePeriodSeconds", value: {{ include "wshealthz.gracePeriod" $v }}}])
{{- end -}}
