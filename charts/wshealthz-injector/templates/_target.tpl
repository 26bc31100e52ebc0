{{/* Where the server is, and what is wrong with that. */}}
{{- define "wshealthz-injector.targetVariables" -}}
{{- $port := include "wshealthz-injector.setting" (list "target-port" "") -}}
{{- $isPort := printf "matches(%s)" (include "wshealthz-injector.portPattern" .) -}}
# All TCP ports of all containers, as NAME=PORT.
- name: tcpPorts
  expression: >-
    object.spec.containers.map(c, c.?ports.orValue([]).filter(p, p.?protocol.orValue('TCP') == 'TCP')
      .map(p, p.?name.orValue('') + '=' + string(p.containerPort)).join(' ')).join(' ').split(' ').filter(p, p != '')
# The ports that may be the server's: the one that the annotation names, or those named ws, or websocket, or http, or all.
- name: serverPorts
  expression: >-
    {{ $port }}.{{ $isPort }} ? [{{ $port }}]
    : ('wshealthz/target-port' in variables.annotations ? [{{ $port }} + '='] : ['ws=', 'websocket=', 'http=', ''])
      .map(prefix, variables.tcpPorts.filter(p, p.startsWith(prefix)).map(p, p.split('=')[1]))
      .filter(ports, ports != [])[?0].orValue([])
- name: target
  expression: >-
    'wshealthz/target' in variables.annotations ? variables.annotations['wshealthz/target']
    : variables.serverPorts == [] ? '' : 'ws://localhost:' + variables.serverPorts[0] + '/'
- name: isURL
  expression: variables.target.matches('^wss?://') && isURL(variables.target) && url(variables.target).getHostname() != ''
- name: targetPort
  expression: >-
    !variables.isURL ? ''
    : url(variables.target).getPort() != '' ? url(variables.target).getPort()
    : variables.target.startsWith('wss:') ? '443' : '80'
- name: dialedHost
  expression: >-
    {{ with .Values.wshealthz.address }}{{ toJson . }}{{ else }}variables.isURL ? url(variables.target).getHostname().lowerAscii().split('%')[0] : ''{{ end }}
- name: isLoopback
  expression: >-
    variables.dialedHost.matches(r'^(.+\.)?localhost\.?$|^::ffff:(127\.|0\.0\.0\.0$)')
    || isIP(variables.dialedHost) && (ip(variables.dialedHost).isLoopback() || ip(variables.dialedHost).isUnspecified())
- name: targetFaults
  expression: >-
    (!('wshealthz/target' in variables.annotations) ? [
      'wshealthz/target-port' in variables.annotations
        ? (size(variables.serverPorts) == 1 ? '' : 'the annotation wshealthz/target-port must be a number from 1 to 65535, or the name of one TCP port')
        : variables.serverPorts == []
        ? 'none of its containers declares a TCP port (set the annotation wshealthz/target, such as ws://localhost:8888/ws)'
        : variables.serverPorts.exists(p, p != variables.serverPorts[0])
        ? 'its server may listen on ' + variables.serverPorts.join(' or ') + ' (set the annotation wshealthz/target-port to one of them, or wshealthz/target to a URL)' : ''
    ] : [
      'wshealthz/target-port' in variables.annotations
        ? 'it has both annotations wshealthz/target and wshealthz/target-port (remove one)' : '',
      !variables.isURL
        ? 'the annotation wshealthz/target must be a URL such as ws://localhost:8888/ws' : '',
      variables.target.matches('^wss?://[^/?#]*@')
        ? 'the annotation wshealthz/target must have no userinfo (put credentials into a Secret, as wshealthz/headers-secret)' : '',
      variables.target.contains('#')
        ? 'the annotation wshealthz/target must have no fragment (write %23 for a literal #)' : '',
      variables.isURL && !url(variables.target).getHost().matches({{ include "wshealthz-injector.hostPattern" . }})
        ? 'the annotation wshealthz/target must have a valid host' : '',
      variables.target.matches('[?](?s:.)*[^!-~]')
        ? 'the annotation wshealthz/target must have its query percent-encoded' : '',
      variables.isURL && !variables.targetPort.{{ $isPort }}
        ? 'the annotation wshealthz/target must have a port from 1 to 65535' : ''
    ]).filter(fault, fault != '')
{{- end -}}

{{/* What is wrong with the ports of the sidecar: it would take one from a working server, or probe itself. */}}
{{- define "wshealthz-injector.portFaults" -}}
{{- $admin := include "wshealthz.adminPort" .Values.wshealthz -}}
- name: portFaults
  expression: >-
    [
      variables.port == 0
        ? 'the annotation wshealthz/port must be a number from 1 to 65535' : '',
      variables.port == {{ $admin }}
        ? 'the annotation wshealthz/port must not be {{ $admin }}, which is the admin port' : '',
      variables.running.exists(c, c.?ports.orValue([]).exists(p, p.?protocol.orValue('TCP') == 'TCP'
          && (p.containerPort in variables.ownPorts || p.?hostPort.orValue(-1) in variables.ownPorts)))
        ? 'one of its containers declares the health port or the admin port (set the annotation wshealthz/port to a free one)' : '',
      variables.isLoopback && variables.ownPorts.exists(p, string(p) == variables.targetPort)
        ? 'its target is the health port or the admin port (set the annotation wshealthz/port to a free one)' : ''
    ].filter(fault, fault != '')
{{- end -}}
