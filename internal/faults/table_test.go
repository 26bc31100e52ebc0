package faults

import (
	"fmt"

	"wshealthz/internal/testbed"
	"wshealthz/upgrade"
)

// A faultCase is a fault between the prober and a conforming server, and the verdict that must come out.
type faultCase struct {
	toxic, attributes string // as Toxiproxy documents them
	upstream          bool   // it acts on what the prober sends; default: on what the server sends
	from              moment // when it begins
	check             string // ping or a protocol; default: the handshake alone
	only              string // ws or wss; default: both, one after the other

	hangUp     moment // when the server closes without an answer; default: it does not
	moreFields int    // fields of 100 bytes in the response head
	moreResult int    // bytes in the reply to the protocol's first message

	want   upgrade.Reason
	closed upgrade.CloseOutcome // how the connection is closed then; default: it may be any
}

// served reports whether the server has the whole request before the verdict.
func (c *faultCase) served() bool {
	return c.want == upgrade.OK || c.want.Phase() == upgrade.Exchange
}

func (c *faultCase) stream() string {
	if c.upstream {
		return "upstream"
	}
	return "downstream"
}

// String names the case as its row in the table reads.
func (c *faultCase) String() string {
	text := fmt.Sprintf("%s %s %s from %v", c.toxic, c.attributes, c.stream(), c.from)
	for _, more := range []string{c.check, c.only} {
		if more != "" {
			text += " " + more
		}
	}
	if c.hangUp != connect {
		text += fmt.Sprint(" hang up ", c.hangUp)
	}
	if c.moreFields > 0 || c.moreResult > 0 {
		text += " much"
	}
	return text
}

// headLen is the length of the server's response head: a Sec-WebSocket-Accept is 20 bytes in base64.
var headLen = len(testbed.SwitchingProtocols+"\r\n") - len("{accept}") + 28

// Attributes that use up any budget, or none of it.
const (
	tenMinutes     = `{"latency": 600000}`
	aMoment        = `{"latency": 20, "jitter": 20}`
	swallow        = `{"timeout": 0}`
	swallowAndEnd  = `{"timeout": 50}`
	resetAtOnce    = `{"timeout": 0}`
	resetSoon      = `{"timeout": 50}`
	kilobyte       = `{"rate": 1}` // a second
	megabyte       = `{"rate": 1000}`
	everyByte      = `{"average_size": 1, "delay": 10}` // µs
	everyFewBytes  = `{"average_size": 10, "size_variation": 5, "delay": 500}`
	aByteASecond   = `{"average_size": 1, "delay": 1000000}`
	closeSoon      = `{"delay": 50}`
	closeInMinutes = `{"delay": 600000}`
)

func bytes(n int) string { return fmt.Sprintf(`{"bytes": %d}`, n) }

var faultCases = []faultCase{
	// Slow, but within the budget.
	{toxic: "latency", attributes: aMoment, want: upgrade.OK, closed: upgrade.ServerClosed},
	{toxic: "latency", attributes: aMoment, check: "ping", want: upgrade.OK},
	{toxic: "latency", attributes: aMoment, check: "jsonrpc", upstream: true, want: upgrade.OK},
	{toxic: "latency", attributes: aMoment, from: inHead, check: "ping", want: upgrade.OK},
	{toxic: "bandwidth", attributes: kilobyte, want: upgrade.OK},
	{toxic: "bandwidth", attributes: kilobyte, check: "ping", upstream: true, want: upgrade.OK},
	{toxic: "bandwidth", attributes: megabyte, check: "jsonrpc", moreFields: 30, moreResult: 40_000, want: upgrade.OK},
	{toxic: "slicer", attributes: everyByte, want: upgrade.OK, closed: upgrade.ServerClosed},
	{toxic: "slicer", attributes: everyByte, check: "ping", want: upgrade.OK},
	{toxic: "slicer", attributes: everyByte, check: "jsonrpc", upstream: true, want: upgrade.OK},
	{toxic: "slicer", attributes: everyFewBytes, check: "jsonrpc", want: upgrade.OK},
	{toxic: "limit_data", attributes: bytes(1 << 20), check: "ping", want: upgrade.OK, closed: upgrade.ServerClosed},
	{toxic: "slow_close", attributes: closeSoon, check: "ping", want: upgrade.OK, closed: upgrade.ServerClosed},
	{toxic: "slow_close", attributes: closeInMinutes, upstream: true, want: upgrade.OK, closed: upgrade.ServerClosed},

	// From the first byte.
	{toxic: "latency", attributes: tenMinutes, only: "ws", want: upgrade.UpgradeTimeout},
	{toxic: "latency", attributes: tenMinutes, only: "wss", want: upgrade.TLSTimeout},
	{toxic: "latency", attributes: tenMinutes, only: "ws", upstream: true, want: upgrade.UpgradeTimeout},
	{toxic: "latency", attributes: tenMinutes, only: "wss", upstream: true, want: upgrade.TLSTimeout},
	{toxic: "slicer", attributes: aByteASecond, only: "ws", upstream: true, want: upgrade.UpgradeTimeout},
	{toxic: "slicer", attributes: aByteASecond, only: "wss", want: upgrade.TLSTimeout},
	{toxic: "timeout", attributes: swallow, only: "ws", want: upgrade.UpgradeTimeout},
	{toxic: "timeout", attributes: swallow, only: "wss", want: upgrade.TLSTimeout},
	{toxic: "timeout", attributes: swallow, only: "ws", upstream: true, want: upgrade.UpgradeTimeout},
	{toxic: "timeout", attributes: swallowAndEnd, only: "ws", want: upgrade.HungUp},
	{toxic: "timeout", attributes: swallowAndEnd, only: "wss", want: upgrade.BadTLS},
	{toxic: "timeout", attributes: swallowAndEnd, only: "ws", upstream: true, want: upgrade.HungUp},
	{toxic: "timeout", attributes: swallowAndEnd, only: "wss", upstream: true, want: upgrade.BadTLS},
	{toxic: "reset_peer", attributes: resetAtOnce, only: "ws", want: upgrade.HungUp},
	{toxic: "reset_peer", attributes: resetAtOnce, only: "wss", want: upgrade.BadTLS},
	{toxic: "reset_peer", attributes: resetSoon, only: "ws", upstream: true, want: upgrade.HungUp},
	{toxic: "reset_peer", attributes: resetSoon, only: "wss", upstream: true, want: upgrade.BadTLS},
	{toxic: "limit_data", attributes: bytes(0), only: "ws", want: upgrade.HungUp},
	{toxic: "limit_data", attributes: bytes(0), only: "wss", want: upgrade.BadTLS},
	{toxic: "limit_data", attributes: bytes(100), only: "wss", want: upgrade.BadTLS},
	{toxic: "limit_data", attributes: bytes(10), only: "ws", upstream: true, want: upgrade.HungUp},
	{toxic: "limit_data", attributes: bytes(10), only: "wss", upstream: true, want: upgrade.BadTLS},

	// Before, within and right after the head.
	{toxic: "latency", attributes: tenMinutes, from: request, want: upgrade.UpgradeTimeout},
	{toxic: "bandwidth", attributes: kilobyte, from: request, moreFields: 400, want: upgrade.UpgradeTimeout},
	{toxic: "slicer", attributes: aByteASecond, from: request, want: upgrade.UpgradeTimeout},
	{toxic: "timeout", attributes: swallow, from: request, want: upgrade.UpgradeTimeout},
	{toxic: "reset_peer", attributes: resetAtOnce, from: request, want: upgrade.HungUp},
	{toxic: "slow_close", attributes: closeSoon, from: request, hangUp: request, want: upgrade.HungUp},
	{toxic: "slow_close", attributes: closeInMinutes, from: request, hangUp: request, only: "ws", want: upgrade.UpgradeTimeout},
	{toxic: "latency", attributes: tenMinutes, from: inHead, want: upgrade.UpgradeTimeout},
	{toxic: "timeout", attributes: swallow, from: inHead, want: upgrade.UpgradeTimeout},
	{toxic: "timeout", attributes: swallowAndEnd, from: inHead, want: upgrade.HungUp},
	{toxic: "reset_peer", attributes: resetSoon, from: inHead, want: upgrade.HungUp},
	{toxic: "limit_data", attributes: bytes(1), only: "ws", want: upgrade.HungUp},
	{toxic: "limit_data", attributes: bytes(1), from: inHead, want: upgrade.HungUp},
	{toxic: "limit_data", attributes: bytes(headLen - 1), only: "ws", want: upgrade.HungUp},
	{toxic: "limit_data", attributes: bytes(headLen), only: "ws", want: upgrade.OK},
	{toxic: "limit_data", attributes: bytes(headLen), only: "ws", check: "ping", want: upgrade.ClosedEarly},

	// In the exchange: what the prober sends, then what the server replies.
	{toxic: "latency", attributes: tenMinutes, from: request, upstream: true, check: "ping", want: upgrade.ReplyTimeout},
	{toxic: "timeout", attributes: swallow, from: request, upstream: true, check: "jsonrpc", want: upgrade.ReplyTimeout},
	{toxic: "timeout", attributes: swallowAndEnd, from: inHead, upstream: true, check: "ping", want: upgrade.ClosedEarly},
	{toxic: "reset_peer", attributes: resetAtOnce, from: inHead, upstream: true, check: "jsonrpc", want: upgrade.ClosedEarly},
	{toxic: "limit_data", attributes: bytes(3), from: request, upstream: true, check: "ping", want: upgrade.ClosedEarly},
	{toxic: "latency", attributes: tenMinutes, from: inReply, check: "ping", want: upgrade.ReplyTimeout},
	{toxic: "latency", attributes: tenMinutes, from: inReply, check: "jsonrpc", want: upgrade.ReplyTimeout},
	{toxic: "bandwidth", attributes: kilobyte, from: inReply, check: "jsonrpc", moreResult: 40_000, want: upgrade.ReplyTimeout},
	{toxic: "slicer", attributes: aByteASecond, from: inReply, check: "ping", want: upgrade.ReplyTimeout},
	{toxic: "timeout", attributes: swallow, from: inReply, check: "ping", want: upgrade.ReplyTimeout},
	{toxic: "timeout", attributes: swallowAndEnd, from: inReply, check: "jsonrpc", want: upgrade.ClosedEarly},
	{toxic: "reset_peer", attributes: resetAtOnce, from: inReply, check: "ping", want: upgrade.ClosedEarly},
	{toxic: "reset_peer", attributes: resetSoon, from: inReply, check: "jsonrpc", want: upgrade.ClosedEarly},
	{toxic: "limit_data", attributes: bytes(1), from: inReply, check: "ping", want: upgrade.ClosedEarly},
	{toxic: "limit_data", attributes: bytes(20), from: inReply, check: "jsonrpc", want: upgrade.ClosedEarly},
	{toxic: "slow_close", attributes: closeSoon, check: "ping", hangUp: inReply, want: upgrade.ClosedEarly},
	{toxic: "slow_close", attributes: closeInMinutes, check: "jsonrpc", hangUp: inReply, only: "ws", want: upgrade.ReplyTimeout},

	// While the connection is closed: the verdict stays, and the close ends in its time.
	{toxic: "latency", attributes: tenMinutes, from: whenClose, want: upgrade.OK, closed: upgrade.Reset},
	{toxic: "bandwidth", attributes: kilobyte, from: whenClose, want: upgrade.OK, closed: upgrade.ServerClosed},
	{toxic: "timeout", attributes: swallow, from: whenClose, check: "ping", want: upgrade.OK, closed: upgrade.ServerClosed},
	{toxic: "reset_peer", attributes: resetAtOnce, from: whenClose, check: "ping", want: upgrade.OK, closed: upgrade.ServerReset},
	{toxic: "slow_close", attributes: closeInMinutes, from: whenClose, only: "ws", want: upgrade.OK, closed: upgrade.OutOfTime},
}
