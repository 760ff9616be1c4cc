// A real Bluesky server (PDS) in memory, with one account and an app password: prints where and who as JSON.
const { TestNetworkNoAppView } = require('@atproto/dev-env')

const HANDLE = 'kettlebot.test'

TestNetworkNoAppView.create().then(async (network) => {
  const agent = network.pds.getClient()
  const password = 'the-own-password'
  await agent.createAccount({ handle: HANDLE, email: 'kettle@mail.test', password })
  const made = await agent.com.atproto.server.createAppPassword({ name: 'botus' })
  console.log(JSON.stringify({ url: network.pds.url, handle: HANDLE, password: made.data.password }))
})
process.stdin.on('end', () => process.exit(0)).resume()
