// node servers.mjs NAME PORT: a server of that package on 127.0.0.1, as its own documentation starts it.
import { createServer } from 'node:http'

const [name, portText] = process.argv.slice(2)
const port = Number(portText), host = '127.0.0.1'
const listen = server => server.listen(port, host)
const web = () => createServer((_, res) => { res.writeHead(404); res.end() })

const servers = {
  async 'ws'() {
    const { WebSocketServer } = await import('ws')
    new WebSocketServer({ port, host, path: '/ws' })
  },
  async 'ws with compression'() {
    const { WebSocketServer } = await import('ws')
    const verifyClient = ({ req }) => /permessage-deflate/.test(req.headers['sec-websocket-extensions'])
    new WebSocketServer({ port, host, verifyClient, perMessageDeflate: { threshold: 0 } }).on('connection', socket => {
      for (const name of ['world', 'moon', 'sun']) socket.send(`hello, ${name}`)
    })
  },
  async 'crossws'() {
    const { default: crossws } = await import('crossws/adapters/node')
    const hooks = { upgrade: () => ({ perMessageDeflate: { threshold: 0 } }), message: (peer, message) => peer.send(`echo: ${message.text()}`) }
    listen(web()).on('upgrade', crossws({ hooks }).handleUpgrade)
  },
  async 'socket.io'() {
    const { Server } = await import('socket.io')
    new Server(listen(web()))
  },
  async 'socket.io 2'() {
    const { default: attach } = await import('socket.io-2')
    attach(listen(web()), { origins: 'http://ok.example:*' })
  },
  async 'engine.io'() {
    const { attach } = await import('engine.io')
    attach(listen(web()))
  },
  async 'graphql-ws'() {
    const { WebSocketServer } = await import('ws')
    const { useServer } = await import('graphql-ws/use/ws')
    const { buildSchema } = await import('graphql')
    const onConnect = ctx => ctx.connectionParams?.token !== 'wrong'
    useServer({ schema: buildSchema('type Query { hello: String }'), onConnect }, new WebSocketServer({ port, host, path: '/graphql' }))
  },
  async 'subscriptions-transport-ws'() {
    const { default: { SubscriptionServer } } = await import('subscriptions-transport-ws')
    const { execute, subscribe, buildSchema } = await import('graphql')
    const onConnect = params => { if (params?.token === 'wrong') throw new Error('who are you?') }
    SubscriptionServer.create({ schema: buildSchema('type Query { hello: String }'), execute, subscribe, onConnect },
      { server: listen(web()), path: '/graphql' })
  },
  async 'rpc-websockets'() {
    const { Server } = await import('rpc-websockets')
    new Server({ port, host }).register('web3_clientVersion', () => 'rpc-websockets')
  },
  async 'stomp-broker-js'() {
    const { default: Stomp } = await import('stomp-broker-js')
    new Stomp({ server: listen(web()), path: '/ws' })
  },
  async 'fox-wamp'() {
    const { default: Router } = await import('fox-wamp')
    const router = new Router()
    router.getRealm('realm1', () => {})
    router.listenWAMP({ port, host })
  },
  async 'ocpp-rpc'() {
    const { RPCServer } = await import('ocpp-rpc')
    const server = new RPCServer({ protocols: ['ocpp1.6', 'ocpp2.0.1'] })
    server.auth((accept, reject, handshake) => handshake.identity === 'known' ? accept() : reject(401))
    server.on('client', client => client.handle('Heartbeat', () => ({ currentTime: new Date().toISOString() })))
    await server.listen(port, host)
  },
  async 'faye-websocket'() {
    const { default: WebSocket } = await import('faye-websocket')
    const sockets = new Set()
    listen(web()).on('upgrade', (request, socket, body) => {
      if (!WebSocket.isWebSocket(request)) return
      const ws = new WebSocket(request, socket, body)
      sockets.add(ws)
      ws.on('close', () => sockets.delete(ws))
    })
  },
  async 'websocket'() {
    const { default: { server: WebSocketServer } } = await import('websocket')
    new WebSocketServer({ httpServer: listen(web()) }).on('request', request => {
      if (request.requestedProtocols.includes('echo')) request.accept('echo', request.origin)
      else request.reject(406)
    })
  },
  async 'aedes'() {
    const { default: Aedes } = await import('aedes')
    const { WebSocketServer, createWebSocketStream } = await import('ws')
    const broker = new Aedes({ authenticate: (_client, user, _password, done) => user === 'wrong' ? done(Object.assign(new Error(), { returnCode: 5 })) : done(null, true) })
    new WebSocketServer({ port, host }).on('connection', socket => broker.handle(createWebSocketStream(socket)))
  },
  async 'sockjs'() {
    const { default: sockjs } = await import('sockjs')
    sockjs.createServer({ log: () => {} }).installHandlers(listen(web()), { prefix: '/echo' })
  },
  async 'express-ws'() {
    const { default: express } = await import('express')
    const { default: expressWs } = await import('express-ws')
    const app = express()
    expressWs(app)
    app.ws('/ws', () => {})
    app.listen(port, host)
  },
}
await servers[name]()
