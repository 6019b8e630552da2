{{/* Every change of ingest moves partitions: it grows by half at most, and shrinks after ten calm minutes. */}}
{{- define "capi-relay.behavior" -}}
scaleUp:
  stabilizationWindowSeconds: 60
  policies:
    - { type: Percent, value: 50, periodSeconds: 60 }
    - { type: Pods, value: 1, periodSeconds: 60 }
scaleDown:
  stabilizationWindowSeconds: 600
  policies:
    - { type: Pods, value: 1, periodSeconds: 120 }
{{- end }}

{{/* Source: https://keda.sh/docs/2.17/scalers/apache-kafka/ */}}
{{- define "capi-relay.ingestTriggers" -}}
{{- $kafka := .Values.configuration.kafka }}
{{- $defaults := include "capi-relay.defaults" . | fromYaml }}
{{- range $topic := $kafka.topics }}
- type: kafka
  metadata:
    bootstrapServers: {{ join "," $kafka.brokers | quote }}
    consumerGroup: {{ $kafka.groupId | default $defaults.groupId | quote }}
    topic: {{ $topic | quote }}
    lagThreshold: {{ $.Values.ingest.autoscaling.lagMessages | int64 | quote }}
    {{- range $key, $value := $.Values.keda.kafkaMetadata }}
    {{ $key }}: {{ $value | quote }}
    {{- end }}
  {{- with $.Values.keda.kafkaAuthentication }}
  authenticationRef: { name: {{ . }} }
  {{- end }}
{{- end }}
{{- end }}

{{/*
The age of the oldest envelope among the pixels that more workers can help: something has waited all along (a
single envelope waits for its next try alone), Meta takes their events, and their rate limit is not near.
Nothing at all, which changes no replicas, where control is not scraped.
*/}}
{{- define "capi-relay.waitingQuery" -}}
{{- $here := printf "namespace=%q,job=~\"capi-.+\"" .Release.Namespace -}}
max(
  max by (pixel) (max_over_time(capi_queue_oldest_envelope_age_seconds{ {{- $here -}} }[2m]))
    and on (pixel)
  (max by (pixel) (min_over_time(capi_queue_envelopes{ {{- $here -}} ,state="waiting"}[2m])) > 0)
    unless on (pixel)
  (max by (pixel) (capi_worker_rate_limit_usage_ratio{ {{- $here -}} }) >= {{ .Values.worker.autoscaling.holdAtUsage }})
    unless on (pixel)
  (max by (pixel) (capi_worker_lane_state{ {{- $here -}} ,state!="active"}) == 1)
)
  or
0 * max(capi_queue_oldest_envelope_age_seconds{ {{- $here -}} })
{{- end }}

{{/* Source: https://keda.sh/docs/2.17/scalers/prometheus/ */}}
{{- define "capi-relay.workerTriggers" -}}
{{- if not .Values.keda.prometheusAddress }}
{{- fail "keda.prometheusAddress is missing: name the Prometheus that scrapes control, or disable worker.autoscaling" }}
{{- end }}
{{- if not (include "capi-relay.controlReachable" .) }}
{{- fail "worker.autoscaling with KEDA needs control's gauges: set configuration.control.host and users (docs/control.md), or disable it" }}
{{- end -}}
- type: prometheus
  # The value itself, not one for each replica: an age does not grow with the workers.
  metricType: Value
  metadata:
    serverAddress: {{ .Values.keda.prometheusAddress | quote }}
    threshold: {{ .Values.worker.autoscaling.ageSeconds | quote }}
    ignoreNullValues: "false"
    query: |
      {{- include "capi-relay.waitingQuery" . | nindent 6 }}
  {{- with .Values.keda.prometheusAuthentication }}
  authenticationRef: { name: {{ . }} }
  {{- end }}
{{- end }}
