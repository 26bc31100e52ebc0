{{/* What is wrong with the annotations other than wshealthz/target, wshealthz/target-port and wshealthz/port. */}}
{{- define "wshealthz-injector.settingFaults" -}}
{{ include "wshealthz-injector.unknownFaults" . }}
- name: settingFaults
  expression: >-
    [
      !(variables.check in {{ include "wshealthz-injector.checks" . }})
        ? 'the annotation wshealthz/check must be one of {{ include "wshealthz-injector.checks" . | fromJsonArray | join ", " }}' : '',
      !variables.timeout.matches(r'^([0-9]{1,5}(\.[0-9]{0,9})?(ns|us|ms|s|m|h)){1,3}$')
          || !(duration(variables.timeout) > duration('0s') && duration(variables.timeout) <= duration('60s'))
        ? 'the annotation wshealthz/timeout must be a duration above 0 and at most 60s, such as 3s' : '',
      variables.subprotocols != '' && !variables.subprotocols.split(',').map(s, s.trim()).all(s,
          s.matches({{ include "wshealthz-injector.tokenPattern" . }}) && variables.subprotocols.split(',').exists_one(other, other.trim() == s))
        ? 'the annotation wshealthz/subprotocols must be comma-separated names without spaces, each only once, such as mqtt,v12.stomp' : '',
      variables.host != '' && !variables.host.matches({{ include "wshealthz-injector.hostPattern" . }})
        ? 'the annotation wshealthz/host must be a host with or without a port, such as example.com' : '',
      !(variables.origin in ['', 'same', 'null', 'file://'])
          && !(variables.origin.contains('://') && variables.origin.split('://', 2)[0].matches({{ include "wshealthz-injector.tokenPattern" . }})
            && variables.origin.split('://', 2)[1].matches({{ include "wshealthz-injector.hostPattern" . }}))
        ? 'the annotation wshealthz/origin must be scheme://host[:port] such as https://example.com, null, or same' : '',
      !(variables.drain in {{ include "wshealthz-injector.drainModes" . }})
        ? 'the annotation wshealthz/drain must be {{ include "wshealthz-injector.drainModes" . | fromJsonArray | join " or " }}' : '',
      !variables.headersSecret.matches({{ include "wshealthz-injector.secretPattern" . }})
        ? 'the annotation wshealthz/headers-secret must be the name of a Secret' : '',
      variables.headersSecret != '' && object.spec.?volumes.orValue([]).exists(v, v.name == 'wshealthz-headers')
        ? 'it has a volume named wshealthz-headers, which wshealthz/headers-secret needs' : ''
    ].filter(fault, fault != '')
- name: tlsFaults
  expression: >-
    [
      variables.target.startsWith('ws:') && (variables.caSecret != '' || variables.serverName != '' || variables.skipVerify == 'true')
        ? 'the annotations wshealthz/tls-* need a wss:// target' : '',
      !(variables.skipVerify in ['true', 'false'])
        ? 'the annotation wshealthz/tls-skip-verify must be true or false' : '',
      variables.skipVerify == 'true' && (variables.caSecret != '' || variables.serverName != '')
        ? 'the annotation wshealthz/tls-skip-verify must be false with wshealthz/tls-ca-secret or wshealthz/tls-server-name' : '',
      variables.serverName != '' && !isIP(variables.serverName)
          && !(variables.serverName.matches({{ include "wshealthz-injector.hostPattern" . }}) && !variables.serverName.matches(r'[:\[\]%]'))
        ? 'the annotation wshealthz/tls-server-name must be a host name or an IP address' : '',
      !variables.caSecret.matches({{ include "wshealthz-injector.secretPattern" . }})
        ? 'the annotation wshealthz/tls-ca-secret must be the name of a Secret' : '',
      variables.caSecret != '' && object.spec.?volumes.orValue([]).exists(v, v.name == 'wshealthz-ca')
        ? 'it has a volume named wshealthz-ca, which wshealthz/tls-ca-secret needs' : ''
    ].filter(fault, fault != '')
{{- end -}}

{{/*
An annotation is near one that is the same without case, - and _, or else those that begin with the same two letters.
*/}}
{{- define "wshealthz-injector.unknownFaults" -}}
{{- $known := include "wshealthz-injector.annotations" . -}}
- name: unknownFaults
  expression: >-
    variables.annotations.filter(name, name.startsWith('wshealthz/'))
      .map(name, string(name).substring({{ len "wshealthz/" }}))
      .filter(name, !(name in {{ $known }}))
      .map(name, 'unknown annotation wshealthz/' + name + [
        {{ $known }}.filter(known, known.replace('-', '') == name.lowerAscii().replace('-', '').replace('_', '')),
        {{ $known }}.filter(known, name.lowerAscii().startsWith(known.substring(0, 2)))
      ].filter(near, near != []).map(near, ', did you mean wshealthz/' + near.join(' or wshealthz/') + '?')[?0]
        .orValue(', must be one of ' + {{ $known }}.join(', ')))
{{- end -}}

{{/* CEL: a pattern of tokens (RFC 9110 section 5.6.2). */}}
{{- define "wshealthz-injector.tokenPattern" -}}
r'^[!#$%&*+\-.^_`|~0-9A-Za-z\x27]+$'
{{- end -}}
