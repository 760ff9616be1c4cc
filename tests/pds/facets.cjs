// What Bluesky's own library takes for links and hashtags: texts as a JSON array in, per text its facets out.
const { RichText } = require('@atproto/api')

const texts = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
const facets = texts.map((text) => {
  const rich = new RichText({ text })
  rich.detectFacetsWithoutResolution()
  return (rich.facets ?? []).filter(({ features }) => features[0].$type !== 'app.bsky.richtext.facet#mention')
})
console.log(JSON.stringify(facets.map((found) => found.map(({ index, features }) => ({ index, features })))))
