import assert from 'node:assert/strict'
import { test } from 'node:test'
import { image, testClient } from '../../test/kit/registry-client.ts'
import bintray from './bintray.ts'
import ecrPublic from './ecr-public.ts'
import gcr from './gcr.ts'
import ghcr from './ghcr.ts'
import gitea from './gitea.ts'
import githubPackages from './github-packages.ts'
import gitlab from './gitlab.ts'
import hub from './hub.ts'
import k8s from './k8s.ts'
import lscr from './lscr.ts'
import mcr from './mcr.ts'
import oci from './oci.ts'
import quay from './quay.ts'
import redhat from './redhat.ts'

const members = [bintray, ecrPublic, gcr, ghcr, gitea, githubPackages, gitlab, hub, k8s, lscr, mcr, oci, quay, redhat]
const { client } = testClient({ members })

for (const [text, expected] of [
  [
    'jfrog-docker-reg2.bintray.io/jfrog/artifactory-oss:4.0.0',
    'https://bintray.com/jfrog/reg2/jfrog%3Aartifactory-oss',
  ],
  ['jfrog-docker-reg2.bintray.io/kubexray:latest', 'https://bintray.com/jfrog/reg2/kubexray'],
  ['docker.bintray.io/jfrog/xray-server:2.8.6', 'https://bintray.com/jfrog/reg2/jfrog%3Axray-server'],
  ['alpine', 'https://hub.docker.com/_/alpine'],
  ['docker.io/crazymax/nextcloud:latest', 'https://hub.docker.com/r/crazymax/nextcloud'],
  ['gcr.io/google-containers/busybox:latest', 'https://gcr.io/google-containers/busybox'],
  ['eu.gcr.io/project/app', 'https://eu.gcr.io/project/app'],
  ['europe-docker.pkg.dev/project/repo/app', 'https://europe-docker.pkg.dev/project/repo/app'],
  [
    'docker.pkg.github.com/crazy-max/ddns-route53/ddns-route53:latest',
    'https://github.com/crazy-max/ddns-route53/packages',
  ],
  ['docker.pkg.github.com/x', undefined],
  ['registry.gitlab.com/meltano/meltano', 'https://gitlab.com/meltano/meltano/container_registry'],
  ['quay.io/coreos/hyperkube', 'https://quay.io/repository/coreos/hyperkube'],
  ['ghcr.io/crazy-max/ddns-route53', 'https://github.com/users/crazy-max/packages/container/package/ddns-route53'],
  ['ghcr.io/linuxserver/radarr', 'https://github.com/users/linuxserver/packages/container/package/radarr'],
  ['ghcr.io/a/b/c', 'https://github.com/users/a/packages/container/package/b%2Fc'],
  ['ghcr.io/one', undefined],
  [
    'registry.access.redhat.com/rhel7/etcd',
    'https://access.redhat.com/containers/#/registry.access.redhat.com/rhel7/etcd',
  ],
  ['lscr.io/linuxserver/sonarr', 'https://fleet.linuxserver.io/image?name=linuxserver/sonarr'],
  ['codeberg.org/forgejo/forgejo:9', 'https://codeberg.org/forgejo/-/packages/container/forgejo'],
  ['codeberg.org/a/b/c', 'https://codeberg.org/a/-/packages/container/b%2Fc'],
  ['mcr.microsoft.com/dotnet/sdk:9.0', 'https://mcr.microsoft.com/en-us/artifact/mar/dotnet/sdk/about'],
  ['public.ecr.aws/nginx/nginx', 'https://gallery.ecr.aws/nginx/nginx'],
  ['registry.k8s.io/pause:3.9', undefined],
  ['registry.example.com/a/b', undefined],
  ['notgcr.io/a/b', undefined],
] as const) {
  test(`the page of ${text} is ${expected}`, () => assert.equal(client.hubLink(image(text)), expected))
}
