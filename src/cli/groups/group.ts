import type { Command } from 'commander'

/** Ends the process; tests record the code instead. 0 done, 1 failed, 2 wrong use, else what the command says. */
export type Exit = (code: number) => void

/** Adds its commands to the program, each under a heading, each loading its rooms only when it runs. */
export type CommandGroup = (program: Command, exit: Exit) => void

/** Headings of `lynkr --help`. */
export const HEADING = {
  start: 'Start:',
  look: 'Look before you send:',
  money: 'Keys and money:',
  sandbox: 'Commands for agents:',
  operate: 'Operate:',
} as const
