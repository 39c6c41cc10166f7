// Signs the document on standard input as the DCC's own wrapper does, with a key of its own by the RequestID.
const { signDuis } = require('@smartdcc/duis-sign-wrap')

signDuis({ xml: require('node:fs').readFileSync(0), preserveCounter: true })
  .then((xml) => process.stdout.write(xml))
  .catch((error) => {
    process.stderr.write(String(error))
    process.exit(1)
  })
