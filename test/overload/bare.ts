/** `bare.ts PORT`: a server that does nothing, promptly. How long it takes for that is what the machine adds to every other figure. */
Bun.serve({ hostname: '127.0.0.1', port: Number(process.argv[2]), fetch: () => new Response('ok') })
