/**
 * `node:http`, got without importing it: an import reads every export, and one of them is the web platform's WebSocket,
 * which loads all of the runtime's fetch code (15 MB and 40 ms) that nothing here uses.
 */
export const http = process.getBuiltinModule('node:http')
