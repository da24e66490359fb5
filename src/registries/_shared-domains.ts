// Domains below which anybody may have a name: those of hosters and of dynamic DNS. The public suffix list
// (https://publicsuffix.org) has thousands more; these are the ones where people run registries.
const SHARED = new Set([
  ...['github.io', 'gitlab.io', 'pages.dev', 'workers.dev', 'vercel.app', 'netlify.app', 'web.app', 'firebaseapp.com'],
  ...[
    'herokuapp.com',
    'fly.dev',
    'onrender.com',
    'railway.app',
    'up.railway.app',
    'deno.dev',
    'run.app',
    'appspot.com',
  ],
  ...['azurecr.io', 'azurewebsites.net', 'cloudapp.net', 'cloudapp.azure.com', 'azurefd.net', 'blob.core.windows.net'],
  ...['amazonaws.com', 'cloudfront.net', 'elasticbeanstalk.com', 'on.aws', 'awsapprunner.com', 'googleusercontent.com'],
  ...['digitaloceanspaces.com', 'ondigitalocean.app', 'linodeobjects.com', 'your-server.de', 'scw.cloud', 'ovh.net'],
  ...[
    'duckdns.org',
    'dynv6.net',
    'ddns.net',
    'no-ip.org',
    'no-ip.com',
    'hopto.org',
    'zapto.org',
    'sytes.net',
    'ddnss.de',
  ],
  ...[
    'dyndns.org',
    'afraid.org',
    'mooo.com',
    'freeddns.org',
    'dedyn.io',
    'nip.io',
    'sslip.io',
    'spdns.de',
    'selfhost.eu',
  ],
  ...['myfritz.net', 'synology.me', 'myqnapcloud.com', 'asuscomm.com', 'tplinkdns.com', 'mynetgear.com', 'ts.net'],
  ...['ngrok.io', 'ngrok.app', 'ngrok-free.app', 'ngrok.dev', 'trycloudflare.com', 'loca.lt', 'serveo.net'],
])
/** `co.uk`, `com.au`, `or.jp`: what registrars of countries give out below. */
const OF_A_COUNTRY =
  /^(?:ac|asso|biz|co|com|edu|firm|gob|go|gov|govt|gv|id|in|info|ltd|me|mil|name|ne|net|nom|or|org|plc|sch)\.[a-z]{2}$/

/** Whether names below the domain belong to different people, so that a neighbour is nobody to trust. */
export function isSharedDomain(domain: string): boolean {
  return SHARED.has(domain) || OF_A_COUNTRY.test(domain) || domain.endsWith('.amazonaws.com')
}
