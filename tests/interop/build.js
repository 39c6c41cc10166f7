// Builds Requests from the DCC's own templates. Reads [[tag, counter], ...] from standard input, or null for every
// template; a JSON array of [tag, Service Reference Variant, document].
const { constructDuis } = require('@smartdcc/duis-parser')
const { loadTemplates } = require('@smartdcc/duis-templates')

const asked = JSON.parse(require('node:fs').readFileSync(0, 'utf-8'))
loadTemplates({}).then((templates) => {
  const wanted = asked ?? Object.keys(templates).map((tag) => [tag, 1000])
  const built = wanted.map(([tag, counter]) => {
    const { simplified, serviceReferenceVariant } = templates[tag]
    simplified.header.requestId.counter = BigInt(counter)
    const variant = serviceReferenceVariant['Service Reference Variant']
    return [tag, variant, constructDuis('simplified', simplified)]
  })
  process.stdout.write(JSON.stringify(built))
})
