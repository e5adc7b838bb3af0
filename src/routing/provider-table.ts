import type { ProviderRow } from './provider-row.ts'
import { ANTHROPIC_ROWS } from './rows-anthropic.ts'
import { AWS_ROWS } from './rows-aws.ts'
import { CHAT_ROWS } from './rows-chat.ts'
import { DATABRICKS_ROWS } from './rows-databricks.ts'
import { GOOGLE_ROWS } from './rows-google.ts'
import { LOCAL_MESSAGES_ROWS } from './rows-local.ts'
import { RESPONSES_ROWS } from './rows-responses.ts'
import { VENDOR_ROWS } from './rows-vendors.ts'

/** All rows, in the order in which the default lane is chosen among enabled ones. */
export const PROVIDER_TABLE: readonly ProviderRow[] = [
  ...DATABRICKS_ROWS,
  ...ANTHROPIC_ROWS,
  ...AWS_ROWS,
  ...GOOGLE_ROWS,
  ...CHAT_ROWS,
  ...VENDOR_ROWS,
  ...LOCAL_MESSAGES_ROWS,
  ...RESPONSES_ROWS,
]

export function findProviderRow(id: string): ProviderRow | null {
  return PROVIDER_TABLE.find((row) => row.id === id) ?? null
}

/** `azure-anthropic` → `AZURE_ANTHROPIC`: the prefix of its environment names. */
export function environmentPrefix(rowId: string): string {
  return rowId.toUpperCase().replaceAll('-', '_')
}
