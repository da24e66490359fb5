/** What a Diun elsewhere posts, with the fields in its order. */
export const REPORT = {
  diun_version: '4.29.0',
  hostname: 'nas',
  status: 'update',
  provider: 'docker',
  image: 'docker.io/library/nginx:1.27',
  hub_link: 'https://hub.docker.com/_/nginx',
  mime_type: 'application/vnd.oci.image.index.v1+json',
  digest: `sha256:${'ab'.repeat(32)}`,
  created: '2026-02-27T08:15:30.123456789Z',
  platform: 'linux/amd64',
  metadata: { ctn_names: 'web', ctn_id: 'f00dcafe', ctn_state: 'running', ctn_status: 'Up 3 hours' },
}

/** Its path behind `/api/updates/`. */
export const ENCODED = encodeURIComponent(REPORT.image)
