import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSOptions } from 'bun'

/** A certificate for 127.0.0.1 that was good for one day of the year 2020. */
export function expiredCertificate(): TLSOptions {
  return certificate('127.0.0.1', ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z'])
}

/** A certificate for a name that is not the one it is asked under. */
export function otherNameCertificate(): TLSOptions {
  return certificate('elsewhere.invalid', ['-days', '1'])
}

/** A certificate for localhost, for whoever is told to trust it. */
export function ownNameCertificate(): TLSOptions {
  return certificate('localhost', ['-days', '1'])
}

/** Only `openssl ca` can set both dates in every version; it wants a folder with its books. */
function certificate(name: string, dates: readonly string[]): TLSOptions {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-tls-'))
  const at = (file: string): string => join(folder, file)
  try {
    writeFileSync(at('index'), '')
    writeFileSync(at('serial'), '01\n')
    writeFileSync(
      at('ca.cnf'),
      `[ca]\ndefault_ca=own\n[own]\ndatabase=${at('index')}\nserial=${at('serial')}\nnew_certs_dir=${folder}\n` +
        'default_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n[req]\ndistinguished_name=dn\n[dn]\n',
    )
    const config = ['-config', at('ca.cnf')]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    openssl(['req', '-new', ...config, ...curve, '-subj', `/CN=${name}`, '-keyout', at('key'), '-out', at('request')])
    openssl([
      'ca',
      '-batch',
      '-selfsign',
      '-notext',
      ...config,
      '-keyfile',
      at('key'),
      '-in',
      at('request'),
      '-out',
      at('cert'),
      ...dates,
    ])
    return { key: readFileSync(at('key'), 'utf8'), cert: readFileSync(at('cert'), 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function openssl(words: readonly string[]): void {
  const run = Bun.spawnSync(['openssl', ...words])
  if (!run.success) throw new Error(`openssl ${words[0]}: ${run.stderr.toString()}`)
}
