/** What a system message inside a conversation says, as text in the user's name, marked as Claude Code marks such. */
export function reminder(text: string): string {
  return `<system-reminder>\n${text}\n</system-reminder>`
}
