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

{{- define "capi-relay.redisPort" -}}
{{- if .Values.networkPolicy.redisPort }}{{ int .Values.networkPolicy.redisPort }}
{{- else }}
{{- $host := get (urlParse (.Values.configuration.redis.url | default "")) "host" }}
{{- if not $host }}{{ fail "configuration.redis.url names no host: set networkPolicy.redisPort" }}{{ end }}
{{- regexFind ":[0-9]+$" $host | trimPrefix ":" | default "6379" }}
{{- end }}
{{- end }}
