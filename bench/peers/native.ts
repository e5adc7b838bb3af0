import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchFolder } from '../support/owned.ts'

/** A proxy that is a program of the system, and how it is started in front of an upstream. */
export interface NativePeer {
  readonly name: string
  readonly program: string
  /** One process and one thread, so that its processor time is that of one process id. */
  command(port: number, upstreamPort: number): readonly string[]
}

export const NATIVE_PEERS: readonly NativePeer[] = [
  {
    name: 'nginx',
    program: '/usr/sbin/nginx',
    command(port, upstreamPort) {
      const folder = scratchFolder()
      const file = join(folder, 'nginx.conf')
      writeFileSync(file, nginxConfig(folder, port, upstreamPort))
      return ['/usr/sbin/nginx', '-c', file, '-p', folder, '-e', join(folder, 'error.log')]
    },
  },
  {
    name: 'haproxy',
    program: '/usr/sbin/haproxy',
    command(port, upstreamPort) {
      const file = join(scratchFolder(), 'haproxy.cfg')
      writeFileSync(file, haproxyConfig(port, upstreamPort))
      return ['/usr/sbin/haproxy', '-db', '-q', '-f', file]
    },
  },
]

function nginxConfig(folder: string, port: number, upstreamPort: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${folder}/${kind};`,
  )
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 16384; }
http {
${temporary.join('\n')}
  access_log ${folder}/access.log;
  client_max_body_size 64m;
  client_body_buffer_size 256k;
  keepalive_requests 1000000;
  upstream model { server 127.0.0.1:${upstreamPort}; keepalive 1024; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header x-api-key bench;
      proxy_buffering off;
    }
  }
}
`
}

function haproxyConfig(port: number, upstreamPort: number): string {
  return `global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout connect 5s
  timeout client 10m
  timeout server 10m
  http-reuse always
frontend in
  bind 127.0.0.1:${port}
  default_backend model
backend model
  http-request set-header x-api-key bench
  server model 127.0.0.1:${upstreamPort}
`
}
