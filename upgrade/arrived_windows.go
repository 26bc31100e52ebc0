package upgrade

import (
	"net"
	"time"
)

// readArrived reads what has arrived, and hardly waits for more: the error is os.ErrDeadlineExceeded then. A socket cannot be
// read without waiting here.
func readArrived(conn *net.TCPConn, p []byte) (int, error) {
	conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	defer conn.SetReadDeadline(time.Unix(1, 0))
	return conn.Read(p)
}
