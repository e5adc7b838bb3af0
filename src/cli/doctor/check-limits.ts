import { totalmem } from 'node:os'
import type { Settings } from '../../config/load.ts'
import { readText } from '../../observability/control-groups.ts'
import { memoryLimitBytes } from '../../observability/memory-limit.ts'
import { type Finding, ok, warning } from './finding.ts'

/** A stream takes two descriptors, the client's and the upstream's; files and the store take some dozens. */
const DESCRIPTORS_PER_REQUEST = 2
const DESCRIPTORS_OF_OUR_OWN = 128
/** Resident with everything on and a thousand streams open, with some room; see `bun bench`. */
const MEMORY_BYTES_LOW = 384 * 1024 * 1024

/** What the system lets this process have, against what the settings let clients ask for. */
export function checkLimits({ loadSheddingActiveRequestsThreshold }: Settings): Finding[] {
  return [...descriptors(loadSheddingActiveRequestsThreshold), memory()]
}

/** The hard limit counts: Bun raises the soft one to it at start. */
function descriptors(requestsMax: number): Finding[] {
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(readText('/proc/self/limits') ?? '')?.[1]
  if (hard === undefined) return []
  const needed = requestsMax * DESCRIPTORS_PER_REQUEST + DESCRIPTORS_OF_OUR_OWN
  const finding = `${Number(hard).toLocaleString('en-US')} open files`
  if (Number(hard) >= needed) return [ok('limits', finding)]
  const fix = `Raise it to ${needed} (ulimit -n, LimitNOFILE=), or lower LOAD_SHEDDING_ACTIVE_REQUESTS_THRESHOLD.`
  return [warning('limits', `${finding}, but ${requestsMax} requests may be under way`, fix)]
}

function memory(): Finding {
  const bytes = memoryLimitBytes(readText, totalmem())
  const finding = `${Math.floor(bytes / 1024 ** 2).toLocaleString('en-US')} MB of memory`
  return bytes < MEMORY_BYTES_LOW ? warning('limits', finding, 'Give it 512 MB.') : ok('limits', finding)
}
