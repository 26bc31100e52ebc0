{{/* What in the pod itself, whatever its annotations say, is a reason to leave it alone. */}}
{{- define "wshealthz-injector.podVariables" -}}
# The containers that run at the same time as the sidecar: an init container has ended by then, unless it is a sidecar too.
- name: running
  expression: >-
    object.spec.containers + object.spec.?initContainers.orValue([]).filter(c, c.?restartPolicy.orValue('') == 'Always')
- name: isForWindows
  expression: >-
    object.spec.?os.?name.orValue('') == 'windows'
    || object.spec.?securityContext.?windowsOptions.hasValue()
    || variables.running.exists(c, c.?securityContext.?windowsOptions.hasValue())
    || ['kubernetes.io/os', 'beta.kubernetes.io/os'].exists(label,
      object.spec.?nodeSelector[?label].orValue('') == 'windows'
      || object.spec.?affinity.?nodeAffinity.?requiredDuringSchedulingIgnoredDuringExecution.?nodeSelectorTerms.orValue([]).exists(term,
        term.?matchExpressions.orValue([]).exists(e, e.key == label
          && (e.operator == 'In' && 'windows' in e.?values.orValue([]) || e.operator == 'NotIn' && 'linux' in e.?values.orValue([])))))
- name: podFaults
  expression: >-
    [
      request.namespace in {{ include "wshealthz-injector.excluded" . }}
        ? 'its namespace is excluded' : '',
      object.spec.?hostNetwork.orValue(false)
        ? 'it uses the network of its host (add the sidecar to its template, with ports that are free on the node)' : '',
      variables.isForWindows
        ? 'it is for Windows' : '',
      'kubernetes.io/config.mirror' in variables.annotations
        ? 'it is a static pod (add the sidecar to its file)' : '',
      size(object.spec.?resources.?requests.orValue({})) + size(object.spec.?resources.?limits.orValue({})) > 0
        ? 'it has resources for the whole pod, which must include those of the sidecar (add the sidecar to its template, and its resources to those of the pod)' : ''
    ].filter(fault, fault != '')
{{- end -}}
