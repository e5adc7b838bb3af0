import uplotStyle from 'uplot/dist/uPlot.min.css' with { type: 'text' }
import { bundleClient } from './bundle.macro.ts' with { type: 'macro' }
import page from './client/page.html' with { type: 'text' }
import style from './client/style.css' with { type: 'text' }

/** The whole page: nothing is loaded from anywhere else. */
export const ASSETS = {
  // The types of the runtime know an imported page as something to serve; imported as text it is a string.
  page: { type: 'text/html; charset=utf-8', text: String(page) },
  script: { type: 'text/javascript; charset=utf-8', text: bundleClient() },
  style: { type: 'text/css; charset=utf-8', text: `${uplotStyle}\n${style}` },
} as const
