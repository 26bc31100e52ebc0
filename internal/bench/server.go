//go:build linux

package main

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
)

// serveWebSockets starts the WebSocket server, and returns its real address.
func serveWebSockets(address string) string {
	listener, err := net.Listen("tcp", address)
	check(err)
	go func() {
		for {
			conn, err := listener.Accept()
			check(err)
			go serve(conn)
		}
	}()
	return listener.Addr().String()
}

// serve accepts the handshake, answers a Ping and the first message of graphql-ws, and closes after a Close. It relies on
// a client that sends one short frame at a time and waits for the answer, so that each arrives in one read.
func serve(conn net.Conn) {
	defer conn.Close()
	buf := make([]byte, 2048)
	n, err := conn.Read(buf)
	if err != nil {
		return
	}
	_, rest, _ := strings.Cut(string(buf[:n]), "Sec-WebSocket-Key: ")
	key, _, _ := strings.Cut(rest, "\r\n")
	subprotocol := ""
	if strings.Contains(rest, "graphql-ws") {
		subprotocol = "Sec-WebSocket-Protocol: graphql-ws\r\n"
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
		base64.StdEncoding.EncodeToString(sum[:]), subprotocol)
	const headLen = 6 // of a short masked frame
	for n, err = conn.Read(buf); err == nil && n > headLen; n, err = conn.Read(buf) {
		payload := buf[headLen:n]
		for i := range payload {
			payload[i] ^= buf[2+i%4]
		}
		switch buf[0] & 0xf {
		case 0x8:
			conn.Write([]byte{0x88, 2, 0x03, 0xe9})
			return
		case 0x9:
			conn.Write(append([]byte{0x8a, byte(len(payload))}, payload...))
		case 0x1:
			conn.Write([]byte("\x81\x1a" + `{"type": "connection_ack"}`))
		}
	}
}
