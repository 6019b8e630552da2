{{/* What the program does where the configuration says nothing: test/helm keeps these in step. */}}
{{- define "capi-relay.defaults" -}}
ports: { ingest: 9101, worker: 9102, control: 9103 }
stopTimeoutMs: 30000
metricsLingerMs: 0
controlHost: 127.0.0.1
groupId: capi-relay
{{- end }}

{{/* The configuration file: that of the values, with a folder for backups that can be written. */}}
{{- define "capi-relay.configuration" -}}
{{- $given := .Values.configuration -}}
{{- range $key := list "kafka" "redis" "sealing" "pixels" }}
{{- if not (get $given $key) }}
{{- fail (printf "configuration.%s is missing: write it as docs/configuration.md documents it" $key) }}
{{- end }}
{{- end }}
{{- $control := merge (dict) (deepCopy ($given.control | default dict)) (dict "backupFolder" "/var/lib/capi-relay/backups") -}}
{{- merge (dict "control" $control) (deepCopy $given) | toYaml }}
{{- end }}

{{/* A checksum of what only a restart applies. */}}
{{- define "capi-relay.readAtStart" -}}
{{- omit (include "capi-relay.configuration" . | fromYaml) "pixels" "log" | toJson | sha256sum }}
{{- end }}

{{/* The port of a process: (list $ "ingest") */}}
{{- define "capi-relay.port" -}}
{{- $root := index . 0 }}{{- $name := index . 1 }}
{{- $defaults := include "capi-relay.defaults" $root | fromYaml }}
{{- $port := dig $name "port" (index $defaults.ports $name) $root.Values.configuration | int }}
{{- if eq $port 0 }}{{ fail (printf "configuration.%s.port is 0, a free port: probes need a fixed one" $name) }}{{ end }}
{{- $port }}
{{- end }}

{{/* Seconds until a process is killed: what it takes at most to stop, and a margin: (list $ "ingest") */}}
{{- define "capi-relay.gracePeriod" -}}
{{- $root := index . 0 }}{{- $name := index . 1 }}
{{- $defaults := include "capi-relay.defaults" $root | fromYaml }}
{{- $stop := dig $name "stopTimeoutMs" $defaults.stopTimeoutMs $root.Values.configuration }}
{{- $linger := dig $name "metricsLingerMs" $defaults.metricsLingerMs $root.Values.configuration }}
{{- add (divf (addf $stop $linger) 1000 | ceil | int) 15 }}
{{- end }}

{{/* "true" if other machines reach control. */}}
{{- define "capi-relay.controlReachable" -}}
{{- $defaults := include "capi-relay.defaults" . | fromYaml }}
{{- $host := dig "control" "host" $defaults.controlHost .Values.configuration }}
{{- if not (or (hasPrefix "127." $host) (eq $host "localhost") (eq $host "::1")) }}true{{ end }}
{{- end }}

{{/* "true" if Prometheus and kubelet reach the port of a process: (list $ "ingest") */}}
{{- define "capi-relay.reachable" -}}
{{- if eq (index . 1) "control" }}{{ include "capi-relay.controlReachable" (index . 0) }}{{ else }}true{{ end }}
{{- end }}
