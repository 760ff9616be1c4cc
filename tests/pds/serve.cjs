// A real Bluesky server (PDS) in memory, with one account and an app password: prints where and who as JSON.
// The account's own password has the form of an app password.
const { TestNetworkNoAppView } = require('@atproto/dev-env')

const HANDLE = 'kettlebot.test'

TestNetworkNoAppView.create().then(async (network) => {
  const agent = network.pds.getClient()
  const password = 'abcd-efgh-ijkl-mnop'
  await agent.createAccount({ handle: HANDLE, email: 'kettle@mail.test', password })
  const made = await agent.com.atproto.server.createAppPassword({ name: 'botus' })
  const accounts = { handle: HANDLE, password: made.data.password, own: password }
  console.log(JSON.stringify({ url: network.pds.url, directory: network.plc.url, ...accounts }))
})
process.stdin.on('end', () => process.exit(0)).resume()
