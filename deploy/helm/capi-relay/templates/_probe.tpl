{{/* A probe, from within the pod where control listens on its own machine alone: (list $ "control" "/livez") */}}
{{- define "capi-relay.probe" -}}
{{- $root := index . 0 }}{{- $name := index . 1 }}{{- $path := index . 2 }}
{{- if include "capi-relay.reachable" (list $root $name) -}}
httpGet:
  path: {{ $path }}
  port: admin
{{- else -}}
exec:
  command:
    - node
    - --eval
    - >-
      fetch('http://127.0.0.1:{{ include "capi-relay.port" (list $root $name) }}{{ $path }}').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))
{{- end }}
timeoutSeconds: 5
periodSeconds: 10
failureThreshold: 3
{{- end }}
