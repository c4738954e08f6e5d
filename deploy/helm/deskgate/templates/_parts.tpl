{{/* What several of the templates say alike: names, labels, the pod's seal, its container's environment. */}}

{{- define "deskgate.name" -}}
{{- if eq .Release.Name "deskgate" }}deskgate{{ else }}{{ printf "%s-deskgate" .Release.Name | trunc 48 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "deskgate.selector" -}}
app.kubernetes.io/name: deskgate
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "deskgate.labels" -}}
{{ include "deskgate.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{- define "deskgate.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ printf "%s@%s" .repository .digest }}{{ else }}{{ printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) }}{{ end }}
{{- end }}
{{- end }}

{{/* Of every pod: the image's own user, no token for the cluster, and no variable for each Service that happens to be near. */}}
{{- define "deskgate.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Of every container, but for its envFrom. */}}
{{- define "deskgate.container" -}}
image: {{ include "deskgate.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
env:
  - {name: DESKGATE_ENV, value: production}
  - {name: PUBLIC_URL, value: {{ .Values.publicUrl | quote }}}
  - {name: PROXIES, value: {{ join "," .Values.proxies | quote }}}
  {{- if .Values.schemesConfigMap }}
  - {name: SCHEMES_DIR, value: /etc/deskgate/schemes}
  {{- end }}
  {{- range $name, $value := .Values.settings }}
  - {name: {{ $name }}, value: {{ $value | quote }}}
  {{- end }}
volumeMounts:
  - {name: state, mountPath: /var/lib/deskgate}
  - {name: tmp, mountPath: /tmp}
  {{- if .Values.schemesConfigMap }}
  - {name: schemes, mountPath: /etc/deskgate/schemes, readOnly: true}
  {{- end }}
{{- end }}

{{- define "deskgate.volumes" -}}
- name: tmp
  emptyDir: {}
{{- if .Values.schemesConfigMap }}
- name: schemes
  configMap: {name: {{ .Values.schemesConfigMap }}}
{{- end }}
{{- end }}
