{{/* The ports of the brokers, as JSON. */}}
{{- define "capi-relay.kafkaPorts" -}}
{{- $ports := list }}
{{- range .Values.configuration.kafka.brokers }}
{{- $port := regexFind "[0-9]+$" . }}
{{- if not $port }}{{ fail (printf "configuration.kafka.brokers: %s has no port that networkPolicy can allow" .) }}{{ end }}
{{- $ports = append $ports (int $port) }}
{{- end }}
{{- $ports | uniq | toJson }}
{{- end }}

{{/* The ports of Redis, and of what says where it is, as JSON. */}}
{{- define "capi-relay.redisPorts" -}}
{{- $redis := .Values.configuration.redis }}
{{- $own := .Values.networkPolicy.redisPort }}
{{- $ports := list }}
{{- with $own }}{{ $ports = append $ports (int .) }}{{ end }}
{{- if or $redis.sentinels $redis.cluster }}
{{- $nodes := ($redis.sentinels | default $redis.cluster).nodes }}
{{- if not (kindIs "slice" $nodes) }}{{ fail "configuration.redis: nodes must be a list here, so that networkPolicy can allow their ports" }}{{ end }}
{{- range $nodes }}
{{- $port := regexFind "[0-9]+$" . }}
{{- if not $port }}{{ fail (printf "configuration.redis: %s has no port that networkPolicy can allow" .) }}{{ end }}
{{- $ports = append $ports (int $port) }}
{{- end }}
{{- if and $redis.sentinels (not $own) }}{{ $ports = append $ports 6379 }}{{ end }}
{{- else if not $own }}
{{- $host := get (urlParse ($redis.url | default "")) "host" }}
{{- if not $host }}{{ fail "configuration.redis.url names no host: set networkPolicy.redisPort" }}{{ end }}
{{- $ports = append $ports (regexFind ":[0-9]+$" $host | trimPrefix ":" | default "6379" | int) }}
{{- end }}
{{- $ports | uniq | toJson }}
{{- end }}
