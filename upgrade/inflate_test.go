package upgrade

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// A deflater compresses the messages of one connection, as a server that takes its context over does.
type deflater struct {
	buf bytes.Buffer
	w   *flate.Writer
}

func newDeflater() *deflater {
	d := new(deflater)
	d.w, _ = flate.NewWriter(&d.buf, flate.BestCompression)
	return d
}

// payload returns a message as its sender compresses it: RFC 7692 section 7.2.1.
func (d *deflater) payload(message string) string {
	d.buf.Reset()
	io.WriteString(d.w, message)
	d.w.Flush()
	return strings.TrimSuffix(d.buf.String(), "\x00\x00\xff\xff")
}

func (d *deflater) text(message string) string { return rsv1(text(d.payload(message))) }

// setBits sets bits of a frame's first byte.
func setBits(bits byte, frame string) string { return string([]byte{frame[0] | bits}) + frame[1:] }

// rsv1 sets the bit that means a compressed message.
func rsv1(frame string) string { return setBits(0x40, frame) }

// deflatedText returns a text message of this compressed payload.
func deflatedText(payload string) string { return rsv1(text(payload)) }

// inOneBlock returns a message as a final block.
func inOneBlock(message, window string) string {
	var buf bytes.Buffer
	w, _ := flate.NewWriterDict(&buf, flate.BestCompression, []byte(window))
	io.WriteString(w, message)
	w.Close()
	return buf.String()
}

// readMessages reads messages until the end of what came. The end is not an error.
func readMessages(deflate bool, came string) (messages []string, err error) {
	s := &session{Prober: new(Prober), rest: []byte(came), buf: make([]byte, 0, firstBuffer), ctx: context.Background(), conn: goneConn{}, deflate: deflate}
	r := newReader(s)
	defer r.close()
	for {
		m, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			return messages, nil
		case err != nil:
			return messages, err
		case m.op.IsData():
			messages = append(messages, string(m.payload))
		}
	}
}

const (
	hello      = "\xf2\x48\xcd\xc9\xc9\x07\x00"                 // RFC 7692 section 7.2.3.1
	helloAgain = "\xf2\x00\x11\x00\x00"                         // section 7.2.3.2, after hello
	helloPlain = "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00" // section 7.2.3.3
	helloFinal = "\xf3\x48\xcd\xc9\xc9\x07\x00"                 // section 7.2.3.4, without the byte that must follow
	helloTwo   = "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"
)

// compressedMessages are what Chromium 156 made of these frames after an answer of permessage-deflate alone: the messages that
// it delivered, and whether it then failed the connection.
var compressedMessages = []struct {
	name string
	came string
	want []string
	bad  bool
}{
	{"the examples of RFC 7692", deflatedText(hello) + deflatedText(helloAgain) + deflatedText(helloPlain) + deflatedText(helloFinal+"\x00") + deflatedText(helloTwo), []string{"Hello", "Hello", "Hello", "Hello", "Hello"}, false},
	{"a context that is not used", deflatedText(hello) + text("plain") + deflatedText(hello), []string{"Hello", "plain", "Hello"}, false},
	{"fragments", rsv1(testbed.Fragment(testbed.OpText, hello[:3])) + testbed.Frame(testbed.OpPing, "p") + testbed.Fragment(testbed.OpContinuation, hello[3:5]) + testbed.Fragment(testbed.OpContinuation, "") + testbed.Frame(testbed.OpContinuation, hello[5:]), []string{"Hello"}, false},
	{"empty messages", deflatedText("\x00") + deflatedText("\x00") + text(""), []string{"", "", ""}, false},
	{"an empty payload", deflatedText("") + text("after"), []string{"", "after"}, false},
	{"blocks after a final one", deflatedText(helloFinal + hello), []string{"HelloHello"}, false},
	{"final blocks without what must follow", deflatedText(helloFinal) + text("after") + deflatedText(helloFinal), []string{"Hello", "after"}, true},
	{"a message of flate's Close", deflatedText(inOneBlock("Hello", "")) + deflatedText(inOneBlock("Hello", "")), []string{"Hello"}, true},
	{"a context over a final block", deflatedText(inOneBlock("Hello Hello World", "")+"\x00") + deflatedText(strings.TrimSuffix(inOneBlock("Hello World Hello", "Hello Hello World"), "\x01\x00\x00\xff\xff")), []string{"Hello Hello World"}, true},
	{"the end that must be left out", deflatedText(hello+"\x00\x00\xff\xff") + deflatedText(hello), []string{"Hello"}, true},
	{"cut off within a block", deflatedText(hello[:1]) + text("after") + deflatedText(hello), []string{"H", "after"}, true},
	{"cut off within a plain block", deflatedText("\x00\x05\x00\xfa\xffHel"), nil, true},
	{"garbage", deflatedText("\xff\xff\xff\xff") + text("after"), nil, true},
	{"text that is not UTF-8", rsv1(testbed.Frame(testbed.OpText, "\x00\x02\x00\xfd\xffa\xff\x00")), nil, true},
	{"text that ends within a character", rsv1(testbed.Frame(testbed.OpText, "\x00\x02\x00\xfd\xffa\xc3\x00")), nil, true},
	{"a character in two fragments", rsv1(testbed.Fragment(testbed.OpText, "\x00\x02\x00\xfd\xff\xc3")) + testbed.Frame(testbed.OpContinuation, "\xa9\x00"), []string{"é"}, false},
	{"the bit on a continuation", rsv1(testbed.Fragment(testbed.OpText, hello[:3])) + rsv1(testbed.Frame(testbed.OpContinuation, hello[3:])), nil, true},
	{"the bit on an empty continuation", rsv1(testbed.Fragment(testbed.OpText, hello)) + rsv1(testbed.Frame(testbed.OpContinuation, "")), nil, true},
	{"the bit on a continuation alone", testbed.Fragment(testbed.OpText, hello[:3]) + rsv1(testbed.Frame(testbed.OpContinuation, hello[3:])), nil, true},
	{"the bit on a Ping", rsv1(testbed.Frame(testbed.OpPing, "p")), nil, true},
	{"the bit on a Pong", rsv1(pong("p")), nil, true},
	{"the bit on a Close", rsv1(testbed.CloseFrame(1000, "")), nil, true},
	{"another bit", setBits(0x20, deflatedText(hello)), nil, true},
	{"a third bit", setBits(0x10, text(hello)), nil, true},
}

func TestCompressedMessages(t *testing.T) {
	for _, c := range compressedMessages {
		got, err := readMessages(true, c.came)
		if framing := new(errFraming); !slices.Equal(got, c.want) || errors.As(err, framing) != c.bad {
			t.Errorf("%s: %q, %v, want %q, bad: %v", c.name, got, err, c.want, c.bad)
		}
	}
	if got, err := readMessages(false, deflatedText(hello)); err == nil {
		t.Errorf("%q without an agreement, want an error", got)
	}
}

// hexText returns n hex digits without a pattern.
func hexText(n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef"[random.IntN(16)]
	}
	return string(b)
}

// TestContextTakeover: a message may refer to the 32 KiB before it, also to the end of a long one of which less is kept.
func TestContextTakeover(t *testing.T) {
	for _, size := range []int{10, 30 << 10, maxKept - 1, maxKept, maxKept + 1, 80 << 10, 500 << 10} {
		long := hexText(size)
		end := long[max(0, size-maxWindow+300):]
		d := newDeflater()
		came := d.text(long) + text("plain")
		repeated := d.text(end)
		if alone := newDeflater().text(end); size > 1000 && len(repeated) > len(alone)/4 {
			t.Errorf("%d bytes: the second message takes %d bytes, %d alone: it does not refer to the first", size, len(repeated), len(alone))
		}
		came += repeated + d.text(end[:len(end)/2])
		want := []string{long[:min(size, maxKept)], "plain", end, end[:len(end)/2]}
		if got, err := readMessages(true, came); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d bytes: %d messages, %v, want what was sent", size, len(got), err)
		}
	}
}

// TestNoContext: a server that takes its context over although it said that it does not is served, as Chromium serves it.
func TestNoContext(t *testing.T) {
	s, accept := answered(t, true, "permessage-deflate; server_no_context_takeover; server_max_window_bits=8")
	if f := s.judge(accept); f != nil {
		t.Fatal(f.detail)
	}
	d, long := newDeflater(), hexText(20000)
	if got, err := readMessages(s.deflate, d.text(long)+d.text(long[:300])); err != nil || !slices.Equal(got, []string{long, long[:300]}) {
		t.Errorf("%d messages, %v", len(got), err)
	}
}

// TestBombs: what inflates to more than maxInflated is not inflated further, its frames are judged all the same, and the
// message that was not inflated matches nothing.
func TestBombs(t *testing.T) {
	const size = 2 * maxInflated
	d := newDeflater()
	bomb := d.text(strings.Repeat("\x00", size))
	s := &session{Prober: new(Prober), rest: []byte(bomb + bomb + d.text("after") + "\x83\x00"), buf: make([]byte, 0, firstBuffer), ctx: context.Background(), conn: goneConn{}, deflate: true}
	r := newReader(s)
	defer r.close()
	for i, unread := range []bool{false, true, true} {
		m, err := r.next()
		if want := strings.Repeat("\x00", maxKept); err != nil || m.unread != unread || !unread && string(m.payload) != want {
			t.Errorf("message %d: %d bytes, unread: %v, %v", i, len(m.payload), m.unread, err)
		}
	}
	if inflated := maxInflated - r.inflater.left; inflated > maxInflated+len(r.inflater.chunk) {
		t.Errorf("%d bytes were inflated, want at most %d", inflated, maxInflated)
	}
	if _, err := r.next(); !errors.As(err, new(errFraming)) {
		t.Errorf("%v, want the unknown opcode after it", err)
	}
}

// TestInflaterIsBounded: a connection costs one window, whatever is inflated.
func TestInflaterIsBounded(t *testing.T) {
	d := newDeflater()
	came := d.text(strings.Repeat(hexText(1<<10), 8<<10))
	bytes := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			readMessages(true, came)
		}
	}).AllocedBytesPerOp()
	if bytes > 512<<10 {
		t.Errorf("%d bytes are allocated for a message of 8 MiB, want at most 512 KiB", bytes)
	}
}

// FuzzInflate: whatever the payload and the frames that it comes in, messages are what flate makes of the whole.
func FuzzInflate(f *testing.F) {
	f.Add([]byte("Hello"), []byte("Hello Hello"), uint16(3))
	f.Add([]byte(""), []byte("a"), uint16(0))
	f.Fuzz(func(t *testing.T, one, two []byte, at uint16) {
		d := newDeflater()
		var came strings.Builder
		for _, message := range [][]byte{one, two, one} {
			payload := d.payload(string(message))
			cut := min(int(at), len(payload))
			came.WriteString(rsv1(testbed.Fragment(testbed.OpBinary, payload[:cut])) + pong("") + testbed.Frame(testbed.OpContinuation, payload[cut:]))
		}
		got, err := readMessages(true, came.String())
		if want := []string{string(one), string(two), string(one)}; len(one) <= maxKept && len(two) <= maxKept && (err != nil || !slices.Equal(got, want)) {
			t.Fatalf("%q, %v, want %q", got, err, want)
		}
		// As a payload they are hostile.
		messages, err := readMessages(true, deflatedText(string(one))+deflatedText(string(two)))
		for _, m := range messages {
			if len(m) > maxKept {
				t.Fatalf("kept %d bytes", len(m))
			}
		}
		if err != nil && !errors.As(err, new(errFraming)) {
			t.Fatalf("%v, want a violation", err)
		}
	})
}

// BenchmarkBomb measures what the largest bomb costs.
func BenchmarkBomb(b *testing.B) {
	d := newDeflater()
	bomb := d.text(strings.Repeat("\x00", 2*maxInflated))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readMessages(true, bomb); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(bomb)), "bytes/bomb")
}
