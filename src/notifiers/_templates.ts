/** A default text of a channel: for one image, and for several in one message. */
export interface DefaultTemplate {
  readonly each: string
  readonly summary: string
}

const HAPPENED = '{{ if eq .Entry.Status "new" }}is available{{ else }}has been updated{{ end }}'
const SHORTLY = '{{ if eq .Entry.Status "new" }}available{{ else }}updated{{ end }}'

// What one of several images is told with: `range` makes the entry the dot.
const EACH_HAPPENED = '{{ if eq .Status "new" }}is available{{ else }}has been updated{{ end }}'
const EACH_DETAILS = '{{ with .NewerTag }}, {{ . }} is out too{{ end }}{{ with .RunsIn }} (runs in {{ . }}){{ end }}'

/** What Diun does not say: where the image runs, and that its family has a newer tag. */
const DETAILS =
  '{{ with .Entry.RunsIn }} Runs in {{ . }}.{{ end }}{{ with .Entry.NewerTag }} A newer tag is out too: {{ . }}.{{ end }}'

export const TITLE: DefaultTemplate = {
  each: `{{ .Entry.Image }} ${HAPPENED}`,
  summary: '{{ len .Entries }} images have updates',
}

/** Markdown, as most take it. */
export const BODY: DefaultTemplate = bodyWith({
  linked: '[**{{ .Entry.Image }}**]({{ .Entry.Image.HubLink }})',
  plain: '**{{ .Entry.Image }}**',
  item: '- {{ if .Image.HubLink }}[**{{ .Image }}**]({{ .Image.HubLink }}){{ else }}**{{ .Image }}**{{ end }}',
})

/** Text without any marks. */
export const PLAIN_BODY: DefaultTemplate = bodyWith({
  linked: '{{ .Entry.Image }}',
  plain: '{{ .Entry.Image }}',
  item: '- {{ .Image }}',
})

/** Telegram's legacy Markdown: a name outside of a link must be escaped, and one inside must not be. */
export const TELEGRAM_BODY: DefaultTemplate = {
  each:
    'Docker tag {{ if .Entry.Image.HubLink }}[{{ .Entry.Image }}]({{ .Entry.Image.HubLink }})' +
    '{{ else }}{{ escapeMarkdown .Entry.Image.String }}{{ end }}' +
    ` which you subscribed to through {{ .Entry.Provider }} provider ${HAPPENED}` +
    ' on {{ .Entry.Image.Domain }} registry (triggered by {{ escapeMarkdown .Meta.Hostname }} host).' +
    '{{ with .Entry.RunsIn }} Runs in {{ escapeMarkdown . }}.{{ end }}' +
    '{{ with .Entry.NewerTag }} A newer tag is out too: {{ escapeMarkdown . }}.{{ end }}',
  summary:
    '{{ range $index, $entry := .Entries }}{{ if $index }}\n{{ end }}' +
    '• {{ if .Image.HubLink }}[{{ .Image }}]({{ .Image.HubLink }}){{ else }}{{ escapeMarkdown .Image.String }}{{ end }}' +
    ` ${EACH_HAPPENED}` +
    '{{ with .NewerTag }}, {{ escapeMarkdown . }} is out too{{ end }}' +
    '{{ with .RunsIn }} (runs in {{ escapeMarkdown . }}){{ end }}{{ end }}',
}

export const MAIL_BODY: DefaultTemplate = {
  each:
    'Docker tag {{ if .Entry.Image.HubLink }}[**{{ .Entry.Image }}**]({{ .Entry.Image.HubLink }})' +
    '{{ else }}**{{ .Entry.Image }}**{{ end }}\n' +
    `which you subscribed to through {{ .Entry.Provider }} provider ${HAPPENED}\n` +
    'on **{{ .Entry.Image.Domain }}** registry (triggered by _{{ escapeMarkdown .Meta.Hostname }}_ host).\n\n' +
    'This image has been {{ if eq .Entry.Status "new" }}created{{ else }}updated{{ end }}' +
    '{{ with .Entry.Manifest.Created }} at `{{ .Format "Jan 02, 2006 15:04:05 UTC" }}`{{ end }}' +
    ' with digest `{{ .Entry.Manifest.Digest }}`\nfor `{{ .Entry.Manifest.Platform }}` platform.' +
    '{{ with .Entry.RunsIn }}\n\nIt runs in {{ escapeMarkdown . }}.{{ end }}' +
    '{{ with .Entry.NewerTag }}\n\nA newer tag is out too: **{{ . }}**.{{ end }}',
  summary: BODY.summary,
}

export const SLACK_BODY: DefaultTemplate = {
  each:
    '<!channel> Docker tag {{ if .Entry.Image.HubLink }}<{{ .Entry.Image.HubLink }}|`{{ .Entry.Image }}`>' +
    `{{ else }}\`{{ .Entry.Image }}\`{{ end }}  ${SHORTLY}.${DETAILS}`,
  summary:
    '<!channel> {{ len .Entries }} images have updates:{{ range .Entries }}\n' +
    '• {{ if .Image.HubLink }}<{{ .Image.HubLink }}|`{{ .Image }}`>{{ else }}`{{ .Image }}`{{ end }}' +
    ` ${EACH_HAPPENED}${EACH_DETAILS}{{ end }}`,
}

export const TEAMS_BODY: DefaultTemplate = {
  each:
    'Docker tag {{ if .Entry.Image.HubLink }}[`{{ .Entry.Image }}`]({{ .Entry.Image.HubLink }})' +
    `{{ else }}\`{{ .Entry.Image }}\`{{ end }} ${SHORTLY}.${DETAILS}`,
  summary: BODY.summary,
}

/** Every default, so that a text can be recognised as one. */
export const DEFAULT_TEMPLATES: readonly DefaultTemplate[] = [
  TITLE,
  BODY,
  PLAIN_BODY,
  TELEGRAM_BODY,
  MAIL_BODY,
  SLACK_BODY,
  TEAMS_BODY,
]

function bodyWith({ linked, plain, item }: { linked: string; plain: string; item: string }): DefaultTemplate {
  return {
    each:
      `Docker tag {{ if .Entry.Image.HubLink }}${linked}{{ else }}${plain}{{ end }}` +
      ` which you subscribed to through {{ .Entry.Provider }} provider ${HAPPENED}` +
      ` on {{ .Entry.Image.Domain }} registry (triggered by {{ .Meta.Hostname }} host).${DETAILS}`,
    summary:
      '{{ range $index, $entry := .Entries }}{{ if $index }}\n{{ end }}' +
      `${item} ${EACH_HAPPENED}${EACH_DETAILS}{{ end }}`,
  }
}
