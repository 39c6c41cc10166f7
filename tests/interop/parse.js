// Reads a JSON array of documents from standard input and lets the DCC's own parser read each, as its receive
// node does: parsed, then held to the parser's own type guard. A JSON array of what comes of them.
const { isSimplifiedDuisOutputResponse, parseDuis } = require('@smartdcc/duis-parser')

const documents = JSON.parse(require('node:fs').readFileSync(0, 'utf-8'))
const results = documents.map((xml) => {
  try {
    const duis = parseDuis('simplified', xml)
    return isSimplifiedDuisOutputResponse(duis) ? { duis } : { error: 'no response that its type guard knows' }
  } catch (error) {
    return { error: String(error) }
  }
})
process.stdout.write(JSON.stringify(results, (_, value) => (typeof value === 'bigint' ? value.toString() : value)))
