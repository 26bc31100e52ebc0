{{/* The modes that a pod may choose with its annotation wshealthz/drain. The hook of sleep needs the admin listener. */}}
{{- define "wshealthz-injector.drainModes" -}}
{{- eq (include "wshealthz.adminPort" .Values.wshealthz) "0" | ternary (list "none") (list "none" "sleep") | toJson -}}
{{- end -}}

{{/* The container that is the server, for its hook. */}}
{{- define "wshealthz-injector.drainVariables" -}}
# The first one that declares the server's port, or else the first one: without any, indexOf is -1.
- name: serverIndex
  expression: >-
    [0, object.spec.containers.map(c, c.?ports.orValue([]).exists(p,
      p.?protocol.orValue('TCP') == 'TCP' && string(p.containerPort) == variables.targetPort)).indexOf(true)].max()
- name: serverPath
  expression: "'/spec/containers/' + string(variables.serverIndex)"
- name: server
  expression: object.spec.containers[variables.serverIndex]
{{- end -}}

{{/*
CEL: the patches with which the server sleeps until the gateway has noticed that the pod is going away. A server with a preStop
hook of its own keeps it, and its pod the grace period. Otherwise a shorter grace period becomes long enough: Kubernetes refuses
a sleep that is longer than it. A longer one stays.
*/}}
{{- define "wshealthz-injector.drainPatches" -}}
{{- $v := include "wshealthz-injector.values" . | fromYaml -}}
(variables.drain != 'sleep' || variables.server.?lifecycle.?preStop.hasValue()
  ? []
  : [has(variables.server.lifecycle)
    ? JSONPatch{op: "add", path: variables.serverPath + "/lifecycle/preStop", value: {"sleep": {"seconds": {{ include "wshealthz.drainSeconds" $v }}}}}
    : JSONPatch{op: "add", path: variables.serverPath + "/lifecycle", value: {"preStop": {"sleep": {"seconds": {{ include "wshealthz.drainSeconds" $v }}}}}}]
    + (object.spec.?terminationGracePeriodSeconds.orValue(0) >= {{ include "wshealthz.gracePeriod" $v }}
    ? []
    : [JSONPatch{op: "add", path: "/spec/terminationGracePeriodSeconds", value: {{ include "wshealthz.gracePeriod" $v }}}]))
{{- end -}}
