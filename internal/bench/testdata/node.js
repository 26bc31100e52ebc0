// Node does the handshake for each caller, or gives a verdict again. It checks the status alone.
const http = require('http')
const net = require('net')

const [host, port] = '{server}'.split(':')
const [listenHost, listenPort] = '{listen}'.split(':')
const maxAge = {max_age} * 1000
const request = 'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

function handshake(done) {
  const socket = net.connect(port, host, () => socket.write(request))
  const verdict = healthy => { socket.destroy(); done(healthy); done = () => {} }
  socket.setTimeout(3000, () => verdict(false))
  socket.on('error', () => verdict(false))
  socket.on('end', () => verdict(false))
  socket.once('data', head => verdict(head.toString('latin1', 0, 12) === 'HTTP/1.1 101'))
}

let last = false
let until = 0
const server = http.createServer((req, res) => {
  if (req.url !== '/health') return res.writeHead(404).end()
  const answer = healthy => {
    const body = healthy ? 'ok\n' : 'unhealthy\n'
    res.writeHead(healthy ? 200 : 503, { 'Content-Type': 'text/plain', 'Content-Length': body.length }).end(body)
  }
  if (Date.now() < until) return answer(last)
  handshake(healthy => { last = healthy; until = Date.now() + maxAge; answer(healthy) })
})
server.keepAliveTimeout = 120000
server.listen(listenPort, listenHost)
