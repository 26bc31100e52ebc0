{{/* The environment, as a list. A value's variable is its key in upper case: maxAge is WSHEALTHZ_MAX_AGE. */}}
{{- define "wshealthz.env" -}}
{{- $v := merge (include "wshealthz.drainEnvironment" . | fromYaml) . -}}
{{- $env := list (dict "name" "WSHEALTHZ_LISTEN" "value" (printf ":%s" (include "wshealthz.port" .))) -}}
{{- $admin := include "wshealthz.adminPort" . -}}
{{- $host := .adminExposed | ternary "" "127.0.0.1" -}}
{{- $env = append $env (dict "name" "WSHEALTHZ_ADMIN_LISTEN" "value" (eq $admin "0" | ternary "" (print $host ":" $admin))) -}}
{{- range $key := list "target" "address" "check" "timeout" "subprotocols" "extensions" "host" "origin" "headers" "send" "expect" "path" "maxAge" "drainWait" "drainTimeout" "drainAnswers" "drainSessions" "logLevel" "logFormat" -}}
{{- $value := get $v $key -}}
{{- $value = kindIs "slice" $value | ternary (join "," $value) (toString $value) -}}
{{- /* Kubernetes turns "$$" into "$" and expands $(NAME); a message or a pattern must reach the program unchanged. */ -}}
{{- if has $key (list "headers" "send" "expect") -}}{{- $value = replace "$" "$$" $value -}}{{- end -}}
{{- if $value -}}{{- $env = append $env (dict "name" (print "WSHEALTHZ_" (snakecase $key | upper)) "value" $value) -}}{{- end -}}
{{- end -}}
{{- $tls := list
  (list .tls.serverName "WSHEALTHZ_TLS_SERVER_NAME" .tls.serverName)
  (list .tls.skipVerify "WSHEALTHZ_TLS_SKIP_VERIFY" "true")
  (list (or .tls.caSecret .tls.caVolume) "WSHEALTHZ_TLS_CA_FILE" (print "/etc/wshealthz/ca/" .tls.caFile))
  (list (or .tls.certSecret .tls.certVolume) "WSHEALTHZ_TLS_CERT_FILE" (print "/etc/wshealthz/client/" .tls.certFile))
  (list (or .tls.certSecret .tls.certVolume) "WSHEALTHZ_TLS_KEY_FILE" (print "/etc/wshealthz/client/" .tls.keyFile))
  (list (or .headersSecret .headersVolume) "WSHEALTHZ_HEADERS_FILE" (print "/etc/wshealthz/headers/" .headersFile))
  (list (or .serve.secret .serve.volume) "WSHEALTHZ_SERVE_CERT_FILE" (print "/etc/wshealthz/serve/" .serve.certFile))
  (list (or .serve.secret .serve.volume) "WSHEALTHZ_SERVE_KEY_FILE" (print "/etc/wshealthz/serve/" .serve.keyFile)) -}}
{{- range $tls -}}
{{- if index . 0 -}}{{- $env = append $env (dict "name" (index . 1) "value" (index . 2)) -}}{{- end -}}
{{- end -}}
{{- $names := list -}}
{{- range .extraEnv -}}{{- $names = append $names .name -}}{{- end -}}
{{- if not (has "GOMEMLIMIT" $names) -}}{{- $env = append $env (dict "name" "GOMEMLIMIT" "value" "32MiB") -}}{{- end -}}
{{- range $env -}}
{{- if has .name $names -}}
{{- fail (printf "wshealthz.extraEnv sets %s, which the chart sets as well (use its value, see values.yaml)" .name) -}}
{{- end -}}
{{- end -}}
{{- if not (or .target (has "WSHEALTHZ_TARGET" $names)) -}}
{{- fail "wshealthz.target is empty (set it to the URL of the server as seen from its own pod, such as ws://localhost:8888/ws)" -}}
{{- end -}}
{{- /* extraEnv first: Kubernetes expands $(NAME) only from variables that come earlier. */ -}}
{{- concat .extraEnv $env | toYaml -}}
{{- end -}}
